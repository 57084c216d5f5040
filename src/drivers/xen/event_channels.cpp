// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/xen/event_channels.hpp"

namespace efilite::drivers::xen {

namespace {

// Two levels [Xen public/xen.h]: a word of the selector for each word of the pending bits.
constexpr uint32_t kWordBits = 64;
constexpr uint32_t kPorts = kWordBits * kWordBits;

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

// Nobody is interrupted, so the selector and upcall bits stay as Xen sets them; a pending bit that is left set would hide the next event.
bool EventChannels::take(EventPort port) {
  if (shared_ == nullptr || port >= kPorts) return false;
  const xen_ulong_t bit = xen_ulong_t{1} << (port % kWordBits);
  return (__atomic_fetch_and(&shared_->evtchn_pending[port / kWordBits], ~bit, __ATOMIC_ACQ_REL) & bit) != 0;
}

void EventChannels::wait(EventPort port, core::Clock&, uint64_t) {
  (void)port;
  (void)xen_.checked_call(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
}

}  // namespace efilite::drivers::xen
