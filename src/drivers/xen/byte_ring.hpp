// SPDX-License-Identifier: BSD-2-Clause-Patent
// A pipe in a page that another domain writes too, as xenstore and the console have them [Xen docs/misc/xenstore-ring.txt,
// public/io/console.h]: bytes, how many were ever put into them, and how many were ever taken out, modulo 2^32.
#pragma once

#include <span>

#include "base/bytes.hpp"
#include "base/units.hpp"
#include "core/ports.hpp"
#include "drivers/xen/event_channels.hpp"

namespace efilite::drivers::xen {

class ByteRing {
 public:
  constexpr ByteRing() = default;
  // The size is a power of two.
  ByteRing(std::span<char> bytes, uint32_t& taken, uint32_t& put) : bytes_(bytes), taken_(&taken), put_(&put) {}

  uint32_t size() const { return static_cast<uint32_t>(bytes_.size()); }
  // DEVICE_ERROR, here and below: the other side says that there are more than there is room for.
  Result<uint32_t> used() const;
  // How many of them there was room for.
  Result<uint32_t> put(ByteSpan bytes);
  // How many there were for `out`.
  Result<uint32_t> take(MutableByteSpan out);
  // After take() has given `taken`: whether the other side may have found no room before, and waits for some.
  bool made_room(uint32_t taken) const;

 private:
  struct State {
    uint32_t taken, put;
    uint32_t used() const { return put - taken; }
  };
  Result<State> look() const;

  std::span<char> bytes_;
  uint32_t* taken_ = nullptr;
  uint32_t* put_ = nullptr;
};

// A page that this domain was started with, and the event channel to whoever is at its other side.
struct SharedPage {
  std::byte* bytes;
  EventPort port;
};
// `frame` and `channel` are HVM_PARAM_*. NOT_FOUND: this domain has none. NO_MAPPING: it lies where we cannot reach it.
Result<SharedPage> shared_page(Hypercalls& xen, core::PhysicalMemory& memory, uint32_t frame, uint32_t channel);

}  // namespace efilite::drivers::xen
