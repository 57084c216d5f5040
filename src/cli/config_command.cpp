// SPDX-License-Identifier: BSD-2-Clause-Patent
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "cli/commands.hpp"
#include "cli/describe.hpp"
#include "cli/disk.hpp"
#include "cli/input_file.hpp"
#include "cli/inspect.hpp"
#include "cli/machine.hpp"
#include "cli/printable.hpp"

namespace efilite::cli {

Outcome<std::string> disk_name(const char* prefix, size_t index) {
  if (index >= 26) return Failure{"there are more disks than letters"};
  return fmt::format("{}{}", prefix, static_cast<char>('a' + index));
}

namespace {

constexpr size_t kLongestCmdline = 4095;  // docs/options.md

struct Target {
  const char* name;
  const char* console;     // as Linux calls it
  bool wants_full_paths;   // it is not started where the command was given
  bool is_xen;
  Outcome<std::string> (*write)(const Machine& machine);
};

// Of "libvirt" there are two.
constexpr Target kTargets[] = {
    {"qemu", "ttyS0", false, false, qemu_command},
    {"xl", "hvc0", true, true, xl_configuration},
    {"libvirt", "ttyS0", true, false, libvirt_kvm_xml},
    {"libvirt-xen", "hvc0", true, true, libvirt_xen_xml},
    {"cloud-hypervisor", "ttyS0", false, false, cloud_hypervisor_command},
    {"firecracker", "ttyS0", false, false, firecracker_json},
};

std::optional<uint64_t> number(std::string_view text, uint64_t most) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value > 0 && value <= most ? std::optional(value) : std::nullopt;
}

// In MiB: 512, 512M, 2G.
std::optional<uint64_t> memory_size(std::string_view text) {
  constexpr uint64_t kMost = uint64_t{1} << 24;  // 16 TiB
  const bool is_gib = text.ends_with('G');
  if (is_gib || text.ends_with('M')) text.remove_suffix(1);
  const auto value = number(text, is_gib ? kMost / 1024 : kMost);
  return value && is_gib ? std::optional(*value * 1024) : value;
}

std::optional<uint64_t> processors(std::string_view text) { return number(text, 1024); }

std::string stem_of(const std::string& path) {
  std::string name = std::filesystem::path(path).stem().string();
  std::ranges::replace_if(name, [](char c) { return !isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_' && c != '.'; }, '-');
  while (name.starts_with('-') || name.starts_with('.')) name.erase(0, 1);
  return name.empty() ? "efilite" : name;
}

class Configurator {
 public:
  Configurator(const Arguments& arguments, const Target& target) : arguments_(arguments), target_(target) {}

  Outcome<Machine> machine() {
    machine_.memory_mib = *memory_size(arguments_.one("--memory", "512"));
    machine_.cpus = *processors(arguments_.one("--cpus", "1"));
    machine_.is_microvm = arguments_.one("--machine") == "microvm";
    TRY(set_files());
    machine_.cmdline = arguments_.one("--cmdline");
    if (machine_.cmdline.size() > kLongestCmdline) return Failure{fmt::format("efilite cuts a command line at {} bytes", kLongestCmdline)};
    if (machine_.cmdline.find_first_of("\n\r") != std::string::npos) return Failure{"the command line has several lines"};
    advise();
    return machine_;
  }
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  Outcome<> set_files() {
    const std::string image = arguments_.one("--image", arguments_.one("--kernel"));
    for (const std::string& path : arguments_.all("--disk")) TRY(add_disk(path));
    if (!image.empty()) TRY(check_image(image));
    machine_.firmware = path_for(arguments_.one("--firmware", kDefaultFirmware));
    if (arguments_.has("--initrd")) {
      const auto initrd = InputFile::open(arguments_.one("--initrd"));
      if (!initrd) return Failure{arguments_.one("--initrd") + ": " + initrd.error().text};
      bytes_ += (*initrd)->size();
      machine_.initrd = path_for(arguments_.one("--initrd"));
    }
    if (!image.empty()) machine_.image = path_for(image);
    machine_.name = arguments_.one("--name", stem_of(image.empty() ? machine_.disks[0].path : image));
    return {};
  }

  std::string path_for(const std::string& path) const {
    return target_.wants_full_paths ? std::filesystem::absolute(path).lexically_normal().string() : path;
  }

  Outcome<> add_disk(const std::string& path) {
    MachineDisk disk{path_for(path), false, false};
    std::error_code none;
    disk.is_device = std::filesystem::is_block_file(path, none);
    if (!std::filesystem::exists(path, none)) {
      warnings_.push_back(path + ": there is no such file here; it is taken for a raw image");
      disk.is_device = path.starts_with("/dev/");
    } else if (auto file = InputFile::open(path)) {
      disk.is_qcow2 = has_bytes(formats::Input(**file), 0, kQcow2Magic);
    } else if (!std::filesystem::is_block_file(path, none)) {
      return Failure{path + ": " + file.error().text};
    }
    machine_.disks.push_back(std::move(disk));
    return {};
  }

  Outcome<> check_image(const std::string& path) {
    const auto file = InputFile::open(path);
    if (!file) return Failure{path + ": " + file.error().text};
    bytes_ += (*file)->size();
    auto report = inspect(**file, path, formats::Wish::Any);
    if (!report) return check_ram_disk(**file, path, report.error());
    if (!report->problems.empty()) warnings_.push_back(path + ": " + text_of(report->problems[0]));
    if (report->refusal) return Failure{path + ": efilite refuses it: " + *report->refusal};
    if (!report->chosen) return Failure{path + ": efilite cannot start it: " + report->why};
    if (*report->chosen == formats::BootEntry::XenPv && !target_.is_xen) return Failure{path + ": has the PV entry alone, which needs Xen"};
    const bool is_uki = !report->inside.empty();
    if (is_uki && arguments_.has("--initrd")) return Failure{path + ": is a unified kernel image and brings its own initrd"};
    is_linux_ = is_uki || std::ranges::any_of(report->groups, [](const Group& group) { return group.key == "linux"; });
    if (!is_linux_ && arguments_.has("--kernel")) warnings_.push_back(path + ": is no Linux kernel");
    return {};
  }

  // A disk may stand in a program's place.
  Outcome<> check_ram_disk(core::ByteSource& source, const std::string& path, const Failure& otherwise) {
    const auto disk = inspect_disk(source, path, formats::Wish::Any);
    if (!disk) return Failure{path + ": " + otherwise.text};
    if (disk->boots.empty()) return Failure{path + ": is a disk image without an \\EFI\\BOOT\\BOOTX64.EFI that efilite can start"};
    if (arguments_.has("--initrd")) return Failure{path + ": is a disk image, which has no initrd beside it"};
    machine_.is_ram_disk = true;
    return {};
  }

  void advise() {
    const uint64_t bytes = machine_.memory_mib << 20;
    if (bytes / 3 < bytes_)
      warnings_.push_back(fmt::format("{} MiB of memory are little for {} MiB of files", machine_.memory_mib, (bytes_ >> 20) + 1));
    const std::string wanted = std::string("console=") + target_.console;
    if (is_linux_ && !machine_.cmdline.empty() && machine_.cmdline.find(wanted) == std::string::npos)
      warnings_.push_back("Linux will say nothing without " + wanted + " on its command line");
    if (std::string_view(target_.name) == "cloud-hypervisor" || std::string_view(target_.name) == "firecracker")
      warnings_.emplace_back("efilite is not tested on this hypervisor yet");
  }

  const Arguments& arguments_;
  const Target& target_;
  Machine machine_;
  std::vector<std::string> warnings_;
  uint64_t bytes_ = 0;
  bool is_linux_ = false;
};

const Target& target_of(const Arguments& arguments) {
  std::string name = arguments.one("HYPERVISOR");
  if (name == "libvirt" && arguments.one("--domain") == "xen") name = "libvirt-xen";
  return *std::ranges::find(kTargets, name, &Target::name);
}

std::string contradiction(const Arguments& arguments) {
  const std::string hypervisor = arguments.one("HYPERVISOR");
  for (const char* option : {"--image", "--kernel", "--initrd", "--disk", "--firmware"})
    if (std::ranges::contains(arguments.all(option), "-")) return std::string(option) + ": a hypervisor wants a file that has a name";
  if (arguments.has("--image") && arguments.has("--kernel")) return "--image and --kernel exclude each other";
  if (arguments.has("--initrd") && !arguments.has("--kernel")) return "--initrd goes with --kernel";
  if (arguments.has("--domain") && hypervisor != "libvirt") return "--domain goes with libvirt";
  if (arguments.has("--machine") && hypervisor != "qemu") return "--machine goes with qemu";
  if (!arguments.has("--image") && !arguments.has("--kernel") && !arguments.has("--disk"))
    return "there is nothing to start: give --image, --kernel or --disk";
  const std::string memory = arguments.one("--memory", "512"), cpus = arguments.one("--cpus", "1");
  if (!memory_size(memory)) return "--memory: '" + memory + "' is no size such as 512, 512M or 2G";
  if (!processors(cpus)) return "--cpus: '" + cpus + "' is no number of processors";
  const std::string name = arguments.one("--name", "x");
  if (name.empty() || name.find_first_of("/\n") != std::string::npos) return "--name: is empty, or has a / in it";
  return "";
}

}  // namespace

Output run_config(const Arguments& arguments) {
  if (const std::string text = contradiction(arguments); !text.empty()) return usage_error(text);
  const Target& target = target_of(arguments);
  Configurator configurator(arguments, target);
  const auto machine = configurator.machine();
  Output output;
  for (const std::string& warning : configurator.warnings()) output.err += error_line("warning: " + warning);
  const auto text = machine ? target.write(*machine) : Outcome<std::string>(machine.error());
  if (text) {
    output.out = *text;
  } else {
    output.err += error_line(text.error().text);
    output.status = Exit::Failed;
  }
  return output;
}

}  // namespace efilite::cli
