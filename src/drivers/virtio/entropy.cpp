// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/virtio/entropy.hpp"

namespace efilite::drivers::virtio {

Result<> EntropyDevice::start() {
  return device_.start(0, [&] { return set_up(); });
}

Result<> EntropyDevice::set_up() {
  TRY(device_.start_request_queue(queue_, 0, {.size = 1, .max_pieces = 1}));
  buffer_ = TRY(device_.allocate({1})).first(kAtOnce);
  left_ = 0;
  return {};
}

std::optional<uint64_t> EntropyDevice::word() {
  uint64_t word = 0;
  if (left_ < sizeof word) {
    const Piece piece = from_device(buffer_);
    const auto written = queue_.run({&piece, 1});
    left_ = written ? *written : 0;
  }
  if (left_ < sizeof word) return std::nullopt;
  left_ -= sizeof word;
  MutableByteSpan used = buffer_.subspan(left_, sizeof word);
  __builtin_memcpy(&word, used.data(), sizeof word);
  __builtin_memset(used.data(), 0, sizeof word);  // nobody else is to see them
  return word;
}

}  // namespace efilite::drivers::virtio
