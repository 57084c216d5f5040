// SPDX-License-Identifier: BSD-2-Clause-Patent
// The table of text forms, and how a line of it is read.
#include "core/device_path_forms.hpp"

namespace efilite::core::device_path {

constexpr efi::Guid kKnownGuids[] = {
    {0xe0c14753, 0xf9be, 0x11d2, {0x9a, 0x0c, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d}},  // 0 PC-ANSI terminal [UEFI 2.10, 10.3.4.17]
    {0xdfa66065, 0xb419, 0x11d3, {0x9a, 0x2d, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d}},  // 1 VT100
    {0x7baec70b, 0x57e0, 0x4c76, {0x8e, 0x87, 0x2f, 0x9e, 0x28, 0x08, 0x83, 0x43}},  // 2 VT100+
    {0xad15a0d6, 0x8bec, 0x4acf, {0xa0, 0x73, 0xd0, 0x1d, 0xe7, 0x7e, 0x2d, 0x88}},  // 3 VT-UTF8
    {0x37499a9d, 0x542f, 0x4c89, {0xa0, 0x26, 0x35, 0xda, 0x14, 0x20, 0x94, 0xe4}},  // 4 UART flow control
    {0xd487ddb4, 0x008b, 0x11d9, {0xaf, 0xdc, 0x00, 0x10, 0x83, 0xff, 0xca, 0x4d}},  // 5 SAS
    {0xeba4e8d2, 0x3858, 0x41ec, {0xa2, 0x81, 0x26, 0x47, 0xba, 0x96, 0x60, 0xd0}},  // 6 debug port
    {0x77ab535a, 0x45fc, 0x624b, {0x55, 0x60, 0xf7, 0xb2, 0x81, 0xd1, 0xf9, 0x6e}},  // 7 virtual disk [UEFI 2.10, 10.3.5.9]
    {0x3d5abd30, 0x4175, 0x87ce, {0x6d, 0x64, 0xd2, 0xad, 0xe5, 0x23, 0xc4, 0xbb}},  // 8 virtual CD
    {0x5cea02c9, 0x4d07, 0x69d3, {0x26, 0x9f, 0x44, 0x96, 0xfb, 0xe0, 0x96, 0xf9}},  // 9 persistent virtual disk
    {0x08018188, 0x42cd, 0xbb48, {0x10, 0x0f, 0x53, 0x87, 0xd5, 0x3d, 0xed, 0x3d}},  // a persistent virtual CD
};

namespace {

// The first form that fits a node wins, so special forms stand before general ones.
constexpr Form kTable[] = {
    {"Pci", 1, 1, 6, kExact, "b5 b4"},
    {"PcCard", 1, 2, 5, kExact, "b4"},
    {"MemoryMapped", 1, 3, 24, kExact, "d4 q8 q10"},
    {"VenHw", 1, 4, 20, 0, "g4 h14"},
    {"Ctrl", 1, 5, 8, kExact, "d4"},
    {"BMC", 1, 6, 13, kExact, "b4 q5"},

    {"PciRoot", 2, 1, 12, kExact, "K4,a0341d0 d8"},
    {"PcieRoot", 2, 1, 12, kExact, "K4,a0841d0 d8"},
    {"Floppy", 2, 1, 12, kExact, "K4,60441d0 d8"},
    {"Keyboard", 2, 1, 12, kExact, "K4,30141d0 d8"},
    {"Serial", 2, 1, 12, kExact, "K4,50141d0 d8"},
    {"ParallelPort", 2, 1, 12, kExact, "K4,40141d0 d8"},
    {"Acpi", 2, 1, 12, kExact, "E4 d8"},
    {"AcpiExp", 2, 2, 19, 0, "K8,0 C10,0 E4 Ec z10,1"},
    {"AcpiEx", 2, 2, 19, kDisplay, "Y4,0 Yc,2 y8,1"},
    {"AcpiEx", 2, 2, 19, 0, "E4 Ec d8 z10,0 z10,2 z10,1"},
    {"AcpiAdr", 2, 3, 4, 0, "L4"},
    {"NVDIMM", 2, 4, 8, kExact, "d4"},

    {"Ata", 3, 1, 8, kExact, "-b4:Primary|Secondary -b5:Master|Slave w6"},
    {"Scsi", 3, 2, 8, kExact, "w4 w6"},
    {"Fibre", 3, 3, 24, kExact, "q8 q10"},
    {"I1394", 3, 4, 16, kExact, "i8"},
    {"USB", 3, 5, 6, kExact, "b4 b5"},
    {"I2O", 3, 6, 8, kExact, "d4"},
    {"Infiniband", 3, 9, 48, kExact, "d4 g8 q18 q20 q28"},
    {"VenPcAnsi", 3, 10, 20, kExact | kShortcut, "J4,0"},
    {"VenVt100", 3, 10, 20, kExact | kShortcut, "J4,1"},
    {"VenVt100Plus", 3, 10, 20, kExact | kShortcut, "J4,2"},
    {"VenUtf8", 3, 10, 20, kExact | kShortcut, "J4,3"},
    {"UartFlowCtrl", 3, 10, 24, kExact | kShortcut, "J4,4 d14:None|Hardware|XonXoff"},
    {"SAS", 3, 10, 44, kExact | kShortcut, "J4,5 q18 q20 w2a t28 d14"},
    {"DebugPort", 3, 10, 20, kExact | kShortcut, "J4,6"},
    {"VenMsg", 3, 10, 20, 0, "g4 h14"},
    {"MAC", 3, 11, 37, kExact, "m4 b24"},
    {"IPv4", 3, 12, 27, kExact, "v8 -w10:||||||TCP|||||||||||UDP -b12:DHCP|Static -v4 -v13 -v17"},
    {"IPv4", 3, 12, 19, kExact | kDisplay, "v8"},
    {"IPv6", 3, 13, 60, kExact,
     "V14 -w28:||||||TCP|||||||||||UDP -b2a:Static|StatelessAutoConfigure|StatefulAutoConfigure -V4 -b2b -V2c"},
    {"IPv6", 3, 13, 43, kExact | kDisplay, "V14"},
    {"Uart", 3, 14, 19, kExact, "Q8:DEFAULT B10:DEFAULT b11:D|N|E|O|M|S b12:D|1|1.5|2"},
    {"UsbAudio", 3, 15, 11, kExact, "C8,1 w4 w6 b9 ba"},
    {"UsbCDCControl", 3, 15, 11, kExact, "C8,2 w4 w6 b9 ba"},
    {"UsbHID", 3, 15, 11, kExact, "C8,3 w4 w6 b9 ba"},
    {"UsbImage", 3, 15, 11, kExact, "C8,6 w4 w6 b9 ba"},
    {"UsbPrinter", 3, 15, 11, kExact, "C8,7 w4 w6 b9 ba"},
    {"UsbMassStorage", 3, 15, 11, kExact, "C8,8 w4 w6 b9 ba"},
    {"UsbHub", 3, 15, 11, kExact, "C8,9 w4 w6 b9 ba"},
    {"UsbCDCData", 3, 15, 11, kExact, "C8,a w4 w6 b9 ba"},
    {"UsbSmartCard", 3, 15, 11, kExact, "C8,b w4 w6 b9 ba"},
    {"UsbVideo", 3, 15, 11, kExact, "C8,e w4 w6 b9 ba"},
    {"UsbDiagnostic", 3, 15, 11, kExact, "C8,dc w4 w6 b9 ba"},
    {"UsbWireless", 3, 15, 11, kExact, "C8,e0 w4 w6 b9 ba"},
    {"UsbDeviceFirmwareUpdate", 3, 15, 11, kExact, "C8,fe C9,1 w4 w6 ba"},
    {"UsbIrdaBridge", 3, 15, 11, kExact, "C8,fe C9,2 w4 w6 ba"},
    {"UsbTestAndMeasurement", 3, 15, 11, kExact, "C8,fe C9,3 w4 w6 ba"},
    {"UsbClass", 3, 15, 11, kExact, "w4 w6 b8 b9 ba"},
    {"UsbWwid", 3, 16, 10, 0, "w6 w8 w4 Ua"},
    {"Unit", 3, 17, 5, kExact, "b4"},
    {"Sata", 3, 18, 10, kExact, "w4 w6 w8"},
    // Initiators end the name with a NUL that the node's length counts; without one the node has no text but the generic.
    {"iSCSI", 3, 19, 19, 0, "z12,0 w10 x8,8 l6 w4:TCP"},
    {"Vlan", 3, 20, 6, kExact, "W4"},
    {"FibreEx", 3, 21, 24, kExact, "x8,8 x10,8"},
    {"SasEx", 3, 22, 24, kExact, "x4,8 xc,8 w16 t14"},
    {"NVMe", 3, 23, 16, kExact, "d4 u8"},
    {"Uri", 3, 24, 4, 0, "s4"},
    {"UFS", 3, 25, 6, kExact, "b4 b5"},
    {"SD", 3, 26, 5, kExact, "b4"},
    {"Bluetooth", 3, 27, 10, kExact, "h4,6"},
    {"Wi-Fi", 3, 28, 36, kExact, "f4,20"},
    {"eMMC", 3, 29, 5, kExact, "b4"},
    {"BluetoothLE", 3, 30, 11, kExact, "h4,6 xa,1"},
    {"Dns", 3, 31, 5, 0, "N4"},
    {"RestService", 3, 33, 6, kExact, "b4 b5"},
    {"RestService", 3, 33, 22, 0, "b4 b5 g6 h16"},
    {"NVMEoF", 3, 34, 22, 0, "z15,0 o4"},

    {"HD", 4, 1, 42, kExact, "D4 G18 q8 q10"},
    {"CDROM", 4, 2, 24, kExact, "d4 -q8 -q10"},
    {"VenMedia", 4, 3, 20, 0, "g4 h14"},
    {"Media", 4, 5, 20, kExact, "g4"},
    {"FvFile", 4, 6, 20, kExact, "g4"},
    {"Fv", 4, 7, 20, kExact, "g4"},
    {"Offset", 4, 8, 24, kExact, "q8 q10"},
    {"VirtualDisk", 4, 9, 38, kExact, "J14,7 q4 qc W24"},
    {"VirtualCD", 4, 9, 38, kExact, "J14,8 q4 qc W24"},
    {"PersistentVirtualDisk", 4, 9, 38, kExact, "J14,9 q4 qc W24"},
    {"PersistentVirtualCD", 4, 9, 38, kExact, "J14,a q4 qc W24"},
    {"RamDisk", 4, 9, 38, kExact, "q4 qc W24 g14"},

    {"BBS", 5, 1, 9, 0, "w4:|Floppy|HD|CDROM|PCMCIA|USB|Network z8,0 -w6"},

    {"HardwarePath", 1, 0, 4, 0, "B1 h4"},
    {"AcpiPath", 2, 0, 4, 0, "B1 h4"},
    {"Msg", 3, 0, 4, 0, "B1 h4"},
    {"MediaPath", 4, 0, 4, 0, "B1 h4"},
    {"BbsPath", 5, 0, 4, 0, "B1 h4"},
    {"Path", 0, 0, 4, 0, "B0 B1 h4"},
};

}  // namespace

constexpr std::span<const Form> kForms{kTable};
constexpr Form kFilePathForm = {"", 4, 4, 4, 0, "S4"};

uint32_t Fields::number() {
  uint32_t value = 0;
  for (;; ++at_) {
    if (*at_ >= '0' && *at_ <= '9') {
      value = value * 16 + static_cast<uint32_t>(*at_ - '0');
    } else if (*at_ >= 'a' && *at_ <= 'f') {
      value = value * 16 + static_cast<uint32_t>(*at_ - 'a' + 10);
    } else {
      return value;
    }
  }
}

bool Fields::next(Field& field) {
  if (*at_ == ' ') ++at_;
  if (*at_ == 0) return false;
  field = {0, true, 0, Field::kNone, {}};
  if (*at_ == '-') {
    field.display = false;
    ++at_;
  }
  field.kind = *at_++;
  field.at = static_cast<uint16_t>(number());
  if (*at_ == ',') {
    ++at_;
    field.n = number();
  } else if (*at_ == ':') {
    const char* begin = ++at_;
    while (*at_ != 0 && *at_ != ' ') ++at_;
    field.words = {begin, static_cast<size_t>(at_ - begin)};
  }
  return true;
}

std::string_view word_at(std::string_view words, uint64_t index) {
  for (;; --index) {
    size_t bar = 0;
    while (bar < words.size() && words[bar] != '|') ++bar;
    if (index == 0) return words.substr(0, bar);
    if (bar == words.size()) return {};
    words.remove_prefix(bar + 1);
  }
}

void Growing::resize(size_t size) {
  if (failed_) return;
  if (size > room_) {
    size_t room = size < 64 ? 128 : size * 2;
    auto* grown = static_cast<std::byte*>(heap_.allocate(room));
    if (grown == nullptr) {
      failed_ = true;
      return;
    }
    if (size_ != 0) memcpy(grown, data_, size_);
    if (data_ != nullptr) heap_.release(data_);
    data_ = grown;
    room_ = room;
  }
  if (size > size_) memset(data_ + size_, 0, size - size_);
  size_ = size;
}

void Growing::insert(size_t at, ByteSpan bytes) {
  size_t tail = size_ - at;
  resize(size_ + bytes.size());
  if (failed_ || bytes.empty()) return;
  if (tail != 0) memmove(data_ + at + bytes.size(), data_ + at, tail);
  memcpy(data_ + at, bytes.data(), bytes.size());
}

}  // namespace efilite::core::device_path
