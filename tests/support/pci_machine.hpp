// SPDX-License-Identifier: BSD-2-Clause-Patent
// A machine with a PCI bus, and the handles that programs see of it.
#pragma once

#include <gtest/gtest.h>

#include "core/pci/pci_buses.hpp"
#include "drivers/pci/root_bus.hpp"
#include "tests/support/clock.hpp"
#include "tests/support/memory.hpp"
#include "tests/support/page_protection.hpp"
#include "tests/support/pci_bus.hpp"

namespace efilite::test {

class PciMachine : public testing::Test {
 protected:
  static constexpr uint64_t kFourGiB = uint64_t{1} << 32;
  static constexpr core::PciWindow kWindows[] = {{core::RegisterSpace::Io, 0x6000, 0xA000},
                                                 {core::RegisterSpace::Memory, 0xC0000000, 0x3EC00000},
                                                 {core::RegisterSpace::Memory, uint64_t{1} << 36, uint64_t{1} << 36}};
  // Looks for what was added.
  void start() { ASSERT_TRUE(buses.add(root, 0)); }
  efi::PciIoProtocol* pci_io(uint8_t bus, uint8_t device, uint8_t function = 0) {
    auto all = *handles.locate_buffer(efi::LocateSearchType::ByProtocol, &efi::PciIoProtocol::kGuid, nullptr);
    efi::PciIoProtocol* found = nullptr;
    for (efi::Handle handle : all) {
      auto* one = *handles.get<efi::PciIoProtocol>(handle);
      if (core::PciIo::of(one)->function().address() == core::PciAddress{0, bus, device, function}) found = one;
    }
    memory.pool.release(all.data());
    EXPECT_NE(found, nullptr);
    return found;
  }

  Memory memory;
  FakeClock clock;
  FakeInterrupts interrupts{clock};
  core::EventQueue events{memory.pool, interrupts, clock};
  core::HandleDatabase handles{memory.pool, events};
  FakeProtection pages;
  FakePci machine;
  FixedWindows windows{kWindows};
  drivers::pci::EcamAccess ecam{machine, {FakePci::kEcam, 0, 0, 255}};
  drivers::pci::RootBus root{ecam, machine, memory.pool, windows, {}};
  core::PciBuses buses{handles, events, memory.map, memory.pool, clock, pages};
};

}  // namespace efilite::test
