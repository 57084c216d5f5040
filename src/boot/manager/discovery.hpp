// SPDX-License-Identifier: BSD-2-Clause-Patent
// What the boot manager asks of whoever finds the machine's devices. Nothing is looked at before it asks, and never more than it asks for:
// a machine with many disks starts its first one without touching the others.
#pragma once

#include "abi/uefi/protocols.hpp"
#include "base/result.hpp"

namespace efilite::boot {

// Called at TPL_APPLICATION, outside of any service: drivers are called, which may be a program's. The first call of either scans the
// buses.
class Discovery {
 public:
  // Starts what stands behind the longest beginning of `path` that is a device's, and all below it, so that the handle of the whole device
  // is there if there is such a device: PciRoot(0x0)/Pci(0x4,0x0)/HD(...)/\file connects that one disk and its partitions. A `path` that
  // names a device which is there already costs nothing. NOT_FOUND: no device of the machine has a beginning of this path. Afterwards the
  // device counts as connected for connect_next(), too.
  virtual Result<> connect_path(const efi::DevicePath* path) = 0;

  // Connects the next device that may have disks of this kind and that nobody has connected yet, with all that is below it: its partitions
  // and volumes are there afterwards. One virtio-blk device, or one SCSI controller with all its units; devices that cannot be such disks
  // are left alone. In the order in which the buses name them. A device that fails or has no medium counts, too. False: none was left.
  enum class Media : uint8_t {
    MayBeRemovable,  // SCSI controllers: they may have CD drives. A virtio-blk device is always a fixed disk
    Any,
  };
  virtual bool connect_next(Media kind) = 0;

 protected:
  ~Discovery() = default;
};

}  // namespace efilite::boot
