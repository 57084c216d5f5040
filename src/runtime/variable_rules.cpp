// SPDX-License-Identifier: BSD-2-Clause-Patent
// [UEFI 2.10, 3.3] Only variables that the specification documents may be created under a vendor GUID of the specification.
#include "runtime/variable_rules.hpp"

#include <cstring>

#include "runtime/variables.hpp"

namespace efilite::runtime {
namespace {

// One byte of attributes, then the name; # stands for an upper-case hexadecimal digit. One string, because a table of pointers would
// need relocating. \x07 is NV+BS+RT, \x06 BS+RT, \x27 adds TIME_BASED_AUTHENTICATED (so that a plain write never fits), and \x86 is
// BS+RT that the specification gives to the firmware alone.
constexpr char kGlobalNames[] =
    "\x07" "Boot####\0"
    "\x07" "BootNext\0"
    "\x07" "BootOrder\0"
    "\x07" "ConIn\0"
    "\x07" "ConOut\0"
    "\x07" "ErrOut\0"
    "\x07" "CryptoIndications\0"
    "\x07" "Driver####\0"
    "\x07" "DriverOrder\0"
    "\x07" "HwErrRecSupport\0"
    "\x07" "Key####\0"
    "\x07" "Lang\0"
    "\x07" "OsIndications\0"
    "\x07" "PlatformLang\0"
    "\x07" "SysPrep####\0"
    "\x07" "SysPrepOrder\0"
    "\x07" "Timeout\0"
    "\x06" "ConInDev\0"
    "\x06" "ConOutDev\0"
    "\x06" "ErrOutDev\0"
    "\x27" "KEK\0"
    "\x27" "OsRecoveryOrder\0"
    "\x27" "PK\0"
    "\x86" "AuditMode\0"
    "\x86" "BootCurrent\0"
    "\x86" "BootOptionSupport\0"
    "\x86" "CryptoIndicationsActivated\0"
    "\x86" "CryptoIndicationsSupported\0"
    "\x86" "DeployedMode\0"
    "\x86" "KEKDefault\0"
    "\x86" "LangCodes\0"
    "\x86" "OsIndicationsSupported\0"
    "\x86" "PKDefault\0"
    "\x86" "PlatformLangCodes\0"
    "\x86" "PlatformRecovery####\0"
    "\x86" "SecureBoot\0"
    "\x86" "SetupMode\0"
    "\x86" "SignatureSupport\0"
    "\x86" "VendorKeys\0"
    "\x86" "dbDefault\0"
    "\x86" "dbrDefault\0"
    "\x86" "dbtDefault\0"
    "\x86" "dbxDefault\0"
    "\x86" "devAuthBoot\0"
    "\x86" "devdbDefault\0";
// Copies of our own: an inline constant is shared between rooms, and the linker may keep another room's.
constexpr efi::Guid kGlobal = efi::kGlobalVariable;
constexpr efi::Guid kErrorRecords = kHardwareErrorVariable;
constexpr efi::Guid kImageSecurity = kImageSecurityDatabase;
constexpr char kErrorRecordName[] = "HwErrRec####";
constexpr uint8_t kFirmwareOnly = 0x80;

bool is_hex_digit(char16_t c) { return (c >= u'0' && c <= u'9') || (c >= u'A' && c <= u'F'); }

bool matches(const char* pattern, const char16_t* name) {
  for (;; ++pattern, ++name) {
    if (*pattern == '#' ? !is_hex_digit(*name) : *name != static_cast<char16_t>(*pattern)) return false;
    if (*pattern == 0) return true;
  }
}

bool same(const efi::Guid& a, const efi::Guid& b) { return memcmp(&a, &b, sizeof(a)) == 0; }

}  // namespace

Status check_name(const char16_t* name, const efi::Guid& vendor, uint32_t attributes) {
  bool error_record = same(vendor, kErrorRecords);
  if (error_record || (attributes & efi::kVariableHardwareErrorRecord)) {
    bool good = error_record && attributes == kErrorRecordAttributes && matches(kErrorRecordName, name);
    return good ? Status::Success : Status::InvalidParameter;
  }
  if (same(vendor, kImageSecurity)) return Status::InvalidParameter;  // db, dbx and their like must be authenticated
  if (!same(vendor, kGlobal)) return Status::Success;

  for (const char* at = kGlobalNames; *at != 0; ++at) {
    auto rule = static_cast<uint8_t>(*at++);
    if (matches(at, name)) {
      if (rule & kFirmwareOnly) return Status::WriteProtected;
      return attributes == rule ? Status::Success : Status::InvalidParameter;
    }
    while (*at != 0) ++at;
  }
  return Status::InvalidParameter;
}

}  // namespace efilite::runtime
