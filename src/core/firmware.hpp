// SPDX-License-Identifier: BSD-2-Clause-Patent
// Firmware: the one object behind the EFI tables. The thunks (*_services.cpp) reach it through the_firmware, the only pointer of core
// that is not handed in; everything below the thunks gets what it needs by reference.
#pragma once

#include "abi/uefi.hpp"
#include "core/ports.hpp"

namespace efilite::core {

class MemoryMap;
class Pool;
class EventQueue;
class HandleDatabase;
class Images;
class Tables;
class RamDisks;
class DeviceSearch;

struct Firmware {
  MemoryMap& memory;
  Pool& pool;
  EventQueue& events;
  HandleDatabase& handles;
  Images& images;
  Tables& tables;
  Clock& clock;
  efi::SystemTable* system_table;
  RamDisks* ram_disks = nullptr;  // for a protocol whose functions have no This
  DeviceSearch* device_search = nullptr;  // nullptr: there is nothing more to find
};

extern constinit Firmware* the_firmware;

}  // namespace efilite::core
