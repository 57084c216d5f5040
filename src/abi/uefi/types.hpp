// SPDX-License-Identifier: BSD-2-Clause-Patent
// The basic types of UEFI [UEFI 2.10, 2.3.1 table 2.3 and appendix D]. Names are the specification's, less the EFI_ prefix.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.hpp"
#include "base/status.hpp"

// [UEFI 2.10, 2.3.4.2] x64 services use the Microsoft calling convention; AArch64 the platform's own.
#if defined(__x86_64__)
#define EFIAPI __attribute__((ms_abi))
#else
#define EFIAPI
#endif

namespace efilite::efi {

using Boolean = uint8_t;
using Char8 = char;
using Char16 = char16_t;
using Handle = void*;
using Event = void*;
using Tpl = uint64_t;
using Uintn = uint64_t;
using PhysicalAddress = uint64_t;
using VirtualAddress = uint64_t;

// EFI_STATUS as programs see it. Our code uses Status; the two meet in encode() and decode().
enum class EfiStatus : uint64_t {};
inline constexpr uint64_t kErrorBit = uint64_t{1} << 63;

constexpr EfiStatus encode(Status s) {
  uint64_t low = static_cast<uint64_t>(s) & 0x7F;
  return EfiStatus{is_error(s) ? (kErrorBit | low) : low};
}
template <typename T>
constexpr EfiStatus encode(const Result<T>& r) { return encode(r.status()); }
constexpr bool is_error(EfiStatus s) { return (static_cast<uint64_t>(s) & kErrorBit) != 0; }

// [UEFI 2.10, 2.3.1] EFI_GUID: 128 bits, aligned to 4 by its first member.
struct Guid {
  uint32_t data1;
  uint16_t data2;
  uint16_t data3;
  uint8_t data4[8];
  constexpr bool operator==(const Guid&) const = default;
};
static_assert(sizeof(Guid) == 16 && alignof(Guid) == 4);

// [UEFI 2.10, 8.3.1] EFI_TIME
struct Time {
  uint16_t year;   // 1900..9999
  uint8_t month;   // 1..12
  uint8_t day;     // 1..31
  uint8_t hour;    // 0..23
  uint8_t minute;  // 0..59
  uint8_t second;  // 0..59
  uint8_t pad1;
  uint32_t nanosecond;
  int16_t time_zone;  // minutes from UTC, -1440..1440 or kUnspecifiedTimezone
  uint8_t daylight;
  uint8_t pad2;
};
static_assert(sizeof(Time) == 16);
inline constexpr int16_t kUnspecifiedTimezone = 0x07FF;

struct TimeCapabilities {
  uint32_t resolution;  // counts per second
  uint32_t accuracy;    // error rate in parts per million, times 1e6
  Boolean sets_to_zero;
};
static_assert(sizeof(TimeCapabilities) == 12);

// [UEFI 2.10, 7.2.1] EFI_MEMORY_TYPE
enum class MemoryType : uint32_t {
  Reserved = 0,
  LoaderCode = 1,
  LoaderData = 2,
  BootServicesCode = 3,
  BootServicesData = 4,
  RuntimeServicesCode = 5,
  RuntimeServicesData = 6,
  Conventional = 7,
  Unusable = 8,
  AcpiReclaim = 9,
  AcpiNvs = 10,
  MemoryMappedIo = 11,
  MemoryMappedIoPortSpace = 12,
  PalCode = 13,
  Persistent = 14,
  Unaccepted = 15,
  Max = 16,
  OemFirst = 0x70000000,
  OsFirst = 0x80000000,
};

enum class AllocateType : uint32_t { AnyPages = 0, MaxAddress = 1, Address = 2 };

// [UEFI 2.10, 7.2.3] memory attributes
inline constexpr uint64_t kMemoryUc = 0x1;
inline constexpr uint64_t kMemoryWc = 0x2;
inline constexpr uint64_t kMemoryWt = 0x4;
inline constexpr uint64_t kMemoryWb = 0x8;
inline constexpr uint64_t kMemoryUce = 0x10;
inline constexpr uint64_t kMemoryWp = 0x1000;
inline constexpr uint64_t kMemoryRp = 0x2000;
inline constexpr uint64_t kMemoryXp = 0x4000;
inline constexpr uint64_t kMemoryNv = 0x8000;
inline constexpr uint64_t kMemoryMoreReliable = 0x10000;
inline constexpr uint64_t kMemoryRo = 0x20000;
inline constexpr uint64_t kMemorySp = 0x40000;
inline constexpr uint64_t kMemoryAccessMask = kMemoryRp | kMemoryXp | kMemoryRo;  // what page tables say
inline constexpr uint64_t kMemoryRuntime = uint64_t{1} << 63;

// [UEFI 2.10, 7.2.3] EFI_MEMORY_DESCRIPTOR
struct MemoryDescriptor {
  MemoryType type;
  uint32_t pad;
  PhysicalAddress physical_start;
  VirtualAddress virtual_start;
  uint64_t number_of_pages;
  uint64_t attribute;
};
static_assert(sizeof(MemoryDescriptor) == 40);
inline constexpr uint32_t kMemoryDescriptorVersion = 1;

// [UEFI 2.10, 7.1.8] task priority levels
inline constexpr Tpl kTplApplication = 4;
inline constexpr Tpl kTplCallback = 8;
inline constexpr Tpl kTplNotify = 16;
inline constexpr Tpl kTplHighLevel = 31;

// [UEFI 2.10, 7.1.1] event types
inline constexpr uint32_t kEvtTimer = 0x80000000;
inline constexpr uint32_t kEvtRuntime = 0x40000000;
inline constexpr uint32_t kEvtNotifyWait = 0x00000100;
inline constexpr uint32_t kEvtNotifySignal = 0x00000200;
inline constexpr uint32_t kEvtSignalExitBootServices = 0x00000201;
inline constexpr uint32_t kEvtSignalVirtualAddressChange = 0x60000202;
using EventNotify = void(EFIAPI*)(Event event, void* context);

enum class TimerDelay : uint32_t { Cancel = 0, Periodic = 1, Relative = 2 };
enum class InterfaceType : uint32_t { Native = 0 };
enum class LocateSearchType : uint32_t { AllHandles = 0, ByRegisterNotify = 1, ByProtocol = 2 };
enum class ResetType : uint32_t { Cold = 0, Warm = 1, Shutdown = 2, PlatformSpecific = 3 };

// [UEFI 2.10, 7.3.9] OpenProtocol attributes
inline constexpr uint32_t kOpenByHandleProtocol = 0x01;
inline constexpr uint32_t kOpenGetProtocol = 0x02;
inline constexpr uint32_t kOpenTestProtocol = 0x04;
inline constexpr uint32_t kOpenByChildController = 0x08;
inline constexpr uint32_t kOpenByDriver = 0x10;
inline constexpr uint32_t kOpenExclusive = 0x20;

struct OpenProtocolInformationEntry {
  Handle agent_handle;
  Handle controller_handle;
  uint32_t attributes;
  uint32_t open_count;
};
static_assert(sizeof(OpenProtocolInformationEntry) == 24);

// [UEFI 2.10, 8.2] variable attributes
inline constexpr uint32_t kVariableNonVolatile = 0x01;
inline constexpr uint32_t kVariableBootserviceAccess = 0x02;
inline constexpr uint32_t kVariableRuntimeAccess = 0x04;
inline constexpr uint32_t kVariableHardwareErrorRecord = 0x08;
inline constexpr uint32_t kVariableAuthenticatedWriteAccess = 0x10;  // deprecated
inline constexpr uint32_t kVariableTimeBasedAuthenticatedWriteAccess = 0x20;
inline constexpr uint32_t kVariableAppendWrite = 0x40;
inline constexpr uint32_t kVariableEnhancedAuthenticatedAccess = 0x80;

// [UEFI 2.10, 10.2] EFI_DEVICE_PATH_PROTOCOL: the header of each node. The length is two bytes because nodes are byte-packed.
struct DevicePath {
  uint8_t type;
  uint8_t sub_type;
  uint8_t length[2];
};
static_assert(sizeof(DevicePath) == 4 && alignof(DevicePath) == 1);

}  // namespace efilite::efi
