// SPDX-License-Identifier: BSD-2-Clause-Patent
// The variables that tell which consoles and languages there are, and which of them are in use [UEFI 2.10, 3.3].
#pragma once

#include <span>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "runtime/variables.hpp"

namespace efilite::boot {

// `console` is the device path of the one console, empty: it has none. What the store brings along is kept as far as it names something
// that is there, and becomes the default otherwise. To be called once the store's own content is in place.
Result<> set_console_variables(runtime::VariableStore& store, ByteSpan console);

// The language that programs are to be spoken to in, as it stands in the store now; empty: there is none, or it does not fit the buffer.
std::string_view platform_language(const runtime::VariableStore& store, std::span<char> buffer);

}  // namespace efilite::boot
