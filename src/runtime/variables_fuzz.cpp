// SPDX-License-Identifier: BSD-2-Clause-Patent
// Sequences of calls in both phases against a naive model: every status, every value, the whole enumeration and the space must agree.
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/variables.hpp"

using namespace efilite;
using namespace efilite::runtime;

namespace {

constexpr uint32_t kArea = 2048;
constexpr uint32_t kAccess = 6, kNvRt = 5;
// Small sets, so that calls meet each other. The third vendor's names are the specification's.
const efi::Guid kVendors[] = {{1, 2, 3, {4}}, {1, 2, 3, {5}}, efi::kGlobalVariable, kHardwareErrorVariable};
const std::u16string kNames[] = {u"A",         u"AB",           u"Boot0001", u"ConInDev",
                                 u"SetupMode", u"HwErrRec0A0F", u"a rather long name of a variable", u""};

struct Value {
  uint32_t attributes;
  std::string data;
  bool read_only;
};
using Key = std::pair<int, std::u16string>;

void require(bool good) {
  if (!good) abort();
}

struct Input {
  const uint8_t* at;
  size_t left;
  uint8_t byte() {
    if (left == 0) return 0;
    --left;
    return *at++;
  }
};

uint64_t room(const Key& key, size_t data) { return (32 + (key.second.size() + 1) * 2 + data + 7) / 8 * 8; }

struct Model {
  std::map<Key, Value> variables;
  bool runtime = false;

  uint64_t used() const {
    uint64_t sum = 0;
    for (auto& [key, value] : variables) sum += room(key, value.data.size());
    return sum;
  }
  bool visible(const Value& v) const { return !runtime || (v.attributes & 4); }

  static Status name_rule(const Key& key, uint32_t attributes) {
    if (key.first == 3 || (attributes & 8)) {
      bool good = key.first == 3 && attributes == 15 && key.second == u"HwErrRec0A0F";
      return good ? Status::Success : Status::InvalidParameter;
    }
    if (key.first != 2) return Status::Success;
    if (key.second == u"SetupMode") return Status::WriteProtected;
    if (key.second == u"Boot0001") return attributes == 7 ? Status::Success : Status::InvalidParameter;
    if (key.second == u"ConInDev") return attributes == 6 ? Status::Success : Status::InvalidParameter;
    return Status::InvalidParameter;
  }

  Status store(const Key& key, const Value& value) {
    auto it = variables.find(key);
    uint64_t old = it == variables.end() ? 0 : room(key, it->second.data.size());
    if (used() - old + room(key, value.data.size()) > kArea) return Status::OutOfResources;
    variables[key] = value;
    return Status::Success;
  }

  Status set(const Key& key, uint32_t attributes, const std::string& data) {
    uint64_t name_size = (key.second.size() + 1) * 2;
    if (key.second.empty() || attributes > 0xFF) return Status::InvalidParameter;
    if ((attributes & kAccess) == 4 || (attributes & 0xA0) == 0xA0) return Status::InvalidParameter;
    if (attributes & 0xB0) return Status::Unsupported;
    if (name_size + data.size() > kArea / 2) return Status::InvalidParameter;
    auto it = variables.find(key);
    bool append = attributes & 0x40;
    bool removing = !(attributes & kAccess) || (data.empty() && !append);
    if (removing && (it == variables.end() || !visible(it->second))) return Status::NotFound;
    if (it != variables.end()) {
      if (visible(it->second) && (it->second.read_only || (runtime && !(it->second.attributes & 1)))) return Status::WriteProtected;
      if ((attributes & kAccess) && (attributes & ~0x40u) != it->second.attributes) return Status::InvalidParameter;
    }
    if (removing) {
      variables.erase(it);
      return Status::Success;
    }
    if (Status wrong = name_rule(key, attributes & ~0x40u); wrong != Status::Success) return wrong;
    if (runtime && (attributes & kNvRt) != kNvRt) return Status::InvalidParameter;
    if (data.empty()) return Status::Success;
    std::string whole = append && it != variables.end() ? it->second.data + data : data;
    if (name_size + whole.size() > kArea / 2) return Status::OutOfResources;
    return store(key, {attributes & ~0x40u, whole, false});
  }
};

struct alignas(8) Memory {
  VariableStore store;
  std::byte area[kArea];
  uint8_t canary[64];
};

void check_get(const Memory& memory, const Model& model, const Key& key, uint64_t offered) {
  std::vector<char> buffer(offered);
  uint64_t size = offered;
  uint32_t attributes = 0xAAAA;
  Phase phase = model.runtime ? Phase::Runtime : Phase::Boot;
  Status got = get_variable(memory.store, phase, key.second.c_str(), &kVendors[key.first], &attributes, &size, buffer.data());
  auto it = model.variables.find(key);
  if (it == model.variables.end() || !model.visible(it->second)) {
    require(got == Status::NotFound && size == offered && attributes == 0xAAAA);
    return;
  }
  require(size == it->second.data.size() && attributes == it->second.attributes);
  if (offered < size) return require(got == Status::BufferTooSmall);
  require(got == Status::Success && memcmp(buffer.data(), it->second.data.data(), size) == 0);
}

void check_enumeration(const Memory& memory, const Model& model) {
  Phase phase = model.runtime ? Phase::Runtime : Phase::Boot;
  std::map<Key, int> seen;
  char16_t name[64] = {};
  efi::Guid vendor = {};
  for (;;) {
    uint64_t size = sizeof(name);
    Status got = get_next_variable_name(memory.store, phase, &size, name, &vendor);
    if (got == Status::NotFound) break;
    require(got == Status::Success && size == (std::u16string(name).size() + 1) * 2);
    int index = 0;
    while (!(kVendors[index] == vendor)) require(++index < 4);
    require(++seen[{index, name}] == 1);
    require(model.variables.contains({index, name}));
  }
  size_t visible = 0;
  for (auto& [key, value] : model.variables) visible += model.visible(value);
  require(seen.size() == visible);
}

void check_space(const Memory& memory, const Model& model) {
  uint64_t all, left, one;
  require(query_variable_info(memory.store, model.runtime ? Phase::Runtime : Phase::Boot, 7, &all, &left, &one) == Status::Success);
  require(all == kArea && one == kArea / 2 && left == kArea - model.used());
  for (uint8_t byte : memory.canary) require(byte == 0x5A);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t count) {
  Input in{bytes, count};
  auto memory = std::make_unique<Memory>();
  memset(memory->canary, 0x5A, sizeof(memory->canary));
  start_variables(memory->store, memory->area, kArea);
  Model model;
  for (int step = 0; step < 400 && in.left != 0; ++step) {
    uint8_t op = in.byte(), which = in.byte();
    Key key{which & 3, kNames[which >> 2 & 7]};
    Phase phase = model.runtime ? Phase::Runtime : Phase::Boot;
    switch (op & 7) {
      case 0:
      case 1:
      case 2:
      case 3: {
        uint32_t attributes = in.byte() | (op & 0x80 ? 0x100u : 0);
        if (op & 0x40) attributes = attributes & 0x40 ? 0x47 : 7;  // often something that works
        uint8_t length = in.byte();
        std::string data(op & 0x20 ? length * 8 : length & 31, static_cast<char>(in.byte()));
        Status got = set_variable(memory->store, phase, key.second.c_str(), &kVendors[key.first], attributes, data.size(), data.data());
        require(got == model.set(key, attributes, data));
        break;
      }
      case 4:
        check_get(*memory, model, key, in.byte() * 4);
        break;
      case 5:
        check_enumeration(*memory, model);
        break;
      case 6: {  // the firmware's own variables
        std::string data(in.byte() & 63, 'f');
        bool read_only = op & 0x40;
        uint32_t attributes = op & 0x20 ? 6 : 7;
        Status got = set_firmware_variable(memory->store, key.second.c_str(), kVendors[key.first], attributes, data.size(), data.data(),
                                           read_only);
        Status want = Status::Success;
        if (key.second.empty()) want = Status::InvalidParameter;
        else if (!data.empty()) want = model.store(key, {attributes, data, read_only});
        else if (model.variables.erase(key) == 0) want = Status::NotFound;
        require(got == want);
        break;
      }
      case 7:
        if (which == 7) model.runtime = true;
        break;
    }
    check_space(*memory, model);
  }
  check_enumeration(*memory, model);
  for (auto& [key, value] : model.variables) check_get(*memory, model, key, value.data.size());
  return 0;
}
