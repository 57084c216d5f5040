// SPDX-License-Identifier: BSD-2-Clause-Patent
// Changes of page permissions against a list of permissions: the borders that a change may have cut memory into a few dozen pieces, and the
// model keeps one set of attributes for each. After each step a CPU's own walk must see what the model says.
#include <algorithm>
#include <cstdlib>

#include <fuzzer/FuzzedDataProvider.h>

#include "tests/support/fuzz.hpp"
#include "tests/support/page_tree.hpp"

namespace {

using namespace efilite;

constexpr uint64_t kGiB = arch::PageTree::kGiB;
constexpr uint64_t kMapped = 5 * kGiB;

// Around the borders of every size of page, and beyond what is mapped.
std::vector<uint64_t> borders() {
  std::vector<uint64_t> all{0, uint64_t{1} << 40, uint64_t{1} << 47, uint64_t{1} << 48};
  for (uint64_t at : {uint64_t{0}, kGiB, kGiB + (uint64_t{6} << 20), 2 * kGiB, 4 * kGiB, kMapped})
    for (int64_t offset : {-0x400000, -0x200000, -0x3000, -0x1000, 0, 0x1000, 0x5000, 0x200000, 0x400000, 0x401000})
      if (offset >= 0 || at != 0) all.push_back(at + static_cast<uint64_t>(offset));
  std::ranges::sort(all);
  all.erase(std::ranges::unique(all).begin(), all.end());
  return all;
}

struct Model {
  std::vector<uint64_t> edges = borders();
  std::vector<uint64_t> attributes = std::vector<uint64_t>(edges.size());

  bool mapped(size_t first, size_t last) const { return first == last || edges[last] <= kMapped; }
};

void compare(const test::PageTreeMachine& machine, const Model& model) {
  for (size_t i = 0; i + 1 < model.edges.size(); ++i) {
    for (uint64_t at : {model.edges[i], model.edges[i + 1] - 1}) {
      const auto seen = machine.translate(at);
      const uint64_t wanted = model.attributes[i];
      const bool present = at < kMapped && (wanted & efi::kMemoryRp) == 0;
      EXPECT(seen.present == present);
      if (!present) continue;
      EXPECT(seen.physical == at);
      EXPECT(seen.writable == ((wanted & efi::kMemoryRo) == 0));
      EXPECT(seen.executable == ((wanted & efi::kMemoryXp) == 0));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FuzzedDataProvider in(data, size);
  test::PageTreeMachine machine;
  const bool by_one_page = in.ConsumeBool();
  EXPECT(machine.tree.map_gigabytes(0, kMapped, by_one_page).has_value());
  machine.tables_left = in.ConsumeIntegralInRange<size_t>(0, 40);
  Model model;
  auto attributes = [&] {
    const uint8_t bits = in.ConsumeIntegral<uint8_t>();
    return ((bits & 1) ? efi::kMemoryRp : 0) | ((bits & 2) ? efi::kMemoryXp : 0) | ((bits & 4) ? efi::kMemoryRo : 0);
  };
  for (int steps = 0; in.remaining_bytes() > 0 && steps < 64; ++steps) {
    size_t first = in.ConsumeIntegralInRange<size_t>(0, model.edges.size() - 1);
    size_t last = in.ConsumeIntegralInRange<size_t>(0, model.edges.size() - 1);
    if (first > last) std::swap(first, last);
    const PhysRange range{{model.edges[first]}, {model.edges[last]}};
    if (in.ConsumeBool()) {
      const auto got = machine.tree.get(range);
      const auto begin = model.attributes.begin() + first, end = model.attributes.begin() + last;
      const bool uniform = first != last && model.mapped(first, last) && std::all_of(begin, end, [&](uint64_t a) { return a == *begin; });
      EXPECT(got.has_value() == uniform);
      EXPECT(uniform ? *got == *begin : got.status() == Status::NoMapping);
    } else {
      const uint64_t set = attributes();
      const uint64_t clear = attributes() & ~set;
      const auto done = machine.tree.change(range, set, clear);
      if (!model.mapped(first, last)) {
        EXPECT(done.status() == Status::NoMapping);
      } else if (!done) {
        EXPECT(done.status() == Status::OutOfResources && machine.tables_left == 0);
      } else {
        bool any = false;
        for (size_t i = first; i < last; ++i) {
          const uint64_t now = (model.attributes[i] | set) & ~clear;
          any |= now != model.attributes[i];
          model.attributes[i] = now;
        }
        EXPECT(*done == any);
      }
    }
    compare(machine, model);
  }
  return 0;
}
