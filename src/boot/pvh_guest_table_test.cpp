// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/pvh_guest_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "abi/xen.hpp"
#include "base/byte_sum.hpp"
#include "boot/pvh_start_info.hpp"
#include "tests/support/memory.hpp"
#include "tests/support/physical_memory.hpp"

namespace efilite::boot {
namespace {

// The header's own picture of Xen's structures is right.
static_assert(sizeof(efilite_pvh_start_info) == sizeof(hvm_start_info) && XEN_HVM_START_MAGIC_VALUE == 0x336ec578);
static_assert(offsetof(efilite_pvh_start_info, cmdline_paddr) == offsetof(hvm_start_info, cmdline_paddr));
static_assert(offsetof(efilite_pvh_start_info, rsdp_paddr) == offsetof(hvm_start_info, rsdp_paddr));
static_assert(offsetof(efilite_pvh_start_info, memmap_paddr) == offsetof(hvm_start_info, memmap_paddr));
static_assert(offsetof(efilite_pvh_start_info, memmap_entries) == offsetof(hvm_start_info, memmap_entries));
static_assert(offsetof(efilite_pvh_memory, size) == offsetof(hvm_memmap_table_entry, size));
static_assert(offsetof(efilite_pvh_memory, type) == offsetof(hvm_memmap_table_entry, type));

constexpr uint64_t kInfo = 0x6000, kMap = 0x7000, kModules = 0x8000, kText = 0x20000, kRsdp = 0xA0000;
const HypervisorFacts kXen = {{{'X', 'e', 'n', 'V', 'M', 'M', 'X', 'e', 'n', 'V', 'M', 'M'}, 0x40000000, 0x40000005}, 4u << 16 | 17};

class PvhGuest : public testing::Test {
 protected:
  PvhGuest() {
    for (uint64_t page : {kInfo, kMap, kModules, kRsdp}) memory.map(page, 0x1000);
    memory.map(kText, 0x3000);
    memory.map(0x1000000, 0x8000);
    header.magic = XEN_HVM_START_MAGIC_VALUE;
    header.version = 1;
    header.flags = SIF_PRIVILEGED;
    header.rsdp_paddr = kRsdp;
    header.memmap_paddr = kMap;
    add_region(0, 0xA0000, 1);
    add_region(0x100000, 0x10000000, 1);
  }
  void add_region(uint64_t address, uint64_t size, uint32_t type) {
    memory.put(kMap + 24 * header.memmap_entries++, hvm_memmap_table_entry{address, size, type, 0});
  }
  void add_module(uint64_t address, uint64_t size, uint64_t text) {
    header.modlist_paddr = kModules;
    memory.put(kModules + 32 * header.nr_modules++, hvm_modlist_entry{address, size, text, 0});
  }
  uint64_t put_text(uint64_t offset, std::string_view text) {
    memory.put(kText + offset, std::as_bytes(std::span(text)));
    return kText + offset;
  }
  // As the composition does it; what was told is overwritten in between.
  const efilite_pvh_guest& make(const HypervisorFacts& hypervisor = kXen) {
    memory.put(kInfo, header);
    EXPECT_TRUE(collect_boot_info(memory, PhysAddr{kInfo}, nullptr, nullptr, info));
    for (uint64_t page : {kInfo, kMap, kModules, kText}) memset(memory.window(PhysAddr{page}, 0x1000)->data(), 0xCC, 0x1000);
    EXPECT_TRUE(guest.make(info, hypervisor, ram.pool));
    guest.finish(payload);
    EXPECT_TRUE(efilite_pvh_guest_is_good(guest.table(), guest.table()->total_length));
    return *guest.table();
  }
  static std::string text(const efilite_pvh_guest& table, efilite_pvh_text place) {
    const char* at = efilite_pvh_text_at(&table, place);
    return at == nullptr ? "none" : std::string(at, place.length);
  }

  test::FakePhysicalMemory memory;
  test::Memory ram;
  hvm_start_info header{};
  BootInfo info;
  Payload payload;
  PvhGuestTable guest;
};

TEST_F(PvhGuest, TellsWhatStartInfoTold) {
  header.cmdline_paddr = put_text(0, "console=hvc0 efilite.log=debug");
  add_module(0x1000000, 0x2000, put_text(0x100, "root=/dev/xvda"));
  add_module(0x1002000, 0x1FFF, 0);
  auto& table = make();
  EXPECT_EQ(table.version, 1);
  EXPECT_EQ(table.header_length, 160);
  EXPECT_EQ(table.total_length % 8, 0u);
  EXPECT_EQ(table.start_info_paddr, kInfo);
  EXPECT_EQ(table.start_info_length, sizeof header);
  EXPECT_EQ(memcmp(&table.start_info, &header, sizeof header), 0);
  EXPECT_EQ(text(table, table.command_line), "console=hvc0 efilite.log=debug");
  EXPECT_EQ(table.flags, EFILITE_PVH_GUEST_VERSION_TOLD);
  ASSERT_EQ(table.modules.count, 2u);
  EXPECT_EQ(efilite_pvh_module_at(&table, 0)->paddr, 0x1000000u);
  EXPECT_EQ(efilite_pvh_module_at(&table, 0)->size, 0x2000u);
  EXPECT_EQ(efilite_pvh_module_at(&table, 0)->cmdline_paddr, kText + 0x100);
  EXPECT_EQ(text(table, efilite_pvh_module_at(&table, 0)->command_line), "root=/dev/xvda");
  EXPECT_EQ(efilite_pvh_module_at(&table, 1)->size, 0x1FFFu);
  EXPECT_EQ(text(table, efilite_pvh_module_at(&table, 1)->command_line), "none");
  EXPECT_EQ(efilite_pvh_module_at(&table, 1)->flags, 0u);
  EXPECT_EQ(table.memory_map_source, EFILITE_PVH_MEMORY_FROM_START_INFO);
  ASSERT_EQ(table.memory_map.count, 2u);
  EXPECT_EQ(efilite_pvh_memory_at(&table, 1)->addr, 0x100000u);
  EXPECT_EQ(efilite_pvh_memory_at(&table, 1)->size, 0x10000000u);
}

TEST_F(PvhGuest, TheMemoryMapIsNotMadeCanonicalButForEmptyRanges) {
  add_region(0x800000, 0, 2);
  add_region(0x80000, 0x40000, 2);
  add_region(0xF0000000, 0x1001, 77);
  auto& table = make();
  ASSERT_EQ(table.memory_map.count, 4u);
  EXPECT_EQ(table.memory_map.left_out, 1u);
  EXPECT_EQ(table.start_info.memmap_entries, 5u);
  EXPECT_EQ(efilite_pvh_memory_at(&table, 2)->addr, 0x80000u) << "overlaps the first";
  EXPECT_EQ(efilite_pvh_memory_at(&table, 3)->size, 0x1001u);
  EXPECT_EQ(efilite_pvh_memory_at(&table, 3)->type, 77u);
}

TEST_F(PvhGuest, TellsWhoTheHypervisorIs) {
  auto& xen = make();
  EXPECT_EQ(std::string(xen.hypervisor_signature, 12), "XenVMMXenVMM");
  EXPECT_EQ(xen.hypervisor_version, 4u << 16 | 17);
  EXPECT_EQ(xen.hypervisor_base_leaf, 0x40000000u);
  EXPECT_EQ(xen.hypervisor_last_leaf, 0x40000005u);
}

TEST_F(PvhGuest, SaysNothingOfAHypervisorThatDoesNot) {
  auto& table = make({});
  EXPECT_EQ(std::string(table.hypervisor_signature, 12), std::string(12, '\0'));
  EXPECT_EQ(table.hypervisor_base_leaf, 0u);
  EXPECT_EQ(table.flags & EFILITE_PVH_GUEST_VERSION_TOLD, 0u);
}

TEST_F(PvhGuest, VersionZeroHasNoMemoryMapOfItsOwn) {
  header.version = 0;
  header.memmap_paddr = 0x1234;
  memory.put(kInfo, header);
  EXPECT_TRUE(parse_start_info(memory, PhysAddr{kInfo}, info));
  info.told.memory_source = EFILITE_PVH_MEMORY_FROM_FW_CFG;
  EXPECT_TRUE(add_told_region(info, 0, 0x10000000, 1));
  EXPECT_TRUE(guest.make(info, kXen, ram.pool));
  guest.finish(payload);
  auto& table = *guest.table();
  EXPECT_TRUE(efilite_pvh_guest_is_good(&table, table.total_length));
  EXPECT_EQ(table.start_info_length, 40u);
  EXPECT_EQ(table.start_info.version, 0u);
  EXPECT_EQ(table.start_info.memmap_paddr, 0u);
  EXPECT_EQ(table.memory_map_source, EFILITE_PVH_MEMORY_FROM_FW_CFG);
  EXPECT_EQ(table.memory_map.count, 1u);
}

TEST_F(PvhGuest, WithoutCommandLineThereIsNoText) {
  auto& table = make();
  EXPECT_EQ(text(table, table.command_line), "none");
  EXPECT_EQ(table.modules.count, 0u);
  EXPECT_EQ(table.total_length, 160u + 2 * 24);
}

TEST_F(PvhGuest, AnEmptyCommandLineIsAText) {
  header.cmdline_paddr = put_text(0, "");
  auto& table = make();
  EXPECT_EQ(text(table, table.command_line), "");
  EXPECT_NE(table.command_line.offset, 0u);
}

TEST_F(PvhGuest, ACommandLineThatIsTooLongIsCutAndSaysSo) {
  header.cmdline_paddr = put_text(0, std::string(5000, 'x'));
  auto& table = make();
  EXPECT_EQ(text(table, table.command_line), std::string(4095, 'x'));
  EXPECT_NE(table.flags & EFILITE_PVH_GUEST_COMMAND_LINE_CUT, 0u);
  EXPECT_EQ(efilite_pvh_text_at(&table, table.command_line)[4095], '\0');
}

TEST_F(PvhGuest, TheFirstModulesHaveRoomForTheirCommandLines) {
  add_module(0x1000000, 0x1000, put_text(0, std::string(4000, 'a')));
  add_module(0x1001000, 0x1000, put_text(0x1000, std::string(200, 'b')));
  add_module(0x1002000, 0x1000, put_text(0x1100, "c"));
  auto& table = make();
  auto module = [&](uint32_t i) { return *efilite_pvh_module_at(&table, i); };
  EXPECT_EQ(text(table, module(0).command_line), std::string(4000, 'a'));
  EXPECT_EQ(module(0).flags, 0u);
  EXPECT_EQ(text(table, module(1).command_line), std::string(96, 'b'));
  EXPECT_EQ(module(1).flags, EFILITE_PVH_MODULE_COMMAND_LINE_CUT);
  EXPECT_EQ(text(table, module(2).command_line), "");
  EXPECT_EQ(module(2).flags, EFILITE_PVH_MODULE_COMMAND_LINE_CUT);
}

TEST_F(PvhGuest, AModulesCommandLineThatIsNowhereIsLost) {
  add_module(0x1000000, 0x1000, 0x7000000);
  add_module(0x1001000, 0x1000, put_text(0, "b"));
  auto& table = make();
  EXPECT_EQ(efilite_pvh_module_at(&table, 0)->flags, EFILITE_PVH_MODULE_COMMAND_LINE_LOST);
  EXPECT_EQ(efilite_pvh_module_at(&table, 0)->cmdline_paddr, 0x7000000u);
  EXPECT_EQ(text(table, efilite_pvh_module_at(&table, 0)->command_line), "none");
  EXPECT_EQ(text(table, efilite_pvh_module_at(&table, 1)->command_line), "b");
}

TEST_F(PvhGuest, TellsWhatBecameOfTheModules) {
  add_module(0x1000000, 0x1000, 0);
  add_module(0x1001000, 0x1000, 0);
  add_module(0x1002000, 0x1000, 0);
  std::array<std::byte, 16> bytes{};
  payload.image_module = MemorySource(bytes);
  payload.image_use = EFILITE_PVH_MODULE_RUN;
  payload.initrd_index = 1;
  payload.initrd = &payload.initrd_module;
  auto& table = make();
  EXPECT_EQ(efilite_pvh_module_at(&table, 0)->use, EFILITE_PVH_MODULE_RUN);
  EXPECT_EQ(efilite_pvh_module_at(&table, 1)->use, EFILITE_PVH_MODULE_INITRD);
  EXPECT_EQ(efilite_pvh_module_at(&table, 2)->use, EFILITE_PVH_MODULE_KEPT);
}

TEST_F(PvhGuest, LiesInOneBlockOfRuntimeData) {
  auto& table = make();
  auto place = ram.map.find({reinterpret_cast<uint64_t>(&table)});
  ASSERT_TRUE(place);
  EXPECT_EQ(place->type, efi::MemoryType::RuntimeServicesData);
  EXPECT_TRUE(ram.pool.free(guest.table()));
}

TEST_F(PvhGuest, WithoutMemoryThereIsNone) {
  memory.put(kInfo, header);
  EXPECT_TRUE(collect_boot_info(memory, PhysAddr{kInfo}, nullptr, nullptr, info));
  while (ram.map.allocate(efi::AllocateType::AnyPages, efi::MemoryType::LoaderData, {1})) {}
  EXPECT_EQ(guest.make(info, kXen, ram.pool).status(), Status::OutOfResources);
}

TEST_F(PvhGuest, TheProtocolLeadsToTheTable) {
  make();
  auto [guid, interface] = guest.protocol();
  EXPECT_EQ(*guid, efi::kPvhGuestProtocol);
  auto& protocol = *static_cast<efilite_pvh_guest_protocol*>(interface);
  EXPECT_EQ(protocol.revision, 0x10000u);
  EXPECT_EQ(protocol.table, guest.table());
}

// The check that the header offers to kernels: no byte may differ, and no part may reach out.
class PvhGuestCheck : public PvhGuest {
 protected:
  PvhGuestCheck() {
    header.cmdline_paddr = put_text(0, "quiet");
    add_module(0x1000000, 0x1000, put_text(0x100, "a"));
    const auto& made = make();
    bytes.assign(reinterpret_cast<const std::byte*>(&made), reinterpret_cast<const std::byte*>(&made) + made.total_length);
  }
  // With `change` made to a copy that ends where its memory ends.
  template <typename Change>
  bool good_with(Change change) {
    auto copy = std::make_unique<std::byte[]>(bytes.size());
    std::ranges::copy(bytes, copy.get());
    auto& table = *reinterpret_cast<efilite_pvh_guest*>(copy.get());
    change(table);
    if (table.total_length <= bytes.size() && table.total_length > 16) set_byte_sum({copy.get(), table.total_length}, 16);
    return efilite_pvh_guest_is_good(&table, bytes.size()) != 0;
  }
  std::vector<std::byte> bytes;
};

TEST_F(PvhGuestCheck, SeesEveryByteThatDiffers) {
  ASSERT_TRUE(good_with([](auto&) {}));
  for (std::byte& b : bytes) {
    b ^= std::byte{0x10};
    EXPECT_FALSE(efilite_pvh_guest_is_good(reinterpret_cast<efilite_pvh_guest*>(bytes.data()), bytes.size()));
    b ^= std::byte{0x10};
  }
}

TEST_F(PvhGuestCheck, AcceptsALaterVersionWithMoreInEveryPart) {
  EXPECT_TRUE(good_with([](auto& t) { t.version = 2; }));
  EXPECT_TRUE(good_with([](auto& t) { t.modules.entry_size = 48; }));
}

TEST_F(PvhGuestCheck, RefusesWhatReachesOut) {
  EXPECT_FALSE(good_with([](auto& t) { t.signature ^= 1; }));
  EXPECT_FALSE(good_with([](auto& t) { t.version = 0; }));
  EXPECT_FALSE(good_with([](auto& t) { t.header_length = 152; }));
  EXPECT_FALSE(good_with([](auto& t) { t.total_length += 8; }));
  EXPECT_FALSE(good_with([](auto& t) { t.total_length = 152; }));
  EXPECT_FALSE(good_with([](auto& t) { t.command_line.offset = t.total_length; }));
  EXPECT_FALSE(good_with([](auto& t) { t.command_line.offset = 8; }));
  EXPECT_FALSE(good_with([](auto& t) { t.command_line.offset = 0; }));
  EXPECT_FALSE(good_with([](auto& t) { t.command_line.length = UINT32_MAX; }));
  EXPECT_FALSE(good_with([](auto& t) { t.command_line.length -= 1; })) << "no NUL";
  EXPECT_FALSE(good_with([](auto& t) { t.modules.count = 1000; }));
  EXPECT_FALSE(good_with([](auto& t) { t.modules.entry_size = 32; }));
  EXPECT_FALSE(good_with([](auto& t) { t.modules.entry_size = 0; }));
  EXPECT_FALSE(good_with([](auto& t) { t.modules.entry_size = 44; }));
  EXPECT_FALSE(good_with([](auto& t) { t.memory_map.offset = UINT32_MAX - 7; }));
  EXPECT_FALSE(good_with([](auto& t) { t.memory_map.count = UINT32_MAX; }));
  EXPECT_FALSE(good_with([](auto& t) {
    const_cast<efilite_pvh_module*>(efilite_pvh_module_at(&t, 0))->command_line.offset = t.total_length;
  }));
  EXPECT_FALSE(efilite_pvh_guest_is_good(guest.table(), 159));
  EXPECT_FALSE(efilite_pvh_guest_is_good(guest.table(), guest.table()->total_length - 1));
}

}  // namespace
}  // namespace efilite::boot
