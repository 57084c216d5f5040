// SPDX-License-Identifier: BSD-2-Clause-Patent
// The machine's devices are looked for when a program first looks for what they would bring: a program that needs none does not pay.
#pragma once

#include "abi/uefi/types.hpp"

namespace efilite::core {

class DeviceSearch {
 public:
  // A program is about to search for `protocol`, or with nullptr for anything at all: drivers may be called at the program's own TPL, and
  // handles may come and go. It does so, too, before it disconnects a controller: nobody connects that again behind its back.
  virtual void before_search(const efi::Guid* protocol) = 0;
  // It is about to connect a controller.
  virtual void before_connect() = 0;

 protected:
  ~DeviceSearch() = default;
};

}  // namespace efilite::core
