// SPDX-License-Identifier: BSD-2-Clause-Patent
// Xen beneath us: what its drivers stand on.
#pragma once

#include "drivers/xen/cpu.hpp"

namespace efilite::boot {

class XenMachine {
 public:
  // Whether this is a guest of Xen's whose hypercalls can be made; where it is not, nothing else here may be used.
  bool detect();
  bool present() const { return leaves_ != 0; }
  drivers::xen::Hypercalls& hypercalls() { return hypercalls_; }
  arch::HypercallBy instruction() const { return hypercalls_.instruction(); }
  uint64_t tsc_khz() const { return drivers::xen::told_tsc_khz(leaves_); }

 private:
  drivers::xen::CpuHypercalls hypercalls_;
  uint32_t leaves_ = 0;  // Xen's first CPUID leaf; 0: this is not Xen
};

}  // namespace efilite::boot
