// SPDX-License-Identifier: BSD-2-Clause-Patent
// What efilite has said of a boot, read out of whatever it was captured with: a serial line's bytes, other people's lines among them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/outcome.hpp"

namespace efilite::cli {

struct BootStep {
  std::string name;  // as in the log
  uint64_t tsc;      // when it was done
};

struct MemoryPart {
  uint64_t begin, end;  // begin < end; sorted, none overlap
  std::string type;     // as in the log
};

struct BootLog {
  std::string banner;           // efilite's first line; empty: it is not in the log
  std::vector<BootStep> steps;  // two at least, in the order of time
  std::vector<BootStep> unpacked;  // which packed parts of efilite somebody came to, and when; not in the order of the steps
  std::optional<uint64_t> tsc_khz;
  std::optional<uint64_t> copied_bytes;
  std::vector<MemoryPart> memory;  // empty without efilite.log=debug

  // What is between two counts: nanoseconds, or ticks where the rate is not known.
  double duration(uint64_t from, uint64_t to) const;
  std::string duration_text(uint64_t from, uint64_t to) const;
};

// The last boot of those in `text`.
Outcome<BootLog> parse_boot_log(std::string_view text);

// What was done until `step`, for people.
std::string meaning_of(const std::string& step);
std::string unpacked_text(const BootStep& part);

}  // namespace efilite::cli
