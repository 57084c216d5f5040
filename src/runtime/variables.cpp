// SPDX-License-Identifier: BSD-2-Clause-Patent
// Entries are packed and are moved at once when one grows, shrinks or goes: there is never dead space, the order of enumeration is
// the order of creation, and a write either happens whole or not at all.
#include "runtime/variables.hpp"

#include <cstring>

#include "runtime/variable_rules.hpp"

namespace efilite::runtime {
namespace {

using efi::Guid;

constexpr uint32_t kAccess = efi::kVariableBootserviceAccess | efi::kVariableRuntimeAccess;
constexpr uint32_t kAuthenticated = efi::kVariableAuthenticatedWriteAccess | efi::kVariableTimeBasedAuthenticatedWriteAccess |
                                    efi::kVariableEnhancedAuthenticatedAccess;
constexpr uint32_t kKnown = 0xFF;

uint8_t* area_of(VariableStore& store) { return reinterpret_cast<uint8_t*>(&store) + store.area_offset; }
const uint8_t* area_of(const VariableStore& store) { return reinterpret_cast<const uint8_t*>(&store) + store.area_offset; }

const VariableEntry& entry_at(const VariableStore& store, uint64_t offset) {
  return *reinterpret_cast<const VariableEntry*>(area_of(store) + offset);
}
VariableEntry& entry_at(VariableStore& store, uint64_t offset) { return *reinterpret_cast<VariableEntry*>(area_of(store) + offset); }

const char16_t* name_of(const VariableEntry& entry) { return reinterpret_cast<const char16_t*>(&entry + 1); }
const uint8_t* data_of(const VariableEntry& entry) { return reinterpret_cast<const uint8_t*>(&entry + 1) + entry.name_size; }

uint64_t room_for(uint64_t name_size, uint64_t data_size) { return (sizeof(VariableEntry) + name_size + data_size + 7) & ~uint64_t{7}; }
uint64_t room_for(const VariableEntry& entry) { return room_for(entry.name_size, entry.data_size); }

bool hidden(const VariableEntry& entry, Phase phase) {
  return phase == Phase::Runtime && (entry.attributes & efi::kVariableRuntimeAccess) == 0;
}

bool has_name(const VariableEntry& entry, const char16_t* name, const Guid& vendor) {
  const char16_t* own = name_of(entry);
  // Most variables have the same vendor, but not the same first letter.
  if (own[0] != name[0] || memcmp(&entry.vendor, &vendor, sizeof(Guid)) != 0) return false;
  for (uint32_t i = 0; i < entry.name_size / 2; ++i) {
    if (own[i] != name[i]) return false;  // stops at the shorter one's null, so never reads past it
  }
  return true;
}

// The entry's offset, or store.used when there is none.
uint32_t find(const VariableStore& store, const char16_t* name, const Guid& vendor) {
  uint32_t offset = 0;
  while (offset < store.used && !has_name(entry_at(store, offset), name, vendor)) {
    offset += static_cast<uint32_t>(room_for(entry_at(store, offset)));
  }
  return offset;
}

// In bytes with the null; 0 when there is no null within `limit` bytes.
uint64_t name_bytes(const char16_t* name, uint64_t limit) {
  for (uint64_t i = 0; i < limit / 2; ++i) {
    if (name[i] == 0) return (i + 1) * 2;
  }
  return 0;
}

void count_change(VariableStore& store, uint32_t attributes) {
  if (attributes & efi::kVariableNonVolatile) ++store.changes;
}

void remove(VariableStore& store, uint32_t offset) {
  uint64_t end = offset + room_for(entry_at(store, offset));
  count_change(store, entry_at(store, offset).attributes);
  memmove(area_of(store) + offset, area_of(store) + end, store.used - end);
  store.used -= static_cast<uint32_t>(end - offset);
}

// Makes the entry at `offset` (perhaps a new one, at the end) hold `size` bytes more behind the first `keep` bytes of its data.
Status write(VariableStore& store, uint32_t offset, const VariableEntry& head, const char16_t* name, uint64_t keep, uint64_t size,
             const void* data) {
  bool is_new = offset == store.used;
  uint64_t old_room = is_new ? 0 : room_for(entry_at(store, offset));
  uint64_t new_room = room_for(head.name_size, keep + size);
  if (new_room > old_room && new_room - old_room > store.lasting - store.used) return Status::OutOfResources;

  uint8_t* at = area_of(store) + offset;
  memmove(at + new_room, at + old_room, store.used - offset - old_room);
  store.used = static_cast<uint32_t>(store.used + new_room - old_room);
  VariableEntry& entry = entry_at(store, offset);
  entry = head;
  entry.data_size = static_cast<uint32_t>(keep + size);
  if (is_new) memcpy(at + sizeof(VariableEntry), name, head.name_size);
  memcpy(at + sizeof(VariableEntry) + head.name_size + keep, data, size);
  count_change(store, entry.attributes);
  return Status::Success;
}

// [UEFI 2.10, 8.2.3] what is wrong whatever the store holds
Status check_attributes(uint32_t attributes) {
  if (attributes & ~kKnown) return Status::InvalidParameter;
  if ((attributes & kAccess) == efi::kVariableRuntimeAccess) return Status::InvalidParameter;
  constexpr uint32_t both = efi::kVariableTimeBasedAuthenticatedWriteAccess | efi::kVariableEnhancedAuthenticatedAccess;
  if ((attributes & both) == both) return Status::InvalidParameter;
  // 0x10 is deprecated and refused so by the specification; without Secure Boot there is nobody to authenticate the others against.
  if (attributes & kAuthenticated) return Status::Unsupported;
  return Status::Success;
}

// [UEFI 2.10, 8.2.3] whether an existing variable may be changed by this call
Status check_existing(const VariableEntry& entry, Phase phase, uint32_t attributes) {
  if (!hidden(entry, phase)) {
    if (entry.read_only) return Status::WriteProtected;
    if (phase == Phase::Runtime && (entry.attributes & efi::kVariableNonVolatile) == 0) return Status::WriteProtected;
  }
  // No access attribute at all deletes; else only APPEND_WRITE may differ from what the variable was created with.
  if ((attributes & kAccess) && (attributes & ~efi::kVariableAppendWrite) != entry.attributes) return Status::InvalidParameter;
  return Status::Success;
}

}  // namespace

void start_variables(VariableStore& store, std::byte* area, uint32_t capacity) {
  store.area_offset = static_cast<uint64_t>(area - reinterpret_cast<std::byte*>(&store));
  store.capacity = store.lasting = capacity & ~7u;
  store.used = 0;
  store.max_variable = store.capacity / 2;
  store.changes = 0;
}

void keep_lasting_variables(VariableStore& store) {
  store.capacity = store.lasting;
  if (store.max_variable > store.capacity) store.max_variable = store.capacity;
}

uint64_t largest_growth(const VariableStore& store, const char16_t* name, uint64_t size) {
  const uint64_t name_size = name ? name_bytes(name, store.max_variable) : 0;
  return name_size == 0 || size > store.max_variable - name_size ? 0 : room_for(name_size, size);
}

Status get_variable(const VariableStore& store, Phase phase, const char16_t* name, const Guid* vendor, uint32_t* attributes, uint64_t* size,
                    void* data) {
  if (!name || !vendor || !size) return Status::InvalidParameter;
  uint32_t offset = find(store, name, *vendor);
  if (offset == store.used) return Status::NotFound;
  const VariableEntry& entry = entry_at(store, offset);
  if (hidden(entry, phase)) return Status::NotFound;
  if (attributes) *attributes = entry.attributes;  // also when the buffer is too small [UEFI 2.10, 8.2.1]
  uint64_t have = *size;
  if (have >= entry.data_size && !data) return Status::InvalidParameter;
  *size = entry.data_size;
  if (have < entry.data_size) return Status::BufferTooSmall;
  memcpy(data, data_of(entry), entry.data_size);
  return Status::Success;
}

Status get_next_variable_name(const VariableStore& store, Phase phase, uint64_t* name_size, char16_t* name, Guid* vendor) {
  if (!name_size || !name || !vendor) return Status::InvalidParameter;
  if (name_bytes(name, *name_size) == 0) return Status::InvalidParameter;
  uint32_t offset = 0;
  if (name[0] != 0) {  // an empty name asks for the first one, whatever the GUID says
    offset = find(store, name, *vendor);
    if (offset == store.used || hidden(entry_at(store, offset), phase)) return Status::InvalidParameter;
    offset += static_cast<uint32_t>(room_for(entry_at(store, offset)));
  }
  while (offset < store.used && hidden(entry_at(store, offset), phase)) offset += static_cast<uint32_t>(room_for(entry_at(store, offset)));
  if (offset == store.used) return Status::NotFound;
  const VariableEntry& entry = entry_at(store, offset);
  uint64_t have = *name_size;
  *name_size = entry.name_size;
  if (have < entry.name_size) return Status::BufferTooSmall;
  memcpy(name, name_of(entry), entry.name_size);
  memcpy(vendor, &entry.vendor, sizeof(Guid));
  return Status::Success;
}

Status set_variable(VariableStore& store, Phase phase, const char16_t* name, const Guid* vendor, uint32_t attributes, uint64_t size,
                    const void* data) {
  if (!name || name[0] == 0 || !vendor || (size != 0 && !data)) return Status::InvalidParameter;
  if (Status wrong = check_attributes(attributes); wrong != Status::Success) return wrong;
  uint64_t name_size = name_bytes(name, store.max_variable);
  if (name_size == 0 || size > store.max_variable - name_size) return Status::InvalidParameter;

  bool append = (attributes & efi::kVariableAppendWrite) != 0;
  bool removing = (attributes & kAccess) == 0 || (size == 0 && !append);
  uint32_t offset = find(store, name, *vendor);
  bool exists = offset != store.used;
  if (removing && (!exists || hidden(entry_at(store, offset), phase))) return Status::NotFound;
  if (exists) {
    if (Status wrong = check_existing(entry_at(store, offset), phase, attributes); wrong != Status::Success) return wrong;
  }
  if (removing) {
    remove(store, offset);
    return Status::Success;
  }
  uint32_t lasting = attributes & ~efi::kVariableAppendWrite;
  if (Status wrong = check_name(name, *vendor, lasting); wrong != Status::Success) return wrong;
  constexpr uint32_t needed_late = efi::kVariableNonVolatile | efi::kVariableRuntimeAccess;
  if (phase == Phase::Runtime && (attributes & needed_late) != needed_late) return Status::InvalidParameter;
  if (size == 0) return Status::Success;  // [UEFI 2.10, 8.2.3] appending nothing changes nothing

  VariableEntry head = {*vendor, lasting, 0, static_cast<uint32_t>(name_size), 0};
  uint64_t keep = 0;
  if (exists) {
    const VariableEntry& entry = entry_at(store, offset);
    if (append) keep = entry.data_size;
    // Rewriting the same value is common (boot managers, MOK mirrors) and no reason to wake a persistent back end.
    else if (size == entry.data_size && memcmp(data_of(entry), data, size) == 0) return Status::Success;
  }
  if (keep + size > store.max_variable - name_size) return Status::OutOfResources;
  return write(store, offset, head, name, keep, size, data);
}

Status query_variable_info(const VariableStore& store, Phase phase, uint32_t attributes, uint64_t* max_storage, uint64_t* remaining,
                           uint64_t* max_variable) {
  if (!max_storage || !remaining || !max_variable) return Status::InvalidParameter;
  if (Status wrong = check_attributes(attributes); wrong != Status::Success) return wrong;
  if ((attributes & kAccess) == 0) return Status::InvalidParameter;
  if (phase == Phase::Runtime && (attributes & efi::kVariableRuntimeAccess) == 0) return Status::InvalidParameter;
  if ((attributes & efi::kVariableHardwareErrorRecord) && (attributes & kErrorRecordAttributes) != kErrorRecordAttributes) {
    return Status::InvalidParameter;
  }
  *max_storage = store.capacity;
  *remaining = store.capacity - store.used;
  *max_variable = store.max_variable;
  return Status::Success;
}

Status set_firmware_variable(VariableStore& store, const char16_t* name, const Guid& vendor, uint32_t attributes, uint64_t size,
                             const void* data, bool read_only) {
  uint64_t name_size = name_bytes(name, store.max_variable);
  if (name_size <= 2 || size > store.max_variable - name_size) return Status::InvalidParameter;
  uint32_t offset = find(store, name, vendor);
  if (size == 0) {
    if (offset == store.used) return Status::NotFound;
    remove(store, offset);
    return Status::Success;
  }
  VariableEntry head = {vendor, attributes, read_only ? 1u : 0u, static_cast<uint32_t>(name_size), 0};
  return write(store, offset, head, name, 0, size, data);
}

}  // namespace efilite::runtime
