// SPDX-License-Identifier: BSD-2-Clause-Patent
//
// probe.efi: an EFI program that measures the firmware which started it, and switches the machine off.
//
// It asks for nothing but the UEFI specification and declares the little it uses itself, so that it serves every
// firmware alike and cannot inherit a mistake from the one it measures. All findings are lines that start with
// `probe: `, on the debug port and, as long as there are boot services, on ConOut:
//   probe: tsc entry <ticks>
//   probe: map entries <n> descriptor-size <bytes>
//   probe: region <type> <first byte, hex> <bytes> <attributes, hex>        one per descriptor
//   probe: type <type> <bytes>                                              one per memory type present
//   probe: usable <bytes> withheld <bytes>
//   probe: tsc exit-boot-services <before> <after> tries <n>
//   probe: end
// The point 1 is the return of ExitBootServices, for who counts instructions from outside.

#include <stddef.h>
#include <stdint.h>

#include "line.hpp"

using namespace bench;

namespace {

// --- The part of the ABI used here. [UEFI 2.10, 4.3, 4.4, 4.5, 7.2, 7.4, 8.5] ---

using Status = uint64_t;
using Handle = void*;
constexpr Status kSuccess = 0;

struct TableHeader {
  uint64_t signature;
  uint32_t revision, size, crc, reserved;
};

struct MemoryDescriptor {
  uint32_t type;
  uint64_t physical, virtual_start, pages, attributes;
};

struct TextOutput {
  void* reset;
  Status (*output_string)(TextOutput*, const char16_t*);
};

struct BootServices {
  TableHeader header;
  void* tpl[2];
  void* allocate_pages[2];
  Status (*get_memory_map)(uint64_t* size, MemoryDescriptor*, uint64_t* key, uint64_t* descriptor_size,
                           uint32_t* version);
  void* pool[2];
  void* events[6];
  void* protocols[9];
  void* images[4];
  Status (*exit_boot_services)(Handle image, uint64_t key);
};
static_assert(offsetof(BootServices, get_memory_map) == 56);
static_assert(offsetof(BootServices, exit_boot_services) == 232);

enum class ResetType : uint32_t { Cold, Warm, Shutdown };

struct RuntimeServices {
  TableHeader header;
  void* time[4];
  void* virtual_addressing[2];
  void* variables[3];
  void* monotonic_count;
  void (*reset_system)(ResetType, Status, uint64_t size, void* data);
};
static_assert(offsetof(RuntimeServices, reset_system) == 104);

struct SystemTable {
  TableHeader header;
  void* vendor;
  uint32_t revision;
  void* console_in[2];
  Handle console_out_handle;
  TextOutput* console_out;
  void* standard_error[2];
  RuntimeServices* runtime;
  BootServices* boot;
};
static_assert(offsetof(SystemTable, console_out) == 64);
static_assert(offsetof(SystemTable, boot) == 96);

constexpr uint64_t kPage = 4096;

// [UEFI 2.10, 7.2.1, EFI_MEMORY_TYPE], by value. "Usable" is what an operating system owns after ExitBootServices
// [table 7.10]; "elsewhere" is no RAM.
enum class Fate { Usable, Withheld, Elsewhere };
struct MemoryType {
  const char* name;
  Fate fate;
};
constexpr MemoryType kTypes[] = {
    {"reserved", Fate::Withheld},          {"loader-code", Fate::Usable},   {"loader-data", Fate::Usable},
    {"boot-code", Fate::Usable},           {"boot-data", Fate::Usable},     {"runtime-code", Fate::Withheld},
    {"runtime-data", Fate::Withheld},      {"conventional", Fate::Usable},  {"unusable", Fate::Withheld},
    {"acpi-reclaim", Fate::Withheld},      {"acpi-nvs", Fate::Withheld},    {"mmio", Fate::Elsewhere},
    {"mmio-port", Fate::Elsewhere},        {"pal-code", Fate::Withheld},    {"persistent", Fate::Elsewhere},
    {"unaccepted", Fate::Withheld},        {"other", Fate::Withheld},
};
constexpr size_t kTypeCount = sizeof kTypes / sizeof kTypes[0];

size_t type_index(uint32_t type) { return type < kTypeCount - 1 ? type : kTypeCount - 1; }

// --- The measurement ---

struct Map {
  alignas(8) uint8_t bytes[64 * 1024];
  uint64_t size, key, descriptor_size;

  bool read(BootServices& boot) {
    uint32_t version = 0;
    size = sizeof bytes;
    return boot.get_memory_map(&size, reinterpret_cast<MemoryDescriptor*>(bytes), &key, &descriptor_size, &version) ==
           kSuccess;
  }
  uint64_t entries() const { return size / descriptor_size; }
  // The descriptor's size is the firmware's to choose; the fields used here come first in every version.
  const MemoryDescriptor& entry(uint64_t i) const {
    return *reinterpret_cast<const MemoryDescriptor*>(bytes + i * descriptor_size);
  }
};

constinit Map map{};

void print_map(TextOutput* console) {
  (Line("probe: ") << "map entries " << map.entries() << " descriptor-size " << map.descriptor_size).print(console);

  uint64_t bytes_of[kTypeCount] = {};
  uint64_t usable = 0, withheld = 0;
  for (uint64_t i = 0; i < map.entries(); ++i) {
    const MemoryDescriptor& region = map.entry(i);
    const size_t type = type_index(region.type);
    const uint64_t bytes = region.pages * kPage;
    bytes_of[type] += bytes;
    if (kTypes[type].fate == Fate::Usable) usable += bytes;
    if (kTypes[type].fate == Fate::Withheld) withheld += bytes;
    (Line("probe: ") << "region " << kTypes[type].name << " " << Hex{region.physical} << " " << bytes << " "
            << Hex{region.attributes})
        .print(console);
  }
  for (size_t type = 0; type < kTypeCount; ++type)
    if (bytes_of[type] != 0) (Line("probe: ") << "type " << kTypes[type].name << " " << bytes_of[type]).print(console);
  // What of the withheld memory is RAM, the probe cannot know; who reads the regions and knows the machine can.
  (Line("probe: ") << "usable " << usable << " withheld " << withheld).print(console);
}

// [UEFI 2.10, 7.4.6] the key is stale when the map changed in between: read the map again and retry.
bool exit_boot_services(Handle image, BootServices& boot) {
  constexpr uint64_t kTries = 4;
  for (uint64_t tries = 1; tries <= kTries; ++tries) {
    if (!map.read(boot)) return false;
    const uint64_t before = read_tsc();
    const Status status = boot.exit_boot_services(image, map.key);
    const uint64_t after = read_tsc();
    if (status != kSuccess) continue;
    POINT(1);
    (Line("probe: ") << "tsc exit-boot-services " << before << " " << after << " tries " << tries).print();
    return true;
  }
  return false;
}

[[noreturn]] void power_off(RuntimeServices& runtime) {
  runtime.reset_system(ResetType::Shutdown, kSuccess, 0, nullptr);
  (Line("probe: ") << "ResetSystem came back").print();
  out8(kExitPort, 0);
  for (;;) asm volatile("cli; hlt");
}

}  // namespace

// MSVC's calling convention: image handle, System Table and, added by the entry below, the TSC.
extern "C" [[noreturn]] void probe_main(Handle image, SystemTable* system, uint64_t entry_tsc) {
  TextOutput* console = system->console_out;
  (Line("probe: ") << "tsc entry " << entry_tsc).print(console);
  if (map.read(*system->boot))
    print_map(console);
  else
    (Line("probe: ") << "failed: GetMemoryMap").print(console);
  if (!exit_boot_services(image, *system->boot)) (Line("probe: ") << "failed: ExitBootServices").print();
  (Line("probe: ") << "end").print();
  power_off(*system->runtime);
}

// The TSC is read before anything else: only RDX, the System Table, has to be saved from it.
asm(R"(
  .globl probe_entry
probe_entry:
  movq %rdx, %r9
  rdtsc
  shlq $32, %rdx
  leaq (%rax,%rdx), %r8
  movq %r9, %rdx
  jmp probe_main
)");
