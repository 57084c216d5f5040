// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/firmware/console.hpp"

#include <optional>

#include "core/console/text_input_ex.hpp"
#include "core/console/text_output.hpp"
#include "core/device_path/device_path.hpp"
#include "drivers/serial.hpp"

namespace efilite::boot {

namespace {

constinit drivers::Serial serial;
constinit std::optional<core::TextOutput> output;
constinit std::optional<core::TextInput> input;
constinit std::optional<core::TextInputEx> input_ex;

// [UEFI 2.10, 10.3.3.1] ACPI node: _HID in compressed form, _UID.
struct [[gnu::packed]] AcpiNode {
  efi::DevicePath header = core::device_path::header(efi::kAcpiPath, 0x01, 12);
  uint32_t hid = 0x0501'41D0;  // PNP0501: a 16550
  uint32_t uid = 0;
};
// [UEFI 2.10, 10.3.4.15] UART node
struct [[gnu::packed]] UartNode {
  efi::DevicePath header = core::device_path::header(efi::kMessagingPath, efi::kMessagingUart, 19);
  uint32_t reserved = 0;
  uint64_t baud_rate = 115200;
  uint8_t data_bits = 8;
  uint8_t parity = 1;     // none
  uint8_t stop_bits = 1;  // one
};
struct [[gnu::packed]] ConsolePath {
  AcpiNode port;
  UartNode line;
  efi::VendorNode terminal = {core::device_path::header(efi::kMessagingPath, efi::kMessagingVendor, 20), efi::kVtUtf8Terminal};
  efi::DevicePath end = efi::kEndEntirePath;
};
static_assert(sizeof(ConsolePath) == 12 + 19 + 20 + 4);

constinit ConsolePath path;

}  // namespace

core::ConsolePort* start_serial() { return serial.open() ? &serial : nullptr; }

Result<> install_console(core::Tables& tables, core::HandleDatabase& handles, core::EventQueue& events, core::Clock& clock) {
  output.emplace(serial, events);
  input.emplace(serial, events, clock);
  TRY(input->open());
  input_ex.emplace(*input, events, handles.heap());
  TRY(input_ex->open());
  efi::Handle handle = nullptr;
  core::ProtocolPair pairs[] = {{&efi::SimpleTextOutputProtocol::kGuid, output->protocol()},
                                {&efi::SimpleTextInputProtocol::kGuid, input->protocol()},
                                {&efi::SimpleTextInputExProtocol::kGuid, input_ex->protocol()},
                                {&efi::kDevicePathGuid, &path}};
  // Without a serial line the console is nobody's device: no path then.
  TRY(handles.install_multiple(&handle, std::span(pairs).first(serial.present() ? 4 : 3)));
  efi::SystemTable& table = *tables.system_table();
  table.console_in_handle = table.console_out_handle = table.standard_error_handle = handle;
  table.con_in = input->protocol();
  table.con_out = table.std_err = output->protocol();
  tables.update_checksum();
  return {};
}

void leave_console() {
  if (output) output->leave_terminal();
}

}  // namespace efilite::boot
