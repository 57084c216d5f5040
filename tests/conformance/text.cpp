// SPDX-License-Identifier: BSD-2-Clause-Patent
// Device paths as text [UEFI 2.10, 10.6], unicode collation [21.1] and decompression [19.5].
#include "conformance.hpp"

namespace conformance {
namespace {

using Path = EFI_DEVICE_PATH;
using ToText = EFI_DEVICE_PATH_TO_TEXT_PROTOCOL;
using FromText = EFI_DEVICE_PATH_FROM_TEXT_PROTOCOL;
using Collation = EFI_UNICODE_COLLATION_PROTOCOL;

EFI_GUID kToTextGuid = EFI_DEVICE_PATH_TO_TEXT_PROTOCOL_GUID;
EFI_GUID kFromTextGuid = EFI_DEVICE_PATH_FROM_TEXT_PROTOCOL_GUID;
EFI_GUID kCollationGuid = UNICODE_COLLATION_PROTOCOL;
EFI_GUID kCollation2Guid = {0xa4c751fc, 0x23ae, 0x4c3e, {0x92, 0xe9, 0x49, 0x64, 0xcf, 0x63, 0xf3, 0x49}};
EFI_GUID kDecompressGuid = {0xd8117cfe, 0x94a6, 0x11d4, {0x9a, 0x3a, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d}};

// A literal as a template's argument, so that each row of the table is a test of its own.
template <typename C, UINTN N>
struct Literal {
  C words[N];
  consteval Literal(const C (&from)[N]) {
    for (UINTN i = 0; i < N; ++i) words[i] = from[i];
  }
};

// Nodes are told in hexadecimal without their lengths: type and subtype, then what follows the header. ";" ends a node.
struct Nodes {
  UINT8 bytes[256];
  UINTN size = 0;
  explicit Nodes(const char* hex) {
    while (*hex != 0) {
      UINT8* node = bytes + size;
      UINTN length = 0;
      for (; *hex != 0 && *hex != ';'; ++hex) {
        if (*hex == ' ') continue;
        if (length == 2) length = 4;
        node[length++] = static_cast<UINT8>(digit(hex[0]) << 4 | digit(hex[1]));
        ++hex;
      }
      if (length < 4) length = 4;
      node[2] = static_cast<UINT8>(length), node[3] = 0;
      size += length;
      if (*hex == ';') ++hex;
    }
  }
  static UINT8 digit(char c) { return static_cast<UINT8>(c <= '9' ? c - '0' : c - 'A' + 10); }
  Path* path() { return reinterpret_cast<Path*>(bytes); }
};

template <typename T, typename Body>
bool with(EFI_GUID& guid, Body body) {
  T* found = locate<T>(guid);
  return found ? body(*found) : skip("the protocol is not there");
}

// The words and the bytes are freed by FreePool.
bool reads(CHAR16* got, const wchar_t* wanted, int line = __builtin_LINE()) {
  if (!that(got != nullptr, line)) return false;
  bool good = that(same(got, text(wanted)), line);
  return ok(bs->FreePool(got), line) && good;
}
bool makes(Path* got, const Nodes& wanted, int line = __builtin_LINE()) {
  if (!that(got != nullptr, line)) return false;
  bool good = that(same(got, wanted.bytes, wanted.size), line);
  return ok(bs->FreePool(got), line) && good;
}

bool prints(const wchar_t* words, const char* hex, BOOLEAN display = FALSE, BOOLEAN shortcuts = TRUE, int line = __builtin_LINE()) {
  return with<ToText>(kToTextGuid, [&](ToText& t) {
    Nodes node(hex);
    return reads(t.ConvertDeviceNodeToText(node.path(), display, shortcuts), words, line);
  });
}
bool parses(const wchar_t* words, const char* hex, int line = __builtin_LINE()) {
  return with<FromText>(kFromTextGuid, [&](FromText& t) { return makes(t.ConvertTextToDeviceNode(text(words)), Nodes(hex), line); });
}
bool path_prints(const wchar_t* words, const char* hex, int line = __builtin_LINE()) {
  return with<ToText>(kToTextGuid, [&](ToText& t) {
    Nodes nodes(hex);
    return reads(t.ConvertDevicePathToText(nodes.path(), FALSE, TRUE), words, line);
  });
}
bool path_parses(const wchar_t* words, const char* hex, int line = __builtin_LINE()) {
  return with<FromText>(kFromTextGuid, [&](FromText& t) { return makes(t.ConvertTextToDevicePath(text(words)), Nodes(hex), line); });
}
// Whatever the text is.
bool returns(const char* hex, int line = __builtin_LINE()) {
  return with<ToText>(kToTextGuid, [&](ToText& t) {
    Nodes node(hex);
    CHAR16* words = t.ConvertDeviceNodeToText(node.path(), FALSE, TRUE);
    if (!that(words != nullptr, line)) return false;
    bool good = parses(reinterpret_cast<wchar_t*>(words), hex, line);
    return ok(bs->FreePool(words), line) && good;
  });
}

// There and back. The texts have few hexadecimal letters: the specification does not tell their case.
template <Literal words, Literal hex>
bool node() {
  if (!prints(words.words, hex.words)) return false;
  return parses(words.words, hex.words);
}
template <Literal words, Literal hex>
bool path() {
  if (!path_prints(words.words, hex.words)) return false;
  return path_parses(words.words, hex.words);
}

#define GUID_BYTES "44332211 6655 8877 9911223344556677"
#define GUID_TEXT L"11223344-5566-7788-9911-223344556677"
#define ISCSI_TEXT L"iSCSI(iqn.a,0x1,0x0001020304050607,CRC32C,None,CHAP_BI,TCP)"
#define ISCSI_BYTES "0313 0000 0200 0001020304050607 0100 69716E2E61"
#define ZEROS_26 "0000000000000000000000000000000000000000000000000000"

// Both forms of the protocol, which differ in their languages only.
template <typename Body>
bool collate(Body body) {
  Collation* first = locate<Collation>(kCollationGuid);
  Collation* second = locate<Collation>(kCollation2Guid);
  if (!first && !second) return skip("no UnicodeCollation");
  return (!first || body(*first)) && (!second || body(*second));
}
bool matches(const wchar_t* string, const wchar_t* pattern, bool wanted, int line = __builtin_LINE()) {
  return collate([&](Collation& c) { return equal(c.MetaiMatch(&c, text(string), text(pattern)) != FALSE, wanted, line); });
}
INTN sign(INTN n) { return n < 0 ? -1 : n > 0; }
bool compares(const wchar_t* a, const wchar_t* b, INTN wanted, int line = __builtin_LINE()) {
  return collate([&](Collation& c) {
    return equal(static_cast<UINT64>(sign(c.StriColl(&c, text(a), text(b)))), static_cast<UINT64>(wanted), line);
  });
}
// The answer, and the bytes in a buffer that was full of `filling`.
bool to_fat(const wchar_t* string, UINTN size, bool wanted, const char* bytes, CHAR8 filling = 0, int line = __builtin_LINE()) {
  return collate([&](Collation& c) {
    CHAR8 fat[12];
    for (CHAR8& byte : fat) byte = filling;
    return equal(c.StrToFat(&c, text(string), size, fat) != FALSE, wanted, line) && that(same(fat, bytes, sizeof fat), line);
  });
}
bool speaks(EFI_GUID& guid, const char* language, UINTN size) {
  return with<Collation>(guid, [&](Collation& c) {
    for (const CHAR8* at = c.SupportedLanguages; *at != 0; ++at) {
      if (same(at, language, size)) return true;
    }
    return that(false);
  });
}

struct Decompress {
  EFI_STATUS(EFIAPI* GetInfo)(Decompress*, void*, UINT32, UINT32*, UINT32*);
  EFI_STATUS(EFIAPI* Unpack)(Decompress*, void*, UINT32, void*, UINT32, void*, UINT32);
};
constexpr char kUnpacked[] = "hello, hello, hello world";
UINT8 packed[] = {0x19, 0x00, 0x00, 0x00, 0x19, 0x00, 0x00, 0x00, 0x00, 0x0e, 0x3a, 0x6d, 0x6d, 0x42, 0xa8, 0x33, 0xc8, 0x68, 0x8d, 0x41,
                  0x81, 0x83, 0x83, 0x05, 0xa7, 0xde, 0x07, 0xb8, 0x0e, 0x94, 0x97, 0xbe, 0x2c};
constexpr UINT32 kUnpackedSize = sizeof kUnpacked - 1;

// A copy of the packed bytes that a test may spoil, with room for the result.
struct Unpacking {
  UINT8 source[sizeof packed];
  UINT32 source_size = sizeof packed;
  UINT32 size = 0, scratch_size = 0;
  UINT8 result[kUnpackedSize + 1] = {};
  Pages scratch{16};
  Unpacking() { bs->CopyMem(source, packed, sizeof packed); }
  EFI_STATUS info(Decompress& d) { return d.GetInfo(&d, source, source_size, &size, &scratch_size); }
  EFI_STATUS unpack(Decompress& d) {
    return d.Unpack(&d, source, source_size, result, size, reinterpret_cast<void*>(scratch.start), scratch_size);
  }
};
template <typename Body>
bool unpacking(Body body) {
  return with<Decompress>(kDecompressGuid, [&](Decompress& d) {
    Unpacking u;
    return ok(u.info(d)) && that(u.scratch_size <= 16 * kPage) && body(d, u);
  });
}

const Test kTests[] = {
    {"10.6.1.6 Pci", node<L"Pci(0x7,0x3)", "0101 0307">},
    {"10.6.1.6 PcCard", node<L"PcCard(0x5)", "0102 05">},
    {"10.6.1.6 MemoryMapped", node<L"MemoryMapped(0x2,0x1000,0x1999)", "0103 02000000 0010000000000000 9919000000000000">},
    {"10.6.1.6 VenHw", node<L"VenHw(" GUID_TEXT L")", "0104" GUID_BYTES>},
    {"10.6.1.6 VenHw with data", node<L"VenHw(" GUID_TEXT L",010299)", "0104" GUID_BYTES "010299">},
    {"10.6.1.6 Ctrl", node<L"Ctrl(0x12)", "0105 12000000">},
    {"10.6.1.6 PciRoot", node<L"PciRoot(0x1)", "0201 D041030A 01000000">},
    {"10.6.1.6 PcieRoot", node<L"PcieRoot(0x1)", "0201 D041080A 01000000">},
    {"10.6.1.6 Floppy", node<L"Floppy(0x1)", "0201 D0410406 01000000">},
    {"10.6.1.6 Keyboard", node<L"Keyboard(0x0)", "0201 D0410103 00000000">},
    {"10.6.1.6 Serial", node<L"Serial(0x2)", "0201 D0410105 02000000">},
    {"10.6.1.6 ParallelPort", node<L"ParallelPort(0x0)", "0201 D0410104 00000000">},
    {"10.6.1.6 Acpi of another identifier", node<L"Acpi(PNP0303,0x1)", "0201 D0410303 01000000">},
    {"10.6.1.6 AcpiEx", node<L"AcpiEx(PNP0303,PNP0404,0x1,h,c,u)", "0202 D0410303 01000000 D0410404 6800 7500 6300">},
    {"10.6.1.6 AcpiExp", node<L"AcpiExp(PNP0303,PNP0404,u)", "0202 D0410303 00000000 D0410404 00 7500 00">},
    {"10.6.1.6 AcpiAdr", node<L"AcpiAdr(0x80010100,0x2)", "0203 00010180 02000000">},
    {"10.6.1.6 Ata", node<L"Ata(Secondary,Slave,0x1)", "0301 01 01 0100">},
    {"10.6.1.6 Scsi", node<L"Scsi(0x1,0x2)", "0302 0100 0200">},
    {"10.6.1.6 Fibre", node<L"Fibre(0x1122334455667788,0x2)", "0303 00000000 8877665544332211 0200000000000000">},
    {"10.6.1.6 FibreEx: byte 0 is the first",
     node<L"FibreEx(0x1122334455667788,0x0001020304050607)", "0315 00000000 1122334455667788 0001020304050607">},
    {"10.6.1.6 I1394", node<L"I1394(1122334455667788)", "0304 00000000 8877665544332211">},
    {"10.6.1.6 USB", node<L"USB(0x1,0x2)", "0305 0102">},
    {"10.6.1.6 I2O", node<L"I2O(0x12)", "0306 12000000">},
    {"10.6.1.6 Infiniband",
     node<L"Infiniband(0x1," GUID_TEXT L",0x2,0x3,0x4)",
          "0309 01000000" GUID_BYTES "0200000000000000 0300000000000000 0400000000000000">},
    {"10.6.1.6 VenMsg", node<L"VenMsg(" GUID_TEXT L",0102)", "030A" GUID_BYTES "0102">},
    {"10.6.1.6 VenPcAnsi", node<L"VenPcAnsi()", "030A 5347C1E0 BEF9 D211 9A0C0090273FC14D">},
    {"10.6.1.6 VenVt100", node<L"VenVt100()", "030A 6560A6DF 19B4 D311 9A2D0090273FC14D">},
    {"10.6.1.6 VenVt100Plus", node<L"VenVt100Plus()", "030A 0BC7AE7B E057 764C 8E87 2F9E28088343">},
    {"10.6.1.6 VenUtf8", node<L"VenUtf8()", "030A D6A015AD EC8B CF4A A073D01DE77E2D88">},
    {"10.6.1.6 MAC", node<L"MAC(001122334455,0x1)", "030B 001122334455" ZEROS_26 "01">},
    {"10.6.1.6 IPv4",
     node<L"IPv4(192.168.0.1,TCP,Static,192.168.0.2,192.168.0.3,255.255.255.0)",
          "030C C0A80002 C0A80001 0000 0000 0600 01 C0A80003 FFFFFF00">},
    {"10.6.1.6 IPv6",
     node<L"IPv6(2001:1111:1222:1333:1444:1555:1666:1777,UDP,StatelessAutoConfigure,2002:1111:1222:1333:1444:1555:1666:1777,0x40,"
          L"2003:1111:1222:1333:1444:1555:1666:1777)",
          "030D 20021111122213331444155516661777 20011111122213331444155516661777 0000 0000 1100 01 40"
          "20031111122213331444155516661777">},
    {"10.6.1.6 Uart", node<L"Uart(115200,8,N,1)", "030E 00000000 00C2010000000000 08 01 01">},
    {"10.6.1.6 Uart: defaults", node<L"Uart(DEFAULT,DEFAULT,D,D)", "030E 00000000 0000000000000000 00 00 00">},
    {"10.6.1.6 UsbHID", node<L"UsbHID(0x1234,0x5678,0x1,0x2)", "030F 3412 7856 03 01 02">},
    {"10.6.1.6 UsbMassStorage", node<L"UsbMassStorage(0x1234,0x5678,0x6,0x50)", "030F 3412 7856 08 06 50">},
    {"10.6.1.6 UsbClass", node<L"UsbClass(0x1234,0x5678,0x77,0x1,0x2)", "030F 3412 7856 77 01 02">},
    {"10.6.1.6 UsbWwid", node<L"UsbWwid(0x1234,0x5678,0x1,\"ab\")", "0310 0100 3412 7856 61006200">},
    {"10.6.1.6 Unit", node<L"Unit(0x2)", "0311 02">},
    {"10.6.1.6 Sata", node<L"Sata(0x1,0x2,0x3)", "0312 0100 0200 0300">},
    {"10.6.1.6 iSCSI: a name that ends with a NUL", node<ISCSI_TEXT, ISCSI_BYTES "00">},
    {"10.6.1.6 iSCSI: the length tells where the name ends", [] { return prints(ISCSI_TEXT, ISCSI_BYTES, TRUE); }},
    {"10.6.3 ConvertDeviceNodeToText: the text gives the node back, iSCSI names without a NUL", [] { return returns(ISCSI_BYTES); }},
    {"10.6.1.6 Vlan", node<L"Vlan(5)", "0314 0500">},
    {"10.6.1.6 NVMe", node<L"NVMe(0x1,11-22-33-44-55-66-77-88)", "0317 01000000 8877665544332211">},
    {"10.6.1.6 Uri", node<L"Uri(http://a/b)", "0318 687474703A2F2F612F62">},
    {"10.6.1.6 UFS", node<L"UFS(0x1,0x2)", "0319 0102">},
    {"10.6.1.6 SD", node<L"SD(0x1)", "031A 01">},
    {"10.6.1.6 eMMC", node<L"eMMC(0x1)", "031D 01">},
    {"10.6.1.6 Bluetooth", node<L"Bluetooth(001122334455)", "031B 001122334455">},
    {"10.6.1.6 Wi-Fi", node<L"Wi-Fi(abcdef)", "031C 616263646566" ZEROS_26>},
    {"10.6.1.6 Dns", node<L"Dns(8.8.8.8,8.8.4.4)", "031F 00 08080808000000000000000000000000 08080404000000000000000000000000">},
    {"10.6.1.6 HD: GPT",
     node<L"HD(1,GPT," GUID_TEXT L",0x800,0x1000)", "0401 01000000 0008000000000000 0010000000000000" GUID_BYTES "02 02">},
    {"10.6.1.6 HD: MBR", node<L"HD(2,MBR,0x12345678,0x800,0x1000)",
                              "0401 02000000 0008000000000000 0010000000000000 78563412000000000000000000000000 01 01">},
    {"10.6.1.6 CDROM", node<L"CDROM(0x1,0x20,0x40)", "0402 01000000 2000000000000000 4000000000000000">},
    {"10.6.1.6 VenMedia", node<L"VenMedia(" GUID_TEXT L",01)", "0403" GUID_BYTES "01">},
    {"10.6.1.6 File", node<L"\\EFI\\a.efi", "0404 5C004500460049005C0061002E006500660069000000">},
    {"10.6.1.6 Media", node<L"Media(" GUID_TEXT L")", "0405" GUID_BYTES>},
    {"10.6.1.6 FvFile", node<L"FvFile(" GUID_TEXT L")", "0406" GUID_BYTES>},
    {"10.6.1.6 Fv", node<L"Fv(" GUID_TEXT L")", "0407" GUID_BYTES>},
    {"10.6.1.6 Offset", node<L"Offset(0x10,0x20)", "0408 00000000 1000000000000000 2000000000000000">},
    {"10.6.1.6 VirtualDisk",
     node<L"VirtualDisk(0x1000,0x1999,1)", "0409 0010000000000000 9919000000000000 5A53AB77 FC45 4B62 5560F7B281D1F96E 0100">},
    {"10.6.1.6 BBS", node<L"BBS(HD,ab,0x1)", "0501 0200 0100 616200">},
    {"10.6.1.6 Path: a node of no known type", node<L"Path(6,9,0102)", "0609 0102">},
    {"10.6.1.6 HardwarePath: an unknown subtype", node<L"HardwarePath(99,0102)", "0163 0102">},
    {"10.6.1.6 Msg: an unknown subtype", node<L"Msg(99,0102)", "0363 0102">},

    {"10.6.2 A path's nodes have slashes between them", path<L"PciRoot(0x0)/Pci(0x1,0x0)/USB(0x1,0x2)",
                                                             "0201 D041030A 00000000;0101 0001;0305 0102;7FFF">},
    {"10.6.2 A path's instances have commas between them", path<L"PciRoot(0x0)/Pci(0x1,0x0),PciRoot(0x1)",
                                                                "0201 D041030A 00000000;0101 0001;7F01;0201 D041030A 01000000;7FFF">},
    {"10.6.2 A path with a file", [] {
       return path_prints(L"Pci(0x1,0x0)/\\a", "0101 0001;0404 5C0061000000;7FFF") &&
              path_parses(L"Pci(0x1,0x0)/\\a", "0101 0001;0404 5C0061000000;7FFF");
     }},
    {"10.6.3 ConvertDeviceNodeToText: of NULL it is NULL",
     [] { return with<ToText>(kToTextGuid, [](ToText& t) { return that(!t.ConvertDeviceNodeToText(nullptr, FALSE, FALSE)); }); }},
    {"10.6.4 ConvertDevicePathToText: of NULL it is NULL",
     [] { return with<ToText>(kToTextGuid, [](ToText& t) { return that(!t.ConvertDevicePathToText(nullptr, FALSE, FALSE)); }); }},
    {"10.6.6 ConvertTextToDeviceNode: of NULL it is NULL",
     [] { return with<FromText>(kFromTextGuid, [](FromText& t) { return that(!t.ConvertTextToDeviceNode(nullptr)); }); }},
    {"10.6.7 ConvertTextToDevicePath: of NULL it is NULL",
     [] { return with<FromText>(kFromTextGuid, [](FromText& t) { return that(!t.ConvertTextToDevicePath(nullptr)); }); }},
    {"10.6.3 DisplayOnly leaves out what parsing needs: Ata", [] { return prints(L"Ata(0x1)", "0301 01 01 0100", TRUE); }},
    {"10.6.3 DisplayOnly leaves out what parsing needs: CDROM",
     [] { return prints(L"CDROM(0x1)", "0402 01000000 2000000000000000 4000000000000000", TRUE); }},
    {"10.6.3 AllowShortcuts: FALSE is the longer text", [] {
       return prints(L"VenMsg(E0C14753-F9BE-11D2-9A0C-0090273FC14D)", "030A 5347C1E0 BEF9 D211 9A0C0090273FC14D", FALSE, FALSE);
     }},
    {"10.6.6 Numbers may be decimal", [] { return parses(L"Pci(10,3)", "0101 030A"); }},

    {"21.1.2 StriColl: the case of letters is nothing", [] { return compares(L"aBc", L"AbC", 0); }},
    {"21.1.2 StriColl: less is negative", [] { return compares(L"ABC", L"abd", -1); }},
    {"21.1.2 StriColl: greater is positive", [] { return compares(L"abd", L"ABC", 1); }},
    {"21.1.2 StriColl: the beginning is less", [] { return compares(L"ab", L"ABC", -1) && compares(L"", L"", 0); }},
    {"21.1.3 MetaiMatch: * is any number of characters",
     [] { return matches(L"abc.FW", L"*.fw", true) && matches(L"abc", L"abc*", true) && matches(L"abc", L"*d", false); }},
    {"21.1.3 MetaiMatch: ? is one character",
     [] { return matches(L"abc", L"a?c", true) && matches(L"ac", L"a?c", false) && matches(L"abc", L"abc?", false); }},
    {"21.1.3 MetaiMatch: a set", [] { return matches(L"B", L"[abc]", true) && matches(L"d", L"[abc]", false); }},
    {"21.1.3 MetaiMatch: a range", [] { return matches(L"m", L"[a-z]", true) && matches(L"5", L"[a-z]", false); }},
    {"21.1.3 MetaiMatch: the whole string", [] { return matches(L"abcd", L"abc", false) && matches(L"ABC", L"abc", true); }},
    {"21.1.4 StrLwr: in place", [] {
       return collate([](Collation& c) {
         CHAR16 words[] = {'A', 'b', '1', '_', 'Z', 0};
         c.StrLwr(&c, words);
         return that(same(words, text(L"ab1_z")));
       });
     }},
    {"21.1.5 StrUpr: in place", [] {
       return collate([](Collation& c) {
         CHAR16 words[] = {'A', 'b', '1', '_', 'z', 0};
         c.StrUpr(&c, words);
         return that(same(words, text(L"AB1_Z")));
       });
     }},
    {"21.1.6 FatToStr: to the size, or to a NUL", [] {
       return collate([](Collation& c) {
         CHAR8 fat[] = {'A', 'B', 'C', 0, 'D'};
         CHAR16 words[8];
         c.FatToStr(&c, 2, fat, words);
         if (!that(same(words, text(L"AB")))) return false;
         c.FatToStr(&c, 5, fat, words);
         return that(same(words, text(L"ABC")));
       });
     }},
    {"21.1.7 StrToFat: in capitals", [] { return to_fat(L"abc1", 8, false, "ABC1\0\0\0\0\0\0\0"); }},
    {"21.1.7 StrToFat: the name ends with a NUL", [] { return to_fat(L"abc1", 8, false, "ABC1\0#######", '#'); }},
    {"21.1.7 StrToFat: what is not legal becomes _", [] { return to_fat(L"a+b", 8, true, "A_B\0\0\0\0\0\0\0\0"); }},
    {"21.1.7 StrToFat: no periods and spaces", [] { return to_fat(L"a. b", 8, false, "AB\0\0\0\0\0\0\0\0\0"); }},
    {"21.1.7 StrToFat: to the size", [] { return to_fat(L"abcdefghij", 8, false, "ABCDEFGH####", '#'); }},
    {"21.1.1 UnicodeCollation: English by ISO 639-2", [] { return speaks(kCollationGuid, "eng", 3); }},
    {"21.1.1 UnicodeCollation2: English by RFC 4646", [] { return speaks(kCollation2Guid, "en", 2); }},

    {"19.5.2 GetInfo: the size", [] { return unpacking([](Decompress&, Unpacking& u) { return equal(u.size, kUnpackedSize); }); }},
    {"19.5.2 GetInfo: a source that is shorter than it says is INVALID_PARAMETER",
     [] { return unpacking([](Decompress& d, Unpacking& u) { return --u.source_size, is(u.info(d), kInvalid); }); }},
    {"19.5.2 GetInfo: a source without a header is INVALID_PARAMETER",
     [] { return unpacking([](Decompress& d, Unpacking& u) { return u.source_size = 7, is(u.info(d), kInvalid); }); }},
    {"19.5.3 Decompress: the bytes, and none behind", [] {
       return unpacking([](Decompress& d, Unpacking& u) {
         return ok(u.unpack(d)) && that(same(u.result, kUnpacked, kUnpackedSize)) && equal(u.result[kUnpackedSize], 0);
       });
     }},
    {"19.5.3 Decompress: too small a destination is INVALID_PARAMETER",
     [] { return unpacking([](Decompress& d, Unpacking& u) { return --u.size, is(u.unpack(d), kInvalid); }); }},
    {"19.5.3 Decompress: too small a scratch is INVALID_PARAMETER",
     [] { return unpacking([](Decompress& d, Unpacking& u) { return --u.scratch_size, is(u.unpack(d), kInvalid); }); }},
    {"19.5.3 Decompress: a corrupted source is INVALID_PARAMETER", [] {
       return unpacking([](Decompress& d, Unpacking& u) {
         for (UINTN i = 10; i < u.source_size; ++i) u.source[i] = 0xFF;
         return is(u.unpack(d), kInvalid);
       });
     }},
};

}  // namespace

constinit const Chapter kText(kTests);

}  // namespace conformance
