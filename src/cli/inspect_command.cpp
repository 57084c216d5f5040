// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "cli/commands.hpp"
#include "cli/input_file.hpp"
#include "cli/inspect.hpp"
#include "cli/text.hpp"

namespace efilite::cli {

namespace {

Outcome<Report> inspect_file(const std::string& name, formats::Wish wish) {
  const auto file = TRY(InputFile::open(name));
  return inspect(*file, name == "-" ? "standard input" : name, wish);
}

}  // namespace

Output run_inspect(const Arguments& arguments, const Terminal& terminal) {
  const formats::Wish wish = formats::parse_wish(arguments.one("--entry")).value_or(formats::Wish::Any);
  const Style style{terminal.colour};
  Output output;
  for (const std::string& name : arguments.all("FILE")) {
    auto report = inspect_file(name, wish);
    if (!report) {
      output.err += error_line(report.error().text);
      output.status = Exit::Failed;
      continue;
    }
    if (!output.out.empty()) output.out += '\n';
    output.out += render(*report, style);
    if (!report->problems.empty()) output.err += error_line(name + ": " + text_of(report->problems[0]));
    else if (report->refusal) output.err += error_line(name + ": " + *report->refusal);
    if (!report->problems.empty() || report->refusal) output.status = Exit::Failed;
  }
  return output;
}

}  // namespace efilite::cli
