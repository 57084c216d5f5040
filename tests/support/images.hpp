// SPDX-License-Identifier: BSD-2-Clause-Patent
// A firmware small enough for tests of images: real pages that programs can run in, real events, handles and tables; only the CPU is
// a fake.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <string>
#include <vector>

#include "base/crc32.hpp"
#include "base/log.hpp"
#include "core/firmware.hpp"
#include "core/handles/protocol_services.hpp"
#include "core/images/image_services.hpp"
#include "core/images/images.hpp"
#include "tests/support/clock.hpp"
#include "tests/support/image_caller.hpp"
#include "tests/support/memory.hpp"
#include "tests/support/page_protection.hpp"
#include "tests/support/pe_builder.hpp"

namespace efilite::core::testing_images {

using efi::EfiStatus;
using efi::encode;
using test::Bytes8;
using test::FakeProtection;
using test::PeBuilder;

struct ImagesTest : testing::Test, Departure {
  ImagesTest() {
    const PhysRange arena = memory.arena.range();
    EXPECT_EQ(mprotect(reinterpret_cast<void*>(arena.begin.value), arena.size(), PROT_READ | PROT_WRITE | PROT_EXEC), 0);
    clock.interrupt = [this] { events.tick(); };
    events.restore_tpl(efi::kTplApplication);
    log::set_sink([](std::string_view text) { logged += text; });
    logged.clear();
    EXPECT_TRUE(tables.begin().has_value());
    fill_image_services(services);
    fill_protocol_services(services);
    tables.publish(services);
    EXPECT_TRUE(images.install_core_image({{0x1000}, {0x2000}}).has_value());
    core_image = handles.core_agent();
    the_firmware = &firmware;
  }
  ~ImagesTest() override {
    the_firmware = nullptr;
    log::set_sink(nullptr);
  }
  void accepted() override { order += "accepted "; }
  void leave_boot_services() override { order += "departure "; }
  void left() override { order += "left "; }

  // A program that is a jump to a function of the test.
  static PeBuilder jump_to(efi::ImageEntryPoint function) {
    Bytes8 code = {0x48, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xE0};  // mov rax, imm64; jmp rax
    memcpy(code.data() + 2, &function, 8);
    PeBuilder b;
    b.section(".text", 0x1000, 0x1000, 0x400, code, PeBuilder::kText);
    b.section(".data", 0x2000, 0x1000, 0x600, Bytes8(0x10, 7), PeBuilder::kData);
    return b;
  }
  static EfiStatus EFIAPI succeed(efi::Handle, efi::SystemTable*) { return encode(Status::Success); }

  // By the C edge, as a program does.
  EfiStatus load(const Bytes8& file, efi::Handle* image, efi::DevicePath* path = nullptr) {
    Bytes8 copy = file;  // LoadImage must not need it afterwards
    return services.load_image(0, core_image, path, copy.data(), copy.size(), image);
  }
  efi::Handle loaded(const Bytes8& file) {
    efi::Handle image = nullptr;
    EXPECT_EQ(load(file, &image), encode(Status::Success)) << logged;
    return image;
  }
  efi::Handle loaded(const PeBuilder& b) { return loaded(b.build()); }
  efi::LoadedImageProtocol& info(efi::Handle image) { return *handles.get<efi::LoadedImageProtocol>(image).value(); }

  // The memory map as text, without what the pool keeps for later.
  std::string map_of(efi::MemoryType type) const {
    Bytes8 bytes(memory.map.read_size());
    EXPECT_TRUE(memory.map.read(std::as_writable_bytes(std::span(bytes))).has_value());
    std::string out;
    for (size_t at = 0; at < bytes.size(); at += MemoryMap::kDescriptorSize) {
      efi::MemoryDescriptor d;
      memcpy(&d, bytes.data() + at, sizeof d);
      if (d.type == type) out += std::to_string(d.physical_start) + "+" + std::to_string(d.number_of_pages) + " ";
    }
    return out;
  }

  static inline std::string logged;
  static inline std::string order;

  test::Memory memory{32 << 20};
  test::FakeClock clock;
  test::FakeInterrupts interrupts{clock};
  EventQueue events{memory.pool, interrupts, clock};
  HandleDatabase handles{memory.pool, events};
  efi::SystemTable system_table{};
  efi::BootServices services{};
  Tables tables{memory.pool, events, &system_table};
  FakeProtection protection;
  test::HostImageCaller caller;
  Images images{memory.map, memory.pool, handles, events, tables, protection, caller, *this};
  Firmware firmware{memory.map, memory.pool, events, handles, images, tables, clock, &system_table};
  efi::Handle core_image = nullptr;
};

}  // namespace efilite::core::testing_images
