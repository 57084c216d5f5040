// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/boot_times.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace efilite::boot {
namespace {

constexpr efi::Guid kLoaderInterface = {0x4A67B082, 0x0A4C, 0x41CF, {0xB6, 0xC7, 0x44, 0x0B, 0x29, 0xBB, 0x8C, 0x4F}};

struct BootTimesTest : testing::Test {
  BootTimesTest() {
    runtime::start_variables(region.store, region.area.data(), region.area.size());
    times.entered(2'500'000);
    times.loading(5'000'000);
    times.starting(7'500'000);
    times.leaving(10'000'001);
  }
  std::u16string variable(const char16_t* name, uint32_t* attributes = nullptr) {
    std::vector<char16_t> text(32);
    uint64_t size = text.size() * 2;
    if (runtime::get_variable(store, runtime::Phase::Boot, name, &kLoaderInterface, attributes, &size, text.data()) != Status::Success)
      return u"?";
    return {text.data(), size / 2};
  }
  struct {
    runtime::VariableStore store;
    alignas(8) std::array<std::byte, 4096> area;
  } region{};
  runtime::VariableStore& store = region.store;
  BootTimes times;
};

TEST_F(BootTimesTest, TheRecordIsInNanoseconds) {
  acpi::BootPerformance record;
  times.write(record, 12'500'000, 2'500'000);
  EXPECT_EQ(record.signature, acpi::signature("FBPT"));
  EXPECT_EQ(record.length, 56u);
  EXPECT_EQ(record.record_length, 48);
  EXPECT_EQ(record.reset_end, 1'000'000u);
  EXPECT_EQ(record.load_image_start, 2'000'000u);
  EXPECT_EQ(record.start_image_start, 3'000'000u);
  EXPECT_EQ(record.exit_boot_services_entry, 4'000'000u);
  EXPECT_EQ(record.exit_boot_services_exit, 5'000'000u);
}

TEST_F(BootTimesTest, CountsOfMonthsDoNotOverflow) {
  acpi::BootPerformance record;
  times.write(record, uint64_t{5'000'000} * 1000 * 86400 * 90 + 4'999'999, 5'000'000);
  EXPECT_EQ(record.exit_boot_services_exit, uint64_t{1'000'000'000} * 86400 * 90 + 999'999);
}

TEST_F(BootTimesTest, WithoutARateThereAreNoTimes) {
  acpi::BootPerformance record;
  times.write(record, 12'500'000, 0);
  EXPECT_EQ(record.length, 56u);
  EXPECT_EQ(record.reset_end, 0u);
  EXPECT_EQ(record.exit_boot_services_exit, 0u);
}

TEST_F(BootTimesTest, TheLoadersVariablesAreDecimalMicroseconds) {
  ASSERT_TRUE(times.set_loader_variables(store, 2'500'000));
  uint32_t attributes = 0;
  EXPECT_EQ(variable(u"LoaderTimeInitUSec", &attributes), std::u16string(u"1000\0", 5));
  EXPECT_EQ(attributes, efi::kVariableBootserviceAccess | efi::kVariableRuntimeAccess);
  EXPECT_EQ(variable(u"LoaderTimeExecUSec"), std::u16string(u"3000\0", 5));
}

TEST_F(BootTimesTest, TheTableLeadsToTheRecord) {
  const acpi::Fpdt table = make_fpdt(0x12345678);
  EXPECT_EQ(table.header.signature, acpi::signature("FPDT"));
  EXPECT_EQ(table.header.length, 52u);
  EXPECT_EQ(table.record_length, 16);
  EXPECT_EQ(+table.boot_table, 0x12345678u);
}

TEST_F(BootTimesTest, AStepTooManyIsForgotten) {
  for (uint64_t i = 0; i < 100; ++i) times.mark("step", i);
  EXPECT_EQ(times.steps().back().tsc, times.steps().size() - 1);
}

}  // namespace
}  // namespace efilite::boot
