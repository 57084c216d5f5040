// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "cli/command_line.hpp"

#include <CLI/CLI.hpp>

#include "formats/boot_image.hpp"

namespace efilite::cli {

namespace {

constexpr const char* kInspectDetails[] = {
    "Lists every boot entry that an image offers, which one efilite would take and why, and what is wrong with the image.",
    "FILE may be - for standard input. The exit status is 1 when an image is malformed or none at all, or efilite's loader refuses it.",
    "With --disk FILE is a disk, a raw image or a device: its FAT volumes are searched for programs, kernels and boot loaders' entries.",
};
constexpr const char* kBlockSizes[] = {"512", "2048", "4096"};
constexpr OptionSpec kInspectOptions[] = {
    {"FILE", "FILE", Kind::File, true, true, {}, "a kernel, an EFI program, a unified kernel image"},
    {"--entry", "WISH", Kind::Choice, false, false, formats::kWishes, "look at no other entries than these"},
    {"--json", "", Kind::Flag, false, false, {}, "JSON for programs, in place of tables"},
    {"--disk", "", Kind::Flag, false, false, {}, "FILE is a disk image"},
    {"--block-size", "BYTES", Kind::Choice, false, false, kBlockSizes, "of the disk; what its own table tells if this is not given"},
    {"--full", "", Kind::Flag, false, false, {}, "with --disk: all that is known of each file"},
};

constexpr const char* kPackDetails[] = {
    "Makes a unified kernel image: one EFI program of systemd's stub, a kernel, its initrd and its command line.",
    "The same files give the same image.",
};
constexpr OptionSpec kPackOptions[] = {
    {"--kernel", "FILE", Kind::File, true, false, {}, "a kernel with an EFI entry"},
    {"--initrd", "FILE", Kind::File, false, true, {}, "its initrd; several are put one behind the other"},
    {"--cmdline", "TEXT", Kind::Text, false, false, {}, "the kernel's command line"},
    {"--cmdline-file", "FILE", Kind::File, false, false, {}, "the same, from a file; its lines become one"},
    {"--os-release", "FILE", Kind::File, false, false, {}, "what system it is [/etc/os-release]"},
    {"--uname", "TEXT", Kind::Text, false, false, {}, "the kernel's version [what the kernel says]"},
    {"--splash", "FILE", Kind::File, false, false, {}, "a picture to show, BMP"},
    {"--stub", "FILE", Kind::File, false, false, {}, "the stub [/usr/lib/systemd/boot/efi/linuxx64.efi.stub]"},
    {"--output", "FILE", Kind::File, true, false, {}, "the image to make"},
};

constexpr const char* kHypervisors[] = {"qemu", "xl", "libvirt", "cloud-hypervisor", "firecracker"};
constexpr const char* kDomains[] = {"kvm", "xen"};
constexpr const char* kMachines[] = {"q35", "microvm"};
constexpr const char* kConfigDetails[] = {
    "Prints what a hypervisor is told to start an image by efilite.",
    "That is a command for the shell (qemu, cloud-hypervisor), xl's configuration, libvirt's domain XML, or Firecracker's JSON.",
    "The image is looked at first: what efilite cannot start there is refused.",
};
constexpr OptionSpec kConfigOptions[] = {
    {"HYPERVISOR", "HYPERVISOR", Kind::Choice, true, false, kHypervisors, "qemu, xl, libvirt, cloud-hypervisor or firecracker"},
    {"--image", "FILE", Kind::File, false, false, {}, "an EFI program, a unified kernel image, or a disk to be held in memory"},
    {"--kernel", "FILE", Kind::File, false, false, {}, "a kernel"},
    {"--initrd", "FILE", Kind::File, false, false, {}, "its initrd"},
    {"--cmdline", "TEXT", Kind::Text, false, false, {}, "what the program is told; words that begin with efilite. are for efilite"},
    {"--disk", "FILE", Kind::File, false, true, {}, "a disk, raw or qcow2; booted from if neither image nor kernel is given"},
    {"--memory", "SIZE", Kind::Text, false, false, {}, "in MiB, or with a unit: 512, 512M, 2G [512M]"},
    {"--cpus", "NUMBER", Kind::Text, false, false, {}, "processors [1]"},
    {"--name", "NAME", Kind::Text, false, false, {}, "of the machine [the image's]"},
    {"--firmware", "FILE", Kind::File, false, false, {}, "efilite itself [/usr/share/efilite/efilite.elf]"},
    {"--machine", "MACHINE", Kind::Choice, false, false, kMachines, "of QEMU [q35]"},
    {"--domain", "TYPE", Kind::Choice, false, false, kDomains, "of libvirt [kvm]"},
};

constexpr const char* kReportDetails[] = {
    "Tells how long each step of a boot took, out of what was captured of a serial line or of QEMU's debug port.",
    "The log needs efilite.log=timing, or efilite.log=debug with which it has the memory map too; the debug port always has the times.",
    "LOG may be - for standard input. Of several boots in it the last whole one counts.",
};
constexpr OptionSpec kReportOptions[] = {
    {"LOG", "LOG", Kind::File, true, false, {}, "what was captured"},
    {"--output", "FILE", Kind::File, false, false, {}, "draw it, too: a time line and a map of memory as SVG"},
    {"--json", "", Kind::Flag, false, false, {}, "JSON for programs, in place of tables"},
};

constexpr const char* kGenerated[] = {"man", "bash", "zsh", "fish"};
constexpr const char* kGenerateDetails[] = {"Prints the manual page, or what a shell completes command lines by."};
constexpr OptionSpec kGenerateOptions[] = {
    {"WHAT", "WHAT", Kind::Choice, true, false, kGenerated, "man, bash, zsh or fish"},
};

constexpr CommandSpec kCommands[] = {
    {"inspect", "tell what an image is and which boot entries it offers", kInspectDetails, kInspectOptions},
    {"pack", "make a unified kernel image", kPackDetails, kPackOptions},
    {"config", "print a hypervisor's configuration for an image", kConfigDetails, kConfigOptions},
    {"report", "tell where the time of a boot went, and draw it", kReportDetails, kReportOptions},
    {"generate", "print the manual page or a shell's completion", kGenerateDetails, kGenerateOptions},
};

void add_option(CLI::App& app, const OptionSpec& spec, std::vector<std::string>& values) {
  if (spec.kind == Kind::Flag) {
    app.add_flag_callback(spec.name, [&values] { values.emplace_back(); }, spec.help);
    return;
  }
  CLI::Option* option = app.add_option(spec.name, values, spec.help);
  option->type_name(spec.is_positional() ? "" : spec.value)->option_text(spec.is_positional() ? "" : spec.value);
  if (spec.required) option->required();
  if (spec.kind == Kind::Choice) {
    std::vector<std::string> choices(spec.choices.begin(), spec.choices.end());
    std::string text;
    for (const std::string& choice : choices) text += (text.empty() ? "" : ", ") + choice;
    option->check([choices, text](const std::string& word) {
      return std::ranges::find(choices, word) != choices.end() ? std::string() : "'" + word + "' is none of " + text;
    });
  }
  if (spec.is_positional() && spec.many) return;
  option->expected(1)->allow_extra_args(false);
  if (spec.many) option->take_all();
  else option->multi_option_policy(CLI::MultiOptionPolicy::Throw);
}

CLI::App* add_command(CLI::App& app, const CommandSpec& spec, std::map<std::string, std::vector<std::string>>& values) {
  CLI::App* command = app.add_subcommand(spec.name, spec.summary);
  std::string footer;
  for (const char* paragraph : spec.details) footer += std::string(footer.empty() ? "" : "\n") + paragraph;
  command->footer(footer);
  for (const OptionSpec& option : spec.options) add_option(*command, option, values[option.name]);
  return command;
}

// CLI11 takes no word behind "--" for a file where there has been one before. They are all files, so a name that begins with a dash can be
// written in another way.
std::vector<std::string> without_dashes(std::vector<std::string> words) {
  const auto mark = std::ranges::find(words, "--");
  if (mark == words.end()) return words;
  for (auto word = mark + 1; word != words.end(); ++word)
    if (word->size() > 1 && word->starts_with('-')) *word = "./" + *word;
  words.erase(mark);
  return words;
}

}  // namespace

std::span<const CommandSpec> commands() { return kCommands; }

const std::vector<std::string>& Arguments::all(const std::string& name) const {
  static const std::vector<std::string> kNone;
  const auto found = values.find(name);
  return found != values.end() ? found->second : kNone;
}

std::string Arguments::one(const std::string& name, const std::string& otherwise) const {
  const auto& words = all(name);
  return words.empty() ? otherwise : words.front();
}

Parsing parse(const std::vector<std::string>& words) {
  CLI::App app(std::string("efilite: ") + kSummary, kProgram);
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);
  std::vector<std::map<std::string, std::vector<std::string>>> values(commands().size());
  std::vector<CLI::App*> apps;
  for (size_t i = 0; i < commands().size(); ++i) apps.push_back(add_command(app, commands()[i], values[i]));
  Parsing parsing;
  try {
    std::vector<std::string> all = without_dashes(words);
    std::ranges::reverse(all);  // CLI11 takes them from the end
    app.parse(std::move(all));
  } catch (const CLI::CallForHelp&) {
    parsing.help = app.help();
    return parsing;
  } catch (const CLI::ParseError& error) {
    parsing.error = error.what();
    return parsing;
  }
  for (size_t i = 0; i < apps.size(); ++i) {
    if (!apps[i]->parsed()) continue;
    std::erase_if(values[i], [](const auto& entry) { return entry.second.empty(); });
    parsing.arguments = Arguments{&commands()[i], std::move(values[i])};
  }
  return parsing;
}

}  // namespace efilite::cli
