// SPDX-License-Identifier: BSD-2-Clause-Patent
// Domains of libvirt, for KVM and for Xen (docs/xen.md).
#include <fmt/format.h>

#include "cli/machine.hpp"
#include "cli/quote.hpp"

namespace efilite::cli {

namespace {

Outcome<> check(const Machine& machine) {
  std::vector<std::string> texts{machine.name, machine.firmware, machine.image, machine.cmdline, machine.initrd.value_or("")};
  for (const MachineDisk& disk : machine.disks) texts.push_back(disk.path);
  for (const std::string& text : texts)
    if (!fits_xml(text)) return Failure{"XML can have neither control characters nor what is no UTF-8 in it"};
  return {};
}

// What of a domain is the hypervisor's own matter.
struct Dialect {
  const char* type;
  std::string before_os;
  std::string type_of_os;
  std::string after_os;
  const char* disk_prefix;
  const char* disk_bus;
  const char* devices;
  bool has_initrd;  // the image goes into <initrd>
  bool is_xen;
};

std::string disk_driver(const MachineDisk& disk, bool is_xen) {
  if (is_xen && disk.is_device) return "<driver name='phy'/>";
  return fmt::format("<driver name='qemu' type='{}'/>", disk.is_qcow2 ? "qcow2" : "raw");
}

Outcome<std::string> disks_of(const Machine& machine, const Dialect& dialect) {
  std::string out;
  for (size_t i = 0; i < machine.disks.size(); ++i) {
    const MachineDisk& disk = machine.disks[i];
    out += fmt::format("    <disk type='{}' device='disk'>\n", disk.is_device ? "block" : "file");
    out += fmt::format("      {}\n", disk_driver(disk, dialect.is_xen));
    out += fmt::format("      <source {}='{}'/>\n", disk.is_device ? "dev" : "file", xml_text(disk.path));
    const std::string name = TRY(disk_name(dialect.disk_prefix, i));
    out += fmt::format("      <target dev='{}' bus='{}'/>\n    </disk>\n", name, dialect.disk_bus);
  }
  return out;
}

Outcome<std::string> domain(const Machine& machine, const Dialect& dialect) {
  TRY(check(machine));
  std::string out = fmt::format("<domain type='{}'>\n", dialect.type);
  auto element = [&](const char* indent, const char* name, std::string_view value) {
    out += fmt::format("{}<{}>{}</{}>\n", indent, name, xml_text(value), name);
  };
  element("  ", "name", machine.name);
  out += fmt::format("  <memory unit='MiB'>{}</memory>\n", machine.memory_mib);
  element("  ", "vcpu", std::to_string(machine.cpus));
  out += dialect.before_os + "  <os>\n    " + dialect.type_of_os + '\n';
  element("    ", "kernel", machine.firmware);
  if (dialect.has_initrd && !machine.image.empty()) element("    ", "initrd", machine.image);
  if (!machine.cmdline.empty()) element("    ", "cmdline", machine.cmdline);
  out += "  </os>\n" + dialect.after_os + "  <clock offset='utc'/>\n";
  element("  ", "on_poweroff", "destroy");
  element("  ", "on_reboot", "restart");
  element("  ", "on_crash", "destroy");
  out += "  <devices>\n" + TRY(disks_of(machine, dialect)) + dialect.devices;
  return out + "  </devices>\n</domain>\n";
}

// [libvirt, domain XML, SMBIOS System Information] files of fw_cfg: <initrd> has place for one file alone.
std::string fw_cfg_files(const Machine& machine) {
  if (machine.image.empty() || machine.is_ram_disk) return "";
  auto entry = [](const char* name, const std::string& file) {
    return fmt::format("    <entry name='opt/efilite/{}' file='{}'/>\n", name, xml_text(file));
  };
  return "  <sysinfo type='fwcfg'>\n" + entry("kernel", machine.image) + (machine.initrd ? entry("initrd", *machine.initrd) : "") +
         "  </sysinfo>\n";
}

}  // namespace

Outcome<std::string> libvirt_kvm_xml(const Machine& machine) {
  return domain(machine, {.type = "kvm",
                          .before_os = fw_cfg_files(machine),
                          .type_of_os = "<type arch='x86_64' machine='q35'>hvm</type>",
                          .after_os = "  <features>\n    <acpi/>\n    <apic/>\n  </features>\n  <cpu mode='host-passthrough'/>\n",
                          .disk_prefix = "vd",
                          .disk_bus = "virtio",
                          .devices = "    <serial type='pty'/>\n    <console type='pty'/>\n    <rng model='virtio'>\n"
                                     "      <backend model='random'>/dev/urandom</backend>\n    </rng>\n",
                          .has_initrd = machine.is_ram_disk,
                          .is_xen = false});
}

Outcome<std::string> libvirt_xen_xml(const Machine& machine) {
  if (machine.initrd) return Failure{"libvirt has no place for two files beside Xen's kernel: make one of them by efilite pack"};
  return domain(machine, {.type = "xen",
                          .before_os = "",
                          .type_of_os = "<type arch='x86_64' machine='xenpvh'>xenpvh</type>",
                          .after_os = "",
                          .disk_prefix = "xvd",
                          .disk_bus = "xen",
                          .devices = "    <console type='pty'>\n      <target type='xen' port='0'/>\n    </console>\n",
                          .has_initrd = true,
                          .is_xen = true});
}

}  // namespace efilite::cli
