// SPDX-License-Identifier: BSD-2-Clause-Patent
// Who runs this machine, by the CPUID leaves from 0x40000000 on that hypervisors share [Xen public/arch-x86/cpuid.h; Linux
// Documentation/virt/kvm/x86/cpuid.rst].
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace efilite {

struct CpuidResult {
  uint32_t eax, ebx, ecx, edx;
};
using Cpuid = CpuidResult (*)(uint32_t leaf);

// Shorter signatures are filled with NULs.
inline constexpr std::string_view kXenSignature = "XenVMMXenVMM";
inline constexpr std::string_view kKvmSignature{"KVMKVMKVM\0\0\0", 12};
inline constexpr std::string_view kTcgSignature = "TCGTCGTCGTCG";
inline constexpr std::string_view kHyperVSignature = "Microsoft Hv";

struct Hypervisor {
  std::array<char, 12> signature{};  // all NUL: none, or it does not tell
  uint32_t base = 0;                 // the first of its leaves, 0 without a signature
  uint32_t last = 0;                 // the last of them

  bool present() const { return base != 0; }
  bool is(std::string_view name) const { return std::string_view(signature.data(), signature.size()) == name; }
};

// Where a hypervisor plays Hyper-V in front for Windows' sake, its own leaves begin 0x100 or more later: those are taken.
Hypervisor find_hypervisor(Cpuid cpuid);

// Major number << 16 | minor number, by the hypervisors that tell: Xen and Hyper-V. 0: not told.
uint32_t hypervisor_version(const Hypervisor& hypervisor, Cpuid cpuid);

}  // namespace efilite
