// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/manager/boot_paths.hpp"

#include <algorithm>
#include <array>

#include "abi/uefi.hpp"
#include "abi/uefi/partition.hpp"
#include "base/letter_case.hpp"
#include "base/static_vector.hpp"
#include "core/device_path/device_path.hpp"
#include "core/handles/service_call.hpp"

namespace efilite::boot {

namespace {

using core::device_path::Node;

// The first node that satisfies `wanted`; nullopt: none before the end.
template <typename Wanted>
std::optional<Node> find_node(const efi::DevicePath* path, Wanted wanted) {
  const ByteSpan bytes(reinterpret_cast<const std::byte*>(path), core::device_path::kMaxSize);
  for (size_t at = 0;;) {
    const auto node = core::device_path::node_at(bytes, at);
    if (!node || node->ends_path()) return std::nullopt;
    if (wanted(*node)) return *node;
    at += node->bytes.size();
  }
}

bool is_media(const Node& node, uint8_t sub_type) { return node.type == efi::kMediaPath && node.sub_type == sub_type; }

// Nothing but names of files, if anything.
bool only_files(const efi::DevicePath* path) {
  return !find_node(path, [](const Node& node) { return !is_media(node, efi::kMediaFilePath); });
}

// [UEFI 2.10, 10.3.5.1] Whether both HD() nodes mean one partition: a GUID is enough, for sizes and numbers may have changed since; an
// MBR's partition is its disk's signature and its number.
bool same_partition(ByteSpan a, ByteSpan b) {
  constexpr std::byte kNone{0}, kGuid{2};
  constexpr size_t kSignature = offsetof(efi::HardDriveNode, signature), kType = offsetof(efi::HardDriveNode, signature_type);
  constexpr size_t kNumber = offsetof(efi::HardDriveNode, partition_number);
  if (a.size() != sizeof(efi::HardDriveNode) || b.size() != a.size() || a[kType] != b[kType] || a[kType] == kNone) return false;
  return memcmp(&a[kSignature], &b[kSignature], 16) == 0 && (a[kType] == kGuid || memcmp(&a[kNumber], &b[kNumber], 4) == 0);
}

}  // namespace

// ---- looking

bool BootPaths::any_of(const efi::Guid* protocol, bool (*work)(void* context, efi::Handle handle), void* context) const {
  const auto found = [&] {
    core::TplGuard guard(events_, efi::kTplNotify);
    const auto type = protocol != nullptr ? efi::LocateSearchType::ByProtocol : efi::LocateSearchType::AllHandles;
    return handles_.locate_buffer(type, protocol, nullptr).value_or(std::span<efi::Handle>());
  }();
  const bool answer = std::ranges::any_of(found, [&](efi::Handle handle) { return work(context, handle); });
  if (!found.empty()) heap_.release(found.data());
  return answer;
}

void* BootPaths::interface_on(efi::Handle handle, const efi::Guid& protocol) const {
  core::TplGuard guard(events_, efi::kTplNotify);
  return handles_.find(handle, protocol).value_or(nullptr);
}

efi::DevicePath* BootPaths::path_of(efi::Handle handle) const {
  auto* path = static_cast<efi::DevicePath*>(interface_on(handle, efi::kDevicePathGuid));
  return core::device_path::measure(path) ? path : nullptr;
}

efi::Handle BootPaths::device_of(const efi::Guid& protocol, const efi::DevicePath* path, const efi::DevicePath*& rest) const {
  core::TplGuard guard(events_, efi::kTplNotify);
  auto* left = const_cast<efi::DevicePath*>(path);
  const efi::Handle device = handles_.locate_device_path(protocol, left).value_or(nullptr);
  if (device != nullptr) rest = left;
  return device;
}

void BootPaths::connect(efi::Handle handle) {
  core::ServiceCall call;
  (void)handles_.connect(handle, nullptr, nullptr, true);
}

// nullptr: nobody has it.
efi::Handle BootPaths::partition_like(ByteSpan node) const {
  efi::Handle found = nullptr;
  any_handle(&efi::BlockIoProtocol::kGuid, [&](efi::Handle disk) {
    const efi::DevicePath* path = path_of(disk);
    const auto same = [&](const Node& n) { return is_media(n, efi::kMediaHardDrive) && same_partition(n.bytes, node); };
    const bool has = path != nullptr && find_node(path, same);
    if (has) found = disk;
    return has;
  });
  return found;
}

bool BootPaths::is_below(efi::Handle volume, efi::Handle disk) const {
  const auto path = core::device_path::measure(path_of(volume)), nodes = core::device_path::measure(path_of(disk));
  if (!path || !nodes || path->size() < nodes->size()) return false;
  return memcmp(path->data(), nodes->data(), nodes->size() - sizeof(efi::DevicePath)) == 0;
}

bool BootPaths::has_volume(efi::Handle disk) const {
  return any_handle(&efi::SimpleFileSystemProtocol::kGuid, [&](efi::Handle volume) { return is_below(volume, disk); });
}

const efi::BlockIoMedia* BootPaths::media_of(efi::Handle disk) const {
  auto* blocks = static_cast<efi::BlockIoProtocol*>(interface_on(disk, efi::BlockIoProtocol::kGuid));
  return blocks != nullptr ? blocks->media : nullptr;
}

bool BootPaths::is_bare_disk(efi::Handle disk) const {
  const efi::BlockIoMedia* media = media_of(disk);
  return media != nullptr && media->logical_partition == 0 && !has_volume(disk);
}

BootPaths::Group BootPaths::group_of(efi::Handle volume) const {
  const efi::DevicePath* path = path_of(volume);
  if (path != nullptr && find_node(path, [](const Node& node) { return is_media(node, efi::kMediaRamDisk); })) return Group::RamDisk;
  const efi::BlockIoMedia* media = media_of(volume);
  return media != nullptr && media->removable_media != 0 ? Group::Removable : Group::Fixed;
}

// nullptr: it cannot be opened.
efi::FileProtocol* BootPaths::root_of(efi::Handle handle) const {
  auto* volume = static_cast<efi::SimpleFileSystemProtocol*>(interface_on(handle, efi::SimpleFileSystemProtocol::kGuid));
  efi::FileProtocol* root = nullptr;
  return volume == nullptr || efi::is_error(volume->open_volume(volume, &root)) ? nullptr : root;
}

efi::FileProtocol* BootPaths::open_file(efi::Handle volume, const char16_t* path) const {
  efi::FileProtocol* root = root_of(volume);
  if (root == nullptr) return nullptr;
  efi::FileProtocol* file = nullptr;
  const efi::EfiStatus opened = root->open(root, &file, const_cast<char16_t*>(path), efi::kFileModeRead, 0);
  root->close(root);
  return efi::is_error(opened) ? nullptr : file;
}

bool BootPaths::has_file(efi::Handle volume, const char16_t* path) const {
  efi::FileProtocol* file = open_file(volume, path);
  if (file != nullptr) file->close(file);
  return file != nullptr;
}

// By its label, or its partition's name in the GPT.
bool BootPaths::is_called(efi::Handle volume, ByteSpan label) const {
  std::array<char16_t, 64> name{};
  const std::u16string_view wanted(reinterpret_cast<const char16_t*>(label.data()), label.size() / sizeof(char16_t));
  const auto is_name = [&] {
    return wanted.size() < name.size() && name[wanted.size()] == u'\0' && same_letters(wanted, {name.data(), wanted.size()});
  };
  auto* partition = static_cast<efi::PartitionInfoProtocol*>(interface_on(volume, efi::PartitionInfoProtocol::kGuid));
  if (partition != nullptr && partition->kind == efi::PartitionKind::Gpt) {
    memcpy(name.data(), partition->gpt.name, sizeof partition->gpt.name);
    if (is_name()) return true;
  }
  efi::FileProtocol* root = root_of(volume);
  if (root == nullptr) return false;
  efi::Uintn size = sizeof name;
  efi::Guid type = efi::kFileSystemVolumeLabel;
  const efi::EfiStatus told = root->get_info(root, &type, &size, name.data());
  root->close(root);
  return !efi::is_error(told) && is_name();
}

// ---- what a path means

bool BootPaths::visit(const efi::DevicePath* path, ImageVisitor& visitor) {
  constexpr uint8_t kUsbClass = 0x0F, kUsbWwid = 0x10, kUri = 0x18;
  if (only_files(path) && !core::device_path::is_end(path)) return visit_every_volume({}, path, visitor);
  if (path->type == efi::kMediaPath && path->sub_type == efi::kMediaHardDrive) return visit_partition(path, visitor);
  if (path->type == efi::kMessagingPath && (path->sub_type == kUsbClass || path->sub_type == kUsbWwid || path->sub_type == kUri)) {
    visitor.nothing_at(path, "efilite boots neither from USB nor from a network");
    return false;
  }
  return visit_whole(path, visitor);
}

// [UEFI 2.10, 3.5.1 and 3.5.2] a volume, a disk with volumes on it, or what is no disk and has files of its own.
bool BootPaths::visit_whole(const efi::DevicePath* path, ImageVisitor& visitor) {
  (void)discovery_.connect_path(path);
  const efi::DevicePath* rest = nullptr;
  const efi::Handle volume = device_of(efi::SimpleFileSystemProtocol::kGuid, path, rest);
  if (volume != nullptr && only_files(rest)) return visit_volume(volume, rest, visitor);
  const efi::Handle disk = device_of(efi::BlockIoProtocol::kGuid, path, rest);
  const char* why = rest == nullptr ? "there is no such device" : "there is no such partition or unit";
  if (disk != nullptr && only_files(rest)) {
    connect(disk);
    why = "there is no file system that efilite can read";
    if (has_volume(disk)) {
      return any_handle(&efi::SimpleFileSystemProtocol::kGuid,
                        [&](efi::Handle each) { return is_below(each, disk) && visit_volume(each, rest, visitor); });
    }
  } else if (device_of(efi::LoadFileProtocol::kGuid, path, rest) != nullptr) {
    return visitor.visit(const_cast<efi::DevicePath*>(path));
  }
  visitor.nothing_at(path, why);
  return false;
}

bool BootPaths::visit_volume(efi::Handle volume, const efi::DevicePath* file, ImageVisitor& visitor) {
  const efi::DevicePath* device = path_of(volume);
  if (device == nullptr) return false;
  if (core::device_path::is_end(file)) file = &kDefaultFile.header;
  auto image = core::device_path::append_path(heap_, device, file);
  if (!image) {
    visitor.nothing_at(device, status_name(image.error()));
    return false;
  }
  const bool enough = visitor.visit(*image);
  heap_.release(*image);
  return enough;
}

// [UEFI 2.10, 3.1.2] a path that begins with HD(): that partition, on whichever disk.
bool BootPaths::visit_partition(const efi::DevicePath* path, ImageVisitor& visitor) {
  const auto node = find_node(path, [](const Node&) { return true; });
  efi::Handle partition = partition_like(node->bytes);
  while (partition == nullptr && discovery_.connect_next(Discovery::Media::Any)) partition = partition_like(node->bytes);
  const auto* rest = reinterpret_cast<const efi::DevicePath*>(node->bytes.data() + node->bytes.size());
  Result<efi::DevicePath*> whole = Status::NotFound;
  if (partition != nullptr) whole = core::device_path::append_path(heap_, path_of(partition), rest);
  if (!whole) {
    visitor.nothing_at(path, whole.error() == Status::NotFound ? "no disk has this partition" : status_name(whole.error()));
    return false;
  }
  const bool enough = visit_whole(*whole, visitor);
  heap_.release(*whole);
  return enough;
}

// [UEFI 2.10, 3.1.2] a path that is a file's alone: on all media that can be removed, then on all others. RAM disks come first, for
// somebody has put them there for this very start.
bool BootPaths::visit_every_volume(ByteSpan label, const efi::DevicePath* file, ImageVisitor& visitor) {
  StaticVector<efi::Handle, 256> seen;  // more volumes are left out
  bool called_so = false;
  connect_bare_disks();
  for (Group group : {Group::RamDisk, Group::Removable, Group::Fixed}) {
    const auto visit_new = [&](efi::Handle volume) {
      if (std::ranges::find(seen, volume) != seen.end() || group_of(volume) != group || !seen.push_back(volume)) return false;
      if (!label.empty() && !is_called(volume, label)) return false;
      called_so = true;
      return visit_volume(volume, file, visitor);
    };
    do {
      if (any_handle(&efi::SimpleFileSystemProtocol::kGuid, visit_new)) return true;
    } while (group != Group::RamDisk &&
             discovery_.connect_next(group == Group::Removable ? Discovery::Media::MayBeRemovable : Discovery::Media::Any));
  }
  if (label.empty()) tell_disks_without_volume(visitor);
  else if (!called_so) visitor.nothing_at(nullptr, "no volume has this name");
  return false;
}

// Those that discovery knows nothing of: a program's own.
void BootPaths::connect_bare_disks() {
  any_handle(&efi::BlockIoProtocol::kGuid, [&](efi::Handle disk) {
    if (is_bare_disk(disk)) connect(disk);
    return false;
  });
}

void BootPaths::tell_disks_without_volume(ImageVisitor& visitor) {
  any_handle(&efi::BlockIoProtocol::kGuid, [&](efi::Handle disk) {
    if (!is_bare_disk(disk)) return false;
    visitor.nothing_at(path_of(disk),
                       media_of(disk)->media_present != 0 ? "there is no file system that efilite can read" : "there is no medium in it");
    return false;
  });
}

void BootPaths::connect_all() {
  while (discovery_.connect_next(Discovery::Media::Any)) {
  }
  connect_bare_disks();
}

}  // namespace efilite::boot
