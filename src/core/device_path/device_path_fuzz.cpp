// SPDX-License-Identifier: BSD-2-Clause-Patent
// Any bytes as a device path, against a walk written as plainly as can be; then the laws between measuring, copying, cutting and joining.
#include <cstdlib>
#include <vector>

#include "core/device_path/device_path.hpp"
#include "tests/support/fuzz.hpp"

namespace efilite::core::device_path {
namespace {

using test::FuzzHeap;

// The size of the path at the beginning of `bytes`, 0 when it is malformed.
size_t naive_size(const std::vector<uint8_t>& bytes, bool& multi) {
  multi = false;
  for (size_t at = 0; at + 4 <= bytes.size();) {
    size_t length = bytes[at + 2] + bytes[at + 3] * 256u;
    if (length < 4 || at + length > bytes.size()) return 0;
    bool end = bytes[at] == 0x7F && bytes[at + 1] == 0xFF, split = bytes[at] == 0x7F && bytes[at + 1] == 0x01;
    if ((end || split) && length != 4) return 0;
    multi |= split;
    at += length;
    if (end) return at;
  }
  return 0;
}

bool same(const efi::DevicePath* path, ByteSpan bytes) {
  auto whole = measure(path);
  return whole && whole->size() == bytes.size() && memcmp(whole->data(), bytes.data(), bytes.size()) == 0;
}

// Taking the instances one by one and joining them again gives the path.
void split_and_join(FuzzHeap& heap, ByteSpan whole, bool multi) {
  const efi::DevicePath* cursor = as_path(whole);
  efi::DevicePath* joined = nullptr;
  size_t instances = 0, sizes = 0;
  while (cursor != nullptr) {
    size_t size = 0;
    efi::DevicePath* one = *next_instance(heap, cursor, size);
    EXPECT(measure(one)->size() == size && !is_multi_instance(one));
    efi::DevicePath* longer = *append_instance(heap, joined, one);
    heap.release(one);
    if (joined != nullptr) heap.release(joined);
    joined = longer;
    ++instances;
    sizes += size;
  }
  EXPECT(same(joined, whole) && sizes == whole.size() && (instances > 1) == multi);
  heap.release(joined);
}

// Node by node onto nothing gives every instance-free path again.
void rebuild(FuzzHeap& heap, ByteSpan whole) {
  efi::DevicePath* built = nullptr;
  std::vector<std::byte> buffer(whole.size());
  Builder builder(buffer);
  for (size_t at = 0;;) {
    Node node = *node_at(whole, at);
    if (node.ends_path()) break;
    efi::DevicePath* longer = *append_node(heap, built, as_path(node.bytes));
    if (built != nullptr) heap.release(built);
    built = longer;
    builder.node(as_path(node.bytes));
    at += node.bytes.size();
  }
  EXPECT(same(*builder.finish(), whole));
  if (built != nullptr) {
    EXPECT(same(built, whole));
    heap.release(built);
  } else {
    EXPECT(is_end(as_path(whole)));
  }
}

void one_input(const uint8_t* data, size_t size) {
  std::vector<uint8_t> bytes(data, data + size);
  bytes.shrink_to_fit();
  FuzzHeap heap;
  bool multi = false;
  size_t expected = naive_size(bytes, multi);
  auto parsed = parse(std::as_bytes(std::span(bytes)));
  EXPECT(parsed.has_value() == (expected != 0));
  if (!parsed) return;
  EXPECT(parsed->size() == expected);

  // A program's path: readable up to its end, and no further.
  std::vector<uint8_t> exact(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(expected));
  exact.shrink_to_fit();
  ByteSpan whole = std::as_bytes(std::span(exact));
  const efi::DevicePath* path = as_path(whole);
  EXPECT(measure(path).has_value() == (expected <= kMaxSize));
  if (expected > kMaxSize / 2) return;  // what is joined below must fit as well
  EXPECT(is_multi_instance(path) == multi && equal(path, path) && is_end(path) == (expected == 4));

  efi::DevicePath* copy = *duplicate(heap, path);
  EXPECT(same(copy, whole));
  efi::DevicePath* twice = *append_path(heap, path, copy);
  EXPECT(measure(twice)->size() == 2 * expected - 4);
  EXPECT(memcmp(twice, path, expected - 4) == 0 && !(expected > 4 && equal(twice, path)));
  EXPECT(first_instance(whole)->size() <= expected - 4);
  heap.release(copy);
  heap.release(twice);
  if (expected < 4096) {
    split_and_join(heap, whole, multi);
    if (!multi) rebuild(heap, whole);
  }
  EXPECT(heap.live == 0);
}

}  // namespace
}  // namespace efilite::core::device_path

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  efilite::core::device_path::one_input(data, size);
  return 0;
}
