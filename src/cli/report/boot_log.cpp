// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "cli/report/boot_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "cli/printable.hpp"

namespace efilite::cli {

namespace {

constexpr std::string_view kTiming = "timing: ", kMemory = "memory: ", kBanner = "efilite ", kUnpacked = "unpacked-";
constexpr size_t kMostSteps = 64, kMostParts = 4096;  // a log has fewer, whatever else was captured

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<uint64_t> number(std::string_view text, int base = 10) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<uint64_t> address(std::string_view text) {
  return text.starts_with("0x") ? number(text.substr(2), 16) : std::nullopt;
}

// Up to the next space, which goes with it.
std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(text.size(), word.size() + 1));
  return word;
}

// What follows `mark`, which need not begin the line, for a BIOS may have left the cursor anywhere; but behind a space it is a word of
// somebody else's line.
std::optional<std::string_view> behind(std::string_view line, std::string_view mark) {
  const size_t at = line.find(mark);
  if (at == line.npos || (at != 0 && line[at - 1] == ' ')) return std::nullopt;
  return line.substr(at + mark.size());
}

class Reader {
 public:
  Outcome<BootLog> run(std::string_view text) {
    while (!text.empty()) {
      ++line_;
      std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(text.size(), line.size() + 1));
      while (line.ends_with('\r')) line.remove_suffix(1);
      TRY(take(line));
    }
    // The machine may have been reset into a boot of which the log has no more than the beginning.
    if (log_.steps.size() < 2 && last_.steps.size() >= 2) log_ = std::move(last_);
    if (log_.steps.size() >= 2) return std::move(log_);
    return Failure{"has none of efilite's \"timing:\" lines: boot with efilite.log=timing, or capture the debug port 0x402"};
  }

 private:
  Outcome<> take(std::string_view line) {
    if (auto rest = behind(line, kTiming)) return take_step(*rest);
    if (auto rest = behind(line, kMemory)) return take_memory(*rest);
    if (auto rest = behind(line, kBanner); rest && !rest->empty() && is_digit(rest->front())) begin(*rest);
    return {};
  }

  void begin(std::string_view banner) {
    if (log_.steps.size() >= 2) last_ = std::move(log_);
    log_ = {};
    log_.banner = printable(std::string(kBanner) + std::string(banner));
  }

  // Another program is started in the same boot, which has the same entry; else the log has a boot without its first line.
  void begin_again(uint64_t entry) {
    if (log_.steps.front().name == "entry" && log_.steps.front().tsc == entry) return log_.steps.clear();
    if (log_.steps.size() >= 2) last_ = std::move(log_);
    log_ = {};
  }

  Outcome<> take_step(std::string_view rest) {
    const std::string_view name = take_word(rest);
    const auto value = number(rest);
    if (name.empty() || !value) return {};  // somebody else's words
    if (name == "tsc-khz") {
      if (*value != 0) log_.tsc_khz = value;
    } else if (name == "copied") {
      log_.copied_bytes = value;
    } else if (name.starts_with(kUnpacked) && name != kUnpacked) {
      take_unpacked(printable(name.substr(kUnpacked.size())), *value);
    } else {
      if (name == "entry" && !log_.steps.empty()) begin_again(*value);
      if (log_.steps.size() == kMostSteps)
        return Failure{fmt::format("line {}: there are more than {} steps in one boot", line_, kMostSteps)};
      if (!log_.steps.empty() && *value < log_.steps.back().tsc)
        return Failure{fmt::format("line {}: {} is before {}: lines are missing, or two logs are mixed", line_, printable(name),
                                   log_.steps.back().name)};
      log_.steps.push_back({printable(name), *value});
    }
    return {};
  }

  // Told when it happens, which may be before the steps are told, or with them, and then for each program anew.
  void take_unpacked(const std::string& part, uint64_t tsc) {
    const auto is_same = [&](const BootStep& other) { return other.name == part && other.tsc == tsc; };
    if (std::ranges::none_of(log_.unpacked, is_same) && log_.unpacked.size() < kMostSteps) log_.unpacked.push_back({part, tsc});
  }

  Outcome<> take_memory(std::string_view rest) {
    const auto begin = address(take_word(rest));
    const bool has_dash = take_word(rest) == "-";
    const auto end = address(take_word(rest));
    if (!begin || !has_dash || !end || rest.empty()) return {};
    auto& memory = log_.memory;
    if (*begin >= *end || (!memory.empty() && *begin < memory.back().end))
      return Failure{fmt::format("line {}: {:#x} - {:#x} is no range behind the one before", line_, *begin, *end)};
    if (memory.size() == kMostParts) return Failure{fmt::format("line {}: there are more than {} ranges of memory", line_, kMostParts)};
    memory.push_back({*begin, *end, printable(rest)});
    return {};
  }

  BootLog log_, last_;
  size_t line_ = 0;
};

}  // namespace

double BootLog::duration(uint64_t from, uint64_t to) const {
  const auto ticks = static_cast<double>(to - from);
  return tsc_khz ? ticks * 1e6 / static_cast<double>(*tsc_khz) : ticks;
}

std::string BootLog::duration_text(uint64_t from, uint64_t to) const {
  const double value = duration(from, to);
  if (!tsc_khz) return value < 1e6 ? fmt::format("{:.0f} ticks", value) : fmt::format("{:.2f} million ticks", value / 1e6);
  if (value < 1e6) return fmt::format("{:.1f} us", value / 1e3);
  return value < 1e9 ? fmt::format("{:.2f} ms", value / 1e6) : fmt::format("{:.2f} s", value / 1e9);
}

Outcome<BootLog> parse_boot_log(std::string_view text) { return Reader().run(text); }

std::string meaning_of(const std::string& step) {
  struct Meaning {
    std::string_view step;
    const char* text;
  };
  constexpr Meaning kMeanings[] = {
      {"boot-info", "reads what the hypervisor tells"},
      {"tables-read", "makes the memory map, reads ACPI's tables"},
      {"core", "makes the services and the configuration tables"},
      {"chosen", "finds the console, chooses what is booted"},
      {"protocols", "installs the protocols"},
      {"payload", "looks for the program and loads it"},
      {"exit-boot-services", "the program, until ExitBootServices"},
  };
  for (const Meaning& meaning : kMeanings)
    if (meaning.step == step) return meaning.text;
  return step;
}

std::string unpacked_text(const BootStep& part) { return "packed code, " + part.name + ", is unpacked"; }

}  // namespace efilite::cli
