// SPDX-License-Identifier: BSD-2-Clause-Patent
// Hypervisors that are told by a command line: QEMU and Cloud Hypervisor.
#include <fmt/format.h>

#include "cli/machine.hpp"
#include "cli/quote.hpp"

namespace efilite::cli {

namespace {

// A command of the shell, an option a line.
class Command {
 public:
  explicit Command(std::string_view program) : text_(program) {}
  void add(const char* option) { text_ += fmt::format(" \\\n    {}", option); }
  void add(const char* option, std::string_view value) { text_ += fmt::format(" \\\n    {} {}", option, shell_word(value)); }
  // Another value of the option before.
  void more(std::string_view value) { text_ += ' ' + shell_word(value); }
  std::string text() const { return text_ + '\n'; }

 private:
  std::string text_;
};

bool is_plain(std::string_view path) { return path.find_first_of(",\"[]") == path.npos; }

}  // namespace

Outcome<std::string> qemu_command(const Machine& machine) {
  Command command("qemu-system-x86_64");
  command.add("-name", qemu_value(machine.name));
  command.add("-M", machine.is_microvm ? "microvm,acpi=on,accel=kvm:tcg" : "q35,accel=kvm:tcg");
  command.add("-cpu", "max");
  command.add("-m", fmt::format("{}M", machine.memory_mib));
  command.add("-smp", fmt::format("{}", machine.cpus));
  command.add("-nodefaults");
  command.add("-no-user-config");
  command.add("-display", "none");
  command.add("-serial", "mon:stdio");
  const char* bus = machine.is_microvm ? "device" : "pci";
  for (size_t i = 0; i < machine.disks.size(); ++i) {
    const MachineDisk& disk = machine.disks[i];
    command.add("-drive", fmt::format("if=none,id=disk{},format={},file={}", i, disk.is_qcow2 ? "qcow2" : "raw", qemu_value(disk.path)));
    command.add("-device", fmt::format("virtio-blk-{},drive=disk{}", bus, i));
  }
  command.add("-kernel", machine.firmware);
  // A disk is a RAM disk as initrd alone.
  if (machine.is_ram_disk) command.add("-initrd", machine.image);
  else if (!machine.image.empty()) command.add("-fw_cfg", fmt::format("name=opt/efilite/kernel,file={}", qemu_value(machine.image)));
  if (machine.initrd) command.add("-fw_cfg", fmt::format("name=opt/efilite/initrd,file={}", qemu_value(*machine.initrd)));
  if (!machine.cmdline.empty()) command.add("-append", machine.cmdline);
  return command.text();
}

Outcome<std::string> cloud_hypervisor_command(const Machine& machine) {
  if (machine.initrd) return Failure{"Cloud Hypervisor hands on one file beside efilite: make one of kernel and initrd by efilite pack"};
  Command command("cloud-hypervisor");
  command.add("--kernel", machine.firmware);
  if (!machine.image.empty()) command.add("--initramfs", machine.image);
  if (!machine.cmdline.empty()) command.add("--cmdline", machine.cmdline);
  command.add("--cpus", fmt::format("boot={}", machine.cpus));
  command.add("--memory", fmt::format("size={}M", machine.memory_mib));
  command.add("--serial", "tty");
  command.add("--console", "off");
  for (size_t i = 0; i < machine.disks.size(); ++i) {
    const std::string& path = machine.disks[i].path;
    if (!is_plain(path)) return Failure{path + ": Cloud Hypervisor cannot be told a name with a comma, a quote or a bracket"};
    if (i == 0) command.add("--disk", "path=" + path);
    else command.more("path=" + path);
  }
  return command.text();
}

}  // namespace efilite::cli
