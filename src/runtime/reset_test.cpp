// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "runtime/reset.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

#include "abi/xen.hpp"
#include "arch/io.hpp"

namespace efilite::runtime {
namespace {

using efi::ResetType;
using Space = ResetRegister::Space;

struct Stopped {};

// Writes every access down, and ends the "machine" at a chosen one.
struct Machine : arch::FakeIo {
  std::vector<std::string> did;
  std::string debug;
  std::string ends_at;
  uint8_t keyboard_status = 0;

  Machine() {
    arch::fake_io = this;
    arch::fake_stop = [](const char*) { throw Stopped{}; };
  }
  ~Machine() {
    arch::fake_io = nullptr;
    arch::fake_stop = nullptr;
  }
  void note(const char* kind, uint64_t where, uint32_t value, int bytes) {
    char text[64];
    snprintf(text, sizeof(text), "%s%d %llx=%x", kind, bytes * 8, static_cast<unsigned long long>(where), value);
    did.push_back(text);
    if (did.back() == ends_at) throw Stopped{};
  }
  uint32_t in(uint16_t port, int) override { return port == 0x64 ? keyboard_status : port == 0x604 || port == 0x608 ? 0x3C01 : 0xFFFF; }
  void out(uint16_t port, uint32_t value, int bytes) override {
    if (port == 0x402) debug += static_cast<char>(value);
    else note("out", port, value, bytes);
  }
  void mmio_write(uint64_t address, uint32_t value, int bytes) override { note("mmio", address, value, bytes); }

  std::vector<std::string> run(const ResetFacts& facts, ResetType type) {
    EXPECT_THROW(reset_machine(facts, type), Stopped);
    return did;
  }
};

using Steps = std::vector<std::string>;

TEST(Reset, ColdUsesTheResetRegisterFirst) {
  Machine machine;
  ResetFacts facts;
  facts.reset = {0xCF9, Space::Io};
  facts.reset_value = 0x0F;
  facts.keyboard_controller = true;
  facts.debug_port = 0x402;
  EXPECT_EQ(machine.run(facts, ResetType::Cold), (Steps{"out8 cf9=f", "out8 64=fe", "out8 cf9=a", "out8 cf9=e"}));
  EXPECT_EQ(machine.debug, "ResetSystem: EfiResetCold\n");
}

TEST(Reset, WithoutFactsTheWaysOfEveryPcRemain) {
  Machine machine;
  EXPECT_EQ(machine.run({}, ResetType::Warm), (Steps{"out8 cf9=2", "out8 cf9=6"}));
  EXPECT_EQ(machine.debug, "");
}

TEST(Reset, TheRegisterMayLieInMemoryOrInPciSpace) {
  {
    Machine machine;
    ResetFacts facts;
    facts.reset = {0xFEA00001, Space::Memory};
    facts.reset_value = 0x42;
    machine.ends_at = "mmio8 fea00001=42";
    EXPECT_EQ(machine.run(facts, ResetType::Cold), (Steps{"mmio8 fea00001=42"}));
  }
  {
    Machine machine;
    ResetFacts facts;
    facts.reset = {uint64_t{3} << 32 | 1 << 16 | 0x46, Space::PciConfig};
    facts.reset_value = 7;
    machine.ends_at = "out8 cfe=7";
    EXPECT_EQ(machine.run(facts, ResetType::Cold), (Steps{"out32 cf8=80001944", "out8 cfe=7"}));
  }
}

TEST(Reset, PlatformSpecificIsToldAndIsCold) {
  Machine machine;
  ResetFacts facts;
  facts.debug_port = 0x402;
  EXPECT_EQ(machine.run(facts, ResetType::PlatformSpecific), (Steps{"out8 cf9=a", "out8 cf9=e"}));
  EXPECT_EQ(machine.debug, "ResetSystem: EfiResetPlatformSpecific\n");
}

TEST(Reset, AnUnknownTypeIsCold) {
  Machine machine;
  ResetFacts facts;
  facts.debug_port = 0x402;
  machine.run(facts, static_cast<ResetType>(77));
  EXPECT_EQ(machine.debug, "ResetSystem: EfiResetCold\n");
}

TEST(Reset, ShutdownWritesThePm1Blocks) {
  Machine machine;
  ResetFacts facts;
  facts.s5_known = true;
  facts.s5_sleep_type_a = 5;
  facts.s5_sleep_type_b = 0;
  facts.pm1a_control = 0x604;
  facts.pm1b_control = 0x608;
  facts.debug_port = 0x402;
  machine.ends_at = "out16 608=2001";
  EXPECT_EQ(machine.run(facts, ResetType::Shutdown), (Steps{"out16 604=1401", "out16 604=3401", "out16 608=1", "out16 608=2001"}));
  EXPECT_EQ(machine.debug, "ResetSystem: EfiResetShutdown\n");
}

TEST(Reset, ShutdownUsesTheSleepControlRegister) {
  Machine machine;
  ResetFacts facts;
  facts.s5_known = true;
  facts.s5_sleep_type_a = 5;
  facts.sleep_control = {0x600, Space::Io};
  machine.ends_at = "out8 600=34";
  EXPECT_EQ(machine.run(facts, ResetType::Shutdown), (Steps{"out8 600=34"}));
}

TEST(Reset, AMachineThatCannotPowerOffSaysSoAndResets) {
  Machine machine;
  ResetFacts facts;
  facts.debug_port = 0x402;
  facts.pm1a_control = 0x604;  // but no \_S5: the values are not known
  EXPECT_EQ(machine.run(facts, ResetType::Shutdown), (Steps{"out8 cf9=a", "out8 cf9=e"}));
  EXPECT_EQ(machine.debug, "ResetSystem: EfiResetShutdown\nResetSystem: no way to power off this machine, resetting instead\n");
}

struct Xen final : arch::FakeCpu {
  std::vector<unsigned> reasons;
  bool refuses = false;
  Xen() { arch::fake_cpu = this; }
  ~Xen() { arch::fake_cpu = nullptr; }
  int64_t hypercall(arch::HypercallBy by, uint32_t number, uint64_t operation, uint64_t argument, uint64_t) override {
    EXPECT_EQ(by, arch::HypercallBy::Vmmcall);
    EXPECT_EQ(number, uint32_t{__HYPERVISOR_sched_op});
    EXPECT_EQ(operation, uint64_t{SCHEDOP_shutdown});
    reasons.push_back(reinterpret_cast<const sched_shutdown*>(argument)->reason);
    if (refuses) return -1;
    throw Stopped{};
  }
};

TEST(Reset, AGuestOfXensEndsByItsHypercallAndNothingElse) {
  Machine machine;
  Xen xen;
  ResetFacts facts;
  facts.xen = arch::HypercallBy::Vmmcall;
  facts.reset = {0xCF9, Space::Io};
  facts.sleep_control = {0x600, Space::Io};
  facts.s5_known = facts.keyboard_controller = true;
  facts.pm1a_control = 0x604;
  facts.debug_port = 0x402;
  for (ResetType type : {ResetType::Cold, ResetType::Warm, ResetType::Shutdown, ResetType::PlatformSpecific, ResetType{9}})
    EXPECT_EQ(machine.run(facts, type), Steps{});
  EXPECT_EQ(xen.reasons, (std::vector<unsigned>{SHUTDOWN_reboot, SHUTDOWN_reboot, SHUTDOWN_poweroff, SHUTDOWN_reboot, SHUTDOWN_reboot}));
}

TEST(Reset, AXenThatRefusesSeesATripleFault) {
  Machine machine;
  Xen xen;
  xen.refuses = true;
  ResetFacts facts;
  facts.xen = arch::HypercallBy::Vmmcall;
  facts.debug_port = 0x402;
  EXPECT_EQ(machine.run(facts, ResetType::Shutdown), Steps{});
  EXPECT_EQ(machine.debug, "ResetSystem: EfiResetShutdown\nResetSystem: no way to power off this machine, resetting instead\n");
}

TEST(Reset, AStuckKeyboardControllerIsNotWaitedForForEver) {
  Machine machine;
  machine.keyboard_status = 0xFF;
  ResetFacts facts;
  facts.keyboard_controller = true;
  EXPECT_EQ(machine.run(facts, ResetType::Cold), (Steps{"out8 64=fe", "out8 cf9=a", "out8 cf9=e"}));
}

}  // namespace
}  // namespace efilite::runtime
