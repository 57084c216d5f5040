// SPDX-License-Identifier: BSD-2-Clause-Patent
// Sequences of protocol services on HandleDatabase and on a model of plain lists. After each step the status, and then the whole database,
// must be the same: every handle, protocol, interface, open item and registration, in its order.
#include <algorithm>
#include <string>
#include <vector>

#include "core/handles/handles_testing.hpp"

namespace efilite::core {
namespace {

#define EXPECT(condition) \
  if (!(condition)) __builtin_trap()

using efi::Handle;

// Protocol 0 is the device path. Its interfaces are paths written as text: a letter is a node, a comma ends an instance, '!' is malformed.
constexpr uint32_t kGuids = 6;
efi::Guid guid_of(uint32_t n) { return n == 0 ? efi::kDevicePathGuid : testing::guid(n); }
const std::string kPaths[] = {"", "a", "ab", "abc", "b", "a,b", "a,b!", "a!", "ba", "ab,a"};
constexpr size_t kPathCount = std::size(kPaths);

std::vector<uint8_t> encode_path(const std::string& text) {
  std::vector<uint8_t> out;
  for (char c : text) {
    if (c == ',') out.insert(out.end(), {0x7F, 0x01, 4, 0});
    else if (c == '!') out.insert(out.end(), {1, 1, 3, 0});
    else out.insert(out.end(), {1, 1, 5, 0, static_cast<uint8_t>(c)});
  }
  out.insert(out.end(), {0x7F, 0xFF, 4, 0});
  return out;
}

struct ModelOpen {
  Handle agent, controller;
  uint32_t attributes, count;
};
struct ModelItem {
  Handle handle;
  uint32_t guid;
  void* interface;
  std::vector<ModelOpen> opens;
};
struct ModelRegistration {
  uint32_t guid;
  efi::Event event;
  void* key;
  std::vector<Handle> news;
};

class Fuzz {
 public:
  Fuzz(const uint8_t* data, size_t size) : at_(data), end_(data + size) {
    for (const auto& text : kPaths) paths_.push_back(encode_path(text));
  }
  void run() {
    for (int steps = 0; at_ != end_ && steps < 200; ++steps) {
      step();
      world_.heap.left = SIZE_MAX;
      compare();
    }
  }

 private:
  uint8_t byte() { return at_ == end_ ? 0 : *at_++; }
  Handle pick_handle() {
    uint8_t n = byte();
    if (n < 0xF0 && !known_.empty()) return known_[n % known_.size()];
    if (n >= 0xF8 && !known_.empty()) {
      auto near_miss = reinterpret_cast<uint64_t>(known_[0]) ^ (uint64_t{1} << (byte() & 63));
      return reinterpret_cast<Handle>(near_miss);
    }
    const uint64_t wild[] = {0, 1, ~uint64_t{0}, 0x1000};
    return reinterpret_cast<Handle>(wild[n & 3]);
  }
  void* pick_interface(uint32_t guid) {
    uint8_t n = byte();
    if (guid != 0) return n % 4 == 0 ? nullptr : &world_.objects[n % 4];
    return n % (kPathCount + 1) == kPathCount ? nullptr : paths_[n % (kPathCount + 1)].data();
  }
  const std::string* text_of(const void* interface) const {
    for (size_t i = 0; i < kPathCount; ++i) {
      if (paths_[i].data() == interface) return &kPaths[i];
    }
    return nullptr;
  }

  bool valid(Handle handle) const { return std::find(handles_.begin(), handles_.end(), handle) != handles_.end(); }
  ModelItem* item(Handle handle, uint32_t guid) {
    for (ModelItem& each : items_) {
      if (each.handle == handle && each.guid == guid) return &each;
    }
    return nullptr;
  }
  void add(ModelItem added) {
    if (!valid(added.handle)) handles_.push_back(added.handle);
    items_.push_back(added);
    for (auto& r : registrations_) {
      if (r.guid == added.guid) r.news.push_back(added.handle);
    }
  }
  void remove(Handle handle, uint32_t guid) {
    std::erase_if(items_, [&](const ModelItem& each) { return each.handle == handle && each.guid == guid; });
    for (auto& r : registrations_) {
      if (r.guid == guid) std::erase(r.news, handle);
    }
    bool left = std::any_of(items_.begin(), items_.end(), [&](const ModelItem& each) { return each.handle == handle; });
    if (!left) std::erase(handles_, handle);
  }
  void expect_signals(uint32_t guid) {
    std::erase_if(registrations_, [&](const ModelRegistration& r) { return r.guid == guid && !world_.events.live.contains(r.event); });
    for (auto& r : registrations_) {
      if (r.guid == guid) signals_.push_back(r.event);
    }
  }
  // True: memory ran out, as it was told to, so that nothing may have changed.
  bool ran_dry(Status status) {
    EXPECT(status != Status::OutOfResources || armed_);
    return status == Status::OutOfResources;
  }

  struct Pair {
    uint32_t guid;
    void* interface;
  };
  std::vector<Pair> pick_pairs() {
    std::vector<Pair> out;
    for (int n = byte() % 5; n > 0; --n) {
      uint32_t guid = byte() % kGuids;
      out.push_back({guid, pick_interface(guid)});
    }
    return out;
  }
  template <typename Call>
  Status with_pairs(const std::vector<Pair>& list, Call call) {
    efi::Guid guids[5];
    ProtocolPair pairs[5];
    for (size_t i = 0; i < list.size(); ++i) {
      guids[i] = guid_of(list[i].guid);
      pairs[i] = {&guids[i], list[i].interface};
    }
    return call(std::span<const ProtocolPair>(pairs, list.size())).status();
  }

  Status model_install(Handle handle, const std::vector<Pair>& list, bool unique) {
    if (list.empty()) return Status::Success;
    for (const Pair& each : list) {
      const std::string* text = unique && each.guid == 0 ? text_of(each.interface) : nullptr;
      if (text == nullptr || text->find('!') != std::string::npos) continue;
      for (auto& known : items_) {
        const std::string* other = known.guid == 0 ? text_of(known.interface) : nullptr;
        if (other != nullptr && *text == *other) return Status::AlreadyStarted;
      }
    }
    if (handle != nullptr && !valid(handle)) return Status::InvalidParameter;
    std::vector<Pair> done;
    for (const Pair& each : list) {
      if (item(handle, each.guid) != nullptr) return Status::InvalidParameter;
      for (auto& earlier : done) {
        if (earlier.guid == each.guid) return Status::InvalidParameter;
      }
      done.push_back(each);
    }
    return Status::Success;
  }
  void install(bool multiple) {
    Handle asked = byte() % 3 == 0 ? nullptr : pick_handle();
    std::vector<Pair> list;
    if (multiple) list = pick_pairs();
    else if (uint32_t guid = byte() % kGuids; true) list.push_back({guid, pick_interface(guid)});
    Handle handle = asked;
    Status expected = model_install(asked, list, multiple);
    Status status = with_pairs(list, [&](auto pairs) {
      return multiple ? world_.db.install_multiple(&handle, pairs) : world_.db.install(&handle, *pairs[0].protocol, pairs[0].interface);
    });
    if (ran_dry(status)) {
      EXPECT(handle == asked);
      return;
    }
    EXPECT(status == expected);
    if (status != Status::Success || list.empty()) {
      EXPECT(handle == asked);
      return;
    }
    if (asked == nullptr) {
      EXPECT(std::find(known_.begin(), known_.end(), handle) == known_.end());
      known_.push_back(handle);
    }
    for (auto& each : list) add({handle, each.guid, each.interface, {}});
    for (auto& each : list) expect_signals(each.guid);
  }

  // Agents here are no drivers: one that opened BY_DRIVER cannot be stopped. When there is none, users without a say are closed until
  // somebody remains.
  Status model_uninstall(Handle handle, const std::vector<Pair>& list) {
    if (!valid(handle)) return Status::InvalidParameter;
    for (size_t i = 0; i < list.size(); ++i) {
      ModelItem* found = item(handle, list[i].guid);
      if (found == nullptr || found->interface != list[i].interface) return Status::NotFound;
      for (size_t k = 0; k < i; ++k) {
        if (list[k].guid == list[i].guid) return Status::NotFound;
      }
    }
    auto with = [&](uint32_t attributes) {
      return [=](const ModelOpen& o) { return (o.attributes & attributes) != 0; };
    };
    for (const Pair& each : list) {
      if (std::ranges::any_of(item(handle, each.guid)->opens, with(efi::kOpenByDriver))) return Status::AccessDenied;
    }
    for (const Pair& each : list) {
      auto& opens = item(handle, each.guid)->opens;
      std::erase_if(opens, with(efi::kOpenByHandleProtocol | efi::kOpenGetProtocol | efi::kOpenTestProtocol));
      if (!opens.empty()) return Status::AccessDenied;
    }
    return Status::Success;
  }
  // Mostly what is really there, or nothing would ever be removed.
  std::vector<Pair> pick_installed(Handle handle, size_t most) {
    std::vector<Pair> list;
    for (auto& each : items_) {
      if (each.handle == handle && list.size() < most && byte() % 4 != 0) list.push_back({each.guid, each.interface});
    }
    return list;
  }
  void uninstall(bool multiple) {
    Handle handle = pick_handle();
    std::vector<Pair> list = byte() % 4 != 0 ? pick_installed(handle, multiple ? 5 : 1) : pick_pairs();
    if (!multiple) list.resize(1);
    Status expected = model_uninstall(handle, list);
    if (multiple && expected != Status::Success) expected = Status::InvalidParameter;
    Status status = with_pairs(list, [&](auto pairs) {
      return multiple ? world_.db.uninstall_multiple(handle, pairs) : world_.db.uninstall(handle, *pairs[0].protocol, pairs[0].interface);
    });
    EXPECT(status == expected);
    if (status != Status::Success) return;
    for (auto& each : list) remove(handle, each.guid);
  }
  void reinstall() {
    Handle handle = pick_handle();
    uint32_t guid = byte() % kGuids;
    ModelItem* found = item(handle, guid);
    void* before = found != nullptr && byte() % 4 != 0 ? found->interface : pick_interface(guid);
    void* after = pick_interface(guid);
    Status expected = model_uninstall(handle, {{guid, before}});
    EXPECT(world_.db.reinstall(handle, guid_of(guid), before, after).status() == expected);
    if (expected != Status::Success) return;
    ModelItem moved{handle, guid, after, {}};
    std::erase_if(items_, [&](const ModelItem& each) { return each.handle == handle && each.guid == guid; });
    for (auto& r : registrations_) {
      if (r.guid == guid) std::erase(r.news, handle);
    }
    add(moved);
    expect_signals(guid);
  }

  Status model_open(Handle handle, uint32_t guid, bool interface, Handle agent, Handle controller, uint32_t attributes) {
    constexpr uint32_t kDriver = efi::kOpenByDriver, kExclusive = efi::kOpenExclusive, kChild = efi::kOpenByChildController;
    if (!interface && attributes != efi::kOpenTestProtocol) return Status::InvalidParameter;
    bool passive = attributes == efi::kOpenByHandleProtocol || attributes == efi::kOpenGetProtocol || attributes == efi::kOpenTestProtocol;
    bool owns = attributes == kDriver || attributes == kExclusive || attributes == (kDriver | kExclusive);
    bool legal = passive || owns || attributes == kChild;
    if (!legal || !valid(handle)) return Status::InvalidParameter;
    if (!passive && !valid(agent)) return Status::InvalidParameter;
    if (!passive && attributes != kExclusive && !valid(controller)) return Status::InvalidParameter;
    if (attributes == kChild && handle == controller) return Status::InvalidParameter;
    ModelItem* found = item(handle, guid);
    if (found == nullptr) return Status::Unsupported;
    for (ModelOpen& held : found->opens) {
      if (passive || attributes == kChild || (held.attributes & (kDriver | kExclusive)) == 0) continue;
      bool same = held.agent == agent && held.attributes == attributes && (attributes & kDriver) != 0;
      return same ? Status::AlreadyStarted : Status::AccessDenied;
    }
    return Status::Success;
  }
  void open() {
    const uint32_t kinds[] = {1, 2, 4, 8, 0x10, 0x20, 0x30, 2, 0x10, 8, 0x18, 0, 0x40};
    Handle handle = pick_handle(), agent = pick_handle(), controller = pick_handle();
    uint32_t guid = byte() % kGuids, attributes = kinds[byte() % std::size(kinds)];
    void* interface = this;
    bool wanted = byte() % 8 != 0;
    Status expected = model_open(handle, guid, wanted, agent, controller, attributes);
    Status status = world_.db.open(handle, guid_of(guid), wanted ? &interface : nullptr, agent, controller, attributes).status();
    ModelItem* found = item(handle, guid);
    if (ran_dry(status)) {
      EXPECT(interface == (wanted && attributes != efi::kOpenTestProtocol ? nullptr : this));
      return;
    }
    EXPECT(status == expected);
    if (wanted && attributes != efi::kOpenTestProtocol) {
      EXPECT(interface == (status == Status::Success || status == Status::AlreadyStarted ? found->interface : nullptr));
    } else {
      EXPECT(interface == this);
    }
    if (status != Status::Success || agent == nullptr) return;
    for (ModelOpen& held : found->opens) {
      if (held.agent != agent || held.controller != controller || held.attributes != attributes) continue;
      ++held.count;
      return;
    }
    found->opens.push_back({agent, controller, attributes, 1});
  }
  void close() {
    Handle handle = pick_handle(), agent = pick_handle(), controller = byte() % 4 == 0 ? nullptr : pick_handle();
    uint32_t guid = byte() % kGuids;
    ModelItem* found = item(handle, guid);
    if (found != nullptr && !found->opens.empty() && byte() % 4 != 0) {
      auto& held = found->opens[byte() % found->opens.size()];
      agent = held.agent;
      controller = held.controller;
    }
    Status expected = Status::NotFound;
    auto theirs = [&](const ModelOpen& o) { return o.agent == agent && o.controller == controller; };
    if (!valid(handle) || !valid(agent) || (controller != nullptr && !valid(controller))) expected = Status::InvalidParameter;
    else if (found != nullptr && std::erase_if(found->opens, theirs) != 0) expected = Status::Success;
    EXPECT(world_.db.close(handle, guid_of(guid), agent, controller).status() == expected);
  }
  void close_all() {
    Handle agent = pick_handle();
    world_.db.close_all_by(agent);
    for (auto& each : items_) std::erase_if(each.opens, [&](const ModelOpen& o) { return o.agent == agent; });
  }

  void register_notify() {
    uint32_t guid = byte() % kGuids;
    bool again = byte() % 4 == 0 && !registrations_.empty();
    efi::Event event = again ? registrations_[0].event : world_.events.make();
    bool live = world_.events.live.contains(event);
    auto key = world_.db.register_notify(guid_of(guid), event);
    if (ran_dry(key.status())) return;
    EXPECT(key.has_value() == live);
    if (!key) {
      EXPECT(key.status() == Status::InvalidParameter);
      return;
    }
    for (auto& r : registrations_) EXPECT(r.key != *key);
    registrations_.push_back({guid, event, *key, {}});
    for (auto& each : items_) {
      if (each.guid == guid) registrations_.back().news.push_back(each.handle);
    }
  }
  void close_event() {
    if (registrations_.empty()) return;
    efi::Event event = registrations_[byte() % registrations_.size()].event;
    world_.events.live.erase(event);
    if (byte() % 2 == 0) return;  // the database finds out when it signals
    world_.db.forget_event(event);
    std::erase_if(registrations_, [&](const ModelRegistration& r) { return r.event == event; });
  }
  void news() {
    void* key = reinterpret_cast<void*>(uint64_t{byte()});
    ModelRegistration* found = nullptr;
    if (!registrations_.empty() && byte() % 8 != 0) found = &registrations_[byte() % registrations_.size()];
    for (auto& r : registrations_) {
      if (found == nullptr && r.key == key) found = &r;
    }
    if (found != nullptr) key = found->key;
    if (byte() % 2 == 0) {
      auto matches = world_.db.count(efi::LocateSearchType::ByRegisterNotify, nullptr, key);
      if (key == nullptr) EXPECT(matches.status() == Status::InvalidParameter);
      if (key == nullptr) return;
      bool any = found != nullptr && !found->news.empty();
      EXPECT(matches.status() == (any ? Status::Success : Status::NotFound));
      if (!any) return;
      Handle told = nullptr;
      EXPECT(*matches == 1);
      world_.db.collect(efi::LocateSearchType::ByRegisterNotify, nullptr, key, {&told, 1});
      EXPECT(told == found->news.front());
    } else {
      uint32_t guid = byte() % 4 != 0 && found != nullptr ? found->guid : byte() % kGuids;
      auto told = world_.db.locate_protocol(guid_of(guid), key);
      if (key == nullptr) return;
      bool any = found != nullptr && found->guid == guid && !found->news.empty();
      EXPECT(told.status() == (any ? Status::Success : Status::NotFound));
      if (!any) return;
      EXPECT(*told == item(found->news.front(), guid)->interface);
    }
    found->news.erase(found->news.begin());
  }

  void locate_path() {
    uint32_t guid = byte() % kGuids;
    size_t n = byte() % kPathCount;
    std::string wanted = kPaths[n];
    bool broken = wanted.find('!') != std::string::npos;
    wanted = wanted.substr(0, wanted.find(','));
    Handle nearest = nullptr;
    size_t longest = 0;
    for (auto& each : items_) {
      ModelItem* device = each.guid == guid ? item(each.handle, 0) : nullptr;
      const std::string* text = device != nullptr ? text_of(device->interface) : nullptr;
      if (text == nullptr || !wanted.starts_with(*text)) continue;
      if (nearest != nullptr && text->size() <= longest) continue;
      nearest = each.handle;
      longest = text->size();
    }
    auto* start = reinterpret_cast<efi::DevicePath*>(paths_[n].data());
    efi::DevicePath* rest = start;
    auto found = world_.db.locate_device_path(guid_of(guid), rest);
    Status expected = broken ? Status::InvalidParameter : nearest == nullptr ? Status::NotFound : Status::Success;
    EXPECT(found.status() == expected);
    EXPECT(static_cast<size_t>(reinterpret_cast<uint8_t*>(rest) - paths_[n].data()) == (found ? longest * 5 : 0));
    if (found) EXPECT(*found == nearest);
  }

  void step() {
    uint8_t op = byte();
    armed_ = op >= 0xC0;
    if (armed_) world_.heap.left = byte() % 8;
    switch (op % 16) {
      case 0: case 1: return install(false);
      case 2: case 3: return install(true);
      case 4: return uninstall(false);
      case 5: return uninstall(true);
      case 6: return reinstall();
      case 7: case 8: case 9: return open();
      case 10: return close();
      case 11: return byte() % 8 == 0 ? close_all() : close();
      case 12: return register_notify();
      case 13: return close_event();
      case 14: return news();
      case 15: return locate_path();
    }
  }

  void compare() {
    EXPECT(world_.all() == handles_);
    for (Handle each : known_) EXPECT(world_.db.is_valid(each) == valid(each));
    for (uint32_t guid = 0; guid < kGuids; ++guid) {
      std::vector<Handle> holders;
      for (auto& each : items_) {
        if (each.guid == guid) holders.push_back(each.handle);
      }
      efi::Guid g = guid_of(guid);
      EXPECT(world_.list(efi::LocateSearchType::ByProtocol, &g) == holders);
      auto first = world_.db.locate_protocol(g);
      EXPECT(first.status() == (holders.empty() ? Status::NotFound : Status::Success));
      if (first) EXPECT(*first == item(holders[0], guid)->interface);
    }
    for (auto& each : items_) {
      EXPECT(*world_.db.find(each.handle, guid_of(each.guid)) == each.interface);
      auto opens = *world_.db.open_information(each.handle, guid_of(each.guid));
      EXPECT(opens.size() == each.opens.size());
      for (size_t i = 0; i < opens.size(); ++i) {
        EXPECT(opens[i].agent_handle == each.opens[i].agent && opens[i].controller_handle == each.opens[i].controller);
        EXPECT(opens[i].attributes == each.opens[i].attributes && opens[i].open_count == each.opens[i].count);
      }
      world_.heap.release(opens.data());
    }
    for (Handle each : handles_) {
      auto guids = *world_.db.protocols_per_handle(each);
      auto on_it = std::count_if(items_.begin(), items_.end(), [&](auto& i) { return i.handle == each; });
      EXPECT(static_cast<ptrdiff_t>(guids.size()) == on_it);
      for (efi::Guid* g : guids) EXPECT(world_.db.find(each, *g));
      world_.heap.release(guids.data());
    }
    EXPECT(world_.events.order == signals_);
    for (auto& r : registrations_) {
      auto matches = world_.db.count(efi::LocateSearchType::ByRegisterNotify, nullptr, r.key);
      EXPECT(matches.has_value() == !r.news.empty());
    }
  }

  const uint8_t* at_;
  const uint8_t* end_;
  testing::World world_;
  bool armed_ = false;
  std::vector<std::vector<uint8_t>> paths_;
  std::vector<Handle> known_;    // every handle there ever was
  std::vector<Handle> handles_;  // in the order of making
  std::vector<ModelItem> items_;  // in the order of installing
  std::vector<ModelRegistration> registrations_;
  std::vector<efi::Event> signals_;  // in their order
};

}  // namespace
}  // namespace efilite::core

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  efilite::core::Fuzz(data, size).run();
  return 0;
}
