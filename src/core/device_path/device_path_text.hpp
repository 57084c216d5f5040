// SPDX-License-Identifier: BSD-2-Clause-Patent
// Device paths as text and back [UEFI 2.10, 10.6]. Text and paths come from `heap` and belong to the caller.
// Without display_only every text reads back as the very same bytes: a node whose contents its own form cannot tell is written in the
// generic form, Path(type,subtype,data) or its short names for the known types.
#pragma once

#include "abi/uefi/text_protocols.hpp"
#include "core/device_path/device_path.hpp"

namespace efilite::core::device_path {

// INVALID_PARAMETER for nullptr and what is malformed; OUT_OF_RESOURCES.
Result<char16_t*> node_to_text(Heap& heap, const efi::DevicePath* node, bool display_only, bool allow_shortcuts);
Result<char16_t*> path_to_text(Heap& heap, const efi::DevicePath* path, bool display_only, bool allow_shortcuts);

// Names and words are understood in upper and lower case, numbers in decimal or with 0x, parameters missing at the end are zeros. What has
// no known name is a file path; a known name with parameters that make no sense is INVALID_PARAMETER.
Result<efi::DevicePath*> node_from_text(Heap& heap, const char16_t* text);
Result<efi::DevicePath*> path_from_text(Heap& heap, const char16_t* text);

class Growing;
// Appends the node that `text` stands for.
Result<> parse_node(Growing& out, std::u16string_view text);
// Cuts the first node's text off: up to a "/" or "," outside parentheses, which `separator` becomes (0 at the end of the text).
Result<std::u16string_view> next_node_text(std::u16string_view& text, char16_t& separator);

efi::DevicePathToTextProtocol& to_text_protocol();
efi::DevicePathFromTextProtocol& from_text_protocol();

}  // namespace efilite::core::device_path
