// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/storage/disk_io.hpp"

#include <algorithm>

#include "core/storage/storage_call.hpp"

namespace efilite::core {

namespace {

// One block, from the first request that needs it until the end of the call.
class Bounce {
 public:
  Bounce(Heap& heap, size_t size) : heap_(heap), size_(size) {}
  ~Bounce() {
    if (block_ != nullptr) heap_.release(block_);
  }
  Bounce(const Bounce&) = delete;
  Bounce& operator=(const Bounce&) = delete;

  Result<MutableByteSpan> get() {
    if (block_ == nullptr) block_ = static_cast<std::byte*>(heap_.allocate(size_));
    if (block_ == nullptr) return Status::OutOfResources;
    return MutableByteSpan(block_, size_);
  }

 private:
  Heap& heap_;
  size_t size_;
  std::byte* block_ = nullptr;
};

// Cuts [offset, offset + size) into whole blocks, as many at once as there are, and parts of one block.
// whole(block, at, count) and part(block, within, at, count), where `at` counts bytes from `offset`.
template <typename Whole, typename Part>
Result<> for_each_piece(uint64_t block_size, uint64_t offset, uint64_t size, Whole whole, Part part) {
  for (uint64_t at = 0; at < size;) {
    const uint64_t block = (offset + at) / block_size, within = (offset + at) % block_size, left = size - at;
    uint64_t count = left - left % block_size;
    if (within == 0 && count != 0) {
      TRY(whole(block, at, count));
    } else {
      count = std::min(block_size - within, left);
      TRY(part(block, within, at, count));
    }
    at += count;
  }
  return {};
}

}  // namespace

Result<BlockDevice*> DiskIo::check(uint32_t media_id, uint64_t offset, const void* buffer, uint64_t size, bool writing) {
  BlockDevice* device = TRY(medium_.current(media_id));
  if (writing && device->read_only()) return Status::WriteProtected;
  if (buffer == nullptr && size != 0) return Status::InvalidParameter;
  // A disk of more than 2^64 bytes has no byte behind its end that could be asked for.
  const uint64_t end = checked_mul<uint64_t>(device->block_count(), device->block_size()).value_or(UINT64_MAX);
  if (offset > end || size > end - offset) return Status::InvalidParameter;
  return device;
}

Result<> DiskIo::read(uint32_t media_id, uint64_t offset, void* buffer, uint64_t size) {
  BlockDevice& device = *TRY(check(media_id, offset, buffer, size, false));
  auto* out = static_cast<std::byte*>(buffer);
  Bounce bounce(heap_, device.block_size());
  return for_each_piece(
      device.block_size(), offset, size,
      [&](uint64_t block, uint64_t at, uint64_t count) { return device.read(block, {out + at, count}); },
      [&](uint64_t block, uint64_t within, uint64_t at, uint64_t count) -> Result<> {
        MutableByteSpan bytes = TRY(bounce.get());
        TRY(device.read(block, bytes));
        memcpy(out + at, bytes.data() + within, count);
        return {};
      });
}

Result<> DiskIo::write(uint32_t media_id, uint64_t offset, const void* buffer, uint64_t size) {
  BlockDevice& device = *TRY(check(media_id, offset, buffer, size, true));
  auto* in = static_cast<const std::byte*>(buffer);
  Bounce bounce(heap_, device.block_size());
  return for_each_piece(
      device.block_size(), offset, size,
      [&](uint64_t block, uint64_t at, uint64_t count) { return device.write(block, {in + at, count}); },
      [&](uint64_t block, uint64_t within, uint64_t at, uint64_t count) -> Result<> {
        MutableByteSpan bytes = TRY(bounce.get());
        TRY(device.read(block, bytes));
        memcpy(bytes.data() + within, in + at, count);
        return device.write(block, bytes);
      });
}

Result<> DiskIo::flush() {
  if (medium_.device == nullptr) return Status::NoMedia;
  if (medium_.device->read_only()) return Status::WriteProtected;
  return medium_.device->flush();
}

// ---- the C edge

struct DiskIoThunks {
  using Io = efi::DiskIoProtocol;
  using Io2 = efi::DiskIo2Protocol;

  static DiskIo& owner(Io* self) { return *static_cast<DiskIo::Edge*>(self)->owner; }
  static DiskIo& owner(Io2* self) { return *static_cast<DiskIo::Edge2*>(self)->owner; }

  static efi::EfiStatus EFIAPI read_disk(Io* self, uint32_t media_id, uint64_t offset, efi::Uintn size, void* buffer) {
    StorageLock lock(owner(self).events_);
    return efi::encode(owner(self).read(media_id, offset, buffer, size));
  }
  static efi::EfiStatus EFIAPI write_disk(Io* self, uint32_t media_id, uint64_t offset, efi::Uintn size, void* buffer) {
    StorageLock lock(owner(self).events_);
    return efi::encode(owner(self).write(media_id, offset, buffer, size));
  }
  // Nothing is ever outstanding.
  static efi::EfiStatus EFIAPI cancel(Io2*) { return efi::encode(Status::Success); }
  static efi::EfiStatus EFIAPI read_disk_ex(Io2* self, uint32_t media_id, uint64_t offset, efi::BlockToken* token, efi::Uintn size,
                                            void* buffer) {
    return answer(owner(self).events_, token, [&] { return owner(self).read(media_id, offset, buffer, size); });
  }
  static efi::EfiStatus EFIAPI write_disk_ex(Io2* self, uint32_t media_id, uint64_t offset, efi::BlockToken* token, efi::Uintn size,
                                             void* buffer) {
    return answer(owner(self).events_, token, [&] { return owner(self).write(media_id, offset, buffer, size); });
  }
  static efi::EfiStatus EFIAPI flush_disk_ex(Io2* self, efi::BlockToken* token) {
    return answer(owner(self).events_, token, [&] { return owner(self).flush(); });
  }
};

DiskIo::DiskIo(EventQueue& events, Heap& heap, const Medium& medium) : events_(events), heap_(heap), medium_(medium) {
  edge_.revision = efi::DiskIoProtocol::kRevision;
  edge_.read_disk = DiskIoThunks::read_disk;
  edge_.write_disk = DiskIoThunks::write_disk;
  edge2_.revision = efi::DiskIo2Protocol::kRevision;
  edge2_.cancel = DiskIoThunks::cancel;
  edge2_.read_disk_ex = DiskIoThunks::read_disk_ex;
  edge2_.write_disk_ex = DiskIoThunks::write_disk_ex;
  edge2_.flush_disk_ex = DiskIoThunks::flush_disk_ex;
  edge_.owner = edge2_.owner = this;
}

}  // namespace efilite::core
