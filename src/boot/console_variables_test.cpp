// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/console_variables.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "abi/uefi/guids.hpp"

namespace efilite::boot {
namespace {

constexpr uint32_t kVolatile = 0x6, kLasting = 0x7;

struct ConsoleVariables : testing::Test {
  struct {
    runtime::VariableStore store;
    alignas(8) std::array<std::byte, 4096> area;
  } region{};
  runtime::VariableStore& store = region.store;

  ConsoleVariables() { runtime::start_variables(store, region.area.data(), region.area.size()); }

  static ByteSpan bytes(const std::string& text) { return std::as_bytes(std::span(text)); }
  Status set(const char16_t* name, std::string value, uint32_t attributes = kLasting) {
    return runtime::set_variable(store, runtime::Phase::Boot, name, &efi::kGlobalVariable, attributes, value.size(), value.data());
  }
  std::string get(const char16_t* name, uint32_t wanted_attributes) {
    std::string value(100, '\0');
    uint64_t size = value.size();
    uint32_t attributes = 0;
    const Status status =
        runtime::get_variable(store, runtime::Phase::Boot, name, &efi::kGlobalVariable, &attributes, &size, value.data());
    if (status != Status::Success) return "none";
    EXPECT_EQ(attributes, wanted_attributes);
    return value.substr(0, size);
  }
  void start(const std::string& console = "path") { ASSERT_TRUE(set_console_variables(store, bytes(console))); }
};
constexpr std::string_view kEn("en", 3), kEng("eng", 4);

TEST_F(ConsoleVariables, TellWhatThereIsAndWhatIsUsed) {
  start();
  for (auto name : {u"ConInDev", u"ConOutDev", u"ErrOutDev"}) EXPECT_EQ(get(name, kVolatile), "path");
  for (auto name : {u"ConIn", u"ConOut", u"ErrOut"}) EXPECT_EQ(get(name, kLasting), "path");
  EXPECT_EQ(get(u"PlatformLangCodes", kVolatile), kEn);
  EXPECT_EQ(get(u"PlatformLang", kLasting), kEn);
  EXPECT_EQ(get(u"LangCodes", kVolatile), kEng);
  EXPECT_EQ(get(u"Lang", kLasting), kEng);
}

TEST_F(ConsoleVariables, WithoutAConsoleThereIsNoneToName) {
  start("");
  for (auto name : {u"ConInDev", u"ConOutDev", u"ErrOutDev", u"ConIn", u"ConOut", u"ErrOut"}) EXPECT_EQ(get(name, 0), "none");
  EXPECT_EQ(get(u"PlatformLang", kLasting), kEn);
}

TEST_F(ConsoleVariables, OnlyTheFirmwareSaysWhichLanguagesThereAre) {
  start();
  EXPECT_EQ(set(u"PlatformLangCodes", "fr", kVolatile), Status::WriteProtected);
  EXPECT_EQ(set(u"LangCodes", "fra", kVolatile), Status::WriteProtected);
}

TEST_F(ConsoleVariables, AnUnsupportedLanguageIsKeptUntilTheNextStart) {
  start();
  EXPECT_EQ(set(u"PlatformLang", "fr-FR"), Status::Success);
  EXPECT_EQ(set(u"Lang", "fra"), Status::Success);
  EXPECT_EQ(get(u"PlatformLang", kLasting), "fr-FR");
  start();
  EXPECT_EQ(get(u"PlatformLang", kLasting), kEn);
  EXPECT_EQ(get(u"Lang", kLasting), kEng);
}

TEST_F(ConsoleVariables, ASupportedLanguageIsLeftAlone) {
  EXPECT_EQ(set(u"PlatformLang", "en"), Status::Success);  // without a NUL
  EXPECT_EQ(set(u"Lang", std::string("eng\0", 4)), Status::Success);
  const uint32_t changes = store.changes;
  ASSERT_TRUE(set_console_variables(store, {}));
  EXPECT_EQ(get(u"PlatformLang", kLasting), "en");
  EXPECT_EQ(store.changes, changes);
}

TEST_F(ConsoleVariables, TheLanguageOfThePlatformIsToldWithoutItsNulAndOnlyIfItFits) {
  std::array<char, 8> buffer;
  EXPECT_EQ(platform_language(store, buffer), "");
  start();
  EXPECT_EQ(platform_language(store, buffer), "en");
  EXPECT_EQ(set(u"PlatformLang", "fr-FR"), Status::Success);
  EXPECT_EQ(platform_language(store, buffer), "fr-FR");
  EXPECT_EQ(platform_language(store, std::span(buffer).first(4)), "");
}

TEST_F(ConsoleVariables, AConsoleThatIsNotThereIsReplaced) {
  EXPECT_EQ(set(u"ConOut", "elsewhere"), Status::Success);
  EXPECT_EQ(set(u"ConIn", "path"), Status::Success);
  EXPECT_EQ(set(u"ErrOut", std::string(1000, 'x')), Status::Success);
  start();
  for (auto name : {u"ConIn", u"ConOut", u"ErrOut"}) EXPECT_EQ(get(name, kLasting), "path");
  const uint32_t changes = store.changes;
  start();
  EXPECT_EQ(store.changes, changes) << "a second start finds everything as it should be";
}

TEST_F(ConsoleVariables, AFullStoreIsToldAndNotOverrun) {
  runtime::start_variables(store, region.area.data(), 256);
  EXPECT_EQ(set_console_variables(store, bytes("path")).status(), Status::OutOfResources);
}

}  // namespace
}  // namespace efilite::boot
