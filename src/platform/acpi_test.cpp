// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "platform/acpi.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "abi/acpi.hpp"
#include "platform/acpi_s5.hpp"
#include "tests/support/log.hpp"
#include "tests/support/physical_memory.hpp"

namespace efilite::platform {
namespace {

using Bytes = std::vector<uint8_t>;

ByteSpan span_of(const Bytes& bytes) { return std::as_bytes(std::span(bytes)); }

void fix_sum(std::byte* bytes, size_t size, size_t at) {
  bytes[at] = std::byte{0};
  uint8_t sum = 0;
  for (size_t i = 0; i < size; ++i) sum = static_cast<uint8_t>(sum + static_cast<uint8_t>(bytes[i]));
  bytes[at] = std::byte{static_cast<uint8_t>(0 - sum)};
}

class Acpi : public testing::Test {
 protected:
  static constexpr uint64_t kRsdp = 0xE0000, kRoot = 0xFC000000, kFadt = 0xFC001000, kMadt = 0xFC002000, kDsdt = 0xFC003000,
                            kSsdt = 0xFC004000;
  Acpi() {
    memory.map(kRsdp, 0x20000);
    fadt.header.revision = 5;
    fadt.dsdt = kDsdt;
    fadt.pm1a_cnt_blk = 0x604;
    fadt.pm1_cnt_len = 2;
    fadt.pm_tmr_blk = 0x608;
    fadt.pm_tmr_len = 4;
    fadt.sci_int = 9;
    fadt.smi_cmd = 0xB2;
    fadt.acpi_enable = 0xF1;
    fadt.century = 0x32;
    madt.local_apic = 0xFEE00000;
  }

  void put_table(uint64_t at, const char (&name)[5], ByteSpan content, uint8_t revision = 1) {
    auto bytes = memory.map(at, content.size());
    memcpy(bytes.data(), content.data(), content.size());
    acpi::Header header{};
    header.signature = acpi::signature(name);
    header.length = static_cast<uint32_t>(content.size());
    header.revision = revision;
    memcpy(bytes.data(), &header, sizeof header);
    fix_sum(bytes.data(), bytes.size(), 9);
  }
  void put_rsdp(bool wide) {
    acpi::Rsdp rsdp{};
    memcpy(rsdp.signature, "RSD PTR ", 8);
    rsdp.revision = wide ? 2 : 0;
    rsdp.rsdt_address = wide ? 0 : kRoot;
    rsdp.length = wide ? 36 : 0;
    rsdp.xsdt_address = wide ? kRoot : 0;
    auto* bytes = reinterpret_cast<std::byte*>(&rsdp);
    fix_sum(bytes, 20, 8);
    if (wide) fix_sum(bytes, 36, 32);
    memory.put(kRsdp, rsdp);
  }
  void put_all(bool wide = true, Bytes aml = {0x08, '_', 'S', '5', '_', 0x12, 6, 4, 0x0A, 5, 0x00, 0, 0}) {
    put_rsdp(wide);
    Bytes root(36);
    for (uint64_t entry : {kFadt, kMadt, kSsdt}) {
      for (int i = 0; i < (wide ? 8 : 4); ++i) root.push_back(static_cast<uint8_t>(entry >> (8 * i)));
    }
    if (wide) put_table(kRoot, "XSDT", span_of(root)); else put_table(kRoot, "RSDT", span_of(root));
    put_table(kFadt, "FACP", bytes_of(fadt).first(fadt_size), fadt.header.revision);
    put_table(kMadt, "APIC", bytes_of(madt));
    Bytes dsdt(36);
    dsdt.insert(dsdt.end(), aml.begin(), aml.end());
    put_table(kDsdt, "DSDT", span_of(dsdt));
    put_table(kSsdt, "SSDT", span_of(Bytes(36)));
  }
  AcpiFacts read(uint64_t rsdp = kRsdp) {
    auto facts = read_acpi(memory, PhysAddr{rsdp});
    EXPECT_TRUE(facts);
    return facts ? *facts : AcpiFacts{};
  }

  test::CapturedLog captured;
  std::string& told = captured.text;
  test::FakePhysicalMemory memory;
  acpi::Fadt fadt{};
  acpi::Madt madt{};
  size_t fadt_size = sizeof(acpi::Fadt);
};

TEST_F(Acpi, FixedHardwareIsRead) {
  put_all();
  auto facts = read();
  EXPECT_EQ(facts.rsdp.value, kRsdp);
  EXPECT_EQ(facts.fadt.value, kFadt);
  EXPECT_EQ(facts.pm1a_control.space, AcpiRegister::Space::Io);
  EXPECT_EQ(facts.pm1a_control.address, 0x604u);
  EXPECT_EQ(facts.pm1a_control.bit_width, 16);
  EXPECT_FALSE(facts.pm1b_control.present());
  EXPECT_EQ(facts.pm_timer.address, 0x608u);
  EXPECT_FALSE(facts.pm_timer_32_bits);
  EXPECT_EQ(facts.sci_interrupt, 9);
  EXPECT_EQ(facts.smi_command_port, 0xB2u);
  EXPECT_EQ(facts.acpi_enable, 0xF1);
  EXPECT_EQ(facts.century_index, 0x32);
  EXPECT_FALSE(facts.hardware_reduced);
  EXPECT_FALSE(facts.reset_register.present());
  ASSERT_TRUE(facts.s5);
  EXPECT_EQ(facts.s5->a, 5);
  EXPECT_EQ(facts.s5->b, 0);
  EXPECT_TRUE(facts.has_madt);
  EXPECT_FALSE(facts.has_8259);
  EXPECT_EQ(told, "");
}

TEST_F(Acpi, S5IsLookedForOnlyWhereItIsWanted) {
  put_all();
  auto facts = read_acpi(memory, PhysAddr{kRsdp}, false);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->dsdt.value, kDsdt);
  EXPECT_FALSE(facts->s5);
}

TEST_F(Acpi, TheRsdtOfRevisionZeroServesAsWell) {
  put_all(false);
  auto facts = read();
  EXPECT_EQ(facts.rsdp_revision, 0);
  EXPECT_EQ(facts.pm_timer.address, 0x608u);
  EXPECT_TRUE(facts.s5);
}

TEST_F(Acpi, ThePointerIsSearchedWhereTheBiosPutsItWhenNobodyTells) {
  put_all();
  EXPECT_EQ(read(0).rsdp.value, kRsdp);
  // The extended BIOS data area comes first.
  memory.map(0x400, 0x100);
  memory.put(0x40E, uint16_t{0x9FC0});
  auto ebda = memory.map(0x9FC00, 0x400);
  memcpy(ebda.data() + 0x30, memory.window(PhysAddr{kRsdp}, 36)->data(), 36);
  EXPECT_EQ(read(0).rsdp.value, 0x9FC30u);
}

TEST_F(Acpi, NoPointerIsNotFound) {
  EXPECT_EQ(read_acpi(memory, PhysAddr{0}).status(), Status::NotFound);
  EXPECT_EQ(read_acpi(memory, PhysAddr{kRsdp}).status(), Status::NotFound);
  EXPECT_EQ(read_acpi(memory, PhysAddr{0x12345678}).status(), Status::NotFound);
}

TEST_F(Acpi, APointerWithAWrongChecksumIsNone) {
  for (uint64_t spoiled : {9, 33}) {  // inside the first sum, and inside the second alone
    put_all();
    memory.put(kRsdp + spoiled, uint8_t{0x77});
    EXPECT_EQ(read_acpi(memory, PhysAddr{kRsdp}).status(), Status::NotFound);
  }
}

TEST_F(Acpi, ATableWithAWrongChecksumCountsAsAbsentAndIsTold) {
  put_all();
  memory.put(kFadt + 100, uint8_t{0x77});
  auto facts = read();
  EXPECT_EQ(facts.fadt.value, 0u);
  EXPECT_FALSE(facts.pm_timer.present());
  EXPECT_TRUE(facts.has_madt);
  EXPECT_EQ(told, "efilite: ACPI table at 0xfc001000 has a wrong checksum\n");
}

TEST_F(Acpi, TablesOfImpossibleLengthAreAbsent) {
  for (uint32_t length : {0u, 35u, 0x7FFFFFFFu}) {
    put_all();
    memory.put(kRoot + 4, length);
    EXPECT_FALSE(read().has_madt);
  }
}

TEST_F(Acpi, TheNewerRegisterFieldsReplaceTheOld) {
  fadt.x_pm_tmr_blk = {1, 32, 0, 3, 0xB008};
  fadt.x_pm1a_cnt_blk = {0, 16, 0, 2, 0xFED00004};
  fadt.x_dsdt = kDsdt;
  fadt.dsdt = 0;
  fadt.flags = acpi::kFlagTimer32Bits;
  put_all();
  auto facts = read();
  EXPECT_EQ(facts.pm_timer.address, 0xB008u);
  EXPECT_TRUE(facts.pm_timer_32_bits);
  EXPECT_EQ(facts.pm1a_control.space, AcpiRegister::Space::Memory);
  EXPECT_EQ(facts.pm1a_control.address, 0xFED00004u);
  EXPECT_TRUE(facts.s5);
}

TEST_F(Acpi, RegistersThatCannotBeAreAbsent) {
  fadt.pm_tmr_blk = 0x10000;                       // beyond the ports
  fadt.x_pm1a_cnt_blk = {2, 16, 0, 2, 0x604};      // PCI configuration space: the old field serves
  fadt.sleep_control_reg = {1, 8, 0, 1, 0x12345};
  put_all();
  auto facts = read();
  EXPECT_FALSE(facts.pm_timer.present());
  EXPECT_EQ(facts.pm1a_control.address, 0x604u);
  EXPECT_FALSE(facts.sleep_control.present());
}

TEST_F(Acpi, HardwareReducedMeansNoFixedHardware) {
  fadt.flags = acpi::kFlagHardwareReduced | acpi::kFlagResetRegister;
  fadt.sleep_control_reg = {0, 8, 0, 0, 0xFEA00200};
  fadt.sleep_status_reg = {0, 8, 0, 0, 0xFEA00201};
  fadt.reset_reg = {0, 8, 0, 0, 0xFEA00202};
  fadt.reset_value = 0x42;
  put_all();
  auto facts = read();
  EXPECT_TRUE(facts.hardware_reduced);
  EXPECT_FALSE(facts.pm_timer.present());
  EXPECT_FALSE(facts.pm1a_control.present());
  EXPECT_EQ(facts.sleep_control.address, 0xFEA00200u);
  EXPECT_EQ(facts.sleep_status.address, 0xFEA00201u);
  EXPECT_EQ(facts.reset_register.address, 0xFEA00202u);
  EXPECT_EQ(facts.reset_value, 0x42);
}

TEST_F(Acpi, BootFlagsSayWhatIsNotThere) {
  fadt.iapc_boot_arch = acpi::kBootArchNoVga | acpi::kBootArchNoCmosRtc;
  put_all();
  auto facts = read();
  EXPECT_FALSE(facts.has_i8042);
  EXPECT_FALSE(facts.has_vga);
  EXPECT_FALSE(facts.has_cmos_rtc);
  fadt.iapc_boot_arch = acpi::kBootArch8042;
  put_all();
  EXPECT_TRUE(read().has_i8042);
  EXPECT_TRUE(read().has_vga);
  EXPECT_TRUE(read().has_cmos_rtc);
}

TEST_F(Acpi, ARegisterBeyondAllPhysicalAddressesIsNone) {
  fadt.flags = acpi::kFlagResetRegister;
  for (uint64_t address : {uint64_t{1} << 52, UINT64_MAX - 0xFF, UINT64_MAX}) {
    fadt.reset_reg = {0, 8, 0, 0, address};
    put_all();
    EXPECT_FALSE(read().reset_register.present()) << address;
  }
  fadt.reset_reg = {0, 8, 0, 0, (uint64_t{1} << 52) - 1};
  put_all();
  EXPECT_TRUE(read().reset_register.present());
}

TEST_F(Acpi, AFirstRevisionFadtHasNoBootFlagsAndNoResetRegister) {
  fadt.header.revision = 1;
  fadt_size = acpi::kFadt1Size;
  fadt.flags = acpi::kFlagResetRegister;
  put_all();
  auto facts = read();
  EXPECT_TRUE(facts.has_i8042);
  EXPECT_FALSE(facts.reset_register.present());
  EXPECT_EQ(facts.pm_timer.address, 0x608u);
  fadt_size = acpi::kFadt1Size - 1;
  put_all();
  EXPECT_EQ(read().fadt.value, 0u) << "too short to be one";
}

TEST_F(Acpi, TheLocalApicMayBeOverridden) {
  madt.flags = acpi::kMadtHas8259;
  put_all();
  EXPECT_TRUE(read().has_8259);
  EXPECT_EQ(read().local_apic, 0xFEE00000u);
  Bytes table(44);
  memcpy(table.data(), &madt, 44);
  table.insert(table.end(), {0, 8, 0, 0, 1, 0, 0, 0, 5, 12, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0});
  put_table(kMadt, "APIC", span_of(table));
  EXPECT_EQ(read().local_apic, 0x100000000u);
  table[45] = 0;  // an entry of no length would be looked at for ever
  put_table(kMadt, "APIC", span_of(table));
  EXPECT_EQ(read().local_apic, 0xFEE00000u);
}

TEST_F(Acpi, S5MayStandInAnSsdt) {
  put_all(true, {0x10, 0x20});
  EXPECT_FALSE(read().s5);
  Bytes ssdt(36);
  ssdt.insert(ssdt.end(), {0x08, '\\', '_', 'S', '5', '_', 0x12, 6, 2, 0x01, 0x0B, 7, 0});
  put_table(kSsdt, "SSDT", span_of(ssdt));
  auto facts = read();
  ASSERT_TRUE(facts.s5);
  EXPECT_EQ(facts.s5->a, 1);
  EXPECT_EQ(facts.s5->b, 7);
}

std::optional<std::pair<int, int>> s5(Bytes aml) {
  auto found = find_s5(span_of(aml));
  return found ? std::optional(std::pair<int, int>(found->a, found->b)) : std::nullopt;
}
using P = std::pair<int, int>;

TEST(S5, IsFoundAtEveryOffset) {
  for (size_t before = 0; before < 9; ++before) {
    for (uint8_t filler : {0x00, 0x5F, 0x53, 0x35}) {
      Bytes aml(before, filler);
      aml.insert(aml.end(), {0x08, '_', 'S', '5', '_', 0x12, 4, 2, 0x0A, 5, 0x0A, 6});
      EXPECT_EQ(s5(aml), P(5, 6)) << before;
    }
  }
}

TEST(S5, TakesEveryWayToWriteAConstant) {
  EXPECT_EQ(s5({8, '_', 'S', '5', '_', 0x12, 4, 2, 0, 1}), P(0, 1));
  EXPECT_EQ(s5({8, '_', 'S', '5', '_', 0x12, 9, 2, 0x0C, 7, 0, 0, 0, 0x0B, 3, 0}), P(7, 3));
  EXPECT_EQ(s5({8, '_', 'S', '5', '_', 0x12, 9, 2, 0x0E, 7, 0, 0, 0, 0, 0, 0, 0, 1}), P(7, 1));
  EXPECT_EQ(s5({8, '_', 'S', '5', '_', 0x12, 0x46, 0x00, 2, 1, 0}), P(1, 0)) << "a longer PkgLength";
  EXPECT_EQ(s5({8, '_', 'S', '5', '_', 0x12, 0xC6, 0, 0, 0, 4, 1, 1, 0, 0}), P(1, 1));
}

TEST(S5, PassesOverWhatOnlyLooksLikeIt) {
  const Bytes good = {8, '_', 'S', '5', '_', 0x12, 4, 2, 1, 0};
  for (Bytes decoy : {Bytes{'_', 'S', '5', '_', 0x12, 4, 2, 0, 0}, Bytes{8, '_', 'S', '5', '_', 0x11, 4, 2, 0, 0},
                      Bytes{8, '_', 'S', '5', '_', 0x12, 4, 1, 0, 0}, Bytes{8, '_', 'S', '5', '_', 0x12, 4, 2, 0x0A, 8, 0},
                      Bytes{8, '_', 'S', '5', '_', 0x12, 4, 2, 0xFF, 0}, Bytes{0x14, '_', 'S', '5', '_', 0}}) {
    EXPECT_EQ(s5(decoy), std::nullopt);
    decoy.insert(decoy.end(), good.begin(), good.end());
    EXPECT_EQ(s5(decoy), P(1, 0));
  }
}

TEST(S5, EndsWithTheTable) {
  const Bytes good = {8, '_', 'S', '5', '_', 0x12, 0x46, 0x00, 2, 0x0B, 1, 0, 0x0A, 2};
  for (size_t size = 0; size < good.size(); ++size) EXPECT_EQ(s5(Bytes(good.begin(), good.begin() + size)), std::nullopt);
  EXPECT_EQ(s5(good), P(1, 2));
}

TEST_F(Acpi, APmTimerThatNobodyAnswersForIsTakenOutOfTheFadt) {
  fadt.x_pm_tmr_blk = {1, 32, 0, 3, 0x608};
  put_all();
  AcpiFacts facts = *read_acpi(memory, PhysAddr{kRsdp});
  ASSERT_TRUE(facts.pm_timer.present());
  drop_dead_blocks(memory, facts, [](uint16_t port) { return port == 0x608 ? 0xFFFFFFFFu : 0u; });
  EXPECT_FALSE(facts.pm_timer.present());
  // The table is whole, says the same of all the rest, and tells the next reader what we know.
  const AcpiFacts again = *read_acpi(memory, PhysAddr{kRsdp});
  EXPECT_EQ(again.fadt.value, kFadt);
  EXPECT_FALSE(again.pm_timer.present());
  EXPECT_EQ(again.pm1a_control.address, 0x604u);
  EXPECT_EQ(again.sci_interrupt, 9);
}

TEST_F(Acpi, ADeadPmTimerIsTakenOutWhereTheFlagDeniesItToo) {
  fadt.flags |= acpi::kFlagHardwareReduced;
  put_all();
  AcpiFacts facts = *read_acpi(memory, PhysAddr{kRsdp});
  drop_dead_blocks(memory, facts, [](uint16_t) { return 0xFFFFFFFFu; });
  const auto table = memory.window(PhysAddr{kFadt}, sizeof(acpi::Fadt)).value();
  EXPECT_EQ(read_at<uint32_t>(table, offsetof(acpi::Fadt, pm_tmr_blk)), 0u);
  EXPECT_TRUE(read_acpi(memory, PhysAddr{kRsdp})->hardware_reduced);
}

TEST_F(Acpi, TheOlderRootsFadtLosesItsDeadPmTimerToo) {
  constexpr uint64_t kOldRoot = 0xFC005000, kOldFadt = 0xFC006000;
  put_all();
  put_table(kOldFadt, "FACP", bytes_of(fadt).first(acpi::kFadt1Size));
  Bytes root(36);
  for (int i = 0; i < 4; ++i) root.push_back(static_cast<uint8_t>(kOldFadt >> (8 * i)));
  put_table(kOldRoot, "RSDT", span_of(root));
  auto rsdp = memory.read<acpi::Rsdp>(PhysAddr{kRsdp}).value();
  rsdp.rsdt_address = kOldRoot;
  fix_sum(reinterpret_cast<std::byte*>(&rsdp), 20, 8);
  fix_sum(reinterpret_cast<std::byte*>(&rsdp), 36, 32);
  memory.put(kRsdp, rsdp);
  AcpiFacts facts = *read_acpi(memory, PhysAddr{kRsdp});
  drop_dead_blocks(memory, facts, [](uint16_t) { return 0xFFFFFFFFu; });
  const auto old = memory.window(PhysAddr{kOldFadt}, acpi::kFadt1Size).value();
  EXPECT_EQ(read_at<uint32_t>(old, offsetof(acpi::Fadt, pm_tmr_blk)), 0u);
  uint8_t total = 0;
  for (std::byte byte : old) total = static_cast<uint8_t>(total + static_cast<uint8_t>(byte));
  EXPECT_EQ(total, 0);
}

TEST_F(Acpi, EventsThatNobodyAnswersForAreTakenOutOfTheFadt) {
  fadt.gpe0_blk = 0xAFE0;
  fadt.gpe0_blk_len = 4;
  fadt.x_gpe0_blk = {1, 32, 0, 0, 0xAFE0};
  put_all();
  AcpiFacts facts = *read_acpi(memory, PhysAddr{kRsdp});
  drop_dead_blocks(memory, facts, [](uint16_t port) { return port == 0xAFE0 ? 0xFFFFFFFFu : 0u; });
  const auto table = memory.window(PhysAddr{kFadt}, sizeof(acpi::Fadt)).value();
  const auto now = read_at<acpi::Fadt>(table, 0).value();
  EXPECT_EQ(now.gpe0_blk, 0u);
  EXPECT_EQ(now.gpe0_blk_len, 0);
  EXPECT_EQ(now.x_gpe0_blk.address, 0u);
  // The timer answers and stays, and the sum is right.
  EXPECT_TRUE(facts.pm_timer.present());
  EXPECT_TRUE(read_acpi(memory, PhysAddr{kRsdp})->pm_timer.present());
}

TEST_F(Acpi, EventsThatAreAnsweredForStay) {
  fadt.gpe0_blk = 0xAFE0;
  fadt.gpe0_blk_len = 4;
  put_all();
  AcpiFacts facts = *read_acpi(memory, PhysAddr{kRsdp});
  drop_dead_blocks(memory, facts, [](uint16_t port) { return port == 0xAFE0 ? 0xFFFF0004u : 0u; });
  EXPECT_EQ(memory.read<acpi::Fadt>(PhysAddr{kFadt})->gpe0_blk, 0xAFE0u);
}

TEST_F(Acpi, APmTimerThatCountsStays) {
  put_all();
  AcpiFacts facts = *read_acpi(memory, PhysAddr{kRsdp});
  static uint32_t count;
  count = 0xFFFFFFFF;
  drop_dead_blocks(memory, facts, [](uint16_t) { return count++; });
  EXPECT_TRUE(facts.pm_timer.present());
  EXPECT_TRUE(read_acpi(memory, PhysAddr{kRsdp})->pm_timer.present());
}

}  // namespace
}  // namespace efilite::platform
