// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/xen/byte_ring.hpp"

#include <algorithm>

namespace efilite::drivers::xen {

// Both indexes once. What lies between them is read behind the one that tells of it.
Result<ByteRing::State> ByteRing::look() const {
  const State state{__atomic_load_n(taken_, __ATOMIC_ACQUIRE), __atomic_load_n(put_, __ATOMIC_ACQUIRE)};
  if (state.used() > size()) return Status::DeviceError;
  return state;
}

Result<uint32_t> ByteRing::used() const { return TRY(look()).used(); }

Result<uint32_t> ByteRing::put(ByteSpan bytes) {
  const State state = TRY(look());
  const uint32_t at = state.put % size();
  const auto count = static_cast<uint32_t>(std::min<size_t>(bytes.size(), size() - state.used()));
  const uint32_t first = std::min(count, size() - at);
  __builtin_memcpy(bytes_.data() + at, bytes.data(), first);
  __builtin_memcpy(bytes_.data(), bytes.data() + first, count - first);
  __atomic_store_n(put_, state.put + count, __ATOMIC_SEQ_CST);
  return count;
}

Result<uint32_t> ByteRing::take(MutableByteSpan out) {
  const State state = TRY(look());
  const uint32_t at = state.taken % size();
  const auto count = static_cast<uint32_t>(std::min<size_t>(out.size(), state.used()));
  const uint32_t first = std::min(count, size() - at);
  __builtin_memcpy(out.data(), bytes_.data() + at, first);
  __builtin_memcpy(out.data() + first, bytes_.data(), count - first);
  __atomic_store_n(taken_, state.taken + count, __ATOMIC_SEQ_CST);
  return count;
}

// It may have filled the ring while it did not yet know what was taken.
bool ByteRing::made_room(uint32_t taken) const {
  const Result<uint32_t> left = used();
  return left && *left + taken >= size();
}

Result<SharedPage> shared_page(Hypercalls& xen, core::PhysicalMemory& memory, uint32_t frame, uint32_t channel) {
  // A domain without them has no such parameters, or they are 0. A frame of all ones is a xenstore's that has not started yet.
  const uint64_t number = xen.parameter(frame).value_or(0);
  const uint64_t port = xen.parameter(channel).value_or(0);
  if (number == 0 || ~number == 0 || port == 0 || port != static_cast<EventPort>(port)) return Status::NotFound;
  const auto address = checked_mul(number, kPageSize);
  const auto page = address ? memory.window(PhysAddr{*address}, kPageSize) : std::nullopt;
  if (!page) return Status::NoMapping;
  return SharedPage{page->data(), static_cast<EventPort>(port)};
}

}  // namespace efilite::drivers::xen
