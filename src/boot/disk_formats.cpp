// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/disk_formats.hpp"

#include "fs/fat/fat_volume.hpp"
#include "fs/partitions/partitions.hpp"

namespace efilite::boot {

// Tables first: whoever has made a disk of a volume may have left the volume's first sector where it was.
Result<core::DiskFormats::Found> DiskFormats::look(core::BlockDevice& device, const core::Partition* self,
                                                   core::PartitionVisitor& visitor) {
  fs::DiskReader reader(device, heap_);
  if (TRY(fs::tell_partitions(reader, self, visitor))) return Found::Partitions;
  return fs::FatVolume::recognises(device, TRY(reader.read(0, device.block_size()))) ? Found::Volume : Found::Nothing;
}

Result<core::FileSystem*> DiskFormats::mount(core::BlockDevice& device) { return TRY(fs::FatVolume::mount(device, heap_, clock_)); }

void DiskFormats::unmount(core::FileSystem& volume) { static_cast<fs::FatVolume&>(volume).unmount(); }

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

class Ignore final : public core::PartitionVisitor {
 public:
  Result<> visit(const core::Partition&) override { return {}; }
};

bool says(core::ByteSource& source, uint64_t at, std::string_view text) {
  std::array<std::byte, 8> bytes;
  const MutableByteSpan part = std::span(bytes).first(text.size());
  return source.size() >= at + text.size() && source.read(at, part) && memcmp(part.data(), text.data(), text.size()) == 0;
}

}  // namespace

bool is_disk_image(core::ByteSource& source, core::DiskFormats& formats) {
  // Everything else is told by a few bytes: FAT, MBR and GPT all have the one, what lies on a CD has the other.
  if (!says(source, 510, "\x55\xAA") && !says(source, 0x8001, "CD001")) return false;
  SourceBlocks blocks(source);
  Ignore partitions;
  const auto found = formats.look(blocks, nullptr, partitions);
  return found && *found != core::DiskFormats::Found::Nothing;
}

}  // namespace efilite::boot
