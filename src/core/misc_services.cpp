// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/misc_services.hpp"

#include <cstring>

#include "base/crc32.hpp"
#include "core/firmware.hpp"

namespace efilite::core {

namespace {

using efi::EfiStatus;

constexpr uint64_t kLastFirmwareCode = 0xFFFF;
constexpr uint64_t kUnitsPerSecond = 10'000'000;

constinit MiscServices* the_misc = nullptr;

EfiStatus EFIAPI get_next_monotonic_count(uint64_t* count) {
  if (count == nullptr) return efi::encode(Status::InvalidParameter);
  TplGuard guard(the_firmware->events, efi::kTplNotify);
  auto next = the_misc->counter.next();
  if (next) *count = *next;
  return efi::encode(next);
}

EfiStatus EFIAPI stall(efi::Uintn microseconds) {
  the_firmware->clock.stall(microseconds);
  the_firmware->events.poll();  // timers that became due meanwhile, on a machine whose alarm cannot interrupt
  return efi::encode(Status::Success);
}

// The text in `data` may be gone by the time the watchdog barks, and is only an explanation: the code is what gets logged.
EfiStatus EFIAPI set_watchdog_timer(efi::Uintn timeout, uint64_t code, efi::Uintn, efi::Char16*) {
  TplGuard guard(the_firmware->events, efi::kTplNotify);
  return efi::encode(the_misc->watchdog.set(timeout, code));
}

EfiStatus EFIAPI calculate_crc32(void* data, efi::Uintn size, uint32_t* crc) {
  if (data == nullptr || size == 0 || crc == nullptr) return efi::encode(Status::InvalidParameter);
  *crc = crc32({static_cast<const std::byte*>(data), size});
  return efi::encode(Status::Success);
}

// [UEFI 2.10, 7.5.4] the buffers may overlap.
void EFIAPI copy_mem(void* destination, void* source, efi::Uintn length) {
  if (length != 0) memmove(destination, source, length);
}
void EFIAPI set_mem(void* buffer, efi::Uintn size, uint8_t value) {
  if (size != 0) memset(buffer, value, size);
}

}  // namespace

Result<> Watchdog::set(uint64_t seconds, uint64_t code, bool by_firmware) {
  if (expired_ == nullptr) return Status::Unsupported;
  // Loaders switch it off with code 0, so that a reserved code only matters where one would be logged.
  if (seconds != 0 && code <= kLastFirmwareCode && !by_firmware) return Status::InvalidParameter;
  if (event_ == nullptr) {
    if (seconds == 0) return {};
    auto made = events_.create(efi::kEvtTimer | efi::kEvtNotifySignal, efi::kTplHighLevel, notify, this);
    if (!made) return Status::DeviceError;  // the service knows no OUT_OF_RESOURCES
    event_ = *made;
  }
  code_ = code;
  const auto delay = seconds == 0 ? efi::TimerDelay::Cancel : efi::TimerDelay::Relative;
  return events_.set_timer(event_, delay, checked_mul(seconds, kUnitsPerSecond).value_or(UINT64_MAX)) ? Result<>() : Status::DeviceError;
}

void EFIAPI Watchdog::notify(efi::Event, void* context) {
  const auto& self = *static_cast<const Watchdog*>(context);
  self.expired_(self.code_);
}

Result<uint64_t> MonotonicCounter::next() {
  // Look ahead: once the low half wraps, the high half must already have moved on in the store, or a reset would repeat counts.
  auto high = high_.get();
  if (!high) return Status::DeviceError;
  const uint64_t count = uint64_t{*high} << 32 | low_;
  if (low_ == UINT32_MAX && !high_.advance()) return Status::DeviceError;
  ++low_;
  return count;
}

void fill_misc_services(efi::BootServices& services, MiscServices& state) {
  the_misc = &state;
  services.get_next_monotonic_count = get_next_monotonic_count;
  services.stall = stall;
  services.set_watchdog_timer = set_watchdog_timer;
  services.calculate_crc32 = calculate_crc32;
  services.copy_mem = copy_mem;
  services.set_mem = set_mem;
}

}  // namespace efilite::core
