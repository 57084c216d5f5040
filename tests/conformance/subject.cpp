// SPDX-License-Identifier: BSD-2-Clause-Patent
// The image that conformance.efi loads, starts and unloads: as an application, a boot driver and a runtime driver.
#include "subject.hpp"

static Orders* orders;
static EFI_BOOT_SERVICES* bs;
static int target;
static int* volatile pointer = &target;  // needs a base relocation
static volatile UINT8 uninitialised[8192];

static EFI_STATUS EFIAPI unload(EFI_HANDLE) {
  ++orders->unloaded;
  return orders->unload_status;
}

static void leave_from_below(int depth) {
  volatile UINT8 room[512];
  room[0] = static_cast<UINT8>(depth);
  if (depth > 0) leave_from_below(depth - 1);
  if (depth == 0) bs->Exit(orders->image, orders->status, orders->exit_data_size, orders->exit_data);
  room[1] = room[0];
}

extern "C" EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE* st) {
  EFI_GUID loaded_image = LOADED_IMAGE_PROTOCOL;
  EFI_LOADED_IMAGE* loaded = nullptr;
  bs = st->BootServices;
  if (EFI_ERROR(bs->HandleProtocol(image, &loaded_image, reinterpret_cast<void**>(&loaded)))) return EFI_NOT_STARTED;
  if (loaded->LoadOptionsSize != sizeof(Orders)) return EFI_NOT_READY;
  orders = static_cast<Orders*>(loaded->LoadOptions);
  ++orders->entered;
  orders->image = image;
  orders->system_table = st;
  alignas(16) volatile UINT8 local = 0;  // at an aligned address only if the stack was aligned at the entry
  orders->stack = reinterpret_cast<UINTN>(&local) + local;
  orders->code = reinterpret_cast<UINTN>(&efi_main);
  orders->relocated = pointer == &target;
  orders->zeroed = TRUE;
  for (UINTN i = 0; i < sizeof uninitialised; ++i) {
    if (uninitialised[i] != 0) orders->zeroed = FALSE;
  }
  orders->tpl = bs->RaiseTPL(TPL_HIGH_LEVEL);
  bs->RestoreTPL(orders->tpl);

  switch (orders->deed) {
    case Deed::Return:
      break;
    case Deed::Exit:
      bs->Exit(image, orders->status, orders->exit_data_size, orders->exit_data);
      break;
    case Deed::ExitDeep:
      leave_from_below(8);
      break;
    case Deed::ExitOther:
      orders->deed_status = bs->Exit(orders->other, orders->status, 0, nullptr);
      break;
    case Deed::Unloadable:
      loaded->Unload = reinterpret_cast<EFI_IMAGE_UNLOAD>(unload);
      break;
    case Deed::InstallAndReturn: {
      EFI_HANDLE handle = image;
      orders->deed_status = bs->InstallProtocolInterface(&handle, &orders->protocol, EFI_NATIVE_INTERFACE, orders);
      break;
    }
    case Deed::RaiseAndExit:
      bs->RaiseTPL(TPL_CALLBACK);
      break;
    case Deed::OpenAndReturn: {
      void* interface;
      orders->deed_status = bs->OpenProtocol(orders->other, &orders->protocol, &interface, image, nullptr, EFI_OPEN_PROTOCOL_GET_PROTOCOL);
      break;
    }
  }
  return orders->status;
}
