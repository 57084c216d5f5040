// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/payload_device.hpp"

#include "core/device_path/device_path.hpp"
#include "core/handles/handles.hpp"

namespace efilite::boot {

namespace {

using core::device_path::Builder;

// [QEMU docs/specs/fw_cfg] the device's _HID. It is no compressed one, so it stands there as a string; _UID and _CID are empty.
struct [[gnu::packed]] FwCfgNode {
  efi::AcpiExpandedNode ids = {core::device_path::header(efi::kAcpiPath, efi::kAcpiExpandedDevice, sizeof(FwCfgNode)), 0, 0, 0};
  char hid[9] = "QEMU0002";
  char uid[1] = "";
  char cid[1] = "";
};
static_assert(sizeof(FwCfgNode) == 27);

Builder& add_device(Builder& path, const Payload& payload) {
  if (payload.image != &payload.image_module) return path.raw(bytes_of(FwCfgNode{}));
  PhysRange where{};
  if (auto bytes = payload.image->in_place()) where.begin = {reinterpret_cast<uint64_t>(bytes->data())};
  where.end = {where.begin.value + payload.image->size()};
  return path.memory_mapped(efi::MemoryType::LoaderCode, where);
}

// As file systems write it: from the root on, by backslashes.
std::u16string_view as_path_name(std::string_view file, std::span<char16_t> out) {
  size_t size = 0;
  out[size++] = u'\\';
  for (char c : file) {
    if (size < out.size()) out[size++] = c == '/' ? u'\\' : static_cast<char16_t>(c);
  }
  return {out.data(), size};
}

}  // namespace

Result<> PayloadDevice::build_paths() {
  Builder device(device_path_);
  TRY(add_device(device, payload_).finish());
  std::array<char16_t, 32> name;
  Builder image(image_path_);
  TRY(add_device(image, payload_).file_path(as_path_name(payload_.file, name)).finish());
  return {};
}

Result<efi::Handle> PayloadDevice::install(core::HandleDatabase& handles) {
  TRY(build_paths());
  core::ProtocolPair pairs[] = {{&efi::kDevicePathGuid, device_path_.data()}, {&efi::LoadFile2Protocol::kGuid, nullptr}};
  size_t count = 1;
  // A module becomes the image itself, or its memory is given back once it has been read: it cannot be loaded a second time.
  if (payload_.image != &payload_.image_module) {
    const ByteSpan nodes = core::device_path::without_end(TRY(core::device_path::parse(device_path_)));
    const ByteSpan file = TRY(core::device_path::parse(ByteSpan(image_path_).subspan(nodes.size())));
    loader_.emplace(*payload_.image, file);
    pairs[count++].interface = loader_->protocol();
  }
  efi::Handle handle = nullptr;
  TRY(handles.install_multiple(&handle, std::span(pairs).first(count)));
  return handle;
}

}  // namespace efilite::boot
