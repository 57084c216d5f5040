// SPDX-License-Identifier: BSD-2-Clause-Patent
// What stands in files, made fit for a terminal and for JSON.
#pragma once

#include <string>
#include <string_view>

namespace efilite::cli {

// What is no UTF-8, a control character or a change of writing direction becomes \x1b and the like; line feeds stay when `lines`.
std::string printable(std::string_view text, bool lines = false);

// Well-formed UTF-8, with U+FFFD in place of what is none; everything else stays.
std::string utf8(std::string_view text);
std::string utf8(std::u16string_view text);

// Of ASCII's letters.
std::string lower(std::string_view text);

// Characters that a terminal gives a place: code points, which is right for all but combining and wide ones.
size_t width(std::string_view text);

}  // namespace efilite::cli
