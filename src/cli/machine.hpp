// SPDX-License-Identifier: BSD-2-Clause-Patent
// A virtual machine that is to start something by efilite, and its configuration in the languages of several hypervisors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/outcome.hpp"

namespace efilite::cli {

struct MachineDisk {
  std::string path;
  bool is_qcow2 = false;
  bool is_device = false;  // a block device of the host
};

struct Machine {
  std::string name;
  std::string firmware;
  std::string image;                  // what efilite starts; empty: what is on the disks
  bool is_ram_disk = false;           // the image is a disk, which stays in memory
  std::optional<std::string> initrd;  // beside a kernel
  std::string cmdline;
  std::vector<MachineDisk> disks;
  uint64_t memory_mib = 512;
  uint64_t cpus = 1;
  bool is_microvm = false;  // QEMU's machine
};

// vda, vdb ... as far as there are letters.
Outcome<std::string> disk_name(const char* prefix, size_t index);

// All give a failure for what the hypervisor cannot do, or cannot be told.
Outcome<std::string> qemu_command(const Machine& machine);
Outcome<std::string> cloud_hypervisor_command(const Machine& machine);
Outcome<std::string> firecracker_json(const Machine& machine);
Outcome<std::string> xl_configuration(const Machine& machine);
Outcome<std::string> libvirt_kvm_xml(const Machine& machine);
Outcome<std::string> libvirt_xen_xml(const Machine& machine);

}  // namespace efilite::cli
