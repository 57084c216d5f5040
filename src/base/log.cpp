// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "base/log.hpp"

#include "base/digits.hpp"

namespace efilite::log {

namespace {
constinit Sink sink = nullptr;
constinit std::string_view current_subject;
}  // namespace

void set_sink(Sink new_sink) { sink = new_sink; }

std::string_view subject() { return current_subject; }
Subject::Subject(std::string_view name) : before_(current_subject) { current_subject = name; }
Subject::~Subject() { current_subject = before_; }

void print(std::string_view text) {
  if (sink != nullptr) sink(text);
}

void print(const char* text) { print(std::string_view(text)); }

void print(Hex number) {
  print(std::string_view("0x"));
  print(Digits(number.value, 16).view());
}

void print(Status status) { print(status_name(status)); }

void print(PhysAddr address) { print(Hex{address.value}); }

void print_decimal(uint64_t number) { print(Digits(number).view()); }

}  // namespace efilite::log
