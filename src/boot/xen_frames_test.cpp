// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/xen_frames.hpp"

#include <gtest/gtest.h>

#include <map>

#include "tests/support/events.hpp"
#include "tests/support/xen.hpp"

namespace efilite::boot {
namespace {

using efi::MemoryType;

struct Machine final : test::FakeXen {
  std::map<uint64_t, std::pair<uint32_t, uint64_t>> physmap;  // by page number: space and index
  bool refuses = false;

  int64_t other(uint32_t number, uint64_t operation, uint64_t address, uint64_t) override {
    if (number != __HYPERVISOR_memory_op) return -XEN_ENOSYS;
    if (refuses) return -XEN_EPERM;
    if (operation == XENMEM_add_to_physmap) {
      const auto& wanted = argument<xen_add_to_physmap>(address);
      EXPECT_EQ(wanted.domid, DOMID_SELF);
      physmap[wanted.gpfn] = {wanted.space, wanted.idx};
      return 0;
    }
    if (operation == XENMEM_remove_from_physmap)
      return physmap.erase(argument<xen_remove_from_physmap>(address).gpfn) != 0 ? 0 : -XEN_EINVAL;
    return -XEN_ENOSYS;
  }
};

// As xl makes it: RAM from 0 up to the pages of ACPI tables, and Xen's special pages.
struct XenFramesTest : testing::Test {
  XenFramesTest() {
    add(0, 0x08000000, MemoryType::Conventional);
    add(0xFC000000, 0xFC009000, MemoryType::AcpiReclaim);
    add(0xFEFF8000, 0xFF000000, MemoryType::Reserved);
  }
  void add(uint64_t begin, uint64_t end, MemoryType type) { EXPECT_TRUE(memory.add({{begin}, {end}}, type, core::kRamAttributes)); }
  static uint64_t address(Result<std::byte*> page) { return reinterpret_cast<uint64_t>(page.value()); }
  size_t entries() const {
    size_t count = 0;
    memory.for_each([&](const efi::MemoryDescriptor&) { ++count; });
    return count;
  }

  Machine xen;
  test::EventMachine machine;
  core::MemoryMap memory;
  XenFrames frames{xen, memory, machine.queue};
};

TEST_F(XenFramesTest, APageLiesWhereNothingElseIsAndIsTold) {
  EXPECT_EQ(address(frames.map(XENMAPSPACE_shared_info, 0)), 0xFEBFF000u);
  EXPECT_EQ(address(frames.map(XENMAPSPACE_grant_table, 3)), 0xFEBFE000u);
  EXPECT_EQ(xen.physmap[0xFEBFF], (std::pair<uint32_t, uint64_t>{XENMAPSPACE_shared_info, 0}));
  EXPECT_EQ(xen.physmap[0xFEBFE], (std::pair<uint32_t, uint64_t>{XENMAPSPACE_grant_table, 3}));
  EXPECT_EQ(memory.find({0xFEBFE000})->type, MemoryType::Reserved);
  EXPECT_EQ(entries(), 4u) << "they are one entry of the map";
}

TEST_F(XenFramesTest, WhatTheHypervisorHasUnderTheChipsIsLeftAlone) {
  add(0xFE000000, 0xFEC00000, MemoryType::Reserved);
  add(0xFDFFF000, 0xFE000000, MemoryType::MemoryMappedIo);
  EXPECT_EQ(address(frames.map(XENMAPSPACE_shared_info, 0)), 0xFDFFE000u);
}

TEST_F(XenFramesTest, APageThatIsGivenBackIsNoLongerToldAndItsPlaceIsUsedAgain) {
  const Result<std::byte*> page = frames.map(XENMAPSPACE_shared_info, 0);
  frames.unmap(*page);
  EXPECT_TRUE(xen.physmap.empty());
  EXPECT_EQ(memory.find({0xFEBFF000}), std::nullopt);
  EXPECT_EQ(address(frames.map(XENMAPSPACE_grant_table, 0)), 0xFEBFF000u);
  frames.unmap(reinterpret_cast<std::byte*>(0x1000));  // none of ours
  EXPECT_EQ(xen.physmap.size(), 1u);
}

TEST_F(XenFramesTest, WhenXenRefusesNothingIsTold) {
  xen.refuses = true;
  EXPECT_EQ(frames.map(XENMAPSPACE_shared_info, 0).status(), Status::AccessDenied);
  EXPECT_EQ(memory.find({0xFEBFF000}), std::nullopt);
}

TEST_F(XenFramesTest, APageThatXenDoesNotTakeBackStaysTold) {
  const Result<std::byte*> page = frames.map(XENMAPSPACE_shared_info, 0);
  xen.refuses = true;
  frames.unmap(*page);
  EXPECT_EQ(memory.find({0xFEBFF000})->type, MemoryType::Reserved);
}

TEST_F(XenFramesTest, WithoutAPlaceThereIsNoPage) {
  add(0x08000000, 0xFC000000, MemoryType::Conventional);
  add(0xFC009000, 0xFEC00000, MemoryType::Reserved);
  EXPECT_EQ(frames.map(XENMAPSPACE_shared_info, 0).status(), Status::OutOfResources);
  EXPECT_TRUE(xen.physmap.empty());
}

TEST_F(XenFramesTest, ThereIsAnEndToThem) {
  int pages = 0;
  while (frames.map(XENMAPSPACE_grant_table, pages)) ++pages;
  EXPECT_EQ(pages, 32);
  EXPECT_EQ(xen.physmap.size(), 32u);
}

TEST_F(XenFramesTest, AtTheEndXenHasAllOfThemBackAndTheMapIsAsTheOsHasReadIt) {
  (void)frames.map(XENMAPSPACE_shared_info, 0);
  (void)frames.map(XENMAPSPACE_grant_table, 0);
  const uint64_t key = memory.key();
  EXPECT_TRUE(frames.quiesce());
  EXPECT_TRUE(xen.physmap.empty());
  EXPECT_EQ(memory.key(), key);
  EXPECT_EQ(memory.find({0xFEBFF000})->type, MemoryType::Reserved);
}

TEST_F(XenFramesTest, APageThatStaysAtTheEndIsAFailure) {
  (void)frames.map(XENMAPSPACE_shared_info, 0);
  xen.refuses = true;
  EXPECT_EQ(frames.quiesce().status(), Status::DeviceError);
}

}  // namespace
}  // namespace efilite::boot
