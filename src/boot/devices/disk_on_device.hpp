// SPDX-License-Identifier: BSD-2-Clause-Patent
// BLOCK_IO and BLOCK_IO2 of a disk on the handle of its device, as edk2 has it.
#pragma once

#include <array>

#include "core/handles/service_call.hpp"
#include "core/storage/block_io.hpp"

namespace efilite::boot {

class DiskOnDevice {
 public:
  DiskOnDevice(core::EventQueue& events, const core::BlockIo::Traits& traits) : io(events, nullptr, traits) {}

  Result<> install(core::HandleDatabase& handles, efi::Handle on) {
    return core::in_database([&] { return handles.install_multiple(&on, pairs()); });
  }
  Result<> uninstall(core::HandleDatabase& handles, efi::Handle from) {
    return core::in_database([&] { return handles.uninstall_multiple(from, pairs()); });
  }

  core::BlockIo io;

 private:
  std::array<core::ProtocolPair, 2> pairs() {
    return {{{&efi::BlockIoProtocol::kGuid, io.protocol()}, {&efi::BlockIo2Protocol::kGuid, io.protocol2()}}};
  }
};

}  // namespace efilite::boot
