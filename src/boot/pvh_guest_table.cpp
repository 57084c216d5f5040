// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/pvh_guest_table.hpp"

#include "base/byte_sum.hpp"

namespace efilite::boot {

namespace {

constexpr uint64_t kNul = 1;

bool has_text(const Module& module) { return module.command_line.value != 0 && !module.text_unreadable; }
bool has_command_line(const BootInfo& info) { return info.told.start_info.cmdline_paddr != 0; }

uint64_t size_of(const BootInfo& info) {
  uint64_t size = sizeof(efilite_pvh_guest) + info.modules.size() * sizeof(efilite_pvh_module) +
                  info.told.memory.size() * sizeof(efilite_pvh_memory);
  if (has_command_line(info)) size += info.told_command_line().size() + kNul;
  for (const Module& module : info.modules)
    if (has_text(module)) size += module.text_length + kNul;
  return (size + 7) & ~uint64_t{7};
}

// Puts one part behind the other. There is room for all of them.
class Writer {
 public:
  explicit Writer(MutableByteSpan out) : out_(out) { memset(out.data(), 0, out.size()); }

  template <typename T>
  T* objects(size_t count) {
    auto* first = reinterpret_cast<T*>(out_.subspan(at_, count * sizeof(T)).data());
    at_ += count * sizeof(T);
    return first;
  }
  efilite_pvh_array array(size_t entry_size, size_t count) const {
    return {static_cast<uint32_t>(at_), static_cast<uint32_t>(entry_size), static_cast<uint32_t>(count), 0};
  }
  efilite_pvh_text text(std::string_view text) {
    const efilite_pvh_text place{static_cast<uint32_t>(at_), static_cast<uint32_t>(text.size())};
    memcpy(objects<char>(text.size() + kNul), text.data(), text.size());
    return place;
  }

 private:
  MutableByteSpan out_;
  size_t at_ = 0;
};

void write_header(const BootInfo& info, const HypervisorFacts& hypervisor, efilite_pvh_guest& guest) {
  guest.signature = EFILITE_PVH_GUEST_SIGNATURE;
  guest.version = EFILITE_PVH_GUEST_VERSION;
  guest.header_length = sizeof guest;
  guest.memory_map_source = info.told.memory_source;
  if (hypervisor.version != 0) guest.flags |= EFILITE_PVH_GUEST_VERSION_TOLD;
  if (info.command_line_truncated) guest.flags |= EFILITE_PVH_GUEST_COMMAND_LINE_CUT;
  memcpy(guest.hypervisor_signature, hypervisor.leaves.signature.data(), sizeof guest.hypervisor_signature);
  guest.hypervisor_version = hypervisor.version;
  guest.hypervisor_base_leaf = hypervisor.leaves.base;
  guest.hypervisor_last_leaf = hypervisor.leaves.last;
  guest.start_info_paddr = info.start_info.value;
  guest.start_info_length = info.told.start_info_length;
  guest.start_info = info.told.start_info;
}

efilite_pvh_module describe(const Module& module) {
  uint32_t flags = 0;
  if (module.text_truncated) flags |= EFILITE_PVH_MODULE_COMMAND_LINE_CUT;
  if (module.text_unreadable) flags |= EFILITE_PVH_MODULE_COMMAND_LINE_LOST;
  return {module.range.begin.value, module.range.size(), module.command_line.value, {}, EFILITE_PVH_MODULE_KEPT, flags};
}

}  // namespace

Result<> PvhGuestTable::make(const BootInfo& info, const HypervisorFacts& hypervisor, core::Pool& pool) {
  const uint64_t size = size_of(info);
  auto* block = static_cast<std::byte*>(TRY(pool.allocate(efi::MemoryType::RuntimeServicesData, size)));
  Writer writer({block, size});
  efilite_pvh_guest& guest = *writer.objects<efilite_pvh_guest>(1);
  write_header(info, hypervisor, guest);
  guest.total_length = static_cast<uint32_t>(size);

  guest.modules = writer.array(sizeof(efilite_pvh_module), info.modules.size());
  auto* modules = writer.objects<efilite_pvh_module>(info.modules.size());
  const auto& regions = info.told.memory;
  guest.memory_map = writer.array(sizeof(efilite_pvh_memory), regions.size());
  guest.memory_map.left_out = info.told.empty_regions;
  memcpy(writer.objects<efilite_pvh_memory>(regions.size()), regions.begin(), regions.size() * sizeof(efilite_pvh_memory));

  if (has_command_line(info)) guest.command_line = writer.text(info.told_command_line());
  for (const Module& module : info.modules) {
    *modules = describe(module);
    if (has_text(module)) modules->command_line = writer.text(info.told.text_of(module));
    ++modules;
  }
  table_ = &guest;
  protocol_ = {EFILITE_PVH_GUEST_REVISION, table_};
  return {};
}

void PvhGuestTable::finish(const Payload& payload) {
  MutableByteSpan bytes(reinterpret_cast<std::byte*>(table_), table_->total_length);
  auto* modules = reinterpret_cast<efilite_pvh_module*>(bytes.subspan(table_->modules.offset).data());
  for (size_t i = 0; i < table_->modules.count; ++i) modules[i].use = use_of_module(payload, i);
  set_byte_sum(bytes, offsetof(efilite_pvh_guest, checksum));
}

}  // namespace efilite::boot
