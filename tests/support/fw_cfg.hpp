// SPDX-License-Identifier: BSD-2-Clause-Patent
// A fw_cfg device behind arch/host's FakeIo: as QEMU's, or broken in one of the ways that a driver has to survive.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "arch/io.hpp"
#include "base/bytes.hpp"

namespace efilite::test {

class FakeFwCfg final : public arch::FakeIo {
 public:
  FakeFwCfg() {
    arch::fake_io = this;
    items[0x00] = bytes("QEMU");
    items[0x01] = {3, 0, 0, 0};
    items[0x19] = {0, 0, 0, 0};
  }
  ~FakeFwCfg() { arch::fake_io = nullptr; }

  using Item = std::vector<uint8_t>;
  std::map<uint16_t, Item> items;
  bool signals_error = false;   // every transfer ends with the error bit
  bool never_completes = false;
  unsigned transfers = 0;
  unsigned bytes_moved = 0;

  static Item bytes(std::string_view text) { return Item(text.begin(), text.end()); }

  void add_file(std::string_view name, const Item& content) {
    uint16_t key = static_cast<uint16_t>(0x20 + files_++);
    items[key] = content;
    Item& directory = items[0x19];
    auto size = static_cast<uint32_t>(content.size());
    directory[2] = static_cast<uint8_t>(files_ >> 8);
    directory[3] = static_cast<uint8_t>(files_);
    for (int shift = 24; shift >= 0; shift -= 8) directory.push_back(static_cast<uint8_t>(size >> shift));
    directory.push_back(static_cast<uint8_t>(key >> 8));
    directory.push_back(static_cast<uint8_t>(key));
    directory.insert(directory.end(), 2, 0);
    Item padded = bytes(name);
    padded.resize(56);
    directory.insert(directory.end(), padded.begin(), padded.end());
  }
  void set_initrd(const Item& content) {
    auto size = static_cast<uint32_t>(content.size());
    items[0x0b].clear();
    for (int shift = 0; shift < 32; shift += 8) items[0x0b].push_back(static_cast<uint8_t>(size >> shift));
    items[0x12] = content;
  }

  uint32_t in(uint16_t port, int) override {
    if (port != 0x511) return 0xFF;
    uint8_t value = 0;
    take(&value, 1);
    return value;
  }
  void out(uint16_t port, uint32_t value, int) override {
    if (port == 0x510) select(static_cast<uint16_t>(value));
    if (port == 0x514) high_ = __builtin_bswap32(value);
    if (port == 0x518) run(uint64_t{high_} << 32 | __builtin_bswap32(value));
  }

 private:
  void select(uint16_t key) { key_ = key, offset_ = 0; }
  // As QEMU does: beyond the end there are zeros.
  void take(uint8_t* to, uint32_t length) {
    const Item& item = items[key_];
    for (uint32_t i = 0; i < length; ++i, ++offset_) to[i] = offset_ < item.size() ? item[offset_] : 0;
  }
  void run(uint64_t access_address) {
    struct Access {
      uint32_t control, length;
      uint64_t address;
    };
    auto* access = reinterpret_cast<volatile Access*>(access_address);
    ++transfers;
    if (never_completes) return;
    if (signals_error) {
      access->control = __builtin_bswap32(1);
      return;
    }
    uint32_t control = __builtin_bswap32(access->control);
    uint32_t length = __builtin_bswap32(access->length);
    if (control & 8) select(static_cast<uint16_t>(control >> 16));
    if (control & 4) offset_ += length;
    if (control & 2) {
      take(reinterpret_cast<uint8_t*>(__builtin_bswap64(access->address)), length);
      bytes_moved += length;
    }
    access->control = 0;
  }

  uint16_t key_ = 0;
  uint64_t offset_ = 0;
  uint32_t high_ = 0;
  unsigned files_ = 0;
};

}  // namespace efilite::test
