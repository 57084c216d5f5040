// SPDX-License-Identifier: BSD-2-Clause-Patent
// One call of a service that works on the_firmware's handle database: notifications stay away from it meanwhile, and drivers are called
// at the caller's own priority.
#pragma once

#include "core/events/events.hpp"
#include "core/firmware.hpp"
#include "core/handles/handles.hpp"

namespace efilite::core {

class ServiceCall final : public DriverGate {
 public:
  ServiceCall()
      : events_(the_firmware->events),
        outer_level_(events_.tpl()),
        guard_(events_, efi::kTplNotify),
        outer_(the_firmware->handles.exchange_gate(this)) {}
  ~ServiceCall() { the_firmware->handles.exchange_gate(outer_); }
  ServiceCall(const ServiceCall&) = delete;
  ServiceCall& operator=(const ServiceCall&) = delete;

  void leave() override { events_.restore_tpl(outer_level_); }
  void enter() override { events_.raise_tpl(efi::kTplNotify); }
  Result<efi::Handle> load_driver(efi::DevicePath* path) override;

 private:
  EventQueue& events_;
  const efi::Tpl outer_level_;
  TplGuard guard_;
  DriverGate* outer_;
};

// The database is everybody's, up to TPL_NOTIFY. Drivers that are called from it run at the level that we were at.
template <typename Work>
auto in_database(Work work) {
  ServiceCall call;
  return work();
}

}  // namespace efilite::core
