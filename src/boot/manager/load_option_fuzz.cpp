// SPDX-License-Identifier: BSD-2-Clause-Patent
// The input is a boot variable. It is read a second time by a plain reading of the specification, which must find the same; and what is a
// load option is looked for on a machine with a few disks: whatever its path says, only images on devices that are there may come of it,
// nothing may be lost, and it has to end.
#include <cstdlib>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "boot/manager/boot_paths.hpp"
#include "boot/manager/load_option.hpp"
#include "core/device_path/device_path.hpp"
#include "core/device_path/device_path_text.hpp"
#include "core/firmware.hpp"
#include "core/images/images.hpp"
#include "tests/support/fuzz.hpp"
#include "tests/support/image_caller.hpp"
#include "tests/support/memory.hpp"

namespace efilite::boot {
namespace {

using Bytes = std::vector<uint8_t>;

// Where a path that begins at `at` ends, by 10.3.1; nullopt: not within `end`.
std::optional<size_t> end_of_path(const Bytes& bytes, size_t at, size_t end) {
  for (;;) {
    if (end - at < 4) return std::nullopt;
    const size_t length = bytes[at + 2] + 256u * bytes[at + 3];
    if (length < 4 || length > end - at) return std::nullopt;
    const bool is_end = bytes[at] == 0x7F && (bytes[at + 1] == 0xFF || bytes[at + 1] == 0x01);
    if (is_end && length != 4) return std::nullopt;
    const bool whole = is_end && bytes[at + 1] == 0xFF;
    at += length;
    if (whole) return at;
  }
}

struct Plain {
  size_t description_end, first_end, list_end;
};
std::optional<Plain> read_plainly(const Bytes& bytes) {
  if (bytes.size() < 6) return std::nullopt;
  size_t at = 6;
  for (;; at += 2) {
    if (at + 2 > bytes.size()) return std::nullopt;
    if (bytes[at] == 0 && bytes[at + 1] == 0) break;
  }
  Plain out{at, 0, 0};
  at += 2;
  out.list_end = at + bytes[4] + 256u * bytes[5];
  if (out.list_end > bytes.size() || out.list_end == at) return std::nullopt;
  while (at < out.list_end) {
    auto end = end_of_path(bytes, at, out.list_end);
    if (!end) return std::nullopt;
    if (out.first_end == 0) out.first_end = *end;
    at = *end;
  }
  return out;
}

// Disks by their paths' text; those of the last three are found by connecting.
class World final : core::Departure, Discovery, ImageVisitor {
 public:
  World() {
    core::the_firmware = &firmware_;
    events_.restore_tpl(efi::kTplApplication);
    add(u"PciRoot(0)/Pci(1,0)", false, 0);
    add(u"PciRoot(0)/Pci(1,0)/HD(1,GPT,00112233-4455-6677-8899-AABBCCDDEEFF)", true, 1);
    add(u"PciRoot(0)/Pci(2,0)", false, 1);
    add(u"PciRoot(0)/Pci(3,0)", false, 0, 1);
    add(u"PciRoot(0)/Pci(3,0)/HD(1,MBR,0x12345678)", true, 1, 1);
    add(u"PciRoot(0)/Pci(4,0)/Scsi(0,0)", true, 1, 2);
    made_ = 0;
  }
  ~World() { core::the_firmware = nullptr; }
  void leave_boot_services() override {}

  // With memory for so many blocks.
  void look_for(ByteSpan path, size_t blocks) {
    const Bytes copy(reinterpret_cast<const uint8_t*>(path.data()), reinterpret_cast<const uint8_t*>(path.data()) + path.size());
    BootPaths paths(handles_, events_, heap_, *this);
    const long before = heap_.live;
    heap_.left = blocks;
    EXPECT(!paths.visit(reinterpret_cast<const efi::DevicePath*>(copy.data()), *this));
    // Somebody wants to hear what became of it, if there was memory to find out.
    EXPECT(visits_ + failures_ != 0 || heap_.left == 0);
    EXPECT(heap_.live == before + made_);
    heap_.left = SIZE_MAX;
  }

 private:
  struct Device {
    efi::DevicePath* path;
    efi::BlockIoMedia media{};
    efi::BlockIoProtocol blocks{};
    efi::SimpleFileSystemProtocol volume{};
    efi::Handle handle = nullptr;
    bool has_volume;
    int found_by;  // 0: it is there
  };
  void add(const char16_t* text, bool partition, bool has_volume, int found_by = 0) {
    Device& device = devices_.emplace_back();
    device.path = core::device_path::path_from_text(memory_.pool, text).value();
    device.media.logical_partition = partition;
    device.media.removable_media = found_by == 2;
    device.media.media_present = 1;
    device.has_volume = has_volume;
    device.found_by = found_by;
    if (found_by == 0) install(device);
  }
  void install(Device& device) {
    device.blocks.media = &device.media;
    device.volume.open_volume = [](efi::SimpleFileSystemProtocol*, efi::FileProtocol**) EFIAPI { return efi::encode(Status::DeviceError); };
    core::TplGuard guard(events_, efi::kTplNotify);
    const size_t left = std::exchange(heap_.left, SIZE_MAX);
    const long before = heap_.live;
    EXPECT(handles_.install(&device.handle, efi::kDevicePathGuid, device.path));
    EXPECT(handles_.install(&device.handle, &device.blocks));
    if (device.has_volume) EXPECT(handles_.install(&device.handle, &device.volume));
    made_ += heap_.live - before;
    heap_.left = left;
  }
  Result<> connect_path(const efi::DevicePath*) override { return Status::NotFound; }
  bool connect_next(Media kind) override {
    EXPECT(++connections_ < 20);
    bool any = false;
    for (Device& device : devices_) {
      if (device.handle != nullptr || (kind == Media::MayBeRemovable && device.found_by != 2)) continue;
      install(device);
      any = true;
      if (device.media.logical_partition == 0) continue;
      break;
    }
    return any;
  }
  bool visit(efi::DevicePath* image) override {
    EXPECT(++visits_ < 20);
    auto path = core::device_path::measure(image);
    EXPECT(path.has_value());
    bool on_device = false;
    for (const Device& device : devices_) {
      const ByteSpan nodes = core::device_path::without_end(*core::device_path::measure(device.path));
      on_device |= device.has_volume && path->size() > nodes.size() + 4 && memcmp(path->data(), nodes.data(), nodes.size()) == 0;
    }
    EXPECT(on_device);
    return false;
  }
  void nothing_at(const efi::DevicePath* path, const char* why) override {
    EXPECT(why != nullptr && (path == nullptr || core::device_path::measure(path)));
    ++failures_;
  }

  test::Memory memory_{4 << 20};
  test::NoInterrupts interrupts_;
  test::NoClock clock_;
  core::EventQueue events_{memory_.pool, interrupts_, clock_};
  // Of the pool, which goes as a whole: a handle database never does.
  struct CountedHeap final : core::Heap {
    explicit CountedHeap(core::Heap& under) : pool(under) {}
    void* allocate(size_t size) override {
      if (left == 0) return nullptr;
      --left, ++live;
      return pool.allocate(size);
    }
    void release(void* block) override {
      --live;
      pool.release(block);
    }
    core::Heap& pool;
    long live = 0;
    size_t left = SIZE_MAX;
  } heap_{memory_.pool};
  core::HandleDatabase handles_{heap_, events_};
  efi::SystemTable system_table_{};
  core::Tables tables_{memory_.pool, events_, &system_table_};
  struct : core::PageProtection {
    Result<uint64_t> get(PhysRange) const override { return uint64_t{0}; }
    Result<> change(PhysRange, uint64_t, uint64_t) override { return {}; }
  } protection_;
  test::HostImageCaller caller_;
  core::Images images_{memory_.map, memory_.pool, handles_, events_, tables_, protection_, caller_, *this};
  core::Firmware firmware_{memory_.map, memory_.pool, events_, handles_, images_, tables_, clock_, &system_table_};
  std::deque<Device> devices_;
  int visits_ = 0, failures_ = 0, connections_ = 0;
  long made_ = 0;  // blocks of the handles
};

void run(const Bytes& bytes) {
  auto option = parse_load_option(std::as_bytes(std::span(bytes)));
  const auto plain = read_plainly(bytes);
  EXPECT(option.has_value() == plain.has_value());
  if (!option) return;
  const auto at = [&](ByteSpan span) { return static_cast<size_t>(reinterpret_cast<const uint8_t*>(span.data()) - bytes.data()); };
  EXPECT(option->attributes == (bytes[0] | bytes[1] << 8 | bytes[2] << 16 | static_cast<uint32_t>(bytes[3]) << 24));
  EXPECT(at(option->description) == 6 && option->description.size() == plain->description_end - 6);
  EXPECT(at(option->paths) == plain->description_end + 2 && option->paths.size() == plain->list_end - plain->description_end - 2);
  EXPECT(at(option->first_path) == at(option->paths) && at(option->first_path) + option->first_path.size() == plain->first_end);
  EXPECT(at(option->optional_data) == plain->list_end && option->optional_data.size() == bytes.size() - plain->list_end);
  World().look_for(option->first_path, bytes[3] == 0 ? SIZE_MAX : bytes[3] - 1u);
}

}  // namespace
}  // namespace efilite::boot

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  efilite::boot::run({data, data + size});
  return 0;
}
