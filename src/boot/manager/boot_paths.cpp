// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/manager/boot_paths.hpp"

#include <algorithm>
#include <array>

#include "abi/uefi.hpp"
#include "abi/uefi/boot_options.hpp"
#include "base/letter_case.hpp"
#include "core/device_path/device_path.hpp"
#include "core/handles/service_call.hpp"

namespace efilite::boot {

namespace {

using core::device_path::node_at;
using core::device_path::without_end;

bool is_file(const core::device_path::Node& node) { return node.type == efi::kMediaPath && node.sub_type == efi::kMediaFilePath; }

// Nothing but names of files, if anything, up to the end.
bool only_files(ByteSpan path) {
  for (size_t at = 0;;) {
    auto node = node_at(path, at);
    if (!node || node->ends_path()) return node.has_value();
    if (!is_file(*node)) return false;
    at += node->bytes.size();
  }
}

bool begins_with(ByteSpan path, ByteSpan nodes) {
  return path.size() > nodes.size() && std::ranges::equal(path.first(nodes.size()), nodes);
}

// [UEFI 2.10, 10.3.5.1] Whether both nodes mean one partition: a GUID is enough, and sizes may have changed since.
bool same_partition(ByteSpan one, ByteSpan other) {
  constexpr uint8_t kMbrSignature = 1, kGuidSignature = 2;
  auto a = read_at<efi::HardDriveNode>(one, 0), b = read_at<efi::HardDriveNode>(other, 0);
  if (!a || !b || a->signature_type != b->signature_type) return false;
  if (a->signature_type == kGuidSignature) return memcmp(a->signature, b->signature, sizeof a->signature) == 0;
  return a->signature_type == kMbrSignature && a->partition_number == b->partition_number && memcmp(a->signature, b->signature, 4) == 0;
}

// The last node before the end.
ByteSpan last_node(ByteSpan path) {
  ByteSpan last;
  for (size_t at = 0;;) {
    auto node = node_at(path, at);
    if (!node || node->ends_path()) return last;
    last = node->bytes;
    at += last.size();
  }
}

bool is_ram_disk(ByteSpan path) {
  for (size_t at = 0;;) {
    auto node = node_at(path, at);
    if (!node || node->ends_path()) return false;
    if (node->type == efi::kMediaPath && node->sub_type == efi::kMediaRamDisk) return true;
    at += node->bytes.size();
  }
}

const efi::BlockIoMedia* media_of(void* block_io) {
  return block_io != nullptr ? static_cast<efi::BlockIoProtocol*>(block_io)->media : nullptr;
}

// A device's nodes and then a file's path, or the default file's when that is empty.
Result<HeapBytes> image_path(core::Heap& heap, ByteSpan device, ByteSpan file) {
  constexpr size_t kDefaultNode = sizeof(efi::DevicePath) + sizeof efi::kDefaultBootFile;
  HeapBytes out = TRY(HeapBytes::allocate(heap, device.size() + file.size() + kDefaultNode));
  core::device_path::Builder path({out.data(), out.size()});
  path.raw(device).raw(without_end(file));
  if (file.size() == sizeof(efi::DevicePath)) path.file_path({efi::kDefaultBootFile, std::size(efi::kDefaultBootFile) - 1});
  (void)TRY(path.finish());
  return out;
}

// The handles of a search, none of them twice.
class Handles {
 public:
  Handles(core::Heap& heap, HeapBytes bytes) : heap_(heap), bytes_(std::move(bytes)) {}
  explicit Handles(core::Heap& heap) : heap_(heap) {}
  std::span<efi::Handle> all() const { return {bytes_.as<efi::Handle>(), bytes_.size() / sizeof(efi::Handle)}; }
  bool has(efi::Handle handle) const { return std::ranges::find(all(), handle) != all().end(); }
  Result<> add(efi::Handle handle) {
    HeapBytes more = TRY(HeapBytes::allocate(heap_, bytes_.size() + sizeof handle));
    if (bytes_.size() != 0) memcpy(more.data(), bytes_.data(), bytes_.size());
    memcpy(more.data() + bytes_.size(), &handle, sizeof handle);
    bytes_ = std::move(more);
    return {};
  }

 private:
  core::Heap& heap_;
  HeapBytes bytes_;
};

}  // namespace

// ---- looking

HeapBytes BootPaths::handles_with(const efi::Guid& protocol) const {
  core::TplGuard guard(events_, efi::kTplNotify);
  auto found = handles_.locate_buffer(efi::LocateSearchType::ByProtocol, &protocol, nullptr);
  if (!found) return {};
  return HeapBytes(heap_, found->data(), found->size_bytes());
}

void* BootPaths::interface_on(efi::Handle handle, const efi::Guid& protocol) const {
  core::TplGuard guard(events_, efi::kTplNotify);
  return handles_.find(handle, protocol).value_or(nullptr);
}

efi::DevicePath* BootPaths::path_of(efi::Handle handle) const {
  auto* path = static_cast<efi::DevicePath*>(interface_on(handle, efi::kDevicePathGuid));
  return core::device_path::measure(path) ? path : nullptr;
}

std::optional<efi::Handle> BootPaths::device_of(const efi::Guid& protocol, ByteSpan path, ByteSpan& rest) const {
  core::TplGuard guard(events_, efi::kTplNotify);
  auto* left = const_cast<efi::DevicePath*>(core::device_path::as_path(path));
  auto device = handles_.locate_device_path(protocol, left);
  if (!device) return std::nullopt;
  rest = path.subspan(static_cast<size_t>(reinterpret_cast<const std::byte*>(left) - path.data()));
  return *device;
}

void BootPaths::connect(efi::Handle handle) {
  core::ServiceCall call;
  (void)handles_.connect(handle, nullptr, nullptr, true);
}

efi::Handle BootPaths::partition_like(ByteSpan node) const {
  const Handles disks(heap_, handles_with(efi::BlockIoProtocol::kGuid));
  for (efi::Handle disk : disks.all()) {
    auto path = core::device_path::measure(path_of(disk));
    if (!path) continue;
    const ByteSpan last = last_node(*path);
    auto header = read_at<efi::DevicePath>(last, 0);
    if (header && header->type == efi::kMediaPath && header->sub_type == efi::kMediaHardDrive && same_partition(last, node)) return disk;
  }
  return nullptr;
}

bool BootPaths::has_volume(efi::Handle disk) const {
  auto nodes = core::device_path::measure(path_of(disk));
  const Handles volumes(heap_, handles_with(efi::SimpleFileSystemProtocol::kGuid));
  return nodes && std::ranges::any_of(volumes.all(), [&](efi::Handle volume) {
    auto path = core::device_path::measure(path_of(volume));
    return path && begins_with(*path, without_end(*nodes));
  });
}

BootPaths::Group BootPaths::group_of(efi::Handle volume) const {
  auto path = core::device_path::measure(path_of(volume));
  if (path && is_ram_disk(*path)) return Group::RamDisk;
  const efi::BlockIoMedia* media = media_of(interface_on(volume, efi::BlockIoProtocol::kGuid));
  return media != nullptr && media->removable_media != 0 ? Group::Removable : Group::Fixed;
}

// ---- what a path means

Result<bool> BootPaths::visit(ByteSpan path, ImageVisitor& visitor) {
  constexpr uint8_t kUsbClass = 0x0F, kUsbWwid = 0x10, kUri = 0x18;
  const auto first = TRY(node_at(path, 0));
  if (is_file(first) && only_files(path)) return visit_every_volume(path, {}, visitor);
  if (first.type == efi::kMediaPath && first.sub_type == efi::kMediaHardDrive) return visit_partition(path, visitor);
  if (first.type == efi::kMessagingPath && (first.sub_type == kUsbClass || first.sub_type == kUsbWwid || first.sub_type == kUri)) {
    visitor.nothing_at(core::device_path::as_path(path), "efilite boots neither from USB nor from a network");
    return false;
  }
  return visit_whole(path, visitor);
}

// [UEFI 2.10, 3.5.1 and 3.5.2] a volume, a disk with volumes on it, or what is no disk and has files of its own.
Result<bool> BootPaths::visit_whole(ByteSpan path, ImageVisitor& visitor) {
  (void)discovery_.connect_path(core::device_path::as_path(path));
  ByteSpan rest;
  if (auto volume = device_of(efi::SimpleFileSystemProtocol::kGuid, path, rest); volume && only_files(rest)) {
    return visit_volume(*volume, rest, visitor);
  }
  if (auto disk = device_of(efi::BlockIoProtocol::kGuid, path, rest); disk && only_files(rest)) {
    connect(*disk);
    if (has_volume(*disk)) return visit_volumes_below(*disk, rest, visitor);
    visitor.nothing_at(core::device_path::as_path(path), "there is no file system that efilite can read");
    return false;
  }
  const char* const missing = rest.empty() ? "there is no such device" : "there is no such partition or unit";
  if (device_of(efi::LoadFileProtocol::kGuid, path, rest)) {
    HeapBytes copy = TRY(HeapBytes::allocate(heap_, path.size()));
    memcpy(copy.data(), path.data(), path.size());
    return visitor.visit(copy.as<efi::DevicePath>());
  }
  visitor.nothing_at(core::device_path::as_path(path), missing);
  return false;
}

Result<bool> BootPaths::visit_volume(efi::Handle volume, ByteSpan file, ImageVisitor& visitor) {
  auto device = core::device_path::measure(path_of(volume));
  if (!device) return false;
  HeapBytes image = TRY(image_path(heap_, without_end(*device), file));
  return visitor.visit(image.as<efi::DevicePath>());
}

Result<bool> BootPaths::visit_volumes_below(efi::Handle disk, ByteSpan file, ImageVisitor& visitor) {
  const Handles volumes(heap_, handles_with(efi::SimpleFileSystemProtocol::kGuid));
  for (efi::Handle volume : volumes.all()) {
    auto nodes = core::device_path::measure(path_of(disk)), path = core::device_path::measure(path_of(volume));
    if (nodes && path && begins_with(*path, without_end(*nodes)) && TRY(visit_volume(volume, file, visitor))) return true;
  }
  return false;
}

// [UEFI 2.10, 3.1.2] a path that begins with HD(): that partition, on whichever disk.
Result<bool> BootPaths::visit_partition(ByteSpan path, ImageVisitor& visitor) {
  const auto node = TRY(node_at(path, 0));
  efi::Handle partition = partition_like(node.bytes);
  while (partition == nullptr && discovery_.connect_next(Discovery::Media::Any)) partition = partition_like(node.bytes);
  auto device = core::device_path::measure(path_of(partition));
  if (!device) {
    visitor.nothing_at(core::device_path::as_path(path), "no disk has this partition");
    return false;
  }
  const ByteSpan rest = path.subspan(node.bytes.size());
  HeapBytes whole = TRY(HeapBytes::allocate(heap_, device->size() + rest.size()));
  core::device_path::Builder builder({whole.data(), whole.size()});
  (void)TRY(builder.raw(without_end(*device)).raw(without_end(rest)).finish());
  return visit_whole(TRY(core::device_path::parse(whole.bytes())), visitor);
}

// [UEFI 2.10, 3.1.2] a path that is a file's alone: on all media that can be removed, then on all others. RAM disks come first, for
// somebody has put them there for this very start.
Result<bool> BootPaths::visit_every_volume(ByteSpan file, ByteSpan label, ImageVisitor& visitor) {
  Handles seen(heap_);
  bool found = false;
  connect_disks_without_volume();
  for (Group group : {Group::RamDisk, Group::Removable, Group::Fixed}) {
    do {
      const Handles volumes(heap_, handles_with(efi::SimpleFileSystemProtocol::kGuid));
      for (efi::Handle volume : volumes.all()) {
        if (seen.has(volume) || group_of(volume) != group) continue;
        TRY(seen.add(volume));
        if (!label.empty() && !is_called(volume, label)) continue;
        found = true;
        if (TRY(visit_volume(volume, file, visitor))) return true;
      }
    } while (group != Group::RamDisk &&
             discovery_.connect_next(group == Group::Removable ? Discovery::Media::MayBeRemovable : Discovery::Media::Any));
  }
  if (label.empty()) tell_disks_without_volume(visitor);
  else if (!found) visitor.nothing_at(nullptr, "no volume has this name");
  return false;
}

Result<bool> BootPaths::visit_label(ByteSpan label, ByteSpan file, ImageVisitor& visitor) {
  return visit_every_volume(file, label, visitor);
}

// nullptr: it cannot be opened.
efi::FileProtocol* BootPaths::root_of(efi::Handle handle) const {
  auto* volume = static_cast<efi::SimpleFileSystemProtocol*>(interface_on(handle, efi::SimpleFileSystemProtocol::kGuid));
  efi::FileProtocol* root = nullptr;
  return volume == nullptr || efi::is_error(volume->open_volume(volume, &root)) ? nullptr : root;
}

bool BootPaths::has_file(efi::Handle volume, const char16_t* path) const {
  efi::FileProtocol* root = root_of(volume);
  if (root == nullptr) return false;
  efi::FileProtocol* file = nullptr;
  const bool found = !efi::is_error(root->open(root, &file, const_cast<char16_t*>(path), efi::kFileModeRead, 0));
  if (found) file->close(file);
  root->close(root);
  return found;
}

Result<HeapBytes> BootPaths::file_on(efi::Handle volume, const char16_t* path) const {
  const ByteSpan device = TRY(core::device_path::measure(path_of(volume)));
  const std::u16string_view name = path;
  HeapBytes out = TRY(HeapBytes::allocate(heap_, device.size() + sizeof(efi::DevicePath) + (name.size() + 1) * sizeof(char16_t)));
  core::device_path::Builder builder({out.data(), out.size()});
  (void)TRY(builder.raw(without_end(device)).file_path(name).finish());
  return out;
}

bool BootPaths::is_called(efi::Handle volume, ByteSpan label) const {
  efi::FileProtocol* root = root_of(volume);
  if (root == nullptr) return false;
  std::array<char16_t, 64> name;
  efi::Uintn size = sizeof name;
  efi::Guid type = efi::kFileSystemVolumeLabel;
  const bool told = !efi::is_error(root->get_info(root, &type, &size, name.data()));
  root->close(root);
  if (!told || size > sizeof name) return false;
  for (size_t i = 0; i < name.size(); ++i) {
    const char16_t wanted = read_at<char16_t>(label, i * sizeof(char16_t)).value_or(u'\0');
    const char16_t here = i * sizeof(char16_t) < size ? name[i] : u'\0';
    if (to_upper(wanted) != to_upper(here)) return false;
    if (here == u'\0') return true;
  }
  return false;
}

// Those that discovery knows nothing of: a program's own.
void BootPaths::connect_disks_without_volume() {
  const Handles disks(heap_, handles_with(efi::BlockIoProtocol::kGuid));
  for (efi::Handle disk : disks.all()) {
    const efi::BlockIoMedia* media = media_of(interface_on(disk, efi::BlockIoProtocol::kGuid));
    if (media != nullptr && media->logical_partition == 0 && !has_volume(disk)) connect(disk);
  }
}

void BootPaths::tell_disks_without_volume(ImageVisitor& visitor) {
  const Handles disks(heap_, handles_with(efi::BlockIoProtocol::kGuid));
  for (efi::Handle disk : disks.all()) {
    const efi::BlockIoMedia* media = media_of(interface_on(disk, efi::BlockIoProtocol::kGuid));
    const efi::DevicePath* path = path_of(disk);
    if (media == nullptr || path == nullptr || media->logical_partition != 0 || has_volume(disk)) continue;
    visitor.nothing_at(path, media->media_present != 0 ? "there is no file system that efilite can read" : "there is no medium in it");
  }
}

void BootPaths::connect_all() {
  while (discovery_.connect_next(Discovery::Media::Any)) {
  }
  connect_disks_without_volume();
}

}  // namespace efilite::boot
