// SPDX-License-Identifier: BSD-2-Clause-Patent
//
// handles.efi: what a service of the handle database costs among 100 handles, 1,000 and 10,000, four protocols on each.
//
// Two of a handle's protocols are on all handles, one is on every hundredth, and one is its own. All findings are
// lines on the debug port (0x402):
//   handles: at <handles> <service> <TSC ticks for one operation>
//   handles: end
// LocateHandle and LocateHandleBuffer of a protocol that everybody has are told by returned handle.

#include "costs.hpp"

using namespace bench;

namespace {

constexpr UINTN kCounts[] = {100, 1000, 10000};
constexpr UINTN kMany = kCounts[2];
constexpr UINTN kSample = 400;   // operations that one figure is the mean of
constexpr UINTN kSmall = 40;     // the same where some firmware looks at everything each time, or there is much to return
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

void measure_all(UINTN count) {
  EFI_GUID everybodys = guid(1, 0);
  const UINTN times = count < kSample ? count : kSample;  // no handle twice: some are removed
  measure(count, "HandleProtocol", [](UINTN n) {
    Protocols p(n);
    void* got;
    check("HandleProtocol", bs->HandleProtocol(handles[n], &p.second, &got));
  }, times);
  measure(count, "OpenProtocol and CloseProtocol", [](UINTN n) {
    Protocols p(n);
    void* got;
    check("open", bs->OpenProtocol(handles[n], &p.first, &got, handles[n], handles[n], EFI_OPEN_PROTOCOL_BY_DRIVER));
    check("close", bs->CloseProtocol(handles[n], &p.first, handles[n], handles[n]));
  }, times);
  measure(count, "LocateProtocol of one", [](UINTN n) {
    Protocols p(n);
    void* got;
    check("LocateProtocol", bs->LocateProtocol(&p.own, nullptr, &got));
  }, times);
  measure(count, "LocateProtocol of many", [&](UINTN) {
    void* got;
    check("LocateProtocol", bs->LocateProtocol(&everybodys, nullptr, &got));
  }, times);
  measure(count, "LocateHandle of one", [](UINTN n) {
    Protocols p(n);
    UINTN size = sizeof found;
    check("LocateHandle", bs->LocateHandle(ByProtocol, &p.own, nullptr, &size, found));
  }, times);
  measure(count, "LocateHandle, for each handle", [&](UINTN) {
    UINTN size = sizeof found;
    check("LocateHandle", bs->LocateHandle(ByProtocol, &everybodys, nullptr, &size, found));
  }, 4, count);
  measure(count, "LocateHandleBuffer of one", [](UINTN n) {
    Protocols p(n);
    UINTN several;
    EFI_HANDLE* list;
    check("LocateHandleBuffer", bs->LocateHandleBuffer(ByProtocol, &p.own, nullptr, &several, &list));
    bs->FreePool(list);
  }, times);
  measure(count, "LocateHandleBuffer, for each handle", [&](UINTN) {
    UINTN several;
    EFI_HANDLE* list;
    check("LocateHandleBuffer", bs->LocateHandleBuffer(ByProtocol, &everybodys, nullptr, &several, &list));
    bs->FreePool(list);
  }, 4, count);
  measure(count, "ReinstallProtocolInterface", [](UINTN n) {
    Protocols p(n);
    check("reinstall", bs->ReinstallProtocolInterface(handles[n], &p.shared, &interface, &interface));
  }, kSmall);
  UINTN made = 0, freed = 0;
  measure(count, "AllocatePool",
          [&](UINTN n) { check("AllocatePool", bs->AllocatePool(EfiBootServicesData, 8 + n % 300, &blocks[made++])); }, kSample);
  measure(count, "FreePool", [&](UINTN) { check("FreePool", bs->FreePool(blocks[freed++ * 7 % kSample])); }, kSample);
  measure(count, "remove a handle with 4 protocols", remove, times);
  measure(count, "install a handle with 4 protocols", install, times);
}

}  // namespace

extern "C" EFI_STATUS EFIAPI handles_entry(EFI_HANDLE, EFI_SYSTEM_TABLE* system) {
  program = "handles";
  st = system;
  bs = system->BootServices;
  UINTN made = 0;
  for (const UINTN count : kCounts) {
    for (; made < count; ++made) install(made);
    make_holes(count);
    measure_all(count);
  }
  measure(kMany, "remove the last handles", remove, kMany);
  Line("handles: end").print();
  end_machine();
}
