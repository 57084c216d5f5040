// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/handoff/pvh.hpp"

#include "base/copy.hpp"
#include "base/log.hpp"

namespace efilite::boot {

namespace {

PhysRange range_of(MemorySource& source) {
  const MutableByteSpan bytes = *source.in_place();
  const auto begin = reinterpret_cast<uint64_t>(bytes.data());
  return {{begin}, {begin + bytes.size()}};
}

template <typename... Parts>
Status fail(Status why, Parts... parts) {
  log::line("efilite: ", log::subject(), ": ", parts..., ": ", why);
  return why;
}

}  // namespace

PvhStart make_pvh_start(const BootInfo& info, const Payload& payload, PhysAddr rsdp, std::string_view command_line) {
  PvhStart start{info.told.start_info.flags, rsdp, command_line, {}};
  if (payload.initrd != nullptr && payload.initrd != &payload.initrd_module) CHECK(start.modules.push_back({{}, {}, payload.initrd}));
  for (size_t i = payload.image_module.size() != 0 ? 1 : 0; i < info.modules.size(); ++i) {
    const Module& module = info.modules[i];
    CHECK(start.modules.push_back({module.range, info.told.text_of(module), nullptr}));
  }
  return start;
}

Result<MutableByteSpan> PvhHandOff::bytes_at(PhysRange range) {
  auto window = physical_.window(range);
  return window ? Result<MutableByteSpan>(*window) : Status::NotFound;
}

Result<> PvhHandOff::get_out_of_the_way(PhysRange& module) {
  if (module.empty() || !loader_.wants(module)) return {};
  const PhysRange moved = TRY(loader_.allocate(module.size()));
  copy_bulk(TRY(bytes_at(moved)).data(), TRY(bytes_at(module)).data(), module.size());
  const PhysAddr page{align_down(module.begin.value, kPageSize)};
  TRY(memory_.free(page, PageCount::covering({module.end.value - page.value}), core::PageOwner::SetUp));
  module = moved;
  return {};
}

Result<> PvhHandOff::load(const PvhKernel& kernel, PvhStart start) {
  for (const formats::ElfSegment& segment : kernel.elf->segments)
    TRY(loader_.add({segment.physical_address, segment.memory_size, segment.offset, segment.file_size}));
  TRY(loader_.claim());
  Result<> moved;
  for (PvhModule& module : start.modules)
    if (moved) moved = get_out_of_the_way(module.range);
  if (kernel.module != nullptr && moved) {
    PhysRange range = range_of(*kernel.module);
    moved = get_out_of_the_way(range);
    if (moved) *kernel.module = MemorySource(TRY(bytes_at(range)));
  }
  if (!moved) return fail(moved.status(), "a module is where it shall be, and cannot be moved");
  TRY(loader_.claim());
  TRY(loader_.load(*kernel.image));
  TRY(load_modules(start));
  return write(start);
}

Result<> PvhHandOff::load_modules(PvhStart& start) {
  for (PvhModule& module : start.modules) {
    if (module.source == nullptr) continue;
    const auto place = loader_.allocate(module.source->size());
    if (!place) return fail(place.status(), "there is no room for its module of ", module.source->size(), " bytes");
    module.range = *place;
    const MutableByteSpan bytes = TRY(bytes_at(module.range));
    if (Result<> read = module.source->read(0, bytes); !read) return fail(read.status(), "its module cannot be read");
  }
  return {};
}

Result<> PvhHandOff::write(const PvhStart& start) {
  // Linux reads all of it by its first page tables, which reach over 1 GiB [Linux, arch/x86/platform/pvh/head.S, level2_ident_pgt].
  constexpr PhysAddr kLast{(uint64_t{1} << 30) - 1};
  auto block = loader_.allocate(size_of_start_info(start), kLast);
  if (!block) block = loader_.allocate(size_of_start_info(start));  // for others, who have no such limit
  const auto room = loader_.allocate(arch::pages_for_protected_mode(loader_.last_copies().size()).value * kPageSize);
  if (!block || !room) return fail(Status::OutOfResources, "there is no room for its start_info");
  start_info_ = block->begin;
  block_ = TRY(bytes_at(*block));
  room_ = TRY(bytes_at(*room));
  write_start_info(start, block_, start_info_);
  return {};
}

}  // namespace efilite::boot
