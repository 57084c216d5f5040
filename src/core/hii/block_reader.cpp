// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/hii/block_reader.hpp"

#include "abi/uefi/hii.hpp"

namespace efilite::core::hii {

ByteSpan BlockReader::take(size_t size) {
  good_ &= size <= rest_.size();
  if (!good_) return rest_ = {};
  const ByteSpan taken = rest_.first(size);
  rest_ = rest_.subspan(size);
  return taken;
}

void BlockReader::copy(void* to, size_t size) {
  const ByteSpan from = take(size);
  if (!from.empty()) memcpy(to, from.data(), size);
}

uint32_t BlockReader::number(size_t width) {
  uint32_t value = 0;
  copy(&value, width);
  return value;
}

void BlockReader::pass_extension(uint32_t type) {
  const size_t width = size_t{1} << (type - static_cast<uint32_t>(efi::HiiStringBlock::Ext1));  // the same numbers in fonts
  number(1);
  const uint32_t length = number(width);
  take(length >= 2 + width ? length - (2 + width) : SIZE_MAX);
}

}  // namespace efilite::core::hii
