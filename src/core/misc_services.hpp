// SPDX-License-Identifier: BSD-2-Clause-Patent
// The miscellaneous boot services [UEFI 2.10, 7.5]: watchdog, stall, monotonic count, memory and CRC helpers.
#pragma once

#include "abi/uefi/tables.hpp"
#include "core/events/events.hpp"

namespace efilite::core {

// [UEFI 2.10, 7.5.1] a timer event; what expiry does to the machine is the composition's business.
class Watchdog {
 public:
  using Expired = void (*)(uint64_t code);  // says so and resets; called at TPL_HIGH_LEVEL, so that no program can hang above it

  constexpr Watchdog(EventQueue& events, Expired expired) : events_(events), expired_(expired) {}

  // Disarms on 0 seconds. Codes up to 0xFFFF are the firmware's own: `by_firmware` may use them.
  Result<> set(uint64_t seconds, uint64_t code, bool by_firmware = false);

 private:
  static void EFIAPI notify(efi::Event event, void* context);

  EventQueue& events_;
  const Expired expired_;
  efi::Event event_ = nullptr;  // made at the first use
  uint64_t code_ = 0;
};

// [UEFI 2.10, 7.5.2] The low half begins at 0 with each boot. The high half is the runtime's, which keeps it over resets.
class MonotonicCounter {
 public:
  struct HighHalf {
    Result<uint32_t> (*get)();
    Result<> (*advance)();  // to the next one, kept before it returns
  };
  explicit constexpr MonotonicCounter(HighHalf high, uint32_t low = 0) : high_(high), low_(low) {}

  Result<uint64_t> next();

 private:
  const HighHalf high_;
  uint32_t low_;
};

struct MiscServices {
  Watchdog watchdog;
  MonotonicCounter counter;
};

// `state` must live as long as boot services do.
void fill_misc_services(efi::BootServices& services, MiscServices& state);

}  // namespace efilite::core
