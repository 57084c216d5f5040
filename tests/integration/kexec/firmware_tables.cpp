// SPDX-License-Identifier: BSD-2-Clause-Patent
//
// A program for the guests of kexec.py: tells what the firmware has in memory for whichever kernel runs, and whether it is whole. The
// System Table is where the kernel was told that it is; no kernel writes to these pages. Its findings are lines like those of guest/checks.

#include <efilite/pvh_guest.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

namespace {

struct Guid {
  uint32_t first;
  uint16_t second, third;
  uint8_t rest[8];
};

constexpr Guid kPvhGuest = EFILITE_PVH_GUEST_TABLE_GUID;
constexpr Guid kMemReserve = {0x888eb0c6, 0x8ede, 0x4ff5, {0xa8, 0xf0, 0x9a, 0xee, 0x5c, 0xb9, 0x77, 0xc2}};
constexpr uint64_t kSystemTableSignature = 0x5453595320494249;
constexpr uint32_t kMostBytes = 1 << 16;  // of a table

// [UEFI 2.10, 4.2 and 4.3], as far as it is wanted
struct TableHeader {
  uint64_t signature;
  uint32_t revision, header_size, crc32, reserved;
};
struct ConfigurationTable {
  Guid guid;
  uint64_t table;
};
constexpr unsigned kEntryCountOffset = 104;

// [Linux, drivers/firmware/efi: struct linux_efi_memreserve]
struct MemReserve {
  uint32_t size, count;
  uint64_t next;
  struct {
    uint64_t base, size;
  } entry[16];
};

uint8_t bytes[kMostBytes];

void check(const char* name, bool good, const char* why, uint64_t seen) {
  if (good) {
    printf("CHECK ok %s\n", name);
  } else {
    printf("CHECK FAIL %s: %s 0x%" PRIx64 "\n", name, why, seen);
  }
}

void read_from(const char* path, uint64_t offset, void* data, size_t size) {
  const int file = open(path, O_RDONLY);
  if (file < 0 || pread(file, data, size, static_cast<off_t>(offset)) != static_cast<ssize_t>(size)) {
    fprintf(stderr, "firmware_tables: %s at 0x%" PRIx64 ": ", path, offset);
    perror("");
    exit(1);
  }
  close(file);
}

// By a mapping, since read() goes no further than the memory that the kernel has for itself, which is a part in one that saves a crash.
void read_memory(uint64_t address, void* data, size_t size) {
  constexpr uint64_t kPage = 4096;
  const uint64_t inside = address % kPage;
  const int file = open("/dev/mem", O_RDONLY);
  void* mapped = file < 0 ? MAP_FAILED : mmap(nullptr, inside + size, PROT_READ, MAP_SHARED, file, static_cast<off_t>(address - inside));
  if (mapped == MAP_FAILED) {
    fprintf(stderr, "firmware_tables: memory at 0x%" PRIx64 ": ", address);
    perror("");
    exit(1);
  }
  memcpy(data, static_cast<uint8_t*>(mapped) + inside, size);
  munmap(mapped, inside + size);
  close(file);
}

template <typename T>
T at(const uint8_t* place) {
  T value;
  memcpy(&value, place, sizeof(value));
  return value;
}

uint32_t crc32(const uint8_t* data, size_t size) {
  uint32_t crc = ~0u;
  for (size_t i = 0; i < size; ++i) {
    crc ^= data[i];
    for (unsigned bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (-(crc & 1) & 0xedb88320);
  }
  return ~crc;
}

// [Linux, asm/bootparam.h: efi_info]
uint64_t system_table_address() {
  uint32_t low = 0, high = 0;
  read_from("/sys/kernel/boot_params/data", 0x1c4, &low, sizeof(low));
  read_from("/sys/kernel/boot_params/data", 0x1d8, &high, sizeof(high));
  return uint64_t{high} << 32 | low;
}

// As physical addresses; the System Table's own pointer was converted with the rest.
uint64_t configuration_tables_address() {
  char text[32] = {};
  FILE* file = fopen("/sys/firmware/efi/config_table", "r");
  if (file == nullptr || fgets(text, sizeof(text), file) == nullptr) {
    perror("firmware_tables: /sys/firmware/efi/config_table");
    exit(1);
  }
  fclose(file);
  return strtoull(text, nullptr, 0);
}

// The number of configuration tables.
uint64_t check_system_table() {
  read_memory(system_table_address(), bytes, 256);
  const auto header = at<TableHeader>(bytes);
  check("system-table-signature", header.signature == kSystemTableSignature, "it is", header.signature);
  memset(bytes + 16, 0, 4);
  check("system-table-crc", header.header_size <= 256 && crc32(bytes, header.header_size) == header.crc32, "it is not", header.crc32);
  return at<uint64_t>(bytes + kEntryCountOffset);
}

void check_pvh_guest(uint64_t address) {
  struct efilite_pvh_guest table;
  read_memory(address, &table, sizeof(table));
  const bool known = table.signature == EFILITE_PVH_GUEST_SIGNATURE && table.total_length <= kMostBytes;
  if (known) read_memory(address, bytes, table.total_length);
  check("pvh-guest-table", known && efilite_pvh_guest_is_good(reinterpret_cast<struct efilite_pvh_guest*>(bytes), table.total_length),
        "it is broken, of length", table.total_length);
  printf("FACT pvh-guest %u:%08x\n", table.total_length, crc32(bytes, known ? table.total_length : 0));
}

void tell_reserved(uint64_t address) {
  MemReserve table;
  read_memory(address, &table, sizeof(table));
  printf("FACT reserved");
  for (uint32_t i = 0; i < table.count && i < 16; ++i) printf(" 0x%" PRIx64 ":%" PRIu64, table.entry[i].base, table.entry[i].size);
  putchar('\n');
}

void print(const ConfigurationTable& entry) {
  const Guid& g = entry.guid;
  printf(" %08x-%04x-%04x-%02x%02x-", g.first, g.second, g.third, g.rest[0], g.rest[1]);
  for (unsigned i = 2; i < 8; ++i) printf("%02x", g.rest[i]);
  printf("=%" PRIx64, entry.table);
}

}  // namespace

int main() {
  constexpr uint64_t kMostTables = 64;
  ConfigurationTable tables[kMostTables];
  const uint64_t count = check_system_table();
  check("configuration-table-count", count > 0 && count <= kMostTables, "it is", count);
  if (count == 0 || count > kMostTables) return 1;
  read_memory(configuration_tables_address(), tables, count * sizeof(tables[0]));
  printf("FACT configuration-tables");
  for (uint64_t i = 0; i < count; ++i) print(tables[i]);
  putchar('\n');
  for (uint64_t i = 0; i < count; ++i) {
    if (memcmp(&tables[i].guid, &kPvhGuest, sizeof(Guid)) == 0) check_pvh_guest(tables[i].table);
    if (memcmp(&tables[i].guid, &kMemReserve, sizeof(Guid)) == 0) tell_reserved(tables[i].table);
  }
  return 0;
}
