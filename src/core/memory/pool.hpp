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

  // Free blocks by powers of two of their size in units of 16 bytes: 2 and 3, 4 to 7, ... 2048 to 4095.
  static constexpr size_t kBins = 11;
  static constexpr size_t kTypes = static_cast<size_t>(efi::MemoryType::Max) + 1;  // the last for all types of OEM and OS

  FreeBlock** bins_of(efi::MemoryType type);
  FreeBlock* find(efi::MemoryType type, uint32_t units);
  void link(Block* block);
  void unlink(Block* block);
  Result<Chunk*> new_chunk(efi::MemoryType type, PageCount pages);
  Result<FreeBlock*> new_shared_chunk(efi::MemoryType type, uint32_t units);
  Block* take(FreeBlock* from, uint32_t units);
  Result<> free_large(Block* block);
  void put_back(Block* block);

  MemoryMap& memory_;
  std::array<std::array<FreeBlock*, kBins>, kTypes> free_{};
};

}  // namespace efilite::core
