// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace efilite {

void check_failed(const char* expression, const char* file, int line) {
  fprintf(stderr, "CHECK failed: %s at %s:%d\n", expression, file, line);
  abort();
}

}  // namespace efilite
