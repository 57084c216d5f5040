// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "platform/acpi_extend.hpp"

#include "abi/acpi.hpp"
#include "base/byte_sum.hpp"
#include "platform/acpi_tables.hpp"

namespace efilite::platform {

namespace {

constexpr uint64_t kAlignment = 16;  // [ACPI 6.5, 5.2.5.1] of the root pointer, which lies in front

// [5.2.5.3, 5.2.6] all bytes add up to zero.
void sum_up(MutableByteSpan bytes, size_t checksum) {
  bytes[checksum] = std::byte{0};
  bytes[checksum] = std::byte(uint8_t(-byte_sum(bytes)));
}

}  // namespace

Result<PhysAddr> extend_acpi(core::PhysicalMemory& memory, PhysAddr rsdp, ByteSpan table, MutableByteSpan room, PhysAddr at) {
  auto pointer = rsdp_at(memory, rsdp);
  if (!pointer) return Status::NotFound;
  const bool wide = pointer->xsdt_address != 0;
  const auto root = table_at(memory, PhysAddr{wide ? pointer->xsdt_address : pointer->rsdt_address}, Checksum::Verified);
  if (!root) return Status::NotFound;
  const uint64_t width = wide ? sizeof(uint64_t) : sizeof(uint32_t);
  const uint64_t table_offset = *align_up(sizeof(acpi::Rsdp), kAlignment);
  const uint64_t root_offset = *align_up(table_offset + table.size(), kAlignment);
  const uint64_t root_size = root->size() + width;
  if (root_offset > room.size() || root_size > room.size() - root_offset) return Status::BufferTooSmall;

  const MutableByteSpan new_table = room.subspan(table_offset, table.size()), new_root = room.subspan(root_offset, root_size);
  memcpy(new_table.data(), table.data(), table.size());
  sum_up(new_table, offsetof(acpi::Header, checksum));
  memcpy(new_root.data(), root->data(), root->size());
  const uint64_t entry = at.value + table_offset;
  memcpy(new_root.data() + root->size(), &entry, width);
  const auto length = static_cast<uint32_t>(root_size);
  memcpy(new_root.data() + offsetof(acpi::Header, length), &length, sizeof length);
  sum_up(new_root, offsetof(acpi::Header, checksum));

  if (wide) pointer->xsdt_address = at.value + root_offset;
  else pointer->rsdt_address = static_cast<uint32_t>(at.value + root_offset);
  const uint32_t size = pointer->revision >= 2 ? sizeof *pointer : acpi::kRsdp1Size;
  pointer->length = size;  // what a longer one had behind is unknown
  memcpy(room.data(), &*pointer, size);
  sum_up(room.first(acpi::kRsdp1Size), offsetof(acpi::Rsdp, checksum));
  if (pointer->revision >= 2) sum_up(room.first(size), offsetof(acpi::Rsdp, extended_checksum));
  return at;
}

}  // namespace efilite::platform
