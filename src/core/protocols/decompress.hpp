// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_DECOMPRESS_PROTOCOL [UEFI 2.10, 19.5]: LZ77 with a window of 8 KiB and Huffman codes per block. No bit of the source is trusted.
#pragma once

#include "abi/uefi/text_protocols.hpp"
#include "base/bytes.hpp"

namespace efilite::core::decompress {

struct Info {
  uint32_t size;     // of the data when unpacked
  uint32_t scratch;  // what unpacking needs besides
};

// INVALID_PARAMETER when `source` holds no whole compressed data.
Result<Info> info(ByteSpan source);
// INVALID_PARAMETER for data that is corrupt and buffers smaller than info() says.
Result<> unpack(ByteSpan source, MutableByteSpan destination, MutableByteSpan scratch);

// The wide form, which efilite has packed itself by (core/protocols/compress.hpp), behind the first bytes of `out`: they are there
// already, and what is packed may repeat them.
Result<> unpack_wide(ByteSpan source, MutableByteSpan out, size_t there, MutableByteSpan scratch);

efi::DecompressProtocol& protocol();

}  // namespace efilite::core::decompress
