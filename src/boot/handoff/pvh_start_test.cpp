// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/handoff/pvh_start.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "abi/xen.hpp"

namespace efilite::boot {
namespace {

struct PvhStartInfo : testing::Test {
  static constexpr uint64_t kAt = 0x12345000;
  PvhStart start;
  std::vector<std::byte> block;

  void write() {
    block.assign(size_of_start_info(start), std::byte{0xAA});
    write_start_info(start, block, {kAt});
  }
  template <typename T>
  T at(uint64_t address) {
    return read_at<T>(block, address - kAt).value();
  }
  hvm_start_info info() { return at<hvm_start_info>(kAt); }
  std::string text(uint64_t address) {
    std::string out;
    for (char c; (c = at<char>(address++)) != '\0';) out += c;
    return out;
  }
};

TEST_F(PvhStartInfo, IsOfVersionOneWithWhatWasTold) {
  start.flags = 3;
  start.rsdp = {0xF0000};
  start.command_line = "root=/dev/vda";
  write();
  EXPECT_EQ(info().magic, XEN_HVM_START_MAGIC_VALUE);
  EXPECT_EQ(info().version, 1u);
  EXPECT_EQ(info().flags, 3u);
  EXPECT_EQ(info().rsdp_paddr, 0xF0000u);
  EXPECT_EQ(info().reserved, 0u);
  EXPECT_EQ(text(info().cmdline_paddr), "root=/dev/vda");
}

TEST_F(PvhStartInfo, WhatIsNotThereHasNoAddress) {
  write();
  EXPECT_EQ(info().cmdline_paddr, 0u);
  EXPECT_EQ(info().modlist_paddr, 0u);
  EXPECT_EQ(info().nr_modules, 0u);
  EXPECT_EQ(info().rsdp_paddr, 0u);
  EXPECT_EQ(info().memmap_entries, 0u);
}

TEST_F(PvhStartInfo, ModulesHaveTheirOrderAndCommandLines) {
  ASSERT_TRUE(start.modules.push_back({{{0x1000}, {0x1234}}, "first", nullptr}));
  ASSERT_TRUE(start.modules.push_back({{{0x5000}, {0x5000}}, "", nullptr}));
  start.command_line = "hello";
  write();
  ASSERT_EQ(info().nr_modules, 2u);
  const auto first = at<hvm_modlist_entry>(info().modlist_paddr);
  EXPECT_EQ(first.paddr, 0x1000u);
  EXPECT_EQ(first.size, 0x234u);
  EXPECT_EQ(text(first.cmdline_paddr), "first");
  EXPECT_EQ(first.reserved, 0u);
  const auto second = at<hvm_modlist_entry>(info().modlist_paddr + sizeof first);
  EXPECT_EQ(second.paddr, 0x5000u);
  EXPECT_EQ(second.size, 0u);
  EXPECT_EQ(second.cmdline_paddr, 0u);
  EXPECT_EQ(text(info().cmdline_paddr), "hello");
}

TEST_F(PvhStartInfo, TheMemoryMapComesLater) {
  ASSERT_TRUE(start.modules.push_back({{{0x1000}, {0x1234}}, "first", nullptr}));
  write();
  MemoryRegions memory;
  while (!memory.full()) ASSERT_TRUE(memory.push_back({{{memory.size() * 0x3000}, {memory.size() * 0x3000 + 0x2000}}, E820Type::Acpi}));
  write_memory_map(memory, block);
  ASSERT_EQ(info().memmap_entries, kMaxRegions);
  const auto last = at<hvm_memmap_table_entry>(info().memmap_paddr + (kMaxRegions - 1) * sizeof(hvm_memmap_table_entry));
  EXPECT_EQ(last.addr, (kMaxRegions - 1) * 0x3000);
  EXPECT_EQ(last.size, 0x2000u);
  EXPECT_EQ(last.type, 3u);
  EXPECT_EQ(last.reserved, 0u);
  EXPECT_EQ(text(at<hvm_modlist_entry>(info().modlist_paddr).cmdline_paddr), "first");
}

}  // namespace
}  // namespace efilite::boot
