// SPDX-License-Identifier: BSD-2-Clause-Patent
// The variables that tell which consoles and languages there are, and which of them are in use [UEFI 2.10, 3.3].
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "runtime/variables.hpp"

namespace efilite::boot {

// `console` is the device path of the one console, empty: it has none. What the store brings along is kept as far as it names something
// that is there, and becomes the default otherwise. To be called once the store's own content is in place.
Result<> set_console_variables(runtime::VariableStore& store, ByteSpan console);

}  // namespace efilite::boot
