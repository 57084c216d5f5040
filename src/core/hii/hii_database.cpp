// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/hii/hii_database.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "core/device_path/device_path.hpp"
#include "core/hii/hii_strings.hpp"

namespace efilite::core::hii {

namespace {

using Type = efi::HiiPackageType;
constexpr size_t kPackageHeader = 4;
constexpr size_t kListHeader = sizeof(efi::HiiPackageListHeader);

Type type_of(ByteSpan package) { return static_cast<Type>(package[3]); }

uint32_t head_of(Type type, size_t size) { return static_cast<uint32_t>(size) | static_cast<uint32_t>(type) << 24; }

std::optional<efi::Guid> guid_of(ByteSpan package) {
  if (type_of(package) != Type::Guid) return std::nullopt;
  return read_at<efi::Guid>(package, kPackageHeader);
}

// The packages of a list one by one; nullopt at its end and where it is malformed.
class Packages {
 public:
  explicit Packages(ByteSpan bytes) : rest_(bytes) {}
  std::optional<ByteSpan> next() {
    const auto head = read_at<uint32_t>(rest_, 0);
    if (!head) return std::nullopt;
    const size_t size = *head & kMostPackageBytes;
    if (size < kPackageHeader || size > rest_.size()) return std::nullopt;
    const ByteSpan package = rest_.first(size);
    rest_ = rest_.subspan(size);
    ended_ = type_of(package) == Type::End;
    return ended_ ? std::nullopt : std::optional(package);
  }
  bool ended() const { return ended_; }

 private:
  ByteSpan rest_;
  bool ended_ = false;
};

bool is_sound(ByteSpan package) {
  switch (type_of(package)) {
    case Type::Strings: return is_string_package(package);
    case Type::Fonts:
    case Type::SimpleFonts: return face_of(package).has_value();
    case Type::Guid: return package.size() >= kPackageHeader + sizeof(efi::Guid);
    default: return true;
  }
}

}  // namespace

bool Database::is_of(ByteSpan package, const PackageKind& kind) {
  if (kind.type == Type::All) return true;
  return kind.type == type_of(package) && (kind.type != Type::Guid || kind.guid == guid_of(package));
}

Database::List* Database::find(uint64_t number) const {
  List* list = lists_;
  while (list != nullptr && list->number != number) list = list->next;
  return list;
}

// The first package of the list whose number is above `number`. A list's numbers are in no order: strings are written anew in their place.
Database::Package* Database::package_after(uint64_t list, uint64_t number) const {
  const List* holder = find(list);
  Package* best = nullptr;
  for (Package* p = holder ? holder->packages : nullptr; p != nullptr; p = p->next)
    if (p->number > number && (best == nullptr || p->number < best->number)) best = p;
  return best;
}

Database::Package* Database::new_package(size_t size) {
  void* memory = handles_.heap().allocate(sizeof(Package) + size);
  return memory ? new (memory) Package{nullptr, ++last_number_, static_cast<uint32_t>(size)} : nullptr;
}

void Database::release_chain(Package* chain) {
  while (chain != nullptr) {
    Package* next = chain->next;
    handles_.heap().release(chain);
    chain = next;
  }
}

Result<Database::Package*> Database::copy_packages(const efi::HiiPackageListHeader* list) {
  const auto header = *read_at<efi::HiiPackageListHeader>(ByteSpan(reinterpret_cast<const std::byte*>(list), kListHeader), 0);
  if (header.package_length < kListHeader) return Status::InvalidParameter;
  const ByteSpan bytes(reinterpret_cast<const std::byte*>(list) + kListHeader, header.package_length - kListHeader);
  Packages check(bytes);  // all of it before anything is made
  while (auto package = check.next())
    if (!is_sound(*package)) return Status::InvalidParameter;
  if (!check.ended()) return Status::InvalidParameter;

  Package* first = nullptr;
  Package** last = &first;
  Packages packages(bytes);
  while (auto package = packages.next()) {
    *last = new_package(package->size());
    if (*last == nullptr) {
      release_chain(first);
      return Status::OutOfResources;
    }
    memcpy((*last)->bytes().data(), package->data(), package->size());
    last = &(*last)->next;
  }
  return first;
}

// nullptr for a driver without a device path
Result<Database::Package*> Database::device_path_package(efi::Handle driver) {
  auto path = handles_.find(driver, efi::kDevicePathGuid);
  if (!path) return nullptr;
  auto whole = device_path::measure(static_cast<const efi::DevicePath*>(*path));
  if (!whole) return nullptr;
  const size_t size = kPackageHeader + whole->size();
  Package* package = new_package(size);
  if (package == nullptr) return Status::OutOfResources;
  const uint32_t head = head_of(Type::DevicePath, size);
  memcpy(package->bytes().data(), &head, sizeof(head));
  memcpy(package->bytes().data() + kPackageHeader, whole->data(), whole->size());
  return package;
}

Result<efi::HiiHandle> Database::add(const efi::HiiPackageListHeader* list, efi::Handle driver) {
  Package* packages = TRY(copy_packages(list));
  auto path = device_path_package(driver);
  void* memory = path ? handles_.heap().allocate(sizeof(List)) : nullptr;
  if (memory == nullptr) {
    release_chain(packages);
    if (path) release_chain(*path);
    return Status::OutOfResources;
  }
  Package** last = &packages;
  while (*last != nullptr) last = &(*last)->next;
  *last = *path;
  List** end = &lists_;
  while (*end != nullptr) end = &(*end)->next;
  const uint64_t number = ++last_number_;
  *end = new (memory) List{nullptr, number, {}, driver, packages, false};
  memcpy(&(*end)->guid, list, sizeof(efi::Guid));
  notify_all(efi::kHiiNewPack, number, 0);
  return handle_of(number);
}

Result<> Database::remove(efi::HiiHandle handle) {
  const uint64_t number = number_of(handle);
  List* list = find(number);
  if (list == nullptr || list->going) return Status::NotFound;
  list->going = true;
  notify_all(efi::kHiiRemovePack, number, 0);
  for (List** at = &lists_; *at != nullptr; at = &(*at)->next) {
    if ((*at)->number != number) continue;
    List* gone = *at;
    *at = gone->next;
    release_chain(gone->packages);
    handles_.heap().release(gone);
    break;
  }
  return {};
}

// [UEFI 2.10, 34.8.4] What the new list has packages of goes first, then all of the new list comes, each package by itself.
Result<> Database::update(efi::HiiHandle handle, const efi::HiiPackageListHeader* list) {
  const uint64_t number = number_of(handle);
  if (find(number) == nullptr) return Status::NotFound;
  const uint64_t before = last_number_;
  Package* fresh = TRY(copy_packages(list));
  uint64_t at = 0;
  while (Package* old = package_after(number, at)) {
    at = old->number;
    if (at > before) break;
    const PackageKind kind{type_of(old->bytes()), guid_of(old->bytes()).value_or(efi::Guid{})};
    const Package* match = fresh;
    while (match != nullptr && !is_of(match->bytes(), kind)) match = match->next;
    if (match == nullptr) continue;
    notify(efi::kHiiRemovePack, number, at);
    List* holder = find(number);
    for (Package** p = holder ? &holder->packages : nullptr; p != nullptr && *p != nullptr; p = &(*p)->next) {
      if ((*p)->number != at) continue;
      Package* gone = *p;
      *p = gone->next;
      handles_.heap().release(gone);
      break;
    }
  }
  while (fresh != nullptr) {
    List* holder = find(number);
    if (holder == nullptr) {  // one of the functions has removed it
      release_chain(fresh);
      return Status::NotFound;
    }
    Package** last = &holder->packages;
    while (*last != nullptr) last = &(*last)->next;
    *last = std::exchange(fresh, fresh->next);
    (*last)->next = nullptr;
    notify(efi::kHiiAddPack, number, (*last)->number);
  }
  return {};
}

Result<efi::Handle> Database::driver_of(efi::HiiHandle handle) const {
  const List* list = find(number_of(handle));
  if (list == nullptr) return Status::InvalidParameter;
  return list->driver;
}

size_t Database::list(const PackageKind& kind, std::span<efi::HiiHandle> out) const {
  size_t count = 0;
  for (const List* list = lists_; list != nullptr; list = list->next) {
    const Package* p = list->packages;
    while (p != nullptr && !is_of(p->bytes(), kind)) p = p->next;
    if (p == nullptr && !(kind.type == Type::All && list->packages == nullptr)) continue;
    if (count < out.size()) out[count] = handle_of(list->number);
    ++count;
  }
  return count;
}

std::optional<Database::FontPackage> Database::next_font_package(uint64_t number) const {
  std::optional<FontPackage> best;
  for (const List* list = lists_; list != nullptr; list = list->next) {
    for (const Package* p = list->packages; p != nullptr; p = p->next) {
      if (p->number <= number || (best && p->number > best->number)) continue;
      if (const auto face = face_of(p->bytes())) best = {p->number, p->bytes(), *face};
    }
  }
  return best;
}

size_t Database::size_of(const List& list) const {
  size_t size = kListHeader + kPackageHeader;  // the last is the end package
  for (const Package* p = list.packages; p != nullptr; p = p->next) size += p->size;
  return size;
}

Result<size_t> Database::export_size(efi::HiiHandle handle) const {
  size_t size = 0;
  for (const List* list = lists_; list != nullptr; list = list->next)
    if (handle == nullptr || list->number == number_of(handle)) size += size_of(*list);
  if (size == 0) return Status::NotFound;
  return size;
}

Result<> Database::export_to(efi::HiiHandle handle, MutableByteSpan out) {
  if (TRY(export_size(handle)) > out.size()) return Status::BufferTooSmall;
  if (registrations_ != nullptr) {  // they hear of it before it is done, and may change the size
    for (const List* list = lists_; list != nullptr;) {
      const uint64_t number = list->number;
      if (handle == nullptr || number == number_of(handle)) notify_all(efi::kHiiExportPack, number, 0);
      for (list = lists_; list != nullptr && list->number <= number;) list = list->next;  // numbers of lists do grow
    }
    if (TRY(export_size(handle)) > out.size()) return Status::BufferTooSmall;
  }
  std::byte* at = out.data();
  const auto put = [&at](const void* from, size_t size) {
    memcpy(at, from, size);
    at += size;
  };
  for (const List* list = lists_; list != nullptr; list = list->next) {
    if (handle != nullptr && list->number != number_of(handle)) continue;
    const efi::HiiPackageListHeader header{list->guid, static_cast<uint32_t>(size_of(*list))};
    put(&header, sizeof(header));
    for (const Package* p = list->packages; p != nullptr; p = p->next) put(p->bytes().data(), p->size);
    const uint32_t end = head_of(Type::End, kPackageHeader);
    put(&end, sizeof(end));
  }
  return {};
}

Result<efi::Handle> Database::register_notify(const PackageKind& kind, efi::HiiPackageNotify function, efi::Uintn what) {
  void* memory = handles_.heap().allocate(sizeof(Registration));
  if (memory == nullptr) return Status::OutOfResources;
  Registration** last = &registrations_;
  while (*last != nullptr) last = &(*last)->next;
  *last = new (memory) Registration{nullptr, ++last_number_, kind, function, what};
  return handle_of(last_number_);
}

Result<> Database::unregister_notify(efi::Handle handle) {
  for (Registration** at = &registrations_; *at != nullptr; at = &(*at)->next) {
    if ((*at)->number != number_of(handle)) continue;
    Registration* gone = *at;
    *at = gone->next;
    handles_.heap().release(gone);
    return {};
  }
  return Status::NotFound;
}

void Database::notify_all(efi::Uintn what, uint64_t list, uint64_t after) {
  if (registrations_ == nullptr) return;
  const uint64_t last = last_number_;
  while (const Package* package = package_after(list, after)) {
    after = package->number;
    if (after > last) break;
    notify(what, list, after);
  }
}

// The functions may call the database again. After each call both the place among them and the package are looked up anew.
void Database::notify(efi::Uintn what, uint64_t list, uint64_t package) {
  uint64_t done = 0;
  while (const Package* p = package_after(list, package - 1)) {
    if (p->number != package) return;
    const Registration* r = registrations_;
    while (r != nullptr && !(r->number > done && (r->what & what) && is_of(p->bytes(), r->kind))) r = r->next;
    if (r == nullptr) return;
    done = r->number;
    const efi::HiiPackageNotify function = r->function;
    const std::byte* bytes = p->bytes().data();
    const efi::Guid* guid = guid_of(p->bytes()) ? reinterpret_cast<const efi::Guid*>(bytes + kPackageHeader) : nullptr;
    const uint8_t type = static_cast<uint8_t>(type_of(p->bytes()));
    (void)calls_.outside([&] { return function(type, guid, bytes, handle_of(list), what); });
  }
}

}  // namespace efilite::core::hii
