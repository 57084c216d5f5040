// SPDX-License-Identifier: BSD-2-Clause-Patent
// A disk in memory for tests of file systems: it counts requests, keeps a record of each block that was written, and fails when told to.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <vector>

#include "core/storage_ports.hpp"

namespace efilite::test {

class FatDisk final : public core::BlockDevice {
 public:
  struct Written {
    uint64_t block;
    std::vector<std::byte> after;
  };

  explicit FatDisk(uint64_t size = 0, uint32_t block_size = 512) : bytes(size), block(block_size) {}

  std::vector<std::byte> bytes;
  uint32_t block;
  bool is_read_only = false;
  size_t reads = 0, writes = 0, flushes = 0;
  uint64_t bytes_read = 0, bytes_written = 0;
  uint64_t fail_from = UINT64_MAX;  // requests at or behind this block fail
  int64_t fail_after = -1;          // requests until all fail; negative: never
  bool record = false;
  std::vector<Written> history;  // a request of several blocks is several entries: the power may go between any two

  uint32_t block_size() const override { return block; }
  uint64_t block_count() const override { return bytes.size() / block; }
  bool read_only() const override { return is_read_only; }
  bool removable() const override { return false; }
  Result<> read(uint64_t at, MutableByteSpan out) override {
    ++reads;
    bytes_read += out.size();
    if (!check(at, out.size())) return Status::DeviceError;
    memcpy(out.data(), bytes.data() + at * block, out.size());
    return {};
  }
  Result<> write(uint64_t at, ByteSpan in) override {
    if (is_read_only) abort();
    ++writes;
    bytes_written += in.size();
    if (!check(at, in.size())) return Status::DeviceError;
    for (size_t i = 0; record && i < in.size(); i += block) {
      history.push_back({at + i / block, {in.data() + i, in.data() + i + block}});
    }
    memcpy(bytes.data() + at * block, in.data(), in.size());
    return {};
  }
  Result<> flush() override {
    ++flushes;
    return fail_after == 0 ? Status::DeviceError : Result<>();
  }

 private:
  // A user that does not keep to the port's rules is our bug.
  bool check(uint64_t at, size_t size) {
    if (size == 0 || size % block != 0 || at > block_count() || size / block > block_count() - at) abort();
    if (fail_after > 0) --fail_after;
    else if (fail_after == 0) return false;
    return at + size / block <= fail_from;
  }
};

class FatClock final : public core::FileClock {
 public:
  efi::Time time = {.year = 2025, .month = 6, .day = 7, .hour = 8, .minute = 9, .second = 11,
                    .pad1 = 0, .nanosecond = 0, .time_zone = efi::kUnspecifiedTimezone, .daylight = 0, .pad2 = 0};
  efi::Time now() override { return time; }
};

}  // namespace efilite::test
