// SPDX-License-Identifier: BSD-2-Clause-Patent
// The hypervisor's command line: options that begin with "efilite." are ours, the rest is the payload's.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/static_vector.hpp"
#include "formats/boot_image.hpp"

namespace efilite::boot {

// efilite.log=LEVEL, each including those before it.
enum class LogLevel : uint8_t {
  Quiet,   // quiet: failures alone
  Normal,  // normal (the default): what is started, and anything odd
  Timing,  // timing: one line with the time stamp counter at each step of the boot
  Debug,   // debug: command line, modules, memory map, tables
};

// efilite.console=CHOICE
enum class ConsoleChoice : uint8_t {
  Any,     // what is said without the option: the serial line; where there is none, Xen's console, else a virtio console
  Serial,  // serial: the serial line or nothing
  Virtio,  // virtio: the first virtio console, as without the option where there is none
  Xen,     // xen: the same with Xen's
  Both,    // both: the serial line and what would be the console without it, as far as they are there
};

struct Options {
  LogLevel log = LogLevel::Normal;
  // efilite.boot=, which boot/manager understands; empty: not given. A copy, for the command line's memory is used again.
  StaticVector<char, 512> boot;
  std::optional<uint16_t> timeout;  // efilite.timeout=SECONDS
  ConsoleChoice console = ConsoleChoice::Any;
  formats::Wish entry = formats::Wish::Any;  // efilite.entry=
};

// Takes our options out of `text`, a word being what Linux takes for one: "..." keeps spaces, and everything behind a lone -- belongs to
// init. Unknown options of ours are told in the log by name. The rest goes to `rest` in its order and spacing; its length is returned.
// `rest` has room for text.size() characters, and may be the same memory.
size_t take_options(std::string_view text, Options& options, std::span<char> rest);

// LoadOptions [UEFI 2.10, 9.1]: `text` (UTF-8) as UCS-2 with surrogate pairs, NUL-terminated. Returns the size in bytes including the NUL,
// 0 for a text of nothing but white space. What does not fit is cut off; text.size() + 1 elements always suffice.
uint32_t make_load_options(std::string_view text, std::span<char16_t> out);

}  // namespace efilite::boot
