// SPDX-License-Identifier: BSD-2-Clause-Patent
// A disk of Xen's: the front end of a virtual block device [Xen public/io/blkif.h]. Data goes straight between the back end and the
// caller's memory, in requests that are in flight together. A back end that breaks the rules, or does not answer, is disconnected; nothing
// is asked of it any more, and what it still has mapped is given to nobody else.
#pragma once

#include <array>

#include "core/storage_ports.hpp"
#include "drivers/xen/blk_ring.hpp"
#include "drivers/xen/front_end.hpp"
#include "drivers/xen/grant_table.hpp"
#include "drivers/xen/services.hpp"

namespace efilite::drivers::xen {

// By what its front end's part of the store says: it is not touched.
bool is_cd_drive(FrontEnd& vbd);

class BlkFront final : public core::BlockDevice {
 public:
  // `id` is the number of the device in the store, `name` for the log.
  BlkFront(const Services& xen, GrantTable& grants, core::DeviceMemory& memory, core::Clock& clock, uint32_t id, std::string_view name);
  BlkFront(const BlkFront&) = delete;
  BlkFront& operator=(const BlkFront&) = delete;
  ~BlkFront() { shutdown(); }

  // NO_MEDIA: the drive is empty. NOT_FOUND: there is no such device. Other failures have their line in the log.
  Result<> start();
  // Leaves the device as if nobody had used it: what was written is on the medium, and another driver may start it. Its memory stays. The
  // grant table is open until then.
  void stop();
  // The same, and gives the memory back, unless the other side still has some of it mapped.
  void shutdown();

  bool is_cd() const { return is_cd_; }
  bool can_flush() const { return flush_operation_ != kNoFlush; }

  uint32_t block_size() const override { return block_size_; }
  uint64_t block_count() const override { return block_count_; }
  bool read_only() const override { return read_only_; }
  bool removable() const override { return removable_; }
  core::BlockTopology topology() const override { return topology_; }
  Result<> read(uint64_t block, MutableByteSpan bytes) override;
  Result<> write(uint64_t block, ByteSpan bytes) override;
  Result<> flush() override;

 private:
  static constexpr unsigned kMostPages = 512;           // of data that are in flight
  static constexpr unsigned kMostPagesOfRequest = 64;
  static constexpr unsigned kMostIndirect = 16;         // requests in flight that have a page for their segments
  static constexpr size_t kBouncePages = 16;
  static constexpr uint8_t kNoFlush = 0xFF;

  // What we know ourselves about a request.
  struct Request {
    uint64_t id = 0;
    uint64_t sector = 0;
    uint16_t pages = 0;  // that are granted for it
    uint8_t operation = 0;
    bool in_flight = false;
  };

  Result<> connect();
  Result<> share();
  Result<> tell();
  Result<> learn();
  Result<> learn_size();
  Result<> learn_requests();
  void disconnect();
  bool end_all_grants();
  bool wait_to_end_all_grants();
  void keep_memory();
  bool release_memory();
  unsigned end_grants(unsigned slot);
  Status fail(std::string_view what_it_did, std::optional<uint64_t> number = {});

  Result<> transfer(uint8_t operation, uint64_t block, std::byte* data, size_t size);
  Result<> bounce(uint8_t operation, uint64_t sector, std::byte* data, size_t size);
  Result<> stream(uint8_t operation, uint64_t sector, std::byte* data, size_t size);
  Result<size_t> submit(uint8_t operation, uint64_t sector, std::byte* data, size_t size);
  Result<> grant_pages(unsigned slot, blkif_request_segment* segments, std::byte* data, size_t size);
  void publish();
  Result<std::optional<BlkResponse>> take();
  Result<BlkResponse> wait(bool for_all);
  bool succeeded(const BlkResponse& done, bool tell_why) const;

  const Services xen_;
  GrantTable& grants_;
  core::DeviceMemory& memory_;
  core::Clock& clock_;
  const uint32_t id_;
  const std::string_view name_;
  FrontEnd front_;
  BlkRing ring_;
  SharedPages ring_pages_, indirect_;
  MutableByteSpan bounce_;
  EventPort port_ = 0;
  bool shared_ = false;  // the other side was told of the ring
  bool usable_ = false;

  uint32_t sector_size_ = 512;
  uint32_t block_size_ = 512;
  uint64_t block_count_ = 0;
  core::BlockTopology topology_;
  bool read_only_ = false, removable_ = false, is_cd_ = false;
  uint8_t flush_operation_ = kNoFlush;

  unsigned pages_per_request_ = BLKIF_MAX_SEGMENTS_PER_REQUEST;
  uint64_t free_slots_ = 0;  // a bit each
  uint64_t sequence_ = 0;    // of requests: no two have the same id
  std::array<Request, BlkRing::kMostEntries> requests_;
  std::array<grant_ref_t, kMostPages> references_{};  // of the pages of each request, pages_per_request_ for each slot
};

}  // namespace efilite::drivers::xen
