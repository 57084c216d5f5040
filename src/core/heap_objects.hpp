// SPDX-License-Identifier: BSD-2-Clause-Patent
// Objects on a Heap.
#pragma once

#include <new>
#include <utility>

#include "core/ports.hpp"

namespace efilite::core {

template <typename T, typename... Arguments>
Result<T*> make(Heap& heap, Arguments&&... arguments) {
  void* memory = heap.allocate(sizeof(T));
  if (memory == nullptr) return Status::OutOfResources;
  return new (memory) T(std::forward<Arguments>(arguments)...);
}

template <typename T>
void drop(Heap& heap, T* object) {
  object->~T();
  heap.release(object);
}

}  // namespace efilite::core
