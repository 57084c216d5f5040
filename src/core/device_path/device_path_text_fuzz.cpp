// SPDX-License-Identifier: BSD-2-Clause-Patent
// Nodes with any contents become text and the same node again; any text becomes a path that reads back, or nothing.
// Input: the first byte chooses between a path in bytes and text.
#include <cstdlib>
#include <string>
#include <vector>

#include "core/device_path/device_path_text.hpp"
#include "tests/support/fuzz.hpp"

namespace efilite::core::device_path {
namespace {

using test::FuzzHeap;

void node_round_trip(FuzzHeap& heap, ByteSpan bytes) {
  // Just its own bytes: reading beyond the node is a fault.
  std::vector<std::byte> node(bytes.begin(), bytes.end());
  node.shrink_to_fit();
  for (int options = 0; options < 4; ++options) {
    auto text = node_to_text(heap, as_path(node), options & 1, options & 2);
    EXPECT(text);
    if ((options & 1) == 0) {
      auto again = node_from_text(heap, *text);
      EXPECT(again);
      EXPECT(memcmp(*again, node.data(), node.size()) == 0);
      heap.release(*again);
    }
    heap.release(*text);
  }
}

void from_bytes(FuzzHeap& heap, ByteSpan bytes) {
  auto path = parse(bytes);
  if (!path) return;
  bool empty_instance = false, at_begin = true;
  for (size_t at = 0;;) {
    Node node = *node_at(*path, at);
    bool ends = node.ends_path() || node.ends_instance();
    empty_instance |= ends && at_begin;
    at_begin = ends;
    if (node.ends_path()) break;
    if (node.type == efi::kEndPath && !ends) return;  // no part of a path
    if (!ends) node_round_trip(heap, node.bytes);
    at += node.bytes.size();
  }
  auto text = path_to_text(heap, as_path(*path), false, true);
  EXPECT(text);
  auto again = path_from_text(heap, *text);
  EXPECT(again);
  EXPECT(empty_instance || equal(*again, as_path(*path)));
  heap.release(*again);
  heap.release(*text);
}

void from_text(FuzzHeap& heap, const uint8_t* data, size_t size) {
  std::u16string text;
  for (size_t i = 0; i < size; ++i) text += data[i];
  std::vector<char16_t> exact(text.c_str(), text.c_str() + text.size() + 1);
  exact.shrink_to_fit();
  if (auto node = node_from_text(heap, exact.data())) {
    auto* at = reinterpret_cast<const std::byte*>(*node);
    size_t length = (*node)->length[0] + (*node)->length[1] * 256u;
    EXPECT(length >= 4);
    node_round_trip(heap, {at, length});
    heap.release(*node);
  }
  auto path = path_from_text(heap, exact.data());
  if (!path) return;
  auto whole = measure(*path);
  if (whole) from_bytes(heap, *whole);
  heap.release(*path);
}

}  // namespace
}  // namespace efilite::core::device_path

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace efilite;
  using namespace efilite::core::device_path;
  if (size < 2 || size > 8192) return 0;
  FuzzHeap heap;
  if (data[0] & 1) {
    from_text(heap, data + 2, size - 2);
    heap.left = data[1];
    if (auto path = path_from_text(heap, reinterpret_cast<const char16_t*>(u"SD(1)/iSCSI(name)/AcpiAdr(1,2)/Dns(::)"))) heap.release(*path);
  } else {
    from_bytes(heap, std::as_bytes(std::span(data + 2, size - 2)));
  }
  EXPECT(heap.live == 0);
  return 0;
}
