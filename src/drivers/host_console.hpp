// SPDX-License-Identifier: BSD-2-Clause-Patent
// A console that the hypervisor brings, whatever the way to it: a serial line whose format does not matter. One that nobody reads costs
// some patience once; after that what finds no room is lost, until there is some.
#pragma once

#include "core/ports.hpp"

namespace efilite::drivers {

class HostConsole : public core::SerialPort {
 public:
  // Until what was written has left, as far as somebody takes it.
  void drain();

  void write(std::string_view bytes) final;
  std::optional<uint8_t> read() final;
  Result<> reset() final { return usable(); }
  Result<core::SerialFormat> set_format(const core::SerialFormat& wanted) final;
  uint32_t control_mask() const final;
  Result<> set_control(uint32_t control) final;
  Result<uint32_t> control() final;

 protected:
  static constexpr uint64_t kPatience = 5'000'000;  // of Clock's 100 ns: for somebody to read what is written

  ~HostConsole() = default;
  virtual Result<> usable() = 0;
  virtual Result<bool> has_input() = 0;
  virtual Result<bool> has_sent() = 0;  // all of it
  // Lets the host work for a moment. True: kPatience has passed since the last time that this was the `first` call of several.
  virtual bool lost_patience(bool first) = 0;

 private:
  bool stalled_ = false;
  bool writing_ = false;
};

}  // namespace efilite::drivers
