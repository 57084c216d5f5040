// SPDX-License-Identifier: BSD-2-Clause-Patent
// pack [--wide] [HISTORY]: standard input to standard output in UEFI's compressed format; a program of the build (cmake/pack_elf.py).
// The first HISTORY bytes are not packed: they will lie before the rest when that is unpacked, and it may repeat them.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "core/protocols/compress.hpp"

int main(int count, char** arguments) {
  using namespace efilite::core::compress;
  Packer packer;
  size_t history = 0;
  for (int i = 1; i < count; ++i)
    if (std::string_view(arguments[i]) == "--wide") {
      packer.format = kWide;
    } else {
      history = strtoul(arguments[i], nullptr, 10);
    }
  Bytes data, part(1 << 16);
  while (size_t size = fread(part.data(), 1, part.size(), stdin))
    data.insert(data.end(), part.begin(), part.begin() + static_cast<ptrdiff_t>(size));
  if (ferror(stdin) != 0 || history > data.size()) return 1;
  Bytes packed = packer.pack(data, history);
  return fwrite(packed.data(), 1, packed.size(), stdout) == packed.size() && fflush(stdout) == 0 ? 0 : 1;
}
