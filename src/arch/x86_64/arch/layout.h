/* SPDX-License-Identifier: BSD-2-Clause-Patent
 * Numbers that assembly and C++ share. */
#pragma once

#define SELECTOR_CODE32 0x08
#define SELECTOR_DATA 0x10
#define SELECTOR_CODE 0x18
#define SELECTOR_TSS 0x20

/* what a 32-bit kernel is entered with */
#define SELECTOR_FLAT_CODE 0x10
#define SELECTOR_FLAT_DATA 0x18
#define SELECTOR_FLAT_TSS 0x20
#define PROTECTED_MODE_CODE 256

#define PAGE_TABLE 0x003      /* present, writable */
#define PAGE_LEAF_LARGE 0x083 /* present, writable, page size */

#define MSR_EFER 0xc0000080
#define EFER_LME (1 << 8)
#define EFER_NXE (1 << 11)

/* PAE; OSFXSR and OSXMMEXCPT: [UEFI 2.10, 2.3.4] floating point and SSE are usable */
#define CR4_BOOT ((1 << 5) | (1 << 9) | (1 << 10))
/* PE, MP, ET, NE, WP, PG: read-only pages bind the firmware too */
#define CR0_BOOT ((1 << 0) | (1 << 1) | (1 << 4) | (1 << 5) | (1 << 16) | 0x80000000)
#define CR0_PE (1 << 0)

#define VECTOR_PAGE_FAULT 14
#define VECTOR_TIMER 0x40
#define VECTOR_SPURIOUS 0xff
#define VECTOR_COUNT 256
