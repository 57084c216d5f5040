// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/console/serial_io.hpp"

namespace efilite::core {

namespace {

constexpr uint32_t kDefaultTimeout = 1'000'000;  // microseconds for each character [UEFI 2.10, 12.8]
constexpr uint32_t kDefaultDepth = 1;

SerialFormat format_of(const efi::SerialIoMode& mode) {
  return {mode.baud_rate, static_cast<uint8_t>(mode.data_bits), mode.parity, mode.stop_bits};
}

}  // namespace

// The attributes stay as the mode tells them; the control bits become those of the start.
Result<> SerialIo::reset() {
  TplGuard guard(events_, efi::kTplNotify);
  TRY(port_.reset());
  TRY(port_.set_format(format_of(mode_)));
  return {};
}

Result<> SerialIo::set_attributes(SerialFormat wanted, uint32_t receive_fifo_depth, uint32_t timeout) {
  if (wanted.baud_rate == 0) wanted.baud_rate = kDefaultSerialFormat.baud_rate;
  if (wanted.data_bits == 0) wanted.data_bits = kDefaultSerialFormat.data_bits;
  if (wanted.parity == efi::Parity::Default) wanted.parity = kDefaultSerialFormat.parity;
  if (wanted.stop_bits == efi::StopBits::Default) wanted.stop_bits = kDefaultSerialFormat.stop_bits;
  const SerialFormat old = format_of(mode_);
  SerialFormat now;
  {
    TplGuard guard(events_, efi::kTplNotify);
    now = TRY(port_.set_format(wanted));
    mode_.baud_rate = now.baud_rate;
    mode_.data_bits = now.data_bits;
    mode_.parity = now.parity;
    mode_.stop_bits = now.stop_bits;
    mode_.timeout = timeout != 0 ? timeout : kDefaultTimeout;
    // The nearest that is not above: one byte, or all that there is.
    const uint32_t depth = port_.receive_depth();
    mode_.receive_fifo_depth = receive_fifo_depth >= depth ? depth : kDefaultDepth;
  }
  if (now != old) observer_.format_changed(now);
  return {};
}

// Each step moves what it can; the time that the program allows is for one character, so it begins anew with each. Other work may run
// between the steps.
template <typename Move>
Result<> SerialIo::transfer(size_t size, size_t& done, Move move) {
  std::optional<uint64_t> give_up;
  for (done = 0; done < size;) {
    const size_t moved = TRY([&] {
      TplGuard guard(events_, efi::kTplNotify);
      return move(done);
    }());
    done += moved;
    if (moved != 0) {
      give_up.reset();
    } else if (!give_up) {
      give_up = clock_.now() + uint64_t{mode_.timeout} * 10;
    } else if (clock_.now() >= *give_up) {
      return Status::Timeout;
    }
  }
  return {};
}

Result<> SerialIo::write(ByteSpan bytes, size_t& done) {
  return transfer(bytes.size(), done, [&](size_t at) { return port_.send(bytes.subspan(at)); });
}

Result<> SerialIo::read(MutableByteSpan bytes, size_t& done) {
  return transfer(bytes.size(), done, [&](size_t at) -> Result<size_t> {
    auto byte = port_.receive();
    if (byte.status() == Status::NotReady) return size_t{0};
    bytes[at] = TRY(byte);
    return size_t{1};
  });
}

// ---- the C edge

struct SerialIoThunks {
  using Self = efi::SerialIoProtocol;
  using EfiStatus = efi::EfiStatus;
  static constexpr EfiStatus kInvalid = efi::encode(Status::InvalidParameter);

  static SerialIo& owner(Self* self) { return *static_cast<SerialIo::Edge*>(self)->owner; }

  static EfiStatus EFIAPI reset(Self* self) { return efi::encode(owner(self).reset()); }
  static EfiStatus EFIAPI set_attributes(Self* self, uint64_t baud_rate, uint32_t receive_fifo_depth, uint32_t timeout, efi::Parity parity,
                                         uint8_t data_bits, efi::StopBits stop_bits) {
    return efi::encode(owner(self).set_attributes({baud_rate, data_bits, parity, stop_bits}, receive_fifo_depth, timeout));
  }
  static EfiStatus EFIAPI set_control(Self* self, uint32_t control) {
    TplGuard guard(owner(self).events_, efi::kTplNotify);
    return efi::encode(owner(self).port_.set_control(control));
  }
  static EfiStatus EFIAPI get_control(Self* self, uint32_t* control) {
    if (control == nullptr) return kInvalid;
    TplGuard guard(owner(self).events_, efi::kTplNotify);
    auto now = owner(self).port_.control();
    if (now) *control = *now;
    return efi::encode(now);
  }
  static EfiStatus EFIAPI write(Self* self, efi::Uintn* size, void* buffer) {
    if (size == nullptr || (buffer == nullptr && *size != 0)) return kInvalid;
    return efi::encode(owner(self).write({static_cast<const std::byte*>(buffer), *size}, *size));
  }
  static EfiStatus EFIAPI read(Self* self, efi::Uintn* size, void* buffer) {
    if (size == nullptr || (buffer == nullptr && *size != 0)) return kInvalid;
    return efi::encode(owner(self).read({static_cast<std::byte*>(buffer), *size}, *size));
  }
};

SerialIo::SerialIo(SerialPort& port, EventQueue& events, Clock& clock, Observer& observer)
    : port_(port), events_(events), clock_(clock), observer_(observer) {
  using T = SerialIoThunks;
  edge_.revision = efi::SerialIoProtocol::kRevision1p1;
  edge_.reset = T::reset;
  edge_.set_attributes = T::set_attributes;
  edge_.set_control = T::set_control;
  edge_.get_control = T::get_control;
  edge_.write = T::write;
  edge_.read = T::read;
  edge_.mode = &mode_;
  edge_.device_type = &efi::kSerialTerminal;
  edge_.owner = this;
  mode_ = {port.control_mask(), kDefaultTimeout, kDefaultSerialFormat.baud_rate, kDefaultDepth, kDefaultSerialFormat.data_bits,
           kDefaultSerialFormat.parity, kDefaultSerialFormat.stop_bits};
}

}  // namespace efilite::core
