// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/tables.hpp"

#include "tests/support/images.hpp"

namespace efilite::core {
namespace {

using namespace testing_images;

efi::Guid guid(uint32_t n) { return {n, 1, 2, {3}}; }

struct TablesTest : ImagesTest {
  template <typename Table>
  static bool checksum_is_right(const Table& table) {
    Table copy = table;
    copy.header.crc32 = 0;
    return table.header.crc32 == crc32(bytes_of(copy)) && table.header.header_size == sizeof(Table);
  }
  EfiStatus install(uint32_t n, void* table) {
    auto g = guid(n);
    auto status = services.install_configuration_table(&g, table);
    EXPECT_TRUE(checksum_is_right(system_table));
    return status;
  }
  size_t count() const { return system_table.number_of_table_entries; }
  efi::MemoryType type_of(const void* p) { return memory.map.find({reinterpret_cast<uint64_t>(p)})->type; }
};

TEST_F(TablesTest, HeadersAreCompleteAndSummed) {
  EXPECT_EQ(system_table.header.signature, efi::kSystemTableSignature);
  EXPECT_EQ(system_table.header.revision, efi::kRevision2_10);
  EXPECT_TRUE(checksum_is_right(system_table));
  EXPECT_EQ(services.header.signature, efi::kBootServicesSignature);
  EXPECT_TRUE(checksum_is_right(services));
  efi::RuntimeServices runtime{};
  tables.publish(runtime);
  EXPECT_EQ(runtime.header.signature, efi::kRuntimeServicesSignature);
  EXPECT_TRUE(checksum_is_right(runtime));
  EXPECT_EQ(system_table.runtime_services, &runtime);
  EXPECT_EQ(system_table.boot_services, &services);
  EXPECT_TRUE(checksum_is_right(system_table));
}

TEST_F(TablesTest, TheVendorsNameOutlivesBoot) {
  EXPECT_EQ(std::u16string(system_table.firmware_vendor), u"efilite");
  EXPECT_EQ(type_of(system_table.firmware_vendor), efi::MemoryType::RuntimeServicesData);
}

TEST_F(TablesTest, ConfigurationTablesAreAddedReplacedAndRemoved) {
  int a = 0, b = 0;
  EXPECT_EQ(install(1, &a), EfiStatus{});
  EXPECT_EQ(install(2, &b), EfiStatus{});
  EXPECT_EQ(count(), 2u);
  EXPECT_EQ(tables.find(guid(1)), &a);
  EXPECT_EQ(install(1, &b), EfiStatus{});
  EXPECT_EQ(count(), 2u);
  EXPECT_EQ(tables.find(guid(1)), &b);
  EXPECT_EQ(install(1, nullptr), EfiStatus{});
  EXPECT_EQ(count(), 1u);
  EXPECT_EQ(system_table.configuration_table[0].vendor_guid, guid(2));
  EXPECT_EQ(tables.find(guid(1)), nullptr);
}

TEST_F(TablesTest, SeveralAreInstalledUpToTheFirstThatFails) {
  int a = 0;
  const efi::ConfigurationTable good[] = {{guid(1), &a}, {guid(2), &a}, {guid(1), this}};
  EXPECT_TRUE(tables.install(good));
  EXPECT_EQ(count(), 2u);
  EXPECT_EQ(tables.find(guid(1)), this);
  EXPECT_TRUE(checksum_is_right(system_table));
  const efi::ConfigurationTable mixed[] = {{guid(3), &a}, {guid(4), nullptr}, {guid(5), &a}};
  EXPECT_EQ(tables.install(mixed).status(), Status::NotFound);
  EXPECT_EQ(tables.find(guid(3)), &a);
  EXPECT_EQ(tables.find(guid(5)), nullptr);
  EXPECT_TRUE(checksum_is_right(system_table));
}

TEST_F(TablesTest, RemovingWhatIsNotThereIsNotFound) { EXPECT_EQ(install(1, nullptr), encode(Status::NotFound)); }

TEST_F(TablesTest, AMissingGuidIsAnInvalidParameter) {
  EXPECT_EQ(services.install_configuration_table(nullptr, this), encode(Status::InvalidParameter));
}

TEST_F(TablesTest, TheArrayGrowsInRuntimeMemory) {
  for (uint32_t n = 0; n < 100; ++n) ASSERT_EQ(install(n, this), EfiStatus{});
  EXPECT_EQ(count(), 100u);
  for (uint32_t n = 0; n < 100; ++n) EXPECT_EQ(system_table.configuration_table[n].vendor_guid, guid(n));
  EXPECT_EQ(type_of(system_table.configuration_table), efi::MemoryType::RuntimeServicesData);
}

TEST_F(TablesTest, WithoutMemoryAnotherTableIsRefusedAndTheOldOnesStay) {
  for (uint32_t n = 0; n < 8; ++n) ASSERT_EQ(install(n, this), EfiStatus{});
  while (memory.map.allocate(efi::AllocateType::AnyPages, efi::MemoryType::LoaderData, {1})) {}
  while (memory.pool.allocate(efi::MemoryType::RuntimeServicesData, 192)) {}
  EXPECT_EQ(install(8, this), encode(Status::OutOfResources));
  EXPECT_EQ(count(), 8u);
  EXPECT_EQ(install(7, &order), EfiStatus{}) << "replacing needs no memory";
}

// A program may name a GUID by its place in the array.
TEST_F(TablesTest, AGuidInsideTheArrayMayBeGiven) {
  for (uint32_t n = 0; n < 3; ++n) ASSERT_EQ(install(n, this), EfiStatus{});
  EXPECT_EQ(services.install_configuration_table(&system_table.configuration_table[0].vendor_guid, nullptr), EfiStatus{});
  EXPECT_EQ(tables.find(guid(0)), nullptr);
  EXPECT_EQ(tables.find(guid(1)), this);
}

TEST_F(TablesTest, TheEventGroupOfTheGuidIsSignalled) {
  static int signals;
  signals = 0;
  auto group = guid(5);
  auto count_signal = [](efi::Event, void*) EFIAPI { ++signals; };
  ASSERT_TRUE(events.create(efi::kEvtNotifySignal, efi::kTplCallback, count_signal, nullptr, &group).has_value());
  install(6, this);
  EXPECT_EQ(signals, 0);
  install(5, this);
  EXPECT_EQ(signals, 1);
  install(5, &order);
  EXPECT_EQ(signals, 2);
  install(5, nullptr);
  EXPECT_EQ(signals, 3);
  install(5, nullptr);
  EXPECT_EQ(signals, 3);
}

}  // namespace
}  // namespace efilite::core
