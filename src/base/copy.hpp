// SPDX-License-Identifier: BSD-2-Clause-Patent
// copy_bulk: memcpy for megabytes. The build's arch room knows what is best there; small or overlapping pieces are memcpy's and memmove's.
#pragma once

#include <cstddef>

namespace efilite {

void copy_bulk(void* destination, const void* source, size_t length);

}  // namespace efilite
