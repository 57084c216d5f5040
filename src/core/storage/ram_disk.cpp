// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/storage/ram_disk.hpp"

#include <new>

#include "core/device_path/device_path.hpp"
#include "core/handles/service_call.hpp"

namespace efilite::core {

struct RamDisks::RamDisk {
  RamDisk(EventQueue& events, Heap& heap, MutableByteSpan memory, uint32_t block_size, bool read_only)
      : blocks(memory, block_size, read_only), disk(events, heap, &blocks, {}) {}
  RamDisk* next = nullptr;
  MemoryBlocks blocks;
  Disk disk;
};

namespace {

constexpr uint32_t kDiskBlock = 512;
constexpr uint32_t kCdBlock = 2048;

bool is_cd(const efi::Guid& type) { return type == efi::kVirtualCd || type == efi::kPersistentVirtualCd; }

bool names_ram_disk(const efi::DevicePath* path) {
  auto bytes = device_path::measure(path);
  bool found = false;
  for (size_t at = 0; bytes && at < bytes->size();) {
    auto node = device_path::node_at(*bytes, at);
    if (!node || node->ends_path()) break;
    found = node->type == efi::kMediaPath && node->sub_type == efi::kMediaRamDisk && node->bytes.size() == sizeof(efi::RamDiskNode);
    at += node->bytes.size();
  }
  return found;
}

}  // namespace

Result<efi::Handle> RamDisks::add(uint64_t base, uint64_t size, const efi::Guid& type, const efi::DevicePath* parent,
                                  efi::DevicePath** copy) {
  const uint32_t block_size = is_cd(type) ? kCdBlock : kDiskBlock;
  // Bytes behind the last whole block are no part of the disk.
  if (size < block_size || !checked_add(base, size - 1)) return Status::InvalidParameter;
  const efi::RamDiskNode node = {device_path::header(efi::kMediaPath, efi::kMediaRamDisk, sizeof node), base, base + size - 1, type, 0};
  efi::DevicePath* path = TRY(device_path::append_node(heap_, parent, &node.header));
  auto second = copy != nullptr ? device_path::duplicate(heap_, path) : Result<efi::DevicePath*>(nullptr);
  void* memory = second ? heap_.allocate(sizeof(RamDisk)) : nullptr;
  if (memory == nullptr) {
    if (second && *second != nullptr) heap_.release(*second);
    heap_.release(path);
    return Status::OutOfResources;
  }
  auto* made = new (memory) RamDisk(events_, heap_, {reinterpret_cast<std::byte*>(base), size}, block_size, is_cd(type));
  TplGuard guard(events_, efi::kTplNotify);
  if (auto installed = made->disk.install(handles_, path); !installed) {
    heap_.release(made);
    if (*second != nullptr) heap_.release(*second);
    heap_.release(path);
    return installed.error();
  }
  made->next = disks_;
  disks_ = made;
  if (copy != nullptr) *copy = *second;
  return made->disk.handle();
}

Result<> RamDisks::remove(const efi::DevicePath* path) {
  if (!names_ram_disk(path)) return Status::Unsupported;
  const bool interrupts = events_.tpl() > efi::kTplCallback;
  ServiceCall call;
  RamDisk** at = &disks_;
  while (*at != nullptr && !device_path::equal((*at)->disk.path(), path)) at = &(*at)->next;
  RamDisk* disk = *at;
  if (disk == nullptr) return Status::NotFound;
  if (interrupts) return Status::AccessDenied;  // a request that has been interrupted may be using it
  TRY(disk->disk.uninstall(handles_));
  // Drivers were called: the list may have changed.
  at = &disks_;
  while (*at != disk) at = &(*at)->next;
  *at = disk->next;
  heap_.release(disk->disk.path());
  heap_.release(disk);
  return {};
}

// ---- the C edge

struct RamDiskThunks {
  static RamDisks& disks() { return *the_firmware->ram_disks; }

  static Result<> add(uint64_t base, uint64_t size, const efi::Guid& type, efi::DevicePath* parent, efi::DevicePath** path) {
    efi::Handle disk = TRY(disks().add(base, size, type, parent, path));
    // What is on it, and whether anything is, is not what was asked.
    ServiceCall call;
    (void)disks().handles_.connect(disk, nullptr, nullptr, true);
    return {};
  }
  static efi::EfiStatus EFIAPI register_disk(uint64_t base, uint64_t size, efi::Guid* type, efi::DevicePath* parent,
                                             efi::DevicePath** path) {
    if (type == nullptr || path == nullptr || size == 0) return efi::encode(Status::InvalidParameter);
    return efi::encode(add(base, size, *type, parent, path));
  }
  static efi::EfiStatus EFIAPI unregister_disk(efi::DevicePath* path) {
    if (path == nullptr) return efi::encode(Status::InvalidParameter);
    return efi::encode(disks().remove(path));
  }
};

efi::RamDiskProtocol& RamDisks::protocol() {
  static constinit efi::RamDiskProtocol protocol{RamDiskThunks::register_disk, RamDiskThunks::unregister_disk};
  return protocol;
}

}  // namespace efilite::core
