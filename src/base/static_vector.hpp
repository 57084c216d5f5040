// SPDX-License-Identifier: BSD-2-Clause-Patent
// StaticVector: a vector of fixed capacity that lives where it is declared. push_back says whether there was room.
#pragma once

#include <array>
#include <cstddef>
#include <type_traits>

#include "base/check.hpp"

namespace efilite {

template <typename T, size_t Capacity>
  requires std::is_trivially_copyable_v<T>
class StaticVector {
 public:
  constexpr size_t size() const { return size_; }
  static constexpr size_t capacity() { return Capacity; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr bool full() const { return size_ == Capacity; }

  constexpr T& operator[](size_t i) { CHECK(i < size_); return items_[i]; }
  constexpr const T& operator[](size_t i) const { CHECK(i < size_); return items_[i]; }

  constexpr T* begin() { return items_.data(); }
  constexpr T* end() { return items_.data() + size_; }
  constexpr const T* begin() const { return items_.data(); }
  constexpr const T* end() const { return items_.data() + size_; }

  [[nodiscard]] constexpr bool push_back(const T& item) { return insert(size_, item); }

  [[nodiscard]] constexpr bool insert(size_t at, const T& item) {
    CHECK(at <= size_);
    if (full()) return false;
    for (size_t i = size_; i > at; --i) items_[i] = items_[i - 1];
    items_[at] = item;
    ++size_;
    return true;
  }

  constexpr void erase(size_t at) {
    CHECK(at < size_);
    for (size_t i = at + 1; i < size_; ++i) items_[i - 1] = items_[i];
    --size_;
  }

  constexpr void clear() { size_ = 0; }

 private:
  std::array<T, Capacity> items_{};
  size_t size_ = 0;
};

}  // namespace efilite
