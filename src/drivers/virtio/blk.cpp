// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/virtio/blk.hpp"

#include <linux/virtio_blk.h>

#include <algorithm>
#include <array>
#include <bit>

#include "base/log.hpp"

namespace efilite::drivers::virtio {

namespace {

constexpr uint32_t kSector = 512;               // what the device counts in, whatever its blocks are
constexpr uint32_t kLargestRequest = 16 << 20;  // where the device names no limit; what a host does in one piece without trouble
constexpr uint16_t kFramePieces = 2;            // a request's header and status
constexpr uint16_t kMostPieces = 126;           // of its data
constexpr uint32_t kLargestBlock = 65536;
constexpr uint8_t kNoAnswer = 0xFF;             // none of the status values

constexpr uint64_t bit(unsigned feature) { return uint64_t{1} << feature; }

}  // namespace

struct BlkDevice::Request {
  virtio_blk_outhdr header;
  uint8_t status;
  uint32_t to_memory;  // bytes of data that the device is to write
};

Result<> BlkDevice::start() {
  constexpr uint64_t wanted = bit(VIRTIO_BLK_F_SIZE_MAX) | bit(VIRTIO_BLK_F_SEG_MAX) | bit(VIRTIO_BLK_F_RO) | bit(VIRTIO_BLK_F_BLK_SIZE) |
                              bit(VIRTIO_BLK_F_TOPOLOGY) | bit(VIRTIO_BLK_F_FLUSH);
  return device_.start(wanted, [&] { return set_up(); });
}

Result<> BlkDevice::set_up() {
  TRY(learn_size());
  TRY(learn_topology());
  return set_up_requests();
}

Result<> BlkDevice::learn_size() {
  const auto sectors = TRY(device_.read_config<uint64_t>(offsetof(virtio_blk_config, capacity)));
  if (sectors > UINT64_MAX / kSector) return device_.fail("it has more sectors than there can be: ", sectors);
  block_size_ = kSector;
  if (device_.has(VIRTIO_BLK_F_BLK_SIZE)) block_size_ = TRY(device_.read_config<uint32_t>(offsetof(virtio_blk_config, blk_size)));
  if (!std::has_single_bit(block_size_) || block_size_ < kSector || block_size_ > kLargestBlock)
    return device_.fail("its blocks are of an impossible size: ", block_size_);
  block_count_ = sectors / (block_size_ / kSector);
  read_only_ = device_.has(VIRTIO_BLK_F_RO);
  if (block_count_ != 0) return {};
  log::line("efilite: ", device_.name(), ": it has no room for a single block");
  return Status::NoMedia;
}

Result<> BlkDevice::learn_topology() {
  topology_ = {};
  if (!device_.has(VIRTIO_BLK_F_TOPOLOGY)) return {};
  const auto exponent = TRY(device_.read_config<uint8_t>(offsetof(virtio_blk_config, physical_block_exp)));
  const auto offset = TRY(device_.read_config<uint8_t>(offsetof(virtio_blk_config, alignment_offset)));
  const auto granularity = TRY(device_.read_config<uint16_t>(offsetof(virtio_blk_config, min_io_size)));
  // An exponent that means nothing is no reason to do without the disk.
  topology_ = {.lowest_aligned = offset, .per_physical = exponent < 32 ? uint32_t{1} << exponent : 0, .best_granularity = granularity};
  return {};
}

Result<> BlkDevice::set_up_requests() {
  piece_size_ = kLargestRequest;
  uint32_t pieces = 1;
  if (device_.has(VIRTIO_BLK_F_SIZE_MAX)) {
    const auto limit = TRY(device_.read_config<uint32_t>(offsetof(virtio_blk_config, size_max)));
    if (limit != 0) piece_size_ = std::min(limit, kLargestRequest);
    // A device that does not say how many pieces it takes takes one.
    if (device_.has(VIRTIO_BLK_F_SEG_MAX)) pieces = TRY(device_.read_config<uint32_t>(offsetof(virtio_blk_config, seg_max)));
    pieces = std::clamp<uint32_t>(pieces, 1, std::min<uint32_t>(kMostPieces, (kLargestRequest + piece_size_ - 1) / piece_size_));
  }
  const uint16_t in_ring = pieces == 1 ? kRequests * (1 + kFramePieces) : kMostPieces + kFramePieces;
  const auto with_frame = static_cast<uint16_t>(pieces + kFramePieces);
  TRY(device_.start_request_queue(queue_, 0, {.size = std::bit_ceil(in_ring), .max_pieces = with_frame}));
  if (queue_.max_pieces() <= kFramePieces) return device_.fail("its queue is too short for any request: ", queue_.size());

  const uint64_t most = uint64_t{piece_size_} * (queue_.max_pieces() - kFramePieces);
  request_size_ = static_cast<uint32_t>(align_down(std::min<uint64_t>(most, kLargestRequest), block_size_));
  if (request_size_ == 0) return device_.fail("no block is as small as its requests have to be: ", most);
  requests_ = reinterpret_cast<Request*>(TRY(device_.allocate({1})).data());
  static_assert(sizeof(Request) * kRequests <= kPageSize);
  free_requests_ = UINT16_MAX;
  return {};
}

Result<> BlkDevice::submit(uint32_t type, uint64_t sector, std::byte* data, size_t size) {
  if (free_requests_ == 0) return Status::NotReady;
  const int token = std::countr_zero(free_requests_);
  Request& request = requests_[token];
  request = {.header = {.type = type, .ioprio = 0, .sector = sector},
             .status = kNoAnswer,
             .to_memory = type == VIRTIO_BLK_T_IN ? static_cast<uint32_t>(size) : 0};
  std::array<Piece, kMostPieces + kFramePieces> pieces;
  size_t count = 0;
  pieces[count++] = to_device(bytes_of(request.header));
  for (size_t at = 0; at < size; at += piece_size_)
    pieces[count++] = {reinterpret_cast<uint64_t>(data + at), static_cast<uint32_t>(std::min<size_t>(piece_size_, size - at)),
                       type == VIRTIO_BLK_T_IN};
  pieces[count++] = from_device(std::as_writable_bytes(std::span(&request.status, 1)));
  TRY(queue_.submit(std::span(pieces).first(count), static_cast<uint16_t>(token)));
  free_requests_ = static_cast<uint16_t>(free_requests_ & (free_requests_ - 1));
  return {};
}

Result<> BlkDevice::finish(const Completion& done, bool tell) {
  const Request& request = requests_[done.token];
  free_requests_ = static_cast<uint16_t>(free_requests_ | 1u << done.token);
  const uint8_t status = read_once(&request.status);
  // [virtio 1.2, 2.7.8.2] what lies behind the bytes it says it wrote is anything. The status byte is not asked to be among them: devices
  // exist that count the data only. [virtio 1.2, 5.2.6.3] those of old count as they like.
  const bool complete = device_.transport().legacy() || done.written >= request.to_memory;
  if (status == VIRTIO_BLK_S_OK && complete) return {};
  if (!tell) return Status::DeviceError;
  const char* what = request.header.type == VIRTIO_BLK_T_IN ? "reading" : request.header.type == VIRTIO_BLK_T_OUT ? "writing" : "flushing";
  const char* why = status == VIRTIO_BLK_S_OK       ? ": it stopped short"
                    : status == VIRTIO_BLK_S_IOERR  ? ": I/O error"
                    : status == VIRTIO_BLK_S_UNSUPP ? ": it says that it cannot"
                                                    : ": it gave no status";
  log::line("efilite: ", device_.name(), ": ", what, " failed at sector ", request.header.sector, why);
  return Status::DeviceError;
}

Result<> BlkDevice::transfer(uint32_t type, uint64_t block, std::byte* data, size_t size) {
  if (!device_.usable()) return Status::DeviceError;
  if (size % block_size_ != 0 || block > block_count_ || size / block_size_ > block_count_ - block) return Status::InvalidParameter;
  const uint64_t sector = block * (block_size_ / kSector);
  Result<> result;
  size_t at = 0;
  while (at < size || queue_.in_flight() != 0) {
    while (at < size) {
      const size_t length = std::min<size_t>(size - at, request_size_);
      Result<> submitted = submit(type, sector + at / kSector, data + at, length);
      if (submitted.status() == Status::NotReady) break;
      TRY(submitted);
      at += length;
    }
    queue_.notify();
    if (finish(TRY(queue_.wait()), result.has_value())) continue;
    result = Status::DeviceError;
    at = size;  // the rest is not begun, but what is in flight is still writing to the caller's memory
  }
  return result;
}

Result<> BlkDevice::read(uint64_t block, MutableByteSpan bytes) { return transfer(VIRTIO_BLK_T_IN, block, bytes.data(), bytes.size()); }

Result<> BlkDevice::write(uint64_t block, ByteSpan bytes) {
  if (read_only_) return Status::WriteProtected;
  return transfer(VIRTIO_BLK_T_OUT, block, const_cast<std::byte*>(bytes.data()), bytes.size());
}

// [virtio 1.2, 5.2.6.2] a device without the command, or that was not asked for it, writes through.
Result<> BlkDevice::flush() {
  if (!device_.usable()) return Status::DeviceError;
  if (!device_.has(VIRTIO_BLK_F_FLUSH)) return {};
  TRY(submit(VIRTIO_BLK_T_FLUSH, 0, nullptr, 0));
  queue_.notify();
  return finish(TRY(queue_.wait()), true);
}

}  // namespace efilite::drivers::virtio
