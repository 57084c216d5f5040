// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "runtime/variables.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace efilite::runtime {
namespace {

using efi::Guid;

constexpr Guid kVendor = {0x12345678, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};
constexpr Guid kOther = {0x87654321, 1, 2, {3, 4, 5, 6, 7, 8, 9, 10}};
constexpr uint32_t kNv = efi::kVariableNonVolatile, kBs = efi::kVariableBootserviceAccess, kRt = efi::kVariableRuntimeAccess;
constexpr uint32_t kAppend = efi::kVariableAppendWrite, kHr = efi::kVariableHardwareErrorRecord;
constexpr uint32_t kAll = kNv | kBs | kRt;

struct VariablesTest : testing::Test {
  static constexpr uint32_t kArea = 4096;
  struct alignas(8) Memory {
    VariableStore store;
    std::byte area[kArea];
  } memory;
  VariableStore& store = memory.store;
  Phase phase = Phase::Boot;

  VariablesTest() { start_variables(store, memory.area, kArea); }

  Status set(const char16_t* name, uint32_t attributes, std::string_view data, const Guid& vendor = kVendor) {
    return set_variable(store, phase, name, &vendor, attributes, data.size(), data.data());
  }
  std::string get(const char16_t* name, uint32_t* attributes = nullptr, const Guid& vendor = kVendor) {
    char buffer[kArea];
    uint64_t size = sizeof(buffer);
    Status status = get_variable(store, phase, name, &vendor, attributes, &size, buffer);
    return status == Status::Success ? std::string(buffer, size) : std::string("!") + status_name(status);
  }
  std::vector<std::u16string> names() {
    std::vector<std::u16string> found;
    char16_t name[100] = {};
    Guid vendor;
    for (;;) {
      uint64_t size = sizeof(name);
      if (get_next_variable_name(store, phase, &size, name, &vendor) != Status::Success) return found;
      found.emplace_back(name);
    }
  }
  uint64_t remaining() {
    uint64_t all, left, one;
    EXPECT_EQ(query_variable_info(store, phase, kAll, &all, &left, &one), Status::Success);
    return left;
  }
};

TEST_F(VariablesTest, WhatWasSetComesBackWithItsAttributes) {
  uint32_t attributes = 0;
  EXPECT_EQ(set(u"A", kBs, "hello"), Status::Success);
  EXPECT_EQ(get(u"A", &attributes), "hello");
  EXPECT_EQ(attributes, kBs);
  EXPECT_EQ(get(u"A", nullptr, kOther), "!NOT_FOUND");
  EXPECT_EQ(get(u"AB"), "!NOT_FOUND");
  EXPECT_EQ(get(u""), "!NOT_FOUND");
}

TEST_F(VariablesTest, GettingWithoutANameAGuidOrASizeIsInvalid) {
  uint64_t size = 0;
  EXPECT_EQ(get_variable(store, phase, nullptr, &kVendor, nullptr, &size, nullptr), Status::InvalidParameter);
  EXPECT_EQ(get_variable(store, phase, u"A", nullptr, nullptr, &size, nullptr), Status::InvalidParameter);
  EXPECT_EQ(get_variable(store, phase, u"A", &kVendor, nullptr, nullptr, nullptr), Status::InvalidParameter);
}

TEST_F(VariablesTest, ASmallBufferIsToldTheSizeAndTheAttributes) {
  ASSERT_EQ(set(u"A", kAll, "hello"), Status::Success);
  uint64_t size = 0;
  uint32_t attributes = 0;
  EXPECT_EQ(get_variable(store, phase, u"A", &kVendor, &attributes, &size, nullptr), Status::BufferTooSmall);
  EXPECT_EQ(size, 5u);
  EXPECT_EQ(attributes, kAll);
  size = 5;
  EXPECT_EQ(get_variable(store, phase, u"A", &kVendor, nullptr, &size, nullptr), Status::InvalidParameter);
}

TEST_F(VariablesTest, NextNameWalksInOrderOfCreation) {
  EXPECT_TRUE(names().empty());
  for (auto* name : {u"one", u"two", u"three"}) ASSERT_EQ(set(name, kBs, "x"), Status::Success);
  EXPECT_EQ(set(u"one", kBs, "a much longer value than before"), Status::Success);
  EXPECT_EQ(names(), (std::vector<std::u16string>{u"one", u"two", u"three"}));
  EXPECT_EQ(get(u"two"), "x");
  EXPECT_EQ(set(u"two", 0, ""), Status::Success);
  EXPECT_EQ(names(), (std::vector<std::u16string>{u"one", u"three"}));
}

TEST_F(VariablesTest, NextNameRefusesWhatIsNotAVariable) {
  ASSERT_EQ(set(u"long name", kBs, "x"), Status::Success);
  char16_t name[4] = {};
  Guid vendor = {};
  uint64_t size = sizeof(name);
  EXPECT_EQ(get_next_variable_name(store, phase, nullptr, name, &vendor), Status::InvalidParameter);
  EXPECT_EQ(get_next_variable_name(store, phase, &size, nullptr, &vendor), Status::InvalidParameter);
  EXPECT_EQ(get_next_variable_name(store, phase, &size, name, nullptr), Status::InvalidParameter);
  EXPECT_EQ(get_next_variable_name(store, phase, &size, name, &vendor), Status::BufferTooSmall);
  EXPECT_EQ(size, 20u);
  size = 0;
  EXPECT_EQ(get_next_variable_name(store, phase, &size, name, &vendor), Status::InvalidParameter);
  char16_t unterminated[2] = {u'l', u'o'};
  size = sizeof(unterminated);
  EXPECT_EQ(get_next_variable_name(store, phase, &size, unterminated, &vendor), Status::InvalidParameter);
  char16_t unknown[20] = u"unknown";
  size = sizeof(unknown);
  EXPECT_EQ(get_next_variable_name(store, phase, &size, unknown, &vendor), Status::InvalidParameter);
  char16_t last[20] = u"long name";
  vendor = kVendor;
  EXPECT_EQ(get_next_variable_name(store, phase, &size, last, &vendor), Status::NotFound);
}

TEST_F(VariablesTest, SettingRefusesBadParameters) {
  EXPECT_EQ(set(nullptr, kBs, "x"), Status::InvalidParameter);
  EXPECT_EQ(set(u"", kBs, "x"), Status::InvalidParameter);
  EXPECT_EQ(set_variable(store, phase, u"A", nullptr, kBs, 1, "x"), Status::InvalidParameter);
  EXPECT_EQ(set_variable(store, phase, u"A", &kVendor, kBs, 1, nullptr), Status::InvalidParameter);
  EXPECT_EQ(set_variable(store, phase, u"A", &kVendor, kBs, ~uint64_t{0}, "x"), Status::InvalidParameter);
  EXPECT_EQ(set(u"A", kRt, "x"), Status::InvalidParameter);
  EXPECT_EQ(set(u"A", kNv | kRt, "x"), Status::InvalidParameter);
  EXPECT_EQ(set(u"A", kBs | 0x100, "x"), Status::InvalidParameter);
  EXPECT_EQ(set(u"A", kBs | 0xA0, "x"), Status::InvalidParameter);
  EXPECT_EQ(set(u"A", kBs, std::string(store.max_variable - 3, 'x')), Status::InvalidParameter);
  EXPECT_EQ(set(u"A", kBs, std::string(store.max_variable - 4, 'x')), Status::Success);
}

TEST_F(VariablesTest, AuthenticatedVariablesAreUnsupported) {
  for (uint32_t attribute : {0x10u, 0x20u, 0x80u}) EXPECT_EQ(set(u"A", kAll | attribute, "x"), Status::Unsupported);
  EXPECT_EQ(set(u"db", kAll | 0x20, "x", kImageSecurityDatabase), Status::Unsupported);
  EXPECT_EQ(set(u"db", kAll, "x", kImageSecurityDatabase), Status::InvalidParameter);
}

TEST_F(VariablesTest, OtherAttributesThanAtCreationChangeNothing) {
  ASSERT_EQ(set(u"A", kAll, "old"), Status::Success);
  EXPECT_EQ(set(u"A", kBs, "new"), Status::InvalidParameter);
  EXPECT_EQ(set(u"A", kBs, ""), Status::InvalidParameter);
  EXPECT_EQ(get(u"A"), "old");
}

TEST_F(VariablesTest, NoDataOrNoAccessDeletes) {
  ASSERT_EQ(set(u"A", kAll, "x"), Status::Success);
  EXPECT_EQ(set(u"A", kAll, ""), Status::Success);
  EXPECT_EQ(get(u"A"), "!NOT_FOUND");
  EXPECT_EQ(set(u"A", kAll, ""), Status::NotFound);
  ASSERT_EQ(set(u"A", kAll, "x"), Status::Success);
  EXPECT_EQ(set(u"A", kNv, "data"), Status::Success);
  EXPECT_EQ(set(u"A", 0, ""), Status::NotFound);
  EXPECT_EQ(remaining(), kArea);
}

TEST_F(VariablesTest, AppendingAddsToTheEnd) {
  EXPECT_EQ(set(u"A", kBs | kAppend, "one"), Status::Success);
  EXPECT_EQ(set(u"B", kBs, "behind"), Status::Success);
  EXPECT_EQ(set(u"A", kBs | kAppend, " and two and three"), Status::Success);
  EXPECT_EQ(set(u"A", kBs | kAppend, ""), Status::Success);
  EXPECT_EQ(set(u"none", kBs | kAppend, ""), Status::Success);
  EXPECT_EQ(get(u"none"), "!NOT_FOUND");
  uint32_t attributes;
  EXPECT_EQ(get(u"A", &attributes), "one and two and three");
  EXPECT_EQ(attributes, kBs);
  EXPECT_EQ(get(u"B"), "behind");
  EXPECT_EQ(set(u"A", kAll | kAppend, "x"), Status::InvalidParameter);
}

TEST_F(VariablesTest, AFullStoreIsOutOfResourcesAndKeepsWhatItHas) {
  std::string big(store.max_variable - 100, 'x');
  ASSERT_EQ(set(u"A", kBs, big), Status::Success);
  EXPECT_EQ(set(u"A", kBs | kAppend, big), Status::OutOfResources);
  ASSERT_EQ(set(u"B", kBs, big), Status::Success);
  EXPECT_EQ(set(u"C", kBs, big), Status::OutOfResources);
  EXPECT_EQ(get(u"A"), big);
  EXPECT_EQ(get(u"B"), big);
  EXPECT_EQ(set(u"C", kBs, std::string(remaining() - 32 - 4, 'c')), Status::Success);
  EXPECT_EQ(remaining(), 0u);
  EXPECT_EQ(set(u"A", kBs, std::string(big.size(), 'y')), Status::Success);
}

TEST_F(VariablesTest, AfterExitBootServicesBootVariablesAreInvisible) {
  ASSERT_EQ(set(u"boot", kNv | kBs, "x"), Status::Success);
  ASSERT_EQ(set(u"both", kAll, "x"), Status::Success);
  phase = Phase::Runtime;
  EXPECT_EQ(get(u"boot"), "!NOT_FOUND");
  EXPECT_EQ(names(), (std::vector<std::u16string>{u"both"}));
  char16_t name[20] = u"boot";
  Guid vendor = kVendor;
  uint64_t size = sizeof(name);
  EXPECT_EQ(get_next_variable_name(store, phase, &size, name, &vendor), Status::InvalidParameter);
  EXPECT_EQ(set(u"boot", 0, ""), Status::NotFound);
  EXPECT_EQ(set(u"boot", kAll, "x"), Status::InvalidParameter);
  phase = Phase::Boot;
  EXPECT_EQ(get(u"boot"), "x");
}

TEST_F(VariablesTest, AfterExitBootServicesOnlyNonVolatileRuntimeVariablesCanBeSet) {
  ASSERT_EQ(set(u"volatile", kBs | kRt, "x"), Status::Success);
  phase = Phase::Runtime;
  EXPECT_EQ(get(u"volatile"), "x");
  EXPECT_EQ(set(u"volatile", kBs | kRt, "y"), Status::WriteProtected);
  EXPECT_EQ(set(u"volatile", 0, ""), Status::WriteProtected);
  EXPECT_EQ(set(u"new", kBs | kRt, "y"), Status::InvalidParameter);
  EXPECT_EQ(set(u"new", kNv | kBs, "y"), Status::InvalidParameter);
  EXPECT_EQ(set(u"new", kAll, "y"), Status::Success);
  EXPECT_EQ(set(u"new", kAll, "changed"), Status::Success);
  EXPECT_EQ(get(u"new"), "changed");
  EXPECT_EQ(set(u"new", kAll, ""), Status::Success);
}

TEST_F(VariablesTest, ReadOnlyVariablesOfTheFirmwareAreWriteProtected) {
  ASSERT_EQ(set_firmware_variable(store, u"BootCurrent", efi::kGlobalVariable, kBs | kRt, 2, "\1\0", true), Status::Success);
  EXPECT_EQ(set(u"BootCurrent", kBs | kRt, "zz", efi::kGlobalVariable), Status::WriteProtected);
  EXPECT_EQ(set(u"BootCurrent", 0, "", efi::kGlobalVariable), Status::WriteProtected);
  EXPECT_EQ(set_firmware_variable(store, u"BootCurrent", efi::kGlobalVariable, kBs | kRt, 2, "\2\0", true), Status::Success);
  EXPECT_EQ(get(u"BootCurrent", nullptr, efi::kGlobalVariable), std::string("\2\0", 2));
  EXPECT_EQ(set_firmware_variable(store, u"BootCurrent", efi::kGlobalVariable, 0, 0, nullptr, true), Status::Success);
  EXPECT_EQ(set_firmware_variable(store, u"BootCurrent", efi::kGlobalVariable, 0, 0, nullptr, true), Status::NotFound);
  EXPECT_EQ(set_firmware_variable(store, u"", kVendor, kBs, 1, "x", false), Status::InvalidParameter);
}

TEST_F(VariablesTest, GlobalVariablesNeedTheirNamesAndAttributes) {
  auto global = [&](const char16_t* name, uint32_t attributes) { return set(name, attributes, "xx", efi::kGlobalVariable); };
  EXPECT_EQ(global(u"Boot0001", kAll), Status::Success);
  EXPECT_EQ(global(u"Boot00aF", kAll), Status::InvalidParameter);
  EXPECT_EQ(global(u"Boot00AF", kAll | kAppend), Status::Success);
  EXPECT_EQ(global(u"Boot00AF0", kAll), Status::InvalidParameter);
  EXPECT_EQ(global(u"Boot", kAll), Status::InvalidParameter);
  EXPECT_EQ(global(u"BootOrder", kBs | kRt), Status::InvalidParameter);
  EXPECT_EQ(global(u"BootOrder", kAll), Status::Success);
  EXPECT_EQ(global(u"ConOutDev", kBs | kRt), Status::Success);
  EXPECT_EQ(global(u"MadeUp", kAll), Status::InvalidParameter);
  EXPECT_EQ(global(u"SecureBoot", kBs | kRt), Status::WriteProtected);
  EXPECT_EQ(global(u"devdbDefault", kBs | kRt), Status::WriteProtected);
  EXPECT_EQ(global(u"PK", kAll), Status::InvalidParameter);
  EXPECT_EQ(global(u"MadeUp", 0), Status::NotFound);
}

TEST_F(VariablesTest, ErrorRecordsNeedTheirNameGuidAndAttributes) {
  EXPECT_EQ(set(u"HwErrRec00FF", kAll | kHr, "x", kHardwareErrorVariable), Status::Success);
  EXPECT_EQ(set(u"HwErrRec00FE", kAll, "x", kHardwareErrorVariable), Status::InvalidParameter);
  EXPECT_EQ(set(u"HwErrRec00FF", kAll | kHr, "x"), Status::InvalidParameter);
  EXPECT_EQ(set(u"Other", kAll | kHr, "x", kHardwareErrorVariable), Status::InvalidParameter);
  EXPECT_EQ(set(u"HwErrRec0001", kBs | kHr, "x", kHardwareErrorVariable), Status::InvalidParameter);
}

TEST_F(VariablesTest, QueryTellsWhatWillFit) {
  uint64_t all = 0, left = 0, one = 0;
  EXPECT_EQ(query_variable_info(store, phase, kNv | kBs, &all, &left, &one), Status::Success);
  EXPECT_EQ(all, kArea);
  EXPECT_EQ(left, kArea);
  EXPECT_EQ(one, kArea / 2);
  EXPECT_EQ(query_variable_info(store, phase, kAll | kHr | kAppend, &all, &left, &one), Status::Success);
  for (uint32_t bad : {0u, kNv, kRt, kNv | kRt, kBs | kHr, kBs | 0x100u}) {
    EXPECT_EQ(query_variable_info(store, phase, bad, &all, &left, &one), Status::InvalidParameter) << bad;
  }
  EXPECT_EQ(query_variable_info(store, phase, kAll | 0x20, &all, &left, &one), Status::Unsupported);
  EXPECT_EQ(query_variable_info(store, phase, kAll, nullptr, &left, &one), Status::InvalidParameter);
  EXPECT_EQ(query_variable_info(store, phase, kAll, &all, nullptr, &one), Status::InvalidParameter);
  EXPECT_EQ(query_variable_info(store, phase, kAll, &all, &left, nullptr), Status::InvalidParameter);
  EXPECT_EQ(query_variable_info(store, Phase::Runtime, kNv | kBs, &all, &left, &one), Status::InvalidParameter);
  EXPECT_EQ(query_variable_info(store, Phase::Runtime, kAll, &all, &left, &one), Status::Success);
}

TEST_F(VariablesTest, OnlyRealChangesOfNonVolatileVariablesAreCounted) {
  ASSERT_EQ(set(u"volatile", kBs, "x"), Status::Success);
  EXPECT_EQ(store.changes, 0u);
  ASSERT_EQ(set(u"A", kAll, "x"), Status::Success);
  EXPECT_EQ(store.changes, 1u);
  ASSERT_EQ(set(u"A", kAll, "x"), Status::Success);
  EXPECT_EQ(store.changes, 1u);
  ASSERT_EQ(set(u"A", 0, ""), Status::Success);
  EXPECT_EQ(store.changes, 2u);
}

TEST_F(VariablesTest, TheStoreWorksWhereverItIsMovedTo) {
  ASSERT_EQ(set(u"A", kAll, "x"), Status::Success);
  auto elsewhere = std::make_unique<Memory>();
  memcpy(static_cast<void*>(elsewhere.get()), &memory, sizeof(memory));
  memset(memory.area, 0xEE, kArea);
  char data = 0;
  uint64_t size = 1;
  EXPECT_EQ(get_variable(elsewhere->store, phase, u"A", &kVendor, nullptr, &size, &data), Status::Success);
  EXPECT_EQ(data, 'x');
}

}  // namespace
}  // namespace efilite::runtime
