// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/protocols/cpu_io.hpp"

namespace efilite::core {

using efi::CpuIoWidth;
using efi::EfiStatus;
using efi::encode;

namespace {

constexpr uint64_t kPortsEnd = 0x10000;

template <typename T>
volatile T& cell(uint64_t address) {
  return *reinterpret_cast<volatile T*>(address);
}

// A device must see one access of the size that was asked for.
uint64_t load(uint64_t address, unsigned size) {
  switch (size) {
    case 1:
      return cell<uint8_t>(address);
    case 2:
      return cell<uint16_t>(address);
    case 4:
      return cell<uint32_t>(address);
    default:
      return cell<uint64_t>(address);
  }
}

void store(uint64_t address, unsigned size, uint64_t value) {
  switch (size) {
    case 1:
      cell<uint8_t>(address) = static_cast<uint8_t>(value);
      break;
    case 2:
      cell<uint16_t>(address) = static_cast<uint16_t>(value);
      break;
    case 4:
      cell<uint32_t>(address) = static_cast<uint32_t>(value);
      break;
    default:
      cell<uint64_t>(address) = value;
  }
}

}  // namespace

EfiStatus EFIAPI CpuIo::read_memory(Self* self, CpuIoWidth width, uint64_t address, efi::Uintn count, void* buffer) {
  return encode(access(self, Space::Memory, Direction::Read, width, address, count, buffer));
}

EfiStatus EFIAPI CpuIo::write_memory(Self* self, CpuIoWidth width, uint64_t address, efi::Uintn count, void* buffer) {
  return encode(access(self, Space::Memory, Direction::Write, width, address, count, buffer));
}

EfiStatus EFIAPI CpuIo::read_ports(Self* self, CpuIoWidth width, uint64_t address, efi::Uintn count, void* buffer) {
  return encode(access(self, Space::Ports, Direction::Read, width, address, count, buffer));
}

EfiStatus EFIAPI CpuIo::write_ports(Self* self, CpuIoWidth width, uint64_t address, efi::Uintn count, void* buffer) {
  return encode(access(self, Space::Ports, Direction::Write, width, address, count, buffer));
}

Status CpuIo::access(Self* self, Space space, Direction direction, CpuIoWidth width, uint64_t address, uint64_t count, void* buffer) {
  if (self == nullptr || buffer == nullptr || width >= CpuIoWidth::Maximum) return Status::InvalidParameter;
  const unsigned size = 1u << (static_cast<uint32_t>(width) & 3);
  if (space == Space::Ports && size > 4) return Status::InvalidParameter;  // no instruction does that
  const bool fifo = width >= CpuIoWidth::FifoUint8 && width <= CpuIoWidth::FifoUint64;
  const bool fill = width >= CpuIoWidth::FillUint8;
  // The text has this status for the buffer; the address is what a device cares about.
  if (((address | reinterpret_cast<uint64_t>(buffer)) & (size - 1)) != 0) return Status::Unsupported;
  // An address must be good even if nothing is to be done there.
  auto length = checked_mul<uint64_t>(fifo || count == 0 ? 1 : count, size);
  auto end = length ? PhysAddr{address}.plus({*length}) : std::nullopt;
  CpuIo& owner = *reinterpret_cast<Interface*>(self)->owner;
  if (!end || !owner.reaches(space, direction, {{address}, *end})) return Status::Unsupported;

  auto* value = static_cast<std::byte*>(buffer);
  for (; count != 0; --count) {
    owner.access_once(space, direction, address, size, value);
    if (!fifo) address += size;
    if (!fill) value += size;
  }
  return Status::Success;
}

// Memory that is not mapped, or not for this, would end in an exception: it is as little there as what the CPU has no address lines for.
bool CpuIo::reaches(Space space, Direction direction, PhysRange range) const {
  if (space == Space::Ports) return range.end.value <= kPortsEnd;
  const uint64_t forbidden = direction == Direction::Write ? efi::kMemoryRp | efi::kMemoryRo : efi::kMemoryRp;
  for (uint64_t page = align_down(range.begin.value, kPageSize); page < range.end.value; page += kPageSize) {
    auto end = checked_add(page, kPageSize);
    if (!end) return false;
    auto attributes = pages_.get({{page}, {*end}});
    if (!attributes || (*attributes & forbidden) != 0) return false;
  }
  return true;
}

void CpuIo::access_once(Space space, Direction direction, uint64_t address, unsigned size, std::byte* value) {
  const bool ports = space == Space::Ports;
  uint64_t bits = 0;
  if (direction == Direction::Write) {
    memcpy(&bits, value, size);
    return ports ? ports_.out(static_cast<uint16_t>(address), size, static_cast<uint32_t>(bits)) : store(address, size, bits);
  }
  bits = ports ? ports_.in(static_cast<uint16_t>(address), size) : load(address, size);
  memcpy(value, &bits, size);
}

}  // namespace efilite::core
