// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/manager/load_option.hpp"

#include "core/device_path/device_path.hpp"

namespace efilite::boot {

namespace {

// Up to the NUL, which is there.
Result<ByteSpan> text_of(ByteSpan bytes) {
  for (size_t at = 0;; at += sizeof(char16_t)) {
    auto unit = read_at<char16_t>(bytes, at);
    if (!unit) return Status::InvalidParameter;
    if (*unit == u'\0') return bytes.first(at);
  }
}

}  // namespace

Result<LoadOption> parse_load_option(ByteSpan bytes) {
  auto header = read_at<efi::LoadOptionHeader>(bytes, 0);
  if (!header) return Status::InvalidParameter;
  ByteSpan rest = bytes.subspan(sizeof *header);
  LoadOption option;
  option.attributes = header->attributes;
  option.description = TRY(text_of(rest));
  rest = rest.subspan(option.description.size() + sizeof(char16_t));
  auto paths = slice(rest, 0, header->file_path_list_length);
  if (!paths || paths->empty()) return Status::InvalidParameter;
  option.paths = *paths;
  option.first_path = TRY(core::device_path::parse(*paths));
  for (ByteSpan left = *paths; !left.empty();) left = left.subspan(TRY(core::device_path::parse(left)).size());
  option.optional_data = rest.subspan(paths->size());
  return option;
}

}  // namespace efilite::boot
