// SPDX-License-Identifier: BSD-2-Clause-Patent
//
// handles.efi: what a service of the handle database costs among 1,000 handles and among 10,000, four protocols on each.
//
// Two of a handle's protocols are on all handles, one is on every hundredth, and one is its own. All findings are
// lines on the debug port (0x402):
//   handles: at <handles> <service> <TSC ticks for one operation>
//   handles: end
// LocateHandle and LocateHandleBuffer of a protocol that everybody has are told by returned handle.

#include <efi.h>

#include "line.hpp"

using namespace bench;

namespace {

constexpr UINTN kFew = 1000, kMany = 10000;
constexpr UINTN kSample = 400;     // operations that one figure is the mean of
constexpr UINTN kStride = 7919;    // a prime, so that a sample jumps about among the handles
constexpr EFI_GUID kEverybodys = {0x5d8c1a00, 0x9d3b, 0x4a26, {0x8e, 0x4c, 0x6d, 0x61, 0x6e, 0x79, 0x00, 0x01}};

EFI_BOOT_SERVICES* bs;
EFI_HANDLE handles[kMany];
EFI_HANDLE found[kMany];
void* blocks[kSample];
int interface;  // of no meaning

EFI_GUID guid(UINT16 kind, UINTN number) {
  EFI_GUID made = kEverybodys;
  made.Data1 += static_cast<UINT32>(number);
  made.Data2 = kind;
  return made;
}

[[noreturn]] void fail(const char* what, EFI_STATUS status) {
  (Line("handles: failed: ") << what << " " << Hex{status}).print();
  for (;;) asm volatile("cli; hlt");
}
void check(const char* what, EFI_STATUS status) {
  if (EFI_ERROR(status)) fail(what, status);
}

// The four protocols of one handle.
struct Protocols {
  EFI_GUID first = guid(1, 0), second = guid(2, 0), shared, own;
  explicit Protocols(UINTN n) : shared(guid(3, n % 100)), own(guid(4, n)) {}
};

void install(UINTN n) {
  Protocols p(n);
  handles[n] = nullptr;
  check("install", bs->InstallMultipleProtocolInterfaces(&handles[n], &p.first, &interface, &p.second, &interface, &p.shared, &interface,
                                                         &p.own, &interface, nullptr));
}
void remove(UINTN n) {
  Protocols p(n);
  check("remove", bs->UninstallMultipleProtocolInterfaces(handles[n], &p.first, &interface, &p.second, &interface, &p.shared, &interface,
                                                          &p.own, &interface, nullptr));
}

// As many holes in the pool as there are handles, each too small for most: a search through them would show.
void make_holes(UINTN count) {
  void** last = nullptr;  // the blocks that stay are a list
  for (UINTN i = 0; i < count; ++i) {
    void *hole, *stays;
    check("AllocatePool", bs->AllocatePool(EfiBootServicesData, 16, &hole));
    check("AllocatePool", bs->AllocatePool(EfiBootServicesData, 16, &stays));
    *static_cast<void**>(stays) = hole;
    static_cast<void**>(stays)[1] = static_cast<void*>(last);
    last = static_cast<void**>(stays);
  }
  for (; last != nullptr; last = static_cast<void**>(last[1])) check("FreePool", bs->FreePool(last[0]));
}

// The mean of one operation, whose argument is a handle's number: each time another one.
template <typename Operation>
void measure(UINTN count, const char* name, Operation operation, UINTN returned = 1, UINTN times = kSample) {
  const UINT64 before = read_tsc();
  for (UINTN i = 0; i < times; ++i) operation(i * kStride % count);
  const UINT64 ticks = read_tsc() - before;
  (Line("handles: at ") << count << " " << name << " " << ticks / times / returned).print();
}

void measure_all(UINTN count) {
  EFI_GUID everybodys = guid(1, 0);
  measure(count, "HandleProtocol", [](UINTN n) {
    Protocols p(n);
    void* got;
    check("HandleProtocol", bs->HandleProtocol(handles[n], &p.second, &got));
  });
  measure(count, "OpenProtocol and CloseProtocol", [](UINTN n) {
    Protocols p(n);
    void* got;
    check("open", bs->OpenProtocol(handles[n], &p.first, &got, handles[n], handles[n], EFI_OPEN_PROTOCOL_BY_DRIVER));
    check("close", bs->CloseProtocol(handles[n], &p.first, handles[n], handles[n]));
  });
  measure(count, "LocateProtocol of one", [](UINTN n) {
    Protocols p(n);
    void* got;
    check("LocateProtocol", bs->LocateProtocol(&p.own, nullptr, &got));
  });
  measure(count, "LocateProtocol of many", [&](UINTN) {
    void* got;
    check("LocateProtocol", bs->LocateProtocol(&everybodys, nullptr, &got));
  });
  measure(count, "LocateHandle of one", [](UINTN n) {
    Protocols p(n);
    UINTN size = sizeof found;
    check("LocateHandle", bs->LocateHandle(ByProtocol, &p.own, nullptr, &size, found));
  });
  measure(count, "LocateHandle, for each handle", [&](UINTN) {
    UINTN size = sizeof found;
    check("LocateHandle", bs->LocateHandle(ByProtocol, &everybodys, nullptr, &size, found));
  }, count, 4);
  measure(count, "LocateHandleBuffer of one", [](UINTN n) {
    Protocols p(n);
    UINTN several;
    EFI_HANDLE* list;
    check("LocateHandleBuffer", bs->LocateHandleBuffer(ByProtocol, &p.own, nullptr, &several, &list));
    bs->FreePool(list);
  });
  measure(count, "LocateHandleBuffer, for each handle", [&](UINTN) {
    UINTN several;
    EFI_HANDLE* list;
    check("LocateHandleBuffer", bs->LocateHandleBuffer(ByProtocol, &everybodys, nullptr, &several, &list));
    bs->FreePool(list);
  }, count, 4);
  measure(count, "ReinstallProtocolInterface", [](UINTN n) {
    Protocols p(n);
    check("reinstall", bs->ReinstallProtocolInterface(handles[n], &p.shared, &interface, &interface));
  });
  UINTN made = 0, freed = 0;
  measure(count, "AllocatePool",
          [&](UINTN n) { check("AllocatePool", bs->AllocatePool(EfiBootServicesData, 8 + n % 300, &blocks[made++])); });
  measure(count, "FreePool", [&](UINTN) { check("FreePool", bs->FreePool(blocks[freed++ * 7 % kSample])); });
  measure(count, "remove a handle with 4 protocols", remove);
  measure(count, "install a handle with 4 protocols", install);
}

}  // namespace

extern "C" EFI_STATUS EFIAPI handles_entry(EFI_HANDLE, EFI_SYSTEM_TABLE* system) {
  bs = system->BootServices;
  for (UINTN n = 0; n < kFew; ++n) install(n);
  make_holes(kFew);
  measure_all(kFew);
  for (UINTN n = kFew; n < kMany; ++n) install(n);
  make_holes(kMany);
  measure_all(kMany);
  measure(kMany, "remove the last handles", remove, 1, kMany);
  Line("handles: end").print();
  system->RuntimeServices->ResetSystem(EfiResetShutdown, EFI_SUCCESS, 0, nullptr);
  return EFI_ABORTED;
}
