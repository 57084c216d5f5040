// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_LOAD_OPTION [UEFI 2.10, 3.1.3], the content of Boot####, Driver####, SysPrep#### and PlatformRecovery####. Anything may stand in
// such a variable: what is not a load option in every byte is refused.
#pragma once

#include <string_view>

#include "abi/uefi/boot_options.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"

namespace efilite::boot {

// Views into the variable's bytes.
struct LoadOption {
  uint32_t attributes = 0;
  ByteSpan description;    // UCS-2 without its NUL, not aligned
  ByteSpan paths;          // FilePathList: whole paths, one at least
  ByteSpan first_path;     // of those, the one that is booted; the others are the OS vendor's own
  ByteSpan optional_data;  // what the image gets as its LoadOptions

  bool active() const { return (attributes & efi::kLoadOptionActive) != 0; }
  bool hidden() const { return (attributes & efi::kLoadOptionHidden) != 0; }
  uint32_t category() const { return attributes & efi::kLoadOptionCategory; }
};

// INVALID_PARAMETER: a description without its NUL, a list that reaches behind the end, has no path, or in which a path does not end just
// where the list or the next path begins.
Result<LoadOption> parse_load_option(ByteSpan bytes);

}  // namespace efilite::boot
