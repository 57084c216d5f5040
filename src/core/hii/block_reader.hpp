// SPDX-License-Identifier: BSD-2-Clause-Patent
// Reads the blocks that strings and glyphs lie in [UEFI 2.10, 33.3.3.2 and 33.3.6.2], one value after the other. What is not there any more
// reads as zeros, and nothing is left behind it; good() tells.
#pragma once

#include "base/bytes.hpp"

namespace efilite::core::hii {

class BlockReader {
 public:
  explicit BlockReader(ByteSpan bytes) : rest_(bytes) {}
  bool good() const { return good_; }
  ByteSpan rest() const { return rest_; }
  void fail() { take(SIZE_MAX); }

  ByteSpan take(size_t size);
  void copy(void* to, size_t size);
  uint32_t number(size_t width);
  // The rest of an extension block, whose length has 1, 2 or 4 bytes by its type and counts all of the block.
  void pass_extension(uint32_t type);

 private:
  ByteSpan rest_;
  bool good_ = true;
};

}  // namespace efilite::core::hii
