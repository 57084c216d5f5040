// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/handoff/linux_parameters.hpp"

#include <algorithm>
#include <new>

#include "boot/handoff/os_memory.hpp"

namespace efilite::boot {

namespace {

constexpr uint8_t kLoaderUndefined = 0xFF;  // [boot.rst, type_of_loader] one without a number of its own
// [Linux arch/x86/include/asm/efi.h, EFI64_LOADER_SIGNATURE] and enum efi_secureboot_mode of linux/efi.h: off, rather than unknown.
constexpr uint32_t kEfi64 = 'E' | 'L' << 8 | '6' << 16 | '4' << 24;
constexpr uint8_t kSecureBootDisabled = 2;

uint64_t address_of(const void* p) { return reinterpret_cast<uint64_t>(p); }
uint32_t low(uint64_t value) { return static_cast<uint32_t>(value); }
uint32_t high(uint64_t value) { return static_cast<uint32_t>(value >> 32); }

}  // namespace

uint64_t LinuxParameters::size_for(std::string_view command_line, size_t descriptors) {
  return sizeof(Layout) + descriptors * sizeof(boot_e820_entry) + command_line.size() + 1;
}

LinuxParameters::LinuxParameters(MutableByteSpan pages, const formats::BzImage& image, const LinuxPlace& place)
    : at_(new (pages.data()) Layout{}), behind_(pages.subspan(sizeof(Layout))) {
  // [boot.rst, 64-bit Boot Protocol] flat segments: code at 0x10, data at 0x18.
  at_->gdt = {0, 0, 0x00AF9B000000FFFF, 0x00CF93000000FFFF};
  setup_header& header = at_->params.hdr;
  memcpy(&header, &image.header, image.header_size);
  header.type_of_loader = kLoaderUndefined;
  header.setup_data = 0;  // the list is ours alone
  header.loadflags &= LOADED_HIGH;  // the rest is about a real mode that nobody has been in
  header.code32_start = low(place.address.value);
  if (image.has(formats::BzImage::kPreferredAddress) && place.alignment != 0) header.kernel_alignment = low(place.alignment);
}

bool LinuxParameters::set_command_line(std::string_view text, const LinuxPlan& plan) {
  const size_t length = std::min<size_t>(text.size(), plan.command_line_size);
  const MutableByteSpan to = behind_.last(length + 1);
  memcpy(to.data(), text.data(), length);
  to[length] = {};
  behind_ = behind_.first(behind_.size() - to.size());
  at_->params.hdr.cmd_line_ptr = low(address_of(to.data()));
  at_->params.ext_cmd_line_ptr = high(address_of(to.data()));
  return length == text.size();
}

void LinuxParameters::set_initrd(PhysRange initrd) {
  at_->params.hdr.ramdisk_image = low(initrd.begin.value);
  at_->params.ext_ramdisk_image = high(initrd.begin.value);
  at_->params.hdr.ramdisk_size = low(initrd.size());
  at_->params.ext_ramdisk_size = high(initrd.size());
}

void LinuxParameters::add(Node& node, uint32_t type, uint64_t length) {
  node = {at_->params.hdr.setup_data, type, low(length)};
  at_->params.hdr.setup_data = address_of(&node);
}

void LinuxParameters::add_seed(const std::array<std::byte, kSeedSize>& seed) {
  if (at_->params.hdr.version < formats::BzImage::kSetupData) return;
  at_->seed_bytes = seed;
  add(at_->seed, SETUP_RNG_SEED, kSeedSize);
}

boot_e820_entry* LinuxParameters::entry_at(size_t index) {
  if (index < E820_MAX_ENTRIES_ZEROPAGE) return &at_->params.e820_table[index];
  const size_t behind = index - E820_MAX_ENTRIES_ZEROPAGE;
  if (at_->params.hdr.version < formats::BzImage::kSetupData || (behind + 1) * sizeof(boot_e820_entry) > behind_.size()) return nullptr;
  return reinterpret_cast<boot_e820_entry*>(behind_.data()) + behind;
}

void LinuxParameters::set_memory(ByteSpan descriptors) {
  size_t count = 0;
  // The kernel keeps of boot services' memory what it needs, as it does when its own EFI entry is taken.
  for_each_os_region(descriptors, [&](const MemoryRegion& region) {
    boot_e820_entry* entry = entry_at(count);
    if (entry == nullptr) return false;
    *entry = {region.range.begin.value, region.range.size(), static_cast<uint32_t>(region.type)};
    ++count;
    return true;
  });
  at_->params.e820_entries = static_cast<uint8_t>(std::min<size_t>(count, E820_MAX_ENTRIES_ZEROPAGE));
  if (count > E820_MAX_ENTRIES_ZEROPAGE)
    add(at_->more_memory, SETUP_E820_EXT, (count - E820_MAX_ENTRIES_ZEROPAGE) * sizeof(boot_e820_entry));
}

void LinuxParameters::set_efi(PhysAddr system_table, ByteSpan descriptors) {
  efi_info& efi = at_->params.efi_info;
  const uint64_t map = address_of(descriptors.data());
  efi = {kEfi64, low(system_table.value), core::MemoryMap::kDescriptorSize, efi::kMemoryDescriptorVersion, low(map),
         low(descriptors.size()), high(system_table.value), high(map)};
  at_->params.secure_boot = kSecureBootDisabled;
}

}  // namespace efilite::boot
