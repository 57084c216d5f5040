// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/handoff/linux_plan.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "base/rare.hpp"

namespace efilite::boot {

namespace {

using formats::BootEntry;
using formats::BzImage;

constexpr uint64_t kBelow4GiB = 0xFFFFFFFF;
// [boot.rst] what kernels mean that are too old to say it.
constexpr uint32_t kOldInitrdLast = 0x37FFFFFF;
constexpr uint32_t kOldCommandLineSize = 255;
// A kernel of before 2.10 does not say how large it is when it is unpacked. It is about twice its file, as GRUB also reckons; and the file
// is in front of that, or moved behind.
constexpr uint64_t kUnpackedSizes = 3;
// Where those that can be anywhere were linked to, mostly: below it they go there by themselves.
constexpr uint64_t kUsualPlace = 16 << 20;

uint64_t room_for(const BzImage& image) {
  const uint64_t told = image.has(BzImage::kPreferredAddress) ? image.header.init_size : image.kernel_size * kUnpackedSizes;
  return PageCount::covering({std::max(told, image.kernel_size)}).value * kPageSize;
}

PhysAddr preferred_place(const BzImage& image) {
  if (image.has(BzImage::kPreferredAddress) && image.header.pref_address != 0) return {image.header.pref_address};
  return {image.header.relocatable_kernel != 0 ? kUsualPlace : image.header.code32_start};
}

// Among the alignments that the kernel runs at there may be ones below what it likes [boot.rst, min_alignment].
uint64_t least_alignment(const BzImage& image) {
  const uint64_t liked = image.header.kernel_alignment;
  const unsigned least = image.header.min_alignment;
  return image.has(BzImage::kPreferredAddress) && least < 32 ? std::min(liked, uint64_t{1} << least) : liked;
}

// Not below where it prefers to be: it would move itself to there, over whatever is in its way.
EFILITE_RARE
std::optional<PhysAddr> highest_place(const core::MemoryMap& memory, const LinuxPlan& plan, uint64_t alignment, uint64_t last) {
  std::optional<PhysAddr> best;
  memory.for_each([&](const efi::MemoryDescriptor& d) {
    if (d.type != efi::MemoryType::Conventional) return;
    const uint64_t begin = std::max(d.physical_start, plan.preferred.value);
    const uint64_t end = std::min(d.physical_start + d.number_of_pages * kPageSize - 1, last) + 1;
    if (end < begin || end - begin < plan.size) return;
    const uint64_t at = align_down(end - plan.size, alignment);
    if (at >= begin) best = PhysAddr{at};
  });
  return best;
}

}  // namespace

LinuxPlan plan_linux(const BzImage& image, BootEntry entry) {
  const setup_header& header = image.header;
  LinuxPlan plan{};
  plan.size = room_for(image);
  plan.preferred = preferred_place(image);
  if (header.relocatable_kernel != 0) {
    plan.alignment = std::max<uint64_t>(header.kernel_alignment, kPageSize);
    plan.least_alignment = std::max(least_alignment(image), kPageSize);
  }
  plan.initrd_last = {header.initrd_addr_max != 0 ? header.initrd_addr_max : kOldInitrdLast};
  const bool anywhere = entry != BootEntry::Linux32 && (header.xloadflags & XLF_CAN_BE_LOADED_ABOVE_4G) != 0;
  if (anywhere) plan.initrd_last = {UINT64_MAX};
  plan.last = anywhere ? plan.initrd_last : PhysAddr{kBelow4GiB};
  // A 32-bit kernel sees of memory, at first, what the initrd's limit tells.
  if (!image.has_64_bit_entry()) plan.last = plan.initrd_last;
  plan.parameters_last = {std::min(plan.last.value, kBelow4GiB)};
  plan.command_line_size = image.has(BzImage::kCommandLineSize) ? header.cmdline_size : kOldCommandLineSize;
  return plan;
}

Result<LinuxPlace> place_linux(core::MemoryMap& memory, const LinuxPlan& plan) {
  const auto take = [&](PhysAddr at, uint64_t alignment) -> Result<LinuxPlace> {
    TRY(memory.allocate(efi::AllocateType::Address, efi::MemoryType::LoaderCode, {plan.size / kPageSize}, at, core::PageOwner::Image));
    return LinuxPlace{at, alignment};
  };
  const auto preferred = take(plan.preferred, plan.alignment);
  if (preferred || plan.alignment == 0) return preferred;
  // Linux lies best below 4 GiB, and at the alignment that it likes.
  for (uint64_t alignment = plan.alignment; alignment >= plan.least_alignment; alignment /= 2)
    for (const uint64_t last : {std::min(plan.last.value, kBelow4GiB), plan.last.value})
      if (auto at = highest_place(memory, plan, alignment, last)) return take(*at, alignment);
  return Status::OutOfResources;
}

bool stays_clear(const core::MemoryMap& memory, PhysRange kernel) {
  bool clear = true;
  memory.for_each([&](const efi::MemoryDescriptor& d) {
    const PhysRange range{{d.physical_start}, {d.physical_start + d.number_of_pages * kPageSize}};
    if (!clear || (d.attribute & efi::kMemoryRuntime) == 0 || !range.overlaps(kernel)) return;
    log::line("efilite: ", log::subject(), ": the kernel wants to be at ", kernel.begin, " and no other place, and so do runtime services");
    clear = false;
  });
  return clear;
}

}  // namespace efilite::boot
