// SPDX-License-Identifier: BSD-2-Clause-Patent
// The tables that a program is started with [UEFI 2.10, chapter 4], and configuration tables [7.5.6].
#include "conformance.hpp"

namespace conformance {

void* configuration_table(const EFI_GUID& guid) {
  for (UINTN i = 0; i < st->NumberOfTableEntries; ++i) {
    if (same(st->ConfigurationTable[i].VendorGuid, guid)) return st->ConfigurationTable[i].VendorTable;
  }
  return nullptr;
}

namespace {

bool sum_is_right(const EFI_TABLE_HEADER& table) {
  static UINT8 copy[1024];
  UINT32 sum = 0;
  if (table.HeaderSize < sizeof table || table.HeaderSize > sizeof copy) return that(false);
  bs->CopyMem(copy, const_cast<EFI_TABLE_HEADER*>(&table), table.HeaderSize);
  reinterpret_cast<EFI_TABLE_HEADER*>(copy)->CRC32 = 0;  // [UEFI 2.10, 4.2] the sum is taken with its own field as zero
  return ok(bs->CalculateCrc32(copy, table.HeaderSize, &sum)) && equal(table.CRC32, sum);
}

bool all_set(const void* table, UINTN from, UINTN to) {
  for (UINTN offset = from; offset < to; offset += 8) {
    if (*at<void*>(address(table) + offset) == nullptr) return that(false);
  }
  return true;
}

bool has(EFI_HANDLE handle, EFI_GUID& guid, void* interface) {
  void* found = nullptr;
  return ok(bs->HandleProtocol(handle, &guid, &found)) && that(found == interface);
}

EFI_GUID kTableGuid = {0x81a60808, 0xc6d3, 0x4b1d, {0xb5, 0x70, 0x54, 0x61, 0x62, 0x6c, 0x65, 0x21}};
EFI_GUID kAcpi20 = {0x8868e871, 0xe4f1, 0x11d3, {0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81}};
EFI_GUID kAcpi10 = {0xeb9d2d30, 0x2d88, 0x11d3, {0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d}};
EFI_GUID kSmbios = {0xeb9d2d31, 0x2d88, 0x11d3, {0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d}};
EFI_GUID kSmbios3 = {0xf2fd1544, 0x9794, 0x4a2c, {0x99, 0x2e, 0xe5, 0xbb, 0xcf, 0x20, 0xe3, 0x94}};

bool sums_to_zero(const void* bytes, UINTN size) {
  UINT8 sum = 0;
  for (UINTN i = 0; i < size; ++i) sum = static_cast<UINT8>(sum + static_cast<const UINT8*>(bytes)[i]);
  return sum == 0;
}

const Test kTests[] = {
    {"4.3 EFI_SYSTEM_TABLE: the signature", [] { return equal(st->Hdr.Signature, EFI_SYSTEM_TABLE_SIGNATURE); }},
    {"4.3 EFI_SYSTEM_TABLE: the header's size is the table's", [] { return equal(st->Hdr.HeaderSize, 120); }},
    {"4.2 EFI_SYSTEM_TABLE: the CRC is right", [] { return sum_is_right(st->Hdr); }},
    {"4.2 EFI_SYSTEM_TABLE: the reserved field is 0", [] { return equal(st->Hdr.Reserved, 0); }},
    {"4.3 EFI_SYSTEM_TABLE: the revision is 2.x", [] { return equal(st->Hdr.Revision >> 16, 2); }},
    {"4.3 EFI_SYSTEM_TABLE: there is a vendor's name", [] { return that(st->FirmwareVendor != nullptr && st->FirmwareVendor[0] != 0); }},
    {"4.3 EFI_SYSTEM_TABLE: ConsoleInHandle has ConIn", [] { return has(st->ConsoleInHandle, kTextInGuid, st->ConIn); }},
    {"4.3 EFI_SYSTEM_TABLE: ConsoleOutHandle has ConOut", [] { return has(st->ConsoleOutHandle, kTextOutGuid, st->ConOut); }},
    {"4.3 EFI_SYSTEM_TABLE: StandardErrorHandle has StdErr", [] { return has(st->StandardErrorHandle, kTextOutGuid, st->StdErr); }},
    {"4.4 EFI_BOOT_SERVICES: the signature", [] { return equal(bs->Hdr.Signature, EFI_BOOT_SERVICES_SIGNATURE); }},
    {"4.4 EFI_BOOT_SERVICES: the header's size is the table's", [] { return equal(bs->Hdr.HeaderSize, 24 + 44 * 8); }},
    {"4.2 EFI_BOOT_SERVICES: the CRC is right", [] { return sum_is_right(bs->Hdr); }},
    {"4.4 EFI_BOOT_SERVICES: the revision is the system table's", [] { return equal(bs->Hdr.Revision, st->Hdr.Revision); }},
    {"4.4 EFI_BOOT_SERVICES: every service before the reserved field is there", [] { return all_set(bs, 24, 24 + 17 * 8); }},
    {"4.4 EFI_BOOT_SERVICES: every service behind the reserved field is there", [] { return all_set(bs, 24 + 18 * 8, 24 + 44 * 8); }},
    {"4.5 EFI_RUNTIME_SERVICES: the signature", [] { return equal(rt->Hdr.Signature, EFI_RUNTIME_SERVICES_SIGNATURE); }},
    {"4.5 EFI_RUNTIME_SERVICES: the header's size is the table's", [] { return equal(rt->Hdr.HeaderSize, 24 + 14 * 8); }},
    {"4.2 EFI_RUNTIME_SERVICES: the CRC is right", [] { return sum_is_right(rt->Hdr); }},
    {"4.5 EFI_RUNTIME_SERVICES: the revision is the system table's", [] { return equal(rt->Hdr.Revision, st->Hdr.Revision); }},
    {"4.5 EFI_RUNTIME_SERVICES: every service is there", [] { return all_set(rt, 24, 24 + 14 * 8); }},

    {"4.6 EFI_CONFIGURATION_TABLE: ACPI's root pointer begins with RSD PTR, and its sum is right",
     [] {
       void *young = configuration_table(kAcpi20), *old = configuration_table(kAcpi10), *rsdp = young ? young : old;
       return that(rsdp != nullptr) && that(same(rsdp, "RSD PTR ", 8)) && that(sums_to_zero(rsdp, 20));
     }},
    {"4.6 EFI_CONFIGURATION_TABLE: the GUID of ACPI 2.0 leads to a root pointer of revision 2 or later",
     [] {
       void* rsdp = configuration_table(kAcpi20);
       if (rsdp == nullptr) return skip("the machine has ACPI 1.0");
       return that(static_cast<UINT8*>(rsdp)[15] >= 2) && that(sums_to_zero(rsdp, *at<UINT32>(address(rsdp) + 20)));
     }},
    {"4.6 EFI_CONFIGURATION_TABLE: SMBIOS has an entry point with its anchor",
     [] {
       void *old = configuration_table(kSmbios), *young = configuration_table(kSmbios3);
       if (old == nullptr && young == nullptr) return skip("no SMBIOS");
       return that(old == nullptr || same(old, "_SM_", 4)) && that(young == nullptr || same(young, "_SM3_", 5));
     }},
    {"4.6 EFI_CONFIGURATION_TABLE: no GUID is there twice",
     [] {
       for (UINTN i = 0; i < st->NumberOfTableEntries; ++i) {
         for (UINTN j = 0; j < i; ++j) {
           if (same(st->ConfigurationTable[i].VendorGuid, st->ConfigurationTable[j].VendorGuid)) return that(false);
         }
       }
       return true;
     }},

    {"7.5.6 InstallConfigurationTable: no GUID is INVALID_PARAMETER",
     [] {
       int data;
       return is(bs->InstallConfigurationTable(nullptr, &data), kInvalid);
     }},
    {"7.5.6 InstallConfigurationTable: taking away what is not there is NOT_FOUND",
     [] { return is(bs->InstallConfigurationTable(&kTableGuid, nullptr), EFI_NOT_FOUND); }},
    {"7.5.6 InstallConfigurationTable: a table is added, replaced and taken away",
     [] {
       int data, other;
       UINTN count = st->NumberOfTableEntries;
       return ok(bs->InstallConfigurationTable(&kTableGuid, &data)) && that(configuration_table(kTableGuid) == &data) &&
              equal(st->NumberOfTableEntries, count + 1) && ok(bs->InstallConfigurationTable(&kTableGuid, &other)) &&
              that(configuration_table(kTableGuid) == &other) && equal(st->NumberOfTableEntries, count + 1) &&
              ok(bs->InstallConfigurationTable(&kTableGuid, nullptr)) && that(configuration_table(kTableGuid) == nullptr) &&
              equal(st->NumberOfTableEntries, count);
     }},
    {"7.5.6 InstallConfigurationTable: the system table's CRC follows",
     [] {
       int data;
       bool good = ok(bs->InstallConfigurationTable(&kTableGuid, &data)) && sum_is_right(st->Hdr);
       bs->InstallConfigurationTable(&kTableGuid, nullptr);
       return good && sum_is_right(st->Hdr);
     }},
    {"7.5.6 InstallConfigurationTable: the other tables stay as they are",
     [] {
       int data;
       void* rsdp = configuration_table(kAcpi20);
       bool good = ok(bs->InstallConfigurationTable(&kTableGuid, &data)) && that(configuration_table(kAcpi20) == rsdp);
       bs->InstallConfigurationTable(&kTableGuid, nullptr);
       return good && that(configuration_table(kAcpi20) == rsdp);
     }},
    {"7.5.6 InstallConfigurationTable: the event group of the table's GUID is signaled",
     [] {
       int data;
       Calls calls;
       AnEvent event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &calls, kTableGuid);
       bool good = ok(bs->InstallConfigurationTable(&kTableGuid, &data)) && equal(calls.count, 1);
       good = ok(bs->InstallConfigurationTable(&kTableGuid, &data)) && equal(calls.count, 2) && good;
       bs->InstallConfigurationTable(&kTableGuid, nullptr);
       return good;
     }},
    {"7.5.6 InstallConfigurationTable: room for fifty tables",
     [] {
       EFI_GUID guid = kTableGuid;
       bool good = true;
       int data;
       for (UINT8 i = 0; i < 50; ++i) guid.Data4[7] = i, good = ok(bs->InstallConfigurationTable(&guid, &data)) && good;
       for (UINT8 i = 0; i < 50; ++i) guid.Data4[7] = i, good = ok(bs->InstallConfigurationTable(&guid, nullptr)) && good;
       return good;
     }},
};

}  // namespace

constinit const Chapter kTables(kTests);

}  // namespace conformance
