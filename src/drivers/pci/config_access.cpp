// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/pci/config_access.hpp"

#include "arch/io.hpp"

namespace efilite::drivers::pci {

using core::RegisterSpace;

namespace {

constexpr uint64_t kAddressPort = 0xCF8;
constexpr uint64_t kDataPort = 0xCFC;
constexpr uint32_t kEnable = 0x80000000;
constexpr unsigned kBusShift = 20;  // of ECAM; the ports have no bits for the offset above the first 8

uint32_t route(const core::PciAddress& where) { return where.bus << 8 | where.device << 3 | where.function; }

// Two accesses to the ports belong together.
class NoInterrupts {
 public:
  NoInterrupts() = default;
  ~NoInterrupts() { arch::interrupts_restore(before_); }
  NoInterrupts(const NoInterrupts&) = delete;
  NoInterrupts& operator=(const NoInterrupts&) = delete;

 private:
  const bool before_ = arch::interrupts_save_disable();
};

}  // namespace

Result<> EcamAccess::open() {
  if (window_.last_bus < window_.first_bus) return Status::NotFound;
  auto begin = PhysAddr{window_.base}.plus({uint64_t{window_.first_bus} << kBusShift});
  auto end = PhysAddr{window_.base}.plus({(uint64_t{window_.last_bus} + 1) << kBusShift});
  if (!begin || !end) return Status::NotFound;
  return registers_.map({*begin, *end});
}

uint64_t EcamAccess::address_of(const core::PciAddress& where, uint16_t offset) const {
  return window_.base + (uint64_t{route(where)} << 12) + offset;
}

uint32_t EcamAccess::read(const core::PciAddress& where, uint16_t offset, unsigned size) {
  return static_cast<uint32_t>(registers_.read(RegisterSpace::Memory, address_of(where, offset), size));
}

void EcamAccess::write(const core::PciAddress& where, uint16_t offset, unsigned size, uint32_t value) {
  registers_.write(RegisterSpace::Memory, address_of(where, offset), size, value);
}

// A host bridge keeps what was written to the address port; where nobody is, all ones come back.
bool PortAccess::answers() {
  NoInterrupts guard;
  registers_.write(RegisterSpace::Io, kAddressPort, 4, kEnable);
  return registers_.read(RegisterSpace::Io, kAddressPort, 4) == kEnable;
}

uint64_t PortAccess::select(const core::PciAddress& where, uint16_t offset) {
  registers_.write(RegisterSpace::Io, kAddressPort, 4, kEnable | route(where) << 8 | (offset & 0xFCu));
  return kDataPort + (offset & 3);
}

uint32_t PortAccess::read(const core::PciAddress& where, uint16_t offset, unsigned size) {
  NoInterrupts guard;
  return static_cast<uint32_t>(registers_.read(RegisterSpace::Io, select(where, offset), size));
}

void PortAccess::write(const core::PciAddress& where, uint16_t offset, unsigned size, uint32_t value) {
  NoInterrupts guard;
  registers_.write(RegisterSpace::Io, select(where, offset), size, value);
}

}  // namespace efilite::drivers::pci
