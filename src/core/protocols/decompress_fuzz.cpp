// SPDX-License-Identifier: BSD-2-Clause-Patent
// Any bytes unpack or are refused, without a byte read or written beyond the buffers; and what the test's packer makes comes back.
#include <cstdlib>
#include <memory>

#include "core/protocols/compress.hpp"
#include "core/protocols/decompress.hpp"

namespace {

using namespace efilite;
using namespace efilite::core::decompress;
using efilite::core::compress::Bytes;
using efilite::core::compress::Packer;

void unpack_hostile(ByteSpan source) {
  auto known = info(source);
  if (!known || known->size > 1 << 20) return;
  auto out = std::make_unique<std::byte[]>(known->size);
  auto scratch = std::make_unique<std::byte[]>(known->scratch);
  (void)unpack(source, {out.get(), known->size}, {scratch.get(), known->scratch});
}

void unpack_wide_hostile(ByteSpan source, size_t there) {
  auto known = info(source);
  if (!known || known->size > 1 << 20) return;
  auto out = std::make_unique<std::byte[]>(there + known->size);
  auto scratch = std::make_unique<std::byte[]>(known->scratch);
  (void)unpack_wide(source, {out.get(), there + known->size}, there, {scratch.get(), known->scratch});
}

void round_trip(const uint8_t* data, size_t size) {
  Bytes plain(data, data + size);
  Packer packer;
  packer.block = size > 0 ? data[0] * 7u : 0;
  Bytes packed = packer.pack(plain);
  ByteSpan source = std::as_bytes(std::span(packed));
  auto known = info(source);
  if (!known || known->size != size) __builtin_trap();
  Bytes out(size), scratch(known->scratch);
  if (!unpack(source, std::as_writable_bytes(std::span(out)), std::as_writable_bytes(std::span(scratch))) || out != plain) __builtin_trap();
}

// Behind the first third of the data, which is there already.
void wide_round_trip(const uint8_t* data, size_t size) {
  Bytes plain(data, data + size);
  const size_t there = size / 3;
  Packer packer;
  packer.format = efilite::core::compress::kWide;
  Bytes packed = packer.pack(plain, there);
  ByteSpan source = std::as_bytes(std::span(packed));
  auto known = info(source);
  if (!known || known->size != size - there) __builtin_trap();
  Bytes out(data, data + there), scratch(known->scratch);
  out.resize(size);
  auto room = std::as_writable_bytes(std::span(out));
  if (!unpack_wide(source, room, there, std::as_writable_bytes(std::span(scratch))) || out != plain) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  if (data[0] == 0xFF && size < 4096) {
    round_trip(data + 1, size - 1);
    wide_round_trip(data + 1, size - 1);
  } else {
    auto exact = std::make_unique<std::byte[]>(size);
    memcpy(exact.get(), data, size);
    unpack_hostile({exact.get(), size});
    unpack_wide_hostile({exact.get(), size}, size / 4);
  }
  return 0;
}
