// SPDX-License-Identifier: BSD-2-Clause-Patent
// Devices that nobody wants but who asks for them: entropy sources and consoles.
#include <gmock/gmock.h>

#include "core/device_path/device_path.hpp"
#include "core/protocols/rng.hpp"
#include "drivers/virtio/console.hpp"
#include "tests/support/devices.hpp"
#include "tests/support/virtio_console.hpp"
#include "tests/support/virtio_entropy.hpp"

namespace efilite::boot {
namespace {

using namespace testing_devices;

struct SpecialDevices : DevicesTest {
  test::FakeVirtioEntropy source, other_source;
  test::FakeVirtioConsole console, other_console;

  static uint64_t number_of(core::HandleDatabase& handles, efi::Handle handle) {
    auto* rng = static_cast<efi::RngProtocol*>(handles.find(handle, efi::RngProtocol::kGuid).value());
    uint64_t number = 0;
    EXPECT_EQ(rng->get_rng(rng, nullptr, sizeof number, reinterpret_cast<uint8_t*>(&number)), encode(Status::Success));
    return number;
  }
  EfiStatus connect_handle(efi::Handle handle) { return services.connect_controller(handle, nullptr, nullptr, true); }
};

TEST_F(SpecialDevices, ASearchForRandomNumbersStartsTheirSources) {
  add_disk();
  add_slot(source);
  add_slot(other_source);
  begin();
  const auto found = search<efi::RngProtocol>();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_NE(number_of(handles, found[0]), 0u);
  EXPECT_EQ(started(), std::vector<bool>{false}) << "and no disk";
  EXPECT_NE(firmware.device_search, nullptr);
  EXPECT_EQ(search<efi::BlockIoProtocol>().size(), 1u);
  EXPECT_EQ(firmware.device_search, nullptr);
}

TEST_F(SpecialDevices, ASearchForDisksDoesNotStartThem) {
  add_disk();
  add_slot(source);
  begin();
  EXPECT_EQ(search<efi::BlockIoProtocol>().size(), 1u);
  EXPECT_FALSE(is_started(source));
  EXPECT_EQ(search<efi::RngProtocol>().size(), 1u) << "they are still found";
  EXPECT_EQ(firmware.device_search, nullptr);
}

TEST_F(SpecialDevices, WhereTheCpuHasRandomNumbersNothingIsLookedFor) {
  struct : core::Entropy {
    bool has_raw() override { return true; }
    bool has_drbg() override { return false; }
    std::optional<uint64_t> raw() override { return 7; }
    std::optional<uint64_t> drbg() override { return std::nullopt; }
  } cpu;
  core::Rng rng(cpu);
  efi::Handle handle = nullptr;
  ASSERT_TRUE(handles.install(&handle, rng.protocol()));
  add_slot(source);
  begin();
  EXPECT_EQ(search<efi::RngProtocol>().size(), 1u);
  EXPECT_EQ(registers.accesses, 0);
}

TEST_F(SpecialDevices, AtTheEndASourceIsReset) {
  add_slot(source);
  begin();
  const auto found = search<efi::RngProtocol>();
  ASSERT_EQ(found.size(), 1u);
  ASSERT_TRUE(devices->quiesce());
  EXPECT_FALSE(is_started(source));
  EXPECT_EQ(services.disconnect_controller(found[0], nullptr, nullptr), encode(Status::Success));
  EXPECT_TRUE(search<efi::RngProtocol>().empty());
}

TEST_F(SpecialDevices, TheFirstConsoleIsTheOneThatIsUsed) {
  add_disk();
  add_slot(console);
  add_slot(other_console);
  begin();
  const auto found = devices->find_console();
  ASSERT_NE(found.device, nullptr);
  found.device->write("Hello");
  EXPECT_EQ(console.sent[0], "Hello");
  EXPECT_FALSE(is_started(other_console));
  EXPECT_EQ(started(), std::vector<bool>{false});
  const VirtioMmioPath path = path_of(1);
  EXPECT_TRUE(std::ranges::equal(found.path, core::device_path::without_end(bytes_of(path))));
}

TEST_F(SpecialDevices, AConsoleThatDoesNotWorkIsPassedOver) {
  console.queues[1].limit = 0;
  add_slot(console);
  add_slot(other_console);
  begin();
  const auto found = devices->find_console();
  ASSERT_NE(found.device, nullptr);
  EXPECT_TRUE(is_started(other_console));
}

TEST_F(SpecialDevices, ThereMayBeNoConsole) {
  add_disk();
  begin();
  EXPECT_EQ(devices->find_console().device, nullptr);
  EXPECT_EQ(started(), std::vector<bool>{false});
}

TEST_F(SpecialDevices, ConsolesThatAreNotOursAreLeftToPrograms) {
  add_slot(console);
  add_slot(other_console);
  begin();
  const auto all = search<efi::BlockIoProtocol>();
  EXPECT_FALSE(is_started(console));
  for (efi::Handle handle : search<VirtioMmioProtocol>()) EXPECT_EQ(connect_handle(handle), encode(Status::NotFound));
  EXPECT_FALSE(is_started(console));
  EXPECT_FALSE(is_started(other_console));
}

TEST_F(SpecialDevices, NobodyTakesTheConsoleAwayUntilTheEnd) {
  add_slot(console);
  begin();
  const auto found = devices->find_console();
  ASSERT_NE(found.device, nullptr);
  const auto handle = search<VirtioMmioProtocol>().at(0);
  EXPECT_NE(services.disconnect_controller(handle, nullptr, nullptr), encode(Status::Success));
  EXPECT_TRUE(is_started(console));
  ASSERT_TRUE(devices->quiesce());
  EXPECT_FALSE(is_started(console));
  found.device->write("nobody hears this");
  EXPECT_EQ(console.sent[0], "");
}

}  // namespace
}  // namespace efilite::boot
