// SPDX-License-Identifier: BSD-2-Clause-Patent
// Looks at an image with the firmware's own parsers.
#pragma once

#include "cli/facts.hpp"
#include "cli/outcome.hpp"
#include "core/ports.hpp"

namespace efilite::cli {

// A failure when the bytes are of no kind that is known, or cannot be read; what is known and malformed is a report with problems.
Outcome<Report> inspect(core::ByteSource& source, const std::string& name, formats::Wish wish);

}  // namespace efilite::cli
