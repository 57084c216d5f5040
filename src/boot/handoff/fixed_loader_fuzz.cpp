// SPDX-License-Identifier: BSD-2-Clause-Patent
// Any ELF file into a small machine, parts of which are taken. What is loaded in the end is byte for byte what a naive model says, nothing
// that is in use was written to before, and what is refused had a reason.
#include <vector>

#include "boot/handoff/fixed_loader.hpp"
#include "boot/payload.hpp"
#include "formats/elf.hpp"
#include "tests/support/fuzz.hpp"
#include "tests/support/physical_memory.hpp"

namespace efilite::boot {
namespace {

using efi::MemoryType;

constexpr uint64_t kBegin = 0x1000, kEnd = 0x40000;
constexpr PhysRange kEfilite{{0x28000}, {0x30000}};
constexpr std::byte kUntouched{0xEE};

struct Machine {
  core::MemoryMap map;
  test::FakePhysicalMemory physical;
  FixedLoader loader{map, physical};
  MutableByteSpan memory = physical.map(kBegin, kEnd - kBegin, std::to_integer<uint8_t>(kUntouched));

  void add(uint64_t begin, uint64_t end, MemoryType type) { EXPECT(map.add({{begin}, {end}}, type, core::kRamAttributes).has_value()); }
  explicit Machine(test::FuzzInput& input) {
    add(kBegin, 0x20000, MemoryType::Conventional);
    add(0x20000, kEfilite.begin.value, MemoryType::Reserved);
    add(kEfilite.begin.value, kEfilite.end.value, MemoryType::BootServicesCode);
    add(kEfilite.end.value, kEnd, MemoryType::Conventional);
    // Few enough that the map never has to grow into memory that this process does not have.
    for (uint8_t taken = input.byte() % 16; taken != 0; --taken) {
      const uint64_t begin = (1 + input.byte() % 64) * kPageSize, pages = 1 + input.byte() % 4;
      constexpr MemoryType kTypes[] = {MemoryType::BootServicesData, MemoryType::RuntimeServicesData, MemoryType::AcpiReclaim,
                                       MemoryType::Reserved};
      (void)map.reserve({{begin}, {begin + pages * kPageSize}}, kTypes[input.byte() % std::size(kTypes)]);
    }
  }
  // 'f' may be loaded to at once, 'l' later, 'n' never.
  char kind(uint64_t address) const {
    const auto memory_there = map.find({address});
    if (!memory_there) return 'n';
    switch (memory_there->type) {
      case MemoryType::Conventional: return 'f';
      case MemoryType::Reserved:
      case MemoryType::AcpiReclaim: return 'n';
      default: return 'l';
    }
  }
};

struct Model {
  std::vector<int> bytes = std::vector<int>(kEnd, -1);  // -1: as it was
  bool overlaps = false, too_high = false, not_memory = false;

  Model(const Machine& machine, const formats::ElfFile& elf, ByteSpan file) {
    for (const formats::ElfSegment& segment : elf.segments) {
      const uint64_t begin = segment.physical_address, end = begin + segment.memory_size;
      too_high |= end > uint64_t{1} << 32;
      if (end > kEnd || begin < kBegin) {
        not_memory = true;
        continue;
      }
      for (uint64_t page = align_down(begin, kPageSize); page < end; page += kPageSize) not_memory |= machine.kind(page) == 'n';
      for (uint64_t at = begin; at < end; ++at) {
        overlaps |= bytes[at] != -1;
        const uint64_t into = at - begin;
        bytes[at] = into < segment.file_size ? std::to_integer<int>(file[segment.offset + into]) : 0;
      }
    }
  }
};

void check_before(const Machine& machine, const std::vector<char>& kinds) {
  for (uint64_t page = kBegin; page < kEnd; page += kPageSize) {
    if (kinds[page / kPageSize] == 'f') continue;
    EXPECT(std::ranges::count(machine.memory.subspan(page - kBegin, kPageSize), kUntouched) == kPageSize);
  }
}

void finish(Machine& machine) {
  const auto copies = machine.loader.last_copies();
  for (const arch::LastCopy& copy : copies) {
    const PhysRange target{{copy.to}, {uint64_t{copy.to} + copy.bytes + copy.zero_bytes}};
    for (const arch::LastCopy& other : copies) EXPECT(!target.overlaps({{other.from}, {uint64_t{other.from} + other.bytes}}));
    if (copy.bytes != 0) memcpy(&machine.memory[copy.to - kBegin], &machine.memory[copy.from - kBegin], copy.bytes);
    if (copy.zero_bytes != 0) memset(&machine.memory[copy.to + copy.bytes - kBegin], 0, copy.zero_bytes);
  }
}

void run(test::FuzzInput& input, size_t size) {
  Machine machine(input);
  std::vector<std::byte> file(size);
  input.fill(file);
  MemorySource source(file);
  const auto elf = formats::parse_elf(formats::Input(source));
  if (!elf) return;
  std::vector<char> kinds;
  for (uint64_t page = 0; page < kEnd; page += kPageSize) kinds.push_back(machine.kind(page));
  const Model model(machine, *elf, file);
  Result<> done;
  for (const formats::ElfSegment& segment : elf->segments)
    if (done) done = machine.loader.add({segment.physical_address, segment.memory_size, segment.offset, segment.file_size});
  if (done) done = machine.loader.claim();
  if (done) done = machine.loader.load(source);
  check_before(machine, kinds);
  switch (done.status()) {
    case Status::Success: break;
    // Of several reasons the first is told; what lies outside of this machine's memory may overlap as well.
    case Status::LoadError: EXPECT(model.overlaps || model.not_memory); return;
    case Status::Unsupported: EXPECT(model.too_high || model.not_memory); return;
    case Status::OutOfResources: return;
    default: EXPECT(false);
  }
  EXPECT(!model.overlaps && !model.too_high && !model.not_memory);
  for (const uint64_t bytes : {uint64_t{1}, kPageSize + 1})
    EXPECT(!machine.loader.wants(machine.loader.allocate(bytes).value_or(PhysRange{})));
  finish(machine);
  for (uint64_t at = kBegin; at < kEnd; ++at)
    if (model.bytes[at] != -1) EXPECT(std::to_integer<int>(machine.memory[at - kBegin]) == model.bytes[at]);
}

}  // namespace
}  // namespace efilite::boot

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  efilite::test::FuzzInput input(data, size);
  efilite::boot::run(input, size);
  return 0;
}
