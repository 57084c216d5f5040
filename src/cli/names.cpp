// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "cli/names.hpp"

#include <xen/features.h>

#include "abi/elf.hpp"

namespace efilite::cli {

namespace {

struct Name {
  uint64_t number;
  const char* name;
};

Named look_up(std::span<const Name> names, uint64_t number) {
  for (const Name& known : names)
    if (known.number == number) return {number, known.name};
  return {number, "unknown"};
}

Flags take_apart(std::span<const Name> names, uint64_t number) {
  Flags flags{number, {}};
  for (const Name& known : names)
    if ((number & known.number) != 0) flags.names.push_back(known.name);
  return flags;
}

}  // namespace

Named pe_machine(uint16_t machine) {
  // [PE, machine types; UEFI 2.10, 2.1.1]
  constexpr Name kNames[] = {{pe::kMachineI386, "i386"}, {pe::kMachineAmd64, "x86-64"}, {pe::kMachineArm64, "arm64"}, {0x01C2, "arm"},
                             {0x0200, "ia64"},           {0x0EBC, "ebc"},               {0x5032, "riscv32"},          {0x5064, "riscv64"},
                             {0x5128, "riscv128"},       {0x6232, "loongarch32"},       {0x6264, "loongarch64"}};
  return look_up(kNames, machine);
}

Named pe_subsystem(uint16_t subsystem) {
  constexpr Name kNames[] = {{0, "none"},
                             {1, "native"},
                             {2, "Windows GUI"},
                             {3, "Windows console"},
                             {10, "EFI application"},
                             {11, "EFI boot service driver"},
                             {12, "EFI runtime driver"},
                             {13, "EFI ROM"},
                             {16, "Windows boot application"}};
  return look_up(kNames, subsystem);
}

Named elf_machine(uint16_t machine) {
  constexpr Name kNames[] = {{elf::kMachine386, "i386"}, {elf::kMachineX86_64, "x86-64"}};
  return look_up(kNames, machine);
}

Named multiboot_architecture(uint32_t architecture) {
  constexpr Name kNames[] = {{0, "i386"}, {4, "mips32"}};  // [Multiboot2, 3.1.2]
  return look_up(kNames, architecture);
}

#define FLAG(flag) {flag, #flag}

Flags linux_load_flags(uint8_t flags) {
  constexpr Name kNames[] = {FLAG(LOADED_HIGH), FLAG(KASLR_FLAG), FLAG(QUIET_FLAG), FLAG(KEEP_SEGMENTS), FLAG(CAN_USE_HEAP)};
  return take_apart(kNames, flags);
}

Flags linux_xload_flags(uint16_t flags) {
  constexpr Name kNames[] = {FLAG(XLF_KERNEL_64),  FLAG(XLF_CAN_BE_LOADED_ABOVE_4G), FLAG(XLF_EFI_HANDOVER_32), FLAG(XLF_EFI_HANDOVER_64),
                             FLAG(XLF_EFI_KEXEC),  FLAG(XLF_5LEVEL),                 FLAG(XLF_5LEVEL_ENABLED),
                             {1 << 7, "XLF_MEM_ENCRYPTION"}};  // younger than Debian 12's headers
  return take_apart(kNames, flags);
}

#undef FLAG

Flags xen_features(uint64_t features) {
#define FEATURE(name) {uint64_t{1} << XENFEAT_##name, #name}
  constexpr Name kNames[] = {
      FEATURE(writable_page_tables),
      FEATURE(writable_descriptor_tables),
      FEATURE(auto_translated_physmap),
      FEATURE(supervisor_mode_kernel),
      FEATURE(pae_pgdir_above_4gb),
      FEATURE(mmu_pt_update_preserve_ad),
      FEATURE(highmem_assist),
      FEATURE(gnttab_map_avail_bits),
      FEATURE(hvm_callback_vector),
      FEATURE(hvm_safe_pvclock),
      FEATURE(hvm_pirqs),
      FEATURE(dom0),
      FEATURE(memory_op_vnode_supported),
      FEATURE(ARM_SMCCC_supported),
      FEATURE(linux_rsdp_unrestricted),
      FEATURE(not_direct_mapped),
      FEATURE(direct_mapped),
  };
#undef FEATURE
  return take_apart(kNames, features);
}

}  // namespace efilite::cli
