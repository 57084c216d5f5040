// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "cli/volume_walk.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "abi/uefi/file.hpp"
#include "cli/input_file.hpp"
#include "cli/inspect.hpp"
#include "cli/printable.hpp"

namespace efilite::cli {

namespace {

// A volume may be a maze.
constexpr size_t kDeepest = 12;  // directories below each other
constexpr size_t kMostEntries = 100'000;
constexpr size_t kMostFiles = 1000;
constexpr uint64_t kLongestEntry = 65536;

struct Releaser {
  void operator()(core::FileNode* node) const { node->release(); }
};
using Node = std::unique_ptr<core::FileNode, Releaser>;

class NodeSource final : public core::ByteSource {
 public:
  NodeSource(core::FileNode& node, uint64_t size) : node_(node), size_(size) {}
  uint64_t size() const override { return size_; }
  Result<> read(uint64_t offset, MutableByteSpan out) override {
    if (offset > size_ || out.size() > size_ - offset) return Status::EndOfFile;
    return TRY(node_.read(offset, out)) == out.size() ? Result<>() : Status::EndOfFile;
  }

 private:
  core::FileNode& node_;
  uint64_t size_;
};

bool may_be_kernel(const std::string& name) {
  constexpr const char* kPrefixes[] = {"vmlinu", "bzimage", "image", "linux", "xen"};
  const auto begins = [&](const char* prefix) { return name.starts_with(prefix); };
  return name.ends_with(".efi") || (name.find(".cfg") == std::string::npos && std::ranges::any_of(kPrefixes, begins));
}

bool is_loader_entry(const std::string& path) { return path.starts_with("\\loader\\entries\\") && path.ends_with(".conf"); }

class Walk {
 public:
  Walk(core::FileSystem& volume, formats::Wish wish, VolumeReport& report) : volume_(volume), wish_(wish), report_(report) {}

  void run() {
    auto root = volume_.root();
    if (!root) return trouble("\\", root.status());
    root_.reset(*root);
    look_into(*root_, "", 0);
    std::ranges::sort(report_.files, {}, &DiskFile::path);
    std::ranges::sort(report_.entries, {}, &LoaderEntry::path);
  }

 private:
  void trouble(const std::string& path, Status status) { report_.remarks.push_back(fmt::format("{}: {}", path, status_name(status))); }

  void look_into(core::FileNode& directory, const std::string& path, size_t depth) {
    uint64_t cursor = 0;
    for (;;) {
      core::FileName name;
      core::FileFacts facts;
      const auto next = directory.next_entry(cursor, name, facts);
      if (!next) {
        if (next.status() != Status::NotFound) trouble(path + "\\", next.status());
        return;
      }
      if (++entries_ > kMostEntries || report_.files.size() + report_.entries.size() >= kMostFiles) {
        if (!std::exchange(is_cut_, true)) report_.remarks.emplace_back("there are more files than are looked at");
        return;
      }
      if (name.view() == u"." || name.view() == u"..") continue;
      const bool is_directory = (facts.attributes & efi::kFileDirectory) != 0;
      const std::string full = path + '\\' + utf8(name.view());
      if (is_directory ? depth < kDeepest : is_wanted(full)) open(directory, name.view(), full, facts, depth);
    }
  }

  static bool is_wanted(const std::string& path) {
    const std::string small = lower(path);
    return is_loader_entry(small) || may_be_kernel(small.substr(small.rfind('\\') + 1));
  }

  void open(core::FileNode& directory, std::u16string_view name, const std::string& path, const core::FileFacts& facts, size_t depth) {
    auto found = directory.find(name);
    if (!found) return trouble(path, found.status());
    const Node node(*found);
    if (node->is_directory()) return look_into(*node, path, depth + 1);
    NodeSource source(*node, facts.size);
    if (is_loader_entry(lower(path))) return add_entry(source, path);
    auto report = inspect(source, path, wish_);
    DiskFile file{path, lower(path) == "\\efi\\boot\\bootx64.efi", std::nullopt, ""};
    if (report) file.report = *std::move(report);
    else file.error = report.error().text;
    report_.files.push_back(std::move(file));
  }

  bool has(std::string path) {
    std::ranges::replace(path, '/', '\\');
    core::FileNode* node = root_.get();
    Node held;
    for (size_t at = 0; at < path.size();) {
      const size_t end = std::min(path.find('\\', at), path.size());
      const std::string part = path.substr(at, end - at);
      at = end + 1;
      if (part.empty()) continue;
      auto next = node->find(std::u16string(part.begin(), part.end()));
      if (!next) return false;
      held.reset(*next);
      node = held.get();
      if (at < path.size() && !node->is_directory()) return false;
    }
    return true;
  }

  void add_entry(core::ByteSource& source, const std::string& path) {
    LoaderEntry entry{path, {}, {}};
    const auto text = read_all(source, kLongestEntry);
    if (!text) {
      report_.remarks.push_back(path + ": " + text.error().text);
      return;
    }
    for (std::string_view rest = *text; !rest.empty();) {
      std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      add_line(line, entry);
    }
    report_.entries.push_back(std::move(entry));
  }

  void add_line(std::string_view line, LoaderEntry& entry) {
    const auto trim = [&line] {
      while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
      while (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r')) line.remove_suffix(1);
    };
    trim();
    if (line.empty() || line.front() == '#') return;
    const std::string key(line.substr(0, line.find_first_of(" \t")));
    line.remove_prefix(key.size());
    trim();
    const std::string value(line);
    entry.lines.emplace_back(utf8(key), value);
    if ((key == "linux" || key == "initrd" || key == "efi" || key == "devicetree") && !has(value)) entry.missing.push_back(value);
  }

  core::FileSystem& volume_;
  formats::Wish wish_;
  VolumeReport& report_;
  Node root_;
  size_t entries_ = 0;
  bool is_cut_ = false;
};

}  // namespace

void walk_volume(core::FileSystem& volume, formats::Wish wish, VolumeReport& report) { Walk(volume, wish, report).run(); }

}  // namespace efilite::cli
