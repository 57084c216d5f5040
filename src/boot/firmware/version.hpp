// SPDX-License-Identifier: BSD-2-Clause-Patent
#pragma once

#include <string_view>

namespace efilite::boot {

inline constexpr std::string_view kVersion = "0.1";

}  // namespace efilite::boot
