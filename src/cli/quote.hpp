// SPDX-License-Identifier: BSD-2-Clause-Patent
// Words as the readers of configurations want them.
#pragma once

#include <string>
#include <string_view>

namespace efilite::cli {

std::string shell_word(std::string_view word);      // for a POSIX shell
std::string qemu_value(std::string_view value);     // in an option of several parts [qemu(1)]: commas are doubled
std::string xl_string(std::string_view value);      // [xl.cfg(5)] with its quotes
std::string xml_text(std::string_view value);       // for an element or an attribute in quotes of either kind
// [XML 1.0, 2.2] neither control characters nor what is no UTF-8, however they are written.
bool fits_xml(std::string_view value);

}  // namespace efilite::cli
