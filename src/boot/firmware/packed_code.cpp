// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/firmware/packed_code.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "abi/uefi/types.hpp"
#include "arch/cpu.hpp"
#include "arch/sections.hpp"
#include "arch/x86_64/calls.hpp"
#include "arch/x86_64/interrupts.hpp"
#include "boot/firmware/boot_log.hpp"
#include "core/protocols/decompress.hpp"

namespace efilite::boot::packed_code {

namespace {

namespace decompress = core::decompress;

struct Group {
  const char* name;
  const char &begin, &code_end, &end;
};

// In the order in which the streams follow one another.
constexpr Group kGroups[] = {
    {"unpacked-warm", warm_start, warm_code_end, warm_end},
    {"unpacked-cold", cold_start, cold_code_end, cold_end},
};
constexpr size_t kCount = std::size(kGroups);
constexpr size_t kScratch = 4096;

constinit arch::PageTables* page_tables = nullptr;
constinit std::array<uint64_t, kCount> unpacked_at{};  // by the time stamp counter; 0: not yet
constinit std::array<bool, kCount> told{};
constinit std::array<bool, kCount> begun{};
constinit std::array<std::byte, kScratch> scratch{};

PhysAddr address_of(const char& symbol) { return {reinterpret_cast<uint64_t>(&symbol)}; }

// The stream of a group, or of nothing what lies behind the last one.
ByteSpan stream(size_t index) {
  const auto* at = reinterpret_cast<const std::byte*>(&packed_start);
  const auto* end = reinterpret_cast<const std::byte*>(&packed_end);
  for (;; --index) {
    const ByteSpan rest(at, end);
    const size_t size = std::min<uint64_t>(rest.size(), uint64_t{8} + read_at<uint32_t>(rest, 0).value_or(0));
    if (index == 0) return rest.first(size);
    at += size;
  }
}

// It may repeat what lies before it, from hot code on.
Result<> unpack(size_t index) {
  const Group& group = kGroups[index];
  const PhysRange code{address_of(group.begin), address_of(group.code_end)}, all{code.begin, address_of(group.end)};
  TRY(page_tables->set(all, efi::kMemoryXp));
  const ByteSpan packed = stream(index);
  // efilite.debug, as it was linked, has nothing packed, and all of it is there already.
  if (TRY(decompress::info(packed)).size != 0) {
    const uint64_t hot = address_of(hot_start).value;
    const MutableByteSpan from_hot_on{reinterpret_cast<std::byte*>(hot), all.end.value - hot};
    TRY(decompress::unpack_wide(packed, from_hot_on, all.begin.value - hot, scratch));
    arch::restore_calls({reinterpret_cast<std::byte*>(code.begin.value), code.size()}, static_cast<uint32_t>(code.begin.value),
                        {address_of(image_start), address_of(cold_end)});
  }
  TRY(page_tables->set(code, efi::kMemoryRo));
  return page_tables->set({code.end, all.end}, efi::kMemoryRo | efi::kMemoryXp);
}

bool page_is_missing(uint64_t address) {
  for (size_t i = 0; i < kCount; ++i) {
    if (address < address_of(kGroups[i].begin).value || address >= address_of(kGroups[i].end).value) continue;
    // A second fault is a bug, be it of what is packed, be it of what unpacks.
    if (begun[i]) return false;
    for (size_t next = 0; next <= i; ++next) {
      if (std::exchange(begun[next], true)) continue;
      if (!unpack(next)) return false;
      unpacked_at[next] = arch::timestamp();
    }
    return true;
  }
  return false;
}

}  // namespace

PhysAddr limit() {
  const ByteSpan last = stream(kCount - 1);
  return {align_up(reinterpret_cast<uint64_t>(last.data() + last.size()), kPageSize).value_or(0)};
}

void serve(arch::PageTables& tables) {
  page_tables = &tables;
  arch::set_missing_page_handler(page_is_missing);
}

void give_memory_back() {
  (void)page_tables->set({address_of(image_start), limit()}, 0);
  for (size_t i = 0; i < kCount; ++i)
    if (!begun[i]) (void)page_tables->set({address_of(kGroups[i].begin), address_of(kGroups[i].end)}, efi::kMemoryXp);
}

void tell() {
  for (size_t i = 0; i < kCount; ++i)
    if (unpacked_at[i] != 0 && !std::exchange(told[i], true)) log_timing(kGroups[i].name, unpacked_at[i], false);
}

}  // namespace efilite::boot::packed_code
