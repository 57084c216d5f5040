// SPDX-License-Identifier: BSD-2-Clause-Patent
// The records behind HandleDatabase. Only handles*.cpp include this.
#pragma once

#include <algorithm>
#include <new>
#include <span>

#include "core/handles/handles.hpp"

namespace efilite::core {

struct HandleDatabase::Slot {
  Interface* interfaces = nullptr;  // of this handle; nullptr: the slot is free
  Slot* previous = nullptr;         // in the order of making
  Slot* next = nullptr;             // ditto, or in the free list
  uint32_t index = 0;
  uint32_t generation = 0;
  uint64_t changed = 0;  // by which of all changes, last
};

struct HandleDatabase::Protocol {
  efi::Guid guid;
  Protocol* chain = nullptr;  // hash bucket
  Interface* first = nullptr;  // in the order of installing and reinstalling
  Interface* last = nullptr;
  size_t count = 0;
  uint64_t changes = 0;  // grows with every interface that joins or leaves
  Registration* registrations = nullptr;  // in the order of registering
};

struct HandleDatabase::Interface {
  Protocol* protocol = nullptr;
  void* interface = nullptr;
  Slot* owner = nullptr;
  Interface* sibling = nullptr;  // on the same handle
  Interface* previous = nullptr;  // of the same protocol
  Interface* next = nullptr;
  Open* opens = nullptr;  // oldest first
};

struct HandleDatabase::Open {
  Open* next = nullptr;
  efi::Handle agent = nullptr;
  efi::Handle controller = nullptr;
  uint32_t attributes = 0;
  uint32_t count = 1;
};

// The key is a number that is never used twice, so a stale or wild one finds nothing.
struct HandleDatabase::Registration {
  Registration* next = nullptr;      // of the same protocol
  Registration* all_next = nullptr;  // of all
  Protocol* protocol = nullptr;
  efi::Event event = nullptr;
  Interface* news = nullptr;  // the first interface that was not told yet
  uint64_t key = 0;
};

template <typename T>
T* make(Heap& heap) {
  void* block = heap.allocate(sizeof(T));
  return block == nullptr ? nullptr : new (block) T;
}

// A list that is made and used up within one call.
template <typename T>
class HandleDatabase::List {
 public:
  explicit List(Heap& heap) : heap_(heap) {}
  ~List() {
    if (items_ != nullptr) heap_.release(static_cast<void*>(items_));
  }
  List(const List&) = delete;
  List& operator=(const List&) = delete;

  Result<> push(const T& item) {
    if (size_ == capacity_) {
      const size_t more = capacity_ == 0 ? 8 : 2 * capacity_;
      auto* grown = static_cast<T*>(heap_.allocate(more * sizeof(T)));
      if (grown == nullptr) return Status::OutOfResources;
      std::copy_n(items_, size_, grown);
      if (items_ != nullptr) heap_.release(static_cast<void*>(items_));
      items_ = grown;
      capacity_ = more;
    }
    items_[size_++] = item;
    return {};
  }
  T pop() { return items_[--size_]; }
  size_t size() const { return size_; }
  std::span<T> from(size_t first) const { return {items_ + first, size_ - first}; }
  std::span<T> operator*() const { return from(0); }
  bool contains(const T& item, size_t first = 0) const { return std::ranges::find(from(first), item) != from(first).end(); }

 private:
  Heap& heap_;
  T* items_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

// A driver is being called. It is a program, and may change anything meanwhile: nothing but handles is kept across such a scope.
class HandleDatabase::Outside {
 public:
  explicit Outside(HandleDatabase& database) : gate_(database.gate_) {
    if (gate_ != nullptr) gate_->leave();
  }
  ~Outside() {
    if (gate_ != nullptr) gate_->enter();
  }
  Outside(const Outside&) = delete;
  Outside& operator=(const Outside&) = delete;

 private:
  DriverGate* gate_;
};

}  // namespace efilite::core
