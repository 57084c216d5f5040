// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/storage/foreign_blocks.hpp"

#include <algorithm>
#include <bit>

#include "core/storage/disk.hpp"

namespace efilite::core {

namespace {

// Enough for a device that wants its buffers aligned to be asked seldom, and bounded whatever it says.
constexpr size_t kBounce = 64 * 1024;

Result<> decode(efi::EfiStatus status) {
  if (!efi::is_error(status)) return {};
  for (Status s : {Status::NoMedia, Status::MediaChanged, Status::WriteProtected}) {
    if (status == efi::encode(s)) return s;
  }
  return Status::DeviceError;
}

}  // namespace

ForeignBlocks::ForeignBlocks(efi::BlockIoProtocol& io, Heap& heap)
    : io_(io), heap_(heap), block_size_(io.media->block_size), media_id_(io.media->media_id) {}

bool ForeignBlocks::usable() const {
  return io_.media->block_size == block_size_ && std::has_single_bit(block_size_) && block_size_ >= 512 && block_size_ <= kBounce &&
         io_.media->last_block < UINT64_MAX / block_size_ && io_.media->io_align <= kBounce;
}

// In one call where the buffer lies as the device wants it, else by pieces through memory that does.
Result<> ForeignBlocks::transfer(uint64_t block, std::byte* data, size_t size, bool writing) {
  // What it tells of itself is the program's to change at any time.
  if (!usable()) return Status::MediaChanged;
  if (!lies_on(*this, block, size)) return Status::InvalidParameter;
  auto call = writing ? io_.write_blocks : io_.read_blocks;
  const uint64_t align = std::max(io_.media->io_align, 1u);
  if (reinterpret_cast<uint64_t>(data) % align == 0) return decode(call(&io_, media_id_, block, size, data));
  const size_t room = std::min(size, kBounce);
  void* memory = heap_.allocate(room + align - 1);
  if (memory == nullptr) return Status::OutOfResources;
  auto* aligned = reinterpret_cast<std::byte*>((reinterpret_cast<uint64_t>(memory) + align - 1) / align * align);
  Result<> done;
  for (size_t at = 0; at < size && done; at += room) {
    const size_t count = std::min(room, size - at);
    if (writing) memcpy(aligned, data + at, count);
    done = decode(call(&io_, media_id_, block + at / block_size_, count, aligned));
    if (!writing && done) memcpy(data + at, aligned, count);
  }
  heap_.release(memory);
  return done;
}

Result<> ForeignBlocks::read(uint64_t block, MutableByteSpan bytes) { return transfer(block, bytes.data(), bytes.size(), false); }
Result<> ForeignBlocks::write(uint64_t block, ByteSpan bytes) {
  return transfer(block, const_cast<std::byte*>(bytes.data()), bytes.size(), true);  // EFI's buffer to write from is not const either
}
Result<> ForeignBlocks::flush() { return decode(io_.flush_blocks(&io_)); }

}  // namespace efilite::core
