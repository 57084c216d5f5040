// SPDX-License-Identifier: BSD-2-Clause-Patent
// HII Font Protocol: glyphs and fonts [UEFI 2.10, 34.1.4 and 34.1.5], and the formats that they come in [UEFI 2.10, 33.3.2 and 33.3.3].
#include "hii_font.hpp"

namespace conformance {
namespace {

using namespace hii;

const Test kTests[] = {
    {"33.3.2 Simplified fonts: a narrow glyph is 8x19",
     [] {
       SystemFont fonts;
       Glyph left(0xA001, nullptr), right(0xA002, nullptr);
       return left.size(8, 19) && right.size(8, 19) && that(left.at(3, 18) == left.at(0, 0)) && that(!(left.at(4, 18) == left.at(3, 18))) &&
              that(right.at(4, 0) == left.at(0, 0)) && that(right.at(0, 0) == left.at(7, 7));
     }},
    {"33.3.2 Simplified fonts: a wide glyph is 16x19, its left half first",
     [] {
       SystemFont fonts;
       Glyph wide(0xA010, nullptr);
       return wide.size(16, 19) && that(wide.at(7, 18) == wide.at(0, 0)) && that(!(wide.at(8, 0) == wide.at(7, 0))) &&
              that(wide.at(15, 18) == wide.at(8, 0));
     }},
    {"33.3.2 Simplified fonts: a non-spacing glyph is put on top of the one before",
     [] {
       SystemFont fonts;
       Image* image = clean();
       UINTN columns[3] = {};
       return ok(font->StringToImage(font, 0, text(L"\xA001\xA003\xA002"), nullptr, &image, 0, 0, nullptr, nullptr, columns)) &&
              that(at_xy(3, 0) == at_xy(0, 0)) && that(at_xy(4, 0) == at_xy(0, 0)) && that(!(at_xy(5, 0) == at_xy(0, 0))) &&
              equal(columns[2], 8) && that(at_xy(12, 0) == at_xy(0, 0));
     }},
    {"33.3.2 Simplified fonts: a glyph that is there is not replaced by a later one",
     [] {
       SystemFont fonts;
       Packages other;
       other.begin(kSimpleFonts).put16(1).put16(0);
       narrow_glyph(other, 0xA001, 0x0F).end();
       AList later(other);
       Glyph glyph(0xA001, nullptr), right(0xA002, nullptr);
       return glyph.size(8, 19) && right.size(8, 19) && that(!(glyph.at(0, 0) == right.at(0, 0)));
     }},

    {"33.3.3.2 GLYPH_DEFAULT: the cell of the header",
     [] {
       OwnFont fonts;
       return is_own('A', 8, 10, 0, 4);
     }},
    {"33.3.3.2 GLYPHS_DEFAULT: the cell of the header",
     [] {
       OwnFont fonts;
       return is_own('B', 8, 10, 4, 0);
     }},
    {"33.3.3.2 GLYPH: a cell of its own",
     [] {
       OwnFont fonts;
       return is_own('C', 3, 4, 0, 3);
     }},
    {"33.3.3.2 DUPLICATE: the same glyph",
     [] {
       OwnFont fonts;
       return is_own('D', 8, 10, 0, 4);
     }},
    {"33.3.3.2 EXT1, EXT2, EXT4 are passed, and GLYPHS follows",
     [] {
       OwnFont fonts;
       Info info = own();
       Glyph glyph('E', &info);
       return glyph.size(8, 10) && that(glyph.at(0, 0) == kBlue) && that(glyph.at(7, 9) == kBlue);
     }},
    {"33.3.3.2 SKIP1, SKIP2: characters without a glyph",
     [] {
       OwnFont fonts;
       return is_own(0x2010, 8, 10, 2, 0);
     }},
    {"33.3.3.2 DEFAULTS: another cell from there on",
     [] {
       OwnFont fonts;
       return is_own(0xFFFD, 6, 5, 0, 6);
     }},

    {"34.1.4 GetGlyph: an unknown character is replaced, with a warning",
     [] {
       OwnFont fonts;
       Info info = own();
       Glyph glyph('z', &info);
       return is(glyph.status, EFI_WARN_UNKNOWN_GLYPH) && that(glyph.image != nullptr) && equal(glyph.image->width, 6) &&
              that(glyph.at(5, 4) == kRed);
     }},
    {"34.1.4 GetGlyph: the caller's colors with the system's font",
     [] {
       SystemFont fonts;
       Info info = own(kSysFont | kSysSize | kSysStyle);
       Glyph glyph(0xA001, &info);
       return glyph.size(8, 19) && that(glyph.at(0, 0) == kRed) && that(glyph.at(7, 0) == kBlue);
     }},
    {"34.1.4 GetGlyph: how far the baseline is from the bottom",
     [] {
       OwnFont fonts;
       Info info = own();
       Glyph glyph('A', &info), other('C', &info);
       return glyph.size(8, 10) && equal(glyph.baseline, 2) && other.size(3, 4) && equal(other.baseline, 0);
     }},
    {"34.1.4 GetGlyph: no place for the image is INVALID_PARAMETER",
     [] { return is(font->GetGlyph(font, 'A', nullptr, nullptr, nullptr), kInvalid); }},
    {"34.1.4 GetGlyph: an image that is there already is INVALID_PARAMETER",
     [] {
       Image* image = clean();
       return is(font->GetGlyph(font, 'A', nullptr, &image, nullptr), kInvalid);
     }},

    {"34.1.5 GetFontInfo: a font by name, size and style",
     [] {
       OwnFont fonts;
       Match match(own(0));
       return ok(match.status) && equal(match.info->size, 10) && that(same(match.info->name, text(L"Conform"))) &&
              that(match.info->foreground == kRed);
     }},
    {"34.1.5 GetFontInfo: another size, style or name is NOT_FOUND",
     [] {
       OwnFont fonts;
       Info size = own(0), style = own(0), name = own(0);
       size.size = 11, style.style = 1, name.name[0] = 'X';
       return is(Match(size).status, EFI_NOT_FOUND) && is(Match(style).status, EFI_NOT_FOUND) && is(Match(name).status, EFI_NOT_FOUND);
     }},
    {"34.1.5 GetFontInfo: any name, any size, any style",
     [] {
       OwnFont fonts;
       Info size = own(kAnySize), style = own(kAnyStyle), name = own(kAnyFont | kAnySize);
       size.size = 11, style.style = 1, name.name[0] = 'X';
       return ok(Match(size).status) && ok(Match(style).status) && ok(Match(name, L"ABCDE").status);
     }},
    {"34.1.5 GetFontInfo: RESIZE takes another size",
     [] {
       OwnFont fonts;
       Info wish = own(kResize);
       wish.size = 11;
       return ok(Match(wish).status);
     }},
    {"34.1.5 GetFontInfo: RESTYLE leaves out some of the styles asked for",
     [] {
       OwnFont fonts;
       Info wish = own(kRestyle);
       wish.style = 3;
       return ok(Match(wish).status);
     }},
    {"34.1.5 GetFontInfo: all characters of a string have to be there",
     [] {
       OwnFont fonts;
       return ok(Match(own(), L"ABCDE").status) && is(Match(own(), L"ABz").status, EFI_NOT_FOUND);
     }},
    {"34.1.5 GetFontInfo: a font that lacks a character is passed over",
     [] {
       Packages p;
       font_header(p, L"Bare", 10, 0).put8(0).end();
       AList before(p);
       OwnFont fonts;
       Match match(own(kAnyFont), L"A");
       return ok(match.status) && that(same(match.info->name, text(L"Conform")));
     }},
    {"34.1.5 GetFontInfo: one font after the other, then none",
     [] {
       Packages p;
       font_header(p, L"Conform", 10, 1).put8(0).end();
       AList other(p);
       OwnFont fonts;
       Info wish = own(kAnyStyle);
       void* handle = nullptr;
       UINTN styles = 0;
       for (int i = 0; i < 2; ++i) {
         Info* info = nullptr;
         if (!ok(font->GetFontInfo(font, &handle, &wish, &info, nullptr)) || !that(handle != nullptr)) return false;
         styles |= UINTN{1} << info->style;
         bs->FreePool(info);
       }
       return equal(styles, 3) && is(font->GetFontInfo(font, &handle, &wish, nullptr, nullptr), EFI_NOT_FOUND) && that(handle == nullptr);
     }},
    {"34.1.5 GetFontInfo: the system's font is sysdefault, 19 pixels high, of no style",
     [] {
       SystemFont fonts;
       void* handle = nullptr;
       Info* info = nullptr;
       if (!ok(font->GetFontInfo(font, &handle, nullptr, &info, nullptr))) return false;
       bool good = equal(info->size, 19) && equal(info->style, 0) && that(same(info->name, text(L"sysdefault")));
       bs->FreePool(info);
       return good;
     }},

    {"34.2.7 A mask that contradicts itself is refused",
     [] {
       OwnFont fonts;
       const UINT32 masks[] = {kSysFont | kAnyFont, kSysSize | kAnySize, kSysStyle | kAnyStyle, kResize | kAnySize, kRestyle | kAnyStyle};
       for (UINT32 mask : masks)
         if (!that(EFI_ERROR(Match(own(mask)).status))) return false;
       return true;
     }},
};

}  // namespace

constinit const Chapter kHiiGlyphs(kTests);

}  // namespace conformance
