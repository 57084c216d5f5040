// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "cli/disk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "boot/disk_formats.hpp"
#include "cli/describe.hpp"
#include "cli/log_keeper.hpp"
#include "cli/printable.hpp"
#include "cli/volume_walk.hpp"

namespace efilite::cli {

namespace {

constexpr uint32_t kSector = 512, kLargeSector = 4096;
constexpr size_t kDeepest = 3;  // a partition in a partition in a partition
constexpr size_t kMostVolumes = 512;

class SystemHeap final : public core::Heap {
 public:
  void* allocate(size_t size) override { return malloc(size); }
  void release(void* block) override { free(block); }
};

class NoClock final : public core::FileClock {  // nothing is written
 public:
  efi::Time now() override { return {}; }
};

// Some bytes of a source as a disk that cannot be written to.
class Blocks final : public core::BlockDevice {
 public:
  Blocks(core::ByteSource& source, uint32_t block_size, uint64_t first_byte, uint64_t blocks)
      : source_(source), block_size_(block_size), first_byte_(first_byte), blocks_(blocks) {}
  uint32_t block_size() const override { return block_size_; }
  uint64_t block_count() const override { return blocks_; }
  bool read_only() const override { return true; }
  bool removable() const override { return false; }
  Result<> read(uint64_t block, MutableByteSpan bytes) override {
    if (block > blocks_ || bytes.size() % block_size_ != 0 || bytes.size() / block_size_ > blocks_ - block) return Status::InvalidParameter;
    return source_.read(first_byte_ + block * block_size_, bytes);
  }
  Result<> write(uint64_t, ByteSpan) override { return Status::WriteProtected; }
  Result<> flush() override { return {}; }

 private:
  core::ByteSource& source_;
  uint32_t block_size_;
  uint64_t first_byte_;
  uint64_t blocks_;
};

std::string text_of(const efi::Guid& guid) {
  const uint8_t* last = guid.data4;
  return fmt::format("{:08x}-{:04x}-{:04x}-{:02x}{:02x}-{:02x}{:02x}{:02x}{:02x}{:02x}{:02x}", guid.data1, guid.data2, guid.data3, last[0],
                     last[1], last[2], last[3], last[4], last[5], last[6], last[7]);
}

// [UAPI Discoverable Partitions Specification; UEFI 2.10, 5.3.3]
std::string gpt_type(const std::string& guid) {
  constexpr std::array<std::array<const char*, 2>, 10> kTypes{{
      {"c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "EFI system"},
      {"bc13c2ff-59e6-4262-a352-b275fd6f7172", "extended boot loader"},
      {"0fc63daf-8483-4772-8e79-3d69d8477de4", "Linux data"},
      {"4f68bce3-e8cd-4db1-96e7-fbcaf984b709", "Linux root, x86-64"},
      {"2c7357ed-ebd2-46d9-aec1-23d437ec2bf5", "Linux root's verity, x86-64"},
      {"0657fd6d-a4ab-43c4-84e5-0933c84b4f4f", "Linux swap"},
      {"e6d6d379-f507-44c2-a23c-238f2a3df928", "Linux LVM"},
      {"21686148-6449-6e6f-744e-656564454649", "BIOS boot"},
      {"ebd0a0a2-b9e5-4433-87c0-68b6b72699c7", "basic data"},
      {"e3c9e316-0b5c-4db8-817d-f92df00215ae", "Microsoft reserved"},
  }};
  for (const auto& [known, name] : kTypes)
    if (guid == known) return name;
  return guid;
}

std::string mbr_type(uint8_t type) {
  switch (type) {
    case efi::kMbrTypeSystem: return "EFI system";
    case 0x05:
    case 0x0F: return "extended";
    case 0x07: return "NTFS or exFAT";
    case 0x01:
    case 0x04:
    case 0x06:
    case 0x0B:
    case 0x0C:
    case 0x0E: return "FAT";
    case 0x82: return "Linux swap";
    case 0x83: return "Linux data";
    case 0x8E: return "Linux LVM";
    default: return fmt::format("{:#04x}", type);
  }
}

struct Told {
  uint64_t first, count;
  alignas(8) std::array<std::byte, sizeof(efi::HardDriveNode)> node{};
  efi::PartitionInfoProtocol info;

  core::Partition partition() const { return {first, count, reinterpret_cast<const efi::DevicePath*>(node.data()), &info}; }
};

class Collector final : public core::PartitionVisitor {
 public:
  std::vector<Told> all;
  Result<> visit(const core::Partition& partition) override {
    Told told{partition.first, partition.count, {}, *partition.info};
    const auto bytes = reinterpret_cast<const std::byte*>(partition.node);
    const size_t length = partition.node->length[0] | partition.node->length[1] << 8;
    std::copy_n(bytes, std::min(length, told.node.size()), told.node.begin());
    all.push_back(told);
    return {};
  }
};

// How a partition is called, by whatever table it is in.
void identify(const Told& told, VolumeReport& volume) {
  volume.is_system = told.info.system != 0;
  if (told.info.kind == efi::PartitionKind::Other) {
    efi::CdromNode node;
    memcpy(&node, told.node.data(), sizeof node);
    volume.number = std::to_string(node.boot_entry);
    volume.type = volume.is_system ? "boot image for EFI" : "boot image";
    return;
  }
  efi::HardDriveNode node;
  memcpy(&node, told.node.data(), sizeof node);
  volume.number = std::to_string(node.partition_number);
  if (told.info.kind == efi::PartitionKind::Mbr) {
    uint32_t signature;
    memcpy(&signature, node.signature, sizeof signature);
    volume.type = mbr_type(told.info.mbr.os_type);
    volume.partuuid = fmt::format("{:08x}-{:02x}", signature, uint32_t{node.partition_number});
    return;
  }
  std::u16string name(std::begin(told.info.gpt.name), std::end(told.info.gpt.name));
  volume.name = utf8(name.substr(0, name.find(u'\0')));
  volume.type = gpt_type(text_of(told.info.gpt.type));
  volume.partuuid = text_of(told.info.gpt.unique);
}

class DiskInspector {
 public:
  DiskInspector(core::ByteSource& source, formats::Wish wish, DiskReport& report) : source_(source), wish_(wish), report_(report) {}

  Result<core::DiskFormats::Found> run() {
    VolumeReport whole;
    whole.size = report_.size;
    Blocks disk(source_, report_.block_size, 0, report_.size / report_.block_size);
    const auto found = TRY(look(disk, nullptr, whole, 0));
    keep_log(report_.remarks);
    return found;
  }

 private:
  void keep_log(std::vector<std::string>& remarks) { std::ranges::move(keeper_.take(), std::back_inserter(remarks)); }

  Result<core::DiskFormats::Found> look(Blocks& device, const core::Partition* self, const VolumeReport& as, size_t depth) {
    Collector partitions;
    const auto found = TRY(formats_.look(device, self, partitions));
    if (found == core::DiskFormats::Found::Partitions) {
      if (depth == 0) report_.table = table_of(partitions);
      keep_log(report_.remarks);
      for (const Told& told : partitions.all) add_partition(told, as, depth);
      return found;
    }
    if (depth == 0 && found == core::DiskFormats::Found::Nothing) return found;
    if (report_.volumes.size() >= kMostVolumes) return found;
    VolumeReport volume = as;
    if (found == core::DiskFormats::Found::Volume) look_into(device, volume);
    report_.volumes.push_back(std::move(volume));
    return found;
  }

  static const char* table_of(const Collector& partitions) {
    switch (partitions.all.empty() ? efi::PartitionKind::Gpt : partitions.all[0].info.kind) {
      case efi::PartitionKind::Gpt: return "GPT";
      case efi::PartitionKind::Mbr: return "MBR";
      default: return "El Torito";
    }
  }

  void add_partition(const Told& told, const VolumeReport& parent, size_t depth) {
    VolumeReport volume;
    identify(told, volume);
    if (!parent.number.empty()) volume.number = parent.number + '.' + volume.number, volume.partuuid.clear();
    volume.first_byte = parent.first_byte + told.first * report_.block_size;
    volume.size = told.count * report_.block_size;
    Blocks part(source_, report_.block_size, volume.first_byte, told.count);
    const core::Partition self = told.partition();
    const auto found = depth < kDeepest ? look(part, &self, volume, depth + 1) : Result<core::DiskFormats::Found>(Status::VolumeCorrupted);
    if (found) return;
    volume.remarks.push_back(fmt::format("cannot be looked at: {}", status_name(found.status())));
    report_.volumes.push_back(std::move(volume));
  }

  void look_into(Blocks& device, VolumeReport& report) {
    report.file_system = "FAT";
    auto volume = formats_.mount(device);
    if (volume) {
      core::FileName label;
      if ((*volume)->label(label)) report.label = utf8(label.view());
      walk_volume(**volume, wish_, report);
      formats_.unmount(**volume);
    } else {
      report.remarks.push_back(fmt::format("cannot be mounted: {}", status_name(volume.status())));
    }
    keep_log(report.remarks);
  }

  core::ByteSource& source_;
  formats::Wish wish_;
  DiskReport& report_;
  LogKeeper keeper_;
  SystemHeap heap_;
  NoClock clock_;
  boot::DiskFormats formats_{heap_, clock_};
};

std::optional<std::string> other_format(const formats::Input& input) {
  struct Format {
    uint64_t offset;
    std::string_view magic;
    const char* name;
  };
  constexpr Format kFormats[] = {{0, kQcow2Magic, "qcow2"}, {0, "KDMV", "vmdk"}, {0, "vhdxfile", "vhdx"}, {0, "conectix", "vpc"},
                                 {0x40, "\x7F\x10\xDA\xBE", "vdi"}};
  for (const Format& format : kFormats)
    if (has_bytes(input, format.offset, format.magic)) return format.name;
  return std::nullopt;
}

std::string what_boots(const DiskReport& report) {
  for (const VolumeReport& volume : report.volumes)
    for (const DiskFile& file : volume.files)
      if (file.is_fallback && file.report && file.report->chosen == formats::BootEntry::Efi && !file.report->refusal)
        return (volume.number.empty() ? "" : "partition " + volume.number + ", ") + file.path;
  return "";
}

}  // namespace

Outcome<DiskReport> inspect_disk(core::ByteSource& source, const std::string& name, formats::Wish wish, uint32_t block_size) {
  const formats::Input input(source);
  if (const auto format = other_format(input))
    return Failure{fmt::format("is a {} image: `qemu-img convert -f {} -O raw` makes a raw one of it", *format, *format)};
  constexpr std::string_view kGpt = "EFI PART";
  if (block_size == 0) block_size = !has_bytes(input, kSector, kGpt) && has_bytes(input, kLargeSector, kGpt) ? kLargeSector : kSector;
  DiskReport report{name, input.size(), block_size, "none", "", {}, {}};
  if (input.size() < block_size) return Failure{input.size() == 0 ? "is empty" : "is too small for a disk"};
  const auto found = DiskInspector(source, wish, report).run();
  if (!found) return Failure{fmt::format("cannot be read as a disk: {}", status_name(found.status()))};
  if (*found == core::DiskFormats::Found::Nothing) return Failure{"is no disk image: it has neither GPT, MBR, El Torito nor a FAT volume"};
  report.boots = what_boots(report);
  return report;
}

}  // namespace efilite::cli
