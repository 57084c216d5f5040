// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/disk_formats.hpp"

#include "fs/fat/fat_volume.hpp"

namespace efilite::boot {

bool DiskFormats::recognises(core::BlockDevice& device) {
  auto volume = mount(device);
  if (volume) unmount(**volume);
  return volume.has_value();
}

Result<core::FileSystem*> DiskFormats::mount(core::BlockDevice& device) { return TRY(fs::FatVolume::mount(device, heap_, clock_)); }

void DiskFormats::unmount(core::FileSystem& volume) { static_cast<fs::FatVolume&>(volume).unmount(); }

Result<> DiskFormats::partitions(core::BlockDevice&, core::PartitionVisitor&) { return {}; }

namespace {

constexpr uint32_t kBlock = 512;

class SourceBlocks final : public core::BlockDevice {
 public:
  explicit SourceBlocks(core::ByteSource& source) : source_(source) {}
  uint32_t block_size() const override { return kBlock; }
  uint64_t block_count() const override { return source_.size() / kBlock; }
  bool read_only() const override { return true; }
  bool removable() const override { return false; }
  Result<> read(uint64_t block, MutableByteSpan bytes) override {
    if (!core::lies_on(*this, block, bytes.size())) return Status::InvalidParameter;
    return source_.read(block * kBlock, bytes);
  }
  Result<> write(uint64_t, ByteSpan) override { return Status::WriteProtected; }
  Result<> flush() override { return {}; }

 private:
  core::ByteSource& source_;
};

class Counter final : public core::PartitionVisitor {
 public:
  Result<> visit(const core::Partition&) override {
    ++count;
    return {};
  }
  size_t count = 0;
};

}  // namespace

bool is_disk_image(core::ByteSource& source, core::DiskFormats& formats) {
  // FAT, MBR and GPT all have it, and so everything else is told by two bytes.
  constexpr uint64_t kSignatureAt = 510;
  std::array<std::byte, 2> signature;
  if (source.size() < kBlock || !source.read(kSignatureAt, signature)) return false;
  if (signature[0] != std::byte{0x55} || signature[1] != std::byte{0xAA}) return false;
  SourceBlocks blocks(source);
  if (formats.recognises(blocks)) return true;
  Counter partitions;
  return formats.partitions(blocks, partitions) && partitions.count != 0;
}

}  // namespace efilite::boot
