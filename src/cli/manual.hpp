// SPDX-License-Identifier: BSD-2-Clause-Patent
// The manual page and the shells' completion, made of what the command line is told by.
#pragma once

#include <string>

namespace efilite::cli {

std::string manual_page();
std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

}  // namespace efilite::cli
