// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/manager/boot_choice.hpp"

#include <optional>

#include "base/log.hpp"
#include "core/console/utf8.hpp"
#include "core/device_path/device_path.hpp"
#include "core/device_path/device_path_text.hpp"

namespace efilite::boot {

namespace {

// The text of a device path in the making. What does not fit spoils it.
class PathText {
 public:
  PathText& add(std::string_view part) {
    const auto count = core::utf8_to_utf16(part, std::span(units_).subspan(size_, std::size(units_) - 1 - size_));
    if (count) size_ += *count;
    else good_ = false;
    return *this;
  }
  // A file's whole name, of which each / would begin a node of its own.
  PathText& add_file(std::string_view name) {
    const size_t begin = size_;
    add(name);
    for (size_t i = begin; i < size_; ++i) {
      if (units_[i] == u'/') units_[i] = u'\\';
    }
    return *this;
  }
  Result<HeapBytes> path(core::Heap& heap) const {
    if (!good_) return Status::InvalidParameter;
    efi::DevicePath* path = TRY(core::device_path::path_from_text(heap, units_));
    return HeapBytes(heap, path, TRY(core::device_path::measure(path)).size());
  }

 private:
  char16_t units_[600] = {};  // more than efilite.boot= may have
  size_t size_ = 0;
  bool good_ = true;
};

// Takes `prefix` off.
bool begins_with(std::string_view& text, std::string_view prefix) {
  const bool does = text.starts_with(prefix);
  if (does) text.remove_prefix(prefix.size());
  return does;
}

// A text's beginning up to where a file's name starts; the name is left.
std::string_view cut_name(std::string_view& text) {
  size_t at = 0;
  while (at < text.size() && text[at] != '\\' && text[at] != '/') ++at;
  const std::string_view name(text.data(), at);
  text.remove_prefix(at);
  return name;
}

// Four hexadecimal digits.
std::optional<uint16_t> number_in(std::string_view text) {
  uint32_t number = 0;
  for (char c : text) {
    const auto digit = static_cast<unsigned>(c - '0'), letter = static_cast<unsigned>((c | 0x20) - 'a');
    if (digit > 9 && letter > 5) return std::nullopt;
    number = number << 4 | (digit <= 9 ? digit : letter + 10);
  }
  return text.size() == 4 ? std::optional(static_cast<uint16_t>(number)) : std::nullopt;
}

// A GUID, or as Linux writes it for an MBR, the disk's signature and the partition's number: 1234abcd-02.
void add_partition(PathText& path, std::string_view id) {
  constexpr size_t kMbrSize = 11, kSignature = 8;
  if (id.size() != kMbrSize || id[kSignature] != '-') {
    path.add("HD(0,GPT,").add(id);
  } else {
    path.add("HD(0x").add({id.data() + kSignature + 1, 2}).add(",MBR,0x").add({id.data(), kSignature});
  }
  path.add(")/");
}

Result<BootChoice> understand(std::string_view text, core::Heap& heap) {
  using Kind = BootChoice::Kind;
  BootChoice choice;
  if (text == "disk") return choice;
  choice.kind = Kind::Menu;
  if (text == "menu") return choice;
  choice.kind = Kind::Option;
  std::string_view rest = text;
  if (auto number = begins_with(rest, "Boot") ? number_in(rest) : std::nullopt) {
    choice.number = *number;
    return choice;
  }
  choice.kind = Kind::Path;
  PathText path;
  bool is_device = false;
  if (begins_with(text, "PARTUUID=")) {
    const std::string_view id = cut_name(text);
    if (id.empty()) return Status::InvalidParameter;
    add_partition(path, id);
  } else if (begins_with(text, "LABEL=")) {
    choice.label_size = core::utf8_to_utf16(cut_name(text), choice.label).value_or(0);
    if (choice.label_size == 0) return Status::InvalidParameter;
  } else {
    is_device = !text.starts_with('\\') && !text.starts_with('/');
  }
  choice.path = TRY((is_device ? path.add(text) : path.add_file(text)).path(heap));
  // Text without a known node is a file's name: one that does not begin at the root was meant for something else.
  const auto first = read_at<efi::DevicePath>(choice.path.bytes(), 0);
  if (is_device && first->type == efi::kMediaPath && first->sub_type == efi::kMediaFilePath) return Status::InvalidParameter;
  return choice;
}

}  // namespace

Result<BootChoice> parse_boot_choice(std::string_view text, core::Heap& heap) {
  auto choice = understand(text, heap);
  if (!choice && choice.status() != Status::OutOfResources)
    log::line("efilite: efilite.boot=", text,
              " is none of: disk, menu, Boot####, PARTUUID=..., LABEL=..., a device path, \\a\\file from the root of a volume");
  return choice;
}

}  // namespace efilite::boot
