// SPDX-License-Identifier: BSD-2-Clause-Patent
// Memory for devices from EFI's memory map: the OS's again after ExitBootServices, when no device uses it any more.
#pragma once

#include "core/device_ports.hpp"
#include "core/events/events.hpp"
#include "core/memory/memory_map.hpp"

namespace efilite::boot {

class DevicePages final : public core::DeviceMemory {
 public:
  DevicePages(core::MemoryMap& memory, core::EventQueue& events) : memory_(memory), events_(events) {}
  Result<MutableByteSpan> allocate(PageCount pages, uint64_t below) override;
  void release(MutableByteSpan pages) override;
  void keep(MutableByteSpan pages) override;

 private:
  core::MemoryMap& memory_;
  core::EventQueue& events_;
};

}  // namespace efilite::boot
