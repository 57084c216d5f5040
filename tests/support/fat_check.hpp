// SPDX-License-Identifier: BSD-2-Clause-Patent
// A second reading of a FAT volume, as plain as can be: the whole table and tree in memory, and everything that is not as it should be. It
// shares nothing with src/fs but the disk that it looks at.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/support/fat_image.hpp"

namespace efilite::test {

enum class FatFault : uint8_t {
  FatsDiffer,
  Lost,       // clusters of nobody
  BehindEnd,  // clusters behind the end of a file
  Beyond,     // a size beyond the chain
  Shared,     // a cluster of two
  Orphan,     // a slot of a long name without its entry
  DotDot,
  Name,
  Chain,
  Info,  // FSInfo's count
};

struct FatFinding {
  FatFault fault;
  std::u16string path;
};

struct FatFound {
  bool is_directory = false;
  uint8_t attributes = 0;
  std::string bytes;
};

struct FatReading {
  std::vector<FatFinding> findings;
  std::map<std::u16string, FatFound> files;  // by path, "/dir/file"
  uint32_t free = 0;
  uint32_t directory_clusters = 0;

  bool has(FatFault fault) const {
    for (const auto& f : findings)
      if (f.fault == fault) return true;
    return false;
  }
};

class FatChecker {
 public:
  explicit FatChecker(const FatDisk& disk) : disk_(disk) {
    sector_ = peek<uint16_t>(disk, 11);
    cluster_ = sector_ * peek<uint8_t>(disk, 13);
    const uint32_t reserved = peek<uint16_t>(disk, 14), fats = peek<uint8_t>(disk, 16);
    const uint32_t slots = peek<uint16_t>(disk, 17);
    const uint32_t sectors = peek<uint16_t>(disk, 19) != 0 ? peek<uint16_t>(disk, 19) : peek<uint32_t>(disk, 32);
    const bool is32 = peek<uint16_t>(disk, 22) == 0;
    const uint32_t fat_sectors = is32 ? peek<uint32_t>(disk, 36) : peek<uint16_t>(disk, 22);
    const uint64_t fat = uint64_t{reserved} * sector_;
    root_at_ = fat + uint64_t{fats} * fat_sectors * sector_;
    root_bytes_ = slots * 32;
    data_ = root_at_ + (root_bytes_ + sector_ - 1) / sector_ * sector_;
    const auto clusters = static_cast<uint32_t>((uint64_t{sectors} * sector_ - data_) / cluster_);
    type_ = is32 ? 32 : clusters < 4085 ? 12 : 16;
    if (is32) root_cluster_ = peek<uint32_t>(disk, 44);
    for (uint32_t copy = 1; copy < fats; ++copy) {
      const auto* first = disk.bytes.data() + fat;
      const uint64_t size = uint64_t{fat_sectors} * sector_;
      if (memcmp(first, first + copy * size, size) != 0) out.findings.push_back({FatFault::FatsDiffer, {}});
    }
    for (uint32_t c = 0; c < clusters + 2; ++c) {
      uint32_t v = type_ == 32 ? peek<uint32_t>(disk, fat + c * 4) & 0x0FFFFFFF
                   : type_ == 16 ? peek<uint16_t>(disk, fat + c * 2)
                   : c % 2 == 0 ? peek<uint16_t>(disk, fat + c * 3 / 2) & 0xFFF
                                : peek<uint16_t>(disk, fat + c * 3 / 2) >> 4;
      const uint32_t most = type_ == 32 ? 0x0FFFFFFF : type_ == 16 ? 0xFFFF : 0xFFF;
      table_.push_back(v >= most - 7 ? kEnd : v);
    }
    owner_.resize(table_.size());
    const uint64_t info = peek<uint16_t>(disk, 48) * uint64_t{sector_};
    read_directory(u"", root_cluster_, 0, is32 ? take(root_cluster_, u"/") : std::vector<uint32_t>());
    for (uint32_t c = 2; c < table_.size(); ++c) {
      if (table_[c] == 0) ++out.free;
      else if (owner_[c] == 0) out.findings.push_back({FatFault::Lost, {}});
    }
    const uint32_t told = is32 ? peek<uint32_t>(disk, info + 488) : UINT32_MAX;
    if (told != UINT32_MAX && told != out.free) out.findings.push_back({FatFault::Info, {}});
  }

  FatReading out;

 private:
  static constexpr uint32_t kEnd = UINT32_MAX;

  void complain(FatFault fault, const std::u16string& path) { out.findings.push_back({fault, path}); }

  std::vector<uint32_t> take(uint32_t first, const std::u16string& path) {
    std::vector<uint32_t> chain;
    const auto self = static_cast<uint32_t>(names_.size());
    names_.push_back(path);
    for (uint32_t c = first; c != kEnd; c = table_[c]) {
      if (c < 2 || c >= table_.size() || table_[c] == 0) {
        complain(FatFault::Chain, path);
        break;
      }
      if (owner_[c] != 0) {
        complain(FatFault::Shared, path);
        complain(FatFault::Shared, names_[owner_[c]]);
        // The one that is seen second may still be read, but for a ring.
        if (owner_[c] == self) break;
      }
      owner_[c] = self;
      chain.push_back(c);
    }
    return chain;
  }

  std::string bytes_of(const std::vector<uint32_t>& chain) const {
    std::string out_bytes;
    const auto* begin = reinterpret_cast<const char*>(disk_.bytes.data()) + data_;
    for (uint32_t c : chain) out_bytes.append(begin + uint64_t{c - 2} * cluster_, cluster_);
    return out_bytes;
  }

  void read_directory(const std::u16string& path, uint32_t self, uint32_t up, const std::vector<uint32_t>& chain) {
    if (path.size() > 4000) return complain(FatFault::Shared, path);
    const bool fixed = path.empty() && type_ != 32;
    std::string all = fixed ? std::string(reinterpret_cast<const char*>(disk_.bytes.data()) + root_at_, root_bytes_) : bytes_of(chain);
    if (!fixed) out.directory_clusters += static_cast<uint32_t>(chain.size());
    std::map<int, std::u16string> parts;
    int expected = 0, sum = -1;
    std::set<std::string> shorts;
    bool dot = false, dotdot = false;
    bool ended = false;
    for (size_t at = 0; at + 32 <= all.size(); at += 32) {
      const auto* e = reinterpret_cast<const uint8_t*>(all.data()) + at;
      if (e[0] == 0) ended = true;
      if (ended && e[0] != 0) {
        complain(FatFault::Name, path);  // Linux and fsck.fat look behind the end mark
        ended = false;
      }
      const bool is_long = e[0] != 0 && e[0] != 0xE5 && (e[11] & 0x3F) == 0x0F;
      if (is_long) {
        const int order = e[0] & 0x3F;
        if ((e[0] & 0x40) != 0) {
          if (!parts.empty()) complain(FatFault::Orphan, path);
          parts.clear();
          expected = order;
          sum = e[13];
        }
        if (expected == 0 || order != expected || sum != e[13] || e[12] != 0 || e[26] != 0 || e[27] != 0) {
          complain(FatFault::Orphan, path);
          parts.clear();
          expected = 0;
          continue;
        }
        --expected;
        for (int i : {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30}) parts[order] += static_cast<char16_t>(e[i] | e[i + 1] << 8);
        continue;
      }
      std::u16string name;
      const bool used = e[0] != 0 && e[0] != 0xE5;
      if (!parts.empty()) {
        int s = 0;
        for (int i = 0; i < 11; ++i) s = ((s & 1) << 7 | s >> 1) + e[i] & 0xFF;
        const bool whole = used && expected == 0 && s == sum;
        if (!whole) complain(FatFault::Orphan, path);
        for (const auto& [order, text] : parts) name += text;
        name = whole ? name.substr(0, name.find(u'\0')) : u"";
        parts.clear();
        expected = 0;
      }
      if (!used || (e[11] & 8) != 0) continue;
      add_entry(path, self, up, e, name, shorts, dot, dotdot);
    }
    if (!parts.empty()) complain(FatFault::Orphan, path);
    if (!path.empty() && (!dot || !dotdot)) complain(FatFault::DotDot, path);
  }

  void add_entry(const std::u16string& path, uint32_t self, uint32_t up, const uint8_t* e, std::u16string name,
                 std::set<std::string>& shorts, bool& dot, bool& dotdot) {
    const std::string eleven(reinterpret_cast<const char*>(e), 11);
    const uint32_t first = e[26] | e[27] << 8 | (type_ == 32 ? (e[20] | e[21] << 8) << 16 : 0);
    const uint32_t size = static_cast<uint32_t>(e[28] | e[29] << 8 | e[30] << 16) | static_cast<uint32_t>(e[31]) << 24;
    if (!shorts.insert(eleven).second) complain(FatFault::Name, path + u"/" + name);
    if (eleven == ".          ") {
      dot = first == self && !path.empty();
      return;
    }
    if (eleven == "..         ") {
      dotdot = first == up && !path.empty();
      return;
    }
    if (name.empty()) {
      auto part = [&](int from, int to, bool lower) {
        while (to > from && e[to - 1] == ' ') --to;
        for (int i = from; i < to; ++i) name += static_cast<char16_t>(lower && e[i] >= 'A' && e[i] <= 'Z' ? e[i] + 32 : e[i]);
        return to > from;
      };
      part(0, 8, (e[12] & 8) != 0);
      name += '.';
      if (!part(8, 11, (e[12] & 16) != 0)) name.pop_back();
    }
    const std::u16string full = path + u"/" + name;
    FatFound found{.is_directory = (e[11] & 0x10) != 0, .attributes = e[11], .bytes = {}};
    if (out.files.contains(full)) complain(FatFault::Name, full);
    const auto chain = first != 0 ? take(first, full) : std::vector<uint32_t>();
    if (found.is_directory) {
      if (chain.empty() || size != 0) complain(FatFault::Chain, full);
      out.files[full] = found;
      return read_directory(full, first, path.empty() ? 0 : self, chain);
    }
    found.bytes = bytes_of(chain);
    if (size > found.bytes.size()) complain(FatFault::Beyond, full);
    if (chain.size() > (uint64_t{size} + cluster_ - 1) / cluster_) complain(FatFault::BehindEnd, full);
    if (size <= found.bytes.size()) found.bytes.resize(size);
    out.files[full] = found;
  }

  const FatDisk& disk_;
  uint32_t sector_, cluster_, root_bytes_, root_cluster_ = 0;
  uint64_t root_at_, data_;
  int type_;
  std::vector<uint32_t> table_;
  std::vector<std::u16string> names_{u""};
  std::vector<uint32_t> owner_;  // 0: nobody, else an index of names_
};

inline FatReading read_fat(const FatDisk& disk) { return FatChecker(disk).out; }

}  // namespace efilite::test
