// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "cli/log_keeper.hpp"

#include "base/log.hpp"

namespace efilite::cli {

namespace {
std::string kept;  // the log's sink is a function without a context
size_t keepers = 0;
}  // namespace

LogKeeper::LogKeeper() : before_(std::exchange(kept, std::string())) {
  if (keepers++ == 0) log::set_sink([](std::string_view text) { kept += text; });
}
LogKeeper::~LogKeeper() {
  if (--keepers == 0) log::set_sink(nullptr);
  kept = std::move(before_);
}

std::vector<std::string> LogKeeper::take() {
  constexpr std::string_view kPrefix = "efilite: ";
  std::vector<std::string> lines;
  for (std::string_view rest = kept; !rest.empty();) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.starts_with(kPrefix)) line.remove_prefix(kPrefix.size());
    lines.emplace_back(line);
  }
  kept.clear();
  return lines;
}

}  // namespace efilite::cli
