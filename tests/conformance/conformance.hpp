// SPDX-License-Identifier: BSD-2-Clause-Patent
// The frame of conformance.efi: a table of promises for each chapter, and the words in which a test states what it saw.
// It is written against gnu-efi's headers, not ours, so that a mistake in ours shows.
#pragma once

#include <efi.h>

namespace conformance {

extern EFI_HANDLE self;  // the image handle of this program
extern EFI_SYSTEM_TABLE* st;
extern EFI_BOOT_SERVICES* bs;
extern EFI_RUNTIME_SERVICES* rt;

// One promise of the specification. The name begins with the section of UEFI 2.10 that gives it.
struct Test {
  const char* name;
  bool (*run)();
};
struct Chapter {
  const Test* tests;
  UINTN count;
  template <UINTN N>
  constexpr Chapter(const Test (&all)[N]) : tests(all), count(N) {}
};
// One a file; main.cpp has their order.
extern const Chapter kProcessor;
extern const Chapter kTables;
extern const Chapter kEvents;
extern const Chapter kTimers;
extern const Chapter kMemory;
extern const Chapter kProtocols;
extern const Chapter kLocate;
extern const Chapter kOpens;
extern const Chapter kCloses;
extern const Chapter kDrivers;
extern const Chapter kOverrides;
extern const Chapter kImages;
extern const Chapter kDriverImages;
extern const Chapter kMisc;
extern const Chapter kVariables;
extern const Chapter kGlobals;
extern const Chapter kBootManager;
extern const Chapter kTime;
extern const Chapter kConsole;
extern const Chapter kSerial;
extern const Chapter kDevicePaths;
extern const Chapter kText;
extern const Chapter kHii;
extern const Chapter kHiiStrings;
extern const Chapter kHiiConfig;
extern const Chapter kHiiFont;
extern const Chapter kHiiGlyphs;
extern const Chapter kPci;
extern const Chapter kPciIo;
extern const Chapter kMedia;
extern const Chapter kStorage;
extern const Chapter kPartitions;
extern const Chapter kFiles;
extern const Chapter kFileInfo;
extern const Chapter kSecurity;
extern const Chapter kMemoryProtection;
extern const Chapter kTimestamp;
extern const Chapter kResetNotification;
extern const Chapter kBeforeExit;
extern const Chapter kExitBootServices;
extern const Chapter kRuntime;
extern const Chapter kResidentDriver;

// What a test expects. Each is true when it holds; the first that does not is told with its line.
bool is(EFI_STATUS got, EFI_STATUS wanted, int line = __builtin_LINE());
bool ok(EFI_STATUS got, int line = __builtin_LINE());
bool that(bool condition, int line = __builtin_LINE());
bool equal(UINT64 got, UINT64 wanted, int line = __builtin_LINE());
bool skip(const char* why);  // the firmware does not have what the test is about, and need not

constexpr EFI_STATUS kInvalid = EFI_INVALID_PARAMETER;

// gnu-efi's CHAR16 is C's idea of L"", not C++'s, and the services take strings that they do not change as though they did.
inline CHAR16* text(const wchar_t* literal) { return reinterpret_cast<CHAR16*>(const_cast<wchar_t*>(literal)); }
template <typename T>
T* at(UINTN address) {
  return reinterpret_cast<T*>(address);
}
inline UINTN address(const volatile void* pointer) { return reinterpret_cast<UINTN>(pointer); }
inline constexpr UINTN kPage = 4096;

bool same(const void* a, const void* b, UINTN size);
bool same(const CHAR16* a, const CHAR16* b);
inline bool same(const EFI_GUID& a, const EFI_GUID& b) { return same(&a, &b, sizeof a); }

void* configuration_table(const EFI_GUID& guid);  // nullptr: there is none

inline EFI_GUID kLoadedImageGuid = LOADED_IMAGE_PROTOCOL;
inline EFI_GUID kDevicePathGuid = DEVICE_PATH_PROTOCOL;
inline EFI_GUID kLoadedImagePathGuid = EFI_LOADED_IMAGE_DEVICE_PATH_PROTOCOL_GUID;
inline EFI_GUID kUtilitiesGuid = EFI_DEVICE_PATH_UTILITIES_PROTOCOL_GUID;
inline EFI_GUID kTextInGuid = SIMPLE_TEXT_INPUT_PROTOCOL;
inline EFI_GUID kTextOutGuid = SIMPLE_TEXT_OUTPUT_PROTOCOL;
// Of no meaning to anybody but these tests.
inline EFI_GUID kNobodysGuid = {0x0f0e9d5c, 0x3a61, 0x4b0e, {0x8f, 0x11, 0x52, 0x6e, 0x6f, 0x62, 0x6f, 0x64}};
inline EFI_GUID kAlphaGuid = {0x1b3fd1c1, 0x5f5c, 0x44a6, {0x9e, 0x0b, 0x41, 0x6c, 0x70, 0x68, 0x61, 0x21}};
inline EFI_GUID kBetaGuid = {0x2c40e2d2, 0x606d, 0x45b7, {0xaf, 0x1c, 0x42, 0x65, 0x74, 0x61, 0x21, 0x21}};

// A notification function that leaves its traces.
struct Calls {
  UINTN count = 0;
  EFI_TPL tpl = 0;  // the level of the last call
  EFI_EVENT event = nullptr;
  UINTN order = 0;  // its number among all calls
};
extern UINTN calls_made;
VOID EFIAPI note(EFI_EVENT event, VOID* calls);  // context: a Calls

// An event that is closed at the end of the test.
struct AnEvent {
  EFI_EVENT event = nullptr;
  explicit AnEvent(UINT32 type, EFI_TPL tpl = 0, Calls* calls = nullptr) {
    if (EFI_ERROR(bs->CreateEvent(type, tpl, calls ? note : nullptr, calls, &event))) event = nullptr;
  }
  AnEvent(UINT32 type, EFI_TPL tpl, Calls* calls, const EFI_GUID& group) {
    if (EFI_ERROR(bs->CreateEventEx(type, tpl, calls ? note : nullptr, calls, &group, &event))) event = nullptr;
  }
  AnEvent(const AnEvent&) = delete;
  ~AnEvent() {
    if (event) bs->CloseEvent(event);
  }
  operator EFI_EVENT() const { return event; }
};

// A handle with one protocol on it, gone at the end of the test.
struct AHandle {
  EFI_HANDLE handle = nullptr;
  EFI_GUID guid;
  void* interface;
  explicit AHandle(const EFI_GUID& protocol, void* with = nullptr) : guid(protocol), interface(with) {
    bs->InstallProtocolInterface(&handle, &guid, EFI_NATIVE_INTERFACE, interface);
  }
  AHandle(const AHandle&) = delete;
  ~AHandle() { bs->UninstallProtocolInterface(handle, &guid, interface); }
  operator EFI_HANDLE() const { return handle; }
};

// Pages that are given back at the end of the test.
struct Pages {
  EFI_PHYSICAL_ADDRESS start = 0;
  UINTN count;
  explicit Pages(UINTN pages, UINT32 type = EfiLoaderData) : count(pages) {
    if (EFI_ERROR(bs->AllocatePages(AllocateAnyPages, static_cast<EFI_MEMORY_TYPE>(type), pages, &start))) start = 0;
  }
  Pages(const Pages&) = delete;
  ~Pages() {
    if (start) bs->FreePages(start, count);
  }
};

struct AtTpl {
  EFI_TPL old;
  explicit AtTpl(EFI_TPL tpl) : old(bs->RaiseTPL(tpl)) {}
  AtTpl(const AtTpl&) = delete;
  ~AtTpl() { bs->RestoreTPL(old); }
};

inline EFI_TPL current_tpl() {
  EFI_TPL tpl = bs->RaiseTPL(TPL_HIGH_LEVEL);
  bs->RestoreTPL(tpl);
  return tpl;
}

template <typename T>
T* locate(EFI_GUID& guid) {
  void* found = nullptr;
  return EFI_ERROR(bs->LocateProtocol(&guid, nullptr, &found)) ? nullptr : static_cast<T*>(found);
}

// The program's output after ConOut is gone goes to the first serial port.
void speak_by_serial_port();
void say(const char* words);
void say(UINT64 number);

}  // namespace conformance
