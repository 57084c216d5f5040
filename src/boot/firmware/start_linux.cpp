// SPDX-License-Identifier: BSD-2-Clause-Patent
// A Linux kernel by boot_params: what src/boot/handoff plans, done to the machine.
#include "arch/x86_64/leave.hpp"
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

class LinuxStart {
 public:
  explicit LinuxStart(const Machine& machine)
      : machine_(machine), payload_(machine.payload), image_(*payload_.facts.bzimage), plan_(plan_linux(image_, payload_.entry)) {}

  [[noreturn]] void run() {
    const LinuxPlace place = load_kernel();
    const PhysRange initrd = place_initrd();
    LinuxParameters parameters = make_parameters(place);
    parameters.set_initrd(initrd);
    log_start(copied_);
    const FinalMap map = leave_boot_services(machine_);
    parameters.set_memory(map.descriptors);
    parameters.set_efi({reinterpret_cast<uint64_t>(machine_.system_table)}, map.descriptors);
    leave_in_long_mode(place.address.value + formats::BzImage::k64BitEntry, parameters.zero_page(), parameters.gdt());
  }

 private:
  MutableByteSpan memory(PhysAddr at, uint64_t size) {
    auto window = machine_.physical.window(at, size);
    CHECK(window.has_value());
    return *window;
  }

  LinuxPlace load_kernel() {
    free_unused_module(machine_);
    const LinuxPlace place = must(place_linux(machine_.memory, plan_), "the kernel's memory");
    const MutableByteSpan file = memory(place.address, plan_.size).first(image_.kernel_size);
    must(payload_.image->read(image_.kernel_offset, file), "reading the kernel");
    copied_ += file.size();
    free_read_module(machine_);
    return place;
  }

  PhysRange place_initrd() {
    if (payload_.initrd == nullptr) return {};
    const uint64_t size = payload_.initrd->size();
    const PhysAddr at = must(machine_.memory.allocate(AllocateType::MaxAddress, MemoryType::LoaderData, PageCount::covering({size}),
                                                      plan_.initrd_last), "the initrd's memory");
    must(payload_.initrd->read(0, memory(at, size)), "reading the initrd");
    copied_ += size;
    return {at, {at.value + size}};
  }

  LinuxParameters make_parameters(const LinuxPlace& place) {
    const CommandLine command_line = must(CommandLine::read(machine_.info, payload_, machine_.pool), "command line");
    const std::string_view text = command_line.text();
    const uint64_t descriptors = machine_.memory.read_size() / core::MemoryMap::kDescriptorSize + kMoreDescriptors;
    const PageCount pages = LinuxParameters::pages_for(text, descriptors);
    const PhysAddr last{std::min(plan_.last.value, kBelow4GiB)};
    const PhysAddr at = must(machine_.memory.allocate(AllocateType::MaxAddress, MemoryType::LoaderData, pages, last), "boot_params");
    LinuxParameters parameters(memory(at, pages.value * kPageSize), image_, place);
    if (!parameters.set_command_line(text, plan_))
      log::line("efilite: the kernel takes no more than ", plan_.command_line_size, " bytes of command line: its end is cut off");
    parameters.set_acpi(machine_.info.rsdp);
    pass_seed(parameters);
    return parameters;
  }

  static void pass_seed(LinuxParameters& parameters) {
    CpuEntropy entropy;
    core::Rng rng(entropy);
    std::array<std::byte, LinuxParameters::kSeedSize> seed;
    if (rng.available() && rng.fill(seed)) parameters.add_seed(seed);
  }

  const Machine& machine_;
  Payload& payload_;
  const formats::BzImage& image_;
  const LinuxPlan plan_;
  uint64_t copied_ = 0;
};

}  // namespace

void start_linux(const Machine& machine) { LinuxStart(machine).run(); }

}  // namespace efilite::boot
