// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "platform/acpi_tables.hpp"

#include "base/byte_sum.hpp"
#include "base/log.hpp"
#include "platform/bios_area.hpp"

namespace efilite::platform {

namespace {

constexpr uint32_t kLongestTable = 16 << 20;
constexpr uint64_t kRsdpMagic = 0x2052545020445352;  // "RSD PTR "

// [ACPI 6.5, 5.2.5.3] the bytes of a table add up to zero
bool sums_to_zero(ByteSpan bytes) { return byte_sum(bytes) == 0; }

}  // namespace

std::optional<acpi::Rsdp> rsdp_at(core::PhysicalMemory& memory, PhysAddr at) {
  if (memory.read<uint64_t>(at) != kRsdpMagic) return std::nullopt;
  auto bytes = memory.window(at, acpi::kRsdp1Size);
  if (!bytes || !sums_to_zero(*bytes)) return std::nullopt;
  acpi::Rsdp rsdp{};
  memcpy(&rsdp, bytes->data(), acpi::kRsdp1Size);
  if (rsdp.revision < 2) return rsdp;
  bytes = memory.window(at, sizeof rsdp);
  if (!bytes) return std::nullopt;
  memcpy(&rsdp, bytes->data(), sizeof rsdp);
  auto whole = memory.window(at, rsdp.length);
  if (rsdp.length < sizeof rsdp || rsdp.length > kPageSize || !whole || !sums_to_zero(*whole)) return std::nullopt;
  return rsdp;
}

// [ACPI 6.5, 5.2.5.1] the first KiB of the extended BIOS data area, then the BIOS's own 128 KiB, on 16-byte boundaries
PhysAddr search_rsdp(core::PhysicalMemory& memory) {
  uint64_t ebda = uint64_t{memory.read<uint16_t>(PhysAddr{0x40E}).value_or(0)} << 4;
  const PhysRange areas[] = {{{ebda}, {ebda + 1024}}, {{0xE0000}, {0x100000}}};
  for (PhysRange area : areas) {
    auto bytes = area.begin.value != 0 ? memory.window(area) : std::nullopt;
    if (!bytes) continue;
    for (size_t offset = next_anchor(*bytes, 0, "RS"); offset < bytes->size(); offset = next_anchor(*bytes, offset + 16, "RS")) {
      const PhysAddr at{area.begin.value + offset};
      if (rsdp_at(memory, at)) return at;
    }
  }
  return {};
}

std::optional<ByteSpan> table_at(core::PhysicalMemory& memory, PhysAddr at, Checksum checksum) {
  auto header = memory.read<acpi::Header>(at);
  if (!header || header->length < sizeof(acpi::Header) || header->length > kLongestTable) {
    log::line("efilite: ACPI table at ", at, " is not readable");
    return std::nullopt;
  }
  auto bytes = memory.window(at, header->length);
  if (!bytes || (checksum == Checksum::Verified && !sums_to_zero(*bytes))) {
    log::line("efilite: ACPI table at ", at, bytes ? " has a wrong checksum" : " ends outside readable memory");
    return std::nullopt;
  }
  return ByteSpan(*bytes);
}

TableList::TableList(core::PhysicalMemory& memory, const acpi::Rsdp& rsdp) {
  const bool wide = rsdp.xsdt_address != 0;  // 0 in revision 0, which has no such field
  width_ = wide ? 8 : 4;
  auto table = table_at(memory, PhysAddr{wide ? rsdp.xsdt_address : rsdp.rsdt_address}, Checksum::Verified);
  if (table) entries_ = table->subspan(sizeof(acpi::Header));
}

}  // namespace efilite::platform
