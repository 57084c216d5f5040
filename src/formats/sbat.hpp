// SPDX-License-Identifier: BSD-2-Clause-Patent
// What generation a boot program is of, by which shim revokes old ones [shim SBAT.md]: lines of fields with commas between.
#pragma once

#include <optional>
#include <string_view>

#include "formats/input.hpp"

namespace efilite::formats {

struct SbatEntry {
  std::string_view component;
  uint32_t generation;
  std::string_view vendor;
  std::string_view package;
  std::string_view version;
  std::string_view url;
};

class SbatReader {
 public:
  // The contents of the section; `offset` is where they lie in the file.
  SbatReader(std::string_view text, uint64_t offset);
  // The next line; nullopt behind the last.
  std::optional<Parsed<SbatEntry>> next();

 private:
  std::string_view rest_;
  uint64_t offset_;
};

}  // namespace efilite::formats
