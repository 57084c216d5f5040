// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "cli/json.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace efilite::cli {
namespace {

using nlohmann::json;

TEST(Json, AFileHasItsEntriesAndItsGroups) {
  Report report;
  report.name = "k";
  report.kind = "kernel";
  report.size = 5;
  report.entries = {{formats::BootEntry::XenPv, "Xen PV", "virtual", 0xFFFFFFFF81000000}};
  report.groups = {{"elf", "ELF", {{"class", "", uint64_t{64}}, {"flags", "", Flags{3, {"a", "b"}}}, {"machine", "", Named{62, "x86-64"}},
                                   {"size", "", Size{9}}, {"is", "", false}, {"rows", "", Rows{{{"x", "", Hex{1}}}}}}}};
  report.problems = {{0x10, "e_type", "is no program", 9}};
  const Answer<Report> answers[] = {{"k", report}, {"missing", Failure{"No such file or directory"}}};
  const json all = json::parse(to_json(std::span(answers)));
  EXPECT_EQ(all["schema"], 1);
  const json& file = all["files"][0];
  EXPECT_EQ(file["entries"][0]["name"], "pv");
  EXPECT_EQ(file["entries"][0]["address"], "0xffffffff81000000");  // a double could not tell it
  EXPECT_TRUE(file["chosen"].is_null());
  EXPECT_EQ(file["elf"], json::parse(R"({"class": 64, "flags": {"value": "0x3", "names": ["a", "b"]}, "size": 9, "is": false,
                                         "machine": {"value": "0x3e", "name": "x86-64"}, "rows": [{"x": "0x1"}]})"));
  EXPECT_EQ(file["problems"][0], json::parse(R"({"offset": "0x10", "field": "e_type", "problem": "is no program", "value": "0x9"})"));
  EXPECT_EQ(all["files"][1], json::parse(R"({"name": "missing", "error": "No such file or directory"})"));
}

TEST(Json, BytesThatAreNoTextDoNotBreakIt) {
  Report report;
  report.groups = {{"uki", "", {{"cmdline", "", std::string("\xff\"\\\x01")}}}};
  const Answer<Report> answers[] = {{"\xfe", report}};
  const json all = json::parse(to_json(std::span(answers)));
  EXPECT_EQ(all["files"][0]["uki"]["cmdline"], "\uFFFD\"\\\x01");
  EXPECT_EQ(all["files"][0]["name"], "\uFFFD");
}

TEST(Json, ADiskHasItsVolumes) {
  DiskReport report;
  report.table = "GPT";
  report.block_size = 512;
  report.volumes.push_back({});
  report.volumes[0].number = "1";
  report.volumes[0].files.push_back({"\\EFI\\BOOT\\BOOTX64.EFI", true, std::nullopt, "is empty"});
  report.volumes[0].entries.push_back({"\\loader\\entries\\a.conf", {{"initrd", "/a"}, {"initrd", "/b"}}, {"/b"}});
  const Answer<DiskReport> answers[] = {{"d", report}};
  const json all = json::parse(to_json(std::span(answers)));
  const json& disk = all["disks"][0];
  EXPECT_TRUE(disk["boots"].is_null());
  EXPECT_EQ(disk["volumes"][0]["files"][0]["error"], "is empty");
  EXPECT_EQ(disk["volumes"][0]["loader_entries"][0]["initrd"], json::parse(R"(["/a", "/b"])"));
  EXPECT_EQ(disk["volumes"][0]["loader_entries"][0]["missing"], json::parse(R"(["/b"])"));
}

}  // namespace
}  // namespace efilite::cli
