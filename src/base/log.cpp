// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "base/log.hpp"

#include <cstdarg>

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

namespace {

void print_number(uint64_t number, unsigned base) { sink(Digits(number, base).view()); }

}  // namespace

void print_parts(uint64_t kinds, ...) {
  if (sink == nullptr) return;
  va_list parts;
  va_start(parts, kinds);
  for (; kinds != 0; kinds >>= kKindBits) {
    const auto kind = static_cast<Kind>(kinds & ((1 << kKindBits) - 1));
    if (kind == Kind::Newline) {
      sink("\n");
    } else if (kind == Kind::View) {
      const auto view = va_arg(parts, View);
      sink({view.data, view.size});
    } else if (kind == Kind::Text) {
      sink(va_arg(parts, const char*));
    } else {
      auto number = va_arg(parts, uint64_t);
      if (kind == Kind::Status) sink(status_name(static_cast<Status>(number)));
      if (kind == Kind::Hex) sink("0x");
      if (kind == Kind::Signed && static_cast<int64_t>(number) < 0) {
        sink("-");
        number = 0 - number;
      }
      if (kind != Kind::Status) print_number(number, kind == Kind::Hex ? 16 : 10);
    }
  }
  va_end(parts);
}

}  // namespace efilite::log
