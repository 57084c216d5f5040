// SPDX-License-Identifier: BSD-2-Clause-Patent
// Runtime drivers: where they lie, what of them is kept for SetVirtualAddressMap, and that it goes when they go.
#include <algorithm>

#include "tests/support/images.hpp"

namespace efilite::core {
namespace {

using namespace testing_images;

struct RuntimeDrivers : ImagesTest {
  static constexpr uint16_t kRuntimeDriver = static_cast<uint16_t>(pe::Subsystem::EfiRuntimeDriver);
  static constexpr uint64_t kImageBase = 0x140000000;

  // With pointers to its own data at 0x2008 and 0x2010.
  static PeBuilder driver(efi::ImageEntryPoint entry = succeed) {
    auto b = jump_to(entry);
    b.optional.subsystem = kRuntimeDriver;
    b.optional.image_base = kImageBase;
    for (uint64_t at : {8, 16}) {
      const uint64_t value = kImageBase + 0x2000 + at;
      b.sections[1].data.resize(24);
      b.sections[1].header.size_of_raw_data = 24;
      memcpy(b.sections[1].data.data() + at, &value, sizeof value);
    }
    return b;
  }
  static PeBuilder relocated(const std::vector<uint32_t>& targets = {0x2008, 0x2010}) {
    auto b = driver();
    b.relocations(0x3000, 0x800, targets);
    return b;
  }
  std::vector<const ImageRecord*> drivers() {
    std::vector<const ImageRecord*> all;
    images.for_each_runtime_driver([&](const ImageRecord& image) { all.push_back(&image); });
    return all;
  }
  const ImageRecord& record(efi::Handle image) { return *images.find(image); }
  EfiStatus refusal(const PeBuilder& b) {
    efi::Handle image = nullptr;
    const EfiStatus status = load(b.build(), &image);
    EXPECT_EQ(image, nullptr);
    EXPECT_TRUE(drivers().empty());
    return status;
  }
};

TEST_F(RuntimeDrivers, LieInRuntimeMemoryAsAWhole) {
  auto& p = info(loaded(relocated()));
  EXPECT_EQ(p.image_code_type, efi::MemoryType::RuntimeServicesCode);
  EXPECT_EQ(p.image_data_type, efi::MemoryType::RuntimeServicesData);
  auto descriptor = memory.map.find({reinterpret_cast<uint64_t>(p.image_base)});
  ASSERT_TRUE(descriptor.has_value());
  EXPECT_EQ(descriptor->type, efi::MemoryType::RuntimeServicesCode);
  EXPECT_EQ(descriptor->physical_start, reinterpret_cast<uint64_t>(p.image_base));
  EXPECT_EQ(descriptor->number_of_pages, 4u);
}

TEST_F(RuntimeDrivers, WhatTheirRelocationsLeftIsKeptInRuntimeMemory) {
  const ImageRecord& image = record(loaded(relocated()));
  const runtime::MovableImage* movable = image.movable;
  ASSERT_NE(movable, nullptr);
  EXPECT_EQ(memory.map.find({reinterpret_cast<uint64_t>(movable)})->type, efi::MemoryType::RuntimeServicesData);
  EXPECT_EQ(movable->range.begin, image.base());
  EXPECT_EQ(movable->range.end, image.base() + 0x4000);
  ASSERT_EQ(movable->fixup_count, 2u);
  for (uint32_t i = 0; i < 2; ++i) {
    EXPECT_EQ(movable->fixups()[i].rva, 0x2008u + 8 * i);
    EXPECT_EQ(movable->fixups()[i].size, 8u);
    EXPECT_EQ(movable->fixups()[i].value, image.base() + 0x2008 + 8 * i);
  }
}

TEST_F(RuntimeDrivers, AreMovedLaterEvenWhenTheyWereLoadedAtTheirOwnBase) {
  auto b = relocated();
  b.optional.image_base = reinterpret_cast<uint64_t>(info(loaded(b)).image_base);
  ASSERT_EQ(services.unload_image(drivers()[0]->handle), EfiStatus{});
  const ImageRecord& image = record(loaded(b));
  EXPECT_EQ(image.base(), b.optional.image_base);
  EXPECT_EQ(image.movable->fixup_count, 2u);
  services.unload_image(image.handle);
  // What would be refused elsewhere is refused at home: it could not be moved.
  b.sections.pop_back();
  b.relocations(0x3000, 0x800, {0x3FFC});
  EXPECT_EQ(refusal(b), encode(Status::LoadError));
}

TEST_F(RuntimeDrivers, WithoutRelocationsRunAnywhereUnlessTheyAreStripped) {
  const ImageRecord& image = record(loaded(driver()));
  EXPECT_EQ(image.movable->fixup_count, 0u);
  services.unload_image(image.handle);
  auto stripped = driver();
  stripped.file.coff.characteristics |= pe::kFileRelocsStripped;
  stripped.optional.image_base = memory.arena.range().begin.value + 0x800000;
  EXPECT_EQ(refusal(stripped), encode(Status::Unsupported));
  EXPECT_NE(logged.find("no relocations"), std::string::npos);
}

TEST_F(RuntimeDrivers, WithHostileRelocationsAreRefusedWithoutTrace) {
  services.unload_image(loaded(relocated()));  // the pool has its chunks now
  const auto before = map_of(efi::MemoryType::Conventional);
  EXPECT_EQ(refusal(relocated({0x4000})), encode(Status::LoadError)) << "behind the image";
  EXPECT_EQ(refusal(relocated({0x3FF9})), encode(Status::LoadError)) << "over its end";
  EXPECT_EQ(refusal(relocated({0x3000})), encode(Status::LoadError)) << "the relocations themselves";
  auto strange = driver();
  strange.relocations(0x3000, 0x800, {0x2008}, 5);
  EXPECT_EQ(refusal(strange), encode(Status::Unsupported));
  auto wide = relocated();
  wide.sections.back().data[4] = 0x40;  // a block larger than its table
  EXPECT_EQ(refusal(wide), encode(Status::LoadError));
  EXPECT_EQ(map_of(efi::MemoryType::Conventional), before);
}

TEST_F(RuntimeDrivers, WhoseRecordFindsNoMemoryAreOutOfResourcesAndSaySo) {
  constexpr uint32_t kPages = 256;
  auto b = driver();
  // So many relocations that the record is several times the image.
  pe::BaseRelocationBlock block{0x2000, kPages * 4096};
  Bytes8 table(block.block_size);
  memcpy(table.data(), &block, sizeof block);
  for (size_t i = sizeof block; i < table.size(); i += 2) table[i + 1] = 0xA0;
  b.section(".reloc", 0x3000, block.block_size, 0x800, table, PeBuilder::kReadOnly);
  b.optional.directories[5] = {0x3000, block.block_size};
  services.unload_image(loaded(b));

  std::vector<PhysAddr> hoard;
  while (auto at = memory.map.allocate(efi::AllocateType::AnyPages, efi::MemoryType::LoaderData, {kPages})) hoard.push_back(*at);
  for (int i = 0; i < 2; ++i, hoard.pop_back()) ASSERT_TRUE(memory.map.free(hoard.back(), {kPages}).has_value());
  logged.clear();
  EXPECT_EQ(refusal(b), encode(Status::OutOfResources));
  EXPECT_NE(logged.find("runtime driver"), std::string::npos) << logged;
}

TEST_F(RuntimeDrivers, ThatAreUnloadedLeaveNothing) {
  loaded(relocated());
  services.unload_image(drivers()[0]->handle);
  const auto code = map_of(efi::MemoryType::RuntimeServicesCode), data = map_of(efi::MemoryType::RuntimeServicesData),
             boot = map_of(efi::MemoryType::BootServicesData);
  efi::Handle image = loaded(relocated());
  EXPECT_EQ(drivers().size(), 1u);
  EXPECT_EQ(services.start_image(image, nullptr, nullptr), EfiStatus{});
  info(image).unload = [](efi::Handle) EFIAPI { return EfiStatus{}; };
  EXPECT_EQ(services.unload_image(image), EfiStatus{});
  EXPECT_TRUE(drivers().empty());
  EXPECT_TRUE(protection.pages.empty());
  EXPECT_EQ(map_of(efi::MemoryType::RuntimeServicesCode), code);
  EXPECT_EQ(map_of(efi::MemoryType::RuntimeServicesData), data);
  EXPECT_EQ(map_of(efi::MemoryType::BootServicesData), boot);
}

TEST_F(RuntimeDrivers, ThatFailAreUnloaded) {
  auto b = driver([](efi::Handle, efi::SystemTable*) EFIAPI { return encode(Status::DeviceError); });
  efi::Handle image = loaded(b);
  EXPECT_EQ(services.start_image(image, nullptr, nullptr), encode(Status::DeviceError));
  EXPECT_TRUE(drivers().empty());
  EXPECT_EQ(map_of(efi::MemoryType::RuntimeServicesCode), "");
}

TEST_F(RuntimeDrivers, HaveThePermissionsOfTheirSectionsWhateverTheySay) {
  auto b = driver();
  b.section(".rwx", 0x3000, 0x1000, 0x800, Bytes8(16, 0xC3), PeBuilder::kText | pe::kSectionWrite);
  b.section(".more", 0x4000, 0x1800, 0xA00, Bytes8(16, 0xC3), PeBuilder::kText);
  b.section(".end", 0x6000, 0x2000, 0xC00, Bytes8(16, 0xC3), PeBuilder::kReadOnly);
  const ImageRecord& image = record(loaded(b));
  const uint64_t base = image.base();
  std::map<uint64_t, uint64_t> expected;
  for (uint64_t page : {0, 2, 6, 7}) expected[base + page * kPageSize] = efi::kMemoryXp;
  for (uint64_t page : {1, 4, 5}) expected[base + page * kPageSize] = efi::kMemoryRo;
  EXPECT_EQ(protection.pages, expected);

  uint64_t next = base;  // the parts, in order, are all of the image
  for (const ImagePart& part : image.permissions()) {
    EXPECT_EQ(part.range.begin.value, next);
    next = part.range.end.value;
    for (uint64_t page = part.range.begin.value; page < next; page += kPageSize) {
      EXPECT_EQ(part.attributes, expected.contains(page) ? expected[page] : 0) << page - base;
    }
  }
  EXPECT_EQ(next, base + 0x8000);
  EXPECT_EQ(image.part_count, 6u) << "data are one part as far as they reach";
}

TEST_F(RuntimeDrivers, WithSectionsThatShareAPageHaveAllPermissions) {
  Bytes8 code = {0x31, 0xC0, 0xC3};  // xor eax, eax; ret
  PeBuilder b;
  b.optional.subsystem = kRuntimeDriver;
  b.optional.section_alignment = b.optional.file_alignment = 0x20;
  b.optional.size_of_headers = 0x200;
  b.optional.address_of_entry_point = 0x200;
  b.section(".text", 0x200, 0x20, 0x200, code, PeBuilder::kText);
  b.section(".data", 0x220, 0x20, 0x220, Bytes8(0x20, 7), PeBuilder::kData);
  const ImageRecord& image = record(loaded(b));
  EXPECT_EQ(image.base() % kPageSize, 0u);
  EXPECT_TRUE(protection.pages.empty());
  ASSERT_EQ(image.part_count, 1u);
  EXPECT_EQ(image.parts[0].attributes, 0u);
  EXPECT_EQ(image.parts[0].range.size(), kPageSize) << "whole pages, though the image ends inside one";
  EXPECT_EQ(services.start_image(image.handle, nullptr, nullptr), EfiStatus{});
}

TEST_F(RuntimeDrivers, CanBeWrittenToByTheRuntimeAfterExitBootServices) {
  const uint64_t base = record(loaded(relocated())).base();
  EXPECT_EQ(protection.pages[base + 0x1000], efi::kMemoryRo);
  EXPECT_EQ(services.exit_boot_services(core_image, memory.map.key()), EfiStatus{});
  EXPECT_FALSE(protection.pages.contains(base + 0x1000));
  EXPECT_EQ(protection.pages[base + 0x2000], efi::kMemoryXp);
  EXPECT_EQ(drivers().size(), 1u) << "and it is told to the runtime";
}

TEST_F(RuntimeDrivers, AreNotRunWhereTheirFileLies) {
  struct Module : ByteSource {
    explicit Module(MutableByteSpan all) : bytes(all) {}
    uint64_t size() const override { return bytes.size(); }
    Result<> read(uint64_t offset, MutableByteSpan out) override { return BufferSource(bytes).read(offset, out); }
    std::optional<MutableByteSpan> in_place() override { return bytes; }
    MutableByteSpan bytes;
  };
  const Bytes8 file = relocated().build();
  const PhysAddr place{memory.arena.range().begin.value + 0x800000};
  const PageCount pages = PageCount::covering({file.size()});
  ASSERT_TRUE(memory.map.reserve({place, {place.value + pages.value * kPageSize}}, efi::MemoryType::BootServicesData).has_value());
  memcpy(reinterpret_cast<void*>(place.value), file.data(), file.size());
  Module module({reinterpret_cast<std::byte*>(place.value), file.size()});
  auto image = images.load(module, nullptr, nullptr, nullptr);
  ASSERT_TRUE(image.has_value()) << logged;
  EXPECT_FALSE(record(*image).in_place);
  EXPECT_EQ(memory.map.find(place)->type, efi::MemoryType::BootServicesData);
}

TEST_F(RuntimeDrivers, OfOtherKindsAreNotKept) {
  loaded(jump_to(succeed));
  auto boot_driver = jump_to(succeed);
  boot_driver.optional.subsystem = static_cast<uint16_t>(pe::Subsystem::EfiBootServiceDriver);
  loaded(boot_driver);
  EXPECT_TRUE(drivers().empty());
}

}  // namespace
}  // namespace efilite::core
