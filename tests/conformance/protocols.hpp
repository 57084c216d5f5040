// SPDX-License-Identifier: BSD-2-Clause-Patent
// What the tests of protocols share: interfaces of no meaning, registrations and device paths of nobody.
#pragma once

#include "conformance.hpp"

namespace conformance {

inline int first, second;  // interfaces of no meaning
inline EFI_HANDLE gone_handle() {
  AHandle handle(kAlphaGuid, &first);
  return handle;
}

inline EFI_STATUS install(EFI_HANDLE& handle, EFI_GUID& guid, void* interface) {
  return bs->InstallProtocolInterface(&handle, &guid, EFI_NATIVE_INTERFACE, interface);
}
inline void* interface_of(EFI_HANDLE handle, EFI_GUID& guid) {
  void* found = nullptr;
  return EFI_ERROR(bs->HandleProtocol(handle, &guid, &found)) ? nullptr : found;
}
inline UINTN handles_with(EFI_GUID& guid) {
  UINTN count = 0;
  EFI_HANDLE* handles = nullptr;
  if (EFI_ERROR(bs->LocateHandleBuffer(ByProtocol, &guid, nullptr, &count, &handles))) return 0;
  bs->FreePool(handles);
  return count;
}

// A protocol's registration that ends with the test.
struct Registration {
  Calls calls;
  AnEvent event{EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &calls};
  void* key = nullptr;
  EFI_STATUS status;
  explicit Registration(EFI_GUID& guid) { status = bs->RegisterProtocolNotify(&guid, event, &key); }
};

struct [[gnu::packed]] VendorPath {
  UINT8 header[4] = {1, 4, 20, 0};
  EFI_GUID guid;
  UINT8 second[4] = {1, 4, 20, 0};
  EFI_GUID second_guid;
  UINT8 end[4] = {0x7F, 0xFF, 4, 0};
};
struct [[gnu::packed]] ShortPath {
  UINT8 header[4] = {1, 4, 20, 0};
  EFI_GUID guid;
  UINT8 end[4] = {0x7F, 0xFF, 4, 0};
};
inline EFI_DEVICE_PATH* path(void* bytes) { return static_cast<EFI_DEVICE_PATH*>(bytes); }
inline VendorPath long_path{.guid = {0x77aa0001, 1, 2, {3}}, .second_guid = {0x77aa0002, 1, 2, {3}}};
inline ShortPath short_path{.guid = {0x77aa0001, 1, 2, {3}}};
inline ShortPath other_path{.guid = {0x77aa0003, 1, 2, {3}}};

inline EFI_GUID kGammaGuid = {0x3d51f3e3, 0x717e, 0x46c8, {0xb0, 0x2d, 0x47, 0x61, 0x6d, 0x6d, 0x61, 0x21}};

}  // namespace conformance
