// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "cli/report/svg.hpp"

#include <fmt/format.h>

#include <iterator>

#include "cli/printable.hpp"

namespace efilite::cli {

namespace {

// Told apart by people who see no red or green as well (Okabe and Ito's palette, less black and yellow).
constexpr const char* kPalette[] = {"#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#888888"};

std::string escaped(std::string_view text) {
  std::string out;
  for (char c : printable(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace

void Svg::box(double x, double y, double width, double height, size_t colour, std::string_view title) {
  body_ += fmt::format("<rect x=\"{:.2f}\" y=\"{:.2f}\" width=\"{:.2f}\" height=\"{:.2f}\" fill=\"{}\"><title>{}</title></rect>\n", x, y,
                       width, height, kPalette[colour % std::size(kPalette)], escaped(title));
}

void Svg::mark(double x, double y, double height, std::string_view title) {
  body_ += fmt::format("<rect class=\"mark\" x=\"{:.2f}\" y=\"{:.2f}\" width=\"2\" height=\"{:.2f}\"><title>{}</title></rect>\n", x - 1, y,
                       height, escaped(title));
}

void Svg::words(double x, double y, std::string_view text, Anchor anchor, bool is_heading) {
  body_ += fmt::format("<text x=\"{:.2f}\" y=\"{:.2f}\"{}{}>{}</text>\n", x, y, anchor == Anchor::End ? " text-anchor=\"end\"" : "",
                       is_heading ? " class=\"head\"" : "", escaped(text));
}

std::string Svg::finish(double height) const {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" height=\"{1:.0f}\">\n"
      "<style>text {{ font: 13px sans-serif }} text, .mark {{ fill: #222 }} .head {{ font-size: 17px }} .paper {{ fill: #fff }}\n"
      "@media (prefers-color-scheme: dark) {{ text, .mark {{ fill: #ddd }} .paper {{ fill: #161616 }} }}</style>\n"
      "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n{2}</svg>\n",
      width_, height, body_);
}

}  // namespace efilite::cli
