// SPDX-License-Identifier: BSD-2-Clause-Patent
// A bzImage of an old protocol, whose place is 1 MiB and no other: where efilite is. It looks at the state of the CPU that it was entered
// in, at itself, and at what it is told in the zero page [Linux Documentation/arch/x86/boot.rst, zero-page.rst]. PROTOCOL is its version.
#include <asm/bootparam.h>

#include "bare.h"

#define WORDS 300000
#define TEXT_OF_(x) #x
#define TEXT_OF(x) TEXT_OF_(x)

__asm__(
    ".section .setup, \"a\"\n"
    ".org 0x1f1\n .byte 1\n"                                       // setup_sects
    ".org 0x1fe\n .word 0xaa55\n"                                  // boot_flag
    ".byte 0xeb, end_of_header - 0x202\n .ascii \"HdrS\"\n"        // jump, header
    ".word " TEXT_OF(PROTOCOL) "\n"
    ".org 0x211\n .byte 1\n"                                       // loadflags: LOADED_HIGH
    ".org 0x214\n .long 0x100000\n"                                // code32_start
    ".org 0x22c\n .long 0x37ffffff\n"                              // initrd_addr_max
    ".org 0x234\n .byte 0, 0\n .word " TEXT_OF(XLOADFLAGS) "\n"    // relocatable_kernel, min_alignment, xloadflags
    ".long 255\n"                                                  // cmdline_size
    ".org 0x258\n .quad 0x100000\n .long 0x400000\n .long 0\n"     // pref_address, init_size, handover_offset
    ".set end_of_header, 0x268\n"
    ".org 0x400\n"
    ".section .start, \"ax\"\n"
    ".globl start\n"
    "start:\n"
    "  movl %esp, seen\n movl %ebx, seen + 4\n movl %ebp, seen + 8\n movl %edi, seen + 12\n movl %esi, seen + 16\n"
    "  movl $stack_top, %esp\n"
    "  pushfl\n popl seen + 20\n"
    "  cld\n"
    "  call look\n"
    // The kernel in long mode would be entered here: it cannot be, where it is.
    ".org 0x200\n  ud2\n"
    ".data\n.balign 4\n"
    "pattern:\n .set at, 1\n .rept " TEXT_OF(WORDS) "\n .long (at * 0x9E3779B1) & 0xffffffff\n .set at, at + 1\n .endr\n"
    "seen: .skip 24\n"
    ".bss\n.skip 16384\nstack_top:\n"
    ".text\n");

extern const uint32_t pattern[WORDS];
extern const struct {
  uint32_t esp, ebx, ebp, edi, esi, flags;
} seen;
extern const char image_begin, image_end;

#define REGISTER(name) ({ uint32_t value_; __asm__("movl %%" #name ", %0" : "=r"(value_)); value_; })

static void look_at_cpu(void) {
  check((seen.ebx | seen.ebp | seen.edi) == 0, "registers", seen.ebx);
  check((seen.flags & 0x200) == 0, "interrupts-off", seen.flags);
  check(REGISTER(cs) == 0x10, "cs", REGISTER(cs));
  check(REGISTER(ds) == 0x18 && REGISTER(es) == 0x18 && REGISTER(ss) == 0x18, "data-segments", REGISTER(ds));
  check((REGISTER(cr0) & 0x80000001) == 1, "cr0", REGISTER(cr0));
}

static void look_at_myself(void) {
  uint32_t wrong = 0;
  for (uint32_t i = 0; i < WORDS; ++i) wrong += pattern[i] != (i + 1) * 0x9E3779B1u;
  check(wrong == 0, "image", wrong);
}

static const struct boot_params *params;

static int is_ram(uint64_t begin, uint64_t size) {
  for (int i = 0; i < params->e820_entries; ++i) {
    const struct boot_e820_entry *e = &params->e820_table[i];
    if (e->type == 1 && e->addr <= begin && begin + size <= e->addr + e->size) return 1;
  }
  return 0;
}

// Where such a kernel unpacks itself to nothing else may lie.
static void check_place(const char *name, uint64_t begin, uint64_t size) {
  const uint64_t room = 3 * (uint64_t)(&image_end - &image_begin);
  const int apart = begin + size <= (uint32_t)&image_begin || begin >= (uint32_t)&image_begin + room;
  check(apart && begin + size - 1 <= 0x37ffffff && is_ram(begin, size), name, begin);
}

static void look_at_parameters(void) {
  params = (const struct boot_params *)seen.esi;
  const struct setup_header *header = &params->hdr;
  check(header->header == 0x53726448 && header->version == PROTOCOL, "header", header->header);
  check(header->type_of_loader == 0xff && params->sentinel == 0, "loader", header->type_of_loader);
  check_place("parameters", seen.esi, sizeof *params);
  uint64_t end_of_last = 0;
  int sorted = params->e820_entries != 0;
  for (int i = 0; i < params->e820_entries; ++i) {
    const struct boot_e820_entry *e = &params->e820_table[i];
    sorted &= e->addr >= end_of_last && e->size != 0;
    end_of_last = e->addr + e->size;
  }
  check(sorted, "memory", params->e820_entries);
  check(is_ram((uint32_t)&image_begin, (uint64_t)(&image_end - &image_begin)), "own-memory", 0);
  const char *text = (const char *)header->cmd_line_ptr;
  uint32_t length = 0;
  while (text[length] != '\0') ++length;
  check_place("command-line", header->cmd_line_ptr, length + 1);
  say("FACT text '"), say(text), say("'\n");
  const unsigned char *initrd = (const unsigned char *)header->ramdisk_image;
  uint32_t sum = 0;
  for (uint32_t i = 0; i < header->ramdisk_size; ++i) sum = sum * 31 + initrd[i];
  check_place("initrd", header->ramdisk_image, header->ramdisk_size);
  check((header->ramdisk_image & 4095) == 0, "initrd-aligned", header->ramdisk_image);
  fact("initrd-size", header->ramdisk_size);
  fact("initrd-sum", sum);
}

void look(void);
void look(void) {
  look_at_cpu();
  look_at_myself();
  look_at_parameters();
  say_done();
  end();
}
