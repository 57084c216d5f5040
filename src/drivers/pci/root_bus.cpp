// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/pci/root_bus.hpp"

#include <linux/pci_regs.h>

#include <algorithm>
#include <new>

#include "base/log.hpp"
#include "drivers/pci/placement.hpp"

namespace efilite::drivers::pci {

using core::PciAddress;
using core::RegisterSpace;

namespace {

constexpr unsigned kDevices = 32, kFunctions = 8;
constexpr unsigned kMostFunctions = 2048;
constexpr unsigned kDeepest = 16;  // bridges behind bridges

// The word in which a bridge has its bus numbers [PCI-to-PCI Bridge 1.2, 3.2.5.1].
constexpr uint8_t secondary_of(uint32_t numbers) { return static_cast<uint8_t>(numbers >> 8); }
constexpr uint8_t subordinate_of(uint32_t numbers) { return static_cast<uint8_t>(numbers >> 16); }
constexpr uint32_t with_numbers(uint32_t word, uint8_t primary, uint8_t secondary, uint8_t subordinate) {
  return (word & 0xFF000000) | uint32_t{subordinate} << 16 | uint32_t{secondary} << 8 | primary;
}

}  // namespace

RootBus::~RootBus() {
  while (Function* function = first_) {
    first_ = function->next_;
    heap_.release(function);
  }
}

uint32_t RootBus::read_config(const PciAddress& where, uint16_t offset, unsigned size) {
  if (where.bus < place_.first_bus || where.bus > place_.last_bus) return ~uint32_t{0} >> (32 - 8 * size);
  return config_.read(where, offset, size);
}

void RootBus::write_config(const PciAddress& where, uint16_t offset, unsigned size, uint32_t value) {
  if (where.bus >= place_.first_bus && where.bus <= place_.last_bus) config_.write(where, offset, size, value);
}

Result<> RootBus::visit(core::PciVisitor& visitor) {
  if (!scanned_) {
    TRY(config_.open());
    scanned_ = true;
    TRY(scan_bus(place_.first_bus, nullptr, place_.last_bus, 0));
  }
  for (Function* function = first_; function != nullptr; function = function->next_) TRY(visitor.found(*function, function->bridge_));
  return {};
}

// ---- looking for functions

bool RootBus::is_present(const PciAddress& where) {
  const uint32_t id = config_.read(where, PCI_VENDOR_ID, 2);
  return id != 0xFFFF && id != 0;
}

Result<Function*> RootBus::add(const PciAddress& where, Function* bridge) {
  const auto type = static_cast<uint8_t>(config_.read(where, PCI_HEADER_TYPE, 1));
  void* memory = heap_.allocate(sizeof(Function));
  if (memory == nullptr) return Status::OutOfResources;
  auto* made = new (memory) Function(*this, where, bridge, type);
  made->previous_ = last_;
  (last_ != nullptr ? last_->next_ : first_) = made;
  last_ = made;
  if (++count_ == kMostFunctions) log::line("efilite: PCI: no more than ", kMostFunctions, " functions are looked at");
  return made;
}

Result<> RootBus::scan_device(PciAddress where, Function* bridge) {
  for (; where.function < kFunctions && count_ < kMostFunctions; ++where.function) {
    const bool present = is_present(where);
    const bool more = present && TRY(add(where, bridge))->is_multi_function();
    if (where.function == 0 && !more) break;
  }
  return {};
}

// Bridges that have their numbers come first: the others get what is left.
Result<uint8_t> RootBus::scan_bus(uint8_t bus, Function* bridge, uint8_t limit, unsigned depth) {
  Function* const before = last_;
  const unsigned devices = bridge != nullptr && bridge->leads_to_one_device() ? 1 : kDevices;
  for (uint8_t device = 0; device < devices; ++device) TRY(scan_device({place_.segment, bus, device, 0}, bridge));
  Function* const first = before != nullptr ? before->next_ : first_;
  TRY(scan_bridges(first, bus, limit, depth, true));
  TRY(scan_bridges(first, bus, limit, depth, false));
  return highest_on(first, bus);
}

uint8_t RootBus::highest_on(Function* first, uint8_t bus) const {
  uint8_t highest = bus;
  for (Function* f = first; f != nullptr && f->address_.bus == bus; f = f->next_) highest = std::max(highest, f->subordinate_);
  return highest;
}

bool RootBus::is_numbered(const Function& bridge, uint32_t numbers, uint8_t limit) const {
  const uint8_t bus = bridge.address_.bus, secondary = secondary_of(numbers), subordinate = subordinate_of(numbers);
  if (secondary <= bus || subordinate < secondary || subordinate > limit) return false;
  for (const Function* f = bridge.previous_; f != nullptr && f->address_.bus >= bus; f = f->previous_)
    if (f->address_.bus == bus && secondary <= f->subordinate_ && f->secondary_ <= subordinate) return false;
  return true;
}

Result<> RootBus::scan_bridges(Function* first, uint8_t bus, uint8_t limit, unsigned depth, bool numbered) {
  for (Function* f = first; f != nullptr && f->address_.bus == bus; f = f->next_) {
    if (!f->is_bridge() || f->secondary_ != 0) continue;
    uint32_t numbers = f->read_config(PCI_PRIMARY_BUS, 4);
    if (numbered != is_numbered(*f, numbers, limit)) continue;
    const uint8_t used = highest_on(first, bus);
    if (depth == kDeepest || (!numbered && used == limit)) {
      log::line("efilite: PCI bus ", bus, ", device ", f->address_.device, ": what is behind this bridge is not looked at: ",
                depth == kDeepest ? "too many bridges above it" : "no bus number is left");
      continue;
    }
    if (!numbered) {
      numbers = with_numbers(numbers, bus, static_cast<uint8_t>(used + 1), limit);
      f->write_config(PCI_PRIMARY_BUS, 4, numbers);
    }
    f->secondary_ = secondary_of(numbers);
    f->subordinate_ = subordinate_of(numbers);
    const uint8_t highest = TRY(scan_bus(f->secondary_, f, f->subordinate_, depth + 1));
    if (numbered) continue;
    f->subordinate_ = highest;
    f->write_config(PCI_PRIMARY_BUS, 4, with_numbers(numbers, bus, f->secondary_, highest));
  }
  return {};
}

// ---- before use

void RootBus::prepare(Function& function) {
  if (function.prepared_) return;
  function.prepared_ = true;
  bool settled = true;
  for (Function* f = &function; f != nullptr; f = f->bridge_) f->measure();
  for (Function* f = &function; f != nullptr; f = f->bridge_) settled = settled && f->is_settled();
  if (!settled && !assigned_) {
    assigned_ = true;
    Placement(first_, last_, windows_.windows()).run();
  }
  for (Range& bar : std::span(function.ranges_).first(Function::kBars)) {
    if (bar.size == 0 || bar.space == RegisterSpace::Io) continue;
    if (Result<> mapped = registers_.map({{bar.base}, {bar.end()}}); !mapped) {
      log::line("efilite: PCI: memory at ", log::Hex{bar.base}, " cannot be reached: ", mapped.status());
      bar.size = 0;
    }
  }
}

}  // namespace efilite::drivers::pci
