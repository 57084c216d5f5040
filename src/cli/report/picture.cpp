// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "cli/report/picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "cli/report/svg.hpp"
#include "cli/text.hpp"

namespace efilite::cli {

namespace {

constexpr double kWidth = 960, kMargin = 24, kInner = kWidth - 2 * kMargin;
constexpr double kLine = 22, kBar = 34;
constexpr size_t kLongest = 120;  // letters that certainly fit

// As much as fits on one, as far as words allow.
std::string_view first_line(std::string_view text) {
  if (text.size() <= kLongest) return text;
  const size_t end = text.rfind(' ', kLongest);
  return text.substr(0, end == text.npos || end == 0 ? kLongest : end);
}

// A bar for the time from one step to another, and a line for each step in it.
double draw_times(Svg& svg, double y, const BootLog& log, size_t first, size_t last, const std::string& head) {
  const uint64_t begin = log.steps[first].tsc, end = log.steps[last].tsc;
  svg.words(kMargin, y, head + ": " + log.duration_text(begin, end), Svg::Anchor::Start, true);
  y += 12;
  const double whole = std::max<double>(static_cast<double>(end - begin), 1);
  const auto left_of = [&](uint64_t tsc) { return kMargin + static_cast<double>(tsc - begin) / whole * kInner; };
  for (size_t i = first + 1; i <= last; ++i) {
    const uint64_t from = log.steps[i - 1].tsc, to = log.steps[i].tsc;
    const double width = static_cast<double>(to - from) / whole * kInner;
    const double line = y + kBar + static_cast<double>(i - first) * kLine;
    const std::string title = meaning_of(log.steps[i].name) + ": " + log.duration_text(from, to);
    svg.box(left_of(from), y, std::max(width, 0.5), kBar, i, title);
    svg.box(kMargin, line - 11, 12, 12, i, title);
    svg.words(kMargin + 20, line, meaning_of(log.steps[i].name));
    svg.words(kMargin + 470, line, log.duration_text(from, to), Svg::Anchor::End);
    svg.words(kMargin + 540, line, fmt::format("{:.1f} %", static_cast<double>(to - from) / whole * 100), Svg::Anchor::End);
  }
  double line = y + kBar + static_cast<double>(last - first + 1) * kLine;
  for (const BootStep& part : log.unpacked) {
    if (part.tsc < begin || part.tsc > end) continue;
    const std::string title = unpacked_text(part);
    svg.mark(left_of(part.tsc), y - 5, kBar + 10, title);
    svg.mark(kMargin + 6, line - 11, 12, title);
    svg.words(kMargin + 20, line, title);
    svg.words(kMargin + 470, line, "at " + log.duration_text(begin, part.tsc), Svg::Anchor::End);
    line += kLine;
  }
  return line + 12;
}

// Heights grow with the logarithm: what is a page beside what is a gigabyte is to be seen.
double height_of(const MemoryPart& part) {
  return std::clamp(4 * std::log2(static_cast<double>(part.end - part.begin) / 4096), 16.0, 100.0);
}

double draw_memory(Svg& svg, double y, const BootLog& log) {
  std::map<std::string, size_t> colours;
  svg.words(kMargin, y, "Memory, as the program finds it", Svg::Anchor::Start, true);
  y += 12;
  uint64_t end = log.memory.front().begin;
  for (const MemoryPart& part : log.memory) {
    if (part.begin != end) {  // nothing, or what nobody has told of, lies between
      svg.words(kMargin + 140, y + 12, fmt::format("{:#x}", end), Svg::Anchor::End);
      y += kLine;
    }
    const double height = height_of(part);
    const auto colour = colours.emplace(part.type, colours.size()).first->second;
    const std::string size = size_text(part.end - part.begin);
    svg.box(kMargin + 150, y, 240, height - 1, colour, part.type + ", " + size);
    svg.words(kMargin + 140, y + 12, fmt::format("{:#x}", part.begin), Svg::Anchor::End);
    svg.words(kMargin + 404, y + 12, part.type);
    svg.words(kMargin + 720, y + 12, size, Svg::Anchor::End);
    y += height;
    end = part.end;
  }
  svg.words(kMargin + 140, y + 12, fmt::format("{:#x}", end), Svg::Anchor::End);
  return y + 30;
}

}  // namespace

std::string draw(const BootLog& log) {
  Svg svg(kWidth);
  double y = kMargin + 8;
  for (std::string_view rest = log.banner; !rest.empty(); y += kLine) {
    const std::string_view line = first_line(rest);
    svg.words(kMargin, y, line);
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
  y += 12;
  const size_t last = log.steps.size() - 1;
  const auto payload = std::ranges::find(log.steps, "payload", &BootStep::name);
  const auto started = payload == log.steps.end() ? last : static_cast<size_t>(payload - log.steps.begin());
  if (started != 0) y = draw_times(svg, y, log, 0, started, "efilite, from its entry to the program's") + 20;
  if (started != last) y = draw_times(svg, y, log, started, last, "What follows") + 20;
  if (!log.memory.empty()) y = draw_memory(svg, y, log);
  return svg.finish(y);
}

}  // namespace efilite::cli
