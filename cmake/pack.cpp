// SPDX-License-Identifier: BSD-2-Clause-Patent
// pack: standard input to standard output in UEFI's compressed format; a program of the build (cmake/pack_elf.py).
#include <bit>
#include <cstdio>

#include "core/protocols/compress.hpp"

int main() {
  efilite::core::compress::Bytes data, part(1 << 16);
  while (size_t size = fread(part.data(), 1, part.size(), stdin)) data.insert(data.end(), part.begin(), part.begin() + static_cast<ptrdiff_t>(size));
  auto packed = efilite::core::compress::Packer().pack(data);
  return ferror(stdin) == 0 && fwrite(packed.data(), 1, packed.size(), stdout) == packed.size() && fflush(stdout) == 0 ? 0 : 1;
}
