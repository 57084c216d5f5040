// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/options.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/log.hpp"

namespace efilite::boot {
namespace {

std::string told;

struct Taken {
  std::string rest;
  Options options;
};
Taken take(std::string text) {
  told.clear();
  log::set_sink([](std::string_view part) { told += part; });
  Taken taken;
  std::vector<char> apart(text.size());
  taken.rest.assign(apart.data(), take_options(text, taken.options, apart));
  // In place it gives the same.
  Options again;
  size_t length = take_options(text, again, std::span(text.data(), text.size()));
  EXPECT_EQ(text.substr(0, length), taken.rest);
  log::set_sink(nullptr);
  return taken;
}

TEST(Options, OthersKeepOrderAndSpacing) {
  EXPECT_EQ(take("root=/dev/vda1  ro\tquiet").rest, "root=/dev/vda1  ro\tquiet");
  EXPECT_EQ(take(" a ").rest, " a ");
  EXPECT_EQ(take("").rest, "");
  EXPECT_EQ(told, "");
}

TEST(Options, OursAreTakenOut) {
  EXPECT_EQ(take("a efilite.log=quiet b").rest, "a b");
  EXPECT_EQ(take("efilite.log=quiet a").rest, "a");
  EXPECT_EQ(take("a efilite.log=quiet").rest, "a");
  EXPECT_EQ(take("efilite.log=quiet").rest, "");
  EXPECT_EQ(take("a  b efilite.log=quiet   c  d").rest, "a  b c  d");
  EXPECT_EQ(take("a efilite.log=debug efilite.log=quiet ").rest, "a");
}

TEST(Options, LogLevels) {
  EXPECT_EQ(take("").options.log, LogLevel::Normal);
  EXPECT_EQ(take("efilite.log=quiet").options.log, LogLevel::Quiet);
  EXPECT_EQ(take("efilite.log=normal").options.log, LogLevel::Normal);
  EXPECT_EQ(take("x efilite.log=timing").options.log, LogLevel::Timing);
  EXPECT_EQ(take("efilite.log=quiet efilite.log=debug").options.log, LogLevel::Debug) << "the last one counts";
  EXPECT_EQ(told, "");
}

std::string_view boot_of(const Taken& taken) { return {taken.options.boot.begin(), taken.options.boot.size()}; }

TEST(Options, WhatToBootIsKeptAsItIs) {
  EXPECT_EQ(boot_of(take("")), "");
  EXPECT_EQ(boot_of(take("a efilite.boot=disk b")), "disk");
  EXPECT_EQ(boot_of(take(R"(efilite.boot=\EFI\debian\grubx64.efi ro)")), R"(\EFI\debian\grubx64.efi)");
  EXPECT_EQ(boot_of(take(R"(efilite.boot="\EFI\two words.efi" ro)")), R"(\EFI\two words.efi)");
  EXPECT_EQ(take(R"(efilite.boot="\EFI\two words.efi" ro)").rest, "ro");
  EXPECT_EQ(boot_of(take("efilite.boot=PARTUUID=1234-05")), "PARTUUID=1234-05");
  EXPECT_EQ(boot_of(take("efilite.boot=disk efilite.boot=menu")), "menu") << "the last one counts";
  EXPECT_EQ(told, "");
}

TEST(Options, AnEmptyOrOverlongBootIsTold) {
  EXPECT_EQ(boot_of(take("efilite.boot= a")), "");
  EXPECT_NE(told.find("efilite: efilite.boot= does not say what is to be booted\n"), std::string::npos);
  EXPECT_EQ(boot_of(take("efilite.boot=" + std::string(513, 'x'))), "");
  EXPECT_NE(told.find("efilite: efilite.boot= is longer than 512 characters\n"), std::string::npos);
  EXPECT_EQ(boot_of(take("efilite.boot=" + std::string(512, 'x'))).size(), 512u);
}

TEST(Options, TheTimeoutIsANumberOfSeconds) {
  EXPECT_EQ(take("").options.timeout, std::nullopt);
  EXPECT_EQ(take("efilite.timeout=0").options.timeout, 0);
  EXPECT_EQ(take("efilite.timeout=65535").options.timeout, 65535);
  EXPECT_EQ(told, "");
  for (const char* wrong : {"", "65536", "-1", "5s", " 5"}) {
    EXPECT_EQ(take("efilite.timeout=\"" + std::string(wrong) + "\"").options.timeout, std::nullopt) << wrong;
    EXPECT_NE(told.find("efilite: efilite.timeout=" + std::string(wrong) + " is no number of seconds up to 65535\n"), std::string::npos);
  }
}

TEST(Options, Consoles) {
  EXPECT_EQ(take("").options.console, ConsoleChoice::Any);
  EXPECT_EQ(take("efilite.console=serial").options.console, ConsoleChoice::Serial);
  EXPECT_EQ(take("efilite.console=virtio a").options.console, ConsoleChoice::Virtio);
  EXPECT_EQ(take("efilite.console=xen").options.console, ConsoleChoice::Xen);
  EXPECT_EQ(take("efilite.console=both").options.console, ConsoleChoice::Both);
  EXPECT_EQ(told, "");
  EXPECT_EQ(take("efilite.console=hvc0").options.console, ConsoleChoice::Any);
  EXPECT_NE(told.find("efilite.console=hvc0 is none of serial, virtio, xen, both\n"), std::string::npos);
}

TEST(Options, AWrongValueIsTold) {
  EXPECT_EQ(take("efilite.log=loud").options.log, LogLevel::Normal);
  EXPECT_NE(told.find("efilite.log=loud is none of quiet, normal, timing, debug\n"), std::string::npos);
  EXPECT_EQ(take("efilite.log").rest, "");
  EXPECT_NE(told, "");
}

TEST(Options, UnknownOnesAreToldByName) {
  EXPECT_EQ(take("a efilite.colour=red b").rest, "a b");
  EXPECT_NE(told.find("unknown option efilite.colour (it is not passed on)\n"), std::string::npos);
  EXPECT_EQ(take("efilite. efilite.logs=quiet").rest, "");
  EXPECT_NE(told.find("efilite.logs "), std::string::npos);
}

TEST(Options, OnlyTheWholePrefixMakesThemOurs) {
  EXPECT_EQ(take("efilite=1 xefilite.log=quiet efilite").rest, "efilite=1 xefilite.log=quiet efilite");
  EXPECT_EQ(take("a=efilite.log=quiet").rest, "a=efilite.log=quiet");
}

TEST(Options, QuotesKeepSpacesAsLinuxDoes) {
  EXPECT_EQ(take("dyndbg=\"file a.c +p efilite.log=quiet\" b").rest, "dyndbg=\"file a.c +p efilite.log=quiet\" b");
  EXPECT_EQ(take("efilite.log=\"quiet\" b").options.log, LogLevel::Quiet);
  EXPECT_EQ(take("\"efilite.log=quiet\" b").options.log, LogLevel::Quiet);
  EXPECT_EQ(take("\"efilite.log=no such level\" b").rest, "b");
  EXPECT_EQ(take("\"unterminated efilite.log=quiet").rest, "\"unterminated efilite.log=quiet");
}

TEST(Options, WhatFollowsTwoDashesIsInits) {
  auto taken = take("a efilite.log=debug -- efilite.log=quiet  x");
  EXPECT_EQ(taken.rest, "a -- efilite.log=quiet  x");
  EXPECT_EQ(taken.options.log, LogLevel::Debug);
}

std::u16string load_options(std::string_view text, size_t room) {
  std::vector<char16_t> out(room, u'#');
  uint32_t size = make_load_options(text, out);
  EXPECT_EQ(size % 2, 0u);
  if (size == 0) return u"(none)";
  EXPECT_EQ(out[size / 2 - 1], u'\0');
  return std::u16string(out.data(), size / 2 - 1);
}
std::u16string load_options(std::string_view text) { return load_options(text, text.size() + 1); }

TEST(LoadOptions, AreUcs2WithANul) {
  EXPECT_EQ(load_options("root=/dev/vda1 ro"), u"root=/dev/vda1 ro");
  EXPECT_EQ(load_options("name=Gr\u00fc\u00dfe \u20ac"), u"name=Gr\u00fc\u00dfe \u20ac");
  EXPECT_EQ(load_options("\U0001F427!"), u"\U0001F427!");
}

TEST(LoadOptions, NothingIsNoOptionsAtAll) {
  EXPECT_EQ(load_options(""), u"(none)");
  EXPECT_EQ(load_options("  \t\n"), u"(none)");
  EXPECT_EQ(load_options("a", 0), u"(none)");
}

TEST(LoadOptions, MalformedBytesBecomeReplacementCharacters) {
  EXPECT_EQ(load_options("a\xFFz"), u"a\uFFFDz");
  EXPECT_EQ(load_options("\xC3"), u"\uFFFD");
  EXPECT_EQ(load_options("\xC0\x80"), u"\uFFFD\uFFFD") << "longer than need be";
  EXPECT_EQ(load_options("\xED\xA0\x80"), u"\uFFFD\uFFFD\uFFFD") << "a surrogate";
  EXPECT_EQ(load_options("\xF4\x90\x80\x80"), u"\uFFFD\uFFFD\uFFFD\uFFFD") << "beyond Unicode";
  EXPECT_EQ(load_options("\xE2\x82"), u"\uFFFD\uFFFD");
}

TEST(LoadOptions, WhatDoesNotFitIsCutOffBetweenCharacters) {
  EXPECT_EQ(load_options("abcdef", 4), u"abc");
  EXPECT_EQ(load_options("ab\U0001F427", 4), u"ab");
}

}  // namespace
}  // namespace efilite::boot
