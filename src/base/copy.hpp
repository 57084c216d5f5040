// SPDX-License-Identifier: BSD-2-Clause-Patent
// memcpy and memset to zero for megabytes. The build's arch room knows what is best there; small or overlapping pieces are memcpy's,
// memmove's and memset's.
#pragma once

#include <cstddef>

namespace efilite {

void copy_bulk(void* destination, const void* source, size_t length);
void clear_bulk(void* destination, size_t length);

}  // namespace efilite
