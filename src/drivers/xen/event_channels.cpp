// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/xen/event_channels.hpp"

#include <algorithm>

#include "abi/xen_time.hpp"
#include "arch/io.hpp"

namespace efilite::drivers::xen {

namespace {

// Two levels [Xen public/xen.h]: a word of the selector for each word of the pending bits.
constexpr uint32_t kWordBits = 64;
constexpr uint32_t kPorts = kWordBits * kWordBits;
constexpr uint64_t kNsPerUnit = 100;
constexpr uint64_t kLongestWait = 3600ull * 10'000'000;  // so that no sum overflows

}  // namespace

Result<EventPort> EventChannels::open(domid_t remote) {
  evtchn_alloc_unbound wanted{.dom = DOMID_SELF, .remote_dom = remote, .port = 0};
  TRY(xen_.operate(__HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, wanted));
  return EventPort{wanted.port};
}

Result<> EventChannels::close(EventPort port) {
  evtchn_close channel{.port = port};
  TRY(xen_.operate(__HYPERVISOR_event_channel_op, EVTCHNOP_close, channel));
  return {};
}

Result<> EventChannels::notify(EventPort port) {
  evtchn_send channel{.port = port};
  TRY(xen_.operate(__HYPERVISOR_event_channel_op, EVTCHNOP_send, channel));
  return {};
}

// [Xen public/xen.h] Xen only tells of an event when these are clear.
void EventChannels::leave() {
  if (shared_ == nullptr) return;
  __atomic_store_n(&shared_->vcpu_info[0].evtchn_pending_sel, 0, __ATOMIC_RELAXED);
  __atomic_store_n(&shared_->vcpu_info[0].evtchn_upcall_pending, 0, __ATOMIC_RELEASE);
  shared_ = nullptr;
}

// Nobody is interrupted, so the selector and upcall bits stay as Xen sets them; a pending bit that is left set would hide the next event.
bool EventChannels::take(EventPort port) {
  if (shared_ == nullptr || port >= kPorts) return false;
  const xen_ulong_t bit = xen_ulong_t{1} << (port % kWordBits);
  return (__atomic_fetch_and(&shared_->evtchn_pending[port / kWordBits], ~bit, __ATOMIC_ACQ_REL) & bit) != 0;
}

// Xen wants to know when to give up, in this CPU's system time. Firmware runs on the first CPU only.
bool EventChannels::poll(EventPort port, uint64_t units) {
  XenSystemClock clock;
  if (shared_ == nullptr || port >= kPorts || !read_xen_clock(shared_->vcpu_info[0].time, clock)) return false;
  sched_poll wanted{};
  set_xen_guest_handle(wanted.ports, &port);
  wanted.nr_ports = 1;
  wanted.timeout = clock.at(arch::timestamp()) + std::min(units, kLongestWait) * kNsPerUnit;
  return xen_.operate(__HYPERVISOR_sched_op, SCHEDOP_poll, wanted).has_value();
}

// An event that nobody takes would end every later wait at once.
void EventChannels::wait(EventPort port, uint64_t units) {
  if (units == 0 || take(port)) return;
  if (poll(port, units)) {
    (void)take(port);
    return;
  }
  (void)xen_.checked_call(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
}

}  // namespace efilite::drivers::xen
