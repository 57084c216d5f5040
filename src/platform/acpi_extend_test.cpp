// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "platform/acpi_extend.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "abi/acpi.hpp"
#include "platform/acpi_tables.hpp"
#include "tests/support/log.hpp"
#include "tests/support/physical_memory.hpp"

namespace efilite::platform {
namespace {

uint8_t sum(ByteSpan bytes) {
  return std::accumulate(bytes.begin(), bytes.end(), uint8_t{0}, [](uint8_t a, std::byte b) { return uint8_t(a + uint8_t(b)); });
}

struct ExtendAcpi : testing::Test {
  static constexpr uint64_t kRsdp = 0xF0000, kRoot = 0x7000000, kRoom = 0x8000000;

  ExtendAcpi() {
    memory.map(kRsdp, kPageSize);
    memory.map(kRoot, kPageSize);
    table.signature = acpi::signature("TEST");
    table.length = sizeof table;
  }
  // A root table with two entries and a pointer to it.
  void give(bool wide, uint8_t revision) {
    acpi::Header header{acpi::signature(wide ? "XSDT" : "RSDT"), 0, 1, 0, {'o'}, {'t'}, 7, 8, 9};
    header.length = static_cast<uint32_t>(sizeof header + 2 * (wide ? 8 : 4));
    auto root = memory.window(PhysAddr{kRoot}, header.length).value();
    memcpy(root.data(), &header, sizeof header);
    for (uint32_t i = 0; i < 2; ++i) {
      const uint64_t entry = 0x7100000 + i * 0x1000;
      memcpy(root.data() + sizeof header + i * (wide ? 8 : 4), &entry, wide ? 8 : 4);
    }
    root[9] = std::byte(uint8_t(-sum(root)));
    acpi::Rsdp rsdp{};
    memcpy(rsdp.signature, "RSD PTR ", 8);
    rsdp.revision = revision;
    rsdp.rsdt_address = wide ? 0 : kRoot;
    rsdp.length = revision >= 2 ? sizeof rsdp : 0;
    rsdp.xsdt_address = wide ? kRoot : 0;
    rsdp.checksum = uint8_t(-sum(bytes_of(rsdp).first(20)));
    if (revision >= 2) rsdp.extended_checksum = uint8_t(-sum(bytes_of(rsdp)));
    memory.put(kRsdp, rsdp);
  }
  Result<PhysAddr> extend(size_t room = kPageSize) {
    return extend_acpi(memory, PhysAddr{kRsdp}, bytes_of(table), memory.map(kRoom, room), PhysAddr{kRoom});
  }

  test::CapturedLog log;
  test::FakePhysicalMemory memory;
  acpi::Header table{};
};

TEST_F(ExtendAcpi, TheNewListEndsWithTheNewTable) {
  for (auto [wide, revision] : {std::pair{false, 0}, {true, 2}, {false, 2}}) {
    memory = {};
    memory.map(kRsdp, kPageSize);
    memory.map(kRoot, kPageSize);
    give(wide, static_cast<uint8_t>(revision));
    const auto at = extend();
    ASSERT_TRUE(at) << revision;
    const auto rsdp = rsdp_at(memory, *at);  // checks the sums
    ASSERT_TRUE(rsdp);
    EXPECT_EQ(rsdp->revision, revision);
    const TableList list(memory, *rsdp);
    ASSERT_EQ(list.count(), 3u);
    EXPECT_EQ(list[0].value, 0x7100000u);
    EXPECT_EQ(list[1].value, 0x7101000u);
    const auto added = table_at(memory, list[2], Checksum::Verified);
    ASSERT_TRUE(added);
    EXPECT_EQ(memory.read<uint32_t>(list[2]), acpi::signature("TEST"));
    EXPECT_EQ(log.text, "");
  }
}

TEST_F(ExtendAcpi, WhatTheHypervisorGaveStaysAsItIs) {
  give(true, 2);
  auto copy = [this](uint64_t at) {
    auto bytes = memory.window(PhysAddr{at}, kPageSize).value();
    return std::vector<std::byte>(bytes.begin(), bytes.end());
  };
  const auto rsdp = copy(kRsdp), root = copy(kRoot);
  ASSERT_TRUE(extend());
  EXPECT_EQ(copy(kRsdp), rsdp);
  EXPECT_EQ(copy(kRoot), root);
}

TEST_F(ExtendAcpi, WithoutRoomOrARootThereIsNone) {
  EXPECT_EQ(extend().status(), Status::NotFound);
  give(true, 2);
  memory.map(kRoot, kPageSize)[20] ^= std::byte{1};
  EXPECT_EQ(extend().status(), Status::NotFound);
  give(true, 2);
  EXPECT_EQ(extend(100).status(), Status::BufferTooSmall);
  EXPECT_EQ(extend(155).status(), Status::BufferTooSmall);
  EXPECT_TRUE(extend(156));
}

}  // namespace
}  // namespace efilite::platform
