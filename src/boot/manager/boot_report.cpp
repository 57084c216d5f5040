// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/manager/boot_report.hpp"

#include <array>

#include "base/log.hpp"
#include "core/console/utf8.hpp"
#include "core/device_path/device_path_text.hpp"

namespace efilite::boot {

namespace {

// Empty when it is none of the specification's errors.
const char* name_of(efi::EfiStatus status) {
  const auto known = static_cast<Status>(static_cast<uint64_t>(status) & 0x7F);
  return efi::is_error(status) && efi::encode(known) == status ? status_name(known) : "";
}

}  // namespace

// A line that there is no memory for is only counted, and so are all behind it.
void BootReport::add(std::u16string_view name, ByteSpan description, const efi::DevicePath* path, const char* why,
                     efi::EfiStatus status) {
  last_why_ = why;
  last_status_ = status;
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
  append(why);
  append(name_of(status));
  append("\n");
}

const char* BootReport::last_status() const { return name_of(last_status_); }

void BootReport::print() {
  log::print({reinterpret_cast<const char*>(text_.data()), text_.size()});
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
