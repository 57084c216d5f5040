// SPDX-License-Identifier: BSD-2-Clause-Patent
// The grant table [Xen public/grant_table.h]: which of our pages another domain may map, in entries of version 1 or 2.
#pragma once

#include <span>

#include "base/static_vector.hpp"
#include "core/device_ports.hpp"
#include "drivers/xen/hypercalls.hpp"

namespace efilite::drivers::xen {

enum class Access : uint8_t { ReadWrite, ReadOnly };

// Nothing is mapped before it is open, and of entries no more than are used. Whoever opens it closes it.
class GrantTable {
 public:
  GrantTable(Hypercalls& xen, Frames& frames) : xen_(xen), frames_(frames) {}
  GrantTable(const GrantTable&) = delete;
  GrantTable& operator=(const GrantTable&) = delete;

  // Before the first grant. `highest` is the last address that somebody will want to grant: entries of version 1 do not reach every one.
  Result<> open(uint64_t highest);
  // Memory from here on cannot be granted.
  uint64_t reach() const { return version_ == 2 ? ~uint64_t{0} : kReachOfVersion1; }

  // The page that `address` lies in, to domain `other`. OUT_OF_RESOURCES: the table is full, and Xen does not let it grow.
  Result<grant_ref_t> grant(domid_t other, uint64_t address, Access access);
  // False: the other side has the page mapped, and may still use it. It may be asked again; the entry is not used for anything else before.
  bool end(grant_ref_t reference);

  // Gives the table's frames back. What has not been ended stays granted, and cannot be any more.
  void close();

 private:
  static constexpr uint64_t kReachOfVersion1 = kPageSize << 32;
  static constexpr size_t kMostFrames = 8;

  grant_entry_header& header(grant_ref_t reference) const;
  void set_frame(grant_entry_header& entry, uint64_t frame) const;
  uint64_t frame(const grant_entry_header& entry) const;
  uint32_t capacity() const { return static_cast<uint32_t>(tables_.size()) << (12 - entry_shift_); }
  Result<> choose_version(uint64_t highest);
  Result<> add_fresh();
  Result<> grow();

  Hypercalls& xen_;
  Frames& frames_;
  StaticVector<std::byte*, kMostFrames> tables_;
  const volatile grant_status_t* status_ = nullptr;  // of version 2: one frame is enough for kMostFrames
  uint32_t most_frames_ = 0;
  uint32_t version_ = 0;  // 0: not open
  uint32_t entry_shift_ = 0;
  grant_ref_t first_free_ = 0;   // of those given back, each telling of the next in place of its frame; 0: none
  grant_ref_t first_fresh_ = 0;  // nothing from here on has been used
};

// Pages of ours that a domain may write to for a longer time.
class SharedPages {
 public:
  SharedPages() = default;
  SharedPages(const SharedPages&) = delete;
  SharedPages& operator=(const SharedPages&) = delete;
  ~SharedPages() { (void)release(); }

  // Zeroed. ACCESS_DENIED: those before are still mapped.
  Result<> allocate(GrantTable& grants, core::DeviceMemory& memory, domid_t other, size_t pages);
  MutableByteSpan bytes() const { return bytes_; }
  std::byte* page(size_t index) const { return bytes_.data() + index * kPageSize; }
  std::span<const grant_ref_t> references() const { return {references_.begin(), references_.size()}; }
  // Ends all grants; the memory stays. False: the other side still has some of it mapped.
  bool end();
  // As long as that is so, nobody else gets the memory: no OS either.
  void keep();
  // Ends all grants, and gives the memory back unless the other side still has some of it mapped.
  bool release();

 private:
  GrantTable* grants_ = nullptr;
  core::DeviceMemory* memory_ = nullptr;
  MutableByteSpan bytes_;
  StaticVector<grant_ref_t, 16> references_;
};

}  // namespace efilite::drivers::xen
