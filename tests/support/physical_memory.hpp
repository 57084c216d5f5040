// SPDX-License-Identifier: BSD-2-Clause-Patent
// Physical memory made of blocks at chosen addresses; everything between them is not mapped.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "core/ports.hpp"

namespace efilite::test {

class FakePhysicalMemory final : public core::PhysicalMemory {
 public:
  using core::PhysicalMemory::window;
  std::optional<MutableByteSpan> window(PhysRange range) override {
    auto above = blocks_.upper_bound(range.begin.value);
    if (above == blocks_.begin() || range.end < range.begin) return std::nullopt;
    auto& [base, block] = *std::prev(above);
    uint64_t offset = range.begin.value - base;
    if (offset > block.size || range.size() > block.size - offset) return std::nullopt;
    return MutableByteSpan(block.bytes.get() + offset, range.size());
  }

  // Each block is an allocation of its own, so that ASan sees a step beyond it.
  MutableByteSpan map(uint64_t address, size_t size, uint8_t fill = 0) {
    Block block{std::make_unique<std::byte[]>(size), size};
    memset(block.bytes.get(), fill, size);
    MutableByteSpan bytes(block.bytes.get(), size);
    blocks_.insert_or_assign(address, std::move(block));
    return bytes;
  }
  void put(uint64_t address, ByteSpan bytes) { memcpy(window(PhysAddr{address}, bytes.size()).value().data(), bytes.data(), bytes.size()); }
  template <typename T>
  void put(uint64_t address, const T& object) { put(address, bytes_of(object)); }

 private:
  struct Block {
    std::unique_ptr<std::byte[]> bytes;
    size_t size;
  };
  std::map<uint64_t, Block> blocks_;
};

}  // namespace efilite::test
