// SPDX-License-Identifier: BSD-2-Clause-Patent
//
// A program for the guests of kexec.py: pages of memory by their physical addresses. A page that is marked has in each of its words that
// word's own physical address and a constant, so that nobody needs to be told what was in it.
//
//   physical hold COUNT                  marks pages of its own, tells their addresses, and keeps them in the background
//   physical words CORE ADDRESS PAGES    whether the pages are marked; CORE is /proc/kcore or /proc/vmcore
//   physical reserved ADDRESS PAGES      whether the kernel gives these pages to nobody
//   physical core CORE                   what memory the core has, and what its notes are

#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kMark = 0x6566696c69746521;  // "!etilife"
constexpr unsigned kMostHeaders = 256;

[[noreturn]] void fail(const char* what) {
  perror(what);
  exit(2);
}

struct File {
  explicit File(const char* path) : name(path), number(open(path, O_RDONLY)) {
    if (number < 0) fail(path);
  }
  ~File() { close(number); }
  void read(uint64_t offset, void* data, size_t size) const {
    if (pread(number, data, size, static_cast<off_t>(offset)) != static_cast<ssize_t>(size)) fail(name);
  }
  const char* name;
  int number;
};

// An ELF core whose program headers tell physical addresses.
struct Core {
  explicit Core(const char* path) : file(path) {
    Elf64_Ehdr header;
    file.read(0, &header, sizeof(header));
    if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_type != ET_CORE || header.e_machine != EM_X86_64 ||
        header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum > kMostHeaders) {
      fprintf(stderr, "%s is no ELF core of this machine\n", path);
      exit(2);
    }
    count = header.e_phnum;
    file.read(header.e_phoff, headers, count * sizeof(Elf64_Phdr));
  }

  const Elf64_Phdr* find(uint64_t address, uint64_t size) const {
    for (unsigned i = 0; i < count; ++i) {
      const Elf64_Phdr& load = headers[i];
      if (load.p_type == PT_LOAD && address >= load.p_paddr && address - load.p_paddr < load.p_filesz &&
          size <= load.p_filesz - (address - load.p_paddr)) {
        return &load;
      }
    }
    return nullptr;
  }

  File file;
  unsigned count = 0;
  Elf64_Phdr headers[kMostHeaders];
};

int words(const char* path, uint64_t address, uint64_t pages) {
  const Core core(path);
  for (const uint64_t end = address + pages * kPage; address < end; address += kPage) {
    uint64_t page[kPage / sizeof(uint64_t)];
    const Elf64_Phdr* load = core.find(address, kPage);
    if (load == nullptr) {
      printf("%s has no memory at 0x%" PRIx64 "\n", path, address);
      return 1;
    }
    core.file.read(load->p_offset + (address - load->p_paddr), page, kPage);
    for (unsigned i = 0; i < kPage / sizeof(uint64_t); ++i) {
      const uint64_t at = address + i * sizeof(uint64_t);
      if (page[i] == (at ^ kMark)) continue;
      printf("0x%" PRIx64 " is at 0x%" PRIx64 "\n", page[i], at);
      return 1;
    }
  }
  return 0;
}

int reserved(uint64_t address, uint64_t pages) {
  constexpr uint64_t kReserved = uint64_t{1} << 32;  // [Linux, include/linux/kernel-page-flags.h: KPF_RESERVED]
  const File flags("/proc/kpageflags");
  for (const uint64_t end = address + pages * kPage; address < end; address += kPage) {
    uint64_t entry = 0;
    flags.read(address / kPage * sizeof(entry), &entry, sizeof(entry));
    if ((entry & kReserved) != 0) continue;
    printf("0x%" PRIx64 " has the flags 0x%" PRIx64 "\n", address, entry);
    return 1;
  }
  return 0;
}

// [Linux, Documentation/admin-guide/mm/pagemap.rst]
uint64_t physical_address(const void* page) {
  const File map("/proc/self/pagemap");
  uint64_t entry = 0;
  map.read(reinterpret_cast<uintptr_t>(page) / kPage * sizeof(entry), &entry, sizeof(entry));
  if (entry >> 63 == 0) fail("a page is not there");
  return (entry & ((uint64_t{1} << 55) - 1)) * kPage;
}

int hold(uint64_t count) {
  void* pages = mmap(nullptr, count * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
  if (pages == MAP_FAILED) fail("memory");
  const auto each = [&](auto&& what) {
    for (uint64_t i = 0; i < count; ++i) {
      auto* page = static_cast<uint64_t*>(pages) + i * kPage / sizeof(uint64_t);
      what(page, physical_address(page));
    }
  };
  each([](uint64_t* page, uint64_t address) {
    for (unsigned i = 0; i < kPage / sizeof(uint64_t); ++i) page[i] = (address + i * sizeof(uint64_t)) ^ kMark;
  });
  // The child has these pages alone once we are gone; it must not write to them, or it gets others.
  if (fork() == 0) {
    close(STDOUT_FILENO);
    for (;;) pause();
  }
  each([](const uint64_t*, uint64_t address) { printf("0x%" PRIx64 " ", address); });
  putchar('\n');
  return 0;
}

void tell_note(const char* name, const Elf64_Nhdr& note, const char* content) {
  printf(" %s:%u:%u", name, note.n_type, note.n_descsz);
  if (strcmp(name, "VMCOREINFO") != 0) return;
  const auto* release = static_cast<const char*>(memmem(content, note.n_descsz, "OSRELEASE=", 10));
  const auto* crash = static_cast<const char*>(memmem(content, note.n_descsz, "CRASHTIME=", 10));
  const auto tell = [](const char* line) {
    if (line != nullptr) printf(":%.*s", static_cast<int>(strcspn(line, "\n")), line);
  };
  tell(release);
  tell(crash);
}

void tell_notes(const Core& core, const Elf64_Phdr& segment) {
  constexpr auto kAligned = [](uint64_t size) { return (size + 3) & ~uint64_t{3}; };
  char* notes = static_cast<char*>(malloc(segment.p_filesz));
  if (notes == nullptr) fail("memory");
  core.file.read(segment.p_offset, notes, segment.p_filesz);
  for (uint64_t at = 0; at + sizeof(Elf64_Nhdr) <= segment.p_filesz;) {
    Elf64_Nhdr note;
    memcpy(&note, notes + at, sizeof(note));
    const uint64_t name = at + sizeof(note), content = name + kAligned(note.n_namesz);
    if (note.n_namesz == 0 || content + note.n_descsz > segment.p_filesz) break;
    tell_note(notes + name, note, notes + content);
    at = content + kAligned(note.n_descsz);
  }
  free(notes);
}

int tell_core(const char* path) {
  const Core core(path);
  printf("FACT core-memory");
  for (unsigned i = 0; i < core.count; ++i) {
    const Elf64_Phdr& load = core.headers[i];
    if (load.p_type == PT_LOAD) printf(" %" PRIx64 "-%" PRIx64, load.p_paddr, load.p_paddr + load.p_filesz - 1);
  }
  printf("\nFACT core-notes");
  for (unsigned i = 0; i < core.count; ++i) {
    if (core.headers[i].p_type == PT_NOTE) tell_notes(core, core.headers[i]);
  }
  putchar('\n');
  return 0;
}

uint64_t number(const char* text) { return strtoull(text, nullptr, 0); }

}  // namespace

int main(int count, char** arguments) {
  const auto is = [&](const char* name, int wanted) { return count == wanted && strcmp(arguments[1], name) == 0; };
  if (count > 1 && is("hold", 3)) return hold(number(arguments[2]));
  if (count > 1 && is("words", 5)) return words(arguments[2], number(arguments[3]), number(arguments[4]));
  if (count > 1 && is("reserved", 4)) return reserved(number(arguments[2]), number(arguments[3]));
  if (count > 1 && is("core", 3)) return tell_core(arguments[2]);
  fprintf(stderr, "physical: hold COUNT | words CORE ADDRESS PAGES | reserved ADDRESS PAGES | core CORE\n");
  return 2;
}
