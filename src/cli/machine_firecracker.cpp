// SPDX-License-Identifier: BSD-2-Clause-Patent
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/machine.hpp"
#include "cli/printable.hpp"

namespace efilite::cli {

Outcome<std::string> firecracker_json(const Machine& machine) {
  constexpr size_t kLongestCmdline = 2047;  // with its NUL, which Firecracker adds, 2048 bytes
  constexpr uint64_t kMostCpus = 32;
  using Json = nlohmann::ordered_json;
  if (machine.initrd) return Failure{"Firecracker hands on one file beside efilite: make one of kernel and initrd by efilite pack"};
  if (machine.cmdline.size() > kLongestCmdline) return Failure{"Firecracker takes a command line of 2047 bytes, and no more"};
  if (machine.cpus > kMostCpus) return Failure{fmt::format("Firecracker has {} processors at most", kMostCpus)};
  Json boot = Json::object();
  boot["kernel_image_path"] = machine.firmware;
  if (!machine.image.empty()) boot["initrd_path"] = machine.image;
  boot["boot_args"] = machine.cmdline;  // without one Firecracker has words of its own
  Json drives = Json::array();
  for (size_t i = 0; i < machine.disks.size(); ++i) {
    const MachineDisk& disk = machine.disks[i];
    if (disk.is_qcow2) return Failure{disk.path + ": Firecracker takes raw images: convert it by qemu-img convert -O raw"};
    Json drive = Json::object();
    drive["drive_id"] = fmt::format("disk{}", i);
    drive["path_on_host"] = disk.path;
    drive["is_root_device"] = false;  // nothing on the command line is to be changed
    drive["is_read_only"] = false;
    drives.push_back(std::move(drive));
  }
  for (const std::string* text : {&machine.firmware, &machine.image, &machine.cmdline})
    if (utf8(*text) != *text) return Failure{printable(*text) + ": is no UTF-8, which JSON wants"};
  Json whole = Json::object();
  whole["boot-source"] = std::move(boot);
  whole["drives"] = std::move(drives);
  whole["machine-config"] = Json::object();
  whole["machine-config"]["vcpu_count"] = machine.cpus;
  whole["machine-config"]["mem_size_mib"] = machine.memory_mib;
  return whole.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace efilite::cli
