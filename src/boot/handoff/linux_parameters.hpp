// SPDX-License-Identifier: BSD-2-Clause-Patent
// What a Linux kernel reads when it is started without EFI's entry: boot_params, "the zero page" [Linux
// Documentation/arch/x86/zero-page.rst], and what hangs on it, in one run of pages.
#pragma once

#include <asm/bootparam.h>

#include <array>
#include <string_view>

#include "boot/handoff/linux_plan.hpp"

namespace efilite::boot {

// Lies over pages that become the kernel's; every address that is told to the kernel is that of memory itself.
class LinuxParameters {
 public:
  static constexpr size_t kSeedSize = 32;  // as many as Linux passes to the next kernel by kexec
  // What set_memory() will find may be `descriptors` long.
  static uint64_t size_for(std::string_view command_line, size_t descriptors);

  LinuxParameters(MutableByteSpan pages, const formats::BzImage& image, const LinuxPlace& place);

  boot_params* zero_page() { return &at_->params; }
  const uint64_t* gdt() const { return at_->gdt.data(); }

  // Once, and before set_memory(). False: it is cut off, for the kernel takes no more.
  bool set_command_line(std::string_view text, const LinuxPlan& plan);
  void set_initrd(PhysRange initrd);
  void set_acpi(PhysAddr rsdp) { at_->params.acpi_rsdp_addr = rsdp.value; }
  // Random bytes for the kernel's generator; one of before 2.09 has no place for them.
  void add_seed(const std::array<std::byte, kSeedSize>& seed);
  // The last memory map of boot services, as the kernel gets it from a BIOS. What is too much for a kernel of before 2.09 is left out.
  void set_memory(ByteSpan descriptors);
  // The same as EFI has it, and the rest of what the kernel's own EFI entry would have told.
  void set_efi(PhysAddr system_table, ByteSpan descriptors);

 private:
  struct Node {  // setup_data
    uint64_t next;
    uint32_t type;
    uint32_t length;
  };
  struct Layout {
    boot_params params;
    std::array<uint64_t, 4> gdt;
    Node seed;
    std::array<std::byte, kSeedSize> seed_bytes;
    Node more_memory;  // followed by its entries
  };
  static_assert(sizeof(Layout) == offsetof(Layout, more_memory) + sizeof(setup_data));

  void add(Node& node, uint32_t type, uint64_t length);
  boot_e820_entry* entry_at(size_t index);

  Layout* at_;
  MutableByteSpan behind_;  // room for more_memory's entries, and for the command line in the end
};

}  // namespace efilite::boot
