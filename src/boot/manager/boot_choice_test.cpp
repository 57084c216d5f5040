// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/manager/boot_choice.hpp"

#include "tests/support/boot_disks.hpp"
#include "tests/support/log.hpp"

namespace efilite::boot {
namespace {

using namespace testing_boot;

struct Choices : testing::Test {
  ~Choices() override { EXPECT_EQ(heap.live(), 0u); }
  // The kind, and the path as text.
  std::string choose(std::string_view text) {
    auto choice = parse_boot_choice(text, heap);
    if (!choice) return status_name(choice.error());
    const char* const kinds[] = {"order", "menu", "option ", "path "};
    std::string out = kinds[static_cast<size_t>(choice->kind)];
    if (choice->kind == BootChoice::Kind::Option) out += std::to_string(choice->number);
    out += ascii({choice->label.data(), choice->label_size});
    if (choice->kind != BootChoice::Kind::Path) return out;
    auto path = core::device_path::path_to_text(heap, choice->path.as<efi::DevicePath>(), true, true);
    EXPECT_TRUE(path);
    if (choice->label_size != 0) out += ":";
    out += ascii(*path);
    heap.release(*path);
    return out;
  }
  test::CapturedLog captured;
  std::string& told = captured.text;
  test::HostHeap heap;
};

TEST_F(Choices, WordsAndNumbers) {
  EXPECT_EQ(choose("disk"), "order");
  EXPECT_EQ(choose("menu"), "menu");
  EXPECT_EQ(choose("Boot0003"), "option 3");
  EXPECT_EQ(choose("BootfFfF"), "option 65535");
  EXPECT_EQ(told, "");
}

TEST_F(Choices, PathsAsText) {
  EXPECT_EQ(choose("PciRoot(0x0)/Pci(0x4,0x0)"), "path PciRoot(0x0)/Pci(0x4,0x0)");
  EXPECT_EQ(choose(R"(PciRoot(0x0)/Pci(0x4,0x0)/HD(1,GPT,00112233-4455-6677-8899-AABBCCDDEEFF)/\EFI\x.efi)"),
            R"(path PciRoot(0x0)/Pci(0x4,0x0)/HD(1,GPT,00112233-4455-6677-8899-AABBCCDDEEFF,0x0,0x0)/\EFI\x.efi)");
  EXPECT_EQ(choose(R"(\EFI\debian\grubx64.efi)"), R"(path \EFI\debian\grubx64.efi)");
  EXPECT_EQ(choose("/EFI/debian/grubx64.efi"), R"(path \EFI\debian\grubx64.efi)");
  EXPECT_EQ(choose("\\\xC3\xA4.efi"), "path \\\xE4.efi") << "UTF-8";
  EXPECT_EQ(told, "");
}

TEST_F(Choices, Partitions) {
  EXPECT_EQ(choose("PARTUUID=00112233-4455-6677-8899-aabbccddeeff"), "path HD(0,GPT,00112233-4455-6677-8899-AABBCCDDEEFF,0x0,0x0)");
  EXPECT_EQ(choose(R"(PARTUUID=00112233-4455-6677-8899-aabbccddeeff\EFI\x.efi)"),
            R"(path HD(0,GPT,00112233-4455-6677-8899-AABBCCDDEEFF,0x0,0x0)/\EFI\x.efi)");
  EXPECT_EQ(choose("PARTUUID=1234abcd-0a/x.efi"), R"(path HD(10,MBR,0x1234ABCD,0x0,0x0)/\x.efi)");
  EXPECT_EQ(told, "");
}

TEST_F(Choices, Volumes) {
  EXPECT_EQ(choose("LABEL=ESP"), "path ESP:");
  EXPECT_EQ(choose("LABEL=ESP/EFI/x.efi"), R"(path ESP:\EFI\x.efi)");
  EXPECT_EQ(choose(R"(LABEL=my disk\EFI\x.efi)"), R"(path my disk:\EFI\x.efi)");
  EXPECT_EQ(told, "");
}

TEST_F(Choices, WhatIsNotUnderstoodIsTold) {
  for (const char* text : {"foo", "Disk", "Boot003", "Boot00033", "Boot00g3", "grubx64.efi", "PARTUUID=", "PARTUUID=1234", "PARTUUID=\\x",
                           "PARTUUID=1234abcd-0g", "PARTUUID=00112233-4455-6677-8899-aabbccddee", "LABEL=", "LABEL=\\x",
                           "LABEL=0123456789012345678901234567890123456789012345678901234567890123456789", "PciRoot(0x0",
                           "HD(1,XYZ,0)", "Pci(0x4,0x0))"}) {
    told.clear();
    EXPECT_EQ(choose(text), "INVALID_PARAMETER") << text;
    EXPECT_EQ(told, "efilite: efilite.boot=" + std::string(text) +
                        " is none of: disk, menu, Boot####, PARTUUID=..., LABEL=..., a device path, \\a\\file from the root of a volume\n");
  }
}

TEST_F(Choices, WithoutMemoryNothingIsLost) {
  for (const char* text : {"PARTUUID=1234abcd-0a/x.efi", "LABEL=a\\b", "\\x.efi"}) {
    for (int64_t allowed = 0;; ++allowed) {
      heap.failures_after = allowed;
      auto choice = parse_boot_choice(text, heap);
      heap.failures_after = -1;
      if (choice) break;
      EXPECT_EQ(choice.error(), Status::OutOfResources);
    }
  }
  EXPECT_EQ(told, "");
}

}  // namespace
}  // namespace efilite::boot
