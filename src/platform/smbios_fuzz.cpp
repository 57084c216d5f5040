// SPDX-License-Identifier: BSD-2-Clause-Patent
// SMBIOS from a hostile BIOS area and from a hostile fw_cfg: whatever is found or built satisfies the checks that an operating system
// makes.
//
// Input: flags, then bytes. Flag 1: the input is the area 0xF0000..0xFFFFF, and flag 2 puts the checksums of an entry point at its start
// right. Otherwise: u8 size of fw_cfg's anchor, its bytes, then fw_cfg's tables; flag 4: without fw_cfg, the input is the machine's name.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "abi/smbios.hpp"
#include "platform/smbios.hpp"
#include "tests/support/fw_cfg.hpp"
#include "tests/support/physical_memory.hpp"

namespace efilite::platform {
namespace {

constexpr uint64_t kArea = 0xF0000, kPlace = 0x7E00000;

#define EXPECT(condition) ((condition) ? void() : (fprintf(stderr, "not so: %s\n", #condition), abort()))

uint8_t sum(ByteSpan bytes) {
  uint8_t total = 0;
  for (std::byte b : bytes) total = static_cast<uint8_t>(total + static_cast<uint8_t>(b));
  return total;
}

void check_entry_points(test::FakePhysicalMemory& memory, SmbiosEntryPoints entry) {
  if (entry.v2.value != 0) {
    auto point = memory.read<smbios::EntryPoint2>(entry.v2);
    EXPECT(point && memcmp(point->anchor, "_SM_", 4) == 0 && memcmp(point->intermediate_anchor, "_DMI_", 5) == 0);
    EXPECT(sum(*memory.window(entry.v2, point->entry_length)) == 0);
    EXPECT(sum(*memory.window(PhysAddr{entry.v2.value + 16}, 15)) == 0);
    EXPECT(memory.window(PhysAddr{point->table_address}, point->table_length));
  }
  if (entry.v3.value != 0) {
    auto point = memory.read<smbios::EntryPoint3>(entry.v3);
    EXPECT(point && memcmp(point->anchor, "_SM3_", 5) == 0);
    EXPECT(sum(*memory.window(entry.v3, point->entry_length)) == 0);
    EXPECT(memory.window(PhysAddr{point->table_address}, point->table_max_size));
  }
}

void fix(MutableByteSpan area) {
  auto at = [&](size_t i) -> std::byte& { return area[i]; };
  if (memcmp(area.data(), "_SM_", 4) == 0) {
    at(0x15) = std::byte{0};
    at(0x15) = std::byte{static_cast<uint8_t>(0 - sum(area.subspan(0x10, 15)))};
  }
  size_t where = memcmp(area.data(), "_SM3_", 5) == 0 ? 5 : 4;
  size_t length = static_cast<size_t>(at(where + 1));
  at(where) = std::byte{0};
  at(where) = std::byte{static_cast<uint8_t>(0 - sum(area.first(length)))};
}

void check_area(ByteSpan input, bool fix_sums) {
  test::FakePhysicalMemory memory;
  auto area = memory.map(kArea, 0x10000);
  memcpy(area.data(), input.data(), std::min(input.size(), area.size()));
  if (fix_sums) fix(area);
  for (uint64_t near : {uint64_t{0}, kArea, kArea + 0x28, kArea + 0xFFFF}) check_entry_points(memory, find_smbios(memory, PhysAddr{near}));
}

void check_build(drivers::FwCfg* fw_cfg, const SmbiosIdentity& identity) {
  test::FakePhysicalMemory memory;
  auto out = memory.map(kPlace, smbios_size(fw_cfg));
  auto built = build_smbios(fw_cfg, identity, out, PhysAddr{kPlace});
  EXPECT(built && built->any());
  check_entry_points(memory, *built);
  // A search finds it, too.
  auto area = memory.map(kArea, 0x10000);
  memcpy(area.data() + 0x20, out.data(), 32);
  EXPECT(find_smbios(memory, PhysAddr{kArea + 0x20}).any() && find_smbios(memory, PhysAddr{kArea + 0x30}).any());
}

}  // namespace
}  // namespace efilite::platform

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace efilite;
  if (size < 2) return 0;
  auto rest = std::span(data + 1, size - 1);
  if (*data & 1) {
    platform::check_area(std::as_bytes(rest), *data & 2);
  } else if (*data & 4) {
    std::string name(rest.begin(), rest.end());
    platform::check_build(nullptr, {name, name});
  } else {
    size_t anchor = std::min<size_t>(rest[0], rest.size() - 1);
    test::FakeFwCfg device;
    device.add_file("etc/smbios/smbios-anchor", {rest.begin() + 1, rest.begin() + 1 + anchor});
    device.add_file("etc/smbios/smbios-tables", {rest.begin() + 1 + anchor, rest.end()});
    drivers::FwCfg driver;
    if (!driver.detect()) abort();
    platform::check_build(&driver, {"1", "QEMU"});
  }
  return 0;
}
