// SPDX-License-Identifier: BSD-2-Clause-Patent
// A store of the test's own, as its users see it: nodes by their absolute paths, and who is told of changes.
#pragma once

#include <cstdlib>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "drivers/xen/store.hpp"
#include "tests/support/clock.hpp"

namespace efilite::test {

class FakeStore final : public drivers::xen::Store {
 public:
  static constexpr const char* kOwn = "/local/domain/1/";
  explicit FakeStore(FakeClock& clock) : clock_(clock) {}

  std::map<std::string, std::string> nodes;
  std::set<std::string> watches;
  std::function<void(const std::string& path)> written;  // by the driver
  std::function<void()> waited;                          // the other side's chance to work
  Status failure = Status::Success;                      // of everything
  size_t part = SIZE_MAX;                                // bytes of names that come at once
  int changes_while_listed = 0;
  int reads = 0, lists = 0, writes = 0, removes = 0, waits = 0;

  static std::string absolute(std::string_view path) { return path.starts_with('/') ? std::string(path) : kOwn + std::string(path); }
  std::string& operator[](std::string_view path) { return nodes[absolute(path)]; }
  bool has(std::string_view path) const { return nodes.contains(absolute(path)); }
  // As another domain does it.
  void change(std::string_view path, std::string value) {
    nodes[absolute(path)] = std::move(value);
    fire(absolute(path));
  }

  Result<std::string_view> read(std::string_view path) override {
    if (failure != Status::Success) return failure;
    ++reads;
    auto found = nodes.find(absolute(path));
    if (found == nodes.end()) return Status::NotFound;
    return std::string_view(answer_ = found->second);
  }
  Result<Names> list(std::string_view path, uint32_t from) override {
    if (failure != Status::Success) return failure;
    ++lists;
    if (from != 0 && changes_while_listed-- > 0) return Status::NotReady;
    const std::string below = absolute(path) + "/";
    std::set<std::string> names;
    for (const auto& [at, value] : nodes)
      if (at.starts_with(below)) names.insert(at.substr(below.size(), at.find('/', below.size()) - below.size()));
    if (names.empty() && !nodes.contains(absolute(path))) return Status::NotFound;
    std::string all;
    for (const std::string& name : names) all += name + '\0';
    answer_ = all.substr(std::min<size_t>(from, all.size()), part);
    return Names{answer_, from + answer_.size() < all.size()};
  }
  Result<> write(std::string_view path, std::string_view value) override {
    if (failure != Status::Success) return failure;
    ++writes;
    const std::string at = absolute(path);
    if (!at.starts_with(kOwn)) return Status::AccessDenied;
    nodes[at] = value;
    fire(at);
    if (written) written(at);
    return {};
  }
  Result<> remove(std::string_view path) override {
    if (failure != Status::Success) return failure;
    ++removes;
    return nodes.erase(absolute(path)) != 0 ? Result<>() : Result<>(Status::NotFound);
  }
  Result<> begin() override { return {}; }
  Result<> commit() override { return {}; }
  void abort() override {}
  Result<> watch(std::string_view path) override {
    if (failure != Status::Success) return failure;
    if (!watches.insert(absolute(path)).second) std::abort();
    pending_ = true;
    return {};
  }
  Result<> unwatch(std::string_view path) override {
    if (failure != Status::Success) return failure;
    if (watches.erase(absolute(path)) != 1) std::abort();
    return {};
  }
  Result<bool> wait(uint64_t units) override {
    if (failure != Status::Success) return failure;
    ++waits;
    if (waited) waited();
    if (std::exchange(pending_, false)) return true;
    clock_.advance(units);
    return false;
  }

 private:
  void fire(const std::string& at) {
    for (const std::string& watched : watches) pending_ |= at == watched || at.starts_with(watched + "/");
  }

  FakeClock& clock_;
  std::string answer_;
  bool pending_ = false;
};

}  // namespace efilite::test
