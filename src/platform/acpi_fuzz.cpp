// SPDX-License-Identifier: BSD-2-Clause-Patent
// Any ACPI tables at all: facts stay inside what they may be, \_S5_ is where a naive search finds it, and dead blocks go without damage.
//
// Input: flags, then tables as {u16 length, bytes}. Flag 1: checksums are put right. Flag 2: by XSDT, else by RSDT. Flag 4: the input
// is instead all of 0xE0000..0xFFFFF, and the root pointer has to be searched there.
#include <cstdio>
#include <cstdlib>

#include "abi/acpi.hpp"
#include "platform/acpi.hpp"
#include "platform/acpi_s5.hpp"
#include "tests/support/physical_memory.hpp"

namespace efilite::platform {
namespace {

constexpr uint64_t kBios = 0xE0000, kRoot = 0x7FE0000, kTables = 0x8000000, kStride = 0x100000;

#define EXPECT(condition) ((condition) ? void() : (fprintf(stderr, "not so: %s\n", #condition), abort()))

void fix_sum(MutableByteSpan bytes, size_t at) {
  if (at >= bytes.size()) return;
  bytes[at] = std::byte{0};
  uint8_t sum = 0;
  for (std::byte b : bytes) sum = static_cast<uint8_t>(sum + static_cast<uint8_t>(b));
  bytes[at] = std::byte{static_cast<uint8_t>(0 - sum)};
}

void check_register(const AcpiRegister& r) {
  if (!r.present()) return;
  EXPECT(r.space == AcpiRegister::Space::Memory || r.space == AcpiRegister::Space::Io);
  EXPECT(r.address != 0 && (r.space == AcpiRegister::Space::Memory || r.address <= 0xFFFF));
}

void check_facts(const AcpiFacts& facts) {
  for (const AcpiRegister* r : {&facts.pm_timer, &facts.pm1a_control, &facts.pm1b_control, &facts.sleep_control, &facts.sleep_status,
                                &facts.reset_register}) {
    check_register(*r);
    EXPECT(!r->present() || facts.fadt.value != 0);
  }
  EXPECT(!facts.hardware_reduced || (!facts.pm_timer.present() && !facts.pm1a_control.present() && !facts.pm1b_control.present()));
  EXPECT(facts.tables.begin <= facts.tables.end);
  EXPECT(facts.fadt.value == 0 || (facts.tables.begin <= facts.fadt && facts.fadt < facts.tables.end));
  EXPECT(!facts.s5 || (facts.s5->a <= 7 && facts.s5->b <= 7));
}

// One candidate after the other, each cut free so that a naive read cannot see what stands before it.
std::optional<AcpiFacts::SleepType> naive_s5(ByteSpan aml) {
  for (size_t at = aml.size(); at-- > 1;) {
    if (at + 4 > aml.size() || memcmp(aml.data() + at, "_S5_", 4) != 0) continue;
    size_t from = aml[at - 1] == std::byte{'\\'} && at >= 2 ? at - 2 : at - 1;
    if (aml[from] != std::byte{8}) continue;
    auto tail = aml.subspan(from);
    std::vector<std::byte> alone(tail.begin(), tail.begin() + std::min<size_t>(tail.size(), 40));
    if (auto found = find_s5(alone)) return found;
  }
  return std::nullopt;
}

void check_search(ByteSpan aml) {
  auto fast = find_s5(aml), slow = naive_s5(aml);
  EXPECT(fast.has_value() == slow.has_value());
  EXPECT(!fast || (fast->a == slow->a && fast->b == slow->b));
}

void check_bios_area(ByteSpan input) {
  test::FakePhysicalMemory memory;
  auto area = memory.map(kBios, 0x20000);
  memcpy(area.data(), input.data(), std::min(input.size(), area.size()));
  if (auto facts = read_acpi(memory, {})) check_facts(*facts);
}

void check_tables(ByteSpan input, bool fix, bool wide) {
  test::FakePhysicalMemory memory;
  acpi::Rsdp rsdp{};
  memcpy(rsdp.signature, "RSD PTR ", 8);
  rsdp.revision = wide ? 2 : 0;
  rsdp.length = wide ? sizeof rsdp : 0;
  rsdp.rsdt_address = wide ? 0 : kRoot;
  rsdp.xsdt_address = wide ? kRoot : 0;
  MutableByteSpan rsdp_bytes(reinterpret_cast<std::byte*>(&rsdp), sizeof rsdp);
  fix_sum(rsdp_bytes.first(20), 8);
  fix_sum(rsdp_bytes, 32);
  memcpy(memory.map(kBios, sizeof rsdp).data(), &rsdp, sizeof rsdp);

  std::vector<uint64_t> entries;
  while (input.size() > 2 && entries.size() < 16) {
    size_t size = std::min<size_t>(*read_at<uint16_t>(input, 0), input.size() - 2);
    uint64_t at = kTables + kStride * entries.size();
    auto table = memory.map(at, size);
    memcpy(table.data(), input.data() + 2, size);
    if (fix) fix_sum(table, 9);
    check_search(table);
    entries.push_back(at);
    input = input.subspan(2 + size);
  }
  size_t width = wide ? 8 : 4;
  auto root = memory.map(kRoot, sizeof(acpi::Header) + width * entries.size());
  acpi::Header header{};
  header.signature = wide ? acpi::signature("XSDT") : acpi::signature("RSDT");
  header.length = static_cast<uint32_t>(root.size());
  memcpy(root.data(), &header, sizeof header);
  for (size_t i = 0; i < entries.size(); ++i) memcpy(root.data() + sizeof header + i * width, &entries[i], width);
  fix_sum(root, 9);

  auto facts = read_acpi(memory, PhysAddr{kBios});
  EXPECT(facts);
  check_facts(*facts);

  // What was whole is whole again, and tells of nothing at a port where nobody is.
  const uint64_t fadt = facts->fadt.value;
  drop_dead_blocks(memory, *facts, [](uint16_t) { return ~uint32_t{0}; });
  facts = read_acpi(memory, PhysAddr{kBios});
  EXPECT(facts);
  check_facts(*facts);
  EXPECT(facts->fadt.value == fadt && facts->pm_timer.space != AcpiRegister::Space::Io);
}

}  // namespace
}  // namespace efilite::platform

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace efilite;
  if (size < 1) return 0;
  auto input = std::as_bytes(std::span(data + 1, size - 1));
  if (*data & 4) {
    platform::check_bios_area(input);
  } else {
    platform::check_tables(input, *data & 1, *data & 2);
  }
  return 0;
}
