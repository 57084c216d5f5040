/* SPDX-License-Identifier: BSD-2-Clause-Patent */
/*
 * How an EFI program or kernel that efilite has started learns that it runs in a PVH guest, and what the hypervisor told
 * (docs/pvh-guest.md). C99 or later, C++11 or later; needs nothing but <stdint.h>. Copy it into your tree if you like.
 *
 * A configuration table with EFILITE_PVH_GUEST_TABLE_GUID holds it all. It lies in runtime services data and has offsets instead
 * of pointers: it may be read by its physical address or by any other at which it is mapped, and is there after
 * SetVirtualAddressMap and after kexec. The table's pointer in EFI's list of tables is a physical address.
 *
 * A protocol with EFILITE_PVH_GUEST_PROTOCOL_GUID is on the handle of every image, whoever has loaded it: HandleProtocol with
 * the Image Handle that an entry point is called with tells PVH guests from all other machines.
 *
 * Later versions add fields behind those of today, and count `version` up: accept any version from 1 on, use the lengths that are
 * told. What would break a reader gets another GUID.
 */
#ifndef EFILITE_PVH_GUEST_H
#define EFILITE_PVH_GUEST_H

#include <stdint.h>

/* bf148d2d-6358-46ae-a96d-5d94b009f314 and 3b0c543e-5ba9-4c5c-ac56-3c3f105ff4b5, to initialise an EFI_GUID with */
#define EFILITE_PVH_GUEST_TABLE_GUID \
  { 0xbf148d2d, 0x6358, 0x46ae, { 0xa9, 0x6d, 0x5d, 0x94, 0xb0, 0x09, 0xf3, 0x14 } }
#define EFILITE_PVH_GUEST_PROTOCOL_GUID \
  { 0x3b0c543e, 0x5ba9, 0x4c5c, { 0xac, 0x56, 0x3c, 0x3f, 0x10, 0x5f, 0xf4, 0xb5 } }

#define EFILITE_PVH_GUEST_SIGNATURE UINT64_C(0x5453455547485650) /* the characters "PVHGUEST" */
#define EFILITE_PVH_GUEST_VERSION 1
#define EFILITE_PVH_GUEST_REVISION 0x00010000 /* of the protocol */

/* A Xen start_info's struct hvm_start_info, by its documentation in Xen's public/arch-x86/hvm/start_info.h. */
struct efilite_pvh_start_info {
  uint32_t magic; /* 0x336ec578 */
  uint32_t version;
  uint32_t flags; /* SIF_*; of use to a Xen dom0 alone */
  uint32_t nr_modules;
  uint64_t modlist_paddr;
  uint64_t cmdline_paddr;
  uint64_t rsdp_paddr;
  uint64_t memmap_paddr; /* version 1: this and what follows */
  uint32_t memmap_entries;
  uint32_t reserved;
};

/* Text is not touched: what encoding it has the hypervisor's user knows. */
struct efilite_pvh_text {
  uint32_t offset; /* from the table's beginning; 0: there is none */
  uint32_t length; /* without the NUL that lies behind it */
};

struct efilite_pvh_array {
  uint32_t offset;     /* from the table's beginning */
  uint32_t entry_size; /* how far the entries are apart */
  uint32_t count;
  uint32_t left_out; /* entries that were told and are not here: those of size 0 in the memory map */
};

/* What efilite had done with a module when it started the first program. A module that is not freed, and in which no program runs,
 * is boot services data: it is anybody's after ExitBootServices. Who wants it for longer copies it before. */
#define EFILITE_PVH_MODULE_KEPT 0   /* nothing: the bytes are as the hypervisor put them there */
#define EFILITE_PVH_MODULE_RUN 1    /* the first program runs there: its bytes have been moved and relocated, the pages are the image's */
#define EFILITE_PVH_MODULE_FREED 2  /* the first program was read from it, or from where it came from; the pages are free memory */
#define EFILITE_PVH_MODULE_INITRD 3 /* kept as Linux's initrd: by LoadFile2, or in boot_params and the kernel's then */
#define EFILITE_PVH_MODULE_DISK 4   /* kept as a RAM disk, on which programs may write */

#define EFILITE_PVH_MODULE_COMMAND_LINE_CUT 1u  /* command_line is its beginning: there was no room for more */
#define EFILITE_PVH_MODULE_COMMAND_LINE_LOST 2u /* cmdline_paddr led to no text in readable memory */

struct efilite_pvh_module {
  uint64_t paddr; /* this and the next two as the hypervisor told */
  uint64_t size;
  uint64_t cmdline_paddr;
  struct efilite_pvh_text command_line;
  uint32_t use;   /* EFILITE_PVH_MODULE_KEPT ... */
  uint32_t flags; /* EFILITE_PVH_MODULE_COMMAND_LINE_* */
};

/* As struct hvm_memmap_table_entry. These are the ranges as they were told: in that order, perhaps with overlaps. What a program may
 * use is told by GetMemoryMap and nobody else. */
struct efilite_pvh_memory {
  uint64_t addr;
  uint64_t size; /* not 0, addr + size <= 2^52 */
  uint32_t type; /* an address range type of ACPI: 1 is RAM */
  uint32_t reserved;
};

#define EFILITE_PVH_MEMORY_FROM_START_INFO 1
#define EFILITE_PVH_MEMORY_FROM_FW_CFG 2    /* start_info had none: QEMU's fw_cfg file etc/e820 */
#define EFILITE_PVH_MEMORY_FROM_HYPERCALL 3 /* start_info had none: Xen's XENMEM_memory_map */

#define EFILITE_PVH_GUEST_VERSION_TOLD 1u     /* hypervisor_version has a meaning */
#define EFILITE_PVH_GUEST_COMMAND_LINE_CUT 2u /* command_line is its beginning: there was no room for more */

struct efilite_pvh_guest {
  uint64_t signature;        /* EFILITE_PVH_GUEST_SIGNATURE */
  uint16_t version;          /* EFILITE_PVH_GUEST_VERSION of the efilite that wrote it */
  uint16_t header_length;    /* of this structure, in that version */
  uint32_t total_length;     /* of this structure and all that it leads to; a multiple of 8 */
  uint8_t checksum;          /* makes the sum of all total_length bytes 0 */
  uint8_t memory_map_source; /* EFILITE_PVH_MEMORY_FROM_* */
  uint16_t reserved0;        /* what is called reserved is 0 */
  uint32_t flags;            /* EFILITE_PVH_GUEST_* */

  /* Who runs this guest: ebx, ecx and edx of CPUID leaf hypervisor_base_leaf, "XenVMMXenVMM" or "KVMKVMKVM\0\0\0" for instance. All NUL,
   * and no leaf: it does not tell. Where a hypervisor plays Hyper-V in front of that these are its own. Xen's hypercall page is told by
   * leaf hypervisor_base_leaf + 2, its features by + 4. */
  char hypervisor_signature[12]; /* without a NUL behind it */
  uint32_t hypervisor_version;   /* major number << 16 | minor number */
  uint32_t hypervisor_base_leaf;
  uint32_t hypervisor_last_leaf;

  uint64_t start_info_paddr;  /* where it lay when efilite was entered: somebody else's memory by now, like every address in it */
  uint32_t start_info_length; /* how much of start_info was told: 40 in version 0, else 56; the rest is 0 */
  uint32_t reserved1;
  struct efilite_pvh_start_info start_info;

  struct efilite_pvh_text command_line; /* the hypervisor's, with efilite's own options in it */
  struct efilite_pvh_array modules;     /* of struct efilite_pvh_module */
  struct efilite_pvh_array memory_map;  /* of struct efilite_pvh_memory */
};

struct efilite_pvh_guest_protocol {
  uint64_t revision;                     /* EFILITE_PVH_GUEST_REVISION; later ones add behind, with a larger number */
  const struct efilite_pvh_guest *table; /* the configuration table */
};

/* Sizes and places are the same for every compiler, and for 32-bit kernels. */
#if defined(__cplusplus)
#define EFILITE_PVH_ASSERT(condition) static_assert(condition, #condition)
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define EFILITE_PVH_ASSERT(condition) _Static_assert(condition, #condition)
#else
#define EFILITE_PVH_ASSERT(condition) extern int efilite_pvh_assert[(condition) ? 1 : -1]
#endif
EFILITE_PVH_ASSERT(sizeof(struct efilite_pvh_start_info) == 56);
EFILITE_PVH_ASSERT(sizeof(struct efilite_pvh_module) == 40);
EFILITE_PVH_ASSERT(sizeof(struct efilite_pvh_memory) == 24);
EFILITE_PVH_ASSERT(sizeof(struct efilite_pvh_guest) == 160);

/* The text at `text`, which may be NULL. */
static inline const char *efilite_pvh_text_at(const struct efilite_pvh_guest *guest, struct efilite_pvh_text text) {
  return text.offset == 0 ? (const char *)0 : (const char *)guest + text.offset;
}

/* The entry `index`, which is less than count, of the modules or of the memory map. */
static inline const struct efilite_pvh_module *efilite_pvh_module_at(const struct efilite_pvh_guest *guest, uint32_t index) {
  return (const struct efilite_pvh_module *)((const char *)guest + guest->modules.offset + index * guest->modules.entry_size);
}
static inline const struct efilite_pvh_memory *efilite_pvh_memory_at(const struct efilite_pvh_guest *guest, uint32_t index) {
  return (const struct efilite_pvh_memory *)((const char *)guest + guest->memory_map.offset + index * guest->memory_map.entry_size);
}

/* Steps of the check below. */
static inline int efilite_pvh_text_is_inside(const struct efilite_pvh_guest *guest, struct efilite_pvh_text text) {
  if (text.offset == 0) return text.length == 0;
  return text.offset >= guest->header_length && text.offset < guest->total_length && text.length < guest->total_length - text.offset &&
         ((const char *)guest)[text.offset + text.length] == '\0';
}
static inline int efilite_pvh_array_is_inside(const struct efilite_pvh_guest *guest, struct efilite_pvh_array array, uint32_t least) {
  if (array.count == 0) return 1;
  return array.offset % 8 == 0 && array.entry_size % 8 == 0 && array.entry_size >= least && array.offset >= guest->header_length &&
         array.offset <= guest->total_length && array.count <= (guest->total_length - array.offset) / array.entry_size;
}

/* Whether there is a table of `room` bytes or less at `guest`, all of whose parts lie inside. Who got the table from EFI has no need for
 * it, but one who got it by way of another kernel may want to know; `room` is then what is mapped there. */
static inline int efilite_pvh_guest_is_good(const struct efilite_pvh_guest *guest, uint64_t room) {
  uint32_t i;
  uint8_t sum = 0;
  if (room < sizeof *guest || guest->signature != EFILITE_PVH_GUEST_SIGNATURE || guest->version < 1) return 0;
  if (guest->header_length < sizeof *guest || guest->total_length < guest->header_length || guest->total_length > room) return 0;
  for (i = 0; i < guest->total_length; ++i) sum = (uint8_t)(sum + ((const uint8_t *)guest)[i]);
  if (sum != 0 || !efilite_pvh_text_is_inside(guest, guest->command_line)) return 0;
  if (!efilite_pvh_array_is_inside(guest, guest->modules, sizeof(struct efilite_pvh_module))) return 0;
  if (!efilite_pvh_array_is_inside(guest, guest->memory_map, sizeof(struct efilite_pvh_memory))) return 0;
  for (i = 0; i < guest->modules.count; ++i)
    if (!efilite_pvh_text_is_inside(guest, efilite_pvh_module_at(guest, i)->command_line)) return 0;
  return 1;
}

#endif
