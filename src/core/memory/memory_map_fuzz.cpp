// SPDX-License-Identifier: BSD-2-Clause-Patent
// MemoryMap against a naive model that knows one page at a time: after each call the status, the address and the whole map must be equal,
// and the key must change exactly when the map does.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

#include "base/check.hpp"
#include "core/memory/memory_map.hpp"
#include "tests/support/memory.hpp"

namespace efilite::core {
namespace {

using efi::AllocateType;
using efi::MemoryType;

constexpr uint64_t kMiB = 0x100000;
constexpr uint64_t k4GiB = uint64_t{1} << 32;

// The memory that there can be: low memory that nobody touches, and real pages below and above 4 GiB for the map to grow into.
constexpr PhysRange kLow = {{0}, {0x20000}};
constexpr PhysRange kMiddle = {{0x20000000}, {0x20000000 + 512 * kPageSize}};
constexpr PhysRange kHigh = {{0x200000000000}, {0x200000000000 + 128 * kPageSize}};
constexpr PhysRange kZones[] = {kLow, kMiddle, kHigh};
constexpr size_t kSlots = (kLow.size() + kMiddle.size() + kHigh.size()) / kPageSize;

// The model is slow enough without counting its branches.
#define NOT_UNDER_TEST __attribute__((no_sanitize("coverage")))

struct Page {
  bool present = false;
  uint64_t address = 0;
  MemoryType type{};
  uint64_t attributes = 0;
  PageOwner owner{};
};

struct Model {
  std::array<Page, kSlots> pages{};  // by ascending address
  PhysRange window{};

  Model() {
    size_t slot = 0;
    for (PhysRange zone : kZones) {
      for (uint64_t at = zone.begin.value; at < zone.end.value; at += kPageSize) pages[slot++].address = at;
    }
  }
  NOT_UNDER_TEST Page* page(uint64_t address) {
    size_t slot = 0;
    for (PhysRange zone : kZones) {
      if (address >= zone.begin.value && address < zone.end.value) return &pages[slot + (address - zone.begin.value) / kPageSize];
      slot += zone.size() / kPageSize;
    }
    return nullptr;
  }

  static bool known(MemoryType t) { return static_cast<uint32_t>(t) < 16 || static_cast<uint32_t>(t) >= 0x70000000; }
  static bool allocatable(MemoryType t) {
    return known(t) && t != MemoryType::Conventional && t != MemoryType::Persistent && t != MemoryType::Unaccepted;
  }
  static bool aligned(PhysRange r) { return r.begin.value % kPageSize == 0 && r.end.value % kPageSize == 0 && r.begin < r.end; }

  NOT_UNDER_TEST bool all(uint64_t begin, uint64_t end, PageOwner owner) {
    for (uint64_t at = begin; at < end; at += kPageSize) {
      Page* p = page(at);
      if (!p || !p->present || p->owner != owner) return false;
    }
    return true;
  }
  NOT_UNDER_TEST void set(uint64_t begin, uint64_t end, MemoryType type, PageOwner owner) {
    for (uint64_t at = begin; at < end; at += kPageSize) {
      page(at)->type = type;
      page(at)->owner = owner;
    }
  }

  Status add(PhysRange r, MemoryType type, uint64_t attributes) {
    if (!aligned(r) || !known(type)) return Status::InvalidParameter;
    for (uint64_t at = r.begin.value; at < r.end.value; at += kPageSize) {
      if (page(at)->present) return Status::AccessDenied;
    }
    PageOwner owner = type == MemoryType::Conventional ? PageOwner::Nobody : PageOwner::SetUp;
    for (uint64_t at = r.begin.value; at < r.end.value; at += kPageSize) *page(at) = {true, at, type, attributes, owner};
    return Status::Success;
  }

  Status take(PhysRange r, PageOwner from, MemoryType type) {
    if (!aligned(r) || !known(type) || type == MemoryType::Conventional) return Status::InvalidParameter;
    if (!all(r.begin.value, r.end.value, from)) return Status::NotFound;
    set(r.begin.value, r.end.value, type, PageOwner::SetUp);
    return Status::Success;
  }

  enum class Place { Highest, Lowest, BottomOfHighestRange };
  // A run of free pages with one set of attributes inside [floor, ceiling).
  NOT_UNDER_TEST std::optional<uint64_t> search(uint64_t floor, uint64_t ceiling, uint64_t count, Place place = Place::Highest) const {
    std::optional<uint64_t> found;
    uint64_t run = 0, expected = 0, attributes = 0;
    for (const Page& p : pages) {
      if (p.address + kPageSize > ceiling) break;
      if (p.address < floor) continue;
      if (!p.present || p.type != MemoryType::Conventional) {
        run = 0;
        continue;
      }
      run = run > 0 && p.address == expected && p.attributes == attributes ? run + 1 : 1;
      expected = p.address + kPageSize;
      attributes = p.attributes;
      if (run >= count) {
        found = expected - (place == Place::BottomOfHighestRange ? run : count) * kPageSize;
        if (place == Place::Lowest) break;
      }
    }
    return found;
  }

  std::optional<uint64_t> choose(MemoryType type, uint64_t count, uint64_t limit, PageOwner owner) const {
    if (limit <= kMiB) return search(kPageSize, limit, count);
    bool own = owner != PageOwner::Service && (type == MemoryType::BootServicesCode || type == MemoryType::BootServicesData);
    bool runtime = type == MemoryType::RuntimeServicesCode || type == MemoryType::RuntimeServicesData;
    bool table = type == MemoryType::Reserved || type == MemoryType::AcpiReclaim || type == MemoryType::AcpiNvs;
    std::optional<uint64_t> found;
    if (own) found = search(kMiB, std::min(limit, k4GiB), count, Place::Lowest);
    const Place place = runtime ? Place::Highest : Place::BottomOfHighestRange;
    if (runtime || table) found = search(window.begin.value, std::min(window.end.value, limit), count, place);
    if (!found) found = search(std::max(kMiB, window.end.value), std::min(limit, k4GiB), count);
    if (!found) found = search(kMiB, std::min({window.begin.value, limit, k4GiB}), count);
    if (!found) found = search(k4GiB, limit, count);
    if (!found) found = search(kMiB, limit, count);
    return found;
  }

  Result<uint64_t> allocate(AllocateType how, MemoryType type, uint64_t count, uint64_t address, PageOwner owner) {
    if (static_cast<uint32_t>(how) > 2 || !allocatable(type)) return Status::InvalidParameter;
    bool absurd = count == 0 || count > 1 << 20;
    uint64_t begin = address;
    if (how == AllocateType::Address) {
      if (absurd || address % kPageSize != 0 || address > UINT64_MAX - count * kPageSize ||
          !all(address, address + count * kPageSize, PageOwner::Nobody)) {
        return Status::NotFound;
      }
    } else {
      if (how == AllocateType::MaxAddress && address < 4095) return Status::NotFound;
      uint64_t limit = how == AllocateType::AnyPages || address == UINT64_MAX ? ~uint64_t{4095} : (address + 1) / kPageSize * kPageSize;
      auto found = absurd ? std::nullopt : choose(type, count, limit, owner);
      if (!found && !absurd && how == AllocateType::MaxAddress) found = search(kPageSize, std::min(limit, kMiB), count);
      if (!found) return Status::OutOfResources;
      begin = *found;
    }
    set(begin, begin + count * kPageSize, type, owner);
    return begin;
  }

  Status free(uint64_t address, uint64_t count, PageOwner owner) {
    if (address % kPageSize != 0 || count == 0 || count > (UINT64_MAX - address) / kPageSize || owner == PageOwner::Nobody) {
      return Status::InvalidParameter;
    }
    if (count > 1 << 20 || !all(address, address + count * kPageSize, owner)) return Status::NotFound;
    set(address, address + count * kPageSize, MemoryType::Conventional, PageOwner::Nobody);
    return Status::Success;
  }

  NOT_UNDER_TEST std::vector<efi::MemoryDescriptor> view() const {
    std::vector<efi::MemoryDescriptor> out;
    out.reserve(kSlots);
    for (const Page& p : pages) {
      if (!p.present) continue;
      uint64_t attributes = p.attributes;
      if (p.type == MemoryType::RuntimeServicesCode || p.type == MemoryType::RuntimeServicesData) attributes |= efi::kMemoryRuntime;
      if (!out.empty()) {
        auto& last = out.back();
        if (last.physical_start + last.number_of_pages * kPageSize == p.address && last.type == p.type && last.attribute == attributes) {
          ++last.number_of_pages;
          continue;
        }
      }
      out.push_back({p.type, 0, p.address, 0, 1, attributes});
    }
    return out;
  }
};

class Session {
 public:
  Session(const uint8_t* data, size_t size) : in_(data, size) {
    map_.set_change_listener([](void* session) { ++static_cast<Session*>(session)->heard_; }, this);
  }

  void run() {
    while (in_.remaining_bytes() > 0) {
      step();
      compare();
    }
  }

 private:
  template <typename Call>
  void checked(Call call) {
    uint64_t key = map_.key();
    int heard = heard_;
    bool changed = call() == Status::Success;
    CHECK((map_.key() > key) == changed && map_.key() >= key);
    CHECK(heard_ - heard == (changed ? 1 : 0));
    follow_growth();
  }
  uint64_t address() {
    static constexpr uint64_t kBases[] = {kLow.begin.value, kMiB - 0x10000, kMiddle.begin.value, kMiddle.begin.value,
                                          kHigh.begin.value, k4GiB - 0x8000, UINT64_MAX - 0xFFFF};
    uint64_t base = kBases[in_.ConsumeIntegralInRange<size_t>(0, std::size(kBases) - 1)];
    uint64_t at = base + kPageSize * (in_.ConsumeBool() ? in_.ConsumeIntegral<uint8_t>() : in_.ConsumeIntegral<uint16_t>() & 511);
    // Sometimes the last byte of a page, as limits are, or no border at all.
    uint8_t odd = in_.ConsumeIntegral<uint8_t>();
    return odd < 24 ? at - 1 : odd < 32 ? at + odd - 28 : at;
  }
  uint64_t count() {
    uint8_t n = in_.ConsumeIntegral<uint8_t>();
    if (n < 200) return n % 8 + 1;
    if (n < 250) return n;
    if (n < 254) return in_.ConsumeIntegral<uint64_t>();
    return 0;
  }
  MemoryType type() {
    uint8_t n = in_.ConsumeIntegral<uint8_t>();
    if (n < 240) return MemoryType{n % 20u};
    return MemoryType{(n < 248 ? 0x70000000u : 0xF0000000u) + n % 4};
  }
  PageOwner owner() { return in_.ConsumeIntegral<uint8_t>() < 200 ? PageOwner::Service : PageOwner::Pool; }
  PhysRange inside(PhysRange zone) {
    uint64_t pages = zone.size() / kPageSize;
    uint64_t first = in_.ConsumeIntegralInRange<uint64_t>(0, pages);
    uint64_t last = in_.ConsumeIntegralInRange<uint64_t>(0, pages);
    return {{zone.begin.value + first * kPageSize}, {zone.begin.value + last * kPageSize}};
  }

  // One range, or two that touch.
  void add() {
    PhysRange zone = kZones[in_.ConsumeIntegralInRange<size_t>(0, std::size(kZones) - 1)];
    PhysRange range = in_.ConsumeBool() ? zone : inside(zone);
    PhysAddr border = in_.ConsumeBool() ? range.end : inside(zone).begin;
    checked([&] { return add({range.begin, border}); });
    if (border != range.end) checked([&] { return add({border, range.end}); });
  }
  Status add(PhysRange range) {
    MemoryType kind = in_.ConsumeIntegral<uint8_t>() < 160 ? MemoryType::Conventional : type();
    uint64_t attributes = in_.ConsumeBool() ? kRamAttributes : kRamAttributes | efi::kMemoryNv;
    Status status = map_.add(range, kind, attributes).status();
    if (status == Status::OutOfResources) return lack();
    CHECK(status == model_.add(range, kind, attributes));
    return status;
  }
  Status reserve() {
    PhysRange range = {{address()}, {address()}};
    if (in_.ConsumeBool()) range.end.value = range.begin.value + in_.ConsumeIntegral<uint8_t>() * kPageSize;
    MemoryType kind = type();
    const PageOwner from = in_.ConsumeBool() ? PageOwner::SetUp : PageOwner::Nobody;
    Status status = (from == PageOwner::SetUp ? map_.retype(range, kind) : map_.reserve(range, kind)).status();
    if (status == Status::OutOfResources) return lack();
    CHECK(status == model_.take(range, from, kind));
    return status;
  }
  Status allocate() {
    auto how = AllocateType{in_.ConsumeIntegralInRange<uint32_t>(0, 3)};
    MemoryType kind = type();
    uint64_t pages = count();
    uint64_t where = address();
    PageOwner by = owner();
    return allocate(how, kind, pages, where, by);
  }
  Status allocate(AllocateType how, MemoryType kind, uint64_t pages, uint64_t where, PageOwner by) {
    auto got = map_.allocate(how, kind, {pages}, {where}, by);
    auto expected = model_.allocate(how, kind, pages, where, by);
    if (got.status() == Status::OutOfResources && expected) {
      model_.set(*expected, *expected + pages * kPageSize, MemoryType::Conventional, PageOwner::Nobody);
      return lack();
    }
    CHECK(got.status() == expected.status());
    CHECK(!got || got->value == *expected);
    return got.status();
  }
  // Every other page: many regions, so that the map must grow, or cannot.
  void comb() {
    uint64_t where = address();
    bool take = in_.ConsumeBool();
    for (uint64_t teeth = in_.ConsumeIntegral<uint8_t>(); teeth-- > 0; where += 2 * kPageSize) {
      checked([&] {
        return take ? allocate(AllocateType::Address, MemoryType::LoaderData, 1, where, PageOwner::Service)
                    : free(where, 1, PageOwner::Service);
      });
    }
  }
  Status free() {
    uint64_t where = address();
    uint64_t pages = count();
    static constexpr PageOwner kOwners[] = {PageOwner::Service, PageOwner::Service, PageOwner::Pool, PageOwner::SetUp, PageOwner::Nobody};
    return free(where, pages, kOwners[in_.ConsumeIntegralInRange<size_t>(0, std::size(kOwners) - 1)]);
  }
  Status free(uint64_t where, uint64_t pages, PageOwner by) {
    Status status = map_.free({where}, {pages}, by).status();
    if (status == Status::OutOfResources) return lack();
    CHECK(status == model_.free(where, pages, by));
    return status;
  }
  void set_window() {
    PhysRange window = {{address()}, {address()}};
    Status status = map_.set_runtime_window(window).status();
    bool good = Model::aligned(window) && window.begin.value >= kMiB && window.end.value <= k4GiB;
    CHECK(status == (good ? Status::Success : Status::InvalidParameter));
    if (good) model_.window = window;
  }
  void step() {
    switch (in_.ConsumeIntegralInRange<int>(0, 15)) {
      case 0: return add();
      case 1: return checked([&] { return reserve(); });
      case 2: return set_window();
      case 3: return comb();
      case 4: case 5: case 6: case 7: return checked([&] { return free(); });
      default: return checked([&] { return allocate(); });
    }
  }

  // No room for the regions of one more change: only ever said when there really was no memory to grow into.
  Status lack() {
    uint64_t needed = map_.storage().empty() ? 1 : 2 * map_.storage().size() / kPageSize;
    CHECK(!model_.choose(MemoryType::BootServicesData, needed, ~uint64_t{4095}, PageOwner::Map));
    return Status::OutOfResources;
  }

  // The map may have taken new pages for itself at the end of a change, by the same rules as for anybody else.
  void follow_growth() {
    PhysRange now = map_.storage();
    if (now == storage_) return;
    auto expected = model_.choose(MemoryType::BootServicesData, now.size() / kPageSize, ~uint64_t{4095}, PageOwner::Map);
    CHECK(expected && *expected == now.begin.value);
    model_.set(now.begin.value, now.end.value, MemoryType::BootServicesData, PageOwner::Map);
    if (!storage_.empty()) model_.set(storage_.begin.value, storage_.end.value, MemoryType::Conventional, PageOwner::Nobody);
    storage_ = now;
  }

  void compare() {
    auto expected = model_.view();
    CHECK(map_.read_size() == expected.size() * MemoryMap::kDescriptorSize);
    static std::array<std::byte, kSlots * MemoryMap::kDescriptorSize> buffer;
    auto bytes = MutableByteSpan(buffer).first(map_.read_size());
    CHECK(map_.read(bytes).value() == bytes.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      CHECK(memcmp(bytes.data() + i * MemoryMap::kDescriptorSize, &expected[i], sizeof(expected[i])) == 0);
    }
    if (bytes.empty()) return;
    CHECK(map_.read(bytes.first(bytes.size() - 1)).status() == Status::BufferTooSmall);
  }

  FuzzedDataProvider in_;
  MemoryMap map_;
  Model model_;
  PhysRange storage_{};
  int heard_ = 0;
};

}  // namespace
}  // namespace efilite::core

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace efilite;
  static test::Arena middle(core::kMiddle.size(), core::kMiddle.begin.value);
  static test::Arena high(core::kHigh.size(), core::kHigh.begin.value);
  core::Session(data, std::min<size_t>(size, 4096)).run();
  return 0;
}
