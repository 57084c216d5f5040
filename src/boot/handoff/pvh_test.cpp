// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/handoff/pvh.hpp"

#include <gtest/gtest.h>
#include <xen/elfnote.h>

#include <string>
#include <vector>

#include "abi/xen.hpp"
#include "boot/handoff/xen_shim.hpp"
#include "boot/identity_memory.hpp"
#include "tests/support/kernel_files.hpp"
#include "tests/support/log.hpp"
#include "tests/support/memory.hpp"

namespace efilite::boot {
namespace {

using formats::BootEntry;

// Memory of the test's own process below 2 GiB, in which modules lie and kernels go.
struct PvhHandingOff : testing::Test {
  static constexpr uint64_t kMiB = 1 << 20;
  test::Arena arena{8 * kMiB};
  core::MemoryMap map;
  IdentityMemory physical{PhysAddr{uint64_t{1} << 32}};
  PvhHandOff hand_off{map, physical};
  test::CapturedLog log;
  BootInfo info;
  Payload payload;
  formats::ElfFile elf{};

  PvhHandingOff() { EXPECT_TRUE(map.add(arena.range(), efi::MemoryType::Conventional, core::kRamAttributes)); }
  uint64_t at(uint64_t offset) const { return arena.range().begin.value + offset; }
  MutableByteSpan bytes(PhysRange range) { return *physical.window(range); }

  PhysRange add_module(uint64_t offset, uint64_t size, std::string_view text = {}) {
    const PhysRange range{{at(offset)}, {at(offset + size)}};
    memset(bytes(range).data(), static_cast<int>(info.modules.size() + 1), size);
    const PhysRange pages{range.begin, {align_up(range.end.value, kPageSize).value()}};
    EXPECT_TRUE(map.reserve(pages, efi::MemoryType::BootServicesData));
    Module module{range, {}};
    module.text_begin = info.told.module_text_length;
    module.text_length = static_cast<uint32_t>(text.size());
    std::ranges::copy(text, info.told.module_room().begin());
    info.told.module_text_length += module.text_length;
    EXPECT_TRUE(info.modules.push_back(module));
    return range;
  }
  void add_segment(uint64_t offset, uint64_t size) {
    EXPECT_TRUE(elf.segments.push_back({0, size, size, 0, at(offset), true, true}));
  }
  void use_module_as_image(PhysRange range) {
    payload.image_module = MemorySource(bytes(range));
    payload.image = &payload.image_module;
  }
  hvm_start_info start_info() { return physical.read<hvm_start_info>(hand_off.start_info()).value(); }
  PhysRange module(size_t index) {
    const auto entry = *physical.read<hvm_modlist_entry>({start_info().modlist_paddr + index * sizeof(hvm_modlist_entry)});
    return {{entry.paddr}, {entry.paddr + entry.size}};
  }
  bool all_are(PhysRange range, int value) {
    return std::ranges::all_of(bytes(range), [value](std::byte byte) { return byte == std::byte(value); });
  }
};

TEST_F(PvhHandingOff, ModulesInTheKernelsWayAreMovedAndOthersStay) {
  const PhysRange image = add_module(0x100000, 0x80000);
  add_module(0x200000, 0x1234, "moved");
  const PhysRange kept = add_module(0x300000, 0x1000, "kept");
  use_module_as_image(image);
  add_segment(0x140000, 0x10000);  // over the image itself
  elf.segments[0].file_size = 0x8000;
  add_segment(0x1F0000, 0x20000);
  elf.segments[1].memory_size = 0x20000;
  elf.segments[1].file_size = 0;
  ASSERT_TRUE(hand_off.load({payload.image, &payload.image_module, &elf}, make_pvh_start(info, payload, {}, "line"))) << log.text;
  EXPECT_TRUE(hand_off.loader().last_copies().empty());
  EXPECT_TRUE(all_are({{at(0x140000)}, {at(0x148000)}}, 1));
  EXPECT_TRUE(all_are({{at(0x148000)}, {at(0x150000)}}, 0));
  EXPECT_TRUE(all_are({{at(0x1F0000)}, {at(0x210000)}}, 0));
  ASSERT_EQ(start_info().nr_modules, 2u);
  EXPECT_FALSE(hand_off.loader().wants(module(0)));
  EXPECT_EQ(module(0).size(), 0x1234u);
  EXPECT_TRUE(all_are(module(0), 2));
  EXPECT_EQ(module(1), kept);
  EXPECT_TRUE(all_are(kept, 3));
}

TEST_F(PvhHandingOff, AnInitrdFromElsewhereIsTheFirstModule) {
  const PhysRange image = add_module(0x100000, 0x1000);
  add_module(0x200000, 0x1000, "second");
  use_module_as_image(image);
  add_segment(0x400000, 0x1000);
  std::vector<std::byte> initrd(0x2345, std::byte{0x77});
  MemorySource source{initrd};
  payload.initrd = &source;
  ASSERT_TRUE(hand_off.load({payload.image, &payload.image_module, &elf}, make_pvh_start(info, payload, {0x1234}, "")));
  ASSERT_EQ(start_info().nr_modules, 2u);
  EXPECT_EQ(start_info().rsdp_paddr, 0x1234u);
  EXPECT_EQ(module(0).size(), 0x2345u);
  EXPECT_TRUE(all_are(module(0), 0x77));
  EXPECT_TRUE(all_are(module(1), 2));
}

TEST_F(PvhHandingOff, AKernelFromElsewhereLeavesAllModules) {
  add_module(0x100000, 0x1000, "one");
  add_segment(0x400000, 0x1000);
  std::vector<std::byte> file(0x1000);
  MemorySource source{file};
  payload.image = &source;
  payload.initrd = &payload.initrd_module;  // which is a module of theirs
  ASSERT_TRUE(hand_off.load({payload.image, nullptr, &elf}, make_pvh_start(info, payload, {}, "")));
  EXPECT_EQ(start_info().nr_modules, 1u);
}

TEST_F(PvhHandingOff, StartInfoAndRoomLieWhereNoSegmentGoes) {
  std::vector<std::byte> file(0x1000);
  MemorySource source{file};
  payload.image = &source;
  add_segment(8 * kMiB - 0x100000, 0x100000);  // where free memory is given out first
  elf.segments[0].file_size = 0x1000;
  ASSERT_TRUE(hand_off.load({payload.image, nullptr, &elf}, make_pvh_start(info, payload, {}, "")));
  const auto room = reinterpret_cast<uint64_t>(hand_off.room().data());
  EXPECT_FALSE(hand_off.loader().wants({{room}, {room + hand_off.room().size()}}));
  EXPECT_FALSE(hand_off.loader().wants({hand_off.start_info(), {hand_off.start_info().value + 0x1000}}));
  EXPECT_GE(hand_off.room().size(), arch::pages_for_protected_mode(0).value * kPageSize);
}

TEST_F(PvhHandingOff, WithoutRoomForAModuleItIsTold) {
  log::Subject subject("module 0");
  const PhysRange image = add_module(0x100000, 4 * kMiB);
  use_module_as_image(image);
  add_segment(0x140000, 0x1000);
  elf.segments[0].file_size = 0x1000;
  EXPECT_EQ(hand_off.load({payload.image, &payload.image_module, &elf}, make_pvh_start(info, payload, {}, "")).status(),
            Status::OutOfResources);
  EXPECT_EQ(log.text, "efilite: module 0: a module is where it shall be, and cannot be moved: OUT_OF_RESOURCES\n");
}

// ---- xen-shim

struct Shim : PvhHandingOff {
  test::Bytes8 pv_kernel, shim_file;
  XenShim shim;

  Shim() {
    test::ElfBuilder kernel, xen;
    kernel.wide = xen.wide = true;
    pv_kernel = kernel.note_number(XEN_ELFNOTE_ENTRY, 0xFFFFFFFF81000000).note_number(XEN_ELFNOTE_PHYS32_ENTRY, kernel.kAddress).build();
    shim_file = xen.note_number(XEN_ELFNOTE_PHYS32_ENTRY, xen.kAddress).build();
  }
  PhysRange add_file(uint64_t offset, const test::Bytes8& file, std::string_view text = {}) {
    const PhysRange range = add_module(offset, file.size(), text);
    memcpy(bytes(range).data(), file.data(), file.size());
    return range;
  }
};

TEST_F(Shim, IsTheModuleThatPvhEntersAndThatIsNoPvKernel) {
  use_module_as_image(add_file(0x100000, pv_kernel));
  add_module(0x200000, 0x1000);
  add_file(0x300000, pv_kernel);
  add_file(0x400000, shim_file);
  ASSERT_TRUE(find_shim_module(info, payload, physical, shim));
  EXPECT_EQ(shim.index, 3u);
  EXPECT_EQ(shim.image, &shim.module);
  EXPECT_EQ(shim.facts.pvh, test::ElfBuilder::kAddress);
}

TEST_F(Shim, IsNotTheKernelItself) {
  use_module_as_image(add_file(0x100000, shim_file));
  EXPECT_FALSE(find_shim_module(info, payload, physical, shim));
  EXPECT_EQ(shim.image, nullptr);
  EXPECT_FALSE(shim.index);
}

TEST_F(Shim, TheKernelIsItsFirstModuleWithTheCommandLine) {
  const PhysRange kernel = add_file(0x100000, pv_kernel, "of module 0");
  use_module_as_image(kernel);
  const PhysRange initrd = add_module(0x200000, 0x1000, "initrd's");
  add_file(0x400000, shim_file);
  const PhysRange last = add_module(0x500000, 0x1000);
  ASSERT_TRUE(find_shim_module(info, payload, physical, shim));
  const PvhStart start = make_shim_start(info, payload, shim, {0x1234}, "root=/dev/xvda1 pv-shim");
  EXPECT_EQ(start.command_line, "pv-shim console=xen,pv");
  EXPECT_EQ(start.rsdp.value, 0x1234u);
  ASSERT_EQ(start.modules.size(), 3u);
  EXPECT_EQ(start.modules[0].range, kernel);
  EXPECT_EQ(start.modules[0].text, "root=/dev/xvda1 pv-shim");
  EXPECT_EQ(start.modules[1].range, initrd);
  EXPECT_EQ(start.modules[1].text, "initrd's");
  EXPECT_EQ(start.modules[2].range, last);
}

TEST_F(Shim, ACommandLineThatXlWroteForItIsItsOwn) {
  use_module_as_image(add_file(0x100000, pv_kernel, "of module 0"));
  const PvhStart start = make_shim_start(info, payload, shim, {}, "pv-shim console=xen,pv sched=null");
  EXPECT_EQ(start.command_line, "pv-shim console=xen,pv sched=null");
  ASSERT_EQ(start.modules.size(), 1u);
  EXPECT_EQ(start.modules[0].text, "of module 0");
}

TEST_F(Shim, AWordThatBeginsLikeItsOptionIsAnother) {
  use_module_as_image(add_file(0x100000, pv_kernel));
  EXPECT_EQ(make_shim_start(info, payload, shim, {}, "pv-shimmer").command_line, "pv-shim console=xen,pv");
  EXPECT_EQ(make_shim_start(info, payload, shim, {}, "pv-shim").command_line, "pv-shim");
}

TEST_F(Shim, AKernelFromElsewhereIsReadIntoTheFirstModule) {
  MemorySource source{std::as_writable_bytes(std::span(pv_kernel))};
  payload.image = &source;
  add_file(0x400000, shim_file);
  ASSERT_TRUE(find_shim_module(info, payload, physical, shim));
  const PvhStart start = make_shim_start(info, payload, shim, {}, "line");
  ASSERT_EQ(start.modules.size(), 1u);
  EXPECT_EQ(start.modules[0].source, &source);
}

}  // namespace
}  // namespace efilite::boot
