// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/manager/boot_report.hpp"

#include <array>

#include "base/log.hpp"
#include "core/console/utf8.hpp"
#include "core/device_path/device_path_text.hpp"

namespace efilite::boot {

namespace {

// As the specification calls it, or its number.
std::string_view text_of(efi::EfiStatus status, std::span<char, 18> out) {
  const auto raw = static_cast<uint64_t>(status);
  const auto known = static_cast<Status>(raw & 0x7F);
  if (raw == 0 || (efi::is_error(status) && efi::encode(known) == status)) return status_name(known);
  size_t at = out.size();
  for (uint64_t left = raw; left != 0; left >>= 4) out[--at] = "0123456789abcdef"[left & 0xF];
  out[--at] = 'x';
  out[--at] = '0';
  return {out.data() + at, out.size() - at};
}

}  // namespace

void BootReport::set_last(std::string_view why, efi::EfiStatus status) {
  std::array<char, 18> number;
  last_size_ = 0;
  for (std::string_view part : {why, why.ends_with(' ') ? text_of(status, number) : std::string_view()}) {
    for (char c : part) {
      if (last_size_ < last_.size()) last_[last_size_++] = c;
    }
  }
}

// A line that there is no memory for is only counted, and so are all behind it.
void BootReport::add(std::u16string_view name, ByteSpan description, const efi::DevicePath* path, const char* why,
                     efi::EfiStatus status) {
  set_last(why, status);
  if (count_++ >= kMost) return;
  std::array<char, 200> text;
  append("efilite:  ");
  if (!name.empty()) {
    append(" ");
    append(readable(std::as_bytes(std::span(name)), text));
  }
  if (!description.empty()) {
    append(" \"");
    append(readable(description, text));
    append("\"");
  }
  if (path != nullptr) {
    append(" ");
    append(readable(heap_, path, text));
  }
  append(": ");
  append(last());
  append("\n");
}

void BootReport::print() {
  log::print(std::string_view(reinterpret_cast<const char*>(text_.data()), text_.size()));
  if (count_ > kMost) log::line("efilite:   and ", count_ - kMost, " more");
}

void BootReport::clear() {
  text_.resize(0);
  count_ = 0;
}

std::string_view readable(ByteSpan ucs2, std::span<char> out) {
  size_t size = 0;
  for (size_t at = 0; size + 3 < out.size(); at += sizeof(char16_t)) {
    const auto unit = read_at<char16_t>(ucs2, at);
    if (!unit || *unit == u'\0') break;
    std::array<char, 4> bytes;
    const bool control = *unit < 0x20 || (*unit >= 0x7F && *unit < 0xA0);
    const size_t count = core::encode_utf8(control ? U'?' : *unit, bytes);
    for (size_t i = 0; i < count; ++i) out[size++] = bytes[i];
  }
  return {out.data(), size};
}

std::string_view readable(core::Heap& heap, const efi::DevicePath* path, std::span<char> out) {
  const auto units = core::device_path::path_to_text(heap, path, true, true);
  if (!units) return "?";
  const std::string_view text = readable(std::as_bytes(std::span(std::u16string_view(*units))), out);
  heap.release(*units);
  return text;
}

}  // namespace efilite::boot
