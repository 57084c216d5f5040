// SPDX-License-Identifier: BSD-2-Clause-Patent
// The records behind HandleDatabase. Only handles*.cpp include this.
#pragma once

#include <new>

#include "core/handles/handles.hpp"

namespace efilite::core {

struct HandleDatabase::Slot {
  Interface* interfaces = nullptr;  // of this handle; nullptr: the slot is free
  Slot* previous = nullptr;         // in the order of making
  Slot* next = nullptr;             // ditto, or in the free list
  uint32_t index = 0;
  uint32_t generation = 0;
};

struct HandleDatabase::Protocol {
  efi::Guid guid;
  Protocol* chain = nullptr;  // hash bucket
  Interface* first = nullptr;  // in the order of installing and reinstalling
  Interface* last = nullptr;
  size_t count = 0;
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

}  // namespace efilite::core
