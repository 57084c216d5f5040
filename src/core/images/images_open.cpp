// SPDX-License-Identifier: BSD-2-Clause-Patent
// LoadImage by device path [UEFI 2.10, 7.4.1]: a file system, then LoadFile2 for those who are no boot manager, then LoadFile. All of
// them may be a program's own code, so they are called at the task priority of LoadImage's caller.
#include "base/log.hpp"
#include "core/device_path/device_path.hpp"
#include "core/images/file_source.hpp"
#include "core/images/images.hpp"

namespace efilite::core {
namespace {

bool only_file_names(const efi::DevicePath* path) {
  auto bytes = device_path::measure(path);
  for (size_t at = 0; bytes && at < bytes->size();) {
    auto node = device_path::node_at(*bytes, at);
    if (!node) return false;
    if (node->ends_path()) return at != 0;
    if (node->type != efi::kMediaPath || node->sub_type != efi::kMediaFilePath) return false;
    at += node->bytes.size();
  }
  return false;
}

}  // namespace

// Each node's name is relative to the node before [UEFI 2.10, 10.3.5.4]. Names may be unaligned and without NUL: they are copied.
Result<efi::FileProtocol*> Images::open_nodes(efi::SimpleFileSystemProtocol& volume, const efi::DevicePath* path) {
  efi::FileProtocol* directory = nullptr;
  if (auto status = volume.open_volume(&volume, &directory); efi::is_error(status)) return failure_of(status);
  auto bytes = device_path::measure(path);
  for (size_t at = 0; bytes && at < bytes->size();) {
    auto node = device_path::node_at(*bytes, at);
    if (!node || node->ends_path()) break;
    at += node->bytes.size();

    const size_t size = node->data().size();
    efi::Char16* name;
    {
      TplGuard guard(events_, efi::kTplNotify);
      name = static_cast<efi::Char16*>(pool_.allocate(size + sizeof(efi::Char16)));
    }
    efi::FileProtocol* next = nullptr;
    efi::EfiStatus status = efi::encode(Status::OutOfResources);
    if (name != nullptr) {
      memcpy(name, node->data().data(), size);
      name[size / sizeof(efi::Char16)] = u'\0';
      status = directory->open(directory, &next, name, efi::kFileModeRead, 0);
      TplGuard guard(events_, efi::kTplNotify);
      pool_.release(name);
    }
    directory->close(directory);
    if (efi::is_error(status)) return failure_of(status);
    directory = next;
  }
  return directory;
}

Result<efi::Handle> Images::load_file_image(efi::SimpleFileSystemProtocol& volume, Origin& origin) {
  FileSource file(TRY(open_nodes(volume, origin.file_path)));
  TRY(file.measure());
  return load_from(file, origin);
}

// [UEFI 2.10, 13.1 and 13.2] asks for the size, then for the bytes.
template <typename Protocol>
Result<efi::Handle> Images::load_with(Protocol& protocol, bool boot_policy, Origin& origin) {
  efi::Uintn size = 0;
  auto status = protocol.load_file(&protocol, origin.file_path, boot_policy, &size, nullptr);
  if (efi::is_error(status) && status != efi::encode(Status::BufferTooSmall)) return failure_of(status);
  if (!efi::is_error(status) || size == 0) return Status::LoadError;  // no bytes, no image

  const PageCount pages = PageCount::covering({size});
  auto memory = [&] {
    TplGuard guard(events_, efi::kTplNotify);
    return memory_.allocate(efi::AllocateType::AnyPages, efi::MemoryType::BootServicesData, pages);
  }();
  if (!memory) return Status::OutOfResources;
  void* buffer = reinterpret_cast<void*>(memory->value);
  const efi::Uintn room = size;
  status = protocol.load_file(&protocol, origin.file_path, boot_policy, &size, buffer);
  Result<efi::Handle> image = failure_of(status);
  if (!efi::is_error(status)) {
    BufferSource source({static_cast<std::byte*>(buffer), std::min(size, room)});
    image = load_from(source, origin);
  }
  TplGuard guard(events_, efi::kTplNotify);
  // A program's protocol has seen the buffer, and may have freed it.
  if (!memory_.free(*memory, pages)) log::line("efilite: the buffer of a loaded file could not be freed");
  return image;
}

Result<efi::Handle> Images::load_by_path(bool boot_policy, efi::DevicePath* path, Origin& origin) {
  origin.path = path;
  auto find_device = [&](const efi::Guid& protocol) -> void* {
    TplGuard guard(events_, efi::kTplNotify);
    origin.file_path = path;
    auto device = handles_.locate_device_path(protocol, origin.file_path);
    if (!device) return nullptr;
    origin.device = *device;
    return handles_.find(*device, protocol).value_or(nullptr);
  };
  if (void* volume = find_device(efi::SimpleFileSystemProtocol::kGuid); volume && only_file_names(origin.file_path)) {
    return load_file_image(*static_cast<efi::SimpleFileSystemProtocol*>(volume), origin);
  }
  if (void* file = boot_policy ? nullptr : find_device(efi::LoadFile2Protocol::kGuid)) {
    return load_with(*static_cast<efi::LoadFile2Protocol*>(file), false, origin);
  }
  if (void* file = find_device(efi::LoadFileProtocol::kGuid)) {
    return load_with(*static_cast<efi::LoadFileProtocol*>(file), boot_policy, origin);
  }
  return Status::NotFound;
}

}  // namespace efilite::core
