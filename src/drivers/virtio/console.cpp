// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/virtio/console.hpp"

#include <linux/virtio_console.h>

#include <algorithm>
#include <array>
#include <bit>

namespace efilite::drivers::virtio {

namespace {

constexpr uint32_t kMessageQueue = 2;  // from the device; the next is to it [virtio 1.2, 5.3.2]
constexpr uint32_t kMostPorts = 0x7FFE;  // so many queues can be numbered
constexpr uint64_t kGrace = kSecond / 10;    // for a device to speak of its ports
constexpr int kRestsPerLook = 32;
constexpr unsigned kMostMessages = 4096;
constexpr uint32_t kNoPort = VIRTIO_CONSOLE_BAD_ID;

constexpr uint32_t receive_queue(uint32_t port) { return port == 0 ? 0 : 2 * port + 2; }

}  // namespace

struct ConsoleDevice::Buffers {
  std::array<std::array<std::byte, kMessageSize>, kMessageBuffers> messages;
  std::array<std::array<std::byte, kSendSize>, kSendBuffers> send;
  std::array<std::array<std::byte, kReceiveSize>, kReceiveBuffers> receive;
  virtio_console_control reply;
};

// Queues have to be set up before the device works, but which port is a console it tells only then. So the first port is tried, which it
// nearly always is; when it is not, the device begins again with the other.
Result<> ConsoleDevice::start() {
  port_ = TRY(begin(0));
  if (port_ == 0) return {};
  device_.shutdown();
  const uint32_t again = TRY(begin(port_));
  if (again == port_) return {};
  const Status failed = device_.fail("another port is its console each time");
  device_.shutdown();
  return failed;
}

Result<uint32_t> ConsoleDevice::begin(uint32_t port) {
  TRY(device_.begin(uint64_t{1} << VIRTIO_CONSOLE_F_MULTIPORT));
  Result<> done = set_up(port);
  Result<uint32_t> console = 0;
  if (done && device_.has(VIRTIO_CONSOLE_F_MULTIPORT)) console = meet_ports(port);
  if (done && console) return console;
  device_.shutdown();
  return done ? console.status() : done.status();
}

Result<> ConsoleDevice::start_queue(Virtqueue& queue, uint32_t index, uint16_t size) {
  Result<> started = device_.start_queue(queue, static_cast<uint16_t>(index), {.size = size, .max_pieces = 1});
  if (started.status() == Status::NotFound || started.status() == Status::Unsupported) return device_.fail("it lacks a queue: ", index);
  return started;
}

// Puts what it can of `buffers` into the queue.
template <typename Array>
Result<> fill(Virtqueue& queue, Array& buffers) {
  for (size_t i = 0; i < buffers.size(); ++i) {
    const Piece piece = from_device(buffers[i]);
    Result<> put = queue.submit({&piece, 1}, static_cast<uint16_t>(i));
    if (put.status() == Status::NotReady) break;  // a short queue
    TRY(put);
  }
  queue.notify();
  return {};
}

Result<> ConsoleDevice::set_up(uint32_t port) {
  const bool ports = device_.has(VIRTIO_CONSOLE_F_MULTIPORT);
  TRY(start_queue(receive_, receive_queue(port), kReceiveBuffers));
  TRY(start_queue(transmit_, receive_queue(port) + 1, kSendBuffers));
  if (ports) {
    TRY(start_queue(messages_, kMessageQueue, kMessageBuffers));
    TRY(start_queue(replies_, kMessageQueue + 1, 1));
  }
  buffers_ = reinterpret_cast<Buffers*>(TRY(device_.allocate(PageCount::covering({sizeof(Buffers)}))).data());
  static_assert(sizeof(Buffers) <= 2 * kPageSize);
  static_assert(kSendBuffers == 8);
  free_to_send_ = 0xFF;
  typed_at_ = typed_end_ = 0;
  device_.ready();
  if (ports) TRY(fill(messages_, buffers_->messages));
  return fill(receive_, buffers_->receive);
}

Result<> ConsoleDevice::send_message(uint32_t id, uint16_t event, uint16_t value) {
  buffers_->reply = {.id = id, .event = event, .value = value};
  const Piece piece = to_device(bytes_of(buffers_->reply));
  TRY(replies_.run({&piece, 1}));
  return {};
}

// Takes one message, if there is one, and answers it [virtio 1.2, 5.3.6.2]. `console` becomes the first port that is one.
Result<bool> ConsoleDevice::next_message(uint32_t& console) {
  const std::optional<Completion> done = TRY(messages_.poll());
  if (!done) return false;
  MutableByteSpan buffer = buffers_->messages[done->token];
  const auto message = read_at<virtio_console_control>(buffer.first(done->written), 0);
  const Piece piece = from_device(buffer);
  TRY(messages_.submit({&piece, 1}, done->token));
  messages_.notify();
  if (!message || message->id > kMostPorts) return true;
  const uint32_t id = message->id;
  if (message->event == VIRTIO_CONSOLE_PORT_ADD) TRY(send_message(id, VIRTIO_CONSOLE_PORT_READY, 1));
  if (message->event == VIRTIO_CONSOLE_CONSOLE_PORT && console == kNoPort) console = id;
  return true;
}

// Which port is the console; `port`, if it is one, is opened then. The device says nothing when it has told all, so its silence is waited
// for.
Result<uint32_t> ConsoleDevice::meet_ports(uint32_t port) {
  uint32_t console = kNoPort;
  TRY(send_message(kNoPort, VIRTIO_CONSOLE_DEVICE_READY, 1));
  Deadline silence(device_.clock(), kGrace);
  for (unsigned messages = 0; console == kNoPort;) {
    if (!TRY(next_message(console))) {
      for (int rests = 0; rests < kRestsPerLook; ++rests) {
        if (silence.passed()) return Status::NotFound;
      }
    } else if (++messages == kMostMessages) {
      return device_.fail("it talks of its ports without end");
    }
  }
  if (console == port) TRY(send_message(port, VIRTIO_CONSOLE_PORT_OPEN, 1));
  return console;
}

void ConsoleDevice::take_back_sent() {
  for (;;) {
    const auto done = transmit_.poll();
    if (!done || !*done) return;
    free_to_send_ = static_cast<uint8_t>(free_to_send_ | 1u << (*done)->token);
  }
}

// How many bytes there was room for.
Result<size_t> ConsoleDevice::send(ByteSpan bytes) {
  take_back_sent();
  TRY(usable());
  size_t sent = 0;
  while (sent < bytes.size() && free_to_send_ != 0) {
    const auto token = static_cast<uint16_t>(std::countr_zero(free_to_send_));
    const ByteSpan part = bytes.subspan(sent, std::min(kSendSize, bytes.size() - sent));
    MutableByteSpan buffer = MutableByteSpan(buffers_->send[token]).first(part.size());
    __builtin_memcpy(buffer.data(), part.data(), part.size());
    const Piece piece = to_device(buffer);
    if (!transmit_.submit({&piece, 1}, token)) break;  // a short queue
    free_to_send_ = static_cast<uint8_t>(free_to_send_ & ~(1u << token));
    sent += part.size();
  }
  transmit_.notify();
  return sent;
}

bool ConsoleDevice::lost_patience(bool first) {
  if (first) patience_.emplace(device_.clock(), kPatience);
  return patience_->passed();
}

// The device gets its buffer back at once, so what came is copied.
void ConsoleDevice::fetch() {
  if (typed_at_ != typed_end_) return;
  const auto done = receive_.poll();
  if (!done || !*done) return;
  const uint16_t token = (*done)->token;
  MutableByteSpan buffer = buffers_->receive[token];
  typed_at_ = 0;
  typed_end_ = (*done)->written;
  __builtin_memcpy(typed_.data(), buffer.data(), typed_end_);
  const Piece piece = from_device(buffer);
  if (receive_.submit({&piece, 1}, token)) receive_.notify();
}

Result<std::byte> ConsoleDevice::receive() {
  fetch();
  if (typed_at_ != typed_end_) return typed_[typed_at_++];
  TRY(usable());
  return Status::NotReady;
}

Result<bool> ConsoleDevice::has_input() {
  fetch();
  TRY(usable());
  return typed_at_ != typed_end_;
}

Result<bool> ConsoleDevice::has_sent() {
  take_back_sent();
  TRY(usable());
  return transmit_.in_flight() == 0;
}

}  // namespace efilite::drivers::virtio
