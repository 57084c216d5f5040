// SPDX-License-Identifier: BSD-2-Clause-Patent
// Xen's rings with the input at their other side. A xenstored or a console that puts any bytes and any indexes into its page: every call
// returns, nothing is read or written elsewhere, what is sent are whole messages, and xenstore is as new for whoever comes next if it says
// so. And a xenstored that keeps to the rules, with answers in pieces and others' changes at any time: every call answers what a naive map
// does.
//
// Input: u8 mode, then {u8 operation, arguments}... and what the other side does in between.
#include <array>
#include <map>
#include <string>

#include "drivers/xen/console.hpp"
#include "drivers/xen/xen_store.hpp"
#include "tests/support/clock.hpp"
#include "tests/support/fuzz.hpp"
#include "tests/support/physical_memory.hpp"
#include "tests/support/xen.hpp"
#include "tests/support/xen_store.hpp"

namespace efilite::drivers::xen {
namespace {

using Input = test::FuzzInput;
constexpr uint64_t kFrame = 0xFEFFC;
constexpr uint64_t kSecond = 10'000'000;
constexpr std::string_view kPaths[] = {"a", "b", "a/b", "a/b/c", "/local/domain/1/a", "/hidden/x", "/local/domain/0/y", ""};

// Whoever waits lets a second pass.
struct Machine : test::FakeXen {
  Machine(Input& input, uint32_t frame, uint32_t channel) : input(input) {
    parameters = {{frame, kFrame}, {channel, 2}};
    channels[2] = {};
    events.use(&shared);
  }
  void waited() override { clock.advance(kSecond); }

  Input& input;
  test::FakePhysicalMemory memory;
  MutableByteSpan page = memory.map(kFrame << 12, kPageSize);
  test::FakeClock clock;
  EventChannels events{*this};
};

// ---- a xenstored of any kind

struct WildStore final : Machine {
  explicit WildStore(Input& input) : Machine(input, HVM_PARAM_STORE_PFN, HVM_PARAM_STORE_EVTCHN) {}
  xenstore_domain_interface& ring() { return *reinterpret_cast<xenstore_domain_interface*>(page.data()); }

  void notified(evtchn_port_t) override { act(); }
  void waited() override {
    Machine::waited();
    act();
  }
  void say(ByteSpan bytes) {
    for (std::byte byte : bytes) ring().rsp[MASK_XENSTORE_IDX(ring().rsp_prod++)] = static_cast<char>(byte);
  }
  // Requests are whole messages, as long as nobody plays with their indexes.
  void listen() {
    for (; ring().req_cons != ring().req_prod && ring().req_prod - ring().req_cons <= XENSTORE_RING_SIZE; ++ring().req_cons)
      heard += ring().req[MASK_XENSTORE_IDX(ring().req_cons)];
    xsd_sockmsg header;
    while (!played && heard.size() >= sizeof header) {
      memcpy(&header, heard.data(), sizeof header);
      EXPECT(header.len <= XENSTORE_PAYLOAD_MAX && header.type < XS_TYPE_COUNT);
      if (heard.size() < sizeof header + header.len) return;
      heard.erase(0, sizeof header + header.len);
      last = header;
    }
  }
  void act() {
    const uint8_t what = input.byte();
    listen();
    switch (what % 16) {
      case 0: return;
      case 1: return raw(input.byte());
      case 2: played = true, ring().rsp_prod = input.take<uint32_t>(); return;
      case 3: played = true, ring().rsp_cons = input.take<uint32_t>(); return;
      case 4: played = true, ring().req_cons = input.take<uint32_t>(); return;
      case 5: played = true, ring().req_prod = input.take<uint32_t>(); return;
      case 6: ring().server_features = input.byte(); return;
      case 7: ring().error = input.byte(); return;
      case 8: ring().connection = input.byte() & 1; return;
      case 9: return message(input.byte(), input.byte());
      case 10:  // as it should be for a reconnection
        if (ring().connection != XENSTORE_RECONNECT) return;
        ring().req_cons = ring().req_prod = ring().rsp_cons = ring().rsp_prod = 0;
        heard.clear();
        ring().connection = XENSTORE_CONNECTED;
        return;
      default: return message(static_cast<uint8_t>(last.type), 0);
    }
  }
  void raw(size_t size) {
    std::array<std::byte, 256> bytes{};
    input.fill(std::span(bytes).first(size));
    say(std::span(bytes).first(size));
  }
  // An answer to what was heard last, or something like it.
  void message(uint8_t type, uint8_t wrong) {
    xsd_sockmsg header{type, last.req_id ^ (wrong & 1), last.tx_id ^ (wrong >> 1 & 1), input.byte()};
    if (wrong & 4) header.len = input.take<uint32_t>();
    say(bytes_of(header));
    raw(header.len & 0xFF);
  }

  std::string heard;
  xsd_sockmsg last{};
  bool played = false;
};

void use_wild_store(Input& input) {
  WildStore xen(input);
  xen.ring().server_features = input.byte() & 3;
  if (input.byte() & 1) input.fill(xen.page.subspan(offsetof(xenstore_domain_interface, req_cons), 16));
  XenStore store(xen, xen.events, xen.memory, xen.clock);
  xen.played = xen.ring().req_cons != xen.ring().req_prod;
  for (int steps = 0; steps < 64 && !input.empty(); ++steps) {
    const std::string_view path = kPaths[input.byte() % std::size(kPaths)];
    switch (input.byte() % 9) {
      case 0: {
        auto value = store.read(path);
        EXPECT(!value || value->size() <= XENSTORE_PAYLOAD_MAX);
        break;
      }
      case 1: {
        auto names = store.list(path, input.byte());
        EXPECT(!names || names->names.empty() || names->names.ends_with('\0'));
        break;
      }
      case 2: (void)store.write(path, std::string(input.byte() * 16, 'v')); break;
      case 3: (void)store.remove(path); break;
      case 4: (void)store.begin(); break;
      case 5: (void)store.commit(); break;
      case 6: (void)store.watch(path); break;
      case 7: (void)store.unwatch(path); break;
      case 8: (void)store.wait(input.byte() * kSecond); break;
    }
  }
  (void)store.quiesce();
}

// ---- a xenstored that keeps to the rules

struct GoodStore final : Machine {
  explicit GoodStore(Input& input) : Machine(input, HVM_PARAM_STORE_PFN, HVM_PARAM_STORE_EVTCHN) {
    server.nodes = {{"/local/domain/1", ""}, {"/local/domain/0/y", "other"}};
  }
  void notified(evtchn_port_t port) override {
    raise(port);
    server.notified();
  }
  void waited() override {
    clock.advance(1);  // answers in small pieces are still in time
    server.time_passes();
  }
  test::FakeXenstored server{*reinterpret_cast<xenstore_domain_interface*>(page.data())};
};

std::string whole(std::string_view path) {
  return (path.starts_with('/') ? "" : std::string(test::FakeXenstored::kHome) + "/") + std::string(path);
}

bool is_below(std::string_view path, std::string_view parent) {
  return path == parent || (path.starts_with(parent) && path[parent.size()] == '/');
}

Status writable(std::string_view path) {
  if (path.empty()) return Status::InvalidParameter;
  return is_below(whole(path), test::FakeXenstored::kHome) ? Status::Success : Status::AccessDenied;
}

// What everything means, as simply as it can be said.
struct Model {
  using Nodes = std::map<std::string, std::string>;
  Nodes nodes, view;
  bool transaction = false, crossed = false;

  Nodes& now() { return transaction ? view : nodes; }
  void write(std::string_view path, const std::string& value) {
    const std::string node = whole(path);
    for (size_t slash = node.rfind('/'); slash != 0; slash = node.rfind('/', slash - 1)) now().emplace(node.substr(0, slash), "");
    now()[node] = value;
  }
  Status remove(std::string_view path) {
    const std::string node = whole(path);
    if (!now().contains(node)) return now().contains(node.substr(0, node.rfind('/'))) ? Status::Success : Status::NotFound;
    std::erase_if(now(), [&](const auto& other) { return is_below(other.first, node); });
    return Status::Success;
  }
  std::string children(std::string_view path) {
    std::string names;
    for (const auto& [node, value] : now()) {
      const std::string parent = whole(path) + "/";
      if (node.starts_with(parent) && node.find('/', parent.size()) == node.npos) names += node.substr(parent.size()) + '\0';
    }
    return names;
  }
};

Status readable(Model& model, std::string_view path) {
  if (path.empty()) return Status::InvalidParameter;
  if (is_below(path, "/hidden")) return Status::AccessDenied;
  return model.now().contains(whole(path)) ? Status::Success : Status::NotFound;
}

void change_as_others(Input& input, GoodStore& xen, Model& model) {
  const std::string path = whole(kPaths[input.byte() % 4]);
  xen.server.set(path, "x");
  model.nodes[path] = "x";
  model.crossed = true;
}

void use_good_store(Input& input) {
  GoodStore xen(input);
  xen.server.piece = 1 + input.byte() * 8u;
  auto& ring = *reinterpret_cast<xenstore_domain_interface*>(xen.page.data());
  if (input.byte() & 1) ring.server_features = XENSTORE_SERVER_FEATURE_RECONNECTION;
  if (input.byte() & 1) ring.req_cons = ring.req_prod = ring.rsp_cons = ring.rsp_prod = input.take<uint32_t>();
  XenStore store(xen, xen.events, xen.memory, xen.clock);
  Model model{xen.server.nodes, {}};
  for (int steps = 0; steps < 64 && !input.empty(); ++steps) {
    const std::string_view path = kPaths[input.byte() % std::size(kPaths)];
    switch (input.byte() % 10) {
      case 0: {
        auto value = store.read(path);
        EXPECT(value.status() == readable(model, path));
        EXPECT(!value || *value == model.now()[whole(path)]);
        break;
      }
      case 1: {
        auto names = store.list(path, 0);
        EXPECT(names.status() == readable(model, path));
        EXPECT(!names || (names->names == model.children(path) && !names->more));
        break;
      }
      case 2: {
        const std::string value(input.byte() * 15, 'v');
        EXPECT(store.write(path, value).status() == writable(path));
        if (writable(path) != Status::Success) break;
        model.write(path, value);
        if (!model.transaction) model.crossed = true;
        break;
      }
      case 3: {
        const Status expected = writable(path) == Status::Success ? model.remove(path) : writable(path);
        EXPECT(store.remove(path).status() == expected);
        break;
      }
      case 4:
        EXPECT(store.begin().status() == (model.transaction ? Status::AlreadyStarted : Status::Success));
        if (!model.transaction) model = {model.nodes, model.nodes, true, false};
        break;
      case 5: {
        const Status done = store.commit().status();
        EXPECT(done == (!model.transaction ? Status::NotStarted : model.crossed ? Status::NotReady : Status::Success));
        if (done == Status::Success) model.nodes = model.view;
        model.transaction = false;
        break;
      }
      case 6:
        store.abort();
        model.transaction = false;
        break;
      case 7:
        if (store.watch(path)) EXPECT(*store.wait(10 * kSecond));
        break;
      case 8: (void)store.unwatch(path); break;
      case 9: change_as_others(input, xen, model); break;
    }
  }
  EXPECT(store.quiesce());
  EXPECT(xen.server.idle() && xen.server.watches.empty() && xen.server.transactions.empty());
  EXPECT(xen.server.nodes == model.nodes);
}

// ---- a console of any kind

struct WildConsole final : Machine {
  explicit WildConsole(Input& input) : Machine(input, HVM_PARAM_CONSOLE_PFN, HVM_PARAM_CONSOLE_EVTCHN) {}
  xencons_interface& ring() { return *reinterpret_cast<xencons_interface*>(page.data()); }
  void notified(evtchn_port_t) override { act(); }
  void waited() override {
    Machine::waited();
    act();
  }
  void act() {
    const uint8_t what = input.byte();
    if (what < 0x80) ring().out_cons += std::min<uint32_t>(what * 16, ring().out_prod - ring().out_cons);
    else if (what < 0xC0) ring().in_prod += std::min<uint32_t>(what & 0x3F, sizeof ring().in - (ring().in_prod - ring().in_cons));
    else if (what == 0xC0) ring().in_prod = input.take<uint32_t>();
    else if (what == 0xC1) ring().in_cons = input.take<uint32_t>();
    else if (what == 0xC2) ring().out_prod = input.take<uint32_t>();
    else if (what == 0xC3) ring().out_cons = input.take<uint32_t>();
  }
};

void use_console(Input& input) {
  WildConsole xen(input);
  Console console(xen, xen.events, xen.clock);
  if (!console.start(xen.memory)) __builtin_trap();
  const std::string text(2040, 'x');
  for (int steps = 0; steps < 64 && !input.empty(); ++steps) {
    const uint8_t what = input.byte();
    if (what % 4 == 0) console.write(std::string_view(text).substr(0, input.byte() * 8));
    if (what % 4 == 1) (void)console.read();
    if (what % 4 == 2) xen.act();
    if (what % 4 == 3) (void)console.control();
  }
  console.drain();
}

}  // namespace
}  // namespace efilite::drivers::xen

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace efilite::drivers::xen;
  Input input(data, size);
  switch (input.byte() % 3) {
    case 0: use_wild_store(input); break;
    case 1: use_good_store(input); break;
    case 2: use_console(input); break;
  }
  return 0;
}
