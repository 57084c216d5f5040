// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/memory/memory_services.hpp"

#include "core/events/events.hpp"
#include "core/firmware.hpp"
#include "core/memory/memory_map.hpp"
#include "core/memory/pool.hpp"

namespace efilite::core {
namespace {

using efi::EfiStatus;
using efi::encode;

EfiStatus EFIAPI allocate_pages(efi::AllocateType how, efi::MemoryType type, efi::Uintn pages, efi::PhysicalAddress* memory) {
  if (!memory) return encode(Status::InvalidParameter);
  TplGuard guard(the_firmware->events, efi::kTplNotify);
  auto at = the_firmware->memory.allocate(how, type, {pages}, {*memory});
  if (at) *memory = at->value;
  return encode(at);
}

EfiStatus EFIAPI free_pages(efi::PhysicalAddress memory, efi::Uintn pages) {
  TplGuard guard(the_firmware->events, efi::kTplNotify);
  return encode(the_firmware->memory.free({memory}, {pages}));
}

// [UEFI 2.10, 7.2.3] A buffer that is too small is told about before one that is missing: asking for the size with neither is usual.
EfiStatus EFIAPI get_memory_map(efi::Uintn* map_size, efi::MemoryDescriptor* map, efi::Uintn* map_key, efi::Uintn* descriptor_size,
                                uint32_t* descriptor_version) {
  if (!map_size) return encode(Status::InvalidParameter);
  TplGuard guard(the_firmware->events, efi::kTplNotify);
  const MemoryMap& memory = the_firmware->memory;
  const uint64_t room = *map_size;
  const uint64_t needed = memory.read_size();
  if (room >= needed && !map) return encode(Status::InvalidParameter);
  *map_size = needed;
  if (map_key) *map_key = memory.key();
  if (descriptor_size) *descriptor_size = MemoryMap::kDescriptorSize;
  if (descriptor_version) *descriptor_version = efi::kMemoryDescriptorVersion;
  if (room < needed) return encode(Status::BufferTooSmall);
  return encode(memory.read({reinterpret_cast<std::byte*>(map), needed}));
}

EfiStatus EFIAPI allocate_pool(efi::MemoryType type, efi::Uintn size, void** buffer) {
  if (!buffer) return encode(Status::InvalidParameter);
  TplGuard guard(the_firmware->events, efi::kTplNotify);
  auto block = the_firmware->pool.allocate(type, size);
  if (block) *buffer = *block;
  return encode(block);
}

EfiStatus EFIAPI free_pool(void* buffer) {
  TplGuard guard(the_firmware->events, efi::kTplNotify);
  return encode(the_firmware->pool.free(buffer));
}

}  // namespace

void fill_memory_services(efi::BootServices& services) {
  services.allocate_pages = allocate_pages;
  services.free_pages = free_pages;
  services.get_memory_map = get_memory_map;
  services.allocate_pool = allocate_pool;
  services.free_pool = free_pool;
}

}  // namespace efilite::core
