// SPDX-License-Identifier: BSD-2-Clause-Patent
// A SCSI bus of memory: units that answer as the standards have it, or as a test wants them to.
#pragma once

#include <algorithm>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "drivers/scsi/big_endian.hpp"
#include "drivers/scsi/request.hpp"

namespace efilite::test {

namespace scsi = drivers::scsi;

struct FakeUnit {
  explicit FakeUnit(uint64_t blocks = 64, uint32_t size_of_block = 512) : count(blocks), block(size_of_block) {
    bytes.resize(std::min<uint64_t>(blocks, 4096) * size_of_block);
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i / 11 + i % 253);
  }
  uint8_t type = 0;       // with the qualifier in its upper bits
  bool removable = false;
  bool medium = true;
  bool write_protected = false;
  bool knows_cache = true;
  bool knows_mode_sense = true;
  uint32_t limit = 0;     // blocks of one transfer, as its block limits page says; 0: no such page
  uint64_t count;         // what it says; only the beginning and the end have bytes
  uint32_t block;
  std::vector<uint8_t> bytes;
  std::deque<scsi::Sense> attentions;        // told before anything else but INQUIRY and REPORT LUNS
  std::deque<uint8_t> statuses;              // other than GOOD, of the next commands
  std::map<uint8_t, scsi::Sense> failures;   // by operation code
  std::map<uint8_t, size_t> short_answers;   // by operation code: no more bytes than this
  std::vector<uint8_t> log;                  // operation codes
  std::function<void(scsi::Request&)> before;
  bool descriptor_sense = false;
};

class FakeBus final : public scsi::Adapter {
 public:
  std::map<std::pair<int, int>, FakeUnit> units;
  std::vector<std::byte> lun_list;  // instead of the true one
  bool knows_report_luns = true;
  size_t transfer_limit = 1 << 20;
  size_t depth_limit = 16, unit_limit = 16;
  size_t runs = 0, requests = 0, most_at_once = 0;
  Status broken = Status::Success;

  FakeUnit& add(int target, int lun, FakeUnit unit = FakeUnit()) {
    return units.insert_or_assign({target, lun}, std::move(unit)).first->second;
  }

  void run(std::span<scsi::Request> batch) override {
    ++runs;
    requests += batch.size();
    most_at_once = std::max(most_at_once, batch.size());
    for (scsi::Request& request : batch) answer(request);
  }
  size_t max_transfer() const override { return transfer_limit; }
  size_t depth() const override { return depth_limit; }
  size_t unit_depth() const override { return unit_limit; }

 private:
  using Key = scsi::SenseKey;

  void answer(scsi::Request& request) {
    request.delivery = broken;
    request.trouble = "broken";
    request.status = scsi::kGood;
    request.moved = 0;
    request.sense.reset();
    if (broken != Status::Success) return;
    const auto first = units.lower_bound({request.address.target, 0});
    if (first == units.end() || first->first.first != request.address.target) {
      request.delivery = Status::NoResponse;
      return;
    }
    if (request.cdb[0] == 0xA0) return report_luns(request);
    const auto found = units.find({request.address.target, request.address.lun});
    if (found == units.end()) return absent(request);
    serve(found->second, request);
  }

  static void check(scsi::Request& request, Key key, uint8_t code = 0, uint8_t qualifier = 0) {
    request.status = scsi::kCheckCondition;
    request.sense = scsi::Sense{key, code, qualifier};
  }
  static void give(scsi::Request& request, const std::vector<uint8_t>& data, size_t allocation, size_t limit = SIZE_MAX) {
    request.moved = std::min({data.size(), allocation, request.in.size(), limit});
    memcpy(request.in.data(), data.data(), request.moved);
  }
  static uint64_t field(const scsi::Request& request, size_t at, unsigned size) {
    return scsi::get_be(std::as_bytes(std::span(request.cdb)), at, size);
  }

  static void absent(scsi::Request& request) {
    if (request.cdb[0] != 0x12) return check(request, Key::IllegalRequest, 0x25);
    give(request, {0x3F, 0, 5, 2, 0}, field(request, 3, 2));
  }

  void report_luns(scsi::Request& request) {
    if (!knows_report_luns) return check(request, Key::IllegalRequest, 0x20);
    std::vector<uint8_t> data(8);
    if (!lun_list.empty()) {
      data.assign(reinterpret_cast<uint8_t*>(lun_list.data()), reinterpret_cast<uint8_t*>(lun_list.data()) + lun_list.size());
    } else {
      for (auto& [place, unit] : units) {
        if (place.first != request.address.target) continue;
        const int lun = place.second;
        data.insert(data.end(), {static_cast<uint8_t>(lun < 256 ? 0 : 0x40 | lun >> 8), static_cast<uint8_t>(lun), 0, 0, 0, 0, 0, 0});
      }
      scsi::put_be(data.data(), data.size() - 8, 4);
    }
    give(request, data, field(request, 6, 4));
  }

  void serve(FakeUnit& unit, scsi::Request& request) {
    const uint8_t code = request.cdb[0];
    unit.log.push_back(code);
    if (unit.before) unit.before(request);
    if (code != 0x12 && !unit.attentions.empty()) {
      const scsi::Sense sense = unit.attentions.front();
      unit.attentions.pop_front();
      return check(request, sense.key, sense.code, sense.qualifier);
    }
    if (!unit.statuses.empty()) {
      request.status = unit.statuses.front();
      unit.statuses.pop_front();
      return;
    }
    if (auto failure = unit.failures.find(code); failure != unit.failures.end())
      return check(request, failure->second.key, failure->second.code, failure->second.qualifier);
    execute(unit, request);
    const auto limit = unit.short_answers.find(code);
    if (limit != unit.short_answers.end()) request.moved = std::min(request.moved, limit->second);
  }

  void execute(FakeUnit& unit, scsi::Request& request) {
    const uint8_t code = request.cdb[0];
    if (code == 0x12) return inquiry(unit, request);
    if (!unit.medium) return check(request, Key::NotReady, 0x3A);
    switch (code) {
      case 0x00: return;
      case 0x1A:
        if (!unit.knows_mode_sense) return check(request, Key::IllegalRequest, 0x20);
        return give(request, {3, 0, static_cast<uint8_t>(unit.write_protected ? 0x80 : 0), 0}, request.cdb[4]);
      case 0x25: {
        std::vector<uint8_t> data(8);
        scsi::put_be(data.data(), std::min<uint64_t>(unit.count - 1, UINT32_MAX), 4);
        scsi::put_be(data.data() + 4, unit.block, 4);
        return give(request, data, 8);
      }
      case 0x9E: {
        if (request.cdb[1] != 0x10) return check(request, Key::IllegalRequest, 0x24);
        std::vector<uint8_t> data(32);
        scsi::put_be(data.data(), unit.count - 1, 8);
        scsi::put_be(data.data() + 8, unit.block, 4);
        return give(request, data, field(request, 10, 4));
      }
      case 0x28: case 0x2A: return move(unit, request, field(request, 2, 4), field(request, 7, 2));
      case 0x88: case 0x8A: return move(unit, request, field(request, 2, 8), field(request, 10, 4));
      case 0x35:
        if (!unit.knows_cache) return check(request, Key::IllegalRequest, 0x20);
        return;
      default: return check(request, Key::IllegalRequest, 0x20);
    }
  }

  static void inquiry(FakeUnit& unit, scsi::Request& request) {
    std::vector<uint8_t> data(36);
    if ((request.cdb[1] & 1) == 0) {
      data[0] = unit.type;
      data[1] = unit.removable ? 0x80 : 0;
      data[4] = 31;
      memcpy(data.data() + 8, "QEMU    FAKE DISK       1.0 ", 28);
    } else {
      if (unit.limit == 0 || request.cdb[2] != 0xB0) return check(request, Key::IllegalRequest, 0x24);
      data.resize(64);
      data[1] = 0xB0;
      data[3] = 60;
      scsi::put_be(data.data() + 8, unit.limit, 4);
    }
    give(request, data, field(request, 3, 2));
  }

  void move(FakeUnit& unit, scsi::Request& request, uint64_t block, uint64_t blocks) {
    const bool writes = request.cdb[0] == 0x2A || request.cdb[0] == 0x8A;
    if (block >= unit.count || blocks > unit.count - block) return check(request, Key::IllegalRequest, 0x21);
    if (unit.limit != 0 && blocks > unit.limit) return check(request, Key::IllegalRequest, 0x24);
    if (writes && unit.write_protected) return check(request, Key::DataProtect, 0x27);
    const size_t size = blocks * unit.block;
    if (size > transfer_limit && blocks > 1) __builtin_trap();
    if (size != (writes ? request.out.size() : request.in.size())) __builtin_trap();
    // What lies far behind is what lies at the beginning.
    uint8_t* at = unit.bytes.data() + block % (unit.bytes.size() / unit.block) * unit.block;
    if (at + size > unit.bytes.data() + unit.bytes.size()) __builtin_trap();
    if (writes) memcpy(at, request.out.data(), size);
    else memcpy(request.in.data(), at, size);
    request.moved = size;
  }
};

}  // namespace efilite::test
