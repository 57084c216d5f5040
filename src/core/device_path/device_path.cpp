// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/device_path/device_path.hpp"

#include <utility>

namespace efilite::core::device_path {
namespace {

constexpr size_t kHeaderSize = sizeof(efi::DevicePath);

// One block that holds `first`, the node `joint` where given, `second`, and an end-of-path node where asked for.
Result<efi::DevicePath*> join(Heap& heap, ByteSpan first, const efi::DevicePath* joint, ByteSpan second, bool add_end) {
  size_t size = first.size() + (joint != nullptr ? kHeaderSize : 0) + second.size() + (add_end ? kHeaderSize : 0);
  auto* block = static_cast<std::byte*>(heap.allocate(size));
  if (block == nullptr) return Status::OutOfResources;
  std::byte* at = block;
  auto put = [&at](ByteSpan bytes) {
    if (!bytes.empty()) memcpy(at, bytes.data(), bytes.size());
    at += bytes.size();
  };
  put(first);
  if (joint != nullptr) put(bytes_of(*joint));
  put(second);
  if (add_end) put(bytes_of(efi::kEndEntirePath));
  return reinterpret_cast<efi::DevicePath*>(block);
}

ByteSpan unbounded(const efi::DevicePath* path) { return {reinterpret_cast<const std::byte*>(path), kMaxSize}; }

// The nodes of a path without its end; "nothing" is no nodes.
Result<ByteSpan> nodes_of(const efi::DevicePath* path) {
  if (path == nullptr) return ByteSpan{};
  return without_end(TRY(measure(path)));
}

// Where the node lies that ends the first instance or the whole path.
Result<std::pair<size_t, Node>> first_end(ByteSpan bytes) {
  for (size_t offset = 0;;) {
    Node node = TRY(node_at(bytes, offset));
    if (node.ends_path() || node.ends_instance()) return std::pair(offset, node);
    offset += node.bytes.size();
  }
}

}  // namespace

Result<Node> node_at(ByteSpan bytes, size_t offset) {
  auto head = read_at<efi::DevicePath>(bytes, offset);
  if (!head) return Status::InvalidParameter;
  size_t length = head->length[0] | static_cast<size_t>(head->length[1]) << 8;
  if (length < kHeaderSize) return Status::InvalidParameter;
  auto whole = slice(bytes, offset, length);
  if (!whole) return Status::InvalidParameter;
  Node node{head->type, head->sub_type, *whole};
  // [UEFI 2.10, 10.3.1] both kinds of end are a bare header: a longer one would make "the path without its end" ambiguous.
  if ((node.ends_path() || node.ends_instance()) && length != kHeaderSize) return Status::InvalidParameter;
  return node;
}

Result<ByteSpan> parse(ByteSpan bytes) {
  for (size_t offset = 0;;) {
    Node node = TRY(node_at(bytes, offset));
    offset += node.bytes.size();
    if (node.ends_path()) return bytes.first(offset);
  }
}

Result<ByteSpan> measure(const efi::DevicePath* path) {
  if (path == nullptr) return Status::InvalidParameter;
  return parse(unbounded(path));
}

Result<ByteSpan> first_instance(ByteSpan path) { return path.first(TRY(first_end(path)).first); }

bool is_end(const efi::DevicePath* path) {
  auto size = measure(path);
  return size.has_value() && size->size() == kHeaderSize;
}

bool is_multi_instance(const efi::DevicePath* path) {
  auto whole = measure(path);
  if (!whole) return false;
  auto end = first_end(*whole);
  return end.has_value() && end->second.ends_instance();
}

bool equal(const efi::DevicePath* a, const efi::DevicePath* b) {
  auto left = measure(a);
  auto right = measure(b);
  return left && right && left->size() == right->size() && memcmp(left->data(), right->data(), left->size()) == 0;
}

Result<efi::DevicePath*> duplicate(Heap& heap, const efi::DevicePath* path) {
  return join(heap, TRY(measure(path)), nullptr, {}, false);
}

Result<efi::DevicePath*> append_path(Heap& heap, const efi::DevicePath* first, const efi::DevicePath* second) {
  return join(heap, TRY(nodes_of(first)), nullptr, TRY(nodes_of(second)), true);
}

Result<efi::DevicePath*> append_node(Heap& heap, const efi::DevicePath* path, const efi::DevicePath* node) {
  ByteSpan nodes = TRY(nodes_of(path));
  if (node == nullptr) return join(heap, nodes, nullptr, {}, true);
  Node added = TRY(node_at(unbounded(node), 0));
  // An end in the middle would cut the path short or split it; nobody who asks for that means it.
  if (added.ends_path() || added.ends_instance()) return Status::InvalidParameter;
  return join(heap, nodes, nullptr, added.bytes, true);
}

Result<efi::DevicePath*> append_instance(Heap& heap, const efi::DevicePath* path, const efi::DevicePath* instance) {
  if (instance == nullptr) return Status::InvalidParameter;
  if (path == nullptr) return duplicate(heap, instance);
  constexpr efi::DevicePath kJoint = {efi::kEndPath, efi::kEndInstance, {kHeaderSize, 0}};
  return join(heap, TRY(nodes_of(path)), &kJoint, TRY(nodes_of(instance)), true);
}

Result<efi::DevicePath*> next_instance(Heap& heap, const efi::DevicePath*& cursor, size_t& size) {
  ByteSpan rest = TRY(measure(cursor));
  auto [offset, end] = TRY(first_end(rest));
  efi::DevicePath* copy = TRY(join(heap, rest.first(offset), nullptr, {}, true));
  size = offset + kHeaderSize;
  cursor = end.ends_path() ? nullptr : as_path(rest.subspan(size));
  return copy;
}

Result<efi::DevicePath*> create_node(Heap& heap, uint8_t type, uint8_t sub_type, uint16_t length) {
  if (length < kHeaderSize) return Status::InvalidParameter;
  void* block = heap.allocate(length);
  if (block == nullptr) return Status::OutOfResources;
  memset(block, 0, length);
  auto* node = static_cast<efi::DevicePath*>(block);
  *node = header(type, sub_type, length);
  return node;
}

Builder& Builder::fail(Status why) {
  if (failure_ == Status::Success) failure_ = why;
  return *this;
}

std::byte* Builder::reserve(size_t size) {
  if (size > out_.size() - used_) fail(Status::BufferTooSmall);
  if (failure_ != Status::Success) return nullptr;
  std::byte* at = out_.data() + used_;
  used_ += size;
  return at;
}

Builder& Builder::raw(ByteSpan nodes) {
  if (std::byte* at = reserve(nodes.size()); at != nullptr && !nodes.empty()) memcpy(at, nodes.data(), nodes.size());
  return *this;
}

Builder& Builder::node(const efi::DevicePath* node) {
  auto checked = node_at(unbounded(node), 0);
  if (!checked || checked->ends_path()) return fail(Status::InvalidParameter);
  return raw(checked->bytes);
}

Builder& Builder::vendor(uint8_t type, uint8_t sub_type, const efi::Guid& guid, ByteSpan data) {
  size_t length = sizeof(efi::VendorNode) + data.size();
  if (data.size() > UINT16_MAX - sizeof(efi::VendorNode)) return fail(Status::InvalidParameter);
  efi::VendorNode node{header(type, sub_type, length), guid};
  return raw(bytes_of(node)).raw(data);
}

Builder& Builder::memory_mapped(efi::MemoryType type, PhysRange range) {
  return raw(bytes_of(memory_mapped_path(type, range).memory));
}

Builder& Builder::file_path(std::u16string_view name) {
  // [UEFI 2.10, 10.3.5.4] the name is null-terminated inside the node.
  size_t length = kHeaderSize + (name.size() + 1) * sizeof(char16_t);
  if (name.size() > (UINT16_MAX - kHeaderSize) / sizeof(char16_t) - 1) return fail(Status::InvalidParameter);
  constexpr char16_t kNull = 0;
  return raw(bytes_of(header(efi::kMediaPath, efi::kMediaFilePath, length))).raw(std::as_bytes(std::span(name))).raw(bytes_of(kNull));
}

Result<const efi::DevicePath*> Builder::finish() {
  raw(bytes_of(efi::kEndEntirePath));
  if (failure_ != Status::Success) return failure_;
  return reinterpret_cast<const efi::DevicePath*>(out_.data());
}

}  // namespace efilite::core::device_path
