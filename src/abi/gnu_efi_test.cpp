// SPDX-License-Identifier: BSD-2-Clause-Patent
// Our structs against another hand's reading of the specification: gnu-efi's headers, field by field.
#include <efi.h>
#include <efigpt.h>
#include <efipciio.h>
#undef EFIAPI

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>

#include "abi/uefi.hpp"
#include "abi/uefi/hii_font.hpp"
#include "abi/uefi/driver_overrides.hpp"
#include "abi/uefi/partition.hpp"
#include "abi/uefi/pci_io.hpp"

namespace efilite::efi {
namespace {

#define SAME(THEIRS, THEIR_FIELD, OURS, OUR_FIELD)                                                \
  EXPECT_EQ(offsetof(THEIRS, THEIR_FIELD), offsetof(OURS, OUR_FIELD)) << #OURS "::" #OUR_FIELD; \
  EXPECT_EQ(sizeof(THEIRS::THEIR_FIELD), sizeof(OURS::OUR_FIELD)) << #OURS "::" #OUR_FIELD

TEST(GnuEfi, BootServices) {
  EXPECT_EQ(sizeof(EFI_BOOT_SERVICES), sizeof(BootServices));
  SAME(EFI_BOOT_SERVICES, Hdr, BootServices, header);
  SAME(EFI_BOOT_SERVICES, RaiseTPL, BootServices, raise_tpl);
  SAME(EFI_BOOT_SERVICES, RestoreTPL, BootServices, restore_tpl);
  SAME(EFI_BOOT_SERVICES, AllocatePages, BootServices, allocate_pages);
  SAME(EFI_BOOT_SERVICES, FreePages, BootServices, free_pages);
  SAME(EFI_BOOT_SERVICES, GetMemoryMap, BootServices, get_memory_map);
  SAME(EFI_BOOT_SERVICES, AllocatePool, BootServices, allocate_pool);
  SAME(EFI_BOOT_SERVICES, FreePool, BootServices, free_pool);
  SAME(EFI_BOOT_SERVICES, CreateEvent, BootServices, create_event);
  SAME(EFI_BOOT_SERVICES, SetTimer, BootServices, set_timer);
  SAME(EFI_BOOT_SERVICES, WaitForEvent, BootServices, wait_for_event);
  SAME(EFI_BOOT_SERVICES, SignalEvent, BootServices, signal_event);
  SAME(EFI_BOOT_SERVICES, CloseEvent, BootServices, close_event);
  SAME(EFI_BOOT_SERVICES, CheckEvent, BootServices, check_event);
  SAME(EFI_BOOT_SERVICES, InstallProtocolInterface, BootServices, install_protocol_interface);
  SAME(EFI_BOOT_SERVICES, ReinstallProtocolInterface, BootServices, reinstall_protocol_interface);
  SAME(EFI_BOOT_SERVICES, UninstallProtocolInterface, BootServices, uninstall_protocol_interface);
  SAME(EFI_BOOT_SERVICES, HandleProtocol, BootServices, handle_protocol);
  SAME(EFI_BOOT_SERVICES, PCHandleProtocol, BootServices, reserved);
  SAME(EFI_BOOT_SERVICES, RegisterProtocolNotify, BootServices, register_protocol_notify);
  SAME(EFI_BOOT_SERVICES, LocateHandle, BootServices, locate_handle);
  SAME(EFI_BOOT_SERVICES, LocateDevicePath, BootServices, locate_device_path);
  SAME(EFI_BOOT_SERVICES, InstallConfigurationTable, BootServices, install_configuration_table);
  SAME(EFI_BOOT_SERVICES, LoadImage, BootServices, load_image);
  SAME(EFI_BOOT_SERVICES, StartImage, BootServices, start_image);
  SAME(EFI_BOOT_SERVICES, Exit, BootServices, exit);
  SAME(EFI_BOOT_SERVICES, UnloadImage, BootServices, unload_image);
  SAME(EFI_BOOT_SERVICES, ExitBootServices, BootServices, exit_boot_services);
  SAME(EFI_BOOT_SERVICES, GetNextMonotonicCount, BootServices, get_next_monotonic_count);
  SAME(EFI_BOOT_SERVICES, Stall, BootServices, stall);
  SAME(EFI_BOOT_SERVICES, SetWatchdogTimer, BootServices, set_watchdog_timer);
  SAME(EFI_BOOT_SERVICES, ConnectController, BootServices, connect_controller);
  SAME(EFI_BOOT_SERVICES, DisconnectController, BootServices, disconnect_controller);
  SAME(EFI_BOOT_SERVICES, OpenProtocol, BootServices, open_protocol);
  SAME(EFI_BOOT_SERVICES, CloseProtocol, BootServices, close_protocol);
  SAME(EFI_BOOT_SERVICES, OpenProtocolInformation, BootServices, open_protocol_information);
  SAME(EFI_BOOT_SERVICES, ProtocolsPerHandle, BootServices, protocols_per_handle);
  SAME(EFI_BOOT_SERVICES, LocateHandleBuffer, BootServices, locate_handle_buffer);
  SAME(EFI_BOOT_SERVICES, LocateProtocol, BootServices, locate_protocol);
  SAME(EFI_BOOT_SERVICES, InstallMultipleProtocolInterfaces, BootServices, install_multiple_protocol_interfaces);
  SAME(EFI_BOOT_SERVICES, UninstallMultipleProtocolInterfaces, BootServices, uninstall_multiple_protocol_interfaces);
  SAME(EFI_BOOT_SERVICES, CalculateCrc32, BootServices, calculate_crc32);
  SAME(EFI_BOOT_SERVICES, CopyMem, BootServices, copy_mem);
  SAME(EFI_BOOT_SERVICES, SetMem, BootServices, set_mem);
  SAME(EFI_BOOT_SERVICES, CreateEventEx, BootServices, create_event_ex);
}

TEST(GnuEfi, PciRootBridgeIo) {
  using Theirs = EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL;
  EXPECT_EQ(sizeof(Theirs), sizeof(PciRootBridgeIoProtocol));
  SAME(Theirs, ParentHandle, PciRootBridgeIoProtocol, parent_handle);
  SAME(Theirs, PollMem, PciRootBridgeIoProtocol, poll_mem);
  SAME(Theirs, PollIo, PciRootBridgeIoProtocol, poll_io);
  SAME(Theirs, Mem, PciRootBridgeIoProtocol, mem);
  SAME(Theirs, Io, PciRootBridgeIoProtocol, io);
  SAME(Theirs, Pci, PciRootBridgeIoProtocol, pci);
  SAME(Theirs, CopyMem, PciRootBridgeIoProtocol, copy_mem);
  SAME(Theirs, Map, PciRootBridgeIoProtocol, map);
  SAME(Theirs, Unmap, PciRootBridgeIoProtocol, unmap);
  SAME(Theirs, AllocateBuffer, PciRootBridgeIoProtocol, allocate_buffer);
  SAME(Theirs, FreeBuffer, PciRootBridgeIoProtocol, free_buffer);
  SAME(Theirs, Flush, PciRootBridgeIoProtocol, flush);
  SAME(Theirs, GetAttributes, PciRootBridgeIoProtocol, get_attributes);
  SAME(Theirs, SetAttributes, PciRootBridgeIoProtocol, set_attributes);
  SAME(Theirs, Configuration, PciRootBridgeIoProtocol, configuration);
  SAME(Theirs, SegmentNumber, PciRootBridgeIoProtocol, segment_number);
  SAME(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_PCI_ADDRESS, Register, PciConfigAddress, offset);
  SAME(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_PCI_ADDRESS, Function, PciConfigAddress, function);
  SAME(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_PCI_ADDRESS, Device, PciConfigAddress, device);
  SAME(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_PCI_ADDRESS, Bus, PciConfigAddress, bus);
  SAME(EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_PCI_ADDRESS, ExtendedRegister, PciConfigAddress, extended_offset);
}

TEST(GnuEfi, PciIo) {
  using Theirs = EFI_PCI_IO_PROTOCOL;
  EXPECT_EQ(sizeof(Theirs), sizeof(PciIoProtocol));
  SAME(Theirs, PollMem, PciIoProtocol, poll_mem);
  SAME(Theirs, PollIo, PciIoProtocol, poll_io);
  SAME(Theirs, Mem, PciIoProtocol, mem);
  SAME(Theirs, Io, PciIoProtocol, io);
  SAME(Theirs, Pci, PciIoProtocol, pci);
  SAME(Theirs, CopyMem, PciIoProtocol, copy_mem);
  SAME(Theirs, Map, PciIoProtocol, map);
  SAME(Theirs, Unmap, PciIoProtocol, unmap);
  SAME(Theirs, AllocateBuffer, PciIoProtocol, allocate_buffer);
  SAME(Theirs, FreeBuffer, PciIoProtocol, free_buffer);
  SAME(Theirs, Flush, PciIoProtocol, flush);
  SAME(Theirs, GetLocation, PciIoProtocol, get_location);
  SAME(Theirs, Attributes, PciIoProtocol, attributes);
  SAME(Theirs, GetBarAttributes, PciIoProtocol, get_bar_attributes);
  SAME(Theirs, SetBarAttributes, PciIoProtocol, set_bar_attributes);
  SAME(Theirs, RomSize, PciIoProtocol, rom_size);
  SAME(Theirs, RomImage, PciIoProtocol, rom_image);
  EXPECT_EQ(sizeof(PCI_DEVICE_PATH), sizeof(PciNode));
  SAME(PCI_DEVICE_PATH, Function, PciNode, function);
  SAME(PCI_DEVICE_PATH, Device, PciNode, device);
  EXPECT_EQ(EFI_PCI_ATTRIBUTE_VGA_IO_16, kPciVgaIo16);
  EXPECT_EQ(EFI_PCI_ATTRIBUTE_DUAL_ADDRESS_CYCLE, kPciDualAddressCycle);
  EXPECT_EQ(EfiPciOperationBusMasterCommonBuffer64, static_cast<int>(PciRootOperation::CommonBuffer64));
  EXPECT_EQ(EfiPciIoAttributeOperationSupported, static_cast<int>(PciAttributeOperation::Supported));
}

TEST(GnuEfi, RuntimeServices) {
  EXPECT_EQ(sizeof(EFI_RUNTIME_SERVICES), sizeof(RuntimeServices));
  SAME(EFI_RUNTIME_SERVICES, Hdr, RuntimeServices, header);
  SAME(EFI_RUNTIME_SERVICES, GetTime, RuntimeServices, get_time);
  SAME(EFI_RUNTIME_SERVICES, SetTime, RuntimeServices, set_time);
  SAME(EFI_RUNTIME_SERVICES, GetWakeupTime, RuntimeServices, get_wakeup_time);
  SAME(EFI_RUNTIME_SERVICES, SetWakeupTime, RuntimeServices, set_wakeup_time);
  SAME(EFI_RUNTIME_SERVICES, SetVirtualAddressMap, RuntimeServices, set_virtual_address_map);
  SAME(EFI_RUNTIME_SERVICES, ConvertPointer, RuntimeServices, convert_pointer);
  SAME(EFI_RUNTIME_SERVICES, GetVariable, RuntimeServices, get_variable);
  SAME(EFI_RUNTIME_SERVICES, GetNextVariableName, RuntimeServices, get_next_variable_name);
  SAME(EFI_RUNTIME_SERVICES, SetVariable, RuntimeServices, set_variable);
  SAME(EFI_RUNTIME_SERVICES, GetNextHighMonotonicCount, RuntimeServices, get_next_high_monotonic_count);
  SAME(EFI_RUNTIME_SERVICES, ResetSystem, RuntimeServices, reset_system);
  SAME(EFI_RUNTIME_SERVICES, UpdateCapsule, RuntimeServices, update_capsule);
  SAME(EFI_RUNTIME_SERVICES, QueryCapsuleCapabilities, RuntimeServices, query_capsule_capabilities);
  SAME(EFI_RUNTIME_SERVICES, QueryVariableInfo, RuntimeServices, query_variable_info);
}

TEST(GnuEfi, SystemTable) {
  EXPECT_EQ(sizeof(EFI_SYSTEM_TABLE), sizeof(SystemTable));
  SAME(EFI_SYSTEM_TABLE, Hdr, SystemTable, header);
  SAME(EFI_SYSTEM_TABLE, FirmwareVendor, SystemTable, firmware_vendor);
  SAME(EFI_SYSTEM_TABLE, FirmwareRevision, SystemTable, firmware_revision);
  SAME(EFI_SYSTEM_TABLE, ConsoleInHandle, SystemTable, console_in_handle);
  SAME(EFI_SYSTEM_TABLE, ConIn, SystemTable, con_in);
  SAME(EFI_SYSTEM_TABLE, ConsoleOutHandle, SystemTable, console_out_handle);
  SAME(EFI_SYSTEM_TABLE, ConOut, SystemTable, con_out);
  SAME(EFI_SYSTEM_TABLE, StandardErrorHandle, SystemTable, standard_error_handle);
  SAME(EFI_SYSTEM_TABLE, StdErr, SystemTable, std_err);
  SAME(EFI_SYSTEM_TABLE, RuntimeServices, SystemTable, runtime_services);
  SAME(EFI_SYSTEM_TABLE, BootServices, SystemTable, boot_services);
  SAME(EFI_SYSTEM_TABLE, NumberOfTableEntries, SystemTable, number_of_table_entries);
  SAME(EFI_SYSTEM_TABLE, ConfigurationTable, SystemTable, configuration_table);
}

TEST(GnuEfi, LoadedImage) {
  EXPECT_EQ(sizeof(EFI_LOADED_IMAGE), sizeof(LoadedImageProtocol));
  SAME(EFI_LOADED_IMAGE, ParentHandle, LoadedImageProtocol, parent_handle);
  SAME(EFI_LOADED_IMAGE, SystemTable, LoadedImageProtocol, system_table);
  SAME(EFI_LOADED_IMAGE, DeviceHandle, LoadedImageProtocol, device_handle);
  SAME(EFI_LOADED_IMAGE, FilePath, LoadedImageProtocol, file_path);
  SAME(EFI_LOADED_IMAGE, LoadOptionsSize, LoadedImageProtocol, load_options_size);
  SAME(EFI_LOADED_IMAGE, LoadOptions, LoadedImageProtocol, load_options);
  SAME(EFI_LOADED_IMAGE, ImageBase, LoadedImageProtocol, image_base);
  SAME(EFI_LOADED_IMAGE, ImageSize, LoadedImageProtocol, image_size);
  SAME(EFI_LOADED_IMAGE, ImageCodeType, LoadedImageProtocol, image_code_type);
  SAME(EFI_LOADED_IMAGE, ImageDataType, LoadedImageProtocol, image_data_type);
  SAME(EFI_LOADED_IMAGE, Unload, LoadedImageProtocol, unload);
}

TEST(GnuEfi, Console) {
  EXPECT_EQ(sizeof(SIMPLE_TEXT_OUTPUT_INTERFACE), sizeof(SimpleTextOutputProtocol));
  SAME(SIMPLE_TEXT_OUTPUT_INTERFACE, OutputString, SimpleTextOutputProtocol, output_string);
  SAME(SIMPLE_TEXT_OUTPUT_INTERFACE, QueryMode, SimpleTextOutputProtocol, query_mode);
  SAME(SIMPLE_TEXT_OUTPUT_INTERFACE, EnableCursor, SimpleTextOutputProtocol, enable_cursor);
  SAME(SIMPLE_TEXT_OUTPUT_INTERFACE, Mode, SimpleTextOutputProtocol, mode);
  EXPECT_EQ(sizeof(SIMPLE_TEXT_OUTPUT_MODE), sizeof(SimpleTextOutputMode));
  SAME(SIMPLE_TEXT_OUTPUT_MODE, CursorVisible, SimpleTextOutputMode, cursor_visible);
  EXPECT_EQ(sizeof(EFI_INPUT_KEY), sizeof(InputKey));
  SAME(SIMPLE_INPUT_INTERFACE, ReadKeyStroke, SimpleTextInputProtocol, read_key_stroke);
  SAME(SIMPLE_INPUT_INTERFACE, WaitForKey, SimpleTextInputProtocol, wait_for_key);
}

TEST(GnuEfi, SerialIo) {
  SAME(EFI_SERIAL_IO_PROTOCOL, Reset, SerialIoProtocol, reset);
  SAME(EFI_SERIAL_IO_PROTOCOL, SetAttributes, SerialIoProtocol, set_attributes);
  SAME(EFI_SERIAL_IO_PROTOCOL, GetControl, SerialIoProtocol, get_control);
  SAME(EFI_SERIAL_IO_PROTOCOL, Read, SerialIoProtocol, read);
  SAME(EFI_SERIAL_IO_PROTOCOL, Mode, SerialIoProtocol, mode);
  EXPECT_EQ(sizeof(SERIAL_IO_MODE), sizeof(SerialIoMode));
  SAME(SERIAL_IO_MODE, Timeout, SerialIoMode, timeout);
  SAME(SERIAL_IO_MODE, BaudRate, SerialIoMode, baud_rate);
  SAME(SERIAL_IO_MODE, ReceiveFifoDepth, SerialIoMode, receive_fifo_depth);
  SAME(SERIAL_IO_MODE, StopBits, SerialIoMode, stop_bits);
  EXPECT_EQ(static_cast<uint32_t>(SpaceParity), static_cast<uint32_t>(Parity::Space));
  EXPECT_EQ(static_cast<uint32_t>(TwoStopBits), static_cast<uint32_t>(StopBits::Two));
  SAME(UART_DEVICE_PATH, BaudRate, UartNode, baud_rate);
  SAME(UART_DEVICE_PATH, StopBits, UartNode, stop_bits);
  EXPECT_EQ(sizeof(ACPI_HID_DEVICE_PATH), sizeof(AcpiNode));
  SAME(ACPI_HID_DEVICE_PATH, UID, AcpiNode, uid);
}

TEST(GnuEfi, PlainTypes) {
  EXPECT_EQ(sizeof(EFI_MEMORY_DESCRIPTOR), sizeof(efi::MemoryDescriptor));
  SAME(EFI_MEMORY_DESCRIPTOR, PhysicalStart, MemoryDescriptor, physical_start);
  SAME(EFI_MEMORY_DESCRIPTOR, VirtualStart, MemoryDescriptor, virtual_start);
  SAME(EFI_MEMORY_DESCRIPTOR, NumberOfPages, MemoryDescriptor, number_of_pages);
  SAME(EFI_MEMORY_DESCRIPTOR, Attribute, MemoryDescriptor, attribute);
  EXPECT_EQ(sizeof(EFI_TIME), sizeof(Time));
  SAME(EFI_TIME, Nanosecond, Time, nanosecond);
  SAME(EFI_TIME, TimeZone, Time, time_zone);
  SAME(EFI_TIME, Daylight, Time, daylight);
  EXPECT_EQ(sizeof(EFI_CONFIGURATION_TABLE), sizeof(ConfigurationTable));
  SAME(EFI_OPEN_PROTOCOL_INFORMATION_ENTRY, OpenCount, OpenProtocolInformationEntry, open_count);
  EXPECT_EQ(static_cast<uint32_t>(EfiRuntimeServicesData), static_cast<uint32_t>(MemoryType::RuntimeServicesData));
  EXPECT_EQ(static_cast<uint32_t>(EfiMemoryMappedIO), static_cast<uint32_t>(MemoryType::MemoryMappedIo));
}

TEST(GnuEfi, Graphics) {
  EXPECT_EQ(sizeof(EFI_GRAPHICS_OUTPUT_BLT_PIXEL), sizeof(BltPixel));
  SAME(EFI_GRAPHICS_OUTPUT_BLT_PIXEL, Blue, BltPixel, blue);
  SAME(EFI_GRAPHICS_OUTPUT_BLT_PIXEL, Red, BltPixel, red);
  EXPECT_EQ(sizeof(EFI_GRAPHICS_OUTPUT_PROTOCOL), sizeof(GraphicsOutputProtocol));
  SAME(EFI_GRAPHICS_OUTPUT_PROTOCOL, Blt, GraphicsOutputProtocol, blt);
  EXPECT_EQ(static_cast<uint32_t>(EfiBltBufferToVideo), static_cast<uint32_t>(BltOperation::BufferToVideo));
}

TEST(GnuEfi, Files) {
  EXPECT_EQ(sizeof(EFI_FILE_PROTOCOL), sizeof(FileProtocol));
  SAME(EFI_FILE_PROTOCOL, Open, FileProtocol, open);
  SAME(EFI_FILE_PROTOCOL, SetPosition, FileProtocol, set_position);
  SAME(EFI_FILE_PROTOCOL, GetPosition, FileProtocol, get_position);
  SAME(EFI_FILE_PROTOCOL, SetInfo, FileProtocol, set_info);
  SAME(EFI_FILE_PROTOCOL, Flush, FileProtocol, flush);
  SAME(EFI_FILE_PROTOCOL, OpenEx, FileProtocol, open_ex);
  SAME(EFI_FILE_PROTOCOL, FlushEx, FileProtocol, flush_ex);
  EXPECT_EQ(uint64_t{EFI_FILE_PROTOCOL_REVISION2}, FileProtocol::kRevision2);
  EXPECT_EQ(sizeof(EFI_FILE_IO_TOKEN), sizeof(FileIoToken));
  SAME(EFI_FILE_IO_TOKEN, Status, FileIoToken, status);
  SAME(EFI_FILE_IO_TOKEN, Buffer, FileIoToken, buffer);
  EXPECT_EQ(offsetof(EFI_FILE_INFO, FileName), sizeof(FileInfo));
  SAME(EFI_FILE_INFO, PhysicalSize, FileInfo, physical_size);
  SAME(EFI_FILE_INFO, ModificationTime, FileInfo, modification_time);
  SAME(EFI_FILE_INFO, Attribute, FileInfo, attribute);
  EXPECT_EQ(offsetof(EFI_FILE_SYSTEM_INFO, VolumeLabel), sizeof(FileSystemInfo));
  SAME(EFI_FILE_SYSTEM_INFO, ReadOnly, FileSystemInfo, read_only);
  SAME(EFI_FILE_SYSTEM_INFO, FreeSpace, FileSystemInfo, free_space);
  SAME(EFI_FILE_SYSTEM_INFO, BlockSize, FileSystemInfo, block_size);
  EXPECT_EQ(uint64_t{EFI_FILE_MODE_CREATE}, kFileModeCreate);
  EXPECT_EQ(uint64_t{EFI_FILE_VALID_ATTR}, kFileValidAttributes);
}

TEST(GnuEfi, Disks) {
  EXPECT_EQ(sizeof(EFI_BLOCK_IO_MEDIA), sizeof(BlockIoMedia));
  SAME(EFI_BLOCK_IO_MEDIA, MediaPresent, BlockIoMedia, media_present);
  SAME(EFI_BLOCK_IO_MEDIA, WriteCaching, BlockIoMedia, write_caching);
  SAME(EFI_BLOCK_IO_MEDIA, IoAlign, BlockIoMedia, io_align);
  SAME(EFI_BLOCK_IO_MEDIA, LastBlock, BlockIoMedia, last_block);
  SAME(EFI_BLOCK_IO_MEDIA, OptimalTransferLengthGranularity, BlockIoMedia, optimal_transfer_length_granularity);
  EXPECT_EQ(sizeof(EFI_BLOCK_IO_PROTOCOL), sizeof(BlockIoProtocol));
  SAME(EFI_BLOCK_IO_PROTOCOL, ReadBlocks, BlockIoProtocol, read_blocks);
  SAME(EFI_BLOCK_IO_PROTOCOL, FlushBlocks, BlockIoProtocol, flush_blocks);
  EXPECT_EQ(uint64_t{EFI_BLOCK_IO_PROTOCOL_REVISION3}, BlockIoProtocol::kRevision3);
  EXPECT_EQ(sizeof(EFI_BLOCK_IO2_PROTOCOL), sizeof(BlockIo2Protocol));
  SAME(EFI_BLOCK_IO2_PROTOCOL, ReadBlocksEx, BlockIo2Protocol, read_blocks_ex);
  SAME(EFI_BLOCK_IO2_PROTOCOL, FlushBlocksEx, BlockIo2Protocol, flush_blocks_ex);
  EXPECT_EQ(sizeof(EFI_BLOCK_IO2_TOKEN), sizeof(BlockToken));
  SAME(EFI_BLOCK_IO2_TOKEN, TransactionStatus, BlockToken, transaction_status);
  EXPECT_EQ(sizeof(EFI_DISK_IO2_TOKEN), sizeof(BlockToken));
  EXPECT_EQ(sizeof(EFI_DISK_IO_PROTOCOL), sizeof(DiskIoProtocol));
  SAME(EFI_DISK_IO_PROTOCOL, WriteDisk, DiskIoProtocol, write_disk);
  EXPECT_EQ(sizeof(EFI_DISK_IO2_PROTOCOL), sizeof(DiskIo2Protocol));
  SAME(EFI_DISK_IO2_PROTOCOL, ReadDiskEx, DiskIo2Protocol, read_disk_ex);
  SAME(EFI_DISK_IO2_PROTOCOL, FlushDiskEx, DiskIo2Protocol, flush_disk_ex);
  SAME(HARDDRIVE_DEVICE_PATH, PartitionSize, HardDriveNode, partition_size);
  SAME(HARDDRIVE_DEVICE_PATH, SignatureType, HardDriveNode, signature_type);
  EXPECT_EQ(sizeof(CDROM_DEVICE_PATH), sizeof(CdromNode));
  SAME(CDROM_DEVICE_PATH, BootEntry, CdromNode, boot_entry);
  SAME(CDROM_DEVICE_PATH, PartitionSize, CdromNode, partition_size);
}

TEST(GnuEfi, PartitionTables) {
  EXPECT_EQ(sizeof(EFI_PARTITION_TABLE_HEADER), sizeof(GptHeader));
  SAME(EFI_PARTITION_TABLE_HEADER, MyLBA, GptHeader, my_lba);
  SAME(EFI_PARTITION_TABLE_HEADER, LastUsableLBA, GptHeader, last_usable_lba);
  SAME(EFI_PARTITION_TABLE_HEADER, PartitionEntryLBA, GptHeader, partition_entry_lba);
  SAME(EFI_PARTITION_TABLE_HEADER, SizeOfPartitionEntry, GptHeader, size_of_entry);
  SAME(EFI_PARTITION_TABLE_HEADER, PartitionEntryArrayCRC32, GptHeader, entry_array_crc32);
  EXPECT_EQ(memcmp(EFI_PTAB_HEADER_ID, &kGptSignature, sizeof kGptSignature), 0);
  EXPECT_EQ(sizeof(EFI_PARTITION_ENTRY), sizeof(GptEntry));
  SAME(EFI_PARTITION_ENTRY, StartingLBA, GptEntry, starting_lba);
  SAME(EFI_PARTITION_ENTRY, Attributes, GptEntry, attributes);
  SAME(EFI_PARTITION_ENTRY, PartitionName, GptEntry, name);
  const EFI_GUID system = EFI_PART_TYPE_EFI_SYSTEM_PART_GUID;
  EXPECT_EQ(memcmp(&system, &kSystemPartitionType, sizeof system), 0);
}

TEST(GnuEfi, DriverOverrides) {
  EXPECT_EQ(sizeof(EFI_PLATFORM_DRIVER_OVERRIDE_PROTOCOL), sizeof(PlatformDriverOverrideProtocol));
  SAME(EFI_PLATFORM_DRIVER_OVERRIDE_PROTOCOL, GetDriver, PlatformDriverOverrideProtocol, get_driver);
  SAME(EFI_PLATFORM_DRIVER_OVERRIDE_PROTOCOL, GetDriverPath, PlatformDriverOverrideProtocol, get_driver_path);
  SAME(EFI_PLATFORM_DRIVER_OVERRIDE_PROTOCOL, DriverLoaded, PlatformDriverOverrideProtocol, driver_loaded);
  EXPECT_EQ(sizeof(EFI_BUS_SPECIFIC_DRIVER_OVERRIDE_PROTOCOL), sizeof(BusSpecificDriverOverrideProtocol));
  EXPECT_EQ(sizeof(EFI_DRIVER_FAMILY_OVERRIDE_PROTOCOL), sizeof(DriverFamilyOverrideProtocol));
}

#define SAME_STATUS(THEIRS, OURS) EXPECT_EQ(static_cast<uint64_t>(THEIRS), static_cast<uint64_t>(encode(Status::OURS)))

TEST(GnuEfi, StatusCodes) {
  SAME_STATUS(EFI_SUCCESS, Success);
  SAME_STATUS(EFI_LOAD_ERROR, LoadError);
  SAME_STATUS(EFI_INVALID_PARAMETER, InvalidParameter);
  SAME_STATUS(EFI_UNSUPPORTED, Unsupported);
  SAME_STATUS(EFI_BAD_BUFFER_SIZE, BadBufferSize);
  SAME_STATUS(EFI_BUFFER_TOO_SMALL, BufferTooSmall);
  SAME_STATUS(EFI_NOT_READY, NotReady);
  SAME_STATUS(EFI_DEVICE_ERROR, DeviceError);
  SAME_STATUS(EFI_WRITE_PROTECTED, WriteProtected);
  SAME_STATUS(EFI_VOLUME_CORRUPTED, VolumeCorrupted);
  SAME_STATUS(EFI_VOLUME_FULL, VolumeFull);
  SAME_STATUS(EFI_NO_MEDIA, NoMedia);
  SAME_STATUS(EFI_MEDIA_CHANGED, MediaChanged);
  SAME_STATUS(EFI_WARN_DELETE_FAILURE, WarnDeleteFailure);
  SAME_STATUS(EFI_OUT_OF_RESOURCES, OutOfResources);
  SAME_STATUS(EFI_NOT_FOUND, NotFound);
  SAME_STATUS(EFI_ACCESS_DENIED, AccessDenied);
  SAME_STATUS(EFI_NO_MAPPING, NoMapping);
  SAME_STATUS(EFI_TIMEOUT, Timeout);
  SAME_STATUS(EFI_ALREADY_STARTED, AlreadyStarted);
  SAME_STATUS(EFI_ABORTED, Aborted);
  SAME_STATUS(EFI_SECURITY_VIOLATION, SecurityViolation);
  SAME_STATUS(EFI_COMPROMISED_DATA, CompromisedData);
  SAME_STATUS(EFI_INVALID_LANGUAGE, InvalidLanguage);
  SAME_STATUS(EFI_WARN_UNKNOWN_GLYPH, WarnUnknownGlyph);
}

Guid ours(EFI_GUID theirs) {
  Guid guid;
  memcpy(&guid, &theirs, sizeof guid);
  return guid;
}

TEST(GnuEfi, Guids) {
  EXPECT_EQ(ours(EFI_GUID EFI_LOADED_IMAGE_PROTOCOL_GUID), LoadedImageProtocol::kGuid);
  EXPECT_EQ(ours(EFI_GUID EFI_LOADED_IMAGE_DEVICE_PATH_PROTOCOL_GUID), kLoadedImageDevicePathGuid);
  EXPECT_EQ(ours(EFI_GUID EFI_DEVICE_PATH_PROTOCOL_GUID), kDevicePathGuid);
  EXPECT_EQ(ours(EFI_GUID EFI_SERIAL_IO_PROTOCOL_GUID), SerialIoProtocol::kGuid);
  EXPECT_EQ(ours(EFI_GUID EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID), SimpleFileSystemProtocol::kGuid);
  EXPECT_EQ(ours(EFI_GUID EFI_PLATFORM_DRIVER_OVERRIDE_PROTOCOL_GUID), PlatformDriverOverrideProtocol::kGuid);
  EXPECT_EQ(ours(EFI_GUID EFI_BUS_SPECIFIC_DRIVER_OVERRIDE_PROTOCOL_GUID), BusSpecificDriverOverrideProtocol::kGuid);
  EXPECT_EQ(ours(EFI_GUID EFI_DRIVER_FAMILY_OVERRIDE_PROTOCOL_GUID), DriverFamilyOverrideProtocol::kGuid);
  EXPECT_EQ(ours(EFI_GUID EFI_FILE_INFO_ID), FileInfo::kGuid);
  EXPECT_EQ(ours(EFI_GUID EFI_FILE_SYSTEM_INFO_ID), FileSystemInfo::kGuid);
  EXPECT_EQ(ours(EFI_GUID EFI_FILE_SYSTEM_VOLUME_LABEL_ID), kFileSystemVolumeLabel);
  EXPECT_EQ(ours(EFI_GUID EFI_BLOCK_IO_PROTOCOL_GUID), BlockIoProtocol::kGuid);
  EXPECT_EQ(ours(EFI_GUID EFI_BLOCK_IO2_PROTOCOL_GUID), BlockIo2Protocol::kGuid);
  EXPECT_EQ(ours(EFI_GUID EFI_DISK_IO_PROTOCOL_GUID), DiskIoProtocol::kGuid);
  EXPECT_EQ(ours(EFI_GUID EFI_DISK_IO2_PROTOCOL_GUID), DiskIo2Protocol::kGuid);
  EXPECT_EQ(ours(EFI_GUID EFI_PCI_IO_PROTOCOL_GUID), PciIoProtocol::kGuid);
  EXPECT_EQ(ours(EFI_GUID EFI_PCI_ROOT_BRIDGE_IO_PROTOCOL_GUID), PciRootBridgeIoProtocol::kGuid);
  EXPECT_EQ(ours(EFI_GUID ACPI_20_TABLE_GUID), kAcpi20Table);
  EXPECT_EQ(ours(EFI_GUID ACPI_TABLE_GUID), kAcpi10Table);
  EXPECT_EQ(ours(EFI_GUID SMBIOS_TABLE_GUID), kSmbiosTable);
  EXPECT_EQ(ours(EFI_GUID SMBIOS3_TABLE_GUID), kSmbios3Table);
  EXPECT_EQ(ours(EFI_GUID EFI_GLOBAL_VARIABLE), kGlobalVariable);
}

}  // namespace
}  // namespace efilite::efi
