// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/hii/hii.hpp"

#include <algorithm>

namespace efilite::core::hii {

namespace {

using efi::EfiStatus;
using efi::encode;
using efi::Guid;
using efi::HiiHandle;
using Type = efi::HiiPackageType;

constexpr EfiStatus kInvalid = encode(Status::InvalidParameter);

// A GUID for packages that are told apart by it, and for no others.
std::optional<PackageKind> kind_of(uint8_t type, const Guid* guid) {
  if ((static_cast<Type>(type) == Type::Guid) != (guid != nullptr)) return std::nullopt;
  return PackageKind{static_cast<Type>(type), guid != nullptr ? *guid : Guid{}};
}

}  // namespace

struct DatabaseThunks {
  using Self = const efi::HiiDatabaseProtocol;
  static Database& owner(Self* self) { return *static_cast<const Protocols::DatabaseEdge*>(self)->owner; }

  static EfiStatus EFIAPI new_package_list(Self* self, const efi::HiiPackageListHeader* list, efi::Handle driver, HiiHandle* handle) {
    if (list == nullptr || handle == nullptr) return kInvalid;
    ProgramCalls::Scope call(owner(self).calls());
    auto made = owner(self).add(list, driver);
    if (made) *handle = *made;
    return encode(made);
  }
  static EfiStatus EFIAPI remove_package_list(Self* self, HiiHandle handle) {
    ProgramCalls::Scope call(owner(self).calls());
    return encode(owner(self).remove(handle));
  }
  static EfiStatus EFIAPI update_package_list(Self* self, HiiHandle handle, const efi::HiiPackageListHeader* list) {
    if (list == nullptr) return kInvalid;
    ProgramCalls::Scope call(owner(self).calls());
    return encode(owner(self).update(handle, list));
  }
  static EfiStatus EFIAPI list_package_lists(Self* self, uint8_t type, const Guid* guid, efi::Uintn* size, HiiHandle* handles) {
    const auto kind = kind_of(type, guid);
    if (!kind || size == nullptr || (*size != 0 && handles == nullptr)) return kInvalid;
    ProgramCalls::Scope call(owner(self).calls());
    const size_t room = *size / sizeof(HiiHandle);
    const size_t count = owner(self).list(*kind, {});
    *size = count * sizeof(HiiHandle);
    if (count == 0) return encode(Status::NotFound);
    if (count > room) return encode(Status::BufferTooSmall);
    owner(self).list(*kind, {handles, count});
    return encode(Status::Success);
  }
  static EfiStatus EFIAPI export_package_lists(Self* self, HiiHandle handle, efi::Uintn* size, efi::HiiPackageListHeader* buffer) {
    if (size == nullptr || (*size != 0 && buffer == nullptr)) return kInvalid;
    ProgramCalls::Scope call(owner(self).calls());
    auto done = owner(self).export_to(handle, {reinterpret_cast<std::byte*>(buffer), *size});
    if (auto needed = owner(self).export_size(handle)) *size = *needed;
    return encode(done);
  }
  static EfiStatus EFIAPI register_package_notify(Self* self, uint8_t type, const Guid* guid, efi::HiiPackageNotify function,
                                                  efi::Uintn what, efi::Handle* handle) {
    const auto kind = kind_of(type, guid);
    if (!kind || function == nullptr || handle == nullptr) return kInvalid;
    ProgramCalls::Scope call(owner(self).calls());
    auto made = owner(self).register_notify(*kind, function, what);
    if (made) *handle = *made;
    return encode(made);
  }
  static EfiStatus EFIAPI unregister_package_notify(Self* self, efi::Handle handle) {
    ProgramCalls::Scope call(owner(self).calls());
    return encode(owner(self).unregister_notify(handle));
  }
  static EfiStatus EFIAPI find_keyboard_layouts(Self* self, uint16_t* size, Guid* guids) {
    if (size == nullptr || (*size != 0 && guids == nullptr)) return kInvalid;
    ProgramCalls::Scope call(owner(self).calls());
    const size_t room = *size / sizeof(Guid);
    const size_t count = std::min<size_t>(owner(self).layouts({guids, room}), UINT16_MAX / sizeof(Guid));
    *size = static_cast<uint16_t>(count * sizeof(Guid));
    return encode(count > room ? Status::BufferTooSmall : Status::Success);
  }
  static EfiStatus EFIAPI get_keyboard_layout(Self* self, const Guid* guid, uint16_t* size, void* out) {
    if (size == nullptr || (*size != 0 && out == nullptr)) return kInvalid;
    ProgramCalls::Scope call(owner(self).calls());
    auto layout = owner(self).layout(guid);
    if (!layout) return encode(layout);
    const size_t room = *size;
    *size = static_cast<uint16_t>(layout->size());  // has a length of 16 bits
    if (room < layout->size()) return encode(Status::BufferTooSmall);
    memcpy(out, layout->data(), layout->size());
    return encode(Status::Success);
  }
  static EfiStatus EFIAPI set_keyboard_layout(Self* self, const Guid* guid) {
    if (guid == nullptr) return kInvalid;
    ProgramCalls::Scope call(owner(self).calls());
    return encode(owner(self).set_layout(*guid));
  }
  static EfiStatus EFIAPI get_package_list_handle(Self* self, HiiHandle handle, efi::Handle* driver) {
    if (driver == nullptr) return kInvalid;
    ProgramCalls::Scope call(owner(self).calls());
    auto found = owner(self).driver_of(handle);
    if (found) *driver = *found;
    return encode(found);
  }
};

struct StringThunks {
  using Self = const efi::HiiStringProtocol;
  static Database& owner(Self* self) { return *static_cast<const Protocols::StringEdge*>(self)->owner; }

  static EfiStatus EFIAPI new_string(Self* self, HiiHandle list, efi::StringId* id, const efi::Char8* language, const efi::Char16* name,
                                     const efi::Char16* string, const efi::FontInfo* font) {
    if (id == nullptr || language == nullptr || string == nullptr) return kInvalid;
    ProgramCalls::Scope call(owner(self).calls());
    auto made = owner(self).new_string(list, language, name, string, font);
    if (made) *id = *made;
    return encode(made);
  }
  static EfiStatus EFIAPI get_string(Self* self, const efi::Char8* language, HiiHandle list, efi::StringId id, efi::Char16* string,
                                     efi::Uintn* size, efi::FontInfo** font) {
    if (language == nullptr || size == nullptr || (*size != 0 && string == nullptr)) return kInvalid;
    ProgramCalls::Scope call(owner(self).calls());
    return encode(owner(self).get_string(list, id, language, string, *size, font));
  }
  static EfiStatus EFIAPI set_string(Self* self, HiiHandle list, efi::StringId id, const efi::Char8* language, const efi::Char16* string,
                                     const efi::FontInfo* font) {
    if (language == nullptr || string == nullptr) return kInvalid;
    ProgramCalls::Scope call(owner(self).calls());
    return encode(owner(self).set_string(list, id, language, string, font));
  }
  static EfiStatus EFIAPI get_languages(Self* self, HiiHandle list, efi::Char8* languages, efi::Uintn* size) {
    if (size == nullptr || (*size != 0 && languages == nullptr)) return kInvalid;
    ProgramCalls::Scope call(owner(self).calls());
    return encode(owner(self).languages(list, languages, *size));
  }
  static EfiStatus EFIAPI get_secondary_languages(Self* self, HiiHandle list, const efi::Char8* primary, efi::Char8* languages,
                                                  efi::Uintn* size) {
    if (primary == nullptr || size == nullptr || (*size != 0 && languages == nullptr)) return kInvalid;
    ProgramCalls::Scope call(owner(self).calls());
    return encode(owner(self).secondary_languages(list, primary, languages, *size));
  }
};

Protocols::Protocols(HandleDatabase& handles, EventQueue& events, PlatformLanguage language)
    : handles_(handles),
      database_(handles, events),
      config_(handles, events),
      font_(handles, database_, language),
      database_edge_{{DatabaseThunks::new_package_list, DatabaseThunks::remove_package_list, DatabaseThunks::update_package_list,
                      DatabaseThunks::list_package_lists, DatabaseThunks::export_package_lists, DatabaseThunks::register_package_notify,
                      DatabaseThunks::unregister_package_notify, DatabaseThunks::find_keyboard_layouts,
                      DatabaseThunks::get_keyboard_layout, DatabaseThunks::set_keyboard_layout, DatabaseThunks::get_package_list_handle},
                     &database_},
      string_edge_{{StringThunks::new_string, StringThunks::get_string, StringThunks::set_string, StringThunks::get_languages,
                    StringThunks::get_secondary_languages},
                   &database_} {}

Result<> Protocols::install() {
  efi::Handle handle = nullptr;
  const ProtocolPair pairs[] = {{&efi::HiiDatabaseProtocol::kGuid, &database_edge_},
                                {&efi::HiiStringProtocol::kGuid, &string_edge_},
                                {&efi::HiiConfigRoutingProtocol::kGuid, config_.protocol()},
                                {&efi::HiiFontProtocol::kGuid, font_.protocol()}};
  return handles_.install_multiple(&handle, pairs);
}

}  // namespace efilite::core::hii
