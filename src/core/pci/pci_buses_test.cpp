// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/pci/pci_buses.hpp"

#include <string>

#include "core/device_path/device_path.hpp"
#include "core/device_path/device_path_text.hpp"
#include "tests/support/pci_machine.hpp"

namespace efilite::core {
namespace {

using test::FakePci;

struct PciBusesTest : test::PciMachine {
  std::string path_of(const efi::Guid& protocol, const void* interface) {
    auto all = *handles.locate_buffer(efi::LocateSearchType::ByProtocol, &protocol, nullptr);
    std::string text = "none";
    for (efi::Handle handle : all) {
      if (*handles.find(handle, protocol) != interface) continue;
      text.clear();
      auto bytes = *device_path::measure(static_cast<efi::DevicePath*>(*handles.find(handle, efi::kDevicePathGuid)));
      for (std::byte byte : bytes)
        for (unsigned digit : {static_cast<unsigned>(byte) >> 4, static_cast<unsigned>(byte) & 15}) text += "0123456789abcdef"[digit];
    }
    memory.pool.release(all.data());
    return text;
  }
};

TEST_F(PciBusesTest, EveryFunctionHasAPathAndTheRootBridgeOneAbove) {
  machine.add(0);
  machine.add(0x1F).multi_function();
  machine.add(0x1F, 2);
  machine.add(2).make_bridge().add(4, FakePci::function()).make_bridge().add(1, FakePci::function());
  ASSERT_TRUE(buses.add(root, 3));
  EXPECT_EQ(path_of(efi::PciRootBridgeIoProtocol::kGuid, *handles.locate<efi::PciRootBridgeIoProtocol>()),
            "02010c00d041030a03000000" "7fff0400");
  EXPECT_EQ(path_of(efi::PciIoProtocol::kGuid, pci_io(0, 0)), "02010c00d041030a03000000" "010106000000" "7fff0400");
  EXPECT_EQ(path_of(efi::PciIoProtocol::kGuid, pci_io(0, 0x1F, 2)), "02010c00d041030a03000000" "01010600021f" "7fff0400");
  EXPECT_EQ(path_of(efi::PciIoProtocol::kGuid, pci_io(2, 1)),
            "02010c00d041030a03000000" "010106000002" "010106000004" "010106000001" "7fff0400");
}

TEST_F(PciBusesTest, NothingIsTouchedBeforeAndLittleWhileHandlesAreMade) {
  EXPECT_EQ(machine.config_reads, 0);
  for (unsigned i = 0; i < 8; ++i) machine.add(i).add_bar(0, test::BarKind::Memory32, 0x1000);
  start();
  EXPECT_EQ(machine.config_reads, 32 + 8);
  EXPECT_EQ(machine.config_writes, 0);
}

TEST_F(PciBusesTest, ABusWithNobodyOnItHasNoHandle) {
  EXPECT_EQ(buses.add(root, 0).status(), Status::NotFound);
  EXPECT_FALSE(handles.locate<efi::PciRootBridgeIoProtocol>());
}

TEST_F(PciBusesTest, WithoutConfigurationSpaceThereIsNothing) {
  machine.has_ports = false;
  drivers::pci::PortAccess ports(machine);
  drivers::pci::RootBus none(ports, machine, memory.pool, windows, {});
  EXPECT_EQ(buses.add(none, 0).status(), Status::NotFound);
}

TEST_F(PciBusesTest, OnlyOurOwnProtocolIsRecognised) {
  machine.add(1);
  start();
  efi::PciIoProtocol* ours = pci_io(0, 1);
  efi::PciIoProtocol copy{};
  EXPECT_NE(PciIo::of(ours), nullptr);
  EXPECT_EQ(PciIo::of(&copy), nullptr);
}

}  // namespace
}  // namespace efilite::core
