// SPDX-License-Identifier: BSD-2-Clause-Patent
// GetInfo and SetInfo of EFI_FILE_PROTOCOL [UEFI 2.10, 13.5.13 to 13.5.18].
#include <algorithm>

#include "core/storage/file_path.hpp"
#include "core/storage/open_file.hpp"
#include "runtime/time.hpp"

namespace efilite::core {

namespace {

constexpr char16_t kNul = u'\0';

// `front` and behind it text with its NUL, as all three kinds of information are.
Result<> put(ByteSpan front, std::u16string_view text, uint64_t& size, void* buffer) {
  const size_t length = text.size() * sizeof(char16_t);
  const uint64_t room = size;
  size = front.size() + length + sizeof kNul;
  if (room < size) return Status::BufferTooSmall;
  if (buffer == nullptr) return Status::InvalidParameter;
  auto* out = static_cast<std::byte*>(buffer);
  for (ByteSpan part : {front, std::as_bytes(std::span(text)), bytes_of(kNul)}) {
    if (part.empty()) continue;
    memcpy(out, part.data(), part.size());
    out += part.size();
  }
  return {};
}

// The text that `info` ends in. BAD_BUFFER_SIZE when it, or its NUL, lies beyond.
Result<const char16_t*> text_of(ByteSpan info, size_t at) {
  if (reinterpret_cast<uint64_t>(info.data()) % alignof(char16_t) != 0) return Status::InvalidParameter;
  for (size_t end = at; auto c = read_at<char16_t>(info, end); end += sizeof(char16_t)) {
    if (*c == kNul) return reinterpret_cast<const char16_t*>(info.data() + at);
  }
  return Status::BadBufferSize;
}

// [UEFI 2.10, 13.5.16] A time of zeros is none to set.
bool changes(const efi::Time& wanted, const efi::Time& now) {
  constexpr efi::Time kZero{};
  return memcmp(&wanted, &kZero, sizeof wanted) != 0 && memcmp(&wanted, &now, sizeof wanted) != 0;
}

}  // namespace

Result<> put_file_info(const FileFacts& facts, std::u16string_view name, uint64_t& size, void* buffer) {
  const efi::FileInfo info = {.size = sizeof(efi::FileInfo) + (name.size() + 1) * sizeof(char16_t),
                              .file_size = facts.size,
                              .physical_size = facts.physical_size,
                              .create_time = facts.created,
                              .last_access_time = facts.accessed,
                              .modification_time = facts.modified,
                              .attribute = facts.attributes};
  return put(bytes_of(info), name, size, buffer);
}

Result<> OpenFile::get_info(const efi::Guid& type, uint64_t& size, void* buffer) {
  FileNode* file = TRY(node());
  if (type == efi::FileInfo::kGuid) {
    FileName name;
    TRY(file->name(name));
    return put_file_info(TRY(file->facts()), name.view(), size, buffer);
  }
  const bool label_only = type == efi::kFileSystemVolumeLabel;
  if (!label_only && type != efi::FileSystemInfo::kGuid) return Status::Unsupported;
  FileName label;
  TRY(volume_->mounted_->label(label));
  if (label_only) return put({}, label.view(), size, buffer);
  const VolumeFacts facts = TRY(volume_->mounted_->facts());
  const efi::FileSystemInfo info = {.size = sizeof(efi::FileSystemInfo) + (label.view().size() + 1) * sizeof(char16_t),
                                    .read_only = facts.read_only,
                                    .pad = {},
                                    .volume_size = facts.size,
                                    .free_space = facts.free,
                                    .block_size = facts.block_size};
  return put(bytes_of(info), label.view(), size, buffer);
}

Result<> OpenFile::set_info(const efi::Guid& type, ByteSpan info) {
  (void)TRY(node());
  if (type == efi::FileInfo::kGuid) return set_file_info(info);
  // [UEFI 2.10, 13.5.17] of a volume nothing but the label can be set
  if (type != efi::FileSystemInfo::kGuid && type != efi::kFileSystemVolumeLabel) return Status::Unsupported;
  TRY(writable_medium());
  const std::u16string_view label = TRY(text_of(info, type == efi::FileSystemInfo::kGuid ? sizeof(efi::FileSystemInfo) : 0));
  return volume_->mounted_->set_label(label);
}

// [UEFI 2.10, 13.5.14] The structure must be there, and its name ends where its NUL is: to count its boots systemd-boot gives a longer name
// with the size that it was told for the old one.
Result<> OpenFile::set_file_info(ByteSpan info) {
  constexpr size_t kFront = sizeof(efi::FileInfo);
  if (info.size() < kFront) return Status::BadBufferSize;
  const char16_t* name = TRY(text_of({info.data(), kFront + FilePath::kMaxLength * sizeof(char16_t)}, kFront));
  const auto wanted = *read_at<efi::FileInfo>(info, 0);
  FileNode& file = *node_;
  const FileFacts now = TRY(file.facts());
  FileName old_name;
  TRY(file.name(old_name));
  TRY(writable_medium());

  const bool renames = old_name.view() != name, resizes = wanted.file_size != now.size;
  const std::pair<efi::Time, efi::Time> times[] = {
      {wanted.create_time, now.created}, {wanted.last_access_time, now.accessed}, {wanted.modification_time, now.modified}};
  const bool dates = std::ranges::any_of(times, [](const auto& t) { return changes(t.first, t.second); });
  // [UEFI 2.10, 13.5.14] what is denied, before anything is changed
  if (((wanted.attribute ^ now.attributes) & efi::kFileDirectory) != 0) return Status::AccessDenied;
  if (resizes && file.is_directory()) return Status::AccessDenied;
  if (!writable_ && (renames || resizes || dates)) return Status::AccessDenied;
  if ((wanted.attribute & ~efi::kFileValidAttributes) != 0) return Status::InvalidParameter;
  for (const auto& [time, old] : times) {
    if (changes(time, old) && !runtime::is_valid(time)) return Status::InvalidParameter;
  }

  if (renames) TRY(rename(file, name));
  if (resizes) TRY(file.resize(wanted.file_size));
  if (dates) TRY(file.set_times(wanted.create_time, wanted.last_access_time, wanted.modification_time));
  if (wanted.attribute != now.attributes) TRY(file.set_attributes(wanted.attribute));
  return {};
}

// A name may be a path, from the root or from the directory where the file is now: so a file is moved.
Result<> OpenFile::rename(FileNode& file, const char16_t* name) {
  NodeReference parent(TRY(file.parent()));
  if (parent.get() == nullptr) return Status::AccessDenied;  // the root's name is empty, and stays so
  Place place;
  TRY(follow(*volume_->mounted_, *parent.get(), name, place));
  if (place.node.get() != nullptr) {
    // It is there. Only its own name may be, in other letters, for names compare without case; not a way back to it.
    if (place.node.get() != &file) return Status::AccessDenied;
    NodeReference own(parent->find(place.missing.view()).value_or(nullptr));
    if (own.get() != &file) return Status::AccessDenied;
    place.directory = parent.get();
  }
  if (place.means_directory && !file.is_directory()) return Status::InvalidParameter;
  NodeReference above;
  for (FileNode* at = place.directory; file.is_directory() && at != nullptr;) {
    if (at == &file) return Status::AccessDenied;  // a directory inside itself would be reached no more
    above = NodeReference(TRY(at->parent()));
    at = above.get();
  }
  return file.rename(*place.directory, place.missing.view());
}

}  // namespace efilite::core
