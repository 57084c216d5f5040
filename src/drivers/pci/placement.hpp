// SPDX-License-Identifier: BSD-2-Clause-Patent
// Gives BARs and bridges' windows their addresses, where nobody has yet. What has a place keeps it, and nothing is put over it.
#pragma once

#include "drivers/pci/function.hpp"

namespace efilite::drivers::pci {

class Placement {
 public:
  // A list of functions in which bridges come before what lies behind them.
  Placement(Function* first, Function* last, std::span<const core::PciWindow> windows) : first_(first), last_(last), windows_(windows) {}
  void run();

 private:
  // A range of a function.
  struct Item {
    Function* function = nullptr;
    unsigned index = 0;
    Range& range() const { return function->ranges_[index]; }
  };
  class Homeless;

  // How large a window has to be for what lies behind its bridge.
  void size_window(Function& bridge, unsigned index);
  void place_behind(Function* bridge);
  bool has_space(core::RegisterSpace space) const;
  bool place(Range& range, const Function* bridge) const;
  bool place_in(const core::PciWindow& window, Range& range, const Function* bridge) const;
  const Range* in_the_way(core::RegisterSpace space, uint64_t from, uint64_t to, const Function* bridge) const;

  Function* const first_;
  Function* const last_;
  const std::span<const core::PciWindow> windows_;
};

}  // namespace efilite::drivers::pci
