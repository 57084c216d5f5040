// SPDX-License-Identifier: BSD-2-Clause-Patent
// HII String Protocol [UEFI 2.10, 34.3] over string packages of each kind of block [UEFI 2.10, 33.3.6].
#include "hii.hpp"

namespace conformance {
namespace {

using namespace hii;

CHAR16 got[64];

bool has(List list, const char* language, StringId id, const wchar_t* wanted, int line = __builtin_LINE()) {
  UINTN size = sizeof got;
  return ok(strings->GetString(strings, language, list, id, got, &size, nullptr), line) && that(same(got, text(wanted)), line);
}
EFI_STATUS lookup(List list, const char* language, StringId id) {
  UINTN size = sizeof got;
  return strings->GetString(strings, language, list, id, got, &size, nullptr);
}

// "one", "two" in "en-US", which is "en", too; and "un" in French.
struct TwoLanguages {
  Packages packages;
  AList list;
  TwoLanguages() : list(make(packages)) {}
  static Packages& make(Packages& p) {
    p.string_package("en-US;en").put8(0x10).narrow("one").put8(0x14).wide(L"two").put8(0).end();
    return p.string_package("fr").put8(0x10).narrow("un").put8(0).end();
  }
  operator List() const { return list; }
};

bool says(const char* words, const char* wanted) {
  while (*words == *wanted && *words != 0) ++words, ++wanted;
  return *words == *wanted;
}

// Size and style of the string's font, 0 without one.
UINTN font_of(List list, StringId id, const char* language = "en") {
  UINTN size = sizeof got;
  FontInfo* font = nullptr;
  if (EFI_ERROR(strings->GetString(strings, language, list, id, got, &size, &font)) || font == nullptr) return 0;
  UINTN found = font->size * 256 + font->style;
  bs->FreePool(font);
  return found;
}
// A list with two fonts that strings are of, for edk2 keeps no other.
struct TwoFonts {
  Packages packages;
  AList list;
  TwoFonts() : list(make(packages)) {}
  static Packages& make(Packages& p) {
    for (UINTN i = 0; i < 2; ++i) {
      p.begin(kFonts).put32(30).put32(30).put16(8).put16(i == 0 ? 12 : 20).put16(0).put16(0).put16(8).put32(i == 0 ? 1 : 0).wide(L"S");
      p.put8(0).end();
    }
    return p;
  }
};
// A string package with the fonts 7 and 9 of size 12 and 20.
Packages& fonts(Packages& p) {
  return p.string_package("en").put8(0x31).put8(0x40).put16(15).put8(7).put16(12).put32(1).wide(L"S").put8(0x31).put8(0x40).put16(15)
      .put8(9).put16(20).put32(0).wide(L"S");
}

const Test kTests[] = {
    {"34.3.1 The string protocol is there", [] { return that(strings != nullptr); }},

    {"33.3.6.2 Strings: SCSU and UCS-2, one and several",
     [] {
       Packages p;
       p.string_package("en").put8(0x10).narrow("a").put8(0x12).put16(2).narrow("b").narrow("c").put8(0x14).wide(L"d").put8(0x16).put16(2)
           .wide(L"e").wide(L"f").put8(0).end();
       AList list(p);
       return has(list, "en", 1, L"a") && has(list, "en", 2, L"b") && has(list, "en", 3, L"c") && has(list, "en", 4, L"d") &&
              has(list, "en", 5, L"e") && has(list, "en", 6, L"f") && is(lookup(list, "en", 7), EFI_NOT_FOUND);
     }},
    {"33.3.6.2 Strings: each kind of block with a font",
     [] {
       Packages p;
       fonts(p).put8(0x11).put8(7).narrow("a").put8(0x13).put8(7).put16(1).narrow("b").put8(0x15).put8(7).wide(L"c").put8(0x17).put8(7)
           .put16(1).wide(L"d").put8(0).end();
       AList list(p);
       return has(list, "en", 1, L"a") && has(list, "en", 2, L"b") && has(list, "en", 3, L"c") && has(list, "en", 4, L"d");
     }},
    {"33.3.6.2.1 DUPLICATE: the same text",
     [] {
       Packages p;
       p.string_package("en").put8(0x10).narrow("a").put8(0x10).narrow("b").put8(0x20).put16(1).put8(0).end();
       AList list(p);
       return has(list, "en", 3, L"a");
     }},
    {"33.3.6.2.3 EXT1, EXT2, EXT4: they are passed",
     [] {
       Packages p;
       p.string_package("en").put8(0x30).put8(0x77).put8(4).put8(1).put8(0x31).put8(0x77).put16(5).put8(1).put8(0x32).put8(0x77).put32(7)
           .put8(1).put8(0x10).narrow("a").put8(0).end();
       AList list(p);
       return has(list, "en", 1, L"a");
     }},
    {"33.3.6.2.5 SKIP1, SKIP2: identifiers without a string",
     [] {
       Packages p;
       p.string_package("en").put8(0x22).put8(2).put8(0x10).narrow("a").put8(0x21).put16(0x100).put8(0x10).narrow("b").put8(0).end();
       AList list(p);
       return has(list, "en", 3, L"a") && has(list, "en", 0x104, L"b") && is(lookup(list, "en", 2), EFI_NOT_FOUND);
     }},
    {"33.3.6.2.7 SCSU: a window of Latin letters",
     [] {
       Packages p;
       p.begin(kStrings).put32(49).put32(49);
       const UINT16 windows[] = {0x0000, 0x0080, 0x0100, 0x0300, 0x2000, 0x2080, 0x2100, 0x3000,
                                 0x0080, 0x00C0, 0x0400, 0x0600, 0x0900, 0x3040, 0x30A0, 0xFF00};
       for (UINT16 window : windows) p.put16(window);
       p.put16(0).narrow("en").put8(0x10).narrow("\xD6l").put8(0).end();
       AList list(p);
       return has(list, "en", 1, L"\xD6l");
     }},
    {"33.3.6.2.7 SCSU: a quoted character",
     [] {
       Packages p;
       p.string_package("en").put8(0x10).narrow("\x0E\x20\xAC!").put8(0).end();
       AList list(p);
       return has(list, "en", 1, L"\x20AC!");
     }},
    {"33.2.6.2.4 SCSU: control codes of one byte become those of two",
     [] {
       Packages p;
       p.string_package("en").put8(0x10).narrow("a\x7F\x20z").put8(0).end();
       AList list(p);
       return has(list, "en", 1, L"a\xF620z");
     }},

    {"34.3.2 NewString: it can be read",
     [] {
       TwoLanguages list;
       StringId id = 0;
       return ok(strings->NewString(strings, list, &id, "en-US", nullptr, text(L"three"), nullptr)) && equal(id, 3) &&
              has(list, "en-US", id, L"three") && has(list, "en-US", 1, L"one") && has(list, "en-US", 2, L"two");
     }},
    {"34.3.2 NewString: the identifier is new in all languages",
     [] {
       TwoLanguages list;
       StringId id = 0;
       return ok(strings->NewString(strings, list, &id, "fr", nullptr, text(L"trois"), nullptr)) && that(id > 2) &&
              has(list, "fr", id, L"trois") && is(lookup(list, "en-US", id), EFI_INVALID_LANGUAGE);
     }},
    {"34.3.2 NewString: a language that was not there",
     [] {
       TwoLanguages list;
       StringId id = 0;
       return ok(strings->NewString(strings, list, &id, "de", text(L"Deutsch"), text(L"drei"), nullptr)) && has(list, "de", id, L"drei");
     }},
    {"34.3.2 NewString: with a font",
     [] {
       TwoFonts known;
       TwoLanguages list;
       StringId id = 0;
       const FontInfo font{1, 12, {'S'}};
       return ok(strings->NewString(strings, list, &id, "en-US", nullptr, text(L"three"), &font)) && has(list, "en-US", id, L"three") &&
              equal(font_of(list, id, "en-US"), 12 * 256 + 1) && equal(font_of(list, 1, "en-US"), 0);
     }},
    {"34.3.2 NewString: with a font that is not in the database",
     [] {
       TwoLanguages list;
       StringId id = 0;
       const FontInfo font{1, 12, {'N', 'o', 'b', 'o', 'd', 'y'}};
       return ok(strings->NewString(strings, list, &id, "en-US", nullptr, text(L"three"), &font)) &&
              equal(font_of(list, id, "en-US"), 12 * 256 + 1);
     }},
    {"34.3.2 NewString: no string is INVALID_PARAMETER",
     [] {
       TwoLanguages list;
       StringId id;
       return is(strings->NewString(strings, list, &id, "fr", nullptr, nullptr, nullptr), kInvalid);
     }},
    {"34.3.2 NewString: no place for the identifier is INVALID_PARAMETER",
     [] {
       TwoLanguages list;
       return is(strings->NewString(strings, list, nullptr, "fr", nullptr, text(L"x"), nullptr), kInvalid);
     }},
    {"34.3.2 NewString: no language is INVALID_PARAMETER",
     [] {
       TwoLanguages list;
       StringId id;
       return is(strings->NewString(strings, list, &id, nullptr, nullptr, text(L"x"), nullptr), kInvalid);
     }},
    {"34.3.2 NewString: an unknown list is NOT_FOUND",
     [] {
       StringId id;
       return is(strings->NewString(strings, got, &id, "fr", nullptr, text(L"x"), nullptr), EFI_NOT_FOUND);
     }},

    {"34.3.3 GetString: by a secondary language",
     [] {
       TwoLanguages list;
       return has(list, "en", 2, L"two");
     }},
    {"34.3.3 GetString: an unknown identifier is NOT_FOUND",
     [] {
       TwoLanguages list;
       return is(lookup(list, "fr", 99), EFI_NOT_FOUND);
     }},
    {"34.3.3 GetString: identifier 0 is NOT_FOUND",
     [] {
       TwoLanguages list;
       return is(lookup(list, "fr", 0), EFI_NOT_FOUND);
     }},
    {"34.3.3 GetString: an unknown list is NOT_FOUND", [] { return is(lookup(got, "fr", 1), EFI_NOT_FOUND); }},
    {"34.3.3 GetString: a string of another language only is INVALID_LANGUAGE",
     [] {
       TwoLanguages list;
       return is(lookup(list, "fr", 2), EFI_INVALID_LANGUAGE) && is(lookup(list, "de", 1), EFI_INVALID_LANGUAGE);
     }},
    {"34.3.3 GetString: too small tells the size",
     [] {
       TwoLanguages list;
       UINTN size = 0;
       return is(strings->GetString(strings, "fr", list, 1, nullptr, &size, nullptr), EFI_BUFFER_TOO_SMALL) && equal(size, 6);
     }},
    {"34.3.3 GetString: success tells the size, too",
     [] {
       TwoLanguages list;
       UINTN size = sizeof got;
       return ok(strings->GetString(strings, "fr", list, 1, got, &size, nullptr)) && equal(size, 6);
     }},
    {"34.3.3 GetString: no language is INVALID_PARAMETER",
     [] {
       TwoLanguages list;
       return is(lookup(list, nullptr, 1), kInvalid);
     }},
    {"34.3.3 GetString: no size is INVALID_PARAMETER",
     [] {
       TwoLanguages list;
       return is(strings->GetString(strings, "fr", list, 1, got, nullptr, nullptr), kInvalid);
     }},
    {"34.3.3 GetString: room but no buffer is INVALID_PARAMETER",
     [] {
       TwoLanguages list;
       UINTN size = 6;
       return is(strings->GetString(strings, "fr", list, 1, nullptr, &size, nullptr), kInvalid);
     }},
    {"34.3.3 GetString: the font of the string's block",
     [] {
       TwoFonts known;
       Packages p;
       fonts(p).put8(0x11).put8(7).narrow("a").put8(0x15).put8(9).wide(L"b").put8(0x10).narrow("c").put8(0).end();
       AList list(p);
       return equal(font_of(list, 1), 12 * 256 + 1) && equal(font_of(list, 2), 20 * 256) && equal(font_of(list, 3), 0);
     }},

    {"34.3.4 SetString: longer and shorter, and no other string changes",
     [] {
       TwoLanguages list;
       return ok(strings->SetString(strings, list, 1, "en-US", text(L"a longer string"), nullptr)) &&
              has(list, "en-US", 1, L"a longer string") && has(list, "en-US", 2, L"two") && has(list, "fr", 1, L"un") &&
              ok(strings->SetString(strings, list, 1, "en-US", text(L""), nullptr)) && has(list, "en-US", 1, L"") &&
              has(list, "en-US", 2, L"two");
     }},
    {"34.3.4 SetString: the font stays without a new one",
     [] {
       TwoFonts known;
       Packages p;
       fonts(p).put8(0x15).put8(7).wide(L"a").put8(0).end();
       AList list(p);
       return ok(strings->SetString(strings, list, 1, "en", text(L"b"), nullptr)) && has(list, "en", 1, L"b") &&
              equal(font_of(list, 1), 12 * 256 + 1);
     }},
    {"34.3.4 SetString: an identifier reserved by another language",
     [] {
       TwoLanguages list;
       StringId id = 0;
       return ok(strings->NewString(strings, list, &id, "fr", nullptr, text(L"trois"), nullptr)) &&
              ok(strings->SetString(strings, list, id, "en-US", text(L"three"), nullptr)) && has(list, "en-US", id, L"three");
     }},
    {"34.3.4 SetString: an unknown identifier is NOT_FOUND",
     [] {
       TwoLanguages list;
       return is(strings->SetString(strings, list, 99, "fr", text(L"x"), nullptr), EFI_NOT_FOUND);
     }},
    {"34.3.4 SetString: an unknown list is NOT_FOUND",
     [] { return is(strings->SetString(strings, got, 1, "fr", text(L"x"), nullptr), EFI_NOT_FOUND); }},
    {"34.3.4 SetString: no string is INVALID_PARAMETER",
     [] {
       TwoLanguages list;
       return is(strings->SetString(strings, list, 1, "fr", nullptr, nullptr), kInvalid);
     }},
    {"34.3.4 SetString: no language is INVALID_PARAMETER",
     [] {
       TwoLanguages list;
       return is(strings->SetString(strings, list, 1, nullptr, text(L"x"), nullptr), kInvalid);
     }},

    {"34.3.5 GetLanguages: all of them",
     [] {
       TwoLanguages list;
       char languages[32];
       UINTN size = sizeof languages;
       return ok(strings->GetLanguages(strings, list, languages, &size)) && that(says(languages, "en-US;en;fr"));
     }},
    {"34.3.5 GetLanguages: too small tells the size",
     [] {
       TwoLanguages list;
       UINTN size = 0;
       return is(strings->GetLanguages(strings, list, nullptr, &size), EFI_BUFFER_TOO_SMALL) && equal(size, 12);
     }},
    {"34.3.5 GetLanguages: a list without strings has none",
     [] {
       Packages p;
       AList list(p);
       char languages[32] = "x";
       UINTN size = sizeof languages;
       return ok(strings->GetLanguages(strings, list, languages, &size)) && that(says(languages, ""));
     }},
    {"34.3.5 GetLanguages: an unknown list is NOT_FOUND",
     [] {
       char languages[32];
       UINTN size = sizeof languages;
       return is(strings->GetLanguages(strings, got, languages, &size), EFI_NOT_FOUND);
     }},
    {"34.3.5 GetLanguages: no size is INVALID_PARAMETER",
     [] {
       TwoLanguages list;
       char languages[32];
       return is(strings->GetLanguages(strings, list, languages, nullptr), kInvalid);
     }},
    {"34.3.5 GetLanguages: room but no buffer is INVALID_PARAMETER",
     [] {
       TwoLanguages list;
       UINTN size = 32;
       return is(strings->GetLanguages(strings, list, nullptr, &size), kInvalid);
     }},

    {"34.3.6 GetSecondaryLanguages: those of the package",
     [] {
       TwoLanguages list;
       char languages[32];
       UINTN size = sizeof languages;
       return ok(strings->GetSecondaryLanguages(strings, list, "en-US", languages, &size)) && that(says(languages, "en"));
     }},
    {"34.3.6 GetSecondaryLanguages: none",
     [] {
       TwoLanguages list;
       char languages[32] = "x";
       UINTN size = sizeof languages;
       return ok(strings->GetSecondaryLanguages(strings, list, "fr", languages, &size)) && that(says(languages, ""));
     }},
    {"34.3.6 GetSecondaryLanguages: too small tells the size",
     [] {
       TwoLanguages list;
       UINTN size = 0;
       return is(strings->GetSecondaryLanguages(strings, list, "en-US", nullptr, &size), EFI_BUFFER_TOO_SMALL) && equal(size, 3);
     }},
    {"34.3.6 GetSecondaryLanguages: a language that is not there is INVALID_LANGUAGE",
     [] {
       TwoLanguages list;
       char languages[32];
       UINTN size = sizeof languages;
       return is(strings->GetSecondaryLanguages(strings, list, "de", languages, &size), EFI_INVALID_LANGUAGE);
     }},
    {"34.3.6 GetSecondaryLanguages: an unknown list is NOT_FOUND",
     [] {
       char languages[32];
       UINTN size = sizeof languages;
       return is(strings->GetSecondaryLanguages(strings, got, "en-US", languages, &size), EFI_NOT_FOUND);
     }},
    {"34.3.6 GetSecondaryLanguages: no language is INVALID_PARAMETER",
     [] {
       TwoLanguages list;
       char languages[32];
       UINTN size = sizeof languages;
       return is(strings->GetSecondaryLanguages(strings, list, nullptr, languages, &size), kInvalid);
     }},
    {"34.3.6 GetSecondaryLanguages: no size is INVALID_PARAMETER",
     [] {
       TwoLanguages list;
       char languages[32];
       return is(strings->GetSecondaryLanguages(strings, list, "en-US", languages, nullptr), kInvalid);
     }},
};

}  // namespace

constinit const Chapter kHiiStrings(kTests);

}  // namespace conformance
