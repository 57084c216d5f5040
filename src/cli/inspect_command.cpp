// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "cli/commands.hpp"
#include "cli/input_file.hpp"
#include "cli/inspect.hpp"
#include "cli/json.hpp"
#include "cli/text.hpp"

namespace efilite::cli {

namespace {

struct Request {
  formats::Wish wish;
  uint32_t block_size;
  bool is_json;
  bool is_full;
  Style style;
};

Outcome<Report> look_at(core::ByteSource& source, const std::string& name, const Request& request, Report*) {
  return inspect(source, name, request.wish);
}
Outcome<DiskReport> look_at(core::ByteSource& source, const std::string& name, const Request& request, DiskReport*) {
  return inspect_disk(source, name, request.wish, request.block_size);
}

std::string text_for(const Report& report, const Request& request) { return render(report, request.style); }
std::string text_for(const DiskReport& report, const Request& request) { return render(report, request.style, request.is_full); }

// What standard error is told of a report; empty: all is well.
std::string complaint(const Report& report) {
  if (!report.problems.empty()) return text_of(report.problems[0]);
  if (report.refusal) return *report.refusal;
  for (const Report& inside : report.inside)
    if (const std::string text = complaint(inside); !text.empty()) return inside.name + ": " + text;
  return "";
}
std::string complaint(const DiskReport& report) {
  for (const VolumeReport& volume : report.volumes) {
    for (const DiskFile& file : volume.files) {
      const std::string text = file.report ? complaint(*file.report) : file.error;
      if (!text.empty()) return file.path + ": " + text;
    }
  }
  return "";
}

template <typename T>
Outcome<T> open_and_look(const std::string& name, const Request& request) {
  const auto file = TRY(InputFile::open(name));
  return look_at(*file, shown_name(name), request, static_cast<T*>(nullptr));
}

template <typename T>
Output look_at_all(const std::vector<std::string>& names, const Request& request) {
  Output output;
  std::vector<Answer<T>> answers;
  for (const std::string& name : names) {
    answers.push_back({shown_name(name), open_and_look<T>(name, request)});
    const auto& [shown, result] = answers.back();
    const std::string trouble = result ? complaint(*result) : result.error().text;
    if (!trouble.empty()) {
      output.err += error_line(shown + ": " + trouble);
      output.status = Exit::Failed;
    }
    if (!result || request.is_json) continue;
    if (!output.out.empty()) output.out += '\n';
    output.out += text_for(*result, request);
  }
  if (request.is_json) output.out = to_json(std::span<const Answer<T>>(answers));
  return output;
}

}  // namespace

Output run_inspect(const Arguments& arguments, const Terminal& terminal) {
  const Request request{formats::parse_wish(arguments.one("--entry")).value_or(formats::Wish::Any),
                        static_cast<uint32_t>(std::stoul(arguments.one("--block-size", "0"))), arguments.has("--json"),
                        arguments.has("--full"), Style{terminal.colour}};
  const auto& names = arguments.all("FILE");
  if (arguments.has("--disk")) return look_at_all<DiskReport>(names, request);
  if (request.is_full || request.block_size != 0) return usage_error("--full and --block-size go with --disk");
  return look_at_all<Report>(names, request);
}

}  // namespace efilite::cli
