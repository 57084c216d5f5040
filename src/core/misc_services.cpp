// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/misc_services.hpp"

#include <algorithm>
#include <cstring>

#include "base/crc32.hpp"
#include "core/console/utf8.hpp"
#include "core/firmware.hpp"

namespace efilite::core {

namespace {

using efi::EfiStatus;

constexpr uint64_t kLastFirmwareCode = 0xFFFF;
constexpr uint64_t kUnitsPerSecond = 10'000'000;

constinit MiscServices* the_misc = nullptr;

EfiStatus EFIAPI get_next_monotonic_count(uint64_t* count) {
  if (count == nullptr) return efi::encode(Status::InvalidParameter);
  *count = runtime::next_monotonic_count(the_misc->runtime);
  return efi::encode(Status::Success);
}

EfiStatus EFIAPI stall(efi::Uintn microseconds) {
  the_firmware->clock.stall(microseconds);
  the_firmware->events.poll();  // timers that became due meanwhile, on a machine whose alarm cannot interrupt
  return efi::encode(Status::Success);
}

EfiStatus EFIAPI set_watchdog_timer(efi::Uintn timeout, uint64_t code, efi::Uintn data_size, efi::Char16* data) {
  TplGuard guard(the_firmware->events, efi::kTplNotify);
  const ByteSpan given(reinterpret_cast<const std::byte*>(data), data == nullptr ? 0 : data_size);
  return efi::encode(the_misc->watchdog.set(timeout, code, given));
}

EfiStatus EFIAPI calculate_crc32(void* data, efi::Uintn size, uint32_t* crc) {
  if (data == nullptr || size == 0 || crc == nullptr) return efi::encode(Status::InvalidParameter);
  *crc = crc32({static_cast<const std::byte*>(data), size});
  return efi::encode(Status::Success);
}

// [UEFI 2.10, 7.5.3] the buffers may overlap.
void EFIAPI copy_mem(void* destination, void* source, efi::Uintn length) {
  if (length != 0) memmove(destination, source, length);
}
void EFIAPI set_mem(void* buffer, efi::Uintn size, uint8_t value) {
  if (size != 0) memset(buffer, value, size);
}

}  // namespace

void Watchdog::keep_description(ByteSpan data) {
  std::array<char16_t, kDescription> text{};
  const size_t size = std::min(data.size() & ~size_t{1}, sizeof text);
  if (size != 0) memcpy(text.data(), data.data(), size);
  const std::u16string_view all(text.data(), text.size());
  description_size_ = utf16_to_utf8(all.substr(0, all.find(u'\0')), description_).value_or(0);
}

Result<> Watchdog::set(uint64_t seconds, uint64_t code, ByteSpan data, bool by_firmware) {
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
  keep_description(data);
  const auto delay = seconds == 0 ? efi::TimerDelay::Cancel : efi::TimerDelay::Relative;
  return events_.set_timer(event_, delay, checked_mul(seconds, kUnitsPerSecond).value_or(UINT64_MAX)) ? Result<>() : Status::DeviceError;
}

void EFIAPI Watchdog::notify(efi::Event, void* context) {
  const auto& self = *static_cast<const Watchdog*>(context);
  self.expired_(self.code_, {self.description_.data(), self.description_size_});
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
