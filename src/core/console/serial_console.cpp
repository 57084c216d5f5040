// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/console/serial_console.hpp"

#include <algorithm>

#include "core/device_path/device_path.hpp"
#include "core/firmware.hpp"

namespace efilite::core {

namespace {

constexpr uint16_t kUart16550 = 0x0501;  // PNP0501

constexpr efi::UartNode uart_node(const SerialFormat& format) {
  return {device_path::header(efi::kMessagingPath, efi::kMessagingUart, sizeof(efi::UartNode)),
          0,
          format.baud_rate,
          format.data_bits,
          static_cast<uint8_t>(format.parity),
          static_cast<uint8_t>(format.stop_bits)};
}

}  // namespace

SerialConsole::SerialConsole(SerialPort& port, EventQueue& events, HandleDatabase& handles, Clock& clock)
    : handles_(handles), output_(port, events), input_(port, events, clock), input_ex_(input_, events, handles.heap()),
      serial_io_(port, events, clock, *this) {}

efi::DevicePath* SerialConsole::line_path() {
  return const_cast<efi::DevicePath*>(device_path::as_path(used_part(line_path_)));
}
efi::DevicePath* SerialConsole::terminal_path() {
  return const_cast<efi::DevicePath*>(device_path::as_path(used_part(terminal_path_)));
}

Result<> SerialConsole::install_line(std::optional<uint32_t> number, ByteSpan parent) {
  const efi::AcpiNode port = {device_path::header(efi::kAcpiPath, efi::kAcpiDevice, sizeof(efi::AcpiNode)), efi::pnp_id(kUart16550),
                              number.value_or(0)};
  const ByteSpan own = number ? bytes_of(port) : ByteSpan();
  place_size_ = parent.size() + own.size();
  if (place_size_ > LinePlace::kRoom) return Status::Unsupported;
  std::ranges::copy(own, std::ranges::copy(parent, line_path_.place.nodes.end() - place_size_).out);
  line_path_.line = uart_node(kDefaultSerialFormat);
  line_path_.end = efi::kEndEntirePath;
  terminal_path_ = {line_path_.place, line_path_.line,
                    {device_path::header(efi::kMessagingPath, efi::kMessagingVendor, sizeof(efi::VendorNode)), efi::kVtUtf8Terminal},
                    efi::kEndEntirePath};
  const ProtocolPair pairs[] = {{&efi::SerialIoProtocol::kGuid, serial_io_.protocol()}, {&efi::kDevicePathGuid, line_path()}};
  return handles_.install_multiple(&line_, pairs);
}

// As a terminal driver does, so that everybody sees who uses the line. There is no driver behind it that could be stopped: whoever wants
// the line for himself alone is refused, because the firmware's own messages leave by it.
Result<> SerialConsole::hold_line() {
  void* interface = nullptr;
  const efi::Handle self = handles_.core_agent();
  TRY(handles_.open(line_, efi::SerialIoProtocol::kGuid, &interface, self, line_, efi::kOpenByDriver));
  return handles_.open(line_, efi::SerialIoProtocol::kGuid, &interface, self, terminal_, efi::kOpenByChildController);
}

Result<efi::Handle> SerialConsole::install(std::optional<uint32_t> number, ByteSpan parent) {
  TRY(input_.open());
  TRY(input_ex_.open());
  const bool line = number || !parent.empty();
  if (line) TRY(install_line(number, parent));
  const ProtocolPair pairs[] = {{&efi::SimpleTextOutputProtocol::kGuid, output_.protocol()},
                                {&efi::SimpleTextInputProtocol::kGuid, input_.protocol()},
                                {&efi::SimpleTextInputExProtocol::kGuid, input_ex_.protocol()},
                                {&efi::kDevicePathGuid, terminal_path()}};
  // Without a line the terminal is nobody's device: no path then.
  TRY(handles_.install_multiple(&terminal_, std::span(pairs).first(line ? 4 : 3)));
  if (line) TRY(hold_line());
  return terminal_;
}

// [UEFI 2.10, 12.8] The paths change where they lie, so that nobody's pointer to one goes stale; the reinstallation tells those who wait
// for it. It calls drivers, hence the service and not the database.
void SerialConsole::format_changed(const SerialFormat& format) {
  line_path_.line = terminal_path_.line = uart_node(format);
  auto reinstall = the_firmware->system_table->boot_services->reinstall_protocol_interface;
  efi::Guid guid = efi::kDevicePathGuid;
  static_cast<void>(reinstall(line_, &guid, line_path(), line_path()));
  static_cast<void>(reinstall(terminal_, &guid, terminal_path(), terminal_path()));
}

}  // namespace efilite::core
