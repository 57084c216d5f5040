// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/pci/root_bus.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/support/log.hpp"
#include "tests/support/memory.hpp"
#include "tests/support/pci_bus.hpp"

namespace efilite::drivers::pci {
namespace {

using core::PciAddress;
using core::PciBar;
using core::PciWindow;
using core::RegisterSpace;
using test::BarKind;
using test::FakePci;
using test::FakePciFunction;

constexpr uint64_t kMiB = 1 << 20;
constexpr PciWindow kWindows[] = {{RegisterSpace::Io, 0x6000, 0xA000},
                                  {RegisterSpace::Memory, 0xC0000000, 0x3EC00000},
                                  {RegisterSpace::Memory, uint64_t{1} << 36, uint64_t{1} << 36}};

struct PciRootBus : testing::Test, core::PciVisitor {
  FakePci machine;
  test::HostHeap heap;
  EcamAccess ecam{machine, {FakePci::kEcam, 0, 0, 255}};
  PortAccess ports{machine};
  test::FixedWindows windows{kWindows};
  RootBus bus{ecam, machine, heap, windows, {}};
  std::vector<core::PciFunction*> functions;
  std::vector<core::PciFunction*> bridges;

  Result<> found(core::PciFunction& function, core::PciFunction* bridge) override {
    functions.push_back(&function);
    bridges.push_back(bridge);
    return {};
  }
  void scan() {
    functions.clear();
    bridges.clear();
    ASSERT_TRUE(bus.visit(*this));
  }
  core::PciFunction& at(uint8_t number, uint8_t device, uint8_t function = 0) {
    for (core::PciFunction* f : functions)
      if (f->address() == PciAddress{0, number, device, function}) return *f;
    ADD_FAILURE() << "nothing at " << int{number} << ":" << int{device} << "." << int{function};
    return *functions.at(0);
  }
  // What a driver does: decoding on, then its registers.
  void expect_answers(core::PciFunction& function, unsigned index) {
    const PciBar bar = function.bar(index);
    ASSERT_NE(bar.size, 0u);
    function.set_command(3, 0);
    machine.write(bar.space, bar.base + bar.size - 4, 4, 0x12345678);
    EXPECT_EQ(machine.nobody, 0);
  }
};

TEST_F(PciRootBus, AnAbsentDeviceCostsOneRead) {
  machine.add(0);
  scan();
  EXPECT_EQ(functions.size(), 1u);
  EXPECT_EQ(machine.config_reads, 32 + 1);  // and the header type of the one that is there
  EXPECT_EQ(machine.config_writes, 0);
  EXPECT_EQ(heap.live(), 1u);
}

TEST_F(PciRootBus, LaterVisitsTellOfTheSame) {
  machine.add(3);
  scan();
  core::PciFunction* first = functions.at(0);
  const int reads = machine.config_reads;
  scan();
  EXPECT_EQ(functions.at(0), first);
  EXPECT_EQ(machine.config_reads, reads);
}

TEST_F(PciRootBus, FunctionsAreLookedForWhereTheFirstSaysSo) {
  machine.add(1).multi_function();
  machine.add(1, 5);
  machine.add(2);
  machine.add(2, 3);  // function 0 does not tell of it
  machine.add(4, 1);  // there is no function 0
  scan();
  ASSERT_EQ(functions.size(), 3u);
  EXPECT_EQ(functions[0]->address(), (PciAddress{0, 0, 1, 0}));
  EXPECT_EQ(functions[1]->address(), (PciAddress{0, 0, 1, 5}));
  EXPECT_EQ(functions[2]->address(), (PciAddress{0, 0, 2, 0}));
}

TEST_F(PciRootBus, ByPortsItIsTheSameBus) {
  machine.add(5).set(0x40, 4, 0xCAFEF00D);
  RootBus by_ports(ports, machine, heap, windows, {});
  ASSERT_TRUE(by_ports.visit(*this));
  ASSERT_EQ(functions.size(), 1u);
  EXPECT_EQ(functions[0]->config_size(), 256);
  EXPECT_EQ(functions[0]->read_config(0x40, 4), 0xCAFEF00Du);
  EXPECT_EQ(functions[0]->read_config(0x42, 2), 0xCAFEu);
  EXPECT_EQ(functions[0]->read_config(0x43, 1), 0xCAu);
  functions[0]->write_config(PCI_INTERRUPT_LINE, 1, 7);
  EXPECT_EQ(machine.bus.behind[5 * 8]->get(PCI_INTERRUPT_LINE, 1), 7u);
}

TEST_F(PciRootBus, WhereNobodyAnswersAtThePortsThereIsNone) {
  machine.has_ports = false;
  RootBus by_ports(ports, machine, heap, windows, {});
  EXPECT_EQ(by_ports.visit(*this).status(), Status::NotFound);
}

TEST_F(PciRootBus, ConfigurationSpaceIsMapped) {
  scan();
  ASSERT_EQ(machine.mapped.size(), 1u);
  EXPECT_EQ(machine.mapped[0], (PhysRange{{FakePci::kEcam}, {FakePci::kEcam + 256 * kMiB}}));
  EcamAccess beyond(machine, {UINT64_MAX - kMiB, 0, 0, 255});
  EXPECT_EQ(beyond.open().status(), Status::NotFound);
  EcamAccess reversed(machine, {FakePci::kEcam, 0, 4, 3});
  EXPECT_EQ(reversed.open().status(), Status::NotFound);
}

TEST_F(PciRootBus, WithoutMemoryItSaysSo) {
  machine.add(0);
  machine.add(1);
  heap.failures_after = 1;
  EXPECT_EQ(bus.visit(*this).status(), Status::OutOfResources);
}

TEST_F(PciRootBus, OtherBusesReadAsNobody) {
  RootBus some(ecam, machine, heap, windows, {0, 0, 3});
  EXPECT_EQ(some.read_config({0, 4, 0, 0}, 0, 2), 0xFFFFu);
  some.write_config({0, 4, 0, 0}, 4, 2, 7);
  EXPECT_EQ(machine.config_reads + machine.config_writes, 0);
}

// ---- BARs

TEST_F(PciRootBus, BarsThatHaveAPlaceKeepIt) {
  FakePciFunction& device = machine.add(2);
  device.add_bar(0, BarKind::Io, 0x20, 0xC040).add_bar(1, BarKind::Memory32, 0x1000, 0xFEBD0000);
  device.add_bar(4, BarKind::Prefetchable64, 0x4000, uint64_t{0x80} << 32);
  device.write(PCI_COMMAND, 2, 7);
  machine.add(3).add_bar(0, BarKind::Memory32, 0x1000);
  scan();
  const std::array<uint8_t, 4096> before = device.config;
  core::PciFunction& f = at(0, 2);
  const PciBar io = f.bar(0), small = f.bar(1), wide = f.bar(4);
  EXPECT_EQ(io.space, RegisterSpace::Io);
  EXPECT_EQ(io.base, 0xC040u);
  EXPECT_EQ(io.size, 0x20u);
  EXPECT_EQ(small.base, 0xFEBD0000u);
  EXPECT_EQ(small.size, 0x1000u);
  EXPECT_FALSE(small.is_64_bit || small.prefetchable);
  EXPECT_EQ(wide.base, uint64_t{0x80} << 32);
  EXPECT_EQ(wide.size, 0x4000u);
  EXPECT_TRUE(wide.is_64_bit && wide.prefetchable);
  for (unsigned none : {2u, 3u, 5u, 6u, 100u}) EXPECT_EQ(f.bar(none).size, 0u);
  EXPECT_EQ(device.config, before);
  EXPECT_EQ(machine.bus.behind[3 * 8]->touched, 0) << "nobody asked for that one";
  EXPECT_EQ(windows.asked, 0) << "nor for windows";
}

TEST_F(PciRootBus, SizesAreAskedForOnce) {
  machine.add(2).add_bar(0, BarKind::Memory32, 0x1000, 0xFEBD0000);
  scan();
  EXPECT_NE(at(0, 2).bar(0).size, 0u);
  const int writes = machine.config_writes;
  EXPECT_NE(at(0, 2).bar(0).size, 0u);
  EXPECT_EQ(machine.config_writes, writes);
}

TEST_F(PciRootBus, NothingDecodesWhileSizesAreAskedFor) {
  FakePciFunction& device = machine.add(2);
  device.add_bar(0, BarKind::Memory32, 0x1000, 0xFEBD0000).write(PCI_COMMAND, 2, 3);
  device.touched = 0;
  scan();
  (void)at(0, 2).bar(0);
  EXPECT_EQ(device.command(), 3);
  EXPECT_EQ(device.touched, 2 + 6 * 2);  // off, on, and each BAR there and back
}

TEST_F(PciRootBus, AHostBridgeGoesOnDecoding) {
  FakePciFunction& host = machine.add(0, 0, 0x0600);
  host.write(PCI_COMMAND, 2, 6);
  host.touched = 0;
  scan();
  (void)at(0, 0).bar(0);
  EXPECT_EQ(host.touched, 6 * 2);
}

TEST_F(PciRootBus, BarsWithoutAPlaceGetOne) {
  machine.add(1).add_bar(0, BarKind::Memory32, 0x1000).add_bar(1, BarKind::Io, 0x40).add_bar(2, BarKind::Prefetchable64, 0x4000);
  machine.add(2).add_bar(0, BarKind::Memory32, 64 * kMiB).add_bar(5, BarKind::Prefetchable32, 0x100);
  scan();
  for (auto [device, index] : {std::pair<uint8_t, unsigned>{1, 0}, {1, 1}, {1, 2}, {2, 0}, {2, 5}}) {
    SCOPED_TRACE(testing::Message() << int{device} << ", " << index);
    const PciBar bar = at(0, device).bar(index);
    EXPECT_EQ(bar.base % bar.size, 0u);
    EXPECT_EQ(machine.bus.behind[device * 8]->base(index), bar.base);
    expect_answers(at(0, device), index);
  }
}

TEST_F(PciRootBus, NothingIsPutOverWhatHasAPlace) {
  for (uint8_t i = 0; i < 6; ++i) machine.add(i).add_bar(0, BarKind::Memory32, kMiB, 0xC0000000 + 2 * kMiB * i);
  machine.add(7).add_bar(0, BarKind::Memory32, 2 * kMiB);
  machine.add(8).add_bar(0, BarKind::Memory32, kMiB);
  machine.add(9).add_bar(0, BarKind::Memory32, 0x1000);
  scan();
  EXPECT_EQ(at(0, 7).bar(0).base, 0xC0000000 + 12 * kMiB);
  EXPECT_EQ(at(0, 8).bar(0).base, 0xC0000000 + kMiB);
  EXPECT_EQ(at(0, 9).bar(0).base, 0xC0000000 + 3 * kMiB);
}

TEST_F(PciRootBus, WhatDoesNotFitIsToldAndHasNoSize) {
  test::CapturedLog log;
  machine.add(1).add_bar(0, BarKind::Memory32, uint64_t{1} << 30).add_bar(1, BarKind::Memory32, 0x1000);
  scan();
  EXPECT_EQ(at(0, 1).bar(0).size, 0u);
  EXPECT_NE(at(0, 1).bar(1).size, 0u);
  EXPECT_NE(log.text.find("bus 0, device 1, function 0: no room for 0x40000000 bytes of memory"), std::string::npos) << log.text;
}

TEST_F(PciRootBus, LargeBarsGoAbove4GiBAndAreMapped) {
  machine.add(1).add_bar(0, BarKind::Prefetchable64, uint64_t{1} << 33);
  scan();
  const PciBar bar = at(0, 1).bar(0);
  EXPECT_EQ(bar.base, uint64_t{1} << 36);
  expect_answers(at(0, 1), 0);
  EXPECT_EQ(machine.mapped.back(), (PhysRange{{bar.base}, {bar.base + bar.size}}));
}

TEST_F(PciRootBus, MemoryThatCannotBeReachedIsNoBar) {
  test::CapturedLog log;
  machine.map_end = uint64_t{1} << 40;
  machine.add(1).add_bar(0, BarKind::Prefetchable64, 0x1000, uint64_t{1} << 45);
  scan();
  EXPECT_EQ(at(0, 1).bar(0).size, 0u);
  EXPECT_NE(log.text.find("cannot be reached"), std::string::npos);
}

TEST_F(PciRootBus, LowAddressesAreLeftToOldDevices) {
  constexpr PciWindow kLow[] = {{RegisterSpace::Memory, 0xA0000, 0x20000},
                                {RegisterSpace::Io, 0, 0x1100},
                                {RegisterSpace::Memory, 0xC0000000, kMiB}};
  test::FixedWindows windows_below{kLow};
  RootBus low(ecam, machine, heap, windows_below, {});
  machine.add(1).add_bar(0, BarKind::Memory32, 0x1000).add_bar(1, BarKind::Io, 0x40);
  ASSERT_TRUE(low.visit(*this));
  EXPECT_EQ(at(0, 1).bar(0).base, 0xC0000000u);
  EXPECT_EQ(at(0, 1).bar(1).base, 0x1000u);
}

TEST_F(PciRootBus, NonsenseInABarIsNoBar) {
  FakePciFunction& device = machine.add(1);
  device.add_bar(0, BarKind::Memory32, 0x1000, 0xFEBD0000);
  device.set(PCI_BASE_ADDRESS_1, 4, UINT32_MAX);                 // all ones, whatever is written
  device.add_bar(5, BarKind::Memory64, 0x1000, 0xFEBE0000);      // its other half would be no BAR
  device.set(PCI_BASE_ADDRESS_2, 4, 6);                          // a reserved type
  device.may_write(PCI_BASE_ADDRESS_3, 4, 0x00F0F000);           // holes in the address: the lowest bit counts
  scan();
  core::PciFunction& f = at(0, 1);
  EXPECT_EQ(f.bar(0).size, 0x1000u);
  EXPECT_EQ(f.bar(1).size, 0u);
  EXPECT_EQ(f.bar(2).size, 0u);
  EXPECT_EQ(f.bar(5).size, 0u);
  EXPECT_EQ(f.bar(3).size, 0x1000u);
}

// ---- bridges

TEST_F(PciRootBus, BehindABridgeTheNumbersAreTheBridges) {
  FakePciFunction& bridge = machine.add(1).make_bridge(5, 9);
  bridge.memory_window(0xFE800000, 2 * kMiB);
  bridge.add(3, FakePci::function()).add_bar(1, BarKind::Memory32, 0x1000, 0xFE801000);
  scan();
  ASSERT_EQ(functions.size(), 2u);
  EXPECT_EQ(functions[1]->address(), (PciAddress{0, 5, 3, 0}));
  EXPECT_EQ(bridges[0], nullptr);
  EXPECT_EQ(bridges[1], functions[0]);
  EXPECT_EQ(at(5, 3).bar(1).base, 0xFE801000u);
  expect_answers(at(5, 3), 1);
  EXPECT_EQ(bridge.get(PCI_MEMORY_BASE, 4), 0xFE90FE80u) << "a window that is set stays";
}

TEST_F(PciRootBus, TheOtherEndOfALinkHasOneDevice) {
  FakePciFunction& port = machine.add(1).make_bridge(1, 1).make_port(PCI_EXP_TYPE_ROOT_PORT);
  port.add(0, FakePci::function());
  scan();
  const int reads = machine.config_reads;
  EXPECT_EQ(functions.size(), 2u);
  EXPECT_LT(reads, 32 + 16);
}

TEST_F(PciRootBus, BridgesWithoutNumbersGetThoseThatAreFree) {
  machine.add(1).make_bridge().add(0, FakePci::function());
  machine.add(2).make_bridge(3, 7).add(0, FakePci::function());
  FakePciFunction& outer = machine.add(3).make_bridge();
  FakePciFunction& inner = outer.add(4, FakePci::function()).make_bridge();
  inner.add(0, FakePci::function());
  inner.add(1, FakePci::function()).make_bridge();
  machine.add(4).make_bridge().add(31, FakePci::function());
  scan();
  EXPECT_EQ(functions.size(), 4u + 1 + 1 + 1 + 2 + 1);
  std::set<PciAddress> all;
  for (core::PciFunction* f : functions) all.insert(f->address());
  EXPECT_TRUE(all.contains({0, 3, 0, 0}));
  EXPECT_TRUE(all.contains({0, 8, 0, 0}));    // behind the first
  EXPECT_TRUE(all.contains({0, 9, 4, 0}));    // the inner bridge
  EXPECT_TRUE(all.contains({0, 10, 1, 0}));   // what is behind that
  EXPECT_TRUE(all.contains({0, 12, 31, 0}));  // 11 is behind the innermost
  EXPECT_EQ(outer.get(PCI_PRIMARY_BUS, 4), 0x000B0900u);
  EXPECT_EQ(inner.get(PCI_PRIMARY_BUS, 4), 0x000B0A09u);
}

TEST_F(PciRootBus, NumbersThatContradictAreAssignedAnew) {
  machine.add(1).make_bridge(2, 4).add(0, FakePci::function());
  FakePciFunction& same = machine.add(2).make_bridge(4, 5);
  same.add(0, FakePci::function());
  FakePciFunction& reversed = machine.add(3).make_bridge(9, 8);
  reversed.add(0, FakePci::function());
  scan();
  EXPECT_EQ(functions.size(), 6u);
  EXPECT_EQ(same.get(PCI_SECONDARY_BUS, 2), 0x0505u);
  EXPECT_EQ(reversed.get(PCI_SECONDARY_BUS, 2), 0x0606u);
}

TEST_F(PciRootBus, WhereNumbersRunOutTheRestIsLeftAlone) {
  test::CapturedLog log;
  RootBus two(ecam, machine, heap, windows, {0, 0, 1});
  machine.add(1).make_bridge().add(0, FakePci::function());
  FakePciFunction& late = machine.add(2).make_bridge();
  late.add(0, FakePci::function());
  ASSERT_TRUE(two.visit(*this));
  EXPECT_EQ(functions.size(), 3u);
  EXPECT_EQ(late.touched, 0);
  EXPECT_NE(log.text.find("no bus number is left"), std::string::npos) << log.text;
}

TEST_F(PciRootBus, ChainsOfBridgesEnd) {
  test::CapturedLog log;
  FakePciFunction* last = &machine.add(1).make_bridge();
  for (int i = 0; i < 40; ++i) last = &last->add(0, FakePci::function()).make_bridge();
  scan();
  EXPECT_EQ(functions.size(), 17u);
  EXPECT_NE(log.text.find("too many bridges"), std::string::npos) << log.text;
}

TEST_F(PciRootBus, BridgesWithoutWindowsGetThemAsLargeAsIsNeeded) {
  FakePciFunction& outer = machine.add(1).make_bridge();
  FakePciFunction& inner = outer.add(0, FakePci::function()).make_bridge();
  outer.add(1, FakePci::function()).add_bar(0, BarKind::Memory32, 0x1000).add_bar(1, BarKind::Io, 0x20);
  inner.add(0, FakePci::function()).add_bar(0, BarKind::Memory32, 4 * kMiB).add_bar(2, BarKind::Prefetchable64, uint64_t{8} << 30);
  inner.add(1, FakePci::function()).add_bar(0, BarKind::Memory32, kMiB).add_bar(4, BarKind::Io, 0x100);
  machine.add(2).add_bar(0, BarKind::Memory32, 16 * kMiB);
  scan();
  expect_answers(at(1, 1), 0);
  expect_answers(at(1, 1), 1);
  expect_answers(at(2, 0), 0);
  expect_answers(at(2, 0), 2);
  expect_answers(at(2, 1), 0);
  expect_answers(at(2, 1), 4);
  expect_answers(at(0, 2), 0);
  EXPECT_EQ(at(2, 0).bar(2).base % (uint64_t{8} << 30), 0u);
  EXPECT_EQ(inner.get(PCI_PREF_BASE_UPPER32, 4), at(2, 0).bar(2).base >> 32);
  // 4 MiB and 1 MiB, and no more.
  EXPECT_EQ(inner.get(PCI_MEMORY_LIMIT, 2) - inner.get(PCI_MEMORY_BASE, 2), 0x40u);
}

TEST_F(PciRootBus, ABridgeThatHasNothingToPassOnPassesNothing) {
  FakePciFunction& bridge = machine.add(1).make_bridge();
  bridge.add(0, FakePci::function()).add_bar(0, BarKind::Memory32, 0x1000);
  FakePciFunction& idle = machine.add(2).make_bridge();
  scan();
  expect_answers(at(1, 0), 0);
  for (uint64_t address : {0x1000ull, 0xFFF00000ull, 0xC0000000ull, 0xFFF0000000000000ull}) {
    EXPECT_FALSE(idle.passes(RegisterSpace::Memory, address)) << address;
    EXPECT_FALSE(idle.passes(RegisterSpace::Io, address & 0xFFFF)) << address;
  }
}

TEST_F(PciRootBus, ABarOutsideOfItsBridgesWindowsIsPlacedAnew) {
  FakePciFunction& bridge = machine.add(1).make_bridge(1, 1).memory_window(0xFE800000, 2 * kMiB);
  bridge.add(0, FakePci::function()).add_bar(0, BarKind::Memory32, 0x1000, 0xC0000000);
  bridge.add(1, FakePci::function()).add_bar(0, BarKind::Memory32, 0x1000, 0xFE800000);
  scan();
  EXPECT_EQ(at(1, 0).bar(0).base, 0xFE801000u);
  expect_answers(at(1, 0), 0);
  EXPECT_EQ(at(1, 1).bar(0).base, 0xFE800000u);
}

TEST_F(PciRootBus, AWindowThatIsTooSmallIsTold) {
  test::CapturedLog log;
  FakePciFunction& bridge = machine.add(1).make_bridge(1, 1).memory_window(0xFE800000, kMiB);
  bridge.add(0, FakePci::function()).add_bar(0, BarKind::Memory32, 2 * kMiB);
  scan();
  EXPECT_EQ(at(1, 0).bar(0).size, 0u);
  EXPECT_NE(log.text.find("bus 1, device 0, function 0: no room"), std::string::npos) << log.text;
}

TEST_F(PciRootBus, ABridgeWithoutAWindowForIoPassesNone) {
  test::CapturedLog log;
  FakePciFunction& bridge = machine.add(1).make_bridge();
  bridge.may_write(PCI_IO_BASE, 2, 0);
  bridge.add(0, FakePci::function()).add_bar(0, BarKind::Io, 0x20).add_bar(1, BarKind::Memory32, 0x1000);
  scan();
  EXPECT_EQ(at(1, 0).bar(0).size, 0u);
  expect_answers(at(1, 0), 1);
}

TEST_F(PciRootBus, BridgesAboveAreOpenedWithWhatLiesBehind) {
  FakePciFunction& bridge = machine.add(1).make_bridge();
  bridge.add(0, FakePci::function()).add_bar(0, BarKind::Memory32, 0x1000);
  scan();
  at(1, 0).set_command(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
  EXPECT_EQ(bridge.command(), PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
  at(1, 0).set_command(0, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
  EXPECT_EQ(bridge.command(), PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER) << "others may need it";
  EXPECT_EQ(at(1, 0).read_config(PCI_COMMAND, 2), 0u);
}

TEST_F(PciRootBus, SetCommandLeavesTheOtherBitsAlone) {
  FakePciFunction& device = machine.add(1);
  device.write(PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE | PCI_COMMAND_IO);
  scan();
  at(0, 1).set_command(PCI_COMMAND_MASTER, PCI_COMMAND_IO);
  EXPECT_EQ(device.command(), PCI_COMMAND_INTX_DISABLE | PCI_COMMAND_MASTER);
}

// ---- capabilities

TEST_F(PciRootBus, CapabilitiesAreFoundInTheirOrder) {
  FakePciFunction& device = machine.add(1);
  device.set(PCI_STATUS, 2, PCI_STATUS_CAP_LIST);
  device.set(PCI_CAPABILITY_LIST, 1, 0x43);  // the low two bits are reserved
  device.set(0x40, 2, PCI_CAP_ID_VNDR | 0x60 << 8);
  device.set(0x60, 2, PCI_CAP_ID_MSIX | 0x50 << 8);
  device.set(0x50, 2, PCI_CAP_ID_VNDR);
  scan();
  core::PciFunction& f = at(0, 1);
  EXPECT_EQ(find_capability(f, PCI_CAP_ID_VNDR), 0x40);
  EXPECT_EQ(find_capability(f, PCI_CAP_ID_VNDR, 0x40), 0x50);
  EXPECT_EQ(find_capability(f, PCI_CAP_ID_VNDR, 0x50), 0);
  EXPECT_EQ(find_capability(f, PCI_CAP_ID_MSIX), 0x60);
  EXPECT_EQ(find_capability(f, PCI_CAP_ID_EXP), 0);
}

TEST_F(PciRootBus, CapabilitiesThatGoRoundEnd) {
  FakePciFunction& device = machine.add(1);
  device.set(PCI_STATUS, 2, PCI_STATUS_CAP_LIST);
  device.set(PCI_CAPABILITY_LIST, 1, 0x40);
  device.set(0x40, 2, PCI_CAP_ID_VNDR | 0x40 << 8);
  scan();
  EXPECT_EQ(find_capability(at(0, 1), PCI_CAP_ID_EXP), 0);
  device.set(PCI_CAPABILITY_LIST, 1, 0x20);  // inside the header
  EXPECT_EQ(find_capability(at(0, 1), PCI_CAP_ID_VNDR), 0);
  device.set(PCI_STATUS, 2, 0);
  EXPECT_EQ(find_capability(at(0, 1), PCI_CAP_ID_VNDR), 0);
}

}  // namespace
}  // namespace efilite::drivers::pci
