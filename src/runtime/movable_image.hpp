// SPDX-License-Identifier: BSD-2-Clause-Patent
// What SetVirtualAddressMap must know of a runtime driver to relocate it once more [UEFI 2.10, 8.4.1]. The loader makes it, in runtime
// services data, since the image's own relocations may be gone by then.
#pragma once

#include <cstddef>
#include <cstdint>

namespace efilite::runtime {

struct Range {
  uint64_t begin;
  uint64_t end;
};

// A place that holds an address of the image.
struct Fixup {
  uint32_t rva;
  uint32_t size;   // 4 or 8 bytes; they lie inside the image
  uint64_t value;  // what the loader left there
};

// The fixups follow.
struct MovableImage {
  const MovableImage* next;
  Range range;
  uint64_t fixup_count;

  static constexpr uint64_t size_with(uint64_t fixups) { return sizeof(MovableImage) + fixups * sizeof(Fixup); }
  Fixup* fixups() { return reinterpret_cast<Fixup*>(this + 1); }
  const Fixup* fixups() const { return reinterpret_cast<const Fixup*>(this + 1); }
};
static_assert(sizeof(MovableImage) % alignof(Fixup) == 0);

}  // namespace efilite::runtime
