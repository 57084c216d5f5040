// SPDX-License-Identifier: BSD-2-Clause-Patent
// Opening and closing protocol interfaces, and telling about it [UEFI 2.10, 7.3.9 to 7.3.11 and 7.3.14].
#include "core/handles/handles.hpp"
#include "core/handles/handles_parts.hpp"

namespace efilite::core {
namespace {

// Opens that stand in the way of removing the interface. The others are closed without asking their agents [UEFI 2.10, 7.3.3].
constexpr uint32_t kHolds = efi::kOpenByDriver | efi::kOpenExclusive | efi::kOpenByChildController;

}  // namespace

Result<void*> HandleDatabase::find(efi::Handle handle, const efi::Guid& protocol) const {
  Slot* slot = slot_of(handle);
  if (slot == nullptr) return Status::InvalidParameter;
  Interface* found = interface_on(*slot, protocol);
  if (found == nullptr) return Status::Unsupported;
  return found->interface;
}

Result<> HandleDatabase::open(efi::Handle handle, const efi::Guid& protocol, void** interface, efi::Handle agent, efi::Handle controller,
                              uint32_t attributes) {
  if (attributes == efi::kOpenTestProtocol) interface = nullptr;  // must not be looked at
  else if (interface == nullptr) return Status::InvalidParameter;
  else *interface = nullptr;

  if (!is_valid(handle)) return Status::InvalidParameter;
  switch (attributes) {
    case efi::kOpenByHandleProtocol:
    case efi::kOpenGetProtocol:
    case efi::kOpenTestProtocol:
      break;
    case efi::kOpenByChildController:
      if (handle == controller) return Status::InvalidParameter;
      [[fallthrough]];
    case efi::kOpenByDriver:
    case efi::kOpenByDriver | efi::kOpenExclusive:
      if (!is_valid(controller)) return Status::InvalidParameter;
      [[fallthrough]];
    case efi::kOpenExclusive:
      if (!is_valid(agent)) return Status::InvalidParameter;
      break;
    default:
      return Status::InvalidParameter;
  }
  void* opened = TRY(find(handle, protocol));
  bool stopped = false;
  Result<> status = make_way(handle, protocol, attributes, agent, stopped);
  if (status.status() == Status::AlreadyStarted && interface != nullptr) *interface = opened;
  TRY(status);

  Slot* slot = slot_of(handle);  // drivers may have run
  Interface* found = slot != nullptr ? interface_on(*slot, protocol) : nullptr;
  if (found == nullptr) return Status::Unsupported;
  Result<> recorded = record(*found, agent, controller, attributes);
  if (!recorded) {
    if (stopped) static_cast<void>(connect(handle, nullptr, nullptr, true));
    return recorded;
  }
  if (interface != nullptr) *interface = found->interface;
  return {};
}

// [UEFI 2.10, 7.3.9] An interface has at most one owner, a driver or an exclusive user. Only a plain driver can be asked to go.
Result<> HandleDatabase::make_way(efi::Handle handle, const efi::Guid& protocol, uint32_t attributes, efi::Handle agent, bool& stopped) {
  constexpr uint32_t kOwns = efi::kOpenByDriver | efi::kOpenExclusive;
  auto owner_of = [&]() -> Open* {
    Slot* slot = slot_of(handle);
    Interface* found = slot != nullptr ? interface_on(*slot, protocol) : nullptr;
    Open* owner = found != nullptr ? found->opens : nullptr;
    while (owner != nullptr && (owner->attributes & kOwns) == 0) owner = owner->next;
    return owner;
  };
  if ((attributes & kOwns) == 0) return {};
  Open* owner = owner_of();
  if (owner == nullptr) return {};
  if ((attributes & efi::kOpenByDriver) != 0 && owner->attributes == attributes && owner->agent == agent) return Status::AlreadyStarted;
  if ((attributes & efi::kOpenExclusive) == 0 || (owner->attributes & efi::kOpenExclusive) != 0) return Status::AccessDenied;
  TRY(stop_drivers(handle, protocol, stopped));
  if (owner_of() != nullptr) return Status::AccessDenied;
  return {};
}

Result<> HandleDatabase::record(Interface& interface, efi::Handle agent, efi::Handle controller, uint32_t attributes) {
  if (agent == nullptr) return {};  // nobody who could close it again
  Open** at = &interface.opens;
  for (; *at != nullptr; at = &(*at)->next) {
    Open& known = **at;
    if (known.agent != agent || known.controller != controller || known.attributes != attributes) continue;
    if (known.count != UINT32_MAX) ++known.count;
    return {};
  }
  Open* added = make<Open>(heap_);
  if (added == nullptr) return Status::OutOfResources;
  added->agent = agent;
  added->controller = controller;
  added->attributes = attributes;
  *at = added;
  return {};
}

Result<> HandleDatabase::close(efi::Handle handle, const efi::Guid& protocol, efi::Handle agent, efi::Handle controller) {
  Slot* slot = slot_of(handle);
  if (slot == nullptr || !is_valid(agent)) return Status::InvalidParameter;
  if (controller != nullptr && !is_valid(controller)) return Status::InvalidParameter;
  Interface* found = interface_on(*slot, protocol);
  if (found == nullptr) return Status::NotFound;
  if (!forget_opens(*found, [=](const Open& item) { return item.agent == agent && item.controller == controller; })) {
    return Status::NotFound;
  }
  return {};
}

void HandleDatabase::close_all_by(efi::Handle agent) {
  for (Slot* slot = first_; slot != nullptr; slot = slot->next) {
    for (Interface* interface = slot->interfaces; interface != nullptr; interface = interface->sibling) {
      forget_opens(*interface, [=](const Open& item) { return item.agent == agent; });
    }
  }
}

// Whether there was one.
template <typename Chosen>
bool HandleDatabase::forget_opens(Interface& interface, Chosen chosen) {
  bool any = false;
  for (Open** at = &interface.opens; *at != nullptr;) {
    Open* item = *at;
    if (!chosen(*item)) {
      at = &item->next;
      continue;
    }
    *at = item->next;
    heap_.release(item);
    any = true;
  }
  return any;
}

bool HandleDatabase::close_users(Interface& interface) {
  forget_opens(interface, [](const Open& item) { return (item.attributes & kHolds) == 0; });
  return interface.opens == nullptr;
}

Result<> HandleDatabase::stop_drivers(efi::Handle handle, const efi::Guid& protocol, bool& stopped) {
  for (efi::Handle last = nullptr;;) {
    Slot* slot = slot_of(handle);
    Interface* found = slot != nullptr ? interface_on(*slot, protocol) : nullptr;
    Open* item = found != nullptr ? found->opens : nullptr;
    while (item != nullptr && (item->attributes & efi::kOpenByDriver) == 0) item = item->next;
    if (item == nullptr) return {};
    // A driver that says it stopped and holds on all the same would be asked for ever.
    if (item->agent == last) return Status::AccessDenied;
    last = item->agent;
    if (!disconnect(handle, last, nullptr)) return Status::AccessDenied;
    stopped = true;
  }
}

Result<std::span<efi::OpenProtocolInformationEntry>> HandleDatabase::open_information(efi::Handle handle, const efi::Guid& protocol) {
  Slot* slot = slot_of(handle);
  Interface* found = slot != nullptr ? interface_on(*slot, protocol) : nullptr;
  if (found == nullptr) return Status::NotFound;
  size_t count = 0;
  for (Open* item = found->opens; item != nullptr; item = item->next) ++count;
  // At least one entry's room: the caller frees the buffer whatever the count.
  void* block = heap_.allocate((count + (count == 0)) * sizeof(efi::OpenProtocolInformationEntry));
  auto* entries = static_cast<efi::OpenProtocolInformationEntry*>(block);
  if (entries == nullptr) return Status::OutOfResources;
  auto* at = entries;
  for (Open* item = found->opens; item != nullptr; item = item->next) {
    *at++ = {item->agent, item->controller, item->attributes, item->count};
  }
  return std::span(entries, count);
}

Result<std::span<efi::Guid*>> HandleDatabase::protocols_per_handle(efi::Handle handle) {
  Slot* slot = slot_of(handle);
  if (slot == nullptr) return Status::InvalidParameter;
  size_t count = 0;
  for (Interface* at = slot->interfaces; at != nullptr; at = at->sibling) ++count;
  auto** guids = static_cast<efi::Guid**>(heap_.allocate(count * sizeof(efi::Guid*)));
  if (guids == nullptr) return Status::OutOfResources;
  size_t i = 0;
  for (Interface* at = slot->interfaces; at != nullptr; at = at->sibling) guids[i++] = &at->protocol->guid;
  return std::span(guids, count);
}

}  // namespace efilite::core
