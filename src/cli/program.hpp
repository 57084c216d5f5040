// SPDX-License-Identifier: BSD-2-Clause-Patent
// The program `efilite`: words in, text and an exit status out.
#pragma once

#include <string>
#include <vector>

namespace efilite::cli {

// 1: what was asked for went wrong; 2: it was asked for wrongly.
enum class Exit : int { Success = 0, Failed = 1, Usage = 2 };

struct Output {
  std::string out;
  std::string err;
  Exit status = Exit::Success;
};

struct Terminal {
  bool colour = false;  // standard output is one that may have colours
};

// `words`: without the program's name.
Output run(const std::vector<std::string>& words, const Terminal& terminal);

}  // namespace efilite::cli
