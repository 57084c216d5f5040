// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "platform/acpi.hpp"

#include <algorithm>

#include "abi/acpi.hpp"
#include "base/byte_sum.hpp"
#include "base/log.hpp"
#include "platform/acpi_s5.hpp"
#include "platform/acpi_tables.hpp"

namespace efilite::platform {

namespace {

constexpr uint32_t kNobody = 0xFFFFFFFF;  // what a port reads as that no device decodes
constexpr uint64_t kPhysicalLimit = uint64_t{1} << 52;  // [Intel SDM 3A, 4.1.4]

AcpiRegister decode(const acpi::GenericAddress& gas) {
  if (gas.address == 0 || gas.space > 1) return {};
  if (gas.space == 1 && gas.address > 0xFFFF) return {};
  if (gas.space == 0 && gas.address >= kPhysicalLimit) return {};
  return {static_cast<AcpiRegister::Space>(gas.space), gas.bit_width, gas.address};
}

// [ACPI 6.5, 5.2.9] a 64-bit field that is not 0 replaces the old one
AcpiRegister newer_or_older(const acpi::GenericAddress& newer, uint32_t older_port, uint8_t older_bytes) {
  AcpiRegister found = decode(newer);
  if (found.present()) return found;
  return decode({1, static_cast<uint8_t>(std::min<unsigned>(older_bytes, 8) * 8), 0, 0, older_port});
}

// Of all tables the first eight bytes are name and length, of the FACS too [ACPI 6.5, 5.2.6 and 5.2.10].
uint32_t note_table(core::PhysicalMemory& memory, PhysAddr table, AcpiFacts& facts) {
  const auto head = memory.read<uint64_t>(table);
  PhysRange& all = facts.tables;
  const PhysRange found = head ? PhysRange{table, {table.value + (*head >> 32)}} : PhysRange{{}, {kPhysicalLimit}};
  all.begin = all.empty() ? found.begin : std::min(all.begin, found.begin);
  all.end = std::max(all.end, found.end);
  return static_cast<uint32_t>(head.value_or(0));
}

void read_fadt(core::PhysicalMemory& memory, ByteSpan table, AcpiFacts& facts) {
  acpi::Fadt fadt{};
  memcpy(&fadt, table.data(), std::min(table.size(), sizeof fadt));
  facts.dsdt = PhysAddr{fadt.x_dsdt != 0 ? fadt.x_dsdt : fadt.dsdt};
  for (uint64_t more : {uint64_t{fadt.firmware_ctrl}, fadt.x_firmware_ctrl, facts.dsdt.value})
    if (more != 0) note_table(memory, PhysAddr{more}, facts);
  facts.hardware_reduced = (fadt.flags & acpi::kFlagHardwareReduced) != 0;
  facts.sleep_control = decode(fadt.sleep_control_reg);
  facts.sleep_status = decode(fadt.sleep_status_reg);
  if ((fadt.flags & acpi::kFlagResetRegister) != 0) facts.reset_register = decode(fadt.reset_reg);
  facts.reset_value = fadt.reset_value;
  facts.century_index = fadt.century;
  // [ACPI 6.5, 5.2.9.3] the flags came with revision 2
  if (fadt.header.revision >= 2) {
    facts.has_i8042 = (fadt.iapc_boot_arch & acpi::kBootArch8042) != 0;
    facts.has_vga = (fadt.iapc_boot_arch & acpi::kBootArchNoVga) == 0;
    facts.has_cmos_rtc = (fadt.iapc_boot_arch & acpi::kBootArchNoCmosRtc) == 0;
  }
  // [ACPI 6.5, 3.11.1] none of the fixed hardware exists, whatever its fields say
  if (facts.hardware_reduced) return;
  facts.pm_timer = newer_or_older(fadt.x_pm_tmr_blk, fadt.pm_tmr_blk, fadt.pm_tmr_len);
  facts.pm_timer_32_bits = (fadt.flags & acpi::kFlagTimer32Bits) != 0;
  facts.pm1a_control = newer_or_older(fadt.x_pm1a_cnt_blk, fadt.pm1a_cnt_blk, fadt.pm1_cnt_len);
  facts.pm1b_control = newer_or_older(fadt.x_pm1b_cnt_blk, fadt.pm1b_cnt_blk, fadt.pm1_cnt_len);
  facts.sci_interrupt = fadt.sci_int;
  facts.smi_command_port = fadt.smi_cmd;
  facts.acpi_enable = fadt.acpi_enable;
}

void read_madt(ByteSpan table, AcpiFacts& facts) {
  auto madt = read_at<acpi::Madt>(table, 0);
  if (!madt) return;
  facts.has_madt = true;
  facts.local_apic = madt->local_apic;
  facts.has_8259 = (madt->flags & acpi::kMadtHas8259) != 0;
  for (uint64_t at = sizeof(acpi::Madt); auto head = read_at<uint16_t>(table, at); at += *head >> 8) {
    if (*head >> 8 < 2) return;
    if ((*head & 0xFF) != acpi::kMadtLocalApicOverride || *head >> 8 < 12) continue;  // there is one for each CPU
    if (auto address = read_at<uint64_t>(table, at + 4)) facts.local_apic = *address;
  }
}

void read_s5(core::PhysicalMemory& memory, PhysAddr table, AcpiFacts& facts) {
  // No checksum: adding up would take as long as the search, and Linux, too, only warns of a wrong one here.
  if (auto bytes = table_at(memory, table, Checksum::Ignored)) facts.s5 = find_s5(bytes->subspan(sizeof(acpi::Header)));
}

void read_tables(core::PhysicalMemory& memory, const TableList& list, bool wants_s5, AcpiFacts& facts) {
  for (uint64_t i = 0; i < list.count(); ++i) {
    const uint32_t name = note_table(memory, list[i], facts);
    bool fadt = name == acpi::signature("FACP") && facts.fadt.value == 0;
    bool madt = name == acpi::signature("APIC") && !facts.has_madt;
    if (!fadt && !madt) continue;
    auto table = table_at(memory, list[i], Checksum::Verified);
    if (!table) continue;
    if (madt) {
      read_madt(*table, facts);
    } else if (table->size() >= acpi::kFadt1Size) {
      facts.fadt = list[i];
      read_fadt(memory, *table, facts);
    }
  }
  if (!wants_s5) return;
  if (facts.dsdt.value != 0) read_s5(memory, facts.dsdt, facts);
  for (uint64_t i = 0; i < list.count() && !facts.s5; ++i) {
    if (memory.read<uint32_t>(list[i]) == acpi::signature("SSDT")) read_s5(memory, list[i], facts);
  }
}

// A block of registers by where the FADT tells of it: the port, its length, and the newer field that has both.
struct FixedBlock {
  uint8_t port, length, extended;
};
constexpr FixedBlock kPmTimer = {offsetof(acpi::Fadt, pm_tmr_blk), offsetof(acpi::Fadt, pm_tmr_len), offsetof(acpi::Fadt, x_pm_tmr_blk)};
constexpr FixedBlock kEvents = {offsetof(acpi::Fadt, gpe0_blk), offsetof(acpi::Fadt, gpe0_blk_len), offsetof(acpi::Fadt, x_gpe0_blk)};

// Whether nobody was there. `fadt` is a table of any length, `copy` its beginning with zeros behind.
bool clear_if_dead(MutableByteSpan fadt, ByteSpan copy, FixedBlock where, uint32_t (*read)(uint16_t port)) {
  const AcpiRegister block = newer_or_older(*read_at<acpi::GenericAddress>(copy, where.extended), *read_at<uint32_t>(copy, where.port),
                                            *read_at<uint8_t>(copy, where.length));
  if (block.space != AcpiRegister::Space::Io) return false;
  const auto port = static_cast<uint16_t>(block.address);
  // A timer of 32 bits may stand at all ones, but not for two reads; of events never are all there and enabled.
  if (read(port) != kNobody || read(port) != kNobody) return false;
  const uint8_t before = byte_sum(fadt);
  auto clear = [&](size_t offset, size_t size) {
    if (offset + size <= fadt.size()) memset(fadt.data() + offset, 0, size);
  };
  clear(where.port, sizeof(uint32_t));
  clear(where.length, sizeof(uint8_t));
  clear(where.extended, sizeof(acpi::GenericAddress));
  std::byte& checksum = fadt[offsetof(acpi::Header, checksum)];
  checksum = std::byte(uint8_t(checksum) + before - byte_sum(fadt));
  return true;
}

// Whether a timer was taken out. Also where the hardware-reduced flag denies all of the fixed hardware: GRUB does not look at it.
bool clear_dead_blocks(core::PhysicalMemory& memory, const acpi::Rsdp& rsdp, uint32_t (*read)(uint16_t port)) {
  bool timer = false;
  const TableList list(memory, rsdp);
  for (uint64_t i = 0; i < list.count(); ++i) {
    const auto header = memory.read<acpi::Header>(list[i]);
    if (!header || header->signature != acpi::signature("FACP") || header->length < acpi::kFadt1Size) continue;
    auto table = memory.window(list[i], header->length);
    if (!table) continue;
    acpi::Fadt fadt{};
    memcpy(&fadt, table->data(), std::min(table->size(), sizeof fadt));
    timer |= clear_if_dead(*table, bytes_of(fadt), kPmTimer, read);
    clear_if_dead(*table, bytes_of(fadt), kEvents, read);
  }
  return timer;
}

}  // namespace

Result<AcpiFacts> read_acpi(core::PhysicalMemory& memory, PhysAddr at, bool wants_s5) {
  if (at.value == 0) at = search_rsdp(memory);
  if (at.value == 0) return Status::NotFound;
  auto rsdp = rsdp_at(memory, at);
  if (!rsdp) {
    log::line("efilite: no valid ACPI root pointer at ", at);
    return Status::NotFound;
  }
  AcpiFacts facts;
  facts.rsdp = at;
  facts.rsdp_revision = rsdp->revision;
  for (uint64_t root : {uint64_t{rsdp->rsdt_address}, rsdp->xsdt_address})
    if (root != 0) note_table(memory, PhysAddr{root}, facts);
  read_tables(memory, TableList(memory, *rsdp), wants_s5, facts);
  return facts;
}

void drop_dead_blocks(core::PhysicalMemory& memory, AcpiFacts& facts, uint32_t (*read)(uint16_t port)) {
  auto rsdp = rsdp_at(memory, facts.rsdp);
  if (!rsdp) return;
  if (clear_dead_blocks(memory, *rsdp, read)) facts.pm_timer = {};
  // The older root may have a FADT of its own, and GRUB looks there first.
  if (rsdp->xsdt_address == 0 || rsdp->rsdt_address == 0) return;
  rsdp->xsdt_address = 0;
  (void)clear_dead_blocks(memory, *rsdp, read);
}

}  // namespace efilite::platform
