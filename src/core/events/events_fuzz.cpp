// SPDX-License-Identifier: BSD-2-Clause-Patent
// The event queue against a model that keeps everything in one plain table and searches it anew for each question. Both are driven by the
// same bytes, notifications included (each one acts again), and must tell the same story: every status, every notification in its order.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <vector>

#include "core/events/events.hpp"
#include "tests/support/clock.hpp"

namespace efilite::core {
namespace {

constexpr size_t kMaxEvents = 40;    // more than a chunk holds
static_assert(kMaxEvents <= EventQueue::kMaxAddressChangeEvents);
constexpr size_t kMaxActions = 300;  // notifications that act; those after it only report
constexpr efi::Guid kGroups[] = {{}, {7, 7, 7, {}}, efi::kEventGroupExitBootServices, efi::kEventGroupMemoryMapChange,
                                 efi::kEventGroupVirtualAddressChange};
constexpr uint32_t kTypes[] = {0, efi::kEvtTimer, efi::kEvtNotifyWait, efi::kEvtNotifySignal, efi::kEvtTimer | efi::kEvtNotifySignal,
                               efi::kEvtTimer | efi::kEvtNotifyWait, efi::kEvtSignalExitBootServices, efi::kEvtSignalVirtualAddressChange,
                               efi::kEvtNotifyWait | efi::kEvtNotifySignal, efi::kEvtSignalExitBootServices | efi::kEvtTimer, 0x1};
constexpr efi::Tpl kLevels[] = {efi::kTplApplication, efi::kTplCallback, efi::kTplNotify, 20, efi::kTplHighLevel};

struct Action {
  uint8_t what = 0;
  uint8_t which = 0;
  uint8_t how = 0;
};

struct Fact {
  char kind;
  uint64_t value;
  bool operator==(const Fact&) const = default;
};

struct World {
  std::vector<Fact> story;
  std::vector<Action> actions;  // of each event's notification
  size_t acted = 0;

  virtual ~World() = default;
  virtual Status create(uint32_t type, efi::Tpl tpl, const efi::Guid* group) = 0;
  virtual Status close(size_t which) = 0;
  virtual Status signal(size_t which) = 0;
  virtual Status check(size_t which) = 0;
  virtual Status set_timer(size_t which, uint32_t delay, uint64_t trigger) = 0;
  virtual efi::Tpl raise(efi::Tpl tpl) = 0;
  virtual void restore(efi::Tpl tpl) = 0;
  virtual efi::Tpl tpl() = 0;
  virtual void advance(uint64_t units) = 0;
  virtual void signal_group(const efi::Guid& group) = 0;
  virtual void map_changed() = 0;
  virtual void exit_boot_services() = 0;
  virtual std::vector<size_t> address_change() = 0;

  void tell(char kind, uint64_t value) { story.push_back({kind, value}); }
  void tell(char kind, Status status) { tell(kind, static_cast<uint64_t>(status)); }

  void notified(size_t which) {
    tell('n', which * 64 + tpl());
    if (acted++ < kMaxActions) act(actions[which], true);
  }

  void act(Action a, bool inside) {
    const size_t which = actions.empty() ? 0 : a.which % (actions.size() + 1);  // one past: an event that never was
    const efi::Tpl level = kLevels[a.how % std::size(kLevels)];
    switch (a.what % 12) {
      case 0: return tell('s', signal(which));
      case 1: return tell('c', check(which));
      case 2: return tell('t', set_timer(which, 1 + a.how % 2, a.how / 2 * EventQueue::kShortestTime));
      case 3: return tell('t', set_timer(which, a.how % 8 == 7 ? 3 : 0, 0));
      case 4: return tell('x', close(which));
      case 5: return advance(a.how * EventQueue::kShortestTime);
      case 6: return signal_group(kGroups[1 + a.how % (std::size(kGroups) - 1)]);
      case 7: return map_changed();
      case 8: return tell('r', raise(level));
      case 9:
        if (!inside) return restore(level);
        else {  // down for a moment, as a program does that lives at a raised priority
          const efi::Tpl own = tpl();
          restore(level);
          raise(own);
          return;
        }
      default:
        if (inside || actions.size() >= kMaxEvents) return;
        actions.push_back({static_cast<uint8_t>(a.how >> 3), static_cast<uint8_t>(a.which >> 2), static_cast<uint8_t>(a.how ^ a.which)});
        const uint32_t type = kTypes[a.which % std::size(kTypes)];
        const size_t group = a.how % std::size(kGroups);
        const Status made = create(type, kLevels[(a.how >> 5) % std::size(kLevels)], group == 0 ? nullptr : &kGroups[group]);
        tell('m', made);
        if (made != Status::Success) actions.pop_back();
    }
  }
};

struct Real final : World {
  struct Context {
    Real* world;
    size_t which;
  };
  test::ListHeap heap;
  test::FakeClock clock;
  test::FakeInterrupts interrupts{clock};
  EventQueue queue{heap, interrupts, clock};
  std::vector<efi::Event> events;
  std::vector<std::unique_ptr<Context>> contexts;

  Real() {
    clock.interrupt = [this] { queue.tick(); };
    queue.restore_tpl(efi::kTplApplication);
  }
  static void EFIAPI notify(efi::Event event, void* context) {
    auto& c = *static_cast<Context*>(context);
    // Its group may be signalled by a timer before CreateEvent has even returned it.
    const bool known = c.which < c.world->events.size();
    if ((known && c.world->events[c.which] != event) || c.world->interrupts.enabled() != (c.world->tpl() < efi::kTplHighLevel)) abort();
    c.world->notified(c.which);
  }
  efi::Event event(size_t which) { return which < events.size() ? events[which] : reinterpret_cast<efi::Event>(0x1234567890); }

  Status create(uint32_t type, efi::Tpl level, const efi::Guid* group) override {
    contexts.push_back(std::make_unique<Context>(this, events.size()));
    auto made = queue.create(type, level, notify, contexts.back().get(), group);
    if (made) events.push_back(*made);
    return made.status();
  }
  Status close(size_t which) override { return queue.close(event(which)).status(); }
  Status signal(size_t which) override { return queue.signal(event(which)).status(); }
  Status check(size_t which) override { return queue.check(event(which)).status(); }
  Status set_timer(size_t which, uint32_t delay, uint64_t trigger) override {
    return queue.set_timer(event(which), efi::TimerDelay{delay}, trigger).status();
  }
  efi::Tpl raise(efi::Tpl level) override { return queue.raise_tpl(level); }
  void restore(efi::Tpl level) override { queue.restore_tpl(level); }
  efi::Tpl tpl() override { return queue.tpl(); }
  void advance(uint64_t units) override { clock.advance(units); }
  void signal_group(const efi::Guid& group) override { queue.signal_group(group); }
  void map_changed() override { queue.memory_map_changed(); }
  void exit_boot_services() override { queue.exit_boot_services(); }
  std::vector<size_t> address_change() override {
    std::vector<size_t> all;
    queue.for_each_virtual_address_change(
        [&](efi::Event, efi::EventNotify, void* context) { all.push_back(static_cast<Context*>(context)->which); });
    return all;
  }
};

struct Model final : World {
  struct Item {
    bool known = false;  // to the program: CreateEvent has returned
    bool live = true, signal_type = false, wait_type = false, timer_type = false;
    efi::Tpl level = 0;
    efi::Guid group{};
    bool signalled = false;
    std::optional<uint64_t> queued{};  // serial number
    std::optional<uint64_t> due{};
    uint64_t period = 0, set = 0;
  };
  std::vector<Item> items;
  uint64_t serial = 0, time = 0;
  efi::Tpl now = efi::kTplApplication;
  bool timers_off = false;
  bool off = false;

  Item* find(size_t which) { return which < items.size() && items[which].live && items[which].known ? &items[which] : nullptr; }

  void one(Item& item) {
    if (item.signalled) return;
    item.signalled = true;
    if (item.signal_type && !item.queued) item.queued = serial++;
  }
  void members(const efi::Guid& group) {
    for (auto& item : items) {
      if (item.live && item.group == group) one(item);
    }
  }
  void fire(Item& item) {
    if (item.signalled) return;
    if (item.group == efi::Guid{}) one(item);
    else members(item.group);
  }
  void expire() {
    for (;;) {
      Item* first = nullptr;
      for (auto& item : items) {
        if (!item.live || !item.due) continue;
        if (!first || *item.due < *first->due || (*item.due == *first->due && item.set < first->set)) first = &item;
      }
      if (!first || *first->due > time) return;
      if (first->period == 0) first->due.reset();
      else {
        while (*first->due <= time) *first->due += first->period;
        first->set = serial++;
      }
      fire(*first);
    }
  }
  void run(efi::Tpl floor) {
    while (!off) {
      Item* next = nullptr;
      for (auto& item : items) {
        if (!item.live || !item.queued || item.level <= floor) continue;
        if (!next || item.level > next->level || (item.level == next->level && *item.queued < *next->queued)) next = &item;
      }
      if (!next) return;
      next->queued.reset();
      if (next->signal_type) next->signalled = false;
      now = next->level;
      const auto which = static_cast<size_t>(next - items.data());
      interrupt();
      notified(which);
      now = efi::kTplHighLevel;
    }
  }
  void settle(efi::Tpl to) {
    if (off) return;
    expire();
    now = efi::kTplHighLevel;
    run(to);
    now = to;
    interrupt();
  }
  // Time that passed while interrupts were disabled is noticed as soon as they are not.
  void interrupt() {
    const auto overdue = [this](const Item& item) { return item.live && item.due && *item.due <= time; };
    while (now < efi::kTplHighLevel && !off && std::ranges::any_of(items, overdue)) settle(now);
  }

  Status create(uint32_t type, efi::Tpl level, const efi::Guid* group) override {
    const bool old_exit = type == efi::kEvtSignalExitBootServices, old_address = type == efi::kEvtSignalVirtualAddressChange;
    if ((old_exit || old_address) && group) return Status::InvalidParameter;
    constexpr uint32_t kBits = efi::kEvtTimer | efi::kEvtRuntime | efi::kEvtNotifyWait | efi::kEvtNotifySignal;
    if (!old_exit && !old_address && (type & ~kBits) != 0) return Status::InvalidParameter;
    if (!old_exit && !old_address && (type & efi::kEvtNotifyWait) != 0 && (type & efi::kEvtNotifySignal) != 0) {
      return Status::InvalidParameter;
    }
    const bool signals = old_exit || old_address || (type & efi::kEvtNotifySignal) != 0, waits = (type & efi::kEvtNotifyWait) != 0;
    if ((signals || waits) && level == efi::kTplApplication) return Status::InvalidParameter;
    items.push_back({.signal_type = signals,
                     .wait_type = waits,
                     .timer_type = (type & efi::kEvtTimer) != 0,
                     .level = signals || waits ? level : 0,
                     .group = old_exit      ? efi::kEventGroupExitBootServices
                              : old_address ? efi::kEventGroupVirtualAddressChange
                              : group       ? *group
                                            : efi::Guid{}});
    const size_t which = items.size() - 1;
    settle(now);
    items[which].known = true;
    return Status::Success;
  }
  Status close(size_t which) override {
    Item* item = find(which);
    if (item) item->live = false;
    settle(now);
    return item ? Status::Success : Status::InvalidParameter;
  }
  Status signal(size_t which) override {
    Item* item = find(which);
    if (item) fire(*item);
    settle(now);
    return item ? Status::Success : Status::InvalidParameter;
  }
  Status check(size_t which) override {
    for (int round = 0; round < 2; ++round) {
      expire();
      Item* item = find(which);
      Status status = Status::NotReady;
      if (!item || item->signal_type) status = Status::InvalidParameter;
      else if (item->signalled) {
        item->signalled = false;
        status = Status::Success;
      } else if (round == 0 && item->wait_type && !item->queued) item->queued = serial++;
      const bool ask_again = status == Status::NotReady && item->wait_type;
      settle(now);
      if (!ask_again || round == 1) return status;
    }
    return Status::NotReady;
  }
  Status set_timer(size_t which, uint32_t delay, uint64_t trigger) override {
    if (delay > 2) return Status::InvalidParameter;
    Item* item = find(which);
    const bool good = item && item->timer_type && (delay == 0 || !timers_off);
    if (good) {
      item->due.reset();
      if (trigger == 0) trigger = EventQueue::kTimerTick;
      if (delay != 0) item->due = time + trigger;
      item->period = delay == 1 ? trigger : 0;
      item->set = serial++;
    }
    settle(now);
    return good ? Status::Success : Status::InvalidParameter;
  }
  efi::Tpl raise(efi::Tpl level) override { return std::exchange(now, std::max(now, level)); }
  void restore(efi::Tpl level) override { settle(level); }
  efi::Tpl tpl() override { return now; }
  void advance(uint64_t units) override {
    const uint64_t end = time + units;
    while (now < efi::kTplHighLevel && !off) {
      uint64_t next = UINT64_MAX;
      for (auto& item : items) {
        if (item.live && item.due) next = std::min(next, *item.due);
      }
      if (next > std::max(end, time)) break;
      time = std::max(time, next);
      settle(now);
    }
    time = std::max(time, end);
  }
  void signal_group(const efi::Guid& group) override {
    members(group);
    settle(now);
  }
  void map_changed() override {
    if (!off) members(efi::kEventGroupMemoryMapChange);
  }
  void exit_boot_services() override {
    timers_off = true;
    for (auto& item : items) item.due.reset();
    members(efi::kEventGroupExitBootServices);
    now = efi::kTplHighLevel;
    run(efi::kTplApplication);
    off = true;
    now = efi::kTplHighLevel;
  }
  std::vector<size_t> address_change() override {
    std::vector<size_t> all;
    for (size_t i = 0; i < items.size(); ++i) {
      const Item& item = items[i];
      if (item.live && item.signal_type && item.group == efi::kEventGroupVirtualAddressChange) all.push_back(i);
    }
    std::ranges::stable_sort(all, [&](size_t a, size_t b) { return items[a].level > items[b].level; });
    return all;
  }
};

void compare(const World& real, const World& model, size_t step) {
  if (real.story == model.story) return;
  const size_t at = static_cast<size_t>(std::ranges::mismatch(real.story, model.story).in1 - real.story.begin());
  fprintf(stderr, "step %zu: the stories part at fact %zu\n", step, at);
  for (const World* w : {&real, &model}) {
    fprintf(stderr, "%s:", w == &real ? "queue" : "model");
    for (size_t i = at < 12 ? 0 : at - 12; i < std::min(w->story.size(), at + 5); ++i) {
      fprintf(stderr, " %c%llu", w->story[i].kind, static_cast<unsigned long long>(w->story[i].value));
    }
    fprintf(stderr, "\n");
  }
  abort();
}

}  // namespace
}  // namespace efilite::core

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace efilite::core;
  Real real;
  Model model;
  size_t step = 0;
  for (; size >= 3 && step < 2000; data += 3, size -= 3, ++step) {
    const Action action{data[0], data[1], data[2]};
    real.act(action, false);
    model.act(action, false);
    real.tell('p', real.tpl());
    model.tell('p', model.tpl());
    compare(real, model, step);
  }
  for (World* world : std::initializer_list<World*>{&real, &model}) {
    world->exit_boot_services();
    for (size_t which : world->address_change()) world->tell('v', which);
    for (size_t i = 0; i < world->actions.size(); ++i) world->signal(i);
    world->advance(1000);
    world->restore(efilite::efi::kTplApplication);
  }
  compare(real, model, step);
  return 0;
}
