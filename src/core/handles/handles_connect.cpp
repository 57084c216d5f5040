// SPDX-License-Identifier: BSD-2-Clause-Patent
// ConnectController [UEFI 2.10, 7.3.12]: which drivers are asked, in which order, and what becomes of those that say yes.
#include "core/device_path/device_path.hpp"
#include "core/handles/handles.hpp"
#include "core/handles/handles_parts.hpp"

namespace efilite::core {

using Binding = efi::DriverBindingProtocol;
using BusOverride = efi::BusSpecificDriverOverrideProtocol;
using FamilyOverride = efi::DriverFamilyOverrideProtocol;
using PlatformOverride = efi::PlatformDriverOverrideProtocol;

struct HandleDatabase::Driver {
  efi::Handle handle;
  efi::Handle image;
  uint32_t version;
  bool placed = false;

  // Behind those of its own version.
  static Result<> insert(List<Driver>& list, const Driver& driver) {
    TRY(list.push(driver));
    auto all = *list;
    for (size_t i = all.size() - 1; i > 0 && all[i].version > all[i - 1].version; --i) std::swap(all[i], all[i - 1]);
    return {};
  }
};

bool HandleDatabase::have_drivers() const { return count(efi::LocateSearchType::ByProtocol, &Binding::kGuid, nullptr).has_value(); }

// Children, and theirs, are connected in the order in which they were made. A controller that is somebody's child twice, or its own
// grandchild, is connected once.
Result<> HandleDatabase::connect(efi::Handle controller, const efi::Handle* drivers, efi::DevicePath* remaining, bool recursive) {
  if (!is_valid(controller)) return Status::InvalidParameter;
  Result<> own = connect_one(controller, drivers, remaining);
  if (!recursive || own.status() == Status::OutOfResources) return own;
  List<efi::Handle> waiting(heap_), done(heap_);
  TRY(add_children(controller, waiting));
  while (waiting.size() != 0) {
    efi::Handle child = waiting.pop();
    if (child == controller || done.contains(child) || !is_valid(child)) continue;
    TRY(done.push(child));
    if (connect_one(child, nullptr, nullptr).status() == Status::OutOfResources) return Status::OutOfResources;
    TRY(add_children(child, waiting));
  }
  return own;
}

Result<> HandleDatabase::add_children(efi::Handle controller, List<efi::Handle>& waiting) {
  const size_t before = waiting.size();
  TRY(add_agents(controller, efi::kOpenByChildController, nullptr, waiting));
  std::ranges::reverse(waiting.from(before));  // the last one is taken first
  return {};
}

// Each driver is started at most once, and one that starts may give an earlier one its chance, or bring new ones.
Result<> HandleDatabase::connect_one(efi::Handle controller, const efi::Handle* first, efi::DevicePath* remaining) {
  const bool may_find_nobody = remaining != nullptr && device_path::is_end(remaining);
  load_platform_drivers(controller);
  if (!have_drivers()) return Status::NotFound;
  bool started = false;
  List<efi::Handle> tried(heap_);
  for (bool again = true; again;) {
    List<efi::Handle> order(heap_);
    TRY(list_drivers(controller, first, order));
    const Protocol& bindings = *find_protocol(Binding::kGuid);
    const uint64_t known = bindings.changes;
    do again = TRY(start_next(order, tried, controller, remaining, started));
    while (again && bindings.changes == known);
  }
  if (started || may_find_nobody) return {};
  return Status::NotFound;
}

// Starts the first driver that supports the controller. False: none does.
Result<bool> HandleDatabase::start_next(const List<efi::Handle>& drivers, List<efi::Handle>& tried, efi::Handle controller,
                                        efi::DevicePath* remaining, bool& started) {
  for (efi::Handle driver : *drivers) {
    Binding* binding = tried.contains(driver) ? nullptr : binding_of(driver);
    if (binding == nullptr) continue;
    if (!is_valid(controller)) return false;
    {
      Outside outside(*this);
      if (efi::is_error(binding->supported(binding, controller, remaining))) continue;
    }
    TRY(tried.push(driver));
    if (binding_of(driver) != binding || !is_valid(controller)) return true;
    Outside outside(*this);
    if (!efi::is_error(binding->start(binding, controller, remaining))) started = true;
    return true;
  }
  return false;
}

// By the five rules of precedence. Those that have a say in it come first, since they may load drivers when they are asked.
Result<> HandleDatabase::list_drivers(efi::Handle controller, const efi::Handle* first, List<efi::Handle>& order) {
  List<efi::Handle> images(heap_);
  TRY(add_overrides(images, [&](efi::Handle* image) {
    auto platform = locate<PlatformOverride>();
    if (!platform || *platform == nullptr) return efi::encode(Status::NotFound);
    Outside outside(*this);
    return (*platform)->get_driver(*platform, controller, image);
  }));
  TRY(add_families(images));
  TRY(add_overrides(images, [&](efi::Handle* image) {
    auto bus = get<BusOverride>(controller);
    if (!bus || *bus == nullptr) return efi::encode(Status::NotFound);
    Outside outside(*this);
    return (*bus)->get_driver(*bus, image);
  }));

  List<Driver> drivers(heap_);
  for (Interface* at = find_protocol(Binding::kGuid)->first; at != nullptr; at = at->next) {
    auto* binding = static_cast<Binding*>(at->interface);
    if (binding != nullptr) TRY(Driver::insert(drivers, {handle_of(*at->owner), binding->image_handle, binding->version}));
  }
  auto place = [&](auto wanted) -> Result<> {
    for (Driver& driver : *drivers) {
      if (driver.placed || !wanted(driver)) continue;
      driver.placed = true;
      TRY(order.push(driver.handle));
    }
    return {};
  };
  for (; first != nullptr && *first != nullptr; ++first) TRY(place([&](const Driver& driver) { return driver.handle == *first; }));
  // An image may have several bindings, each on a handle of its own.
  for (efi::Handle image : *images) TRY(place([&](const Driver& driver) { return driver.handle == image || driver.image == image; }));
  return place([](const Driver&) { return true; });
}

// [UEFI 2.10, 11.2 and 11.3] Each answer is the question for the next one, so that an answer given before would go round for ever.
template <typename GetDriver>
Result<> HandleDatabase::add_overrides(List<efi::Handle>& images, GetDriver get_driver) {
  const size_t before = images.size();
  for (efi::Handle image = nullptr; !efi::is_error(get_driver(&image)) && image != nullptr && !images.contains(image, before);) {
    TRY(images.push(image));
  }
  return {};
}

// [UEFI 2.10, 11.9]
Result<> HandleDatabase::add_families(List<efi::Handle>& images) {
  const Protocol* known = find_protocol(FamilyOverride::kGuid);
  List<efi::Handle> members(heap_);
  for (Interface* at = known != nullptr ? known->first : nullptr; at != nullptr; at = at->next) TRY(members.push(handle_of(*at->owner)));
  List<Driver> sorted(heap_);
  for (efi::Handle member : *members) {
    auto family = get<FamilyOverride>(member);
    if (!family || *family == nullptr) continue;
    uint32_t version;
    {
      Outside outside(*this);
      version = (*family)->get_version(*family);
    }
    TRY(Driver::insert(sorted, {member, member, version}));
  }
  for (const Driver& driver : *sorted) TRY(images.push(driver.handle));
  return {};
}

// [UEFI 2.10, 11.2] The platform may name drivers that nobody has loaded. Loading them is left to a component of the platform, and that is
// us: no boot manager has done it before. A driver that is there already is only told to the platform.
void HandleDatabase::load_platform_drivers(efi::Handle controller) {
  List<void*> seen(heap_);
  for (efi::DevicePath* path = nullptr; gate_ != nullptr;) {
    auto platform = locate<PlatformOverride>();
    if (!platform || *platform == nullptr) return;
    {
      Outside outside(*this);
      if (efi::is_error((*platform)->get_driver_path(*platform, controller, &path))) return;
    }
    if (path == nullptr || seen.contains(path) || !seen.push(path)) return;
    efi::Handle image = image_loaded_from(path);
    if (image == nullptr) {
      Outside outside(*this);
      image = gate_->load_driver(path).value_or(nullptr);
    }
    platform = locate<PlatformOverride>();
    if (!is_valid(image) || !platform || *platform == nullptr) continue;
    Outside outside(*this);
    (*platform)->driver_loaded(*platform, controller, path, image);
  }
}

efi::Handle HandleDatabase::image_loaded_from(const efi::DevicePath* path) const {
  const Protocol* images = find_protocol(efi::kLoadedImageDevicePathGuid);
  for (Interface* at = images != nullptr ? images->first : nullptr; at != nullptr; at = at->next) {
    if (device_path::equal(static_cast<const efi::DevicePath*>(at->interface), path)) return handle_of(*at->owner);
  }
  return nullptr;
}

}  // namespace efilite::core
