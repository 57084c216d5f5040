// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/scsi/logical_unit.hpp"

#include <algorithm>
#include <bit>

#include "base/log.hpp"
#include "drivers/scsi/big_endian.hpp"

namespace efilite::drivers::scsi {

namespace {

// [SPC-4, SBC-3]
constexpr uint8_t kTestUnitReady = 0x00;
constexpr uint8_t kInquiry = 0x12;
constexpr uint8_t kModeSense6 = 0x1A;
constexpr uint8_t kReadCapacity10 = 0x25;
constexpr uint8_t kRead10 = 0x28;
constexpr uint8_t kWrite10 = 0x2A;
constexpr uint8_t kSynchronizeCache10 = 0x35;
constexpr uint8_t kRead16 = 0x88;
constexpr uint8_t kWrite16 = 0x8A;
constexpr uint8_t kServiceActionIn16 = 0x9E;
constexpr uint8_t kReadCapacity16 = 0x10;  // its service action

constexpr uint8_t kDirectAccess = 0x00;  // peripheral device types
constexpr uint8_t kCdRom = 0x05;
constexpr uint8_t kBlockLimitsPage = 0xB0;
constexpr uint8_t kAllModePages = 0x3F;

constexpr uint32_t kMostBlocks = 65535;  // READ(10) has 16 bits for them
constexpr size_t kInFlight = 8;
constexpr unsigned kRepeats = 8;  // a unit may have several attentions to tell
constexpr unsigned kWaits = 50;
constexpr uint64_t kPause = 100'000;  // microseconds

}  // namespace

void LogicalUnit::tell(const char* what, const char* words, const char* number_is, uint64_t number) const {
  log::print("efilite: SCSI unit ");
  log::print(address_.target);
  log::print(",");
  log::print(address_.lun);
  for (const char* part : {": ", what, ": ", words}) log::print(part);
  if (number_is != nullptr) {
    log::print(number_is);
    log::print(log::Hex{number});
    log::print(")");
  }
  log::line();
}

Result<> LogicalUnit::fail(const Request& request, const char* what, const Verdict& verdict) const {
  // Until a unit is known to be there it is no failure that it is not.
  const bool told = verdict.status == Status::NoMedia || (verdict.status == Status::NoResponse && most_blocks_ == 0);
  if (what == nullptr || told) return verdict.status;
  const Sense sense = request.sense.value_or(Sense{});
  tell(what, verdict.words != nullptr ? verdict.words : "failed", request.sense ? " (sense " : nullptr,
       uint64_t{static_cast<uint8_t>(sense.key)} << 16 | sense.code << 8 | sense.qualifier);
  return verdict.status;
}

Result<> LogicalUnit::settle(Request& request, const char* what, bool stop_at_new_medium) {
  for (unsigned repeats = 0, waits = 0;;) {
    if (tells_new_medium(request) && removable_) {
      new_medium_ = true;
      if (stop_at_new_medium) return Status::MediaChanged;
    }
    const Verdict verdict = judge(request);
    if (verdict.status == Status::Success) return {};
    const bool later = verdict.again == Again::Later && adapter_.waits_left != 0 && waits++ < kWaits;
    if (!later && (verdict.again != Again::AtOnce || repeats++ == kRepeats)) return fail(request, what, verdict);
    if (later) {
      --adapter_.waits_left;
      clock_.stall(kPause);
    }
    adapter_.run({&request, 1});
  }
}

Result<> LogicalUnit::run(Request& request, const char* what) {
  adapter_.run({&request, 1});
  return settle(request, what);
}

Result<size_t> LogicalUnit::ask(const Cdb& cdb, MutableByteSpan answer, size_t least, const char* what) {
  Request request(address_, cdb, answer);
  TRY(run(request, what));
  if (request.moved < least) {
    TRY(fail(request, what, {Status::DeviceError, Again::No, "the answer is too short"}));
  }
  return request.moved;
}

Result<> LogicalUnit::open() {
  most_blocks_ = 0;
  if (Result<> identified = identify(); !identified)
    return identified.status() == Status::NoResponse ? Result<>(Status::NotFound) : identified;
  most_blocks_ = kMostBlocks;
  if (kind_ == UnitKind::Disk) learn_limit();
  Result<> read = read_medium();
  return read.status() == Status::NoMedia ? Result<>() : read;
}

// [SPC-4, 6.6.2]
Result<> LogicalUnit::identify() {
  std::array<std::byte, 36> answer{};
  TRY(ask({kInquiry, 0, 0, 0, sizeof answer}, answer, 5, "INQUIRY"));
  const auto first = static_cast<uint8_t>(answer[0]);
  if ((first & 0xE0) != 0) return Status::NotFound;  // the target is there, the unit is not
  if ((first & 0x1F) != kDirectAccess && (first & 0x1F) != kCdRom) return Status::Unsupported;
  kind_ = (first & 0x1F) == kCdRom ? UnitKind::Cd : UnitKind::Disk;
  read_only_ = kind_ == UnitKind::Cd;
  removable_ = kind_ == UnitKind::Cd || (static_cast<uint8_t>(answer[1]) & 0x80) != 0;
  return {};
}

// [SBC-3, 6.6.3] A unit that passes commands on to another may be able to move less in one than its adapter.
void LogicalUnit::learn_limit() {
  std::array<std::byte, 64> answer{};
  auto size = ask({kInquiry, 1, kBlockLimitsPage, 0, sizeof answer}, answer, 12, nullptr);
  if (!size || static_cast<uint8_t>(answer[1]) != kBlockLimitsPage) return;
  const auto limit = static_cast<uint32_t>(get_be(answer, 8, 4));
  if (limit != 0) most_blocks_ = std::min(limit, kMostBlocks);
}

Result<> LogicalUnit::read_medium() {
  count_ = 0;
  new_medium_ = false;
  Request ready(address_, {kTestUnitReady});
  TRY(run(ready, "TEST UNIT READY"));
  TRY(read_capacity());
  read_only_ = kind_ == UnitKind::Cd || write_protected();
  new_medium_ = false;
  return {};
}

Result<> LogicalUnit::read_capacity() {
  std::array<std::byte, 32> answer{};
  TRY(ask({kReadCapacity10}, std::span(answer).first(8), 8, "READ CAPACITY(10)"));
  const uint64_t last = get_be(answer, 0, 4);
  if (last != UINT32_MAX) return set_capacity(last, get_be(answer, 4, 4));
  TRY(ask({kServiceActionIn16, kReadCapacity16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, sizeof answer}, answer, 12, "READ CAPACITY(16)"));
  return set_capacity(get_be(answer, 0, 8), get_be(answer, 8, 4));
}

Result<> LogicalUnit::set_capacity(uint64_t last, uint64_t block_size) {
  if (!std::has_single_bit(block_size) || block_size < 512 || block_size > 65536) {
    tell("READ CAPACITY", "blocks of this size cannot be used", " (", block_size);
    return Status::Unsupported;
  }
  // Offsets in bytes must fit a number, and the count a last block.
  if (last >= INT64_MAX / block_size) {
    tell("READ CAPACITY", "more blocks than there can be", " (", last);
    return Status::DeviceError;
  }
  block_size_ = static_cast<uint32_t>(block_size);
  count_ = last + 1;
  return {};
}

// [SBC-3, 6.4.1] No answer means no protection, as for any unit that does not know the command.
bool LogicalUnit::write_protected() {
  std::array<std::byte, 4> answer{};
  auto size = ask({kModeSense6, 0x08, kAllModePages, 0, sizeof answer}, answer, 3, nullptr);
  return size && (static_cast<uint8_t>(answer[2]) & 0x80) != 0;
}

Result<> LogicalUnit::check_medium() {
  if (!removable_) return {};
  Request ready(address_, {kTestUnitReady});
  Result<> there = run(ready, "TEST UNIT READY");
  if (there && count_ != 0 && !new_medium_) return {};
  count_ = 0;
  TRY(there);
  TRY(read_medium());
  return Status::MediaChanged;
}

Request LogicalUnit::block_request(uint64_t block, MutableByteSpan in, ByteSpan out) const {
  Request request(address_, {}, in, out);
  const uint64_t blocks = (in.size() + out.size()) / block_size_;
  uint8_t* cdb = request.cdb.data();
  if (block + blocks > uint64_t{1} << 32) {
    cdb[0] = out.empty() ? kRead16 : kWrite16;
    put_be(cdb + 2, block, 8);
    put_be(cdb + 10, blocks, 4);
  } else {
    cdb[0] = out.empty() ? kRead10 : kWrite10;
    put_be(cdb + 2, block, 4);
    put_be(cdb + 7, blocks, 2);
  }
  return request;
}

Result<> LogicalUnit::run_batch(std::span<Request> requests, const char* what) {
  adapter_.run(requests);
  for (Request& request : requests) {
    TRY(settle(request, what, true));
    if (request.moved != request.in.size() + request.out.size())
      return fail(request, what, {Status::DeviceError, Again::No, "fewer bytes moved than asked for"});
  }
  return {};
}

Result<> LogicalUnit::transfer(uint64_t block, MutableByteSpan in, ByteSpan out) {
  const size_t size = in.size() + out.size();
  if (new_medium_) return Status::MediaChanged;
  if (count_ == 0) return Status::NoMedia;
  if (size % block_size_ != 0 || block > count_ || size / block_size_ > count_ - block) return Status::InvalidParameter;
  const size_t piece = std::min<size_t>(std::max<size_t>(adapter_.max_transfer() / block_size_, 1), most_blocks_) * block_size_;
  // Of several writes, those behind one that is told of a new medium would go to that.
  const size_t depth = !out.empty() && removable_ ? 1 : std::min(kInFlight, adapter_.unit_depth());
  std::array<Request, kInFlight> requests;
  for (size_t done = 0; done < size;) {
    size_t count = 0;
    for (; count < depth && done < size; ++count) {
      const size_t bytes = std::min(piece, size - done);
      requests[count] = block_request(block + done / block_size_, in.empty() ? in : in.subspan(done, bytes),
                                      out.empty() ? out : out.subspan(done, bytes));
      done += bytes;
    }
    TRY(run_batch(std::span(requests).first(count), out.empty() ? "READ" : "WRITE"));
  }
  return {};
}

Result<> LogicalUnit::read(uint64_t block, MutableByteSpan bytes) { return after_transfer(transfer(block, bytes, {})); }

Result<> LogicalUnit::write(uint64_t block, ByteSpan bytes) {
  if (read_only_) return Status::WriteProtected;
  return after_transfer(transfer(block, {}, bytes));
}

// A drive whose medium has gone, or is another, is looked at at once. Whatever else is no status of a BlockDevice is a failure of the unit.
Result<> LogicalUnit::after_transfer(Result<> result) {
  switch (result.status()) {
    case Status::Success:
    case Status::InvalidParameter:
    case Status::WriteProtected: return result;
    case Status::NoMedia: count_ = 0; return result;
    case Status::MediaChanged: TRY(read_medium()); return result;
    default: return Status::DeviceError;
  }
}

Result<> LogicalUnit::flush() {
  if (count_ == 0) return Status::NoMedia;
  if (read_only_) return {};
  Request request(address_, {kSynchronizeCache10});
  Result<> done = run(request, nullptr);
  // Without a cache there is no need of the command.
  if (done || done.status() == Status::Unsupported) return {};
  return fail(request, "SYNCHRONIZE CACHE", judge(request));
}

}  // namespace efilite::drivers::scsi
