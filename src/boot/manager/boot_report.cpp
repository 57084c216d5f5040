// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/manager/boot_report.hpp"

#include <array>
#include <new>

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

struct BootReport::Line {
  Line* next = nullptr;
  const char* why;
  efi::EfiStatus status;
  std::array<char, 24> name{};
  std::array<char, 64> description{};
  char16_t* path = nullptr;  // as text
};

void BootReport::clear() {
  while (first_ != nullptr) {
    Line* line = std::exchange(first_, first_->next);
    if (line->path != nullptr) heap_.release(line->path);
    heap_.release(line);
  }
  end_ = &first_;
  count_ = 0;
}

// A line that there is no memory for is only counted.
void BootReport::add(std::u16string_view name, ByteSpan description, const efi::DevicePath* path, const char* why,
                     efi::EfiStatus status) {
  last_why_ = why;
  last_status_ = status;
  void* memory = count_ < kMost ? heap_.allocate(sizeof(Line)) : nullptr;
  ++count_;
  if (memory == nullptr) return;
  auto* line = new (memory) Line{.why = why, .status = status};
  (void)readable(name, line->name);
  (void)readable(description, line->description);
  if (path != nullptr) line->path = core::device_path::path_to_text(heap_, path, true, true).value_or(nullptr);
  *end_ = line;
  end_ = &line->next;
}

void BootReport::print() const {
  unsigned printed = 0;
  for (const Line* line = first_; line != nullptr; line = line->next, ++printed) {
    log::print("efilite:  ");
    if (line->name[0] != '\0') {
      log::print(" ");
      log::print(line->name.data());
    }
    if (line->description[0] != '\0') {
      log::print(" \"");
      log::print(line->description.data());
      log::print("\"");
    }
    if (line->path != nullptr) {
      std::array<char, 160> text;
      log::print(" ");
      log::print(readable(line->path, text));
    }
    log::print(": ");
    log::print(line->why);
    if (line->status != efi::EfiStatus{}) print_status(line->status);
    log::line();
  }
  if (count_ > printed) log::line("efilite:   and ", count_ - printed, " more");
}

std::string_view readable(ByteSpan ucs2, std::span<char> out) {
  size_t size = 0;
  for (size_t at = 0; size + 4 < out.size(); at += sizeof(char16_t)) {
    auto unit = read_at<char16_t>(ucs2, at);
    if (!unit || *unit == u'\0') break;
    std::array<char, 4> bytes;
    const bool control = *unit < 0x20 || (*unit >= 0x7F && *unit < 0xA0);
    const size_t count = core::encode_utf8(control ? U'?' : *unit, bytes);
    for (size_t i = 0; i < count; ++i) out[size++] = bytes[i];
  }
  out[size] = '\0';
  return {out.data(), size};
}

std::string_view readable(std::u16string_view text, std::span<char> out) { return readable(std::as_bytes(std::span(text)), out); }

void print_status(efi::EfiStatus status) {
  const char* name = name_of(status);
  if (*name != '\0') log::print(name);
  else log::print(log::Hex{static_cast<uint64_t>(status)});
}

const char* BootReport::last_status() const { return name_of(last_status_); }

}  // namespace efilite::boot
