// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "fs/partitions/partitions.hpp"

#include "base/log.hpp"

namespace efilite::fs {

Result<> tell_hard_drive(core::PartitionVisitor& visitor, const Extent& extent, uint32_t number, uint64_t start, ByteSpan signature,
                         const efi::PartitionInfoProtocol& info) {
  efi::HardDriveNode node{};
  node.header = {efi::kMediaPath, efi::kMediaHardDrive, {sizeof node, 0}};
  node.partition_number = number;
  node.partition_start = start;
  node.partition_size = extent.count;
  memcpy(node.signature, signature.data(), signature.size());
  node.format = node.signature_type = info.kind == efi::PartitionKind::Gpt ? efi::kHardDriveGpt : efi::kHardDriveMbr;
  return visitor.visit({extent.first, extent.count, &node.header, &info});
}

void leave_out(uint32_t number, const char* why) { log::line("efilite: partition ", number, " is left out: ", why); }

// [UEFI 2.10, 13.3.2] has this order, and that tables nest, but not those of GPT.
Result<bool> tell_partitions(DiskReader& disk, const core::Partition* self, core::PartitionVisitor& visitor) {
  const bool in_gpt = self != nullptr && self->info->kind == efi::PartitionKind::Gpt;
  if (!in_gpt && TRY(tell_gpt(disk, visitor))) return true;
  if (TRY(tell_el_torito(disk, visitor))) return true;
  return tell_mbr(disk, self, visitor);
}

}  // namespace efilite::fs
