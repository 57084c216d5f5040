// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "formats/input.hpp"

namespace efilite::formats {

Parsed<> Input::read(uint64_t offset, MutableByteSpan out, const char* field) const {
  if (!holds(offset, out.size())) return Problem{offset, field, "lies behind the end of the file", size()};
  if (!source_.read(offset, out)) return Problem{offset, field, "cannot be read"};
  return {};
}

}  // namespace efilite::formats
