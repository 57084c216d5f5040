// SPDX-License-Identifier: BSD-2-Clause-Patent
// The tables that a program is started with [UEFI 2.10, chapter 4, 7 and 8]. Functions stand in the order of the specification's structs;
// abi/uefi_test.cpp compares every offset with gnu-efi's headers.
#pragma once

#include "abi/uefi/types.hpp"

namespace efilite::efi {

struct SimpleTextInputProtocol;
struct SimpleTextOutputProtocol;

// [UEFI 2.10, 4.2]
struct TableHeader {
  uint64_t signature;
  uint32_t revision;
  uint32_t header_size;
  uint32_t crc32;
  uint32_t reserved;
};
static_assert(sizeof(TableHeader) == 24);

inline constexpr uint32_t kRevision2_10 = (2u << 16) | 100u;
inline constexpr uint64_t kSystemTableSignature = 0x5453595320494249;
inline constexpr uint64_t kBootServicesSignature = 0x56524553544f4f42;
inline constexpr uint64_t kRuntimeServicesSignature = 0x56524553544e5552;

struct CapsuleHeader {
  Guid capsule_guid;
  uint32_t header_size;
  uint32_t flags;
  uint32_t capsule_image_size;
};

// [UEFI 2.10, 4.5 and chapter 8]
struct RuntimeServices {
  TableHeader header;
  EfiStatus(EFIAPI* get_time)(Time* time, TimeCapabilities* capabilities);
  EfiStatus(EFIAPI* set_time)(Time* time);
  EfiStatus(EFIAPI* get_wakeup_time)(Boolean* enabled, Boolean* pending, Time* time);
  EfiStatus(EFIAPI* set_wakeup_time)(Boolean enable, Time* time);
  EfiStatus(EFIAPI* set_virtual_address_map)(Uintn map_size, Uintn descriptor_size, uint32_t descriptor_version, MemoryDescriptor* map);
  EfiStatus(EFIAPI* convert_pointer)(Uintn debug_disposition, void** address);
  EfiStatus(EFIAPI* get_variable)(Char16* name, Guid* vendor, uint32_t* attributes, Uintn* data_size, void* data);
  EfiStatus(EFIAPI* get_next_variable_name)(Uintn* name_size, Char16* name, Guid* vendor);
  EfiStatus(EFIAPI* set_variable)(Char16* name, Guid* vendor, uint32_t attributes, Uintn data_size, void* data);
  EfiStatus(EFIAPI* get_next_high_monotonic_count)(uint32_t* high_count);
  void(EFIAPI* reset_system)(ResetType type, EfiStatus status, Uintn data_size, void* data);
  EfiStatus(EFIAPI* update_capsule)(CapsuleHeader** headers, Uintn count, PhysicalAddress scatter_gather_list);
  EfiStatus(EFIAPI* query_capsule_capabilities)(CapsuleHeader** headers, Uintn count, uint64_t* max_size, ResetType* reset_type);
  EfiStatus(EFIAPI* query_variable_info)(uint32_t attributes, uint64_t* max_storage, uint64_t* remaining, uint64_t* max_variable);
};
static_assert(sizeof(RuntimeServices) == 24 + 14 * 8);

// [UEFI 2.10, 4.4 and chapter 7]
struct BootServices {
  TableHeader header;
  // task priority
  Tpl(EFIAPI* raise_tpl)(Tpl new_tpl);
  void(EFIAPI* restore_tpl)(Tpl old_tpl);
  // memory
  EfiStatus(EFIAPI* allocate_pages)(AllocateType type, MemoryType memory_type, Uintn pages, PhysicalAddress* memory);
  EfiStatus(EFIAPI* free_pages)(PhysicalAddress memory, Uintn pages);
  EfiStatus(EFIAPI* get_memory_map)(Uintn* map_size, MemoryDescriptor* map, Uintn* map_key, Uintn* descriptor_size,
                                     uint32_t* descriptor_version);
  EfiStatus(EFIAPI* allocate_pool)(MemoryType type, Uintn size, void** buffer);
  EfiStatus(EFIAPI* free_pool)(void* buffer);
  // events and timers
  EfiStatus(EFIAPI* create_event)(uint32_t type, Tpl notify_tpl, EventNotify notify, void* context, Event* event);
  EfiStatus(EFIAPI* set_timer)(Event event, TimerDelay type, uint64_t trigger_time);
  EfiStatus(EFIAPI* wait_for_event)(Uintn count, Event* events, Uintn* index);
  EfiStatus(EFIAPI* signal_event)(Event event);
  EfiStatus(EFIAPI* close_event)(Event event);
  EfiStatus(EFIAPI* check_event)(Event event);
  // protocol handlers
  EfiStatus(EFIAPI* install_protocol_interface)(Handle* handle, Guid* protocol, InterfaceType type, void* interface);
  EfiStatus(EFIAPI* reinstall_protocol_interface)(Handle handle, Guid* protocol, void* old_interface, void* new_interface);
  EfiStatus(EFIAPI* uninstall_protocol_interface)(Handle handle, Guid* protocol, void* interface);
  EfiStatus(EFIAPI* handle_protocol)(Handle handle, Guid* protocol, void** interface);
  void* reserved;
  EfiStatus(EFIAPI* register_protocol_notify)(Guid* protocol, Event event, void** registration);
  EfiStatus(EFIAPI* locate_handle)(LocateSearchType type, Guid* protocol, void* key, Uintn* buffer_size, Handle* buffer);
  EfiStatus(EFIAPI* locate_device_path)(Guid* protocol, DevicePath** path, Handle* device);
  EfiStatus(EFIAPI* install_configuration_table)(Guid* guid, void* table);
  // images
  EfiStatus(EFIAPI* load_image)(Boolean boot_policy, Handle parent, DevicePath* path, void* source, Uintn source_size, Handle* image);
  EfiStatus(EFIAPI* start_image)(Handle image, Uintn* exit_data_size, Char16** exit_data);
  EfiStatus(EFIAPI* exit)(Handle image, EfiStatus status, Uintn exit_data_size, Char16* exit_data);
  EfiStatus(EFIAPI* unload_image)(Handle image);
  EfiStatus(EFIAPI* exit_boot_services)(Handle image, Uintn map_key);
  // miscellaneous
  EfiStatus(EFIAPI* get_next_monotonic_count)(uint64_t* count);
  EfiStatus(EFIAPI* stall)(Uintn microseconds);
  EfiStatus(EFIAPI* set_watchdog_timer)(Uintn timeout, uint64_t code, Uintn data_size, Char16* data);
  // driver support
  EfiStatus(EFIAPI* connect_controller)(Handle controller, Handle* drivers, DevicePath* remaining, Boolean recursive);
  EfiStatus(EFIAPI* disconnect_controller)(Handle controller, Handle driver, Handle child);
  // open and close
  EfiStatus(EFIAPI* open_protocol)(Handle handle, Guid* protocol, void** interface, Handle agent, Handle controller, uint32_t attributes);
  EfiStatus(EFIAPI* close_protocol)(Handle handle, Guid* protocol, Handle agent, Handle controller);
  EfiStatus(EFIAPI* open_protocol_information)(Handle handle, Guid* protocol, OpenProtocolInformationEntry** entries, Uintn* count);
  // library
  EfiStatus(EFIAPI* protocols_per_handle)(Handle handle, Guid*** protocols, Uintn* count);
  EfiStatus(EFIAPI* locate_handle_buffer)(LocateSearchType type, Guid* protocol, void* key, Uintn* count, Handle** handles);
  EfiStatus(EFIAPI* locate_protocol)(Guid* protocol, void* registration, void** interface);
  EfiStatus(EFIAPI* install_multiple_protocol_interfaces)(Handle* handle, ...);
  EfiStatus(EFIAPI* uninstall_multiple_protocol_interfaces)(Handle handle, ...);
  EfiStatus(EFIAPI* calculate_crc32)(void* data, Uintn size, uint32_t* crc);
  void(EFIAPI* copy_mem)(void* destination, void* source, Uintn length);
  void(EFIAPI* set_mem)(void* buffer, Uintn size, uint8_t value);
  EfiStatus(EFIAPI* create_event_ex)(uint32_t type, Tpl notify_tpl, EventNotify notify, const void* context, const Guid* group,
                                      Event* event);
};
static_assert(sizeof(BootServices) == 24 + 44 * 8);

// [UEFI 2.10, 4.6]
struct ConfigurationTable {
  Guid vendor_guid;
  void* vendor_table;
};
static_assert(sizeof(ConfigurationTable) == 24);

// [UEFI 2.10, 4.3]
struct SystemTable {
  TableHeader header;
  Char16* firmware_vendor;
  uint32_t firmware_revision;
  uint32_t pad;
  Handle console_in_handle;
  SimpleTextInputProtocol* con_in;
  Handle console_out_handle;
  SimpleTextOutputProtocol* con_out;
  Handle standard_error_handle;
  SimpleTextOutputProtocol* std_err;
  RuntimeServices* runtime_services;
  BootServices* boot_services;
  Uintn number_of_table_entries;
  ConfigurationTable* configuration_table;
};
static_assert(sizeof(SystemTable) == 120);

// [UEFI 2.10, 4.1]
using ImageEntryPoint = EfiStatus(EFIAPI*)(Handle image, SystemTable* system_table);

}  // namespace efilite::efi
