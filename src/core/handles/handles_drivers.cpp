// SPDX-License-Identifier: BSD-2-Clause-Patent
// The UEFI driver model: ConnectController and DisconnectController [UEFI 2.10, 7.3.12, 7.3.13 and 11.1]. Drivers are programs: every one
// of them may change the database while it runs, so nothing but handles is kept across a call.
#include <algorithm>

#include "core/device_path/device_path.hpp"
#include "core/handles/handles.hpp"
#include "core/handles/handles_parts.hpp"

namespace efilite::core {
namespace {

using Binding = efi::DriverBindingProtocol;

// Buses do not nest this deep; children that are each other's parents do.
constexpr unsigned kMaxDepth = 16;

// Handles that were snapshotted into a block of the heap.
class HandleList {
 public:
  HandleList(Heap& heap, std::span<efi::Handle> handles) : heap_(heap), handles_(handles) {}
  ~HandleList() { heap_.release(static_cast<void*>(handles_.data())); }
  HandleList(const HandleList&) = delete;
  HandleList& operator=(const HandleList&) = delete;
  std::span<efi::Handle> operator*() const { return handles_; }

 private:
  Heap& heap_;
  std::span<efi::Handle> handles_;
};

Binding* binding_of(const HandleDatabase& database, efi::Handle driver) {
  auto binding = database.get<Binding>(driver);
  return binding ? *binding : nullptr;
}

}  // namespace

// A driver is being called.
class HandleDatabase::Outside {
 public:
  explicit Outside(HandleDatabase& database) : gate_(database.gate_) {
    if (gate_ != nullptr) gate_->leave();
  }
  ~Outside() {
    if (gate_ != nullptr) gate_->enter();
  }
  Outside(const Outside&) = delete;
  Outside& operator=(const Outside&) = delete;

 private:
  DriverGate* gate_;
};

bool HandleDatabase::have_drivers() const { return count(efi::LocateSearchType::ByProtocol, &Binding::kGuid, nullptr).has_value(); }

Result<> HandleDatabase::connect(efi::Handle controller, const efi::Handle* drivers, efi::DevicePath* remaining, bool recursive) {
  return connect_tree(controller, drivers, remaining, recursive, 0);
}

Result<> HandleDatabase::connect_tree(efi::Handle controller, const efi::Handle* drivers, efi::DevicePath* remaining, bool recursive,
                                      unsigned depth) {
  if (!is_valid(controller)) return Status::InvalidParameter;
  Result<> own = connect_one(controller, drivers, remaining);
  // Most machines have no driver at all, and then nothing here costs anything.
  if (!have_drivers()) return own;
  if (!recursive || depth == kMaxDepth) return own;
  HandleList children(heap_, TRY(agents_of(controller, efi::kOpenByChildController, nullptr)));
  for (efi::Handle child : *children) static_cast<void>(connect_tree(child, nullptr, nullptr, true, depth + 1));
  return own;
}

// [UEFI 2.10, 7.3.12] Drivers in the order of precedence, each started at most once; one that starts may give an earlier one its chance.
Result<> HandleDatabase::connect_one(efi::Handle controller, const efi::Handle* first_drivers, efi::DevicePath* remaining) {
  bool started = false;
  if (have_drivers()) {
    HandleList list(heap_, TRY(drivers_in_order(first_drivers)));
    std::span<efi::Handle> drivers = *list;
    for (size_t i = 0; i < drivers.size();) {
      Binding* binding = binding_of(*this, drivers[i]);
      if (binding == nullptr) {  // had its turn, or is gone
        ++i;
        continue;
      }
      Outside outside(*this);
      if (efi::is_error(binding->supported(binding, controller, remaining))) {
        ++i;
        continue;
      }
      drivers[i] = nullptr;
      if (!efi::is_error(binding->start(binding, controller, remaining))) started = true;
      i = 0;
    }
  }
  if (started || (remaining != nullptr && device_path::is_end(remaining))) return {};
  return Status::NotFound;
}

// Handles with a driver binding: those of the caller's list first and in its order, then by version, the highest first.
Result<std::span<efi::Handle>> HandleDatabase::drivers_in_order(const efi::Handle* first) {
  std::span<efi::Handle> all = TRY(locate_buffer(efi::LocateSearchType::ByProtocol, &Binding::kGuid, nullptr));
  auto version = [this](efi::Handle handle) {
    Binding* binding = binding_of(*this, handle);
    return binding != nullptr ? binding->version : 0;
  };
  for (size_t i = 1; i < all.size(); ++i) {
    for (size_t k = i; k > 0 && version(all[k]) > version(all[k - 1]); --k) std::swap(all[k], all[k - 1]);
  }
  size_t placed = 0;
  for (; first != nullptr && *first != nullptr; ++first) {
    for (size_t i = placed; i < all.size(); ++i) {
      if (all[i] != *first) continue;
      for (; i > placed; --i) std::swap(all[i], all[i - 1]);
      ++placed;
    }
  }
  return all;
}

template <typename Visit>
void HandleDatabase::for_each_open(efi::Handle controller, Visit visit) const {
  Slot* slot = slot_of(controller);
  if (slot == nullptr) return;
  for (Interface* interface = slot->interfaces; interface != nullptr; interface = interface->sibling) {
    for (Open* item = interface->opens; item != nullptr; item = item->next) visit(*item);
  }
}

// Who has something open on the controller: the agents that manage it (BY_DRIVER), or the children (BY_CHILD_CONTROLLER) that `agent`
// made, nullptr standing for all agents. Each once, in a block of the heap even when there is nobody.
Result<std::span<efi::Handle>> HandleDatabase::agents_of(efi::Handle controller, uint32_t attribute, efi::Handle agent) {
  auto matches = [=](const Open& item) { return (item.attributes & attribute) != 0 && (agent == nullptr || item.agent == agent); };
  size_t most = 0;
  for_each_open(controller, [&](const Open& item) { most += matches(item); });
  auto* list = static_cast<efi::Handle*>(heap_.allocate((most + 1) * sizeof(efi::Handle)));
  if (list == nullptr) return Status::OutOfResources;
  size_t found = 0;
  for_each_open(controller, [&](const Open& item) {
    if (!matches(item)) return;
    efi::Handle who = attribute == efi::kOpenByDriver ? item.agent : item.controller;
    for (size_t i = 0; i < found; ++i) {
      if (list[i] == who) return;
    }
    list[found++] = who;
  });
  return std::span(list, found);
}

Result<> HandleDatabase::disconnect(efi::Handle controller, efi::Handle driver, efi::Handle child) {
  if (!is_valid(controller)) return Status::InvalidParameter;
  if (driver != nullptr && binding_of(*this, driver) == nullptr) return Status::InvalidParameter;
  if (child != nullptr && !is_valid(child)) return Status::InvalidParameter;
  HandleList managers(heap_, TRY(agents_of(controller, efi::kOpenByDriver, driver)));
  bool stopped = false;
  for (efi::Handle manager : *managers) stopped |= TRY(stop(controller, manager, child));
  // [UEFI 2.10, 7.3.13] Nobody managing the controller is a success; a child that no manager knows is not.
  if (!stopped && child != nullptr && !(*managers).empty()) return Status::NotFound;
  return {};
}

// Stops the driver for one child, or for all and then for the controller itself. False: this driver does not know that child.
Result<bool> HandleDatabase::stop(efi::Handle controller, efi::Handle driver, efi::Handle child) {
  HandleList list(heap_, TRY(agents_of(controller, efi::kOpenByChildController, driver)));
  std::span<efi::Handle> children = *list;
  bool whole = true;
  if (child != nullptr) {
    size_t all = children.size();
    size_t at = static_cast<size_t>(std::find(children.begin(), children.end(), child) - children.begin());
    if (at == all) return false;
    children = children.subspan(at, 1);
    whole = all == 1;  // the last child takes the bus driver with it
  }
  Binding* binding = binding_of(*this, driver);
  if (binding == nullptr) return Status::InvalidParameter;
  Outside outside(*this);
  if (!children.empty() && efi::is_error(binding->stop(binding, controller, children.size(), children.data()))) return Status::DeviceError;
  if (!whole) return true;
  if (efi::is_error(binding->stop(binding, controller, 0, nullptr))) return Status::DeviceError;
  return true;
}

}  // namespace efilite::core
