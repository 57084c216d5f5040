// SPDX-License-Identifier: BSD-2-Clause-Patent
// The console: SimpleTextInputEx, SimpleTextInput and SimpleTextOutput [UEFI 2.10, 12.2 to 12.4].
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

using Ex = EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL;
EFI_GUID ex_guid = EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL_GUID;

template <typename Body>
bool with_ex(Body body) {
  void* found = nullptr;
  if (bs->HandleProtocol(st->ConsoleInHandle, &ex_guid, &found) != EFI_SUCCESS) return skip("no SimpleTextInputEx");
  return body(*static_cast<Ex*>(found));
}

constexpr CHAR16 kControlC = 3;
UINTN heard;
EFI_TPL heard_at;
EFI_STATUS EFIAPI hear(EFI_KEY_DATA*) {
  ++heard;
  heard_at = current_tpl();
  return EFI_SUCCESS;
}

bool registered_for(Ex& ex, CHAR16 character, UINT32 shift_state, void** handle) {
  EFI_KEY_DATA wanted = {};
  wanted.Key.UnicodeChar = character;
  wanted.KeyState.KeyShiftState = shift_state;
  return ok(ex.RegisterKeyNotify(&ex, &wanted, hear, handle));
}

// The runner answers with Control and C; the key stays to be read.
bool control_c_comes(Ex& ex) {
  heard = 0;
  say("\r\nPRESS CONTROL C\r\n");
  for (int i = 0; i < 500 && bs->CheckEvent(ex.WaitForKeyEx) == EFI_NOT_READY; ++i) bs->Stall(10000);
  bs->Stall(200000);  // somebody may look at the line from time to time only
  return is(bs->CheckEvent(ex.WaitForKeyEx), EFI_SUCCESS);
}

const Test kTests[] = {
    {"12.2.2 Reset: the input of SimpleTextInputEx",
     [] { return with_ex([](Ex& ex) { return ok(ex.Reset(&ex, FALSE)) && ok(ex.Reset(&ex, TRUE)); }); }},
    {"12.2.3 ReadKeyStrokeEx: no key is NOT_READY, and no event",
     [] {
       return with_ex([](Ex& ex) {
         EFI_KEY_DATA key = {};
         ex.Reset(&ex, FALSE);
         return is(ex.ReadKeyStrokeEx(&ex, &key), EFI_NOT_READY) && is(bs->CheckEvent(ex.WaitForKeyEx), EFI_NOT_READY);
       });
     }},
    {"12.2.4 SetState: NULL is INVALID_PARAMETER",
     [] { return with_ex([](Ex& ex) { return is(ex.SetState(&ex, nullptr), kInvalid); }); }},
    {"12.2.4 SetState: what can be set is told with the state",
     [] {
       return with_ex([](Ex& ex) {
         EFI_KEY_TOGGLE_STATE state = EFI_TOGGLE_STATE_VALID | EFI_NUM_LOCK_ACTIVE;
         EFI_STATUS status = ex.SetState(&ex, &state);
         if (status == EFI_UNSUPPORTED) return skip("the device cannot");
         EFI_KEY_DATA key = {};
         bool good = ok(status) && is(ex.ReadKeyStrokeEx(&ex, &key), EFI_NOT_READY) && 
                     equal(key.KeyState.KeyToggleState & ~EFI_KEY_STATE_EXPOSED, state);
         ex.Reset(&ex, FALSE);
         return good;
       });
     }},
    {"12.2.5 RegisterKeyNotify: a key, a function and a place for the handle are needed",
     [] {
       return with_ex([](Ex& ex) {
         EFI_KEY_DATA key = {};
         void* handle = nullptr;
         return is(ex.RegisterKeyNotify(&ex, nullptr, hear, &handle), kInvalid) &&
                is(ex.RegisterKeyNotify(&ex, &key, nullptr, &handle), kInvalid) &&
                is(ex.RegisterKeyNotify(&ex, &key, hear, nullptr), kInvalid);
       });
     }},
    {"12.2.6 UnregisterKeyNotify: no handle is INVALID_PARAMETER",
     [] { return with_ex([](Ex& ex) { return is(ex.UnregisterKeyNotify(&ex, nullptr), kInvalid); }); }},
    {"12.2.6 UnregisterKeyNotify: each registration goes once",
     [] {
       return with_ex([](Ex& ex) {
         void *first = nullptr, *second = nullptr;
         return registered_for(ex, 'q', 0, &first) && registered_for(ex, 'w', 0, &second) && that(first != second) &&
                ok(ex.UnregisterKeyNotify(&ex, first)) && ok(ex.UnregisterKeyNotify(&ex, second)) &&
                is(ex.UnregisterKeyNotify(&ex, first), kInvalid);
       });
     }},
    {"12.2.5 RegisterKeyNotify: the function is called for its key at TPL_CALLBACK, and the key can be read",
     [] {
       return with_ex([](Ex& ex) {
         void* handle = nullptr;
         if (!registered_for(ex, kControlC, 0, &handle)) return false;
         bool came = control_c_comes(ex);
         EFI_KEY_DATA key = {};
         return came && equal(heard, 1) && equal(heard_at, TPL_CALLBACK) && ok(ex.UnregisterKeyNotify(&ex, handle)) &&
                ok(ex.ReadKeyStrokeEx(&ex, &key));
       });
     }},
    {"12.2.3 ReadKeyStrokeEx: Control and C is C with Control, unless the shift state is unknown",
     [] {
       return with_ex([](Ex& ex) {
         EFI_KEY_DATA key = {};
         if (!control_c_comes(ex) || !ok(ex.ReadKeyStrokeEx(&ex, &key))) return false;
         if (key.KeyState.KeyShiftState & EFI_SHIFT_STATE_VALID)
           return equal(key.Key.UnicodeChar, 'c') &&
                  that((key.KeyState.KeyShiftState & (EFI_LEFT_CONTROL_PRESSED | EFI_RIGHT_CONTROL_PRESSED)) != 0);
         return equal(key.Key.UnicodeChar, kControlC);
       });
     }},
    {"12.3.3 ReadKeyStroke: Control and C is the control character; nobody is notified who has unregistered",
     [] {
       return with_ex([](Ex& ex) {
         EFI_INPUT_KEY key = {};
         return control_c_comes(ex) && equal(heard, 0) && ok(st->ConIn->ReadKeyStroke(st->ConIn, &key)) &&
                equal(key.UnicodeChar, kControlC) && equal(key.ScanCode, SCAN_NULL);
       });
     }},

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
    {"12.4.3 OutputString: a full line at the bottom scrolls",
     [] {
       Output output;
       UINTN columns = 0, rows = 0;
       con().QueryMode(&con(), static_cast<UINTN>(mode().Mode), &columns, &rows);
       con().SetCursorPosition(&con(), columns - 2, rows - 1);
       return ok(print(L"ab")) && at_place(0, static_cast<INT32>(rows) - 1) && ok(print(L"c")) && at_place(1, static_cast<INT32>(rows) - 1);
     }},
    {"12.4.3 OutputString: line feed on the last line stays in its column",
     [] {
       Output output;
       UINTN columns = 0, rows = 0;
       con().QueryMode(&con(), static_cast<UINTN>(mode().Mode), &columns, &rows);
       con().SetCursorPosition(&con(), 5, rows - 1);
       return ok(print(L"\n")) && at_place(5, static_cast<INT32>(rows) - 1);
     }},
    {"12.4.3 OutputString: what cannot be shown is left out, with a warning",
     [] {
       Output output;
       return is(print(L"a\xFFFE" L"b"), EFI_WARN_UNKNOWN_GLYPH) && at_place(2, 0);
     }},
    {"12.4.4 TestString: what cannot be shown is UNSUPPORTED",
     [] { return is(con().TestString(&con(), text(L"a\xFFFE")), EFI_UNSUPPORTED); }},
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
    {"12.4.8 ClearScreen: mode and attribute stay",
     [] {
       Output output;
       INT32 old = mode().Mode;
       return ok(con().SetAttribute(&con(), EFI_TEXT_ATTR(EFI_RED, EFI_BLACK))) && ok(con().ClearScreen(&con())) &&
              equal(mode().Mode, old) && equal(mode().Attribute, EFI_TEXT_ATTR(EFI_RED, EFI_BLACK));
     }},
    {"12.4.6 SetMode: every mode that QueryMode knows, and no other",
     [] {
       Output output;
       auto old = static_cast<UINTN>(mode().Mode);
       bool good = true;
       for (INT32 i = 0; i < mode().MaxMode && good; ++i) {
         UINTN columns = 0, rows = 0;
         EFI_STATUS status = con().QueryMode(&con(), static_cast<UINTN>(i), &columns, &rows);
         good = that(status == EFI_SUCCESS || status == EFI_UNSUPPORTED) && is(con().SetMode(&con(), static_cast<UINTN>(i)), status) &&
                (status != EFI_SUCCESS || (equal(mode().Mode, static_cast<UINT64>(i)) && at_place(0, 0) && that(columns > 0 && rows > 0)));
       }
       return ok(con().SetMode(&con(), old)) && good;
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
