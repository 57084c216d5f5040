// SPDX-License-Identifier: BSD-2-Clause-Patent
// A new file, there as a whole or not at all.
#pragma once

#include "cli/outcome.hpp"

namespace efilite::cli {

Outcome<> write_file(const std::string& name, std::string_view contents);

}  // namespace efilite::cli
