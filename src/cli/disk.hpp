// SPDX-License-Identifier: BSD-2-Clause-Patent
// Looks for everything on a disk that can be booted, by the firmware's partition tables and FAT volumes.
#pragma once

#include "cli/facts.hpp"
#include "cli/outcome.hpp"
#include "core/ports.hpp"

namespace efilite::cli {

inline constexpr std::string_view kQcow2Magic = "QFI\xFB";

struct DiskFile {
  std::string path;  // \EFI\BOOT\BOOTX64.EFI
  bool is_fallback = false;
  std::optional<Report> report;
  std::string error;  // why there is none
};

// [UAPI Boot Loader Specification, type #1] \loader\entries\*.conf
struct LoaderEntry {
  std::string path;
  std::vector<std::pair<std::string, std::string>> lines;
  std::vector<std::string> missing;  // files that it names and the volume has not
};

struct VolumeReport {
  std::string number;  // "1"; "4.1" in an extended partition; empty for a disk that is one volume
  uint64_t first_byte = 0;
  uint64_t size = 0;
  std::string type;
  std::string name;      // of the GPT
  std::string partuuid;  // as efilite.boot=PARTUUID= takes it
  bool is_system = false;
  std::string file_system;  // "FAT", or empty: none that efilite reads
  std::string label;
  std::vector<std::string> remarks;
  std::vector<DiskFile> files;
  std::vector<LoaderEntry> entries;
};

struct DiskReport {
  std::string name;
  uint64_t size = 0;
  uint32_t block_size = 0;
  std::string table;  // "GPT", "MBR", "El Torito"; "none": one volume
  std::string boots;  // what efilite starts of it where no boot option says otherwise; empty: nothing
  std::vector<std::string> remarks;
  std::vector<VolumeReport> volumes;
};

// `block_size`: 0 for what the disk's own table tells.
Outcome<DiskReport> inspect_disk(core::ByteSource& source, const std::string& name, formats::Wish wish, uint32_t block_size = 0);

}  // namespace efilite::cli
