// SPDX-License-Identifier: BSD-2-Clause-Patent
// What each command does.
#pragma once

#include "cli/command_line.hpp"
#include "cli/program.hpp"

namespace efilite::cli {

Output run_inspect(const Arguments& arguments, const Terminal& terminal);
Output run_pack(const Arguments& arguments);
Output run_config(const Arguments& arguments);
Output run_report(const Arguments& arguments);
Output run_generate(const Arguments& arguments);

// Where a package puts it.
inline constexpr const char* kDefaultFirmware = "/usr/share/efilite/efilite.elf";
// Where Debian's systemd-boot-efi has it.
inline constexpr const char* kDefaultStub = "/usr/lib/systemd/boot/efi/linuxx64.efi.stub";

// A line on standard error.
std::string error_line(const std::string& text);
Output usage_error(const std::string& text);

}  // namespace efilite::cli
