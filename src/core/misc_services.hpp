// SPDX-License-Identifier: BSD-2-Clause-Patent
// The miscellaneous boot services [UEFI 2.10, 7.5]: watchdog, stall, monotonic count, memory and CRC helpers.
#pragma once

#include <array>
#include <string_view>

#include "abi/uefi/tables.hpp"
#include "core/events/events.hpp"
#include "runtime/services.hpp"

namespace efilite::core {

// [UEFI 2.10, 7.5.1] a timer event; what expiry does to the machine is the composition's business.
class Watchdog {
 public:
  // Says so and resets. Called at TPL_HIGH_LEVEL, so that no program can hang above it.
  using Expired = void (*)(uint64_t code, std::string_view description);

  constexpr Watchdog(EventQueue& events, Expired expired) : events_(events), expired_(expired) {}

  // Disarms on 0 seconds. Codes up to 0xFFFF are the firmware's own: `by_firmware` may use them. `data` begins with a description in UCS-2
  // that ends with NUL; its first characters are kept for the log, since the memory may be gone by then.
  Result<> set(uint64_t seconds, uint64_t code, ByteSpan data = {}, bool by_firmware = false);

 private:
  static constexpr size_t kDescription = 40;  // UCS-2 characters

  static void EFIAPI notify(efi::Event event, void* context);
  void keep_description(ByteSpan data);

  EventQueue& events_;
  const Expired expired_;
  efi::Event event_ = nullptr;  // made at the first use
  uint64_t code_ = 0;
  std::array<char, 3 * kDescription> description_{};
  size_t description_size_ = 0;
};

struct MiscServices {
  Watchdog watchdog;
  runtime::RuntimeState& runtime;  // whose the monotonic count is
};

// `state` must live as long as boot services do.
void fill_misc_services(efi::BootServices& services, MiscServices& state);

}  // namespace efilite::core
