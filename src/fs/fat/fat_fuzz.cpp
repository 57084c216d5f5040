// SPDX-License-Identifier: BSD-2-Clause-Patent
// FAT volumes. The first byte says which of three things follow:
// operations on a good volume beside a model; the same with a disk that fails after a while; or a volume whose structures are overwritten
// by the input, on which everything is tried: nothing may hang or go astray, whatever it answers.
#include <cstdint>

#include "tests/support/fat_session.hpp"
#include "tests/support/fuzz.hpp"

namespace {

using namespace efilite;
using test::FatDisk;

FatDisk shaped(test::ByteFeed& feed) {
  test::FatShape shape;
  const uint8_t kind = feed.byte();
  shape.type = kind % 3 == 0 ? 12 : kind % 3 == 1 ? 16 : 32;
  shape.clusters = shape.type == 12 ? 60 + kind : shape.type == 16 ? 4085 + kind : 60 + kind;
  shape.block_bytes = kind & 0x40 ? 1024 : 512;
  shape.sector_bytes = kind & 0x60 ? 1024 : 512;
  shape.cluster_sectors = shape.type != 16 && kind & 0x10 ? 4 : 1;
  shape.root_slots = kind & 0x08 ? 64 : 32;
  shape.fats = kind & 0x80 ? 1 : 2;
  return test::make_fat(shape);
}

void operations(test::ByteFeed& feed) {
  FatDisk disk = shaped(feed);
  test::FatSession session(disk, feed);
  for (int steps = 0; !feed.empty() && steps < 400; ++steps) session.step();
  session.check();
}

// Everything that the volume offers, in a walk as wide as the disk is small.
class Walk {
 public:
  Walk(FatDisk& disk, test::ByteFeed& feed) : disk_(disk), feed_(feed) {}

  void run() {
    auto mounted = fs::FatVolume::mount(disk_, heap_, clock_);
    if (mounted) {
      volume_ = *mounted;
      core::FileName name;
      (void)volume_->label(name);
      (void)volume_->facts();
      if (auto root = volume_->root()) {
        look_into(**root, 0);
        change(**root);
        (*root)->release();
      }
      (void)volume_->set_label(u"label");
      volume_->unmount();
    }
    EXPECT(heap_.live == 0);
  }

 private:
  void look_into(core::FileNode& dir, int depth) {
    uint64_t cursor = 0;
    core::FileName name;
    core::FileFacts facts;
    for (int entries = 0; entries < 30 && dir.next_entry(cursor, name, facts); ++entries) {
      if (name.view() == u"." || name.view() == u".." || ++visits_ > 60) continue;
      auto node = dir.find(name.view());
      if (!node) continue;
      if ((*node)->is_directory()) {
        if (depth < 5) look_into(**node, depth + 1);
      } else {
        std::byte some[700];
        for (uint64_t at : {uint64_t{0}, facts.size / 2, facts.size - 1, facts.size}) (void)(*node)->read(at, some);
      }
      if (feed_.number(3) == 0) change(**node);
      (*node)->release();
    }
  }
  void change(core::FileNode& node) {
    static constexpr std::byte kData[3000] = {};
    for (int i = 0; i < 3; ++i) {
      const uint32_t offset = feed_.number(70000);
      switch (feed_.number(8)) {
        case 0: (void)node.write(offset, kData); break;
        case 1: (void)node.resize(offset); break;
        case 2: (void)node.remove(); break;
        case 3: (void)node.set_attributes(offset); break;
        case 4: case 5: {
          auto made = node.create(offset % 2 ? u"a new file with a long name" : u"new", offset % 4 < 2 ? 0x10 : 0);
          if (made) (*made)->release();
          break;
        }
        default: {
          auto root = volume_->root();
          if (!root) break;
          (void)node.rename(**root, u"another long name");
          (*root)->release();
        }
      }
    }
  }

  FatDisk& disk_;
  test::ByteFeed& feed_;
  test::FuzzHeap heap_;
  test::FatClock clock_;
  fs::FatVolume* volume_ = nullptr;
  int visits_ = 0;
};


// A small tree first, then pieces of the input over the places where structures lie.
void hostile(test::ByteFeed& feed, bool failing) {
  FatDisk disk = shaped(feed);
  test::HostHeap heap;
  test::FatClock clock;
  auto* volume = *fs::FatVolume::mount(disk, heap, clock);
  auto* root = *volume->root();
  static constexpr std::byte kData[2500] = {};
  for (const char16_t* name : {u"one", u"a long name for two", u"three.txt"}) {
    auto* dir = *root->create(std::u16string(name) + u".d", 0x10);
    auto* file = *dir->create(name, 0);
    (void)file->write(0, kData);
    file->release();
    dir->release();
  }
  root->release();
  volume->unmount();
  const uint32_t pieces = failing ? 0 : feed.number(12);
  for (uint32_t piece = 0; piece < pieces; ++piece) {
    const uint8_t where = feed.byte();
    const auto sector = static_cast<uint64_t>(peek<uint16_t>(disk, 11) | 1);
    uint64_t at = disk.bytes.size() / 2 + where * 32;
    if (where < 130) at = where < 60 ? 11 + where : peek<uint16_t>(disk, 14) * sector + where % 64;
    if (where >= 180) at = feed.number(65535);
    for (uint32_t count = feed.number(8) + 1; count-- != 0; ++at) {
      if (at < disk.bytes.size()) disk.bytes[at] = static_cast<std::byte>(feed.byte());
    }
  }
  if (failing) disk.fail_after = feed.number(200);
  if (feed.number(16) == 0) disk.bytes.resize(disk.bytes.size() / 2 / disk.block * disk.block);
  Walk(disk, feed).run();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  test::SpanFeed feed(data + 1, std::min<size_t>(size - 1, 4000));
  if (data[0] % 4 < 2) operations(feed);
  else hostile(feed, data[0] % 4 == 3);
  return 0;
}
