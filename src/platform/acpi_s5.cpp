// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "platform/acpi_s5.hpp"

namespace efilite::platform {

namespace {

// [ACPI 6.5, 20.3]
constexpr uint8_t kZeroOp = 0x00;
constexpr uint8_t kOneOp = 0x01;
constexpr uint8_t kNameOp = 0x08;
constexpr uint8_t kBytePrefix = 0x0A;
constexpr uint8_t kWordPrefix = 0x0B;
constexpr uint8_t kDWordPrefix = 0x0C;
constexpr uint8_t kQWordPrefix = 0x0E;
constexpr uint8_t kPackageOp = 0x12;
constexpr uint8_t kRootChar = '\\';

// A cursor that gives nullopt at the end, and from then on.
class Aml {
 public:
  Aml(ByteSpan bytes, size_t at) : bytes_(bytes), at_(at) {}
  std::optional<uint8_t> byte() {
    if (at_ >= bytes_.size()) return std::nullopt;
    return static_cast<uint8_t>(bytes_[at_++]);
  }
  std::optional<uint64_t> little_endian(size_t length) {
    uint64_t value = 0;
    for (size_t i = 0; i < length; ++i) {
      auto next = byte();
      if (!next) return std::nullopt;
      value |= uint64_t{*next} << (8 * i);
    }
    return value;
  }
  std::optional<uint64_t> integer() {
    auto op = byte();
    if (!op) return std::nullopt;
    switch (*op) {
      case kZeroOp: return 0;
      case kOneOp: return 1;
      case kBytePrefix: return little_endian(1);
      case kWordPrefix: return little_endian(2);
      case kDWordPrefix: return little_endian(4);
      case kQWordPrefix: return little_endian(8);
      default: return std::nullopt;
    }
  }

 private:
  ByteSpan bytes_;
  size_t at_;
};

std::optional<AcpiFacts::SleepType> package_at(ByteSpan aml, size_t at) {
  Aml cursor(aml, at);
  if (cursor.byte() != kPackageOp) return std::nullopt;
  auto lead = cursor.byte();  // PkgLength: its top two bits say how many bytes follow [ACPI 6.5, 20.2.4]
  if (!lead || !cursor.little_endian(*lead >> 6)) return std::nullopt;
  auto elements = cursor.byte();
  if (!elements || *elements < 2) return std::nullopt;
  auto a = cursor.integer();
  auto b = cursor.integer();
  if (!a || !b || *a > 7 || *b > 7) return std::nullopt;  // SLP_TYPx has three bits
  return AcpiFacts::SleepType{static_cast<uint8_t>(*a), static_cast<uint8_t>(*b)};
}

// `at` is where the four characters stand; a NameOp comes before them, with or without a root character between.
bool is_named_at(ByteSpan aml, size_t at) {
  auto before = [&](size_t n) { return at >= n ? static_cast<int>(aml[at - n]) : -1; };
  return before(1) == kNameOp || (before(1) == kRootChar && before(2) == kNameOp);
}

}  // namespace

std::optional<AcpiFacts::SleepType> find_s5(ByteSpan aml) {
  // Looks at every fourth byte alone, unless it may belong to "_S5_": a DSDT has tens of KiB.
  for (size_t at = 0; at + 4 <= aml.size();) {
    switch (static_cast<char>(aml[at + 3])) {
      case '5': at += 1; break;
      case 'S': at += 2; break;
      case '_':
        if (read_at<uint32_t>(aml, at) == 0x5F35535F && is_named_at(aml, at)) {
          if (auto found = package_at(aml, at + 4)) return found;
        }
        at += 3;
        break;
      default: at += 4;
    }
  }
  return std::nullopt;
}

}  // namespace efilite::platform
