// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "cli/text.hpp"

#include <fmt/format.h>

#include "cli/printable.hpp"

namespace efilite::cli {

std::string Style::strong(std::string_view text) const { return colour ? fmt::format("\x1b[1m{}\x1b[0m", text) : std::string(text); }
std::string Style::alarm(std::string_view text) const { return colour ? fmt::format("\x1b[31m{}\x1b[0m", text) : std::string(text); }

std::string Table::text(std::string_view indent) const {
  std::vector<size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    // What a row ends with makes no column wider.
    for (size_t i = 0; i + 1 < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string out;
  for (const auto& row : rows_) {
    std::string line(indent);
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - width(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

std::string size_text(uint64_t bytes) {
  constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return fmt::format("{} bytes", bytes);
  double scaled = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  for (; scaled >= 1024 && unit + 1 < std::size(kUnits); ++unit) scaled /= 1024;
  return fmt::format("{:.1f} {} ({})", scaled, kUnits[unit], bytes);
}

std::string render_lines(const std::vector<std::string>& lines, const std::string& head) {
  if (lines.empty()) return "";
  std::string out = "  " + head + '\n';
  for (const std::string& line : lines) out += "    " + printable(line) + '\n';
  return out;
}

namespace {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

std::string join(const std::vector<std::string>& words, const char* between) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : between) + word;
  return out;
}

// Of everything but rows.
std::string plain(const Value& value) {
  return std::visit(Overloaded{[](bool is) { return std::string(is ? "yes" : "no"); },
                               [](uint64_t number) { return fmt::format("{}", number); },
                               [](Hex hex) { return fmt::format("{:#x}", hex.number); },
                               [](Size size) { return size_text(size.bytes); },
                               [](const Named& named) { return fmt::format("{} ({:#x})", named.name, named.number); },
                               [](const Flags& flags) { return fmt::format("{:#x}  {}", flags.number, join(flags.names, " ")); },
                               [](const std::string& text) { return printable(text); },
                               [](const Rows&) { return std::string(); }},
                    value);
}

std::string render_rows(const Rows& rows) {
  Table table;
  std::vector<std::string> head;
  for (const Fact& fact : rows.front()) head.push_back(fact.label);
  table.add(std::move(head));
  for (const Row& row : rows) {
    std::vector<std::string> cells;
    for (const Fact& fact : row) cells.push_back(plain(fact.value));
    table.add(std::move(cells));
  }
  return table.text("    ");
}

// Several lines stand below their label, one stands beside it.
void add_text(Table& table, const std::string& label, std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  std::string left = label;
  do {
    const std::string_view line = text.substr(0, text.find('\n'));
    table.add({left, printable(line)});
    left.clear();
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  } while (!text.empty());
}

std::string render_group(const Group& group, const Style& style) {
  Table table;
  std::string rows;
  for (const Fact& fact : group.facts) {
    if (const auto* some = std::get_if<Rows>(&fact.value)) {
      if (!some->empty()) rows += render_rows(*some);
    } else if (const auto* text = std::get_if<std::string>(&fact.value)) {
      add_text(table, fact.label, *text);
    } else {
      table.add({fact.label, plain(fact.value)});
    }
  }
  return "  " + style.strong(group.label) + '\n' + table.text("    ") + rows;
}

std::string place_text(const EntryFact& entry) {
  if (entry.place == "rva") return fmt::format("RVA {:#x}", entry.address);
  if (entry.place == "kernel") return fmt::format("kernel + {:#x}", entry.address);
  if (entry.place == "file") return fmt::format("file + {:#x}", entry.address);
  return fmt::format("{} {:#x}", entry.place, entry.address);
}

std::string render_entries(const Report& report, const Style& style) {
  if (report.entries.empty()) return "  " + style.strong("No boot entry") + '\n';
  Table table;
  for (const EntryFact& entry : report.entries)
    table.add({report.chosen == entry.entry ? "*" : " ", std::string(name_of(entry.entry)), place_text(entry), entry.what});
  return "  " + style.strong("Boot entries") + '\n' + table.text("  ");
}

std::string render_choice(const Report& report, const Style& style) {
  if (!report.chosen) return "  " + style.strong("efilite takes none") + ": " + report.why + '\n';
  std::string out = "  " + style.strong(fmt::format("efilite takes {}", name_of(*report.chosen))) + ": " + report.why + '\n';
  if (report.refusal) out += "  " + style.alarm("and refuses it") + ": " + *report.refusal + '\n';
  return out;
}

std::string render_image(const Report& report, const Style& style, bool is_inside) {
  std::string out = style.strong(printable(report.name)) + ": " + printable(report.kind) + ", " + size_text(report.size) + '\n';
  out += render_entries(report, style);
  if (!is_inside) out += render_choice(report, style);
  std::vector<std::string> problems;
  for (const formats::Problem& problem : report.problems) problems.push_back(text_of(problem));
  out += render_lines(problems, style.alarm("Malformed"));
  out += render_lines(report.remarks, style.strong("Remarks"));
  for (const Group& group : report.groups) out += render_group(group, style);
  for (const Report& inside : report.inside) out += render_image(inside, style, true);
  return out;
}

}  // namespace

std::string render(const Report& report, const Style& style) { return render_image(report, style, false); }

}  // namespace efilite::cli
