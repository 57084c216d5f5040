// SPDX-License-Identifier: BSD-2-Clause-Patent
// A machine with a PCI bus and slots for virtio devices on MMIO, in a firmware of its own.
#pragma once

#include <memory>

#include "abi/uefi/scsi.hpp"
#include "boot/devices/device_name.hpp"
#include "boot/devices/devices.hpp"
#include "boot/devices/virtio_mmio.hpp"
#include "tests/support/disks.hpp"
#include "tests/support/pci_bus.hpp"
#include "tests/support/physical_memory.hpp"
#include "tests/support/virtio_blk.hpp"
#include "tests/support/virtio_registers.hpp"
#include "tests/support/virtio_scsi.hpp"

namespace efilite::boot::testing_devices {

using core::testing_disks::DiskDrivers;
using efi::EfiStatus;
using efi::encode;

class MachineRegisters final : public core::Registers {
 public:
  static constexpr uint64_t kSlot = test::FakeVirtioMmio::kSize, kBase = test::FakeVirtioMmio::kBase;
  test::FakePci pci;
  std::vector<std::unique_ptr<test::FakeVirtioMmio>> slots;
  int accesses = 0;  // of slots

  uint64_t read(core::RegisterSpace space, uint64_t address, unsigned size) override {
    if (!is_slot(space, address)) return pci.read(space, address, size);
    const uint64_t slot = (address - kBase) / kSlot;
    ++accesses;
    return slot < slots.size() ? slots[slot]->read(space, address - slot * kSlot, size) : 0;
  }
  void write(core::RegisterSpace space, uint64_t address, unsigned size, uint64_t value) override {
    if (!is_slot(space, address)) return pci.write(space, address, size, value);
    const uint64_t slot = (address - kBase) / kSlot;
    ++accesses;
    if (slot < slots.size()) slots[slot]->write(space, address - slot * kSlot, size, value);
  }

 private:
  static bool is_slot(core::RegisterSpace space, uint64_t address) {
    return space == core::RegisterSpace::Memory && address >= kBase && address < kBase + 32 * kSlot;
  }
};

struct DevicesTest : DiskDrivers {
  static constexpr uint64_t kSectors = 64;
  MachineRegisters registers;
  test::FakePhysicalMemory physical;
  std::string command_line;
  std::vector<std::unique_ptr<test::FakeVirtioBlk>> disks;
  std::unique_ptr<test::FakeVirtioScsi> scsi;
  std::optional<Devices> devices;
  const drivers::xen::Services* xen = nullptr;

  test::FakeVirtioBlk& add_disk() {
    disks.push_back(std::make_unique<test::FakeVirtioBlk>(kSectors));
    add_slot(*disks.back());
    memcpy(disks.back()->disk.data(), "F", 2);
    return *disks.back();
  }
  void add_scsi() {
    scsi = std::make_unique<test::FakeVirtioScsi>();
    add_slot(*scsi);
  }
  void add_slot(test::FakeVirtioDevice& device) {
    registers.slots.push_back(std::make_unique<test::FakeVirtioMmio>(device));
    char option[64];
    snprintf(option, sizeof option, " virtio_mmio.device=512@0x%llx:5",
             static_cast<unsigned long long>(MachineRegisters::kBase + (registers.slots.size() - 1) * MachineRegisters::kSlot));
    command_line += option;
  }
  Devices& begin(bool is_qemu = false) {
    devices.emplace(MachineFacts{physical, nullptr, command_line, is_qemu, xen}, firmware, registers, protection);
    firmware.device_search = &*devices;
    return *devices;
  }
  // As a program does.
  template <typename P>
  std::vector<efi::Handle> search() {
    efi::Guid guid = P::kGuid;
    efi::Uintn count = 0;
    efi::Handle* found = nullptr;
    if (is_error(services.locate_handle_buffer(efi::LocateSearchType::ByProtocol, &guid, nullptr, &count, &found))) return {};
    std::vector<efi::Handle> out(found, found + count);
    memory.pool.release(found);
    return out;
  }
  static bool is_started(test::FakeVirtioDevice& device) { return (device.status() & drivers::virtio::kStatusDriverOk) != 0; }
  std::vector<bool> started() {
    std::vector<bool> all;
    for (auto& each : disks) all.push_back(is_started(*each));
    return all;
  }
  VirtioMmioPath path_of(size_t slot) const {
    return VirtioMmioDevice({MachineRegisters::kBase + slot * MachineRegisters::kSlot, MachineRegisters::kSlot},
                            drivers::virtio::DeviceType::Block)
        .path;
  }
  static const efi::DevicePath* as_path(const VirtioMmioPath& path) { return &path.vendor.header; }
};

}  // namespace efilite::boot::testing_devices
