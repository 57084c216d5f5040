// SPDX-License-Identifier: BSD-2-Clause-Patent
// Pool: AllocatePool and FreePool [UEFI 2.10, 7.2.4 and 7.2.5], and the Heap of core's own objects. Small blocks share chunks of pages of
// their memory type; large ones have a chunk to themselves.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "abi/uefi/types.hpp"
#include "base/result.hpp"
#include "core/memory/memory_map.hpp"
#include "core/ports.hpp"

namespace efilite::core {

class Pool final : public Heap {
 public:
  explicit constexpr Pool(MemoryMap& memory) : memory_(memory) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // The memory is aligned to 16 bytes (8 are required) and not cleared.
  Result<void*> allocate(efi::MemoryType type, uint64_t size);
  // INVALID_PARAMETER for whatever is no live block: a wild pointer is recognised before it is read through.
  Result<> free(void* block);

  // Heap: boot services data.
  void* allocate(size_t size) override;
  void release(void* block) override;

 private:
  struct Chunk;
  struct Block;
  struct FreeBlock;

  // Free blocks by their size in units of 16 bytes: a bin for each of 2 to 15, so that a small block is found at once however many others
  // there are, and then by powers of two: 16 to 31, ... 2048 to 4095.
  static constexpr size_t kBins = 22;
  struct Bins {
    uint32_t filled = 0;  // a bit for each bin that is not empty
    std::array<FreeBlock*, kBins> first{};
  };
  // The last for all types behind those that every program uses: ACPI's, and those of OEM and OS.
  static constexpr size_t kTypes = static_cast<size_t>(efi::MemoryType::RuntimeServicesData) + 2;

  Bins& bins_of(efi::MemoryType type);
  FreeBlock* find(efi::MemoryType type, uint32_t units, size_t patience);
  void link(Block* block);
  void unlink(Block* block);
  Result<Chunk*> new_chunk(efi::MemoryType type, PageCount pages);
  Result<FreeBlock*> new_shared_chunk(efi::MemoryType type, uint32_t units);
  Block* take(FreeBlock* from, uint32_t units);
  Result<> free_large(Block* block);
  void put_back(Block* block);

  MemoryMap& memory_;
  std::array<Bins, kTypes> free_{};
};

}  // namespace efilite::core
