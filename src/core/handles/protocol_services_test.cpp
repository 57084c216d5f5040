// SPDX-License-Identifier: BSD-2-Clause-Patent
// The services as a program calls them: by the Microsoft calling convention, through the boot services table, at its task priority.
#include "core/handles/protocol_services.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/device_path/device_path.hpp"
#include "core/device_search.hpp"
#include "core/events/events.hpp"
#include "core/firmware.hpp"
#include "core/handles/handles_testing.hpp"
#include "tests/support/clock.hpp"

namespace efilite::core {
namespace {

using testing::guid;
using ::testing::ElementsAre;

constexpr auto kSuccess = efi::encode(Status::Success), kInvalid = efi::encode(Status::InvalidParameter),
               kNotFound = efi::encode(Status::NotFound),
               kStarted = efi::encode(Status::AlreadyStarted), kTooSmall = efi::encode(Status::BufferTooSmall),
               kNoMemory = efi::encode(Status::OutOfResources), kUnsupported = efi::encode(Status::Unsupported);

// A reference for members of Firmware that these services never touch.
template <typename T>
T& untouched() {
  alignas(64) static char place[64];
  return *static_cast<T*>(static_cast<void*>(place));
}

class ProtocolServices : public ::testing::Test {
 protected:
  ProtocolServices() {
    the_firmware = &firmware;
    fill_protocol_services(bs);
    queue.restore_tpl(efi::kTplApplication);
  }
  ~ProtocolServices() override { the_firmware = nullptr; }

  efi::Handle make_handle(uint32_t n) {
    efi::Handle handle = nullptr;
    efi::Guid g = guid(n);
    EXPECT_EQ(bs.install_protocol_interface(&handle, &g, efi::InterfaceType::Native, &objects[n]), kSuccess);
    return handle;
  }

  testing::CountingHeap heap;
  test::FakeClock clock;
  test::FakeInterrupts interrupts{clock};
  EventQueue queue{heap, interrupts, clock};
  HandleDatabase db{heap, queue};
  Firmware firmware{untouched<MemoryMap>(), untouched<Pool>(), queue, db, untouched<Images>(), untouched<Tables>(), clock, nullptr};
  efi::BootServices bs{};
  efi::Guid one = guid(1), two = guid(2), three = guid(3);
  char objects[32];
  void* interface = nullptr;
};

TEST_F(ProtocolServices, EveryPointerOfTheChapterIsFilled) {
  const void* area[] = {reinterpret_cast<void*>(bs.install_protocol_interface), reinterpret_cast<void*>(bs.reinstall_protocol_interface),
                        reinterpret_cast<void*>(bs.uninstall_protocol_interface), reinterpret_cast<void*>(bs.handle_protocol),
                        reinterpret_cast<void*>(bs.register_protocol_notify), reinterpret_cast<void*>(bs.locate_handle),
                        reinterpret_cast<void*>(bs.locate_device_path), reinterpret_cast<void*>(bs.connect_controller),
                        reinterpret_cast<void*>(bs.disconnect_controller), reinterpret_cast<void*>(bs.open_protocol),
                        reinterpret_cast<void*>(bs.close_protocol), reinterpret_cast<void*>(bs.open_protocol_information),
                        reinterpret_cast<void*>(bs.protocols_per_handle), reinterpret_cast<void*>(bs.locate_handle_buffer),
                        reinterpret_cast<void*>(bs.locate_protocol), reinterpret_cast<void*>(bs.install_multiple_protocol_interfaces),
                        reinterpret_cast<void*>(bs.uninstall_multiple_protocol_interfaces)};
  for (const void* each : area) EXPECT_NE(each, nullptr);
}

TEST_F(ProtocolServices, NullPointersAreInvalid) {
  efi::Handle handle = make_handle(1), fresh = nullptr, *handles;
  efi::Uintn count;
  efi::Guid** guids;
  efi::OpenProtocolInformationEntry* entries;
  efi::Event event = *queue.create(0, 0, nullptr, nullptr);
  EXPECT_EQ(bs.install_protocol_interface(nullptr, &one, efi::InterfaceType::Native, nullptr), kInvalid);
  EXPECT_EQ(bs.install_protocol_interface(&fresh, nullptr, efi::InterfaceType::Native, nullptr), kInvalid);
  EXPECT_EQ(bs.install_protocol_interface(&fresh, &one, static_cast<efi::InterfaceType>(1), nullptr), kInvalid);
  EXPECT_EQ(bs.reinstall_protocol_interface(nullptr, &one, nullptr, nullptr), kInvalid);
  EXPECT_EQ(bs.reinstall_protocol_interface(handle, nullptr, nullptr, nullptr), kInvalid);
  EXPECT_EQ(bs.uninstall_protocol_interface(nullptr, &one, nullptr), kInvalid);
  EXPECT_EQ(bs.uninstall_protocol_interface(handle, nullptr, nullptr), kInvalid);
  EXPECT_EQ(bs.handle_protocol(nullptr, &one, &interface), kInvalid);
  EXPECT_EQ(bs.handle_protocol(handle, nullptr, &interface), kInvalid);
  EXPECT_EQ(bs.handle_protocol(handle, &one, nullptr), kInvalid);
  EXPECT_EQ(bs.open_protocol(handle, nullptr, &interface, handle, nullptr, efi::kOpenGetProtocol), kInvalid);
  EXPECT_EQ(bs.open_protocol(handle, &one, nullptr, handle, nullptr, efi::kOpenGetProtocol), kInvalid);
  EXPECT_EQ(bs.close_protocol(handle, nullptr, handle, nullptr), kInvalid);
  EXPECT_EQ(bs.open_protocol_information(handle, nullptr, &entries, &count), kInvalid);
  EXPECT_EQ(bs.open_protocol_information(handle, &one, nullptr, &count), kInvalid);
  EXPECT_EQ(bs.open_protocol_information(handle, &one, &entries, nullptr), kInvalid);
  EXPECT_EQ(bs.protocols_per_handle(nullptr, &guids, &count), kInvalid);
  EXPECT_EQ(bs.protocols_per_handle(handle, nullptr, &count), kInvalid);
  EXPECT_EQ(bs.protocols_per_handle(handle, &guids, nullptr), kInvalid);
  EXPECT_EQ(bs.register_protocol_notify(nullptr, event, &interface), kInvalid);
  EXPECT_EQ(bs.register_protocol_notify(&one, nullptr, &interface), kInvalid);
  EXPECT_EQ(bs.register_protocol_notify(&one, event, nullptr), kInvalid);
  EXPECT_EQ(bs.locate_handle_buffer(efi::LocateSearchType::AllHandles, nullptr, nullptr, nullptr, &handles), kInvalid);
  EXPECT_EQ(bs.locate_handle_buffer(efi::LocateSearchType::AllHandles, nullptr, nullptr, &count, nullptr), kInvalid);
  EXPECT_EQ(bs.locate_protocol(&one, nullptr, nullptr), kInvalid);
  EXPECT_EQ(bs.locate_protocol(nullptr, nullptr, &interface), kInvalid);
  EXPECT_EQ(bs.connect_controller(nullptr, nullptr, nullptr, 0), kInvalid);
  EXPECT_EQ(bs.disconnect_controller(nullptr, nullptr, nullptr), kInvalid);
  EXPECT_EQ(bs.install_multiple_protocol_interfaces(nullptr, &two, nullptr, nullptr), kInvalid);
  EXPECT_EQ(bs.uninstall_multiple_protocol_interfaces(nullptr, &one, nullptr, nullptr), kInvalid);
}

TEST_F(ProtocolServices, HandleProtocolOpensForTheFirmware) {
  efi::Handle handle = make_handle(1);
  EXPECT_EQ(bs.handle_protocol(handle, &one, &interface), kSuccess);
  EXPECT_EQ(interface, &objects[1]);
  EXPECT_EQ(bs.handle_protocol(handle, &two, &interface), kUnsupported);
  EXPECT_EQ(interface, nullptr);
  efi::Handle core = make_handle(9);
  db.set_core_agent(core);
  EXPECT_EQ(bs.handle_protocol(handle, &one, &interface), kSuccess);
  EXPECT_EQ(bs.handle_protocol(handle, &one, &interface), kSuccess);
  efi::OpenProtocolInformationEntry* entries;
  efi::Uintn count;
  EXPECT_EQ(bs.open_protocol_information(handle, &one, &entries, &count), kSuccess);
  ASSERT_EQ(count, 1u);
  EXPECT_EQ(entries[0].agent_handle, core);
  EXPECT_EQ(entries[0].attributes, efi::kOpenByHandleProtocol);
  EXPECT_EQ(entries[0].open_count, 2u);
  heap.release(entries);
  EXPECT_EQ(bs.uninstall_protocol_interface(handle, &one, &objects[1]), kSuccess);
}

TEST_F(ProtocolServices, InstallMultipleTakesAsManyPairsAsItIsGiven) {
  efi::Guid g[12];
  for (uint32_t i = 0; i < 12; ++i) g[i] = guid(i);
  efi::Handle handle = nullptr;
  void* null = nullptr;
  EXPECT_EQ(bs.install_multiple_protocol_interfaces(&handle, &g[0], &objects[0], &g[1], &objects[1], &g[2], null, null), kSuccess);
  EXPECT_EQ(bs.install_multiple_protocol_interfaces(&handle, &g[3], null, &g[4], null, &g[5], null, &g[6], null, &g[7], null, &g[8], null,
                                                    &g[9], null, &g[10], null, &g[11], &objects[11], null),
            kSuccess);
  EXPECT_EQ(db.find(handle, g[11]).value(), &objects[11]);
  EXPECT_EQ(bs.install_multiple_protocol_interfaces(&handle, &g[3], null, null), kInvalid);
  EXPECT_EQ(bs.install_multiple_protocol_interfaces(&handle, null), kSuccess);
  EXPECT_EQ(bs.uninstall_multiple_protocol_interfaces(handle, &g[0], &objects[0], &g[1], &objects[1], &g[2], &objects[2], null), kInvalid);
  EXPECT_EQ(bs.uninstall_multiple_protocol_interfaces(handle, &g[3], null, &g[4], null, &g[5], null, &g[6], null, &g[7], null, &g[8], null,
                                                      &g[9], null, &g[10], null, &g[11], &objects[11], null),
            kSuccess);
  EXPECT_EQ(bs.uninstall_multiple_protocol_interfaces(handle, &g[0], &objects[0], &g[1], &objects[1], &g[2], null, null), kSuccess);
  EXPECT_FALSE(db.is_valid(handle));
}

TEST_F(ProtocolServices, InstallMultipleRefusesADevicePathTwice) {
  constexpr efi::Guid kPath = efi::kDevicePathGuid;
  auto a = device_path::vendor_path(efi::kMediaPath, efi::kMediaVendor, guid(5)), b = a;
  efi::Guid path = kPath;
  efi::Handle first = nullptr, second = nullptr;
  void* null = nullptr;
  EXPECT_EQ(bs.install_multiple_protocol_interfaces(&first, &path, &a, &one, null, null), kSuccess);
  EXPECT_EQ(bs.install_multiple_protocol_interfaces(&second, &path, &b, &one, null, null), kStarted);
  EXPECT_EQ(second, nullptr);
}

TEST_F(ProtocolServices, InstallMultipleWithoutMemoryChangesNothing) {
  efi::Guid g[9];
  for (uint32_t i = 0; i < 9; ++i) g[i] = guid(i);
  efi::Handle handle = nullptr;
  void* null = nullptr;
  heap.left = 0;
  EXPECT_EQ(bs.install_multiple_protocol_interfaces(&handle, &g[0], null, null), kNoMemory);
  EXPECT_EQ(bs.install_multiple_protocol_interfaces(&handle, &g[0], null, &g[1], null, &g[2], null, &g[3], null, &g[4], null, &g[5], null,
                                                    &g[6], null, &g[7], null, &g[8], null, null),
            kNoMemory);
  EXPECT_EQ(handle, nullptr);
}

TEST_F(ProtocolServices, LocateHandleTellsTheSizeItNeeds) {
  efi::Handle a = make_handle(1), b = make_handle(1), found[3] = {};
  efi::Uintn size = 0;
  EXPECT_EQ(bs.locate_handle(efi::LocateSearchType::ByProtocol, &two, nullptr, &size, found), kNotFound);
  EXPECT_EQ(bs.locate_handle(efi::LocateSearchType::ByProtocol, &one, nullptr, nullptr, found), kInvalid);
  EXPECT_EQ(bs.locate_handle(efi::LocateSearchType::ByProtocol, &one, nullptr, &size, nullptr), kTooSmall);
  EXPECT_EQ(size, 16u);
  EXPECT_EQ(bs.locate_handle(efi::LocateSearchType::ByProtocol, &one, nullptr, &size, nullptr), kInvalid);
  size = 24;
  EXPECT_EQ(bs.locate_handle(efi::LocateSearchType::ByProtocol, &one, nullptr, &size, found), kSuccess);
  EXPECT_EQ(size, 16u);
  EXPECT_THAT(found, ElementsAre(a, b, nullptr));
}

TEST_F(ProtocolServices, ATooSmallBufferKeepsTheNews) {
  efi::Event event = *queue.create(0, 0, nullptr, nullptr);
  void* key;
  EXPECT_EQ(bs.register_protocol_notify(&one, event, &key), kSuccess);
  efi::Handle made = make_handle(1), found = nullptr;
  efi::Uintn size = 0;
  EXPECT_EQ(bs.locate_handle(efi::LocateSearchType::ByRegisterNotify, nullptr, key, &size, &found), kTooSmall);
  EXPECT_EQ(bs.locate_handle(efi::LocateSearchType::ByRegisterNotify, nullptr, key, &size, &found), kSuccess);
  EXPECT_EQ(found, made);
  EXPECT_EQ(bs.locate_handle(efi::LocateSearchType::ByRegisterNotify, nullptr, key, &size, &found), kNotFound);
}

TEST_F(ProtocolServices, BuffersAreTheCallersEvenOnFailure) {
  efi::Handle* handles = reinterpret_cast<efi::Handle*>(1);
  efi::Uintn count = 7;
  EXPECT_EQ(bs.locate_handle_buffer(efi::LocateSearchType::ByProtocol, &two, nullptr, &count, &handles), kNotFound);
  EXPECT_EQ(handles, nullptr);
  EXPECT_EQ(count, 0u);
  efi::Handle made = make_handle(1);
  EXPECT_EQ(bs.locate_handle_buffer(efi::LocateSearchType::AllHandles, nullptr, nullptr, &count, &handles), kSuccess);
  EXPECT_EQ(count, 1u);
  EXPECT_EQ(handles[0], made);
  heap.release(static_cast<void*>(handles));
  efi::Guid** guids;
  EXPECT_EQ(bs.protocols_per_handle(made, &guids, &count), kSuccess);
  ASSERT_EQ(count, 1u);
  EXPECT_EQ(*guids[0], one);
  heap.release(static_cast<void*>(guids));
}

TEST_F(ProtocolServices, LocateProtocolClearsTheInterfaceWhenThereIsNone) {
  interface = this;
  EXPECT_EQ(bs.locate_protocol(&one, nullptr, &interface), kNotFound);
  EXPECT_EQ(interface, nullptr);
  make_handle(1);
  EXPECT_EQ(bs.locate_protocol(&one, nullptr, &interface), kSuccess);
  EXPECT_EQ(interface, &objects[1]);
}

TEST_F(ProtocolServices, LocateDevicePathChecksTheDevicePointerOnlyOnAMatch) {
  auto path = device_path::vendor_path(efi::kMediaPath, efi::kMediaVendor, guid(5));
  efi::DevicePath* rest = &path.vendor.header;
  efi::Handle found = nullptr;
  EXPECT_EQ(bs.locate_device_path(&one, &rest, nullptr), kNotFound);
  efi::Handle handle = make_handle(1);
  ASSERT_TRUE(db.install(&handle, efi::kDevicePathGuid, &path));
  EXPECT_EQ(bs.locate_device_path(&one, &rest, nullptr), kInvalid);
  EXPECT_EQ(rest, &path.vendor.header);
  EXPECT_EQ(bs.locate_device_path(nullptr, &rest, &found), kInvalid);
  EXPECT_EQ(bs.locate_device_path(&one, nullptr, &found), kInvalid);
  EXPECT_EQ(bs.locate_device_path(&one, &rest, &found), kSuccess);
  EXPECT_EQ(found, handle);
  EXPECT_EQ(rest, &path.end);
}

struct Watcher {
  efi::BootServices* bs;
  EventQueue* queue;
  void* key;
  std::vector<efi::Handle> seen;
  std::vector<efi::Tpl> levels;
  static void EFIAPI notify(efi::Event, void* context) {
    auto& me = *static_cast<Watcher*>(context);
    me.levels.push_back(me.queue->tpl());
    efi::Handle one;
    efi::Uintn size = sizeof(one);
    while (me.bs->locate_handle(efi::LocateSearchType::ByRegisterNotify, nullptr, me.key, &size, &one) == kSuccess) me.seen.push_back(one);
  }
};

TEST_F(ProtocolServices, ANotificationSeesTheWholeOfInstallMultiple) {
  Watcher watcher{&bs, &queue, nullptr, {}, {}};
  efi::Event event = *queue.create(efi::kEvtNotifySignal, efi::kTplCallback, Watcher::notify, &watcher);
  ASSERT_EQ(bs.register_protocol_notify(&one, event, &watcher.key), kSuccess);
  efi::Handle handle = nullptr;
  void* null = nullptr;
  EXPECT_EQ(bs.install_multiple_protocol_interfaces(&handle, &one, null, &two, null, null), kSuccess);
  EXPECT_THAT(watcher.seen, ElementsAre(handle));
  EXPECT_THAT(watcher.levels, ElementsAre(efi::kTplCallback));
  EXPECT_EQ(queue.tpl(), efi::kTplApplication);
  EXPECT_EQ(bs.reinstall_protocol_interface(handle, &one, null, null), kSuccess);
  EXPECT_THAT(watcher.seen, ElementsAre(handle, handle));
}

struct LevelDriver {
  efi::DriverBindingProtocol binding;
  EventQueue* queue;
  std::vector<efi::Tpl> levels;
  static efi::EfiStatus EFIAPI call(efi::DriverBindingProtocol* self, efi::Handle, efi::DevicePath*) {
    auto* me = reinterpret_cast<LevelDriver*>(self);
    me->levels.push_back(me->queue->tpl());
    return kSuccess;
  }
};

TEST_F(ProtocolServices, DriversAreCalledAtTheCallersPriority) {
  LevelDriver driver{{LevelDriver::call, LevelDriver::call, nullptr, 1, nullptr, nullptr}, &queue, {}};
  efi::Handle handle = make_handle(1), binding = nullptr;
  ASSERT_TRUE(db.install(&binding, &driver.binding));
  EXPECT_EQ(bs.connect_controller(handle, nullptr, nullptr, 1), kSuccess);
  queue.raise_tpl(efi::kTplCallback);
  EXPECT_EQ(bs.connect_controller(handle, nullptr, nullptr, 1), kSuccess);
  EXPECT_EQ(queue.tpl(), efi::kTplCallback);
  EXPECT_THAT(driver.levels, ElementsAre(efi::kTplApplication, efi::kTplApplication, efi::kTplCallback, efi::kTplCallback));
}

TEST_F(ProtocolServices, ConnectingWithoutDriversFindsNobody) {
  efi::Handle handle = make_handle(1);
  EXPECT_EQ(bs.connect_controller(handle, nullptr, nullptr, 1), kNotFound);
  EXPECT_EQ(bs.disconnect_controller(handle, nullptr, nullptr), kSuccess);
}

TEST_F(ProtocolServices, DevicePathUtilitiesAnswerWithNothingOnFailure) {
  auto& utilities = device_path_utilities();
  auto path = device_path::vendor_path(efi::kMediaPath, efi::kMediaVendor, guid(5));
  const efi::DevicePath* whole = &path.vendor.header;
  EXPECT_EQ(utilities.get_device_path_size(whole), sizeof(path));
  EXPECT_EQ(utilities.get_device_path_size(nullptr), 0u);
  EXPECT_EQ(utilities.duplicate_device_path(nullptr), nullptr);
  EXPECT_EQ(utilities.append_device_path_instance(whole, nullptr), nullptr);
  EXPECT_EQ(utilities.create_device_node(1, 2, 3), nullptr);
  EXPECT_FALSE(utilities.is_device_path_multi_instance(nullptr));
  efi::DevicePath* both = utilities.append_device_path_instance(whole, whole);
  EXPECT_TRUE(utilities.is_device_path_multi_instance(both));
  efi::DevicePath* cursor = both;
  efi::Uintn size = 0;
  efi::DevicePath* copies[2];
  for (auto*& copy : copies) copy = utilities.get_next_device_path_instance(&cursor, &size);
  for (auto* copy : copies) EXPECT_TRUE(device_path::equal(copy, whole));
  EXPECT_EQ(size, sizeof(path));
  EXPECT_EQ(cursor, nullptr);
  EXPECT_EQ(utilities.get_next_device_path_instance(&cursor, &size), nullptr);
  EXPECT_EQ(size, 0u);
  EXPECT_EQ(utilities.get_next_device_path_instance(nullptr, nullptr), nullptr);
  efi::DevicePath* joined = utilities.append_device_path(whole, whole);
  efi::DevicePath* node = utilities.create_device_node(1, 2, 9);
  efi::DevicePath* longer = utilities.append_device_node(joined, node);
  EXPECT_EQ(utilities.get_device_path_size(longer), 20u + 20 + 9 + 4);
  efi::DevicePath* copy = utilities.duplicate_device_path(longer);
  EXPECT_TRUE(device_path::equal(copy, longer));
  for (void* block : {both, copies[0], copies[1], joined, node, longer, copy}) heap.release(block);
  heap.left = 0;
  EXPECT_EQ(utilities.duplicate_device_path(whole), nullptr);
  EXPECT_EQ(queue.tpl(), efi::kTplApplication);
}

// Devices are looked for before a search, at the program's own level, and what comes of it is found.
struct RecordingSearch : DeviceSearch {
  explicit RecordingSearch(ProtocolServices& test) : test_(test) {}
  void before_search(const efi::Guid* protocol) override;
  void before_connect() override { searches += "connect "; }
  std::string searches;
  ProtocolServices& test_;
};

struct DeviceSearches : ProtocolServices {
  RecordingSearch search{*this};
  DeviceSearches() { firmware.device_search = &search; }
  using ProtocolServices::firmware;
  using ProtocolServices::make_handle;
  using ProtocolServices::queue;
};

void RecordingSearch::before_search(const efi::Guid* protocol) {
  auto& test = static_cast<DeviceSearches&>(test_);
  EXPECT_EQ(test.queue.tpl(), efi::kTplApplication);
  searches += protocol == nullptr ? "all " : *protocol == guid(1) ? "one " : "other ";
  if (searches == "one ") test.make_handle(1);
}

TEST_F(DeviceSearches, AHandleThatTheSearchBringsIsFound) {
  efi::Uintn size = 0;
  EXPECT_EQ(bs.locate_handle(efi::LocateSearchType::ByProtocol, &one, nullptr, &size, nullptr), kTooSmall);
  EXPECT_EQ(size, sizeof(efi::Handle));
  EXPECT_EQ(search.searches, "one ");
}

TEST_F(DeviceSearches, EveryServiceThatSearchesSaysForWhat) {
  efi::Uintn count = 0;
  efi::Handle *buffer = nullptr, controller = make_handle(3);
  EXPECT_EQ(bs.locate_handle_buffer(efi::LocateSearchType::ByProtocol, &two, nullptr, &count, &buffer), kNotFound);
  EXPECT_EQ(bs.locate_handle_buffer(efi::LocateSearchType::AllHandles, nullptr, nullptr, &count, &buffer), kSuccess);
  heap.release(buffer);
  EXPECT_EQ(bs.locate_protocol(&two, nullptr, &interface), kNotFound);
  efi::DevicePath end = efi::kEndEntirePath, *path = &end;
  efi::Handle device = nullptr;
  EXPECT_EQ(bs.locate_device_path(&two, &path, &device), kNotFound);
  efi::Event event = *queue.create(0, 0, nullptr, nullptr);
  void* key = nullptr;
  EXPECT_EQ(bs.register_protocol_notify(&two, event, &key), kSuccess);
  EXPECT_EQ(bs.connect_controller(controller, nullptr, nullptr, 0), kNotFound);
  EXPECT_EQ(bs.disconnect_controller(controller, nullptr, nullptr), kSuccess);
  EXPECT_EQ(search.searches, "other all other other other connect all ");
  EXPECT_EQ(bs.close_protocol(controller, &three, nullptr, nullptr), kInvalid);
  bs.install_protocol_interface(&controller, &two, efi::InterfaceType::Native, nullptr);
  EXPECT_EQ(bs.handle_protocol(controller, &three, &interface), kSuccess);
  EXPECT_EQ(search.searches, "other all other other other connect all ") << "whoever has a handle searches no more";
}

TEST_F(DeviceSearches, ACallThatIsRefusedLooksForNothing) {
  efi::Uintn count = 0;
  efi::Handle* buffer = nullptr;
  EXPECT_EQ(bs.locate_handle_buffer(efi::LocateSearchType::ByProtocol, nullptr, nullptr, &count, &buffer), kInvalid);
  EXPECT_EQ(bs.locate_protocol(nullptr, nullptr, &interface), kInvalid);
  EXPECT_EQ(bs.locate_device_path(&two, nullptr, nullptr), kInvalid);
  EXPECT_EQ(search.searches, "");
}

}  // namespace
}  // namespace efilite::core
