// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/protocols/component_name.hpp"

#include <string_view>

namespace efilite::core {

struct ComponentNameThunks {
  using Protocol = efi::ComponentName2Protocol;
  static ComponentName::Edge& edge(Protocol* self) { return *static_cast<ComponentName::Edge*>(self); }

  static efi::EfiStatus tell(const char* language, const efi::Char16* known, const efi::Char16** name) {
    if (known == nullptr || std::string_view(language) != kLanguage) return efi::encode(Status::Unsupported);
    *name = known;
    return efi::encode(Status::Success);
  }
  static efi::EfiStatus EFIAPI get_driver_name(Protocol* self, const char* language, const efi::Char16** name) {
    if (language == nullptr || name == nullptr) return efi::encode(Status::InvalidParameter);
    return tell(language, edge(self).driver, name);
  }
  static efi::EfiStatus EFIAPI get_controller_name(Protocol* self, efi::Handle controller, efi::Handle child, const char* language,
                                                   const efi::Char16** name) {
    const HandleDatabase& handles = *edge(self).handles;
    if (language == nullptr || name == nullptr || !handles.is_valid(controller) || (child != nullptr && !handles.is_valid(child)))
      return efi::encode(Status::InvalidParameter);
    return tell(language, edge(self).owner->controller_name(controller, child), name);
  }

  static constexpr const char* kLanguage = "en";
};

ComponentName::ComponentName(const HandleDatabase& handles, const efi::Char16* driver, Owner& owner)
    : edge_{{ComponentNameThunks::get_driver_name, ComponentNameThunks::get_controller_name, ComponentNameThunks::kLanguage},
            &handles, driver, &owner} {}

}  // namespace efilite::core
