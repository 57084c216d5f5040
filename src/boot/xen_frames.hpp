// SPDX-License-Identifier: BSD-2-Clause-Patent
// Pages of Xen's own, put at addresses where there is nothing (docs/adr/0006-frames-of-xens-lie-where-no-memory-is.md).
#pragma once

#include "base/static_vector.hpp"
#include "core/events/events.hpp"
#include "core/images/images.hpp"
#include "core/memory/memory_map.hpp"
#include "drivers/xen/hypercalls.hpp"

namespace efilite::boot {

class XenFrames final : public drivers::xen::Frames, public core::Quiescer {
 public:
  XenFrames(drivers::xen::Hypercalls& xen, core::MemoryMap& memory, core::EventQueue& events)
      : xen_(xen), memory_(memory), events_(events) {}
  XenFrames(const XenFrames&) = delete;
  XenFrames& operator=(const XenFrames&) = delete;

  Result<std::byte*> map(uint32_t space, uint64_t index) override;
  void unmap(std::byte* page) override;
  // All that is still there. The memory map stays as the OS has just read it.
  Result<> quiesce() override;

 private:
  static constexpr size_t kMost = 32;

  uint64_t find_place() const;
  bool give_back(uint64_t page);

  drivers::xen::Hypercalls& xen_;
  core::MemoryMap& memory_;
  core::EventQueue& events_;
  StaticVector<uint64_t, kMost> mapped_;
};

}  // namespace efilite::boot
