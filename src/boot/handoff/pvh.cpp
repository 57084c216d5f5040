// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/handoff/pvh.hpp"

#include "base/copy.hpp"
#include "base/log.hpp"

namespace efilite::boot {

void tell_modules(const BootInfo& info, const Payload& payload, PvhStart& start) {
  for (size_t i = payload.image_module.size() != 0 ? 1 : 0; i < info.modules.size(); ++i) {
    const Module& module = info.modules[i];
    CHECK(start.modules.push_back({module.range, {&info.told.module_text[module.text_begin], module.text_length}}));
  }
}

Result<MutableByteSpan> PvhHandOff::bytes_at(PhysRange range) {
  auto window = physical_.window(range);
  return window ? Result<MutableByteSpan>(*window) : Status::NotFound;
}

Result<> PvhHandOff::get_out_of_the_way(PhysRange& module) {
  if (module.empty() || !loader_.wants(module)) return {};
  const uint64_t size = module.size();
  PhysRange moved = TRY(loader_.allocate(size));
  moved.end.value = moved.begin.value + size;
  copy_bulk(TRY(bytes_at(moved)).data(), TRY(bytes_at(module)).data(), size);
  const PhysAddr page{align_down(module.begin.value, kPageSize)};
  TRY(memory_.free(page, PageCount::covering({module.end.value - page.value}), core::PageOwner::SetUp));
  module = moved;
  return {};
}

Result<> PvhHandOff::load(const PvhKernel& kernel, PvhStart& start) {
  for (const formats::ElfSegment& segment : kernel.elf.segments)
    TRY(loader_.add({segment.physical_address, segment.memory_size, segment.offset, segment.file_size}));
  TRY(loader_.claim());
  const auto move = [this](PhysRange& module) -> Result<> {
    Result<> moved = get_out_of_the_way(module);
    if (!moved) log::line("efilite: ", log::subject(), ": its module at ", module.begin, " is in the way and cannot be moved: ", moved.status());
    return moved;
  };
  for (PvhModule& module : start.modules) TRY(move(module.range));
  if (kernel.module != nullptr) {
    const MutableByteSpan bytes = *kernel.module->in_place();
    const PhysAddr begin{reinterpret_cast<uint64_t>(bytes.data())};
    PhysRange range{begin, {begin.value + bytes.size()}};
    TRY(move(range));
    *kernel.module = MemorySource(TRY(bytes_at(range)));
  }
  TRY(loader_.claim());
  return loader_.load(kernel.image);
}

Result<> PvhHandOff::add_initrd(core::ByteSource& initrd, PvhStart& start) {
  PhysRange range = TRY(loader_.allocate(initrd.size()));
  range.end.value = range.begin.value + initrd.size();
  const MutableByteSpan bytes = TRY(bytes_at(range));
  TRY(initrd.read(0, bytes));
  CHECK(start.modules.insert(0, {range, {}}));
  return {};
}

Result<> PvhHandOff::write(const PvhStart& start) {
  start_info_ = TRY(loader_.allocate(size_of_start_info(start)));
  block_ = TRY(bytes_at(start_info_));
  const PhysRange room = TRY(loader_.allocate(arch::pages_for_protected_mode(loader_.last_copies().size()).value * kPageSize));
  room_ = TRY(bytes_at(room));
  write_start_info(start, block_, start_info_.begin);
  return {};
}

}  // namespace efilite::boot
