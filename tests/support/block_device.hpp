// SPDX-License-Identifier: BSD-2-Clause-Patent
// A disk of memory that counts what is asked of it, checks that its users keep to the port, and fails when it is told to.
#pragma once

#include <cstring>
#include <vector>

#include "core/storage_ports.hpp"

namespace efilite::test {

class FakeDisk final : public core::BlockDevice {
 public:
  explicit FakeDisk(uint64_t blocks, uint32_t block_size = 512) : bytes(blocks * block_size), size_of_block(block_size) {
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i / 7 + i % 251);
  }
  std::vector<uint8_t> bytes;
  uint32_t size_of_block;
  bool is_read_only = false, is_removable = false;
  core::BlockTopology its_topology;
  Status failure = Status::Success;
  int reads = 0, writes = 0, flushes = 0;

  uint32_t block_size() const override { return size_of_block; }
  uint64_t block_count() const override { return bytes.size() / size_of_block; }
  bool read_only() const override { return is_read_only; }
  bool removable() const override { return is_removable; }
  core::BlockTopology topology() const override { return its_topology; }
  Result<> read(uint64_t block, MutableByteSpan out) override {
    ++reads;
    check(block, out.size());
    if (failure != Status::Success) return failure;
    memcpy(out.data(), bytes.data() + block * size_of_block, out.size());
    return {};
  }
  Result<> write(uint64_t block, ByteSpan in) override {
    ++writes;
    check(block, in.size());
    insist(!is_read_only);
    if (failure != Status::Success) return failure;
    memcpy(bytes.data() + block * size_of_block, in.data(), in.size());
    return {};
  }
  Result<> flush() override {
    ++flushes;
    return failure == Status::Success ? Result<>() : Result<>(failure);
  }

 private:
  static void insist(bool good) {
    if (!good) __builtin_trap();
  }
  void check(uint64_t block, size_t size) const {
    insist(size != 0 && size % size_of_block == 0);
    insist(block < block_count() && size / size_of_block <= block_count() - block);
  }
};

}  // namespace efilite::test
