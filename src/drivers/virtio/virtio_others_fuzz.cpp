// SPDX-License-Identifier: BSD-2-Clause-Patent
// Virtio SCSI adapters, entropy sources and consoles whose device is the input: it answers with any bytes, any length, at any time, and
// calls requests done that it was not given. Whatever it does, drivers keep to the rules, which the fake device sees to, stay inside of
// their memory, and every call returns. Registers, features and the ring's index are the disk's fuzzer's.
//
// Input: u8 kind of device, u8 size of its queues, its configuration space, then {u8 operation, arguments}... and what the device does
// in between, see FuzzDevice.
#include <linux/virtio_console.h>

#include <array>
#include <vector>

#include "drivers/scsi/logical_unit.hpp"
#include "drivers/virtio/console.hpp"
#include "drivers/virtio/entropy.hpp"
#include "drivers/virtio/scsi.hpp"
#include "tests/support/fuzz.hpp"
#include "tests/support/virtio.hpp"

namespace efilite::drivers::virtio {
namespace {

using Input = test::FuzzInput;

// A clock that runs: who waits by it is done soon.
class FuzzClock final : public core::Clock {
 public:
  uint64_t now() override { return time_ += 10 * kSecond; }
  void stall(uint64_t) override {}
  void set_alarm(uint64_t) override {}
  void cancel_alarm() override {}
  uint64_t counter() override { return 0; }
  uint64_t counter_frequency() override { return 1; }

 private:
  uint64_t time_ = 0;
};

class FuzzDevice final : public test::FakeVirtioDevice {
 public:
  FuzzDevice(Input& input, DeviceType kind, uint16_t size) : FakeVirtioDevice(kind, std::vector<uint16_t>(8, size)), input_(input) {
    holds = true;
    answer_change = [this](uint32_t& id, uint32_t& length) {
      const uint8_t what = input_.byte();
      if (what == 0xFF) id = 0x100u + input_.byte();  // none of its requests
      if (what == 0xFE) length = input_.byte() * 0x01010101u;
    };
  }
  void notify(uint16_t index) override {
    FakeVirtioDevice::notify(index);
    for (int i = 0; i < 8; ++i) {
      const uint8_t what = input_.byte();
      if (what < 0xA0 && !(index == 2 && input_.empty())) answer(index);  // a console's messages would only end by their limit
      if (what >= 0xA0 && what < 0xD0 && !input_.empty()) answer(what % 8);
      if (what == 0xF8) needs_reset = true;
      if (what < 0x40 || input_.empty()) return;
    }
  }

 protected:
  uint32_t serve(uint16_t, const test::VirtioRequest& request) override {
    const size_t room = request.room();
    std::vector<std::byte> bytes(std::min<size_t>(room, input_.byte()));
    input_.fill(bytes);
    request.write(bytes);
    return static_cast<uint32_t>(bytes.size());
  }

 private:
  Input& input_;
};

void use_scsi(Input& input, FuzzDevice& device, core::DeviceMemory& memory, core::Clock& clock) {
  struct : scsi::UnitSink {
    int count = 0;
    bool found(scsi::Address) override { return ++count < 32; }
  } sink;
  ScsiAdapter adapter(device, memory, clock, "fuzz");
  if (!adapter.start()) return;
  test::FuzzHeap heap;
  if (input.byte() & 1) (void)scsi::scan(adapter, heap, adapter.bounds(), sink);
  scsi::LogicalUnit unit(adapter, clock, {input.byte(), input.byte()});
  for (int steps = 0; steps < 16 && !input.empty(); ++steps) {
    if (!unit.open() || !unit.has_medium()) continue;
    std::vector<std::byte> bytes(unit.block_size() * (1u + input.byte() % 8));
    (void)unit.read(input.byte(), bytes);
    (void)unit.write(input.byte(), bytes);
    (void)unit.flush();
  }
  adapter.device().shutdown();
}

void use_entropy(Input& input, FuzzDevice& device, core::DeviceMemory& memory, core::Clock& clock) {
  EntropyDevice source(device, memory, clock, "fuzz");
  if (!source.start()) return;
  for (int steps = 0; steps < 64 && !input.empty(); ++steps) (void)source.word();
  source.device().shutdown();
}

void use_console(Input& input, FuzzDevice& device, core::DeviceMemory& memory, core::Clock& clock) {
  ConsoleDevice console(device, memory, clock, "fuzz");
  if (!console.start()) return;
  const std::string text(2000, 'x');
  for (int steps = 0; steps < 64 && !input.empty(); ++steps) {
    const uint8_t what = input.byte();
    if (what % 4 == 0) console.write(std::string_view(text).substr(0, input.byte() * 8));
    if (what % 4 == 1) (void)console.read();
    if (what % 4 == 2) device.answer(what / 4 % 4);
    if (what % 4 == 3) (void)console.control();
  }
  console.drain();
  console.device().shutdown();
}

}  // namespace
}  // namespace efilite::drivers::virtio

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace efilite;
  using namespace efilite::drivers::virtio;
  Input input(data, size);
  test::FakeDeviceMemory memory;
  FuzzClock clock;
  const uint8_t kind = input.byte();
  constexpr DeviceType kKinds[] = {DeviceType::Scsi, DeviceType::Entropy, DeviceType::Console};
  FuzzDevice device(input, kKinds[kind % 3], static_cast<uint16_t>(1u << input.byte() % 9));
  device.config.resize(36);
  input.fill(std::as_writable_bytes(std::span(device.config)));
  if (kind & 0x40) device.offer(VIRTIO_CONSOLE_F_MULTIPORT);
  if (kind & 0x80) {
    device.is_legacy = true;
    device.offered &= UINT32_MAX;
  }
  if (kind % 3 == 0) use_scsi(input, device, memory, clock);
  if (kind % 3 == 1) use_entropy(input, device, memory, clock);
  if (kind % 3 == 2) use_console(input, device, memory, clock);
  EXPECT(memory.held() == 0);
  return 0;
}
