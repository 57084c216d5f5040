// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "cli/text.hpp"

#include <gtest/gtest.h>

namespace efilite::cli {
namespace {

TEST(Table, ColumnsAreAsWideAsTheirWidestCell) {
  Table table;
  table.add({"a", "bb", "x"});
  table.add({"für", "b", ""});
  table.add({"longer"});
  EXPECT_EQ(table.text("  "), "  a    bb  x\n  für  b\n  longer\n");
}

TEST(SizeText, HasTheUnitThatFits) {
  EXPECT_EQ(size_text(0), "0 bytes");
  EXPECT_EQ(size_text(1023), "1023 bytes");
  EXPECT_EQ(size_text(1536), "1.5 KiB (1536)");
  EXPECT_EQ(size_text(UINT64_MAX), "16.0 EiB (18446744073709551615)");
}

Report small_report() {
  Report report;
  report.name = "a\x1b[2J";
  report.kind = "kernel";
  report.size = 100;
  report.entries = {{formats::BootEntry::Efi, "EFI application, x86-64", "rva", 0x1000},
                    {formats::BootEntry::Linux64, "Linux boot protocol 2.15, 64-bit entry", "kernel", 0x200}};
  report.chosen = formats::BootEntry::Linux64;
  report.why = "it is asked for";
  report.groups = {{"g", "Group", {{"yes", "flag", true}, {"lines", "text", std::string("one\ntwo\n")}}}};
  return report;
}

TEST(Render, MarksWhatIsTaken) {
  EXPECT_EQ(render(small_report(), Style{}), R"(a\x1b[2J: kernel, 100 bytes
  Boot entries
     efi    RVA 0x1000      EFI application, x86-64
  *  linux  kernel + 0x200  Linux boot protocol 2.15, 64-bit entry
  efilite takes linux: it is asked for
  Group
    flag  yes
    text  one
          two
)");
}

TEST(Render, SaysWhatIsWrong) {
  Report report = small_report();
  report.problems = {{0x206, "version", "is older than 2.00", 0x100}};
  report.refusal = "malformed PE image: at 0xd0, SizeOfImage is 0x0";
  const std::string text = render(report, Style{});
  EXPECT_NE(text.find("  Malformed\n    at 0x206, version: is older than 2.00 (0x100)\n"), std::string::npos);
  EXPECT_NE(text.find("  and refuses it: malformed PE image: at 0xd0, SizeOfImage is 0x0\n"), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(render(report, Style{true}).find("\x1b[1m"), std::string::npos);
}

TEST(Render, RowsHaveAHead) {
  Report report = small_report();
  report.groups = {{"g", "Group", {{"rows", "", Rows{{{"a", "first", Hex{16}}, {"b", "second", uint64_t{7}}}}}, {"none", "", Rows{}}}}};
  EXPECT_NE(render(report, Style{}).find("    first  second\n    0x10   7\n"), std::string::npos);
}

}  // namespace
}  // namespace efilite::cli
