// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "cli/program.hpp"

#include "cli/commands.hpp"
#include "cli/printable.hpp"

namespace efilite::cli {

std::string error_line(const std::string& text) { return std::string(kProgram) + ": " + printable(text) + '\n'; }

Output usage_error(const std::string& text) { return {"", error_line(text + " (try efilite --help)"), Exit::Usage}; }

Output run(const std::vector<std::string>& words, const Terminal& terminal) {
  const Parsing parsing = parse(words);
  if (!parsing.error.empty()) return usage_error(parsing.error);
  if (!parsing.arguments) return {parsing.help, "", Exit::Success};
  const std::string command = parsing.arguments->command->name;
  if (command == "pack") return run_pack(*parsing.arguments);
  return run_inspect(*parsing.arguments, terminal);
}

}  // namespace efilite::cli
