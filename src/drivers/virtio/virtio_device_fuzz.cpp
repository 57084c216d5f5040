// SPDX-License-Identifier: BSD-2-Clause-Patent
// A virtio disk whose device is the input: registers, configuration space and used ring say what it likes. Whatever that is, registers are
// accessed inside of their windows, requests are well-formed, memory that the device knows is not given back before a reset, and every
// call returns.
//
// Input: way, patches {u8 count, {u16 offset, u32 value}...} of what can be read, then {u8 operation, arguments} until the end. When a
// register is read: u8, 0 for what it should be, else the value follows. When the queue is notified: actions, see DishonestDevice::act().
#include <linux/pci_regs.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_pci.h>

#include <array>
#include <map>
#include <memory>
#include <vector>

#include "drivers/virtio/blk.hpp"
#include "drivers/virtio/register_transport.hpp"
#include "tests/support/fuzz.hpp"
#include "tests/support/virtio.hpp"

namespace efilite::drivers::virtio {
namespace {

using Input = test::FuzzInput;

constexpr uint64_t kMmio = 0xFEB0'0000, kPorts = 0xC000, kBar = 0x8'0000'0000, kBarSize = 0x2000;
constexpr uint16_t kNotifyAt = 0x1000, kConfigAt = 0x800;

// What can be read of a well-behaved device, and what the input makes of it.
class FuzzRegisters final : public core::PciFunction, public core::Registers {
 public:
  FuzzRegisters(Input& input, uint8_t way) : input_(input), is_pci_(way & 1), is_legacy_(way & 2) {
    is_pci_ ? set_up_pci() : set_up_mmio();
    for (uint8_t i = input.take<uint8_t>(); i != 0; --i) {
      const auto offset = input.take<uint16_t>();
      const auto value = input.take<uint32_t>();
      if (offset < 0x4000) memory_[offset] = value;
      if (offset >= 0x4000 && offset < 0x4100) put<uint8_t>(offset & 0xFF, static_cast<uint8_t>(value));
      if (offset >= 0x8000) bars_[offset % kBars].size = value;
    }
  }
  bool is_pci() const { return is_pci_; }

  core::PciAddress address() const override { return {}; }
  uint16_t config_size() const override { return 256; }
  uint32_t read_config(uint16_t offset, unsigned size) override {
    EXPECT(offset % size == 0 && offset + size <= space_.size());
    uint32_t value = 0;
    memcpy(&value, &space_[offset], size);
    return value;
  }
  void write_config(uint16_t, unsigned, uint32_t) override { EXPECT(false); }
  core::PciBar bar(unsigned index) const override { return bars_.at(index); }
  core::Registers& registers() override { return *this; }
  void set_command(uint16_t set, uint16_t clear) override { command_ = static_cast<uint16_t>((command_ | set) & ~clear); }

  uint64_t read(core::RegisterSpace space, uint64_t at, unsigned size) override {
    const uint16_t offset = check(space, at, size);
    if (input_.take<uint8_t>() != 0) return input_.take<uint32_t>();
    return memory_[offset] & (size == 4 ? UINT32_MAX : (1u << 8 * size) - 1);
  }
  void write(core::RegisterSpace space, uint64_t at, unsigned size, uint64_t value) override {
    const uint16_t offset = check(space, at, size);
    EXPECT(size == 4 || value >> 8 * size == 0);
    memory_[offset] = static_cast<uint32_t>(value);
  }

 private:
  template <typename T>
  void put(size_t at, T value) { memcpy(&space_[at], &value, sizeof value); }
  void put_capability(uint8_t at, uint8_t next, uint8_t kind, uint32_t offset, uint32_t length) {
    put<virtio_pci_cap>(at, {PCI_CAP_ID_VNDR, next, 20, kind, 4, 0, {0, 0}, offset, length});
  }
  void set_up_config(uint16_t at) {
    memory_[at] = 4096;  // sectors
    memory_[static_cast<uint16_t>(at + offsetof(virtio_blk_config, size_max))] = 4096;
    memory_[static_cast<uint16_t>(at + offsetof(virtio_blk_config, seg_max))] = 8;
    memory_[static_cast<uint16_t>(at + offsetof(virtio_blk_config, blk_size))] = 512;
  }
  // Both halves of the features, when the second half is asked for, too.
  static constexpr uint32_t kFeatures = 1u << VIRTIO_RING_F_INDIRECT_DESC | 1u << VIRTIO_BLK_F_FLUSH | 1u << VIRTIO_BLK_F_SIZE_MAX |
                                        1u << VIRTIO_BLK_F_SEG_MAX | 1u << VIRTIO_BLK_F_BLK_SIZE | 1;
  void set_up_mmio() {
    memory_[VIRTIO_MMIO_MAGIC_VALUE] = 0x74726976;
    memory_[VIRTIO_MMIO_VERSION] = is_legacy_ ? 1 : 2;
    memory_[VIRTIO_MMIO_DEVICE_ID] = 2;
    memory_[VIRTIO_MMIO_DEVICE_FEATURES] = kFeatures;
    memory_[VIRTIO_MMIO_QUEUE_NUM_MAX] = 64;
    set_up_config(VIRTIO_MMIO_CONFIG);
  }
  void set_up_pci() {
    put<uint16_t>(PCI_VENDOR_ID, 0x1AF4);
    put<uint16_t>(PCI_DEVICE_ID, 0x1001);
    put<uint16_t>(PCI_SUBSYSTEM_ID, 2);
    bars_[0] = {core::RegisterSpace::Io, false, false, kPorts, 128};
    for (unsigned i = 1; i < kBars; ++i) bars_[i].base = kBar + (uint64_t{i} << 32);
    bars_[4] = {core::RegisterSpace::Memory, true, true, kBar, kBarSize};
    if (is_legacy_) {
      memory_[VIRTIO_PCI_HOST_FEATURES] = kFeatures;
      memory_[VIRTIO_PCI_QUEUE_NUM] = 64;
      return set_up_config(20);
    }
    put<uint16_t>(PCI_STATUS, PCI_STATUS_CAP_LIST);
    put<uint8_t>(PCI_CAPABILITY_LIST, 0x50);
    put_capability(0x50, 0x68, VIRTIO_PCI_CAP_NOTIFY_CFG, kNotifyAt, 0x1000);
    put<uint32_t>(0x50 + VIRTIO_PCI_NOTIFY_CAP_MULT, 4);
    put_capability(0x68, 0x7C, VIRTIO_PCI_CAP_DEVICE_CFG, kConfigAt, 0x800);
    put_capability(0x7C, 0, VIRTIO_PCI_CAP_COMMON_CFG, 0, 0x800);
    memory_[VIRTIO_PCI_COMMON_DF] = kFeatures;
    memory_[VIRTIO_PCI_COMMON_Q_SIZE] = 64;
    set_up_config(kConfigAt);
  }
  // Inside of a window, decoded and aligned; where in it.
  uint16_t check(core::RegisterSpace space, uint64_t at, unsigned size) const {
    EXPECT(size <= 4 && at % size == 0);
    const bool ports = space == core::RegisterSpace::Io;
    EXPECT(is_pci_ ? (command_ & (ports ? PCI_COMMAND_IO : PCI_COMMAND_MEMORY)) != 0 : !ports);
    auto lies_in = [=](uint64_t base, uint64_t length) { return at >= base && at - base <= length && size <= length - (at - base); };
    if (!is_pci_ && lies_in(kMmio, 512)) return static_cast<uint16_t>(at - kMmio);
    for (const core::PciBar& bar : bars_)
      if (is_pci_ && bar.space == space && lies_in(bar.base, bar.size)) return static_cast<uint16_t>(at - bar.base);
    EXPECT(false);
    return 0;
  }

  Input& input_;
  bool is_pci_, is_legacy_;
  uint16_t command_ = 0;
  std::array<uint8_t, 256> space_{};
  std::array<core::PciBar, kBars> bars_{};
  std::map<uint16_t, uint32_t> memory_;
};

// Serves requests, or claims to have done so.
class DishonestDevice final : public Transport {
 public:
  DishonestDevice(Input& input, Transport& registers) : input_(input), registers_(registers) {}
  bool is_reset = true;
  uint64_t notifies = 0;
  uint64_t moved = 0;  // bytes of requests that were served and ended well

  DeviceType type() const override { return registers_.type(); }
  bool legacy() const override { return registers_.legacy(); }
  bool fixed_queues() const override { return registers_.fixed_queues(); }
  Result<> reset() override {
    pending_.clear();
    place_ = {};
    wild_ = false;
    Result<> done = registers_.reset();
    is_reset = done.has_value();
    return done;
  }
  uint8_t status() override { return registers_.status(); }
  void set_status(uint8_t status) override { registers_.set_status(status); }
  uint64_t device_features() override { return registers_.device_features(); }
  void set_driver_features(uint64_t features) override { registers_.set_driver_features(features); }
  uint16_t queue_limit(uint16_t queue) override { return registers_.queue_limit(queue); }
  Result<> start_queue(uint16_t queue, const QueuePlace& place) override {
    EXPECT(queue == 0 && place.size != 0 && (place.size & (place.size - 1)) == 0);
    place_ = place;
    next_available_ = next_used_ = 0;
    is_reset = false;
    return registers_.start_queue(queue, place);
  }
  void notify(uint16_t queue) override {
    registers_.notify(queue);
    ++notifies;
    const auto* available = reinterpret_cast<const vring_avail*>(place_.available);
    EXPECT(static_cast<uint16_t>(available->idx - next_available_) <= place_.size);
    for (; next_available_ != available->idx; ++next_available_) pending_.push_back(available->ring[next_available_ % place_.size]);
    EXPECT(pending_.size() <= place_.size);
    for (int i = 0; i < 64 && act(); ++i) {}
  }
  Result<> read_config(uint32_t offset, MutableByteSpan out) override { return registers_.read_config(offset, out); }
  Result<> write_config(uint32_t offset, ByteSpan in) override { return registers_.write_config(offset, in); }

 private:
  bool act() {
    auto* used = reinterpret_cast<vring_used*>(place_.used);
    const auto what = input_.take<uint8_t>();
    switch (what & 7) {
      case 0:  // all of them, as it should be
        while (!wild_ && !pending_.empty()) finish(serve(0), 0);
        return false;
      case 1:  // one, with any status, and in any order
        if (wild_ || pending_.empty()) return false;
        std::swap(pending_.front(), pending_[(what >> 3) % pending_.size()]);
        finish(serve(input_.take<uint8_t>()), 0);
        return true;
      case 2:  // one, with any length
        if (wild_ || pending_.empty()) return false;
        finish(serve(0), input_.take<uint32_t>());
        return true;
      case 3:  // what nobody asked for
        wild_ = true;
        used->ring[next_used_ % place_.size] = {input_.take<uint16_t>(), input_.take<uint32_t>()};
        publish(static_cast<uint16_t>(next_used_ + 1));
        return true;
      case 4:
        wild_ = true;
        publish(input_.take<uint16_t>());
        return true;
      case 5:  // the same once more
        wild_ = true;
        used->ring[next_used_ % place_.size] = used->ring[static_cast<uint16_t>(next_used_ - 1) % place_.size];
        publish(static_cast<uint16_t>(next_used_ + 1));
        return true;
      case 6:
        used->flags = input_.take<uint16_t>();
        return true;
      default:  // no answer
        return false;
    }
  }
  void publish(uint16_t index) {
    next_used_ = index;
    reinterpret_cast<vring_used*>(place_.used)->idx = index;
  }
  struct Served {
    uint16_t head;
    uint32_t written;
  };
  Served serve(uint8_t status) {
    const uint16_t head = pending_.front();
    pending_.pop_front();
    EXPECT(head < place_.size);
    const auto* table = reinterpret_cast<const vring_desc*>(place_.descriptors);
    uint32_t entries = place_.size, written = 0, read = 0;
    uint16_t at = head;
    if ((table[at].flags & VRING_DESC_F_INDIRECT) != 0) {
      entries = table[at].len / sizeof *table;
      EXPECT(entries * sizeof *table == table[at].len && entries <= place_.size);
      table = reinterpret_cast<const vring_desc*>(table[at].addr);
      at = 0;
    }
    for (uint32_t count = 0;; ++count) {
      EXPECT(at < entries && count < place_.size);
      const vring_desc& one = table[at];
      EXPECT(one.len != 0 && (one.flags & ~(VRING_DESC_F_NEXT | VRING_DESC_F_WRITE)) == 0);
      auto* bytes = reinterpret_cast<volatile uint8_t*>(one.addr);
      const bool last = (one.flags & VRING_DESC_F_NEXT) == 0;
      // Both ends are touched: what is between them is one object, too.
      if ((one.flags & VRING_DESC_F_WRITE) != 0) {
        bytes[0] = 0xA5;
        bytes[one.len - 1] = last ? status : 0xA5;
        written += one.len;
      } else {
        EXPECT(written == 0);
        (void)(bytes[0] + bytes[one.len - 1]);
        read += one.len;
      }
      if (last) {
        EXPECT(one.len == 1 && read >= sizeof(virtio_blk_outhdr));
        if (status == VIRTIO_BLK_S_OK) moved += read - sizeof(virtio_blk_outhdr) + written - 1;
        return {head, written};
      }
      at = one.next;
    }
  }
  void finish(Served served, uint32_t change) {
    auto* used = reinterpret_cast<vring_used*>(place_.used);
    used->ring[next_used_ % place_.size] = {served.head, served.written + change};
    publish(static_cast<uint16_t>(next_used_ + 1));
  }

  Input& input_;
  Transport& registers_;
  QueuePlace place_{};
  uint16_t next_available_ = 0, next_used_ = 0;
  std::deque<uint16_t> pending_;
  bool wild_ = false;  // it has lied, and so does not know what memory is still there for it
};

// Requests of up to 64 KiB, into memory that is exactly as large.
void operate(Input& input, BlkDevice& disk, DishonestDevice& device) {
  const auto operation = input.take<uint8_t>();
  const uint64_t block = operation & 0x80 ? input.take<uint64_t>() : input.take<uint16_t>() % 4096;
  const uint64_t size = uint64_t{input.take<uint8_t>()} * (operation & 0x40 ? 512 : std::min(disk.block_size(), 4096u));
  auto bytes = std::make_unique<std::byte[]>(size);
  const bool usable = disk.device().usable();
  const uint64_t notifies = device.notifies, moved = device.moved;
  Result<> done;
  switch (operation & 3) {
    case 0: done = disk.read(block, {bytes.get(), size}); break;
    case 1: done = disk.write(block, {bytes.get(), size}); break;
    case 2: done = disk.flush(); break;
    default:
      disk.device().stop();
      done = Status::DeviceError;
      break;
  }
  if (done && (operation & 3) < 2) EXPECT(device.moved - moved == size);
  EXPECT(usable || (!done && device.notifies == notifies));
  const Status status = done.status();
  EXPECT(done || status == Status::DeviceError || status == Status::InvalidParameter || status == Status::WriteProtected);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  const auto way = input.take<uint8_t>();
  FuzzRegisters registers(input, way);
  test::FakeClock clock;
  clock.step = 10 * kSecond;
  RegisterTransport transport(clock);
  if (!(registers.is_pci() ? transport.open_pci(registers) : transport.open_mmio(registers, kMmio, 512))) return 0;
  DishonestDevice device(input, transport);
  test::FakeDeviceMemory memory;
  {
    BlkDevice disk(device, memory, clock, "disk");
    for (int starts = 0; starts < 2 && !input.empty(); ++starts) {
      if (!disk.start()) {
        EXPECT(!device.is_reset || memory.held() == 0);
        continue;
      }
      EXPECT(disk.block_size() >= 512 && disk.block_size() <= 65536 && disk.block_count() != 0);
      EXPECT(disk.block_count() <= UINT64_MAX / disk.block_size());
      for (int i = 0; i < 12 && !input.empty(); ++i) operate(input, disk, device);
      disk.device().shutdown();
    }
  }
  if (device.is_reset) EXPECT(memory.held() == 0);
  return 0;
}

}  // namespace efilite::drivers::virtio
