// SPDX-License-Identifier: BSD-2-Clause-Patent
// A back end of blocks and a store that say whatever the input says, at any time. The front end comes to an end with everything, and gives
// back no page that the back end still has mapped: that one writes to all of them, to the last.
#include <array>

#include "drivers/xen/blkfront.hpp"
#include "tests/support/fuzz.hpp"
#include "tests/support/virtio.hpp"
#include "tests/support/xen_block.hpp"

namespace {

using namespace efilite;
using namespace efilite::drivers::xen;

constexpr uint64_t kSectors = 200;

struct Machine final : test::XenDiskMachine {};

constexpr const char* kKeys[] = {"state", "sectors", "sector-size", "info", "physical-sector-size", "feature-flush-cache",
                                 "feature-barrier", "feature-max-indirect-segments", "max-ring-page-order", "params"};
constexpr const char* kValues[] = {"0", "1", "2", "3", "4", "5", "6", "13", "512", "1024", "2048", "4096", "8192",
                                   "18446744073709551615", "x", ""};

class Session {
 public:
  Session(const uint8_t* data, size_t size) : input_(data, size) {
    events_.use(&xen_.shared);
    xen_.clock.step = kSecond / 4;
    xen_.store.waited = [this] {
      if (input_.byte() % 4 == 0) device_.set_state(input_.byte() % 10);
    };
    device_.told_lies = true;
    device_.twist = [this](blkif_response& response) { answer(response); };
    device_.meddle = [this](blkif_sring& ring) { scribble(ring); };
    EXPECT(grants_.open(0));
  }
  ~Session() {
    disk_.shutdown();
    write_to_all_that_is_mapped();
    if (mapped() == 0) {
      disk_.shutdown();
      EXPECT(memory_.held() == 0);
      EXPECT(xen_.grants.active() == 0);
    }
    EXPECT(xen_.channels.empty());
    EXPECT(xen_.store.watches.empty());
    grants_.close();
    EXPECT(xen_.grants.frames.mapped() == 0);
  }
  void run() {
    for (int i = 0; i < 64 && !input_.empty(); ++i) step();
  }

 private:
  void step() {
    switch (input_.byte() % 10) {
      case 0:
      case 1: return void(disk_.start());
      case 2: return transfer(true);
      case 3:
      case 4: return transfer(false);
      case 5: return void(disk_.flush());
      case 6: return input_.byte() % 2 != 0 ? disk_.stop() : disk_.shutdown();
      case 7: return behave(input_.byte());
      case 8: return set(device_.back(kKeys[input_.byte() % std::size(kKeys)]));
      case 9: return set(device_.front(input_.byte() % 2 != 0 ? "state" : "device-type"));
    }
  }
  void set(std::string& node) { node = kValues[input_.byte() % std::size(kValues)]; }
  void behave(uint8_t bits) {
    device_.answers = (bits & 1) == 0;
    device_.reacts = (bits & 2) == 0;
    device_.lets_go = (bits & 4) == 0;
    device_.lets_go_of_ring = (bits & 8) == 0;
    device_.waits_until_asked = (bits & 16) != 0;
    device_.answers_in_reverse = (bits & 32) != 0;
    lies_ = (bits & 64) != 0;
    memory_.allowed = (bits & 128) != 0 ? 1 : SIZE_MAX;
  }
  void transfer(bool writes) {
    const uint64_t block = input_.byte() % 40;
    const size_t size = size_t{input_.byte()} % 100 * disk_.block_size(), offset = size_t{input_.byte()} * 16;
    const MutableByteSpan part = caller_.subspan(offset).first(std::min(size, caller_.size() - offset));
    const Result<> done = writes ? disk_.write(block, part) : disk_.read(block, part);
    EXPECT(done || done.status() == Status::DeviceError || done.status() == Status::InvalidParameter ||
           done.status() == Status::WriteProtected || done.status() == Status::OutOfResources);
    write_to_all_that_is_mapped();
  }
  void answer(blkif_response& response) {
    if (!lies_) return;
    switch (input_.byte() % 8) {
      case 0: response.id = input_.take<uint64_t>(); break;
      case 1: response.id ^= input_.byte(); break;
      case 2: response.operation = input_.byte(); break;
      case 3: response.status = input_.take<int16_t>(); break;
      default: break;
    }
  }
  // Afterwards it does not know itself what it was asked.
  void scribble(blkif_sring& ring) {
    if (!lies_ || input_.byte() % 8 != 0) return;
    auto* bytes = reinterpret_cast<std::byte*>(&ring);
    for (int i = input_.byte() % 8; i >= 0; --i) bytes[input_.take<uint16_t>() % (i % 2 == 0 ? 16 : kPageSize)] = input_.take<std::byte>();
    device_.answers = false;
    device_.scribbled = true;
  }
  template <typename Visit>
  void for_each_mapped(Visit visit) {
    for (grant_ref_t i = GNTTAB_NR_RESERVED_ENTRIES; xen_.grants.header(i) != nullptr; ++i) {
      auto* entry = reinterpret_cast<grant_entry_v1*>(xen_.grants.header(i));
      if ((entry->flags & (GTF_reading | GTF_writing)) != 0) visit(*entry);
    }
  }
  size_t mapped() {
    size_t count = 0;
    for_each_mapped([&](grant_entry_v1&) { ++count; });
    return count;
  }
  void write_to_all_that_is_mapped() {
    if (device_.connected()) return;  // the ring is still in use
    for_each_mapped([&](grant_entry_v1& entry) {
      auto* page = reinterpret_cast<volatile uint8_t*>(uint64_t{entry.frame} << 12);
      page[4095] = page[4095];
    });
  }

  test::FuzzInput input_;
  test::FakeDeviceMemory memory_, callers_;
  Machine xen_;
  GrantTable grants_{xen_, xen_.grants.frames};
  EventChannels events_{xen_};
  test::FakeXenDisk& device_ = xen_.add_disk(kSectors);
  Services services_{xen_, xen_.grants.frames, events_, xen_.store};
  BlkFront disk_{services_, grants_, memory_, xen_.clock, 51712, "disk"};
  MutableByteSpan caller_ = *callers_.allocate({64}, 1ull << 32);
  bool lies_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Session(data, size).run();
  return 0;
}
