// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "cli/manual.hpp"

#include <fmt/format.h>

#include "cli/command_line.hpp"
#include "cli/printable.hpp"

namespace efilite::cli {

namespace {

// [groff_man(7)] text of a line: dashes that can be copied, and no request at its begin.
std::string roff(std::string_view text) {
  std::string out;
  if (text.starts_with('.') || text.starts_with('\'')) out = "\\&";
  for (char c : text) {
    if (c == '\\') out += "\\e";
    else if (c == '-') out += "\\-";
    else out += c;
  }
  return out;
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

std::string usage_of(const CommandSpec& command) {
  std::string out = fmt::format(".B {} {}\n", kProgram, roff(command.name));
  for (const OptionSpec& option : command.options) {
    const char *open = option.required ? "" : "[", *close = option.required ? "" : "]", *more = option.many ? "..." : "";
    if (option.is_positional()) out += fmt::format(".RI {}{}{}{}\n", open, roff(option.name), close, more);
    else if (option.kind == Kind::Flag) out += fmt::format(".RB \"{}\" {} \"{}\"\n", open, roff(option.name), close);
    else out += fmt::format("{}\\fB{}\\fR \\fI{}\\fR{}{}\n", open, roff(option.name), roff(option.value), close, more);
  }
  return out;
}

std::string describe(const OptionSpec& option) {
  std::string out = ".TP\n";
  if (option.is_positional()) out += fmt::format(".I {}\n", roff(option.name));
  else if (option.kind == Kind::Flag) out += fmt::format(".B {}\n", roff(option.name));
  else out += fmt::format(".BI \"{} \" {}\n", roff(option.name), roff(option.value));
  out += roff(option.help);
  if (option.kind == Kind::Choice && !option.is_positional()) {
    std::string choices;
    for (const char* choice : option.choices) choices += (choices.empty() ? "" : ", ") + roff(choice);
    out += "; one of " + choices;
  }
  return out + '\n';
}

struct Example {
  const char* what;
  const char* command;
};
constexpr Example kExamples[] = {
    {"What is this kernel, and how would efilite start it?", "efilite inspect /boot/vmlinuz"},
    {"Its Xen notes, for a program:", "efilite inspect --json vmlinux | jq '.files[0].xen'"},
    {"What can be booted on a disk?", "efilite inspect --disk debian.img"},
    {"One file of kernel and initrd, and the command that starts it in QEMU:",
     "efilite pack --kernel vmlinuz --initrd initrd.img --cmdline 'console=ttyS0' --output debian.efi"},
    {"", "efilite config qemu --image debian.efi"},
};

}  // namespace

std::string manual_page() {
  std::string out = fmt::format(".TH {} 1 \"\" {} \"User Commands\"\n", upper(kProgram), kProgram);
  out += fmt::format(".SH NAME\n{} \\- {}\n.SH SYNOPSIS\n", kProgram, roff(kSummary));
  bool is_first = true;
  for (const CommandSpec& command : commands()) out += (std::exchange(is_first, false) ? "" : ".br\n") + usage_of(command);
  out += ".SH COMMANDS\n";
  for (const CommandSpec& command : commands()) {
    out += fmt::format(".SS {}\n", roff(command.name));
    bool is_further = false;
    for (const char* paragraph : command.details) out += (std::exchange(is_further, true) ? ".PP\n" : "") + roff(paragraph) + '\n';
    for (const OptionSpec& option : command.options) out += describe(option);
  }
  out += ".SH EXIT STATUS\n.TP\n0\nAll is well.\n"
         ".TP\n1\nSomething is wrong with a file; a line on standard error says what, and where in the file.\n"
         ".TP\n2\nThe command line is wrong.\n";
  out += ".SH EXAMPLES\n";
  for (const Example& example : kExamples) {
    if (*example.what != '\0') out += ".PP\n" + roff(example.what) + '\n';
    out += ".PP\n.nf\n.RS\n" + roff(example.command) + "\n.RE\n.fi\n";
  }
  return out + ".SH SEE ALSO\n.BR qemu (1),\n.BR xl.cfg (5),\n.BR virsh (1),\n.BR systemd\\-stub (7)\n";
}

}  // namespace efilite::cli
