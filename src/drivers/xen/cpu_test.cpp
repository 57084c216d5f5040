// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/xen/cpu.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string_view>
#include <vector>

namespace efilite::drivers::xen {
namespace {

using arch::HypercallBy;

struct Cpu final : arch::FakeCpu {
  CpuidResult maker{};
  std::vector<HypercallBy> called;

  Cpu() { arch::fake_cpu = this; }
  ~Cpu() { arch::fake_cpu = nullptr; }
  CpuidResult cpuid(uint32_t leaf, uint32_t) override { return leaf == 0 ? maker : CpuidResult{}; }
  int64_t hypercall(HypercallBy by, uint32_t number, uint64_t, uint64_t, uint64_t) override {
    called.push_back(by);
    return number;
  }
};

TEST(XenHypercalls, TheInstructionIsTheMakersOwn) {
  Cpu cpu;
  auto of = [&](std::string_view name) {  // whose letters are in EBX, EDX and ECX
    memcpy(&cpu.maker.ebx, name.data(), 4);
    memcpy(&cpu.maker.edx, name.data() + 4, 4);
    memcpy(&cpu.maker.ecx, name.data() + 8, 4);
    return instruction_of_maker();
  };
  EXPECT_EQ(of("GenuineIntel"), HypercallBy::Vmcall);
  EXPECT_EQ(of("AuthenticAMD"), HypercallBy::Vmmcall);
  EXPECT_EQ(of("HygonGenuine"), HypercallBy::Vmmcall);
  EXPECT_EQ(of("CentaurHauls"), HypercallBy::Nothing);
}

TEST(XenHypercalls, TheInstructionOfAnUnknownMakerIsReadFromXensPage) {
  auto page = [](std::vector<uint8_t> bytes) {
    return instruction_in_page(std::as_bytes(std::span(bytes)));
  };
  EXPECT_EQ(page({0xB8, 0, 0, 0, 0, 0x0F, 0x01, 0xC1, 0xC3}), HypercallBy::Vmcall);
  EXPECT_EQ(page({0xB8, 0, 0, 0, 0, 0x0F, 0x01, 0xD9, 0xC3}), HypercallBy::Vmmcall);
  EXPECT_EQ(page({0xF3, 0x0F, 0x1E, 0xFA, 0xB8, 0, 0, 0, 0, 0x0F, 0x01, 0xD9, 0xC3}), HypercallBy::Vmmcall);
  EXPECT_EQ(page({0xB8, 0, 0, 0, 0, 0x0F, 0x05, 0xC3}), HypercallBy::Nothing);
  EXPECT_EQ(page({0x0F, 0x01}), HypercallBy::Nothing);
  std::vector<uint8_t> too_late(64);
  too_late[32] = 0x0F, too_late[33] = 0x01, too_late[34] = 0xC1;
  EXPECT_EQ(page(too_late), HypercallBy::Nothing);
}

TEST(XenHypercalls, GoByTheChosenInstruction) {
  Cpu cpu;
  CpuHypercalls xen;
  xen.set_instruction(HypercallBy::Vmmcall);
  EXPECT_EQ(*xen.checked_call(17, 0), 17u);
  EXPECT_EQ(cpu.called, std::vector{HypercallBy::Vmmcall});
}

}  // namespace
}  // namespace efilite::drivers::xen
