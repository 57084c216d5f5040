// SPDX-License-Identifier: BSD-2-Clause-Patent
// A virtio source of numbers that are not random at all: each is one more than the one before [virtio 1.2, 5.4].
#pragma once

#include "tests/support/virtio.hpp"

namespace efilite::test {

class FakeVirtioEntropy final : public FakeVirtioDevice {
 public:
  FakeVirtioEntropy() : FakeVirtioDevice(drivers::virtio::DeviceType::Entropy, {8}) {}
  size_t most = 64;  // bytes of one answer
  uint64_t next = 1;

 protected:
  uint32_t serve(uint16_t, const VirtioRequest& request) override {
    insist(request.readable.empty() && request.room() != 0, "a request that is not for bytes");
    const size_t size = std::min(most, request.room());
    for (size_t at = 0; at < size; at += 8, ++next)
      request.write(std::as_bytes(std::span(&next, 1)).first(std::min<size_t>(8, size - at)), at);
    return static_cast<uint32_t>(size);
  }
};

}  // namespace efilite::test
