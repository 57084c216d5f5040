// SPDX-License-Identifier: BSD-2-Clause-Patent
// Code and data are moved by different distances. Only pointer values are looked at, so the regions need not exist.
#include "runtime/virtual_map.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <vector>

#include "base/crc32.hpp"
#include "runtime/services.hpp"

namespace efilite::runtime {
namespace {

using efi::MemoryDescriptor;
using efi::MemoryType;

constexpr uint64_t kCode = 0x10000000, kCodeVirtual = 0xFFFFFFEF00000000;
constexpr uint64_t kDataVirtual = 0xFFFFFFEE80000000;
constexpr uint64_t kMmio = 0xFEA00000, kMmioVirtual = 0xFFFFFFED00000000;
constexpr uint64_t kRt = efi::kMemoryRuntime | efi::kMemoryWb;

struct alignas(4096) Data {
  RuntimeState state;
  alignas(8) std::byte area[4096];
  efi::SystemTable system_table;
  efi::RuntimeServices services;
  efi::ConfigurationTable configuration[4];
  char16_t vendor[8];
};

std::vector<int>* order = nullptr;
RuntimeState* notified_state = nullptr;
void* converted = nullptr;

void EFIAPI first_notify(efi::Event event, void* context) {
  order->push_back(static_cast<int>(reinterpret_cast<uint64_t>(event) + reinterpret_cast<uint64_t>(context)));
  converted = reinterpret_cast<void*>(kCode + 0x20);
  EXPECT_EQ(convert_pointer(*notified_state, 0, &converted), Status::Success);
  void* nowhere = reinterpret_cast<void*>(0x1234);
  EXPECT_EQ(convert_pointer(*notified_state, 0, &nowhere), Status::NotFound);
  EXPECT_EQ(nowhere, reinterpret_cast<void*>(0x1234));
  void* null = nullptr;
  EXPECT_EQ(convert_pointer(*notified_state, 0, &null), Status::InvalidParameter);
  EXPECT_EQ(convert_pointer(*notified_state, kOptionalPointer, &null), Status::Success);
  EXPECT_EQ(convert_pointer(*notified_state, 0, nullptr), Status::InvalidParameter);
}
void EFIAPI second_notify(efi::Event, void*) { order->push_back(2); }

// A runtime driver of one page: its image, and the record that the loader has made of it.
struct alignas(4096) Driver {
  static constexpr uint64_t kVirtual = 0xFFFFFFEC40000000, kSize = 4096;
  alignas(4096) std::byte image[kSize];
  MovableImage record;
  Fixup fixups[4];

  uint64_t address() const { return reinterpret_cast<uint64_t>(image); }
  template <typename T>
  T& at(uint32_t rva) { return *reinterpret_cast<T*>(image + rva); }

  // Two pointers into itself, one of 32 bits, and one on the last bytes.
  Driver() {
    record = {nullptr, {address(), address() + kSize}, 0};
    for (uint32_t rva : {0u, 8u, 20u, 4088u}) {
      uint64_t value = address() + rva;
      uint32_t size = rva == 20 ? 4 : 8;
      if (size == 4) value &= 0xFFFFFFFF;
      memcpy(image + rva, &value, size);
      fixups[record.fixup_count++] = {rva, size, value};
    }
  }
};
static_assert(offsetof(Driver, fixups) == offsetof(Driver, record) + sizeof(MovableImage));

struct VirtualMapTest : testing::Test {
  std::unique_ptr<Data> data{new Data};
  uint64_t data_address = reinterpret_cast<uint64_t>(data.get());
  uint64_t data_pages = sizeof(Data) / 4096;
  RuntimeState& state = data->state;
  RuntimeState* moved = nullptr;
  std::vector<MemoryDescriptor> map;
  std::vector<int> calls;

  VirtualMapTest() {
    order = &calls;
    notified_state = &state;
    memset(static_cast<void*>(&data->system_table), 0, sizeof(efi::SystemTable));
    memset(static_cast<void*>(&data->services), 0, sizeof(efi::RuntimeServices));
    init(state, {data->area, sizeof(data->area), &data->system_table, &data->services, {}, false, 0});
    state.code_address = kCode + 0x1234;
    data->system_table.header.header_size = sizeof(efi::SystemTable);
    data->system_table.firmware_vendor = data->vendor;
    data->system_table.configuration_table = data->configuration;
    data->system_table.runtime_services = &data->services;
    data->services.header.header_size = sizeof(efi::RuntimeServices);
    auto* functions = reinterpret_cast<uint64_t*>(&data->services.header + 1);
    for (uint64_t i = 0; i < 14; ++i) functions[i] = kCode + i * 16;
    map = {
        {MemoryType::Conventional, 0, 0x0, 0, 0xA0, efi::kMemoryWb},
        {MemoryType::BootServicesData, 0, 0x1000000, 0, 16, efi::kMemoryWb},
        {MemoryType::RuntimeServicesCode, 0, kCode, 0, 4, kRt},
        {MemoryType::MemoryMappedIo, 0, kMmio, 0, 1, efi::kMemoryRuntime | efi::kMemoryUc},
        {MemoryType::RuntimeServicesData, 0, data_address, 0, data_pages, kRt},
    };
    for (auto& d : map) EXPECT_EQ(note_memory(state, d), Status::Success);
    map[2].virtual_start = kCodeVirtual;
    map[3].virtual_start = kMmioVirtual;
    map[4].virtual_start = kDataVirtual;
    enter_runtime(state);
  }
  Status call() { return call(map.size() * sizeof(MemoryDescriptor), sizeof(MemoryDescriptor), 1, map.data()); }
  Status call(uint64_t size, uint64_t stride, uint32_t version, const void* list) {
    return set_virtual_address_map(state, size, stride, version, list, moved);
  }
  // Tells of the driver, whose page the OS moves.
  void note(Driver& driver) {
    MemoryDescriptor d{MemoryType::RuntimeServicesCode, 0, driver.address(), 0, 1, kRt};
    EXPECT_EQ(note_memory(state, d), Status::Success);
    note_image(state, driver.record);
    d.virtual_start = Driver::kVirtual;
    map.push_back(d);
  }
  template <typename T>
  uint64_t virtual_of(const T* p) { return reinterpret_cast<uint64_t>(p) - data_address + kDataVirtual; }
};

TEST_F(VirtualMapTest, EveryPointerMovesWithItsRegion) {
  state.reset.reset = {kMmio + 4, ResetRegister::Space::Memory};
  state.reset.sleep_control = {0x600, ResetRegister::Space::Io};
  ASSERT_EQ(call(), Status::Success);
  EXPECT_EQ(reinterpret_cast<uint64_t>(moved), kDataVirtual);
  auto* functions = reinterpret_cast<uint64_t*>(&data->services.header + 1);
  for (uint64_t i = 0; i < 14; ++i) EXPECT_EQ(functions[i], kCodeVirtual + i * 16);
  auto at = [](const auto* p) { return reinterpret_cast<uint64_t>(p); };
  EXPECT_EQ(at(data->system_table.runtime_services), virtual_of(&data->services));
  EXPECT_EQ(at(data->system_table.firmware_vendor), virtual_of(&data->vendor));
  EXPECT_EQ(at(data->system_table.configuration_table), virtual_of(&data->configuration));
  EXPECT_EQ(at(state.system_table), virtual_of(&data->system_table));
  EXPECT_EQ(at(state.runtime_services), virtual_of(&data->services));
  EXPECT_EQ(state.reset.reset.address, kMmioVirtual + 4);
  EXPECT_EQ(state.reset.sleep_control.address, 0x600u);
}

TEST_F(VirtualMapTest, TheTablesHaveRightChecksumsAfterwards) {
  ASSERT_EQ(call(), Status::Success);
  for (efi::TableHeader* header : {&data->system_table.header, &data->services.header}) {
    uint32_t told = header->crc32;
    header->crc32 = 0;
    EXPECT_EQ(told, crc32({reinterpret_cast<std::byte*>(header), header->header_size}));
  }
}

TEST_F(VirtualMapTest, NotifyFunctionsRunInOrderAndMayConvert) {
  auto* context = reinterpret_cast<void*>(uint64_t{40});
  auto event = reinterpret_cast<efi::Event>(uint64_t{2});
  ASSERT_EQ(note_address_change(state, {first_notify, context, event}), Status::Success);
  ASSERT_EQ(note_address_change(state, {second_notify, nullptr, nullptr}), Status::Success);
  ASSERT_EQ(call(), Status::Success);
  EXPECT_EQ(calls, (std::vector<int>{42, 2}));
  EXPECT_EQ(reinterpret_cast<uint64_t>(converted), kCodeVirtual + 0x20);
}

TEST_F(VirtualMapTest, ConvertPointerOutsideOfTheChangeIsUnsupported) {
  void* pointer = reinterpret_cast<void*>(kCode);
  EXPECT_EQ(convert_pointer(state, 0, &pointer), Status::Unsupported);
  ASSERT_EQ(call(), Status::Success);
  EXPECT_EQ(convert_pointer(state, 0, &pointer), Status::Unsupported);
}

TEST_F(VirtualMapTest, BeforeExitBootServicesAndASecondTimeItIsUnsupported) {
  state.phase = Phase::Boot;
  EXPECT_EQ(call(), Status::Unsupported);
  state.phase = Phase::Runtime;
  EXPECT_EQ(call(), Status::Success);
  EXPECT_EQ(call(), Status::Unsupported);
}

TEST_F(VirtualMapTest, AWrongDescriptorSizeOrVersionIsInvalid) {
  uint64_t size = map.size() * sizeof(MemoryDescriptor);
  EXPECT_EQ(call(size, 39, 1, map.data()), Status::InvalidParameter);
  EXPECT_EQ(call(size, 0, 1, map.data()), Status::InvalidParameter);
  EXPECT_EQ(call(size, 40, 2, map.data()), Status::InvalidParameter);
  EXPECT_EQ(call(size, 40, 1, nullptr), Status::InvalidParameter);
  EXPECT_EQ(call(), Status::Success);  // refusing has changed nothing
}

TEST_F(VirtualMapTest, LargerDescriptorsAreFollowedByTheirSize) {
  std::vector<std::byte> wide(map.size() * 48, std::byte{0xEE});
  for (size_t i = 0; i < map.size(); ++i) memcpy(&wide[i * 48], &map[i], sizeof(map[i]));
  EXPECT_EQ(call(wide.size(), 48, 1, wide.data()), Status::Success);
  EXPECT_EQ(reinterpret_cast<uint64_t>(moved), kDataVirtual);
}

TEST_F(VirtualMapTest, ARuntimeRegionWithoutAddressIsNoMapping) {
  for (size_t missing : {2u, 3u, 4u}) {
    auto good = map;
    map.erase(map.begin() + missing);
    EXPECT_EQ(call(), Status::NoMapping) << missing;
    map = good;
    map[missing].virtual_start = 0;
    EXPECT_EQ(call(), Status::NoMapping) << missing;
    map = good;
    map[missing].attribute = efi::kMemoryWb;
    EXPECT_EQ(call(), Status::NoMapping) << missing;
    map = good;
  }
  map[2].number_of_pages = 3;
  EXPECT_EQ(call(), Status::NoMapping);
  EXPECT_EQ(calls.size(), 0u);
}

TEST_F(VirtualMapTest, OurOwnRegionsMustNotBeTornApart) {
  MemoryDescriptor tail = map[2];
  map[2].number_of_pages = 2;
  tail.physical_start += 0x2000;
  tail.virtual_start += 0x2000;
  tail.number_of_pages = 2;
  map.push_back(tail);
  map.back().virtual_start += 0x1000;
  EXPECT_EQ(call(), Status::NoMapping);
  map.back().virtual_start -= 0x1000;
  EXPECT_EQ(call(), Status::Success);
}

TEST_F(VirtualMapTest, AnAddressOutsideTheMemoryMapIsNotFound) {
  map.push_back({MemoryType::RuntimeServicesData, 0, 0x200000000, 0x1000, 1, kRt});
  EXPECT_EQ(call(), Status::NotFound);
}

TEST_F(VirtualMapTest, InventedAddressesOfWhatIsNotRuntimeAreIgnored) {
  map[0].virtual_start = ~uint64_t{0};
  map[1].virtual_start = data_address;
  map.push_back({MemoryType::Conventional, 0, 0x300000000, ~uint64_t{0}, ~uint64_t{0}, efi::kMemoryWb});
  map.push_back({MemoryType::BootServicesCode, 0, data_address, 0x77000, data_pages, efi::kMemoryWb});
  std::swap(map.front(), map.back());
  EXPECT_EQ(call(), Status::Success);
  EXPECT_EQ(reinterpret_cast<uint64_t>(moved), kDataVirtual);
}

TEST_F(VirtualMapTest, BootServicesMemoryThatTheOsKeepsIsAllowed) {
  map[1].attribute |= efi::kMemoryRuntime;
  map[1].virtual_start = 0xFFFFFFEC00000000;
  EXPECT_EQ(call(), Status::Success);
}

TEST_F(VirtualMapTest, MappingEverythingToItselfWorks) {
  for (auto& d : map) d.virtual_start = d.physical_start;
  EXPECT_EQ(call(), Status::Success);
  EXPECT_EQ(moved, &state);
  EXPECT_EQ(data->system_table.runtime_services, &data->services);
}

TEST_F(VirtualMapTest, AResetRegisterThatIsNotMappedIsGivenUp) {
  state.reset.reset = {0xFED00000, ResetRegister::Space::Memory};
  ASSERT_EQ(call(), Status::Success);
  EXPECT_EQ(state.reset.reset.space, ResetRegister::Space::None);
}

TEST_F(VirtualMapTest, ADriversPointersMoveWithItsImage) {
  auto driver = std::make_unique<Driver>();
  driver->at<uint64_t>(16) = 0;
  driver->at<uint32_t>(20) = static_cast<uint32_t>(driver->address() + 20);
  note(*driver);
  ASSERT_EQ(call(), Status::Success);
  for (uint32_t rva : {0u, 8u, 4088u}) EXPECT_EQ(driver->at<uint64_t>(rva), Driver::kVirtual + rva) << rva;
  EXPECT_EQ(driver->at<uint32_t>(16), 0u);
  EXPECT_EQ(driver->at<uint32_t>(20), static_cast<uint32_t>(Driver::kVirtual + 20));
  EXPECT_EQ(state.addressing.images, nullptr) << "it lies where nobody can reach it any more";
}

TEST_F(VirtualMapTest, WhatADriverConvertedItselfIsNotMovedAgain) {
  static Driver* driver;
  auto owned = std::make_unique<Driver>();
  driver = owned.get();
  note(*driver);
  driver->at<uint64_t>(0) = driver->address() + 0x123;  // it points elsewhere since it was started, and the driver forgets to convert it
  auto notify = [](efi::Event, void*) EFIAPI {
    EXPECT_EQ(driver->at<uint64_t>(4088), driver->address() + 4088) << "notifications come before the relocation";
    EXPECT_EQ(convert_pointer(*notified_state, 0, &driver->at<void*>(8)), Status::Success);
  };
  ASSERT_EQ(note_address_change(state, {notify, nullptr, nullptr}), Status::Success);
  ASSERT_EQ(call(), Status::Success);
  EXPECT_EQ(driver->at<uint64_t>(0), driver->address() + 0x123);
  EXPECT_EQ(driver->at<uint64_t>(8), Driver::kVirtual + 8);
  EXPECT_EQ(driver->at<uint64_t>(4088), Driver::kVirtual + 4088);
}

TEST_F(VirtualMapTest, AServiceThatADriverHasHookedMovesWithTheDriver) {
  auto driver = std::make_unique<Driver>();
  note(*driver);
  auto* functions = reinterpret_cast<uint64_t*>(&data->services.header + 1);
  functions[6] = driver->address() + 0x40;
  functions[7] = 0x1234;  // of nobody that stays: nothing is known of it, so it is left
  ASSERT_EQ(call(), Status::Success);
  EXPECT_EQ(functions[6], Driver::kVirtual + 0x40);
  EXPECT_EQ(functions[7], 0x1234u);
  EXPECT_EQ(functions[8], kCodeVirtual + 8 * 16);
}

TEST_F(VirtualMapTest, ADriverWithoutAddressIsNoMappingEvenWhenItsRegionWasOneTooMany) {
  for (uint32_t i = state.addressing.region_count; i < Addressing::kMaxRegions; ++i) {
    map.push_back({MemoryType::RuntimeServicesData, 0, 0x400000000ul + i * 0x10000ul, 0, 1, kRt});
    EXPECT_EQ(note_memory(state, map.back()), Status::Success);
    map.back().virtual_start = map.back().physical_start;
  }
  auto driver = std::make_unique<Driver>();
  note_image(state, driver->record);
  EXPECT_EQ(call(), Status::NoMapping);
  EXPECT_EQ(driver->at<uint64_t>(8), driver->address() + 8);
  EXPECT_EQ(note_memory(state, {MemoryType::RuntimeServicesCode, 0, driver->address(), 0, 1, kRt}), Status::OutOfResources);
  map.push_back({MemoryType::RuntimeServicesCode, 0, driver->address(), Driver::kVirtual, 1, kRt});
  EXPECT_EQ(call(), Status::Success) << "a refused call can be made again";
  EXPECT_EQ(driver->at<uint64_t>(8), Driver::kVirtual + 8);
}

TEST_F(VirtualMapTest, EveryDriverMovesByItsOwnDistance) {
  auto one = std::make_unique<Driver>(), two = std::make_unique<Driver>();
  note(*one);
  note(*two);
  map.back().virtual_start += 0x100000;
  ASSERT_EQ(call(), Status::Success);
  EXPECT_EQ(one->at<uint64_t>(8), Driver::kVirtual + 8);
  EXPECT_EQ(two->at<uint64_t>(8), Driver::kVirtual + 0x100008);
}

TEST_F(VirtualMapTest, ListsThatAreTooLongAreToldOrGivenUp) {
  for (uint32_t i = state.addressing.region_count; i < Addressing::kMaxRegions; ++i) {
    EXPECT_EQ(note_memory(state, {MemoryType::RuntimeServicesData, 0, 0x400000000ul + i * 0x10000ul, 0, 1, kRt}), Status::Success);
  }
  EXPECT_EQ(note_memory(state, {MemoryType::RuntimeServicesData, 0, 0x500000000, 0, 1, kRt}), Status::OutOfResources);
  EXPECT_FALSE(state.addressing.known_complete);
  AddressChangeNotify notify = {second_notify, nullptr, nullptr};
  for (uint32_t i = 0; i < Addressing::kMaxNotifies; ++i) EXPECT_EQ(note_address_change(state, notify), Status::Success);
  EXPECT_EQ(note_address_change(state, notify), Status::OutOfResources);
}

}  // namespace
}  // namespace efilite::runtime
