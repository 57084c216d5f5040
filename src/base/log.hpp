// SPDX-License-Identifier: BSD-2-Clause-Patent
// The log: one line a fact. log::line("memory map: ", count, " entries, top ", Hex{top}); std::format cannot be used
// freestanding, and a fold over print() needs no parser.
#pragma once

#include <concepts>
#include <cstdint>
#include <string_view>

#include "base/status.hpp"
#include "base/units.hpp"

namespace efilite::log {

struct Hex {
  uint64_t value;
};

// Where text goes. Set once by the composition (boot/), or by a test; no sink means silence.
using Sink = void (*)(std::string_view text);
void set_sink(Sink sink);

// What a part of a line is to whoever prints it. There are more than a hundred lines, so each is one call of one function.
enum class Kind : uint8_t { End, Text, View, Unsigned, Signed, Hex, Status, Newline };
constexpr unsigned kKindBits = 4;

template <typename T>
consteval Kind kind_of() {
  if constexpr (std::same_as<T, Status>) return Kind::Status;
  else if constexpr (std::same_as<T, Hex> || std::same_as<T, PhysAddr>) return Kind::Hex;
  else if constexpr (std::signed_integral<T>) return Kind::Signed;
  else if constexpr (std::unsigned_integral<T>) return Kind::Unsigned;
  else if constexpr (std::convertible_to<T, const char*>) return Kind::Text;
  else return Kind::View;
}

// A string_view that may be one of variable arguments.
struct View {
  const char* data;
  size_t size;
};

template <typename T>
auto word_of(T part) {
  constexpr Kind kind = kind_of<T>();
  if constexpr (kind == Kind::Text) return static_cast<const char*>(part);
  else if constexpr (kind == Kind::View) return View{part.data(), part.size()};
  else if constexpr (kind == Kind::Hex) return uint64_t{part.value};
  else return static_cast<uint64_t>(part);
}

// `kinds` has those of what follows, the first one in the low bits.
void print_parts(uint64_t kinds, ...);

template <typename... Parts>
consteval uint64_t kinds_of(Kind end) {
  static_assert((sizeof...(Parts) + 1) * kKindBits <= 64);
  uint64_t kinds = static_cast<uint64_t>(end) << (sizeof...(Parts) * kKindBits);
  unsigned shift = 0;
  ((kinds |= static_cast<uint64_t>(kind_of<Parts>()) << shift, shift += kKindBits), ...);
  return kinds;
}

// A part of a line, and a line.
template <typename... Parts>
void print(Parts... parts) {
  print_parts(kinds_of<Parts...>(Kind::End), word_of(parts)...);
}
template <typename... Parts>
void line(Parts... parts) {
  print_parts(kinds_of<Parts...>(Kind::Newline), word_of(parts)...);
}

// Whom lines of deeper rooms are about: while a Subject("PVH module 0") lives, subject() is its name. So one line tells both what is wrong
// and with what.
std::string_view subject();
class Subject {
 public:
  explicit Subject(std::string_view name);
  ~Subject();
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;

 private:
  std::string_view before_;
};

}  // namespace efilite::log
