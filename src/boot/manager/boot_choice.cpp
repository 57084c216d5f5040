// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/manager/boot_choice.hpp"

#include <charconv>
#include <optional>

#include "base/log.hpp"
#include "core/console/utf8.hpp"
#include "core/device_path/device_path.hpp"
#include "core/device_path/device_path_forms.hpp"
#include "core/device_path/device_path_text.hpp"

namespace efilite::boot {

namespace {

using core::device_path::Growing;

// A text's beginning up to where a file's name starts; the name is left.
std::string_view cut_name(std::string_view& text) {
  size_t at = 0;
  while (at < text.size() && text[at] != '\\' && text[at] != '/') ++at;
  const std::string_view name(text.data(), at);
  text.remove_prefix(at);
  return name;
}

Result<> append_text(Growing& out, std::string_view text, core::Heap& heap) {
  const HeapBytes units = TRY(HeapBytes::allocate(heap, text.size() * sizeof(char16_t) + 1));
  const size_t count = TRY(core::utf8_to_utf16(text, {units.as<char16_t>(), text.size()}));
  out.append({units.data(), count * sizeof(char16_t)});
  return out.failed() ? Status::OutOfResources : Result<>();
}

template <typename... Parts>
Result<HeapBytes> path_of(core::Heap& heap, Parts... parts) {
  Growing text(heap);
  Result<> done;
  ((done = done ? append_text(text, parts, heap) : done), ...);
  TRY(done);
  text.append(u'\0');
  if (text.failed()) return Status::OutOfResources;
  efi::DevicePath* path = TRY(core::device_path::path_from_text(heap, reinterpret_cast<char16_t*>(text.data())));
  return HeapBytes(heap, path, TRY(core::device_path::measure(path)).size());
}

// "Boot" and four hexadecimal digits.
std::optional<uint16_t> option_number(std::string_view text) {
  constexpr size_t kSize = 8;
  uint16_t number = 0;
  if (text.size() != kSize || !text.starts_with("Boot")) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data() + 4, text.data() + kSize, number, 16);
  return error == std::errc() && end == text.data() + kSize ? std::optional(number) : std::nullopt;
}

// A GUID, or as Linux writes it for an MBR, the disk's signature and the partition's number: 1234abcd-02.
Result<HeapBytes> partition_path(std::string_view id, std::string_view file, core::Heap& heap) {
  constexpr size_t kMbrSize = 11, kSignature = 8;
  constexpr std::string_view kEnd = ")/";
  if (id.size() != kMbrSize || id[kSignature] != '-') return path_of(heap, std::string_view("HD(0,GPT,"), id, kEnd, file);
  return path_of(heap, std::string_view("HD(0x"), std::string_view(id.data() + kSignature + 1, 2), std::string_view(",MBR,0x"),
                 std::string_view(id.data(), kSignature), kEnd, file);
}

// Text without a known node is a file's name: one that does not begin at the root was meant for something else.
bool is_device_or_rooted(std::string_view text, const HeapBytes& path) {
  const auto first = read_at<efi::DevicePath>(path.bytes(), 0);
  return text.starts_with('\\') || text.starts_with('/') ||
         !(first->type == efi::kMediaPath && first->sub_type == efi::kMediaFilePath);
}

Result<BootChoice> understand(std::string_view text, core::Heap& heap) {
  constexpr std::string_view kPartition = "PARTUUID=", kLabel = "LABEL=";
  BootChoice choice;
  if (text == "disk") return choice;
  choice.kind = BootChoice::Kind::Menu;
  if (text == "menu") return choice;
  choice.kind = BootChoice::Kind::Option;
  if (auto number = option_number(text)) {
    choice.number = *number;
    return choice;
  }
  choice.kind = BootChoice::Kind::Path;
  if (text.starts_with(kPartition)) {
    text.remove_prefix(kPartition.size());
    const std::string_view id = cut_name(text);
    if (id.empty()) return Status::InvalidParameter;
    choice.path = TRY(partition_path(id, text, heap));
    return choice;
  }
  if (text.starts_with(kLabel)) {
    text.remove_prefix(kLabel.size());
    const std::string_view label = cut_name(text);
    Growing units(heap);
    TRY(append_text(units, label, heap));
    if (label.empty()) return Status::InvalidParameter;
    const size_t size = units.size();
    choice.label = HeapBytes(heap, units.take(), size);
    choice.path = TRY(path_of(heap, text));
    return choice;
  }
  choice.path = TRY(path_of(heap, text));
  if (!is_device_or_rooted(text, choice.path)) return Status::InvalidParameter;
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
