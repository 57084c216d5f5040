// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/fw_cfg.hpp"

#include <algorithm>
#include <array>
#include <atomic>

#include "arch/io.hpp"

namespace efilite::drivers {

namespace {

constexpr uint16_t kSelectorPort = 0x510;
constexpr uint16_t kDataPort = 0x511;
constexpr uint16_t kDmaPortHigh = 0x514;
constexpr uint16_t kDmaPortLow = 0x518;

constexpr uint32_t kIdHasDma = 2;
constexpr uint32_t kDmaError = 1;
constexpr uint32_t kDmaRead = 2;
constexpr uint32_t kDmaSkip = 4;
constexpr uint32_t kDmaSelect = 8;

constexpr uint16_t kFirstFileKey = 0x20;
constexpr uint32_t kMaxFiles = 1024;  // QEMU's own limit is far lower
constexpr uint32_t kPolls = 1 << 20;  // QEMU is done before the port write returns

// Big-endian on the wire, and written by the device: every access must happen, and in this order.
struct alignas(16) DmaAccess {
  volatile uint32_t control;
  volatile uint32_t length;
  volatile uint64_t address;
};

struct FileEntry {
  uint32_t size;
  uint16_t key;
  uint16_t reserved;
  char name[56];
};
static_assert(sizeof(FileEntry) == 64);

bool has_name(const FileEntry& entry, std::string_view name) {
  return memcmp(entry.name, name.data(), name.size()) == 0 && entry.name[name.size()] == '\0';
}

uint32_t read_by_port(FwCfgKey key) {
  arch::out16(kSelectorPort, static_cast<uint16_t>(key));
  uint32_t value = 0;
  for (int shift = 0; shift < 32; shift += 8) value |= uint32_t{arch::in8(kDataPort)} << shift;
  return value;
}

}  // namespace

Result<> FwCfgFile::read(uint64_t offset, MutableByteSpan out) {
  if (offset > size_ || out.size() > size_ - offset) return Status::InvalidParameter;
  if (out.empty()) return {};
  return device_->read(key_, static_cast<uint32_t>(offset), out);
}

Result<> FwCfg::detect() {
  constexpr uint32_t signature = 'Q' | 'E' << 8 | 'M' << 16 | 'U' << 24;
  present_ = false;
  if (read_by_port(FwCfgKey::Signature) != signature) return Status::NotFound;
  if ((read_by_port(FwCfgKey::Id) & kIdHasDma) == 0) return Status::Unsupported;
  present_ = true;
  return {};
}

Result<> FwCfg::transfer(uint32_t control, uint32_t length, void* memory) {
  DmaAccess access;
  access.control = __builtin_bswap32(control);
  access.length = __builtin_bswap32(length);
  access.address = __builtin_bswap64(reinterpret_cast<uint64_t>(memory));
  auto where = reinterpret_cast<uint64_t>(&access);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  arch::out32(kDmaPortHigh, __builtin_bswap32(static_cast<uint32_t>(where >> 32)));
  arch::out32(kDmaPortLow, __builtin_bswap32(static_cast<uint32_t>(where)));  // this starts it
  for (uint32_t i = 0; i < kPolls; ++i) {
    uint32_t state = __builtin_bswap32(access.control);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    if ((state & kDmaError) != 0) return Status::DeviceError;
    if (state == 0) return {};
  }
  present_ = false;  // it may still write to what we gave it: at least give it no more
  return Status::Timeout;
}

Result<> FwCfg::read(uint16_t key, uint32_t offset, MutableByteSpan out) {
  if (!present_) return Status::NotReady;
  if (out.size() > UINT32_MAX) return Status::InvalidParameter;
  uint32_t select = uint32_t{key} << 16 | kDmaSelect;
  if (offset != 0) {
    TRY(transfer(select | kDmaSkip, offset, nullptr));
    select = 0;
  }
  return transfer(select | kDmaRead, static_cast<uint32_t>(out.size()), out.data());
}

Result<uint32_t> FwCfg::read_u32(FwCfgKey key) {
  uint32_t value = 0;
  TRY(read(static_cast<uint16_t>(key), 0, std::as_writable_bytes(std::span(&value, 1))));
  return value;
}

Result<FwCfgFile> FwCfg::open(std::string_view name) {
  if (name.empty() || name.size() >= sizeof(FileEntry::name)) return Status::NotFound;
  constexpr auto directory = static_cast<uint16_t>(FwCfgKey::FileDirectory);
  uint32_t count = __builtin_bswap32(TRY(read_u32(FwCfgKey::FileDirectory)));
  if (count > kMaxFiles) return Status::CompromisedData;
  std::array<FileEntry, 16> entries;
  for (uint32_t first = 0; first < count; first += entries.size()) {
    auto some = std::span(entries).first(std::min<size_t>(entries.size(), count - first));
    TRY(read(directory, static_cast<uint32_t>(sizeof count + first * sizeof(FileEntry)), std::as_writable_bytes(some)));
    for (const FileEntry& entry : some) {
      if (!has_name(entry, name)) continue;
      uint16_t key = __builtin_bswap16(entry.key);
      if (key < kFirstFileKey) return Status::CompromisedData;
      return FwCfgFile(*this, key, __builtin_bswap32(entry.size));
    }
  }
  return Status::NotFound;
}

Result<FwCfgFile> FwCfg::open_initrd() {
  uint32_t size = TRY(read_u32(FwCfgKey::InitrdSize));
  if (size == 0) return Status::NotFound;
  return FwCfgFile(*this, static_cast<uint16_t>(FwCfgKey::InitrdData), size);
}

}  // namespace efilite::drivers
