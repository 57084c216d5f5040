// SPDX-License-Identifier: BSD-2-Clause-Patent
// The HII font protocol through its C edge: glyphs, fonts, and the fonts of strings.
#include "tests/support/hii_font.hpp"

namespace efilite::core::hii {
namespace {

TEST_F(HiiFontTest, IsInstalledAndWithoutFontsSaysNotFound) {
  EXPECT_EQ(*handles.locate_protocol(efi::HiiFontProtocol::kGuid), font);
  efi::ImageOutput* out = nullptr;
  EXPECT_EQ(font->get_glyph(font, u'a', nullptr, &out, nullptr), kNotFound);
  EXPECT_EQ(draw(u"a").status, kNotFound);
  EXPECT_TRUE(fonts(nullptr).empty());
  EXPECT_EQ(out, nullptr);
}

TEST_F(HiiFontTest, GetGlyphDrawsInTheSystemsColorsOrTheCallers) {
  add_system_font();
  efi::ImageOutput* out = nullptr;
  efi::Uintn below = 0;
  ASSERT_EQ(font->get_glyph(font, u'a', nullptr, &out, &below), kSuccess);
  take(out);
  EXPECT_EQ(out->width, 8);
  EXPECT_EQ(out->height, 19);
  EXPECT_EQ(below, 4u);
  EXPECT_EQ(at(out, 3, 18), kOn);
  EXPECT_EQ(at(out, 4, 18), kOff);
  const DisplayInfo colors(efi::kFontInfoSysFont | efi::kFontInfoSysSize | efi::kFontInfoSysStyle);
  out = nullptr;
  ASSERT_EQ(font->get_glyph(font, u'\u4E00', &colors, &out, nullptr), kSuccess);
  take(out);
  EXPECT_EQ(out->width, 16);
  EXPECT_EQ(at(out, 7, 0), kRed);
  EXPECT_EQ(at(out, 8, 0), kBlue);
  const DisplayInfo half(efi::kFontInfoAnyFont | efi::kFontInfoAnySize | efi::kFontInfoAnyStyle | efi::kFontInfoSysForeColor |
                         efi::kFontInfoSysBackColor);
  out = nullptr;
  ASSERT_EQ(font->get_glyph(font, u'a', &half, &out, nullptr), kSuccess);
  take(out);
  EXPECT_EQ(at(out, 0, 0), kOn);
  EXPECT_EQ(at(out, 7, 0), kOff);
}

TEST_F(HiiFontTest, AnUnknownGlyphIsReplacedWithAWarning) {
  add_system_font();
  efi::ImageOutput* out = nullptr;
  ASSERT_EQ(font->get_glyph(font, u'z', nullptr, &out, nullptr), encode(Status::WarnUnknownGlyph));
  EXPECT_FALSE(efi::is_error(encode(Status::WarnUnknownGlyph)));
  take(out);
  EXPECT_EQ(at(out, 0, 0), kOn);
  EXPECT_EQ(at(out, 1, 0), kOff);
  EXPECT_EQ(at(out, 2, 0), kOn);
}

TEST_F(HiiFontTest, GetGlyphChecksItsParameters) {
  add_system_font();
  EXPECT_EQ(font->get_glyph(font, u'a', nullptr, nullptr, nullptr), kInvalid);
  efi::ImageOutput* out = &image;
  EXPECT_EQ(font->get_glyph(font, u'a', nullptr, &out, nullptr), kInvalid);
  out = nullptr;
  const DisplayInfo wrong(efi::kFontInfoSysFont | efi::kFontInfoAnyFont);
  EXPECT_EQ(font->get_glyph(font, u'a', &wrong, &out, nullptr), kInvalid);
  for (size_t extra = 0; extra < 2; ++extra) {
    heap.allowed = heap.blocks() + extra;
    EXPECT_EQ(font->get_glyph(font, u'a', nullptr, &out, nullptr), kNoMemory);
  }
}

TEST_F(HiiFontTest, ProportionalGlyphsTellTheirBaseline) {
  add({font_package(u"P", {9, 10, 0, 0, 9}, 0, to(u'p') + block(3, 5, 1, -2, 6) + block(9, 1, 0, 4, 9))});
  efi::ImageOutput* out = nullptr;
  efi::Uintn below = 0;
  const DisplayInfo info(0, u"P", 10);
  ASSERT_EQ(font->get_glyph(font, u'p', &info, &out, &below), kSuccess);
  take(out);
  EXPECT_EQ(out->width, 3);
  EXPECT_EQ(out->height, 5);
  EXPECT_EQ(below, 2u);
  EXPECT_EQ(at(out, 1, 4), kRed);
  EXPECT_EQ(at(out, 2, 4), kBlue);
  out = nullptr;
  ASSERT_EQ(font->get_glyph(font, u'q', &info, &out, &below), kSuccess);
  take(out);
  EXPECT_EQ(static_cast<int64_t>(below), -4);
  EXPECT_EQ(at(out, 7, 0), kRed);
}

TEST_F(HiiFontTest, FontsAreFoundByNameSizeAndStyle) {
  add({font_package(u"A", {1, 11, 0, 0, 1}, 1, to(u'x') + block(1, 1, 0, 0, 1)), font_package(u"A", {1, 12, 0, 0, 1}, 0, {}),
       font_package(u"B", {1, 11, 0, 0, 1}, 0, to(u'x') + block(1, 1, 0, 0, 1) + block(1, 1, 0, 0, 1))});
  using Names = std::vector<std::u16string>;
  EXPECT_TRUE(fonts(nullptr).empty());
  const auto match = [&](uint32_t mask, std::u16string_view name, uint16_t size, uint32_t style, const char16_t* text = nullptr) {
    const DisplayInfo wish(mask, name, size, style);
    return fonts(&wish, text);
  };
  EXPECT_EQ(match(0, u"A", 11, 1), Names{u"A 11"});
  EXPECT_TRUE(match(0, u"A", 11, 0).empty());
  EXPECT_TRUE(match(0, u"A", 13, 1).empty());
  EXPECT_TRUE(match(0, u"C", 11, 1).empty());
  EXPECT_EQ(match(efi::kFontInfoAnySize | efi::kFontInfoAnyStyle, u"A", 0, 0), (Names{u"A 11", u"A 20"}));
  EXPECT_EQ(match(efi::kFontInfoAnyFont, u"", 11, 0), Names{u"B 10"});
  EXPECT_EQ(match(efi::kFontInfoAnyFont | efi::kFontInfoAnyStyle, u"", 11, 0), (Names{u"A 11", u"B 10"}));
  const uint32_t any = efi::kFontInfoAnyFont | efi::kFontInfoAnySize | efi::kFontInfoAnyStyle;
  EXPECT_EQ(match(any, u"", 0, 0), (Names{u"A 11", u"A 20", u"B 10"}));
  EXPECT_EQ(match(any, u"", 0, 0, u"x"), (Names{u"A 11", u"B 10"}));
  EXPECT_EQ(match(any, u"", 0, 0, u"yx"), Names{u"B 10"});
  EXPECT_TRUE(match(any, u"", 0, 0, u"xyz").empty());
  // What fits exactly comes first, whatever its age.
  EXPECT_EQ(match(efi::kFontInfoResize | efi::kFontInfoAnyStyle, u"A", 12, 0), (Names{u"A 20", u"A 11"}));
  EXPECT_EQ(match(efi::kFontInfoResize | efi::kFontInfoRestyle, u"A", 12, 1), (Names{u"A 11", u"A 20"}));
  EXPECT_EQ(match(efi::kFontInfoResize | efi::kFontInfoRestyle, u"A", 13, 3), (Names{u"A 11", u"A 20"}));
  EXPECT_EQ(match(efi::kFontInfoRestyle, u"A", 11, 3), Names{u"A 11"});  // without one of the styles
  EXPECT_TRUE(match(efi::kFontInfoRestyle, u"A", 11, 2).empty());        // it would have one too many
}

TEST_F(HiiFontTest, GetFontInfoTellsColorsAndChecksTheMask) {
  add_system_font();
  add({font_package(u"A", {1, 11, 0, 0, 1}, 1, {})});
  efi::FontHandle handle = nullptr;
  efi::FontDisplayInfo* out = nullptr;
  ASSERT_EQ(font->get_font_info(font, &handle, nullptr, &out, nullptr), kSuccess);
  EXPECT_EQ(std::u16string(out->font_info.font_name), u"sysdefault");
  EXPECT_EQ(out->font_info.font_size, 19);
  EXPECT_EQ(out->font_info.font_style, 0u);
  EXPECT_EQ(out->foreground_color, kOn);
  heap.release(out);
  EXPECT_EQ(font->get_font_info(font, &handle, nullptr, &out, nullptr), kNotFound);
  EXPECT_EQ(handle, nullptr);
  const DisplayInfo wish(efi::kFontInfoSysBackColor, u"A", 11, 1);
  ASSERT_EQ(font->get_font_info(font, &handle, &wish, &out, nullptr), kSuccess);
  EXPECT_EQ(out->foreground_color, kRed);
  EXPECT_EQ(out->background_color, kOff);
  // What comes out goes in again.
  efi::FontDisplayInfo* again = nullptr;
  EXPECT_EQ(font->get_font_info(font, nullptr, out, &again, nullptr), kSuccess);
  heap.release(again);
  heap.release(out);
  EXPECT_EQ(font->get_font_info(font, nullptr, &wish, nullptr, nullptr), kSuccess);
  for (uint32_t mask : {efi::kFontInfoSysFont | efi::kFontInfoAnyFont, efi::kFontInfoSysSize | efi::kFontInfoAnySize,
                        efi::kFontInfoSysStyle | efi::kFontInfoAnyStyle, efi::kFontInfoResize | efi::kFontInfoAnySize,
                        efi::kFontInfoRestyle | efi::kFontInfoAnyStyle}) {
    const DisplayInfo wrong(mask, u"A", 11, 1);
    EXPECT_EQ(font->get_font_info(font, &handle, &wrong, &out, nullptr), kInvalid);
    EXPECT_EQ(draw(u"a", 0, nullptr, 0, 0, &wrong).status, kInvalid);
  }
  handle = nullptr;
  heap.allowed = heap.blocks();
  EXPECT_EQ(font->get_font_info(font, &handle, &wish, &out, nullptr), kNoMemory);
}

TEST_F(HiiFontTest, AFontsHandleMayOutliveIt) {
  const efi::HiiHandle first = add({font_package(u"A", {1, 11, 0, 0, 1}, 0, {})});
  add({font_package(u"B", {1, 11, 0, 0, 1}, 0, {})});
  const DisplayInfo any(efi::kFontInfoAnyFont, u"", 11);
  efi::FontHandle handle = nullptr;
  EXPECT_EQ(font->get_font_info(font, &handle, &any, nullptr, nullptr), kSuccess);
  EXPECT_EQ(db->remove_package_list(db, first), kSuccess);
  efi::FontDisplayInfo* out = nullptr;
  ASSERT_EQ(font->get_font_info(font, &handle, &any, &out, nullptr), kSuccess);
  EXPECT_EQ(std::u16string(out->font_info.font_name), u"B");
  heap.release(out);
  handle = this;
  EXPECT_EQ(font->get_font_info(font, &handle, &any, nullptr, nullptr), kNotFound);
}

TEST_F(HiiFontTest, AGlyphThatIsThereIsNotReplacedByALaterOne) {
  add({simple_font_package({narrow_glyph(u'a', 0x80)})});
  add({simple_font_package({narrow_glyph(u'a', 0x40), narrow_glyph(u'b', 0x20)})});
  add({font_package(u"sysdefault", {1, 19, 0, 0, 1}, 0, to(u'a') + block(3, 1, 0, 0, 3) + Bytes{0x22, 1} + block(3, 1, 0, 0, 3))});
  efi::ImageOutput* out = nullptr;
  ASSERT_EQ(font->get_glyph(font, u'a', nullptr, &out, nullptr), kSuccess);
  take(out);
  EXPECT_EQ(at(out, 0, 0), kOn);
  EXPECT_EQ(at(out, 1, 0), kOff);
  out = nullptr;
  ASSERT_EQ(font->get_glyph(font, u'b', nullptr, &out, nullptr), kSuccess);
  take(out);
  EXPECT_EQ(at(out, 2, 0), kOn);
  out = nullptr;
  ASSERT_EQ(font->get_glyph(font, u'c', nullptr, &out, nullptr), kSuccess);
  take(out);
  EXPECT_EQ(out->width, 3);
  EXPECT_EQ(fonts(nullptr).size(), 1u);
}

TEST_F(HiiFontTest, AFontThatIsNotThereIsDrawnInTheSystemsFontAndTheCallersColors) {
  add_system_font();
  const DisplayInfo wish(0, u"Nobody's", 12);
  EXPECT_EQ(draw(u"a", 0, nullptr, 0, 0, &wish).status, kSuccess);
  EXPECT_EQ(fresh->height, 19);
  EXPECT_EQ(at(fresh, 0, 0), kRed);
  EXPECT_EQ(at(fresh, 7, 0), kBlue);
}

TEST_F(HiiFontTest, OfTheFontsThatMatchOneWithAllCharactersIsTaken) {
  add({font_package(u"A", {1, 11, 0, 0, 1}, 0, to(u'x') + block(1, 1, 0, 0, 1)),
       font_package(u"B", {1, 11, 0, 0, 1}, 0, to(u'x') + block(2, 1, 0, 0, 2) + block(2, 1, 0, 0, 2))});
  const DisplayInfo any(efi::kFontInfoAnyFont, u"", 11);
  EXPECT_EQ(draw(u"x\ny", 0, nullptr, 0, 0, &any).status, kSuccess);
  EXPECT_EQ(fresh->width, 2);
  EXPECT_EQ(draw(u"x", 0, nullptr, 0, 0, &any).status, kSuccess);
  EXPECT_EQ(fresh->width, 1);
}

TEST_F(HiiFontTest, StringsAreDrawnByTheirIdentifier) {
  add_system_font();
  const efi::HiiHandle list = add({string_package("en", ucs2(u"a") + ucs2(u"aa")), string_package("fr", ucs2(u"aaa"))});
  const auto width = [&](const char* of, efi::StringId id) -> int {
    efi::ImageOutput* out = nullptr;
    if (font->string_id_to_image(font, 0, list, id, of, nullptr, &out, 0, 0, nullptr, nullptr, nullptr) != kSuccess) return -1;
    take(out);
    return out->width / 8;
  };
  EXPECT_EQ(width("en", 1), 1);
  EXPECT_EQ(width("fr-FR-x-a", 1), 3);  // the closest match
  EXPECT_EQ(width("de", 1), -1);
  EXPECT_EQ(width("fr", 2), -1);
  EXPECT_EQ(width(nullptr, 2), 2);  // without a variable the language is English
  language = "fr-FR";
  EXPECT_EQ(width(nullptr, 1), 3);
  efi::ImageOutput* out = nullptr;
  const auto status = [&](efi::HiiHandle of, efi::StringId id, efi::ImageOutput** to, uint32_t flags = 0) {
    return font->string_id_to_image(font, flags, of, id, "en", nullptr, to, 0, 0, nullptr, nullptr, nullptr);
  };
  EXPECT_EQ(status(nullptr, 1, &out), kInvalid);
  EXPECT_EQ(status(list, 0, &out), kInvalid);
  EXPECT_EQ(status(list, 1, nullptr), kInvalid);
  EXPECT_EQ(status(list, 1, &out, efi::kHiiOutFlagTransparent), kInvalid);
  EXPECT_EQ(status(list, 9, &out), kNotFound);
  EXPECT_EQ(status(this, 1, &out), kNotFound);
  heap.allowed = heap.blocks();
  EXPECT_EQ(status(list, 1, &out), kNoMemory);
}

TEST_F(HiiFontTest, AStringsOwnFontIsUsedUnlessTheCallerNamesOne) {
  add_system_font();
  add({font_package(u"A", {1, 11, 0, 0, 1}, 1, to(u'a') + block(1, 1, 0, 0, 1))});
  const efi::HiiHandle list = add({});
  struct {
    uint32_t style = 1;
    uint16_t size = 11;
    char16_t name[2] = {u'A'};
  } own;
  efi::StringId id = 0;
  ASSERT_EQ(strings->new_string(strings, list, &id, "en", nullptr, u"a", reinterpret_cast<const efi::FontInfo*>(&own)), kSuccess);
  efi::ImageOutput* out = nullptr;
  ASSERT_EQ(font->string_id_to_image(font, 0, list, id, "en", nullptr, &out, 0, 0, nullptr, nullptr, nullptr), kSuccess);
  take(out);
  EXPECT_EQ(out->width, 1);
  const DisplayInfo system(efi::kFontInfoSysFont | efi::kFontInfoSysSize | efi::kFontInfoSysStyle);
  out = nullptr;
  ASSERT_EQ(font->string_id_to_image(font, 0, list, id, "en", &system, &out, 0, 0, nullptr, nullptr, nullptr), kSuccess);
  take(out);
  EXPECT_EQ(out->width, 8);
}

TEST_F(HiiFontTest, StringsKeepTheFontTheyWereGiven) {
  const efi::HiiHandle list = add({string_package("en", ucs2(u"plain"))});
  struct Font {
    uint32_t style;
    uint16_t size;
    char16_t name[5];
  };
  const Font bold{1, 12, u"Arno"}, large{0, 40, u"Arno"};
  const auto as_info = [](const Font& f) { return reinterpret_cast<const efi::FontInfo*>(&f); };
  // Size and style of the string's font, 0 for the default one.
  const auto font_of = [&](efi::StringId id) -> uint32_t {
    char16_t text[20];
    efi::Uintn size = sizeof(text);
    efi::FontInfo* info = nullptr;
    EXPECT_EQ(strings->get_string(strings, "en", list, id, text, &size, &info), kSuccess);
    if (info == nullptr) return 0;
    EXPECT_EQ(std::u16string(info->font_name), u"Arno");
    const uint32_t found = info->font_size * 10U + info->font_style;
    heap.release(info);
    return found;
  };
  efi::StringId a = 0, b = 0, c = 0, d = 0;
  EXPECT_EQ(strings->new_string(strings, list, &a, "en", nullptr, u"a", as_info(bold)), kSuccess);
  EXPECT_EQ(strings->new_string(strings, list, &b, "en", nullptr, u"b", as_info(large)), kSuccess);
  EXPECT_EQ(strings->new_string(strings, list, &c, "en", nullptr, u"c", as_info(bold)), kSuccess);
  EXPECT_EQ(strings->new_string(strings, list, &d, "en", nullptr, u"d", nullptr), kSuccess);
  EXPECT_EQ(font_of(1), 0u);
  EXPECT_EQ(font_of(a), 121u);
  EXPECT_EQ(font_of(b), 400u);
  EXPECT_EQ(font_of(c), 121u);
  EXPECT_EQ(font_of(d), 0u);
  EXPECT_EQ(strings->set_string(strings, list, a, "en", u"other", nullptr), kSuccess);
  EXPECT_EQ(font_of(a), 121u);
  EXPECT_EQ(strings->set_string(strings, list, a, "en", u"other", as_info(large)), kSuccess);
  EXPECT_EQ(font_of(a), 400u);
  EXPECT_EQ(strings->set_string(strings, list, 1, "en", u"other", as_info(bold)), kSuccess);
  EXPECT_EQ(font_of(1), 121u);
  efi::Uintn size = 0;
  (void)db->export_package_lists(db, list, &size, nullptr);
  Bytes all;
  all.resize(size);
  ASSERT_EQ(db->export_package_lists(db, list, &size, reinterpret_cast<efi::HiiPackageListHeader*>(all.data())), kSuccess);
  EXPECT_EQ(std::ranges::count(all, 0x40), 2);  // blocks of fonts: each font has one
}

TEST_F(HiiFontTest, AStringsFontThatCannotBeKeptIsOutOfResources) {
  Bytes blocks = Bytes{0x31, 0x40, 15, 0, 255, 12, 0, 1, 0, 0, 0, 'S', 0, 0, 0} + ucs2(u"a");
  const efi::HiiHandle list = add({string_package("en", blocks)});
  const efi::FontInfo other{0, 9, {}};
  EXPECT_EQ(strings->set_string(strings, list, 1, "en", u"x", &other), kNoMemory);  // no number is left
  struct {
    uint32_t style = 1;
    uint16_t size = 12;
    char16_t name[2] = {u'S'};
  } same;
  EXPECT_EQ(strings->set_string(strings, list, 1, "en", u"x", reinterpret_cast<const efi::FontInfo*>(&same)), kSuccess);
  const efi::HiiHandle empty = add({string_package("en", ucs2(u"a"))});
  std::vector<char16_t> long_info(40000, u'x');
  long_info.back() = 0;
  EXPECT_EQ(strings->set_string(strings, empty, 1, "en", u"x", reinterpret_cast<const efi::FontInfo*>(long_info.data())), kNoMemory);
}

TEST_F(HiiFontTest, FontZeroIsThatOfStringsWhichNameNone) {
  const efi::HiiHandle list = add({string_package("en", Bytes{0x31, 0x40, 15, 0, 0, 12, 0, 1, 0, 0, 0, 'S', 0, 0, 0} + ucs2(u"a"))});
  char16_t text[4];
  efi::Uintn size = sizeof(text);
  efi::FontInfo* info = nullptr;
  ASSERT_EQ(strings->get_string(strings, "en", list, 1, text, &size, &info), kSuccess);
  ASSERT_NE(info, nullptr);
  EXPECT_EQ(info->font_size, 12);
  heap.release(info);
}

TEST_F(HiiFontTest, FontPackagesAreCheckedAndToldOf) {
  static std::vector<int> heard;
  heard.clear();
  const auto hear = [](uint8_t type, const efi::Guid*, const void*, efi::HiiHandle, efi::Uintn what) EFIAPI {
    heard.push_back(type * 10 + static_cast<int>(what));
    return kSuccess;
  };
  efi::Handle registrations[2];
  for (int i = 0; i < 2; ++i)
    ASSERT_EQ(db->register_package_notify(db, i == 0 ? 5 : 7, nullptr, hear, 3, &registrations[i]), kSuccess);
  const efi::HiiHandle list = add({simple_font_package({narrow_glyph(u'a', 1)}), font_package(u"A", {1, 1, 0, 0, 1}, 0, {})});
  EXPECT_EQ(db->remove_package_list(db, list), kSuccess);
  EXPECT_EQ(heard, (std::vector<int>{71, 51, 72, 52}));
  for (efi::Handle r : registrations) EXPECT_EQ(db->unregister_package_notify(db, r), kSuccess);
  efi::HiiHandle handle;
  Bytes bad = package_list(1, {simple_font_package({narrow_glyph(u'a', 1)})});
  bad[24] = 2;  // one glyph more than there is
  EXPECT_EQ(db->new_package_list(db, as_list(bad), nullptr, &handle), kInvalid);
  bad = package_list(1, {font_package(u"A", {1, 1, 0, 0, 1}, 0, {})});
  bad[28] = 0xFF;  // glyphs behind the end
  EXPECT_EQ(db->new_package_list(db, as_list(bad), nullptr, &handle), kInvalid);
}

}  // namespace
}  // namespace efilite::core::hii
