// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/virtio/scsi.hpp"

#include <linux/virtio_scsi.h>

#include <algorithm>
#include <atomic>
#include <bit>

namespace efilite::drivers::virtio {

namespace {

constexpr uint16_t kRequestQueue = 2;  // behind those for control and events, which are not used
constexpr uint16_t kPieces = 3;        // request and data, or request, response and data
constexpr uint32_t kSector = 512;      // what max_sectors counts
constexpr size_t kLargestTransfer = 2 << 20;  // a host's own limit of pages in one request is not told
constexpr uint8_t kNoAnswer = 0xFF;    // none of the response codes

}  // namespace

// The device's structures, aligned as the numbers in them are.
struct ScsiAdapter::Slot {
  virtio_scsi_cmd_req request;
  struct Response {
    uint32_t sense_size;
    uint32_t residual;
    uint16_t status_qualifier;
    uint8_t status;
    uint8_t response;
    std::array<std::byte, VIRTIO_SCSI_SENSE_SIZE> sense;
  };
  alignas(8) Response response;
  static_assert(sizeof(Response) == sizeof(virtio_scsi_cmd_resp) && offsetof(Response, sense) == offsetof(virtio_scsi_cmd_resp, sense));
};

Result<> ScsiAdapter::start() {
  return device_.start(0, [&] { return set_up(); });
}

Result<> ScsiAdapter::set_up() {
  TRY(learn());
  // QEMU counts the data of a request that writes to the unit among what the adapter has written.
  TRY(device_.start_request_queue(
      queue_, kRequestQueue, {.size = std::bit_ceil(unsigned{kSlots * kPieces}), .max_pieces = kPieces, .counts_all = true}));
  if (queue_.max_pieces() < kPieces) return device_.fail("its queue is too short for any request: ", queue_.size());
  slots_ = reinterpret_cast<Slot*>(TRY(device_.allocate(PageCount::covering({sizeof(Slot) * kSlots}))).data());
  free_slots_ = ~uint32_t{0};
  static_assert(kSlots == 32);
  return {};
}

// [virtio 1.2, 5.6.4] What is zero tells nothing. A request's data is one piece, which is within any limit of pieces.
Result<> ScsiAdapter::learn() {
  const auto config = TRY(device_.read_config<virtio_scsi_config>(0));
  bounds_ = {.max_target = config.max_target, .max_lun = config.max_lun};
  max_transfer_ = kLargestTransfer;
  if (config.max_sectors != 0) max_transfer_ = std::min(size_t{config.max_sectors} * kSector, kLargestTransfer);
  unit_depth_ = std::clamp<size_t>(config.cmd_per_lun, 1, kSlots);
  // A reset has set both; the structures are of these sizes.
  const uint32_t sizes[] = {VIRTIO_SCSI_SENSE_SIZE, VIRTIO_SCSI_CDB_SIZE};
  if (config.sense_size == sizes[0] && config.cdb_size == sizes[1]) return {};
  return device_.transport().write_config(offsetof(virtio_scsi_config, sense_size), std::as_bytes(std::span(sizes)));
}

Result<> ScsiAdapter::submit(scsi::Request& request) {
  if (free_slots_ == 0) return Status::NotReady;
  const auto token = static_cast<uint16_t>(std::countr_zero(free_slots_));
  Slot& slot = slots_[token];
  const scsi::Address to = request.address;
  const uint8_t lun[] = {1, to.target, static_cast<uint8_t>(0x40 | to.lun >> 8), static_cast<uint8_t>(to.lun)};
  slot.request = {};
  std::ranges::copy(lun, slot.request.lun);
  slot.request.tag = token;
  std::copy(request.cdb.begin(), request.cdb.end(), slot.request.cdb);
  slot.response.sense_size = slot.response.residual = 0;
  slot.response.status = slot.response.response = kNoAnswer;

  std::array<Piece, kPieces> pieces;
  size_t count = 0;
  pieces[count++] = to_device(bytes_of(slot.request));
  if (!request.out.empty()) pieces[count++] = to_device(request.out);
  pieces[count++] = from_device(std::as_writable_bytes(std::span(&slot.response, 1)));
  if (!request.in.empty()) pieces[count++] = from_device(request.in);
  TRY(queue_.submit(std::span(pieces).first(count), token));
  free_slots_ &= free_slots_ - 1;
  requests_[token] = &request;
  return {};
}

// [virtio 1.2, 5.6.6.1] How many bytes the ring says were written is not looked at: a host exists that says 0 there.
void ScsiAdapter::finish(const Completion& done) {
  scsi::Request& request = *requests_[done.token];
  const Slot::Response& shared = slots_[done.token].response;
  free_slots_ |= uint32_t{1} << done.token;

  const uint8_t response = read_once(&shared.response);
  request.delivery = Status::DeviceError;
  switch (response) {
    case VIRTIO_SCSI_S_OK: request.delivery = Status::Success; break;
    case VIRTIO_SCSI_S_BUSY:
      request.delivery = Status::Success;
      request.status = scsi::kBusy;
      return;
    case VIRTIO_SCSI_S_ABORTED:
    case VIRTIO_SCSI_S_RESET: request.delivery = Status::Aborted; return;
    case VIRTIO_SCSI_S_BAD_TARGET:
    case VIRTIO_SCSI_S_INCORRECT_LUN:
      request.delivery = Status::NoResponse;
      request.trouble = "there is no such unit";
      return;
    case VIRTIO_SCSI_S_OVERRUN: request.trouble = "the unit has more data than was asked for"; return;
    case VIRTIO_SCSI_S_TRANSPORT_FAILURE: request.trouble = "the way to the target fails"; return;
    case VIRTIO_SCSI_S_TARGET_FAILURE: request.trouble = "the target fails"; return;
    case VIRTIO_SCSI_S_NEXUS_FAILURE: request.trouble = "the way to the unit fails"; return;
    case VIRTIO_SCSI_S_FAILURE: request.trouble = "the adapter says that it failed"; return;
    case kNoAnswer: request.trouble = "the adapter did not answer"; return;
    default: request.trouble = "the adapter's answer is unknown"; return;
  }

  request.status = read_once(&shared.status);
  const size_t size = request.in.size() + request.out.size(), residual = read_once(&shared.residual);
  request.moved = residual < size ? size - residual : 0;
  request.sense.reset();
  if (request.status != scsi::kCheckCondition) return;
  const size_t sense_size = std::min<size_t>(read_once(&shared.sense_size), shared.sense.size());
  const auto sense = shared.sense;
  std::atomic_signal_fence(std::memory_order_seq_cst);  // from here on the copy alone
  request.sense = scsi::decode_sense(std::span(sense).first(sense_size));
}

void ScsiAdapter::run(std::span<scsi::Request> requests) {
  for (scsi::Request& request : requests) {
    request.delivery = Status::DeviceError;
    request.trouble = "the adapter does not work any more";
  }
  for (size_t next = 0;;) {
    while (next < requests.size() && submit(requests[next])) ++next;
    queue_.notify();
    if (queue_.in_flight() == 0) return;
    const auto done = queue_.wait();
    if (!done) return;
    finish(*done);
  }
}

}  // namespace efilite::drivers::virtio
