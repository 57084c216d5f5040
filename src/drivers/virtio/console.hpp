// SPDX-License-Identifier: BSD-2-Clause-Patent
// A virtio console [virtio 1.2, 5.3]: its only port, or, when it has several, the first that is a console.
#pragma once

#include "drivers/host_console.hpp"
#include "drivers/virtio/deadline.hpp"
#include "drivers/virtio/virtqueue.hpp"

namespace efilite::drivers::virtio {

class ConsoleDevice final : public HostConsole {
 public:
  ConsoleDevice(Transport& transport, core::DeviceMemory& memory, core::Clock& clock, std::string_view name)
      : device_(transport, memory, clock, name) {}

  // NOT_FOUND: no port of it is a console. DEVICE_ERROR, with a line in the log: it does not start, or breaks the rules.
  Result<> start();
  Device& device() { return device_; }
  uint32_t port() const { return port_; }

  uint32_t receive_depth() const override { return kReceiveSize; }
  Result<size_t> send(ByteSpan bytes) override;
  Result<std::byte> receive() override;

 private:
  static constexpr uint16_t kSendBuffers = 8, kReceiveBuffers = 16, kMessageBuffers = 32;
  static constexpr size_t kSendSize = 256, kReceiveSize = 64, kMessageSize = 128;

  // What the device reads and writes.
  struct Buffers;

  Result<> usable() override { return device_.usable() ? Result<>() : Result<>(Status::DeviceError); }
  Result<bool> has_input() override;
  Result<bool> has_sent() override;
  bool lost_patience(bool first) override;
  Result<uint32_t> begin(uint32_t port);
  Result<> set_up(uint32_t port);
  Result<uint32_t> meet_ports(uint32_t port);
  Result<bool> next_message(uint32_t& console);
  Result<> send_message(uint32_t id, uint16_t event, uint16_t value);
  Result<> start_queue(Virtqueue& queue, uint32_t index, uint16_t size);
  void take_back_sent();
  void fetch();

  Device device_;
  Virtqueue receive_, transmit_, messages_, replies_;
  Buffers* buffers_ = nullptr;
  uint32_t port_ = 0;
  uint8_t free_to_send_ = 0;  // a bit for each buffer
  std::optional<Deadline> patience_;
  std::array<std::byte, kReceiveSize> typed_{};
  size_t typed_at_ = 0, typed_end_ = 0;
};

}  // namespace efilite::drivers::virtio
