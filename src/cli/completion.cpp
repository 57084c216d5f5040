// SPDX-License-Identifier: BSD-2-Clause-Patent
#include <fmt/format.h>

#include "cli/command_line.hpp"
#include "cli/manual.hpp"
#include "cli/printable.hpp"
#include "cli/quote.hpp"

namespace efilite::cli {

namespace {

std::string names_of_commands() {
  std::string out;
  for (const CommandSpec& command : commands()) out += (out.empty() ? "" : " ") + std::string(command.name);
  return out;
}

std::string choices_of(const OptionSpec& option) {
  std::string out;
  for (const char* choice : option.choices) out += (out.empty() ? "" : " ") + std::string(choice);
  return out;
}

std::string bash_words(const std::string& words) { return fmt::format("mapfile -t COMPREPLY < <(compgen -W '{}' -- \"$word\")", words); }
std::string bash_files() { return "mapfile -t COMPREPLY < <(compgen -f -- \"$word\")"; }

// zsh gives a meaning to brackets and colons in a specification.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_action(const OptionSpec& option) {
  switch (option.kind) {
    case Kind::Flag: return "";
    case Kind::File: return fmt::format(":{}:_files", lower(option.value));
    case Kind::Choice: return fmt::format(":{}:({})", lower(option.value), choices_of(option));
    case Kind::Text: return fmt::format(":{}: ", lower(option.value));
  }
  return "";
}

std::string zsh_specification(const OptionSpec& option) {
  if (option.is_positional()) return (option.many ? "*" : "1") + zsh_action(option);
  return fmt::format("{}{}[{}]{}", option.many ? "*" : "", option.name, zsh_text(option.help), zsh_action(option));
}

}  // namespace

std::string bash_completion() {
  std::string out = "# bash completion for efilite\n_efilite() {\n"
                    "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
                    "  COMPREPLY=()\n  if [ \"$COMP_CWORD\" -eq 1 ]; then\n";
  out += fmt::format("    {}\n    return\n  fi\n", bash_words(names_of_commands() + " --help"));
  out += "  case ${COMP_WORDS[1]} in\n";
  for (const CommandSpec& command : commands()) {
    std::string options = "--help", values, positional;
    for (const OptionSpec& option : command.options) {
      if (option.is_positional()) {
        if (option.kind == Kind::Choice) positional = choices_of(option);
        continue;
      }
      options += std::string(" ") + option.name;
      if (option.kind == Kind::File) values += fmt::format("        {}) {}; return ;;\n", option.name, bash_files());
      if (option.kind == Kind::Choice) values += fmt::format("        {}) {}; return ;;\n", option.name, bash_words(choices_of(option)));
      if (option.kind == Kind::Text) values += fmt::format("        {}) return ;;\n", option.name);
    }
    out += fmt::format("    {})\n      case $before in\n{}      esac\n", command.name, values.empty() ? "        *) ;;\n" : values);
    out += fmt::format("      if [[ $word == -* ]]; then {}\n", bash_words(options));
    out += fmt::format("      else {}\n      fi ;;\n", positional.empty() ? bash_files() : bash_words(positional));
  }
  return out + "  esac\n}\ncomplete -o filenames -F _efilite efilite\n";
}

std::string zsh_completion() {
  std::string out = "#compdef efilite\n_efilite() {\n  local -a commands=(\n";
  for (const CommandSpec& command : commands())
    out += fmt::format("    {}\n", shell_word(fmt::format("{}:{}", command.name, zsh_text(command.summary))));
  out += "  )\n  if (( CURRENT == 2 )); then\n    _describe command commands\n    return\n  fi\n  local command=$words[2]\n"
         "  words=(\"${(@)words[2,-1]}\")\n  (( CURRENT -= 1 ))\n  case $command in\n";
  for (const CommandSpec& command : commands()) {
    out += fmt::format("    {})\n      _arguments \\\n", command.name);
    for (const OptionSpec& option : command.options) out += fmt::format("        {} \\\n", shell_word(zsh_specification(option)));
    out += "        '(- *)--help[show help]' ;;\n";
  }
  return out + "  esac\n}\n_efilite \"$@\"\n";
}

std::string fish_completion() {
  std::string out = "# fish completion for efilite\n";
  for (const CommandSpec& command : commands())
    out += fmt::format("complete -c efilite -n __fish_use_subcommand -f -a {} -d {}\n", command.name, shell_word(command.summary));
  for (const CommandSpec& command : commands()) {
    const std::string when = fmt::format("complete -c efilite -n '__fish_seen_subcommand_from {}'", command.name);
    for (const OptionSpec& option : command.options) {
      if (option.is_positional()) {
        if (option.kind == Kind::Choice) out += fmt::format("{} -f -a {}\n", when, shell_word(choices_of(option)));
        continue;
      }
      out += fmt::format("{} -l {} -d {}", when, option.name + 2, shell_word(option.help));
      if (option.kind == Kind::File) out += " -r -F";
      if (option.kind == Kind::Text) out += " -x";
      if (option.kind == Kind::Choice) out += fmt::format(" -x -a {}", shell_word(choices_of(option)));
      out += '\n';
    }
  }
  return out;
}

}  // namespace efilite::cli
