// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "abi/hypervisor.hpp"

#include <bit>

namespace efilite {

namespace {

constexpr uint32_t kFirstLeaf = 0x40000000, kBehindLeaves = 0x40010000, kStep = 0x100;

// Without a base when no hypervisor has its leaves there: the CPU answers with whatever its last leaf says.
Hypervisor read_signature(uint32_t base, Cpuid cpuid) {
  const CpuidResult r = cpuid(base);
  // [Linux cpuid.rst] old KVMs say 0 and mean that there is one leaf more.
  const uint32_t last = r.eax == 0 ? base + 1 : r.eax;
  if (last < base || last - base >= kStep || r.ebx == 0) return {};
  return {std::bit_cast<std::array<char, 12>>(std::array{r.ebx, r.ecx, r.edx}), base, last};
}

}  // namespace

Hypervisor find_hypervisor(Cpuid cpuid) {
  Hypervisor first;
  if ((cpuid(1).ecx & 1u << 31) == 0) return first;  // no hypervisor, no leaves
  for (uint32_t base = kFirstLeaf; base < kBehindLeaves; base += kStep) {
    const Hypervisor found = read_signature(base, cpuid);
    if (!found.present()) break;
    if (!found.is(kHyperVSignature)) return found;
    if (!first.present()) first = found;
  }
  return first;
}

uint32_t hypervisor_version(const Hypervisor& hypervisor, Cpuid cpuid) {
  if (hypervisor.is(kXenSignature)) return cpuid(hypervisor.base + 1).eax;
  if (hypervisor.is(kHyperVSignature) && hypervisor.last >= hypervisor.base + 2) return cpuid(hypervisor.base + 2).ebx;
  return 0;
}

}  // namespace efilite
