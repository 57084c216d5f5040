// SPDX-License-Identifier: BSD-2-Clause-Patent
// What was tried and why each of it failed, one line each, for the end when nothing has started.
#pragma once

#include <string_view>

#include "abi/uefi/types.hpp"
#include "base/bytes.hpp"
#include "core/ports.hpp"

namespace efilite::boot {

class BootReport {
 public:
  explicit BootReport(core::Heap& heap) : heap_(heap) {}
  ~BootReport() { clear(); }
  BootReport(const BootReport&) = delete;
  BootReport& operator=(const BootReport&) = delete;

  // `name` and `why` are constants or live as long as the report; `path` may be nullptr. `status` follows `why` unless it is a success.
  void add(std::u16string_view name, ByteSpan description, const efi::DevicePath* path, const char* why, efi::EfiStatus status = {});
  bool empty() const { return first_ == nullptr; }
  // Of the line that was added last; nullptr: there is none.
  const char* last_why() const { return last_why_; }
  const char* last_status() const;  // its name, empty for a success
  void print() const;
  void clear();

 private:
  static constexpr unsigned kMost = 100;  // lines: what a console keeps
  struct Line;

  core::Heap& heap_;
  Line* first_ = nullptr;
  Line** end_ = &first_;
  unsigned count_ = 0;
  const char* last_why_ = nullptr;
  efi::EfiStatus last_status_{};
};

// Text of EFI's in UTF-8, as far as it fits: the log's ways end at ASCII. Control characters become '?'.
std::string_view readable(ByteSpan ucs2, std::span<char> out);
std::string_view readable(std::u16string_view text, std::span<char> out);
// The status as the specification names it, else its number.
void print_status(efi::EfiStatus status);

}  // namespace efilite::boot
