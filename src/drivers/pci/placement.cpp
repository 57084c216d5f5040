// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/pci/placement.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace efilite::drivers::pci {

using core::PciWindow;
using core::RegisterSpace;

namespace {

constexpr uint64_t kFourGiB = uint64_t{1} << 32;
constexpr uint64_t kTooMuch = uint64_t{1} << 52;
// Below are a PC's old devices, whatever a window says.
constexpr uint64_t kFirstPort = 0x1000, kFirstByte = 1 << 20;

}  // namespace

// Ranges without a place right behind a bridge: first those that must lie below 4 GiB, and the largest alignment first, so that they leave
// no gaps. A range that was told of may get its place before the next one is asked for.
class Placement::Homeless {
 public:
  Homeless(Function* first, const Function* bridge) : first_(first), bridge_(bridge) {}

  Item next() {
    for (;;) {
      for (; at_.function != nullptr; at_ = {at_.function->next_, 0}) {
        for (; matches(at_.function) && at_.index < Function::kRanges; ++at_.index) {
          const Range& range = at_.range();
          if (range.unplaced() && range.is_64_bit == wide_ && range.alignment == alignment_) return {at_.function, at_.index++};
        }
      }
      alignment_ = next_alignment();
      at_ = {first_, 0};
      if (alignment_ != 0) continue;
      if (wide_) return {};
      wide_ = true;
      alignment_ = UINT64_MAX;
    }
  }

 private:
  bool matches(const Function* function) const { return function->bridge_ == bridge_; }
  uint64_t next_alignment() const {
    uint64_t best = 0;
    for (Function* f = first_; f != nullptr; f = f->next_)
      for (const Range& range : f->ranges_) {
        const bool next = matches(f) && range.unplaced() && range.is_64_bit == wide_ && range.alignment < alignment_;
        if (next) best = std::max(best, range.alignment);
      }
    return best;
  }

  Function* const first_;
  const Function* const bridge_;
  Item at_{};
  uint64_t alignment_ = UINT64_MAX;
  bool wide_ = false;
};

void Placement::run() {
  for (Function* f = first_; f != nullptr; f = f->next_) f->measure();
  // What no bridge passes on has no place.
  for (Function* f = first_; f != nullptr; f = f->next_)
    for (Range& range : f->ranges_)
      if (range.placed() && !f->is_reachable(range)) range.base = 0;
  for (Function* f = last_; f != nullptr; f = f->previous_)
    for (unsigned i = Function::kIoWindow; f->is_bridge() && i < Function::kRanges; ++i) size_window(*f, i);
  place_behind(nullptr);
  for (Function* f = first_; f != nullptr; f = f->next_)
    if (f->is_bridge()) place_behind(f);
}

namespace {

// The window through which a bridge passes on such a range.
unsigned window_for(const Range& range, const Range& prefetchable_window) {
  if (range.space == RegisterSpace::Io) return Function::kIoWindow;
  return range.is_64_bit && range.prefetchable && prefetchable_window.is_64_bit ? Function::kPrefetchableWindow : Function::kMemoryWindow;
}

}  // namespace

void Placement::size_window(Function& bridge, unsigned index) {
  Range& window = bridge.ranges_[index];
  if (window.placed()) return;
  window.size = 0;
  if (window.alignment == 0) return;
  uint64_t size = 0;
  const uint64_t granule = window.alignment;
  Homeless all(first_, &bridge);
  for (Item item = all.next(); item.function != nullptr; item = all.next()) {
    const Range& range = item.range();
    if (window_for(range, bridge.ranges_[Function::kPrefetchableWindow]) != index) continue;
    window.alignment = std::max(window.alignment, range.alignment);
    size = (size + range.alignment - 1) / range.alignment * range.alignment + range.size;
    if (size >= kTooMuch) return;
  }
  window.size = (size + granule - 1) / granule * granule;
  if (size == 0) bridge.write_range(index);
}

namespace {

void complain(const Function& function, const Range& range) {
  const core::PciAddress at = function.address();
  log::line("efilite: PCI bus ", at.bus, ", device ", at.device, ", function ", at.function, ": no room for ", log::Hex{range.size},
            range.space == RegisterSpace::Io ? " I/O ports" : " bytes of memory");
}

}  // namespace

// Some machines have no ports for PCI at all, and then it is no news that a device got none.
bool Placement::has_space(RegisterSpace space) const {
  return std::ranges::any_of(windows_, [space](const PciWindow& window) { return window.space == space; });
}

void Placement::place_behind(Function* bridge) {
  Homeless all(first_, bridge);
  for (Item item = all.next(); item.function != nullptr; item = all.next()) {
    Range& range = item.range();
    if (!place(range, bridge)) {
      if (has_space(range.space)) complain(*item.function, range);
      range.size = 0;
    }
    item.function->write_range(item.index);
  }
}

bool Placement::place(Range& range, const Function* bridge) const {
  if (bridge == nullptr) {
    for (const PciWindow& window : windows_)
      if (place_in(window, range, bridge)) return true;
    return false;
  }
  const unsigned best = window_for(range, bridge->ranges_[Function::kPrefetchableWindow]);
  auto fits = [&](unsigned index) {
    const Range& window = bridge->ranges_[index];
    return window.placed() && place_in({window.space, window.base, window.size}, range, bridge);
  };
  if (fits(best)) return true;
  if (!range.prefetchable) return false;
  return fits(best == Function::kMemoryWindow ? Function::kPrefetchableWindow : Function::kMemoryWindow);
}

bool Placement::place_in(const PciWindow& window, Range& range, const Function* bridge) const {
  if (window.space != range.space) return false;
  const uint64_t end = range.is_64_bit ? window.base + window.size : std::min(window.base + window.size, kFourGiB);
  for (uint64_t from = std::max(window.base, window.space == RegisterSpace::Io ? kFirstPort : kFirstByte);;) {
    auto base = align_up(from, range.alignment);
    if (!base || *base >= end || end - *base < range.size) return false;
    const Range* other = in_the_way(range.space, *base, *base + range.size, bridge);
    if (other == nullptr) {
      range.base = *base;
      return true;
    }
    from = other->end();
  }
}

// Windows of bridges above are no obstacle but where it has to go.
const Range* Placement::in_the_way(RegisterSpace space, uint64_t from, uint64_t to, const Function* bridge) const {
  for (const Function* f = first_; f != nullptr; f = f->next_) {
    const bool above = bridge == f || (bridge != nullptr && bridge->lies_behind(f));
    for (const Range& range : std::span(f->ranges_).first(above ? Function::kBars : Function::kRanges))
      if (range.overlaps(space, from, to)) return &range;
  }
  return nullptr;
}

}  // namespace efilite::drivers::pci
