// SPDX-License-Identifier: BSD-2-Clause-Patent
// No guard around most of these: the queue locks itself, and must see the task priority of the caller to notify what lies above it.
#include "core/events/event_services.hpp"

#include "core/events/events.hpp"
#include "core/firmware.hpp"
#include "core/handles/handles.hpp"

namespace efilite::core {

namespace {

using efi::EfiStatus;

EventQueue& queue() { return the_firmware->events; }

efi::Tpl EFIAPI raise_tpl(efi::Tpl new_tpl) { return queue().raise_tpl(new_tpl); }
void EFIAPI restore_tpl(efi::Tpl old_tpl) { queue().restore_tpl(old_tpl); }

EfiStatus EFIAPI create_event_ex(uint32_t type, efi::Tpl notify_tpl, efi::EventNotify notify, const void* context, const efi::Guid* group,
                                 efi::Event* event) {
  if (event == nullptr) return efi::encode(Status::InvalidParameter);
  TplGuard guard(queue(), efi::kTplNotify);  // it may take memory
  auto created = queue().create(type, notify_tpl, notify, const_cast<void*>(context), group);
  if (created) *event = *created;
  return efi::encode(created);
}

EfiStatus EFIAPI create_event(uint32_t type, efi::Tpl notify_tpl, efi::EventNotify notify, void* context, efi::Event* event) {
  return create_event_ex(type, notify_tpl, notify, context, nullptr, event);
}

EfiStatus EFIAPI set_timer(efi::Event event, efi::TimerDelay type, uint64_t trigger_time) {
  return efi::encode(queue().set_timer(event, type, trigger_time));
}

EfiStatus EFIAPI wait_for_event(efi::Uintn count, efi::Event* events, efi::Uintn* index) {
  const bool usable = events != nullptr && index != nullptr;
  size_t which = 0;
  // [UEFI 2.10, 7.1.5] the priority comes before everything else; no events at all are refused behind it.
  auto waited = queue().wait(usable ? std::span(events, count) : std::span<efi::Event>(), which);
  if (usable && waited.status() != Status::Unsupported && count != 0) *index = which;
  return efi::encode(waited);
}

EfiStatus EFIAPI signal_event(efi::Event event) { return efi::encode(queue().signal(event)); }
EfiStatus EFIAPI close_event(efi::Event event) {
  Result<> closed = queue().close(event);
  if (closed) {
    TplGuard guard(queue(), efi::kTplNotify);
    the_firmware->handles.forget_event(event);  // [UEFI 2.10, 7.1.3] its registrations end with it
  }
  return efi::encode(closed);
}
EfiStatus EFIAPI check_event(efi::Event event) { return efi::encode(queue().check(event)); }

}  // namespace

void fill_event_services(efi::BootServices& services) {
  services.raise_tpl = raise_tpl;
  services.restore_tpl = restore_tpl;
  services.create_event = create_event;
  services.create_event_ex = create_event_ex;
  services.set_timer = set_timer;
  services.wait_for_event = wait_for_event;
  services.signal_event = signal_event;
  services.close_event = close_event;
  services.check_event = check_event;
}

}  // namespace efilite::core
