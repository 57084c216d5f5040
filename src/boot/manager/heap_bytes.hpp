// SPDX-License-Identifier: BSD-2-Clause-Patent
// A block of the heap that goes with its owner.
#pragma once

#include <utility>

#include "core/ports.hpp"

namespace efilite::boot {

class HeapBytes {
 public:
  HeapBytes() = default;
  // Takes the block over.
  HeapBytes(core::Heap& heap, void* block, size_t size) : heap_(&heap), data_(static_cast<std::byte*>(block)), size_(size) {}
  HeapBytes(HeapBytes&& other) : heap_(other.heap_), data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  HeapBytes& operator=(HeapBytes&& other) {
    std::swap(heap_, other.heap_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~HeapBytes() {
    if (data_ != nullptr) heap_->release(data_);
  }

  std::byte* data() const { return data_; }
  size_t size() const { return size_; }
  ByteSpan bytes() const { return {data_, size_}; }
  template <typename T>
  T* as() const { return reinterpret_cast<T*>(data_); }

 private:
  core::Heap* heap_ = nullptr;
  std::byte* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace efilite::boot
