// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/handoff/linux_parameters.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "boot/boot_info.hpp"
#include "tests/support/kernel_files.hpp"
#include "tests/support/pe_builder.hpp"

namespace efilite::boot {
namespace {

using efi::MemoryType;
using formats::BootEntry;
using test::LinuxBuilder;

constexpr LinuxPlace kPlace{{0x1000000}, 0x200000};
constexpr std::string_view kText = "console=ttyS0 quiet";

struct Made {
  explicit Made(const LinuxBuilder& builder = {}, std::string_view text = kText, size_t descriptors = 4, LinuxPlace place = kPlace)
      : source(builder.build()), image(*parse_bzimage(formats::Input(source))),
        pages(new std::byte[LinuxParameters::size_for(text, descriptors)]),
        parameters(fill(LinuxParameters::size_for(text, descriptors)), image, place) {}
  MutableByteSpan fill(size_t size) {
    memset(pages.get(), 0xAA, size);
    return {pages.get(), size};
  }
  const boot_params& zero_page() { return *parameters.zero_page(); }
  const setup_header& header() { return zero_page().hdr; }
  std::string command_line() const {
    const auto& p = *const_cast<LinuxParameters&>(parameters).zero_page();
    return reinterpret_cast<const char*>(uint64_t{p.ext_cmd_line_ptr} << 32 | p.hdr.cmd_line_ptr);
  }
  const setup_data* first_node() { return reinterpret_cast<const setup_data*>(+header().setup_data); }

  test::VectorSource source;
  formats::BzImage image;
  std::unique_ptr<std::byte[]> pages;  // exactly as many as were asked for
  LinuxParameters parameters;
};

struct Entry {
  uint64_t begin, size;
  E820Type type;
  bool operator==(const Entry&) const = default;
};

// The map as a kernel puts it together.
std::vector<Entry> e820(Made& made) {
  std::vector<Entry> all;
  auto take = [&](const boot_e820_entry& e) { all.push_back({e.addr, e.size, static_cast<E820Type>(+e.type)}); };
  for (size_t i = 0; i < made.zero_page().e820_entries; ++i) take(made.zero_page().e820_table[i]);
  for (const setup_data* node = made.first_node(); node != nullptr; node = reinterpret_cast<const setup_data*>(+node->next)) {
    if (node->type != SETUP_E820_EXT) continue;
    EXPECT_EQ(node->len % sizeof(boot_e820_entry), 0u);
    for (size_t i = 0; i < node->len / sizeof(boot_e820_entry); ++i) take(reinterpret_cast<const boot_e820_entry*>(node->data)[i]);
  }
  return all;
}

struct Map {
  void add(uint64_t begin, uint64_t end, MemoryType type, uint64_t attributes = core::kRamAttributes) {
    const efi::MemoryDescriptor d{type, 0, begin, 0, (end - begin) / kPageSize, attributes};
    bytes.resize(bytes.size() + core::MemoryMap::kDescriptorSize);
    memcpy(&*bytes.end() - core::MemoryMap::kDescriptorSize, &d, sizeof d);
  }
  size_t count() const { return bytes.size() / core::MemoryMap::kDescriptorSize; }
  std::vector<std::byte> bytes;
};

// Pages that are never the same type as their neighbours.
Map fragmented(size_t count) {
  Map map;
  for (size_t i = 0; i < count; ++i) map.add(i * 0x1000, (i + 1) * 0x1000, i % 2 == 0 ? MemoryType::Conventional : MemoryType::AcpiNvs);
  return map;
}

TEST(LinuxParameters, TheHeaderIsTheImagesAndTheRestIsZero) {
  LinuxBuilder builder;
  builder.header.root_flags = 1;
  builder.header.loadflags = LOADED_HIGH | CAN_USE_HEAP | KEEP_SEGMENTS | KASLR_FLAG;
  Made made(builder);
  EXPECT_EQ(+made.header().header, 0x53726448u);
  EXPECT_EQ(+made.header().version, 0x020F);
  EXPECT_EQ(+made.header().root_flags, 1);
  EXPECT_EQ(+made.header().init_size, 0x10000u);
  EXPECT_EQ(made.header().type_of_loader, 0xFF);
  EXPECT_EQ(made.header().loadflags, LOADED_HIGH);
  EXPECT_EQ(+made.header().code32_start, 0x1000000u);
  EXPECT_EQ(+made.header().kernel_alignment, 0x200000u);
  // [zero-page.rst, sentinel] anything else, and the kernel takes it for one that was not cleared.
  EXPECT_EQ(made.zero_page().sentinel, 0);
  EXPECT_EQ(made.zero_page().screen_info.orig_video_isVGA, 0);
  const auto* bytes = reinterpret_cast<const uint8_t*>(made.parameters.zero_page());
  for (size_t i = 0; i < 0x1F1; ++i) EXPECT_EQ(bytes[i], 0) << i;
  for (size_t i = 0x1F1 + sizeof(setup_header); i < sizeof(boot_params); ++i) EXPECT_EQ(bytes[i], 0) << i;
}

TEST(LinuxParameters, WhatTheImagesVersionDoesNotKnowIsZero) {
  LinuxBuilder old;
  old.header.version = 0x0203;
  old.header.xloadflags = 0xEEEE;
  Made made(old);
  EXPECT_EQ(+made.header().initrd_addr_max, 0x7FFFFFFFu);
  EXPECT_EQ(+made.header().xloadflags, 0);
  EXPECT_EQ(+made.header().kernel_alignment, 0u);
  EXPECT_EQ(+made.header().init_size, 0u);
}

TEST(LinuxParameters, TheAlignmentIsToldWhereAnotherWasTakenAndTheKernelAsks) {
  EXPECT_EQ(+Made({}, kText, 4, {{0x1010000}, 0x10000}).header().kernel_alignment, 0x10000u);
  LinuxBuilder old;
  old.header.version = 0x0209;
  EXPECT_EQ(+Made(old, kText, 4, {{0x1010000}, 0x10000}).header().kernel_alignment, 0x200000u);
  EXPECT_EQ(+Made({}, kText, 4, {{0x100000}, 0}).header().kernel_alignment, 0x200000u);  // it has one place
}

TEST(LinuxParameters, TheSegmentsAreThoseThatLinuxWants) {
  Made made;
  EXPECT_EQ(made.parameters.gdt()[2], 0x00AF9B000000FFFFu);
  EXPECT_EQ(made.parameters.gdt()[3], 0x00CF93000000FFFFu);
}

TEST(LinuxParameters, TheCommandLineIsCutWhereTheKernelEnds) {
  LinuxBuilder builder;
  builder.header.cmdline_size = kText.size();
  Made whole(builder);
  EXPECT_TRUE(whole.parameters.set_command_line(kText, plan_linux(whole.image, BootEntry::Linux64)));
  EXPECT_EQ(whole.command_line(), kText);
  builder.header.cmdline_size = 7;
  Made cut(builder);
  EXPECT_FALSE(cut.parameters.set_command_line(kText, plan_linux(cut.image, BootEntry::Linux64)));
  EXPECT_EQ(cut.command_line(), "console");
  Made empty({}, "");
  EXPECT_TRUE(empty.parameters.set_command_line("", plan_linux(empty.image, BootEntry::Linux64)));
  EXPECT_EQ(empty.command_line(), "");
}

TEST(LinuxParameters, AnInitrdHasItsHighHalves) {
  Made made;
  made.parameters.set_initrd({{0x123456000}, {0x323456789}});
  EXPECT_EQ(+made.header().ramdisk_image, 0x23456000u);
  EXPECT_EQ(+made.zero_page().ext_ramdisk_image, 1u);
  EXPECT_EQ(+made.header().ramdisk_size, 0x789u);
  EXPECT_EQ(+made.zero_page().ext_ramdisk_size, 2u);
}

TEST(LinuxParameters, AcpiIsWhereItWasTold) {
  Made made;
  made.parameters.set_acpi({0x1234567890});
  EXPECT_EQ(+made.zero_page().acpi_rsdp_addr, 0x1234567890u);
}

TEST(LinuxParameters, TheSeedIsANodeOfSetupDataFrom209On) {
  std::array<std::byte, LinuxParameters::kSeedSize> seed;
  for (size_t i = 0; i < seed.size(); ++i) seed[i] = static_cast<std::byte>(i + 1);
  Made made;
  made.parameters.add_seed(seed);
  ASSERT_NE(made.first_node(), nullptr);
  EXPECT_EQ(made.first_node()->type, uint32_t{SETUP_RNG_SEED});
  EXPECT_EQ(made.first_node()->len, 32u);
  EXPECT_EQ(made.first_node()->next, 0u);
  EXPECT_EQ(memcmp(made.first_node()->data, seed.data(), seed.size()), 0);

  LinuxBuilder old;
  old.header.version = 0x0208;
  Made without(old);
  without.parameters.add_seed(seed);
  EXPECT_EQ(without.first_node(), nullptr);
}

TEST(LinuxParameters, TheMemoryMapIsTheFirmwaresLessWhatItKeeps) {
  Map map;
  map.add(0, 0x1000, MemoryType::BootServicesData);
  map.add(0x1000, 0x9F000, MemoryType::Conventional);
  map.add(0x9F000, 0x100000, MemoryType::Reserved);
  map.add(0x100000, 0x200000, MemoryType::LoaderCode);
  map.add(0x200000, 0x201000, MemoryType::RuntimeServicesCode);
  map.add(0x201000, 0x202000, MemoryType::RuntimeServicesData);
  map.add(0x202000, 0x203000, MemoryType::AcpiReclaim);
  map.add(0x203000, 0x204000, MemoryType::AcpiNvs);
  map.add(0x204000, 0x205000, MemoryType::Unusable);
  map.add(0x205000, 0x206000, MemoryType::Persistent);
  map.add(0x206000, 0x207000, MemoryType::Conventional, core::kRamAttributes | efi::kMemorySp);
  map.add(0x208000, 0x209000, MemoryType::MemoryMappedIo);
  Made made({}, kText, map.count());
  made.parameters.set_memory(map.bytes);
  EXPECT_EQ(e820(made), (std::vector<Entry>{{0, 0x9F000, E820Type::Ram},
                                            {0x9F000, 0x61000, E820Type::Reserved},
                                            {0x100000, 0x100000, E820Type::Ram},
                                            {0x200000, 0x2000, E820Type::Reserved},
                                            {0x202000, 0x1000, E820Type::Acpi},
                                            {0x203000, 0x1000, E820Type::Nvs},
                                            {0x204000, 0x1000, E820Type::Unusable},
                                            {0x205000, 0x1000, E820Type::Persistent},
                                            {0x206000, 0x1000, E820Type::SoftReserved},
                                            {0x208000, 0x1000, E820Type::Reserved}}));
  EXPECT_EQ(made.first_node(), nullptr);
}

TEST(LinuxParameters, MoreThan128EntriesGoOnBehind) {
  for (size_t count : {127, 128, 129, 300}) {
    const Map map = fragmented(count);
    Made made({}, kText, map.count());
    ASSERT_TRUE(made.parameters.set_command_line(kText, plan_linux(made.image, BootEntry::Linux64)));
    made.parameters.add_seed({});
    made.parameters.set_memory(map.bytes);
    EXPECT_EQ(e820(made).size(), count);
    EXPECT_EQ(e820(made).back(), (Entry{(count - 1) * 0x1000, 0x1000, count % 2 == 1 ? E820Type::Ram : E820Type::Nvs}));
    EXPECT_EQ(made.command_line(), kText);
    EXPECT_EQ(+made.header().setup_data != 0, true);  // the seed is still there
  }
}

TEST(LinuxParameters, AnOldKernelIsToldTheFirst128Entries) {
  LinuxBuilder old;
  old.header.version = 0x0208;
  const Map map = fragmented(200);
  Made made(old, kText, map.count());
  made.parameters.set_memory(map.bytes);
  EXPECT_EQ(e820(made).size(), 128u);
}

TEST(LinuxParameters, EfiIsToldAsItsOwnEntryWouldTellIt) {
  Made made;
  const Map map = fragmented(3);
  made.parameters.set_efi({0x123456789000}, map.bytes);
  const efi_info& efi = made.zero_page().efi_info;
  EXPECT_EQ(memcmp(&efi.efi_loader_signature, "EL64", 4), 0);
  EXPECT_EQ(efi.efi_systab, 0x56789000u);
  EXPECT_EQ(efi.efi_systab_hi, 0x1234u);
  EXPECT_EQ(efi.efi_memdesc_size, 48u);
  EXPECT_EQ(efi.efi_memdesc_version, 1u);
  EXPECT_EQ(efi.efi_memmap_size, 3 * 48u);
  EXPECT_EQ(uint64_t{efi.efi_memmap_hi} << 32 | efi.efi_memmap, reinterpret_cast<uint64_t>(map.bytes.data()));
  EXPECT_EQ(made.zero_page().secure_boot, 2);
}

}  // namespace
}  // namespace efilite::boot
