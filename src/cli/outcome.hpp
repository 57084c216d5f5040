// SPDX-License-Identifier: BSD-2-Clause-Patent
// A value, or one line that tells a person why there is none. TRY hands it on.
#pragma once

#include <string>

#include "base/result.hpp"

namespace efilite::cli {

struct Failure {
  std::string text;
};

template <typename T = void>
class [[nodiscard]] Outcome : public std::expected<T, Failure> {
 public:
  using std::expected<T, Failure>::expected;
  Outcome(Failure failure) : std::expected<T, Failure>(std::unexpected(std::move(failure))) {}
};

}  // namespace efilite::cli
