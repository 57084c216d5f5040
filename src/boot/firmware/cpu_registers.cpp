// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "arch/io.hpp"
#include "boot/firmware/cpu_ports.hpp"

namespace efilite::boot {

namespace {

template <typename T>
volatile T& cell(uint64_t address) {
  return *reinterpret_cast<volatile T*>(address);
}

uint32_t in(uint16_t port, unsigned size) {
  if (size == 1) return arch::in8(port);
  if (size == 2) return arch::in16(port);
  return arch::in32(port);
}

void out(uint16_t port, unsigned size, uint64_t value) {
  if (size == 1) return arch::out8(port, static_cast<uint8_t>(value));
  if (size == 2) return arch::out16(port, static_cast<uint16_t>(value));
  arch::out32(port, static_cast<uint32_t>(value));
}

}  // namespace

// A device must see one access of the size that was asked for.
uint64_t CpuRegisters::read(core::RegisterSpace space, uint64_t address, unsigned size) {
  if (space == core::RegisterSpace::Io) return in(static_cast<uint16_t>(address), size);
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

void CpuRegisters::write(core::RegisterSpace space, uint64_t address, unsigned size, uint64_t value) {
  if (space == core::RegisterSpace::Io) return out(static_cast<uint16_t>(address), size, value);
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

Result<> CpuRegisters::map(PhysRange range) {
  core::TplGuard guard(events_, efi::kTplNotify);  // the tables' memory comes from everybody's map
  return pages_.map_device(range);
}

}  // namespace efilite::boot
