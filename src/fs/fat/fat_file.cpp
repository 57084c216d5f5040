// SPDX-License-Identifier: BSD-2-Clause-Patent
// Contents of files. New clusters are filled before anything names them, and an entry's size and first cluster change by one write; so a
// file that was empty grows at once, and one that was not has for a moment clusters behind its end, which is no more than lost ones.
#include <algorithm>

#include "fs/fat/fat_node.hpp"

namespace efilite::fs {

namespace {
constexpr uint64_t kMostBytes = 0xFFFF'FFFF;
constexpr uint32_t kMostUseful = 16384;  // clusters of one read of the FAT
}

Result<uint64_t> FatNode::read(uint64_t offset, MutableByteSpan out) {
  TRY(usable_as(false));
  if (offset >= raw_.size) return 0;
  const uint64_t length = std::min<uint64_t>(out.size(), raw_.size - offset);
  const uint32_t shift = geometry().cluster_shift, mask = geometry().cluster_bytes - 1;
  for (uint64_t done = 0; done < length;) {
    const uint64_t at = offset + done, within = at & mask;
    const auto wanted = static_cast<uint32_t>((within + length - done + mask) >> shift);
    // Who reads more than a cluster reads on, and then it is known how.
    const uint32_t useful = wanted > 1 ? std::min(static_cast<uint32_t>((raw_.size - at + mask) >> shift), kMostUseful) : 0;
    const auto run = TRY(chain_.run(table(), static_cast<uint32_t>(at >> shift), wanted, useful));
    if (run.count == 0) return Status::VolumeCorrupted;  // the size says that there is more than the chain has
    const uint64_t count = std::min(length - done, (uint64_t{run.count} << shift) - within);
    TRY(disk().read(geometry().address(run.cluster) + within, out.subspan(done, count)));
    done += count;
  }
  return length;
}

// Clusters for `size` bytes; fewer when the volume has no more.
Result<FatNode::Growth> FatNode::reserve(uint64_t size) {
  const auto tail = TRY(chain_.tail(table()));
  const uint32_t shift = geometry().cluster_shift;
  if (uint64_t{tail.count} << shift < raw_.size) return Status::VolumeCorrupted;
  Growth out{.old_clusters = tail.count, .more = {}};
  const auto needed = static_cast<uint32_t>((size + geometry().cluster_bytes - 1) >> shift);
  if (needed <= tail.count) return out;
  auto more = table().allocate(needed - tail.count, tail.count != 0 ? tail.last : 0);
  if (more) out.more = *more;
  else if (more.status() != Status::VolumeFull) return more.status();
  return out;
}

// Bytes [from, to) of the file, whose clusters are its own and those that it is to get; zeros without `bytes`.
Result<> FatNode::fill(uint64_t from, uint64_t to, const std::byte* bytes, const Growth& growth) {
  const uint32_t shift = geometry().cluster_shift, mask = geometry().cluster_bytes - 1;
  ClusterChain more(growth.more.first);
  while (from < to) {
    const uint64_t index = from >> shift, within = from & mask;
    const auto wanted = static_cast<uint32_t>((within + to - from + mask) >> shift);
    const bool own = index < growth.old_clusters;
    const auto run = own ? TRY(chain_.run(table(), static_cast<uint32_t>(index), wanted))
                         : TRY(more.run(table(), static_cast<uint32_t>(index - growth.old_clusters), wanted));
    if (run.count == 0) return Status::VolumeCorrupted;
    const uint64_t count = std::min(to - from, (uint64_t{run.count} << shift) - within);
    const uint64_t at = geometry().address(run.cluster) + within;
    if (bytes == nullptr) {
      TRY(disk().zero(at, count));
    } else {
      TRY(disk().write(at, {bytes, static_cast<size_t>(count)}));
      bytes += count;
    }
    from += count;
  }
  return disk().commit();
}

// Zeros up to `zeros_to`, then `in`; after it the file has `size` bytes. When the disk fails the new clusters may have been linked already,
// so they are left alone.
Result<> FatNode::grow(uint64_t zeros_to, uint64_t size, ByteSpan in, const Growth& growth) {
  if (zeros_to > raw_.size) TRY(fill(raw_.size, zeros_to, nullptr, growth));
  if (!in.empty()) TRY(fill(size - in.size(), size, in.data(), growth));
  ShortEntry raw = raw_;
  if (growth.more.count != 0) {
    TRY(chain_.append(table(), growth.more));
    set_first_cluster(raw, chain_.first());
  }
  raw.size = static_cast<uint32_t>(size);
  raw.attributes |= kAttrArchive;
  stamp_modified(raw);
  return put_entry(raw);
}

Result<uint64_t> FatNode::write(uint64_t offset, ByteSpan in) {
  TRY(changeable_as(false));
  if (in.empty()) return 0;
  if (offset >= kMostBytes) return Status::VolumeFull;
  in = in.first(static_cast<size_t>(std::min<uint64_t>(in.size(), kMostBytes - offset)));
  TRY(begin_change());
  const uint64_t end = offset + in.size();
  if (end <= raw_.size) {
    TRY(fill(offset, end, in.data(), {.old_clusters = kMostBytes, .more = {}}));
    ShortEntry raw = raw_;
    raw.attributes |= kAttrArchive;
    stamp_modified(raw);
    if (memcmp(&raw, &raw_, sizeof(raw)) != 0) TRY(put_entry(raw));
    return in.size();
  }

  const Growth growth = TRY(reserve(end));
  const uint64_t room = (growth.old_clusters + growth.more.count) << geometry().cluster_shift;
  if (room <= offset) {
    TRY(table().release(growth.more.first));
    return Status::VolumeFull;
  }
  in = in.first(static_cast<size_t>(std::min<uint64_t>(in.size(), room - offset)));
  TRY(grow(offset, offset + in.size(), in, growth));
  return in.size();
}

Result<> FatNode::resize(uint64_t size) {
  TRY(changeable_as(false));
  if (size == raw_.size) return {};
  if (size > kMostBytes) return Status::VolumeFull;
  TRY(begin_change());
  if (size < raw_.size) return shrink(static_cast<uint32_t>(size));
  const Growth growth = TRY(reserve(size));
  const uint64_t room = (growth.old_clusters + growth.more.count) << geometry().cluster_shift;
  if (room >= size) return grow(size, size, {}, growth);
  TRY(table().release(growth.more.first));
  return Status::VolumeFull;
}

// The entry first: until the clusters are free again they are lost ones.
Result<> FatNode::shrink(uint32_t size) {
  const uint32_t head = chain_.first();
  ShortEntry raw = raw_;
  raw.size = size;
  raw.attributes |= kAttrArchive;
  stamp_modified(raw);
  if (size == 0) set_first_cluster(raw, 0);
  TRY(put_entry(raw));
  const uint64_t clusters = (uint64_t{size} + geometry().cluster_bytes - 1) >> geometry().cluster_shift;
  if (clusters != 0) return chain_.cut(table(), static_cast<uint32_t>(clusters));
  chain_.restart(0);
  return table().release(head);
}

}  // namespace efilite::fs
