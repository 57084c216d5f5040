// SPDX-License-Identifier: BSD-2-Clause-Patent
// Words on the command line, and what comes of them. Files are the business of tests/cli.
#include "cli/program.hpp"

#include <gtest/gtest.h>

#include "cli/command_line.hpp"
#include "cli/manual.hpp"

namespace efilite::cli {
namespace {

Output run(std::vector<std::string> words) { return cli::run(words, {}); }

TEST(Program, WrongWordsAreUsageErrorsOfOneLine) {
  const std::vector<std::vector<std::string>> kWrong = {
      {},
      {"inspect"},
      {"frobnicate"},
      {"inspect", "--entry", "bios", "x"},
      {"inspect", "--entry", "efi", "--entry", "pvh", "x"},
      {"inspect", "--full", "x"},
      {"inspect", "--block-size=1000", "--disk", "x"},
      {"inspect", "--what", "x"},
      {"pack", "--kernel", "x"},
      {"pack", "--kernel", "x", "--output"},
      {"pack", "--kernel", "x", "--output", "y", "--cmdline", "a", "--cmdline-file", "b"},
      {"config", "vmware", "--image", "x"},
      {"config", "qemu"},
      {"config", "qemu", "--image", "x", "--kernel", "y"},
      {"config", "qemu", "--image", "-"},
      {"config", "qemu", "--image", "x", "--initrd", "y"},
      {"config", "qemu", "--image", "x", "--memory", "0"},
      {"config", "qemu", "--image", "x", "--memory", "12K"},
      {"config", "qemu", "--image", "x", "--memory", "99999999999999999999"},
      {"config", "qemu", "--image", "x", "--cpus", "-1"},
      {"config", "qemu", "--image", "x", "--name", "a/b"},
      {"config", "xl", "--image", "x", "--machine", "q35"},
      {"config", "qemu", "--image", "x", "--domain", "xen"},
      {"generate", "powershell"},
  };
  for (const auto& words : kWrong) {
    const Output output = run(words);
    const std::string all = [&] {
      std::string text;
      for (const std::string& word : words) text += word + ' ';
      return text;
    }();
    EXPECT_EQ(output.status, Exit::Usage) << all;
    EXPECT_EQ(output.out, "") << all;
    EXPECT_TRUE(output.err.starts_with("efilite: ")) << all << output.err;
    EXPECT_EQ(std::ranges::count(output.err, '\n'), 1) << all << output.err;
  }
}

TEST(Program, HelpIsNoError) {
  EXPECT_NE(run({"--help"}).out.find("inspect"), std::string::npos);
  EXPECT_NE(run({"pack", "--help"}).out.find("--os-release"), std::string::npos);
  EXPECT_EQ(run({"--help"}).status, Exit::Success);
}

TEST(CommandLine, ValuesMayHaveSpacesBeEmptyOrBeginWithADash) {
  const auto parsing =
      parse({"pack", "--kernel", "my kernel", "--cmdline=-x", "--uname", "", "--initrd", "a", "--initrd=b", "--output", "o"});
  ASSERT_TRUE(parsing.arguments) << parsing.error;
  EXPECT_EQ(parsing.arguments->one("--kernel"), "my kernel");
  EXPECT_EQ(parsing.arguments->one("--cmdline"), "-x");
  EXPECT_TRUE(parsing.arguments->has("--uname"));
  EXPECT_EQ(parsing.arguments->one("--uname", "otherwise"), "");
  EXPECT_EQ(parsing.arguments->all("--initrd"), (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(parsing.arguments->has("--splash"));
}

TEST(CommandLine, FilesMayBeManyAndBeginWithADash) {
  const auto parsing = parse({"inspect", "--json", "a", "-", "--", "--b"});
  ASSERT_TRUE(parsing.arguments) << parsing.error;
  EXPECT_EQ(parsing.arguments->all("FILE"), (std::vector<std::string>{"a", "-", "./--b"}));
  EXPECT_TRUE(parsing.arguments->has("--json"));
}

TEST(Manual, HasEveryOptionOfEveryCommand) {
  const std::string texts[] = {manual_page(), bash_completion(), zsh_completion(), fish_completion()};
  for (const CommandSpec& command : commands()) {
    for (const OptionSpec& option : command.options) {
      if (option.is_positional()) continue;
      std::string in_manual;
      for (const char* c = option.name; *c != '\0'; ++c) in_manual += *c == '-' ? "\\-" : std::string(1, *c);
      EXPECT_NE(texts[0].find(in_manual), std::string::npos) << option.name;
      EXPECT_NE(texts[1].find(option.name), std::string::npos) << option.name;
      EXPECT_NE(texts[2].find(option.name), std::string::npos) << option.name;
      EXPECT_NE(texts[3].find(std::string("-l ") + (option.name + 2)), std::string::npos) << option.name;
    }
  }
}

}  // namespace
}  // namespace efilite::cli
