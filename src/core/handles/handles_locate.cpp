// SPDX-License-Identifier: BSD-2-Clause-Patent
// Searching: by protocol, by registration and by device path [UEFI 2.10, 7.3.5 to 7.3.7, 7.3.15 and 7.3.16].
#include <algorithm>

#include "core/device_path/device_path.hpp"
#include "core/handles/handles.hpp"
#include "core/handles/handles_parts.hpp"

namespace efilite::core {
namespace {

// How many bytes of `nodes` the path at `candidate` covers, when it is a beginning of them. It is a program's memory without a size, so
// nothing is read of it that was not found equal up to there.
std::optional<size_t> covered_by(const void* candidate, ByteSpan nodes) {
  if (candidate == nullptr) return std::nullopt;
  auto* path = static_cast<const std::byte*>(candidate);
  for (size_t offset = 0;;) {
    auto head = device_path::node_at({path + offset, device_path::kMaxSize}, 0);
    if (!head) return std::nullopt;
    if (head->ends_path()) return offset;
    auto same = slice(nodes, offset, head->bytes.size());
    if (!same || memcmp(same->data(), head->bytes.data(), same->size()) != 0) return std::nullopt;
    offset += head->bytes.size();
  }
}

}  // namespace

HandleDatabase::Registration* HandleDatabase::registration_of(void* key) const {
  Registration* found = registrations_;
  while (found != nullptr && found->key != reinterpret_cast<uint64_t>(key)) found = found->all_next;
  return found;
}

Result<size_t> HandleDatabase::count(efi::LocateSearchType type, const efi::Guid* protocol, void* key) const {
  size_t found = 0;
  switch (type) {
    case efi::LocateSearchType::AllHandles:
      found = handle_count_;
      break;
    case efi::LocateSearchType::ByRegisterNotify: {
      if (key == nullptr) return Status::InvalidParameter;
      Registration* registration = registration_of(key);
      found = registration != nullptr && registration->news != nullptr;
      break;
    }
    case efi::LocateSearchType::ByProtocol: {
      if (protocol == nullptr) return Status::InvalidParameter;
      Protocol* known = find_protocol(*protocol);
      found = known != nullptr ? known->count : 0;
      break;
    }
    default:
      return Status::InvalidParameter;
  }
  if (found == 0) return Status::NotFound;
  return found;
}

void HandleDatabase::collect(efi::LocateSearchType type, const efi::Guid* protocol, void* key, std::span<efi::Handle> out) {
  size_t i = 0;
  if (type == efi::LocateSearchType::AllHandles) {
    for (Slot* slot = first_; slot != nullptr; slot = slot->next) out[i++] = handle_of(*slot);
  } else if (type == efi::LocateSearchType::ByProtocol) {
    for (Interface* at = find_protocol(*protocol)->first; at != nullptr; at = at->next) out[i++] = handle_of(*at->owner);
  } else {
    Registration* registration = registration_of(key);
    out[0] = handle_of(*registration->news->owner);
    registration->news = registration->news->next;
  }
}

Result<std::span<efi::Handle>> HandleDatabase::locate_buffer(efi::LocateSearchType type, const efi::Guid* protocol, void* key) {
  size_t matches = TRY(count(type, protocol, key));
  auto* handles = static_cast<efi::Handle*>(heap_.allocate(matches * sizeof(efi::Handle)));
  if (handles == nullptr) return Status::OutOfResources;
  std::span out(handles, matches);
  collect(type, protocol, key, out);
  return out;
}

Result<std::span<efi::Handle>> HandleDatabase::changed_since(uint64_t change) const {
  const auto visit = [&](auto found) {
    for (Slot* slot = first_; slot != nullptr; slot = slot->next) {
      if (slot->changed > change) found(*slot);
    }
  };
  size_t count = 0;
  visit([&](Slot&) { ++count; });
  if (count == 0) return std::span<efi::Handle>();
  auto* handles = static_cast<efi::Handle*>(heap_.allocate(count * sizeof(efi::Handle)));
  if (handles == nullptr) return Status::OutOfResources;
  visit([&, i = size_t{0}](Slot& slot) mutable { handles[i++] = handle_of(slot); });
  return std::span(handles, count);
}

Result<void*> HandleDatabase::locate_protocol(const efi::Guid& guid, void* key) {
  Protocol* protocol = find_protocol(guid);
  Interface* found = protocol != nullptr ? protocol->first : nullptr;
  if (key != nullptr) {
    Registration* registration = registration_of(key);
    found = registration != nullptr && registration->protocol == protocol ? registration->news : nullptr;
    if (found != nullptr) registration->news = found->next;
  }
  if (found == nullptr) return Status::NotFound;
  return found->interface;
}

Result<efi::Handle> HandleDatabase::locate_device_path(const efi::Guid& protocol, efi::DevicePath*& path) const {
  ByteSpan whole = TRY(device_path::measure(path));
  ByteSpan source = TRY(device_path::first_instance(whole));
  Protocol* known = find_protocol(protocol);
  Slot* nearest = nullptr;
  size_t longest = 0;
  for (Interface* at = known != nullptr ? known->first : nullptr; at != nullptr; at = at->next) {
    Interface* device = interface_on(*at->owner, efi::kDevicePathGuid);
    auto covered = device != nullptr ? covered_by(device->interface, source) : std::nullopt;
    if (!covered || (nearest != nullptr && *covered <= longest)) continue;
    nearest = at->owner;
    longest = *covered;
  }
  if (nearest == nullptr) return Status::NotFound;
  path = reinterpret_cast<efi::DevicePath*>(reinterpret_cast<std::byte*>(path) + longest);
  return handle_of(*nearest);
}

// Every new device is compared with all others. A path that is another one differs no later than at its end, so that nothing behind it is
// read.
bool HandleDatabase::path_is_installed(const void* path) const {
  auto whole = device_path::measure(static_cast<const efi::DevicePath*>(path));
  Protocol* paths = find_protocol(efi::kDevicePathGuid);
  if (!whole || paths == nullptr) return false;
  for (Interface* at = paths->first; at != nullptr; at = at->next) {
    auto* other = static_cast<const std::byte*>(at->interface);
    if (other != nullptr && std::equal(whole->begin(), whole->end(), other)) return true;
  }
  return false;
}

}  // namespace efilite::core
