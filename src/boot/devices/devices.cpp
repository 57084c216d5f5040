// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/devices/devices.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "boot/devices/virtio_mmio.hpp"
#include "core/handles/service_call.hpp"
#include "core/heap_objects.hpp"
#include "drivers/pci/root_bus.hpp"
#include "drivers/virtio/register_transport.hpp"

namespace efilite::boot {

using core::in_database;

// A way to configuration space, and what it leads to. It lives until ExitBootServices.
template <typename Access>
struct Devices::PciBus {
  template <typename Way>
  PciBus(const Way& way, core::Registers& registers, core::Heap& heap, drivers::pci::WindowSource& windows,
         const drivers::pci::RootBusPlace& place)
      : access(way(registers)), root(access, registers, heap, windows, place) {}
  Access access;
  drivers::pci::RootBus root;
};

namespace {

// What needs no more than the buses' handles, and what a device brings once it is connected.
constexpr const efi::Guid* kOfBuses[] = {&efi::PciIoProtocol::kGuid, &efi::PciRootBridgeIoProtocol::kGuid,
                                         &efi::DriverBindingProtocol::kGuid, &efi::ComponentName2Protocol::kGuid};
constexpr const efi::Guid* kOfDevices[] = {&efi::kDevicePathGuid,         &efi::BlockIoProtocol::kGuid, &efi::BlockIo2Protocol::kGuid,
                                           &efi::DiskIoProtocol::kGuid,   &efi::DiskIo2Protocol::kGuid,
                                           &efi::SimpleFileSystemProtocol::kGuid};

class Looking {
 public:
  explicit Looking(bool& flag) : flag_(flag), outer_(std::exchange(flag, true)) {}
  ~Looking() { flag_ = outer_; }
  Looking(const Looking&) = delete;
  Looking& operator=(const Looking&) = delete;

 private:
  bool& flag_;
  const bool outer_;
};

bool is_one_of(const efi::Guid& guid, std::span<const efi::Guid* const> list) {
  for (const efi::Guid* each : list)
    if (*each == guid) return true;
  return false;
}

}  // namespace

Devices::Devices(const MachineFacts& machine, core::Firmware& firmware, core::Registers& registers, const core::PageProtection& pages)
    : machine_(machine), firmware_(firmware), registers_(registers), heap_(firmware.pool, firmware.events),
      pages_(firmware.memory, firmware.events),
      virtio_(firmware.handles, firmware.events, heap_, pages_, firmware.clock, registers),
      pci_(firmware.handles, firmware.events, firmware.memory, firmware.pool, firmware.clock, pages) {
  if (machine.xen != nullptr) xen_.emplace(firmware.handles, firmware.events, heap_, pages_, firmware.clock, *machine.xen);
}

// A program that searches from within a notification above TPL_CALLBACK finds what is there: no driver may be called from there. So does
// one whose notification interrupts us while we look for devices: what is not found yet could not be connected either, and it would count
// as done.
bool Devices::may_look() const { return !looking_ && firmware_.events.tpl() <= efi::kTplCallback; }

void Devices::before_search(const efi::Guid* protocol) {
  if (!may_look()) return;
  if (protocol == nullptr || *protocol == efi::RngProtocol::kGuid) find_entropy();
  if (protocol == nullptr || is_one_of(*protocol, kOfDevices)) return connect_all();
  if (is_one_of(*protocol, kOfBuses)) scan_pci();
}

void Devices::before_connect() {
  if (may_look()) scan_buses();
}

// Each of these does its work once, and is done before it begins: what it calls may search, too.
void Devices::prepare() {
  if (std::exchange(prepared_, true)) return;
  const efi::Handle image = firmware_.handles.core_agent();
  Result<> installed = in_database([&] { return virtio_.install(image); });
  if (installed && xen_) installed = in_database([&] { return xen_->install(image); });
  if (!installed) log::line("efilite: not all devices can be used: ", installed.status());
  if (machine_.acpi != nullptr) platform::read_mcfg(machine_.memory, machine_.acpi->rsdp, buses_);
}

void Devices::scan_buses() {
  scan_pci();
  scan_mmio();
  scan_xen();
}

template <typename Access, typename Way>
bool Devices::add_pci(const Way& way, const platform::EcamWindow& range) {
  auto bus = core::make<PciBus<Access>>(heap_, way, registers_, heap_, static_cast<drivers::pci::WindowSource&>(*this),
                                        drivers::pci::RootBusPlace{range.segment, range.first_bus, range.last_bus});
  Result<> added = bus ? (*bus)->access.open() : Result<>(bus.error());
  if (added) added = in_database([&] { return pci_.add((*bus)->root, range.segment); });
  if (added) return true;
  if (added.status() == Status::NotFound) core::drop(heap_, *bus);
  else log::line("efilite: not all PCI devices can be used: ", added.status());
  return added.status() != Status::NotFound;
}

void Devices::scan_pci() {
  if (std::exchange(pci_scanned_, true)) return;
  Looking looking(looking_);
  prepare();
  using drivers::pci::EcamAccess, drivers::pci::PortAccess;
  auto add_window = [&](const platform::EcamWindow& window) {
    return add_pci<EcamAccess>([&](core::Registers& registers) { return EcamAccess(registers, window); }, window);
  };
  bool any = false;
  auto add_windows = [&] {
    for (const platform::EcamWindow& window : buses_.ecam) any |= add_window(window);
  };
  add_windows();
  if (!any) any = add_pci<PortAccess>([](core::Registers& registers) { return PortAccess(registers); }, {0, 0, 0, 255});
  if (!any) {
    read_aml();
    add_windows();
  }
  for (size_t i = 0; !any && machine_.acpi == nullptr && i < std::size(platform::kKnownEcam); ++i)
    any = add_window(platform::kKnownEcam[i]);
}

// A window that ACPI tells of may be configuration space itself. Where it tells of none below 4 GiB, devices lie between memory and the
// I/O APIC, as they do on every PC.
void Devices::complete_windows() {
  constexpr uint64_t kIoApic = 0xFEC0'0000, k4GiB = uint64_t{1} << 32, kFirstPort = 0xC000, kPorts = 0x4000;
  auto& windows = buses_.pci_windows;
  bool low = false;
  for (size_t i = windows.size(); i-- > 0;) {
    bool is_config = false;
    for (const platform::EcamWindow& ecam : buses_.ecam) is_config |= windows[i].base == ecam.base;
    if (is_config) windows.erase(i);
    else low |= windows[i].space == core::RegisterSpace::Memory && windows[i].base < k4GiB;
  }
  if (low) return;
  uint64_t base = 0;
  firmware_.memory.for_each([&](const efi::MemoryDescriptor& memory) {
    const uint64_t end = memory.physical_start + memory.number_of_pages * kPageSize;
    if (end <= kIoApic && end > base) base = end;
  });
  for (const platform::EcamWindow& ecam : buses_.ecam) {
    const uint64_t end = ecam.base + ((uint64_t{ecam.last_bus} + 1) << 20);
    if (end <= kIoApic && end > base) base = end;
  }
  buses_.add(core::PciWindow{core::RegisterSpace::Memory, base, kIoApic - base});
  buses_.add(core::PciWindow{core::RegisterSpace::Io, kFirstPort, kPorts});
}

std::span<const core::PciWindow> Devices::windows() {
  if (!std::exchange(windows_known_, true)) {
    read_aml();
    complete_windows();
  }
  return {buses_.pci_windows.begin(), buses_.pci_windows.size()};
}

void Devices::read_aml() {
  if (machine_.acpi == nullptr || std::exchange(aml_read_, true)) return;
  platform::read_aml(machine_.memory, machine_.acpi->rsdp, machine_.acpi->dsdt, buses_);
}

void Devices::scan_mmio() {
  if (std::exchange(mmio_scanned_, true)) return;
  Looking looking(looking_);
  prepare();
  read_aml();
  platform::read_mmio_options(machine_.command_line, buses_);
  const bool nothing_told = buses_.mmio.empty() && machine_.acpi == nullptr;
  if (nothing_told && machine_.is_qemu && !firmware_.handles.locate<efi::PciRootBridgeIoProtocol>()) platform::add_microvm_slots(buses_);
  for (const platform::MmioPlace& place : buses_.mmio) {
    Result<> added = add_mmio(place);
    if (!added && added.status() != Status::NotFound)
      log::line("efilite: the virtio device at ", PhysAddr{place.base}, " cannot be used: ", added.status());
  }
}

Result<> Devices::add_mmio(const platform::MmioPlace& place) {
  TRY(registers_.map({{place.base}, {place.base + place.size}}));
  drivers::virtio::RegisterTransport transport(firmware_.clock);
  TRY(transport.open_mmio(registers_, place.base, place.size));
  auto* device = TRY(core::make<VirtioMmioDevice>(heap_, place, transport.type()));
  auto installed = in_database([&] {
    efi::Handle handle = nullptr;
    const core::ProtocolPair pairs[] = {{&efi::kDevicePathGuid, &device->path}, {&VirtioMmioProtocol::kGuid, &device->protocol}};
    return firmware_.handles.install_multiple(&handle, pairs);
  });
  if (!installed) core::drop(heap_, device);
  return installed;
}

void Devices::scan_xen() {
  if (!xen_ || std::exchange(xen_scanned_, true)) return;
  Looking looking(looking_);
  prepare();
  uint64_t top = 0;
  firmware_.memory.for_each([&](const efi::MemoryDescriptor& memory) {
    top = std::max(top, memory.physical_start + memory.number_of_pages * kPageSize);
  });
  if (Result<> scanned = xen_->scan(top); !scanned) log::line("efilite: not all of Xen's disks can be used: ", scanned.status());
}

// PCI's, those on MMIO, then Xen's, as their buses tell of them.
void Devices::list_devices() {
  if (std::exchange(listed_, true)) return;
  Looking looking(looking_);
  scan_buses();
  in_database([&] {
    core::HandleDatabase& handles = firmware_.handles;
    constexpr const efi::Guid* kBuses[] = {&efi::PciIoProtocol::kGuid, &VirtioMmioProtocol::kGuid, &XenVbdProtocol::kGuid};
    constexpr auto kSearch = efi::LocateSearchType::ByProtocol;
    size_t count = 0;
    for (const efi::Guid* bus : kBuses) count += handles.count(kSearch, bus, nullptr).value_or(0);
    auto* list = static_cast<Found*>(heap_.allocate(count * sizeof(Found)));
    if (list == nullptr) return log::line("efilite: there is no memory left to list devices in");
    size_t used = 0;
    for (const efi::Guid* bus : kBuses) {
      auto on_bus = handles.locate_buffer(kSearch, bus, nullptr);
      if (!on_bus) continue;
      for (efi::Handle handle : *on_bus) list[used++] = {handle, kind_of(handle), false};
      heap_.release(on_bus->data());
    }
    found_ = {list, used};
  });
}

DeviceKind Devices::kind_of(efi::Handle handle) const {
  const DeviceKind kind = xen_ ? xen_->kind_of(handle) : DeviceKind::Unknown;
  return kind != DeviceKind::Unknown ? kind : virtio_.kind_of(handle);
}

void Devices::connect(Found& device) {
  device.connected = true;
  in_database([&] { (void)firmware_.handles.connect(device.handle, nullptr, nullptr, true); });  // nobody may be able to drive it
}

// All but what only those need who ask for it by name.
void Devices::connect_all() {
  if (std::exchange(all_connected_, true)) return;
  list_devices();
  for (Found& device : found_)
    if (!device.connected && device.kind != DeviceKind::Entropy) connect(device);
  rest();
}

Result<> Devices::quiesce() {
  Result<> done = virtio_.quiesce();
  if (xen_) {
    Result<> xen_done = xen_->quiesce();
    if (done) done = xen_done;
  }
  return done;
}

// Where the CPU gives no random numbers.
void Devices::find_entropy() {
  if (std::exchange(entropy_found_, true)) return;
  if (in_database([&] { return firmware_.handles.locate<efi::RngProtocol>(); })) return rest();
  list_devices();
  for (Found& device : found_)
    if (!device.connected && device.kind == DeviceKind::Entropy) connect(device);
  rest();
}

// Once all are connected there is nothing to look for before a search.
void Devices::rest() {
  if (!all_connected_) return;
  for (const Found& device : found_)
    if (!device.connected) return;
  firmware_.device_search = nullptr;
}

Devices::Console Devices::find_console() {
  list_devices();
  for (Found& device : found_) {
    if (device.kind != DeviceKind::Console) continue;
    virtio_.look_for_console(true);
    connect(device);
    virtio_.look_for_console(false);
    if (virtio_.console() == nullptr) continue;
    auto path = in_database([&] { return firmware_.handles.find(device.handle, efi::kDevicePathGuid); });
    auto bytes = path ? core::device_path::measure(static_cast<const efi::DevicePath*>(*path)) : Result<ByteSpan>(path.error());
    return {virtio_.console(), bytes ? core::device_path::without_end(*bytes) : ByteSpan{}};
  }
  return {};
}

Result<> Devices::connect_path(const efi::DevicePath* path) {
  core::HandleDatabase& handles = firmware_.handles;
  auto nearest = [&](const efi::Guid& protocol) -> efi::Handle {
    auto* rest = const_cast<efi::DevicePath*>(path);
    return in_database([&] { return handles.locate_device_path(protocol, rest).value_or(nullptr); });
  };
  if (nearest(efi::BlockIoProtocol::kGuid) != nullptr) return {};
  list_devices();
  efi::Handle handle = nearest(efi::PciIoProtocol::kGuid);
  if (handle == nullptr) handle = nearest(VirtioMmioProtocol::kGuid);
  if (handle == nullptr) handle = nearest(XenVbdProtocol::kGuid);
  for (Found& device : found_) {
    if (device.handle != handle) continue;
    connect(device);  // again, since a program may have disconnected it; who drives it already is left alone
    return {};
  }
  return Status::NotFound;
}

bool Devices::connect_next(Media kind) {
  list_devices();
  for (Found& device : found_) {
    const bool may_have = device.kind == DeviceKind::RemovableDisks || (kind == Media::Any && device.kind == DeviceKind::Disk);
    if (device.connected || !may_have) continue;
    connect(device);
    return true;
  }
  return false;
}

}  // namespace efilite::boot
