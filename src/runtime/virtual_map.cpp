// SPDX-License-Identifier: BSD-2-Clause-Patent
// The OS calls SetVirtualAddressMap once, still at physical addresses. Its list may be long and strange: Xen passes every descriptor with
// invented addresses for what is not runtime, Linux passes boot services memory as well, FreeBSD maps everything to itself. Only what it
// marks as runtime is believed.
#include "runtime/virtual_map.hpp"

#include <cstring>

namespace efilite::runtime {
namespace {

constexpr uint64_t kPageShift = 12;
constexpr uint64_t kMaxPages = uint64_t{1} << (64 - kPageShift);

Range range_of(const efi::MemoryDescriptor& d) {
  uint64_t room = kMaxPages - (d.physical_start >> kPageShift);
  uint64_t pages = d.number_of_pages < room ? d.number_of_pages : room - 1;  // the list is the OS's: no overflow by its numbers
  return {d.physical_start, d.physical_start + (pages << kPageShift)};
}

bool overlap(Range a, Range b) { return a.begin < b.end && b.begin < a.end; }

efi::MemoryDescriptor entry_of(const Addressing& a, uint64_t index) {
  efi::MemoryDescriptor d;
  memcpy(&d, static_cast<const char*>(a.map) + index * a.map_stride, sizeof(d));
  return d;
}

struct Mapping {
  uint64_t end;       // of the descriptor that holds the address; 0: none does
  uint64_t distance;  // virtual less physical address
};

Mapping find(const Addressing& a, uint64_t address) {
  for (uint64_t i = 0; i < a.map_entries; ++i) {
    efi::MemoryDescriptor d = entry_of(a, i);
    // Runtime memory at virtual address 0 would be a null pointer: the OS has left the field empty.
    if ((d.attribute & efi::kMemoryRuntime) == 0 || d.virtual_start == 0) continue;
    Range r = range_of(d);
    if (address >= r.begin && address < r.end) return {r.end, d.virtual_start - d.physical_start};
  }
  return {0, 0};
}

// Whether the OS gave all of `region` addresses, and, when it must stay in one piece, one distance.
bool is_mapped(const Addressing& a, Range region, bool in_one_piece) {
  Mapping first = find(a, region.begin);
  Mapping now = first;
  while (now.end != 0 && now.end < region.end) {
    now = find(a, now.end);
    if (in_one_piece && now.distance != first.distance) return false;
  }
  return now.end != 0;
}

Status check_regions(const RuntimeState& state) {
  const Addressing& a = state.addressing;
  auto data = reinterpret_cast<uint64_t>(&state);
  uint64_t data_end = reinterpret_cast<uint64_t>(&state.variables) + state.variables.area_offset + state.variables.capacity;
  if (!is_mapped(a, {data, data_end}, true)) return Status::NoMapping;
  if (!is_mapped(a, {state.code_address, state.code_address + 1}, true)) return Status::NoMapping;
  for (uint32_t i = 0; i < a.region_count; ++i) {
    Range region = a.runtime_regions[i];
    bool own = overlap(region, {state.code_address, state.code_address + 1}) || overlap(region, {data, data_end});
    if (!is_mapped(a, region, own)) return Status::NoMapping;
  }
  // Code reaches its data by distances, so an image moves in one piece.
  for (const MovableImage* image = a.images; image; image = image->next) {
    if (!is_mapped(a, image->range, true)) return Status::NoMapping;
  }
  return Status::Success;
}

// [UEFI 2.10, 8.4.1] NOT_FOUND is for an address that the memory map does not have. A region that the OS itself declared runtime, as
// Linux does to keep boot services data, is in the memory map and does no harm.
Status check_known(const Addressing& a) {
  if (!a.known_complete) return Status::Success;
  for (uint64_t i = 0; i < a.map_entries; ++i) {
    efi::MemoryDescriptor d = entry_of(a, i);
    if ((d.attribute & efi::kMemoryRuntime) == 0) continue;
    bool found = false;
    for (uint32_t k = 0; k < a.known_count && !found; ++k) found = overlap(range_of(d), a.known[k]);
    if (!found) return Status::NotFound;
  }
  return Status::Success;
}

template <typename T>
void convert(const RuntimeState& state, T*& pointer) {
  auto address = reinterpret_cast<uint64_t>(pointer);
  Mapping to = find(state.addressing, address);
  if (pointer && to.end != 0) pointer = reinterpret_cast<T*>(address + to.distance);
}

void convert(const RuntimeState& state, ResetRegister& where) {
  if (where.space != ResetRegister::Space::Memory) return;
  Mapping to = find(state.addressing, where.address);
  where.address += to.distance;
  if (to.end == 0) where.space = ResetRegister::Space::None;  // touching it would crash the OS; other ways to reset remain
}

// [UEFI 2.10, 8.4.1] once all have been notified. A driver converts in its notification what it has changed since it was loaded, and may
// convert a pointer that has a relocation: only what is still as the loader left it is ours to move.
void relocate(const RuntimeState& state, const MovableImage& image) {
  const uint64_t distance = find(state.addressing, image.range.begin).distance;
  for (uint64_t i = 0; i < image.fixup_count; ++i) {
    const Fixup& fixup = image.fixups()[i];
    void* place = reinterpret_cast<void*>(image.range.begin + fixup.rva);
    uint64_t value = 0;
    memcpy(&value, place, fixup.size);
    if (value != fixup.value) continue;
    value += distance;
    memcpy(place, &value, fixup.size);
  }
}

// base/ is out of reach from here, and this runs once over a few hundred bytes.
void set_crc(efi::TableHeader& header) {
  header.crc32 = 0;
  uint32_t crc = ~0u;
  auto* bytes = reinterpret_cast<const uint8_t*>(&header);
  for (uint32_t i = 0; i < header.header_size; ++i) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (0xEDB88320u & (0u - (crc & 1)));
  }
  header.crc32 = ~crc;
}

void convert_tables(RuntimeState& state) {
  if (efi::RuntimeServices* table = state.runtime_services) {
    // The functions follow the header without a gap; all of them are pointers.
    auto** function = reinterpret_cast<void**>(&table->header + 1);
    constexpr uint64_t count = (sizeof(efi::RuntimeServices) - sizeof(efi::TableHeader)) / sizeof(void*);
    for (uint64_t i = 0; i < count; ++i) convert(state, function[i]);
    set_crc(table->header);
  }
  if (efi::SystemTable* table = state.system_table) {
    convert(state, table->firmware_vendor);
    convert(state, table->configuration_table);
    convert(state, table->runtime_services);
    set_crc(table->header);
  }
}

}  // namespace

Status note_memory(RuntimeState& state, const efi::MemoryDescriptor& descriptor) {
  Addressing& a = state.addressing;
  Range range = range_of(descriptor);
  if (a.known_count != 0 && a.known[a.known_count - 1].end == range.begin) {
    a.known[a.known_count - 1].end = range.end;
  } else if (a.known_count < Addressing::kMaxKnown) {
    a.known[a.known_count++] = range;
  } else {
    a.known_complete = false;
  }
  if ((descriptor.attribute & efi::kMemoryRuntime) == 0) return Status::Success;
  if (a.region_count == Addressing::kMaxRegions) return Status::OutOfResources;
  a.runtime_regions[a.region_count++] = range;
  return Status::Success;
}

Status note_address_change(RuntimeState& state, const AddressChangeNotify& notify) {
  Addressing& a = state.addressing;
  if (a.notify_count == Addressing::kMaxNotifies) return Status::OutOfResources;
  a.notifies[a.notify_count++] = notify;
  return Status::Success;
}

void note_image(RuntimeState& state, MovableImage& image) {
  image.next = state.addressing.images;
  state.addressing.images = &image;
}

Status set_virtual_address_map(RuntimeState& state, uint64_t map_size, uint64_t descriptor_size, uint32_t version, const void* map,
                               RuntimeState*& moved) {
  Addressing& a = state.addressing;
  if (state.phase != Phase::Runtime || a.done || a.map) return Status::Unsupported;
  if (descriptor_size < sizeof(efi::MemoryDescriptor) || version != efi::kMemoryDescriptorVersion || !map) return Status::InvalidParameter;
  a.map = map;
  a.map_stride = descriptor_size;
  a.map_entries = map_size / descriptor_size;
  Status wrong = check_regions(state);
  if (wrong == Status::Success) wrong = check_known(a);
  if (wrong == Status::Success) {
    for (uint32_t i = 0; i < a.notify_count; ++i) a.notifies[i].function(a.notifies[i].event, a.notifies[i].context);
    for (const MovableImage* image = a.images; image; image = image->next) relocate(state, *image);
    convert_tables(state);
    convert(state, state.reset.reset);
    convert(state, state.reset.sleep_control);
    convert(state, state.system_table);
    convert(state, state.runtime_services);
    moved = &state;
    convert(state, moved);
    a.notify_count = 0;  // the functions have moved, and will not be called again
    a.images = nullptr;
    a.done = true;
  }
  a.map = nullptr;
  return wrong;
}

Status convert_pointer(const RuntimeState& state, uint64_t disposition, void** address) {
  if (!address) return Status::InvalidParameter;
  if (!*address) return disposition & kOptionalPointer ? Status::Success : Status::InvalidParameter;
  const Addressing& a = state.addressing;
  if (!a.map) return Status::Unsupported;
  auto from = reinterpret_cast<uint64_t>(*address);
  Mapping to = find(a, from);
  if (to.end == 0) return Status::NotFound;
  *address = reinterpret_cast<void*>(from + to.distance);
  return Status::Success;
}

}  // namespace efilite::runtime
