// SPDX-License-Identifier: BSD-2-Clause-Patent
// Reports as JSON for programs: docs/cli.md has its schema.
#pragma once

#include <expected>
#include <span>

#include "cli/disk.hpp"
#include "cli/facts.hpp"
#include "cli/outcome.hpp"

namespace efilite::cli {

// Of a file or a disk: what was found out, or why nothing was.
template <typename T>
struct Answer {
  std::string name;
  Outcome<T> result;
};

std::string to_json(std::span<const Answer<Report>> files);
std::string to_json(std::span<const Answer<DiskReport>> disks);

}  // namespace efilite::cli
