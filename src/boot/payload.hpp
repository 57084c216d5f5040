// SPDX-License-Identifier: BSD-2-Clause-Patent
// Which program or kernel is booted, by which entry, and with which initrd or disk: fw_cfg files, PVH modules, QEMU's -initrd.
#pragma once

#include <string_view>

#include "boot/boot_info.hpp"
#include "boot/disk_formats.hpp"
#include "boot/options.hpp"
#include "core/ports.hpp"
#include "drivers/fw_cfg.hpp"
#include "formats/boot_image.hpp"

namespace efilite::boot {

// A module: its bytes already lie in memory, and are the payload's from now on.
class MemorySource final : public core::ByteSource {
 public:
  constexpr MemorySource() = default;
  explicit constexpr MemorySource(MutableByteSpan bytes) : bytes_(bytes) {}
  uint64_t size() const override { return bytes_.size(); }
  Result<> read(uint64_t offset, MutableByteSpan out) override;
  std::optional<MutableByteSpan> in_place() override { return bytes_; }

 private:
  MutableByteSpan bytes_{};
};

enum class PayloadKind : uint8_t {
  Kernel,  // with the Linux boot protocol's header: as an EFI program it gets its initrd by LoadFile2
  Uki,     // a PE image with a .linux section: systemd's stub brings its own initrd and refuses to share the LoadFile2 path
  Loader,  // any other EFI program
  Elf,     // a kernel in an ELF file
};

// What became of a module, for programs that ask for it: EFILITE_PVH_MODULE_*.
using ModuleUse = uint32_t;

// What became of one place where a program may lie.
enum class Found : uint8_t {
  Yes,
  NoDevice,
  Absent,
  NotMapped,
  NoEntry,  // it has none that efilite takes
  NotThat,  // nor the one that is asked for
};

// The sources lie inside, so a Payload stays where it is.
struct Payload {
  Payload() {}  // not "= default", by which all of it would be cleared first
  Payload(const Payload&) = delete;
  Payload& operator=(const Payload&) = delete;

  // With boot services, and an image's handle.
  bool is_program() const {
    return image != nullptr && (entry == formats::BootEntry::Efi || entry == formats::BootEntry::EfiHandover64);
  }

  core::ByteSource* image = nullptr;   // nullptr: there is none, and the boot manager looks for one
  core::ByteSource* initrd = nullptr;  // by LoadFile2, or as the entry has it; nullptr: none. Only a kernel has one
  core::ByteSource* disk = nullptr;    // what came as the initrd and is a disk: a RAM disk for programs of every kind
  const char* origin = "";             // "fw_cfg file opt/efilite/kernel", "PVH module 0", "fw_cfg initrd"
  std::string_view file;               // the image's name where it came from: "opt/efilite/kernel", "module", "initrd"
  const char* initrd_origin = "";  // of the disk, too
  PayloadKind kind = PayloadKind::Loader;
  formats::BootEntry entry = formats::BootEntry::Efi;
  formats::Startable facts;  // with all the entries that were possible
  core::ByteSource* command_line = nullptr;  // fw_cfg file opt/efilite/cmdline: replaces the hypervisor's command line as LoadOptions

  MemorySource image_module;  // size 0 unless the image is a module, even when it is read by another way (image != &image_module)
  MemorySource initrd_module;
  size_t initrd_index = 0;  // of that module
  ModuleUse image_use = EFILITE_PVH_MODULE_KEPT;  // of the image's module, when the image is loaded
  drivers::FwCfgFile image_file, initrd_file, command_line_file;
  Found file_found = Found::Absent, module_found = Found::Absent, initrd_found = Found::Absent;  // where a program was looked for
};

// Chooses by the order above, and the entry as `options` wish; with efilite.boot= nothing but a disk and the command line, for the program
// is on a disk. That there is no program is no failure; a failure is told in one line of the log. `fw_cfg` may be nullptr. `formats` tell a
// disk from an initrd.
Result<> choose_payload(const BootInfo& info, core::PhysicalMemory& memory, drivers::FwCfg* fw_cfg, core::DiskFormats& formats,
                        const Options& options, Payload& payload);

ModuleUse use_of_module(const Payload& payload, size_t index);

// One line: where a program was looked for and what was there instead.
void tell_no_program(const BootInfo& info, const Payload& payload);

}  // namespace efilite::boot
