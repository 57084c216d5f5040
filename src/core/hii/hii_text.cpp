// SPDX-License-Identifier: BSD-2-Clause-Patent
// Strings of the HII database [UEFI 2.10, 34.3]. An identifier belongs to the whole list: a new one is free in all of its languages, and a
// language that lacks the string skips it.
#include <algorithm>
#include <utility>

#include "core/hii/hii_database.hpp"
#include "core/hii/hii_strings.hpp"

namespace efilite::core::hii {

namespace {

// Appends to a string of the caller's with ; between, and counts what does not fit.
class LanguageList {
 public:
  LanguageList(efi::Char8* out, size_t room) : out_(out), room_(room) {}
  void add(std::string_view languages) {
    if (languages.empty()) return;
    if (size_ != 0) put(";");
    put(languages);
  }
  // With its NUL.
  Result<> finish(efi::Uintn& size) {
    size = size_ + 1;
    if (size > room_) return Status::BufferTooSmall;
    out_[size_] = '\0';
    return {};
  }

 private:
  void put(std::string_view text) {
    if (size_ < room_) memcpy(out_ + size_, text.data(), std::min(text.size(), room_ - size_));
    size_ += text.size();
  }
  efi::Char8* out_;
  size_t room_;
  size_t size_ = 0;
};

Result<> give_font(Heap& heap, ByteSpan package, const StringItem& item, efi::FontInfo*& out) {
  out = nullptr;
  const auto font = find_font(package, item);
  if (!font) return {};
  // In the package the size comes first, and lies unaligned.
  constexpr size_t kName = offsetof(efi::FontInfo, font_name);
  auto* info = static_cast<efi::FontInfo*>(heap.allocate(std::max(sizeof(efi::FontInfo), kName + font->size() - 6)));
  if (info == nullptr) return Status::OutOfResources;
  info->font_size = *read_at<uint16_t>(*font, 0);
  info->font_style = *read_at<uint32_t>(*font, 2);
  memcpy(info->font_name, font->data() + 6, font->size() - 6);
  out = info;
  return {};
}

}  // namespace

// The package whose primary language this is, or else the first that has it among its secondary ones; nullptr when there is none.
Database::Package** Database::string_package(List& list, std::string_view language) const {
  Package** second = nullptr;
  for (Package** at = &list.packages; *at != nullptr; at = &(*at)->next) {
    const std::string_view languages = languages_of((*at)->bytes());
    if (languages.empty()) continue;
    if (same_language(primary_language(languages), language)) return at;
    if (second == nullptr && has_secondary_language(languages, language)) second = at;
  }
  return second;
}

uint32_t Database::free_id(const List& list) const {
  uint32_t id = 1;
  for (const Package* p = list.packages; p != nullptr; p = p->next) id = std::max(id, first_free_id(p->bytes()));
  return id;
}

// Writes the package anew; it keeps its place in the list.
Result<> Database::put_string(Package** at, efi::StringId id, std::u16string_view text, const efi::FontInfo* info) {
  std::optional<StringFont> font;
  if (info != nullptr && !(font = font_for((*at)->bytes(), *info))) return Status::OutOfResources;
  const StringFont* wanted = font ? &*font : nullptr;
  const size_t size = write_with((*at)->bytes(), id, text, wanted, {});
  Package* fresh = size <= kMostPackageBytes ? new_package(size) : nullptr;
  if (fresh == nullptr) return Status::OutOfResources;
  write_with((*at)->bytes(), id, text, wanted, fresh->bytes());
  Package* gone = *at;
  fresh->next = gone->next;
  *at = fresh;
  handles_.heap().release(gone);
  return {};
}

Result<Database::Package**> Database::add_language(List& list, std::string_view language) {
  const size_t size = write_empty(language, {});
  Package* fresh = size <= kMostPackageBytes ? new_package(size) : nullptr;
  if (fresh == nullptr) return Status::OutOfResources;
  write_empty(language, fresh->bytes());
  Package** last = &list.packages;
  while (*last != nullptr) last = &(*last)->next;
  *last = fresh;
  return last;
}

Result<efi::StringId> Database::new_string(efi::HiiHandle handle, std::string_view language, const efi::Char16* language_name,
                                           std::u16string_view text, const efi::FontInfo* font) {
  List* list = find(number_of(handle));
  if (list == nullptr) return Status::NotFound;
  uint32_t id = free_id(*list);
  Package** at = string_package(*list, language);
  const bool unnamed = at == nullptr || *read_at<efi::StringId>((*at)->bytes(), offsetof(efi::HiiStringPackageHeader, language_name)) == 0;
  const bool add_name = language_name != nullptr && unnamed;
  if (id + add_name > UINT16_MAX) return Status::OutOfResources;
  const bool added = at == nullptr;
  if (added) at = TRY(add_language(*list, language));
  Result<> put;
  if (add_name) {
    put = put_string(at, static_cast<efi::StringId>(id), language_name, nullptr);
    if (put) memcpy((*at)->bytes().data() + offsetof(efi::HiiStringPackageHeader, language_name), &id, sizeof(efi::StringId));
    ++id;
  }
  if (put) put = put_string(at, static_cast<efi::StringId>(id), text, font);
  if (!put && added) {
    handles_.heap().release(*at);
    *at = nullptr;  // it was the last
  }
  TRY(std::move(put));
  return static_cast<efi::StringId>(id);
}

// An identifier that only other languages have a string for may get one in this language, too.
Result<> Database::set_string(efi::HiiHandle handle, efi::StringId id, std::string_view language, std::u16string_view text,
                              const efi::FontInfo* font) {
  List* list = find(number_of(handle));
  if (list == nullptr || id == 0 || id >= free_id(*list)) return Status::NotFound;
  Package** at = string_package(*list, language);
  if (at == nullptr) return Status::NotFound;
  return put_string(at, id, text, font);
}

Result<> Database::get_string(efi::HiiHandle handle, efi::StringId id, std::string_view language, efi::Char16* out, efi::Uintn& size,
                              efi::FontInfo** font) {
  List* list = find(number_of(handle));
  if (list == nullptr) return Status::NotFound;
  Package** at = string_package(*list, language);
  const auto item = at != nullptr ? find_string((*at)->bytes(), id) : std::nullopt;
  if (!item) {
    for (const Package* p = list->packages; p != nullptr; p = p->next)
      if (find_string(p->bytes(), id)) return Status::InvalidLanguage;
    return Status::NotFound;
  }
  const ByteSpan package = (*at)->bytes();
  const size_t count = decode(package, *item, {});
  const efi::Uintn room = size;
  size = (count + 1) * sizeof(efi::Char16);
  if (room < size) return Status::BufferTooSmall;
  if (font != nullptr) TRY(give_font(handles_.heap(), package, *item, *font));
  decode(package, *item, {out, count});
  out[count] = 0;
  return {};
}

Result<> Database::languages(efi::HiiHandle handle, efi::Char8* out, efi::Uintn& size) const {
  const List* list = find(number_of(handle));
  if (list == nullptr) return Status::NotFound;
  LanguageList all(out, size);
  for (const Package* p = list->packages; p != nullptr; p = p->next) all.add(languages_of(p->bytes()));
  return all.finish(size);
}

Result<> Database::secondary_languages(efi::HiiHandle handle, std::string_view primary, efi::Char8* out, efi::Uintn& size) const {
  const List* list = find(number_of(handle));
  if (list == nullptr) return Status::NotFound;
  for (const Package* p = list->packages; p != nullptr; p = p->next) {
    const std::string_view languages = languages_of(p->bytes());
    if (languages.empty() || !same_language(primary_language(languages), primary)) continue;
    LanguageList all(out, size);
    all.add(hii::secondary_languages(languages));
    return all.finish(size);
  }
  return Status::InvalidLanguage;
}

}  // namespace efilite::core::hii
