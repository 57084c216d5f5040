// SPDX-License-Identifier: BSD-2-Clause-Patent
// The console: SimpleTextOutput and SimpleTextInput [UEFI 2.10, 12.3 and 12.4].
#include "conformance.hpp"

namespace conformance {
namespace {

SIMPLE_TEXT_OUTPUT_INTERFACE& con() { return *st->ConOut; }
SIMPLE_TEXT_OUTPUT_MODE& mode() { return *st->ConOut->Mode; }
EFI_STATUS print(const wchar_t* words) { return con().OutputString(&con(), text(words)); }
bool at_place(INT32 column, INT32 row) { return equal(mode().CursorColumn, column) && equal(mode().CursorRow, row); }

// Ends the line that a test wrote, and leaves the attributes as they were.
struct Output {
  UINTN attribute = mode().Attribute;
  Output() { con().ClearScreen(&con()); }
  ~Output() {
    con().SetAttribute(&con(), attribute);
    con().EnableCursor(&con(), TRUE);
    print(L"\r\n");
  }
};

bool key(CHAR16 wanted, UINT16 scan) {
  UINTN index = 9;
  EFI_INPUT_KEY pressed = {};
  return ok(bs->WaitForEvent(1, &st->ConIn->WaitForKey, &index)) && ok(st->ConIn->ReadKeyStroke(st->ConIn, &pressed)) &&
         equal(pressed.UnicodeChar, wanted) && equal(pressed.ScanCode, scan);
}

const Test kTests[] = {
    {"12.4.1 SimpleTextOutput: the current mode is one of the modes",
     [] { return that(mode().Mode >= 0 && mode().Mode < mode().MaxMode); }},
    {"12.4.5 QueryMode: mode 0 has 80 columns and 25 rows",
     [] {
       UINTN columns = 0, rows = 0;
       return ok(con().QueryMode(&con(), 0, &columns, &rows)) && equal(columns, 80) && equal(rows, 25);
     }},
    {"12.4.5 QueryMode: the current mode has columns and rows",
     [] {
       UINTN columns = 0, rows = 0;
       return ok(con().QueryMode(&con(), static_cast<UINTN>(mode().Mode), &columns, &rows)) && that(columns >= 80 && rows >= 25);
     }},
    {"12.4.5 QueryMode: MaxMode is UNSUPPORTED",
     [] {
       UINTN columns, rows;
       return is(con().QueryMode(&con(), static_cast<UINTN>(mode().MaxMode), &columns, &rows), EFI_UNSUPPORTED);
     }},
    {"12.4.5 QueryMode: a mode far beyond is UNSUPPORTED",
     [] {
       UINTN columns, rows;
       return is(con().QueryMode(&con(), ~UINTN{0}, &columns, &rows), EFI_UNSUPPORTED);
     }},
    {"12.4.6 SetMode: mode 0",
     [] {
       Output output;
       auto old = static_cast<UINTN>(mode().Mode);
       bool good = ok(con().SetMode(&con(), 0)) && equal(mode().Mode, 0) && at_place(0, 0);
       return ok(con().SetMode(&con(), old)) && good;
     }},
    {"12.4.6 SetMode: MaxMode is UNSUPPORTED, and the mode stays",
     [] {
       INT32 old = mode().Mode;
       return is(con().SetMode(&con(), static_cast<UINTN>(mode().MaxMode)), EFI_UNSUPPORTED) && equal(mode().Mode, old);
     }},
    {"12.4.2 Reset: the cursor is at the top left",
     [] {
       Output output;
       print(L"some\r\nwords");
       return ok(con().Reset(&con(), FALSE)) && at_place(0, 0);
     }},
    {"12.4.2 Reset: with verification",
     [] {
       Output output;
       return ok(con().Reset(&con(), TRUE));
     }},
    {"12.4.3 OutputString: the cursor moves with the characters",
     [] {
       Output output;
       return ok(print(L"12345")) && at_place(5, 0);
     }},
    {"12.4.3 OutputString: an empty string",
     [] {
       Output output;
       return ok(print(L"")) && at_place(0, 0);
     }},
    {"12.4.3 OutputString: carriage return goes to the start of the line",
     [] {
       Output output;
       return ok(print(L"12345\r")) && at_place(0, 0);
     }},
    {"12.4.3 OutputString: line feed goes down, in the same column",
     [] {
       Output output;
       return ok(print(L"123\n")) && at_place(3, 1);
     }},
    {"12.4.3 OutputString: backspace goes back",
     [] {
       Output output;
       return ok(print(L"123\b")) && at_place(2, 0);
     }},
    {"12.4.3 OutputString: backspace at the start of a line goes nowhere to the left",
     [] {
       Output output;
       return ok(print(L"\b")) && at_place(0, 0);
     }},
    {"12.4.3 OutputString: a full line goes on in the next",
     [] {
       Output output;
       UINTN columns = 0, rows = 0;
       con().QueryMode(&con(), static_cast<UINTN>(mode().Mode), &columns, &rows);
       for (UINTN i = 0; i < columns; ++i) print(L".");
       return at_place(0, 1);
     }},
    {"12.4.3 OutputString: the last line scrolls",
     [] {
       Output output;
       UINTN columns = 0, rows = 0;
       con().QueryMode(&con(), static_cast<UINTN>(mode().Mode), &columns, &rows);
       for (UINTN i = 0; i < rows + 3; ++i) print(L"\r\n");
       return at_place(0, static_cast<INT32>(rows) - 1);
     }},
    {"12.4.3 OutputString: box drawing",
     [] {
       Output output;
       return ok(print(L"\x250c\x2500\x2510")) && at_place(3, 0);
     }},
    {"12.4.4 TestString: plain characters can be shown", [] { return ok(con().TestString(&con(), text(L"Conformance 0123"))); }},
    {"12.4.4 TestString: box drawing can be shown", [] { return ok(con().TestString(&con(), text(L"\x2500\x2502\x250c"))); }},
    {"12.4.7 SetAttribute: the mode tells it",
     [] {
       Output output;
       return ok(con().SetAttribute(&con(), EFI_TEXT_ATTR(EFI_YELLOW, EFI_BLUE))) &&
              equal(mode().Attribute, EFI_TEXT_ATTR(EFI_YELLOW, EFI_BLUE));
     }},
    {"12.4.7 SetAttribute: every foreground and background",
     [] {
       Output output;
       for (UINTN attribute = 0; attribute < 0x80; ++attribute) {
         if (!ok(con().SetAttribute(&con(), attribute)) || !equal(mode().Attribute, attribute)) return false;
       }
       return true;
     }},
    {"12.4.7 SetAttribute: a bit beyond is UNSUPPORTED", [] { return is(con().SetAttribute(&con(), 0x100), EFI_UNSUPPORTED); }},
    {"12.4.8 ClearScreen: the cursor is at the top left",
     [] {
       Output output;
       print(L"words");
       return ok(con().ClearScreen(&con())) && at_place(0, 0);
     }},
    {"12.4.9 SetCursorPosition: the mode tells it",
     [] {
       Output output;
       return ok(con().SetCursorPosition(&con(), 12, 7)) && at_place(12, 7);
     }},
    {"12.4.9 SetCursorPosition: the last place of the screen",
     [] {
       Output output;
       UINTN columns = 0, rows = 0;
       con().QueryMode(&con(), static_cast<UINTN>(mode().Mode), &columns, &rows);
       return ok(con().SetCursorPosition(&con(), columns - 1, rows - 1)) &&
              at_place(static_cast<INT32>(columns) - 1, static_cast<INT32>(rows) - 1);
     }},
    {"12.4.9 SetCursorPosition: a column beyond is UNSUPPORTED",
     [] {
       UINTN columns = 0, rows = 0;
       con().QueryMode(&con(), static_cast<UINTN>(mode().Mode), &columns, &rows);
       return is(con().SetCursorPosition(&con(), columns, 0), EFI_UNSUPPORTED);
     }},
    {"12.4.9 SetCursorPosition: a row beyond is UNSUPPORTED",
     [] {
       UINTN columns = 0, rows = 0;
       con().QueryMode(&con(), static_cast<UINTN>(mode().Mode), &columns, &rows);
       return is(con().SetCursorPosition(&con(), 0, rows), EFI_UNSUPPORTED);
     }},
    {"12.4.10 EnableCursor: off and on, where the device can",
     [] {
       Output output;
       EFI_STATUS off = con().EnableCursor(&con(), FALSE);
       if (off == EFI_UNSUPPORTED) return skip("the device cannot");
       bool hidden = !mode().CursorVisible;
       return ok(off) && that(hidden) && ok(con().EnableCursor(&con(), TRUE)) && that(mode().CursorVisible);
     }},
    {"12.4 StdErr: it can print",
     [] {
       Output output;
       return ok(st->StdErr->OutputString(st->StdErr, text(L"words for StdErr\r\n")));
     }},

    {"12.3.2 Reset: the input", [] { return ok(st->ConIn->Reset(st->ConIn, FALSE)); }},
    {"12.3.2 Reset: the input, with verification", [] { return ok(st->ConIn->Reset(st->ConIn, TRUE)); }},
    {"12.3.3 ReadKeyStroke: no key is NOT_READY",
     [] {
       EFI_INPUT_KEY pressed;
       st->ConIn->Reset(st->ConIn, FALSE);
       return is(st->ConIn->ReadKeyStroke(st->ConIn, &pressed), EFI_NOT_READY);
     }},
    {"12.3.1 WaitForKey: without a key it is not signaled", [] { return is(bs->CheckEvent(st->ConIn->WaitForKey), EFI_NOT_READY); }},
    {"12.3.3 ReadKeyStroke: a letter",
     [] {
       say("\r\nPRESS KEYS\r\n");  // the runner answers with what this and the next three wait for
       return key('q', SCAN_NULL);
     }},
    {"12.3.3 ReadKeyStroke: cursor up", [] { return key(0, SCAN_UP); }},
    {"12.3.3 ReadKeyStroke: enter", [] { return key('\r', SCAN_NULL); }},
    {"12.3.3 ReadKeyStroke: backspace", [] { return key('\b', SCAN_NULL); }},
    {"12.3.3 ReadKeyStroke: then there is none left",
     [] {
       EFI_INPUT_KEY pressed;
       return is(st->ConIn->ReadKeyStroke(st->ConIn, &pressed), EFI_NOT_READY) && is(bs->CheckEvent(st->ConIn->WaitForKey), EFI_NOT_READY);
     }},
    {"12.3.1 WaitForKey: it cannot be waited for above TPL_APPLICATION",
     [] {
       UINTN index;
       AtTpl raised(TPL_CALLBACK);
       return is(bs->WaitForEvent(1, &st->ConIn->WaitForKey, &index), EFI_UNSUPPORTED);
     }},
};

}  // namespace

constinit const Chapter kConsole(kTests);

}  // namespace conformance
