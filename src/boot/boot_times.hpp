// SPDX-License-Identifier: BSD-2-Clause-Patent
// When each step of the boot happened, by the time stamp counter, and who is told: ACPI's FPDT, which is how `systemd-analyze` knows how
// long firmware and loader took, and the variables of the boot loader interface where efilite itself is what loads the kernel.
#pragma once

#include <span>

#include "abi/acpi.hpp"
#include "base/result.hpp"
#include "base/static_vector.hpp"
#include "runtime/variables.hpp"

namespace efilite::boot {

class BootTimes {
 public:
  struct Step {
    const char* name;
    uint64_t tsc;
  };

  constexpr BootTimes() = default;

  // For the log, in the order of the calls. A step too many is forgotten.
  void mark(const char* name, uint64_t tsc) { (void)steps_.push_back({name, tsc}); }
  std::span<const Step> steps() const { return {steps_.begin(), steps_.end()}; }

  // Of programs that are started one after the other the last counts.
  void entered(uint64_t tsc) { entered_ = tsc; }
  void loading(uint64_t tsc) { loading_ = tsc; }
  void starting(uint64_t tsc) { starting_ = tsc; }
  void leaving(uint64_t tsc) { leaving_ = tsc; }

  // The record of [ACPI 6.5, 5.2.24.5] as of now, which is when ExitBootServices returns. With a rate of 0, for nobody knows it, all is 0,
  // by which it says that there are no times.
  void write(acpi::BootPerformance& record, uint64_t now, uint64_t tsc_khz) const;
  // LoaderTimeInitUSec and LoaderTimeExecUSec [systemd, boot loader interface]: decimal microseconds.
  Result<> set_loader_variables(runtime::VariableStore& store, uint64_t tsc_khz) const;

 private:
  static constexpr size_t kMostSteps = 16;

  StaticVector<Step, kMostSteps> steps_;
  uint64_t entered_ = 0, loading_ = 0, starting_ = 0, leaving_ = 0;
};

// The table that leads to the record at `address`, to be summed up by whoever puts it in its place.
acpi::Fpdt make_fpdt(uint64_t address);

}  // namespace efilite::boot
