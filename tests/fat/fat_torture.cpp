// SPDX-License-Identifier: BSD-2-Clause-Patent
// fat_torture MODE [--seed N] [--seconds N]: random operations on FAT volumes, and then
//   cuts    the power goes after every single block that was written: no file but the one that was being written is hurt, and nothing is
//           worse than docs/adr/0005 says, by a reader of our own that knows each file's contents
//   fsck    the same for some of the cuts, by fsck.fat: it finds only what is allowed, and after its repair all other files are whole
//   mtools  what the engine wrote is read by mtools and found in order by fsck.fat, and what mtools wrote is read by the engine
// A seed gives the same work in the same order every time; the seconds say when to stop.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "tests/support/fat_session.hpp"

namespace {

using namespace efilite;
using test::FatDisk;
using test::FatFault;
using test::FatReading;
using test::FatSession;
namespace stdfs = std::filesystem;

class RandomFeed final : public test::ByteFeed {
 public:
  explicit RandomFeed(uint64_t seed) : random_(seed) {}
  bool empty() const override { return false; }
  uint8_t byte() override { return static_cast<uint8_t>(random_() >> 11); }

 private:
  std::mt19937_64 random_;
};

[[noreturn]] void fail(const std::string& why) {
  printf("FAILED: %s\n", why.c_str());
  exit(1);
}

std::string to_utf8(std::u16string_view in) {
  std::string out;
  for (char16_t c : in) {
    if (c < 0x80) {
      out += static_cast<char>(c);
    } else if (c < 0x800) {
      out += static_cast<char>(0xC0 | c >> 6);
      out += static_cast<char>(0x80 | (c & 0x3F));
    } else {
      out += static_cast<char>(0xE0 | c >> 12);
      out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
      out += static_cast<char>(0x80 | (c & 0x3F));
    }
  }
  return out;
}

struct Outcome {
  int status;
  std::string output;
};
Outcome run(const std::string& command) {
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) fail("cannot run " + command);
  std::string output;
  char buffer[4096];
  for (size_t n; (n = fread(buffer, 1, sizeof(buffer), pipe)) != 0;) output.append(buffer, n);
  return {WEXITSTATUS(pclose(pipe)), output};
}

class Scratch {
 public:
  Scratch() {
    std::string name = (stdfs::temp_directory_path() / "fat_torture.XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) fail("no scratch folder");
    path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    stdfs::remove_all(path_, ignored);
  }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

void save(const FatDisk& disk, const std::string& path) {
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(disk.bytes.data()), static_cast<std::streamsize>(disk.bytes.size()));
  if (!out) fail("cannot write " + path);
}
void load(FatDisk& disk, const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  in.read(reinterpret_cast<char*>(disk.bytes.data()), static_cast<std::streamsize>(disk.bytes.size()));
  if (!in) fail("cannot read " + path);
}

test::FatShape shape_of(uint64_t seed) {
  test::FatShape shape;
  shape.type = seed % 3 == 0 ? 12 : seed % 3 == 1 ? 32 : 16;
  shape.clusters = shape.type == 16 ? 4100 : shape.type == 32 ? 300 : 120 + seed % 7 * 90;
  shape.cluster_sectors = seed / 3 % 2 == 0 ? 1 : 4;
  shape.block_bytes = shape.sector_bytes = seed / 6 % 4 == 3 ? 4096 : 512;
  shape.root_slots = 256;
  return shape;
}

bool touches(const FatSession::Touched& touched, const std::u16string& path) {
  for (const auto& t : touched.paths) {
    if (path == t || (touched.is_directory && path.starts_with(t + u"/"))) return true;
  }
  return false;
}

struct Counts {
  size_t cuts = 0, lost = 0, behind = 0, beyond = 0, shared = 0, shared_files = 0, orphans = 0, copies = 0, dotdot = 0;
};

// What may be wrong after a cut [docs/adr/0005].
void judge(const FatReading& reading, const FatSession::Touched& touched, Counts& counts) {
  for (const auto& f : reading.findings) {
    const bool ours = touches(touched, f.path);
    bool allowed = false;
    switch (f.fault) {
      case FatFault::FatsDiffer: ++counts.copies; allowed = true; break;
      case FatFault::Lost: ++counts.lost; allowed = true; break;
      case FatFault::BehindEnd: ++counts.behind; allowed = ours; break;
      case FatFault::Beyond: ++counts.beyond; allowed = ours && touched.renamed && !touched.is_directory; break;
      case FatFault::Shared: ++(touched.is_directory ? counts.shared : counts.shared_files); allowed = ours && touched.renamed; break;
      case FatFault::DotDot: ++counts.dotdot; allowed = ours && touched.renamed && touched.is_directory; break;
      case FatFault::Orphan: ++counts.orphans; allowed = touched.longest_name > 195; break;
      default: break;
    }
    if (!allowed) fail("a cut leaves fault " + std::to_string(static_cast<int>(f.fault)) + " at " + to_utf8(f.path));
  }
}

void expect_whole(const FatReading& reading, const FatSession& session, const FatSession::Touched& touched, const char* when) {
  for (const auto& file : session.all()) {
    const auto path = file->path();
    if (touches(touched, path)) continue;
    auto found = reading.files.find(path);
    if (found == reading.files.end()) fail(std::string(when) + " there is no " + to_utf8(path));
    if (found->second.bytes != file->bytes) fail(std::string(when) + " the contents are hurt of " + to_utf8(path));
    const bool same = ((found->second.attributes ^ file->attributes) & 0x27) == 0;
    if (!same) fail(std::string(when) + " the attributes are hurt of " + to_utf8(path));
  }
}

// With everything in it, if it is a directory.
bool is_whole(const FatReading& reading, const test::ModelFile& file, const std::u16string& path) {
  auto found = reading.files.find(path);
  if (found == reading.files.end() || found->second.is_directory != file.is_directory || found->second.bytes != file.bytes) return false;
  for (const auto& child : file.children) {
    if (!is_whole(reading, *child, path + u"/" + child->name)) return false;
  }
  return true;
}

// What was being renamed is whole under one of the names.
void expect_one_whole(const FatReading& reading, const FatSession& session, const FatSession::Touched& touched) {
  if (!touched.renamed) return;
  for (const auto& file : session.all()) {
    if (std::ranges::find(touched.paths, file->path()) == touched.paths.end()) continue;
    for (const auto& path : touched.paths) {
      if (is_whole(reading, *file, path)) return;
    }
  }
  fail("a cut in a rename leaves nothing whole at " + to_utf8(touched.paths[0]) + " or " + to_utf8(touched.paths[1]));
}

// fsck.fat 4.2 takes three passes over a directory in two places: the first only takes the clusters from one of its entries, the second
// finds an entry without clusters and frees its short name alone, and the third removes the slots of the long name.
constexpr int kPassesForTwoPlaces = 3;

// What fsck.fat may say in its pass of that number. Its lines about what is found come with the paths on lines of their own.
bool fsck_may_say(const std::string& line, const FatSession::Touched& touched, int pass) {
  static const char* kAlways[] = {
      "fsck.fat ", "FATs differ but appear to be intact", "  Using first FAT", "Free cluster summary uninitialized", "  Auto-setting.",
      "Reclaimed ", "Leaving filesystem unchanged", "*** Filesystem was changed ***", "Writing changes",
      "Dirty bit is set. Fs was not properly unmounted", " Automatically removing dirty bit", "Warning: Filesystem is FAT32",
      "  but has only", "  This may lead to", "  Truncating file to", "/", " and", ""};
  for (const char* known : kAlways)
    if (*known == 0 ? line.empty() : line.starts_with(known)) return true;
  if (line.find(" files, ") != line.npos) return true;
  if (line.starts_with("  File size is")) return !touched.paths.empty() && (touched.renamed || line.find("length is >") != line.npos);
  if (line.find("share clusters") != line.npos || line.starts_with("  Truncating second")) return touched.renamed;
  auto says = [&](const char* text) { return line.find(text) != line.npos; };
  if (says("does not point to ..") || says("Invalid '..' entry")) return touched.renamed && touched.is_directory;
  if (says("Orphaned long file name") || says("  Auto-deleting")) return touched.longest_name > 195 || pass == 3;
  if (line.starts_with(" Start does point to root directory. Deleting dir.")) return pass == 2;
  if (says("boot sector and its backup") || says("mostly harmless") || says("label") || says("Label") || line.starts_with("  ") ||
      says("Auto")) {
    return touched.changed_label;
  }
  return false;
}

void fsck(const std::string& path, const char* flags, const FatSession::Touched& touched, int pass) {
  const Outcome out = run(std::string("fsck.fat ") + flags + " " + path);
  std::istringstream lines(out.output);
  for (std::string line; std::getline(lines, line);) {
    if (!fsck_may_say(line, touched, pass)) fail("fsck.fat says: " + line + "\n" + out.output);
  }
}

class Torture {
 public:
  Torture(uint64_t seed, int seconds) : seed_(seed), end_(std::chrono::steady_clock::now() + std::chrono::seconds(seconds)) {}

  bool time_left() const { return std::chrono::steady_clock::now() < end_; }

  void cuts(bool with_fsck) {
    for (uint64_t round = 0; time_left(); ++round) cut_round(seed_ * 1000 + round, with_fsck);
    printf("%zu cuts: %zu times lost clusters, %zu clusters behind an end, %zu sizes beyond a chain, %zu FAT copies, %zu \"..\", "
           "%zu directories and %zu files in two places, %zu slots\n",
           counts_.cuts, counts_.lost, counts_.behind, counts_.beyond, counts_.copies, counts_.dotdot,
           counts_.shared, counts_.shared_files, counts_.orphans);
  }

  void mtools() {
    size_t rounds = 0;
    for (; time_left(); ++rounds) {
      written_by_us(seed_ * 1000 + rounds);
      written_by_mtools(seed_ * 1000 + rounds);
    }
    printf("%zu volumes each way\n", rounds);
  }

 private:
  void cut_round(uint64_t seed, bool with_fsck) {
    RandomFeed feed(seed), choice(seed + 1);
    FatDisk disk = test::make_fat(shape_of(seed));
    disk.record = true;
    FatSession session(disk, feed);
    FatDisk cut = disk;  // follows block by block
    for (int step = 0; step < 150 && time_left(); ++step) {
      disk.history.clear();
      session.step();
      for (const auto& written : disk.history) {
        memcpy(cut.bytes.data() + written.block * cut.block, written.after.data(), cut.block);
        // The few cuts in which a directory may be in two places are all for fsck.fat: they are the hardest for it.
        const bool moves_directory = session.touched().renamed && session.touched().is_directory;
        if (!with_fsck || moves_directory || choice.number(disk.history.size() > 10 ? 40 : 8) == 0) look_at(cut, session, with_fsck);
      }
    }
    disk.record = false;
    session.check();
  }

  void look_at(const FatDisk& cut, const FatSession& session, bool with_fsck) {
    const auto& touched = session.touched();
    ++counts_.cuts;
    const FatReading reading = test::read_fat(cut);
    judge(reading, touched, counts_);
    expect_whole(reading, session, touched, "after a cut");
    expect_one_whole(reading, session, touched);
    if (!with_fsck) return;
    const std::string path = scratch_.file("cut.img");
    save(cut, path);
    fsck(path, "-n", touched, 1);
    const bool in_two_places = touched.is_directory && reading.has(FatFault::Shared);
    for (int pass = 1; pass <= (in_two_places ? kPassesForTwoPlaces : 1); ++pass) fsck(path, "-a", touched, pass);
    FatDisk repaired = cut;
    load(repaired, path);
    const FatReading after = test::read_fat(repaired);
    for (const auto& f : after.findings) {
      if (f.fault == FatFault::FatsDiffer) continue;
      fail("fsck.fat leaves fault " + std::to_string(static_cast<int>(f.fault)) + " at " + to_utf8(f.path));
    }
    expect_whole(after, session, touched, "after a cut and fsck.fat");
    expect_one_whole(after, session, touched);
  }

  void written_by_us(uint64_t seed) {
    RandomFeed feed(seed);
    test::FatShape shape = shape_of(seed);
    if (shape.type == 32) shape.clusters = 65600;  // mtools tells FAT32 by it
    FatDisk disk = test::make_fat(shape);
    FatSession session(disk, feed);
    for (int step = 0; step < 150; ++step) session.step();
    session.check();
    const std::string path = scratch_.file("ours.img"), out = scratch_.file("out");
    save(disk, path);
    const Outcome checked = run("fsck.fat -n " + path);
    if (checked.status != 0) fail("fsck.fat does not like seed " + std::to_string(seed) + ":\n" + checked.output);
    stdfs::remove_all(out);
    stdfs::create_directory(out);
    const Outcome copied = run("LC_ALL=C.UTF-8 mcopy -s -n -i " + path + " ::/ " + out);
    size_t files = 0;
    const auto all = session.all();
    for (const auto& entry : stdfs::recursive_directory_iterator(out)) files += entry.path() != out ? 1 : 0;
    for (const auto& file : all) {
      const stdfs::path there = out + to_utf8(file->path());
      if (!stdfs::exists(there)) fail("mtools finds no " + there.string() + ", seed " + std::to_string(seed) + "\n" + copied.output);
      if (file->is_directory) continue;
      std::ifstream in(there, std::ios::binary);
      const std::string bytes((std::istreambuf_iterator<char>(in)), {});
      if (bytes != file->bytes) fail("mtools reads other bytes in " + there.string() + ", seed " + std::to_string(seed));
    }
    if (files != all.size()) fail("mtools finds " + std::to_string(files) + " files instead of " + std::to_string(all.size()));
  }

  void written_by_mtools(uint64_t seed) {
    std::mt19937_64 random(seed);
    const std::string path = scratch_.file("theirs.img"), in = scratch_.file("in");
    const int type = seed % 3 == 0 ? 12 : seed % 3 == 1 ? 16 : 32;
    const int size = type == 12 ? 2000 : type == 16 ? 12000 : 40000;
    stdfs::remove(path);
    const std::string kind = std::to_string(type) + (type == 32 ? " -s 1 " : " ");
    const Outcome made = run("mkfs.fat -C -n 'A LABEL' -F " + kind + path + " " + std::to_string(size));
    if (made.status != 0) fail("mkfs.fat: " + made.output);
    stdfs::remove_all(in);
    stdfs::create_directories(in + "/EFI/BOOT");
    static const char* kNames[] = {"plain", "UPPER.TXT", "lower.txt", "Mixed Case.Text", "a rather long name for a file.conf",
                                   "EFI/BOOT/BOOTX64.EFI", "EFI/BOOT/grub.cfg", "EFI/many.dots.in.a.name", "umlaut ä.txt", "snow ☃ man"};
    std::map<std::string, std::string> files;
    for (const char* name : kNames) {
      std::string bytes(random() % 30000, '\0');
      for (auto& c : bytes) c = static_cast<char>(random());
      files[name] = bytes;
      std::ofstream(in + "/" + name, std::ios::binary) << bytes;
    }
    const Outcome copied = run("LC_ALL=C.UTF-8 mcopy -s -i " + path + " " + in + "/* ::/");
    if (copied.status != 0) fail("mcopy: " + copied.output);

    FatDisk disk(static_cast<uint64_t>(size) * 1024);
    load(disk, path);
    test::HostHeap heap;
    test::FatClock clock;
    auto volume = fs::FatVolume::mount(disk, heap, clock);
    if (!volume) fail("a volume of mkfs.fat is not mounted");
    core::FileName label;
    if (!(*volume)->label(label) || label.view() != u"A LABEL") fail("the label of mkfs.fat is " + to_utf8(label.view()));
    for (const auto& [name, bytes] : files) {
      if (read_file(**volume, name) != bytes) fail("the engine reads other bytes in " + name + ", which mtools wrote");
    }
    // Write over, remove and add, and hand it back.
    auto* root = *(*volume)->root();
    for (const auto& [name, bytes] : files) {
      if (name.find('/') != name.npos || random() % 2 != 0) continue;
      auto* node = *root->find(from_utf8(name));
      if (!node->remove()) fail("the engine cannot remove " + name);
      node->release();
    }
    auto* node = *root->create(u"made by the engine", 0);
    if (!node->resize(70000)) fail("the engine cannot make a file");
    node->release();
    root->release();
    (*volume)->unmount();
    save(disk, path);
    const Outcome checked = run("fsck.fat -n " + path);
    if (checked.status != 0) fail("fsck.fat does not like a volume of both, seed " + std::to_string(seed) + ":\n" + checked.output);
  }

  static std::u16string from_utf8(const std::string& in) {
    std::u16string out;
    for (size_t i = 0; i < in.size();) {
      const auto c = static_cast<uint8_t>(in[i]);
      const int more = c < 0x80 ? 0 : c < 0xE0 ? 1 : 2;
      char16_t v = static_cast<char16_t>(more == 0 ? c : more == 1 ? c & 0x1F : c & 0xF);
      for (int k = 1; k <= more; ++k) v = static_cast<char16_t>(v << 6 | (in[i + k] & 0x3F));
      out += v;
      i += more + 1;
    }
    return out;
  }

  static std::string read_file(fs::FatVolume& volume, std::string path) {
    core::FileNode* at = *volume.root();
    for (std::istringstream parts(path); std::getline(parts, path, '/');) {
      auto next = at->find(from_utf8(path));
      at->release();
      if (!next) fail("the engine does not find " + path);
      at = *next;
    }
    std::string bytes(at->facts()->size, '\0');
    if (at->read(0, std::as_writable_bytes(std::span(bytes))).value_or(0) != bytes.size()) fail("the engine reads too little");
    at->release();
    return bytes;
  }

  uint64_t seed_;
  std::chrono::steady_clock::time_point end_;
  Scratch scratch_;
  Counts counts_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  uint64_t seed = 1;
  int seconds = 10;
  for (int i = 2; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], "--seed") == 0) seed = strtoull(argv[i + 1], nullptr, 0);
    else if (strcmp(argv[i], "--seconds") == 0) seconds = atoi(argv[i + 1]);
  }
  Torture torture(seed, seconds);
  if (mode == "cuts") torture.cuts(false);
  else if (mode == "fsck") torture.cuts(true);
  else if (mode == "mtools") torture.mtools();
  else return fprintf(stderr, "fat_torture cuts|fsck|mtools [--seed N] [--seconds N]\n"), 2;
  return 0;
}
