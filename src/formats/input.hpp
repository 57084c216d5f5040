// SPDX-License-Identifier: BSD-2-Clause-Patent
// What the parsers of boot images read from, and how they say what is wrong: a place in the file, the field there, and why it cannot be.
#pragma once

#include <cstdint>
#include <expected>
#include <span>

#include "base/bytes.hpp"
#include "core/ports.hpp"

namespace efilite::formats {

struct Problem {
  uint64_t offset;    // in the file, of the field
  const char* field;  // by its specification's name
  const char* what;
  uint64_t value = 0;  // what was found there
};

// Success or a Problem, for TRY.
template <typename T = void>
class [[nodiscard]] Parsed : public std::expected<T, Problem> {
 public:
  using std::expected<T, Problem>::expected;
  constexpr Parsed(Problem problem) : std::expected<T, Problem>(std::unexpected(problem)) {}
};

class Input {
 public:
  explicit Input(core::ByteSource& source) : source_(source) {}

  uint64_t size() const { return source_.size(); }
  bool holds(uint64_t offset, uint64_t length) const { return offset <= size() && length <= size() - offset; }

  // The bytes at `offset`; a file that ends before them is a problem of `field`.
  Parsed<> read(uint64_t offset, MutableByteSpan out, const char* field) const;
  template <typename T>
    requires std::is_trivially_copyable_v<T>
  Parsed<T> get(uint64_t offset, const char* field) const {
    T value;
    if (auto done = read(offset, std::as_writable_bytes(std::span(&value, 1)), field); !done) return done.error();
    return value;
  }
  // The same where it is no problem that there is nothing.
  template <typename T>
  std::optional<T> peek(uint64_t offset) const {
    auto value = get<T>(offset, "");
    return value ? std::optional<T>(*value) : std::nullopt;
  }

 private:
  core::ByteSource& source_;
};

}  // namespace efilite::formats
