// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "base/copy.hpp"

#include <cstring>

namespace efilite {

void copy_bulk(void* destination, const void* source, size_t length) {
  if (length != 0) memcpy(destination, source, length);
}

void clear_bulk(void* destination, size_t length) { memset(destination, 0, length); }

}  // namespace efilite
