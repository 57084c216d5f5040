// SPDX-License-Identifier: BSD-2-Clause-Patent
// The partitions of a disk, by whatever table it has: GPT, El Torito, MBR, in this order [UEFI 2.10, 13.3.2].
#pragma once

#include "abi/uefi/device_path.hpp"
#include "abi/uefi/partition.hpp"
#include "fs/partitions/disk_reader.hpp"

namespace efilite::fs {

// A partition as it is told, before anybody has checked it against the others.
struct Extent {
  uint64_t first = 0;
  uint64_t count = 0;
  bool overlaps(const Extent& other) const { return first < other.first + other.count && other.first < first + count; }
};

// Tells a hard disk's partition with its HD() node. `start` is where it begins on the whole disk, which is not where it begins on the
// device when that is a partition itself.
Result<> tell_hard_drive(core::PartitionVisitor& visitor, const Extent& extent, uint32_t number, uint64_t start, ByteSpan signature,
                         const efi::PartitionInfoProtocol& info);
void leave_out(uint32_t number, const char* why);

// Each answers whether there is such a table. DEVICE_ERROR and the like are the disk's, all else is the visitor's.
Result<bool> tell_gpt(DiskReader& disk, core::PartitionVisitor& visitor);
Result<bool> tell_el_torito(DiskReader& disk, core::PartitionVisitor& visitor);
Result<bool> tell_mbr(DiskReader& disk, const core::Partition* self, core::PartitionVisitor& visitor);

// `self` is what the device is a partition of some other disk as, nullptr for a whole disk.
Result<bool> tell_partitions(DiskReader& disk, const core::Partition* self, core::PartitionVisitor& visitor);

}  // namespace efilite::fs
