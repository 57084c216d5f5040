// SPDX-License-Identifier: BSD-2-Clause-Patent
// One SCSI disk or CD-ROM drive as numbered blocks [SPC-4, SBC-3, MMC-6].
#pragma once

#include "core/storage_ports.hpp"
#include "drivers/scsi/request.hpp"

namespace efilite::drivers::scsi {

enum class UnitKind : uint8_t { Disk, Cd };

class LogicalUnit final : public core::BlockDevice {
 public:
  LogicalUnit(Adapter& adapter, core::Clock& clock, Address address) : adapter_(adapter), clock_(clock), address_(address) {}

  // Learns what it is. NOT_FOUND: there is no such unit; UNSUPPORTED: it is no disk, or one of a kind that cannot be read by 512 to 65536
  // bytes. An empty drive succeeds.
  Result<> open();
  Address address() const { return address_; }
  UnitKind kind() const { return kind_; }
  bool has_medium() const { return count_ != 0; }

  uint32_t block_size() const override { return block_size_; }
  uint64_t block_count() const override { return count_; }
  bool read_only() const override { return read_only_; }
  bool removable() const override { return removable_; }
  // Another medium than before is MEDIA_CHANGED once, and what the functions above say is about the new one then; an empty drive NO_MEDIA.
  Result<> read(uint64_t block, MutableByteSpan bytes) override;
  Result<> write(uint64_t block, ByteSpan bytes) override;
  Result<> flush() override;
  // Asks the drive: NO_MEDIA or MEDIA_CHANGED as above, which an empty drive that has got a medium is, too.
  Result<> check_medium();

 private:
  Result<> identify();
  Result<> read_medium();
  Result<> read_capacity();
  Result<> set_capacity(uint64_t last, uint64_t block_size);
  bool write_protected();
  void learn_limit();

  // What became of `request` in the end, every reason to repeat it having been followed, within bounds. What fails is told in the log by
  // `what`; nullptr: nobody needs to know.
  Result<> settle(Request& request, const char* what, bool stop_at_new_medium = false);
  Result<> run(Request& request, const char* what);
  // A command that is answered with `least` bytes or more.
  Result<size_t> ask(const Cdb& cdb, MutableByteSpan answer, size_t least, const char* what);
  Result<> fail(const Request& request, const char* what, const Verdict& verdict) const;
  void tell(const char* what, const char* words, const char* number_is = nullptr, uint64_t number = 0) const;

  Result<> transfer(uint64_t block, MutableByteSpan in, ByteSpan out);
  Result<> run_batch(std::span<Request> requests, const char* what);
  Result<> after_transfer(Result<> result);
  Request block_request(uint64_t block, MutableByteSpan in, ByteSpan out) const;

  Adapter& adapter_;
  core::Clock& clock_;
  const Address address_;
  UnitKind kind_ = UnitKind::Disk;
  uint32_t block_size_ = 0;
  uint32_t most_blocks_ = 0;  // of one request
  uint64_t count_ = 0;        // 0: no medium
  bool read_only_ = false;
  bool removable_ = false;
  bool new_medium_ = false;  // since it was last looked at
};

}  // namespace efilite::drivers::scsi
