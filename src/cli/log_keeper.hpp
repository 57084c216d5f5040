// SPDX-License-Identifier: BSD-2-Clause-Patent
// The firmware's rooms tell by the log what they do not like. While one of these lives, it is kept
// here; the innermost has it.
#pragma once

#include <string>
#include <vector>

namespace efilite::cli {

class LogKeeper {
 public:
  LogKeeper();
  ~LogKeeper();
  LogKeeper(const LogKeeper&) = delete;
  LogKeeper& operator=(const LogKeeper&) = delete;

  // Lines without "efilite: " in front; those that were told are dropped.
  std::vector<std::string> take();

 private:
  std::string before_;
};

}  // namespace efilite::cli
