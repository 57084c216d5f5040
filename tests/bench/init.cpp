// SPDX-License-Identifier: BSD-2-Clause-Patent
//
// /init of the bench's initramfs: reads the TSC, tells what the kernel knows of its memory, switches the machine off.
//
// A static program without a library. Its findings go to the debug port (line.hpp), each line led by `init: `:
//   init: tsc <ticks>
//   init: efi <0|1>                     whether the kernel came by EFI
//   init: memory <line of /proc/meminfo>
//   init: iomem <line of /proc/iomem>
//   init: log <line of the kernel's log that lists a region of the memory map, and of EFI's (wants efi=debug)>
//   init: end

#include <asm/unistd.h>
#include <linux/reboot.h>

#include <stddef.h>
#include <stdint.h>

#include "line.hpp"

namespace {

constexpr long kReadAllOfTheLog = 3;  // SYSLOG_ACTION_READ_ALL
constexpr int kDirectoryMode = 0755;

long syscall(long number, auto... arguments) {
  const long values[5] = {(long)arguments...};
  long result;
  register long fourth asm("r10") = values[3];
  register long fifth asm("r8") = values[4];
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(values[0]), "S"(values[1]), "d"(values[2]), "r"(fourth), "r"(fifth)
               : "rcx", "r11", "memory");
  return result;
}

void put(char c) { bench::out8(bench::debug_port(), static_cast<bench::Byte>(c)); }

void put(const char* text) {
  while (*text != '\0') put(*text++);
}

void put_number(uint64_t value) {
  if (value >= 10) put_number(value / 10);
  put(static_cast<char>('0' + value % 10));
}

bool contains(const char* line, const char* end, const char* word) {
  for (; line < end; ++line) {
    size_t n = 0;
    while (word[n] != '\0' && line + n < end && line[n] == word[n]) ++n;
    if (word[n] == '\0') return true;
  }
  return false;
}

constinit char buffer[512 * 1024]{};

// Prints the lines of the text in `buffer` that hold `word`.
void put_lines(const char* prefix, long size, const char* word) {
  const char* line = buffer;
  const char* const end = buffer + (size > 0 ? size : 0);
  while (line < end) {
    const char* next = line;
    while (next < end && *next != '\n') ++next;
    if (contains(line, next, word)) {
      put(prefix);
      while (line < next) put(*line++);
      put('\n');
    }
    line = next + 1;
  }
}

long read_file(const char* path) {
  const long file = syscall(__NR_open, path, 0);
  if (file < 0) return 0;
  long size = 0;
  while (size < static_cast<long>(sizeof buffer)) {
    const long got = syscall(__NR_read, file, buffer + size, sizeof buffer - size);
    if (got <= 0) break;
    size += got;
  }
  syscall(__NR_close, file);
  return size;
}

void mount(const char* type, const char* where) {
  syscall(__NR_mkdir, where, kDirectoryMode);
  syscall(__NR_mount, type, where, type, 0, 0);
}

}  // namespace

extern "C" [[noreturn, gnu::used]] void init_main(uint64_t tsc) {
  syscall(__NR_ioperm, bench::debug_port(), 1, 1);
  put("init: tsc ");
  put_number(tsc);
  put('\n');
  mount("proc", "/proc");
  mount("sysfs", "/sys");
  put("init: efi ");
  put(syscall(__NR_access, "/sys/firmware/efi/runtime", 0) == 0 ? "1\n" : "0\n");
  put_lines("init: memory ", read_file("/proc/meminfo"), "Mem");
  put_lines("init: iomem ", read_file("/proc/iomem"), " : ");
  const long log = syscall(__NR_syslog, kReadAllOfTheLog, buffer, sizeof buffer);
  put_lines("init: log ", log, "BIOS-e820: ");
  put_lines("init: log ", log, "efi: mem");
  put("init: end\n");
  // A machine without ACPI cannot be switched off.
  if (!bench::on_xen() && syscall(__NR_ioperm, bench::kExitPort, 1, 1) == 0) bench::out8(bench::kExitPort, 0);
  syscall(__NR_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_POWER_OFF);
  for (;;) syscall(__NR_pause);
}

asm(R"(
  .globl _start
_start:
  rdtsc
  shlq $32, %rdx
  leaq (%rax,%rdx), %rdi
  andq $-16, %rsp
  call init_main
)");
