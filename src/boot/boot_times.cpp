// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/boot_times.hpp"

#include <algorithm>
#include <array>

#include "base/digits.hpp"

namespace efilite::boot {

namespace {

constexpr efi::Guid kLoaderInterface = {0x4A67B082, 0x0A4C, 0x41CF, {0xB6, 0xC7, 0x44, 0x0B, 0x29, 0xBB, 0x8C, 0x4F}};

// Whole milliseconds by themselves, so that no product is too large for 64 bits.
uint64_t scaled(uint64_t tsc, uint64_t khz, uint64_t units_per_ms) {
  return khz == 0 ? 0 : tsc / khz * units_per_ms + tsc % khz * units_per_ms / khz;
}
uint64_t nanoseconds(uint64_t tsc, uint64_t khz) { return scaled(tsc, khz, 1'000'000); }
uint64_t microseconds(uint64_t tsc, uint64_t khz) { return scaled(tsc, khz, 1'000); }

Result<> set(runtime::VariableStore& store, const char16_t* name, uint64_t value) {
  const Digits digits(value);
  const std::string_view decimal = digits.view();
  std::array<char16_t, 21> text{};  // with a NUL behind the longest number
  std::copy(decimal.begin(), decimal.end(), text.begin());
  const Status status =
      runtime::set_firmware_variable(store, name, kLoaderInterface, efi::kVariableBootserviceAccess | efi::kVariableRuntimeAccess,
                                     (decimal.size() + 1) * sizeof(char16_t), text.data(), false);
  return status == Status::Success ? Result<>() : Result<>(status);
}

}  // namespace

void BootTimes::write(acpi::BootPerformance& record, uint64_t now, uint64_t tsc_khz) const {
  record = {};
  record.signature = acpi::signature("FBPT");
  record.length = sizeof record;
  record.type = 2;
  record.record_length = sizeof record - offsetof(acpi::BootPerformance, type);
  record.revision = 2;
  record.reset_end = nanoseconds(entered_, tsc_khz);
  record.load_image_start = nanoseconds(loading_, tsc_khz);
  record.start_image_start = nanoseconds(starting_, tsc_khz);
  record.exit_boot_services_entry = nanoseconds(leaving_, tsc_khz);
  record.exit_boot_services_exit = nanoseconds(now, tsc_khz);
}

Result<> BootTimes::set_loader_variables(runtime::VariableStore& store, uint64_t tsc_khz) const {
  TRY(set(store, u"LoaderTimeInitUSec", microseconds(entered_, tsc_khz)));
  return set(store, u"LoaderTimeExecUSec", microseconds(starting_, tsc_khz));
}

acpi::Fpdt make_fpdt(uint64_t address) {
  acpi::Fpdt table{};
  table.header.signature = acpi::signature("FPDT");
  table.header.length = sizeof table;
  table.header.revision = 1;
  std::copy_n("EFILIT", sizeof table.header.oem_id, table.header.oem_id);
  std::copy_n("EFILITE ", sizeof table.header.oem_table_id, table.header.oem_table_id);
  table.header.oem_revision = 1;
  table.header.creator_id = acpi::signature("EFIL");
  table.header.creator_revision = 1;
  table.record_length = sizeof table - sizeof table.header;
  table.revision = 1;
  table.boot_table = address;
  return table;
}

}  // namespace efilite::boot
