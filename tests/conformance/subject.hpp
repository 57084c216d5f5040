// SPDX-License-Identifier: BSD-2-Clause-Patent
// What conformance.efi and the image that it loads (subject.cpp) tell each other: the image's load options are one Orders.
#pragma once

#include <efi.h>

enum class Deed : UINT32 {
  Return,            // return `status` from the entry point
  Exit,              // call Exit with `status` and `exit_data`
  ExitDeep,          // the same from deep in the stack
  ExitOther,         // call Exit with `other` instead of the image's own handle, then return what it said
  Unloadable,        // set LoadedImage's Unload, which says `unload_status`, and return `status`
  InstallAndReturn,  // install `protocol` on the own handle and return `status`
  InstallNewAndReturn,  // the same on a new handle, which becomes `other`
  RaiseAndExit,      // leave with the priority raised
  OpenAndReturn,     // open `protocol` of `other` as agent, and leave it open
  Hook,              // put a function in front of GetVariable, listen to SetVirtualAddressMap, and return `status`
};

struct Orders {
  Deed deed;
  EFI_STATUS status;
  EFI_STATUS unload_status;
  CHAR16* exit_data;
  UINTN exit_data_size;
  EFI_HANDLE other;
  EFI_GUID protocol;
  // What the image saw.
  UINTN entered;
  UINTN unloaded;
  EFI_HANDLE image;
  EFI_SYSTEM_TABLE* system_table;
  EFI_STATUS deed_status;
  UINTN stack;        // where a local that needs an alignment of 16 lies
  UINTN code;         // where its code runs
  BOOLEAN relocated;  // a pointer in its data points to what it shall
  BOOLEAN zeroed;     // its uninitialised data are zero
  EFI_TPL tpl;
  UINTN hooked;     // calls of GetVariable
  UINTN moves;      // notifications of SetVirtualAddressMap: of its event,
  UINTN moves_group;  // of one that says nothing but its group,
  UINTN moves_wrong;  // and of those with another event or context
};
