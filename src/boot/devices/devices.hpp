// SPDX-License-Identifier: BSD-2-Clause-Patent
// The machine's devices, each found when somebody wants it and not before: a program that looks for PCI has the buses scanned, one that
// looks for disks has all devices connected, and the boot manager connects what its options name.
#pragma once

#include "boot/devices/device_pages.hpp"
#include "boot/devices/virtio_driver.hpp"
#include "boot/devices/xen_driver.hpp"
#include "boot/manager/discovery.hpp"
#include "core/device_search.hpp"
#include "core/firmware.hpp"
#include "core/pci/pci_buses.hpp"
#include "core/storage/storage_call.hpp"
#include "drivers/pci/root_bus.hpp"
#include "platform/acpi.hpp"
#include "platform/buses.hpp"

namespace efilite::boot {

// Where to read of devices.
struct MachineFacts {
  core::PhysicalMemory& memory;
  const platform::AcpiFacts* acpi;  // nullptr: there is no ACPI
  std::string_view command_line;
  bool is_qemu;
  const drivers::xen::Services* xen;  // nullptr: Xen has no devices for us
};

class Devices final : public core::DeviceSearch, public core::Quiescer, public Discovery, private drivers::pci::WindowSource {
 public:
  Devices(const MachineFacts& machine, core::Firmware& firmware, core::Registers& registers, const core::PageProtection& pages);
  Devices(const Devices&) = delete;
  Devices& operator=(const Devices&) = delete;

  void before_search(const efi::Guid* protocol) override;
  void before_connect() override;

  Result<> quiesce() override;

  Result<> connect_path(const efi::DevicePath* path) override;
  bool connect_next(Media kind) override;

  // The first virtio console that works, and the path of its device; nullptr: there is none.
  struct Console {
    drivers::virtio::ConsoleDevice* device = nullptr;
    ByteSpan path;  // without its end
  };
  Console find_console();

 private:
  // What a bus has told of, in its order.
  struct Found {
    efi::Handle handle;
    DeviceKind kind;
    bool connected;
  };
  template <typename Access>
  struct PciBus;

  void prepare();
  void scan_pci();
  bool may_look() const;
  void scan_mmio();
  void scan_xen();
  void scan_buses();
  // What ACPI's AML tells, once somebody wants to know.
  void read_aml();
  std::span<const core::PciWindow> windows() override;
  void complete_windows();
  template <typename Access, typename Way>
  bool add_pci(const Way& way, const platform::EcamWindow& range);
  Result<> add_mmio(const platform::MmioPlace& place);
  void list_devices();
  DeviceKind kind_of(efi::Handle handle) const;
  void connect_all();
  void find_entropy();
  void rest();
  void connect(Found& device);

  const MachineFacts machine_;
  core::Firmware& firmware_;
  core::Registers& registers_;
  core::StorageHeap heap_;
  DevicePages pages_;
  VirtioDriver virtio_;
  std::optional<XenDriver> xen_;
  core::PciBuses pci_;
  platform::Buses buses_;
  std::span<Found> found_;
  bool looking_ = false, prepared_ = false, aml_read_ = false, windows_known_ = false;
  bool pci_scanned_ = false, mmio_scanned_ = false, xen_scanned_ = false;
  bool listed_ = false, all_connected_ = false, entropy_found_ = false;
};

}  // namespace efilite::boot
