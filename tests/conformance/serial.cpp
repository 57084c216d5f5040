// SPDX-License-Identifier: BSD-2-Clause-Patent
// The serial line under the console [UEFI 2.10, 12.8]. Its other end is the runner, which sees each byte that is not looped back.
#include "conformance.hpp"

namespace conformance {
namespace {

using Serial = EFI_SERIAL_IO_PROTOCOL;
EFI_GUID serial_guid = EFI_SERIAL_IO_PROTOCOL_GUID;

EFI_HANDLE line() {
  EFI_HANDLE handle = nullptr;
  UINTN size = sizeof handle;
  EFI_STATUS status = bs->LocateHandle(ByProtocol, &serial_guid, nullptr, &size, &handle);
  return status == EFI_SUCCESS ? handle : nullptr;
}

struct Attributes {
  UINT64 rate = 0;
  UINT32 depth = 0, timeout = 0;
  UINTN parity = DefaultParity;
  UINT8 data = 0;
  UINTN stop = DefaultStopBits;
};
EFI_STATUS set(Serial& io, const Attributes& a) {
  return io.SetAttributes(&io, a.rate, a.depth, a.timeout, static_cast<EFI_PARITY_TYPE>(a.parity), a.data,
                          static_cast<EFI_STOP_BITS_TYPE>(a.stop));
}

// Runs a test with the line, and leaves the line as it was.
template <typename Body>
bool with(Body body) {
  void* found = nullptr;
  if (bs->HandleProtocol(line(), &serial_guid, &found) != EFI_SUCCESS) return skip("no SerialIo");
  auto& io = *static_cast<Serial*>(found);
  const SERIAL_IO_MODE old = *io.Mode;
  bool good = body(io);
  io.SetControl(&io, EFI_SERIAL_DATA_TERMINAL_READY | EFI_SERIAL_REQUEST_TO_SEND);
  return ok(set(io, {old.BaudRate, old.ReceiveFifoDepth, old.Timeout, old.Parity, static_cast<UINT8>(old.DataBits), old.StopBits})) && good;
}

bool refused(const Attributes& attributes) {
  return with([&](Serial& io) {
    const SERIAL_IO_MODE before = *io.Mode;
    return is(set(io, attributes), kInvalid) && that(same(io.Mode, &before, sizeof before));
  });
}

// Runs a test with a line that has a wire with a rate of its own; consoles that hypervisors have made have none, and no modem's lines.
template <typename Body>
bool with_wire(Body body) {
  return with([&](Serial& io) { return (io.Mode->ControlMask & EFI_SERIAL_DATA_TERMINAL_READY) == 0 ? skip("no wire") : body(io); });
}

UINT8* uart_node(EFI_HANDLE handle) {
  void* path = nullptr;
  if (bs->HandleProtocol(handle, &kDevicePathGuid, &path) != EFI_SUCCESS) return nullptr;
  for (auto* node = static_cast<UINT8*>(path); node[0] != 0x7F; node += node[2] + 256u * node[3]) {
    if (node[0] == 3 && node[1] == 14) return node;
  }
  return nullptr;
}
UINT64 rate_of(const UINT8* node) {
  UINT64 rate = 0;
  for (int i = 7; i >= 0; --i) rate = rate << 8 | node[8 + i];
  return rate;
}

const Test kTests[] = {
    {"12.8 SerialIo: the revision is 1.0 or 1.1",
     [] { return with([](Serial& io) { return that(io.Revision == 0x00010000 || io.Revision == 0x00010001); }); }},
    {"12.8 SerialIo: a device path with a UART node",
     [] {
       return with([](Serial& io) {
         UINT8* node = uart_node(line());
         return that(node != nullptr) && equal(rate_of(node), io.Mode->BaudRate) && equal(node[16], io.Mode->DataBits) &&
                equal(node[17], io.Mode->Parity) && equal(node[18], io.Mode->StopBits);
       });
     }},
    {"12.8 SerialIo: the terminal that uses the line has it open BY_DRIVER",
     [] {
       return with([](Serial&) {
         EFI_OPEN_PROTOCOL_INFORMATION_ENTRY* entries = nullptr;
         UINTN count = 0, drivers = 0, children = 0;
         if (!ok(bs->OpenProtocolInformation(line(), &serial_guid, &entries, &count))) return false;
         for (UINTN i = 0; i < count; ++i) {
           drivers += entries[i].Attributes == EFI_OPEN_PROTOCOL_BY_DRIVER;
           void* found;
           children += entries[i].Attributes == EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER &&
                       bs->HandleProtocol(entries[i].ControllerHandle, &kTextOutGuid, &found) == EFI_SUCCESS;
         }
         return ok(bs->FreePool(entries)) && equal(drivers, 1) && equal(children, 1);
       });
     }},
    {"12.8 SERIAL_IO_MODE: the input buffer's state can be told",
     [] { return with([](Serial& io) { return that((io.Mode->ControlMask & EFI_SERIAL_INPUT_BUFFER_EMPTY) != 0); }); }},
    {"12.8 SetAttributes: zeros are the defaults, 115200 8N1, one byte of FIFO, a second",
     [] {
       return with([](Serial& io) {
         return ok(set(io, {})) && equal(io.Mode->BaudRate, 115200) && equal(io.Mode->ReceiveFifoDepth, 1) &&
                equal(io.Mode->Timeout, 1000000) && equal(io.Mode->Parity, NoParity) && equal(io.Mode->DataBits, 8) &&
                equal(io.Mode->StopBits, OneStopBit);
       });
     }},
    {"12.8 SetAttributes: the mode tells the timeout",
     [] { return with([](Serial& io) { return ok(set(io, {.timeout = 123456})) && equal(io.Mode->Timeout, 123456); }); }},
    {"12.8 SetAttributes: the mode tells parity, data and stop bits",
     [] {
       return with([](Serial& io) {
         return ok(set(io, {.parity = EvenParity, .data = 7, .stop = TwoStopBits})) && equal(io.Mode->Parity, EvenParity) &&
                equal(io.Mode->DataBits, 7) && equal(io.Mode->StopBits, TwoStopBits);
       });
     }},
    {"12.8 SetAttributes: the nearest rate that is not above",
     [] { return with_wire([](Serial& io) { return ok(set(io, {.rate = 10000})) && equal(io.Mode->BaudRate, 9600); }); }},
    {"12.8 SetAttributes: a rate above all becomes the highest",
     [] { return with([](Serial& io) { return ok(set(io, {.rate = ~UINT64{0}})) && that(io.Mode->BaudRate >= 115200); }); }},
    {"12.8 SetAttributes: a rate below all is INVALID_PARAMETER",
     [] { return with_wire([](Serial&) { return refused({.rate = 1}); }); }},
    {"12.8 SetAttributes: the nearest FIFO depth that is not above",
     [] {
       return with([](Serial& io) {
         return ok(set(io, {.depth = 0xFFFFFF})) && that(io.Mode->ReceiveFifoDepth >= 1 && io.Mode->ReceiveFifoDepth < 0xFFFFFF);
       });
     }},
    {"12.8 SetAttributes: nine data bits are INVALID_PARAMETER", [] { return refused({.data = 9}); }},
    {"12.8 SetAttributes: an unknown parity is INVALID_PARAMETER", [] { return refused({.parity = 6}); }},
    {"12.8 SetAttributes: unknown stop bits are INVALID_PARAMETER", [] { return refused({.stop = 4}); }},
    {"12.8 SetAttributes: one and a half stop bits go with five data bits alone",
     [] {
       return refused({.data = 8, .stop = OneFiveStopBits}) && refused({.data = 5, .stop = TwoStopBits}) &&
              with([](Serial& io) { return ok(set(io, {.data = 5, .stop = OneFiveStopBits})); });
     }},
    {"12.8 SetAttributes: the device path follows, reinstalled",
     [] {
       return with([](Serial& io) {
         Calls calls;
         AnEvent event(EVT_NOTIFY_SIGNAL, TPL_CALLBACK, &calls);
         void* registration = nullptr;
         if (!ok(bs->RegisterProtocolNotify(&kDevicePathGuid, event, &registration))) return false;
         if (!ok(set(io, {.rate = 57600, .parity = OddParity}))) return false;
         UINT8* node = uart_node(line());
         return that(calls.count >= 1) && that(node != nullptr) && equal(rate_of(node), 57600) && equal(node[17], OddParity);
       });
     }},
    {"12.8 SetControl: DTR and RTS, on and off",
     [] {
       return with_wire([](Serial& io) {
         return ok(io.SetControl(&io, EFI_SERIAL_DATA_TERMINAL_READY | EFI_SERIAL_REQUEST_TO_SEND)) && ok(io.SetControl(&io, 0));
       });
     }},
    {"12.8 SetControl: bits that only can be read are UNSUPPORTED",
     [] {
       constexpr UINT32 kReadOnly[] = {EFI_SERIAL_CLEAR_TO_SEND,  EFI_SERIAL_DATA_SET_READY,     EFI_SERIAL_RING_INDICATE,
                                       EFI_SERIAL_CARRIER_DETECT, EFI_SERIAL_INPUT_BUFFER_EMPTY, EFI_SERIAL_OUTPUT_BUFFER_EMPTY};
       for (UINT32 bit : kReadOnly) {
         if (!with([&](Serial& io) { return is(io.SetControl(&io, bit), EFI_UNSUPPORTED); })) return false;
       }
       return true;
     }},
    {"12.8 SetControl: a bit without meaning is UNSUPPORTED",
     [] { return with([](Serial& io) { return is(io.SetControl(&io, 0x80000000), EFI_UNSUPPORTED); }); }},
    {"12.8 GetControl: nothing has come, all has left",
     [] {
       return with([](Serial& io) {
         UINT32 control = 0;
         bs->Stall(20000);
         return ok(io.GetControl(&io, &control)) &&
                equal(control & (EFI_SERIAL_INPUT_BUFFER_EMPTY | EFI_SERIAL_OUTPUT_BUFFER_EMPTY),
                      EFI_SERIAL_INPUT_BUFFER_EMPTY | EFI_SERIAL_OUTPUT_BUFFER_EMPTY);
       });
     }},
    {"12.8 SetControl: in hardware loopback what is written is read",
     [] {
       return with([](Serial& io) {
         if ((io.Mode->ControlMask & EFI_SERIAL_HARDWARE_LOOPBACK_ENABLE) == 0) return skip("no loopback");
         if (!ok(set(io, {.timeout = 20000}))) return false;
         UINT32 control = 0;
         char bytes[] = "loop";
         bool looped = false;
         // The terminal may be faster to look.
         for (int i = 0; i < 5 && !looped; ++i) {
           io.SetControl(&io, EFI_SERIAL_HARDWARE_LOOPBACK_ENABLE);
           io.GetControl(&io, &control);
           char back[5] = {};
           UINTN out = 4, in = 4;
           AtTpl raised(TPL_CALLBACK);
           looped = io.Write(&io, &out, bytes) == EFI_SUCCESS && io.Read(&io, &in, back) == EFI_SUCCESS && in == 4 && same(back, bytes, 4);
         }
         return that(looped) && that((control & EFI_SERIAL_HARDWARE_LOOPBACK_ENABLE) != 0);
       });
     }},
    {"12.8 Write: the count is that of the bytes written",
     [] {
       return with([](Serial& io) {
         char bytes[] = "written by SerialIo\r\n";
         UINTN size = sizeof bytes - 1;
         return ok(io.Write(&io, &size, bytes)) && equal(size, sizeof bytes - 1);
       });
     }},
    {"12.8 Read: nothing comes in time: TIMEOUT, and the count is 0",
     [] {
       return with([](Serial& io) {
         char byte = 0;
         UINTN size = 1;
         return ok(set(io, {.timeout = 10000})) && is(io.Read(&io, &size, &byte), EFI_TIMEOUT) && equal(size, 0);
       });
     }},
    {"12.8 Read: no bytes at all",
     [] {
       return with([](Serial& io) {
         char byte = 0;
         UINTN size = 0;
         return ok(io.Read(&io, &size, &byte)) && equal(size, 0);
       });
     }},
    {"12.8 Reset: the attributes stay",
     [] {
       return with([](Serial& io) {
         if (!ok(set(io, {.rate = 19200, .parity = EvenParity})) || !ok(io.Reset(&io))) return false;
         return equal(io.Mode->BaudRate, 19200) && equal(io.Mode->Parity, EvenParity);
       });
     }},
};

}  // namespace

constinit const Chapter kSerial(kTests);

}  // namespace conformance
