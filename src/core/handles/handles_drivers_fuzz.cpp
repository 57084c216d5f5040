// SPDX-License-Identifier: BSD-2-Clause-Patent
// ConnectController, DisconnectController and all that calls them, beside a model that is written down naively: it has plain lists, makes
// the order of drivers anew for each question and recurses. Both run the same drivers, who act while they are called, and must tell the
// same story: every question, start and stop in its order, every status, and who has what open after each step.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <set>

#include "core/device_path/device_path.hpp"
#include "core/handles/handles_testing.hpp"

namespace efilite::core {
namespace {

using testing::guid;

constexpr int kDrivers = 7;
constexpr int kUser = kDrivers;  // an agent that is no driver
constexpr int kProtocols = 3;    // 0 to 2; then one that says which drivers a bus wants
constexpr int kBus = 3;
constexpr int kNobody = -1;
constexpr int kWild = 999;  // no handle at all
constexpr size_t kLongestStory = 30000;
constexpr size_t kMostNodes = 60;

enum class Deed { None, Bring, Leave, TakeAway, Connect, Disconnect, LeaveAtStop };

struct Spec {
  uint32_t version;
  int wants, makes, children, image, family, brings;
  bool refuses_start, refuses_stop, loads;
  Deed deed;
};

struct Script {
  std::vector<Spec> drivers;
  std::vector<int> platform, paths;

  void set(std::vector<int>& list, uint8_t a, uint8_t b) {
    list.clear();
    for (int driver : {a % 8, a / 8 % 8, b % 8}) {
      if (driver < kDrivers && std::ranges::find(list, driver) == list.end()) list.push_back(driver);
    }
  }
};

struct World {
  const Script& script;
  std::vector<int> story;
  int depth = 0;

  explicit World(const Script& s) : script(s) {}
  virtual ~World() = default;
  virtual int make_node(int protocol, const std::vector<int>& bus) = 0;
  virtual Status uninstall(int node, int protocol) = 0;
  virtual Status reinstall(int node, int protocol) = 0;
  virtual Status open(int node, int protocol, int agent, int controller, uint32_t attributes) = 0;
  virtual Status close(int node, int protocol, int agent, int controller) = 0;
  virtual Status connect(int node, int listed, bool end, bool recursive) = 0;
  virtual Status disconnect(int node, int driver, int child) = 0;
  virtual bool is_there(int driver) = 0;
  virtual void appear(int driver) = 0;
  virtual void leave(int driver) = 0;
  virtual size_t nodes() = 0;

  void tell(std::initializer_list<int> facts) { story.insert(story.end(), facts); }
  int tell(int what, Status status) {
    tell({what, static_cast<int>(status)});
    return 0;
  }

  // The drivers.
  bool supported(int driver, int node) {
    const int wants = script.drivers[driver].wants;
    tell({'?', driver, node});
    if (open(node, wants, driver, node, efi::kOpenByDriver) != Status::Success) return false;
    close(node, wants, driver, node);
    return true;
  }
  bool start(int driver, int node) {
    const Spec& spec = script.drivers[driver];
    tell({'+', driver, node});
    act(spec, driver, node);
    if (spec.refuses_start || open(node, spec.wants, driver, node, efi::kOpenByDriver) != Status::Success) return false;
    for (int i = 0; i < spec.children && nodes() < kMostNodes; ++i) {
      const int child = make_node(spec.makes, {});
      tell('c', open(node, spec.wants, driver, child, efi::kOpenByChildController));
    }
    return true;
  }
  bool stop(int driver, int node, const std::vector<int>& children) {
    const Spec& spec = script.drivers[driver];
    tell({'-', driver, node});
    story.insert(story.end(), children.begin(), children.end());
    if (spec.refuses_stop) return false;
    for (int child : children) {
      tell('x', close(node, spec.wants, driver, child));
      tell('u', uninstall(child, spec.makes));
    }
    if (children.empty()) tell('x', close(node, spec.wants, driver, node));
    if (spec.deed == Deed::LeaveAtStop) leave(driver);
    return true;
  }
  void act(const Spec& spec, int driver, int node) {
    if (depth == 2) return;
    ++depth;
    if (spec.deed == Deed::Bring) appear(spec.brings);
    if (spec.deed == Deed::Leave) leave(driver);
    if (spec.deed == Deed::TakeAway) tell('u', uninstall(node, spec.wants));
    if (spec.deed == Deed::Connect) tell('C', connect(node, kNobody, false, true));
    if (spec.deed == Deed::Disconnect) tell('D', disconnect(node, kNobody, kNobody));
    --depth;
  }

  int pick(int byte) {
    const int node = byte % static_cast<int>(nodes() + 1);
    return node == static_cast<int>(nodes()) ? kWild : node;
  }
  void step(const uint8_t* bytes) {
    const int a = bytes[1], b = bytes[2], node = pick(a), other = pick(b);
    switch (bytes[0] % 12) {
      case 0: case 1: case 2: tell('C', connect(node, b % 8, (b & 8) != 0, (b & 0x30) != 0)); return;
      case 3: tell('D', disconnect(node, b % 8 < kDrivers ? b % 8 : kNobody, kNobody)); return;
      case 4: tell('D', disconnect(node, kNobody, other)); return;
      case 5: tell('D', disconnect(node, kNobody, kNobody)); return;
      case 6: tell('u', uninstall(node, b % kProtocols)); return;
      case 7: tell('r', reinstall(node, b % kProtocols)); return;
      case 8: tell('o', open(node, b % kProtocols, kUser, other, kAttributes[b / 4 % std::size(kAttributes)])); return;
      case 9: tell('x', close(node, b % kProtocols, kUser, other)); return;
      case 10: (b & 1) != 0 ? appear(a % kDrivers) : leave(a % kDrivers); return;
      default:
        std::vector<int> bus;
        if ((b & 0x40) != 0) bus = {a % kDrivers, b % kDrivers};
        if (bus.size() == 2 && bus[0] == bus[1]) bus.pop_back();
        if (nodes() < kMostNodes) make_node(a % kProtocols, bus);
    }
  }
  static constexpr uint32_t kAttributes[] = {efi::kOpenExclusive, efi::kOpenByDriver | efi::kOpenExclusive, efi::kOpenByChildController,
                                             efi::kOpenGetProtocol, efi::kOpenByDriver};
};

struct Use {
  int node, protocol, agent, controller;
  uint32_t attributes, count = 1;
  bool operator==(const Use&) const = default;
};

struct Model final : World {
  struct Node {
    std::vector<int> protocols, bus;  // protocols: the youngest first
  };
  std::vector<Node> all;
  std::vector<Use> uses;  // in the order of opening
  std::vector<int> bindings, families;  // in the order of installing
  std::set<int> loaded;

  using World::World;
  size_t nodes() override { return all.size(); }
  bool alive(int node) { return node >= 0 && node < static_cast<int>(all.size()) && !all[node].protocols.empty(); }
  bool has(int node, int protocol) { return alive(node) && std::ranges::find(all[node].protocols, protocol) != all[node].protocols.end(); }
  bool is_there(int driver) override { return std::ranges::find(bindings, driver) != bindings.end(); }

  int make_node(int protocol, const std::vector<int>& bus) override {
    all.push_back({{protocol}, bus});
    if (!bus.empty()) all.back().protocols = {kBus, protocol};
    return static_cast<int>(all.size()) - 1;
  }
  void appear(int driver) override {
    if (is_there(driver)) return;
    bindings.push_back(driver);
    if (script.drivers[driver].family >= 0 && std::ranges::find(families, driver) == families.end()) families.push_back(driver);
  }
  void leave(int driver) override { std::erase(bindings, driver); }

  Use* find_use(int node, int protocol, uint32_t attributes) {
    for (Use& use : uses) {
      if (use.node == node && use.protocol == protocol && (use.attributes & attributes) != 0) return &use;
    }
    return nullptr;
  }
  std::vector<int> agents(int node, uint32_t attribute, int agent) {
    std::vector<int> found;
    if (!alive(node)) return found;
    for (int protocol : all[node].protocols) {
      for (const Use& use : uses) {
        if (use.node != node || use.protocol != protocol || (use.attributes & attribute) == 0) continue;
        if (agent != kNobody && use.agent != agent) continue;
        const int who = attribute == efi::kOpenByDriver ? use.agent : use.controller;
        if (std::ranges::find(found, who) == found.end()) found.push_back(who);
      }
    }
    return found;
  }

  bool stop_drivers(int node, int protocol, bool& stopped) {
    for (int last = kNobody;;) {
      Use* use = has(node, protocol) ? find_use(node, protocol, efi::kOpenByDriver) : nullptr;
      if (use == nullptr) return true;
      if (use->agent == last) return false;
      last = use->agent;
      if (disconnect_agent(node, last, kNobody) != Status::Success) return false;
      stopped = true;
    }
  }
  bool close_users(int node, int protocol) {
    std::erase_if(uses, [=](const Use& use) {
      constexpr uint32_t kPassive = efi::kOpenGetProtocol | efi::kOpenByHandleProtocol | efi::kOpenTestProtocol;
      return use.node == node && use.protocol == protocol && (use.attributes & kPassive) != 0;
    });
    return find_use(node, protocol, ~0u) == nullptr;
  }
  Status missing(int node, int protocol) {
    if (!alive(node)) return Status::InvalidParameter;
    return has(node, protocol) ? Status::Success : Status::NotFound;
  }
  Status uninstall(int node, int protocol) override {
    if (Status status = missing(node, protocol); status != Status::Success) return status;
    bool stopped = false;
    Status status = stop_drivers(node, protocol, stopped) ? missing(node, protocol) : Status::AccessDenied;
    if (status == Status::Success && !close_users(node, protocol)) status = Status::AccessDenied;
    if (status != Status::Success) {
      if (stopped) connect(node, kNobody, false, true);
      return status;
    }
    std::erase(all[node].protocols, protocol);
    return status;
  }
  Status reinstall(int node, int protocol) override {
    if (Status status = missing(node, protocol); status != Status::Success) return status;
    bool stopped = false;
    const bool freed = stop_drivers(node, protocol, stopped);
    if (freed && missing(node, protocol) != Status::Success) return missing(node, protocol);
    if (!freed || !close_users(node, protocol)) {
      if (stopped) connect(node, kNobody, false, true);
      return Status::AccessDenied;
    }
    connect(node, kNobody, false, true);
    return Status::Success;
  }
  Status open(int node, int protocol, int agent, int controller, uint32_t attributes) override {
    constexpr uint32_t kOwns = efi::kOpenByDriver | efi::kOpenExclusive;
    if (!alive(node)) return Status::InvalidParameter;
    const bool wants_controller = (attributes & (efi::kOpenByDriver | efi::kOpenByChildController)) != 0;
    if (wants_controller && !alive(controller)) return Status::InvalidParameter;
    if (attributes == efi::kOpenByChildController && node == controller) return Status::InvalidParameter;
    if (!has(node, protocol)) return Status::Unsupported;
    Use* owner = find_use(node, protocol, kOwns);
    if ((attributes & kOwns) != 0 && owner != nullptr) {
      const bool same = owner->attributes == attributes && owner->agent == agent;
      if ((attributes & efi::kOpenByDriver) != 0 && same) return Status::AlreadyStarted;
      if ((attributes & efi::kOpenExclusive) == 0 || (owner->attributes & efi::kOpenExclusive) != 0) return Status::AccessDenied;
      bool stopped = false;
      if (!stop_drivers(node, protocol, stopped) || (has(node, protocol) && find_use(node, protocol, kOwns))) return Status::AccessDenied;
      if (!has(node, protocol)) return Status::Unsupported;
    }
    for (Use& use : uses) {
      if (use != Use{node, protocol, agent, controller, attributes, use.count}) continue;
      ++use.count;
      return Status::Success;
    }
    uses.push_back({node, protocol, agent, controller, attributes});
    return Status::Success;
  }
  Status close(int node, int protocol, int agent, int controller) override {
    if (!alive(node) || !alive(controller)) return Status::InvalidParameter;
    if (!has(node, protocol)) return Status::NotFound;
    auto theirs = [=](const Use& use) {
      return use.node == node && use.protocol == protocol && use.agent == agent && use.controller == controller;
    };
    return std::erase_if(uses, theirs) != 0 ? Status::Success : Status::NotFound;
  }

  void load_drivers() {
    for (int driver : script.paths) {
      if (!loaded.contains(driver)) {
        tell({'L', driver});
        if (!script.drivers[driver].loads) continue;
        appear(driver);
        loaded.insert(driver);
      }
      tell({'T', driver});
    }
  }
  std::vector<int> order(int node, int listed) {
    std::vector<int> images = script.platform, sorted = families, candidates = bindings, result;
    std::ranges::stable_sort(sorted, [&](int a, int b) { return script.drivers[a].family > script.drivers[b].family; });
    images.insert(images.end(), sorted.begin(), sorted.end());
    if (alive(node)) images.insert(images.end(), all[node].bus.begin(), all[node].bus.end());
    std::ranges::stable_sort(candidates, [&](int a, int b) { return script.drivers[a].version > script.drivers[b].version; });
    auto place = [&](auto wanted) {
      for (int driver : candidates) {
        if (wanted(driver) && std::ranges::find(result, driver) == result.end()) result.push_back(driver);
      }
    };
    place([=](int driver) { return driver == listed; });
    for (int image : images) place([=, this](int driver) { return driver == image || script.drivers[driver].image == image; });
    place([](int) { return true; });
    return result;
  }
  Status connect_one(int node, int listed, bool end) {
    load_drivers();
    if (bindings.empty()) return Status::NotFound;
    std::set<int> tried;
    bool started = false;
    for (bool again = true; again;) {
      again = false;
      for (int driver : order(node, listed)) {
        if (tried.contains(driver) || !is_there(driver) || !alive(node) || !supported(driver, node)) continue;
        tried.insert(driver);
        started |= start(driver, node);
        again = true;
        break;
      }
    }
    return started || end ? Status::Success : Status::NotFound;
  }
  void connect_children(int node, std::set<int>& done) {
    for (int child : agents(node, efi::kOpenByChildController, kNobody)) {
      if (!alive(child) || !done.insert(child).second) continue;
      connect_one(child, kNobody, false);
      connect_children(child, done);
    }
  }
  Status connect(int node, int listed, bool end, bool recursive) override {
    if (!alive(node)) return Status::InvalidParameter;
    const Status own = connect_one(node, listed, end);
    std::set<int> done{node};
    if (recursive) connect_children(node, done);
    return own;
  }

  Status disconnect(int node, int driver, int child) override { return disconnect_agent(node, driver, child); }
  Status disconnect_agent(int node, int driver, int child) {
    if (!alive(node) || (driver != kNobody && !is_there(driver)) || (child != kNobody && !alive(child))) return Status::InvalidParameter;
    std::vector<int> managers = agents(node, efi::kOpenByDriver, driver);
    if (managers.empty()) return Status::Success;
    bool stopped = false;
    Status failed = Status::Success;
    for (int manager : managers) {
      Status status = stop_one(node, manager, child);
      if (status == Status::Success) stopped = true;
      else if (status != Status::NotFound && failed == Status::Success) failed = status;
    }
    if (failed != Status::Success) return failed;
    return stopped || child == kNobody ? Status::Success : Status::NotFound;
  }
  Status stop_one(int node, int driver, int child) {
    std::vector<int> children = agents(node, efi::kOpenByChildController, driver);
    bool whole = true;
    if (child != kNobody) {
      if (std::ranges::find(children, child) == children.end()) return Status::NotFound;
      whole = children.size() == 1;
      children = {child};
    }
    if (!is_there(driver)) return Status::InvalidParameter;
    if (!children.empty() && !stop(driver, node, children)) return Status::DeviceError;
    if (whole && is_there(driver) && alive(node) && !stop(driver, node, {})) return Status::DeviceError;
    return Status::Success;
  }
};

struct Real final : World {
  struct Bus : efi::BusSpecificDriverOverrideProtocol {
    Real* world;
    std::vector<int> drivers;
  };
  struct Driver : efi::DriverBindingProtocol {
    Real* world;
    int index;
    bool there = false;
  };
  struct Family : efi::DriverFamilyOverrideProtocol {
    uint32_t version;
    bool there = false;
  };
  struct Platform : efi::PlatformDriverOverrideProtocol {
    Real* world;
  };
  struct Gate final : DriverGate {
    Real* world;
    void leave() override {}
    void enter() override {}
    Result<efi::Handle> load_driver(efi::DevicePath* path) override { return world->load(path); }
  };

  testing::World base;
  HandleDatabase& db = base.db;
  std::vector<efi::Handle> handles, agents;
  std::vector<std::unique_ptr<Bus>> buses;
  Driver drivers[kDrivers];
  Family families[kDrivers];
  device_path::VendorPath paths[kDrivers];
  Platform platform{};
  Gate gate;

  explicit Real(const Script& s) : World(s) {
    for (int i = 0; i <= kUser; ++i) agents.push_back(base.make_handle(50));
    for (int i = 0; i < kDrivers; ++i) {
      static_cast<efi::DriverBindingProtocol&>(drivers[i]) = {
          asked, started, stopped, script.drivers[i].version, agents[script.drivers[i].image], agents[i]};
      drivers[i].world = this, drivers[i].index = i;
      families[i].version = static_cast<uint32_t>(script.drivers[i].family);
      families[i].get_version = [](efi::DriverFamilyOverrideProtocol* self) EFIAPI { return static_cast<Family*>(self)->version; };
      paths[i] = device_path::vendor_path(efi::kMediaPath, efi::kMediaVendor, guid(static_cast<uint32_t>(i)));
    }
    platform.world = gate.world = this;
    platform.get_driver = [](efi::PlatformDriverOverrideProtocol* self, efi::Handle, efi::Handle* image) EFIAPI {
      auto& me = *static_cast<Platform*>(self)->world;
      return me.next(me.script.platform, image);
    };
    platform.get_driver_path = [](efi::PlatformDriverOverrideProtocol* self, efi::Handle, efi::DevicePath** path) EFIAPI {
      return static_cast<Platform*>(self)->world->next_path(path);
    };
    platform.driver_loaded = [](efi::PlatformDriverOverrideProtocol* self, efi::Handle, efi::DevicePath* path, efi::Handle image) EFIAPI {
      auto& me = *static_cast<Platform*>(self)->world;
      const int driver = me.driver_of(path);
      if (image != me.agents[driver]) abort();
      me.tell({'T', driver});
      return efi::encode(Status::Success);
    };
    efi::Handle handle = nullptr;
    if (!db.install<efi::PlatformDriverOverrideProtocol>(&handle, &platform)) abort();
    db.exchange_gate(&gate);
  }

  static efi::EfiStatus status(bool good) { return efi::encode(good ? Status::Success : Status::Unsupported); }
  static Driver& of(efi::DriverBindingProtocol* self) { return *static_cast<Driver*>(self); }
  static efi::EfiStatus EFIAPI asked(efi::DriverBindingProtocol* self, efi::Handle controller, efi::DevicePath*) {
    return status(of(self).world->supported(of(self).index, of(self).world->node_of(controller)));
  }
  static efi::EfiStatus EFIAPI started(efi::DriverBindingProtocol* self, efi::Handle controller, efi::DevicePath*) {
    return status(of(self).world->start(of(self).index, of(self).world->node_of(controller)));
  }
  static efi::EfiStatus EFIAPI stopped(efi::DriverBindingProtocol* self, efi::Handle controller, efi::Uintn count, efi::Handle* list) {
    std::vector<int> children;
    for (size_t i = 0; i < count; ++i) children.push_back(of(self).world->node_of(list[i]));
    return status(of(self).world->stop(of(self).index, of(self).world->node_of(controller), children));
  }
  efi::EfiStatus next(const std::vector<int>& list, efi::Handle* image) {
    size_t n = 0;
    while (*image != nullptr && n < list.size() && agents[list[n]] != *image) ++n;
    if (*image != nullptr) ++n;
    if (n >= list.size()) return efi::encode(Status::NotFound);
    *image = agents[list[n]];
    return efi::encode(Status::Success);
  }
  int driver_of(efi::DevicePath* path) {
    for (int i = 0; i < kDrivers; ++i) {
      if (path == &paths[i].vendor.header) return i;
    }
    abort();
  }
  efi::EfiStatus next_path(efi::DevicePath** path) {
    size_t n = 0;
    if (*path != nullptr) n = static_cast<size_t>(std::ranges::find(script.paths, driver_of(*path)) - script.paths.begin()) + 1;
    if (n >= script.paths.size()) return efi::encode(Status::NotFound);
    *path = &paths[script.paths[n]].vendor.header;
    return efi::encode(Status::Success);
  }
  Result<efi::Handle> load(efi::DevicePath* path) {
    const int driver = driver_of(path);
    tell({'L', driver});
    if (!script.drivers[driver].loads) return Status::NotFound;
    appear(driver);
    if (!db.install(&agents[driver], efi::kLoadedImageDevicePathGuid, path)) abort();
    return agents[driver];
  }

  static efi::Guid protocol(int n) {
    return n == kBus ? efi::BusSpecificDriverOverrideProtocol::kGuid : guid(static_cast<uint32_t>(10 + n));
  }
  efi::Handle handle(int node) {
    return node >= 0 && node < static_cast<int>(handles.size()) ? handles[node] : reinterpret_cast<efi::Handle>(0x1234);
  }
  int node_of(efi::Handle handle) {
    auto at = std::ranges::find(handles, handle);
    return at == handles.end() ? kWild : static_cast<int>(at - handles.begin());
  }

  size_t nodes() override { return handles.size(); }
  int make_node(int n, const std::vector<int>& bus) override {
    efi::Handle made = nullptr;
    if (!db.install(&made, protocol(n), nullptr)) abort();
    handles.push_back(made);
    if (!bus.empty()) {
      buses.push_back(std::make_unique<Bus>(Bus{{}, this, bus}));
      buses.back()->get_driver = [](efi::BusSpecificDriverOverrideProtocol* self, efi::Handle* image) EFIAPI {
        auto& me = *static_cast<Bus*>(self);
        return me.world->next(me.drivers, image);
      };
      if (!db.install<efi::BusSpecificDriverOverrideProtocol>(&made, buses.back().get())) abort();
    }
    return static_cast<int>(handles.size()) - 1;
  }
  bool is_there(int driver) override { return drivers[driver].there; }
  void appear(int driver) override {
    if (drivers[driver].there) return;
    drivers[driver].there = true;
    if (!db.install<efi::DriverBindingProtocol>(&agents[driver], &drivers[driver])) abort();
    if (script.drivers[driver].family < 0 || families[driver].there) return;
    families[driver].there = true;
    if (!db.install<efi::DriverFamilyOverrideProtocol>(&agents[driver], &families[driver])) abort();
  }
  void leave(int driver) override {
    if (!drivers[driver].there) return;
    drivers[driver].there = false;
    if (!db.uninstall<efi::DriverBindingProtocol>(agents[driver], &drivers[driver])) abort();
  }
  Status uninstall(int node, int n) override { return db.uninstall(handle(node), protocol(n), nullptr).status(); }
  Status reinstall(int node, int n) override { return db.reinstall(handle(node), protocol(n), nullptr, nullptr).status(); }
  Status open(int node, int n, int agent, int controller, uint32_t attributes) override {
    void* interface;
    return db.open(handle(node), protocol(n), &interface, agents[agent], handle(controller), attributes).status();
  }
  Status close(int node, int n, int agent, int controller) override {
    return db.close(handle(node), protocol(n), agents[agent], handle(controller)).status();
  }
  Status connect(int node, int listed, bool end, bool recursive) override {
    efi::DevicePath path = efi::kEndEntirePath;
    efi::Handle list[] = {listed >= 0 && listed < kDrivers ? agents[listed] : nullptr, nullptr};
    return db.connect(handle(node), list, end ? &path : nullptr, recursive).status();
  }
  Status disconnect(int node, int driver, int child) override {
    efi::Handle one = driver == kNobody ? nullptr : agents[driver];
    return db.disconnect(handle(node), one, child == kNobody ? nullptr : handle(child)).status();
  }
};

[[noreturn]] void differ(const World& real, const World& model, const char* what) {
  size_t at = static_cast<size_t>(std::ranges::mismatch(real.story, model.story).in1 - real.story.begin());
  fprintf(stderr, "%s differ, the stories from fact %zu on\n", what, at);
  for (const World* w : {&real, &model}) {
    fprintf(stderr, "%s:", w == &real ? "database" : "model");
    for (size_t i = at < 20 ? 0 : at - 20; i < std::min(w->story.size(), at + 8); ++i) {
      const int fact = w->story[i];
      fprintf(stderr, fact >= '+' && fact < 0x80 && fact != '0' ? " %c" : " %d", fact);
    }
    fprintf(stderr, "\n");
  }
  abort();
}

void compare(Real& real, Model& model) {
  if (real.story != model.story) differ(real, model, "stories");
  for (int node = 0; node < static_cast<int>(model.all.size()); ++node) {
    if (real.db.is_valid(real.handles[node]) != model.alive(node)) differ(real, model, "handles");
    for (int protocol = 0; protocol < kProtocols; ++protocol) {
      std::vector<Use> expected, found;
      std::ranges::copy_if(model.uses, std::back_inserter(expected),
                           [&](const Use& use) { return use.node == node && use.protocol == protocol && model.has(node, protocol); });
      auto opens = real.db.open_information(real.handles[node], Real::protocol(protocol));
      if (opens.has_value() != model.has(node, protocol)) differ(real, model, "protocols");
      if (!opens) continue;
      for (const auto& item : *opens) {
        const int agent = static_cast<int>(std::ranges::find(real.agents, item.agent_handle) - real.agents.begin());
        int controller = real.node_of(item.controller_handle);
        found.push_back({node, protocol, agent, controller, item.attributes, item.open_count});
      }
      real.base.heap.release(opens->data());
      if (found != expected) differ(real, model, "opens");
    }
  }
}

}  // namespace
}  // namespace efilite::core

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace efilite::core;
  constexpr size_t kSpecBytes = 4;
  if (size < kDrivers * kSpecBytes) return 0;
  Script script;
  for (int i = 0; i < kDrivers; ++i, data += kSpecBytes, size -= kSpecBytes) {
    script.drivers.push_back({.version = data[0] % 4u,
                              .wants = data[1] % kProtocols,
                              .makes = data[1] / 4 % kProtocols,
                              .children = data[1] >> 6,
                              .image = data[0] % 5 == 0 ? data[0] / 5 % (i + 1) : i,
                              .family = data[2] % 3 == 0 ? data[2] / 3 % 4 : kNobody,
                              .brings = data[3] % kDrivers,
                              .refuses_start = data[2] % 16 == 1,
                              .refuses_stop = data[2] % 16 == 2,
                              .loads = data[2] % 16 != 3,
                              .deed = static_cast<Deed>(data[3] / 8 % 7)});
  }
  Real real(script);
  Model model(script);
  for (; size >= 3 && model.story.size() < kLongestStory; data += 3, size -= 3) {
    if (data[0] % 16 == 15) {
      script.set((data[0] & 0x10) != 0 ? script.platform : script.paths, data[1], data[2]);
      continue;
    }
    real.step(data);
    model.step(data);
    compare(real, model);
  }
  return 0;
}
