// SPDX-License-Identifier: BSD-2-Clause-Patent
// What core needs from outside. drivers/, arch/ and tests/ implement these; core knows nobody else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "abi/uefi/serial_io.hpp"
#include "abi/uefi/types.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/units.hpp"

namespace efilite::core {

// Memory for core's own objects. 16-byte aligned; nullptr when there is none left.
class Heap {
 public:
  virtual void* allocate(size_t size) = 0;
  virtual void release(void* block) = 0;

 protected:
  ~Heap() = default;
};

// The CPU's interrupt flag. TPL_HIGH_LEVEL and above mean disabled [UEFI 2.10, 7.1.8].
class Interrupts {
 public:
  virtual void enable() = 0;
  virtual void disable() = 0;
  // Idle until an interrupt came, but no longer than a person notices (consoles are polled); may return at once. Called with interrupts
  // enabled.
  virtual void wait() = 0;

 protected:
  ~Interrupts() = default;
};

// Monotonic time in EFI's unit of 100 ns, and one alarm: when it is due the platform calls EventQueue::tick() from its interrupt handler.
// now() must be right whether or not an alarm is set. The first use may calibrate; a program that never asks pays nothing.
class Clock {
 public:
  virtual uint64_t now() = 0;
  // False: `due` is so far away that nobody has to know the time to say that it has not come.
  virtual bool may_be_due(uint64_t) { return true; }
  virtual void stall(uint64_t microseconds) = 0;
  virtual void set_alarm(uint64_t due) = 0;  // replaces the one before; in the past means as soon as possible
  virtual void cancel_alarm() = 0;
  // What time is counted with: 64 bits that begin anywhere, count up all the time and go on at 0 after the last. Its frequency is in Hz.
  virtual uint64_t counter() = 0;
  virtual uint64_t counter_frequency() = 0;

 protected:
  ~Clock() = default;
};

// What the handle database needs from events: EventQueue implements it, a test records what was signalled.
class EventSignaller {
 public:
  virtual Result<> signal(efi::Event event) = 0;
  virtual bool is_valid(efi::Event event) = 0;  // never follows the pointer of a wild event

 protected:
  ~EventSignaller() = default;
};

// A byte console: serial line, virtio console, Xen console.
class ConsolePort {
 public:
  virtual void write(std::string_view bytes) = 0;
  virtual std::optional<uint8_t> read() = 0;  // nullopt: nothing typed

 protected:
  ~ConsolePort() = default;
};

// How the characters of a serial line look.
struct SerialFormat {
  uint64_t baud_rate;
  uint8_t data_bits;
  efi::Parity parity;
  efi::StopBits stop_bits;
  bool operator==(const SerialFormat&) const = default;
  // Without defaults. One and a half stop bits go with five data bits, two with more.
  constexpr bool possible() const {
    const auto more = data_bits == 5 ? efi::StopBits::OneFive : efi::StopBits::Two;
    return data_bits >= 5 && data_bits <= 8 && parity > efi::Parity::Default && parity <= efi::Parity::Space &&
           (stop_bits == efi::StopBits::One || stop_bits == more);
  }
};

// A UART, for EFI_SERIAL_IO_PROTOCOL; as a console port it serves the terminal on the same line. Control bits are those of the protocol.
// Nothing here waits for the line but set_format(), which lets what was written leave in the old format. DEVICE_ERROR: nobody answers.
class SerialPort : public ConsolePort {
 public:
  virtual Result<> reset() = 0;
  // No value of `wanted` is a default. The rate becomes the nearest that is not above; the answer is what was set.
  virtual Result<SerialFormat> set_format(const SerialFormat& wanted) = 0;
  virtual uint32_t receive_depth() const = 0;
  virtual uint32_t control_mask() const = 0;
  virtual Result<> set_control(uint32_t control) = 0;
  virtual Result<uint32_t> control() = 0;
  virtual Result<size_t> send(ByteSpan bytes) = 0;  // how many of them there was room for
  // NOT_READY: nothing has come; TIMEOUT: some bytes were lost before this one; DEVICE_ERROR also for a byte that was garbled.
  virtual Result<std::byte> receive() = 0;

 protected:
  ~SerialPort() = default;
};

// Page permissions: kMemoryRp, kMemoryXp and kMemoryRo [UEFI 2.10, 7.2.3] of whole pages.
class PageProtection {
 public:
  // NO_MAPPING: the pages differ, or the CPU's tables do not reach one of them.
  virtual Result<uint64_t> get(PhysRange range) const = 0;
  // All of it or nothing. NO_MAPPING as above; OUT_OF_RESOURCES: a large page had to be split, and there was no memory for the table.
  virtual Result<> change(PhysRange range, uint64_t set, uint64_t clear) = 0;

  // `attributes` and no others.
  Result<> set(PhysRange range, uint64_t attributes) { return change(range, attributes, efi::kMemoryAccessMask & ~attributes); }

 protected:
  ~PageProtection() = default;
};

// Bytes that can be read more than once: a module in memory, a fw_cfg item, a file. read() fills all of `out` or fails.
class ByteSource {
 public:
  virtual uint64_t size() const = 0;
  virtual Result<> read(uint64_t offset, MutableByteSpan out) = 0;
  // Where the bytes already lie in memory that nobody else will use or change, if they do: then they need not be copied.
  virtual std::optional<MutableByteSpan> in_place() { return std::nullopt; }

 protected:
  ~ByteSource() = default;
};

// Physical memory that somebody else filled: start-of-day structures, modules, ACPI and SMBIOS tables.
class PhysicalMemory {
 public:
  // The whole range as bytes, or nullopt when a part of it is not mapped.
  virtual std::optional<MutableByteSpan> window(PhysRange range) = 0;

  std::optional<MutableByteSpan> window(PhysAddr from, uint64_t size) {
    auto end = from.plus(Bytes{size});
    return end ? window(PhysRange{from, *end}) : std::nullopt;
  }
  template <typename T>
  std::optional<T> read(PhysAddr from) {
    auto bytes = window(from, sizeof(T));
    return bytes ? read_at<T>(*bytes, 0) : std::nullopt;
  }

 protected:
  ~PhysicalMemory() = default;
};

}  // namespace efilite::core
