// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/xen/grant_table.hpp"

#include <utility>

#include "base/log.hpp"

namespace efilite::drivers::xen {

namespace {

constexpr uint16_t kInUse = GTF_reading | GTF_writing;

// What both versions have in common, and where the frame is in each.
static_assert(sizeof(grant_entry_v1) == 8 && offsetof(grant_entry_v1, frame) == 4);
static_assert(sizeof(grant_entry_v2) == 16 && offsetof(grant_entry_v2, full_page.frame) == 8);
constexpr uint32_t kShift1 = 3, kShift2 = 4;

template <typename T>
T& field(grant_entry_header& entry, size_t offset) {
  return *reinterpret_cast<T*>(reinterpret_cast<std::byte*>(&entry) + offset);
}

}  // namespace

grant_entry_header& GrantTable::header(grant_ref_t reference) const {
  const uint64_t offset = uint64_t{reference} << entry_shift_;
  return *reinterpret_cast<grant_entry_header*>(tables_[offset / kPageSize] + (offset & kPageMask));
}

void GrantTable::set_frame(grant_entry_header& entry, uint64_t frame) const {
  if (version_ == 2) field<uint64_t>(entry, offsetof(grant_entry_v2, full_page.frame)) = frame;
  else field<uint32_t>(entry, offsetof(grant_entry_v1, frame)) = static_cast<uint32_t>(frame);
}

uint64_t GrantTable::frame(const grant_entry_header& entry) const {
  auto& open = const_cast<grant_entry_header&>(entry);
  return version_ == 2 ? field<uint64_t>(open, offsetof(grant_entry_v2, full_page.frame))
                       : field<uint32_t>(open, offsetof(grant_entry_v1, frame));
}

// A predecessor's version cannot be set back while its grants are active, and need not be.
Result<> GrantTable::choose_version(uint64_t highest) {
  gnttab_get_version now{.dom = DOMID_SELF, .pad = 0, .version = 0};
  TRY(xen_.operate(__HYPERVISOR_grant_table_op, GNTTABOP_get_version, now, 1));
  uint32_t version = now.version == 2 ? 2 : 1;
  if (version == 1 && highest >= kReachOfVersion1) {
    gnttab_set_version wanted{.version = 2};
    if (xen_.operate(__HYPERVISOR_grant_table_op, GNTTABOP_set_version, wanted, 1)) version = 2;
  }
  if (version == 2) {
    status_ = reinterpret_cast<const grant_status_t*>(TRY(frames_.map(XENMAPSPACE_grant_table, XENMAPIDX_grant_table_status)));
    static_assert(kPageSize / sizeof(grant_status_t) >= (kMostFrames << (12 - kShift2)));
  }
  version_ = version;
  entry_shift_ = version == 2 ? kShift2 : kShift1;
  return {};
}

Result<> GrantTable::open(uint64_t highest) {
  if (version_ != 0) return {};
  gnttab_query_size size{.dom = DOMID_SELF, .nr_frames = 0, .max_nr_frames = 0, .status = 0};
  TRY(xen_.operate(__HYPERVISOR_grant_table_op, GNTTABOP_query_size, size, 1));
  if (size.status != GNTST_okay) {
    log::line("efilite: Xen does not tell the size of the grant table: ", size.status);
    return Status::DeviceError;
  }
  most_frames_ = size.max_nr_frames;
  TRY(choose_version(highest));
  first_free_ = 0;
  first_fresh_ = GNTTAB_NR_RESERVED_ENTRIES;
  return {};
}

void GrantTable::close() {
  for (std::byte* table : tables_) frames_.unmap(table);
  tables_.clear();
  if (status_ != nullptr) frames_.unmap(reinterpret_cast<std::byte*>(const_cast<grant_status_t*>(status_)));
  status_ = nullptr;
  version_ = 0;
}

Result<> GrantTable::grow() {
  if (tables_.full() || tables_.size() >= most_frames_) return Status::OutOfResources;
  (void)tables_.push_back(TRY(frames_.map(XENMAPSPACE_grant_table, tables_.size())));
  return {};
}

// Puts an entry that has never been used on the list of free ones. Xen looks at nothing but the flags of an entry that is not valid; one
// that a predecessor has left valid is not ours.
Result<> GrantTable::add_fresh() {
  for (;;) {
    if (first_fresh_ == capacity() || tables_.empty()) TRY(grow());
    grant_entry_header& entry = header(first_fresh_++);
    if (entry.flags != GTF_invalid) continue;
    set_frame(entry, 0);
    first_free_ = first_fresh_ - 1;
    return {};
  }
}

Result<grant_ref_t> GrantTable::grant(domid_t other, uint64_t address, Access access) {
  CHECK(version_ != 0 && address < reach());
  if (first_free_ == 0) TRY(add_fresh());
  const grant_ref_t taken = first_free_;
  grant_entry_header& entry = header(taken);
  first_free_ = static_cast<grant_ref_t>(frame(entry));
  set_frame(entry, address / kPageSize);
  entry.domid = other;
  const unsigned flags = access == Access::ReadOnly ? GTF_permit_access | GTF_readonly : GTF_permit_access;
  __atomic_store_n(&entry.flags, static_cast<uint16_t>(flags), __ATOMIC_RELEASE);
  return taken;
}

bool GrantTable::end(grant_ref_t reference) {
  if (version_ == 0) return false;
  grant_entry_header& entry = header(reference);
  if (version_ == 2) {
    // Nobody can map it anew; then who has it mapped is looked at.
    __atomic_store_n(&entry.flags, uint16_t{GTF_invalid}, __ATOMIC_SEQ_CST);
    if ((status_[reference] & kInUse) != 0) return false;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
  } else {
    uint16_t flags = __atomic_load_n(&entry.flags, __ATOMIC_RELAXED);
    do {
      if ((flags & kInUse) != 0) return false;
    } while (!__atomic_compare_exchange_n(&entry.flags, &flags, uint16_t{GTF_invalid}, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
  }
  set_frame(entry, first_free_);
  first_free_ = reference;
  return true;
}

Result<> SharedPages::allocate(GrantTable& grants, core::DeviceMemory& memory, domid_t other, size_t pages) {
  if (!release()) return Status::AccessDenied;
  grants_ = &grants;
  memory_ = &memory;
  bytes_ = TRY(memory.allocate({pages}, grants.reach()));
  for (size_t i = 0; i < pages; ++i) {
    auto reference = grants.grant(other, reinterpret_cast<uint64_t>(page(i)), Access::ReadWrite);
    if (!reference) {
      (void)release();
      return reference.error();
    }
    CHECK(references_.push_back(*reference));
  }
  return {};
}

bool SharedPages::end() {
  for (size_t i = references_.size(); i-- > 0;)
    if (grants_->end(references_[i])) references_.erase(i);
  return references_.empty();
}

void SharedPages::keep() {
  if (!references_.empty()) memory_->keep(bytes_);
}

bool SharedPages::release() {
  if (!end()) return false;
  if (!bytes_.empty()) memory_->release(std::exchange(bytes_, {}));
  return true;
}

}  // namespace efilite::drivers::xen
