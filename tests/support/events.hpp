// SPDX-License-Identifier: BSD-2-Clause-Patent
// An event queue on a machine of its own, and notifications that write down what they saw.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/events/events.hpp"
#include "tests/support/clock.hpp"

namespace efilite::test {

struct EventMachine {
  ListHeap heap;
  FakeClock clock;
  FakeInterrupts interrupts{clock};
  core::EventQueue queue{heap, interrupts, clock};

  EventMachine() {
    clock.interrupt = [this] { queue.tick(); };
    queue.restore_tpl(efi::kTplApplication);
  }
};

// What a notification function saw, in order of the calls.
struct Seen {
  std::string name;
  efi::Tpl tpl;
  bool interrupts;
  efi::Event event;
};

class EventTest : public testing::Test {
 protected:
  struct Note {
    EventTest* test;
    std::string name;
    std::function<void(efi::Event)> also;
  };

  static void EFIAPI notify(efi::Event event, void* context) {
    auto& note = *static_cast<Note*>(context);
    note.test->seen.push_back({note.name, note.test->queue.tpl(), note.test->machine.interrupts.enabled(), event});
    if (note.also) note.also(event);
  }

  efi::Event make(uint32_t type, efi::Tpl tpl, std::string name, std::function<void(efi::Event)> also = {},
                  const efi::Guid* group = nullptr) {
    notes.push_back(std::make_unique<Note>(Note{this, std::move(name), std::move(also)}));
    auto made = queue.create(type, tpl, notify, notes.back().get(), group);
    EXPECT_TRUE(made.has_value());
    return *made;
  }
  efi::Event make_signal(efi::Tpl tpl, std::string name, std::function<void(efi::Event)> also = {}) {
    return make(efi::kEvtNotifySignal, tpl, std::move(name), std::move(also));
  }
  efi::Event make_timer(efi::Tpl tpl, std::string name) { return make(efi::kEvtTimer | efi::kEvtNotifySignal, tpl, std::move(name)); }
  efi::Event make_plain(uint32_t type = 0) { return *queue.create(type, 0, nullptr, nullptr); }
  std::string order() const {
    std::string all;
    for (auto& s : seen) all += (all.empty() ? "" : " ") + s.name;
    return all;
  }

  EventMachine machine;
  core::EventQueue& queue = machine.queue;
  std::vector<Seen> seen;
  std::vector<std::unique_ptr<Note>> notes;
};

}  // namespace efilite::test
