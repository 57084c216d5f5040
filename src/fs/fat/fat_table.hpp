// SPDX-License-Identifier: BSD-2-Clause-Patent
// The file allocation table: which clusters follow which, which are free, and whether the volume was left in order.
#pragma once

#include <optional>

#include "fs/fat/fat_format.hpp"

namespace efilite::fs {

class FatTable {
 public:
  static constexpr uint32_t kEnd = 0x0FFF'FFFF;  // behind the last cluster of a chain

  // Clusters that nothing points to yet.
  struct NewChain {
    uint32_t first = 0;
    uint32_t last = 0;
    uint32_t count = 0;
  };

  FatTable(BlockCache& disk, const FatGeometry& geometry) : disk_(disk), g_(geometry) {}
  Result<> start();

  BlockCache& disk() { return disk_; }
  const FatGeometry& geometry() const { return g_; }

  // The cluster behind `cluster`, or kEnd; VOLUME_CORRUPTED where a chain cannot go.
  Result<uint32_t> next(uint32_t cluster);
  // How many clusters behind `cluster`, up to `most`, follow it both in the chain and on the disk.
  Result<uint32_t> neighbours(uint32_t cluster, uint32_t most);
  // All changes are on the disk when these return.
  Result<> link(uint32_t cluster, uint32_t next);
  // Up to `wanted` clusters, behind `near` where there is room; VOLUME_FULL when there is none at all.
  Result<NewChain> allocate(uint32_t wanted, uint32_t near);
  // A new chain of one cluster whose entry lies in the same block as that of `cluster`, so that one write can change both; VOLUME_FULL.
  Result<NewChain> allocate_neighbour(uint32_t cluster);
  // By one write: what follows `head` follows its neighbour `other`, and `head` is alone.
  Result<> hand_over(uint32_t head, uint32_t other);
  // As far as the chain makes sense: what is behind is lost, not followed.
  Result<> release(uint32_t first);
  Result<uint32_t> count_free();

  // Before the first change: says on the volume that it is being changed, and that nobody knows how much is free.
  Result<> begin_change();
  // Takes that back once everything is on the medium.
  Result<> settle();

 private:
  uint64_t position(uint32_t cluster) const;
  Result<uint32_t> scan(uint32_t at, uint32_t last, bool in_chain);
  Result<NewChain> allocate_from(uint32_t at, uint32_t candidates, uint32_t wanted);
  bool in_one_block(uint32_t cluster) const;
  Result<uint32_t> get(uint32_t cluster);
  Result<> set(uint32_t cluster, uint32_t value);
  Result<> set12(uint32_t cluster, uint32_t value);
  Result<> set_clean(bool clean);
  void count_taken(uint32_t count);
  void drop_unfinished();
  Result<> put_info(uint32_t free, uint32_t hint);

  BlockCache& disk_;
  const FatGeometry& g_;
  uint32_t hint_ = 2;  // where to look for free clusters first
  std::optional<uint32_t> free_;
  bool keeps_clean_bit_ = false;
  bool changing_ = false;
};

// The clusters of one file or directory, with a place in it that makes going on from there cheap.
class ClusterChain {
 public:
  struct Run {
    uint32_t cluster = 0;
    uint32_t count = 0;  // 0: the chain ends before
  };
  struct Tail {
    uint32_t count = 0;  // clusters of the chain
    uint32_t last = 0;
  };

  explicit ClusterChain(uint32_t first = 0) : first_(first) {}
  uint32_t first() const { return first_; }
  void restart(uint32_t first) { *this = ClusterChain(first); }

  // Clusters that lie one behind the other, from number `index` of the chain on, and up to `wanted`. How far the run goes on is looked up
  // for up to `useful` clusters at once.
  Result<Run> run(FatTable& table, uint32_t index, uint32_t wanted, uint32_t useful = 0);
  Result<Tail> tail(FatTable& table);
  // Puts `more` behind the last cluster. The caller writes `first()` where it belongs when it was 0 before.
  Result<> append(FatTable& table, const FatTable::NewChain& more);
  // Leaves the first `count` clusters, at least one, and gives up the others.
  Result<> cut(FatTable& table, uint32_t count);

 private:
  Result<bool> advance(FatTable& table, uint32_t most);
  Result<> go_to(uint32_t cluster, uint32_t count);

  uint32_t first_;
  uint32_t index_ = 0;
  uint32_t cluster_ = 0;  // that number index_ is; 0: not at any place
  uint32_t known_ = 0;    // how many behind it are known to follow it on the disk
  uint32_t mark_ = 0;     // one that was passed: to see it again means that the chain is a ring
  Tail tail_{};           // count 0: not known
};

}  // namespace efilite::fs
