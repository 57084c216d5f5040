// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "platform/acpi_padding.hpp"

#include <gtest/gtest.h>

#include "abi/acpi.hpp"
#include "base/byte_sum.hpp"
#include "platform/acpi.hpp"
#include "tests/support/fw_cfg.hpp"
#include "tests/support/log.hpp"
#include "tests/support/physical_memory.hpp"

namespace efilite::platform {
namespace {

constexpr uint64_t kRsdp = 0xF5000, kPlace = 0x1FFE0000, kSize = 0x20000;
// In the file, in QEMU's order.
constexpr uint32_t kFacs = 0, kDsdt = 0x40, kFadt = 0x1800, kMadt = 0x1900, kRoot = 0x2200;
constexpr uint64_t kEnd = 0x1FFE3000;  // of the pages with tables

struct AcpiPadding : testing::Test {
  AcpiPadding() {
    memory.map(kRsdp, kPageSize);
    memory.map(kPlace, kSize);
    EXPECT_TRUE(fw_cfg.detect());
  }
  static acpi::Header header(const char (&name)[5], size_t length) {
    acpi::Header header{};
    header.signature = acpi::signature(name);
    header.length = static_cast<uint32_t>(length);
    return header;
  }
  void sum_up(uint32_t offset, size_t length) {
    const auto bytes = *memory.window(PhysAddr{kPlace + offset}, length);
    bytes[offsetof(acpi::Header, checksum)] = std::byte{0};
    bytes[offsetof(acpi::Header, checksum)] = std::byte(uint8_t(-byte_sum(bytes)));
  }
  void put_table(uint32_t offset, const char (&name)[5], size_t length) {
    memory.put(kPlace + offset, header(name, length));
    if (length < kSize) sum_up(offset, length);
  }
  template <typename Entry>
  void put_root(const char (&name)[5]) {
    const Entry entries[] = {kPlace + kFadt, kPlace + kMadt};
    put_table(kRoot, name, sizeof(acpi::Header) + sizeof entries);
    memory.put(kPlace + kRoot + sizeof(acpi::Header), entries);
    sum_up(kRoot, sizeof(acpi::Header) + sizeof entries);
  }
  static acpi::Rsdp root_pointer(bool wide, uint64_t root) {
    acpi::Rsdp rsdp{};
    memcpy(rsdp.signature, "RSD PTR ", 8);
    if (wide) {
      rsdp.revision = 2;
      rsdp.length = sizeof rsdp;
      rsdp.xsdt_address = root;
    } else {
      rsdp.rsdt_address = static_cast<uint32_t>(root);
    }
    rsdp.checksum = uint8_t(-byte_sum(bytes_of(rsdp).first(acpi::kRsdp1Size)));
    if (wide) rsdp.extended_checksum = uint8_t(-byte_sum(bytes_of(rsdp)));
    return rsdp;
  }
  void put_tables(bool wide) {
    put_table(kFacs, "FACS", 64);
    put_table(kDsdt, "DSDT", kFadt - kDsdt);
    acpi::Fadt fadt{};
    fadt.header = header("FACP", wide ? sizeof fadt : acpi::kFadt1Size);
    fadt.firmware_ctrl = kPlace + kFacs;
    fadt.dsdt = kPlace + kDsdt;
    memory.put(kPlace + kFadt, bytes_of(fadt).first(fadt.header.length));
    sum_up(kFadt, fadt.header.length);
    put_table(kMadt, "APIC", 0x80);
    wide ? put_root<uint64_t>("XSDT") : put_root<uint32_t>("RSDT");
    memory.put(kRsdp, root_pointer(wide, kPlace + kRoot));
  }
  // Its beginning is enough.
  void put_file(uint64_t size = kSize) {
    test::FakeFwCfg::Item file(size);
    memcpy(file.data(), memory.window(PhysAddr{kPlace}, 8)->data(), 8);
    device.add_file("etc/acpi/tables", file);
  }
  PhysRange padding() {
    const auto facts = read_acpi(memory, PhysAddr{kRsdp}, false);
    return facts ? acpi_padding(memory, facts->tables, fw_cfg) : PhysRange{};
  }

  test::CapturedLog log;
  test::FakePhysicalMemory memory;
  test::FakeFwCfg device;
  drivers::FwCfg fw_cfg;
};

TEST_F(AcpiPadding, IsWhatLiesBehindTheLastTable) {
  for (bool wide : {false, true}) {
    put_tables(wide);
    if (!wide) put_file();
    EXPECT_EQ(padding(), (PhysRange{{kEnd}, {kPlace + kSize}}));
  }
}

TEST_F(AcpiPadding, IsNotWhereAnyTableLies) {
  put_tables(false);
  put_file();
  put_table(kMadt, "APIC", 0x4000);
  EXPECT_EQ(padding().begin.value, kPlace + 0x6000);
  put_tables(false);
  put_table(kDsdt, "DSDT", 0x8000);  // only the FADT knows of it
  EXPECT_EQ(padding().begin.value, kPlace + 0x9000);
  put_tables(false);
  memory.put(kPlace + kFadt + offsetof(acpi::Fadt, dsdt), uint32_t{0x3000});
  sum_up(kFadt, acpi::kFadt1Size);
  EXPECT_TRUE(padding().empty()) << "a table that cannot be read may be anywhere";
}

TEST_F(AcpiPadding, IsNoPartOfAPage) {
  put_tables(false);
  put_file(0x4FFF);
  EXPECT_EQ(padding(), (PhysRange{{kEnd}, {kPlace + 0x4000}}));
}

TEST_F(AcpiPadding, IsEmptyWhereTheTablesAreNotThatFiles) {
  EXPECT_TRUE(padding().empty()) << "there are no tables";
  put_tables(false);
  EXPECT_TRUE(padding().empty()) << "there is no file";
  device.add_file("etc/acpi/tables", test::FakeFwCfg::Item(kSize));
  EXPECT_TRUE(padding().empty()) << "it begins with another table";
}

TEST_F(AcpiPadding, IsEmptyWhereTheFileIsFull) {
  put_tables(false);
  put_file(kRoot + 0x40);
  EXPECT_TRUE(padding().empty());
}

}  // namespace
}  // namespace efilite::platform
