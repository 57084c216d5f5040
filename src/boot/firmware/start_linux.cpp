// SPDX-License-Identifier: BSD-2-Clause-Patent
// A Linux kernel by boot_params: what src/boot/handoff plans, done to the machine.
#include <algorithm>

#include "arch/x86_64/leave.hpp"
#include "arch/x86_64/protected_mode.hpp"
#include "base/check.hpp"
#include "base/log.hpp"
#include "base/rare.hpp"
#include "boot/firmware/cpu_ports.hpp"
#include "boot/firmware/end.hpp"
#include "boot/firmware/hand_off.hpp"
#include "boot/handoff/fixed_loader.hpp"
#include "boot/handoff/linux_parameters.hpp"
#include "boot/load_options.hpp"
#include "core/protocols/rng.hpp"

namespace efilite::boot {

namespace {

using efi::AllocateType;
using efi::MemoryType;
using formats::BootEntry;
using formats::BzImage;

// Descriptors that the memory map may get until the end of boot services.
constexpr uint64_t kMoreDescriptors = 16;

// The kernel, its initrd and its parameters, in memory.
class LinuxStart {
 public:
  explicit LinuxStart(const Machine& machine)
      : machine_(machine), payload_(machine.payload), image_(*payload_.facts.bzimage), entry_(payload_.entry),
        plan_(plan_linux(image_, entry_)), loader_(machine.memory, machine.physical), place_(load_kernel()),
        parameters_(make_parameters()) {
    parameters_.set_initrd(place_initrd());
  }

  PhysRange kernel() const { return {place_.address, {place_.address.value + plan_.size}}; }
  boot_params* zero_page() { return parameters_.zero_page(); }

  [[noreturn]] void enter() {
    parameters_.set_acpi(published_rsdp(machine_));
    pass_seed();
    const size_t copies = loader_.last_copies().size();
    const PhysRange room = entry_ == BootEntry::Linux32 ? make_room(copies) : PhysRange{};
    tell_start(machine_);
    const FinalMap map = leave_boot_services(machine_);
    // What the kernel's own EFI entry would find out by itself.
    parameters_.set_memory(map.descriptors);
    parameters_.set_efi({reinterpret_cast<uint64_t>(machine_.system_table)}, map.descriptors);
    const uint64_t begin = place_.address.value;
    if (entry_ == BootEntry::Linux64) leave_in_long_mode(begin + BzImage::k64BitEntry, zero_page(), parameters_.gdt());
    const auto narrow = [](uint64_t address) { return static_cast<uint32_t>(address); };
    arch::enter_protected_mode(bytes_at(room), {narrow(begin), 0, narrow(reinterpret_cast<uint64_t>(zero_page()))}, loader_.last_copies());
  }

 private:
  MutableByteSpan bytes_at(PhysRange range) {
    auto window = machine_.physical.window(range);
    CHECK(window.has_value());
    return *window;
  }

  template <typename T>
  T room_for(const char* what, uint64_t bytes, Result<T> found) {
    if (found) return *found;
    FailureLog urgent;
    log::line("efilite: ", payload_.origin, ": there is no room for ", what, " of ", bytes, " bytes: the machine needs more memory");
    power_off();
  }

  PhysRange allocate(const char* what, uint64_t bytes, PhysAddr last) {
    const PageCount pages = PageCount::covering({bytes});
    const PhysAddr at = room_for(what, bytes, machine_.memory.allocate(AllocateType::MaxAddress, MemoryType::LoaderData, pages, last));
    return {at, {at.value + bytes}};
  }

  void read(core::ByteSource& source, uint64_t offset, MutableByteSpan to, const char* what) {
    must(source.read(offset, to), what);
    machine_.images.note_copied(to.size());
  }

  LinuxPlace load_kernel() {
    free_unused_module(machine_);
    const auto free = place_linux(machine_.memory, plan_);
    if (free.status() == Status::NotFound) return load_to_fixed_place();
    const LinuxPlace place = room_for("a kernel", plan_.size, free);
    read(*payload_.image, image_.kernel_offset, bytes_at({place.address, {place.address.value + image_.kernel_size}}), "the kernel");
    free_read_module(machine_);
    return place;
  }

  // Where efilite itself is the kernel can only be put behind efilite's end, and that is in protected mode. Its module stays as it is until
  // then, since pages that were free now would be as good for anything as others.
  EFILITE_RARE LinuxPlace load_to_fixed_place() {
    if (entry_ == BootEntry::EfiHandover64) {
      FailureLog urgent;
      log::line("efilite: ", payload_.origin, ": the kernel runs at ", plan_.preferred,
                " alone, which is not free (try efilite.entry=linux)");
      power_off();
    }
    if (entry_ == BootEntry::Linux64)
      log::line("efilite: the kernel's only place is not free: it is entered by its 32-bit entry, once it is");
    entry_ = BootEntry::Linux32;
    plan_ = plan_linux(image_, entry_);
    const LinuxPlace place{plan_.preferred, 0};
    FailureLog urgent;
    log::Subject subject(payload_.origin);
    if (!stays_clear(machine_.memory, {place.address, {place.address.value + plan_.size}})) power_off();
    Result<> loaded = loader_.add({place.address.value, plan_.size, image_.kernel_offset, image_.kernel_size});
    if (loaded) loaded = loader_.claim();
    if (loaded) loaded = loader_.load(*payload_.image);
    if (!loaded) power_off();  // it has been told why
    machine_.images.note_copied(loader_.bytes_read());
    return place;
  }

  PhysRange make_room(size_t copies) {
    return room_for("the way out", kPageSize, loader_.allocate(arch::pages_for_protected_mode(copies).value * kPageSize));
  }

  LinuxParameters make_parameters() {
    const CommandLine command_line = must(CommandLine::read(machine_.info, payload_, machine_.pool), "command line");
    const uint64_t descriptors = machine_.memory.read_size() / core::MemoryMap::kDescriptorSize + kMoreDescriptors;
    const uint64_t size = LinuxParameters::size_for(command_line.text(), descriptors);
    const PhysRange place = allocate("boot_params", size, plan_.parameters_last);
    LinuxParameters parameters(bytes_at(place), image_, place_);
    if (!parameters.set_command_line(command_line.text(), plan_))
      log::line("efilite: the kernel takes no more than ", plan_.command_line_size, " bytes of command line: its end is cut off");
    return parameters;
  }

  // A module stays where it is if the kernel can reach it there.
  PhysRange place_initrd() {
    if (payload_.initrd == nullptr) return {};
    const uint64_t size = payload_.initrd->size();
    if (auto bytes = payload_.initrd->in_place()) {
      const PhysAddr begin{reinterpret_cast<uint64_t>(bytes->data())};
      const PhysRange here{begin, {begin.value + size}};
      if (begin.page_aligned() && here.end.value - 1 <= plan_.initrd_last.value && !loader_.wants(here)) return own(here);
    }
    const PhysRange place = allocate("an initrd", size, plan_.initrd_last);
    read(*payload_.initrd, 0, bytes_at(place), "the initrd");
    return place;
  }

  // The kernel keeps what was loaded for it, and makes free what was boot services'.
  PhysRange own(PhysRange initrd) {
    const PageCount pages = PageCount::covering({initrd.size()});
    must(machine_.memory.free(initrd.begin, pages, core::PageOwner::SetUp), "the initrd's memory");
    must(machine_.memory.allocate(AllocateType::Address, MemoryType::LoaderData, pages, initrd.begin), "the initrd's memory");
    return initrd;
  }

  void pass_seed() {
    CpuEntropy entropy;
    core::Rng rng(entropy);
    std::array<std::byte, LinuxParameters::kSeedSize> seed;
    if (rng.available() && rng.fill(seed)) parameters_.add_seed(seed);
  }

  const Machine& machine_;
  Payload& payload_;
  const BzImage& image_;
  BootEntry entry_;
  LinuxPlan plan_;
  FixedLoader loader_;
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

void start_linux(const Machine& machine) { LinuxStart(machine).enter(); }

efi::Handle load_handover(const Machine& machine, efi::Handle device, const efi::DevicePath* path) {
  LinuxStart start(machine);
  // [boot.rst, EFI Handover Protocol] counted from the 32-bit entry, of which the 64-bit one's distance lies behind.
  const uint64_t offset = machine.payload.facts.bzimage->header.handover_offset + BzImage::k64BitEntry;
  handover = {start.kernel().begin.value + offset, start.zero_page()};
  return must(machine.images.adopt(start.kernel(), call_handover, device, path), "the kernel's image");
}

}  // namespace efilite::boot
