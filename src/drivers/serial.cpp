// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/serial.hpp"

#include <algorithm>

#include "arch/io.hpp"

namespace efilite::drivers {

namespace {

// Register offsets and bits of the 16550.
constexpr uint16_t kData = 0;             // divisor low while DLAB is set
constexpr uint16_t kInterruptEnable = 1;  // divisor high while DLAB is set
constexpr uint16_t kFifoControl = 2;      // read: interrupt identification
constexpr uint16_t kLineControl = 3;
constexpr uint16_t kModemControl = 4;
constexpr uint16_t kLineStatus = 5;
constexpr uint16_t kScratch = 7;

constexpr uint8_t kDivisorAccess = 0x80;
constexpr uint8_t k8N1 = 0x03;
constexpr uint8_t kFifoEnableAndClear = 0x07;
constexpr uint8_t kFifoWorks = 0xC0;
constexpr uint8_t kReadyToTalk = 0x03;  // DTR and RTS; OUT2 stays off: no interrupts
constexpr uint8_t kDataReady = 0x01;
constexpr uint8_t kTransmitterEmpty = 0x20;
constexpr uint8_t kDivisor115200 = 1;

// At 115200 a full FIFO drains in 1.4 ms; a port read takes a microsecond at least, ten where a hypervisor answers it.
constexpr int kPatience = 50'000;

}  // namespace

uint8_t Serial::get(uint16_t offset) const { return arch::in8(static_cast<uint16_t>(base_ + offset)); }
void Serial::put(uint16_t offset, uint8_t value) const { arch::out8(static_cast<uint16_t>(base_ + offset), value); }

// Ports that nobody serves read as all ones; the scratch register remembers, which nothing else there does.
bool Serial::answers() const {
  if (get(kLineStatus) == 0xFF) return false;
  for (const auto pattern : {uint8_t{0x5A}, uint8_t{0xA5}}) {
    put(kScratch, pattern);
    if (get(kScratch) != pattern) return false;
  }
  return true;
}

bool Serial::open() {
  present_ = answers();
  if (!present_) return false;
  put(kInterruptEnable, 0);
  put(kLineControl, kDivisorAccess | k8N1);
  put(kData, kDivisor115200);
  put(kInterruptEnable, 0);
  put(kLineControl, k8N1);
  put(kFifoControl, kFifoEnableAndClear);
  put(kModemControl, kReadyToTalk);
  burst_ = (get(kFifoControl) & kFifoWorks) == kFifoWorks ? 16 : 1;
  stalled_ = false;
  return true;
}

// A UART that takes nothing (its host end stopped reading) costs the full patience once; after that a single look each time, until it
// recovers.
bool Serial::wait_for_room() {
  for (int left = stalled_ ? 1 : kPatience; left > 0; --left) {
    if ((get(kLineStatus) & kTransmitterEmpty) != 0) {
      stalled_ = false;
      return true;
    }
  }
  stalled_ = true;
  return false;
}

void Serial::write(std::string_view bytes) {
  if (!present_) return;
  for (size_t at = 0; at < bytes.size();) {
    if (!wait_for_room()) return;
    const size_t end = std::min(at + burst_, bytes.size());
    for (; at < end; ++at) put(kData, static_cast<uint8_t>(bytes[at]));
  }
}

std::optional<uint8_t> Serial::read() {
  if (!present_ || (get(kLineStatus) & kDataReady) == 0) return std::nullopt;
  return get(kData);
}

}  // namespace efilite::drivers
