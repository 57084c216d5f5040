// SPDX-License-Identifier: BSD-2-Clause-Patent
// The images of subject.cpp, and how they are loaded with their orders.
#pragma once

#include "conformance.hpp"
#include "subject.hpp"

namespace conformance {

alignas(16) inline constexpr UINT8 kApplication[] = {
#embed "subject.efi"
};
alignas(16) inline constexpr UINT8 kDriver[] = {
#embed "subject_driver.efi"
};
alignas(16) inline constexpr UINT8 kRuntimeDriver[] = {
#embed "subject_runtime.efi"
};

inline EFI_LOADED_IMAGE* loaded_image(EFI_HANDLE image) {
  void* found = nullptr;
  return EFI_ERROR(bs->HandleProtocol(image, &kLoadedImageGuid, &found)) ? nullptr : static_cast<EFI_LOADED_IMAGE*>(found);
}

// One of the images, loaded, with its orders.
struct Subject {
  Orders orders{};
  EFI_HANDLE image = nullptr;
  EFI_LOADED_IMAGE* loaded = nullptr;
  EFI_STATUS status;
  UINTN exit_data_size = 77;
  CHAR16* exit_data = text(L"untouched");
  template <UINTN N>
  explicit Subject(const UINT8 (&bytes)[N], Deed deed = Deed::Return, EFI_STATUS with = EFI_SUCCESS, EFI_DEVICE_PATH* path = nullptr) {
    orders.deed = deed, orders.status = with;
    status = bs->LoadImage(FALSE, self, path, const_cast<UINT8*>(bytes), N, &image);
    if (EFI_ERROR(status) || !(loaded = loaded_image(image))) return;
    loaded->LoadOptions = &orders;
    loaded->LoadOptionsSize = sizeof orders;
  }
  Subject(const Subject&) = delete;
  EFI_STATUS start() { return bs->StartImage(image, &exit_data_size, &exit_data); }
  bool lives() const { return loaded_image(image) != nullptr; }
  ~Subject() {
    orders.unload_status = EFI_SUCCESS;
    if (image != nullptr && lives()) bs->UnloadImage(image);
  }
};

// The memory type at an address.
inline UINT32 type_at(const void* where) {
  static UINT8 buffer[64 * 1024];
  UINTN size = sizeof buffer, key, stride;
  UINT32 version;
  if (EFI_ERROR(bs->GetMemoryMap(&size, at<EFI_MEMORY_DESCRIPTOR>(address(buffer)), &key, &stride, &version))) return ~0u;
  for (UINTN i = 0; i < size / stride; ++i) {
    const auto& one = *at<EFI_MEMORY_DESCRIPTOR>(address(buffer) + i * stride);
    if (one.PhysicalStart <= address(where) && address(where) - one.PhysicalStart < one.NumberOfPages * kPage) return one.Type;
  }
  return ~0u;
}

}  // namespace conformance
