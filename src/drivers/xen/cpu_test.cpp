// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/xen/cpu.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace efilite::drivers::xen {
namespace {

using arch::HypercallBy;

struct Cpu final : arch::FakeCpu {
  std::map<uint32_t, CpuidResult> leaves;
  std::vector<HypercallBy> called;

  Cpu() {
    arch::fake_cpu = this;
    leaves[1].ecx = 1u << 31;
  }
  ~Cpu() { arch::fake_cpu = nullptr; }
  // As leaf 0 and the signatures of hypervisors have their letters.
  void sign(uint32_t leaf, uint32_t last, const char* ebx, const char* ecx, const char* edx) {
    auto letters = [](const char* text) {
      uint32_t word;
      memcpy(&word, text, sizeof word);
      return word;
    };
    leaves[leaf] = {last, letters(ebx), letters(ecx), letters(edx)};
  }
  CpuidResult cpuid(uint32_t leaf, uint32_t) override { return leaves.contains(leaf) ? leaves[leaf] : CpuidResult{}; }
  int64_t hypercall(HypercallBy by, uint32_t number, uint64_t, uint64_t, uint64_t) override {
    called.push_back(by);
    return number;
  }
};

TEST(XenLeaves, AreFoundAtTheirUsualPlace) {
  Cpu cpu;
  EXPECT_EQ(find_leaves(), 0u);
  cpu.sign(0x40000000, 0x40000005, "XenV", "MMXe", "nVMM");
  EXPECT_EQ(find_leaves(), 0x40000000u);
  cpu.leaves[0x40000003].ecx = 2'500'000;
  EXPECT_EQ(told_tsc_khz(find_leaves()), 2'500'000u);
}

TEST(XenLeaves, AreFoundBehindThoseOfAnother) {
  Cpu cpu;
  cpu.sign(0x40000000, 0x40000006, "Micr", "osof", "t Hv");
  EXPECT_EQ(find_leaves(), 0u);
  cpu.sign(0x40000100, 0x40000105, "XenV", "MMXe", "nVMM");
  EXPECT_EQ(find_leaves(), 0x40000100u);
}

TEST(XenLeaves, WithoutAHypervisorNobodyIsAsked) {
  Cpu cpu;
  cpu.sign(0x40000000, 0x40000005, "XenV", "MMXe", "nVMM");
  cpu.leaves[1].ecx = 0;
  EXPECT_EQ(find_leaves(), 0u);
}

TEST(XenLeaves, ABlockThatEndsBeforeTheTimeLeafIsNotTheirs) {
  Cpu cpu;
  cpu.sign(0x40000000, 0x40000001, "XenV", "MMXe", "nVMM");
  EXPECT_EQ(find_leaves(), 0u);
}

TEST(XenHypercalls, TheInstructionIsTheMakersOwn) {
  Cpu cpu;
  cpu.sign(0, 1, "Genu", "ntel", "ineI");
  EXPECT_EQ(instruction_of_maker(), HypercallBy::Vmcall);
  cpu.sign(0, 1, "Auth", "cAMD", "enti");
  EXPECT_EQ(instruction_of_maker(), HypercallBy::Vmmcall);
  cpu.sign(0, 1, "Hygo", "uine", "nGen");
  EXPECT_EQ(instruction_of_maker(), HypercallBy::Vmmcall);
  cpu.sign(0, 1, "Cent", "auls", "aurH");
  EXPECT_EQ(instruction_of_maker(), HypercallBy::Nothing);
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
