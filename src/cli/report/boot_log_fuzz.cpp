// SPDX-License-Identifier: BSD-2-Clause-Patent
// Any bytes as a captured log: a boot that is found in it has two steps at least, in the order of time, and can be drawn.
#include "cli/report/boot_log.hpp"

#include <algorithm>

#include "cli/report/picture.hpp"
#include "tests/support/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace efilite::cli;
  const auto log = parse_boot_log({reinterpret_cast<const char*>(data), size});
  if (!log) {
    EXPECT(!log.error().text.empty() && log.error().text.find('\n') == std::string::npos);
    return 0;
  }
  EXPECT(log->steps.size() >= 2 && std::ranges::is_sorted(log->steps, {}, &BootStep::tsc));
  for (size_t i = 1; i < log->memory.size(); ++i) EXPECT(log->memory[i - 1].end <= log->memory[i].begin);
  const std::string picture = draw(*log);
  EXPECT(picture.starts_with("<svg ") && picture.ends_with("</svg>\n"));
  // Its text is escaped: as many elements are closed as are opened.
  EXPECT(std::ranges::count(picture, '<') == std::ranges::count(picture, '>'));
  return 0;
}
