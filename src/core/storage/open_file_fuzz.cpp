// SPDX-License-Identifier: BSD-2-Clause-Patent
// Random sessions of file handles against a naive model: the volume as a map from whole paths to contents, a handle as the path and the
// identity of what it was opened on. Names, paths and orders of calls are whatever the fuzzer likes; both must say the same.
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/storage/open_file.hpp"
#include "tests/support/block_device.hpp"
#include "tests/support/file_system.hpp"
#include "tests/support/fuzz.hpp"

namespace efilite::core {
namespace {

using Text = std::u16string;
constexpr uint64_t kRead = efi::kFileModeRead, kWrite = kRead | efi::kFileModeWrite, kCreate = kWrite | efi::kFileModeCreate;

// ---- the model

struct Item {
  Text name;  // in its own letters
  uint64_t attributes;
  std::string bytes;
  bool is_directory() const { return (attributes & efi::kFileDirectory) != 0; }
};
using Path = std::vector<Text>;  // folded names from the root; the root is empty
using Identity = std::shared_ptr<Item>;

struct Model {
  std::map<Path, Identity> items{{{}, std::make_shared<Item>(Item{u"", efi::kFileDirectory, ""})}};
  bool read_only = false;

  std::optional<Path> where(const Identity& item) const {
    for (auto& [path, known] : items)
      if (known == item) return path;
    return std::nullopt;
  }
  uint64_t used() const {
    uint64_t sum = 0;
    for (auto& [path, item] : items) sum += item->bytes.size();
    return sum;
  }
  uint64_t room_for(const Item& item) const { return test::FakeFileSystem::kCapacity - (used() - item.bytes.size()); }

  struct Target {
    Status status = Status::Success;
    Path path;
    Text last;  // of the last component that was a name, as it was written
    bool exists = false, slash = false;
  };
  // Component by component as the specification's sentence has it.
  Target resolve(const Path& from, const Text& text) const {
    Target out;
    out.path = !text.empty() && text[0] == u'\\' ? Path{} : from;
    out.slash = !text.empty() && text.back() == u'\\';
    std::vector<Text> parts;
    for (size_t at = 0; at <= text.size();) {
      size_t end = std::min(text.find(u'\\', at), text.size());
      if (end > at) parts.push_back(text.substr(at, end - at));
      at = end + 1;
    }
    for (size_t i = 0; i < parts.size(); ++i) {
      const Text& part = parts[i];
      if (part != u"." && part != u".." && part.size() > kMaxFileName) return {Status::InvalidParameter, {}, u"", false, false};
      if (!items.at(out.path)->is_directory()) return {Status::NotFound, {}, u"", false, false};
      if (part == u".") continue;
      if (part == u"..") {
        if (out.path.empty()) return {Status::NotFound, {}, u"", false, false};
        out.path.pop_back();
        continue;
      }
      out.last = part;
      out.path.push_back(test::folded(part));
      if (items.contains(out.path)) continue;
      if (i + 1 == parts.size()) return out;
      return {Status::NotFound, {}, u"", false, false};
    }
    out.exists = true;
    if (out.slash && !items.at(out.path)->is_directory()) return {Status::NotFound, {}, u"", false, false};
    return out;
  }
  bool has_children(const Path& path) const {
    return std::ranges::any_of(items, [&](auto& entry) { return entry.first.size() > path.size() && is_below(entry.first, path); });
  }
  static bool is_below(const Path& path, const Path& above) {
    return path.size() >= above.size() && std::equal(above.begin(), above.end(), path.begin());
  }
};

struct ModelFile {
  Identity item;
  bool writable;
  uint64_t position = 0;
  bool position_known = true;  // of a directory: until it changes
};

// ---- both of them side by side

class Session {
 public:
  Session() { open_root(); }
  ~Session() {
    while (!files_.empty()) close(0);
    volume_.reset();
    EXPECT(heap_.live == 0);
    EXPECT(!kinds_.is_mounted);
  }

  void run(const uint8_t* data, size_t size) {
    data_ = data, left_ = size;
    while (left_ > 0) step();
    compare_trees();
  }

 private:
  struct Pair {
    efi::FileProtocol* real;
    ModelFile model;
  };

  uint8_t byte() {
    if (left_ == 0) return 0;
    --left_;
    return *data_++;
  }
  // A few letters, so that names meet; sometimes a long one.
  Text path() {
    static constexpr std::u16string_view kPieces[] = {u"a", u"b", u"A", u"B", u"\\", u"\\", u".", u"..", u"c.txt", u"*",
                                                     u"\\..", u"long name"};
    Text out;
    for (uint8_t count = byte() % 8; count > 0; --count) {
      uint8_t which = byte();
      if (which < 0xF8) out += kPieces[which % std::size(kPieces)];
      else out += Text(which == 0xFF ? 3000 : which == 0xFE ? 255 : 256, which & 1 ? u'\\' : u'x');
    }
    return out;
  }
  void agree(efi::EfiStatus real, Status model, const char* what) {
    if (real == efi::encode(model)) return;
    fprintf(stderr, "%s: real %llx, model %s\n", what, static_cast<unsigned long long>(real), status_name(model));
    __builtin_trap();
  }
  void open_root() {
    efi::FileProtocol* root = nullptr;
    agree(volume_->protocol()->open_volume(volume_->protocol(), &root), Status::Success, "open_volume");
    files_.push_back({root, {model_.items.at({}), true}});
  }
  void close(size_t which) {
    agree(files_[which].real->close(files_[which].real), Status::Success, "close");
    files_.erase(files_.begin() + static_cast<long>(which));
  }

  void step() {
    if (files_.empty()) open_root();
    const uint8_t what = byte();
    const size_t which = byte() % files_.size();
    Pair& pair = files_[which];
    switch (what % 12) {
      case 0: return files_.size() < 20 ? open_root() : close(which);
      case 1:
      case 2:
      case 3: return open(pair);
      case 4: return close(which);
      case 5: return remove(which);
      case 6: return read(pair);
      case 7: return write(pair);
      case 8: return position(pair);
      case 9: return rename(pair);
      case 10: return change(pair);
      case 11:
        if (byte() % 8 != 0) return flush(pair);
        disk_.is_read_only = model_.read_only = !model_.read_only;
        return;
    }
  }

  void open(const Pair& from) {
    static constexpr uint64_t kModes[] = {kRead, kRead, kWrite, kWrite, kCreate, kCreate, kCreate, kCreate, 0, 2, efi::kFileModeCreate, 4};
    const uint64_t mode = kModes[byte() % std::size(kModes)];
    uint64_t attributes = byte();
    if (attributes < 0xC0) attributes &= efi::kFileDirectory;
    Text name = path();
    efi::FileProtocol* opened = nullptr;
    const auto told = from.real->open(from.real, &opened, name.data(), mode, attributes);
    Identity item;
    const Status expected = model_open(from.model, name, mode, attributes, item);
    agree(told, expected, "open");
    if (expected != Status::Success) return;
    if (files_.size() >= 20) close(0);
    files_.push_back({opened, {item, mode != kRead}});
  }
  Status model_open(const ModelFile& from, const Text& name, uint64_t mode, uint64_t attributes, Identity& item) {
    if (mode != kRead && mode != kWrite && mode != kCreate) return Status::InvalidParameter;
    if (mode == kCreate && (attributes & ~efi::kFileValidAttributes)) return Status::InvalidParameter;
    if (!from.item->is_directory() && (name.empty() || name[0] != u'\\')) return Status::InvalidParameter;
    if (mode != kRead && model_.read_only) return Status::WriteProtected;
    auto start = model_.where(from.item);
    if (!start) {
      // A directory that was deleted: only the root can still be reached from it, by its name.
      if (name.empty() || name[0] != u'\\') return dead_directory(name, mode);
      start = Path{};
    }
    auto target = model_.resolve(*start, name);
    if (target.status != Status::Success)
      return target.status == Status::InvalidParameter && mode != kCreate ? Status::NotFound : target.status;
    if (!target.exists) {
      if (mode != kCreate) return Status::NotFound;
      if (target.slash && !(attributes & efi::kFileDirectory)) return Status::InvalidParameter;
      if (target.last.find(u'*') != Text::npos) return Status::InvalidParameter;
      item = std::make_shared<Item>(Item{target.last, attributes, ""});
      model_.items[target.path] = item;
      return Status::Success;
    }
    item = model_.items.at(target.path);
    if (mode != kRead && !item->is_directory() && (item->attributes & efi::kFileReadOnly)) return Status::AccessDenied;
    return Status::Success;
  }
  // The first component that needs the directory finds it gone; a name that is none is told first.
  Status dead_directory(const Text& name, uint64_t mode) {
    for (size_t at = 0; at <= name.size();) {
      size_t end = std::min(name.find(u'\\', at), name.size());
      Text part = name.substr(at, end - at);
      at = end + 1;
      if (part.empty() || part == u".") continue;
      const bool too_long = (part != u".." && part.size() > kMaxFileName);
      return too_long ? (mode == kCreate ? Status::InvalidParameter : Status::NotFound) : Status::DeviceError;
    }
    return Status::DeviceError;
  }

  void remove(size_t which) {
    Pair pair = files_[which];
    const auto told = pair.real->remove(pair.real);
    files_.erase(files_.begin() + static_cast<long>(which));
    auto place = model_.where(pair.model.item);
    const bool can = pair.model.writable && !model_.read_only && place && !place->empty() && !model_.has_children(*place) &&
                     !(pair.model.item->attributes & efi::kFileReadOnly);
    agree(told, can ? Status::Success : Status::WarnDeleteFailure, "remove");
    if (can) model_.items.erase(*place);
  }

  void read(Pair& pair) {
    ModelFile& file = pair.model;
    const bool alive = model_.where(file.item).has_value();
    if (file.item->is_directory()) return read_directory(pair, alive);
    efi::Uintn size = byte() * 5u;
    const size_t asked = size;
    std::string out(size, '?');
    const auto told = pair.real->read(pair.real, &size, out.data());
    if (!alive) return agree(told, Status::DeviceError, "read");
    const std::string& bytes = file.item->bytes;
    if (file.position > bytes.size()) return agree(told, Status::DeviceError, "read");
    agree(told, Status::Success, "read");
    const std::string expected = bytes.substr(file.position, asked);
    EXPECT(size == expected.size() && out.substr(0, size) == expected);
    file.position += size;
  }
  // From the beginning: every entry once.
  void read_directory(Pair& pair, bool alive) {
    const auto reset = pair.real->set_position(pair.real, 0);
    agree(reset, alive ? Status::Success : Status::DeviceError, "set_position");
    std::vector<std::pair<Text, uint64_t>> seen, expected;
    std::array<char16_t, 400> room;
    for (;;) {
      efi::Uintn size = byte() % 3 == 0 ? 81 : sizeof room;
      const bool small = size == 81;
      auto told = pair.real->read(pair.real, &size, room.data());
      if (!alive) return agree(told, Status::DeviceError, "read");
      if (small && told == efi::encode(Status::BufferTooSmall)) {
        EXPECT(size > 81 && size <= sizeof room);
        told = pair.real->read(pair.real, &size, room.data());
      }
      agree(told, Status::Success, "read");
      if (size == 0) break;
      efi::FileInfo info;
      memcpy(&info, room.data(), sizeof info);
      EXPECT(info.size == size);
      seen.emplace_back(room.data() + 40, info.file_size);
    }
    const Path above = *model_.where(pair.model.item);
    for (auto& [path, item] : model_.items)
      if (path.size() == above.size() + 1 && Model::is_below(path, above)) expected.emplace_back(item->name, item->bytes.size());
    std::ranges::sort(seen);
    std::ranges::sort(expected);
    EXPECT(seen == expected);
  }

  void write(Pair& pair) {
    ModelFile& file = pair.model;
    const std::string text(byte() * (byte() % 16 == 0 ? 1000u : 3u), static_cast<char>('a' + byte() % 26));
    efi::Uintn size = text.size();
    const auto told = pair.real->write(pair.real, &size, const_cast<char*>(text.data()));
    if (file.item->is_directory()) return agree(told, Status::Unsupported, "write");
    if (!file.writable) return agree(told, Status::AccessDenied, "write");
    if (model_.read_only) return agree(told, Status::WriteProtected, "write");
    const bool overflows = file.position > UINT64_MAX - text.size();
    if (!text.empty() && overflows) return agree(told, Status::VolumeFull, "write");
    if (!model_.where(file.item)) return agree(told, Status::DeviceError, "write");
    if (text.empty()) return agree(told, Status::Success, "write");
    const uint64_t limit = model_.room_for(*file.item);
    const uint64_t fits = file.position >= limit ? 0 : std::min<uint64_t>(text.size(), limit - file.position);
    agree(told, fits == text.size() ? Status::Success : Status::VolumeFull, "write");
    if (fits == 0) return;
    EXPECT(size == fits);
    std::string& bytes = file.item->bytes;
    if (bytes.size() < file.position + fits) bytes.resize(file.position + fits);
    bytes.replace(file.position, fits, text, 0, fits);
    file.position += fits;
  }

  void position(Pair& pair) {
    ModelFile& file = pair.model;
    const bool alive = model_.where(file.item).has_value();
    uint64_t at = 0;
    const auto told = pair.real->get_position(pair.real, &at);
    if (file.item->is_directory()) agree(told, Status::Unsupported, "get_position");
    else agree(told, alive ? Status::Success : Status::DeviceError, "get_position");
    if (alive && !file.item->is_directory()) EXPECT(at == file.position);
    const uint8_t kind = byte();
    const uint64_t to = kind >= 0xF0 ? UINT64_MAX - kind % 3 : kind * 37u;
    const auto set = pair.real->set_position(pair.real, to);
    if (!alive) return agree(set, Status::DeviceError, "set_position");
    if (file.item->is_directory()) return agree(set, to == 0 ? Status::Success : Status::Unsupported, "set_position");
    agree(set, Status::Success, "set_position");
    file.position = to == UINT64_MAX ? file.item->bytes.size() : to;
  }

  efi::EfiStatus get(efi::FileProtocol* file, efi::FileInfo& info, Text& name) {
    std::array<char16_t, 400> room{};
    efi::Uintn size = sizeof room;
    efi::Guid type = efi::FileInfo::kGuid;
    const auto told = file->get_info(file, &type, &size, room.data());
    memcpy(&info, room.data(), sizeof info);
    name = room.data() + 40;
    return told;
  }
  efi::EfiStatus set(efi::FileProtocol* file, const efi::FileInfo& info, const Text& name) {
    std::vector<char16_t> room(40 + name.size() + 1);
    memcpy(room.data(), &info, sizeof info);
    memcpy(room.data() + 40, name.data(), name.size() * 2);
    efi::Guid type = efi::FileInfo::kGuid;
    return file->set_info(file, &type, room.size() * 2, room.data());
  }

  void rename(Pair& pair) {
    ModelFile& file = pair.model;
    const Text wanted = path();
    efi::FileInfo info;
    Text name;
    const auto place = model_.where(file.item);
    const auto got = get(pair.real, info, name);
    agree(got, place ? Status::Success : Status::DeviceError, "get_info");
    if (!place) info = {};
    const auto told = set(pair.real, info, wanted);
    if (!place) return agree(told, Status::DeviceError, "set_info");
    EXPECT(name == file.item->name && info.file_size == file.item->bytes.size() && info.attribute == file.item->attributes);
    const Status expected = model_rename(file, *place, wanted);
    agree(told, expected, "rename");
  }
  Status model_rename(const ModelFile& file, const Path& place, const Text& wanted) {
    Item& item = *file.item;
    if (model_.read_only) return Status::WriteProtected;
    if (wanted == item.name) return Status::Success;
    if (!file.writable) return Status::AccessDenied;
    if (place.empty()) return Status::AccessDenied;
    const Path parent(place.begin(), place.end() - 1);
    auto target = model_.resolve(parent, wanted);
    if (target.status != Status::Success) return target.status;
    if (target.exists) {
      Path own = parent;
      own.push_back(test::folded(target.last));
      if (target.path != place || own != place) return Status::AccessDenied;
    }
    if (target.slash && !item.is_directory()) return Status::InvalidParameter;
    if (item.is_directory() && !target.exists && Model::is_below(target.path, place)) return Status::AccessDenied;
    std::map<Path, Identity> moved;
    for (auto& [path, known] : model_.items) {
      Path to = path;
      if (Model::is_below(path, place)) {
        to = target.path;
        to.insert(to.end(), path.begin() + static_cast<long>(place.size()), path.end());
      }
      moved[to] = known;
    }
    model_.items = moved;
    item.name = target.last;
    return Status::Success;
  }

  void change(Pair& pair) {
    ModelFile& file = pair.model;
    efi::FileInfo info;
    Text name;
    const auto place = model_.where(file.item);
    (void)get(pair.real, info, name);
    if (!place) info = {};
    const uint8_t which = byte();
    if (which & 1) info.file_size = byte() * 999u * (byte() % 16 == 0 ? 999u : 1u);
    if (which & 2) info.attribute = byte() & (byte() % 4 == 0 ? 0xFF : (efi::kFileValidAttributes & ~efi::kFileDirectory));
    const auto told = set(pair.real, info, name);
    if (!place) return agree(told, Status::DeviceError, "set_info");
    agree(told, model_change(file, info), "set_info");
  }
  Status model_change(const ModelFile& file, const efi::FileInfo& info) {
    Item& item = *file.item;
    const bool resizes = info.file_size != item.bytes.size();
    if (model_.read_only) return Status::WriteProtected;
    if ((info.attribute ^ item.attributes) & efi::kFileDirectory) return Status::AccessDenied;
    if (resizes && (item.is_directory() || !file.writable)) return Status::AccessDenied;
    if (info.attribute & ~efi::kFileValidAttributes) return Status::InvalidParameter;
    if (resizes && info.file_size > model_.room_for(item)) return Status::VolumeFull;
    if (resizes) item.bytes.resize(info.file_size);
    item.attributes = info.attribute;
    return Status::Success;
  }

  void flush(Pair& pair) {
    const auto told = pair.real->flush(pair.real);
    Status expected = Status::Success;
    if (!pair.model.writable) expected = Status::AccessDenied;
    else if (model_.read_only) expected = Status::WriteProtected;
    else if (!model_.where(pair.model.item)) expected = Status::DeviceError;
    agree(told, expected, "flush");
  }

  // Everything that the model has is there, by its whole path.
  void compare_trees() {
    if (files_.size() >= 20) close(0);
    open_root();
    efi::FileProtocol* root = files_.back().real;
    for (auto& [path, item] : model_.items) {
      Text whole = u"\\";
      for (auto& part : path) whole += part + u"\\";
      if (!item->is_directory()) whole.pop_back();
      efi::FileProtocol* file = nullptr;
      agree(root->open(root, &file, whole.data(), kRead, 0), Status::Success, "compare");
      efi::FileInfo info;
      Text name;
      agree(get(file, info, name), Status::Success, "compare");
      EXPECT(name == item->name && info.file_size == item->bytes.size());
      file->close(file);
    }
  }

  test::FuzzHeap heap_;
  test::NoInterrupts interrupts_;
  test::NoClock clock_;
  EventQueue events_{heap_, interrupts_, clock_};
  test::FakeDisk disk_{16};
  test::FakeFileSystems kinds_;
  std::optional<Volume> volume_{std::in_place, events_, heap_, disk_, kinds_};
  Model model_;
  std::vector<Pair> files_;
  const uint8_t* data_ = nullptr;
  size_t left_ = 0;
};

}  // namespace
}  // namespace efilite::core

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 4096) return 0;
  efilite::core::Session session;
  session.run(data, size);
  return 0;
}
