// SPDX-License-Identifier: BSD-2-Clause-Patent
// Result<T>: a value or the Status that says why there is none. TRY hands a failure on to the caller; it is the only
// control-flow macro of the project.
#pragma once

#include <expected>
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

}  // namespace efilite

// auto page = TRY(map.allocate(...));   TRY(store.remove(...));
#define TRY(expression)                                        \
  ({                                                           \
    auto&& try_result_ = (expression);                         \
    if (!try_result_.has_value()) return try_result_.error(); \
    *std::move(try_result_);                                   \
  })
