// SPDX-License-Identifier: BSD-2-Clause-Patent
// The little of AML that one needs to find constants in it [ACPI 6.5, 20.2].
#pragma once

#include "core/ports.hpp"

namespace efilite::platform {

// [ACPI 6.5, 20.3]
inline constexpr uint8_t kNameOp = 0x08;
inline constexpr uint8_t kBufferOp = 0x11;
inline constexpr uint8_t kPackageOp = 0x12;
inline constexpr uint8_t kReturnOp = 0xA4;

// A cursor that gives nullopt at the end, and from then on.
class Aml {
 public:
  Aml(ByteSpan bytes, size_t at) : bytes_(bytes), at_(at < bytes.size() ? at : bytes.size()) {}
  std::optional<uint8_t> byte() {
    if (at_ >= bytes_.size()) return std::nullopt;
    return static_cast<uint8_t>(bytes_[at_++]);
  }
  std::optional<uint64_t> little_endian(size_t length);
  std::optional<uint64_t> integer();
  // Passes over a PkgLength, which is all that is known of it: the top two bits of its first byte say how many follow [ACPI 6.5, 20.2.4].
  bool package_length() {
    auto lead = byte();
    return lead && little_endian(*lead >> 6);
  }
  ByteSpan rest() const { return bytes_.subspan(at_); }

 private:
  ByteSpan bytes_;
  size_t at_;
};

}  // namespace efilite::platform
