// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/payload.hpp"

#include <algorithm>
#include <array>
#include <new>

#include "base/copy.hpp"
#include "base/log.hpp"

namespace efilite::boot {

namespace {

constexpr size_t kImageModule = 0;  // the only one in which a program is looked for
constexpr std::string_view kKernelFile = "opt/efilite/kernel";
constexpr std::string_view kInitrdFile = "opt/efilite/initrd";
constexpr std::string_view kCommandLineFile = "opt/efilite/cmdline";

PayloadKind kind_of(const formats::Input& input, const formats::Startable& facts) {
  if (facts.pe_head && is_uki(input, *facts.pe_head)) return PayloadKind::Uki;
  if (facts.bzimage) return PayloadKind::Kernel;
  return facts.elf ? PayloadKind::Elf : PayloadKind::Loader;
}

const char* text(Found f) {
  switch (f) {
    case Found::Yes: return "found";
    case Found::NoDevice: return "no fw_cfg device";
    case Found::Absent: return "absent";
    case Found::NotMapped: return "not in readable memory";
    case Found::NoEntry: return "neither an EFI program nor a kernel";
    case Found::NotThat: return "has no such entry as efilite.entry= asks for";
  }
  return "";
}

class Chooser {
 public:
  Chooser(const BootInfo& info, core::PhysicalMemory& memory, drivers::FwCfg* fw_cfg, core::DiskFormats& formats, const Options& options,
          Payload& payload)
      : info_(info), memory_(memory), fw_cfg_(fw_cfg != nullptr && fw_cfg->present() ? fw_cfg : nullptr), formats_(formats),
        options_(options), payload_(payload) {}

  Result<> run() {
    if (options_.boot.empty()) TRY(find_program());
    TRY(payload_.image != nullptr ? find_initrd() : find_disk());
    payload_.command_line = TRY(open(kCommandLineFile, payload_.command_line_file));
    return {};
  }

 private:
  // nullptr when there is no such file; a file that is there and cannot be opened is a failure.
  Result<core::ByteSource*> open(std::string_view name, drivers::FwCfgFile& into) {
    if (fw_cfg_ == nullptr) return nullptr;
    return opened(fw_cfg_->open(name), name, into);
  }
  Result<core::ByteSource*> opened(const Result<drivers::FwCfgFile>& file, std::string_view name, drivers::FwCfgFile& into) {
    if (!file) {
      if (file.status() == Status::NotFound) return nullptr;
      log::line("efilite: fw_cfg ", name, " cannot be read: ", file.status());
      return file.status();
    }
    into = *file;
    return &into;
  }

  Result<> find_program() {
    payload_.file_found = TRY(try_file());
    if (payload_.file_found == Found::Yes) return {};
    payload_.module_found = try_module();
    // Some versions of QEMU pass no modules on pc and q35 (7.2 does): there, -initrd is only to be had from fw_cfg.
    if (payload_.module_found == Found::Absent) payload_.initrd_found = TRY(try_legacy_initrd());
    // Nothing else is booted than what was asked for.
    if (payload_.module_found == Found::NotThat) return refuse("PVH module 0");
    return payload_.initrd_found == Found::NotThat ? refuse("fw_cfg -initrd") : Result<>();
  }

  Result<> refuse(const char* origin) {
    log::line("efilite: nothing to boot: ", origin, ": ", text(Found::NotThat));
    return Status::LoadError;
  }

  Found consider(core::ByteSource* image, const char* origin, std::string_view file) {
    const formats::Input input(*image);
    new (&payload_.facts) formats::Startable;  // without clearing all of it
    examine(input, payload_.facts);
    auto entry = choose_entry(payload_.facts, options_.entry);
    // Whoever loads EFI programs tells what is wrong with this one.
    if (!entry && options_.entry <= formats::Wish::Efi && is_pe(input)) entry = formats::BootEntry::Efi;
    if (!entry) return payload_.facts.entries != 0 ? Found::NotThat : tell_problem(origin);
    payload_.image = image;
    payload_.origin = origin;
    payload_.file = file;
    payload_.kind = kind_of(input, payload_.facts);
    payload_.entry = *entry;
    // A kernel that is no program is brought to its place when nobody can be told any more.
    if (!payload_.is_program()) payload_.image_use = EFILITE_PVH_MODULE_FREED;
    return Found::Yes;
  }

  // The first thing that is wrong with what would be a kernel.
  Found tell_problem(const char* origin) {
    if (payload_.facts.problems.empty()) return Found::NoEntry;
    const formats::Problem& problem = payload_.facts.problems[0];
    log::line("efilite: ", origin, ", at ", log::Hex{problem.offset}, ", ", problem.field, ": ", problem.what, " (",
              log::Hex{problem.value}, ")");
    return Found::NoEntry;
  }

  Result<Found> try_file() {
    if (fw_cfg_ == nullptr) return Found::NoDevice;
    core::ByteSource* file = TRY(open(kKernelFile, payload_.image_file));
    if (file == nullptr) return Found::Absent;
    const Found found = consider(file, "fw_cfg file opt/efilite/kernel", kKernelFile);
    if (found == Found::Yes) return found;
    // It was asked for by name, so nothing else is booted in its place.
    log::line("efilite: nothing to boot: fw_cfg file ", kKernelFile, " (", file->size(), " bytes): ", text(found));
    return Status::LoadError;
  }

  Found try_module() {
    if (info_.modules.empty()) return Found::Absent;
    if (!map_module(kImageModule, payload_.image_module)) return Found::NotMapped;
    Found found = consider(&payload_.image_module, "PVH module 0", "module");
    if (found != Found::Yes) payload_.image_module = {};
    else if (fw_cfg_has_module()) payload_.image = &payload_.image_file;
    return found;
  }

  // QEMU's -initrd is the module in memory and an fw_cfg item as well. The item can be read straight to where each section shall lie,
  // the module has to be copied there by the CPU (docs/adr/0002-payload-is-read-not-copied.md).
  bool fw_cfg_has_module() {
    if (fw_cfg_ == nullptr) return false;
    auto item = fw_cfg_->open_initrd();
    if (!item || item->size() != payload_.image_module.size()) return false;
    std::array<std::byte, 1024> here, there;
    size_t count = std::min<uint64_t>(here.size(), item->size());
    if (!payload_.image_module.read(0, MutableByteSpan(here).first(count))) return false;
    if (!item->read(0, MutableByteSpan(there).first(count))) return false;
    if (memcmp(here.data(), there.data(), count) != 0) return false;
    payload_.image_file = *item;
    return true;
  }

  Result<Found> try_legacy_initrd() {
    if (fw_cfg_ == nullptr) return Found::NoDevice;
    core::ByteSource* item = TRY(opened(fw_cfg_->open_initrd(), "-initrd", payload_.image_file));
    if (item == nullptr) return Found::Absent;
    const Found found = consider(item, "fw_cfg -initrd", "initrd");
    initrd_item_is_image_ = found == Found::Yes;
    return found;
  }

  bool map_initrd_module(size_t index) {
    payload_.initrd_index = index;
    return map_module(index, payload_.initrd_module);
  }

  bool map_module(size_t index, MemorySource& into) {
    auto bytes = memory_.window(info_.modules[index].range);
    if (bytes) into = MemorySource(*bytes);
    return bytes.has_value();
  }

  // The named file, else the first module that is not the image, else -initrd where there are no modules.
  Result<> find_initrd() {
    core::ByteSource* found = TRY(open(kInitrdFile, payload_.initrd_file));
    size_t module = payload_.image_module.size() != 0 ? 1 : 0;
    if (found != nullptr) {
      if (found->size() == 0) found = nullptr;  // LoadFile2 has no way to say "empty": the kernel would take it for a failure
      payload_.initrd_origin = "fw_cfg file opt/efilite/initrd";
    } else if (info_.modules.size() > module) {
      if (map_initrd_module(module) && payload_.initrd_module.size() != 0) found = &payload_.initrd_module;
      payload_.initrd_origin = module == 0 ? "PVH module 0" : "PVH module 1";
    } else if (info_.modules.empty() && fw_cfg_ != nullptr && !initrd_item_is_image_) {
      found = TRY(opened(fw_cfg_->open_initrd(), "-initrd", payload_.initrd_file));
      payload_.initrd_origin = "fw_cfg -initrd";
    }
    if (found == nullptr) return {};
    // Without EFI there is no RAM disk: whatever it is, it is the kernel's.
    if (payload_.entry != formats::BootEntry::Efi) {
      payload_.initrd = found;
    } else if (is_disk_image(*found, formats_)) {
      payload_.disk = found;
    } else if (payload_.kind == PayloadKind::Kernel) {
      payload_.initrd = found;
    } else {
      log::line("efilite: the initrd from ", payload_.initrd_origin, " is not passed: ",
                payload_.kind == PayloadKind::Uki ? "a unified kernel image brings its own" : "a boot loader loads its own");
    }
    return {};
  }

  // Without a program the initrd makes sense as a disk alone, and so does any module.
  Result<> find_disk() {
    core::ByteSource* found = TRY(open(kInitrdFile, payload_.initrd_file));
    payload_.initrd_origin = "fw_cfg file opt/efilite/initrd";
    for (size_t i = 0; found == nullptr && i < info_.modules.size(); ++i) {
      if (!map_initrd_module(i) || !is_disk_image(payload_.initrd_module, formats_)) continue;
      found = &payload_.initrd_module;
      payload_.initrd_origin = "a PVH module";
    }
    if (found == nullptr && info_.modules.empty() && fw_cfg_ != nullptr) {
      found = TRY(opened(fw_cfg_->open_initrd(), "-initrd", payload_.initrd_file));
      payload_.initrd_origin = "fw_cfg -initrd";
    }
    if (found != nullptr && is_disk_image(*found, formats_)) payload_.disk = found;
    else if (found != nullptr || payload_.module_found == Found::NoEntry)
      log::line("efilite: ", found != nullptr ? payload_.initrd_origin : "PVH module 0",
                " is neither a program, nor a kernel, nor a disk: it is not used");
    return {};
  }

  const BootInfo& info_;
  core::PhysicalMemory& memory_;
  drivers::FwCfg* fw_cfg_;
  core::DiskFormats& formats_;
  const Options& options_;
  Payload& payload_;
  bool initrd_item_is_image_ = false;
};

}  // namespace

Result<> MemorySource::read(uint64_t offset, MutableByteSpan out) {
  auto from = slice(bytes_, offset, out.size());
  if (!from) return Status::InvalidParameter;
  copy_bulk(out.data(), from->data(), out.size());
  return {};
}

Result<> choose_payload(const BootInfo& info, core::PhysicalMemory& memory, drivers::FwCfg* fw_cfg, core::DiskFormats& formats,
                        const Options& options, Payload& payload) {
  return Chooser(info, memory, fw_cfg, formats, options, payload).run();
}

ModuleUse use_of_module(const Payload& payload, size_t index) {
  if (index == kImageModule && payload.image_module.size() != 0) return payload.image_use;
  if (index != payload.initrd_index) return EFILITE_PVH_MODULE_KEPT;
  if (payload.initrd == &payload.initrd_module) return EFILITE_PVH_MODULE_INITRD;
  return payload.disk == &payload.initrd_module ? EFILITE_PVH_MODULE_DISK : EFILITE_PVH_MODULE_KEPT;
}

void tell_no_program(const BootInfo& info, const Payload& payload) {
  log::line("efilite: nothing to boot: fw_cfg file ", kKernelFile, ": ", text(payload.file_found), "; first of ", info.modules.size(),
            " PVH modules: ", text(payload.module_found), "; fw_cfg -initrd: ", text(payload.initrd_found));
}

}  // namespace efilite::boot
