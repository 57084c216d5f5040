// SPDX-License-Identifier: BSD-2-Clause-Patent
// A firmware with a boot manager, disks that appear when they are connected, programs that write down how they were started, a screen that
// remembers and a keyboard.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>

#include "abi/uefi.hpp"
#include "boot/manager/boot_manager.hpp"
#include "core/device_path/device_path_text.hpp"
#include "tests/support/images.hpp"

namespace efilite::boot::testing_boot {

using core::testing_images::ImagesTest;
using efi::EfiStatus;
using efi::encode;
using test::Bytes8;

inline std::string ascii(std::u16string_view text) { return {text.begin(), text.end()}; }

// Files by their whole path, in upper case.
struct FakeVolume : efi::SimpleFileSystemProtocol {
  struct File : efi::FileProtocol {
    FakeVolume* volume;
    std::u16string name;
    uint64_t position = 0;
  };
  static std::u16string upper(std::u16string text) {
    for (char16_t& c : text)
      if (c >= u'a' && c <= u'z') c = static_cast<char16_t>(c - 32);
    return text;
  }
  FakeVolume() {
    revision = 0x10000;
    open_volume = [](efi::SimpleFileSystemProtocol* self, efi::FileProtocol** root) EFIAPI {
      auto& volume = *static_cast<FakeVolume*>(self);
      ++volume.opened;
      *root = volume.make(u"");
      return EfiStatus{};
    };
  }
  ~FakeVolume() { EXPECT_EQ(open_files, 0); }
  File* make(std::u16string name) {
    ++open_files;
    File& f = files.emplace_back();
    f.volume = this;
    f.name = std::move(name);
    f.open = [](efi::FileProtocol* self, efi::FileProtocol** out, efi::Char16* name, uint64_t, uint64_t) EFIAPI {
      auto& from = *static_cast<File*>(self);
      const std::u16string whole = upper(name[0] == u'\\' ? name : from.name + u"\\" + name);
      bool directory = false;
      for (auto& [path, bytes] : from.volume->content) directory |= path.starts_with(whole + u"\\");
      if (!directory && !from.volume->content.contains(whole)) return encode(Status::NotFound);
      *out = from.volume->make(whole);
      return EfiStatus{};
    };
    f.close = [](efi::FileProtocol* self) EFIAPI {
      --static_cast<File*>(self)->volume->open_files;
      return EfiStatus{};
    };
    f.set_position = [](efi::FileProtocol* self, uint64_t position) EFIAPI {
      auto& file = *static_cast<File*>(self);
      if (!file.volume->content.contains(file.name)) return encode(Status::Unsupported);
      file.position = position == UINT64_MAX ? file.volume->content[file.name].size() : position;
      return EfiStatus{};
    };
    f.get_position = [](efi::FileProtocol* self, uint64_t* position) EFIAPI {
      *position = static_cast<File*>(self)->position;
      return EfiStatus{};
    };
    f.read = [](efi::FileProtocol* self, efi::Uintn* size, void* buffer) EFIAPI {
      auto& file = *static_cast<File*>(self);
      const Bytes8& bytes = file.volume->content[file.name];
      *size = std::min<efi::Uintn>(*size, bytes.size() - file.position);
      memcpy(buffer, bytes.data() + file.position, *size);
      file.position += *size;
      return EfiStatus{};
    };
    f.get_info = [](efi::FileProtocol* self, efi::Guid* type, efi::Uintn* size, void* buffer) EFIAPI {
      const std::u16string& label = static_cast<File*>(self)->volume->label;
      if (*type != efi::kFileSystemVolumeLabel) return encode(Status::Unsupported);
      const efi::Uintn room = *size;
      *size = 2 * label.size() + 2;
      if (room < *size) return encode(Status::BufferTooSmall);
      memcpy(buffer, label.c_str(), *size);
      return EfiStatus{};
    };
    return &f;
  }

  std::map<std::u16string, Bytes8> content;
  std::u16string label = u"NO NAME";
  int opened = 0, open_files = 0;
  std::deque<File> files;
};

// A disk, or a partition: a handle with a path and blocks, and a volume if there is one.
struct FakeMedium {
  Bytes8 path;
  efi::BlockIoMedia media{};
  efi::BlockIoProtocol blocks{};
  std::unique_ptr<FakeVolume> volume;
  efi::Handle handle = nullptr;
};

struct FakeDisk {
  FakeMedium whole;
  std::deque<FakeMedium> partitions;
  bool connected = false;

  FakeVolume& add_volume(FakeMedium& medium) {
    medium.volume = std::make_unique<FakeVolume>();
    return *medium.volume;
  }
};

inline Bytes8 bytes_of_path(core::Heap& heap, std::u16string text) {
  auto path = core::device_path::path_from_text(heap, text.c_str());
  EXPECT_TRUE(path) << ascii(text);
  const auto whole = core::device_path::measure(*path).value();
  Bytes8 out(reinterpret_cast<const uint8_t*>(whole.data()), reinterpret_cast<const uint8_t*>(whole.data()) + whole.size());
  heap.release(*path);
  return out;
}

// The bytes of an EFI_LOAD_OPTION.
inline Bytes8 load_option(core::Heap& heap, uint32_t attributes, std::u16string description, std::vector<std::u16string> paths,
                          std::string optional_data = "") {
  Bytes8 list, out;
  for (auto& path : paths) {
    const Bytes8 one = bytes_of_path(heap, path);
    list.insert(list.end(), one.begin(), one.end());
  }
  const auto put = [&](const void* from, size_t size) {
    out.insert(out.end(), static_cast<const uint8_t*>(from), static_cast<const uint8_t*>(from) + size);
  };
  const auto length = static_cast<uint16_t>(list.size());
  put(&attributes, 4);
  put(&length, 2);
  put(description.c_str(), 2 * description.size() + 2);
  put(list.data(), list.size());
  put(optional_data.data(), optional_data.size());
  return out;
}

struct BootTest : ImagesTest, Discovery, ManagerHost {
  BootTest() {
    self = this;
    runtime::start_variables(variables.store, variables.area, sizeof variables.area);
    image_file = jump_to(&program).build();
    con_in.read_key_stroke = [](efi::SimpleTextInputProtocol*, efi::InputKey* key) EFIAPI {
      if (self->keys.empty()) return encode(Status::NotReady);
      *key = self->keys.front();
      self->keys.pop_front();
      return EfiStatus{};
    };
    const auto waiting = [](efi::Event event, void*) EFIAPI {
      if (self->keys.empty() && self->no_more_keys) self->no_more_keys();
      if (!self->keys.empty()) (void)self->events.signal(event);
    };
    con_in.wait_for_key = events.create(efi::kEvtNotifyWait, efi::kTplNotify, waiting, nullptr).value();
    using Output = efi::SimpleTextOutputProtocol;
    con_out.set_attribute = [](Output*, efi::Uintn attribute) EFIAPI { return self->attribute = attribute, EfiStatus{}; };
    con_out.clear_screen = [](Output*) EFIAPI { return self->screen.clear(), EfiStatus{}; };
    con_out.enable_cursor = [](Output*, efi::Boolean) EFIAPI { return EfiStatus{}; };
    con_out.set_cursor_position = [](Output*, efi::Uintn, efi::Uintn row) EFIAPI { return self->row = row, EfiStatus{}; };
    con_out.output_string = [](Output*, efi::Char16* text) EFIAPI {
      std::string line = ascii(text);
      while (line.ends_with(' ')) line.pop_back();
      self->screen[self->row] = (self->attribute == 0x70 ? ">" : "") + line;
      return EfiStatus{};
    };
    system_table.con_in = &con_in;
    system_table.con_out = &con_out;
  }
  ~BootTest() override {
    for (FakeDisk& disk : disks) {
      disk.whole.volume.reset();
      disk.partitions.clear();
    }
  }

  // ---- disks
  FakeDisk& add_disk(std::u16string path, bool removable = false) {
    FakeDisk& disk = disks.emplace_back();
    disk.whole.path = bytes_of_path(memory.pool, path);
    disk.whole.media.removable_media = removable;
    disk.whole.media.media_present = 1;
    return disk;
  }
  FakeVolume& add_partition(FakeDisk& disk, std::u16string node) {
    FakeMedium& part = disk.partitions.emplace_back();
    const Bytes8 last = bytes_of_path(memory.pool, node);
    part.path = disk.whole.path;
    part.path.resize(part.path.size() - 4);
    part.path.insert(part.path.end(), last.begin(), last.end());
    part.media = disk.whole.media;
    part.media.logical_partition = 1;
    return disk.add_volume(part);
  }
  void install(FakeMedium& medium) {
    medium.blocks.media = &medium.media;
    EXPECT_TRUE(handles.install(&medium.handle, efi::kDevicePathGuid, medium.path.data()));
    EXPECT_TRUE(handles.install(&medium.handle, &medium.blocks));
    if (medium.volume) EXPECT_TRUE(handles.install<efi::SimpleFileSystemProtocol>(&medium.handle, medium.volume.get()));
  }
  void connect(FakeDisk& disk) {
    if (std::exchange(disk.connected, true)) return;
    core::TplGuard guard(events, efi::kTplNotify);
    install(disk.whole);
    for (FakeMedium& part : disk.partitions) install(part);
  }
  std::string connected() const {
    std::string out;
    for (const FakeDisk& disk : disks) out += disk.connected ? '1' : '0';
    return out;
  }
  Result<> connect_path(const efi::DevicePath* path) override {
    EXPECT_EQ(events.tpl(), efi::kTplApplication);
    const ByteSpan whole = core::device_path::measure(path).value();
    for (FakeDisk& disk : disks) {
      const size_t nodes = disk.whole.path.size() - 4;
      if (whole.size() <= nodes || memcmp(whole.data(), disk.whole.path.data(), nodes) != 0) continue;
      connect(disk);
      return {};
    }
    return Status::NotFound;
  }
  bool connect_next(Media kind) override {
    EXPECT_EQ(events.tpl(), efi::kTplApplication);
    for (FakeDisk& disk : disks) {
      if (disk.connected || (kind == Media::MayBeRemovable && disk.whole.media.removable_media == 0)) continue;
      connect(disk);
      return true;
    }
    return false;
  }

  // ---- the host
  void loading() override { ++loads; }
  void starting() override { ++starts; }
  void returned() override { ++returns; }
  struct Ended {};
  void reset(efi::ResetType type) override {
    started += type == efi::ResetType::Shutdown ? "power-off " : "reset ";
    if (resets_end) throw Ended();
  }
  Result<> pass_command_line(efi::Handle image) override { return images.set_load_options(image, std::u16string_view(u"the line")); }

  // ---- variables
  void set(const char16_t* name, const void* data, size_t size) {
    EXPECT_EQ(runtime::set_firmware_variable(variables.store, name, efi::kGlobalVariable, kLastingVariable, size, data, false),
              Status::Success);
  }
  void set(const char16_t* name, const Bytes8& bytes) { set(name, bytes.data(), bytes.size()); }
  void set_order(const char16_t* name, std::vector<uint16_t> order) { set(name, order.data(), 2 * order.size()); }
  void set_option(const char16_t* name, std::u16string path, uint32_t attributes = efi::kLoadOptionActive, std::string data = "") {
    set(name, load_option(memory.pool, attributes, u"about " + std::u16string(name), {path}, data));
  }
  // Attributes and the value's bytes in hexadecimal; empty: there is no such variable.
  std::string get(const char16_t* name) {
    Bytes8 bytes(4096);
    uint64_t size = bytes.size();
    uint32_t attributes = 0;
    if (runtime::get_variable(variables.store, runtime::Phase::Boot, name, &efi::kGlobalVariable, &attributes, &size, bytes.data()) !=
        Status::Success)
      return "";
    char digits[3];
    snprintf(digits, sizeof digits, "%u", attributes);
    std::string out = digits + std::string(":");
    for (size_t i = 0; i < size; ++i) {
      snprintf(digits, sizeof digits, "%02x", bytes[i]);
      out += digits;
    }
    return out;
  }

  // ---- programs: each says its whole path, as text, and what `act` makes of that is returned
  static EfiStatus EFIAPI program(efi::Handle image, efi::SystemTable*) {
    auto& info = self->info(image);
    EXPECT_EQ(self->events.tpl(), efi::kTplApplication);
    EXPECT_EQ(info.parent_handle, nullptr);
    auto* whole = static_cast<efi::DevicePath*>(self->handles.find(image, efi::kLoadedImageDevicePathGuid).value());
    const std::string path = self->text_of(whole);
    self->started += path;
    if (info.load_options_size != 0) {
      const auto* units = static_cast<const char*>(info.load_options);
      self->started += " [" + std::string(units, info.load_options_size) + "]";
    }
    self->started += '\n';
    return self->act ? self->act(path) : encode(Status::Aborted);
  }
  std::string text_of(const efi::DevicePath* path) {
    auto text = core::device_path::path_to_text(memory.pool, path, true, true);
    EXPECT_TRUE(text);
    const std::string out = ascii(*text);
    memory.pool.release(*text);
    return out;
  }

  BootManager& manager() {
    if (!the_manager) the_manager.emplace(ManagerParts{events, handles, images, variables.store, watchdog, system_table, *this, *this});
    return *the_manager;
  }
  void run(std::string choice = "", std::optional<uint16_t> timeout = {}) {
    auto parsed = choice.empty() ? Result<BootChoice>(BootChoice()) : parse_boot_choice(choice, memory.pool);
    ASSERT_TRUE(parsed) << choice;
    manager().run(*parsed, timeout);
  }
  // What is printed at the end, without the lines' beginning.
  std::string report() {
    logged.clear();
    manager().report().print();
    std::string out;
    for (size_t at = 0; at < logged.size();) {
      const size_t end = logged.find('\n', at);
      EXPECT_EQ(logged.compare(at, 11, "efilite:   "), 0) << logged;
      out += logged.substr(at + 11, end + 1 - at - 11);
      at = end + 1;
    }
    return out;
  }
  void type(std::string_view text) {
    for (char c : text) keys.push_back({0, static_cast<char16_t>(c)});
  }
  void press(uint16_t scan) { keys.push_back({scan, 0}); }

  static inline BootTest* self = nullptr;
  struct {
    runtime::VariableStore store;
    alignas(8) std::byte area[32 * 1024];
  } variables;
  core::Watchdog watchdog{events, [](uint64_t, std::string_view) { self->started += "watchdog! "; }};
  std::deque<FakeDisk> disks;
  Bytes8 image_file;
  std::function<EfiStatus(const std::string&)> act;
  std::string started;
  int loads = 0, starts = 0, returns = 0;
  bool resets_end = false;  // by an exception, for they do not return
  efi::SimpleTextInputProtocol con_in{};
  efi::SimpleTextOutputProtocol con_out{};
  std::deque<efi::InputKey> keys;
  std::function<void()> no_more_keys;
  std::map<efi::Uintn, std::string> screen;
  efi::Uintn row = 0, attribute = 7;
  std::optional<BootManager> the_manager;
};

}  // namespace efilite::boot::testing_boot
