// SPDX-License-Identifier: BSD-2-Clause-Patent
// A Linux kernel by boot_params: what src/boot/handoff plans, done to the machine.
#include <algorithm>

#include "arch/x86_64/leave.hpp"
#include "base/check.hpp"
#include "base/log.hpp"
#include "boot/firmware/cpu_ports.hpp"
#include "boot/firmware/end.hpp"
#include "boot/firmware/hand_off.hpp"
#include "boot/handoff/linux_parameters.hpp"
#include "boot/load_options.hpp"
#include "core/protocols/rng.hpp"

namespace efilite::boot {

namespace {

using efi::AllocateType;
using efi::MemoryType;

constexpr uint64_t kBelow4GiB = 0xFFFFFFFF;
// Descriptors that the memory map may get until the end of boot services.
constexpr uint64_t kMoreDescriptors = 16;

// The kernel, its initrd and its parameters, in memory.
class LinuxStart {
 public:
  explicit LinuxStart(const Machine& machine)
      : machine_(machine), payload_(machine.payload), image_(*payload_.facts.bzimage), plan_(plan_linux(image_, payload_.entry)),
        place_(load_kernel()), parameters_(make_parameters()) {
    parameters_.set_initrd(place_initrd());
  }

  PhysRange kernel() const { return {place_.address, {place_.address.value + plan_.size}}; }
  LinuxParameters& parameters() { return parameters_; }

  // What the kernel's own EFI entry finds out by itself.
  void finish() {
    parameters_.set_acpi(published_rsdp(machine_));
    pass_seed();
    tell_start(machine_);
    const FinalMap map = leave_boot_services(machine_);
    parameters_.set_memory(map.descriptors);
    parameters_.set_efi({reinterpret_cast<uint64_t>(machine_.system_table)}, map.descriptors);
  }

 private:
  MutableByteSpan memory(PhysAddr at, uint64_t size) {
    auto window = machine_.physical.window(at, size);
    CHECK(window.has_value());
    return *window;
  }

  PhysAddr allocate(PageCount pages, PhysAddr last, const char* what) {
    return must(machine_.memory.allocate(AllocateType::MaxAddress, MemoryType::LoaderData, pages, last), what);
  }

  void read(core::ByteSource& source, uint64_t offset, MutableByteSpan to, const char* what) {
    must(source.read(offset, to), what);
    machine_.images.note_copied(to.size());
  }

  LinuxPlace load_kernel() {
    free_unused_module(machine_);
    const LinuxPlace place = must(place_linux(machine_.memory, plan_), "the kernel's memory");
    read(*payload_.image, image_.kernel_offset, memory(place.address, plan_.size).first(image_.kernel_size), "reading the kernel");
    free_read_module(machine_);
    return place;
  }

  LinuxParameters make_parameters() {
    const CommandLine command_line = must(CommandLine::read(machine_.info, payload_, machine_.pool), "command line");
    const std::string_view text = command_line.text();
    const uint64_t descriptors = machine_.memory.read_size() / core::MemoryMap::kDescriptorSize + kMoreDescriptors;
    const PageCount pages = LinuxParameters::pages_for(text, descriptors);
    const PhysAddr at = allocate(pages, {std::min(plan_.last.value, kBelow4GiB)}, "boot_params");
    LinuxParameters parameters(memory(at, pages.value * kPageSize), image_, place_);
    if (!parameters.set_command_line(text, plan_))
      log::line("efilite: the kernel takes no more than ", plan_.command_line_size, " bytes of command line: its end is cut off");
    return parameters;
  }

  // A module stays where it is if the kernel can reach it.
  PhysRange place_initrd() {
    if (payload_.initrd == nullptr) return {};
    const uint64_t size = payload_.initrd->size();
    const PageCount pages = PageCount::covering({size});
    if (auto bytes = payload_.initrd->in_place()) {
      const PhysAddr here{reinterpret_cast<uint64_t>(bytes->data())};
      const PhysRange initrd{here, {here.value + size}};
      if (here.page_aligned() && initrd.end.value - 1 <= plan_.initrd_last.value) {
        own(here, pages);
        return initrd;
      }
    }
    const PhysAddr at = allocate(pages, plan_.initrd_last, "the initrd's memory");
    read(*payload_.initrd, 0, memory(at, size), "reading the initrd");
    return {at, {at.value + size}};
  }

  // The kernel keeps what was loaded for it, and makes free what was boot services'.
  void own(PhysAddr at, PageCount pages) {
    must(machine_.memory.free(at, pages, core::PageOwner::SetUp), "the initrd's memory");
    must(machine_.memory.allocate(AllocateType::Address, MemoryType::LoaderData, pages, at), "the initrd's memory");
  }

  void pass_seed() {
    CpuEntropy entropy;
    core::Rng rng(entropy);
    std::array<std::byte, LinuxParameters::kSeedSize> seed;
    if (rng.available() && rng.fill(seed)) parameters_.add_seed(seed);
  }

  const Machine& machine_;
  Payload& payload_;
  const formats::BzImage& image_;
  const LinuxPlan plan_;
  const LinuxPlace place_;
  LinuxParameters parameters_;
};

// What the handover entry is called with, besides what every program is.
constinit struct {
  uint64_t entry;
  boot_params* zero_page;
} handover{};

efi::EfiStatus EFIAPI call_handover(efi::Handle image, efi::SystemTable* system_table) {
  using Entry = void (*)(efi::Handle, efi::SystemTable*, boot_params*);  // by the kernel's own convention
  reinterpret_cast<Entry>(handover.entry)(image, system_table, handover.zero_page);
  return efi::encode(Status::LoadError);  // it does not come back but by Exit()
}

}  // namespace

void start_linux(const Machine& machine) {
  LinuxStart start(machine);
  start.finish();
  leave_in_long_mode(start.kernel().begin.value + formats::BzImage::k64BitEntry, start.parameters().zero_page(), start.parameters().gdt());
}

efi::Handle load_handover(const Machine& machine, efi::Handle device, const efi::DevicePath* path) {
  LinuxStart start(machine);
  // [boot.rst, EFI Handover Protocol] behind the 64-bit entry.
  const uint64_t offset = machine.payload.facts.bzimage->header.handover_offset + formats::BzImage::k64BitEntry;
  handover = {start.kernel().begin.value + offset, start.parameters().zero_page()};
  return must(machine.images.adopt(start.kernel(), call_handover, device, path), "the kernel's image");
}

}  // namespace efilite::boot
