// SPDX-License-Identifier: BSD-2-Clause-Patent
// From the way the platform itself names to the ways every PC knows; each is given a moment before the next is tried.
#include "runtime/reset.hpp"

#include "abi/xen.hpp"

namespace efilite::runtime {
namespace {

using Space = ResetRegister::Space;

constexpr uint16_t kDelayPort = 0x80;
constexpr uint16_t kKeyboardPort = 0x64;
constexpr uint16_t kResetControlPort = 0xCF9;
constexpr uint16_t kPciAddressPort = 0xCF8;
constexpr uint16_t kPciDataPort = 0xCFC;

// Arrays, not pointers to strings: nothing here may need relocating.
constexpr char kPrefix[] = "ResetSystem: ";
constexpr char kNames[4][32] = {"EfiResetCold\n", "EfiResetWarm\n", "EfiResetShutdown\n", "EfiResetPlatformSpecific\n"};
constexpr char kNoPowerOff[] = "ResetSystem: no way to power off this machine, resetting instead\n";

void tell(const ResetFacts& facts, const char* text) {
  if (facts.debug_port == 0) return;
  for (; *text != 0; ++text) arch::out8(facts.debug_port, static_cast<uint8_t>(*text));
}

void wait_a_moment() {
  for (int i = 0; i < 2000; ++i) arch::in8(kDelayPort);
}

// Powering off is done by the hypervisor's other threads, which a busy host may keep waiting: about ten seconds.
void wait_for_power_off() {
  for (int i = 0; i < 5000; ++i) wait_a_moment();
}

void write(const ResetRegister& where, uint8_t value) {
  switch (where.space) {
    case Space::Memory:
      arch::mmio_write8(where.address, value);
      break;
    case Space::Io:
      arch::out8(static_cast<uint16_t>(where.address), value);
      break;
    case Space::PciConfig: {  // bus 0; device, function and offset in 16 bits each
      auto device = static_cast<uint32_t>(where.address >> 32) & 0x1F;
      auto function = static_cast<uint32_t>(where.address >> 16) & 7;
      auto offset = static_cast<uint32_t>(where.address) & 0xFF;
      arch::out32(kPciAddressPort, 0x80000000u | device << 11 | function << 8 | (offset & 0xFC));
      arch::out8(static_cast<uint16_t>(kPciDataPort + (offset & 3)), value);
      break;
    }
    case Space::None:
      return;
  }
  wait_a_moment();
}

void pm1_sleep(uint16_t port, uint8_t type) {
  constexpr uint16_t kSleepType = 7 << 10;
  constexpr uint16_t kSleepEnable = 1 << 13;
  auto control = static_cast<uint16_t>((arch::in16(port) & ~(kSleepType | kSleepEnable)) | ((type & 7) << 10));
  arch::out16(port, control);
  arch::out16(port, control | kSleepEnable);
}

void power_off(const ResetFacts& facts) {
  if (facts.s5_known) {
    // [ACPI 6.5, 4.8.3.7] SLP_TYP in bits 2..4, SLP_EN in bit 5
    write(facts.sleep_control, static_cast<uint8_t>((facts.s5_sleep_type_a & 7) << 2 | 1 << 5));
    if (facts.pm1a_control) pm1_sleep(facts.pm1a_control, facts.s5_sleep_type_a);
    if (facts.pm1b_control) pm1_sleep(facts.pm1b_control, facts.s5_sleep_type_b);
    if (facts.pm1a_control || facts.sleep_control.space != Space::None) wait_for_power_off();
  }
  tell(facts, kNoPowerOff);
}

// Xen finds the reason by the page tables of whoever calls, so that it does not matter whether we have been moved.
void shut_down(arch::HypercallBy by, bool off) {
  sched_shutdown why{.reason = off ? unsigned{SHUTDOWN_poweroff} : unsigned{SHUTDOWN_reboot}};
  arch::hypercall(by, __HYPERVISOR_sched_op, SCHEDOP_shutdown, reinterpret_cast<uint64_t>(&why), 0);
}

void pulse_keyboard_reset() {
  constexpr uint8_t kInputFull = 2;
  for (int i = 0; i < 1000 && (arch::in8(kKeyboardPort) & kInputFull); ++i) arch::in8(kDelayPort);
  arch::out8(kKeyboardPort, 0xFE);
  wait_a_moment();
}

}  // namespace

void reset_machine(const ResetFacts& facts, efi::ResetType type) {
  auto index = static_cast<uint32_t>(type);
  if (index > 3) index = 0;  // not a type of the specification's: the plainest reset there is
  tell(facts, kPrefix);
  tell(facts, kNames[index]);
  const bool off = index == static_cast<uint32_t>(efi::ResetType::Shutdown);
  if (facts.xen != arch::HypercallBy::Nothing) {
    shut_down(facts.xen, off);
    if (off) tell(facts, kNoPowerOff);
    arch::triple_fault();
  }
  if (off) power_off(facts);

  write(facts.reset, facts.reset_value);
  if (facts.keyboard_controller) pulse_keyboard_reset();
  bool warm = index == static_cast<uint32_t>(efi::ResetType::Warm);
  arch::out8(kResetControlPort, warm ? 0x02 : 0x0A);
  arch::out8(kResetControlPort, warm ? 0x06 : 0x0E);
  wait_a_moment();
  arch::triple_fault();
}

}  // namespace efilite::runtime
