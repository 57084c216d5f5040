// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "platform/acpi_padding.hpp"

namespace efilite::platform {

// The file begins with a table, and is nothing but tables up to its last one [QEMU hw/i386/acpi-build.c]. No table but that one begins as
// it does: its name and length, and it is the FACS or the DSDT, which are there once.
PhysRange acpi_padding(core::PhysicalMemory& memory, PhysRange tables, drivers::FwCfg& fw_cfg) {
  auto file = fw_cfg.open("etc/acpi/tables");
  uint64_t head = 0;
  if (!file || !file->read(0, std::as_writable_bytes(std::span(&head, 1))) || memory.read<uint64_t>(tables.begin) != head) return {};
  const uint64_t begin = align_down(tables.end.value + kPageMask, kPageSize);
  const uint64_t end = align_down(tables.begin.value + file->size(), kPageSize);
  return begin < end ? PhysRange{{begin}, {end}} : PhysRange{};
}

}  // namespace efilite::platform
