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

static EFI_RUNTIME_SERVICES* rt;
static EFI_GET_VARIABLE next_get_variable;
static EFI_EVENT events[2];

static EFI_STATUS EFIAPI get_variable(CHAR16* name, EFI_GUID* vendor, UINT32* attributes, UINTN* size, VOID* data) {
  ++orders->hooked;
  return next_get_variable(name, vendor, attributes, size, data);
}

static VOID EFIAPI on_move(EFI_EVENT event, VOID* context) {
  if (event == events[0] && context == &orders->moves) ++orders->moves;
  else if (event == events[1] && context == &orders->moves_group) ++orders->moves_group;
  else ++orders->moves_wrong;
}

// As drivers do: the class library of edk2 creates its event by the group alone, without the runtime bit.
static EFI_STATUS hook() {
  EFI_GUID group = {0x13fa7698, 0xc831, 0x49c7, {0x87, 0xea, 0x8f, 0x43, 0xfc, 0xc2, 0x51, 0x96}};
  EFI_STATUS status = bs->CreateEvent(EVT_SIGNAL_VIRTUAL_ADDRESS_CHANGE, TPL_NOTIFY, on_move, &orders->moves, &events[0]);
  if (!EFI_ERROR(status)) status = bs->CreateEventEx(EVT_NOTIFY_SIGNAL, TPL_NOTIFY, on_move, &orders->moves_group, &group, &events[1]);
  next_get_variable = rt->GetVariable;
  rt->GetVariable = reinterpret_cast<EFI_GET_VARIABLE>(get_variable);
  rt->Hdr.CRC32 = 0;
  bs->CalculateCrc32(rt, rt->Hdr.HeaderSize, &rt->Hdr.CRC32);
  return status;
}

extern "C" EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE* st) {
  EFI_GUID loaded_image = LOADED_IMAGE_PROTOCOL;
  EFI_LOADED_IMAGE* loaded = nullptr;
  bs = st->BootServices, rt = st->RuntimeServices;
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
    case Deed::InstallNewAndReturn:
      orders->other = nullptr;
      orders->deed_status = bs->InstallProtocolInterface(&orders->other, &orders->protocol, EFI_NATIVE_INTERFACE, orders);
      break;
    case Deed::Hook:
      orders->deed_status = hook();
      break;
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
