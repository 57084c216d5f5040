// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "runtime/services.hpp"

#include <gtest/gtest.h>

#include <csetjmp>
#include <cstring>
#include <memory>
#include <string>

#include "arch/io.hpp"
#include "base/units.hpp"

namespace efilite::runtime {
namespace {

using namespace efi;

EfiStatus status(Status s) { return encode(s); }

struct alignas(4096) Data {
  RuntimeState state;
  alignas(8) std::byte area[8192];
  SystemTable system_table;
  RuntimeServices services;
};

struct ServicesTest : testing::Test {
  std::unique_ptr<Data> data{new Data};
  RuntimeServices& rt = data->services;
  Guid vendor = {1, 2, 3, {}};

  ServicesTest() {
    memset(static_cast<void*>(&data->system_table), 0, sizeof(SystemTable));
    memset(static_cast<void*>(&rt), 0, sizeof(RuntimeServices));
    init(data->state, {data->area, sizeof(data->area), &data->system_table, &rt, {}, true, 0x32});
    fill_runtime_services(rt);
  }
  ~ServicesTest() { set_state_pointer(nullptr); }
};

TEST_F(ServicesTest, EveryFunctionIsThere) {
  auto** functions = reinterpret_cast<void**>(&rt.header + 1);
  for (int i = 0; i < 14; ++i) EXPECT_NE(functions[i], nullptr) << i;
}

TEST_F(ServicesTest, VariablesGoThroughTheTable) {
  char16_t name[] = u"A";
  char value[] = "v";
  uint64_t size = 1;
  char back = 0;
  EXPECT_EQ(rt.set_variable(name, &vendor, 7, 1, value), status(Status::Success));
  EXPECT_EQ(rt.get_variable(name, &vendor, nullptr, &size, &back), status(Status::Success));
  EXPECT_EQ(back, 'v');
  char16_t next[8] = {};
  uint64_t next_size = sizeof(next);
  EXPECT_EQ(rt.get_next_variable_name(&next_size, next, &vendor), status(Status::Success));
  EXPECT_EQ(std::u16string(next), u"A");
  uint64_t all, left, one;
  EXPECT_EQ(rt.query_variable_info(7, &all, &left, &one), status(Status::Success));
  EXPECT_EQ(all, 8192u);
  enter_runtime(data->state);
  EXPECT_EQ(rt.set_variable(name, &vendor, 6, 1, value), status(Status::InvalidParameter));
  EXPECT_EQ(rt.set_variable(name, &vendor, 0, 0, nullptr), status(Status::Success));
}

uint64_t told_growth;

TEST_F(ServicesTest, UntilExitBootServicesSomebodyHearsHowMuchAVariableMayTake) {
  char16_t name[] = u"A";
  char value[100] = {};
  data->state.before_growth = [](uint64_t bytes) { told_growth = bytes; };
  EXPECT_EQ(rt.set_variable(name, &vendor, 7, sizeof value, value), status(Status::Success));
  EXPECT_EQ(told_growth, data->state.variables.used);
  EXPECT_EQ(rt.set_variable(nullptr, &vendor, 7, sizeof value, value), status(Status::InvalidParameter));
  EXPECT_EQ(told_growth, 0u);
  enter_runtime(data->state);
  EXPECT_EQ(rt.set_variable(name, &vendor, 7, 50, value), status(Status::Success));
  EXPECT_EQ(told_growth, 0u);
}

TEST_F(ServicesTest, WithoutAClockTimeIsUnsupportedAndRtPropertiesSaySo) {
  Time time = {2024, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(rt.get_time(&time, nullptr), status(Status::Unsupported));
  EXPECT_EQ(rt.set_time(&time), status(Status::Unsupported));
  EXPECT_EQ(rt.get_time(nullptr, nullptr), status(Status::InvalidParameter));
  EXPECT_EQ(supported_services(data->state), 0x27F0u);
  data->state.clock.source = ClockSource::Cmos;
  EXPECT_EQ(supported_services(data->state), 0x27F3u);
  data->state.clock.source = ClockSource::Xen;
  EXPECT_EQ(supported_services(data->state), 0x27F1u);
}

TEST_F(ServicesTest, ThereIsNoWakeupTimer) {
  Boolean enabled, pending;
  Time time = {2024, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(rt.get_wakeup_time(&enabled, &pending, &time), status(Status::Unsupported));
  EXPECT_EQ(rt.get_wakeup_time(nullptr, &pending, &time), status(Status::InvalidParameter));
  EXPECT_EQ(rt.get_wakeup_time(&enabled, nullptr, &time), status(Status::InvalidParameter));
  EXPECT_EQ(rt.get_wakeup_time(&enabled, &pending, nullptr), status(Status::InvalidParameter));
  EXPECT_EQ(rt.set_wakeup_time(1, &time), status(Status::Unsupported));
  EXPECT_EQ(rt.set_wakeup_time(0, nullptr), status(Status::Unsupported));
  EXPECT_EQ(rt.set_wakeup_time(1, nullptr), status(Status::InvalidParameter));
  time.month = 13;
  EXPECT_EQ(rt.set_wakeup_time(1, &time), status(Status::InvalidParameter));
}

TEST_F(ServicesTest, CapsulesAreUnsupportedOrInvalid) {
  CapsuleHeader capsule = {{}, sizeof(CapsuleHeader), 0, sizeof(CapsuleHeader)};
  CapsuleHeader* list[] = {&capsule};
  CapsuleHeader* holes[] = {nullptr};
  uint64_t max;
  ResetType type;
  EXPECT_EQ(rt.update_capsule(list, 1, 0), status(Status::Unsupported));
  EXPECT_EQ(rt.update_capsule(list, 0, 0), status(Status::InvalidParameter));
  EXPECT_EQ(rt.update_capsule(nullptr, 1, 0), status(Status::InvalidParameter));
  EXPECT_EQ(rt.update_capsule(holes, 1, 0), status(Status::InvalidParameter));
  EXPECT_EQ(rt.query_capsule_capabilities(list, 1, &max, &type), status(Status::Unsupported));
  EXPECT_EQ(rt.query_capsule_capabilities(list, 1, nullptr, &type), status(Status::InvalidParameter));
  EXPECT_EQ(rt.query_capsule_capabilities(list, 1, &max, nullptr), status(Status::InvalidParameter));
  capsule.flags = 0x20000;
  EXPECT_EQ(rt.update_capsule(list, 1, 0), status(Status::InvalidParameter));
  capsule.flags = 0x50000;
  EXPECT_EQ(rt.update_capsule(list, 1, 0), status(Status::Unsupported));
}

TEST_F(ServicesTest, TheHighMonotonicCountIsTheUpperHalfOfTheOne) {
  EXPECT_EQ(next_monotonic_count(data->state), 1u);
  uint32_t high = 0;
  EXPECT_EQ(rt.get_next_high_monotonic_count(&high), status(Status::Success));
  EXPECT_EQ(high, 1u);
  EXPECT_EQ(next_monotonic_count(data->state), 0x100000001u);
  data->state.monotonic_count = 0x1FFFFFFFF;
  EXPECT_EQ(next_monotonic_count(data->state), 0x200000000u);
  EXPECT_EQ(rt.get_next_high_monotonic_count(&high), status(Status::Success));
  EXPECT_EQ(high, 3u);
  EXPECT_EQ(rt.get_next_high_monotonic_count(nullptr), status(Status::InvalidParameter));
}

TEST_F(ServicesTest, TheStatePointerIsPatchedByTheMove) {
  auto here = reinterpret_cast<uint64_t>(data.get());
  uint64_t slot = data->state.code_address & ~kPageMask;
  MemoryDescriptor map[] = {
      {MemoryType::RuntimeServicesCode, 0, slot, 0xFFFFFFEF00000000, 1, kMemoryRuntime},
      {MemoryType::RuntimeServicesData, 0, here, 0xFFFFFFEE80000000, sizeof(Data) / 4096, kMemoryRuntime},
  };
  for (auto& d : map) ASSERT_EQ(note_memory(data->state, d), Status::Success);
  EXPECT_EQ(rt.set_virtual_address_map(sizeof(map), sizeof(map[0]), 1, map), status(Status::Unsupported));
  EXPECT_EQ(state_pointer(), &data->state);
  enter_runtime(data->state);
  auto* set_map = rt.set_virtual_address_map;  // the table's own copy moves as well
  EXPECT_EQ(set_map(sizeof(map), sizeof(map[0]), 2, map), status(Status::InvalidParameter));
  EXPECT_EQ(state_pointer(), &data->state);
  EXPECT_EQ(set_map(sizeof(map), sizeof(map[0]), 1, map), status(Status::Success));
  EXPECT_EQ(reinterpret_cast<uint64_t>(state_pointer()), 0xFFFFFFEE80000000u);
}

TEST_F(ServicesTest, ConvertPointerOutsideOfTheMoveIsUnsupported) {
  void* pointer = this;
  EXPECT_EQ(rt.convert_pointer(0, &pointer), status(Status::Unsupported));
  EXPECT_EQ(rt.convert_pointer(0, nullptr), status(Status::InvalidParameter));
}

jmp_buf stopped;  // an exception does not find its way through ms_abi functions
ResetType seen_type;
int seen = 0;

TEST_F(ServicesTest, ResetTellsTheBootTimeHookOnlyBeforeExitBootServices) {
  arch::fake_stop = [](const char*) { longjmp(stopped, 1); };
  data->state.before_reset = [](ResetType type, EfiStatus, uint64_t, const void*) {
    seen_type = type;
    ++seen;
  };
  if (setjmp(stopped) == 0) rt.reset_system(ResetType::Warm, EfiStatus{}, 0, nullptr);
  EXPECT_EQ(seen, 1);
  EXPECT_EQ(seen_type, ResetType::Warm);
  enter_runtime(data->state);
  if (setjmp(stopped) == 0) rt.reset_system(ResetType::Cold, EfiStatus{}, 0, nullptr);
  EXPECT_EQ(seen, 1);
  arch::fake_stop = nullptr;
}

}  // namespace
}  // namespace efilite::runtime
