// SPDX-License-Identifier: BSD-2-Clause-Patent
// HII Font Protocol: strings [UEFI 2.10, 34.1.2 and 34.1.3].
#include "hii_font.hpp"

namespace conformance::hii {

Font* font;

}  // namespace conformance::hii

namespace conformance {
namespace {

using namespace hii;

const Test kTests[] = {
    {"34.1.1 The font protocol is there",
     [] {
       font = locate<Font>(kFontGuid);
       return that(font != nullptr);
     }},

    {"34.1.2 StringToImage: text goes to its place, and nowhere else",
     [] {
       OwnFont fonts;
       Drawn drawn(L"AB", 0, 5, 6);
       return ok(drawn.status) && that(at_xy(5, 6) == kRed) && that(at_xy(8, 15) == kRed) && that(at_xy(9, 6) == kBlue) &&
              that(at_xy(17, 6) == kRed) && that(at_xy(4, 6) == kOld) && that(at_xy(5, 5) == kOld) && that(at_xy(5, 16) == kOld) &&
              that(at_xy(21, 6) == kOld);
     }},
    {"34.1.2 StringToImage: transparent text leaves what is behind it",
     [] {
       OwnFont fonts;
       Drawn drawn(L"AB", kTransparent);
       return ok(drawn.status) && that(at_xy(0, 0) == kRed) && that(at_xy(4, 0) == kOld) && that(at_xy(12, 0) == kRed);
     }},
    {"34.1.2 StringToImage: glyphs stand on one baseline",
     [] {
       OwnFont fonts;
       Drawn drawn(L"AC", 0);
       return ok(drawn.status) && that(at_xy(9, 4) == kRed) && that(at_xy(11, 7) == kRed) && that(at_xy(9, 3) == kOld) &&
              that(at_xy(9, 8) == kOld) && that(at_xy(8, 4) == kOld);
     }},
    {"34.1.2 StringToImage: a new image",
     [] {
       OwnFont fonts;
       Info info = own();
       Image* image = nullptr;
       if (!ok(font->StringToImage(font, 0, text(L"AB"), &info, &image, 3, 4, nullptr, nullptr, nullptr)) || !that(image != nullptr))
         return false;
       bool good = that(image->width >= 19 && image->height >= 14) && that(image->bitmap[4 * image->width + 3] == kRed) &&
                   that(image->bitmap[13 * image->width + 7] == kBlue) && that(!(image->bitmap[3 * image->width + 3] == kRed));
       bs->FreePool(image->bitmap);
       bs->FreePool(image);
       return good;
     }},
    {"34.1.2 StringToImage: rows tell their characters and measures",
     [] {
       OwnFont fonts;
       Drawn drawn(L"AB\nA", 0);
       return ok(drawn.status) && equal(drawn.count, 2) && drawn.row(0, 0, 1) && drawn.row(1, 3, 3) && equal(drawn.rows[0].height, 10) &&
              equal(drawn.rows[0].width, 16) && equal(drawn.rows[0].baseline, 2) && equal(drawn.rows[1].width, 8);
     }},
    {"34.1.2 StringToImage: a line break begins a row",
     [] {
       OwnFont fonts;
       Drawn drawn(L"A\nA", 0);
       return ok(drawn.status) && that(at_xy(0, 10) == kRed) && that(at_xy(4, 10) == kBlue) && that(at_xy(8, 0) == kOld);
     }},
    {"34.1.2 StringToImage: columns tell where characters are",
     [] {
       OwnFont fonts;
       Drawn drawn(L"ABA", 0);
       return ok(drawn.status) && equal(drawn.columns[0], 0) && equal(drawn.columns[1], 8) && equal(drawn.columns[2], 16) &&
              equal(drawn.columns[3], 0x5555);
     }},
    {"34.1.2 StringToImage: each character has its column, a line break has none",
     [] {
       OwnFont fonts;
       Drawn drawn(L"A\nBA", 0);
       return ok(drawn.status) && equal(drawn.columns[0], 0) && equal(drawn.columns[1], kNone) && equal(drawn.columns[2], 0) &&
              equal(drawn.columns[3], 8);
     }},
    {"34.1.2 StringToImage: line breaks may be ignored",
     [] {
       OwnFont fonts;
       Drawn drawn(L"A\r\n\x2028\x2029\fB", kIgnoreBreak);
       return ok(drawn.status) && equal(drawn.count, 1) && that(at_xy(12, 0) == kRed);
     }},
    {"34.1.2 StringToImage: a character without a glyph is replaced",
     [] {
       OwnFont fonts;
       Drawn drawn(L"zA", 0);
       return ok(drawn.status) && that(at_xy(0, 4) == kRed) && that(at_xy(0, 3) == kOld) && that(at_xy(7, 0) == kRed);
     }},
    {"34.1.2 StringToImage: a character without a glyph may be ignored",
     [] {
       OwnFont fonts;
       Drawn drawn(L"zAz", kIgnoreNoGlyph);
       return ok(drawn.status) && that(at_xy(0, 0) == kRed) && equal(drawn.columns[0], kNone) && equal(drawn.columns[1], 0) &&
              equal(drawn.columns[2], kNone);
     }},
    {"34.1.2 StringToImage: without any glyph for the replacement it fails",
     [] {
       Packages p;
       font_header(p, L"Conform", 10, 0).put8(0x22).put8(64).put8(0x12).repeat(0xF0, 10).put8(0).end();
       AList fonts(p);
       return that(EFI_ERROR(Drawn(L"zA", 0).status));
     }},
    {"34.1.2 StringToImage: CLIP draws a part of the last character",
     [] {
       OwnFont fonts;
       Drawn drawn(L"AA", kClip, 30, 24);
       return ok(drawn.status) && that(at_xy(39, 29) == kRed) && that(at_xy(38, 24) == kRed) && equal(drawn.count, 1) && drawn.row(0, 0, 1);
     }},
    {"34.1.2 StringToImage: CLIP formats by line breaks only",
     [] {
       OwnFont fonts;
       Drawn drawn(L"AAAAAAA A\nB", kClip);
       return ok(drawn.status) && equal(drawn.count, 2) && drawn.row(0, 0, 4) && drawn.row(1, 10, 10) && that(at_xy(4, 10) == kRed);
     }},
    {"34.1.2 StringToImage: CLIP_CLEAN_X draws no character that does not fit",
     [] {
       OwnFont fonts;
       Drawn drawn(L"AB", kClip | kCleanX, 30);
       return ok(drawn.status) && that(at_xy(30, 0) == kRed) && that(at_xy(38, 0) == kOld) && drawn.row(0, 0, 0);
     }},
    {"34.1.2 StringToImage: CLIP_CLEAN_X asks for the last pixel that is on",
     [] {
       OwnFont fonts;
       Drawn drawn(L"AA", kClip | kCleanX, 28);
       return ok(drawn.status) && that(at_xy(36, 0) == kRed) && that(at_xy(39, 0) == kRed) && drawn.row(0, 0, 1);
     }},
    {"34.1.2 StringToImage: CLIP_CLEAN_Y draws no row that does not fit",
     [] {
       OwnFont fonts;
       Drawn drawn(L"A\nB\nA", kClip | kCleanY, 0, 5);
       return ok(drawn.status) && equal(drawn.count, 2) && that(at_xy(4, 15) == kRed) && that(at_xy(0, 25) == kOld);
     }},
    {"34.1.2 StringToImage: WRAP breaks at a space",
     [] {
       OwnFont fonts;
       Drawn drawn(L"AA BBB", kWrap);
       return ok(drawn.status) && equal(drawn.count, 2) && equal(drawn.rows[1].start, 3) && equal(drawn.rows[1].end, 5) &&
              that(at_xy(0, 0) == kRed) && that(at_xy(4, 10) == kRed) && that(at_xy(20, 10) == kRed);
     }},
    {"34.1.2 StringToImage: WRAP breaks behind a hyphen, which stays",
     [] {
       OwnFont fonts;
       Drawn drawn(L"AA\x2010" L"BBB", kWrap);
       return ok(drawn.status) && equal(drawn.count, 2) && drawn.row(0, 0, 2) && drawn.row(1, 3, 5) && that(at_xy(18, 0) == kRed);
     }},
    {"34.1.2 StringToImage: WRAP breaks at a space that would not fit",
     [] {
       OwnFont fonts;
       Drawn drawn(L"AAAAA B", kWrap);
       return ok(drawn.status) && equal(drawn.count, 2) && drawn.row(0, 0, 4) && drawn.row(1, 6, 6);
     }},
    {"34.1.2 StringToImage: WRAP without a place to break is as CLIP_CLEAN_X",
     [] {
       OwnFont fonts;
       Drawn drawn(L"BBBBBB", kWrap, 4);
       return ok(drawn.status) && equal(drawn.count, 1) && drawn.row(0, 0, 3) && that(at_xy(32, 0) == kRed) && that(at_xy(36, 0) == kOld);
     }},
    {"34.1.2 StringToImage: direct to the screen",
     [] {
       OwnFont fonts;
       Screen screen;
       clean();
       Image target = {40, 30, {nullptr}};
       target.screen = &screen;
       Image* image = &target;
       Info info = own();
       return ok(font->StringToImage(font, kToScreen, text(L"AB"), &info, &image, 5, 6, nullptr, nullptr, nullptr)) &&
              that(at_xy(5, 6) == kRed) && that(at_xy(9, 15) == kBlue) && that(at_xy(17, 6) == kRed) && that(at_xy(4, 6) == kOld) &&
              that(at_xy(5, 16) == kOld) && that(at_xy(21, 6) == kOld) && equal(screen.outside, 0);
     }},
    {"34.1.2 StringToImage: direct to the screen, transparent",
     [] {
       OwnFont fonts;
       Screen screen;
       clean();
       Image target = {40, 30, {nullptr}};
       target.screen = &screen;
       Image* image = &target;
       Info info = own();
       return ok(font->StringToImage(font, kToScreen | kTransparent, text(L"A"), &info, &image, 0, 0, nullptr, nullptr, nullptr)) &&
              that(at_xy(0, 0) == kRed) && that(at_xy(4, 0) == kOld);
     }},
    {"34.1.2 StringToImage: no string is INVALID_PARAMETER",
     [] {
       Image* image = clean();
       return is(font->StringToImage(font, 0, nullptr, nullptr, &image, 0, 0, nullptr, nullptr, nullptr), kInvalid);
     }},
    {"34.1.2 StringToImage: no place for the image is INVALID_PARAMETER",
     [] { return is(font->StringToImage(font, 0, text(L"A"), nullptr, nullptr, 0, 0, nullptr, nullptr, nullptr), kInvalid); }},
    {"34.1.2 StringToImage: CLIP_CLEAN_X without CLIP is INVALID_PARAMETER",
     [] {
       OwnFont fonts;
       return is(Drawn(L"A", kCleanX).status, kInvalid);
     }},
    {"34.1.2 StringToImage: CLIP_CLEAN_Y without CLIP is INVALID_PARAMETER",
     [] {
       OwnFont fonts;
       return is(Drawn(L"A", kCleanY).status, kInvalid);
     }},
    {"34.1.2 StringToImage: WRAP with CLIP_CLEAN_X is INVALID_PARAMETER",
     [] {
       OwnFont fonts;
       return is(Drawn(L"A", kClip | kCleanX | kWrap).status, kInvalid);
     }},
    {"34.1.2 StringToImage: TRANSPARENT with a new image is INVALID_PARAMETER",
     [] {
       OwnFont fonts;
       Info info = own();
       Image* image = nullptr;
       return is(font->StringToImage(font, kTransparent, text(L"A"), &info, &image, 0, 0, nullptr, nullptr, nullptr), kInvalid);
     }},

    {"34.1.3 StringIdToImage: the string of the closest language",
     [] {
       OwnFont fonts;
       Packages p;
       p.string_package("fr").put8(0x14).wide(L"BA").put8(0).end();
       AList list(p);
       Info info = own();
       Image* image = clean();
       return ok(font->StringIdToImage(font, 0, list, 1, "fr-FR", &info, &image, 0, 0, nullptr, nullptr, nullptr)) &&
              that(at_xy(4, 0) == kRed) && that(at_xy(8, 0) == kRed);
     }},
    {"34.1.3 StringIdToImage: in the string's own font",
     [] {
       OwnFont fonts;
       Packages p;
       p.string_package("en").put8(0x31).put8(0x40).put16(27).put8(7).put16(10).put32(0).wide(L"Conform").put8(0x15).put8(7).wide(L"C")
           .put8(0).end();
       AList list(p);
       Image* image = clean();
       RowInfo* rows = nullptr;
       if (!ok(font->StringIdToImage(font, 0, list, 1, "en", nullptr, &image, 0, 0, &rows, nullptr, nullptr)) || !that(rows != nullptr))
         return false;
       bool good = equal(rows[0].height, 10) && that(!(at_xy(1, 4) == kOld)) && that(at_xy(0, 4) == kOld);
       bs->FreePool(rows);
       return good;
     }},
    {"34.1.3 StringIdToImage: no list is INVALID_PARAMETER",
     [] {
       Image* image = clean();
       return is(font->StringIdToImage(font, 0, nullptr, 1, "en", nullptr, &image, 0, 0, nullptr, nullptr, nullptr), kInvalid);
     }},
    {"34.1.3 StringIdToImage: no identifier is INVALID_PARAMETER",
     [] {
       Packages p;
       p.string_package("en").put8(0x14).wide(L"A").put8(0).end();
       AList list(p);
       Image* image = clean();
       return is(font->StringIdToImage(font, 0, list, 0, "en", nullptr, &image, 0, 0, nullptr, nullptr, nullptr), kInvalid);
     }},
    {"34.1.3 StringIdToImage: an unknown identifier is NOT_FOUND",
     [] {
       Packages p;
       p.string_package("en").put8(0x14).wide(L"A").put8(0).end();
       AList list(p);
       Image* image = clean();
       return is(font->StringIdToImage(font, 0, list, 9, "en", nullptr, &image, 0, 0, nullptr, nullptr, nullptr), EFI_NOT_FOUND);
     }},
    {"34.1.3 StringIdToImage: an unknown list is NOT_FOUND",
     [] {
       Image* image = clean();
       return is(font->StringIdToImage(font, 0, pixels, 1, "en", nullptr, &image, 0, 0, nullptr, nullptr, nullptr), EFI_NOT_FOUND);
     }},
    {"34.1.3 StringIdToImage: invalid flags are INVALID_PARAMETER",
     [] {
       OwnFont fonts;
       Packages p;
       p.string_package("en").put8(0x14).wide(L"A").put8(0).end();
       AList list(p);
       Info info = own();
       Image* image = clean();
       return is(font->StringIdToImage(font, kCleanX, list, 1, "en", &info, &image, 0, 0, nullptr, nullptr, nullptr), kInvalid);
     }},
};

}  // namespace

constinit const Chapter kHiiFont(kTests);

}  // namespace conformance
