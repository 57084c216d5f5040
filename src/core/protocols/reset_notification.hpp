// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_RESET_NOTIFICATION_PROTOCOL [UEFI 2.10, 39.2], and the event group of a reset [7.1.2]: whoever wants to know hears of a ResetSystem
// while there are boot services.
#pragma once

#include "abi/uefi.hpp"
#include "core/ports.hpp"

namespace efilite::core {

class EventQueue;

class ResetNotification {
 public:
  constexpr ResetNotification(Heap& heap, EventQueue& events)
      : interface_{{register_notify, unregister_notify}, this}, heap_(heap), events_(events) {}
  ResetNotification(const ResetNotification&) = delete;
  ResetNotification& operator=(const ResetNotification&) = delete;

  efi::ResetNotificationProtocol* protocol() { return &interface_.protocol; }

  // ResetSystem, before it acts: calls all functions in the order of their registration, at the caller's task priority, then signals the
  // group. A function that resets the system itself, which it must not, gets its reset: the functions behind it hear of that one, and none
  // hears twice.
  void notify(efi::ResetType type, efi::EfiStatus status, uint64_t data_size, const void* data);

 private:
  // One that registers itself anew each time it hears of a reset must not put the reset off for ever.
  static constexpr uint8_t kMostTimes = 16;
  struct Entry {
    Entry* next;
    efi::ResetSystemFunction function;
    bool registered;
    bool told;  // of the reset that is on its way
    uint8_t times;
  };
  struct Interface {  // the protocol first: a pointer to it is a pointer to this
    efi::ResetNotificationProtocol protocol;
    ResetNotification* owner;
  };

  static efi::EfiStatus EFIAPI register_notify(efi::ResetNotificationProtocol* self, efi::ResetSystemFunction function);
  static efi::EfiStatus EFIAPI unregister_notify(efi::ResetNotificationProtocol* self, efi::ResetSystemFunction function);
  Entry** link_to(efi::ResetSystemFunction function);
  efi::ResetSystemFunction next();  // that has not been told yet, and now is; nullptr: none
  Result<> add(efi::ResetSystemFunction function);
  Result<> remove(efi::ResetSystemFunction function);

  Interface interface_;
  Heap& heap_;
  EventQueue& events_;
  Entry* first_ = nullptr;
  bool signalled_ = false;
};

}  // namespace efilite::core
