// SPDX-License-Identifier: BSD-2-Clause-Patent
// A kernel that is entered by PVH and does nothing but look: at the state of the CPU that it was entered in, at itself, at start_info and
// all that this leads to. It says what it sees on the serial line and on port 0xE9, and ends the machine.
#include "bare.h"

typedef uint32_t u32;
typedef uint64_t u64;

struct start_info {
  u32 magic, version, flags, nr_modules;
  u64 modlist, cmdline, rsdp, memmap;
  u32 memmap_entries, reserved;
};
struct module {
  u64 paddr, size, cmdline, reserved;
};
struct memory {
  u64 addr, size;
  u32 type, reserved;
};

// What `start` found, in this order.
struct registers {
  u32 edi, esi, ebp, esp, ebx, edx, ecx, eax;
  u32 flags, cr0, cr3, cr4;
} entry_state;

__asm__(
    ".section .note.Xen, \"a\", @note\n"
    ".long 4, 4, 18\n.asciz \"Xen\"\n.long start\n"
    ".text\n"
    ".globl start\n"
    "start:\n"
    "  movl %esp, entry_state + 12\n"
    "  movl $entry_state + 12, %esp\n"
    "  pushl %ebp\n pushl %esi\n pushl %edi\n"
    "  movl %ebx, entry_state + 16\n movl %edx, entry_state + 20\n movl %ecx, entry_state + 24\n movl %eax, entry_state + 28\n"
    "  movl $stack_top, %esp\n"
    "  pushfl\n popl entry_state + 32\n"
    "  movl %cr0, %eax\n movl %eax, entry_state + 36\n"
    "  movl %cr3, %eax\n movl %eax, entry_state + 40\n"
    "  movl %cr4, %eax\n movl %eax, entry_state + 44\n"
    "  cld\n"
    "  call look\n"
    "1: hlt\n  jmp 1b\n"
    // Bytes that can be told from any others, for each segment.
    ".macro pattern words\n"
    "  .set at, 1\n"
    "  .rept \\words\n    .long (at * 0x9E3779B1) & 0xffffffff\n    .set at, at + 1\n  .endr\n"
    ".endm\n"
    ".section .low, \"a\"\nlow_pattern: pattern 1500\n"
    ".data\n.balign 4\ndata_pattern: pattern 150000\n"
    ".bss\n.skip 16384\nstack_top:\n"
    ".text\n");

#define LOW_WORDS 1500
#define DATA_WORDS 150000
extern const u32 low_pattern[LOW_WORDS], data_pattern[DATA_WORDS];
extern const char image_begin, image_end, low_begin, low_end;
static volatile unsigned char zeros[3 << 20];
// A segment's access rights and limit, as the CPU tells them of a selector.
static u32 rights(u32 selector) {
  u32 value = 0;
  __asm__("lar %1, %0" : "+r"(value) : "r"(selector));
  return value & 0xc0ff00;
}
static u32 limit(u32 selector) {
  u32 value = 0;
  __asm__("lsl %1, %0" : "+r"(value) : "r"(selector));
  return value;
}
static u32 base(u32 selector) {
  struct __attribute__((packed)) {
    uint16_t limit;
    u32 base;
  } table;
  __asm__("sgdt %0" : "=m"(table));
  const u32 *descriptor = (const u32 *)(table.base + (selector & ~7u));
  return descriptor[0] >> 16 | (descriptor[1] & 0xff) << 16 | (descriptor[1] & 0xff000000);
}
#define SELECTOR(name) ({ u32 selector_; __asm__("movl %%" #name ", %0" : "=r"(selector_)); selector_; })

// [Xen docs/misc/pvh.pandoc]
static void look_at_cpu(void) {
  const struct registers *r = &entry_state;
  u32 low, high, tr;
  check((r->cr0 & ~0x10u) == 1, "cr0", r->cr0);  // ET cannot be cleared
  check(r->cr4 == 0, "cr4", r->cr4);
  check((r->flags & (1u << 17 | 1u << 9 | 1u << 8)) == 0, "flags", r->flags);
  check((rights(SELECTOR(cs)) & ~0x100u) == 0xc09a00, "cs", rights(SELECTOR(cs)));
  check((rights(SELECTOR(ds)) & ~0x100u) == 0xc09200, "ds", rights(SELECTOR(ds)));
  check((rights(SELECTOR(es)) & ~0x100u) == 0xc09200, "es", rights(SELECTOR(es)));
  check((rights(SELECTOR(ss)) & ~0x100u) == 0xc09200, "ss", rights(SELECTOR(ss)));
  check((limit(SELECTOR(cs)) & limit(SELECTOR(ds)) & limit(SELECTOR(es)) & limit(SELECTOR(ss))) == 0xffffffff, "limits", 0);
  check((base(SELECTOR(cs)) | base(SELECTOR(ds)) | base(SELECTOR(es)) | base(SELECTOR(ss))) == 0, "bases", 0);
  __asm__("str %0" : "=r"(tr));
  check((rights(tr) & 0xff00) == 0x8b00 && limit(tr) == 0x67 && base(tr) == 0, "tr", tr);
  __asm__("rdmsr" : "=a"(low), "=d"(high) : "c"(0xc0000080));
  check((low & (1u << 8 | 1u << 10 | 1u << 11)) == 0, "efer", low);
  // No promise of PVH's, but of efilite's: nothing of it is left in a register.
  check((r->eax | r->ecx | r->edx | r->esi | r->edi | r->ebp | r->esp | r->cr3) == 0, "other-registers", r->eax);
}

static void look_at_myself(void) {
  u32 wrong = 0;
  for (u32 i = 0; i < LOW_WORDS; ++i) wrong += low_pattern[i] != (i + 1) * 0x9E3779B1u;
  check(wrong == 0, "low-segment", wrong);
  wrong = 0;
  for (u32 i = 0; i < DATA_WORDS; ++i) wrong += data_pattern[i] != (i + 1) * 0x9E3779B1u;
  check(wrong == 0, "data-segment", wrong);
  wrong = 0;
  for (u32 i = 0; i < sizeof zeros; ++i) wrong += zeros[i] != 0;
  check(wrong == 0, "zeros", wrong);
}

static const struct memory *map;
static u32 map_entries;

static int is_mine(u64 begin, u64 size) {
  const u64 mine[2][2] = {{(u32)&image_begin, (u32)&image_end}, {(u32)&low_begin, (u32)&low_end}};
  for (int i = 0; i < 2; ++i)
    if (begin < mine[i][1] && mine[i][0] < begin + size) return 1;
  return 0;
}
static int is_ram(u64 begin, u64 size) {
  for (u32 i = 0; i < map_entries; ++i)
    if (map[i].type == 1 && map[i].addr <= begin && begin + size <= map[i].addr + map[i].size) return 1;
  return 0;
}
static void check_place(const char *name, u64 begin, u64 size) {
  check(begin + size <= 0x100000000 && !is_mine(begin, size) && is_ram(begin, size), name, begin);
}
static u64 length(const char *text) {
  u64 count = 0;
  while (text[count] != '\0') ++count;
  return count + 1;
}
static void show_text(const char *name, u64 address) {
  if (address == 0) return;
  const char *text = (const char *)(u32)address;
  check_place(name, address, length(text));
  say("FACT "), say(name), say(" '"), say(text), say("'\n");
}

static void look_at_start_info(u64 at) {
  const struct start_info *info = (const struct start_info *)(u32)at;
  check(info->magic == 0x336ec578 && info->version == 1 && info->reserved == 0, "start-info", info->magic);
  fact("flags", info->flags);
  fact("rsdp", info->rsdp);
  map = (const struct memory *)(u32)info->memmap;
  map_entries = info->memmap_entries;
  int sorted = map_entries != 0, reserved = 0;
  for (u32 i = 0; i < map_entries; ++i) {
    say("FACT memory "), say_hex(map[i].addr), put(' '), say_hex(map[i].addr + map[i].size), put(' '), say_hex(map[i].type), put('\n');
    sorted &= map[i].size != 0 && (i == 0 || map[i - 1].addr + map[i - 1].size <= map[i].addr);
    reserved |= map[i].reserved != 0;
  }
  check(sorted, "memory-map-sorted", map_entries);
  check(!reserved, "memory-map-reserved", 0);
  check_place("start-info-place", at, sizeof *info);
  check_place("memory-map-place", info->memmap, map_entries * sizeof *map);
  check(is_ram((u32)&image_begin, (u32)&image_end - (u32)&image_begin), "image-in-memory", (u32)&image_begin);
  show_text("command-line", info->cmdline);
  const struct module *modules = (const struct module *)(u32)info->modlist;
  if (info->nr_modules != 0) check_place("modules-place", info->modlist, info->nr_modules * sizeof *modules);
  for (u32 i = 0; i < info->nr_modules; ++i) {
    const unsigned char *bytes = (const unsigned char *)(u32)modules[i].paddr;
    u32 sum = 0;
    for (u32 at_byte = 0; at_byte < modules[i].size; ++at_byte) sum = sum * 31 + bytes[at_byte];
    check_place("module-place", modules[i].paddr, modules[i].size);
    say("FACT module "), say_hex(modules[i].size), put(' '), say_hex(sum), put('\n');
    show_text("module-command-line", modules[i].cmdline);
  }
}

// SCHEDOP_shutdown with SHUTDOWN_poweroff, if this is Xen.
static void end_by_xen(void) {
  u32 a = 0, b, c, d;
  __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
  const int amd = b == 0x68747541;
  a = 0x40000000;
  __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
  if (b != 0x566e6558 || c != 0x65584d4d) return;
  u32 reason = 0, result = 29, operation = 2;
  if (amd) __asm__ volatile("vmmcall" : "+a"(result), "+b"(operation) : "c"(&reason) : "memory");
  else __asm__ volatile("vmcall" : "+a"(result), "+b"(operation) : "c"(&reason) : "memory");
}

void look(void);
void look(void) {
  look_at_cpu();
  look_at_myself();
  look_at_start_info(entry_state.ebx);
  say_done();
  end_by_xen();
  end();
}
