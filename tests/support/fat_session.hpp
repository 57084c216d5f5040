// SPDX-License-Identifier: BSD-2-Clause-Patent
// A random sequence of operations on a FAT volume beside a model that keeps files in maps. The bytes that choose come from a fuzzer or from
// a generator of random numbers.
#pragma once

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/letter_case.hpp"
#include "fs/fat/fat_volume.hpp"
#include "tests/support/fat_check.hpp"
#include "tests/support/memory.hpp"

namespace efilite::test {

inline void insist(bool holds, const char* what, int line) {
  if (holds) return;
  fprintf(stderr, "line %d: %s does not hold\n", line, what);
  abort();
}
#define INSIST(condition) ::efilite::test::insist(static_cast<bool>(condition), #condition, __LINE__)

class ByteFeed {
 public:
  virtual ~ByteFeed() = default;
  virtual bool empty() const = 0;
  virtual uint8_t byte() = 0;
  uint32_t number(uint32_t below) {
    uint32_t v = byte();
    if (below > 256) v |= static_cast<uint32_t>(byte()) << 8;
    if (below > 65536) v |= static_cast<uint32_t>(byte()) << 16;
    return v % below;
  }
};

class SpanFeed final : public ByteFeed {
 public:
  SpanFeed(const uint8_t* data, size_t size) : data_(data), left_(size) {}
  bool empty() const override { return left_ == 0; }
  uint8_t byte() override { return left_ == 0 ? 0 : (--left_, *data_++); }

 private:
  const uint8_t* data_;
  size_t left_;
};

struct ModelFile {
  std::u16string name;
  bool is_directory = false;
  uint64_t attributes = 0;
  std::string bytes;
  ModelFile* up = nullptr;
  std::vector<std::shared_ptr<ModelFile>> children;
  bool removed = false;

  std::u16string path() const { return up == nullptr ? u"" : up->path() + u"/" + name; }
  std::shared_ptr<ModelFile> child(std::u16string_view wanted) const {
    for (const auto& c : children)
      if (same_letters(c->name, wanted)) return c;
    return nullptr;
  }
};

class FatSession {
 public:
  // What the last step may have had in its hands when the power went.
  struct Touched {
    std::vector<std::u16string> paths;
    bool renamed = false;
    bool is_directory = false;
    bool changed_label = false;
    size_t longest_name = 0;
  };

  FatSession(FatDisk& disk, ByteFeed& feed) : disk_(disk), feed_(feed), root_(std::make_shared<ModelFile>()) {
    root_->is_directory = true;
    mount();
    cluster_ = volume_->facts()->block_size;
  }
  ~FatSession() {
    close_all();
    volume_->unmount();
    INSIST(heap_.live() == 0);
  }

  const Touched& touched() const { return touched_; }
  const std::vector<std::shared_ptr<ModelFile>> all() const {
    std::vector<std::shared_ptr<ModelFile>> out;
    collect(*root_, out);
    return out;
  }

  void step() {
    touched_ = {};
    switch (feed_.number(20)) {
      case 0: case 1: case 2: create(); break;
      case 3: case 4: open(); break;
      case 5: case 6: case 7: write(); break;
      case 8: case 9: read(); break;
      case 10: resize(); break;
      case 11: remove(); break;
      case 12: case 13: case 14: rename(); break;
      case 15: list(); break;
      case 16: attributes(); break;
      case 17: close_one(); break;
      case 18: label(); break;
      default:
        if (feed_.number(4) == 0) {
          close_all();
          volume_->unmount();
          mount();
        } else {
          INSIST(volume_->flush());
        }
    }
  }

  // The volume as a second reader sees it is what the model says, and in order.
  void check() {
    INSIST(volume_->flush());
    const FatReading reading = read_fat(disk_);
    for (const auto& f : reading.findings) {
      fprintf(stderr, "fault %d at %s\n", static_cast<int>(f.fault), narrow(f.path).c_str());
      INSIST(false);
    }
    const auto files = all();
    INSIST(files.size() == reading.files.size());
    for (const auto& file : files) {
      auto found = reading.files.find(file->path());
      if (found == reading.files.end()) fprintf(stderr, "missing: %s\n", narrow(file->path()).c_str());
      INSIST(found != reading.files.end());
      INSIST(found->second.is_directory == file->is_directory);
      INSIST(found->second.bytes == file->bytes);
      INSIST((found->second.attributes & 0x27) == file->attributes);
    }
  }

  static std::string narrow(std::u16string_view text) {
    std::string out;
    for (char16_t c : text) out += c < 0x80 ? static_cast<char>(c) : '?';
    return out;
  }

 private:
  struct Handle {
    core::FileNode* node;
    std::shared_ptr<ModelFile> file;
  };

  static void collect(const ModelFile& at, std::vector<std::shared_ptr<ModelFile>>& out) {
    for (const auto& c : at.children) {
      out.push_back(c);
      collect(*c, out);
    }
  }

  void mount() {
    auto mounted = fs::FatVolume::mount(disk_, heap_, clock_);
    INSIST(mounted);
    volume_ = *mounted;
    handles_.push_back({*volume_->root(), root_});
  }
  void close_all() {
    for (auto& h : handles_) h.node->release();
    handles_.clear();
  }
  Handle* handle(bool directory) {
    std::vector<Handle*> fitting;
    for (auto& h : handles_)
      if (h.file->is_directory == directory) fitting.push_back(&h);
    return fitting.empty() ? nullptr : fitting[feed_.number(static_cast<uint32_t>(fitting.size()))];
  }
  void touch(const ModelFile& file) {
    touched_.paths.push_back(file.path());
    touched_.is_directory = file.is_directory;
    touched_.longest_name = std::max(touched_.longest_name, file.name.size());
  }

  std::u16string any_name() {
    static const std::u16string kNames[] = {
        u"a", u"B", u"readme.txt", u"README.md", u"Mixed.Txt", u"two words", u"longer name than eight.text", u".hidden",
        u"many.dots.in.it.x",
        u"ünïcode ☃ name", u"EFI", u"bootx64.efi", u"x+y=[z];,", std::u16string(255, u'L'), std::u16string(200, u'M') + u".bin",
        std::u16string(195, u'n'),
        u"12345678.123", u"123456789.1234", u"trailing. . ", u"grubenv"};
    static const std::u16string kBad[] = {u"", u"...", u"a*b", u"a:b", std::u16string(256, u'z'), u"tab\tx", u"q?", u"back\\slash"};
    const uint32_t which = feed_.number(64);
    if (which < std::size(kBad)) return kBad[which];
    std::u16string name = kNames[which % std::size(kNames)];
    const uint32_t number = feed_.number(16);
    if (number >= 8 && name.size() < 250) name.insert(name.size() / 2, 1, static_cast<char16_t>('0' + number));
    if (number == 7)
      for (auto& c : name) c = to_upper(c);
    return name;
  }
  static std::u16string trim(std::u16string name) {
    while (!name.empty() && (name.back() == '.' || name.back() == ' ')) name.pop_back();
    return name;
  }
  static bool is_good(const std::u16string& name) {
    return !name.empty() && name.size() <= 255 && name.find_first_of(u"\t\"*/:<>?\\|") == name.npos;
  }
  std::string random_bytes(size_t size) {
    std::string out(size, '\0');
    uint32_t state = feed_.byte() + 1u;
    for (auto& c : out) c = static_cast<char>((state = state * 1103515245 + 12345) >> 16);
    return out;
  }
  bool is_root_of_fixed_size(const ModelFile& dir) const { return dir.up == nullptr && peek<uint16_t>(disk_, 22) != 0; }
  bool may_be_full(const ModelFile& dir) { return is_root_of_fixed_size(dir) || volume_->facts()->free < 4 * cluster_; }

  static void refused(Status status, bool full) {
    if (status != Status::VolumeFull || !full) fprintf(stderr, "status %d\n", static_cast<int>(status));
    INSIST(status == Status::VolumeFull && full);
  }

  void create() {
    Handle* dir = handle(true);
    if (dir == nullptr) return;
    const std::u16string name = any_name();
    const bool directory = feed_.number(4) == 0;
    const uint64_t attributes = directory ? 0x10 : feed_.number(2) * 0x20;
    const bool full = may_be_full(*dir->file);
    auto made = std::make_shared<ModelFile>();
    made->name = trim(name);
    made->is_directory = directory;
    made->attributes = attributes & 0x27;
    made->up = dir->file.get();
    if (!dir->file->removed) touch(*made);
    auto node = dir->node->create(name, attributes);
    if (dir->file->removed) return INSIST(node.status() == Status::DeviceError);
    if (!is_good(made->name)) return INSIST(node.status() == Status::InvalidParameter);
    if (dir->file->child(made->name)) return INSIST(node.status() == Status::AccessDenied);
    if (!node) return refused(node.status(), full);
    dir->file->children.push_back(made);
    handles_.push_back({*node, made});
  }

  void open() {
    Handle* dir = handle(true);
    if (dir == nullptr) return;
    std::u16string name = any_name();
    if (!dir->file->children.empty() && feed_.number(4) != 0) {
      name = dir->file->children[feed_.number(static_cast<uint32_t>(dir->file->children.size()))]->name;
      if (feed_.number(2) == 0)
        for (auto& c : name) c = to_lower(c);
    }
    auto node = dir->node->find(name);
    if (dir->file->removed) return INSIST(node.status() == Status::DeviceError);
    auto file = dir->file->child(trim(name));
    INSIST(node.status() == (file ? Status::Success : Status::NotFound));
    if (!node) return;
    for (const auto& h : handles_) INSIST((h.file == file) == (h.node == *node));
    handles_.push_back({*node, file});
    core::FileName told;
    INSIST((*node)->name(told) && told.view() == file->name);
    INSIST((*node)->is_directory() == file->is_directory);
    auto up = (*node)->parent();
    INSIST(up && *up != nullptr);
    (*up)->release();
  }

  void write() {
    Handle* h = handle(false);
    if (h == nullptr) return;
    if (!h->file->removed) touch(*h->file);
    const uint64_t size = h->file->bytes.size();
    const uint32_t kind = feed_.number(8);
    const uint64_t offset = kind < 4 ? size : kind < 6 ? feed_.number(static_cast<uint32_t>(size) + 1) : feed_.number(20000);
    const std::string in = random_bytes(kind % 2 == 0 ? feed_.number(100) : feed_.number(9000));
    const uint64_t free = volume_->facts()->free / cluster_;
    auto done = h->node->write(offset, std::as_bytes(std::span(in)));
    if (h->file->removed) return INSIST(done.status() == Status::DeviceError);
    const uint64_t have = (size + cluster_ - 1) / cluster_;
    const uint64_t room = (have + free) * cluster_;
    if (in.empty()) return INSIST(done && *done == 0);
    const uint64_t expected = offset >= room ? 0 : std::min<uint64_t>(in.size(), room - offset);
    if (expected == 0) return INSIST(done.status() == Status::VolumeFull);
    INSIST(done && *done == expected);
    if (h->file->bytes.size() < offset + expected) h->file->bytes.resize(offset + expected);
    h->file->bytes.replace(offset, expected, in, 0, expected);
    h->file->attributes |= 0x20;
  }

  void read() {
    Handle* h = handle(false);
    if (h == nullptr) return;
    const uint32_t offset = feed_.number(static_cast<uint32_t>(h->file->bytes.size()) + 100);
    std::string out(feed_.number(10000), '\0');
    auto done = h->node->read(offset, std::as_writable_bytes(std::span(out)));
    if (h->file->removed) return INSIST(done.status() == Status::DeviceError);
    const std::string expected = offset < h->file->bytes.size() ? h->file->bytes.substr(offset, out.size()) : "";
    INSIST(done && *done == expected.size());
    INSIST(out.substr(0, *done) == expected);
    auto facts = h->node->facts();
    INSIST(facts && facts->size == h->file->bytes.size() && (facts->attributes & 0x27) == h->file->attributes);
  }

  void resize() {
    Handle* h = handle(false);
    if (h == nullptr) return;
    if (!h->file->removed) touch(*h->file);
    const uint64_t size = feed_.number(3) == 0 ? 0 : feed_.number(20000);
    const uint64_t have = (h->file->bytes.size() + cluster_ - 1) / cluster_;
    const uint64_t room = have * cluster_ + volume_->facts()->free;
    auto done = h->node->resize(size);
    if (h->file->removed) return INSIST(done.status() == Status::DeviceError);
    INSIST(done.status() == (size <= room ? Status::Success : Status::VolumeFull));
    if (!done || size == h->file->bytes.size()) return;
    h->file->bytes.resize(size);
    h->file->attributes |= 0x20;
  }

  void remove() {
    Handle* h = handle(feed_.number(4) == 0);
    if (h == nullptr) return;
    if (!h->file->removed) touch(*h->file);
    auto done = h->node->remove();
    if (h->file->removed) return INSIST(done.status() == Status::DeviceError);
    const bool denied = h->file == root_ || !h->file->children.empty() || (h->file->attributes & 1) != 0;
    INSIST(done.status() == (denied ? Status::AccessDenied : Status::Success));
    if (denied) return;
    std::erase(h->file->up->children, h->file);
    h->file->removed = true;
  }

  void rename() {
    Handle* h = handle(feed_.number(3) == 0);
    Handle* to = handle(true);
    if (h == nullptr || to == nullptr) return;
    // Mostly within the directory.
    if (h->file != root_ && !h->file->removed && feed_.number(2) == 0) {
      for (auto& other : handles_)
        if (other.file.get() == h->file->up) to = &other;
    }
    const std::u16string name = any_name();
    ModelFile renamed = *h->file;
    renamed.name = trim(name);
    renamed.up = to->file.get();
    if (!h->file->removed && !to->file->removed && is_good(renamed.name)) {
      touch(*h->file);
      touch(renamed);
      touched_.renamed = true;
    }
    const bool full = may_be_full(*to->file);
    auto done = h->node->rename(*to->node, name);
    if (h->file->removed) return INSIST(done.status() == Status::DeviceError);
    if (h->file == root_) return INSIST(done.status() == Status::AccessDenied);
    if (to->file->removed) return INSIST(done.status() == Status::DeviceError);
    if (!is_good(renamed.name)) return INSIST(done.status() == Status::InvalidParameter);
    bool into_itself = false;
    for (ModelFile* up = to->file.get(); up != nullptr; up = up->up) into_itself |= up == h->file.get();
    auto other = to->file->child(renamed.name);
    if (into_itself || (other && other != h->file)) return INSIST(done.status() == Status::AccessDenied);
    if (!done) return refused(done.status(), full);
    auto file = h->file;
    std::erase(file->up->children, file);
    file->name = renamed.name;
    file->up = to->file.get();
    file->up->children.push_back(file);
  }

  void list() {
    Handle* dir = handle(true);
    if (dir == nullptr) return;
    std::vector<std::u16string> told, expected;
    uint64_t cursor = 0;
    core::FileName name;
    core::FileFacts facts;
    Status end;
    while ((end = dir->node->next_entry(cursor, name, facts).status()) == Status::Success) {
      if (name.view() == u"." || name.view() == u"..") continue;
      told.emplace_back(name.view());
      auto file = dir->file->child(name.view());
      INSIST(file && facts.size == file->bytes.size() && (facts.attributes & 0x10) == (file->is_directory ? 0x10 : 0));
    }
    INSIST(end == (dir->file->removed ? Status::DeviceError : Status::NotFound));
    for (const auto& c : dir->file->children) expected.push_back(c->name);
    std::ranges::sort(told);
    std::ranges::sort(expected);
    INSIST(told == expected || dir->file->removed);
  }

  void attributes() {
    Handle* h = handle(feed_.number(4) == 0);
    if (h == nullptr) return;
    if (!h->file->removed) touch(*h->file);
    const uint64_t read_only = feed_.number(8) == 0 ? 1 : 0;
    const uint64_t wanted = read_only | feed_.number(4) << 1 | feed_.number(2) << 5 | (h->file->is_directory ? 0x10 : 0);
    auto done = h->node->set_attributes(wanted);
    if (h->file->removed) return INSIST(done.status() == Status::DeviceError);
    if (h->file == root_) return INSIST(done.status() == Status::AccessDenied);
    INSIST(done);
    h->file->attributes = wanted & 0x27;
    INSIST(h->node->set_attributes(wanted ^ 0x10).status() == Status::AccessDenied);
  }

  void close_one() {
    if (handles_.size() < 2) return;
    const uint32_t which = feed_.number(static_cast<uint32_t>(handles_.size()));
    handles_[which].node->release();
    handles_.erase(handles_.begin() + which);
    if (handles_.size() > 40) close_one();
  }

  void label() {
    static const std::u16string kLabels[] = {u"", u"EFI", u"Eleven char", u"twelve chars", u"bad*"};
    const auto& wanted = kLabels[feed_.number(std::size(kLabels))];
    const bool full = may_be_full(*root_);
    touched_.changed_label = true;
    auto done = volume_->set_label(wanted);
    const bool bad = wanted.size() > 11 || wanted.ends_with(u"*");
    if (bad) return INSIST(done.status() == Status::InvalidParameter);
    if (!done) return refused(done.status(), full);
    core::FileName told;
    INSIST(volume_->label(told) && same_letters(told.view(), wanted));
  }

  FatDisk& disk_;
  ByteFeed& feed_;
  HostHeap heap_;
  FatClock clock_;
  fs::FatVolume* volume_ = nullptr;
  std::shared_ptr<ModelFile> root_;
  std::vector<Handle> handles_;
  uint64_t cluster_ = 0;
  Touched touched_;
};

}  // namespace efilite::test
