// SPDX-License-Identifier: BSD-2-Clause-Patent
// Reports as tables for people.
#pragma once

#include "cli/disk.hpp"
#include "cli/facts.hpp"

namespace efilite::cli {

// Lines of cells, made equally wide.
class Table {
 public:
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  std::string text(std::string_view indent) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

struct Style {
  bool colour = false;
  std::string strong(std::string_view text) const;
  std::string alarm(std::string_view text) const;
};

std::string render(const Report& report, const Style& style);
// `is_full`: with the whole report of each file.
std::string render(const DiskReport& report, const Style& style, bool is_full);

// A heading and lines below it; nothing where there are none.
std::string render_lines(const std::vector<std::string>& lines, const std::string& head);

// "8.1 MiB (8514272)"
std::string size_text(uint64_t bytes);

}  // namespace efilite::cli
