// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/storage/disk.hpp"

#include "base/copy.hpp"

namespace efilite::core {

StaticVector<ProtocolPair, Disk::kMostPairs> Disk::pairs() {
  StaticVector<ProtocolPair, kMostPairs> out;
  for (const ProtocolPair& pair : std::initializer_list<ProtocolPair>{{&efi::kDevicePathGuid, path_},
                                                                      {&efi::BlockIoProtocol::kGuid, block_io.protocol()},
                                                                      {&efi::BlockIo2Protocol::kGuid, block_io.protocol2()},
                                                                      {&efi::DiskIoProtocol::kGuid, disk_io.protocol()},
                                                                      {&efi::DiskIo2Protocol::kGuid, disk_io.protocol2()}}) {
    CHECK(out.push_back(pair));
  }
  for (const ProtocolPair& pair : more_) CHECK(out.push_back(pair));
  return out;
}

Result<> Disk::install(HandleDatabase& handles, efi::DevicePath* path, std::span<const ProtocolPair> more) {
  path_ = path;
  more_ = more;
  return handles.install_multiple(&handle_, pairs());
}

Result<> Disk::uninstall(HandleDatabase& handles) {
  if (!handles.uninstall_multiple(handle_, pairs())) return Status::AccessDenied;
  handle_ = nullptr;
  return {};
}

bool lies_on(const BlockDevice& device, uint64_t block, uint64_t size) {
  const uint64_t blocks = size / device.block_size(), count = device.block_count();
  return block <= count && blocks <= count - block;
}

Result<> MediumBlocks::read(uint64_t block, MutableByteSpan bytes) { return TRY(medium_.current(media_id_))->read(block, bytes); }

Result<> MediumBlocks::write(uint64_t block, ByteSpan bytes) { return TRY(medium_.current(media_id_))->write(block, bytes); }

Result<> MediumBlocks::flush() { return TRY(medium_.current(media_id_))->flush(); }

Result<> PartitionBlocks::read(uint64_t block, MutableByteSpan bytes) {
  if (!lies_on(*this, block, bytes.size())) return Status::InvalidParameter;
  return disk_.read(first_ + block, bytes);
}

Result<> PartitionBlocks::write(uint64_t block, ByteSpan bytes) {
  if (!lies_on(*this, block, bytes.size())) return Status::InvalidParameter;
  return disk_.write(first_ + block, bytes);
}

Result<> MemoryBlocks::read(uint64_t block, MutableByteSpan bytes) {
  if (!lies_on(*this, block, bytes.size())) return Status::InvalidParameter;
  copy_bulk(bytes.data(), memory_.data() + block * block_size_, bytes.size());
  return {};
}

Result<> MemoryBlocks::write(uint64_t block, ByteSpan bytes) {
  if (read_only_) return Status::WriteProtected;
  if (!lies_on(*this, block, bytes.size())) return Status::InvalidParameter;
  copy_bulk(memory_.data() + block * block_size_, bytes.data(), bytes.size());
  return {};
}

}  // namespace efilite::core
