// SPDX-License-Identifier: BSD-2-Clause-Patent
// Facts for each part of an image that the parsers have found.
#pragma once

#include "cli/facts.hpp"

namespace efilite::cli {

// What stands there as text, up to its first NUL; `limit` bytes of it at most.
std::string text_at(const formats::Input& input, uint64_t offset, uint64_t size, size_t limit = 65536);

// Whether these bytes stand there; 16 at most.
bool has_bytes(const formats::Input& input, uint64_t offset, std::string_view bytes);

Group describe_pe(const formats::Input& input, const formats::PeFile& file, std::vector<formats::Problem>& problems);
Group describe_uki(const formats::Input& input, const formats::PeFile& file);
Group describe_linux(const formats::Input& input, const formats::BzImage& image);
Group describe_elf(const formats::ElfFile& file);
Group describe_xen(const formats::Input& input, const formats::XenNotes& notes);
Group describe_other_linux(const formats::LinuxImage& image);
Group describe_multiboot(const formats::BootImage& image);

// "UEFI shim 15.8": what SBAT calls a program; empty where there is none.
std::string sbat_name(const formats::Input& input, const formats::PeFile& file);
std::string linux_version(const formats::Input& input, const formats::BzImage& image);
// PRETTY_NAME, or else what names the system, of an os-release file; empty when it says nothing.
std::string os_name(std::string_view os_release);

}  // namespace efilite::cli
