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
  Entry* entry = *link;
  if (entry != nullptr && entry->registered) return Status::AlreadyStarted;
  if (entry != nullptr) {
    *link = entry->next;
  } else {
    void* place = heap_.allocate(sizeof(Entry));
    if (place == nullptr) return Status::OutOfResources;
    entry = new (place) Entry{nullptr, function, true, false, 0};
  }
  entry->registered = true;
  entry->told = entry->times == kMostTimes;
  entry->next = nullptr;
  while (*link != nullptr) link = &(*link)->next;
  *link = entry;
  return {};
}

Result<> ResetNotification::remove(efi::ResetSystemFunction function) {
  Entry** link = link_to(function);
  Entry* entry = *link;
  if (entry == nullptr || !entry->registered) return Status::InvalidParameter;
  if (entry->times != 0) {  // how often is to be remembered
    entry->registered = false;
    entry->told = true;
    return {};
  }
  *link = entry->next;
  heap_.release(entry);
  return {};
}

efi::ResetSystemFunction ResetNotification::next() {
  TplGuard guard(events_, efi::kTplNotify);
  for (Entry* entry = first_; entry != nullptr; entry = entry->next) {
    if (entry->told) continue;
    entry->told = true;
    ++entry->times;
    return entry->function;
  }
  return nullptr;
}

void ResetNotification::notify(efi::ResetType type, EfiStatus status, uint64_t data_size, const void* data) {
  // From the start each time: a function may register and unregister others.
  while (const auto function = next()) function(type, status, data_size, const_cast<void*>(data));
  if (signalled_) return;
  signalled_ = true;
  events_.signal_group(efi::kEventGroupResetSystem);
}

}  // namespace efilite::core
