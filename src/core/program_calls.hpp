// SPDX-License-Identifier: BSD-2-Clause-Patent
// A service works at TPL_NOTIFY, so that no notification finds its data half changed. What programs and drivers have registered with it is
// called at the priority that the service itself was called from.
#pragma once

#include "core/events/events.hpp"

namespace efilite::core {

// The error that a program's function ended with, to be handed on.
inline Status failure_of(efi::EfiStatus status) {
  const auto low = static_cast<uint8_t>(static_cast<uint64_t>(status) & 0x7F);
  return low != 0 ? static_cast<Status>(low) : Status::DeviceError;
}

class ProgramCalls {
 public:
  constexpr explicit ProgramCalls(EventQueue& events) : events_(events) {}

  // One call of the service. They may be nested: what is called outside() may call the service again.
  class Scope {
   public:
    explicit Scope(ProgramCalls& calls)
        : calls_(calls), before_(calls.outer_), level_(calls.events_.tpl()), guard_(calls.events_, efi::kTplNotify) {
      calls.outer_ = level_;
    }
    ~Scope() { calls_.outer_ = before_; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    ProgramCalls& calls_;
    const efi::Tpl before_;
    const efi::Tpl level_;
    TplGuard guard_;
  };

  template <typename Function>
  auto outside(Function function) {
    const efi::Tpl inner = events_.tpl();
    const bool lower = outer_ < inner;
    if (lower) events_.restore_tpl(outer_);
    auto answer = function();
    if (lower) events_.raise_tpl(inner);
    return answer;
  }

 private:
  EventQueue& events_;
  efi::Tpl outer_ = efi::kTplNotify;
};

}  // namespace efilite::core
