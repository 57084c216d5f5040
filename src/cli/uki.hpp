// SPDX-License-Identifier: BSD-2-Clause-Patent
// Unified kernel images [UAPI group, Unified Kernel Image]: systemd's stub with further sections behind its own.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/outcome.hpp"

namespace efilite::cli {

struct NewSection {
  std::string name;  // 8 characters at most
  std::string contents;
  bool is_code = false;  // [UAPI group] a kernel without a PE entry of its own is run where it lies
};

// `stub` with the sections, in their order: the same input gives the same bytes. A failure when it is no program that efilite's loader
// takes, is signed, has one of these sections, or has no room for their headers.
Outcome<std::string> add_sections(std::string stub, std::span<const NewSection> sections);

// [PE, optional header, CheckSum] of an image whose field lies at `field`.
uint32_t pe_checksum(std::string_view image, size_t field);

struct UkiParts {
  std::string stub;
  std::string kernel;
  std::vector<std::string> initrds;
  std::string cmdline;
  std::string os_release;
  std::string uname;
  std::string splash;
};
// Sections whose contents are empty are left out, but for .cmdline.
Outcome<std::string> make_uki(UkiParts parts);

}  // namespace efilite::cli
