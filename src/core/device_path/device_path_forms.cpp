// SPDX-License-Identifier: BSD-2-Clause-Patent
// The table of text forms, and how a line of it is read.
#include "core/device_path/device_path_forms.hpp"

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
    {"Pci b5 b4", 1, 1, 6, kExact},
    {"PcCard b4", 1, 2, 5, kExact},
    {"MemoryMapped d4 q8 q10", 1, 3, 24, kExact},
    {"VenHw g4 h14", 1, 4, 20, 0},
    {"Ctrl d4", 1, 5, 8, kExact},
    {"BMC b4 q5", 1, 6, 13, kExact},

    {"PciRoot K4,a0341d0 d8", 2, 1, 12, kExact},
    {"PcieRoot K4,a0841d0 d8", 2, 1, 12, kExact},
    {"Floppy K4,60441d0 d8", 2, 1, 12, kExact},
    {"Keyboard K4,30141d0 d8", 2, 1, 12, kExact},
    {"Serial K4,50141d0 d8", 2, 1, 12, kExact},
    {"ParallelPort K4,40141d0 d8", 2, 1, 12, kExact},
    {"Acpi E4 d8", 2, 1, 12, kExact},
    {"AcpiExp K8,0 C10,0 E4 Ec z10,1", 2, 2, 19, 0},
    {"AcpiEx Y4,0 Yc,2 y8,1", 2, 2, 19, kDisplay},
    {"AcpiEx E4 Ec d8 z10,0 z10,2 z10,1", 2, 2, 19, 0},
    {"AcpiAdr L4", 2, 3, 4, 0},
    {"NVDIMM d4", 2, 4, 8, kExact},

    {"Ata -b4:Primary|Secondary -b5:Master|Slave w6", 3, 1, 8, kExact},
    {"Scsi w4 w6", 3, 2, 8, kExact},
    {"Fibre q8 q10", 3, 3, 24, kExact},
    {"I1394 i8", 3, 4, 16, kExact},
    {"USB b4 b5", 3, 5, 6, kExact},
    {"I2O d4", 3, 6, 8, kExact},
    {"Infiniband d4 g8 q18 q20 q28", 3, 9, 48, kExact},
    {"VenPcAnsi J4,0", 3, 10, 20, kExact | kShortcut},
    {"VenVt100 J4,1", 3, 10, 20, kExact | kShortcut},
    {"VenVt100Plus J4,2", 3, 10, 20, kExact | kShortcut},
    {"VenUtf8 J4,3", 3, 10, 20, kExact | kShortcut},
    {"UartFlowCtrl J4,4 d14:None|Hardware|XonXoff", 3, 10, 24, kExact | kShortcut},
    {"SAS J4,5 q18 q20 w2a t28 d14", 3, 10, 44, kExact | kShortcut},
    {"DebugPort J4,6", 3, 10, 20, kExact | kShortcut},
    {"VenMsg g4 h14", 3, 10, 20, 0},
    {"MAC m4 b24", 3, 11, 37, kExact},
    {"IPv4 v8 -w10:||||||TCP|||||||||||UDP -b12:DHCP|Static -v4 -v13 -v17", 3, 12, 27, kExact},
    {"IPv4 v8", 3, 12, 19, kExact | kDisplay},
    {"IPv6 V14 -w28:||||||TCP|||||||||||UDP -b2a:Static|StatelessAutoConfigure|StatefulAutoConfigure -V4 -b2b -V2c", 3, 13, 60, kExact},
    {"IPv6 V14", 3, 13, 43, kExact | kDisplay},
    {"Uart Q8:DEFAULT B10:DEFAULT b11:D|N|E|O|M|S b12:D|1|1.5|2", 3, 14, 19, kExact},
    {"UsbAudio C8,1 w4 w6 b9 ba", 3, 15, 11, kExact},
    {"UsbCDCControl C8,2 w4 w6 b9 ba", 3, 15, 11, kExact},
    {"UsbHID C8,3 w4 w6 b9 ba", 3, 15, 11, kExact},
    {"UsbImage C8,6 w4 w6 b9 ba", 3, 15, 11, kExact},
    {"UsbPrinter C8,7 w4 w6 b9 ba", 3, 15, 11, kExact},
    {"UsbMassStorage C8,8 w4 w6 b9 ba", 3, 15, 11, kExact},
    {"UsbHub C8,9 w4 w6 b9 ba", 3, 15, 11, kExact},
    {"UsbCDCData C8,a w4 w6 b9 ba", 3, 15, 11, kExact},
    {"UsbSmartCard C8,b w4 w6 b9 ba", 3, 15, 11, kExact},
    {"UsbVideo C8,e w4 w6 b9 ba", 3, 15, 11, kExact},
    {"UsbDiagnostic C8,dc w4 w6 b9 ba", 3, 15, 11, kExact},
    {"UsbWireless C8,e0 w4 w6 b9 ba", 3, 15, 11, kExact},
    {"UsbDeviceFirmwareUpdate C8,fe C9,1 w4 w6 ba", 3, 15, 11, kExact},
    {"UsbIrdaBridge C8,fe C9,2 w4 w6 ba", 3, 15, 11, kExact},
    {"UsbTestAndMeasurement C8,fe C9,3 w4 w6 ba", 3, 15, 11, kExact},
    {"UsbClass w4 w6 b8 b9 ba", 3, 15, 11, kExact},
    {"UsbWwid w6 w8 w4 Ua", 3, 16, 10, 0},
    {"Unit b4", 3, 17, 5, kExact},
    {"Sata w4 w6 w8", 3, 18, 10, kExact},
    // Initiators end the name with a NUL that the node's length counts; without one the node has no text but the generic.
    {"iSCSI z12,0 w10 x8,8 l6 w4:TCP", 3, 19, 19, 0},
    {"Vlan W4", 3, 20, 6, kExact},
    {"FibreEx x8,8 x10,8", 3, 21, 24, kExact},
    {"SasEx x4,8 xc,8 w16 t14", 3, 22, 24, kExact},
    {"NVMe d4 u8", 3, 23, 16, kExact},
    {"Uri s4", 3, 24, 4, 0},
    {"UFS b4 b5", 3, 25, 6, kExact},
    {"SD b4", 3, 26, 5, kExact},
    {"Bluetooth h4,6", 3, 27, 10, kExact},
    {"Wi-Fi f4,20", 3, 28, 36, kExact},
    {"eMMC b4", 3, 29, 5, kExact},
    {"BluetoothLE h4,6 xa,1", 3, 30, 11, kExact},
    {"Dns N4", 3, 31, 5, 0},
    {"RestService b4 b5", 3, 33, 6, kExact},
    {"RestService b4 b5 g6 h16", 3, 33, 22, 0},
    {"NVMEoF z15,0 o4", 3, 34, 22, 0},

    {"HD D4 G18 q8 q10", 4, 1, 42, kExact},
    {"CDROM d4 -q8 -q10", 4, 2, 24, kExact},
    {"VenMedia g4 h14", 4, 3, 20, 0},
    {"Media g4", 4, 5, 20, kExact},
    {"FvFile g4", 4, 6, 20, kExact},
    {"Fv g4", 4, 7, 20, kExact},
    {"Offset q8 q10", 4, 8, 24, kExact},
    {"VirtualDisk J14,7 q4 qc W24", 4, 9, 38, kExact},
    {"VirtualCD J14,8 q4 qc W24", 4, 9, 38, kExact},
    {"PersistentVirtualDisk J14,9 q4 qc W24", 4, 9, 38, kExact},
    {"PersistentVirtualCD J14,a q4 qc W24", 4, 9, 38, kExact},
    {"RamDisk q4 qc W24 g14", 4, 9, 38, kExact},

    {"BBS w4:|Floppy|HD|CDROM|PCMCIA|USB|Network z8,0 -w6", 5, 1, 9, 0},

    {"HardwarePath B1 h4", 1, 0, 4, 0},
    {"AcpiPath B1 h4", 2, 0, 4, 0},
    {"Msg B1 h4", 3, 0, 4, 0},
    {"MediaPath B1 h4", 4, 0, 4, 0},
    {"BbsPath B1 h4", 5, 0, 4, 0},
    {"Path B0 B1 h4", 0, 0, 4, 0},
};

}  // namespace

constexpr std::span<const Form> kForms{kTable};
constexpr Form kFilePathForm = {" S4", 4, 4, 4, 0};

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
