// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "fs/partitions/disk_reader.hpp"

#include <algorithm>

namespace efilite::fs {

namespace {
// The MBR, a GPT of the usual size, and the volume descriptors of ISO-9660, which begin at 32 KiB.
constexpr uint64_t kHead = 40 * 1024;
}  // namespace

DiskReader::~DiskReader() { drop(); }

void DiskReader::drop() {
  if (!bytes_.empty()) heap_.release(bytes_.data());
  bytes_ = {};
}

Result<> DiskReader::load(uint64_t block, uint64_t blocks) {
  drop();
  const uint64_t size = blocks * block_bytes();
  void* memory = heap_.allocate(size);
  if (memory == nullptr) return Status::OutOfResources;
  const MutableByteSpan bytes(static_cast<std::byte*>(memory), size);
  if (auto read = device_.read(block, bytes); !read) {
    heap_.release(memory);
    return read;
  }
  first_ = block;
  bytes_ = bytes;
  return {};
}

Result<ByteSpan> DiskReader::read(uint64_t block, uint64_t size) {
  const uint64_t blocks = (size + block_bytes() - 1) / block_bytes(), count = device_.block_count();
  if (block > count || blocks > count - block) return Status::VolumeCorrupted;
  const bool held = block >= first_ && block - first_ < bytes_.size() / block_bytes() &&
                    blocks <= bytes_.size() / block_bytes() - (block - first_);
  if (!held) {
    const uint64_t head = std::min((std::max(kHead, size) + block_bytes() - 1) / block_bytes(), count);
    // A block of the head that cannot be read may be one that nobody asks for.
    const bool ahead = block == 0 && load(0, head);
    if (!ahead) TRY(load(block, blocks));
  }
  return ByteSpan(bytes_).subspan((block - first_) * block_bytes(), size);
}

}  // namespace efilite::fs
