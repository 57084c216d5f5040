// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/protocols/reset_notification.hpp"

#include <new>

#include "core/events/events.hpp"

namespace efilite::core {

using efi::EfiStatus;
using efi::encode;

EfiStatus EFIAPI ResetNotification::register_notify(efi::ResetNotificationProtocol* self, efi::ResetSystemFunction function) {
  if (self == nullptr || function == nullptr) return encode(Status::InvalidParameter);
  ResetNotification& owner = *reinterpret_cast<Interface*>(self)->owner;
  TplGuard guard(owner.events_, efi::kTplNotify);
  return encode(owner.add(function));
}

EfiStatus EFIAPI ResetNotification::unregister_notify(efi::ResetNotificationProtocol* self, efi::ResetSystemFunction function) {
  if (self == nullptr || function == nullptr) return encode(Status::InvalidParameter);
  ResetNotification& owner = *reinterpret_cast<Interface*>(self)->owner;
  TplGuard guard(owner.events_, efi::kTplNotify);
  return encode(owner.remove(function));
}

// Where the pointer to the function's entry is kept, or the end of the list.
ResetNotification::Entry** ResetNotification::link_to(efi::ResetSystemFunction function) {
  Entry** link = &first_;
  while (*link != nullptr && (*link)->function != function) link = &(*link)->next;
  return link;
}

Result<> ResetNotification::add(efi::ResetSystemFunction function) {
  Entry** link = link_to(function);
  if (*link != nullptr) return Status::AlreadyStarted;
  void* place = heap_.allocate(sizeof(Entry));
  if (place == nullptr) return Status::OutOfResources;
  *link = new (place) Entry{nullptr, function, false};
  return {};
}

Result<> ResetNotification::remove(efi::ResetSystemFunction function) {
  Entry** link = link_to(function);
  Entry* entry = *link;
  if (entry == nullptr) return Status::InvalidParameter;
  *link = entry->next;
  heap_.release(entry);
  return {};
}

void ResetNotification::notify(efi::ResetType type, EfiStatus status, uint64_t data_size, const void* data) {
  // From the start each time: a function may register and unregister others.
  for (Entry* entry = first_; entry != nullptr;) {
    if (entry->told) {
      entry = entry->next;
      continue;
    }
    entry->told = true;
    entry->function(type, status, data_size, const_cast<void*>(data));
    entry = first_;
  }
  if (signalled_) return;
  signalled_ = true;
  events_.signal_group(efi::kEventGroupResetSystem);
}

}  // namespace efilite::core
