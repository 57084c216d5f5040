// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/manager/boot_menu.hpp"

#include "tests/support/boot_disks.hpp"

namespace efilite::boot {
namespace {

using namespace testing_boot;

using Scan::kDown, Scan::kEscape, Scan::kF2, Scan::kLeft, Scan::kRight, Scan::kUp;

struct Menu : BootTest {
  Menu() {
    for (int i : {4, 5}) {
      FakeDisk& disk = add_disk(u"PciRoot(0x0)/Pci(0x" + std::u16string(1, static_cast<char16_t>(u'0' + i)) + u",0x0)");
      disk.add_volume(disk.whole).content[u"\\EFI\\BOOT\\BOOTX64.EFI"] = image_file;
    }
    disks[1].whole.volume->content[u"\\SHELLX64.EFI"] = image_file;
    set_option(u"Boot0001", u"PciRoot(0x0)/Pci(0x4,0x0)");
    set_option(u"Boot00AB", u"PciRoot(0x0)/Pci(0x5,0x0)", 0, std::string("o\0k\0\0\0", 6));
    set_option(u"Boot0005", u"PciRoot(0x0)/Pci(0x5,0x0)", efi::kLoadOptionActive | efi::kLoadOptionHidden);
    set(u"Boot0006", Bytes8(10, 7));
    set_order(u"BootOrder", {0xAB, 9, 5});
    no_more_keys = [&] {  // what is seen then; and nobody comes any more
      seen = screen;
      press(kEscape);
      no_more_keys = nullptr;
    };
  }
  void show() {
    Screen lines(system_table, events);
    BootMenu(manager(), lines).run();
  }
  std::string line(size_t number) { return seen[3 + number]; }
  void go_to_end() {
    for (int i = 0; i < 20; ++i) press(kDown);
  }
  std::map<efi::Uintn, std::string> seen;
};

TEST_F(Menu, ShowsOptionsFilesAndEnds) {
  show();
  EXPECT_EQ(seen[1], "efilite: what is to be booted?");
  EXPECT_EQ(line(0), "> Boot00AB about Boot00AB (not active)");
  EXPECT_EQ(line(1), " Boot0001 about Boot0001") << "hidden and broken ones are left out, and those that are in no order come last";
  EXPECT_EQ(line(2), " Default boot file, \\EFI\\BOOT\\BOOTX64.EFI on PciRoot(0x0)/Pci(0x4,0x0)");
  EXPECT_EQ(line(3), " Default boot file, \\EFI\\BOOT\\BOOTX64.EFI on PciRoot(0x0)/Pci(0x5,0x0)");
  EXPECT_EQ(line(4), " EFI Shell, \\shellx64.efi on PciRoot(0x0)/Pci(0x5,0x0)");
  EXPECT_EQ(line(5), " Restart");
  EXPECT_EQ(line(6), " Power off");
  EXPECT_EQ(line(7), "");
  EXPECT_TRUE(screen.empty()) << "cleared when it is left";
  EXPECT_EQ(started, "");
}

TEST_F(Menu, GoesUpAndDownAndNotBeyond) {
  for (uint16_t key : {kUp, kDown, kDown, kUp}) press(key);
  show();
  EXPECT_EQ(line(1), "> Boot0001 about Boot0001");
  go_to_end();
  no_more_keys = [&] { seen = screen, press(kEscape); };
  show();
  EXPECT_EQ(line(6), "> Power off");
}

TEST_F(Menu, EnterStartsWhatIsChosen) {
  press(kDown), type("\r");
  show();
  EXPECT_EQ(started, "PciRoot(0x0)/Pci(0x4,0x0)/\\EFI\\BOOT\\BOOTX64.EFI\n");
  EXPECT_EQ(seen[22], "The last one: it returned ABORTED");
  EXPECT_EQ(line(1), "> Boot0001 about Boot0001") << "and it is chosen still";
  EXPECT_EQ(get(u"BootCurrent"), "6:0100");
}

TEST_F(Menu, FilesOnDisksStartAsTheyAre) {
  for (int i = 0; i < 4; ++i) press(kDown);
  type("\r");
  show();
  EXPECT_EQ(started, "PciRoot(0x0)/Pci(0x5,0x0)/\\shellx64.efi\n");
  EXPECT_EQ(get(u"BootCurrent"), "") << "that is no boot option";
}

TEST_F(Menu, OptionsCanBeEditedForThisOnce) {
  const std::string before = get(u"Boot00AB");
  type("e ro");
  for (int i = 0; i < 9; ++i) press(kLeft);
  press(kRight), type("12"), press(kRight), type("\b");
  for (int i = 0; i < 9; ++i) press(kRight);
  type("x\b!"), press(kLeft), type("\b\r");
  show();
  EXPECT_EQ(started, "PciRoot(0x0)/Pci(0x5,0x0)/\\EFI\\BOOT\\BOOTX64.EFI [" + std::string("o\0" "1\0" "2\0 \0r\0!\0\0\0", 14) + "]\n");
  EXPECT_EQ(get(u"Boot00AB"), before);
}

TEST_F(Menu, EditingCanBeGivenUp) {
  type("exyz");
  press(kEscape);
  show();
  EXPECT_EQ(started, "");
}

TEST_F(Menu, OptionsMayBeEditedAway) {
  type("e\b\b\b\b\r");
  show();
  EXPECT_EQ(started, "PciRoot(0x0)/Pci(0x5,0x0)/\\EFI\\BOOT\\BOOTX64.EFI\n");
}

TEST_F(Menu, AnOverlongTextStopsGrowing) {
  type("e" + std::string(600, 'a') + "\r");
  show();
  EXPECT_EQ(std::ranges::count(started, 'a'), 510) << "512 less what was there";
}

TEST_F(Menu, TheLastTwoEndTheMachine) {
  go_to_end(), type("\r"), press(kUp), type("\r");
  show();
  EXPECT_EQ(started, "power-off reset ");
}

TEST_F(Menu, MoreThanTheScreenHolds) {
  std::vector<uint16_t> order;
  for (uint16_t i = 0x100; i < 0x200; ++i) {
    set_option(OptionName(u"Boot", i).text, u"\\a");
    order.push_back(i);
  }
  set_order(u"BootOrder", order);
  for (int i = 0; i < 30; ++i) press(kDown);
  show();
  EXPECT_EQ(line(17), "> Boot011E about Boot011E");
  EXPECT_EQ(line(0), " Boot010D about Boot010D");
}

// ---- when it is shown: with somebody there, only a reset ends it

struct Interactive : Menu {
  Interactive() {
    resets_end = true;
    no_more_keys = [&] {
      if (screen.empty()) return keys.push_back({0, u' '});  // at the list of what failed
      ++menus;
      seen = screen;
      if (leave-- > 0) press(kEscape);
      else go_to_end(), type("\r");
    };
  }
  int menus = 0, leave = 0;
};

const std::string kFirst = "PciRoot(0x0)/Pci(0x4,0x0)/\\EFI\\BOOT\\BOOTX64.EFI\n";
const std::string kSecond = "PciRoot(0x0)/Pci(0x5,0x0)/\\EFI\\BOOT\\BOOTX64.EFI\n";

TEST_F(Interactive, ItIsShownWhenItIsAskedFor) {
  EXPECT_THROW(run("menu"), Ended);
  EXPECT_EQ(seen[1], "efilite: what is to be booted?");
  EXPECT_EQ(started, "power-off ");
}

TEST_F(Interactive, TheBootGoesOnBehindItAndComesBackToIt) {
  leave = 1;
  set_order(u"BootOrder", {1});
  EXPECT_THROW(run("menu"), Ended);
  EXPECT_EQ(started, kFirst + kFirst + kSecond + "power-off ");
  EXPECT_EQ(menus, 2);
  EXPECT_NE(logged.find("efilite: nothing is left to boot; any key for the menu:\n"
                        "efilite:   Boot0001 \"about Boot0001\" PciRoot(0x0)/Pci(0x4,0x0)/\\EFI\\BOOT\\BOOTX64.EFI: it returned ABORTED\n"),
            std::string::npos)
      << logged;
}

TEST_F(Interactive, AnOptionThatSucceedsEndsTheOrder) {
  leave = 1;
  set_option(u"Boot0002", u"PciRoot(0x0)/Pci(0x5,0x0)");
  set_order(u"BootOrder", {1, 2});
  act = [](auto&) { return EfiStatus{}; };
  EXPECT_THROW(run("menu"), Ended);
  EXPECT_EQ(started, kFirst + "power-off ");
}

TEST_F(Interactive, WithoutATimeoutNobodyLooksForAKey) {
  press(kEscape);
  run();
  EXPECT_EQ(menus, 0);
  EXPECT_EQ(keys.size(), 1u);
}

TEST_F(Interactive, AKeyWithinTheTimeoutBringsIt) {
  set_order(u"Timeout", {5});
  for (uint16_t key : {kEscape, kF2}) {
    started.clear();
    type("x"), press(key);
    EXPECT_THROW(run(), Ended);
    EXPECT_EQ(started, "power-off ");
  }
}

TEST_F(Interactive, TheTimeoutPassesOrEnterEndsIt) {
  set_order(u"BootOrder", {1});
  const uint64_t before = clock.time;
  const auto more = std::exchange(no_more_keys, nullptr);
  act = [&](auto&) { return no_more_keys = more, EfiStatus{}; };
  EXPECT_THROW(run("", uint16_t{5}), Ended);
  EXPECT_EQ(started, kFirst + "power-off ");
  EXPECT_GE(clock.time - before, uint64_t{5} * 10'000'000);
  started.clear();
  screen.clear();
  no_more_keys = nullptr;
  const uint64_t second = clock.time;
  type("\r");
  EXPECT_THROW(run("", uint16_t{500}), Ended);
  EXPECT_EQ(started, kFirst + "power-off ");
  EXPECT_LT(clock.time - second, uint64_t{5} * 10'000'000);
}

TEST_F(Interactive, ATimeoutWithoutEndBringsIt) {
  EXPECT_THROW(run("", uint16_t{0xFFFF}), Ended);
  EXPECT_EQ(started, "power-off ");
}

TEST_F(Interactive, AnOsMayAskForItOnce) {
  const uint64_t wanted = efi::kOsIndicationsBootToFwUi | 0x4;
  set(u"OsIndications", &wanted, sizeof wanted);
  EXPECT_THROW(run(), Ended);
  EXPECT_EQ(started, "power-off ");
  EXPECT_EQ(get(u"OsIndications"), "7:0400000000000000") << "other bits are others' business";
}

TEST_F(Interactive, AProgramMayAskForIt) {
  act = [&](auto&) {
    const uint64_t wanted = efi::kOsIndicationsBootToFwUi;
    set(u"OsIndications", &wanted, sizeof wanted);
    return EfiStatus{};
  };
  set_order(u"BootOrder", {1, 1});
  EXPECT_THROW(run(), Ended);
  EXPECT_EQ(started, kFirst + "power-off ");
}

TEST_F(Interactive, AnOsMayAskForRecovery) {
  const uint64_t wanted = efi::kOsIndicationsStartPlatformRecovery;
  set(u"OsIndications", &wanted, sizeof wanted);
  set_option(u"Boot0001", u"PciRoot(0x0)/Pci(0x5,0x0)/\\shellx64.efi");
  set_order(u"BootOrder", {1});
  run();
  EXPECT_EQ(started.substr(0, kFirst.size() + kSecond.size()), kFirst + kSecond) << "before the order";
  EXPECT_EQ(get(u"OsIndications"), "7:0000000000000000");
}

}  // namespace
}  // namespace efilite::boot
