// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/memory/pool.hpp"

#include <algorithm>
#include <bit>

#include "base/check.hpp"
#include "base/poison.hpp"

namespace efilite::core {

using efi::MemoryType;

namespace {

constexpr uint64_t kUnit = 16;
constexpr uint32_t kUsed = 0x4C4F4F50;  // "POOL"
constexpr uint32_t kFree = 0x45455246;  // "FREE"
constexpr uint32_t kSmallest = 2;       // a header and one unit, or the links of a free block
constexpr size_t kPatience = 8;         // blocks of about the right size to look at before a larger one is cut
constexpr uint64_t kTooLarge = uint64_t{1} << 52;

// The OS gets these back, so a generous chunk costs nothing and keeps the memory map short; of all others no page more than asked for.
bool boot_type(MemoryType type) { return type >= MemoryType::LoaderCode && type <= MemoryType::BootServicesData; }
uint64_t chunk_pages(MemoryType type) { return boot_type(type) ? 16 : 1; }

// Larger blocks get a chunk of their own: they must not pin a shared one, and go back to the map when they are freed.
uint64_t largest_shared(MemoryType type) { return boot_type(type) ? 1024 : kPageSize / kUnit - 1; }

}  // namespace

struct Pool::Chunk {
  uint64_t pages;
  MemoryType type;
  uint32_t pad;

  uint64_t units() const { return pages * kPageSize / kUnit; }
};

// Stands before the memory it describes. The mark depends on the place, so that a copy of a block is none.
struct Pool::Block {
  uint32_t mark;
  uint32_t units;           // with this header; 0: a large block, all the rest of its chunk
  uint32_t previous_units;  // of the block below; 0: this is the first one
  uint32_t offset;          // from the chunk, in units

  uint32_t marked(uint32_t kind) const { return kind ^ static_cast<uint32_t>(reinterpret_cast<uintptr_t>(this) / kUnit); }
  bool used() const { return mark == marked(kUsed); }
  bool free() const { return mark == marked(kFree); }
  Chunk* chunk() { return reinterpret_cast<Chunk*>(reinterpret_cast<uintptr_t>(this) - offset * kUnit); }
  Block* previous() { return previous_units ? this - previous_units : nullptr; }
  Block* next() { return offset + units < chunk()->units() ? this + units : nullptr; }
  bool sound();
};

struct Pool::FreeBlock : Block {
  FreeBlock* next_free;
  FreeBlock* previous_free;
};

// A program that writes past its block destroys the next header. Then the block is left alone: following it would spread the damage.
bool Pool::Block::sound() {
  if (reinterpret_cast<uintptr_t>(chunk()) % kPageSize != 0 || previous_units >= offset) return false;
  if (units < kSmallest || offset + uint64_t{units} > chunk()->units()) return false;
  Block* above = next();
  Block* below = previous();
  return (!above || (above->previous_units == units && (above->used() || above->free()))) &&
         (!below || (below->units == previous_units && (below->used() || below->free())));
}

Result<void*> Pool::allocate(MemoryType type, uint64_t size) {
  static_assert(sizeof(Chunk) == kUnit && sizeof(Block) == kUnit && sizeof(FreeBlock) == kSmallest * kUnit);
  if (!MemoryMap::allocatable(type)) return Status::InvalidParameter;
  if (size > kTooLarge) return Status::OutOfResources;
  uint64_t units = std::max<uint64_t>(kSmallest, 1 + (size + kUnit - 1) / kUnit);
  Block* block;
  if (units > largest_shared(type)) {
    Chunk* chunk = TRY(new_chunk(type, PageCount::covering({(units + 1) * kUnit})));
    block = reinterpret_cast<Block*>(chunk + 1);
    *block = {block->marked(kUsed), 0, 0, 1};
  } else {
    auto wanted = static_cast<uint32_t>(units);
    FreeBlock* from = find(type, wanted, kPatience);
    if (!from) from = new_shared_chunk(type, wanted).value_or(nullptr);
    if (!from) from = find(type, wanted, SIZE_MAX);
    if (!from) return Status::OutOfResources;
    block = take(from, wanted);
  }
  poison(block + 1, (units - 1) * kUnit, kFreshByte);
  return block + 1;
}

Result<> Pool::free(void* memory) {
  uint64_t header = reinterpret_cast<uintptr_t>(memory) - kUnit;
  if (header % kUnit != 0 || !memory_.owned_by({header}, PageOwner::Pool)) return Status::InvalidParameter;
  auto* block = reinterpret_cast<Block*>(header);
  if (!block->used()) return Status::InvalidParameter;
  if (block->units == 0) return free_large(block);
  if (!block->sound()) return Status::InvalidParameter;
  poison(block + 1, (block->units - 1) * kUnit, kFreedByte);  // a large one goes back to the map, whose release hook does it
  put_back(block);
  return {};
}

void* Pool::allocate(size_t size) {
  auto block = allocate(MemoryType::BootServicesData, size);
  return block ? *block : nullptr;
}

void Pool::release(void* block) {
  if (block) CHECK(free(block).status() != Status::InvalidParameter);
}

Pool::Bins& Pool::bins_of(MemoryType type) { return free_[std::min(static_cast<size_t>(type), kTypes - 1)]; }

static size_t bin_of(uint32_t units) { return units < 16 ? units - kSmallest : 9 + static_cast<size_t>(std::bit_width(units)); }

// In a bin of one size every block fits, and so it does in the larger ones: only the own bin of a large block is looked through.
Pool::FreeBlock* Pool::find(MemoryType type, uint32_t units, size_t patience) {
  Bins& bins = bins_of(type);
  const size_t own = bin_of(units);
  for (uint32_t left = bins.filled >> own << own; left != 0; left &= left - 1) {
    for (FreeBlock* block = bins.first[static_cast<size_t>(std::countr_zero(left))]; block; block = block->next_free) {
      if (block->units < units) {
        if (patience-- == 0) break;
      } else if (block->chunk()->type == type) {  // some types share their bins, but never a chunk
        return block;
      }
    }
  }
  return nullptr;
}

void Pool::link(Block* block) {
  Bins& bins = bins_of(block->chunk()->type);
  const size_t bin = bin_of(block->units);
  bins.filled |= 1u << bin;
  FreeBlock*& head = bins.first[bin];
  auto* free = static_cast<FreeBlock*>(block);
  free->mark = free->marked(kFree);
  free->next_free = head;
  free->previous_free = nullptr;
  if (head) head->previous_free = free;
  head = free;
}

void Pool::unlink(Block* block) {
  auto* free = static_cast<FreeBlock*>(block);
  if (free->next_free) free->next_free->previous_free = free->previous_free;
  if (free->previous_free) {
    free->previous_free->next_free = free->next_free;
  } else {
    Bins& bins = bins_of(block->chunk()->type);
    const size_t bin = bin_of(block->units);
    bins.first[bin] = free->next_free;
    if (!free->next_free) bins.filled &= ~(1u << bin);
  }
}

Result<Pool::Chunk*> Pool::new_chunk(MemoryType type, PageCount pages) {
  PhysAddr at = TRY(memory_.allocate(efi::AllocateType::AnyPages, type, pages, {}, PageOwner::Pool));
  auto* chunk = reinterpret_cast<Chunk*>(at.value);  // physical memory is mapped one to one
  *chunk = {pages.value, type, 0};
  return chunk;
}

Result<Pool::FreeBlock*> Pool::new_shared_chunk(MemoryType type, uint32_t units) {
  auto chunk = new_chunk(type, {chunk_pages(type)});
  if (!chunk) chunk = TRY(new_chunk(type, PageCount::covering({(units + 1) * kUnit})));
  auto* block = reinterpret_cast<FreeBlock*>(*chunk + 1);
  block->units = static_cast<uint32_t>((*chunk)->units() - 1);
  block->previous_units = 0;
  block->offset = 1;
  link(block);
  return block;
}

// The lower part of a free block becomes a used one, and what is left stays free if it can hold a block.
Pool::Block* Pool::take(FreeBlock* from, uint32_t units) {
  unlink(from);
  if (uint32_t left = from->units - units; left >= kSmallest) {
    Block* above = from->next();
    from->units = units;
    Block* rest = static_cast<Block*>(from) + units;
    rest->units = left;
    rest->previous_units = units;
    rest->offset = from->offset + units;
    if (above) above->previous_units = left;
    link(rest);
  }
  from->mark = from->marked(kUsed);
  return from;
}

Result<> Pool::free_large(Block* block) {
  Chunk* chunk = block->chunk();
  block->mark = 0;
  auto freed = memory_.free({reinterpret_cast<uintptr_t>(chunk)}, {chunk->pages}, PageOwner::Pool);
  if (!freed) block->mark = block->marked(kUsed);
  return freed;
}

void Pool::put_back(Block* block) {
  Chunk* chunk = block->chunk();
  if (Block* above = block->next(); above && above->free()) {
    unlink(above);
    block->units += above->units;
  }
  if (Block* below = block->previous(); below && below->free()) {
    unlink(below);
    below->units += block->units;
    block->mark = 0;
    block = below;
  }
  block->mark = block->marked(kFree);
  if (block->units + 1 == chunk->units() &&
      memory_.free({reinterpret_cast<uintptr_t>(chunk)}, {chunk->pages}, PageOwner::Pool)) {
    return;
  }
  if (Block* above = block->next()) above->previous_units = block->units;
  link(block);
}

}  // namespace efilite::core
