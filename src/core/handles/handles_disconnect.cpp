// SPDX-License-Identifier: BSD-2-Clause-Patent
// DisconnectController [UEFI 2.10, 7.3.13], and who manages a controller or is its child.
#include "core/handles/handles.hpp"
#include "core/handles/handles_parts.hpp"

namespace efilite::core {

efi::DriverBindingProtocol* HandleDatabase::binding_of(efi::Handle driver) const {
  return get<efi::DriverBindingProtocol>(driver).value_or(nullptr);
}

// Who has something open on the controller: the agents that manage it (BY_DRIVER), or the children (BY_CHILD_CONTROLLER) that `agent`
// made, nullptr standing for all agents. Each once.
Result<> HandleDatabase::add_agents(efi::Handle controller, uint32_t attribute, efi::Handle agent, List<efi::Handle>& out) const {
  const size_t before = out.size();
  Slot* slot = slot_of(controller);
  for (Interface* interface = slot != nullptr ? slot->interfaces : nullptr; interface != nullptr; interface = interface->sibling) {
    for (Open* item = interface->opens; item != nullptr; item = item->next) {
      if ((item->attributes & attribute) == 0 || (agent != nullptr && item->agent != agent)) continue;
      efi::Handle who = attribute == efi::kOpenByDriver ? item->agent : item->controller;
      if (!out.contains(who, before)) TRY(out.push(who));
    }
  }
  return {};
}

// One driver that will not go does not keep the others: as many leave as can.
Result<> HandleDatabase::disconnect(efi::Handle controller, efi::Handle driver, efi::Handle child) {
  if (!is_valid(controller)) return Status::InvalidParameter;
  if (driver != nullptr && binding_of(driver) == nullptr) return Status::InvalidParameter;
  if (child != nullptr && !is_valid(child)) return Status::InvalidParameter;
  List<efi::Handle> managers(heap_);
  TRY(add_agents(controller, efi::kOpenByDriver, driver, managers));
  if (managers.size() == 0) return {};
  bool stopped = false;
  Result<> failed;
  for (efi::Handle manager : *managers) {
    auto done = stop(controller, manager, child);
    if (done) stopped |= *done;
    else if (failed) failed = done.error();
  }
  TRY(failed);
  // [UEFI 2.10, 7.3.13] Nobody managing the controller is a success; a child that no manager knows is not.
  if (!stopped && child != nullptr) return Status::NotFound;
  return {};
}

// Stops the driver for one child, or for all and then for the controller itself. False: this driver does not know that child.
Result<bool> HandleDatabase::stop(efi::Handle controller, efi::Handle driver, efi::Handle child) {
  List<efi::Handle> list(heap_);
  TRY(add_agents(controller, efi::kOpenByChildController, driver, list));
  std::span<efi::Handle> children = *list;
  bool whole = true;
  if (child != nullptr) {
    auto at = std::ranges::find(children, child);
    if (at == children.end()) return false;
    whole = children.size() == 1;  // the last child takes the bus driver with it
    children = {&*at, 1};
  }
  if (binding_of(driver) == nullptr) return Status::InvalidParameter;
  if (!children.empty() && !call_stop(controller, driver, children)) return Status::DeviceError;
  if (whole && !call_stop(controller, driver, {})) return Status::DeviceError;
  return true;
}

// Whether the driver has stopped. One that went with another's Stop() is not called any more.
bool HandleDatabase::call_stop(efi::Handle controller, efi::Handle driver, std::span<efi::Handle> children) {
  auto* binding = binding_of(driver);
  if (binding == nullptr || !is_valid(controller)) return true;
  Outside outside(*this);
  return !efi::is_error(binding->stop(binding, controller, children.size(), children.data()));
}

}  // namespace efilite::core
