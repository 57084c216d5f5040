// SPDX-License-Identifier: BSD-2-Clause-Patent
// Memory for images: where the file already lies if that can be, else fresh pages that the source is read into.
#include <algorithm>

#include "base/log.hpp"
#include "base/rare.hpp"
#include "core/images/images.hpp"

namespace efilite::core {
namespace {

// [UEFI 2.10, 2.1.1 table 2.1]
efi::MemoryType code_type(pe::Subsystem subsystem) {
  switch (subsystem) {
    case pe::Subsystem::EfiApplication: return efi::MemoryType::LoaderCode;
    case pe::Subsystem::EfiBootServiceDriver: return efi::MemoryType::BootServicesCode;
    case pe::Subsystem::EfiRuntimeDriver: return efi::MemoryType::RuntimeServicesCode;
  }
}
efi::MemoryType data_type(pe::Subsystem subsystem) {
  switch (subsystem) {
    case pe::Subsystem::EfiApplication: return efi::MemoryType::LoaderData;
    case pe::Subsystem::EfiBootServiceDriver: return efi::MemoryType::BootServicesData;
    case pe::Subsystem::EfiRuntimeDriver: return efi::MemoryType::RuntimeServicesData;
  }
}

uint64_t page_end(uint64_t address) { return (address + kPageMask) & ~kPageMask; }

// Xen and old Linux kernels must lie below 4 GiB, and nobody minds.
constexpr PhysAddr kBelow4GiB{0xFFFFFFFF};

// visit(ImagePart) for runs of pages, from the image's first to its last.
template <typename Visit>
void for_each_part(const PePlan& plan, uint64_t base, Visit visit) {
  const uint64_t end = page_end(base + plan.size_of_image);
  if (!plan.page_granular()) return visit(ImagePart{{{base}, {end}}, 0});
  uint64_t data_from = base;
  auto data_until = [&](uint64_t until) {
    if (until > data_from) visit(ImagePart{{{data_from}, {until}}, efi::kMemoryXp});
  };
  for (const PeSection& s : plan.sections) {
    if (!s.executable()) continue;
    const PhysRange code{{base + s.rva}, {page_end(base + s.rva + s.memory_size)}};
    data_until(code.begin.value);
    visit(ImagePart{code, s.writable() ? 0 : efi::kMemoryRo});
    data_from = code.end.value;
  }
  data_until(end);
}

// [UEFI 2.10, 7.2.2] An image did not get its pages by AllocatePages: FreePages refuses them until the image goes.
constexpr PageOwner kOwner = PageOwner::Image;

}  // namespace

Result<PhysRange> Images::allocate(const PePlan& plan, efi::MemoryType type) {
  const uint64_t size = page_end(plan.size_of_image);
  if (plan.relocs_stripped) {
    const PhysAddr base{plan.image_base};
    auto at = memory_.allocate(efi::AllocateType::Address, type, {size / kPageSize}, base, kOwner);
    if (!at) {
      log::line("efilite: an image is not relocatable, and its ImageBase ", base, " is not free");
      return Status::OutOfResources;
    }
    return PhysRange{base, {base.value + size}};
  }
  const PageCount pages{size / kPageSize};
  auto at = memory_.allocate_aligned(efi::AllocateType::MaxAddress, type, pages, plan.alignment(), kBelow4GiB, kOwner);
  if (!at) at = memory_.allocate_aligned(efi::AllocateType::AnyPages, type, pages, plan.alignment(), {}, kOwner);
  if (!at) return at.error();
  return PhysRange{*at, {at->value + size}};
}

// Makes the pages of the file, and those around it that the image needs, the image's. False: nothing has changed.
bool Images::claim_in_place(const PePlan& plan, MutableByteSpan file, uint32_t lead, ImageRecord& image) {
  const uint64_t file_at = reinterpret_cast<uint64_t>(file.data());
  if ((file_at & kPageMask) != 0 || file_at < lead) return false;
  // The base need not begin a page when the sections do not either: files of unified kernels are laid out by 512 bytes.
  const uint64_t base = file_at - lead;
  if ((base & (plan.section_alignment - 1)) != 0 || (plan.relocs_stripped && base != plan.image_base)) return false;

  const PhysRange own{{file_at}, {page_end(file_at + file.size())}};
  const PhysRange wanted{{align_down(base, kPageSize)}, {std::max(own.end.value, page_end(base + plan.size_of_image))}};
  const auto old = memory_.find(own.begin);
  const PageCount own_pages{own.size() / kPageSize};
  if (!old || !memory_.free(own.begin, own_pages, PageOwner::SetUp)) return false;
  if (memory_.allocate(efi::AllocateType::Address, code_type(plan.subsystem), {wanted.size() / kPageSize}, wanted.begin, kOwner)) {
    image.pages = wanted;
    image.protocol.image_base = reinterpret_cast<void*>(base);
    image.in_place = true;
    return true;
  }
  CHECK(memory_.reserve(own, old->type).has_value());
  return false;
}

Result<> Images::place(const PePlan& plan, ByteSource& source, ImageRecord& image) {
  const bool stays = plan.subsystem == pe::Subsystem::EfiRuntimeDriver;
  if (stays && plan.relocs_stripped) {
    log::line("efilite: a runtime driver has no relocations, so the OS could not move it");
    return Status::Unsupported;
  }
  // What the OS has to keep for ever lies where the runtime lies, not where the file happens to be.
  const auto file = stays ? std::nullopt : source.in_place();
  const auto lead = file ? in_place_lead(plan) : std::nullopt;
  {
    TplGuard guard(events_, efi::kTplNotify);
    if (!lead || !claim_in_place(plan, *file, *lead, image)) {
      image.pages = TRY(allocate(plan, code_type(plan.subsystem)));
      image.protocol.image_base = reinterpret_cast<void*>(image.pages.begin.value);
    }
  }
  const uint64_t base = image.base();
  const MutableByteSpan memory(static_cast<std::byte*>(image.protocol.image_base), image.pages.end.value - base);
  if (image.in_place) {
    settle_pe(plan, *lead, memory, copied_);
  } else {
    TRY(read_pe(plan, source, memory, copied_));
  }
  if (auto rva = find_hii_package_list(plan, memory)) image.hii_package_list = memory.data() + *rva;
  TRY(relocate_pe(plan, memory, base));
  if (stays) TRY(keep_for_runtime(plan, image, memory));
  image.entry = reinterpret_cast<efi::ImageEntryPoint>(base + plan.entry);
  set_kind(plan.subsystem, plan.size_of_image, image);
  return protect(plan, image);
}

void Images::set_kind(pe::Subsystem subsystem, uint64_t size, ImageRecord& image) {
  image.subsystem = subsystem;
  image.protocol.image_size = size;
  image.protocol.image_code_type = code_type(subsystem);
  image.protocol.image_data_type = data_type(subsystem);
}

// Code read-only, all else not executable, for images that say they can live with it, and for those that the OS will protect like that
// whatever they say. Data that is read-only by its section stays writable: loaders are known to write there.
Result<> Images::protect(const PePlan& plan, ImageRecord& image) {
  if (!plan.page_granular() || (!plan.nx_compat && plan.subsystem != pe::Subsystem::EfiRuntimeDriver)) return {};
  image.is_protected = true;
  TplGuard guard(events_, efi::kTplNotify);
  Result<> done;
  for_each_part(plan, image.base(), [&](const ImagePart& part) {
    if (done && part.attributes != 0) done = protection_.set(part.range, part.attributes);
  });
  return done;
}

// [UEFI 2.10, 8.4.1] Its relocations are needed again, and the section that holds them may be anything by then.
EFILITE_RARE Result<> Images::keep_for_runtime(const PePlan& plan, ImageRecord& image, ByteSpan memory) {
  const uint64_t count = TRY(count_fixups(plan, memory));
  size_t parts = 0;
  for_each_part(plan, image.base(), [&](const ImagePart&) { ++parts; });

  TplGuard guard(events_, efi::kTplNotify);
  auto block = pool_.allocate(efi::MemoryType::RuntimeServicesData, runtime::MovableImage::size_with(count));
  image.parts = static_cast<ImagePart*>(pool_.allocate(parts * sizeof(ImagePart)));
  if (block) image.movable = new (*block) runtime::MovableImage{nullptr, {image.base(), image.base() + plan.size_of_image}, count};
  if (!block || image.parts == nullptr) {
    log::line("efilite: ", image.title(), ": no memory for the ", count, " relocations of a runtime driver");
    return Status::OutOfResources;
  }
  read_fixups(plan, memory, image.movable->fixups());
  for_each_part(plan, image.base(), [&](const ImagePart& part) { image.parts[image.part_count++] = part; });
  return {};
}

// SetVirtualAddressMap will write wherever there are relocations, in code as well, and there is nobody to ask for permission then.
void Images::make_relocatable(const ImageRecord& image) {
  if (!protection_.change(image.pages, 0, efi::kMemoryRo | efi::kMemoryRp))
    log::line("efilite: ", image.title(), ": a runtime driver stays read-only: SetVirtualAddressMap will not be able to move it");
}

void Images::free_pages(ImageRecord& image) {
  if (image.movable != nullptr) static_cast<void>(pool_.free(image.movable));
  if (image.parts != nullptr) pool_.release(image.parts);
  if (image.pages.empty()) return;
  // The next owner of the pages may want to write and to execute.
  if (image.is_protected && !protection_.set(image.pages, 0)) log::line("efilite: cannot lift the page protection of ", image.pages.begin);
  auto freed = memory_.free(image.pages.begin, {image.pages.size() / kPageSize}, kOwner);
  if (!freed) log::line("efilite: the pages of an image at ", image.pages.begin, " stay taken: ", freed.status());
}

}  // namespace efilite::core
