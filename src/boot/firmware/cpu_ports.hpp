// SPDX-License-Identifier: BSD-2-Clause-Patent
// The CPU behind core's ports: calling images, random numbers, registers of devices.
#pragma once

#include "arch/cpu.hpp"
#include "arch/x86_64/paging.hpp"
#include "core/device_ports.hpp"
#include "core/events/events.hpp"
#include "core/images/images.hpp"
#include "core/protocols/rng.hpp"

// arch/x86_64/image_call.S
extern "C" uint64_t call_image(efilite::efi::ImageEntryPoint entry, efilite::efi::Handle image, efilite::efi::SystemTable* system_table,
                               void* context);
extern "C" [[noreturn]] void unwind_image(void* context, uint64_t status);

namespace efilite::boot {

class CpuImageCaller final : public core::ImageCaller {
 public:
  efi::EfiStatus call(efi::ImageEntryPoint entry, efi::Handle image, efi::SystemTable* system_table, core::JumpContext& context) override {
    return efi::EfiStatus{call_image(entry, image, system_table, &context)};
  }
  [[noreturn]] void unwind(core::JumpContext& context, efi::EfiStatus status) override {
    unwind_image(&context, static_cast<uint64_t>(status));
  }
};

class CpuEntropy final : public core::Entropy {
 public:
  bool has_raw() override { return arch::has_rdseed(); }
  bool has_drbg() override { return arch::has_rdrand(); }
  std::optional<uint64_t> raw() override { return arch::rdseed(); }
  std::optional<uint64_t> drbg() override { return arch::rdrand(); }
};

class CpuRegisters final : public core::Registers {
 public:
  constexpr CpuRegisters(arch::PageTables& pages, core::EventQueue& events) : pages_(pages), events_(events) {}
  uint64_t read(core::RegisterSpace space, uint64_t address, unsigned size) override;
  void write(core::RegisterSpace space, uint64_t address, unsigned size, uint64_t value) override;
  Result<> map(PhysRange range) override;

 private:
  arch::PageTables& pages_;
  core::EventQueue& events_;
};

}  // namespace efilite::boot
