// SPDX-License-Identifier: BSD-2-Clause-Patent
// A boot as a picture: when each step was done, and what lies where in memory.
#pragma once

#include "cli/report/boot_log.hpp"

namespace efilite::cli {

std::string draw(const BootLog& log);

}  // namespace efilite::cli
