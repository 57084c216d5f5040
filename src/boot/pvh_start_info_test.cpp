// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/pvh_start_info.hpp"

#include <gtest/gtest.h>
#include <xen/arch-x86/hvm/start_info.h>

#include <string>

#include "boot/identity_memory.hpp"
#include "tests/support/fw_cfg.hpp"
#include "tests/support/physical_memory.hpp"
#include "tests/support/xen.hpp"

namespace efilite::boot {
namespace {

// The addresses that Cloud Hypervisor and Firecracker use.
constexpr uint64_t kInfo = 0x6000, kMap = 0x7000, kModules = 0x8000, kText = 0x20000, kRsdp = 0xA0000;

class StartInfo : public testing::Test {
 protected:
  StartInfo() {
    memory.map(kInfo, 0x1000);
    memory.map(kMap, 0x1000);
    memory.map(kModules, 0x1000);
    memory.map(kText, 0x2000);
    memory.map(kRsdp, 0x1000);
    memory.map(0x1000000, 0x4000);
    header.magic = XEN_HVM_START_MAGIC_VALUE;
    header.version = 1;
    header.rsdp_paddr = kRsdp;
    header.memmap_paddr = kMap;
    header.memmap_entries = 2;
    memory.put(kMap, hvm_memmap_table_entry{0, 0xA0000, 1, 0});
    memory.put(kMap + 24, hvm_memmap_table_entry{0x100000, 0x10000000, 1, 0});
  }
  BootResult parse() {
    memory.put(kInfo, header);
    info = {};
    return collect_boot_info(memory, PhysAddr{kInfo}, xen, fw_cfg, info);
  }
  std::string failure() {
    auto result = parse();
    return result ? "success" : result.error().field;
  }

  test::FakePhysicalMemory memory;
  hvm_start_info header{};
  drivers::xen::Hypercalls* xen = nullptr;
  drivers::FwCfg* fw_cfg = nullptr;
  BootInfo info;
};

TEST_F(StartInfo, VersionOneIsReadWhole) {
  header.cmdline_paddr = kText;
  memory.put(kText, std::array{'a', '=', 'b', ' ', 'c', '\0'});
  header.nr_modules = 2;
  header.modlist_paddr = kModules;
  memory.put(kModules, hvm_modlist_entry{0x1000000, 0x2000, 0, 0});
  memory.put(kModules + 32, hvm_modlist_entry{0x1002000, 0x1FFF, 0, 0});
  ASSERT_TRUE(parse());
  EXPECT_EQ(info.told_command_line(), "a=b c");
  EXPECT_FALSE(info.command_line_truncated);
  EXPECT_EQ(info.rsdp.value, kRsdp);
  EXPECT_EQ(info.start_info.value, kInfo);
  EXPECT_STREQ(info.source, "PVH start_info");
  ASSERT_EQ(info.modules.size(), 2u);
  EXPECT_EQ(info.modules[1].range, (PhysRange{{0x1002000}, {0x1003FFF}}));
  ASSERT_EQ(info.memory.size(), 2u);
  EXPECT_EQ(info.memory[1].range, (PhysRange{{0x100000}, {0x10100000}}));
}

TEST_F(StartInfo, ALaterVersionIsReadAsFarAsItIsKnown) {
  header.version = 7;
  EXPECT_TRUE(parse());
}

TEST_F(StartInfo, AnAddressWithNothingBehindItIsRefused) {
  EXPECT_FALSE(collect_boot_info(memory, PhysAddr{0}, nullptr, nullptr, info));
  EXPECT_FALSE(collect_boot_info(memory, PhysAddr{0x500000}, nullptr, nullptr, info));
  EXPECT_FALSE(collect_boot_info(memory, PhysAddr{~uint64_t{0} - 8}, nullptr, nullptr, info));
}

TEST_F(StartInfo, TheFieldAtFaultIsNamed) {
  auto good = header;
  auto with = [&](auto change) {
    header = good;
    change(header);
    return failure();
  };
  EXPECT_EQ(with([](auto&) {}), "success");
  EXPECT_EQ(with([](auto& h) { h.magic = 0x2BADB002; }), "start_info.magic");
  EXPECT_EQ(with([](auto& h) { h.nr_modules = 17, h.modlist_paddr = kModules; }), "start_info.nr_modules");
  EXPECT_EQ(with([](auto& h) { h.nr_modules = 0xFFFFFFFF, h.modlist_paddr = kModules; }), "start_info.nr_modules");
  EXPECT_EQ(with([](auto& h) { h.nr_modules = 1; }), "start_info.modlist_paddr");
  EXPECT_EQ(with([](auto& h) { h.nr_modules = 1, h.modlist_paddr = ~uint64_t{0} - 7; }), "start_info.modlist_paddr");
  EXPECT_EQ(with([](auto& h) { h.nr_modules = 2, h.modlist_paddr = kModules + 0xFE0; }), "start_info.modlist_paddr");
  EXPECT_EQ(with([](auto& h) { h.memmap_entries = 129; }), "start_info.memmap_entries");
  EXPECT_EQ(with([](auto& h) { h.memmap_paddr = 0; }), "start_info.memmap_paddr");
  EXPECT_EQ(with([](auto& h) { h.memmap_paddr = uint64_t{1} << 60; }), "start_info.memmap_paddr");
  EXPECT_EQ(with([](auto& h) { h.cmdline_paddr = 0x500000; }), "start_info.cmdline_paddr");
  EXPECT_EQ(with([](auto& h) { h.rsdp_paddr = 0x500000; }), "start_info.rsdp_paddr");
  EXPECT_EQ(with([](auto& h) { h.memmap_entries = 0; }), "start_info.memmap_entries");
}

TEST_F(StartInfo, BadModulesAreRefused) {
  header.nr_modules = 1;
  header.modlist_paddr = kModules;
  memory.put(kModules, hvm_modlist_entry{~uint64_t{0} - 0xFF, 0x200, 0, 0});
  EXPECT_EQ(failure(), "a module's size");
  memory.put(kModules, hvm_modlist_entry{0, 0x200, 0, 0});
  EXPECT_EQ(failure(), "a module's paddr");
  memory.put(kModules, hvm_modlist_entry{0x1003000, 0x1001, 0, 0});
  EXPECT_EQ(failure(), "a module's paddr");
  memory.put(kModules, hvm_modlist_entry{0, 0, 0, 0});
  EXPECT_EQ(failure(), "success");
}

TEST_F(StartInfo, BadMapEntriesAreRefused) {
  memory.put(kMap, hvm_memmap_table_entry{0x1000, ~uint64_t{0}, 1, 0});
  EXPECT_EQ(failure(), "memory map entry's size");
  memory.put(kMap, hvm_memmap_table_entry{uint64_t{1} << 52, 0x1000, 1, 0});
  EXPECT_EQ(failure(), "memory map entry's end");
}

TEST_F(StartInfo, AMapWithoutRamIsRefused) {
  header.memmap_entries = 1;
  memory.put(kMap, hvm_memmap_table_entry{0, 0xA0000, 2, 0});
  EXPECT_EQ(failure(), "memory map's amount of RAM");
}

TEST_F(StartInfo, ACommandLineMayEndWithTheMappedMemory) {
  auto text = memory.map(kText, 0x2000, 'x');
  header.cmdline_paddr = kText + 0x1FF0;
  EXPECT_EQ(failure(), "start_info.cmdline_paddr") << "no NUL before the end";
  EXPECT_EQ(info.told_command_line(), "");
  text[0x1FFF] = std::byte{0};
  ASSERT_TRUE(parse());
  EXPECT_EQ(info.told_command_line(), std::string(15, 'x'));
}

TEST_F(StartInfo, ACommandLineThatIsTooLongIsCutAndSaysSo) {
  header.cmdline_paddr = kText;
  auto text = memory.map(kText, 0x2000, 'x');
  text[4095] = std::byte{0};
  ASSERT_TRUE(parse());
  EXPECT_EQ(info.told_command_line().size(), 4095u);
  EXPECT_FALSE(info.command_line_truncated);
  text[4095] = std::byte{'y'};
  text[4096] = std::byte{0};
  ASSERT_TRUE(parse());
  EXPECT_EQ(info.told_command_line(), std::string(4095, 'x'));
  EXPECT_TRUE(info.command_line_truncated);
  EXPECT_EQ(info.command_line_text[4095], '\0');
}

TEST_F(StartInfo, ACommandLineWithoutEndIsRefused) {
  memory.map(kText, 0x20000, 'x');
  header.cmdline_paddr = kText;
  EXPECT_EQ(failure(), "start_info.cmdline_paddr");
}

struct [[gnu::packed]] FileEntry {
  uint64_t address, size;
  uint32_t type;
};
test::FakeFwCfg::Item e820_file(std::initializer_list<FileEntry> entries) {
  test::FakeFwCfg::Item item;
  for (const FileEntry& e : entries) {
    auto* bytes = reinterpret_cast<const uint8_t*>(&e);
    item.insert(item.end(), bytes, bytes + sizeof e);
  }
  return item;
}

class StartInfoWithoutMap : public StartInfo {
 protected:
  StartInfoWithoutMap() {
    header.version = 0;
    fw_cfg = &driver;
  }
  test::FakeFwCfg device;
  drivers::FwCfg driver;
};

TEST_F(StartInfoWithoutMap, TheMapOfFwCfgIsTakenLessTheLegacyHole) {
  device.add_file("etc/e820", e820_file({{0xFEFFC000, 0x4000, 2}, {0, 0x10000000, 1}, {uint64_t{4} << 30, 0x40000000, 1}}));
  ASSERT_TRUE(driver.detect());
  ASSERT_TRUE(parse());
  ASSERT_EQ(info.memory.size(), 5u);
  EXPECT_EQ(info.memory[0], (MemoryRegion{{{0}, {0xA0000}}, E820Type::Ram}));
  EXPECT_EQ(info.memory[1], (MemoryRegion{{{0xA0000}, {0x100000}}, E820Type::Reserved}));
  EXPECT_EQ(info.memory[2], (MemoryRegion{{{0x100000}, {0x10000000}}, E820Type::Ram}));
  EXPECT_EQ(info.memory[4], (MemoryRegion{{{uint64_t{4} << 30}, {uint64_t{5} << 30}}, E820Type::Ram}));
  EXPECT_STREQ(info.source, "PVH start_info, memory map from fw_cfg file etc/e820");
}

TEST_F(StartInfoWithoutMap, VersionOneWithoutEntriesTakesItToo) {
  device.add_file("etc/e820", e820_file({{0, 0x10000000, 1}}));
  ASSERT_TRUE(driver.detect());
  header.version = 1;
  header.memmap_entries = 0;
  EXPECT_TRUE(parse());
}

TEST_F(StartInfoWithoutMap, VersionZeroEndsBeforeTheMap) {
  // Only 40 bytes are mapped, and what would be the map's fields must not be looked at.
  memory.map(0x50000, 40);
  hvm_start_info zero{};
  zero.magic = XEN_HVM_START_MAGIC_VALUE;
  memcpy(memory.window(PhysAddr{0x50000}, 40)->data(), &zero, 40);
  device.add_file("etc/e820", e820_file({{0, 0x10000000, 1}}));
  ASSERT_TRUE(driver.detect());
  EXPECT_TRUE(collect_boot_info(memory, PhysAddr{0x50000}, nullptr, &driver, info));
  zero.version = 1;
  memcpy(memory.window(PhysAddr{0x50000}, 40)->data(), &zero, 40);
  EXPECT_FALSE(collect_boot_info(memory, PhysAddr{0x50000}, nullptr, &driver, info));
}

TEST_F(StartInfoWithoutMap, NoMapAnywhereIsRefused) {
  EXPECT_EQ(failure(), "start_info.memmap_entries") << "no device";
  ASSERT_TRUE(driver.detect());
  EXPECT_EQ(failure(), "start_info.memmap_entries") << "no file";
}

TEST_F(StartInfoWithoutMap, ABrokenFileIsRefused) {
  ASSERT_TRUE(driver.detect());
  for (size_t size : {0u, 19u, 21u, 129u * 20}) {
    test::FakeFwCfg broken;
    broken.add_file("etc/e820", test::FakeFwCfg::Item(size));
    EXPECT_EQ(failure(), "size of fw_cfg file etc/e820") << size;
  }
}

TEST(IdentityMemory, HasBoundsBelowAndAbove) {
  IdentityMemory memory(PhysAddr{uint64_t{4} << 30});
  EXPECT_FALSE(memory.window(PhysAddr{0}, 1));
  EXPECT_TRUE(memory.window(PhysAddr{0x400}, 1));
  EXPECT_TRUE(memory.window(PhysAddr{0xFFFFF000}, 0x1000));
  EXPECT_FALSE(memory.window(PhysAddr{0xFFFFF000}, 0x1001));
  EXPECT_FALSE(memory.window(PhysAddr{~uint64_t{0}}, 2));
  EXPECT_FALSE(memory.window(PhysRange{{0x2000}, {0x1000}}));
  memory.extend(PhysAddr{uint64_t{1} << 30});
  EXPECT_FALSE(memory.window({{uint64_t{4} << 30}, {(uint64_t{4} << 30) + 1}}));
  memory.extend(PhysAddr{uint64_t{5} << 30});
  EXPECT_TRUE(memory.window({{uint64_t{4} << 30}, {uint64_t{5} << 30}}));
}

struct MapOfXen final : test::FakeXen {
  std::vector<std::array<uint32_t, 5>> entries;  // address, size, type
  int64_t answer = 0;
  uint32_t claims = 0;  // more than it writes

  void add(uint64_t address, uint64_t size, uint32_t type) {
    entries.push_back({static_cast<uint32_t>(address), static_cast<uint32_t>(address >> 32), static_cast<uint32_t>(size),
                       static_cast<uint32_t>(size >> 32), type});
  }
  int64_t other(uint32_t number, uint64_t operation, uint64_t address, uint64_t) override {
    if (number != __HYPERVISOR_memory_op || operation != XENMEM_memory_map || answer != 0) return answer != 0 ? answer : -XEN_ENOSYS;
    auto& map = argument<xen_memory_map>(address);
    EXPECT_EQ(map.nr_entries, kMaxRegions);
    const auto count = static_cast<uint32_t>(std::min<size_t>(map.nr_entries, entries.size()));
    if (count != 0) memcpy(map.buffer.p, entries.data(), count * sizeof entries[0]);
    map.nr_entries = count + claims;
    return 0;
  }
};

TEST_F(StartInfo, WithoutAMapXenIsAskedForIt) {
  MapOfXen map;
  map.add(0, 0xFC000000, 1);
  map.add(0x100000000, 0x40000000, 1);
  map.add(0xFEFF8000, 0x8000, 2);
  xen = &map;
  for (uint32_t version : {0, 1}) {
    header.version = version;
    header.memmap_entries = 0;
    ASSERT_TRUE(parse());
    ASSERT_EQ(info.memory.size(), 3u);
    EXPECT_EQ(info.memory[0], (MemoryRegion{{{0}, {0xFC000000}}, E820Type::Ram})) << "there is no legacy hole";
    EXPECT_EQ(info.memory[1], (MemoryRegion{{{0xFEFF8000}, {0xFF000000}}, E820Type::Reserved}));
    EXPECT_EQ(info.memory[2], (MemoryRegion{{{0x100000000}, {0x140000000}}, E820Type::Ram}));
  }
}

TEST_F(StartInfo, AMapOfItsOwnIsTakenBeforeXens) {
  MapOfXen map;
  map.answer = -XEN_EPERM;
  xen = &map;
  ASSERT_TRUE(parse());
  EXPECT_EQ(info.memory.size(), 2u);
}

TEST_F(StartInfo, AXenWithoutAMapIsAFailureThatSaysSo) {
  MapOfXen map;
  xen = &map;
  header.memmap_entries = 0;
  EXPECT_EQ(failure(), "start_info.memmap_entries") << "no entries";
  map.answer = -XEN_ENOSYS;
  EXPECT_EQ(failure(), "start_info.memmap_entries");
  map.answer = 0;
  map.claims = kMaxRegions + 1;
  EXPECT_EQ(failure(), "start_info.memmap_entries");
  map.claims = 0;
  map.add(~uint64_t{0}, 2, 1);
  EXPECT_EQ(failure(), "memory map entry's size");
}

}  // namespace
}  // namespace efilite::boot
