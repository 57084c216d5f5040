// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "formats/other_kernels.hpp"

#include <algorithm>
#include <array>

namespace efilite::formats {

namespace {

struct Multiboot1 {
  static constexpr uint32_t kMagic = 0x1BADB002;
  static constexpr uint64_t kReach = 8192, kStep = 4;
  uint32_t magic, flags, checksum;
  uint32_t sum() const { return magic + flags + checksum; }
  uint32_t told() const { return flags; }
};
struct Multiboot2 {
  static constexpr uint32_t kMagic = 0xE85250D6;
  static constexpr uint64_t kReach = 32768, kStep = 8;
  uint32_t magic, architecture, length, checksum;
  uint32_t sum() const { return magic + architecture + length + checksum; }
  uint32_t told() const { return architecture; }
};

// A block at a time: a file on a disk is read slowly in small pieces.
template <typename Header>
std::optional<MultibootHeader> find(const Input& input) {
  constexpr size_t kBlock = 1024;
  std::array<std::byte, kBlock + sizeof(Header)> block;
  for (uint64_t from = 0; from < std::min(Header::kReach, input.size()); from += kBlock) {
    const size_t length = static_cast<size_t>(std::min<uint64_t>(block.size(), input.size() - from));
    if (!input.read(from, std::span(block).first(length), "")) return std::nullopt;
    for (uint64_t at = 0; at < kBlock; at += Header::kStep) {
      const auto header = read_at<Header>(std::span(block).first(length), at);
      // [3.1.1] the whole header lies within the reach.
      if (!header || from + at + sizeof(Header) > Header::kReach) break;
      if (header->magic == Header::kMagic && header->sum() == 0) return MultibootHeader{from + at, header->told()};
    }
  }
  return std::nullopt;
}

struct Arm64Header {
  uint32_t code[2];
  uint64_t text_offset, image_size, flags, reserved[3];
  uint32_t magic, pe_offset;
};
static_assert(sizeof(Arm64Header) == 64);
constexpr uint32_t kArm64Magic = 0x644D5241;  // "ARM\x64"

struct RiscVHeader {
  uint32_t code[2];
  uint64_t text_offset, image_size, flags;
  uint32_t version, reserved1;
  uint64_t reserved2, magic;
  uint32_t magic2, pe_offset;
};
static_assert(sizeof(RiscVHeader) == 64);
constexpr uint32_t kRiscVMagic2 = 0x05435352;  // "RSC\x05"

}  // namespace

std::optional<MultibootHeader> find_multiboot1(const Input& input) { return find<Multiboot1>(input); }
std::optional<MultibootHeader> find_multiboot2(const Input& input) { return find<Multiboot2>(input); }

std::optional<LinuxImage> find_linux_image(const Input& input) {
  if (auto header = input.peek<Arm64Header>(0); header && header->magic == kArm64Magic)
    return LinuxImage{"arm64", header->text_offset, header->image_size, header->flags};
  if (auto header = input.peek<RiscVHeader>(0); header && header->magic2 == kRiscVMagic2)
    return LinuxImage{"riscv", header->text_offset, header->image_size, header->flags};
  return std::nullopt;
}

}  // namespace efilite::formats
