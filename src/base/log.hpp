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

void print(std::string_view text);
void print(const char* text);
void print(Hex number);
void print(Status status);
void print(PhysAddr address);
void print_decimal(uint64_t number);
template <std::unsigned_integral T>
void print(T number) { print_decimal(number); }
template <std::signed_integral T>
void print(T number) {
  if (number < 0) print(std::string_view("-"));
  print_decimal(number < 0 ? 0 - static_cast<uint64_t>(number) : static_cast<uint64_t>(number));
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

template <typename... Parts>
void line(Parts... parts) {
  (print(parts), ...);
  print(std::string_view("\n"));
}

}  // namespace efilite::log
