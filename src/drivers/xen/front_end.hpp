// SPDX-License-Identifier: BSD-2-Clause-Patent
// One of this domain's devices as the store tells of it, and how its two ends come together and part [Xen public/io/xenbus.h].
#pragma once

#include <array>
#include <optional>
#include <span>

#include "abi/xen.hpp"
#include "base/static_vector.hpp"
#include "core/ports.hpp"
#include "drivers/xen/store.hpp"

namespace efilite::drivers::xen {

inline constexpr uint64_t kSecond = 10'000'000;  // of Clock's 100 ns
// Nothing that another domain does may take longer.
inline constexpr uint64_t kPatience = 30 * kSecond;

// Text of bounded length; what does not fit makes it no text at all.
class StorePath {
 public:
  StorePath() = default;
  StorePath& add(std::string_view text);
  StorePath& add(uint64_t number);
  bool valid() const { return length_ <= text_.size(); }
  std::string_view view() const { return {text_.data(), length_}; }

 private:
  std::array<char, 120> text_{};
  size_t length_ = 0;
};

// The states of one end that somebody waits for.
class States {
 public:
  template <typename... All>
  constexpr explicit States(All... states) : bits_(((1u << states) | ...)) {}
  constexpr bool have(unsigned state) const { return state < 32 && (bits_ >> state & 1) != 0; }

 private:
  unsigned bits_;
};

// The numbers of this domain's devices of one kind, in ascending order. None is no failure.
using DeviceNumbers = StaticVector<uint32_t, 256>;
Result<> list_devices(Store& store, std::string_view kind, DeviceNumbers& out);

class FrontEnd {
 public:
  enum class Side : uint8_t { Front, Back };

  // `name` is for the log, and lives as long as this does.
  FrontEnd(Store& store, core::Clock& clock, std::string_view kind, uint32_t id, std::string_view name)
      : store_(store), clock_(clock), name_(name) {
    (void)front_.add("device/").add(kind).add("/").add(id);
  }

  // Where its other end is. NOT_FOUND: there is no such device, or no longer.
  Result<> find();
  uint16_t other_domain() const { return other_domain_; }

  // With a line in the log, NOT_FOUND: there is no such node, nor anything that it is `otherwise`; DEVICE_ERROR: it is no number.
  Result<uint64_t> number(Side side, std::string_view key, std::optional<uint64_t> otherwise = {});
  Result<std::string_view> text(Side side, std::string_view key);  // until the store's next call
  Result<> write(std::string_view key, std::string_view value);
  Result<> write(std::string_view key, uint64_t value);
  // Those that are there.
  void remove(std::span<const std::string_view> keys);

  Result<> set_state(xenbus_state state);
  // A device that is gone is Closed.
  Result<unsigned> state(Side side);
  // Until the other end is in one of them, or in one of `end`: the state it came to. TIMEOUT: it did not within `patience`.
  Result<unsigned> wait(States wanted, uint64_t patience = kPatience);
  // No watch is left behind.
  void unwatch();

  // Until both ends say that they are closed: the other one has nothing of ours mapped any more.
  Result<> close();
  // Both ends are as if nobody had used the device yet.
  Result<> restart();
  // The same, whatever a predecessor has left.
  Result<> make_fresh();

 private:
  StorePath path(Side side, std::string_view key) const;

  Store& store_;
  core::Clock& clock_;
  const std::string_view name_;
  StorePath front_, back_;
  uint16_t other_domain_ = 0;
  bool watching_ = false;
};

}  // namespace efilite::drivers::xen
