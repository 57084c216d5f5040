// SPDX-License-Identifier: BSD-2-Clause-Patent
// The HII database [UEFI 2.10, 34.8]: package lists as programs gave them, copied and checked, and who wants to know of changes.
// hii_database.cpp keeps the lists, hii_keyboards.cpp finds keyboard layouts in them, hii_text.cpp the strings, hii.cpp is the C edge.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "abi/uefi/hii.hpp"
#include "core/events/events.hpp"
#include "core/handles/handles.hpp"
#include "core/hii/hii_glyphs.hpp"
#include "core/program_calls.hpp"

namespace efilite::core::hii {

// What a search looks for; a guid goes with HiiPackageType::Guid only.
struct PackageKind {
  efi::HiiPackageType type;
  efi::Guid guid;
};

class Database {
 public:
  constexpr Database(HandleDatabase& handles, EventQueue& events) : handles_(handles), events_(events), calls_(events) {}
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Package lists. The bytes go as far as the list's own length says. With a device path on `driver` the list gets a package of it.
  Result<efi::HiiHandle> add(const efi::HiiPackageListHeader* list, efi::Handle driver);
  Result<> remove(efi::HiiHandle handle);
  Result<> update(efi::HiiHandle handle, const efi::HiiPackageListHeader* list);
  Result<efi::Handle> driver_of(efi::HiiHandle handle) const;
  // Both tell how much there is and write as much as fits.
  size_t list(const PackageKind& kind, std::span<efi::HiiHandle> out) const;
  Result<size_t> export_size(efi::HiiHandle handle) const;  // nullptr: all lists
  Result<> export_to(efi::HiiHandle handle, MutableByteSpan out);  // BUFFER_TOO_SMALL, and nothing written

  Result<efi::Handle> register_notify(const PackageKind& kind, efi::HiiPackageNotify function, efi::Uintn what);
  Result<> unregister_notify(efi::Handle handle);

  // Keyboard layouts
  size_t layouts(std::span<efi::Guid> out) const;
  Result<ByteSpan> layout(const efi::Guid* guid) const;  // nullptr: the current one
  Result<> set_layout(const efi::Guid& guid);

  // Fonts: the package with the next number above `number` that has a face, simplified or not. Older packages have lower numbers.
  struct FontPackage {
    uint64_t number;
    ByteSpan bytes;
    FontFace face;
  };
  std::optional<FontPackage> next_font_package(uint64_t number) const;

  // Strings. A font is a hint to who draws the string, and need not be there [UEFI 2.10, 33.2.6]; without one a new string has the default
  // font, a changed one keeps its own.
  Result<efi::StringId> new_string(efi::HiiHandle list, std::string_view language, const efi::Char16* language_name,
                                   std::u16string_view text, const efi::FontInfo* font = nullptr);
  Result<> set_string(efi::HiiHandle list, efi::StringId id, std::string_view language, std::u16string_view text,
                      const efi::FontInfo* font = nullptr);
  // `size` in bytes, NUL included, becomes what is needed. *font, when asked for, is a block of the heap, or nullptr for the default font.
  Result<> get_string(efi::HiiHandle list, efi::StringId id, std::string_view language, efi::Char16* out, efi::Uintn& size,
                      efi::FontInfo** font);
  // Lists with ; between, NUL-terminated; `size` as above.
  Result<> languages(efi::HiiHandle list, efi::Char8* out, efi::Uintn& size) const;
  Result<> secondary_languages(efi::HiiHandle list, std::string_view primary, efi::Char8* out, efi::Uintn& size) const;

  ProgramCalls& calls() { return calls_; }  // each service call is a scope of them

 private:
  // Numbers grow and are never used again. They are the handles, so that a stale or wild handle is never followed, and they find the place
  // again after a program's function has changed the database.
  struct Package {
    Package* next;
    uint64_t number;
    uint32_t size;
    ByteSpan bytes() const { return {reinterpret_cast<const std::byte*>(this + 1), size}; }
    MutableByteSpan bytes() { return {reinterpret_cast<std::byte*>(this + 1), size}; }
  };
  struct List {
    List* next;
    uint64_t number;
    efi::Guid guid;
    efi::Handle driver;
    Package* packages;
    bool going;  // being removed: its notifications must not remove it again
  };
  struct Registration {
    Registration* next;
    uint64_t number;
    PackageKind kind;
    efi::HiiPackageNotify function;
    efi::Uintn what;
  };

  static uint64_t number_of(const void* handle) { return reinterpret_cast<uint64_t>(handle); }
  static void* handle_of(uint64_t number) { return reinterpret_cast<void*>(number); }
  static bool is_of(ByteSpan package, const PackageKind& kind);
  List* find(uint64_t number) const;
  Package* package_after(uint64_t list, uint64_t number) const;
  Package* new_package(size_t size);
  Result<Package*> copy_packages(const efi::HiiPackageListHeader* list);
  Result<Package*> device_path_package(efi::Handle driver);
  void release_chain(Package* chain);
  void notify(efi::Uintn what, uint64_t list, uint64_t package);
  void notify_all(efi::Uintn what, uint64_t list, uint64_t after);
  size_t size_of(const List& list) const;
  template <typename Visit>
  ByteSpan find_layout(Visit visit) const;

  // hii_text.cpp
  Package** string_package(List& list, std::string_view language) const;
  uint32_t free_id(const List& list) const;
  Result<> put_string(Package** at, efi::StringId id, std::u16string_view text, const efi::FontInfo* font);
  Result<Package**> add_language(List& list, std::string_view language);

  HandleDatabase& handles_;
  EventQueue& events_;
  ProgramCalls calls_;
  List* lists_ = nullptr;
  Registration* registrations_ = nullptr;
  uint64_t last_number_ = 0;
  bool has_layout_ = false;
  efi::Guid layout_{};
};

}  // namespace efilite::core::hii
