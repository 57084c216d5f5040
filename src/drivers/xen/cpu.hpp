// SPDX-License-Identifier: BSD-2-Clause-Patent
// Xen as the CPU shows it: its CPUID leaves [Xen public/arch-x86/cpuid.h] and the instruction of its hypercalls.
#pragma once

#include "arch/io.hpp"
#include "base/bytes.hpp"
#include "drivers/xen/hypercalls.hpp"

namespace efilite::drivers::xen {

// Which of Xen's leaves, counted from its first, tells what.
inline constexpr uint32_t kPageLeaf = 2;  // EBX: the MSR that has a page filled with hypercalls
inline constexpr uint32_t kTimeLeaf = 3;  // ECX: the TSC's kHz

// The instruction of this CPU's maker; Nothing: nobody whom we know.
arch::HypercallBy instruction_of_maker();
// The one that Xen itself has written into a page of hypercalls.
arch::HypercallBy instruction_in_page(ByteSpan page);

class CpuHypercalls final : public Hypercalls {
 public:
  void set_instruction(arch::HypercallBy by) { by_ = by; }
  arch::HypercallBy instruction() const { return by_; }
  int64_t call(uint32_t number, uint64_t first, uint64_t second, uint64_t third) override {
    return arch::hypercall(by_, number, first, second, third);
  }

 private:
  arch::HypercallBy by_ = arch::HypercallBy::Nothing;
};

}  // namespace efilite::drivers::xen
