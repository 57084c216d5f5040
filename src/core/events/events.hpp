// SPDX-License-Identifier: BSD-2-Clause-Patent
// Events, timers and task priority levels [UEFI 2.10, 7.1]. A notification runs as soon as the task priority is below its own: inside
// RestoreTPL, SignalEvent and CheckEvent, or from tick(), which the platform's timer interrupt calls.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "abi/uefi/guids.hpp"
#include "abi/uefi/types.hpp"
#include "base/result.hpp"
#include "core/ports.hpp"

namespace efilite::core {

class EventQueue final : public EventSignaller {
 public:
  // What SetTimer's trigger time 0 calls a timer tick, in 100 ns: 10 ms. Nothing here ticks by itself, so the length is ours to say.
  static constexpr uint64_t kTimerTick = 100'000;
  // Shorter trigger times are this long, 100 us: a timer that is due again before its interrupt returns would leave the program no time.
  static constexpr uint64_t kShortestTime = 1'000;

  // How many events the runtime can notify of SetVirtualAddressMap. The next one is OUT_OF_RESOURCES.
  static constexpr uint32_t kMaxAddressChangeEvents = 64;

  // Begins at TPL_HIGH_LEVEL, interrupts untouched: restore_tpl(efi::kTplApplication) opens the house once the platform can take
  // interrupts.
  constexpr EventQueue(Heap& heap, Interrupts& interrupts, Clock& clock) : heap_(heap), interrupts_(interrupts), clock_(clock) {}

  // A `group` makes it CreateEventEx. May allocate: the caller holds TPL_NOTIFY.
  Result<efi::Event> create(uint32_t type, efi::Tpl notify_tpl, efi::EventNotify notify, void* context, const efi::Guid* group = nullptr);
  Result<> close(efi::Event event);
  Result<> signal(efi::Event event) override;
  bool is_valid(efi::Event event) override;
  Result<> check(efi::Event event);
  // On success `index` is the event that was signalled; on InvalidParameter the one that cannot be waited for.
  Result<> wait(std::span<const efi::Event> events, size_t& index);
  Result<> set_timer(efi::Event event, efi::TimerDelay type, uint64_t trigger_time);

  efi::Tpl tpl() const { return tpl_; }
  efi::Tpl raise_tpl(efi::Tpl new_tpl);    // to a lower one: nothing happens
  void restore_tpl(efi::Tpl old_tpl);
  // From the timer interrupt: interrupts disabled, the interrupt already acknowledged. Notifications run with interrupts enabled; it
  // returns with them disabled, so that the next interrupt waits for the handler's return and the stack cannot fill with half-done ones.
  void tick();
  void poll() { restore_tpl(tpl_); }  // for those who waited without interrupts

  void signal_group(const efi::Guid& group);
  // For whoever changes the memory map. Only queues, since the map is in the middle of a change: the next RestoreTPL notifies.
  void memory_map_changed() { if (map_watchers_ != 0) queue_memory_map_change(); }

  // ExitBootServices, once the key was right: timers off, then the group's notifications, then nothing any more; interrupts stay disabled.
  void exit_boot_services();
  void shut_down();

  using Visit = void (*)(void* visitor, efi::Event event, efi::EventNotify notify, void* context);
  // What SetVirtualAddressMap must notify, in notification order: f(efi::Event, efi::EventNotify, void* context). Returns how many.
  template <typename F>
  size_t for_each_virtual_address_change(F f) {
    const Visit visit = [](void* visitor, efi::Event event, efi::EventNotify notify, void* context) {
      (*static_cast<F*>(visitor))(event, notify, context);
    };
    return visit_virtual_address_change(visit, &f);
  }

 private:
  enum List : uint8_t { kQueue, kTimers, kGroups, kLists };
  struct Entry {
    std::array<Entry*, kLists> next{};
    efi::EventNotify notify = nullptr;
    void* context = nullptr;
    uint64_t due = 0;
    uint64_t period = 0;  // 0: once
    efi::Guid group{};
    uint32_t type = 0;
    uint32_t generation = 1;
    uint32_t index = 0;
    uint8_t tpl = 0;
    bool live = false;
    bool signalled = false;
    std::array<bool, kLists> linked{};
  };
  static constexpr size_t kChunkEntries = 16;
  struct Chunk {
    Chunk* next = nullptr;
    std::array<Entry, kChunkEntries> entries{};
  };
  static constexpr uint64_t kNever = UINT64_MAX;

  class Lock;

  static efi::Event handle_of(const Entry& entry);
  Entry* find(efi::Event event);
  Result<Entry*> free_entry();
  void link(List list, Entry& entry);
  void unlink(List list, Entry& entry);
  void signal_one(Entry& entry);
  void signal_entry(Entry& entry);
  void signal_members(const efi::Guid& group);
  void expire_timers();
  void set_alarm();
  void dispatch(efi::Tpl floor);
  void queue_memory_map_change();
  void stop_timers();
  size_t visit_virtual_address_change(Visit visit, void* visitor);

  Heap& heap_;
  Interrupts& interrupts_;
  Clock& clock_;
  efi::Tpl tpl_ = efi::kTplHighLevel;
  std::array<Entry*, kLists> lists_{};
  uint64_t alarm_ = kNever;
  uint32_t map_watchers_ = 0;
  uint32_t runtime_watchers_ = 0;
  bool timers_stopped_ = false;
  bool stopped_ = false;
  Chunk chunk_;
};

// Raises the task priority for a scope. Asking for less than there is changes nothing.
class TplGuard {
 public:
  TplGuard(EventQueue& events, efi::Tpl tpl) : events_(events), old_(events.raise_tpl(tpl)) {}
  ~TplGuard() { events_.restore_tpl(old_); }
  TplGuard(const TplGuard&) = delete;
  TplGuard& operator=(const TplGuard&) = delete;

 private:
  EventQueue& events_;
  const efi::Tpl old_;
};

}  // namespace efilite::core
