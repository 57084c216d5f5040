// SPDX-License-Identifier: BSD-2-Clause-Patent
// As much of SVG 1.1 as our pictures need: boxes and words. It can be read on light and on dark paper.
#pragma once

#include <string>
#include <string_view>

namespace efilite::cli {

class Svg {
 public:
  explicit Svg(double width) : width_(width) {}

  // `colour` is a number of the palette, which begins anew behind its end. `title` is shown where the pointer rests.
  void box(double x, double y, double width, double height, size_t colour, std::string_view title);
  // Something that happened while a box lasted, in the colour of words.
  void mark(double x, double y, double height, std::string_view title);
  enum class Anchor : bool { Start, End };
  void words(double x, double y, std::string_view text, Anchor anchor = Anchor::Start, bool is_heading = false);

  std::string finish(double height) const;

 private:
  double width_;
  std::string body_;
};

}  // namespace efilite::cli
