// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/xen/cpu.hpp"

#include <array>
#include <string_view>

namespace efilite::drivers::xen {

using arch::HypercallBy;

HypercallBy instruction_of_maker() {
  const CpuidResult r = arch::cpuid(0);
  const std::array<uint32_t, 3> letters = {r.ebx, r.edx, r.ecx};
  const std::string_view maker(reinterpret_cast<const char*>(letters.data()), sizeof letters);
  if (maker == "GenuineIntel") return HypercallBy::Vmcall;
  if (maker == "AuthenticAMD" || maker == "HygonGenuine") return HypercallBy::Vmmcall;
  return HypercallBy::Nothing;
}

// The first entry is that of hypercall 0, so that no byte of its number looks like an instruction.
HypercallBy instruction_in_page(ByteSpan page) {
  constexpr size_t kEntry = 32;
  for (size_t at = 0; at + 3 <= kEntry && at + 3 <= page.size(); ++at) {
    if (page[at] != std::byte{0x0F} || page[at + 1] != std::byte{0x01}) continue;
    if (page[at + 2] == std::byte{0xC1}) return HypercallBy::Vmcall;
    if (page[at + 2] == std::byte{0xD9}) return HypercallBy::Vmmcall;
  }
  return HypercallBy::Nothing;
}

}  // namespace efilite::drivers::xen
