// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "platform/smbios.hpp"

#include <algorithm>
#include <array>

#include "abi/smbios.hpp"
#include "base/byte_sum.hpp"
#include "base/log.hpp"
#include "platform/bios_area.hpp"

namespace efilite::platform {

namespace {

constexpr std::string_view kAnchorFile = "etc/smbios/smbios-anchor";
constexpr std::string_view kTablesFile = "etc/smbios/smbios-tables";
constexpr uint64_t kAnchorRoom = 32;  // either entry point; the tables follow
constexpr uint64_t kOwnSize = 256;
constexpr uint64_t kMostTables = 1 << 20;
constexpr size_t kLongestString = 31;  // three of them fit kOwnSize with all else

bool starts_with(ByteSpan bytes, std::string_view text) {
  return bytes.size() >= text.size() && memcmp(bytes.data(), text.data(), text.size()) == 0;
}

// [DSP0134, 5.2] The entry point's own length counts for its checksum; a table that is not mapped is none.
bool good_v3(core::PhysicalMemory& memory, ByteSpan bytes) {
  auto entry = read_at<smbios::EntryPoint3>(bytes, 0);
  if (!entry || entry->entry_length < sizeof *entry) return false;
  auto whole = slice(bytes, 0, entry->entry_length);
  return whole && byte_sum(*whole) == 0 && entry->table_address != 0 && entry->table_max_size != 0 &&
         memory.window(PhysAddr{entry->table_address}, entry->table_max_size);
}

bool good_v2(core::PhysicalMemory& memory, ByteSpan bytes) {
  auto entry = read_at<smbios::EntryPoint2>(bytes, 0);
  // [DSP0134, 5.2.1] some version 2.1 firmware says 0x1E, one less than it is.
  if (!entry || entry->entry_length < sizeof *entry - 1) return false;
  auto whole = slice(bytes, 0, entry->entry_length);
  auto intermediate = bytes.subspan(offsetof(smbios::EntryPoint2, intermediate_anchor), 15);
  return whole && byte_sum(*whole) == 0 && starts_with(intermediate, "_DMI_") && byte_sum(intermediate) == 0 && entry->table_address != 0 &&
         entry->table_length != 0 && memory.window(PhysAddr{entry->table_address}, entry->table_length);
}

// QEMU's halves: an entry point without an address, and the structures.
struct QemuParts {
  drivers::FwCfgFile anchor, tables;
};
Result<QemuParts> qemu_parts(drivers::FwCfg* fw_cfg) {
  if (fw_cfg == nullptr || !fw_cfg->present()) return Status::NotFound;
  QemuParts parts{TRY(fw_cfg->open(kAnchorFile)), TRY(fw_cfg->open(kTablesFile))};
  if (parts.anchor.size() < sizeof(smbios::EntryPoint3) || parts.anchor.size() > kAnchorRoom || parts.tables.size() == 0 ||
      parts.tables.size() > kMostTables) {
    return Status::CompromisedData;
  }
  return parts;
}

template <typename T>
void put(MutableByteSpan bytes, size_t offset, T value) {
  memcpy(bytes.subspan(offset).data(), &value, sizeof value);
}

Result<SmbiosEntryPoints> point_at(MutableByteSpan anchor, PhysAddr anchor_at, PhysAddr tables_at, uint64_t tables_size) {
  using V2 = smbios::EntryPoint2;
  using V3 = smbios::EntryPoint3;
  if (starts_with(anchor, "_SM3_")) {
    put(anchor, offsetof(V3, table_address), tables_at.value);
    put(anchor, offsetof(V3, table_max_size), static_cast<uint32_t>(tables_size));
    put(anchor, offsetof(V3, entry_length), static_cast<uint8_t>(sizeof(V3)));
    set_byte_sum(anchor.first(sizeof(V3)), offsetof(V3, checksum));
    return SmbiosEntryPoints{.v3 = anchor_at};
  }
  if (!starts_with(anchor, "_SM_") || anchor.size() < sizeof(V2) || tables_size > UINT16_MAX || tables_at.value > UINT32_MAX) {
    return Status::CompromisedData;
  }
  put(anchor, offsetof(V2, table_address), static_cast<uint32_t>(tables_at.value));
  put(anchor, offsetof(V2, table_length), static_cast<uint16_t>(tables_size));
  put(anchor, offsetof(V2, entry_length), static_cast<uint8_t>(sizeof(V2)));
  auto intermediate = anchor.subspan(offsetof(V2, intermediate_anchor), 15);
  if (!starts_with(intermediate, "_DMI_")) return Status::CompromisedData;
  set_byte_sum(intermediate, 5);
  set_byte_sum(anchor.first(sizeof(V2)), offsetof(V2, checksum));
  return SmbiosEntryPoints{.v2 = anchor_at};
}

Result<SmbiosEntryPoints> build_from_qemu(drivers::FwCfg* fw_cfg, MutableByteSpan out, PhysAddr address) {
  auto parts = TRY(qemu_parts(fw_cfg));
  if (out.size() < kAnchorRoom + parts.tables.size()) return Status::BufferTooSmall;
  auto anchor = out.first(static_cast<size_t>(parts.anchor.size()));
  TRY(parts.anchor.read(0, anchor));
  TRY(parts.tables.read(0, out.subspan(kAnchorRoom, static_cast<size_t>(parts.tables.size()))));
  return point_at(anchor, address, {address.value + kAnchorRoom}, parts.tables.size());
}

// Appends structures to a buffer that is known to be large enough.
class Writer {
 public:
  explicit Writer(MutableByteSpan out) : out_(out) {}
  template <typename T>
  void structure(T body, uint8_t type, std::initializer_list<std::string_view> strings) {
    smbios::Header header{type, sizeof(T), handle_++};
    memcpy(&body, &header, sizeof header);
    append(bytes_of(body));
    for (std::string_view s : strings) {
      append(std::as_bytes(std::span(s)).first(std::min(s.size(), kLongestString)));
      append(bytes_of('\0'));
    }
    append(bytes_of('\0'));
    if (strings.size() == 0) append(bytes_of('\0'));
  }
  uint64_t size() const { return used_; }

 private:
  void append(ByteSpan bytes) {
    memcpy(out_.subspan(used_, bytes.size()).data(), bytes.data(), bytes.size());
    used_ += bytes.size();
  }
  MutableByteSpan out_;
  size_t used_ = 0;
  uint16_t handle_ = 0;
};

// [DSP0134, 6.1.3] a string is not empty: its end would be the end of them all.
std::string_view told(std::string_view text) { return text.empty() ? "unknown" : text; }

Result<SmbiosEntryPoints> build_own(const SmbiosIdentity& identity, MutableByteSpan out, PhysAddr address) {
  if (out.size() < kOwnSize) return Status::BufferTooSmall;
  Writer writer(out.subspan(kAnchorRoom));
  // No release date: it would make two builds of one source differ.
  smbios::BiosInformation bios{};
  bios.vendor = 1;
  bios.version = 2;
  bios.characteristics = smbios::kCharacteristicsNotSupported;
  bios.characteristics_extension[1] = smbios::kExtension2Uefi | smbios::kExtension2VirtualMachine;
  bios.major_release = bios.minor_release = bios.controller_major_release = bios.controller_minor_release = 0xFF;  // not told
  writer.structure(bios, smbios::kTypeBios, {"efilite", told(identity.version)});
  smbios::SystemInformation system{};
  system.manufacturer = 1;
  system.product_name = 2;
  system.wake_up_type = smbios::kWakeUpUnknown;
  writer.structure(system, smbios::kTypeSystem, {told(identity.manufacturer), "virtual machine"});
  writer.structure(smbios::Header{}, smbios::kTypeEndOfTable, {});
  auto anchor = out.first(sizeof(smbios::EntryPoint3));
  put(anchor, 0, smbios::EntryPoint3{{'_', 'S', 'M', '3', '_'}, 0, 0, 3, 0, 0, 1, 0, 0, 0});
  return point_at(anchor, address, {address.value + kAnchorRoom}, writer.size());
}

}  // namespace

SmbiosEntryPoints find_smbios(core::PhysicalMemory& memory, PhysAddr near) {
  constexpr PhysRange area{{0xF0000}, {0x100000}};
  const auto bytes = memory.window(area);
  if (!bytes) return {};
  const size_t first = area.contains({near, {near.value + 1}}) ? align_down(near.value - area.begin.value, 16) : 0;
  const auto search = [&](ByteSpan part, size_t from) -> SmbiosEntryPoints {
    for (size_t offset = next_anchor(part, from, "_S"); offset < part.size(); offset = next_anchor(part, offset + 16, "_S")) {
      const ByteSpan rest = ByteSpan(*bytes).subspan(offset);
      const PhysAddr at{area.begin.value + offset};
      if (starts_with(rest, "_SM3_") && good_v3(memory, rest)) return {.v3 = at};
      if (starts_with(rest, "_SM_") && good_v2(memory, rest)) return {.v2 = at};
    }
    return {};
  };
  const SmbiosEntryPoints found = search(*bytes, first);
  return found.any() ? found : search(bytes->first(first), 0);
}

std::string_view hypervisor_name(const Hypervisor& hypervisor) {
  static constexpr struct {
    std::string_view signature, name;
  } known[] = {{kTcgSignature, "QEMU"}, {kKvmSignature, "KVM"}, {kXenSignature, "Xen"}, {kHyperVSignature, "Hyper-V"}};
  for (const auto& k : known)
    if (hypervisor.is(k.signature)) return k.name;
  return "unknown";
}

uint64_t smbios_size(drivers::FwCfg* fw_cfg) {
  auto parts = qemu_parts(fw_cfg);
  return std::max(kOwnSize, parts ? kAnchorRoom + parts->tables.size() : 0);
}

Result<SmbiosEntryPoints> build_smbios(drivers::FwCfg* fw_cfg, const SmbiosIdentity& identity, MutableByteSpan out, PhysAddr address) {
  auto from_qemu = build_from_qemu(fw_cfg, out, address);
  if (from_qemu) return from_qemu;
  if (from_qemu.status() != Status::NotFound) log::line("efilite: fw_cfg's SMBIOS tables are not usable: ", from_qemu.status());
  return build_own(identity, out, address);
}

}  // namespace efilite::platform
