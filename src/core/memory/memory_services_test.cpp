// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/memory/memory_services.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "core/events/events.hpp"
#include "core/firmware.hpp"
#include "tests/support/clock.hpp"
#include "tests/support/memory.hpp"

namespace efilite::core {
namespace {

using efi::AllocateType;
using efi::EfiStatus;
using efi::encode;
using efi::MemoryType;

constexpr EfiStatus kSuccess = encode(Status::Success);
constexpr EfiStatus kInvalidParameter = encode(Status::InvalidParameter);
constexpr EfiStatus kNotFound = encode(Status::NotFound);
constexpr EfiStatus kOutOfResources = encode(Status::OutOfResources);
constexpr EfiStatus kBufferTooSmall = encode(Status::BufferTooSmall);

class MemoryServices : public testing::Test {
 protected:
  MemoryServices() {
    fill_memory_services(services);
    events.restore_tpl(efi::kTplApplication);
    the_firmware = &firmware;
    memory.map.set_change_listener([](void* queue) { static_cast<EventQueue*>(queue)->memory_map_changed(); }, &events);
  }
  ~MemoryServices() { the_firmware = nullptr; }

  template <typename T>
  T& absent() { return *reinterpret_cast<T*>(nowhere); }  // rooms that the memory services never call

  test::Memory memory;
  test::FakeClock clock;
  test::FakeInterrupts interrupts{clock};
  EventQueue events{memory.pool, interrupts, clock};
  alignas(64) std::byte nowhere[64];
  Firmware firmware{.memory = memory.map,
                    .pool = memory.pool,
                    .events = events,
                    .handles = absent<HandleDatabase>(),
                    .images = absent<Images>(),
                    .tables = absent<Tables>(),
                    .clock = clock,
                    .system_table = nullptr};
  efi::BootServices services{};
};

TEST_F(MemoryServices, AllocatePagesGivesUsablePages) {
  efi::PhysicalAddress at = 1;
  ASSERT_EQ(services.allocate_pages(AllocateType::AnyPages, MemoryType::LoaderData, 3, &at), kSuccess);
  EXPECT_EQ(at % kPageSize, 0u);
  memset(reinterpret_cast<void*>(at), 0x5A, 3 * kPageSize);
  EXPECT_EQ(services.free_pages(at, 3), kSuccess);
}

TEST_F(MemoryServices, AllocatePagesNamesEachFault) {
  efi::PhysicalAddress at = 0;
  EXPECT_EQ(services.allocate_pages(AllocateType::AnyPages, MemoryType::LoaderData, 1, nullptr), kInvalidParameter);
  EXPECT_EQ(services.allocate_pages(AllocateType{3}, MemoryType::LoaderData, 1, &at), kInvalidParameter);
  EXPECT_EQ(services.allocate_pages(AllocateType::AnyPages, MemoryType::Max, 1, &at), kInvalidParameter);
  EXPECT_EQ(services.allocate_pages(AllocateType::AnyPages, MemoryType{0x6FFFFFFF}, 1, &at), kInvalidParameter);
  EXPECT_EQ(services.allocate_pages(AllocateType::AnyPages, MemoryType::Persistent, 1, &at), kInvalidParameter);
  EXPECT_EQ(services.allocate_pages(AllocateType::AnyPages, MemoryType::Unaccepted, 1, &at), kInvalidParameter);
  EXPECT_EQ(services.allocate_pages(AllocateType::Address, MemoryType::LoaderData, 1, &at), kNotFound);
  EXPECT_EQ(services.allocate_pages(AllocateType::AnyPages, MemoryType::LoaderData, 1 << 20, &at), kOutOfResources);
  EXPECT_EQ(at, 0u) << "a failure leaves the address alone";
}

TEST_F(MemoryServices, FreePagesNamesEachFault) {
  efi::PhysicalAddress at = memory.arena.range().begin.value;
  ASSERT_EQ(services.allocate_pages(AllocateType::Address, MemoryType::LoaderData, 2, &at), kSuccess);
  EXPECT_EQ(services.free_pages(at + 8, 1), kInvalidParameter);
  EXPECT_EQ(services.free_pages(at, 0), kInvalidParameter);
  EXPECT_EQ(services.free_pages(at, 3), kNotFound);
  EXPECT_EQ(services.free_pages(at + kPageSize, 1), kSuccess);
  EXPECT_EQ(services.free_pages(at, 2), kNotFound);
  EXPECT_EQ(services.free_pages(at, 1), kSuccess);
}

TEST_F(MemoryServices, GetMemoryMapTellsTheSizeFirst) {
  efi::Uintn size = 0, key = 0, descriptor_size = 0;
  uint32_t version = 0;
  ASSERT_EQ(services.get_memory_map(&size, nullptr, &key, &descriptor_size, &version), kBufferTooSmall);
  EXPECT_EQ(descriptor_size, 48u);
  EXPECT_EQ(version, 1u);
  EXPECT_EQ(size, memory.map.read_size());
  EXPECT_EQ(services.get_memory_map(&size, nullptr, &key, &descriptor_size, &version), kInvalidParameter) << "large enough, but no buffer";
  EXPECT_EQ(services.get_memory_map(nullptr, nullptr, &key, &descriptor_size, &version), kInvalidParameter);

  std::vector<std::byte> buffer(4 * size, std::byte{0xAA});
  efi::Uintn room = buffer.size();
  auto* map = reinterpret_cast<efi::MemoryDescriptor*>(buffer.data());
  ASSERT_EQ(services.get_memory_map(&room, map, &key, &descriptor_size, &version), kSuccess);
  EXPECT_EQ(room, size) << "what was written, not what there was room for";
  EXPECT_EQ(key, memory.map.key());
  EXPECT_EQ(buffer[size], std::byte{0xAA});
}

TEST_F(MemoryServices, GetMemoryMapDoesNotChangeTheMap) {
  efi::Uintn size = 0, key = 0, again = 0;
  services.get_memory_map(&size, nullptr, &key, nullptr, nullptr);
  services.get_memory_map(&size, nullptr, &again, nullptr, nullptr);
  std::vector<std::byte> buffer(size);
  EXPECT_EQ(services.get_memory_map(&size, reinterpret_cast<efi::MemoryDescriptor*>(buffer.data()), &again, nullptr, nullptr), kSuccess);
  EXPECT_EQ(key, again);
}

TEST_F(MemoryServices, PoolNamesEachFault) {
  void* block = this;
  EXPECT_EQ(services.allocate_pool(MemoryType::LoaderData, 16, nullptr), kInvalidParameter);
  for (uint32_t type : {7u, 14u, 15u, 16u, 0x6FFFFFFFu}) EXPECT_EQ(services.allocate_pool(MemoryType{type}, 16, &block), kInvalidParameter);
  EXPECT_EQ(services.allocate_pool(MemoryType::LoaderData, UINT64_MAX, &block), kOutOfResources);
  EXPECT_EQ(block, this);
  ASSERT_EQ(services.allocate_pool(MemoryType{0x80000000}, 16, &block), kSuccess);
  memset(block, 1, 16);
  EXPECT_EQ(services.free_pool(block), kSuccess);
  EXPECT_EQ(services.free_pool(block), kInvalidParameter);
  EXPECT_EQ(services.free_pool(nullptr), kInvalidParameter);
}

// What a notification sees of the map, and what it may do with it.
struct Watcher {
  efi::BootServices& services;
  int notified = 0;
  bool worked = true;

  static void EFIAPI notify(efi::Event, void* context) {
    auto& self = *static_cast<Watcher*>(context);
    ++self.notified;
    std::array<std::byte, 4096> buffer;
    efi::Uintn size = buffer.size(), key = 0, descriptor_size = 0;
    uint32_t version = 0;
    auto* map = reinterpret_cast<efi::MemoryDescriptor*>(buffer.data());
    self.worked &= self.services.get_memory_map(&size, map, &key, &descriptor_size, &version) == kSuccess && size != 0;
  }
};

TEST_F(MemoryServices, AChangeNotifiesTheGroupWhichMayReadTheMap) {
  Watcher watcher{services};
  auto event = events.create(efi::kEvtNotifySignal, efi::kTplCallback, &Watcher::notify, &watcher, &efi::kEventGroupMemoryMapChange);
  ASSERT_TRUE(event);
  events.poll();
  watcher.notified = 0;
  efi::PhysicalAddress at = 0;
  ASSERT_EQ(services.allocate_pages(AllocateType::AnyPages, MemoryType::LoaderData, 1, &at), kSuccess);
  EXPECT_EQ(watcher.notified, 1);
  EXPECT_EQ(services.free_pages(at, 1), kSuccess);
  EXPECT_EQ(watcher.notified, 2);
  EXPECT_EQ(services.free_pages(at, 1), kNotFound);
  EXPECT_EQ(watcher.notified, 2);
  EXPECT_TRUE(watcher.worked);
  EXPECT_TRUE(events.close(*event));
}

TEST_F(MemoryServices, TheTaskPriorityIsAsBefore) {
  efi::PhysicalAddress at = 0;
  for (efi::Tpl tpl : {efi::kTplApplication, efi::kTplCallback, efi::kTplNotify}) {
    TplGuard guard(events, tpl);
    ASSERT_EQ(services.allocate_pages(AllocateType::AnyPages, MemoryType::LoaderData, 1, &at), kSuccess);
    EXPECT_EQ(services.free_pages(at, 1), kSuccess);
    EXPECT_EQ(events.tpl(), tpl);
  }
}

}  // namespace
}  // namespace efilite::core
