// SPDX-License-Identifier: BSD-2-Clause-Patent
// The CPU behind core's ports: calling images, random numbers, I/O ports.
#pragma once

#include "arch/cpu.hpp"
#include "arch/io.hpp"
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

class CpuIoPorts final : public core::IoPorts {
 public:
  uint32_t in(uint16_t port, unsigned size) override {
    if (size == 1) return arch::in8(port);
    if (size == 2) return arch::in16(port);
    return arch::in32(port);
  }
  void out(uint16_t port, unsigned size, uint32_t value) override {
    if (size == 1) return arch::out8(port, static_cast<uint8_t>(value));
    if (size == 2) return arch::out16(port, static_cast<uint16_t>(value));
    arch::out32(port, value);
  }
};

}  // namespace efilite::boot
