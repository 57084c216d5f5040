// SPDX-License-Identifier: BSD-2-Clause-Patent
// A Xen to run the drivers against: hypercalls with what they change. A test derives from it what it wants to see done differently.
#pragma once

#include <xen/errno.h>

#include <array>
#include <cstring>
#include <deque>
#include <map>
#include <vector>

#include "drivers/xen/hypercalls.hpp"

namespace efilite::test {

class FakeXen : public drivers::xen::Hypercalls {
 public:
  struct Channel {
    domid_t remote = 0;
    unsigned sent = 0;  // notifications
  };
  shared_info shared{};
  std::map<uint32_t, uint64_t> parameters;      // HVM_PARAM_*
  std::map<evtchn_port_t, Channel> channels;
  unsigned yields = 0, polls = 0;
  std::vector<evtchn_port_t> polled;  // by the last poll
  uint64_t poll_timeout = 0;

  int64_t call(uint32_t number, uint64_t first, uint64_t second, uint64_t third) override {
    switch (number) {
      case __HYPERVISOR_hvm_op: return hvm(first, second);
      case __HYPERVISOR_event_channel_op: return event_channel(first, second);
      case __HYPERVISOR_sched_op: return schedule(first, second);
      default: return other(number, first, second, third);
    }
  }
  // An event from the other side.
  void raise(evtchn_port_t port) { shared.evtchn_pending[port / 64] |= xen_ulong_t{1} << (port % 64); }

 protected:
  ~FakeXen() = default;
  virtual int64_t other(uint32_t, uint64_t, uint64_t, uint64_t) { return -XEN_ENOSYS; }
  virtual void notified(evtchn_port_t) {}  // the other side's chance to work
  virtual void waited() {}                 // the same, while somebody waits

  template <typename T>
  static T& argument(uint64_t address) {
    return *reinterpret_cast<T*>(address);
  }

 private:
  int64_t hvm(uint64_t operation, uint64_t address) {
    auto& parameter = argument<xen_hvm_param>(address);
    if (operation == HVMOP_set_param) {
      parameters[parameter.index] = parameter.value;
      return 0;
    }
    if (operation != HVMOP_get_param) return -XEN_ENOSYS;
    auto found = parameters.find(parameter.index);
    if (found == parameters.end()) return -XEN_EINVAL;
    parameter.value = found->second;
    return 0;
  }
  int64_t event_channel(uint64_t operation, uint64_t address) {
    switch (operation) {
      case EVTCHNOP_alloc_unbound: {
        auto& wanted = argument<evtchn_alloc_unbound>(address);
        wanted.port = next_port_++;
        channels[wanted.port] = {wanted.remote_dom};
        return 0;
      }
      case EVTCHNOP_close: return channels.erase(argument<evtchn_close>(address).port) != 0 ? 0 : -XEN_EINVAL;
      case EVTCHNOP_send: {
        const evtchn_port_t port = argument<evtchn_send>(address).port;
        auto found = channels.find(port);
        if (found == channels.end()) return -XEN_EINVAL;
        ++found->second.sent;
        notified(port);
        return 0;
      }
      default: return -XEN_ENOSYS;
    }
  }
  int64_t schedule(uint64_t operation, uint64_t address) {
    if (operation == SCHEDOP_yield) {
      ++yields;
    } else if (operation == SCHEDOP_poll) {
      const auto& poll = argument<sched_poll>(address);
      polled.assign(poll.ports.p, poll.ports.p + poll.nr_ports);
      poll_timeout = poll.timeout;
      ++polls;
    } else {
      return -XEN_ENOSYS;
    }
    waited();
    return 0;
  }

  evtchn_port_t next_port_ = 3;
};

// Frames of the test's own memory.
class FakeFrames final : public drivers::xen::Frames {
 public:
  struct Page {
    alignas(4096) std::array<std::byte, 4096> bytes{};
    uint32_t space = 0;
    uint64_t index = 0;
    bool mapped = false;
  };
  std::deque<Page> pages;
  size_t allowed = SIZE_MAX;

  Result<std::byte*> map(uint32_t space, uint64_t index) override {
    if (allowed == 0) return Status::OutOfResources;
    --allowed;
    for (Page& page : pages) {
      if (page.space != space || page.index != index) continue;
      page.mapped = true;
      return page.bytes.data();
    }
    Page& page = pages.emplace_back();
    page.space = space;
    page.index = index;
    page.mapped = true;
    return page.bytes.data();
  }
  void unmap(std::byte* at) override {
    for (Page& page : pages)
      if (page.bytes.data() == at) page.mapped = false;
  }
  size_t mapped() const {
    size_t count = 0;
    for (const Page& page : pages) count += page.mapped;
    return count;
  }
};

}  // namespace efilite::test
