// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/serial.hpp"

#include <algorithm>
#include <utility>

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
constexpr uint16_t kModemStatus = 6;
constexpr uint16_t kScratch = 7;

constexpr uint8_t kDivisorAccess = 0x80;
constexpr uint8_t k8N1 = 0x03;
constexpr uint8_t kMoreStopBits = 0x04;
constexpr uint8_t kFifoEnableAndClear = 0x07;
constexpr uint8_t kFifoWorks = 0xC0;
constexpr uint8_t kTerminalReady = 0x01;
constexpr uint8_t kRequestToSend = 0x02;
constexpr uint8_t kLoopback = 0x10;
constexpr uint8_t kDataReady = 0x01;
constexpr uint8_t kOverrun = 0x02;
constexpr uint8_t kReceiveErrors = 0x1E;  // overrun, parity, framing, break
constexpr uint8_t kTransmitterEmpty = 0x20;
constexpr uint8_t kAllSent = 0x40;
constexpr uint8_t kNobody = 0xFF;  // what ports without a device read as
constexpr uint8_t kClearToSend = 0x10;

// The UART's lower and upper lines have the protocol's bits.
constexpr uint32_t kModemLines =
    efi::kSerialClearToSend | efi::kSerialDataSetReady | efi::kSerialRingIndicate | efi::kSerialCarrierDetect;
static_assert(efi::kSerialClearToSend == kClearToSend && kModemLines == 0xF0);
static_assert(efi::kSerialDataTerminalReady == kTerminalReady && efi::kSerialRequestToSend == kRequestToSend);

constexpr uint32_t kSettable =
    efi::kSerialDataTerminalReady | efi::kSerialRequestToSend | efi::kSerialHardwareLoopback | efi::kSerialHardwareFlowControl;

// OUT2 stays off: no interrupts.
constexpr uint8_t kReadyToTalk = kTerminalReady | kRequestToSend;

constexpr uint64_t kFastest = 115200;  // by a divisor of 1
constexpr uint64_t kSlowest = 50;      // of the data sheet's table; slower ones would be told too inexactly in whole bits

// At 115200 a full FIFO drains in 1.4 ms; a port read takes a microsecond at least, ten where a hypervisor answers it.
constexpr int kPatience = 50'000;

// The smallest divisor whose rate, told in whole bits a second, is not above the wanted one.
uint64_t divisor_for(uint64_t rate) { return rate >= kFastest ? 1 : kFastest / (rate + 1) + 1; }

// One bit asks for more than one stop bit: one and a half with five data bits, else two.
uint8_t line_control_for(const core::SerialFormat& format) {
  constexpr uint8_t kParityBits[] = {0x00, 0x18, 0x08, 0x28, 0x38};  // none, even, odd, mark, space
  const uint8_t stop = format.stop_bits != efi::StopBits::One ? kMoreStopBits : 0;
  return static_cast<uint8_t>((format.data_bits - 5) | stop | kParityBits[static_cast<uint32_t>(format.parity) - 1]);
}

}  // namespace

uint8_t Serial::get(uint16_t offset) const { return arch::in8(static_cast<uint16_t>(base_ + offset)); }
void Serial::put(uint16_t offset, uint8_t value) const { arch::out8(static_cast<uint16_t>(base_ + offset), value); }

// The scratch register remembers, which nothing else there does.
bool Serial::answers() const {
  if (get(kLineStatus) == kNobody) return false;
  for (const auto pattern : {uint8_t{0x5A}, uint8_t{0xA5}}) {
    put(kScratch, pattern);
    if (get(kScratch) != pattern) return false;
  }
  return true;
}

// No interrupts, empty FIFOs, and the other end is told that we are there.
void Serial::start() {
  put(kInterruptEnable, 0);
  put(kFifoControl, kFifoEnableAndClear);
  flow_control_ = false;
  modem_control_ = kReadyToTalk;
  put(kModemControl, modem_control_);
  burst_ = (get(kFifoControl) & kFifoWorks) == kFifoWorks ? 16 : 1;
  errors_ = 0;
  stalled_ = false;
}

bool Serial::open() {
  present_ = answers();
  if (!present_) return false;
  put(kLineControl, kDivisorAccess | k8N1);
  put(kData, 1);
  put(kInterruptEnable, 0);
  put(kLineControl, k8N1);
  start();
  return true;
}

Result<> Serial::reset() {
  if (!answers()) return Status::DeviceError;
  start();
  return {};
}

uint8_t Serial::look() {
  const uint8_t status = get(kLineStatus);
  errors_ |= status & kReceiveErrors;
  return status;
}

// With flow control the other end may send while there is nothing to be read, and shall stop once there is.
uint8_t Serial::look_for_data() {
  const uint8_t status = look();
  if (flow_control_) {
    const bool ready = (status & kDataReady) == 0;
    set_modem_control(static_cast<uint8_t>(ready ? modem_control_ | kRequestToSend : modem_control_ & ~kRequestToSend));
  }
  return status;
}

bool Serial::has_room(uint8_t line_status) const {
  return (line_status & kTransmitterEmpty) != 0 && (!flow_control_ || (get(kModemStatus) & kClearToSend) != 0);
}

void Serial::set_modem_control(uint8_t value) {
  if (value == modem_control_) return;
  modem_control_ = value;
  put(kModemControl, value);
}

// A UART that takes nothing (its host end stopped reading) costs the full patience once; after that a single look each time, until it
// recovers.
void Serial::write(std::string_view bytes) {
  if (!present_) return;
  for (size_t at = 0; at < bytes.size();) {
    int left = stalled_ ? 1 : kPatience;
    while (left > 0 && !has_room(look())) --left;
    stalled_ = left == 0;
    if (stalled_) return;
    const size_t end = std::min(at + burst_, bytes.size());
    for (; at < end; ++at) put(kData, static_cast<uint8_t>(bytes[at]));
  }
}

std::optional<uint8_t> Serial::read() {
  if (!present_ || (look_for_data() & kDataReady) == 0) return std::nullopt;
  errors_ = 0;  // a terminal's user sees what is wrong
  return get(kData);
}

Result<core::SerialFormat> Serial::set_format(const core::SerialFormat& wanted) {
  if (!wanted.possible() || wanted.baud_rate < kSlowest) return Status::InvalidParameter;
  const uint8_t line = line_control_for(wanted);
  const uint64_t divisor = divisor_for(wanted.baud_rate);
  for (int left = kPatience; left > 0 && (look() & kAllSent) == 0; --left) {
  }
  put(kLineControl, line | kDivisorAccess);
  put(kData, static_cast<uint8_t>(divisor));
  put(kInterruptEnable, static_cast<uint8_t>(divisor >> 8));
  put(kLineControl, line);
  if (get(kLineControl) != line) return Status::DeviceError;
  return core::SerialFormat{kFastest / divisor, wanted.data_bits, wanted.parity, wanted.stop_bits};
}

// All but the loop in software, which would be somebody else's work.
uint32_t Serial::control_mask() const {
  return kSettable | kModemLines | efi::kSerialInputBufferEmpty | efi::kSerialOutputBufferEmpty;
}

Result<> Serial::set_control(uint32_t control) {
  if ((control & ~kSettable) != 0) return Status::Unsupported;
  if (look() == kNobody) return Status::DeviceError;
  flow_control_ = (control & efi::kSerialHardwareFlowControl) != 0;
  const uint8_t loop = (control & efi::kSerialHardwareLoopback) != 0 ? kLoopback : 0;
  set_modem_control(static_cast<uint8_t>((control & kReadyToTalk) | loop));
  return {};
}

Result<uint32_t> Serial::control() {
  const uint8_t status = look();
  if (status == kNobody) return Status::DeviceError;
  uint32_t control = modem_control_ & kReadyToTalk;
  control |= get(kModemStatus) & kModemLines;
  if ((status & kDataReady) == 0) control |= efi::kSerialInputBufferEmpty;
  if ((status & kTransmitterEmpty) != 0) control |= efi::kSerialOutputBufferEmpty;
  if ((modem_control_ & kLoopback) != 0) control |= efi::kSerialHardwareLoopback;
  if (flow_control_) control |= efi::kSerialHardwareFlowControl;
  return control;
}

Result<size_t> Serial::send(ByteSpan bytes) {
  const uint8_t status = look();
  if (status == kNobody) return Status::DeviceError;
  if (!has_room(status)) return size_t{0};
  const size_t count = std::min<size_t>(burst_, bytes.size());
  for (const std::byte byte : bytes.first(count)) put(kData, static_cast<uint8_t>(byte));
  return count;
}

Result<std::byte> Serial::receive() {
  const uint8_t status = look_for_data();
  if (status == kNobody) return Status::DeviceError;
  if ((errors_ & kOverrun) != 0) {
    errors_ &= static_cast<uint8_t>(~kOverrun);
    return Status::Timeout;
  }
  if ((status & kDataReady) == 0) return Status::NotReady;
  const auto byte = static_cast<std::byte>(get(kData));
  if (std::exchange(errors_, 0) != 0) return Status::DeviceError;
  return byte;
}

}  // namespace efilite::drivers
