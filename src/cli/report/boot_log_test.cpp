// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "cli/report/boot_log.hpp"

#include <gtest/gtest.h>

#include "cli/report/picture.hpp"

namespace efilite::cli {
namespace {

constexpr const char* kBoot =
    "SeaBIOS\r\nBooting from ROM..efilite 0.1: PVH start_info, starting an EFI program from PVH module 0\r\n"
    "memory: 0x0 - 0x9f000 free\r\nmemory: 0x100000 - 0x200000 boot services data\r\n"
    "timing: entry 1000\r\ntiming: core 3000\r\ntiming: copied 4096\r\ntiming: tsc-khz 2000\r\ntiming: payload 5000\r\n"
    "timing: exit-boot-services 9000\r\n";

TEST(BootLog, IsReadAmongOtherLines) {
  const auto log = parse_boot_log(kBoot);
  ASSERT_TRUE(log) << log.error().text;
  EXPECT_EQ(log->banner, "efilite 0.1: PVH start_info, starting an EFI program from PVH module 0");
  ASSERT_EQ(log->steps.size(), 4u);
  EXPECT_EQ(log->steps[2].name, "payload");
  EXPECT_EQ(log->steps[2].tsc, 5000u);
  EXPECT_EQ(log->copied_bytes, 4096u);
  EXPECT_EQ(log->tsc_khz, 2000u);
  ASSERT_EQ(log->memory.size(), 2u);
  EXPECT_EQ(log->memory[1].type, "boot services data");
  EXPECT_EQ(log->duration_text(1000, 3000), "1.00 ms");
  EXPECT_EQ(log->duration_text(1000, 1100), "50.0 us");
}

TEST(BootLog, WithoutARateThereAreTicks) {
  const auto log = parse_boot_log("timing: entry 5\ntiming: payload 1005\n");
  ASSERT_TRUE(log);
  EXPECT_EQ(log->duration_text(5, 1005), "1000 ticks");
  EXPECT_EQ(log->banner, "");
}

TEST(BootLog, TheLastWholeBootCounts) {
  const std::string second = "efilite 0.1: second\ntiming: entry 1\ntiming: payload 2\n";
  EXPECT_EQ(parse_boot_log(kBoot + second)->banner, "efilite 0.1: second");
  EXPECT_EQ(parse_boot_log(kBoot + second + "efilite 0.1: third\ntiming: entry 7\n")->banner, "efilite 0.1: second");
  // Two boots without their first lines.
  const auto log = parse_boot_log("timing: entry 9\ntiming: payload 10\ntiming: entry 1\ntiming: payload 2\n");
  ASSERT_TRUE(log);
  EXPECT_EQ(log->steps[0].tsc, 1u);
}

TEST(BootLog, AProgramThatIsStartedNextIsInTheSameBoot) {
  const std::string next = "timing: entry 1000\ntiming: core 3000\ntiming: payload 8000\n";
  const auto log = parse_boot_log(kBoot + next);
  ASSERT_TRUE(log);
  EXPECT_EQ(log->steps.back().tsc, 8000u);
  EXPECT_EQ(log->memory.size(), 2u);
  EXPECT_FALSE(log->banner.empty());
}

TEST(BootLog, WhatIsUnpackedIsToldAtAnyTime) {
  const std::string early = "timing: unpacked-warm 4000\n", late = "timing: unpacked-cold 6000\n";
  // Before the steps, behind them, and with the next program's once more.
  const std::string next = "timing: entry 1000\ntiming: core 3000\ntiming: unpacked-warm 4000\ntiming: payload 8000\n";
  const auto log = parse_boot_log("efilite 0.1: x\n" + early + (kBoot + std::string(kBoot).find("timing:")) + late + next);
  ASSERT_TRUE(log) << log.error().text;
  EXPECT_EQ(log->steps.back().tsc, 8000u);
  ASSERT_EQ(log->unpacked.size(), 2u);
  EXPECT_EQ(log->unpacked[0].name, "warm");
  EXPECT_EQ(log->unpacked[1].tsc, 6000u);
  const std::string picture = draw(*log);
  for (const char* text : {"packed code, warm, is unpacked", "at 1.50 ms", "packed code, cold, is unpacked"})
    EXPECT_NE(picture.find(text), std::string::npos) << text;
  EXPECT_TRUE(parse_boot_log(kBoot)->unpacked.empty());
}

TEST(BootLog, WordsInOtherPeoplesLinesAreTheirs) {
  const auto log = parse_boot_log(kBoot + std::string("[1.0] usb timing: late 5\n[1.1] memory: 0x2000 - 0x1000 x\nby efilite 1\n"));
  ASSERT_TRUE(log) << log.error().text;
  EXPECT_EQ(log->steps.size(), 4u);
}

TEST(BootLog, WhatIsNoneIsSaid) {
  EXPECT_NE(parse_boot_log("").error().text.find("efilite.log=timing"), std::string::npos);
  EXPECT_NE(parse_boot_log("timing: entry 99999999999999999999999\ntiming: payload x\n").error().text.find("timing"), std::string::npos);
  EXPECT_EQ(parse_boot_log("timing: entry 5\ntiming: payload 4\n").error().text,
            "line 2: payload is before entry: lines are missing, or two logs are mixed");
  EXPECT_EQ(parse_boot_log("memory: 0x2000 - 0x1000 free\n").error().text, "line 1: 0x2000 - 0x1000 is no range behind the one before");
}

TEST(BootLog, APictureHasEveryStepAndEveryRange) {
  auto log = parse_boot_log(kBoot).value();
  const std::string picture = draw(log);
  EXPECT_EQ(picture.find("nan"), std::string::npos);
  for (const char* text : {"<svg ", "the program, until ExitBootServices", "0x9f000", "0x200000", "boot services data"})
    EXPECT_NE(picture.find(text), std::string::npos) << text;
}

TEST(BootLog, ALongFirstLineIsWrapped) {
  auto log = parse_boot_log(kBoot).value();
  log.banner = "efilite " + std::string(200, 'a') + " " + std::string(100, 'b') + " c";
  const std::string picture = draw(log);
  for (const char* text : {">efilite<", ">b", "b c<"}) EXPECT_NE(picture.find(text), std::string::npos) << text;
  EXPECT_EQ(picture.find(std::string(121, 'a')), std::string::npos);
}

TEST(BootLog, WordsOfAStrangersLogCannotLeaveThePicturesText) {
  auto log = parse_boot_log("efilite 1<script>&\"\x1b[2J\ntiming: entry 1\ntiming: <b> 2\nmemory: 0x0 - 0x1000 <i>\n").value();
  const std::string picture = draw(log);
  for (const char* text : {"<script>", "<b>", "<i>", "\x1b"}) EXPECT_EQ(picture.find(text), std::string::npos) << text;
}

}  // namespace
}  // namespace efilite::cli
