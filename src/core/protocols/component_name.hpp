// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_COMPONENT_NAME2_PROTOCOL of our own drivers, in English [UEFI 2.10, 11.5].
#pragma once

#include "abi/uefi/component_name.hpp"
#include "core/handles/handles.hpp"

namespace efilite::core {

class ComponentName {
 public:
  // A driver that has something to tell. nullptr: it does not manage the controller, or has not made that child of it.
  class Owner {
   public:
    virtual const efi::Char16* controller_name(efi::Handle controller, efi::Handle child) = 0;

   protected:
    ~Owner() = default;
  };

  ComponentName(const HandleDatabase& handles, const efi::Char16* driver, Owner& owner);
  efi::ComponentName2Protocol* protocol() { return &edge_; }

 private:
  struct Edge : efi::ComponentName2Protocol {
    const HandleDatabase* handles;
    const efi::Char16* driver;
    Owner* owner;
  };
  friend struct ComponentNameThunks;
  Edge edge_;
};

}  // namespace efilite::core
