// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "platform/acpi_s5.hpp"

#include "platform/aml.hpp"

namespace efilite::platform {

namespace {

constexpr uint8_t kRootChar = '\\';

std::optional<AcpiFacts::SleepType> package_at(ByteSpan aml, size_t at) {
  Aml cursor(aml, at);
  if (cursor.byte() != kPackageOp) return std::nullopt;
  if (!cursor.package_length()) return std::nullopt;
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
