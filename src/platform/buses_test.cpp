// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "platform/buses.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "abi/acpi.hpp"
#include "platform/acpi_resources.hpp"
#include "tests/support/log.hpp"
#include "tests/support/physical_memory.hpp"

namespace efilite::platform {
namespace {

using Bytes = std::vector<uint8_t>;
using core::RegisterSpace;

class BusesTest : public testing::Test {
 protected:
  void options(std::string_view line) { read_mmio_options(line, buses); }
  void aml(const Bytes& bytes) { find_resources(std::as_bytes(std::span(bytes)), buses); }

  test::CapturedLog captured;
  std::string& told = captured.text;
  Buses buses;
};

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
Bytes text(std::string_view s) { return Bytes(s.begin(), s.end()); }
Bytes number(uint64_t value, int width) {
  Bytes out;
  for (int i = 0; i < width; ++i) out.push_back(static_cast<uint8_t>(value >> (8 * i)));
  return out;
}
Bytes package(const Bytes& content) {
  const size_t size = content.size() + 2;
  return Bytes{static_cast<uint8_t>(0x40 | (size & 15)), static_cast<uint8_t>(size >> 4)} + content;
}
Bytes resources(const Bytes& items) {
  const Bytes all = items + Bytes{0x79, 0};
  return Bytes{0x08} + text("_CRS") + Bytes{0x11} + package(Bytes{0x0A, static_cast<uint8_t>(all.size())} + all);
}
Bytes hid(std::string_view name) { return Bytes{0x08} + text("_HID") + Bytes{0x0D} + text(name) + Bytes{0}; }
Bytes device(const Bytes& content) { return Bytes{0x5B, 0x82} + package(text("DEV0") + content); }
Bytes memory32_fixed(uint32_t base, uint32_t size) { return Bytes{0x86, 9, 0, 1} + number(base, 4) + number(size, 4); }
Bytes interrupt() { return Bytes{0x89, 6, 0, 3, 1} + number(12, 4); }
Bytes space(int width, uint8_t kind, uint64_t first, uint64_t last, uint64_t size, uint8_t flags = 0x0C) {
  const uint8_t tag = width == 2 ? 0x88 : width == 4 ? 0x87 : 0x8A;
  Bytes fields = Bytes{kind, flags, 1} + number(0, width) + number(first, width) + number(last, width) + number(0, width) +
                 number(size, width);
  return Bytes{tag} + number(fields.size(), 2) + fields;
}

TEST_F(BusesTest, TheOptionGivesSizeAndBase) {
  options("console=ttyS0 virtio_mmio.device=512@0xfeb00e00:12 virtio_mmio.device=4K@0xd0001000:6:3 root=/dev/vda");
  ASSERT_EQ(buses.mmio.size(), 2u);
  EXPECT_EQ(buses.mmio[0].base, 0xFEB00E00u);
  EXPECT_EQ(buses.mmio[0].size, 512u);
  EXPECT_EQ(buses.mmio[1].base, 0xD0001000u);
  EXPECT_EQ(buses.mmio[1].size, 4096u);
  EXPECT_EQ(told, "");
}

TEST_F(BusesTest, TheOptionsNameMayHaveDashesAndItsWordQuotes) {
  options("virtio-mmio.device=1k@3221225472:5 \"virtio_mmio.device=010M@0xC8000000:5\"");
  ASSERT_EQ(buses.mmio.size(), 2u);
  EXPECT_EQ(buses.mmio[0].base, 0xC0000000u);
  EXPECT_EQ(buses.mmio[1].size, 8u << 20);
}

TEST_F(BusesTest, BehindTwoDashesItIsInits) {
  options("quiet -- virtio_mmio.device=512@0xfeb00e00:12");
  EXPECT_TRUE(buses.mmio.empty());
}

TEST_F(BusesTest, AnOptionThatMakesNoSenseIsToldAndLeftOut) {
  for (const char* bad : {"", "512", "512@", "512@0x", "512@0x1000", "512@0x1000:", "512@0x1000:5:", "512@0x1000:5:1:", "@0x1000:5",
                          "99999999999999999999999@0x1000:5", "17E@0x1000:5", "512@0x1000:5x", "09@0x1000:5"}) {
    told.clear();
    options(std::string("virtio_mmio.device=") + bad);
    EXPECT_TRUE(buses.mmio.empty()) << bad;
    EXPECT_NE(told.find("is not <size>@<base>:<irq>"), std::string::npos) << bad;
  }
}

TEST_F(BusesTest, APlaceThatCannotBeIsLeftOut) {
  options("virtio_mmio.device=0x80@0x1000:5 virtio_mmio.device=512@0:5 virtio_mmio.device=512@0xfffffffffffffff0:5 "
          "virtio_mmio.device=8E@0x1000:5");
  EXPECT_TRUE(buses.mmio.empty());
}

TEST_F(BusesTest, ADeviceToldTwiceIsThereOnce) {
  options("virtio_mmio.device=512@0xfeb00e00:12");
  aml(device(hid("LNRO0005") + resources(memory32_fixed(0xFEB00E00, 512) + interrupt())));
  add_microvm_slots(buses);
  EXPECT_EQ(buses.mmio.size(), 24u);
}

TEST_F(BusesTest, MoreThanThereIsRoomForIsTold) {
  for (uint64_t i = 1; i <= buses.mmio.capacity() + 1; ++i) buses.add(MmioPlace{i << 12, 0x200});
  EXPECT_EQ(buses.mmio.size(), buses.mmio.capacity());
  EXPECT_NE(told.find("more than 128 places of virtio devices"), std::string::npos);
}

TEST_F(BusesTest, VirtioDevicesOfTheDsdtAreFoundByTheirHid) {
  aml(device(hid("PNP0501") + resources(memory32_fixed(0xFE000000, 0x1000))) +
      device(hid("LNRO0005") + Bytes{0x08} + text("_UID") + Bytes{0x00} + resources(memory32_fixed(0xFEB00000, 0x200) + interrupt())) +
      device(resources(interrupt() + space(8, 0, 0x1'0000'0000, 0x1'0000'0FFF, 0x1000, 0x0D)) + hid("LNRO0005")));
  ASSERT_EQ(buses.mmio.size(), 2u);
  EXPECT_EQ(buses.mmio[0].base, 0xFEB00000u);
  EXPECT_EQ(buses.mmio[0].size, 0x200u);
  EXPECT_EQ(buses.mmio[1].base, 0x100000000u);
  EXPECT_EQ(buses.mmio[1].size, 0x1000u);
  EXPECT_TRUE(buses.pci_windows.empty());
}

TEST_F(BusesTest, AMethodThatReturnsAConstantIsAsGood) {
  const Bytes items = memory32_fixed(0xFEB00200, 0x200) + Bytes{0x79, 0};
  aml(device(hid("LNRO0005") + Bytes{0x14} + package(text("_CRS") + Bytes{0x00, 0xA4, 0x11} +
                                                     package(Bytes{0x0A, static_cast<uint8_t>(items.size())} + items))));
  ASSERT_EQ(buses.mmio.size(), 1u);
  EXPECT_EQ(buses.mmio[0].base, 0xFEB00200u);
}

TEST_F(BusesTest, WindowsAreWhatABridgeProduces) {
  aml(device(hid("PNP0A08")) + resources(space(2, 2, 0, 255, 256) + space(2, 1, 0xD00, 0xFFFF, 0xF300) +
                                         space(4, 0, 0xA0000, 0xBFFFF, 0x20000) +
                                         space(4, 0, 0xC0000000, 0xDFFFFFFF, 0x20000000) +
                                         space(8, 0, 0x8'0000'0000, 0xF'FFFF'FFFF, 0x8'0000'0000) +
                                         space(4, 0, 0xE0000000, 0xE0000FFF, 0x1000, 0x0D)));
  ASSERT_EQ(buses.pci_windows.size(), 3u);
  EXPECT_EQ(buses.pci_windows[0].space, RegisterSpace::Io);
  EXPECT_EQ(buses.pci_windows[0].base, 0xD00u);
  EXPECT_EQ(buses.pci_windows[1].base, 0xC0000000u);
  EXPECT_EQ(buses.pci_windows[1].size, 0x20000000u);
  EXPECT_EQ(buses.pci_windows[2].size, 0x800000000u);
}

TEST_F(BusesTest, ABridgeTellsOfItsConfigurationSpace) {
  aml(device(hid("PNP0A08") + Bytes{0x08} + text("_CBA") + Bytes{0x0C} + number(0xE0000000, 4)));
  ASSERT_EQ(buses.ecam.size(), 1u);
  EXPECT_EQ(buses.ecam[0].base, 0xE0000000u);
  EXPECT_EQ(buses.ecam[0].last_bus, 255);
  aml(device(Bytes{0x14} + package(text("_CBA") + Bytes{0x08, 0xA4, 0x0C} + number(0xD0000000, 4))));
  EXPECT_EQ(buses.ecam.size(), 1u) << "it is known already";
  buses.ecam.clear();
  aml(device(Bytes{0x14} + package(text("_CBA") + Bytes{0x08, 0xA4, 0x0C} + number(0xD0000000, 4))));
  ASSERT_EQ(buses.ecam.size(), 1u);
  EXPECT_EQ(buses.ecam[0].base, 0xD0000000u);
  aml(text("_CBA"));
}

TEST_F(BusesTest, AWindowThatContradictsItselfIsNone) {
  aml(resources(space(4, 0, 0xC0000000, 0xDFFFFFFF, 0x1000) + space(4, 0, 0xD0000000, 0xC0000000, 0x1000) +
                space(4, 0, 0xC0000000, 0xBFFFFFFF, 0)));
  EXPECT_TRUE(buses.pci_windows.empty());
}

TEST_F(BusesTest, ATemplateThatIsCutOffIsReadUpToThere) {
  Bytes whole = device(hid("LNRO0005") + resources(memory32_fixed(0xFEB00000, 0x200) + memory32_fixed(0xFEB00200, 0x200)));
  while (!whole.empty()) {
    whole.pop_back();
    Buses found;
    Bytes exact(whole);
    find_resources(std::as_bytes(std::span(exact)), found);
    EXPECT_LE(found.mmio.size(), 2u);
  }
}

class AcpiBuses : public BusesTest {
 protected:
  static constexpr uint64_t kRsdp = 0xE0000, kRoot = 0x7FE0000, kDsdt = 0x7FE1000, kMcfg = 0x7FE2000, kSsdt = 0x7FE3000;
  static uint8_t sum(ByteSpan bytes) {
    uint8_t s = 0;
    for (std::byte b : bytes) s = static_cast<uint8_t>(s + static_cast<uint8_t>(b));
    return s;
  }
  void put_table(uint64_t at, const char (&name)[5], const Bytes& content) {
    auto bytes = memory.map(at, sizeof(acpi::Header) + content.size());
    acpi::Header header{};
    header.signature = acpi::signature(name);
    header.length = static_cast<uint32_t>(bytes.size());
    memcpy(bytes.data(), &header, sizeof header);
    if (!content.empty()) memcpy(bytes.data() + sizeof header, content.data(), content.size());
    bytes[9] = std::byte{static_cast<uint8_t>(0 - sum(bytes))};
  }
  void put_root() {
    acpi::Rsdp rsdp{};
    memcpy(rsdp.signature, "RSD PTR ", 8);
    rsdp.rsdt_address = kRoot;
    rsdp.checksum = static_cast<uint8_t>(0 - sum(bytes_of(rsdp).first(20)));
    memory.map(kRsdp, 0x20000);
    memory.put(kRsdp, rsdp);
    put_table(kRoot, "RSDT", number(kMcfg, 4) + number(kSsdt, 4));
  }
  static Bytes entry(uint64_t base, uint16_t segment, uint8_t first, uint8_t last) {
    return number(base, 8) + number(segment, 2) + Bytes{first, last, 0, 0, 0, 0};
  }
  test::FakePhysicalMemory memory;
};

TEST_F(AcpiBuses, McfgTellsOfEachSegment) {
  put_root();
  put_table(kMcfg, "MCFG",
            Bytes(8) + entry(0xB0000000, 0, 0, 255) + entry(0xE8000000, 1, 0, 0) + entry(0, 2, 0, 0) + entry(1 << 28, 3, 5, 4));
  put_table(kSsdt, "SSDT", device(hid("LNRO0005") + resources(memory32_fixed(0xFEB00000, 0x200))));
  put_table(kDsdt, "DSDT", resources(space(4, 0, 0xC0000000, 0xDFFFFFFF, 0x20000000)));
  read_mcfg(memory, {kRsdp}, buses);
  EXPECT_TRUE(buses.pci_windows.empty()) << "AML is searched when it is wanted";
  read_aml(memory, {kRsdp}, {kDsdt}, buses);
  ASSERT_EQ(buses.ecam.size(), 2u);
  EXPECT_EQ(buses.ecam[0].base, 0xB0000000u);
  EXPECT_EQ(buses.ecam[0].last_bus, 255);
  EXPECT_EQ(buses.ecam[1].segment, 1);
  EXPECT_EQ(buses.mmio.size(), 1u);
  EXPECT_EQ(buses.pci_windows.size(), 1u);
}

TEST_F(AcpiBuses, AMcfgWithAWrongChecksumIsToldAndNotUsed) {
  put_root();
  put_table(kMcfg, "MCFG", Bytes(8) + entry(0xB0000000, 0, 0, 255));
  put_table(kSsdt, "SSDT", {});
  memory.put(kMcfg + 44, uint8_t{1});
  read_mcfg(memory, {kRsdp}, buses);
  read_aml(memory, {kRsdp}, {}, buses);
  EXPECT_TRUE(buses.ecam.empty());
  EXPECT_NE(told.find("wrong checksum"), std::string::npos);
}

TEST_F(AcpiBuses, WithoutARootPointerThereIsNothing) {
  memory.map(kRsdp, 0x20000);
  read_mcfg(memory, {kRsdp}, buses);
  read_aml(memory, {kRsdp}, {}, buses);
  EXPECT_TRUE(buses.ecam.empty());
}

}  // namespace
}  // namespace efilite::platform
