// SPDX-License-Identifier: BSD-2-Clause-Patent
// Event channels [Xen public/event_channel.h], polled: nothing interrupts, and who waits lets Xen run others until its event comes.
#pragma once

#include <span>

#include "drivers/xen/hypercalls.hpp"

namespace efilite::drivers::xen {

using EventPort = evtchn_port_t;  // 0: none

class EventChannels {
 public:
  explicit constexpr EventChannels(Hypercalls& xen) : xen_(xen) {}
  EventChannels(const EventChannels&) = delete;
  EventChannels& operator=(const EventChannels&) = delete;

  // Where Xen says which events have come; nullptr when that page is given back. Without it wait() just lets others run.
  void use(shared_info* page) { shared_ = page; }

  // As if nobody had been here: the next to use the page is told of every event, and so of the first.
  void leave();

  // A port that domain `remote` can bind to.
  Result<EventPort> open(domid_t remote);
  Result<> close(EventPort port);
  Result<> notify(EventPort port);

  // Whether an event has come since the last time that this was asked.
  bool take(EventPort port);
  // Until one has come, or `units` of 100 ns have passed, or earlier: the caller looks at what it waits for and comes again. An event that
  // came before the call, and was not taken, ends the wait at once. The one that ends it is taken.
  void wait(EventPort port, uint64_t units);

 private:
  bool poll(EventPort port, uint64_t units);

  Hypercalls& xen_;
  shared_info* shared_ = nullptr;
};

}  // namespace efilite::drivers::xen
