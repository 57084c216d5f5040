// SPDX-License-Identifier: BSD-2-Clause-Patent
// Installing and removing protocol interfaces [UEFI 2.10, 7.3.2 to 7.3.4, 7.3.8, 7.3.17 and 7.3.18].
#include "core/handles/handles.hpp"

#include <bit>

#include "base/check.hpp"
#include "core/handles/handles_parts.hpp"

namespace efilite::core {
namespace {

// A handle is this tag, the slot's generation and its index. With that top byte it is no canonical address, so that a program which
// takes a handle for a pointer faults at once.
constexpr uint64_t kHandleTag = 0xEF;
constexpr unsigned kIndexBits = 24;
constexpr unsigned kGenerationBits = 32;
constexpr unsigned kTagShift = kIndexBits + kGenerationBits;
constexpr uint32_t kLastGeneration = UINT32_MAX;

struct SlotPlace {
  size_t chunk;
  uint32_t offset;
};
constexpr SlotPlace place_of(uint32_t index, uint32_t first_slots) {
  uint32_t shifted = index + first_slots;
  size_t chunk = static_cast<size_t>(std::bit_width(shifted) - std::bit_width(first_slots));
  return {chunk, shifted - (first_slots << chunk)};
}

uint32_t hash(const efi::Guid& guid) {
  uint32_t words[4];
  static_assert(sizeof(words) == sizeof(guid));
  memcpy(words, &guid, sizeof(words));
  // Vendors count up data1 or randomise everything; both spread by a multiplication whose high bits are used.
  return (words[0] ^ words[1] ^ words[2] ^ words[3]) * 0x9E3779B1u;
}

}  // namespace

HandleDatabase::Slot* HandleDatabase::slot_of(efi::Handle handle) const {
  auto value = reinterpret_cast<uint64_t>(handle);
  auto index = static_cast<uint32_t>(value & ((1u << kIndexBits) - 1));
  if (value >> kTagShift != kHandleTag || index >= slots_used_) return nullptr;
  SlotPlace place = place_of(index, kFirstSlots);
  Slot* slot = &chunks_[place.chunk][place.offset];
  return slot->interfaces != nullptr && slot->generation == static_cast<uint32_t>(value >> kIndexBits) ? slot : nullptr;
}

efi::Handle HandleDatabase::handle_of(const Slot& slot) {
  return reinterpret_cast<efi::Handle>(kHandleTag << kTagShift | uint64_t{slot.generation} << kIndexBits | slot.index);
}

// A slot that is in no list yet. It counts as a handle from its first interface on.
Result<HandleDatabase::Slot*> HandleDatabase::new_slot() {
  if (free_ != nullptr) return std::exchange(free_, free_->next);
  SlotPlace place = place_of(slots_used_, kFirstSlots);
  if (place.chunk >= kSlotChunks) return Status::OutOfResources;
  if (chunks_[place.chunk] == nullptr) {
    void* block = heap_.allocate(sizeof(Slot) * (size_t{kFirstSlots} << place.chunk));
    if (block == nullptr) return Status::OutOfResources;
    chunks_[place.chunk] = static_cast<Slot*>(block);
  }
  Slot* slot = new (&chunks_[place.chunk][place.offset]) Slot;
  slot->index = slots_used_++;
  return slot;
}

void HandleDatabase::link(Slot& slot) {
  slot.next = nullptr;
  slot.previous = last_;
  (last_ != nullptr ? last_->next : first_) = &slot;
  last_ = &slot;
  ++handle_count_;
}

// The next handle in this slot has another generation, so that the old value stays invalid for ever.
void HandleDatabase::retire(Slot& slot) {
  if (slot.generation++ == kLastGeneration) return;  // worn out: leave it lying
  slot.next = free_;
  free_ = &slot;
}

HandleDatabase::Protocol** HandleDatabase::bucket_of(const efi::Guid& guid) const {
  auto* buckets = buckets_ != nullptr ? buckets_ : const_cast<Protocol**>(first_buckets_.data());
  return &buckets[hash(guid) >> (32 - std::countr_zero(bucket_count_))];
}

HandleDatabase::Protocol* HandleDatabase::find_protocol(const efi::Guid& guid) const {
  Protocol* protocol = *bucket_of(guid);
  while (protocol != nullptr && memcmp(&protocol->guid, &guid, sizeof(guid)) != 0) protocol = protocol->chain;
  return protocol;
}

// Protocol records are never given back: ProtocolsPerHandle hands out pointers to their GUIDs.
Result<HandleDatabase::Protocol*> HandleDatabase::protocol_for(const efi::Guid& guid) {
  if (Protocol* known = find_protocol(guid); known != nullptr) return known;
  auto* protocol = make<Protocol>(heap_);
  if (protocol == nullptr) return Status::OutOfResources;
  protocol->guid = guid;
  if (protocol_count_ >= 2 * bucket_count_) grow_buckets();
  Protocol** bucket = bucket_of(guid);
  protocol->chain = *bucket;
  *bucket = protocol;
  ++protocol_count_;
  return protocol;
}

// Without memory for more buckets the old ones still serve, only slower.
void HandleDatabase::grow_buckets() {
  size_t new_count = bucket_count_ * 4;
  auto** grown = static_cast<Protocol**>(heap_.allocate(new_count * sizeof(Protocol*)));
  if (grown == nullptr) return;
  memset(static_cast<void*>(grown), 0, new_count * sizeof(Protocol*));
  Protocol** old = buckets_ != nullptr ? buckets_ : first_buckets_.data();
  size_t old_count = std::exchange(bucket_count_, new_count);
  Protocol** given_back = std::exchange(buckets_, grown);
  for (size_t i = 0; i < old_count; ++i) {
    for (Protocol *moving = old[i], *following; moving != nullptr; moving = following) {
      following = moving->chain;
      Protocol** bucket = bucket_of(moving->guid);
      moving->chain = *bucket;
      *bucket = moving;
    }
  }
  if (given_back != nullptr) heap_.release(static_cast<void*>(given_back));
}

HandleDatabase::Interface* HandleDatabase::interface_on(const Slot& slot, const efi::Guid& guid) const {
  Interface* found = slot.interfaces;
  while (found != nullptr && memcmp(&found->protocol->guid, &guid, sizeof(guid)) != 0) found = found->sibling;
  return found;
}

Result<HandleDatabase::Interface*> HandleDatabase::exact_interface(efi::Handle handle, const ProtocolPair& pair) const {
  Slot* slot = slot_of(handle);
  if (slot == nullptr) return Status::InvalidParameter;
  Interface* found = interface_on(*slot, *pair.protocol);
  if (found == nullptr || found->interface != pair.interface) return Status::NotFound;
  return found;
}

// To the end of its protocol's list, where it is news for every registration that has seen the rest.
void HandleDatabase::join_protocol(Interface& interface) {
  Protocol& protocol = *interface.protocol;
  interface.next = nullptr;
  interface.previous = protocol.last;
  (protocol.last != nullptr ? protocol.last->next : protocol.first) = &interface;
  protocol.last = &interface;
  ++protocol.count;
  ++protocol.changes;
  for (Registration* r = protocol.registrations; r != nullptr; r = r->next) {
    if (r->news == nullptr) r->news = &interface;
  }
}

void HandleDatabase::leave_protocol(Interface& interface) {
  Protocol& protocol = *interface.protocol;
  for (Registration* r = protocol.registrations; r != nullptr; r = r->next) {
    if (r->news == &interface) r->news = interface.next;
  }
  (interface.previous != nullptr ? interface.previous->next : protocol.first) = interface.next;
  (interface.next != nullptr ? interface.next->previous : protocol.last) = interface.previous;
  --protocol.count;
  ++protocol.changes;
}

Result<> HandleDatabase::add_interface(Slot& slot, const ProtocolPair& pair) {
  if (interface_on(slot, *pair.protocol) != nullptr) return Status::InvalidParameter;
  Protocol* protocol = TRY(protocol_for(*pair.protocol));
  auto* added = make<Interface>(heap_);
  if (added == nullptr) return Status::OutOfResources;
  added->protocol = protocol;
  added->interface = pair.interface;
  added->owner = &slot;
  if (slot.interfaces == nullptr) link(slot);
  added->sibling = slot.interfaces;
  slot.interfaces = added;
  slot.changed = ++changes_;
  join_protocol(*added);
  return {};
}

void HandleDatabase::remove_interface(Interface& interface) {
  leave_protocol(interface);
  Slot& slot = *interface.owner;
  slot.changed = ++changes_;
  Interface** at = &slot.interfaces;
  while (*at != &interface) at = &(*at)->sibling;
  *at = interface.sibling;
  while (interface.opens != nullptr) heap_.release(std::exchange(interface.opens, interface.opens->next));
  heap_.release(&interface);
  if (slot.interfaces != nullptr) return;
  (slot.previous != nullptr ? slot.previous->next : first_) = slot.next;
  (slot.next != nullptr ? slot.next->previous : last_) = slot.previous;
  --handle_count_;
  retire(slot);
}

// Puts every pair on the handle or none, and signals nobody.
Result<HandleDatabase::Slot*> HandleDatabase::add_all(efi::Handle handle, std::span<const ProtocolPair> pairs) {
  Slot* slot = slot_of(handle);
  if (handle != nullptr && slot == nullptr) return Status::InvalidParameter;
  bool created = slot == nullptr;
  if (created) slot = TRY(new_slot());
  Result<> added;
  size_t done = 0;
  for (; done < pairs.size(); ++done) {
    added = add_interface(*slot, pairs[done]);
    if (!added) break;
  }
  if (added) return slot;
  if (done == 0 && created) retire(*slot);
  while (done-- > 0) remove_interface(*interface_on(*slot, *pairs[done].protocol));
  return added.error();
}

Result<> HandleDatabase::install_all(efi::Handle* handle, std::span<const ProtocolPair> pairs) {
  if (pairs.empty()) return {};  // a handle without protocols does not exist
  *handle = handle_of(*TRY(add_all(*handle, pairs)));
  for (const ProtocolPair& pair : pairs) signal(*find_protocol(*pair.protocol));
  return {};
}

Result<> HandleDatabase::install(efi::Handle* handle, const efi::Guid& protocol, void* interface) {
  if (handle == nullptr) return Status::InvalidParameter;
  ProtocolPair pair{&protocol, interface};
  return install_all(handle, {&pair, 1});
}

Result<> HandleDatabase::install_multiple(efi::Handle* handle, std::span<const ProtocolPair> pairs) {
  if (handle == nullptr) return Status::InvalidParameter;
  // [UEFI 2.10, 7.3.17] Two handles with one device path would be one device twice. This goes before all that may be wrong with the pairs.
  for (const ProtocolPair& pair : pairs) {
    if (*pair.protocol == efi::kDevicePathGuid && path_is_installed(pair.interface)) return Status::AlreadyStarted;
  }
  return install_all(handle, pairs);
}

Result<> HandleDatabase::reinstall(efi::Handle handle, const efi::Guid& protocol, void* old_interface, void* new_interface) {
  ProtocolPair pair{&protocol, old_interface};
  TRY(exact_interface(handle, pair));
  bool stopped = false;
  Result<> freed = stop_drivers(handle, protocol, stopped);
  auto found = exact_interface(handle, pair);
  if (freed && !found) return found.error();  // a driver took it away while it stopped
  if (!freed || !close_users(**found)) {
    if (stopped) static_cast<void>(connect(handle, nullptr, nullptr, true));
    return Status::AccessDenied;
  }
  Interface& interface = **found;
  leave_protocol(interface);
  interface.interface = new_interface;
  interface.owner->changed = ++changes_;
  join_protocol(interface);
  signal(*interface.protocol);
  // [UEFI 2.10, 7.3.4] drivers may take the new interface up. That nobody does is no failure.
  static_cast<void>(connect(handle, nullptr, nullptr, true));
  return {};
}

Result<> HandleDatabase::uninstall_all(efi::Handle handle, std::span<const ProtocolPair> pairs) {
  for (size_t i = 0; i < pairs.size(); ++i) {
    TRY(exact_interface(handle, pairs[i]));
    for (size_t k = 0; k < i; ++k) {
      if (*pairs[i].protocol == *pairs[k].protocol) return Status::NotFound;  // the first one takes it away
    }
  }
  bool stopped = false;
  Result<> freed;
  for (size_t i = 0; freed && i < pairs.size(); ++i) freed = stop_drivers(handle, *pairs[i].protocol, stopped);
  // Drivers may have changed anything: look again before the first change.
  for (size_t i = 0; freed && i < pairs.size(); ++i) {
    auto found = exact_interface(handle, pairs[i]);
    if (!found) freed = found.error();
    else if (!close_users(**found)) freed = Status::AccessDenied;
  }
  if (!freed) {
    if (stopped) static_cast<void>(connect(handle, nullptr, nullptr, true));
    return freed;
  }
  for (const ProtocolPair& pair : pairs) remove_interface(**exact_interface(handle, pair));
  return {};
}

Result<> HandleDatabase::uninstall(efi::Handle handle, const efi::Guid& protocol, void* interface) {
  ProtocolPair pair{&protocol, interface};
  return uninstall_all(handle, {&pair, 1});
}

Result<> HandleDatabase::uninstall_multiple(efi::Handle handle, std::span<const ProtocolPair> pairs) {
  // [UEFI 2.10, 7.3.18] one status for whatever went wrong.
  if (!is_valid(handle) || !uninstall_all(handle, pairs)) return Status::InvalidParameter;
  return {};
}

Result<void*> HandleDatabase::register_notify(const efi::Guid& guid, efi::Event event) {
  if (!events_.is_valid(event)) return Status::InvalidParameter;
  Protocol* protocol = TRY(protocol_for(guid));
  auto* made = make<Registration>(heap_);
  if (made == nullptr) return Status::OutOfResources;
  made->protocol = protocol;
  made->event = event;
  made->key = ++last_key_;
  // Nothing has been told yet, so all there is is new for it. Drivers count on that: they register, signal the event themselves and then
  // ask for everything, old and new, in one place.
  made->news = protocol->first;
  Registration** at = &protocol->registrations;
  while (*at != nullptr) at = &(*at)->next;
  *at = made;
  made->all_next = registrations_;
  registrations_ = made;
  return reinterpret_cast<void*>(made->key);
}

// A notification may run inside signal() and register, close or install in its turn; keys grow along the list, so the next one is found
// without keeping a pointer.
void HandleDatabase::signal(Protocol& protocol) {
  for (uint64_t told = 0;;) {
    Registration* next = protocol.registrations;
    while (next != nullptr && next->key <= told) next = next->next;
    if (next == nullptr) return;
    told = next->key;
    if (events_.signal(next->event)) continue;
    if (Registration* closed = registration_of(reinterpret_cast<void*>(told)); closed != nullptr) drop(*closed);
  }
}

void HandleDatabase::drop(Registration& registration) {
  Registration** at = &registration.protocol->registrations;
  while (*at != &registration) at = &(*at)->next;
  *at = registration.next;
  at = &registrations_;
  while (*at != &registration) at = &(*at)->all_next;
  *at = registration.all_next;
  heap_.release(&registration);
}

void HandleDatabase::forget_event(efi::Event event) {
  for (Registration *at = registrations_, *next; at != nullptr; at = next) {
    next = at->all_next;
    if (at->event == event) drop(*at);
  }
}

}  // namespace efilite::core
