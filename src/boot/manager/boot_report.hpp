// SPDX-License-Identifier: BSD-2-Clause-Patent
// What was tried and why each of it failed, one line each, for the end when nothing has started.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "abi/uefi/types.hpp"
#include "base/bytes.hpp"
#include "core/device_path/device_path_forms.hpp"

namespace efilite::boot {

class BootReport {
 public:
  explicit BootReport(core::Heap& heap) : heap_(heap), text_(heap) {}

  // `why` is a constant, which `status` follows when it ends with a space; `path` may be nullptr.
  void add(std::u16string_view name, ByteSpan description, const efi::DevicePath* path, const char* why, efi::EfiStatus status = {});
  bool empty() const { return count_ == 0; }
  // What the line that was added last says behind its path; empty: there is none.
  std::string_view last() const { return {last_.data(), last_size_}; }
  void print();
  void clear();

 private:
  static constexpr unsigned kMost = 100;  // lines: what a console keeps

  void append(std::string_view text) { text_.append(std::as_bytes(std::span(text))); }
  void set_last(std::string_view why, efi::EfiStatus status);

  core::Heap& heap_;
  core::device_path::Growing text_;
  unsigned count_ = 0;
  std::array<char, 80> last_{};
  size_t last_size_ = 0;
};

// EFI's text in UTF-8, as far as it fits; control characters become '?'.
std::string_view readable(ByteSpan ucs2, std::span<char> out);
// A device path as text.
std::string_view readable(core::Heap& heap, const efi::DevicePath* path, std::span<char> out);

}  // namespace efilite::boot
