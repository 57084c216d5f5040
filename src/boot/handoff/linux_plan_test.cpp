// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/handoff/linux_plan.hpp"

#include <gtest/gtest.h>

#include "base/log.hpp"
#include "tests/support/kernel_files.hpp"
#include "tests/support/log.hpp"
#include "tests/support/pe_builder.hpp"

namespace efilite::boot {
namespace {

using formats::BootEntry;
using test::LinuxBuilder;

constexpr uint64_t kMiB = 1 << 20, kGiB = 1 << 30;

formats::BzImage parsed(const LinuxBuilder& builder) {
  test::VectorSource source(builder.build());
  auto image = parse_bzimage(formats::Input(source));
  EXPECT_TRUE(image.has_value());
  return *image;
}
LinuxPlan plan(const LinuxBuilder& builder, BootEntry entry = BootEntry::Linux64) { return plan_linux(parsed(builder), entry); }

LinuxBuilder of_version(uint16_t version) {
  LinuxBuilder old;
  old.header.version = version;
  return old;
}

// The kernels of 2.02 had a header that ended behind cmd_line_ptr, with code behind it.
LinuxBuilder without_fields_behind(uint16_t version, size_t end) {
  LinuxBuilder old = of_version(version);
  memset(reinterpret_cast<uint8_t*>(&old.header) + end, 0xEE, sizeof old.header - end);
  return old;
}

TEST(LinuxPlan, AKernelOfTodayTellsAllOfIt) {
  const LinuxPlan p = plan({});
  EXPECT_EQ(p.size, 0x10000u);
  EXPECT_EQ(p.preferred, PhysAddr{0x1000000});
  EXPECT_EQ(p.alignment, 0x200000u);
  EXPECT_EQ(p.least_alignment, 0x200000u);
  EXPECT_EQ(p.command_line_size, 2047u);
  EXPECT_EQ(p.last, PhysAddr{UINT64_MAX});
  EXPECT_EQ(p.initrd_last, PhysAddr{UINT64_MAX});
  EXPECT_EQ(p.parameters_last, PhysAddr{0xFFFFFFFF});
}

TEST(LinuxPlan, WithoutTheFlagAboveFourGigabytesThereAreLimits) {
  LinuxBuilder low;
  low.header.xloadflags = XLF_KERNEL_64;
  EXPECT_EQ(plan(low).last, PhysAddr{0xFFFFFFFF});
  EXPECT_EQ(plan(low).initrd_last, PhysAddr{0x7FFFFFFF});
}

TEST(LinuxPlan, The32BitEntryReachesWhat32BitsReach) {
  const LinuxPlan p = plan({}, BootEntry::Linux32);
  EXPECT_EQ(p.last, PhysAddr{0xFFFFFFFF});
  EXPECT_EQ(p.initrd_last, PhysAddr{0x7FFFFFFF});
}

TEST(LinuxPlan, A32BitKernelStaysWhereItCanMapMemory) {
  LinuxBuilder narrow;
  narrow.header.xloadflags = 0;
  narrow.header.initrd_addr_max = 0x37FFFFFF;
  const LinuxPlan p = plan(narrow, BootEntry::Linux32);
  EXPECT_EQ(p.last, PhysAddr{0x37FFFFFF});
  EXPECT_EQ(p.parameters_last, PhysAddr{0x37FFFFFF});
  EXPECT_EQ(p.initrd_last, PhysAddr{0x37FFFFFF});
}

TEST(LinuxPlan, WhatOldVersionsDoNotSayIsWhatTheyMean) {
  const size_t kEnd202 = offsetof(setup_header, initrd_addr_max);
  LinuxPlan p = plan(without_fields_behind(0x0202, kEnd202), BootEntry::Linux32);
  EXPECT_EQ(p.preferred, PhysAddr{0});  // what the file's code32_start says: always 1 MiB in a real one
  EXPECT_EQ(p.alignment, 0u);
  EXPECT_EQ(p.initrd_last, PhysAddr{0x37FFFFFF});
  EXPECT_EQ(p.command_line_size, 255u);
  EXPECT_EQ(p.size, 3 * LinuxBuilder::kKernelSize);

  p = plan(without_fields_behind(0x0203, offsetof(setup_header, kernel_alignment)), BootEntry::Linux32);
  EXPECT_EQ(p.initrd_last, PhysAddr{0x7FFFFFFF});
  EXPECT_EQ(p.alignment, 0u);

  p = plan(without_fields_behind(0x0205, offsetof(setup_header, min_alignment)), BootEntry::Linux32);
  EXPECT_EQ(p.alignment, 0x200000u);
  EXPECT_EQ(p.least_alignment, 0x200000u);
  EXPECT_EQ(p.preferred, PhysAddr{16 * kMiB});
  EXPECT_EQ(p.command_line_size, 255u);

  p = plan(without_fields_behind(0x0206, offsetof(setup_header, hardware_subarch)), BootEntry::Linux32);
  EXPECT_EQ(p.command_line_size, 2047u);
  EXPECT_EQ(p.size, 3 * LinuxBuilder::kKernelSize);

  p = plan(without_fields_behind(0x020A, offsetof(setup_header, handover_offset)), BootEntry::Linux32);
  EXPECT_EQ(p.size, 0x10000u);
  EXPECT_EQ(p.preferred, PhysAddr{16 * kMiB});
}

TEST(LinuxPlan, AKernelThatCannotBeMovedHasOnePlace) {
  LinuxBuilder fixed;
  fixed.header.relocatable_kernel = 0;
  fixed.header.code32_start = 0x100000;
  EXPECT_EQ(plan(fixed).preferred, PhysAddr{0x1000000});
  EXPECT_EQ(plan(fixed).alignment, 0u);
  fixed.header.version = 0x0209;
  fixed.header.xloadflags = 0;
  EXPECT_EQ(plan(fixed, BootEntry::Linux32).preferred, PhysAddr{0x100000});
}

TEST(LinuxPlan, TheFileIsTheLeastThatIsNeeded) {
  LinuxBuilder small;
  small.header.init_size = 1;
  EXPECT_EQ(plan(small).size, LinuxBuilder::kKernelSize);
}

TEST(LinuxPlan, SmallerAlignmentsAreThoseThatTheKernelAllows) {
  LinuxBuilder loose;
  loose.header.min_alignment = 13;
  EXPECT_EQ(plan(loose).least_alignment, 0x2000u);
  loose.header.min_alignment = 3;
  EXPECT_EQ(plan(loose).least_alignment, kPageSize);
  for (uint8_t nonsense : {22, 31, 32, 64, 255}) {
    loose.header.min_alignment = nonsense;
    EXPECT_EQ(plan(loose).least_alignment, 0x200000u);
  }
  loose.header.kernel_alignment = 16;
  EXPECT_EQ(plan(loose).alignment, kPageSize);
  EXPECT_EQ(plan(loose).least_alignment, kPageSize);
}

struct LinuxPlacing : testing::Test {
  core::MemoryMap map;
  void add(uint64_t begin, uint64_t end, efi::MemoryType type = efi::MemoryType::Conventional) {
    ASSERT_TRUE(map.add({{begin}, {end}}, type, core::kRamAttributes));
  }
  bool is_loader_code(uint64_t at) { return map.find({at})->type == efi::MemoryType::LoaderCode; }
};

TEST_F(LinuxPlacing, TheKernelLiesWhereItPrefersTo) {
  add(kMiB, 64 * kMiB);
  const auto place = place_linux(map, plan({}));
  ASSERT_TRUE(place);
  EXPECT_EQ(place->address, PhysAddr{16 * kMiB});
  EXPECT_EQ(place->alignment, 0x200000u);
  EXPECT_TRUE(is_loader_code(16 * kMiB + 0xFFFF));
  EXPECT_FALSE(is_loader_code(16 * kMiB + 0x10000));
}

TEST_F(LinuxPlacing, ElseItLiesAboveAtItsAlignment) {
  add(kMiB, 16 * kMiB);
  add(16 * kMiB, 17 * kMiB, efi::MemoryType::AcpiNvs);
  add(17 * kMiB, 64 * kMiB + 0x1000);
  const auto place = place_linux(map, plan({}));
  ASSERT_TRUE(place);
  EXPECT_EQ(place->address, PhysAddr{62 * kMiB});
  EXPECT_TRUE(is_loader_code(62 * kMiB));
  EXPECT_EQ(map.find({62 * kMiB - 1})->type, efi::MemoryType::Conventional);
  EXPECT_EQ(map.find({62 * kMiB + 0x10000})->type, efi::MemoryType::Conventional);
}

TEST_F(LinuxPlacing, ASmallerAlignmentIsBetterThanNoPlace) {
  add(17 * kMiB, 17 * kMiB + 0x20000);
  LinuxBuilder loose;
  loose.header.min_alignment = 16;
  const auto place = place_linux(map, plan(loose));
  ASSERT_TRUE(place);
  EXPECT_EQ(place->address, PhysAddr{17 * kMiB});
  EXPECT_EQ(place->alignment, kMiB);
}

TEST_F(LinuxPlacing, APlaceThatFitsExactlyIsEnough) {
  add(kMiB, 15 * kMiB);
  add(18 * kMiB, 18 * kMiB + 0x10000);
  add(4 * kGiB, 5 * kGiB);
  EXPECT_EQ(place_linux(map, plan({}))->address, PhysAddr{18 * kMiB});
  EXPECT_EQ(place_linux(map, plan({}))->address, PhysAddr{5 * kGiB - 2 * kMiB});
}

TEST_F(LinuxPlacing, BelowWhereItWouldMoveItselfIsNoPlace) {
  add(kMiB, 16 * kMiB);
  EXPECT_EQ(place_linux(map, plan({})).status(), Status::OutOfResources);
  EXPECT_FALSE(is_loader_code(14 * kMiB));
}

TEST_F(LinuxPlacing, AboveFourGigabytesOnlyWhereTheKernelSaysSo) {
  add(5 * kGiB, 6 * kGiB);
  LinuxBuilder low;
  low.header.xloadflags = XLF_KERNEL_64;
  EXPECT_EQ(place_linux(map, plan(low)).status(), Status::OutOfResources);
  EXPECT_EQ(place_linux(map, plan({}, BootEntry::Linux32)).status(), Status::OutOfResources);
  EXPECT_TRUE(place_linux(map, plan({})));
}

TEST_F(LinuxPlacing, TheOnlyPlaceIsFreeOrNot) {
  LinuxBuilder fixed;
  fixed.header.relocatable_kernel = 0;
  add(17 * kMiB, 64 * kMiB);
  EXPECT_EQ(place_linux(map, plan(fixed)).status(), Status::NotFound);
  add(16 * kMiB, 17 * kMiB);
  const auto place = place_linux(map, plan(fixed));
  ASSERT_TRUE(place);
  EXPECT_EQ(place->address, PhysAddr{16 * kMiB});
  EXPECT_EQ(place->alignment, 0u);
}

TEST_F(LinuxPlacing, AKernelOfAnySizeIsPlacedOrNot) {
  add(kMiB, 64 * kMiB);
  LinuxBuilder huge;
  huge.header.init_size = UINT32_MAX;
  EXPECT_EQ(place_linux(map, plan(huge)).status(), Status::OutOfResources);
  huge.header.pref_address = UINT64_MAX & ~kPageMask;
  huge.header.kernel_alignment = 1u << 31;
  EXPECT_EQ(place_linux(map, plan(huge)).status(), Status::OutOfResources);
}

TEST_F(LinuxPlacing, RuntimeServicesStayWhereTheyAre) {
  test::CapturedLog log;
  add(kMiB, 2 * kMiB);
  add(2 * kMiB, 3 * kMiB, efi::MemoryType::RuntimeServicesCode);
  EXPECT_TRUE(stays_clear(map, {{kMiB}, {2 * kMiB}}));
  EXPECT_EQ(log.text, "");
  EXPECT_FALSE(stays_clear(map, {{kMiB}, {2 * kMiB + 1}}));
  EXPECT_NE(log.text.find("runtime services"), std::string::npos);
}

}  // namespace
}  // namespace efilite::boot
