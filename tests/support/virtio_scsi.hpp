// SPDX-License-Identifier: BSD-2-Clause-Patent
// A virtio SCSI adapter with a bus of memory behind it [virtio 1.2, 5.6], which answers wrongly when it is told to.
#pragma once

#include <linux/virtio_scsi.h>

#include <optional>

#include "tests/support/scsi_target.hpp"
#include "tests/support/virtio.hpp"

namespace efilite::test {

class FakeVirtioScsi final : public FakeVirtioDevice {
 public:
  explicit FakeVirtioScsi(uint16_t queue = 256)
      : FakeVirtioDevice(drivers::virtio::DeviceType::Scsi, {queue, queue, queue}) {
    config.resize(sizeof(virtio_scsi_config));
    set_config<uint32_t>(offsetof(virtio_scsi_config, num_queues), 1);
    set_config<uint32_t>(offsetof(virtio_scsi_config, seg_max), 126);
    set_config<uint32_t>(offsetof(virtio_scsi_config, max_sectors), 0xFFFF);
    set_config<uint32_t>(offsetof(virtio_scsi_config, cmd_per_lun), 128);
    set_config<uint32_t>(offsetof(virtio_scsi_config, sense_size), 96);
    set_config<uint32_t>(offsetof(virtio_scsi_config, cdb_size), 32);
    set_config<uint16_t>(offsetof(virtio_scsi_config, max_target), 255);
    set_config<uint32_t>(offsetof(virtio_scsi_config, max_lun), 16383);
    bus.transfer_limit = SIZE_MAX;
  }
  FakeBus bus;
  std::optional<uint8_t> response;        // instead of the right one
  std::optional<uint32_t> residual, sense_size;
  bool gives_no_response = false;
  bool counts_nothing = false;            // among the bytes it says it wrote
  bool counts_all = false;                // what it has read, too
  bool descriptor_sense = false;
  size_t largest = 0;                     // bytes of data

 protected:
  uint32_t serve(uint16_t queue, const VirtioRequest& wanted) override {
    insist(queue == 2, "a request on another queue than the first for requests");
    virtio_scsi_cmd_req header;
    virtio_scsi_cmd_resp answer{};
    insist(!wanted.readable.empty() && wanted.readable[0].size() == sizeof header, "a request without a header of its own");
    insist(!wanted.writable.empty() && wanted.writable[0].size() == sizeof answer, "a request without a response of its own");
    insist(wanted.readable.size() <= 2 && wanted.writable.size() <= 2, "data in pieces");
    insist(wanted.readable.size() == 1 || wanted.writable.size() == 1, "data both ways");
    memcpy(&header, wanted.readable[0].data(), sizeof header);
    const uint8_t* lun = header.lun;
    insist(lun[0] == 1 && (lun[2] & 0xC0) == 0x40 && lun[4] == 0 && lun[5] == 0 && lun[6] == 0 && lun[7] == 0, "no address of one level");

    scsi::Request request;
    request.address = {lun[1], static_cast<uint16_t>((lun[2] & 0x3F) << 8 | lun[3])};
    std::copy_n(header.cdb, request.cdb.size(), request.cdb.begin());
    if (wanted.readable.size() == 2) request.out = wanted.readable[1];
    if (wanted.writable.size() == 2) request.in = wanted.writable[1];
    const size_t size = request.in.size() + request.out.size();
    largest = std::max(largest, size);
    bus.run({&request, 1});

    answer.response = request.delivery == Status::Success      ? VIRTIO_SCSI_S_OK
                      : request.delivery == Status::NoResponse ? VIRTIO_SCSI_S_BAD_TARGET
                      : request.delivery == Status::Aborted    ? VIRTIO_SCSI_S_RESET
                                                               : VIRTIO_SCSI_S_FAILURE;
    answer.status = request.status;
    answer.resid = residual.value_or(static_cast<uint32_t>(size - request.moved));
    if (request.sense) write_sense(*request.sense, answer);
    if (response) answer.response = *response;
    if (sense_size) answer.sense_len = *sense_size;
    if (!gives_no_response) memcpy(wanted.writable[0].data(), &answer, sizeof answer);
    return counts_nothing ? 0 : static_cast<uint32_t>(sizeof answer + (counts_all ? size : request.in.size()));
  }

 private:
  void write_sense(const scsi::Sense& sense, virtio_scsi_cmd_resp& answer) const {
    const auto key = static_cast<uint8_t>(sense.key);
    if (descriptor_sense) {
      const uint8_t bytes[] = {0x72, key, sense.code, sense.qualifier, 0, 0, 0, 0};
      memcpy(answer.sense, bytes, sizeof bytes);
      answer.sense_len = sizeof bytes;
    } else {
      const uint8_t bytes[] = {0x70, 0, key, 0, 0, 0, 0, 10, 0, 0, 0, 0, sense.code, sense.qualifier, 0, 0, 0, 0};
      memcpy(answer.sense, bytes, sizeof bytes);
      answer.sense_len = sizeof bytes;
    }
  }
};

}  // namespace efilite::test
