// SPDX-License-Identifier: BSD-2-Clause-Patent
// Xen beneath us: what its drivers stand on.
#pragma once

#include <optional>

#include "boot/firmware/runtime_region.hpp"
#include "boot/xen_frames.hpp"
#include "drivers/xen/cpu.hpp"
#include "drivers/xen/event_channels.hpp"
#include "drivers/xen/services.hpp"
#include "drivers/xen/xen_store.hpp"

namespace efilite::boot {

class XenMachine final : public core::Quiescer {
 public:
  constexpr XenMachine() = default;
  XenMachine(const XenMachine&) = delete;
  XenMachine& operator=(const XenMachine&) = delete;

  // Whether that is a Xen whose hypercalls can be made; where it is not, nothing else here may be used.
  bool detect(const Hypervisor& hypervisor);
  bool present() const { return leaves_ != 0; }
  drivers::xen::Hypercalls& hypercalls() { return hypercalls_; }
  drivers::xen::EventChannels& channels() { return channels_; }
  uint64_t tsc_khz() const { return arch::cpuid(leaves_ + drivers::xen::kTimeLeaf).ecx; }

  // As soon as there is a memory map. Without shared info, which the log says, there is no clock, and who waits does so by asking again and
  // again.
  void start(core::MemoryMap& memory, core::EventQueue& events);
  // What drivers of Xen's devices work with, from start() on. OUT_OF_RESOURCES: there is no memory for it.
  Result<const drivers::xen::Services*> serve(core::Heap& heap, core::PhysicalMemory& physical, core::Clock& clock);

  // For the runtime services, which work where there is no Xen as well.
  XenFacts facts() const;
  void set_runtime_clock(runtime::ClockState& clock) { runtime_clock_ = &clock; }
  // Comes after all that uses what is here.
  Result<> quiesce() override;

 private:
  drivers::xen::CpuHypercalls hypercalls_;
  drivers::xen::EventChannels channels_{hypercalls_};
  std::optional<XenFrames> frames_;
  drivers::xen::XenStore* store_ = nullptr;
  std::optional<drivers::xen::Services> services_;
  runtime::ClockState* runtime_clock_ = nullptr;
  const shared_info* shared_ = nullptr;
  uint32_t leaves_ = 0;  // Xen's first CPUID leaf; 0: this is not Xen
};

}  // namespace efilite::boot
