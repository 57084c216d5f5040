// SPDX-License-Identifier: BSD-2-Clause-Patent
// Configuration space of random contents: the scan ends, nothing that has a place overlaps what was given one, and no BAR lies outside of
// what was given to the bus.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "drivers/pci/root_bus.hpp"
#include "tests/support/fuzz.hpp"

namespace efilite::drivers::pci {
namespace {

constexpr core::PciWindow kWindows[] = {{core::RegisterSpace::Io, 0, 0x10000},
                                        {core::RegisterSpace::Memory, 0xC0000000, 0x3EC00000},
                                        {core::RegisterSpace::Memory, uint64_t{1} << 36, uint64_t{1} << 36}};

// A few functions whose registers and writable bits are the input's; then reads are noise, as long as there is input.
class RandomConfig final : public ConfigAccess {
 public:
  RandomConfig(const uint8_t* data, size_t size) : data_(data), size_(size) {
    const size_t count = take() % 12;
    noisy_ = (take() & 7) == 0;
    for (size_t i = 0; i < count; ++i) {
      Space space{{0, static_cast<uint8_t>(take() % 4), static_cast<uint8_t>(take() % 4), static_cast<uint8_t>(take() % 2)}, {}, {}};
      for (unsigned at = 0; at < sizeof space.bytes; ++at) {
        space.bytes[at] = take();
        // Most of it like a device: low flags fixed, the address writable from some bit on.
        if (at % 4 == 0) mask_ = take();
        space.writable[at] = at < 0x10 || (at & 3) != 3 ? static_cast<uint8_t>(mask_ & 0xF0) : 0xFF;
      }
      space.bytes[0x0E] &= 0x81;
      spaces_.push_back(space);
    }
  }
  bool noisy() const { return noisy_; }
  Result<> open() override { return {}; }
  uint16_t config_size() const override { return 256; }
  uint32_t read(const core::PciAddress& where, uint16_t offset, unsigned size) override {
    check(offset, size);
    uint32_t value = 0;
    const Space* space = find(where);
    for (unsigned i = 0; i < size; ++i) value |= uint32_t{byte(space, offset + i)} << (8 * i);
    return value;
  }
  void write(const core::PciAddress& where, uint16_t offset, unsigned size, uint32_t value) override {
    check(offset, size);
    Space* space = find(where);
    for (unsigned i = 0; space != nullptr && i < size && offset + i < sizeof space->bytes; ++i) {
      const uint8_t mask = space->writable[offset + i];
      space->bytes[offset + i] = static_cast<uint8_t>((space->bytes[offset + i] & ~mask) | (value >> (8 * i) & mask));
    }
  }

 private:
  struct Space {
    core::PciAddress where;
    uint8_t bytes[0x44];
    uint8_t writable[0x44];
  };
  static void check(uint16_t offset, unsigned size) {
    EXPECT(size == 1 || size == 2 || size == 4);
    EXPECT(offset % size == 0 && offset + size <= 256);
  }
  uint8_t take() {
    if (size_ == 0) return 0;
    --size_;
    return *data_++;
  }
  Space* find(const core::PciAddress& where) {
    for (Space& space : spaces_)
      if (space.where == where) return &space;
    return nullptr;
  }
  uint8_t byte(const Space* space, unsigned offset) {
    if (noisy_ && size_ != 0) return take();
    if (space == nullptr) return 0xFF;
    return offset < sizeof space->bytes ? space->bytes[offset] : 0;
  }

  const uint8_t* data_;
  size_t size_;
  bool noisy_ = false;
  uint8_t mask_ = 0;
  std::vector<Space> spaces_;
};

struct NoRegisters final : core::Registers {
  uint64_t read(core::RegisterSpace, uint64_t, unsigned) override { return 0; }
  void write(core::RegisterSpace, uint64_t, unsigned, uint64_t) override {}
  Result<> map(PhysRange range) override {
    EXPECT(range.begin < range.end);
    return {};
  }
};

struct Windows final : WindowSource {
  std::span<const core::PciWindow> windows() override { return kWindows; }
};

struct Collector final : core::PciVisitor {
  Result<> found(core::PciFunction& function, core::PciFunction* bridge) override {
    bool known = bridge == nullptr;
    for (core::PciFunction* f : functions) {
      known = known || f == bridge;
      EXPECT(f->address() != function.address());
    }
    EXPECT(known);
    functions.push_back(&function);
    return {};
  }
  std::vector<core::PciFunction*> functions;
};

// A BAR, and where the device said that it was before anybody asked.
struct Bar {
  core::PciFunction* function;
  unsigned index;
  uint64_t before;
  core::PciBar now;

  bool moved() const { return now.size != 0 && (before & ~uint64_t{15}) != (now.base & ~uint64_t{15}); }
  bool overlaps(const Bar& other) const {
    return now.space == other.now.space && now.base < other.now.base + other.now.size && other.now.base < now.base + now.size;
  }
};

void check_places(const std::vector<Bar>& bars) {
  for (const Bar& bar : bars) {
    if (!bar.moved()) continue;
    bool inside = bar.function->address().bus != 0;  // then it is a bridge's window, which somebody else may have set
    for (const core::PciWindow& window : kWindows)
      inside |= window.space == bar.now.space && bar.now.base >= window.base && bar.now.base + bar.now.size <= window.base + window.size;
    EXPECT(inside);
    for (const Bar& other : bars) EXPECT(&other == &bar || other.now.size == 0 || !bar.overlaps(other));
  }
}

void check_bar(const core::PciBar& bar) {
  if (bar.size == 0) return;
  EXPECT((bar.size & (bar.size - 1)) == 0);
  EXPECT(bar.base != 0 && bar.base % bar.size == 0);
  EXPECT(bar.base + bar.size > bar.base);
  if (bar.space == core::RegisterSpace::Io) EXPECT(bar.base + bar.size <= 0x10000);
  if (!bar.is_64_bit) EXPECT(bar.base + bar.size <= uint64_t{1} << 32);
}

}  // namespace
}  // namespace efilite::drivers::pci

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace efilite;
  using namespace efilite::drivers::pci;
  test::FuzzHeap heap;
  RandomConfig config(data, size);
  NoRegisters registers;
  {
    Windows windows;
    RootBus bus(config, registers, heap, windows, {0, 0, 3});
    Collector collector;
    if (bus.visit(collector)) {
      std::vector<Bar> bars;
      for (core::PciFunction* function : collector.functions) {
        for (unsigned i = 0; !config.noisy() && i < core::PciFunction::kBars; ++i) {
          const auto at = static_cast<uint16_t>(0x10 + 4 * i);
          const uint64_t high = i < 5 ? function->read_config(static_cast<uint16_t>(at + 4), 4) : 0;
          bars.push_back({function, i, high << 32 | function->read_config(at, 4), {}});
        }
      }
      for (Bar& bar : bars) bar.now = bar.function->bar(bar.index);
      for (Bar& bar : bars)
        if (!bar.now.is_64_bit) bar.before &= UINT32_MAX;
      check_places(bars);
      for (core::PciFunction* function : collector.functions) {
        for (unsigned i = 0; i < core::PciFunction::kBars; ++i) check_bar(function->bar(i));
        (void)find_capability(*function, 9);
        function->set_command(7, 0);
      }
    }
  }
  EXPECT(heap.live == 0);
  return 0;
}
