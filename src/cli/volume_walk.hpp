// SPDX-License-Identifier: BSD-2-Clause-Patent
// What can be booted in a volume, whatever its file system is.
#pragma once

#include "cli/disk.hpp"
#include "core/storage_ports.hpp"

namespace efilite::cli {

void walk_volume(core::FileSystem& volume, formats::Wish wish, VolumeReport& report);

}  // namespace efilite::cli
