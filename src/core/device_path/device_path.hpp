// SPDX-License-Identifier: BSD-2-Clause-Patent
// Device paths [UEFI 2.10, 10.3]: walking, measuring and building. A path is somebody else's bytes, so each walk is bounded and each
// node's length is checked; a malformed path is INVALID_PARAMETER everywhere.
#pragma once

#include <string_view>

#include "abi/uefi/device_path.hpp"
#include "abi/uefi/protocols.hpp"
#include "core/ports.hpp"

namespace efilite::core::device_path {

// A path that a program hands over carries no size. One that has not ended within this many bytes is taken for garbage.
inline constexpr size_t kMaxSize = 64 * 1024;

struct Node {
  uint8_t type;
  uint8_t sub_type;
  ByteSpan bytes;  // header and all

  bool ends_path() const { return type == efi::kEndPath && sub_type == efi::kEndEntire; }
  bool ends_instance() const { return type == efi::kEndPath && sub_type == efi::kEndInstance; }
  ByteSpan data() const { return bytes.subspan(sizeof(efi::DevicePath)); }
};

// The node at `offset`; it lies wholly inside `bytes`. Only the node's own four header bytes are read.
Result<Node> node_at(ByteSpan bytes, size_t offset);

// The path at the beginning of `bytes`, cut behind its end-of-path node.
Result<ByteSpan> parse(ByteSpan bytes);
// The same for a program's pointer; nullptr is INVALID_PARAMETER.
Result<ByteSpan> measure(const efi::DevicePath* path);
// Nodes of the first instance, without the node that ends it.
Result<ByteSpan> first_instance(ByteSpan path);

inline ByteSpan without_end(ByteSpan path) { return path.first(path.size() - sizeof(efi::DevicePath)); }
inline const efi::DevicePath* as_path(ByteSpan path) { return reinterpret_cast<const efi::DevicePath*>(path.data()); }

// True for a path of an end-of-path node alone. A malformed path is no end.
bool is_end(const efi::DevicePath* path);
bool is_multi_instance(const efi::DevicePath* path);
// Same bytes. Malformed paths equal nothing, not even themselves.
bool equal(const efi::DevicePath* a, const efi::DevicePath* b);

// New paths come from `heap` and belong to the caller [UEFI 2.10, 10.5]. nullptr stands for "nothing" where the specification allows it.
Result<efi::DevicePath*> duplicate(Heap& heap, const efi::DevicePath* path);
Result<efi::DevicePath*> append_path(Heap& heap, const efi::DevicePath* first, const efi::DevicePath* second);
Result<efi::DevicePath*> append_node(Heap& heap, const efi::DevicePath* path, const efi::DevicePath* node);
Result<efi::DevicePath*> append_instance(Heap& heap, const efi::DevicePath* path, const efi::DevicePath* instance);
// A copy of the instance at `cursor`, ended as a path of its own. The cursor moves to the next instance, or to nullptr.
Result<efi::DevicePath*> next_instance(Heap& heap, const efi::DevicePath*& cursor, size_t& size);
Result<efi::DevicePath*> create_node(Heap& heap, uint8_t type, uint8_t sub_type, uint16_t length);

constexpr efi::DevicePath header(uint8_t type, uint8_t sub_type, size_t length) {
  return {type, sub_type, {static_cast<uint8_t>(length), static_cast<uint8_t>(length >> 8)}};
}

// Writes a path node by node into the caller's memory. The first failure sticks, so only finish() needs to be looked at.
class Builder {
 public:
  explicit Builder(MutableByteSpan out) : out_(out) {}

  Builder& node(const efi::DevicePath* node);  // any ready-made node
  Builder& vendor(uint8_t type, uint8_t sub_type, const efi::Guid& guid, ByteSpan data = {});
  Builder& memory_mapped(efi::MemoryType type, PhysRange range);  // the node names the last byte, the range the one behind it
  Builder& file_path(std::u16string_view name);
  Builder& raw(ByteSpan nodes);  // whole nodes, e.g. without_end() of another path

  Result<const efi::DevicePath*> finish();

 private:
  std::byte* reserve(size_t size);
  Builder& fail(Status why);

  MutableByteSpan out_;
  size_t used_ = 0;
  Status failure_ = Status::Success;
};

// Whole paths of one node, for the caller to keep in static storage or in a member.
struct [[gnu::packed]] VendorPath {
  efi::VendorNode vendor;
  efi::DevicePath end;
};
constexpr VendorPath vendor_path(uint8_t type, uint8_t sub_type, const efi::Guid& guid) {
  return {{header(type, sub_type, sizeof(efi::VendorNode)), guid}, efi::kEndEntirePath};
}

struct [[gnu::packed]] MemoryMappedPath {
  efi::MemoryMappedNode memory;
  efi::DevicePath end;
};
constexpr MemoryMappedPath memory_mapped_path(efi::MemoryType type, PhysRange range) {
  return {{header(efi::kHardwarePath, efi::kHardwareMemoryMapped, sizeof(efi::MemoryMappedNode)), type, range.begin.value,
           range.empty() ? range.begin.value : range.end.value - 1},
          efi::kEndEntirePath};
}

// EFI_DEVICE_PATH_UTILITIES_PROTOCOL, ready to install. Its memory comes from the heap behind the_firmware->handles.
efi::DevicePathUtilitiesProtocol& utilities();

}  // namespace efilite::core::device_path

namespace efilite::core {
inline efi::DevicePathUtilitiesProtocol& device_path_utilities() { return device_path::utilities(); }
}  // namespace efilite::core
