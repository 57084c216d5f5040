// SPDX-License-Identifier: BSD-2-Clause-Patent
#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/input_file.hpp"
#include "cli/output_file.hpp"
#include "cli/report/picture.hpp"
#include "cli/text.hpp"

namespace efilite::cli {

namespace {

constexpr uint64_t kLongestLog = 256 << 20;

Outcome<BootLog> read_log(const std::string& name) {
  auto file = InputFile::open(name);
  if (!file) return Failure{shown_name(name) + ": " + file.error().text};
  auto text = read_all(**file, kLongestLog);
  if (!text) return Failure{shown_name(name) + ": " + text.error().text};
  auto log = parse_boot_log(*text);
  if (!log) return Failure{shown_name(name) + ": " + log.error().text};
  return log;
}

std::map<std::string, uint64_t> memory_by_type(const BootLog& log) {
  std::map<std::string, uint64_t> sizes;
  for (const MemoryPart& part : log.memory) sizes[part.type] += part.end - part.begin;
  return sizes;
}

std::string as_text(const BootLog& log) {
  std::string out = log.banner.empty() ? "" : log.banner + "\n\n";
  Table times;
  const auto& steps = log.steps;
  for (size_t i = 1; i < steps.size(); ++i)
    times.add({meaning_of(steps[i].name), log.duration_text(steps[i - 1].tsc, steps[i].tsc),
               log.duration_text(steps[0].tsc, steps[i].tsc)});
  for (const BootStep& part : log.unpacked)
    times.add({unpacked_text(part), "", part.tsc < steps[0].tsc ? "before" : log.duration_text(steps[0].tsc, part.tsc)});
  out += "what is done, how long it takes, and when it is done, from efilite's entry on\n" + times.text("  ");
  if (!log.tsc_khz) out += "the rate of the time stamp counter is not in the log\n";
  if (log.copied_bytes) out += "bytes of programs copied: " + size_text(*log.copied_bytes) + "\n";
  if (log.memory.empty()) return out;
  Table memory;
  for (const auto& [type, size] : memory_by_type(log)) memory.add({type, size_text(size)});
  return out + "\nmemory, as the program finds it\n" + memory.text("  ");
}

std::string as_json(const BootLog& log) {
  nlohmann::ordered_json json{{"schema", 1}, {"banner", log.banner}};
  for (const BootStep& step : log.steps) json["steps"].push_back({{"name", step.name}, {"tsc", step.tsc}});
  if (log.tsc_khz) json["tsc_khz"] = *log.tsc_khz;
  if (log.copied_bytes) json["copied_bytes"] = *log.copied_bytes;
  for (const BootStep& part : log.unpacked) json["unpacked"].push_back({{"part", part.name}, {"tsc", part.tsc}});
  json["memory"] = nlohmann::ordered_json::array();
  for (const MemoryPart& part : log.memory)
    json["memory"].push_back({{"begin", fmt::format("{:#x}", part.begin)}, {"end", fmt::format("{:#x}", part.end)}, {"type", part.type}});
  return json.dump(2) + '\n';
}

}  // namespace

Output run_report(const Arguments& arguments) {
  const auto log = read_log(arguments.one("LOG"));
  if (!log) return {"", error_line(log.error().text), Exit::Failed};
  if (const std::string picture = arguments.one("--output"); !picture.empty()) {
    const auto written = write_file(picture, draw(*log));
    if (!written) return {"", error_line(picture + ": " + written.error().text), Exit::Failed};
  }
  return {arguments.has("--json") ? as_json(*log) : as_text(*log), "", Exit::Success};
}

}  // namespace efilite::cli
