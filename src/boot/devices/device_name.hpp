// SPDX-License-Identifier: BSD-2-Clause-Patent
// What lines in the log call a device: "virtio disk 00:04.0", "virtio disk 0xfeb02e00", "Xen disk 51712".
#pragma once

#include <array>
#include <string_view>

#include "base/digits.hpp"
#include "core/device_ports.hpp"

namespace efilite::boot {

class DeviceName {
 public:
  DeviceName(std::string_view kind, const core::PciAddress& address) {
    add(kind);
    if (address.segment != 0) add(address.segment, 4).add(":");
    add(address.bus, 2).add(":").add(address.device, 2).add(".").add(address.function, 1);
  }
  DeviceName(std::string_view kind, uint64_t address) { add(kind).add("0x").add(address, 8); }
  struct Decimal {
    uint32_t number;
  };
  DeviceName(std::string_view kind, Decimal id) { add(kind).add(Digits(id.number).view()); }
  std::string_view view() const { return {text_.data(), length_}; }

 private:
  DeviceName& add(std::string_view text) {
    for (char c : text)
      if (length_ < text_.size()) text_[length_++] = c;
    return *this;
  }
  DeviceName& add(uint64_t number, unsigned digits) {
    while (digits < 16 && number >> (4 * digits) != 0) ++digits;
    while (digits-- > 0) add(std::string_view(&"0123456789abcdef"[number >> (4 * digits) & 15], 1));
    return *this;
  }

  std::array<char, 40> text_{};
  size_t length_ = 0;
};

}  // namespace efilite::boot
