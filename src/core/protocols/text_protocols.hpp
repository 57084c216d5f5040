// SPDX-License-Identifier: BSD-2-Clause-Patent
// The protocols that need nothing but memory: device paths as text and back, collation, decompression.
#pragma once

#include "base/result.hpp"

namespace efilite::core {

class HandleDatabase;

// Installs them all on one new handle. To be called once, when programs may use the handle database.
Result<> install_text_protocols(HandleDatabase& handles);

}  // namespace efilite::core
