// SPDX-License-Identifier: BSD-2-Clause-Patent
// What a program may know of the PVH guest that it runs in: a configuration table with all that the hypervisor told, and a protocol that
// leads there, on every image's handle (include/efilite/pvh_guest.h, docs/pvh-guest.md).
#pragma once

#include "abi/hypervisor.hpp"
#include "boot/boot_info.hpp"
#include "boot/payload.hpp"
#include "core/handles/handles.hpp"
#include "core/memory/pool.hpp"

namespace efilite::boot {

struct HypervisorFacts {
  Hypervisor leaves;
  uint32_t version = 0;  // hypervisor_version()
};

// The protocol lies inside, so it stays where it is.
class PvhGuestTable {
 public:
  constexpr PvhGuestTable() = default;
  PvhGuestTable(const PvhGuestTable&) = delete;
  PvhGuestTable& operator=(const PvhGuestTable&) = delete;

  // Allocates the table and fills it in, in runtime services data. It is good when finish() has been called, before the first program.
  Result<> make(const BootInfo& info, const HypervisorFacts& hypervisor, core::Pool& pool);
  // What has become of the modules, and the checksum.
  void finish(const Payload& payload);

  efilite_pvh_guest* table() { return table_; }
  core::ProtocolPair protocol() { return {&efi::kPvhGuestProtocol, &protocol_}; }

 private:
  efilite_pvh_guest* table_ = nullptr;
  efilite_pvh_guest_protocol protocol_{};
};

}  // namespace efilite::boot
