// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/events/events.hpp"

#include <algorithm>
#include <new>

namespace efilite::core {

namespace {

constexpr uint32_t kTypeBits = efi::kEvtTimer | efi::kEvtRuntime | efi::kEvtNotifyWait | efi::kEvtNotifySignal;
constexpr uint32_t kNotifyBits = efi::kEvtNotifyWait | efi::kEvtNotifySignal;
constexpr efi::Guid kNoGroup{};

struct Kind {
  uint32_t type;
  const efi::Guid* group;
};

// [UEFI 2.10, 7.1.1 and 7.1.2] the two EFI 1.10 types that name a group by their value are CreateEvent's alone.
Result<Kind> kind_of(uint32_t type, const efi::Guid* group) {
  if (group == nullptr && type == efi::kEvtSignalExitBootServices) return Kind{efi::kEvtNotifySignal, &efi::kEventGroupExitBootServices};
  if (group == nullptr && type == efi::kEvtSignalVirtualAddressChange) {
    return Kind{efi::kEvtNotifySignal | efi::kEvtRuntime, &efi::kEventGroupVirtualAddressChange};
  }
  if ((type & ~kTypeBits) != 0 || (type & kNotifyBits) == kNotifyBits) return Status::InvalidParameter;
  return Kind{type, group != nullptr ? group : &kNoGroup};
}

// [UEFI 2.10, 7.1.2] membership in the group says it all: runtime drivers leave out the runtime bit.
bool notified_at_runtime(uint32_t type, const efi::Guid& group) {
  return (type & efi::kEvtNotifySignal) != 0 && group == efi::kEventGroupVirtualAddressChange;
}

}  // namespace

// Nobody else, above all no interrupt, may see the lists half changed. The end of the scope runs the notifications that have become due.
class EventQueue::Lock {
 public:
  explicit Lock(EventQueue& queue) : queue_(queue), old_(queue.raise_tpl(efi::kTplHighLevel)) {}
  ~Lock() { queue_.restore_tpl(old_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  EventQueue& queue_;
  const efi::Tpl old_;
};

// ---- events as programs know them: the index of the slot and how often it was used before, so that a stale one is told from its successor

efi::Event EventQueue::handle_of(const Entry& entry) {
  return reinterpret_cast<efi::Event>(uint64_t{entry.generation} << 32 | uint64_t{entry.index} << 4);
}

EventQueue::Entry* EventQueue::find(efi::Event event) {
  const uint64_t value = reinterpret_cast<uint64_t>(event);
  uint64_t index = (value & 0xFFFFFFFF) >> 4;
  Chunk* chunk = &chunk_;
  for (; chunk != nullptr && index >= kChunkEntries; index -= kChunkEntries) chunk = chunk->next;
  if (chunk == nullptr) return nullptr;
  Entry& entry = chunk->entries[index];
  return entry.live && handle_of(entry) == event ? &entry : nullptr;
}

Result<EventQueue::Entry*> EventQueue::free_entry() {
  uint32_t index = 0;
  for (Chunk* chunk = &chunk_;; chunk = chunk->next) {
    for (Entry& entry : chunk->entries) {
      if (!entry.live) {
        entry.index = index;
        return &entry;
      }
      ++index;
    }
    if (chunk->next == nullptr) {
      void* block = heap_.allocate(sizeof(Chunk));
      if (block == nullptr) return Status::OutOfResources;
      chunk->next = new (block) Chunk;
    }
  }
}

// ---- the three lists: notifications to run (highest priority first, then in order of queueing), timers (nearest first), members of groups

void EventQueue::link(List list, Entry& entry) {
  if (entry.linked[list]) return;
  Entry** at = &lists_[list];
  for (; *at != nullptr; at = &(*at)->next[list]) {
    if (list == kQueue && (*at)->tpl < entry.tpl) break;
    if (list == kTimers && (*at)->due > entry.due) break;
  }
  entry.next[list] = *at;
  entry.linked[list] = true;
  *at = &entry;
}

void EventQueue::unlink(List list, Entry& entry) {
  if (!entry.linked[list]) return;
  Entry** at = &lists_[list];
  while (*at != &entry) at = &(*at)->next[list];
  *at = entry.next[list];
  entry.linked[list] = false;
}

// ---- [UEFI 2.10, 7.1.1 to 7.1.6]

Result<efi::Event> EventQueue::create(uint32_t type, efi::Tpl notify_tpl, efi::EventNotify notify, void* context, const efi::Guid* group) {
  const Kind kind = TRY(kind_of(type, group));
  const bool notifies = (kind.type & kNotifyBits) != 0;
  // [UEFI 2.10, 7.1 table 7.3] event notification levels: above TPL_APPLICATION, up to TPL_HIGH_LEVEL.
  const bool level_exists = notify_tpl > efi::kTplApplication && notify_tpl <= efi::kTplHighLevel;
  if (notifies && (notify == nullptr || !level_exists)) return Status::InvalidParameter;

  Lock lock(*this);
  const bool runtime = notified_at_runtime(kind.type, *kind.group);
  if (runtime && runtime_watchers_ == kMaxAddressChangeEvents) return Status::OutOfResources;
  Entry& entry = *TRY(free_entry());
  runtime_watchers_ += runtime;
  entry.type = kind.type;
  entry.tpl = notifies ? static_cast<uint8_t>(notify_tpl) : 0;
  entry.notify = notify;
  entry.context = context;
  entry.group = *kind.group;
  entry.live = true;
  entry.signalled = false;
  if (entry.group != kNoGroup) link(kGroups, entry);
  if (entry.group == efi::kEventGroupMemoryMapChange) ++map_watchers_;
  return handle_of(entry);
}

Result<> EventQueue::close(efi::Event event) {
  Lock lock(*this);
  Entry* entry = find(event);
  if (entry == nullptr) return Status::InvalidParameter;
  for (List list : {kQueue, kTimers, kGroups}) unlink(list, *entry);
  if (entry->group == efi::kEventGroupMemoryMapChange) --map_watchers_;
  runtime_watchers_ -= notified_at_runtime(entry->type, entry->group);
  entry->live = false;
  if (++entry->generation == 0) entry->generation = 1;  // 0 would make the first event NULL
  set_alarm();
  return {};
}

void EventQueue::signal_one(Entry& entry) {
  if (entry.signalled) return;
  entry.signalled = true;
  if ((entry.type & efi::kEvtNotifySignal) != 0) link(kQueue, entry);
}

void EventQueue::signal_members(const efi::Guid& group) {
  for (Entry* e = lists_[kGroups]; e != nullptr; e = e->next[kGroups]) {
    if (e->group == group) signal_one(*e);
  }
}

void EventQueue::signal_entry(Entry& entry) {
  if (entry.signalled) return;
  if (entry.linked[kGroups]) signal_members(entry.group);
  else signal_one(entry);
}

Result<> EventQueue::signal(efi::Event event) {
  Lock lock(*this);
  Entry* entry = find(event);
  if (entry == nullptr) return Status::InvalidParameter;
  signal_entry(*entry);
  return {};
}

bool EventQueue::is_valid(efi::Event event) {
  return find(event) != nullptr;  // slots never move and never go away, so this needs no lock
}

Result<> EventQueue::check(efi::Event event) {
  // Twice: a wait notification that runs between the two may signal the event [UEFI 2.10, 7.1.6].
  for (bool again : {false, true}) {
    Lock lock(*this);
    expire_timers();
    Entry* entry = find(event);
    if (entry == nullptr || (entry->type & efi::kEvtNotifySignal) != 0) return Status::InvalidParameter;
    if (entry->signalled) {
      entry->signalled = false;
      return {};
    }
    if (again || (entry->type & efi::kEvtNotifyWait) == 0) break;
    link(kQueue, *entry);
  }
  return Status::NotReady;
}

Result<> EventQueue::wait(std::span<const efi::Event> events, size_t& index) {
  if (tpl_ != efi::kTplApplication) return Status::Unsupported;
  if (events.empty()) return Status::InvalidParameter;
  for (;;) {
    for (index = 0; index < events.size(); ++index) {
      const Status status = check(events[index]).status();
      if (status != Status::NotReady) return status == Status::Success ? Result<>() : Result<>(status);
    }
    interrupts_.wait();
  }
}

// ---- timers [UEFI 2.10, 7.1.7]

Result<> EventQueue::set_timer(efi::Event event, efi::TimerDelay type, uint64_t trigger_time) {
  if (type > efi::TimerDelay::Relative) return Status::InvalidParameter;
  Lock lock(*this);
  Entry* entry = find(event);
  if (entry == nullptr || (entry->type & efi::kEvtTimer) == 0) return Status::InvalidParameter;
  // Who cancels during ExitBootServices has what it wants; who waits for a timer then must not wait forever.
  if (timers_stopped_ && type != efi::TimerDelay::Cancel) return Status::InvalidParameter;
  unlink(kTimers, *entry);
  if (type != efi::TimerDelay::Cancel) {
    trigger_time = trigger_time == 0 ? kTimerTick : std::max(trigger_time, kShortestTime);
    entry->due = checked_add(clock_.now(), trigger_time).value_or(kNever);
    entry->period = type == efi::TimerDelay::Periodic ? trigger_time : 0;
    link(kTimers, *entry);
  }
  set_alarm();
  return {};
}

// Costs nothing, not even a look at the clock, as long as no timer is set.
void EventQueue::expire_timers() {
  if (lists_[kTimers] == nullptr || !clock_.may_be_due(lists_[kTimers]->due)) return;
  const uint64_t now = clock_.now();
  bool any = false;
  while (Entry* entry = lists_[kTimers]) {
    if (entry->due > now) break;
    any = true;
    unlink(kTimers, *entry);
    if (entry->period != 0) {
      // Whole periods that went by unseen are lost, the phase is kept.
      const uint64_t missed = (now - entry->due) / entry->period;
      entry->due = checked_add(entry->due + missed * entry->period, entry->period).value_or(kNever);
      link(kTimers, *entry);
    }
    signal_entry(*entry);
  }
  if (any) set_alarm();
}

void EventQueue::set_alarm() {
  const Entry* nearest = lists_[kTimers];
  const uint64_t due = nearest != nullptr ? nearest->due : kNever;
  if (due == alarm_) return;
  alarm_ = due;
  if (due == kNever) clock_.cancel_alarm();
  else clock_.set_alarm(due);
}

void EventQueue::tick() {
  if (stopped_) return;
  const efi::Tpl interrupted = tpl_;
  tpl_ = efi::kTplHighLevel;
  alarm_ = kNever;  // it has gone off, perhaps early; the platform holds none now
  expire_timers();
  set_alarm();
  dispatch(interrupted);
  tpl_ = interrupted;
}

// ---- task priority [UEFI 2.10, 7.1.8 and 7.1.9]

efi::Tpl EventQueue::raise_tpl(efi::Tpl new_tpl) {
  const efi::Tpl old = tpl_;
  if (new_tpl <= old) return old;
  if (new_tpl >= efi::kTplHighLevel) {
    new_tpl = efi::kTplHighLevel;
    interrupts_.disable();
  }
  tpl_ = new_tpl;
  return old;
}

void EventQueue::restore_tpl(efi::Tpl old_tpl) {
  if (stopped_) return;
  old_tpl = std::clamp(old_tpl, efi::kTplApplication, efi::kTplHighLevel);
  interrupts_.disable();
  tpl_ = efi::kTplHighLevel;
  // Programs that live at a raised priority and come down only for a moment see time pass here, whatever the interrupt does.
  expire_timers();
  dispatch(old_tpl);
  tpl_ = old_tpl;
  if (old_tpl < efi::kTplHighLevel && !stopped_) interrupts_.enable();
}

// Interrupts are disabled when it begins and when it returns.
void EventQueue::dispatch(efi::Tpl floor) {
  while (!stopped_) {
    Entry* entry = lists_[kQueue];
    if (entry == nullptr || entry->tpl <= floor) return;
    unlink(kQueue, *entry);
    // A signal notification is the answer to the signal: from here on the event can be signalled anew.
    if ((entry->type & efi::kEvtNotifySignal) != 0) entry->signalled = false;
    const efi::EventNotify notify = entry->notify;  // the notification may close its event
    void* const context = entry->context;
    const efi::Event event = handle_of(*entry);
    tpl_ = entry->tpl;
    if (tpl_ < efi::kTplHighLevel) interrupts_.enable();
    notify(event, context);
    interrupts_.disable();
    tpl_ = efi::kTplHighLevel;
  }
}

// ---- groups [UEFI 2.10, 7.1.2] and the end of boot services [UEFI 2.10, 7.4.6]

void EventQueue::signal_group(const efi::Guid& group) {
  Lock lock(*this);
  signal_members(group);
}

void EventQueue::queue_memory_map_change() {
  if (stopped_) return;
  const efi::Tpl old = raise_tpl(efi::kTplHighLevel);
  signal_members(efi::kEventGroupMemoryMapChange);
  tpl_ = old;
  if (old < efi::kTplHighLevel) interrupts_.enable();
}

void EventQueue::stop_timers() {
  timers_stopped_ = true;
  while (Entry* entry = lists_[kTimers]) unlink(kTimers, *entry);
  alarm_ = kNever;
  clock_.cancel_alarm();  // even if we set none: an idle CPU may have had itself woken by it
}

void EventQueue::exit_boot_services() {
  {
    Lock lock(*this);
    stop_timers();
    signal_members(efi::kEventGroupExitBootServices);
    // Here and not by RestoreTPL: a caller that forgot to come down to TPL_APPLICATION must not cost a driver its notification.
    dispatch(efi::kTplApplication);
  }
  shut_down();
}

void EventQueue::shut_down() {
  raise_tpl(efi::kTplHighLevel);
  stop_timers();
  while (Entry* entry = lists_[kQueue]) unlink(kQueue, *entry);
  stopped_ = true;
}

size_t EventQueue::visit_virtual_address_change(Visit visit, void* visitor) {
  size_t count = 0;
  for (efi::Tpl tpl = efi::kTplHighLevel; tpl > efi::kTplApplication; --tpl) {
    for (Entry* e = lists_[kGroups]; e != nullptr; e = e->next[kGroups]) {
      if (e->tpl != tpl || !notified_at_runtime(e->type, e->group)) continue;
      visit(visitor, handle_of(*e), e->notify, e->context);
      ++count;
    }
  }
  return count;
}

}  // namespace efilite::core
