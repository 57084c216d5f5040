// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "platform/smbios.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "abi/smbios.hpp"
#include "base/log.hpp"
#include "tests/support/fw_cfg.hpp"
#include "tests/support/physical_memory.hpp"

namespace efilite::platform {
namespace {

using test::FakeFwCfg;

struct Structure {
  uint8_t type;
  std::vector<std::string> strings;
};

// Reads a table as an operating system does.
std::vector<Structure> walk(ByteSpan table) {
  std::vector<Structure> found;
  for (size_t at = 0; at < table.size();) {
    auto header = read_at<smbios::Header>(table, at);
    if (!header || header->length < 4 || at + header->length + 2 > table.size()) {
      ADD_FAILURE() << "structure at " << at;
      break;
    }
    Structure s{header->type, {}};
    at += header->length;
    if (table[at] == std::byte{0}) ++at;  // no strings: two NULs
    while (at < table.size() && table[at] != std::byte{0}) {
      std::string text;
      while (at < table.size() && table[at] != std::byte{0}) text += static_cast<char>(table[at++]);
      ++at;
      s.strings.push_back(text);
    }
    ++at;
    found.push_back(s);
    if (header->type == smbios::kTypeEndOfTable) {
      EXPECT_EQ(at, table.size());
      break;
    }
  }
  return found;
}

class Smbios : public testing::Test {
 protected:
  Smbios() { bios_area = memory.map(0xF0000, 0x10000); }

  // Builds into memory that is mapped, and finds it again from a copy of the entry point in the BIOS area.
  SmbiosEntryPoints build(drivers::FwCfg* fw_cfg, const SmbiosIdentity& identity = {"1.2", "QEMU"}) {
    auto out = memory.map(kPlace, smbios_size(fw_cfg));
    auto built = build_smbios(fw_cfg, identity, out, PhysAddr{kPlace});
    EXPECT_TRUE(built);
    if (!built) return {};
    memcpy(bios_area.data() + 0x5A0, out.data(), 32);
    auto found = find_smbios(memory, {});
    EXPECT_EQ(found.v2.value, built->v2.value != 0 ? 0xF05A0u : 0u);
    EXPECT_EQ(found.v3.value, built->v3.value != 0 ? 0xF05A0u : 0u);
    return *built;
  }
  static constexpr uint64_t kPlace = 0x7E00000;
  test::FakePhysicalMemory memory;
  MutableByteSpan bios_area;
};

TEST_F(Smbios, NothingThereIsNothingFound) {
  EXPECT_FALSE(find_smbios(memory, {}).any());
  test::FakePhysicalMemory without;
  EXPECT_FALSE(find_smbios(without, {}).any());
}

TEST_F(Smbios, TheOneNearIsFoundAndOneInFrontOfItToo) {
  (void)build(nullptr);
  const uint64_t place = 0xF05A0;  // in the area
  for (uint64_t near : {0xF0000, 0xF05A0, 0xF05A8, 0xF05B0, 0xFFFF0, 0xFFFFF, 0x100000, 0xE0000})
    EXPECT_EQ(find_smbios(memory, PhysAddr{near}).v3.value, place) << std::hex << near;
  memcpy(bios_area.data() + 0x8000, bios_area.data() + 0x5A0, 32);
  EXPECT_EQ(find_smbios(memory, PhysAddr{0xF0010}).v3.value, place);
  EXPECT_EQ(find_smbios(memory, PhysAddr{0xF0600}).v3.value, 0xF8000u);
}

TEST_F(Smbios, OurOwnTablesAreTruthfulAndComplete) {
  auto entry = build(nullptr);
  EXPECT_EQ(entry.v3.value, kPlace);
  EXPECT_EQ(entry.v2.value, 0u);
  auto point = memory.read<smbios::EntryPoint3>(entry.v3);
  ASSERT_TRUE(point);
  EXPECT_EQ(point->major, 3);
  auto table = memory.window(PhysAddr{point->table_address}, point->table_max_size);
  ASSERT_TRUE(table);
  auto structures = walk(*table);
  ASSERT_EQ(structures.size(), 3u);
  EXPECT_EQ(structures[0].type, smbios::kTypeBios);
  EXPECT_EQ(structures[0].strings, (std::vector<std::string>{"efilite", "1.2"}));
  EXPECT_EQ(structures[1].type, smbios::kTypeSystem);
  EXPECT_EQ(structures[1].strings, (std::vector<std::string>{"QEMU", "virtual machine"}));
  EXPECT_EQ(structures[2].type, smbios::kTypeEndOfTable);
  auto bios = *read_at<smbios::BiosInformation>(*table, 0);
  EXPECT_EQ(bios.characteristics_extension[1], smbios::kExtension2Uefi | smbios::kExtension2VirtualMachine);
}

TEST_F(Smbios, NamesMayBeLongOrMissing) {
  std::string longest(1000, 'x');
  auto entry = build(nullptr, {longest, longest});
  EXPECT_TRUE(entry.any());
  entry = build(nullptr, {"", ""});
  auto point = *memory.read<smbios::EntryPoint3>(entry.v3);
  auto structures = walk(*memory.window(PhysAddr{point.table_address}, point.table_max_size));
  ASSERT_EQ(structures.size(), 3u);
  EXPECT_EQ(structures[1].strings[0], "unknown");
}

TEST_F(Smbios, ABufferThatIsTooSmallIsRefused) {
  std::vector<std::byte> small(smbios_size(nullptr) - 1);
  EXPECT_EQ(build_smbios(nullptr, {"1", "x"}, small, PhysAddr{0x1000}).status(), Status::BufferTooSmall);
}

class SmbiosOfQemu : public Smbios {
 protected:
  SmbiosOfQemu() {
    // One system structure of 0x1B bytes, one end-of-table.
    tables.resize(0x1B);
    tables[0] = 1, tables[1] = 0x1B;
    for (char c : {'\0', '\0', '\x7F', '\x04', '\x01', '\x00', '\0', '\0'}) tables.push_back(static_cast<uint8_t>(c));
  }
  FakeFwCfg::Item v2_anchor() {
    FakeFwCfg::Item anchor = FakeFwCfg::bytes("_SM_");
    anchor.resize(31);
    anchor[5] = 31, anchor[6] = 2, anchor[7] = 8;
    memcpy(&anchor[0x10], "_DMI_", 5);
    return anchor;
  }
  FakeFwCfg::Item v3_anchor() {
    FakeFwCfg::Item anchor = FakeFwCfg::bytes("_SM3_");
    anchor.resize(24);
    anchor[6] = 24, anchor[7] = 3;
    return anchor;
  }
  void offer(const FakeFwCfg::Item& anchor) {
    device.add_file("etc/smbios/smbios-tables", tables);
    device.add_file("etc/smbios/smbios-anchor", anchor);
    ASSERT_TRUE(driver.detect());
  }
  void expect_our_own() {
    auto entry = build(&driver);
    ASSERT_EQ(entry.v3.value, kPlace);
    auto point = *memory.read<smbios::EntryPoint3>(entry.v3);
    EXPECT_EQ(walk(*memory.window(PhysAddr{point.table_address}, point.table_max_size))[0].strings[0], "efilite");
  }
  FakeFwCfg device;
  drivers::FwCfg driver;
  FakeFwCfg::Item tables;
};

TEST_F(SmbiosOfQemu, AVersion2AnchorIsPointedAtItsTables) {
  offer(v2_anchor());
  auto entry = build(&driver);
  EXPECT_EQ(entry.v2.value, kPlace);
  auto point = *memory.read<smbios::EntryPoint2>(entry.v2);
  EXPECT_EQ(point.table_length, tables.size());
  auto table = memory.window(PhysAddr{point.table_address}, point.table_length);
  ASSERT_TRUE(table);
  EXPECT_EQ(memcmp(table->data(), tables.data(), tables.size()), 0);
}

TEST_F(SmbiosOfQemu, AVersion3AnchorIsPointedAtItsTables) {
  tables.resize(3000);
  offer(v3_anchor());
  EXPECT_GT(smbios_size(&driver), 3000u);
  auto entry = build(&driver);
  EXPECT_EQ(entry.v3.value, kPlace);
  EXPECT_EQ(memory.read<smbios::EntryPoint3>(entry.v3)->table_max_size, 3000u);
}

TEST_F(SmbiosOfQemu, AnAnchorWeDoNotKnowGivesOurOwn) {
  offer(FakeFwCfg::Item(24, 'x'));
  expect_our_own();
}
TEST_F(SmbiosOfQemu, AVersion2AnchorWithoutItsSecondHalfGivesOurOwn) {
  auto anchor = v2_anchor();
  anchor[0x10] = 0;
  offer(anchor);
  expect_our_own();
}
TEST_F(SmbiosOfQemu, AnchorsOfImpossibleSizeGiveOurOwn) {
  auto anchor = v3_anchor();
  anchor.resize(33);
  offer(anchor);
  expect_our_own();
}
TEST_F(SmbiosOfQemu, MissingTablesGiveOurOwn) {
  ASSERT_TRUE(driver.detect());
  expect_our_own();
}
TEST_F(SmbiosOfQemu, ADeviceThatFailsGivesOurOwn) {
  offer(v3_anchor());
  device.signals_error = true;
  expect_our_own();
}

TEST_F(SmbiosOfQemu, ASpoiledEntryPointIsNotFound) {
  for (bool v3 : {false, true}) {
    FakeFwCfg fresh;
    fresh.add_file("etc/smbios/smbios-tables", tables);
    fresh.add_file("etc/smbios/smbios-anchor", v3 ? v3_anchor() : v2_anchor());
    ASSERT_TRUE(driver.detect());
    (void)build(&driver);
    for (size_t i = 0; i < (v3 ? 24u : 31u); ++i) {
      bios_area[0x5A0 + i] ^= std::byte{1};
      EXPECT_FALSE(find_smbios(memory, {}).any()) << "byte " << i;
      bios_area[0x5A0 + i] ^= std::byte{1};
    }
    memory.map(kPlace, 16);  // the entry point is good, its table is not mapped
    EXPECT_FALSE(find_smbios(memory, {}).any());
  }
}

TEST(HypervisorName, IsThatOfItsSignature) {
  Hypervisor kvm{{'K', 'V', 'M', 'K', 'V', 'M', 'K', 'V', 'M'}, 0x40000000, 0x40000001};
  EXPECT_EQ(hypervisor_name(kvm), "KVM");
  kvm.signature[11] = '!';
  EXPECT_EQ(hypervisor_name(kvm), "unknown");
  EXPECT_EQ(hypervisor_name({}), "unknown");
}

}  // namespace
}  // namespace efilite::platform
