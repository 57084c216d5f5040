// SPDX-License-Identifier: BSD-2-Clause-Patent
// A virtio console [virtio 1.2, 5.3], also one with several ports of which a test says what they are.
#pragma once

#include <linux/virtio_console.h>

#include <map>
#include <set>
#include <string>

#include "tests/support/virtio.hpp"

namespace efilite::test {

class FakeVirtioConsole final : public FakeVirtioDevice {
 public:
  explicit FakeVirtioConsole(uint32_t ports = 1, uint16_t queue = 64)
      : FakeVirtioDevice(drivers::virtio::DeviceType::Console, std::vector<uint16_t>(ports == 1 ? 2 : 2 * ports + 2, queue)),
        ports_(ports) {
    if (ports > 1) offer(VIRTIO_CONSOLE_F_MULTIPORT);
    config.resize(sizeof(virtio_console_config));
    set_config<uint32_t>(offsetof(virtio_console_config, max_nr_ports), ports);
    holds = true;
  }
  std::map<uint32_t, std::string> sent;  // by port
  std::set<uint32_t> consoles = {0};     // ports
  std::set<uint32_t> opened;             // by the driver
  std::vector<virtio_console_control> extra;  // messages that come before all others
  bool reads = true;                     // what is written
  bool silent = false;                   // about its ports
  bool babbles = false;
  size_t extra_bytes = 0;                // behind each message, e.g. of a name

  // Typed at the other end; how many bytes there was room for.
  size_t press(uint32_t port, std::string_view text) { return give(receive_queue(port), std::as_bytes(std::span(text))); }

  void notify(uint16_t index) override {
    FakeVirtioDevice::notify(index);
    if (never_answers) return;
    const bool sends = (index & 1) != 0;
    if (sends && (reads || index == 3)) answer(index);
    if (index == 2 && babbles) say(0, VIRTIO_CONSOLE_RESIZE, 0);
  }

 protected:
  uint32_t serve(uint16_t index, const VirtioRequest& request) override {
    insist((index & 1) != 0 && request.writable.empty(), "a request that is not to be read");
    const auto bytes = request.input();
    if (index == 3 && ports_ > 1) {
      control(bytes);
    } else {
      const uint32_t port = index == 1 ? 0 : (index - 3u) / 2;
      insist(ports_ == 1 || !has_accepted(VIRTIO_CONSOLE_F_MULTIPORT) || opened.contains(port), "a port is used before it is open");
      sent[port].append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    return 0;
  }

 private:
  static uint16_t receive_queue(uint32_t port) { return static_cast<uint16_t>(port == 0 ? 0 : 2 * port + 2); }

  // To the driver, into one buffer after the other.
  size_t give(uint16_t index, ByteSpan bytes) {
    Queue& queue = queues[index];
    size_t done = 0;
    while (done < bytes.size() && !queue.held.empty()) {
      const VirtioRequest request = queue.held.front();
      queue.held.pop_front();
      const size_t count = request.write(bytes.subspan(done));
      done += count;
      complete(queue, request.head, static_cast<uint32_t>(count));
    }
    return done;
  }
  void say(uint32_t port, uint16_t event, uint16_t value) {
    const virtio_console_control message = {port, event, value};
    std::vector<std::byte> bytes(sizeof message + extra_bytes);
    memcpy(bytes.data(), &message, sizeof message);
    give(2, bytes);
  }
  void control(const std::vector<std::byte>& bytes) {
    insist(bytes.size() == sizeof(virtio_console_control), "a message of another size");
    virtio_console_control message;
    memcpy(&message, bytes.data(), sizeof message);
    if (message.event == VIRTIO_CONSOLE_DEVICE_READY) {
      opened.clear();
      for (const auto& each : extra) say(each.id, each.event, each.value);
      for (uint32_t port = 0; port < ports_ && !silent; ++port) say(port, VIRTIO_CONSOLE_PORT_ADD, 1);
      if (babbles) say(0, VIRTIO_CONSOLE_RESIZE, 0);
    } else if (message.event == VIRTIO_CONSOLE_PORT_READY) {
      insist(message.value == 1, "a port that is not taken");
      if (consoles.contains(message.id)) say(message.id, VIRTIO_CONSOLE_CONSOLE_PORT, 1);
    } else if (message.event == VIRTIO_CONSOLE_PORT_OPEN) {
      opened.insert(message.id);
    } else {
      insist(false, "an unknown message");
    }
  }

  uint32_t ports_;
};

}  // namespace efilite::test
