// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/manager/boot_manager.hpp"

#include "abi/uefi/partition.hpp"
#include "tests/support/boot_disks.hpp"

namespace efilite::boot {
namespace {

using namespace testing_boot;

const std::u16string kPart1 = u"HD(1,GPT,00112233-4455-6677-8899-AABBCCDDEEFF,0x800,0x1000)";
const std::u16string kPart2 = u"HD(2,GPT,10112233-4455-6677-8899-AABBCCDDEEFF,0x1800,0x1000)";
const std::string kRoot = "PciRoot(0x0)/";
const std::string kDefault = "/\\EFI\\BOOT\\BOOTX64.EFI";

struct Manager : BootTest {
  // Disk 0 has two partitions with programs, disk 1 nothing, disk 2 is a volume as a whole.
  Manager() {
    FakeDisk& first = add_disk(u"PciRoot(0x0)/Pci(0x4,0x0)");
    FakeVolume& esp = add_partition(first, kPart1);
    esp.content[u"\\EFI\\DEBIAN\\GRUBX64.EFI"] = image_file;
    esp.label = u"Esp";
    FakeVolume& second = add_partition(first, kPart2);
    second.content[u"\\EFI\\BOOT\\BOOTX64.EFI"] = image_file;
    add_disk(u"PciRoot(0x0)/Pci(0x5,0x0)");
    FakeDisk& third = add_disk(u"PciRoot(0x0)/Pci(0x6,0x0)");
    FakeVolume& volume = third.add_volume(third.whole);
    volume.content[u"\\EFI\\BOOT\\BOOTX64.EFI"] = image_file;
    volume.content[u"\\OTHER.EFI"] = image_file;
    volume.content[u"\\BAD.EFI"] = Bytes8(3000, 'x');
  }
};

const std::string kGrub = kRoot + "Pci(0x4,0x0)/HD(1,GPT,00112233-4455-6677-8899-AABBCCDDEEFF,0x800,0x1000)/\\EFI\\debian\\grubx64.efi";
const std::string kSecond = kRoot + "Pci(0x4,0x0)/HD(2,GPT,10112233-4455-6677-8899-AABBCCDDEEFF,0x1800,0x1000)" + kDefault;
const std::string kThird = kRoot + "Pci(0x6,0x0)" + kDefault;
const std::string kOther = kRoot + "Pci(0x6,0x0)/\\other.efi";

// ---- variables

TEST_F(Manager, ItsVariablesHaveTheirSizesAndAttributes) {
  run();
  EXPECT_EQ(get(u"BootOptionSupport"), "6:12000000") << "applications and SysPrep; no hot keys";
  EXPECT_EQ(get(u"OsIndicationsSupported"), "6:0000000000000000");
  EXPECT_EQ(get(u"Timeout"), "7:0000");
  EXPECT_NE(get(u"PlatformRecovery0000"), "");
  EXPECT_EQ(get(u"BootCurrent"), "");
}

TEST_F(Manager, ATimeoutThatIsThereIsKept) {
  set_order(u"Timeout", {3});
  run("", uint16_t{0});
  EXPECT_EQ(get(u"Timeout"), "7:0300");
}

TEST_F(Manager, TheRecoveryOptionIsALoadOptionForTheDefaultFile) {
  run();
  BootVariables reader(variables.store, events, memory.pool);
  const HeapBytes bytes = reader.get(u"PlatformRecovery0000");
  auto option = parse_load_option(bytes.bytes());
  ASSERT_TRUE(option);
  EXPECT_TRUE(option->active());
  EXPECT_EQ(text_of(core::device_path::as_path(option->first_path)), "\\EFI\\BOOT\\BOOTX64.EFI");
  EXPECT_EQ(option->optional_data.size(), 0u);
}

// ---- the order of things

TEST_F(Manager, WithoutAnyOptionTheDefaultFileIsTriedOnEachDisk) {
  run();
  EXPECT_EQ(started, kSecond + "\n" + kThird + "\n");
  EXPECT_EQ(report(), kRoot + "Pci(0x4,0x0)/HD(1,GPT,00112233-4455-6677-8899-AABBCCDDEEFF,0x800,0x1000)" + kDefault +
                          ": there is no such file\n" + kSecond + ": it returned ABORTED\n" + kThird + ": it returned ABORTED\n" + kRoot +
                          "Pci(0x5,0x0): there is no file system that efilite can read\n");
  EXPECT_FALSE(manager().succeeded());
}

TEST_F(Manager, TheDefaultFileEndsTheSearchWhenItReturnsSuccess) {
  act = [](auto&) { return EfiStatus{}; };
  run();
  EXPECT_EQ(started, kSecond + "\n");
  EXPECT_EQ(connected(), "100") << "no other disk was touched";
  EXPECT_TRUE(manager().succeeded());
}

TEST_F(Manager, BootOrderIsFollowedAndBootCurrentTold) {
  set_option(u"Boot0001", u"PciRoot(0x0)/Pci(0x6,0x0)/\\other.efi", efi::kLoadOptionActive, "data");
  set_option(u"Boot00AB", u"PciRoot(0x0)/Pci(0x4,0x0)/" + kPart1 + u"/\\EFI\\debian\\grubx64.efi");
  set_order(u"BootOrder", {0xAB, 1});
  std::string current;
  act = [&](const std::string& path) {
    current += get(u"BootCurrent") + " ";
    return path == kGrub ? encode(Status::LoadError) : EfiStatus{};
  };
  run();
  EXPECT_EQ(started, kGrub + "\n" + kOther + " [data]\n" + kSecond + "\n") << "recovery is what is left";
  EXPECT_EQ(current, "6:ab00 6:0100  ");
  EXPECT_EQ(report().substr(0, report().find('\n')), "Boot00AB \"about Boot00AB\" " + kGrub + ": it returned LOAD_ERROR");
}

TEST_F(Manager, ADiskThatTheOrderNamesIsTheOnlyOneTouched) {
  set_option(u"Boot0000", u"PciRoot(0x0)/Pci(0x6,0x0)/\\other.efi");
  set_order(u"BootOrder", {0});
  std::string seen;
  act = [&](auto&) { return seen = connected(), EfiStatus{}; };
  run();
  EXPECT_EQ(seen.substr(0, 3), "001") << "as long as it runs";
}

TEST_F(Manager, InactiveOptionsAndApplicationsAreLeftOut) {
  set_option(u"Boot0000", u"PciRoot(0x0)/Pci(0x6,0x0)/\\other.efi", 0);
  set_option(u"Boot0001", u"PciRoot(0x0)/Pci(0x6,0x0)/\\other.efi", efi::kLoadOptionActive | efi::kLoadOptionCategoryApp);
  set_option(u"Boot0002", u"PciRoot(0x0)/Pci(0x6,0x0)/\\other.efi", efi::kLoadOptionActive | 0x200);
  set_order(u"BootOrder", {0, 1, 2});
  run();
  EXPECT_EQ(started, kSecond + "\n" + kThird + "\n");
}

TEST_F(Manager, WhatIsNoOptionIsTold) {
  set(u"Boot0003", Bytes8(20, 0xFF));
  set_order(u"BootOrder", {3, 7});
  run();
  EXPECT_EQ(report().substr(0, 66), "Boot0003: it is no load option\nBoot0007: there is no such variable");
}

TEST_F(Manager, AnOddByteBehindTheOrderIsNone) {
  set_option(u"Boot0001", u"\\other.efi");
  set(u"BootOrder", Bytes8{1, 0, 1});
  run();
  EXPECT_EQ(started.substr(0, kOther.size() + 2), kOther + "\nP");
}

TEST_F(Manager, BootNextComesFirstAndOnce) {
  set_option(u"Boot0001", u"PciRoot(0x0)/Pci(0x6,0x0)/\\other.efi", 0);  // chosen, it need not be active
  set_option(u"Boot0002", u"PciRoot(0x0)/Pci(0x4,0x0)/" + kPart1 + u"/\\EFI\\debian\\grubx64.efi");
  set_order(u"BootNext", {1});
  set_order(u"BootOrder", {2});
  std::string next;
  act = [&](auto&) { return next += get(u"BootNext") + ".", encode(Status::Aborted); };
  run();
  EXPECT_EQ(started, kOther + "\n" + kGrub + "\n" + kThird + "\n" + kSecond + "\n") << "in the order in which the disks were connected";
  EXPECT_EQ(next, "....") << "it is gone before its option starts";
}

TEST_F(Manager, ABootNextOfTheWrongSizeIsDeleted) {
  set(u"BootNext", Bytes8{1, 0, 0});
  run();
  EXPECT_EQ(get(u"BootNext"), "");
}

TEST_F(Manager, AProgramMayChangeTheOrderThatIsFollowed) {
  set_option(u"Boot0001", u"PciRoot(0x0)/Pci(0x6,0x0)/\\other.efi");
  act = [&](const std::string& path) {
    if (path == kSecond && get(u"BootOrder").empty()) set_order(u"BootOrder", {1});  // a shell, say
    return encode(path == kOther ? Status::Aborted : Status::Success);
  };
  run();
  EXPECT_EQ(started, kSecond + "\n" + kOther + "\n" + kSecond + "\n");
}

TEST_F(Manager, AProgramMaySayWhatIsNext) {
  set_option(u"Boot0001", u"PciRoot(0x0)/Pci(0x6,0x0)/\\other.efi");
  set_option(u"Boot0002", u"PciRoot(0x0)/Pci(0x4,0x0)/" + kPart1 + u"/\\EFI\\debian\\grubx64.efi");
  set_order(u"BootOrder", {2});
  bool said = false;
  act = [&](auto&) {
    if (!std::exchange(said, true)) set_order(u"BootNext", {1});
    return EfiStatus{};
  };
  run();
  EXPECT_EQ(started, kGrub + "\n" + kOther + "\n" + kGrub + "\n" + kSecond + "\n");
}

TEST_F(Manager, AnOrderOfThousandsEnds) {
  set_order(u"BootOrder", std::vector<uint16_t>(5000, 0x1234));
  act = [](auto&) { return EfiStatus{}; };
  run();
  EXPECT_EQ(started, kSecond + "\n");
  const std::string told = report();
  EXPECT_EQ(std::ranges::count(told, '\n'), 101);
  EXPECT_NE(told.find("and 4902 more\n"), std::string::npos) << "of the default file, two";
}

// ---- what a path means

TEST_F(Manager, APartitionIsFoundOnWhicheverDisk) {
  set_option(u"Boot0000", kPart2 + u"/\\EFI\\BOOT\\BOOTX64.EFI");
  set_order(u"BootOrder", {0});
  act = [](auto&) { return EfiStatus{}; };
  std::string seen;
  act = [&](auto&) { return seen = connected(), EfiStatus{}; };
  run();
  EXPECT_EQ(started.substr(0, kSecond.size() + 1), kSecond + "\n");
  EXPECT_EQ(seen, "100") << "one by one, until it was found";
}

TEST_F(Manager, APartitionThatHasGrownIsTheSame) {
  set_option(u"Boot0000", u"HD(9,GPT,10112233-4455-6677-8899-AABBCCDDEEFF,0x1,0x2)");
  set_order(u"BootOrder", {0});
  act = [](auto&) { return EfiStatus{}; };
  run();
  EXPECT_EQ(started.substr(0, kSecond.size() + 1), kSecond + "\n") << "and without a file it is the default one";
}

TEST_F(Manager, AnMbrPartitionIsItsDiskAndItsNumber) {
  FakeDisk& disk = add_disk(u"PciRoot(0x0)/Pci(0x7,0x0)");
  add_partition(disk, u"HD(1,MBR,0x12345678,0x3F,0x100)").content[u"\\EFI\\BOOT\\BOOTX64.EFI"] = image_file;
  add_partition(disk, u"HD(2,MBR,0x12345678,0x13F,0x100)").content[u"\\EFI\\BOOT\\BOOTX64.EFI"] = image_file;
  run("PARTUUID=12345678-02");
  EXPECT_EQ(started, kRoot + "Pci(0x7,0x0)/HD(2,MBR,0x12345678,0x13F,0x100)" + kDefault + " [" +
                         std::string("t\0h\0e\0 \0l\0i\0n\0e\0\0\0", 18) + "]\n");
  started.clear();
  run("PARTUUID=12345679-02");
  EXPECT_EQ(started, "");
}

TEST_F(Manager, APartitionThatNobodyHasIsTold) {
  set_option(u"Boot0000", u"HD(1,GPT,99112233-4455-6677-8899-AABBCCDDEEFF)/\\a.efi");
  set_option(u"Boot0001", u"HD(3,0,0,0x0,0x1)/\\a.efi");
  set_order(u"BootOrder", {0, 1});
  run();
  EXPECT_NE(report().find("Boot0000 \"about Boot0000\" HD(1,GPT,99112233-4455-6677-8899-AABBCCDDEEFF,0x0,0x0)/\\a.efi: no disk has this "
                          "partition\nBoot0001 \"about Boot0001\" HD(3,0,0,0x0,0x1)/\\a.efi: no disk has this partition\n"),
            std::string::npos)
      << report();
}

TEST_F(Manager, ADiskWithoutAFileMeansTheDefaultFileOnItsVolumes) {
  run("PciRoot(0x0)/Pci(0x4,0x0)");
  EXPECT_EQ(started.substr(0, kSecond.size()), kSecond);
  EXPECT_EQ(connected(), "100");
  EXPECT_NE(report().find("HD(1,GPT"), std::string::npos);
}

TEST_F(Manager, AFileOnADiskIsLookedForOnItsVolumes) {
  run("PciRoot(0x0)/Pci(0x4,0x0)/\\EFI\\debian\\grubx64.efi");
  EXPECT_EQ(started.substr(0, kGrub.size()), kGrub);
}

TEST_F(Manager, WhatIsNotThereIsTold) {
  run("PciRoot(0x0)/Pci(0x9,0x0)/\\a.efi");
  run("PciRoot(0x0)/Pci(0x5,0x0)/\\a.efi");
  run("PciRoot(0x0)/Pci(0x6,0x0)/HD(1,MBR,0x1)/\\a.efi");
  run("PciRoot(0x0)/Pci(0x6,0x0)/\\a.efi");
  run("PciRoot(0x0)/Pci(0x6,0x0)/\\bad.efi");
  run("LABEL=nobody");
  run("UsbClass(1,2,3,4,5)");
  run("Uri(http://a)/\\b.efi");
  EXPECT_EQ(started, "");
  EXPECT_EQ(report(),
            "efilite.boot PciRoot(0x0)/Pci(0x9,0x0)/\\a.efi: there is no such device\n"
            "efilite.boot PciRoot(0x0)/Pci(0x5,0x0)/\\a.efi: there is no file system that efilite can read\n"
            "efilite.boot PciRoot(0x0)/Pci(0x6,0x0)/HD(1,MBR,0x00000001,0x0,0x0)/\\a.efi: there is no such partition or unit\n"
            "efilite.boot PciRoot(0x0)/Pci(0x6,0x0)/\\a.efi: there is no such file\n"
            "efilite.boot PciRoot(0x0)/Pci(0x6,0x0)/\\bad.efi: it cannot be loaded: LOAD_ERROR\n"
            "efilite.boot \"nobody\": no volume has this name\n"
            "efilite.boot UsbHID(0x1,0x2,0x4,0x5): efilite boots neither from USB nor from a network\n"
            "efilite.boot Uri(http://a)/\\b.efi: efilite boots neither from USB nor from a network\n");
}

TEST_F(Manager, AVolumeIsFoundByItsName) {
  run("LABEL=ESP\\EFI\\debian\\grubx64.efi");
  EXPECT_EQ(started.substr(0, kGrub.size()), kGrub);
}

TEST_F(Manager, AVolumeIsFoundByItsPartitionsName) {
  connect(disks[0]);
  efi::PartitionInfoProtocol info{};
  info.kind = efi::PartitionKind::Gpt;
  memcpy(info.gpt.name, u"a name of thirty-six letters, no NUL", sizeof info.gpt.name);
  ASSERT_TRUE(handles.install(&disks[0].partitions[1].handle, &info));
  run("LABEL=A Name of thirty-six letters, no NUL");
  EXPECT_EQ(started.substr(0, kSecond.size()), kSecond);
  started.clear();
  info.kind = efi::PartitionKind::Mbr;
  run("LABEL=A Name of thirty-six letters, no NUL");
  EXPECT_EQ(started, "");
}

TEST_F(Manager, AFileAloneIsTakenFromTheFirstVolumeThatHasIt) {
  run("/other.efi");
  EXPECT_EQ(started.substr(0, kOther.size() - 10), kRoot + "Pci(0x6,0x0)/");
}

TEST_F(Manager, RemovableMediaComeBeforeFixedDisksAndRamDisksBeforeBoth) {
  add_disk(u"PciRoot(0x0)/Pci(0x7,0x0)/Scsi(0,0)", true);
  disks.back().add_volume(disks.back().whole).content[u"\\EFI\\BOOT\\BOOTX64.EFI"] = image_file;
  add_disk(u"RamDisk(0x1000,0x1FFF,0,77AB535A-45FC-624B-5560-F7B281D1F96E)");
  disks.back().add_volume(disks.back().whole).content[u"\\EFI\\BOOT\\BOOTX64.EFI"] = image_file;
  connect(disks.back());
  std::string seen;
  act = [&](auto&) { return seen += connected() + " ", encode(Status::Aborted); };
  run();
  EXPECT_EQ(started, "VirtualDisk(0x1000,0x1FFF,0)" + kDefault + "\n" + kRoot + "Pci(0x7,0x0)/Scsi(0x0,0x0)" + kDefault + "\n" + kSecond +
                         "\n" + kThird + "\n");
  EXPECT_EQ(seen, "00001 00011 10011 11111 ") << "each disk when its turn has come";
}

TEST_F(Manager, AnEmptyDriveIsSaidToBeEmpty) {
  FakeDisk& drive = add_disk(u"PciRoot(0x0)/Pci(0x7,0x0)/Scsi(0,0)", true);
  drive.whole.media.media_present = 0;
  run();
  EXPECT_NE(report().find("Scsi(0x0,0x0): there is no medium in it\n"), std::string::npos);
}

TEST_F(Manager, WhatIsNoDiskMayHaveAFileOfItsOwn) {
  struct Loader : efi::LoadFileProtocol {
    Bytes8 bytes;
  } loader;
  loader.bytes = image_file;
  loader.load_file = [](efi::LoadFileProtocol* protocol, efi::DevicePath*, efi::Boolean policy, efi::Uintn* size, void* buffer) EFIAPI {
    EXPECT_EQ(policy, 1);
    const Bytes8& bytes = static_cast<Loader*>(protocol)->bytes;
    const bool fits = *size >= bytes.size();
    *size = bytes.size();
    if (!fits || buffer == nullptr) return encode(Status::BufferTooSmall);
    memcpy(buffer, bytes.data(), bytes.size());
    return EfiStatus{};
  };
  const Bytes8 path = bytes_of_path(memory.pool, u"PciRoot(0x0)/Pci(0x8,0x0)/MAC(001122334455,0x1)");
  efi::Handle handle = nullptr;
  ASSERT_TRUE(handles.install(&handle, efi::kDevicePathGuid, const_cast<uint8_t*>(path.data())));
  ASSERT_TRUE(handles.install<efi::LoadFileProtocol>(&handle, &loader));
  run("PciRoot(0x0)/Pci(0x8,0x0)/MAC(001122334455,0x1)");
  EXPECT_EQ(started.substr(0, 44), "PciRoot(0x0)/Pci(0x8,0x0)/MAC(001122334455,0");
}

// ---- around a program

TEST_F(Manager, ReadyToBootIsSignalledBeforeThePathIsLookedAt) {
  std::string order;
  struct Note {
    Manager* test;
    std::string* order;
    char letter;
  } ready{this, &order, 'R'}, after{this, &order, 'A'};
  const auto note = [](efi::Event, void* context) EFIAPI {
    auto& n = *static_cast<Note*>(context);
    *n.order += n.letter + n.test->connected() + " ";
  };
  ASSERT_TRUE(events.create(efi::kEvtNotifySignal, efi::kTplCallback, note, &ready, &efi::kEventGroupReadyToBoot));
  ASSERT_TRUE(events.create(efi::kEvtNotifySignal, efi::kTplCallback, note, &after, &efi::kEventGroupAfterReadyToBoot));
  act = [](auto&) { return EfiStatus{}; };
  run("PciRoot(0x0)/Pci(0x4,0x0)");
  EXPECT_EQ(order, "R000 A000 ");
}

TEST_F(Manager, TheWatchdogBitesAProgramThatDoesNothingForFiveMinutes) {
  act = [&](auto&) {
    clock.advance(uint64_t{299} * 10'000'000);
    EXPECT_EQ(self->started.find("watchdog"), std::string::npos);
    clock.advance(uint64_t{2} * 10'000'000);
    return EfiStatus{};
  };
  run("PciRoot(0x0)/Pci(0x4,0x0)");
  EXPECT_NE(started.find("watchdog! "), std::string::npos);
}

TEST_F(Manager, TheWatchdogIsOffWhenTheProgramIsBack) {
  act = [&](auto&) {
    EXPECT_TRUE(watchdog.set(10, 0x12345));
    return EfiStatus{};
  };
  run("PciRoot(0x0)/Pci(0x4,0x0)");
  clock.advance(uint64_t{400} * 10'000'000);
  EXPECT_EQ(started.find("watchdog"), std::string::npos);
  EXPECT_GE(loads, starts);
  EXPECT_EQ(starts, 1);
  EXPECT_EQ(returns, 1);
}

TEST_F(Manager, ProgramsLeaveNothingBehind) {
  run();
  const auto before = map_of(efi::MemoryType::LoaderCode);
  started.clear();
  run();
  EXPECT_EQ(map_of(efi::MemoryType::LoaderCode), before);
}

// ---- drivers and preparation

TEST_F(Manager, DriversComeBeforePreparationAndThatBeforeTheBoot) {
  set_option(u"Driver0001", u"PciRoot(0x0)/Pci(0x6,0x0)/\\other.efi", efi::kLoadOptionActive, "d");
  set_option(u"Driver0002", u"PciRoot(0x0)/Pci(0x6,0x0)/\\other.efi", 0, "inactive");
  set_option(u"SysPrep0001", u"PciRoot(0x0)/Pci(0x6,0x0)/\\other.efi", efi::kLoadOptionActive, "s");
  set_order(u"DriverOrder", {2, 1, 9});
  set_order(u"SysPrepOrder", {1});
  act = [](const std::string& path) { return encode(path == kOther ? Status::Success : Status::Aborted); };
  run("PciRoot(0x0)/Pci(0x4,0x0)");
  EXPECT_EQ(started.substr(0, 2 * kOther.size() + 10 + kSecond.size()), kOther + " [d]\n" + kOther + " [s]\n" + kSecond);
  EXPECT_EQ(report().substr(0, 37), "Driver0009: there is no such variable");
  EXPECT_EQ(starts, 1) << "they are no boot options";
  EXPECT_FALSE(manager().succeeded());
}

struct Binding : efi::DriverBindingProtocol {
  std::string calls;
  Binding() {
    supported = [](efi::DriverBindingProtocol* protocol, efi::Handle handle, efi::DevicePath*) EFIAPI {
      return encode(handle == static_cast<Binding*>(protocol)->wanted ? Status::Success : Status::Unsupported);
    };
    start = [](efi::DriverBindingProtocol* protocol, efi::Handle, efi::DevicePath*) EFIAPI {
      static_cast<Binding*>(protocol)->calls += "start ";
      return EfiStatus{};
    };
    stop = [](efi::DriverBindingProtocol*, efi::Handle, efi::Uintn, efi::Handle*) EFIAPI { return EfiStatus{}; };
    version = 0x10;
  }
  efi::Handle wanted = nullptr;
};

TEST_F(Manager, ADriverMayWantEverythingConnectedAgain) {
  for (uint32_t extra : {0u, efi::kLoadOptionForceReconnect}) {
    Binding binding;
    efi::Handle handle = nullptr;
    connect(disks[0]);
    binding.wanted = disks[0].whole.handle;
    set_option(u"Driver0000", u"PciRoot(0x0)/Pci(0x6,0x0)/\\other.efi", efi::kLoadOptionActive | extra);
    set_order(u"DriverOrder", {0});
    act = [&](const std::string& path) {
      if (path != kOther) return encode(Status::Aborted);
      EXPECT_TRUE(handles.install<efi::DriverBindingProtocol>(&handle, &binding));
      binding.image_handle = binding.driver_binding_handle = handle;
      return EfiStatus{};
    };
    run("PciRoot(0x0)/Pci(0x9,0x0)");
    EXPECT_EQ(binding.calls, extra != 0 ? "start " : "");
    EXPECT_TRUE(handles.uninstall<efi::DriverBindingProtocol>(handle, &binding));
  }
}

// ---- what is asked for by name

TEST_F(Manager, AnOptionMayBeAskedForByItsNumber) {
  set_option(u"Boot0001", u"PciRoot(0x0)/Pci(0x6,0x0)/\\other.efi", 0, "data");
  run("Boot0001");
  EXPECT_EQ(started, kOther + " [data]\n") << "and nothing else";
  run("Boot0002");
  EXPECT_NE(report().find("Boot0002: there is no such variable"), std::string::npos);
}

TEST_F(Manager, DiskMeansTheUsualOrder) {
  act = [](auto&) { return EfiStatus{}; };
  run("disk");
  EXPECT_EQ(started, kSecond + "\n");
}

}  // namespace
}  // namespace efilite::boot
