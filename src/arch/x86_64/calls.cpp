// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "arch/x86_64/calls.hpp"

#include <bit>
#include <cstring>

namespace efilite::arch {
namespace {

constexpr uint64_t kEach = 0x0101010101010101, kCall = 0xE8;  // 0xE9 jumps
constexpr ptrdiff_t kLeftAlone = 12;

// The operand of a call whose next instruction is at `next`. What is neither a call nor a jump looks like one now and then; where it looked
// like a changed one, too, it was changed the other way, as often as it took.
uint32_t restored(uint32_t operand, uint32_t next, PhysRange image) {
  const auto is_target = [&](uint32_t address) { return address - image.begin.value < image.size(); };
  if (const uint32_t target = std::byteswap(operand); is_target(target)) return target - next;
  while (is_target(operand + next)) operand = std::byteswap(operand + next);
  return operand;
}

}  // namespace

void restore_calls(MutableByteSpan code, uint32_t address, PhysRange image) {
  std::byte* at = code.data();
  std::byte* const end = at + code.size();
  while (end - at >= kLeftAlone) {
    uint64_t next;
    memcpy(&next, at, sizeof next);
    // The lowest byte that is zero now is the first call or jump.
    next = (next & ~kEach) ^ kEach * kCall;
    const uint64_t zeros = (next - kEach) & ~next & kEach << 7;
    if (zeros == 0) {
      at += sizeof next;
      continue;
    }
    at += std::countr_zero(zeros) / 8;
    if (end - at < kLeftAlone) break;
    uint32_t operand;
    memcpy(&operand, at + 1, sizeof operand);
    operand = restored(operand, address + static_cast<uint32_t>(at + 5 - code.data()), image);
    memcpy(at + 1, &operand, sizeof operand);
    at += 5;
  }
}

}  // namespace efilite::arch
