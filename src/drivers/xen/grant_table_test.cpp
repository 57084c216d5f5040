// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/xen/grant_table.hpp"

#include <gtest/gtest.h>

#include "tests/support/virtio.hpp"
#include "tests/support/xen_block.hpp"

namespace efilite::drivers::xen {
namespace {

struct Machine final : test::XenDiskMachine {};

struct Grants : testing::TestWithParam<uint32_t> {
  static constexpr uint64_t kPage = 0x7654000;
  Machine xen;
  test::FakeGrants& other = xen.grants;
  GrantTable table{xen, other.frames};

  Grants() { other.version = GetParam(); }
  ~Grants() override {
    table.close();
    EXPECT_EQ(other.frames.mapped(), 0u);
  }
  uint32_t per_frame() const { return GetParam() == 2 ? 256 : 512; }
  void open(uint64_t highest = kPage) { ASSERT_TRUE(table.open(highest)); }
};
INSTANTIATE_TEST_SUITE_P(Versions, Grants, testing::Values(1u, 2u));

TEST_P(Grants, XenIsAskedNothingBeforeTheFirst) {
  EXPECT_TRUE(other.frames.pages.empty());
  open();
  EXPECT_EQ(other.frames.mapped(), GetParam() - 1) << "the status of version 2 alone";
}

TEST_P(Grants, APageMayBeMappedUntilItIsEnded) {
  open();
  auto reference = table.grant(0, kPage + 17, Access::ReadWrite);
  ASSERT_TRUE(reference);
  EXPECT_GE(*reference, grant_ref_t{GNTTAB_NR_RESERVED_ENTRIES});
  EXPECT_EQ(other.map(*reference, true), reinterpret_cast<std::byte*>(kPage));
  other.unmap(*reference);
  EXPECT_TRUE(table.end(*reference));
  EXPECT_EQ(other.map(*reference, false), nullptr);
}

TEST_P(Grants, ReadingIsNotWriting) {
  open();
  const grant_ref_t reference = *table.grant(0, kPage, Access::ReadOnly);
  EXPECT_EQ(other.map(reference, true), nullptr);
  EXPECT_NE(other.map(reference, false), nullptr);
  EXPECT_FALSE(table.end(reference));
  other.unmap(reference);
  EXPECT_TRUE(table.end(reference));
}

TEST_P(Grants, AnotherDomainIsNotMeant) {
  open();
  const grant_ref_t reference = *table.grant(7, kPage, Access::ReadWrite);
  EXPECT_EQ(other.map(reference, true), nullptr);
  EXPECT_TRUE(table.end(reference));
}

TEST_P(Grants, WhatTheOtherSideHasMappedIsNotUsedAgain) {
  open();
  const grant_ref_t kept = *table.grant(0, kPage, Access::ReadWrite);
  (void)other.map(kept, true);
  EXPECT_FALSE(table.end(kept));
  for (int i = 0; i < 100; ++i) EXPECT_NE(*table.grant(0, kPage, Access::ReadWrite), kept);
  other.unmap(kept);
  EXPECT_TRUE(table.end(kept));
  EXPECT_EQ(*table.grant(0, kPage, Access::ReadWrite), kept) << "the last that was ended is the first to be used again";
}

TEST_P(Grants, TheTableGrowsAsFarAsXenLetsIt) {
  other.most_frames = 3;
  open();
  std::set<grant_ref_t> references;
  for (uint32_t i = GNTTAB_NR_RESERVED_ENTRIES; i < 3 * per_frame(); ++i) {
    auto reference = table.grant(0, kPage, Access::ReadWrite);
    ASSERT_TRUE(reference);
    EXPECT_TRUE(references.insert(*reference).second);
  }
  EXPECT_EQ(table.grant(0, kPage, Access::ReadWrite).status(), Status::OutOfResources);
  EXPECT_EQ(other.frames.mapped(), 3 + GetParam() - 1);
  for (grant_ref_t each : references) EXPECT_TRUE(table.end(each));
  EXPECT_EQ(other.active(), 0u);
  for (grant_ref_t each : references) {
    (void)each;
    EXPECT_TRUE(references.contains(*table.grant(0, kPage, Access::ReadWrite)));
  }
  EXPECT_EQ(table.grant(0, kPage, Access::ReadWrite).status(), Status::OutOfResources);
}

TEST_P(Grants, WithoutAPlaceForItsFramesNothingIsGranted) {
  open();
  other.frames.allowed = 0;
  EXPECT_EQ(table.grant(0, kPage, Access::ReadWrite).status(), Status::OutOfResources);
  other.frames.allowed = 1;
  EXPECT_TRUE(table.grant(0, kPage, Access::ReadWrite));
}

TEST_P(Grants, WhatAPredecessorHasLeftIsNotTouched) {
  open();
  (void)other.frames.map(XENMAPSPACE_grant_table, 0);
  for (grant_ref_t i : {8u, 9u, 11u}) *other.header(i) = {GTF_permit_access, 5};
  EXPECT_EQ(*table.grant(0, kPage, Access::ReadWrite), 10u);
  EXPECT_EQ(*table.grant(0, kPage, Access::ReadWrite), 12u);
  EXPECT_EQ(other.header(9)->domid, 5);
}

TEST_P(Grants, ATableWhoseSizeIsNotToldIsNotUsed) {
  other.size_status = GNTST_general_error;
  EXPECT_EQ(table.open(kPage).status(), Status::DeviceError);
}

using GrantVersions = Grants;
INSTANTIATE_TEST_SUITE_P(First, GrantVersions, testing::Values(1u));

TEST_P(GrantVersions, TheFirstIsTakenAsLongAsItReaches) {
  open((uint64_t{1} << 44) - 1);
  EXPECT_EQ(other.version, 1u);
  EXPECT_EQ(table.reach(), uint64_t{1} << 44);
}

TEST_P(GrantVersions, TheSecondIsForMemoryBeyond16TiB) {
  open(uint64_t{1} << 44);
  EXPECT_EQ(other.version, 2u);
  EXPECT_EQ(table.reach(), ~uint64_t{0});
  const uint64_t far = uint64_t{5} << 44 | kPage;
  EXPECT_EQ(other.map(*table.grant(0, far, Access::ReadWrite), true), reinterpret_cast<std::byte*>(far));
}

TEST_P(GrantVersions, WhereTheSecondIsRefusedTheFirstServes) {
  other.version_fixed = true;
  open(uint64_t{1} << 44);
  EXPECT_EQ(other.version, 1u);
  EXPECT_EQ(table.reach(), uint64_t{1} << 44);
}

struct Sharing : Grants {
  test::FakeDeviceMemory memory;
  SharedPages pages;
};
INSTANTIATE_TEST_SUITE_P(First, Sharing, testing::Values(1u));

TEST_P(Sharing, PagesAreGivenBackOnceNobodyHasThemMapped) {
  open();
  ASSERT_TRUE(pages.allocate(table, memory, 0, 3));
  EXPECT_EQ(pages.bytes().size(), 3 * kPageSize);
  ASSERT_EQ(pages.references().size(), 3u);
  const grant_ref_t second = pages.references()[1];
  EXPECT_EQ(other.map(second, true), pages.page(1));
  EXPECT_FALSE(pages.release());
  pages.keep();
  EXPECT_EQ(memory.kept(), 1u);
  EXPECT_EQ(other.active(), 1u) << "the others cannot be mapped any more";
  EXPECT_EQ(pages.allocate(table, memory, 0, 1).status(), Status::AccessDenied);
  other.unmap(second);
  EXPECT_TRUE(pages.release());
  EXPECT_EQ(memory.held(), 0u);
  EXPECT_EQ(other.active(), 0u);
  EXPECT_TRUE(pages.allocate(table, memory, 0, 1));
}

TEST_P(Sharing, PagesThatCannotAllBeGrantedAreNotKept) {
  other.most_frames = 1;
  open();
  for (uint32_t i = GNTTAB_NR_RESERVED_ENTRIES; i < per_frame() - 2; ++i) ASSERT_TRUE(table.grant(0, kPage, Access::ReadWrite));
  EXPECT_EQ(pages.allocate(table, memory, 0, 3).status(), Status::OutOfResources);
  EXPECT_EQ(memory.held(), 0u);
  EXPECT_TRUE(pages.allocate(table, memory, 0, 2));
  EXPECT_EQ(memory.lowest_limit, table.reach());
}

}  // namespace
}  // namespace efilite::drivers::xen
