// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "abi/hypervisor.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <string>

namespace efilite {
namespace {

class HypervisorLeaves : public testing::Test {
 protected:
  HypervisorLeaves() {
    leaves().clear();
    leaves()[1] = {0, 0, 1u << 31, 0};
  }
  // What a CPU says of leaves that it does not have: the data of its last one.
  static CpuidResult cpuid(uint32_t leaf) {
    auto found = leaves().find(leaf);
    return found != leaves().end() ? found->second : CpuidResult{7, 0x340, 0x340, 0};
  }
  static std::map<uint32_t, CpuidResult>& leaves() {
    static std::map<uint32_t, CpuidResult> all;
    return all;
  }
  static void add(uint32_t base, uint32_t last, std::string_view signature) {
    CpuidResult r{last, 0, 0, 0};
    memcpy(&r.ebx, signature.data(), 12);
    leaves()[base] = r;
  }
  static Hypervisor find() { return find_hypervisor(cpuid); }
};

TEST_F(HypervisorLeaves, AreThoseOfXen) {
  add(0x40000000, 0x40000005, kXenSignature);
  leaves()[0x40000001] = {4u << 16 | 17, 0, 0, 0};
  EXPECT_TRUE(find().is(kXenSignature));
  EXPECT_EQ(find().base, 0x40000000u);
  EXPECT_EQ(find().last, 0x40000005u);
  EXPECT_EQ(hypervisor_version(find(), cpuid), 4u << 16 | 17);
}

TEST_F(HypervisorLeaves, AreTheHypervisorsOwnWhereItPlaysHyperV) {
  add(0x40000000, 0x40000006, kHyperVSignature);
  add(0x40000100, 0x40000104, kXenSignature);
  EXPECT_TRUE(find().is(kXenSignature));
  EXPECT_EQ(find().base, 0x40000100u);
}

TEST_F(HypervisorLeaves, AreHyperVsWhereNobodyElseIs) {
  add(0x40000000, 0x4000000B, kHyperVSignature);
  leaves()[0x40000002] = {0, 10u << 16, 0, 0};
  EXPECT_TRUE(find().is(kHyperVSignature));
  EXPECT_EQ(hypervisor_version(find(), cpuid), 10u << 16);
}

TEST_F(HypervisorLeaves, OfAnOldKvmSayThatTheLastIsZero) {
  add(0x40000000, 0, kKvmSignature);
  EXPECT_TRUE(find().is(kKvmSignature));
  EXPECT_EQ(find().last, 0x40000001u);
  EXPECT_EQ(hypervisor_version(find(), cpuid), 0u);
}

TEST_F(HypervisorLeaves, AreNotLookedForOnABareMachine) {
  add(0x40000000, 0x40000005, kXenSignature);
  leaves()[1] = {};
  EXPECT_FALSE(find().present());
  EXPECT_EQ(hypervisor_version(find(), cpuid), 0u);
}

TEST_F(HypervisorLeaves, AreNoneWhenTheCpuAnswersWithItsLastLeaf) {
  EXPECT_FALSE(find().present());
  EXPECT_EQ(find().signature, (std::array<char, 12>{}));
}

TEST_F(HypervisorLeaves, EndAfterAllPlacesWerePlayedByHyperV) {
  for (uint32_t base = 0x40000000; base < 0x40010000; base += 0x100) add(base, base + 5, kHyperVSignature);
  EXPECT_EQ(find().base, 0x40000000u);
}

}  // namespace
}  // namespace efilite
