// SPDX-License-Identifier: BSD-2-Clause-Patent
// Guests of Xen by xl, as docs/xen.md has them.
#include <fmt/format.h>

#include "cli/machine.hpp"
#include "cli/quote.hpp"

namespace efilite::cli {

namespace {

// [xl-disk-configuration(5)] target= comes last and may have commas in it.
Outcome<std::string> xl_disk(const MachineDisk& disk, size_t index) {
  const std::string device = TRY(disk_name("xvd", index));
  return fmt::format("format={},vdev={},access=rw,target={}", disk.is_qcow2 ? "qcow2" : "raw", device, disk.path);
}

}  // namespace

Outcome<std::string> xl_configuration(const Machine& machine) {
  std::string out;
  auto add = [&](const char* key, const std::string& value) { out += fmt::format("{} = {}\n", key, value); };
  add("name", xl_string(machine.name));
  add("type", xl_string("pvh"));
  add("memory", std::to_string(machine.memory_mib));
  add("vcpus", std::to_string(machine.cpus));
  if (machine.initrd) {
    // Two files go in the way that is meant for Xen's shim.
    add("pvshim", "1");
    add("pvshim_path", xl_string(machine.firmware));
    add("pvshim_cmdline", xl_string(machine.cmdline));
    add("kernel", xl_string(machine.image));
    add("ramdisk", xl_string(*machine.initrd));
  } else {
    add("kernel", xl_string(machine.firmware));
    if (!machine.image.empty()) add("ramdisk", xl_string(machine.image));
    if (!machine.cmdline.empty()) add("cmdline", xl_string(machine.cmdline));
  }
  if (machine.disks.empty()) return out;
  out += "disk = [\n";
  for (size_t i = 0; i < machine.disks.size(); ++i) out += fmt::format("    {},\n", xl_string(TRY(xl_disk(machine.disks[i], i))));
  return out + "]\n";
}

}  // namespace efilite::cli
