// SPDX-License-Identifier: BSD-2-Clause-Patent
// Result<T>: a value or the Status that says why there is none. TRY hands a failure on to the caller; it is the only
// control-flow macro of the project.
#pragma once

#include <expected>
#include <memory>
#include <type_traits>
#include <utility>

#include "base/status.hpp"

namespace efilite {

template <typename T = void>
class [[nodiscard]] Result : public std::expected<T, Status> {
 public:
  using std::expected<T, Status>::expected;
  constexpr Result(Status failure) : std::expected<T, Status>(std::unexpected(failure)) {}
  constexpr Status status() const { return this->has_value() ? Status::Success : this->error(); }
};

// What can be copied as bytes, and that is nearly everything, has its Status always in the same place, Success where there is a value. So a
// failure goes through one function after another without being moved, and a Result<> is one register: a fortieth of the firmware's code.
template <typename T>
  requires std::is_trivially_copyable_v<T>
class [[nodiscard]] Result<T> {
 public:
  constexpr Result() requires std::is_default_constructible_v<T> : value_() {}
  template <typename U = T>
    requires std::is_convertible_v<U&&, T>
  constexpr Result(U&& value) : value_(std::forward<U>(value)) {}
  constexpr Result(Status failure) : nothing_(), status_(failure) {}

  constexpr bool has_value() const { return status_ == Status::Success; }
  constexpr explicit operator bool() const { return has_value(); }
  constexpr Status error() const { return status_; }
  constexpr Status status() const { return status_; }

  // As of std::expected when it is hardened: who takes a value that is not there is stopped.
  constexpr T& operator*() & { return there(), value_; }
  constexpr const T& operator*() const& { return there(), value_; }
  constexpr T&& operator*() && { return there(), std::move(value_); }
  constexpr T& value() & { return **this; }
  constexpr const T& value() const& { return **this; }
  constexpr T&& value() && { return *std::move(*this); }
  constexpr T* operator->() { return there(), std::addressof(value_); }
  constexpr const T* operator->() const { return there(), std::addressof(value_); }
  template <typename U>
  constexpr T value_or(U&& other) const { return has_value() ? value_ : static_cast<T>(std::forward<U>(other)); }

 private:
  constexpr void there() const {
    if (!has_value()) __builtin_trap();
  }

  union {
    T value_;
    char nothing_;
  };
  Status status_ = Status::Success;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  constexpr Result() = default;
  constexpr Result(Status failure) : status_(failure) {}

  constexpr bool has_value() const { return status_ == Status::Success; }
  constexpr explicit operator bool() const { return has_value(); }
  constexpr Status error() const { return status_; }
  constexpr Status status() const { return status_; }
  constexpr void operator*() const {}
  constexpr bool operator==(const Result&) const = default;

 private:
  Status status_ = Status::Success;
};

}  // namespace efilite

// auto page = TRY(map.allocate(...));   TRY(store.remove(...));
#define TRY(expression)                                        \
  ({                                                           \
    auto&& try_result_ = (expression);                         \
    if (!try_result_.has_value()) return try_result_.error(); \
    *std::move(try_result_);                                   \
  })
