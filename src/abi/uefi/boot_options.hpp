// SPDX-License-Identifier: BSD-2-Clause-Patent
// What the boot manager's variables hold [UEFI 2.10, 3.1.3 and 3.3].
#pragma once

#include "abi/uefi/types.hpp"

namespace efilite::efi {

// [UEFI 2.10, 3.1.3] EFI_LOAD_OPTION: behind these six bytes a description in UCS-2 with its NUL, FilePathListLength bytes of device paths,
// and optional data up to the variable's end.
struct [[gnu::packed]] LoadOptionHeader {
  uint32_t attributes;
  uint16_t file_path_list_length;
};
static_assert(sizeof(LoadOptionHeader) == 6);

inline constexpr uint32_t kLoadOptionActive = 0x00000001;
inline constexpr uint32_t kLoadOptionForceReconnect = 0x00000002;
inline constexpr uint32_t kLoadOptionHidden = 0x00000008;
inline constexpr uint32_t kLoadOptionCategory = 0x00001F00;
inline constexpr uint32_t kLoadOptionCategoryBoot = 0x00000000;
inline constexpr uint32_t kLoadOptionCategoryApp = 0x00000100;

// [UEFI 2.10, 3.3] BootOptionSupport
inline constexpr uint32_t kBootOptionSupportKey = 0x00000001;
inline constexpr uint32_t kBootOptionSupportApp = 0x00000002;
inline constexpr uint32_t kBootOptionSupportSysprep = 0x00000010;

// [UEFI 2.10, 8.5.4] OsIndications and OsIndicationsSupported
inline constexpr uint64_t kOsIndicationsBootToFwUi = 0x0000000000000001;
inline constexpr uint64_t kOsIndicationsStartOsRecovery = 0x0000000000000020;
inline constexpr uint64_t kOsIndicationsStartPlatformRecovery = 0x0000000000000040;

// [UEFI 2.10, 3.5.1.1 table 3.5] the file that is booted from a medium when nothing names one
#if defined(__aarch64__)
inline constexpr char16_t kDefaultBootFile[] = u"\\EFI\\BOOT\\BOOTAA64.EFI";
#else
inline constexpr char16_t kDefaultBootFile[] = u"\\EFI\\BOOT\\BOOTX64.EFI";
#endif

}  // namespace efilite::efi
