// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/pci/function.hpp"

#include <linux/pci_regs.h>

#include "drivers/pci/root_bus.hpp"

namespace efilite::drivers::pci {

using core::RegisterSpace;

namespace {

constexpr uint16_t kHostBridgeClass = 0x0600;
constexpr uint16_t kDecoding = PCI_COMMAND_IO | PCI_COMMAND_MEMORY;
constexpr unsigned kMostCapabilities = (256 - PCI_STD_HEADER_SIZEOF) / PCI_CAP_SIZEOF;
constexpr uint64_t kMemoryGranule = 1 << 20, kIoGranule = 1 << 12;  // of a bridge's windows
// Addresses have no more bits than the CPU can map one to one.
constexpr uint64_t kAddressEnd = uint64_t{1} << 52;
constexpr uint64_t kPortsEnd = 0x10000;

constexpr uint8_t kMultiFunction = 0x80;  // of the header type

constexpr uint16_t bar_offset(unsigned index) { return static_cast<uint16_t>(PCI_BASE_ADDRESS_0 + 4 * index); }

}  // namespace

uint8_t find_capability(core::PciFunction& function, uint8_t id, uint8_t after) {
  if ((function.read_config(PCI_STATUS, 2) & PCI_STATUS_CAP_LIST) == 0) return 0;
  uint16_t link = after == 0 ? PCI_CAPABILITY_LIST : static_cast<uint16_t>(after + PCI_CAP_LIST_NEXT);
  for (unsigned left = kMostCapabilities; left != 0; --left) {
    const auto at = static_cast<uint8_t>(function.read_config(link, 1) & 0xFC);
    if (at < PCI_STD_HEADER_SIZEOF) return 0;
    if (function.read_config(at, 1) == id) return at;
    link = static_cast<uint16_t>(at + PCI_CAP_LIST_NEXT);
  }
  return 0;
}

// While the size of a BAR is asked for it says nothing of where it lies. A host bridge may be the way to memory itself.
class Function::DecodingOff {
 public:
  explicit DecodingOff(Function& function) : function_(function), before_(function.read_config(PCI_COMMAND, 2)) {
    if (touches()) function_.write_config(PCI_COMMAND, 2, before_ & ~kDecoding);
  }
  ~DecodingOff() {
    if (touches()) function_.write_config(PCI_COMMAND, 2, before_);
  }
  DecodingOff(const DecodingOff&) = delete;
  DecodingOff& operator=(const DecodingOff&) = delete;

 private:
  bool touches() const {
    return (before_ & kDecoding) != 0 && function_.read_config(PCI_CLASS_DEVICE, 2) != kHostBridgeClass;
  }

  Function& function_;
  const uint32_t before_;
};

uint16_t Function::config_size() const { return root_.config_.config_size(); }
uint32_t Function::read_config(uint16_t offset, unsigned size) { return root_.config_.read(address_, offset, size); }
void Function::write_config(uint16_t offset, unsigned size, uint32_t value) { root_.config_.write(address_, offset, size, value); }
core::Registers& Function::registers() { return root_.registers_; }

core::PciBar Function::bar(unsigned index) const {
  if (index >= kBars) return {};
  root_.prepare(const_cast<Function&>(*this));  // what is asked for does not change; knowing it does
  return ranges_[index];
}

void Function::set_command(uint16_t set, uint16_t clear) {
  if ((set & kDecoding) != 0) root_.prepare(*this);
  change_command(set, clear);
  // Nothing reaches it, and it reaches nothing, but through its bridges.
  for (Function* above = bridge_; above != nullptr && set != 0; above = above->bridge_)
    above->change_command(set & (kDecoding | PCI_COMMAND_MASTER), 0);
}

void Function::change_command(uint16_t set, uint16_t clear) {
  const uint32_t before = read_config(PCI_COMMAND, 2), after = (before | set) & ~uint32_t{clear};
  if (after != before) write_config(PCI_COMMAND, 2, after);
}

bool Function::is_bridge() const { return (header_type_ & PCI_HEADER_TYPE_MASK) == PCI_HEADER_TYPE_BRIDGE; }
bool Function::is_multi_function() const { return (header_type_ & kMultiFunction) != 0; }

bool Function::leads_to_one_device() {
  const uint8_t express = find_capability(*this, PCI_CAP_ID_EXP);
  if (express == 0) return false;
  const uint32_t type = (read_config(static_cast<uint16_t>(express + PCI_EXP_FLAGS), 2) & PCI_EXP_FLAGS_TYPE) >> 4;
  return type == PCI_EXP_TYPE_ROOT_PORT || type == PCI_EXP_TYPE_DOWNSTREAM;
}

bool Function::lies_behind(const Function* bridge) const {
  const Function* above = bridge_;
  while (above != nullptr && above != bridge) above = above->bridge_;
  return above == bridge;
}

// ---- learning

void Function::measure() {
  if (measured_) return;
  measured_ = true;
  const unsigned bars = is_bridge() ? 2 : (header_type_ & PCI_HEADER_TYPE_MASK) == PCI_HEADER_TYPE_NORMAL ? kBars : 0;
  {
    DecodingOff off(*this);
    for (unsigned i = 0; i < bars; ++i) {
      const bool wide = measure_bar(i);
      if (wide) ++i;
    }
  }
  for (unsigned i = kIoWindow; is_bridge() && i < kRanges; ++i) learn_window(i);
}

// What the register has implemented, by writing ones. It keeps its value.
uint32_t Function::ones_that_stay(uint16_t offset, unsigned size, uint32_t before) {
  write_config(offset, size, ~uint32_t{0} >> (32 - 8 * size));
  const uint32_t found = read_config(offset, size);
  write_config(offset, size, before);
  return found;
}

// [PCI 3.0, 6.2.5.1] The lowest bit of the address that can be written is the size.
bool Function::measure_bar(unsigned index) {
  Range& range = ranges_[index];
  const uint16_t at = bar_offset(index);
  const uint32_t low = read_config(at, 4);
  uint64_t bits = ones_that_stay(at, 4, low);
  if (bits == 0 || bits == ~uint32_t{0}) return false;  // the latter is no BAR, and no device
  uint64_t base = low;
  if ((low & PCI_BASE_ADDRESS_SPACE_IO) != 0) {
    range.space = RegisterSpace::Io;
    base &= PCI_BASE_ADDRESS_IO_MASK;
    bits &= PCI_BASE_ADDRESS_IO_MASK & 0xFFFFFFFF;
  } else {
    const uint32_t type = low & PCI_BASE_ADDRESS_MEM_TYPE_MASK;
    range.is_64_bit = type == PCI_BASE_ADDRESS_MEM_TYPE_64 && index + 1 < (is_bridge() ? 2 : kBars);
    range.prefetchable = (low & PCI_BASE_ADDRESS_MEM_PREFETCH) != 0;
    if (range.is_64_bit) {
      const uint32_t high = read_config(bar_offset(index + 1), 4);
      base |= uint64_t{high} << 32;
      bits |= uint64_t{ones_that_stay(bar_offset(index + 1), 4, high)} << 32;
    } else if (type == PCI_BASE_ADDRESS_MEM_TYPE_64) {
      bits = 0;  // half of a BAR
    }
    base &= PCI_BASE_ADDRESS_MEM_MASK;
    bits &= PCI_BASE_ADDRESS_MEM_MASK;
  }
  range.size = range.alignment = bits & (0 - bits);
  const uint64_t end = range.space == RegisterSpace::Io ? kPortsEnd : range.is_64_bit ? kAddressEnd : uint64_t{1} << 32;
  if (range.size > end) range.size = 0;
  if (base % (range.size != 0 ? range.size : 1) == 0 && base <= end - range.size) range.base = base;
  return range.is_64_bit;
}

// The windows for I/O and prefetchable memory may be missing, and read as zeros then.
bool Function::has_window(unsigned index) {
  const uint16_t at = index == kIoWindow ? PCI_IO_BASE : PCI_PREF_MEMORY_BASE;
  DecodingOff off(*this);
  return ones_that_stay(at, 1, read_config(at, 1)) != 0;
}

// [PCI-to-PCI Bridge 1.2, 3.2.5] A window that begins at 0 was never set: nobody has a device there.
void Function::learn_window(unsigned index) {
  Range& window = ranges_[index];
  uint64_t base, limit;
  if (index == kIoWindow) {
    const uint32_t both = read_config(PCI_IO_BASE, 2);
    window.space = RegisterSpace::Io;
    base = (both & PCI_IO_RANGE_MASK & 0xFF) << 8;
    limit = (both >> 8 & PCI_IO_RANGE_MASK) << 8 | (kIoGranule - 1);
    if ((both & PCI_IO_RANGE_TYPE_MASK) == PCI_IO_RANGE_TYPE_32) {
      base |= uint64_t{read_config(PCI_IO_BASE_UPPER16, 2)} << 16;
      limit |= uint64_t{read_config(PCI_IO_LIMIT_UPPER16, 2)} << 16;
    }
  } else {
    const bool prefetchable = index == kPrefetchableWindow;
    const uint32_t both = read_config(prefetchable ? PCI_PREF_MEMORY_BASE : PCI_MEMORY_BASE, 4);
    window.prefetchable = prefetchable;
    window.is_64_bit = prefetchable && (both & PCI_PREF_RANGE_TYPE_MASK) == PCI_PREF_RANGE_TYPE_64;
    base = (both & 0xFFF0) << 16;
    limit = (both & 0xFFF00000) | (kMemoryGranule - 1);
    if (window.is_64_bit) {
      base |= uint64_t{read_config(PCI_PREF_BASE_UPPER32, 4)} << 32;
      limit |= uint64_t{read_config(PCI_PREF_LIMIT_UPPER32, 4)} << 32;
    }
  }
  window.alignment = index == kIoWindow ? kIoGranule : kMemoryGranule;
  if (base != 0 && base <= limit && limit < (index == kIoWindow ? kPortsEnd : kAddressEnd)) {
    window.base = base;
    window.size = limit + 1 - base;
  } else if (index != kMemoryWindow && !has_window(index)) {
    window.alignment = 0;
  }
}

bool Function::is_reachable(const Range& range) const {
  if (bridge_ == nullptr) return true;
  for (unsigned i = kIoWindow; i < kRanges; ++i) {
    const Range& window = bridge_->ranges_[i];
    if (window.placed() && window.space == range.space && window.base <= range.base && range.end() <= window.end()) return true;
  }
  return false;
}

bool Function::is_settled() const {
  for (const Range& range : ranges_)
    if (range.size != 0 && (range.base == 0 || !is_reachable(range))) return false;
  return true;
}

// ---- assigning

void Function::write_range(unsigned index) {
  const Range& range = ranges_[index];
  if (index >= kBars) return write_window(index);
  if (!range.placed()) return;
  DecodingOff off(*this);
  write_config(bar_offset(index), 4, static_cast<uint32_t>(range.base));
  if (range.is_64_bit) write_config(bar_offset(index + 1), 4, static_cast<uint32_t>(range.base >> 32));
}

// A closed window has its limit below its base.
void Function::write_window(unsigned index) {
  const Range& window = ranges_[index];
  const uint64_t base = window.placed() ? window.base : 0xFFFFFFFF;
  const uint64_t limit = window.placed() ? window.end() - 1 : 0;
  DecodingOff off(*this);
  if (index == kIoWindow) {
    write_config(PCI_IO_BASE, 2, static_cast<uint32_t>((base >> 8 & 0xF0) | (limit & 0xF000)));
    write_config(PCI_IO_BASE_UPPER16, 4, 0);
  } else {
    const bool prefetchable = index == kPrefetchableWindow;
    write_config(prefetchable ? PCI_PREF_MEMORY_BASE : PCI_MEMORY_BASE, 4,
                 static_cast<uint32_t>((base >> 16 & 0xFFF0) | (limit & 0xFFF00000)));
    if (!window.is_64_bit) return;
    write_config(PCI_PREF_BASE_UPPER32, 4, static_cast<uint32_t>(base >> 32));
    write_config(PCI_PREF_LIMIT_UPPER32, 4, static_cast<uint32_t>(limit >> 32));
  }
}

}  // namespace efilite::drivers::pci
