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

// How many bytes there are up to the last '5' in front of `end`, and with it: eight bytes at a time, for a DSDT has tens of KiB, and few
// of them are that.
size_t up_to_five(ByteSpan aml, size_t end) {
  constexpr uint64_t kOnes = 0x0101010101010101, kHighBits = 0x8080808080808080;
  for (; end >= sizeof(uint64_t); end -= sizeof(uint64_t)) {
    uint64_t eight;
    __builtin_memcpy(&eight, aml.data() + end - sizeof eight, sizeof eight);
    const uint64_t zero_if_five = eight ^ kOnes * '5';
    if (((zero_if_five - kOnes) & ~zero_if_five & kHighBits) != 0) break;
  }
  while (end != 0 && aml[end - 1] != std::byte{'5'}) --end;
  return end;
}

}  // namespace

// From the end, where QEMU has it behind all devices of its bridge.
std::optional<AcpiFacts::SleepType> find_s5(ByteSpan aml) {
  constexpr size_t kUpTo = 3;  // of the name's characters
  for (size_t end = up_to_five(aml, aml.size()); end >= kUpTo; end = up_to_five(aml, end - 1)) {
    const size_t at = end - kUpTo;
    if (read_at<uint32_t>(aml, at) != 0x5F35535F || !is_named_at(aml, at)) continue;
    if (auto found = package_at(aml, at + 4)) return found;
  }
  return std::nullopt;
}

}  // namespace efilite::platform
