// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/firmware/xen.hpp"

#include "arch/cpu.hpp"
#include "base/log.hpp"
#include "core/heap_objects.hpp"

namespace efilite::boot {

namespace {

// Xen fills a page once and forgets it, so one of the stack will do.
[[gnu::noinline]] arch::HypercallBy ask_xen(uint32_t leaves) {
  alignas(kPageSize) std::byte page[kPageSize] = {};
  arch::write_msr(arch::cpuid(leaves + drivers::xen::kPageLeaf).ebx, reinterpret_cast<uint64_t>(page));
  return drivers::xen::instruction_in_page(page);
}

}  // namespace

bool XenMachine::detect(const Hypervisor& hypervisor) {
  if (!hypervisor.is(kXenSignature) || hypervisor.last < hypervisor.base + drivers::xen::kTimeLeaf) return false;
  arch::HypercallBy by = drivers::xen::instruction_of_maker();
  if (by == arch::HypercallBy::Nothing) by = ask_xen(hypervisor.base);
  if (by == arch::HypercallBy::Nothing) return false;
  hypercalls_.set_instruction(by);
  leaves_ = hypervisor.base;
  return true;
}

void XenMachine::start(core::MemoryMap& memory, core::EventQueue& events) {
  frames_.emplace(hypercalls_, memory, events);
  // No events by interrupt, as it has been before. But when it is told so, Xen takes note that we have 64-bit pointers, and fills in the
  // wall clock, which no PVH guest finds there by itself.
  if (Result<> told = hypercalls_.set_parameter(HVM_PARAM_CALLBACK_IRQ, 0); !told)
    log::line("efilite: Xen does not hear of a 64-bit guest: ", told.status());
  Result<std::byte*> page = frames_->map(XENMAPSPACE_shared_info, 0);
  if (!page) return log::line("efilite: Xen's shared info cannot be had: ", page.status());
  auto* shared = reinterpret_cast<shared_info*>(*page);
  channels_.use(shared);
  shared_ = shared;
}

Result<const drivers::xen::Services*> XenMachine::serve(core::Heap& heap, core::PhysicalMemory& physical, core::Clock& clock) {
  store_ = TRY(core::make<drivers::xen::XenStore>(heap, hypercalls_, channels_, physical, clock));
  return &services_.emplace(hypercalls_, *frames_, channels_, *store_);
}

XenFacts XenMachine::facts() const { return {hypercalls_.instruction(), shared_, leaves_ + drivers::xen::kTimeLeaf}; }

Result<> XenMachine::quiesce() {
  Result<> done = store_ != nullptr ? store_->quiesce() : Result<>{};
  channels_.leave();
  if (runtime_clock_ != nullptr) runtime::keep_xen_clock(runtime_clock_->xen);
  if (frames_) {
    Result<> given_back = frames_->quiesce();
    if (done) done = given_back;
  }
  return done;
}

}  // namespace efilite::boot
