// SPDX-License-Identifier: BSD-2-Clause-Patent
// A virtio disk of memory [virtio 1.2, 5.2], which fails when it is told to.
#pragma once

#include <linux/virtio_blk.h>

#include <optional>

#include "tests/support/virtio.hpp"

namespace efilite::test {

class FakeVirtioBlk final : public FakeVirtioDevice {
 public:
  explicit FakeVirtioBlk(uint64_t sectors, uint16_t queue = 256)
      : FakeVirtioDevice(drivers::virtio::DeviceType::Block, {queue}), disk(sectors * 512) {
    for (uint64_t i = 0; i < sectors; ++i) {
      memset(&disk[i * 512], static_cast<int>(i * 7), 512);
      memcpy(&disk[i * 512], &i, sizeof i);
    }
    config.resize(sizeof(virtio_blk_config));
    set_config<uint64_t>(offsetof(virtio_blk_config, capacity), sectors);
  }
  std::vector<uint8_t> disk;
  std::optional<uint8_t> status_byte;  // instead of the right one
  uint64_t fails_from = ~uint64_t{0};  // the sector at which its medium is bad
  uint32_t keeps_back = 0;             // bytes of data that it does not write
  bool counts_status = true;           // among the bytes it says it wrote
  bool gives_no_status = false;
  int reads = 0, writes = 0, flushes = 0;

  template <typename T>
  void set_limit(unsigned feature, size_t offset, T value) {
    offer(feature);
    set_config<T>(offset, value);
  }

 protected:
  uint32_t serve(uint16_t, const VirtioRequest& request) override {
    const std::vector<std::byte> input = request.input();
    virtio_blk_outhdr header;
    insist(input.size() >= sizeof header && request.readable[0].size() == sizeof header, "a request without a header of its own");
    memcpy(&header, input.data(), sizeof header);
    insist(!request.writable.empty() && request.writable.back().size() == 1, "a request without a status of its own");
    check_limits(request);
    const size_t room = request.room() - 1;
    size_t moved = 0;
    uint8_t result = VIRTIO_BLK_S_OK;
    const std::span<uint8_t> bytes = place(header, header.type == VIRTIO_BLK_T_IN ? room : input.size() - sizeof header);
    if (header.type == VIRTIO_BLK_T_IN) {
      ++reads;
      moved = room - std::min<size_t>(keeps_back, room);
      if (bytes.data() == nullptr) result = VIRTIO_BLK_S_IOERR;
      if (bytes.data() != nullptr) request.write(std::as_bytes(bytes.first(moved)));
    } else if (header.type == VIRTIO_BLK_T_OUT) {
      ++writes;
      if (bytes.data() == nullptr) result = VIRTIO_BLK_S_IOERR;
      if (bytes.data() != nullptr) memcpy(bytes.data(), input.data() + sizeof header, bytes.size());
    } else if (header.type == VIRTIO_BLK_T_FLUSH) {
      ++flushes;
      insist(header.sector == 0 && input.size() == sizeof header && room == 0, "a flush with data");
      insist(has_accepted(VIRTIO_BLK_F_FLUSH), "a flush that was not agreed on");
    } else {
      result = VIRTIO_BLK_S_UNSUPP;
    }
    const auto status = static_cast<std::byte>(status_byte.value_or(result));
    if (!gives_no_status) request.write({&status, 1}, room);
    return static_cast<uint32_t>(moved + (counts_status ? 1 : 0));
  }

 private:
  void check_limits(const VirtioRequest& request) const {
    virtio_blk_config limits;
    memcpy(&limits, config.data(), sizeof limits);
    const size_t pieces = request.readable.size() + request.writable.size() - 2;
    if (has_accepted(VIRTIO_BLK_F_SEG_MAX)) insist(pieces <= std::max<size_t>(limits.seg_max, 1), "more pieces than the device takes");
    if (!has_accepted(VIRTIO_BLK_F_SIZE_MAX) || limits.size_max == 0) return;
    for (size_t i = 1; i < request.readable.size(); ++i) insist(request.readable[i].size() <= limits.size_max, "too large a piece");
    for (size_t i = 0; i + 1 < request.writable.size(); ++i) insist(request.writable[i].size() <= limits.size_max, "too large a piece");
  }
  // Nowhere, where the medium is bad.
  std::span<uint8_t> place(const virtio_blk_outhdr& header, size_t size) {
    insist(size % 512 == 0 && header.sector <= disk.size() / 512 && size <= disk.size() - header.sector * 512, "a request behind the end");
    if (header.sector + size / 512 > fails_from) return {};
    return std::span(disk).subspan(header.sector * 512, size);
  }
};

}  // namespace efilite::test
