// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/device_path/device_path_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "core/device_path/device_path_forms.hpp"
#include "core/events/events.hpp"
#include "core/firmware.hpp"
#include "core/handles/handles_testing.hpp"
#include "tests/support/clock.hpp"
#include "tests/support/memory.hpp"

namespace efilite::core::device_path {
namespace {

struct Case {
  std::string text;   // without display_only, with shortcuts
  std::string bytes;  // of the node behind its length, in hexadecimal, after "type.sub_type:"
  std::string display = "";  // empty: the same as text
};

std::vector<uint8_t> node_of(const std::string& description) {
  unsigned type, sub_type;
  int used = 0;
  if (sscanf(description.c_str(), "%u.%u:%n", &type, &sub_type, &used) != 2) abort();
  std::vector<uint8_t> node = {static_cast<uint8_t>(type), static_cast<uint8_t>(sub_type), 0, 0};
  std::string hex;
  for (char c : description.substr(used))
    if (c != ' ') hex += c;
  for (size_t i = 0; i < hex.size(); i += 2) node.push_back(static_cast<uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  node[2] = static_cast<uint8_t>(node.size());
  node[3] = static_cast<uint8_t>(node.size() >> 8);
  return node;
}

std::u16string wide(const std::string& text) {
  std::u16string out;
  for (char c : text) out += static_cast<unsigned char>(c);
  return out;
}
const efi::DevicePath* as_path(const std::vector<uint8_t>& bytes) { return reinterpret_cast<const efi::DevicePath*>(bytes.data()); }

class DevicePathText : public ::testing::Test {
 protected:
  ~DevicePathText() override { EXPECT_EQ(heap.live(), 0u); }

  std::string take(Result<char16_t*> text) {
    if (!text) return std::string("!") + status_name(text.status());
    std::u16string all = *text;
    heap.release(*text);
    return {all.begin(), all.end()};
  }
  std::string text(const std::vector<uint8_t>& node, bool display = false, bool shortcuts = true) {
    return take(node_to_text(heap, as_path(node), display, shortcuts));
  }
  std::string path_text(const std::vector<uint8_t>& path, bool display = false) {
    return take(path_to_text(heap, as_path(path), display, true));
  }
  std::vector<uint8_t> bytes(Result<efi::DevicePath*> path, bool whole) {
    if (!path) return {static_cast<uint8_t>(path.status())};
    auto* first = reinterpret_cast<uint8_t*>(*path);
    size_t size = whole ? measure(*path)->size() : first[2] + first[3] * 256u;
    std::vector<uint8_t> out(first, first + size);
    heap.release(*path);
    return out;
  }
  std::vector<uint8_t> node(const std::string& text) { return bytes(node_from_text(heap, wide(text).c_str()), false); }
  std::vector<uint8_t> path(const std::string& text) { return bytes(path_from_text(heap, wide(text).c_str()), true); }

  test::HostHeap heap;
};

const std::vector<uint8_t> kBad = {static_cast<uint8_t>(Status::InvalidParameter)};

const Case kCases[] = {
    {"Pci(0x1F,0x2)", "1.1: 021f"},
    {"PcCard(0x3)", "1.2: 03"},
    {"MemoryMapped(0xB,0xFFC00000,0xFFFFFFFF)", "1.3: 0b000000 0000c0ff00000000 ffffffff00000000"},
    {"VenHw(00112233-4455-6677-8899-AABBCCDDEEFF)", "1.4: 33221100554477668899aabbccddeeff"},
    {"VenHw(00112233-4455-6677-8899-AABBCCDDEEFF,0102FE)", "1.4: 33221100554477668899aabbccddeeff 0102fe"},
    {"Ctrl(0x7)", "1.5: 07000000"},
    {"BMC(0x2,0x123456789)", "1.6: 02 8967452301000000"},
    {"PciRoot(0x0)", "2.1: d041030a 00000000"},
    {"PcieRoot(0x1)", "2.1: d041080a 01000000"},
    {"Floppy(0x0)", "2.1: d0410406 00000000"},
    {"Keyboard(0x0)", "2.1: d0410103 00000000"},
    {"Serial(0x1)", "2.1: d0410105 01000000"},
    {"ParallelPort(0x0)", "2.1: d0410104 00000000"},
    {"Acpi(PNP0A05,0x2)", "2.1: d041050a 02000000"},
    {"Acpi(0x00000012,0x2)", "2.1: 12000000 02000000"},
    {"AcpiExp(PNP0A03,PNP0A08,seven)", "2.2: d041030a 00000000 d041080a 00 736576656e00 00"},
    {"AcpiEx(PNP0A03,0x00000000,0x7,hid,cid,uid)", "2.2: d041030a 07000000 00000000 68696400 75696400 63696400", "AcpiEx(PNP0A03,cid,0x7)"},
    {"AcpiEx(0x00000000,PNP0A08,0x0,hid,,uid)", "2.2: 00000000 00000000 d041080a 68696400 75696400 00", "AcpiEx(hid,PNP0A08,uid)"},
    {"AcpiAdr(0x80010100,0x80010200)", "2.3: 00010180 00020180"},
    {"NVDIMM(0x10)", "2.4: 10000000"},
    {"Ata(Primary,Slave,0x5)", "3.1: 00 01 0500", "Ata(0x5)"},
    {"Ata(Secondary,Master,0x0)", "3.1: 01 00 0000", "Ata(0x0)"},
    {"Scsi(0x3,0x4)", "3.2: 0300 0400"},
    {"Fibre(0x1122334455667788,0x9)", "3.3: 00000000 8877665544332211 0900000000000000"},
    {"I1394(0012345678ABCDEF)", "3.4: 00000000 efcdab7856341200"},
    {"USB(0x1,0x0)", "3.5: 01 00"},
    {"I2O(0x44)", "3.6: 44000000"},
    {"Infiniband(0x1,00112233-4455-6677-8899-AABBCCDDEEFF,0x5,0x6,0x7)",
     "3.9: 01000000 33221100554477668899aabbccddeeff 0500000000000000 0600000000000000 0700000000000000"},
    {"VenPcAnsi()", "3.10: 5347c1e0bef9d2119a0c0090273fc14d"},
    {"VenVt100()", "3.10: 6560a6df19b4d3119a2d0090273fc14d"},
    {"VenVt100Plus()", "3.10: 0bc7ae7be057764c8e872f9e28088343"},
    {"VenUtf8()", "3.10: d6a015adec8bcf4aa073d01de77e2d88"},
    {"UartFlowCtrl(Hardware)", "3.10: 9d9a49372f54894ca02635da142094e4 01000000"},
    {"UartFlowCtrl(XonXoff)", "3.10: 9d9a49372f54894ca02635da142094e4 02000000"},
    {"SAS(0x1122,0x3,0x4,SATA,External,Expanded,0x6,0x0)",
     "3.10: b4dd87d48b00d911afdc001083ffca4d 00000000 2211000000000000 0300000000000000 7205 0400"},
    {"SAS(0x1122,0x3,0x4,NoTopology,0,0,0,0x0)",
     "3.10: b4dd87d48b00d911afdc001083ffca4d 00000000 2211000000000000 0300000000000000 0000 0400"},
    {"DebugPort()", "3.10: d2e8a4eb5838ec41a2812647ba9660d0"},
    {"VenMsg(00112233-4455-6677-8899-AABBCCDDEEFF,AA)", "3.10: 33221100554477668899aabbccddeeff aa"},
    {"MAC(525400123456,0x1)", "3.11: 525400123456 0000000000000000000000000000000000000000000000000000 01"},
    {"MAC(000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F,0x20)",
     "3.11: 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f 20"},
    {"IPv4(10.0.2.2,TCP,DHCP,10.0.2.15,10.0.2.1,255.255.255.0)", "3.12: 0a00020f 0a000202 0000 0000 0600 00 0a000201 ffffff00",
     "IPv4(10.0.2.2)"},
    {"IPv4(10.0.2.2,0x7,Static,0.0.0.0,0.0.0.0,0.0.0.0)", "3.12: 00000000 0a000202 0000 0000 0700 01 00000000 00000000", "IPv4(10.0.2.2)"},
    {"IPv6(FE80:0000:0000:0000:0000:0000:0000:0001,UDP,StatelessAutoConfigure,0000:0000:0000:0000:0000:0000:0000:0002,0x40,"
     "0000:0000:0000:0000:0000:0000:0000:0003)",
     "3.13: 00000000000000000000000000000002 fe800000000000000000000000000001 0000 0000 1100 01 40 00000000000000000000000000000003",
     "IPv6(FE80:0000:0000:0000:0000:0000:0000:0001)"},
    {"Uart(115200,8,N,1)", "3.14: 00000000 00c2010000000000 08 01 01"},
    {"Uart(DEFAULT,DEFAULT,D,1.5)", "3.14: 00000000 0000000000000000 00 00 02"},
    {"Uart(9600,7,S,2)", "3.14: 00000000 8025000000000000 07 05 03"},
    {"UsbAudio(0x1234,0x5678,0x9,0xA)", "3.15: 3412 7856 01 09 0a"},
    {"UsbCDCControl(0xFFFF,0xFFFF,0xFF,0xFF)", "3.15: ffff ffff 02 ff ff"},
    {"UsbHID(0x1,0x2,0x3,0x4)", "3.15: 0100 0200 03 03 04"},
    {"UsbImage(0x1,0x2,0x3,0x4)", "3.15: 0100 0200 06 03 04"},
    {"UsbPrinter(0x1,0x2,0x3,0x4)", "3.15: 0100 0200 07 03 04"},
    {"UsbMassStorage(0x1,0x2,0x3,0x4)", "3.15: 0100 0200 08 03 04"},
    {"UsbHub(0x1,0x2,0x3,0x4)", "3.15: 0100 0200 09 03 04"},
    {"UsbCDCData(0x1,0x2,0x3,0x4)", "3.15: 0100 0200 0a 03 04"},
    {"UsbSmartCard(0x1,0x2,0x3,0x4)", "3.15: 0100 0200 0b 03 04"},
    {"UsbVideo(0x1,0x2,0x3,0x4)", "3.15: 0100 0200 0e 03 04"},
    {"UsbDiagnostic(0x1,0x2,0x3,0x4)", "3.15: 0100 0200 dc 03 04"},
    {"UsbWireless(0x1,0x2,0x3,0x4)", "3.15: 0100 0200 e0 03 04"},
    {"UsbDeviceFirmwareUpdate(0x1,0x2,0x4)", "3.15: 0100 0200 fe 01 04"},
    {"UsbIrdaBridge(0x1,0x2,0x4)", "3.15: 0100 0200 fe 02 04"},
    {"UsbTestAndMeasurement(0x1,0x2,0x4)", "3.15: 0100 0200 fe 03 04"},
    {"UsbClass(0x1,0x2,0xFE,0x4,0x5)", "3.15: 0100 0200 fe 04 05"},
    {"UsbWwid(0x1,0x2,0x3,\"a,b\")", "3.16: 0300 0100 0200 6100 2c00 6200"},
    {"Unit(0x2)", "3.17: 02"},
    {"Sata(0x0,0xFFFF,0x0)", "3.18: 0000 ffff 0000"},
    {"iSCSI(iqn.2000-01.a:b,0x1,0x0001000000000000,CRC32C,None,CHAP_BI,TCP)",
     "3.19: 0000 0200 0001000000000000 0100 69716e2e323030302d30312e613a6200"},
    {"iSCSI(t,0x0,0x0000000000000000,None,CRC32C,CHAP_UNI,0x1)", "3.19: 0100 0810 0000000000000000 0000 7400"},
    {"iSCSI(t,0x0,0x0000000000000000,None,None,None,TCP)", "3.19: 0000 0008 0000000000000000 0000 7400"},
    {"Vlan(100)", "3.20: 6400"},
    {"FibreEx(0x0102030405060708,0x1112131415161718)", "3.21: 00000000 0102030405060708 1112131415161718"},
    {"SasEx(0x0102030405060708,0x1112131415161718,0x5,SAS,Internal,Direct,0)", "3.22: 0102030405060708 1112131415161718 0100 0500"},
    {"SasEx(0x0102030405060708,0x1112131415161718,0x5,0x8F,0,0,0)", "3.22: 0102030405060708 1112131415161718 8f00 0500"},
    {"NVMe(0x1,08-07-06-05-04-03-02-01)", "3.23: 01000000 0102030405060708"},
    {"Uri(http://[::1]/a,b(c))", "3.24: 687474703a2f2f5b3a3a315d2f612c62286329"},
    {"Uri()", "3.24:"},
    {"UFS(0x1,0x2)", "3.25: 01 02"},
    {"SD(0x1)", "3.26: 01"},
    {"Bluetooth(010203040506)", "3.27: 010203040506"},
    {"Wi-Fi(home)", "3.28: 686f6d65 00000000000000000000000000000000000000000000000000000000"},
    {"eMMC(0x0)", "3.29: 00"},
    {"BluetoothLE(010203040506,0x01)", "3.30: 010203040506 01"},
    {"Dns(8.8.8.8,1.2.3.4)", "3.31: 00 08080808000000000000000000000000 01020304000000000000000000000000"},
    {"Dns(0000:0000:0000:0000:0000:0000:0000:0001)", "3.31: 01 00000000000000000000000000000001"},
    {"Dns()", "3.31: 00"},
    {"RestService(0x1,0x2)", "3.33: 01 02"},
    {"RestService(0xFF,0x1,00112233-4455-6677-8899-AABBCCDDEEFF,01)", "3.33: ff 01 33221100554477668899aabbccddeeff 01"},
    {"NVMEoF(nqn.a,0102030405060708)", "3.34: 01 01020304050607080000000000000000 6e716e2e6100"},
    {"NVMEoF(nqn.a,0102030405060708090A0B0C0D0E0F10)", "3.34: 02 0102030405060708090a0b0c0d0e0f10 6e716e2e6100"},
    {"NVMEoF(nqn.a,01020304-0506-0708-090A-0B0C0D0E0F10)", "3.34: 03 0102030405060708090a0b0c0d0e0f10 6e716e2e6100"},
    {"HD(1,GPT,00112233-4455-6677-8899-AABBCCDDEEFF,0x800,0x1000)",
     "4.1: 01000000 0008000000000000 0010000000000000 33221100554477668899aabbccddeeff 02 02"},
    {"HD(2,MBR,0x12345678,0x3F,0x100)", "4.1: 02000000 3f00000000000000 0001000000000000 78563412000000000000000000000000 01 01"},
    {"HD(3,0,0,0x0,0x1)", "4.1: 03000000 0000000000000000 0100000000000000 00000000000000000000000000000000 00 00"},
    {"CDROM(0x1,0x10,0x20)", "4.2: 01000000 1000000000000000 2000000000000000", "CDROM(0x1)"},
    {"VenMedia(00112233-4455-6677-8899-AABBCCDDEEFF)", "4.3: 33221100554477668899aabbccddeeff"},
    {"\\EFI\\BOOT\\BOOTX64.EFI", "4.4: 5c004500460049005c0042004f004f0054005c0042004f004f0054005800360034002e004500460049000000"},
    {"Media(00112233-4455-6677-8899-AABBCCDDEEFF)", "4.5: 33221100554477668899aabbccddeeff"},
    {"FvFile(00112233-4455-6677-8899-AABBCCDDEEFF)", "4.6: 33221100554477668899aabbccddeeff"},
    {"Fv(00112233-4455-6677-8899-AABBCCDDEEFF)", "4.7: 33221100554477668899aabbccddeeff"},
    {"Offset(0x10,0x20)", "4.8: 00000000 1000000000000000 2000000000000000"},
    {"VirtualDisk(0x1000,0x1FFF,0)", "4.9: 0010000000000000 ff1f000000000000 5a53ab77fc454b625560f7b281d1f96e 0000"},
    {"VirtualCD(0x1000,0x1FFF,1)", "4.9: 0010000000000000 ff1f000000000000 30bd5a3d7541ce876d64d2ade523c4bb 0100"},
    {"PersistentVirtualDisk(0x1000,0x1FFF,2)", "4.9: 0010000000000000 ff1f000000000000 c902ea5c074dd369269f4496fbe096f9 0200"},
    {"PersistentVirtualCD(0x1000,0x1FFF,3)", "4.9: 0010000000000000 ff1f000000000000 88810108cd4248bb100f5387d53ded3d 0300"},
    {"RamDisk(0x1000,0x1FFF,4,00112233-4455-6677-8899-AABBCCDDEEFF)",
     "4.9: 0010000000000000 ff1f000000000000 33221100554477668899aabbccddeeff 0400"},
    {"BBS(HD,disk one,0x3)", "5.1: 0200 0300 6469736b206f6e6500", "BBS(HD,disk one)"},
    {"BBS(0x80,,0x0)", "5.1: 8000 0000 00", "BBS(0x80,)"},
    // nodes that have no form of their own, and contents that theirs cannot tell
    {"HardwarePath(99,0102)", "1.99: 0102"},
    {"AcpiPath(77)", "2.77:"},
    {"Msg(32,AB)", "3.32: ab"},
    {"MediaPath(200,00)", "4.200: 00"},
    {"BbsPath(2,00)", "5.2: 00"},
    {"Path(9,1,FF)", "9.1: ff"},
    {"Path(127,255)", "127.255:"},
    {"HardwarePath(1,010203)", "1.1: 010203"},
    {"Msg(3,0100000000000000000000000000000000000000)", "3.3: 01000000 0000000000000000 0000000000000000", "Fibre(0x0,0x0)"},
    {"MediaPath(4,61002F0062000000)", "4.4: 61002f0062000000", "a/b"},
    {"MediaPath(4,0000)", "4.4: 0000"},
    {"Msg(12,0A00020F0A0002020000000006000000)", "3.12: 0a00020f 0a000202 0000 0000 0600 0000"},
    {"Msg(12,0A00020F0A00020200000000060000)", "3.12: 0a00020f 0a000202 0000 0000 0600 00", "IPv4(10.0.2.2)"},
    {"Msg(1,02000000)", "3.1: 02 00 0000"},
};

TEST_F(DevicePathText, EveryNodeTypeHasItsTextAndTheTextGivesTheNode) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.text);
    auto bytes = node_of(c.bytes);
    if (c.bytes == "3.1: 02 00 0000") {  // a value beyond its words is a number, which reads back as well
      EXPECT_EQ(text(bytes), "Ata(0x2,Master,0x0)");
    } else {
      EXPECT_EQ(text(bytes), c.text);
    }
    EXPECT_EQ(node(c.text), bytes);
    if (!c.display.empty()) {
      EXPECT_EQ(text(bytes, true), c.display);
    }
  }
}

TEST_F(DevicePathText, WithoutShortcutsVendorNodesAreGuids) {
  EXPECT_EQ(text(node("VenUtf8()"), false, false), "VenMsg(AD15A0D6-8BEC-4ACF-A073-D01DE77E2D88)");
  EXPECT_EQ(text(node("UartFlowCtrl(None)"), true, false), "VenMsg(37499A9D-542F-4C89-A026-35DA142094E4,00000000)");
  EXPECT_EQ(text(node("PciRoot(0)"), false, false), "PciRoot(0x0)");  // a name of its own, not a shortcut
}

TEST_F(DevicePathText, EveryFormOfTheTableIsTested) {
  for (const Form& form : kForms) {
    bool seen = false;
    for (const Case& c : kCases) {
      std::string begin = std::string(form.name()) + "(";
      seen |= c.text.starts_with(begin) || c.display.starts_with(begin);
    }
    EXPECT_TRUE(seen) << form.name();
  }
}

TEST_F(DevicePathText, NamesWordsAndDigitsAreReadInEitherCase) {
  EXPECT_EQ(node("pci(0X1f,2)"), node("Pci(0x1F,0x2)"));
  EXPECT_EQ(node("ATA(primary,SLAVE, 5 )"), node("Ata(Primary,Slave,0x5)"));
  EXPECT_EQ(node("acpi(pnp0a03,0)"), node("PciRoot(0)"));
  EXPECT_EQ(node("AcpiEx(PNP0A03,@@@0000,0x7,a,b,c)"), node("AcpiEx(PNP0A03,0,7,a,b,c)"));
  EXPECT_EQ(node("hd(1,gpt,aabbccdd-4455-6677-8899-aabbccddeeff,0x800,0x1000)"),
            node("HD(1,GPT,AABBCCDD-4455-6677-8899-AABBCCDDEEFF,2048,4096)"));
}

TEST_F(DevicePathText, ParametersMissingAtTheEndAreZeros) {
  EXPECT_EQ(node("Pci(0x1F)"), node("Pci(0x1F,0)"));
  EXPECT_EQ(node("IPv4(10.0.2.2)"), node("IPv4(10.0.2.2,0,DHCP,0.0.0.0,0.0.0.0,0.0.0.0)"));
  EXPECT_EQ(node("CDROM(1)"), node("CDROM(1,0,0)"));
  EXPECT_EQ(node("Path(1,2)"), node_of("1.2:"));
}

TEST_F(DevicePathText, Ipv6AddressesMayBeShortened) {
  EXPECT_EQ(node("Dns(fe80::1)"), node("Dns(FE80:0:0:0:0:0:0:1)"));
  EXPECT_EQ(node("Dns(::)"), node("Dns(0:0:0:0:0:0:0:0)"));
  EXPECT_EQ(node("Dns(1:2:3::)"), node("Dns(1:2:3:0:0:0:0:0)"));
  EXPECT_EQ(node("Dns(::1)"), node("Dns(0:0:0:0:0:0:0:1)"));
  for (const char* bad :
       {"Dns(1::2::3)", "Dns(1:2:3)", "Dns(1:2:3:4:5:6:7:8:9)", "Dns(12345::)", "Dns(g::)", "Dns(1.2.3.4,::1)", "Dns(1.2.3)"})
    EXPECT_EQ(node(bad), kBad) << bad;
}

TEST_F(DevicePathText, ParametersThatMakeNoSenseGiveNoNode) {
  for (const char* bad :
       {"Pci(g,0)", "Pci(256,0)", "Pci(0,0,0)", "Pci(0x,0)", "Pci(0,)", "Ctrl(0x100000000)", "BMC(0,0x10000000000000000)",
        "VenHw(1-2-3-4-5)", "VenHw(00112233-4455-6677-8899-AABBCCDDEEFF,0)",
        "VenHw(00112233-4455-6677-8899-AABBCCDDEEFF,0g)", "Acpi(1NP0A03,0)",
        "Acpi(PN_0A03,0)", "Acpi(PNP0A0G,0)", "FibreEx(0x01,0)", "MAC(0,1)", "NVMe(1,01-02)",
        "Wi-Fi(123456789012345678901234567890123)", "HD(1,XYZ,0,0,0)",
        "SasEx(0x0102030405060708,0x1112131415161718,0x5,SAS,Internal,Direct,257)", "NVMEoF(nqn,01)", "IPv4(1.2.3.4.5)", "IPv4(1.2.3.256)",
        "Uart(fast,8,N,1)", "RestService(1,2,3)", "AcpiAdr(x)", "Path(256,1,00)"})
    EXPECT_EQ(node(bad), kBad) << bad;
}

TEST_F(DevicePathText, WhatHasNoKnownNameIsAFile) {
  EXPECT_EQ(node("Foo(1)"), node_of("4.4: 46006f006f0028003100290000 00"));
  EXPECT_EQ(node("Pci"), node_of("4.4: 500063006900 0000"));
  EXPECT_EQ(node(""), node_of("4.4: 0000"));
}

TEST_F(DevicePathText, PathsJoinNodesBySlashesAndInstancesByCommas) {
  const char* text =
      "PciRoot(0x0)/Pci(0x1F,0x2)/Sata(0x0,0xFFFF,0x0)/\\EFI\\BOOT,"
      "VenHw(00112233-4455-6677-8899-AABBCCDDEEFF)/Uri(http://a/b,c)";
  auto whole = path(text);
  EXPECT_EQ(path_text(whole), text);
  EXPECT_EQ(path(std::string("/") + text), whole);
  EXPECT_EQ(path(std::string(text) + "/,"), whole);
  EXPECT_EQ(path(""), node_of("127.255:"));
  EXPECT_EQ(path_text(node_of("127.255:")), "");
  EXPECT_EQ(path_text(path("CDROM(1,2,3),Unit(1)"), true), "CDROM(0x1),Unit(0x1)");
}

TEST_F(DevicePathText, MalformedPathsAndTextsAreRefused) {
  EXPECT_EQ(path("Pci(1,2"), kBad);
  EXPECT_EQ(path("Pci)1,2("), kBad);
  EXPECT_EQ(path("Pci(0,0)/Path(127,255)/Pci(0,0)"), kBad);
  EXPECT_EQ(path("Pci(0,0)/Pci(z)"), kBad);
  EXPECT_EQ(take(node_to_text(heap, nullptr, false, false)), "!INVALID_PARAMETER");
  EXPECT_EQ(take(path_to_text(heap, nullptr, false, false)), "!INVALID_PARAMETER");
  std::vector<uint8_t> short_node(8);
  EXPECT_EQ(take(node_to_text(heap, as_path(short_node), false, false)), "!INVALID_PARAMETER");
  EXPECT_EQ(take(path_to_text(heap, as_path(short_node), false, false)), "!INVALID_PARAMETER");
  EXPECT_EQ(node_from_text(heap, nullptr).status(), Status::InvalidParameter);
  EXPECT_EQ(path_from_text(heap, nullptr).status(), Status::InvalidParameter);
}

TEST_F(DevicePathText, AnyContentsReadBack) {
  std::mt19937 random(1);
  for (const Form& form : kForms)
    for (int round = 0; round < 200; ++round) {
      size_t extra = form.flags & kExact ? 0 : random() % 40;
      std::vector<uint8_t> bytes(form.size + extra);
      for (auto& b : bytes) b = static_cast<uint8_t>(random() % 3 == 0 ? 0 : random() % 2 ? random() : '!' + random() % 90);
      bytes[0] = form.type ? form.type : 1 + random() % 200;
      bytes[1] = form.sub_type ? form.sub_type : 1 + random() % 254;
      bytes[2] = static_cast<uint8_t>(bytes.size());
      bytes[3] = 0;
      bool shortcuts = random() % 2;
      auto written = node_to_text(heap, as_path(bytes), false, shortcuts);
      ASSERT_TRUE(written);
      auto again = this->bytes(node_from_text(heap, *written), false);
      ASSERT_EQ(again, bytes) << take(written);
      heap.release(*written);
      text(bytes, true, shortcuts);
    }
}

TEST_F(DevicePathText, TheLongestNodesPass) {
  std::vector<uint8_t> bytes(0xFFFF, 'a');
  bytes[0] = 3, bytes[1] = 24, bytes[2] = 0xFF, bytes[3] = 0xFF;
  std::string written = text(bytes);
  EXPECT_TRUE(written.starts_with("Uri(aaaa"));
  EXPECT_EQ(node(written), bytes);
  EXPECT_EQ(node(written.substr(0, written.size() - 1) + "a)"), kBad);
  EXPECT_EQ(node(std::string(40000, 'f')), kBad);
  bytes[1] = 99;
  EXPECT_EQ(node(text(bytes)), bytes);
}

TEST_F(DevicePathText, WithoutMemoryThereIsNothing) {
  auto whole = path(
      "iSCSI(target,0x1,0x0001000000000000,CRC32C,None,CHAP_BI,TCP)/AcpiAdr(1,2,3)/"
      "Dns(1.2.3.4,1.2.3.4,1.2.3.4,1.2.3.4,1.2.3.4,1.2.3.4)/\\file");
  int64_t needed = 0;
  for (;; ++needed) {
    heap.failures_after = needed;
    auto made = path_to_text(heap, as_path(whole), false, true);
    heap.failures_after = -1;
    if (made && take(made).starts_with("iSCSI")) break;
    if (!made) EXPECT_EQ(made.status(), Status::OutOfResources);
    ASSERT_LT(needed, 100);
  }
  EXPECT_GT(needed, 1);
  std::u16string text = u"iSCSI(target,0x1,0x0001000000000000)/AcpiAdr(1,2,3)/Dns(1.2.3.4,1.2.3.4,1.2.3.4,1.2.3.4)/" +
                        wide("Path(1,99," + std::string(200, 'A') + ")/" + std::string(200, 'f') + "/UsbWwid(1,2,3,\"" +
                             std::string(1000, 's') + "\")");
  for (needed = 0;; ++needed) {
    heap.failures_after = needed;
    auto made = path_from_text(heap, text.c_str());
    heap.failures_after = -1;
    if (made) {
      heap.release(*made);
      break;
    }
    EXPECT_EQ(made.status(), Status::OutOfResources);
    ASSERT_LT(needed, 100);
  }
  EXPECT_GT(needed, 1);
}

}  // namespace
}  // namespace efilite::core::device_path
