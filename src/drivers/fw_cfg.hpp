// SPDX-License-Identifier: BSD-2-Clause-Patent
// QEMU's fw_cfg device by its DMA interface [QEMU docs/specs/fw_cfg]: one port write moves a whole item to where it shall lie.
#pragma once

#include <string_view>

#include "core/ports.hpp"

namespace efilite::drivers {

// Items with fixed numbers.
enum class FwCfgKey : uint16_t {
  Signature = 0x00,
  Id = 0x01,
  InitrdSize = 0x0b,
  InitrdData = 0x12,
  CommandLineSize = 0x14,
  CommandLineData = 0x15,
  FileDirectory = 0x19,
};

class FwCfg;

// One item or named file. Default-constructed: an empty one that nobody may read.
class FwCfgFile final : public core::ByteSource {
 public:
  constexpr FwCfgFile() = default;
  constexpr FwCfgFile(FwCfg& device, uint16_t key, uint32_t size) : device_(&device), size_(size), key_(key) {}
  uint64_t size() const override { return size_; }
  Result<> read(uint64_t offset, MutableByteSpan out) override;

 private:
  FwCfg* device_ = nullptr;
  uint32_t size_ = 0;
  uint16_t key_ = 0;
};

class FwCfg {
 public:
  // Looks for the device's signature and its DMA interface: NotFound without the first, Unsupported without the second.
  Result<> detect();
  bool present() const { return present_; }

  // Fills `out` with the item's bytes from `offset` on. Unless present(): NotReady. DeviceError: the device said no. Timeout: it said
  // nothing, and is not asked again.
  Result<> read(uint16_t key, uint32_t offset, MutableByteSpan out);
  Result<uint32_t> read_u32(FwCfgKey key);

  // By name from the file directory. NotFound; CompromisedData when the directory makes no sense.
  Result<FwCfgFile> open(std::string_view name);
  // The item of -initrd; NotFound when its size is 0.
  Result<FwCfgFile> open_initrd();

 private:
  Result<> transfer(uint32_t control, uint32_t length, void* memory);
  bool present_ = false;
};

}  // namespace efilite::drivers
