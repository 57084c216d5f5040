// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/payload.hpp"

#include <gtest/gtest.h>
#include <xen/elfnote.h>

#include <string>
#include <vector>

#include "tests/support/fat_image.hpp"
#include "tests/support/fw_cfg.hpp"
#include "tests/support/kernel_files.hpp"
#include "tests/support/log.hpp"
#include "tests/support/memory.hpp"
#include "tests/support/partition_tables.hpp"
#include "tests/support/physical_memory.hpp"

namespace efilite::boot {
namespace {

using Bytes = std::vector<uint8_t>;

Bytes pe(std::initializer_list<std::string> sections, bool linux_header = false) {
  test::PeBuilder builder;
  builder.dos.pe_offset = linux_header ? 0x280 : 0x40;
  builder.optional.size_of_headers = 0x800;
  uint32_t rva = 0x1000;
  for (const std::string& name : sections) builder.section(name, rva, 0x10, 0x800, Bytes(0x10), test::PeBuilder::kText), rva += 0x1000;
  Bytes image = builder.build();
  if (linux_header) {
    const Bytes kernel = test::LinuxBuilder().build();
    memcpy(image.data() + 0x1F1, kernel.data() + 0x1F1, 0x280 - 0x1F1);
    image.resize(kernel.size());
  }
  return image;
}
const Bytes kKernel = pe({".setup", ".text"}, true);
const Bytes kUki = pe({".text", ".osrel", ".linux", ".initrd"});
const Bytes kLoader = pe({".text", ".reloc"});
const Bytes kElf = test::ElfBuilder().note_number(XEN_ELFNOTE_PHYS32_ENTRY, test::ElfBuilder::kAddress).build();
const Bytes kInitrd(5000, 'i');
const Bytes kJunk(0x1000, 'j');

Bytes disk_image() {
  const test::FatDisk fat = test::make_fat({.type = 12, .clusters = 100});
  const auto* begin = reinterpret_cast<const uint8_t*>(fat.bytes.data());
  return {begin, begin + fat.bytes.size()};
}

TEST(MemorySource, ReadsInsideItsBoundsAndLiesInPlace) {
  Bytes bytes = {1, 2, 3, 4};
  MemorySource source(std::as_writable_bytes(std::span(bytes)));
  std::array<std::byte, 2> out;
  ASSERT_TRUE(source.read(2, out));
  EXPECT_EQ(out[1], std::byte{4});
  EXPECT_EQ(source.read(3, out).status(), Status::InvalidParameter);
  EXPECT_EQ(source.read(~uint64_t{0}, out).status(), Status::InvalidParameter);
  EXPECT_EQ(static_cast<void*>(source.in_place()->data()), bytes.data());
}

class Choice : public testing::Test {
 protected:
  void add_module(const Bytes& content) {
    uint64_t at = 0x1000000 * (info.modules.size() + 1);
    auto to = memory.map(at, content.size());
    memcpy(to.data(), content.data(), content.size());
    ASSERT_TRUE(info.modules.push_back({{{at}, {at + content.size()}}, {}}));
  }
  Result<> choose() {
    (void)driver.detect();
    return choose_payload(info, memory, &driver, formats, options, payload);
  }
  static Bytes content(core::ByteSource* source) {
    if (source == nullptr) return {};
    Bytes bytes(source->size());
    EXPECT_TRUE(source->read(0, std::as_writable_bytes(std::span(bytes))));
    return bytes;
  }

  test::CapturedLog captured;
  std::string& told = captured.text;
  test::HostHeap heap;
  test::FatClock clock;
  DiskFormats formats{heap, clock};
  test::FakeFwCfg device;
  drivers::FwCfg driver;
  test::FakePhysicalMemory memory;
  BootInfo info;
  Options options;
  Payload payload;
};

TEST_F(Choice, TellsTheKindsApart) {
  auto kind_of = [&](const Bytes& image) {
    Payload it;
    info = {};
    add_module(image);
    EXPECT_TRUE(choose_payload(info, memory, nullptr, formats, options, it));
    return it.image != nullptr ? std::optional(it.kind) : std::nullopt;
  };
  EXPECT_EQ(kind_of(kKernel), PayloadKind::Kernel);
  EXPECT_EQ(kind_of(kUki), PayloadKind::Uki);
  EXPECT_EQ(kind_of(kLoader), PayloadKind::Loader);
  EXPECT_EQ(kind_of(pe({".linuxrc"})), PayloadKind::Loader);
  EXPECT_EQ(kind_of(test::LinuxBuilder().build()), PayloadKind::Kernel);
  EXPECT_EQ(kind_of(kElf), PayloadKind::Elf);
  EXPECT_EQ(kind_of(kJunk), std::nullopt);
  // Cut inside the section table: it begins like one, and the image loader will say what is wrong with it.
  EXPECT_EQ(kind_of(Bytes(kUki.begin(), kUki.begin() + 0x160)), PayloadKind::Loader);
}

TEST_F(Choice, TheEntryIsTheOneThatIsAskedFor) {
  struct Case {
    formats::Wish wish;
    std::optional<formats::BootEntry> entry;
  };
  using formats::BootEntry, formats::Wish;
  for (const Case& each : {Case{Wish::Any, BootEntry::Efi}, Case{Wish::Efi, BootEntry::Efi}, Case{Wish::Handover, BootEntry::EfiHandover64},
                           Case{Wish::Linux, BootEntry::Linux64}, Case{Wish::Linux32, BootEntry::Linux32}, Case{Wish::Pvh, std::nullopt},
                           Case{Wish::Pv, BootEntry::XenPv}}) {
    Payload it;
    info = {};
    add_module(kKernel);
    add_module(disk_image());
    options.entry = each.wish;
    ASSERT_EQ(choose_payload(info, memory, nullptr, formats, options, it).status(), each.entry ? Status::Success : Status::LoadError);
    if (!each.entry) continue;
    EXPECT_EQ(it.entry, *each.entry);
    const bool program = it.entry == BootEntry::Efi || it.entry == BootEntry::EfiHandover64;
    EXPECT_EQ(it.is_program(), program);
    EXPECT_EQ(it.image_use, program ? EFILITE_PVH_MODULE_KEPT : EFILITE_PVH_MODULE_FREED);
    EXPECT_EQ(it.disk != nullptr, it.entry == BootEntry::Efi);
    EXPECT_EQ(it.initrd != nullptr, it.entry != BootEntry::Efi) << "without EFI there are no RAM disks";
  }
}

TEST_F(Choice, AKernelThatCannotBeOneIsToldWithItsFault) {
  test::LinuxBuilder broken;
  broken.header.setup_sects = 200;
  add_module(broken.build());
  ASSERT_TRUE(choose());
  EXPECT_EQ(payload.image, nullptr);
  EXPECT_TRUE(told.starts_with("efilite: PVH module 0, at 0x1f1, setup_sects: there is no kernel behind the setup code (0xc8)\n")) << told;
}

TEST_F(Choice, WhatHasNotTheEntryThatIsAskedForIsNotReplacedByAnother) {
  options.entry = formats::Wish::Pvh;
  add_module(kKernel);
  add_module(disk_image());
  EXPECT_EQ(choose().status(), Status::LoadError);
  EXPECT_EQ(payload.image, nullptr);
  EXPECT_EQ(told, "efilite: nothing to boot: PVH module 0: has no such entry as efilite.entry= asks for\n");
  info = {};
  told.clear();
  device.set_initrd(kKernel);
  Payload other;
  EXPECT_EQ(choose_payload(info, memory, &driver, formats, options, other).status(), Status::LoadError);
  EXPECT_EQ(told, "efilite: nothing to boot: fw_cfg -initrd: has no such entry as efilite.entry= asks for\n");
}

TEST_F(Choice, AModuleThatIsAKernelTakesTheNextAsInitrd) {
  add_module(kKernel);
  add_module(kInitrd);
  ASSERT_TRUE(choose());
  EXPECT_EQ(payload.kind, PayloadKind::Kernel);
  EXPECT_STREQ(payload.origin, "PVH module 0");
  EXPECT_TRUE(payload.image->in_place()) << "no copy";
  EXPECT_EQ(content(payload.image), kKernel);
  EXPECT_EQ(content(payload.initrd), kInitrd);
  EXPECT_STREQ(payload.initrd_origin, "PVH module 1");
  EXPECT_EQ(payload.command_line, nullptr);
  EXPECT_EQ(told, "");
}

TEST_F(Choice, TellsWhatEachModuleIsFor) {
  add_module(kKernel);
  add_module(kInitrd);
  add_module(kJunk);
  ASSERT_TRUE(choose());
  payload.image_use = EFILITE_PVH_MODULE_FREED;
  EXPECT_EQ(use_of_module(payload, 0), EFILITE_PVH_MODULE_FREED);
  EXPECT_EQ(use_of_module(payload, 1), EFILITE_PVH_MODULE_INITRD);
  EXPECT_EQ(use_of_module(payload, 2), EFILITE_PVH_MODULE_KEPT);
}

TEST_F(Choice, AModuleThatIsNoPartOfThePayloadIsKept) {
  device.add_file("opt/efilite/kernel", kKernel);
  device.add_file("opt/efilite/initrd", kInitrd);
  add_module(kKernel);
  ASSERT_TRUE(choose());
  EXPECT_EQ(use_of_module(payload, 0), EFILITE_PVH_MODULE_KEPT);
}

TEST_F(Choice, FwCfgFilesComeBeforeModules) {
  add_module(kUki);
  device.add_file("opt/efilite/kernel", kKernel);
  device.add_file("opt/efilite/initrd", kInitrd);
  device.add_file("opt/efilite/cmdline", test::FakeFwCfg::bytes("ro quiet"));
  ASSERT_TRUE(choose());
  EXPECT_STREQ(payload.origin, "fw_cfg file opt/efilite/kernel");
  EXPECT_EQ(content(payload.image), kKernel);
  EXPECT_EQ(content(payload.initrd), kInitrd);
  EXPECT_EQ(content(payload.command_line), test::FakeFwCfg::bytes("ro quiet"));
}

TEST_F(Choice, AKernelFromFwCfgTakesTheModuleAsInitrd) {
  device.add_file("opt/efilite/kernel", kKernel);
  add_module(kInitrd);
  ASSERT_TRUE(choose());
  EXPECT_EQ(content(payload.initrd), kInitrd);
  EXPECT_STREQ(payload.initrd_origin, "PVH module 0");
}

TEST_F(Choice, WithoutModulesTheInitrdItemIsTheImage) {
  device.set_initrd(kUki);
  ASSERT_TRUE(choose());
  EXPECT_EQ(payload.kind, PayloadKind::Uki);
  EXPECT_STREQ(payload.origin, "fw_cfg -initrd");
  EXPECT_EQ(content(payload.image), kUki);
  EXPECT_EQ(payload.initrd, nullptr);
  EXPECT_EQ(told, "");
}

TEST_F(Choice, AnImageFromTheInitrdItemTakesTheInitrdFile) {
  device.set_initrd(kKernel);
  device.add_file("opt/efilite/initrd", kInitrd);
  ASSERT_TRUE(choose());
  EXPECT_EQ(content(payload.image), kKernel);
  EXPECT_EQ(content(payload.initrd), kInitrd);
}

TEST_F(Choice, AKernelFromFwCfgTakesTheInitrdItem) {
  device.add_file("opt/efilite/kernel", kKernel);
  device.set_initrd(kInitrd);
  ASSERT_TRUE(choose());
  EXPECT_EQ(content(payload.initrd), kInitrd);
  EXPECT_STREQ(payload.initrd_origin, "fw_cfg -initrd");
}

TEST_F(Choice, WithModulesTheInitrdItemIsNotLookedAt) {
  add_module(kKernel);
  device.set_initrd(kKernel);  // qboot passes the same bytes both ways
  ASSERT_TRUE(choose());
  EXPECT_EQ(payload.initrd, nullptr);
}

TEST_F(Choice, AnEmptyInitrdFileIsNoInitrd) {
  device.add_file("opt/efilite/kernel", kKernel);
  device.add_file("opt/efilite/initrd", {});
  ASSERT_TRUE(choose());
  EXPECT_EQ(payload.initrd, nullptr);
}

TEST_F(Choice, AModuleThatFwCfgHasTooIsReadFromThere) {
  add_module(kKernel);
  device.set_initrd(kKernel);
  ASSERT_TRUE(choose());
  EXPECT_EQ(payload.image, &payload.image_file);
  EXPECT_STREQ(payload.origin, "PVH module 0");
  EXPECT_EQ(content(payload.image), kKernel);
  EXPECT_EQ(payload.image_module.size(), kKernel.size()) << "its memory has to be given back";
}

TEST_F(Choice, AnItemThatIsNotTheModuleIsNotTakenForIt) {
  Bytes other = kKernel;
  other[0x300] ^= 1;
  add_module(kKernel);
  device.set_initrd(other);
  ASSERT_TRUE(choose());
  EXPECT_EQ(payload.image, &payload.image_module);
}

TEST_F(Choice, NoInitrdForALoaderAndItIsTold) {
  add_module(kLoader);
  add_module(kInitrd);
  ASSERT_TRUE(choose());
  EXPECT_EQ(payload.initrd, nullptr);
  EXPECT_EQ(told, "efilite: the initrd from PVH module 1 is not passed: a boot loader loads its own\n");
}

TEST_F(Choice, NoInitrdForAUkiAndItIsTold) {
  device.set_initrd(kUki);
  device.add_file("opt/efilite/initrd", kInitrd);
  ASSERT_TRUE(choose());
  EXPECT_EQ(payload.initrd, nullptr);
  EXPECT_EQ(told, "efilite: the initrd from fw_cfg file opt/efilite/initrd is not passed: a unified kernel image brings its own\n");
}

TEST_F(Choice, ADiskIsNoInitrdWhateverIsStarted) {
  const Bytes disk = disk_image();
  for (const Bytes& program : {kKernel, kUki, kLoader}) {
    info = {};
    add_module(program);
    add_module(disk);
    Payload chosen;
    (void)driver.detect();
    ASSERT_TRUE(choose_payload(info, memory, &driver, formats, options, chosen));
    EXPECT_EQ(chosen.initrd, nullptr);
    EXPECT_EQ(content(chosen.disk), disk);
    EXPECT_STREQ(chosen.initrd_origin, "PVH module 1");
  }
  EXPECT_EQ(told, "");
  EXPECT_EQ(heap.live(), 0u);
}

TEST_F(Choice, ADiskWithPartitionsOrACdsImageIsOneToo) {
  test::FakeDisk gpt(0), mbr(0), iso(0);
  for (test::FakeDisk* disk : {&gpt, &mbr, &iso}) disk->bytes.assign(300 * 512, 0);
  test::GptMaker(gpt, {test::gpt_entry(100, 199)});
  test::put_mbr(mbr, {test::mbr_record(0xEF, 100, 100)});
  test::IsoMaker(iso, {{0xEF, 0, 4, 50}}, 70);
  for (const test::FakeDisk& disk : {gpt, mbr, iso}) {
    info = {};
    const Bytes& image = disk.bytes;
    add_module(kKernel);
    add_module(image);
    Payload chosen;
    ASSERT_TRUE(choose_payload(info, memory, nullptr, formats, options, chosen));
    EXPECT_EQ(chosen.initrd, nullptr);
    EXPECT_EQ(content(chosen.disk), image);
  }
  EXPECT_EQ(heap.live(), 0u);
}

TEST_F(Choice, AnArchiveWithABootSectorsSignatureStaysAnInitrd) {
  Bytes archive = kInitrd;
  archive[510] = 0x55, archive[511] = 0xAA;
  add_module(kKernel);
  add_module(archive);
  ASSERT_TRUE(choose());
  EXPECT_EQ(content(payload.initrd), archive);
  EXPECT_EQ(payload.disk, nullptr);
}

// What is told when the boot manager has found nothing either.
#define EXPECT_NO_PROGRAM(where)                          \
  do {                                                    \
    ASSERT_TRUE(choose());                                \
    EXPECT_EQ(payload.image, nullptr);                    \
    told.clear();                                         \
    tell_no_program(info, payload);                       \
    EXPECT_EQ(told, "efilite: nothing to boot: " where "\n"); \
  } while (false)

TEST_F(Choice, NothingAnywhereIsOneLineThatSaysWhereItLooked) {
  EXPECT_NO_PROGRAM("fw_cfg file opt/efilite/kernel: absent; first of 0 PVH modules: absent; fw_cfg -initrd: absent");
}

TEST_F(Choice, WithoutADeviceItSaysThat) {
  arch::fake_io = nullptr;
  add_module(kInitrd);
  EXPECT_NO_PROGRAM("fw_cfg file opt/efilite/kernel: no fw_cfg device; first of 1 PVH modules: neither an EFI program nor a kernel; "
                    "fw_cfg -initrd: absent");
  EXPECT_EQ(choose_payload(info, memory, nullptr, formats, options, payload).status(), Status::Success);
  EXPECT_EQ(payload.image, nullptr);
}

TEST_F(Choice, AModuleThatIsNotMappedIsToldSo) {
  ASSERT_TRUE(info.modules.push_back({{{0x9000000}, {0x9001000}}, {}}));
  EXPECT_NO_PROGRAM("fw_cfg file opt/efilite/kernel: absent; first of 1 PVH modules: not in readable memory; fw_cfg -initrd: absent");
}

TEST_F(Choice, AnInitrdItemThatIsNoPeIsToldSo) {
  device.set_initrd(kInitrd);
  EXPECT_NO_PROGRAM("fw_cfg file opt/efilite/kernel: absent; first of 0 PVH modules: absent; "
                    "fw_cfg -initrd: neither an EFI program nor a kernel");
}

TEST_F(Choice, WhatIsNeitherProgramNorDiskIsTold) {
  add_module(kInitrd);
  ASSERT_TRUE(choose());
  EXPECT_EQ(payload.disk, nullptr);
  EXPECT_EQ(told, "efilite: PVH module 0 is neither a program, nor a kernel, nor a disk: it is not used\n");
  info = {};
  told.clear();
  device.set_initrd(kInitrd);
  Payload other;
  ASSERT_TRUE(choose_payload(info, memory, &driver, formats, options, other));
  EXPECT_EQ(other.disk, nullptr);
  EXPECT_EQ(told, "efilite: fw_cfg -initrd is neither a program, nor a kernel, nor a disk: it is not used\n");
}

TEST_F(Choice, ADiskAloneIsAPayloadWithoutAProgram) {
  add_module(disk_image());
  ASSERT_TRUE(choose());
  EXPECT_EQ(payload.image, nullptr);
  EXPECT_EQ(payload.image_module.size(), 0u) << "its memory stays the disk's";
  EXPECT_EQ(use_of_module(payload, 0), EFILITE_PVH_MODULE_DISK);
  EXPECT_EQ(content(payload.disk), disk_image());
  EXPECT_EQ(told, "");
}

TEST_F(Choice, TheInitrdItemMayBeADisk) {
  device.set_initrd(disk_image());
  ASSERT_TRUE(choose());
  EXPECT_EQ(payload.image, nullptr);
  EXPECT_EQ(content(payload.disk), disk_image());
  EXPECT_STREQ(payload.initrd_origin, "fw_cfg -initrd");
  EXPECT_EQ(told, "");
}

TEST_F(Choice, WhenTheProgramIsOnADiskOthersAreLeftAlone) {
  device.add_file("opt/efilite/kernel", kJunk);
  device.add_file("opt/efilite/cmdline", test::FakeFwCfg::bytes("ro quiet"));
  add_module(kKernel);
  add_module(disk_image());
  (void)driver.detect();
  (void)options.boot.push_back('d');
  ASSERT_TRUE(choose_payload(info, memory, &driver, formats, options, payload));
  EXPECT_EQ(payload.image, nullptr);
  EXPECT_EQ(use_of_module(payload, 0), EFILITE_PVH_MODULE_KEPT);
  EXPECT_EQ(use_of_module(payload, 1), EFILITE_PVH_MODULE_DISK);
  EXPECT_EQ(content(payload.disk), disk_image());
  EXPECT_EQ(content(payload.command_line), test::FakeFwCfg::bytes("ro quiet"));
  EXPECT_EQ(told, "");
}

TEST_F(Choice, ABrokenImageThatWasAskedForByNameIsNotReplacedByAnother) {
  device.add_file("opt/efilite/kernel", kJunk);
  add_module(kKernel);
  EXPECT_EQ(choose().status(), Status::LoadError);
  EXPECT_EQ(told, "efilite: nothing to boot: fw_cfg file opt/efilite/kernel (4096 bytes): neither an EFI program nor a kernel\n");
}

TEST_F(Choice, ADeviceThatFailsIsTold) {
  ASSERT_TRUE(driver.detect());
  device.signals_error = true;
  EXPECT_EQ(choose_payload(info, memory, &driver, formats, options, payload).status(), Status::DeviceError);
  EXPECT_EQ(told, "efilite: fw_cfg opt/efilite/kernel cannot be read: DEVICE_ERROR\n");
}

}  // namespace
}  // namespace efilite::boot
