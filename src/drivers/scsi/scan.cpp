// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/scsi/scan.hpp"

#include <algorithm>
#include <bitset>

#include "base/log.hpp"
#include "drivers/scsi/big_endian.hpp"

namespace efilite::drivers::scsi {

namespace {

constexpr uint8_t kTestUnitReady = 0x00;
constexpr uint8_t kReportLuns = 0xA0;
constexpr size_t kListHeader = 8;
constexpr size_t kEntry = 8;
constexpr size_t kLongestList = kListHeader + kEntry * kMaxLuns;
constexpr size_t kShortList = 512;
constexpr size_t kBatch = 32;
constexpr int kRepeats = 8;

using Targets = std::bitset<kMaxTargets>;

// The cheapest question is one without an answer's data. Whatever a target says, it is there.
Targets find_targets(Adapter& adapter, uint32_t count) {
  Targets there;
  const size_t depth = std::min(adapter.depth(), kBatch);
  std::array<Request, kBatch> requests;
  for (uint32_t first = 0; first < count; first += depth) {
    const auto batch = std::span(requests).first(std::min<size_t>(depth, count - first));
    for (size_t i = 0; i < batch.size(); ++i)
      batch[i] = Request({.target = static_cast<uint8_t>(first + i)}, {kTestUnitReady});
    adapter.run(batch);
    for (const Request& request : batch)
      there[request.address.target] = request.delivery == Status::Success || request.delivery == Status::Aborted;  // it was reset
  }
  return there;
}

// [SPC-4, 6.33] How many bytes of the list came; its header tells how long it is.
Result<size_t> report_luns(Adapter& adapter, uint8_t target, MutableByteSpan list) {
  Request request({.target = target}, {kReportLuns}, list);
  put_be(request.cdb.data() + 6, list.size(), 4);
  for (int i = 0; i < kRepeats; ++i) {
    adapter.run({&request, 1});
    const Verdict verdict = judge(request);
    if (verdict.status == Status::Success) return request.moved >= kListHeader ? Result<size_t>(request.moved) : Status::DeviceError;
    if (verdict.again != Again::AtOnce) return verdict.status;
  }
  return Status::DeviceError;
}

// A unit of one level, by its peripheral or flat address [SAM-5, 4.7.7].
std::optional<uint16_t> lun_of(ByteSpan entry) {
  const auto first = static_cast<uint8_t>(entry[0]), second = static_cast<uint8_t>(entry[1]);
  if (get_be(entry, 2, 6) != 0) return std::nullopt;
  if (first == 0) return second;
  if ((first & 0xC0) == 0x40) return static_cast<uint16_t>((first & 0x3F) << 8 | second);
  return std::nullopt;
}

// False: the sink wants no more.
bool tell_units(ByteSpan list, uint8_t target, uint32_t max_lun, UnitSink& sink) {
  // A unit that is named twice is there once; names need not be in any order.
  std::bitset<kMaxLuns> seen;
  const uint64_t length = std::min<uint64_t>(get_be(list, 0, 4), list.size() - kListHeader);
  for (size_t at = kListHeader; at + kEntry <= kListHeader + length; at += kEntry) {
    const auto lun = lun_of(list.subspan(at, kEntry));
    if (!lun || *lun > max_lun || seen[*lun]) continue;
    seen[*lun] = true;
    if (!sink.found({target, *lun})) return false;
  }
  return true;
}

Result<bool> find_units(Adapter& adapter, core::Heap& heap, uint8_t target, uint32_t max_lun, UnitSink& sink) {
  std::array<std::byte, kShortList> list{};
  const auto size = report_luns(adapter, target, list);
  // A target that does not know the command has one unit.
  if (!size) return sink.found({target, 0});
  const size_t needed = std::min<uint64_t>(get_be(list, 0, 4) + kListHeader, kLongestList);
  if (needed <= list.size()) return tell_units(std::span(list).first(*size), target, max_lun, sink);
  auto* memory = static_cast<std::byte*>(heap.allocate(needed));
  if (memory == nullptr) return Status::OutOfResources;
  const auto all = report_luns(adapter, target, {memory, needed});
  const bool more = all && tell_units({memory, *all}, target, max_lun, sink);
  heap.release(memory);
  if (!all) return all.status();
  return more;
}

}  // namespace

Result<> scan(Adapter& adapter, core::Heap& heap, const Bounds& bounds, UnitSink& sink) {
  const uint32_t count = std::min<uint32_t>(bounds.max_target + 1u, kMaxTargets);
  const Targets there = find_targets(adapter, count);
  Result<> done;
  for (uint32_t target = 0; target < count; ++target) {
    if (!there[target]) continue;
    auto more = find_units(adapter, heap, static_cast<uint8_t>(target), bounds.max_lun, sink);
    if (more && !*more) break;
    if (more) continue;
    log::line("efilite: the units of SCSI target ", target, " cannot be listed: ", more.status());
    done = more.status();
  }
  return done;
}

}  // namespace efilite::drivers::scsi
