// SPDX-License-Identifier: BSD-2-Clause-Patent
// ExitBootServices: the order of things, and a second try after a stale key.
#include "tests/support/images.hpp"

namespace efilite::core {
namespace {

using namespace testing_images;

struct Device final : Quiescer {
  explicit Device(const char* its_name) : name(its_name) {}
  Result<> quiesce() override {
    ImagesTest::order += name;
    return result;
  }
  const char* name;
  Result<> result{};
};

struct EndOfBootServices : ImagesTest {
  EndOfBootServices() { order.clear(); }
  void notify_by(efi::Guid group, efi::EventNotify notify) {
    ASSERT_TRUE(events.create(efi::kEvtNotifySignal, efi::kTplCallback, notify, this, &group).has_value());
  }
};

TEST_F(EndOfBootServices, HappensInTheSpecifiedOrder) {
  notify_by(efi::kEventGroupBeforeExitBootServices, [](efi::Event, void*) EFIAPI { order += "before "; });
  notify_by(efi::kEventGroupExitBootServices, [](efi::Event, void* context) EFIAPI {
    auto& test = *static_cast<EndOfBootServices*>(context);
    EXPECT_NE(test.system_table.boot_services, nullptr);
    EXPECT_FALSE(test.clock.alarm.has_value()) << "timers are off";
    order += "exit ";
  });
  auto timer = events.create(efi::kEvtTimer, efi::kTplCallback, nullptr, nullptr).value();
  ASSERT_TRUE(events.set_timer(timer, efi::TimerDelay::Periodic, 100000));
  Device first("first "), second("second ");
  ASSERT_TRUE(images.add_quiescer(first));
  ASSERT_TRUE(images.add_quiescer(second));
  efi::RuntimeServices runtime{};
  tables.publish(runtime);
  system_table.con_out = reinterpret_cast<efi::SimpleTextOutputProtocol*>(8);
  system_table.console_in_handle = &order;

  EXPECT_EQ(services.exit_boot_services(core_image, memory.map.key()), EfiStatus{});
  EXPECT_EQ(order, "before accepted exit second first departure left ");
  EXPECT_EQ(system_table.boot_services, nullptr);
  EXPECT_EQ(system_table.con_out, nullptr);
  EXPECT_EQ(system_table.console_in_handle, nullptr);
  EXPECT_EQ(system_table.runtime_services, &runtime);
  EXPECT_NE(system_table.firmware_vendor, nullptr);
  auto copy = system_table;
  copy.header.crc32 = 0;
  EXPECT_EQ(system_table.header.crc32, crc32(bytes_of(copy)));
  EXPECT_FALSE(interrupts.enabled());
}

TEST_F(EndOfBootServices, AStaleKeyFailsAndEverythingStillWorks) {
  notify_by(efi::kEventGroupBeforeExitBootServices, [](efi::Event, void*) EFIAPI { order += "before "; });
  notify_by(efi::kEventGroupExitBootServices, [](efi::Event, void*) EFIAPI { order += "exit "; });
  auto key = memory.map.key();
  ASSERT_TRUE(memory.map.allocate(efi::AllocateType::AnyPages, efi::MemoryType::LoaderData, {1}).has_value());
  EXPECT_EQ(services.exit_boot_services(core_image, key), encode(Status::InvalidParameter));
  EXPECT_EQ(order, "before ");
  EXPECT_EQ(system_table.boot_services, &services);
  EXPECT_EQ(events.tpl(), efi::kTplApplication);
  EXPECT_TRUE(interrupts.enabled());
  EXPECT_EQ(services.exit_boot_services(core_image, memory.map.key()), EfiStatus{});
  EXPECT_EQ(order, "before accepted exit departure left ") << "the first group is told once";
}

TEST_F(EndOfBootServices, ANotificationThatAllocatesMakesTheKeyStale) {
  notify_by(efi::kEventGroupBeforeExitBootServices, [](efi::Event, void* context) EFIAPI {
    auto& test = *static_cast<EndOfBootServices*>(context);
    EXPECT_TRUE(test.memory.map.allocate(efi::AllocateType::AnyPages, efi::MemoryType::LoaderData, {1}).has_value());
  });
  EXPECT_EQ(services.exit_boot_services(core_image, memory.map.key()), encode(Status::InvalidParameter));
  EXPECT_EQ(services.exit_boot_services(core_image, memory.map.key()), EfiStatus{});
}

TEST_F(EndOfBootServices, ADeviceThatWillNotStopIsToldOfAndDoesNotStopTheOthers) {
  Device good("good "), bad("bad ");
  bad.result = Status::Timeout;
  ASSERT_TRUE(images.add_quiescer(good));
  ASSERT_TRUE(images.add_quiescer(bad));
  EXPECT_EQ(services.exit_boot_services(nullptr, memory.map.key()), EfiStatus{});
  EXPECT_EQ(order, "accepted bad good departure left ");
  EXPECT_NE(logged.find("TIMEOUT"), std::string::npos);
}

}  // namespace
}  // namespace efilite::core
