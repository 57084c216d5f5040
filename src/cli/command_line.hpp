// SPDX-License-Identifier: BSD-2-Clause-Patent
// The commands and their options, told once: parsing, --help, the manual page and the shells' completion are made from it.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "cli/outcome.hpp"

namespace efilite::cli {

enum class Kind : uint8_t { Flag, File, Choice, Text };

struct OptionSpec {
  const char* name;   // "--json", or "FILE" for a word without a name
  const char* value;  // what --help calls it
  Kind kind;
  bool required;
  bool many;  // may be given more than once
  std::span<const char* const> choices;
  const char* help;

  bool is_positional() const { return name[0] != '-'; }
};

struct CommandSpec {
  const char* name;
  const char* summary;                    // a line
  std::span<const char* const> details;   // paragraphs
  std::span<const OptionSpec> options;
};

inline constexpr const char* kProgram = "efilite";
inline constexpr const char* kSummary = "look at boot images, pack them, and write configurations for them";
std::span<const CommandSpec> commands();

// What was asked for, by the names above.
class Arguments {
 public:
  const CommandSpec* command = nullptr;
  std::map<std::string, std::vector<std::string>> values;

  bool has(const std::string& name) const { return values.contains(name); }
  const std::vector<std::string>& all(const std::string& name) const;
  std::string one(const std::string& name, const std::string& otherwise = "") const;
};

struct Parsing {
  std::optional<Arguments> arguments;
  std::string help;   // asked for
  std::string error;  // of usage
};
Parsing parse(const std::vector<std::string>& words);

}  // namespace efilite::cli
