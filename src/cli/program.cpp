// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "cli/program.hpp"

#include "cli/commands.hpp"
#include "cli/manual.hpp"
#include "cli/printable.hpp"

namespace efilite::cli {

std::string error_line(const std::string& text) { return std::string(kProgram) + ": " + printable(text) + '\n'; }

Output usage_error(const std::string& text) { return {"", error_line(text + " (try efilite --help)"), Exit::Usage}; }

Output run_generate(const Arguments& arguments) {
  const std::string what = arguments.one("WHAT");
  if (what == "bash") return {bash_completion(), "", Exit::Success};
  if (what == "zsh") return {zsh_completion(), "", Exit::Success};
  if (what == "fish") return {fish_completion(), "", Exit::Success};
  return {manual_page(), "", Exit::Success};
}

Output run(const std::vector<std::string>& words, const Terminal& terminal) {
  const Parsing parsing = parse(words);
  if (!parsing.error.empty()) return usage_error(parsing.error);
  if (!parsing.arguments) return {parsing.help, "", Exit::Success};
  const std::string command = parsing.arguments->command->name;
  if (command == "pack") return run_pack(*parsing.arguments);
  if (command == "config") return run_config(*parsing.arguments);
  if (command == "report") return run_report(*parsing.arguments);
  if (command == "generate") return run_generate(*parsing.arguments);
  return run_inspect(*parsing.arguments, terminal);
}

}  // namespace efilite::cli
