// SPDX-License-Identifier: BSD-2-Clause-Patent
// A SCSI bus whose answers are the input: whatever units say, every call returns, nothing is read or written elsewhere, and a block device
// keeps to its port.
//
// Input: the answers, one after the other: u8 kind. 0 to 0x7F: GOOD, as a well-behaved disk of 64 blocks has it. Else by its low bits, see
// FuzzBus::answer(). In between, at each step of the user, u8 operation and its arguments.
#include <array>
#include <bit>
#include <cstring>
#include <vector>

#include "drivers/scsi/big_endian.hpp"
#include "drivers/scsi/logical_unit.hpp"
#include "drivers/scsi/scan.hpp"
#include "tests/support/fuzz.hpp"

namespace efilite::drivers::scsi {
namespace {

using Input = test::FuzzInput;

class FuzzBus final : public Adapter {
 public:
  explicit FuzzBus(Input& input) : input_(input) {}
  size_t requests = 0;

  void run(std::span<Request> batch) override {
    EXPECT(!batch.empty() && batch.size() <= depth());
    for (Request& request : batch) answer(request);
  }
  size_t max_transfer() const override { return 2048; }
  size_t depth() const override { return 8; }
  size_t unit_depth() const override { return 4; }

 private:
  void answer(Request& request) {
    EXPECT(request.in.empty() || request.out.empty());
    EXPECT(request.in.size() + request.out.size() <= 512 + 8 * kMaxLuns);
    ++requests;
    request.delivery = Status::Success;
    request.status = kGood;
    request.moved = request.in.size() + request.out.size();
    request.sense.reset();
    const uint8_t kind = input_.byte();
    if (kind < 0x80) return behave(request);
    switch (kind & 7) {
      case 0: request.delivery = Status::NoResponse; break;
      case 1: request.delivery = Status::Aborted; break;
      case 2: request.delivery = Status::DeviceError; break;
      case 3: request.status = input_.byte(); break;
      case 4: {  // any sense data
        std::array<std::byte, 20> sense{};
        input_.fill(sense);
        request.status = kCheckCondition;
        request.sense = decode_sense(std::span(sense).first(input_.byte() % 21));
        break;
      }
      case 5:  // any data
        input_.fill(request.in);
        break;
      case 6:  // less of it
        behave(request);
        request.moved = std::min<size_t>(request.moved, input_.byte());
        break;
      default:
        request.status = kCheckCondition;
        request.sense = Sense{static_cast<SenseKey>(input_.byte() & 15), input_.byte(), input_.byte()};
    }
  }
  static void behave(Request& request) {
    auto put = [&](size_t at, uint64_t value, unsigned bytes) {
      if (at + bytes <= request.in.size()) put_be(reinterpret_cast<uint8_t*>(request.in.data()) + at, value, bytes);
    };
    switch (request.cdb[0]) {
      case 0x25:
        put(0, 63, 4);
        put(4, 512, 4);
        break;
      case 0xA0: put(0, 8, 4); break;
      default: break;
    }
  }

  Input& input_;
};

void check(const LogicalUnit& unit) {
  if (!unit.has_medium()) return;
  EXPECT(std::has_single_bit(unit.block_size()) && unit.block_size() >= 512 && unit.block_size() <= 65536);
  EXPECT(unit.block_count() <= INT64_MAX / unit.block_size());
  EXPECT(unit.kind() == UnitKind::Disk || (unit.read_only() && unit.removable()));
}

void check_status(Result<> result) {
  switch (result.status()) {
    case Status::Success:
    case Status::DeviceError:
    case Status::InvalidParameter:
    case Status::WriteProtected:
    case Status::NoMedia:
    case Status::MediaChanged: return;
    default: EXPECT(false);
  }
}

void use(Input& input, FuzzBus& bus) {
  test::NoClock clock;
  LogicalUnit unit(bus, clock, {1, 2});
  bool opened = unit.open().has_value();
  for (int steps = 0; !input.empty() && steps < 64; ++steps) {
    check(unit);
    const uint8_t what = input.byte();
    const size_t before = bus.requests;
    if (!opened || what % 8 == 0) {
      opened = unit.open().has_value();
    } else if (what % 8 == 1) {
      if (!unit.check_medium()) opened = opened && unit.kind() == UnitKind::Disk;
    } else if (what % 8 == 2) {
      (void)unit.flush();
    } else {
      const uint32_t size_of_block = unit.has_medium() ? unit.block_size() : 512;
      std::vector<std::byte> bytes(size_of_block * (input.byte() % 16 + 1));
      const uint64_t block = what % 8 == 3 ? unit.block_count() - input.byte() : input.byte();
      check_status(what & 0x80 ? unit.write(block, bytes) : unit.read(block, bytes));
    }
    EXPECT(bus.requests - before < 4096);  // no more than patience allows
  }
}

struct Sink final : UnitSink {
  Address last{};
  bool any = false;
  size_t count = 0;
  bool found(Address address) override {
    EXPECT(!any || address.target >= last.target);
    EXPECT(address.target <= 20 && address.lun <= 5000);
    last = address;
    any = true;
    return ++count < 4000;
  }
};

}  // namespace
}  // namespace efilite::drivers::scsi

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace efilite::drivers::scsi;
  if (size == 0) return 0;
  Input input(data + 1, size - 1);
  FuzzBus bus(input);
  if (data[0] & 1) {
    efilite::test::FuzzHeap heap;
    if (data[0] & 2) heap.left = 1;
    Sink sink;
    (void)scan(bus, heap, {20, 5000}, sink);
    EXPECT(heap.live == 0);
  } else {
    use(input, bus);
  }
  return 0;
}
