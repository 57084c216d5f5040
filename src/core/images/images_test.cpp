// SPDX-License-Identifier: BSD-2-Clause-Patent
// The life of images: loaded, started, left, unloaded. Programs are machine code that the test really runs.
#include <filesystem>
#include <fstream>
#include <iterator>

#include "abi/uefi/hii.hpp"
#include "core/device_path/device_path.hpp"
#include "tests/support/images.hpp"

namespace efilite::core {
namespace {

using namespace testing_images;

struct LifeOfImages : ImagesTest {
  LifeOfImages() { self = this; }
  ~LifeOfImages() override { self = nullptr; }
  static inline LifeOfImages* self = nullptr;
};

TEST_F(LifeOfImages, LoadedImageTellsWhatWasLoadedWhere) {
  efi::Handle image = loaded(jump_to(succeed));
  auto& p = info(image);
  EXPECT_EQ(p.revision, 0x1000u);
  EXPECT_EQ(p.parent_handle, core_image);
  EXPECT_EQ(p.system_table, &system_table);
  EXPECT_EQ(p.device_handle, nullptr);
  EXPECT_EQ(p.file_path, nullptr);
  EXPECT_EQ(p.image_size, 0x3000u);
  EXPECT_EQ(p.image_code_type, efi::MemoryType::LoaderCode);
  EXPECT_EQ(p.image_data_type, efi::MemoryType::LoaderData);
  auto descriptor = memory.map.find({reinterpret_cast<uint64_t>(p.image_base)});
  ASSERT_TRUE(descriptor.has_value());
  EXPECT_EQ(descriptor->type, efi::MemoryType::LoaderCode);
  EXPECT_EQ(descriptor->number_of_pages, 3u);
  auto path = handles.find(image, efi::kLoadedImageDevicePathGuid);
  ASSERT_TRUE(path.has_value());
  EXPECT_EQ(*path, nullptr);
  EXPECT_NE(*handles.find(core_image, efi::kLoadedImageDevicePathGuid), nullptr) << "the EFI Shell follows it";
}

TEST_F(LifeOfImages, BootServiceDriversLieInBootServicesMemory) {
  auto b = jump_to(succeed);
  b.optional.subsystem = 11;
  auto& p = info(loaded(b));
  EXPECT_EQ(p.image_code_type, efi::MemoryType::BootServicesCode);
  EXPECT_EQ(p.image_data_type, efi::MemoryType::BootServicesData);
  EXPECT_EQ(memory.map.find({reinterpret_cast<uint64_t>(p.image_base)})->type, efi::MemoryType::BootServicesCode);
}

TEST_F(LifeOfImages, LoadingRefusesWhatItCannotServe) {
  auto file = jump_to(succeed).build();
  efi::Handle image = nullptr;
  EXPECT_EQ(services.load_image(0, core_image, nullptr, file.data(), file.size(), nullptr), encode(Status::InvalidParameter));
  EXPECT_EQ(services.load_image(0, nullptr, nullptr, file.data(), file.size(), &image), encode(Status::InvalidParameter));
  efi::Handle other = nullptr;  // a handle, but of no image
  ASSERT_TRUE(handles.install(&other, efi::kGlobalVariable, nullptr).has_value());
  EXPECT_EQ(services.load_image(0, other, nullptr, file.data(), file.size(), &image), encode(Status::InvalidParameter));
  EXPECT_EQ(services.load_image(0, core_image, nullptr, nullptr, 0, &image), encode(Status::NotFound));
  EXPECT_EQ(services.load_image(0, core_image, nullptr, file.data(), 0, &image), encode(Status::LoadError));
  EXPECT_EQ(services.load_image(0, core_image, nullptr, file.data(), 0x200, &image), encode(Status::LoadError));
  efi::DevicePath endless = {efi::kMediaPath, efi::kMediaFilePath, {2, 0}};
  EXPECT_EQ(services.load_image(0, core_image, &endless, file.data(), file.size(), &image), encode(Status::InvalidParameter));
  auto foreign = jump_to(succeed);
  foreign.file.coff.machine = pe::kMachineI386;
  EXPECT_EQ(load(foreign.build(), &image), encode(Status::Unsupported));
  auto huge = jump_to(succeed);
  huge.optional.size_of_image = 0x40000000;
  EXPECT_EQ(load(huge.build(), &image), encode(Status::OutOfResources));
  EXPECT_EQ(image, nullptr);
}

TEST_F(LifeOfImages, AFailedLoadLeavesNoTrace) {
  auto b = jump_to(succeed);
  b.relocations(0x3000, 0x800, {0x3FFA});
  loaded(jump_to(succeed));  // the pool has its chunks now
  auto before = map_of(efi::MemoryType::Conventional);
  auto count = handles.count(efi::LocateSearchType::AllHandles, nullptr, nullptr).value();
  efi::Handle image = nullptr;
  EXPECT_EQ(load(b.build(), &image), encode(Status::LoadError));
  EXPECT_EQ(map_of(efi::MemoryType::Conventional), before);
  EXPECT_EQ(handles.count(efi::LocateSearchType::AllHandles, nullptr, nullptr).value(), count);
}

TEST_F(LifeOfImages, AnApplicationIsGoneWhenItReturns) {
  static EfiStatus seen_status = encode(Status::Aborted);
  static efi::Handle seen_handle;
  static efi::SystemTable* seen_table;
  auto entry = [](efi::Handle image, efi::SystemTable* table) EFIAPI {
    seen_handle = image;
    seen_table = table;
    return seen_status;
  };
  loaded(jump_to(succeed));
  auto before = map_of(efi::MemoryType::Conventional);
  efi::Handle image = loaded(jump_to(entry));
  uint64_t size = 5;
  efi::Char16* data = reinterpret_cast<efi::Char16*>(1);
  EXPECT_EQ(services.start_image(image, &size, &data), seen_status);
  EXPECT_EQ(seen_handle, image);
  EXPECT_EQ(seen_table, &system_table);
  EXPECT_EQ(size, 0u);
  EXPECT_EQ(data, nullptr);
  EXPECT_FALSE(handles.is_valid(image));
  EXPECT_EQ(map_of(efi::MemoryType::Conventional), before);
  EXPECT_EQ(services.start_image(image, nullptr, nullptr), encode(Status::InvalidParameter));
}

TEST_F(LifeOfImages, AProgramThatACompilerMadeRunsRelocated) {
  auto path = std::filesystem::path(__FILE__).parent_path() / "../../../tests/corpus/pe/small_efi";
  std::ifstream in(path, std::ios::binary);
  Bytes8 file{std::istreambuf_iterator<char>(in), {}};
  ASSERT_FALSE(file.empty());
  efi::Handle image = loaded(file);
  EXPECT_NE(reinterpret_cast<uint64_t>(info(image).image_base), 0x140000000u);
  // It adds its handle to a counter of 5, by a relocated pointer, and returns the counter and its System Table's address added up.
  auto expected = reinterpret_cast<uint64_t>(image) + 5 + reinterpret_cast<uint64_t>(&system_table);
  EXPECT_EQ(services.start_image(image, nullptr, nullptr), EfiStatus{expected});
}

TEST_F(LifeOfImages, ExitLeavesFromAnyDepthAndCarriesData) {
  auto entry = [](efi::Handle image, efi::SystemTable* table) EFIAPI -> EfiStatus {
    efi::Char16 text[] = u"why";
    volatile char deep[256] = {};
    static_cast<void>(deep);
    table->boot_services->exit(image, encode(Status::Aborted), sizeof text, text);
    ADD_FAILURE() << "Exit returned";
    return {};
  };
  uint64_t size = 0;
  efi::Char16* data = nullptr;
  EXPECT_EQ(services.start_image(loaded(jump_to(entry)), &size, &data), encode(Status::Aborted));
  ASSERT_EQ(size, sizeof u"why");
  EXPECT_EQ(std::u16string(data), u"why");
  EXPECT_TRUE(memory.pool.free(data).has_value());
  EXPECT_EQ(services.start_image(loaded(jump_to(entry)), nullptr, nullptr), encode(Status::Aborted));
}

TEST_F(LifeOfImages, ExitDataOfASuccessIsIgnored) {
  auto entry = [](efi::Handle image, efi::SystemTable* table) EFIAPI {
    return table->boot_services->exit(image, encode(Status::Success), 4, reinterpret_cast<efi::Char16*>(8));
  };
  uint64_t size = 1;
  efi::Char16* data = nullptr;
  EXPECT_EQ(services.start_image(loaded(jump_to(entry)), &size, &data), encode(Status::Success));
  EXPECT_EQ(size, 0u);
  EXPECT_EQ(data, nullptr);
}

TEST_F(LifeOfImages, ProgramsStartPrograms) {
  auto innermost = [](efi::Handle image, efi::SystemTable* table) EFIAPI -> EfiStatus {
    EXPECT_EQ(self->images.current()->handle, image);
    // The starter is not the current image, so nobody can leave it from here.
    auto starter = self->info(image).parent_handle;
    EXPECT_EQ(table->boot_services->exit(starter, {}, 0, nullptr), encode(Status::InvalidParameter));
    EXPECT_EQ(table->boot_services->unload_image(starter), encode(Status::Unsupported));
    table->boot_services->exit(image, encode(Status::NotReady), 0, nullptr);
    return {};
  };
  static efi::ImageEntryPoint innermost_entry = innermost;
  auto outer = [](efi::Handle image, efi::SystemTable* table) EFIAPI {
    auto file = jump_to(innermost_entry).build();
    efi::Handle child = nullptr;
    EXPECT_EQ(table->boot_services->load_image(0, image, nullptr, file.data(), file.size(), &child), EfiStatus{});
    EXPECT_EQ(table->boot_services->start_image(child, nullptr, nullptr), encode(Status::NotReady));
    EXPECT_EQ(self->images.current()->handle, image);
    EXPECT_EQ(table->boot_services->start_image(image, nullptr, nullptr), encode(Status::InvalidParameter)) << "it runs already";
    return encode(Status::Timeout);
  };
  EXPECT_EQ(services.start_image(loaded(jump_to(outer)), nullptr, nullptr), encode(Status::Timeout));
  EXPECT_EQ(images.current(), nullptr);
}

TEST_F(LifeOfImages, TheTaskPriorityComesBackWithTheStarter) {
  auto raises = [](efi::Handle, efi::SystemTable*) EFIAPI {
    self->events.raise_tpl(efi::kTplNotify);
    return EfiStatus{};
  };
  services.start_image(loaded(jump_to(raises)), nullptr, nullptr);
  EXPECT_EQ(events.tpl(), efi::kTplApplication);
  EXPECT_TRUE(interrupts.enabled());

  auto lowers = [](efi::Handle, efi::SystemTable*) EFIAPI {
    self->events.restore_tpl(efi::kTplApplication);
    return EfiStatus{};
  };
  efi::Handle image = loaded(jump_to(lowers));
  events.raise_tpl(efi::kTplCallback);
  services.start_image(image, nullptr, nullptr);
  EXPECT_EQ(events.tpl(), efi::kTplCallback);
}

TEST_F(LifeOfImages, ADriverStaysWhenItSucceedsAndGoesWhenItFails) {
  auto b = jump_to(succeed);
  b.optional.subsystem = 11;
  efi::Handle image = loaded(b);
  EXPECT_EQ(services.start_image(image, nullptr, nullptr), EfiStatus{});
  ASSERT_TRUE(handles.is_valid(image));
  EXPECT_EQ(services.start_image(image, nullptr, nullptr), encode(Status::InvalidParameter)) << "started already";
  EXPECT_EQ(services.exit(image, {}, 0, nullptr), encode(Status::InvalidParameter)) << "not the current image";
  EXPECT_EQ(services.unload_image(image), encode(Status::Unsupported)) << "no unload function";

  static EfiStatus answer = encode(Status::AccessDenied);
  info(image).unload = [](efi::Handle) EFIAPI { return answer; };
  EXPECT_EQ(services.unload_image(image), encode(Status::AccessDenied));
  EXPECT_TRUE(handles.is_valid(image));
  answer = EfiStatus{5};  // a warning
  EXPECT_EQ(services.unload_image(image), EfiStatus{5});
  EXPECT_FALSE(handles.is_valid(image));
  EXPECT_EQ(services.unload_image(image), encode(Status::InvalidParameter));

  auto failing = jump_to([](efi::Handle, efi::SystemTable*) EFIAPI { return encode(Status::Unsupported); });
  failing.optional.subsystem = 11;
  image = loaded(failing);
  EXPECT_EQ(services.start_image(image, nullptr, nullptr), encode(Status::Unsupported));
  EXPECT_FALSE(handles.is_valid(image));
}

TEST_F(LifeOfImages, AnImageThatWasNeverStartedCanBeUnloadedOrLeft) {
  auto before = map_of(efi::MemoryType::LoaderCode);
  efi::Handle image = loaded(jump_to(succeed));
  EXPECT_EQ(services.unload_image(image), EfiStatus{});
  EXPECT_FALSE(handles.is_valid(image));
  image = loaded(jump_to(succeed));
  EXPECT_EQ(services.exit(image, encode(Status::Aborted), 0, nullptr), EfiStatus{});
  EXPECT_FALSE(handles.is_valid(image));
  EXPECT_EQ(map_of(efi::MemoryType::LoaderCode), before);
  EXPECT_EQ(services.exit(image, {}, 0, nullptr), encode(Status::InvalidParameter));
  EXPECT_EQ(services.exit(nullptr, {}, 0, nullptr), encode(Status::InvalidParameter));
}

TEST_F(LifeOfImages, WhatAnImageHadOpenIsClosedWithIt) {
  efi::Handle device = nullptr;
  ASSERT_TRUE(handles.install(&device, efi::kGlobalVariable, nullptr).has_value());
  efi::Handle image = loaded(jump_to(succeed));
  void* interface = nullptr;
  ASSERT_EQ(handles.open(device, efi::kGlobalVariable, &interface, image, nullptr, efi::kOpenExclusive).status(), Status::Success);
  ASSERT_EQ(services.start_image(image, nullptr, nullptr), EfiStatus{});
  auto open = handles.open_information(device, efi::kGlobalVariable);
  ASSERT_TRUE(open.has_value());
  EXPECT_TRUE(open->empty());
}

TEST_F(LifeOfImages, OtherProtocolsOnTheHandleOutliveTheImage) {
  efi::Handle image = loaded(jump_to(succeed));
  ASSERT_TRUE(handles.install(&image, efi::kGlobalVariable, nullptr).has_value());
  services.start_image(image, nullptr, nullptr);
  EXPECT_TRUE(handles.is_valid(image));
  EXPECT_FALSE(handles.get<efi::LoadedImageProtocol>(image).has_value());
}

TEST_F(LifeOfImages, LoadOptionsAreCopiedWithTheirNul) {
  efi::Handle image = loaded(jump_to(succeed));
  std::u16string options = u"root=/dev/vda1";
  ASSERT_TRUE(images.set_load_options(image, u"first").has_value());
  ASSERT_TRUE(images.set_load_options(image, options).has_value());
  EXPECT_EQ(info(image).load_options_size, (options.size() + 1) * 2);
  EXPECT_EQ(std::u16string(static_cast<char16_t*>(info(image).load_options)), options);
  EXPECT_EQ(images.set_load_options(nullptr, options).status(), Status::InvalidParameter);
  ASSERT_TRUE(images.set_load_options(image, u"").has_value());
  EXPECT_EQ(info(image).load_options_size, 0u);
  EXPECT_EQ(*static_cast<char16_t*>(info(image).load_options), u'\0');
}

TEST_F(LifeOfImages, AnImageCannotFreeItsOwnPages) {
  static MemoryMap* map;
  static efi::LoadedImageProtocol* own;
  map = &memory.map;
  efi::Handle image = loaded(jump_to([](efi::Handle, efi::SystemTable*) EFIAPI {
    // [UEFI 2.10, 7.2.2] AllocatePages did not give them out
    return encode(map->free({reinterpret_cast<uint64_t>(own->image_base)}, {1}));
  }));
  own = &info(image);
  EXPECT_EQ(services.start_image(image, nullptr, nullptr), encode(Status::NotFound));
  EXPECT_EQ(map_of(efi::MemoryType::LoaderCode), "");
}

TEST_F(LifeOfImages, AnImageThatFreesItsLoadOptionsAndItsPathHarmsNobody) {
  static ImagesTest* bench;
  bench = this;
  struct [[gnu::packed]] {
    efi::VendorNode vendor = {device_path::header(efi::kMessagingPath, efi::kMessagingVendor, sizeof vendor), {9, 0, 0, {}}};
    efi::DevicePath end = efi::kEndEntirePath;
  } path;
  efi::Handle image = nullptr;
  auto file = jump_to([](efi::Handle self, efi::SystemTable*) EFIAPI {
    auto& own = bench->info(self);
    EXPECT_TRUE(bench->memory.pool.free(own.load_options));
    EXPECT_TRUE(bench->memory.pool.free(own.file_path));
    return encode(Status::Success);
  }).build();
  ASSERT_EQ(load(file, &image, &path.vendor.header), EfiStatus{});
  ASSERT_TRUE(images.set_load_options(image, u"quiet").has_value());
  EXPECT_EQ(services.start_image(image, nullptr, nullptr), EfiStatus{});
  EXPECT_FALSE(handles.is_valid(image));
}

// ConnectController waits below for a driver that never comes back, and nothing of it may be used any more.
TEST_F(LifeOfImages, ExitFromInsideADriverLeavesTheGateOfItsCallerBehind) {
  struct Gate final : DriverGate {
    void leave() override {}
    void enter() override {}
  };
  static ImagesTest* bench;
  static Gate* gate;
  Gate of_the_lost_call;
  bench = this;
  gate = &of_the_lost_call;
  efi::Handle image = loaded(jump_to([](efi::Handle self, efi::SystemTable*) EFIAPI {
    bench->handles.exchange_gate(gate);
    bench->services.exit(self, EfiStatus{}, 0, nullptr);
    return encode(Status::Aborted);
  }));
  EXPECT_EQ(services.start_image(image, nullptr, nullptr), EfiStatus{});
  EXPECT_EQ(handles.exchange_gate(nullptr), nullptr);
}

TEST_F(LifeOfImages, AddressesAreToldByImageAndOffset) {
  efi::Handle image = loaded(jump_to(succeed));
  auto base = reinterpret_cast<uint64_t>(info(image).image_base);
  const ImageRecord* found = images.image_at(base + 0x1234);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->handle, image);
  EXPECT_EQ(found->title(), "buffer");
  EXPECT_EQ(found->offset_of(base + 0x1234), 0x1234u);
  EXPECT_EQ(images.image_at(base + 0x3000), nullptr);
  EXPECT_EQ(images.image_at(0x1000)->title(), "efilite");
}

// A kernel that was put into memory by its own rules, with an entry of ours in front of its own.
struct AdoptedImages : LifeOfImages {
  PhysRange pages(PageOwner owner = PageOwner::Image) {
    const auto at = memory.map.allocate(efi::AllocateType::AnyPages, efi::MemoryType::LoaderCode, {4}, {}, owner);
    return {*at, {at->value + 4 * kPageSize}};
  }
};

TEST_F(AdoptedImages, AreProgramsLikeOthers) {
  static bool ran;
  ran = false;
  auto entry = [](efi::Handle image, efi::SystemTable* table) EFIAPI -> EfiStatus {
    ran = true;
    EXPECT_EQ(self->images.current()->handle, image);
    table->boot_services->exit(image, encode(Status::Aborted), 0, nullptr);
    return {};
  };
  const PhysRange place = pages();
  auto path = device_path::memory_mapped_path(efi::MemoryType::LoaderCode, place);
  const efi::Handle image = images.adopt(place, entry, core_image, &path.memory.header).value();
  auto& p = info(image);
  EXPECT_EQ(p.parent_handle, nullptr);
  EXPECT_EQ(p.device_handle, core_image);
  EXPECT_EQ(reinterpret_cast<uint64_t>(p.image_base), place.begin.value);
  EXPECT_EQ(p.image_size, place.size());
  EXPECT_EQ(p.image_code_type, efi::MemoryType::LoaderCode);
  EXPECT_EQ(images.image_at(place.end.value - 1)->handle, image);
  EXPECT_NE(*handles.find(image, efi::kLoadedImageDevicePathGuid), nullptr);
  EXPECT_EQ(services.start_image(image, nullptr, nullptr), encode(Status::Aborted));
  EXPECT_TRUE(ran);
  EXPECT_EQ(images.image_at(place.begin.value), nullptr);
  EXPECT_EQ(memory.map.find(place.begin)->type, efi::MemoryType::Conventional) << "its pages go with it";
}

TEST_F(AdoptedImages, LeaveThePagesToTheCallerWhenThereIsNoMemoryForARecord) {
  const PhysRange place = pages();
  std::vector<void*> taken;
  while (auto page = memory.map.allocate(efi::AllocateType::AnyPages, efi::MemoryType::LoaderData, {1})) taken.push_back(nullptr);
  while (memory.pool.allocate(64) != nullptr) taken.push_back(nullptr);
  EXPECT_FALSE(images.adopt(place, succeed, nullptr, nullptr));
  EXPECT_EQ(images.image_at(place.begin.value), nullptr);
  EXPECT_TRUE(memory.map.free(place.begin, {4}, PageOwner::Image));
}

TEST_F(LifeOfImages, WhatOthersHaveCopiedCounts) {
  const uint64_t before = images.copied_bytes();
  images.note_copied(5);
  EXPECT_EQ(images.copied_bytes(), before + 5);
}

// [UEFI 2.10, 7.4.1]
TEST_F(LifeOfImages, AnHiiPackageListAmongItsResourcesIsAProtocolOfTheImage) {
  efi::Handle image = loaded(jump_to(succeed));
  EXPECT_FALSE(handles.find(image, efi::kHiiPackageListGuid).has_value());
  image = loaded(jump_to(succeed).hii_resource(0x3000, 0x800, 40, 40));
  auto list = handles.find(image, efi::kHiiPackageListGuid);
  ASSERT_TRUE(list.has_value());
  EXPECT_EQ(*list, static_cast<std::byte*>(info(image).image_base) + 0x3000 + 104);
  EXPECT_EQ(services.unload_image(image), EfiStatus{});
  EXPECT_FALSE(handles.is_valid(image));
}

TEST_F(LifeOfImages, AProtocolForAllImagesIsOnEachThatIsLoadedFromThenOn) {
  const efi::Guid guid = efi::kGlobalVariable;
  const efi::Handle older = loaded(jump_to(succeed));
  images.set_image_protocol({&guid, &clock});
  auto b = jump_to(succeed);
  b.optional.subsystem = 11;
  const efi::Handle driver = loaded(b);
  const efi::Handle image = loaded(jump_to(succeed));
  EXPECT_FALSE(handles.find(older, guid));
  EXPECT_EQ(handles.find(driver, guid).value(), &clock);
  EXPECT_EQ(handles.find(image, guid).value(), &clock);
  EXPECT_EQ(services.start_image(image, nullptr, nullptr), encode(Status::Success));
  EXPECT_FALSE(handles.is_valid(image)) << "it keeps no handle alive";
  EXPECT_EQ(services.unload_image(driver), encode(Status::Success));
  EXPECT_FALSE(handles.is_valid(driver));
  EXPECT_EQ(services.unload_image(older), encode(Status::Success));
  EXPECT_FALSE(handles.is_valid(older));
}

TEST_F(LifeOfImages, AnImageThatTakesTheProtocolForAllOffItsHandleGoesAsWell) {
  const efi::Guid guid = efi::kGlobalVariable;
  images.set_image_protocol({&guid, &clock});
  const efi::Handle image = loaded(jump_to(succeed));
  ASSERT_TRUE(handles.uninstall(image, guid, &clock));
  EXPECT_EQ(services.unload_image(image), encode(Status::Success));
  EXPECT_FALSE(handles.is_valid(image));
}

TEST_F(LifeOfImages, SectionAlignmentBeyondAPageIsKept) {
  PeBuilder b;
  b.optional.section_alignment = 0x200000;
  b.optional.address_of_entry_point = 0x200000;
  b.section(".text", 0x200000, 0x1000, 0x400, Bytes8(16, 0xC3), PeBuilder::kText);
  loaded(jump_to(succeed));
  auto before = map_of(efi::MemoryType::Conventional);
  efi::Handle image = loaded(b);
  EXPECT_EQ(reinterpret_cast<uint64_t>(info(image).image_base) % 0x200000, 0u);
  EXPECT_EQ(memory.map.find({reinterpret_cast<uint64_t>(info(image).image_base)})->number_of_pages, 0x400u);
  services.unload_image(image);
  EXPECT_EQ(map_of(efi::MemoryType::Conventional), before);
}

TEST_F(LifeOfImages, AStrippedImageGetsItsBaseOrNothing) {
  auto b = jump_to(succeed);
  b.file.coff.characteristics |= pe::kFileRelocsStripped;
  b.optional.image_base = memory.arena.range().begin.value + 0x800000;
  efi::Handle image = loaded(b);
  EXPECT_EQ(reinterpret_cast<uint64_t>(info(image).image_base), b.optional.image_base);
  efi::Handle second = nullptr;
  EXPECT_EQ(load(b.build(), &second), encode(Status::OutOfResources));
}

TEST_F(LifeOfImages, ImagesThatCanLiveWithItGetTheirPagesProtected) {
  auto b = jump_to(succeed);
  b.optional.dll_characteristics = pe::kDllNxCompat;
  b.section(".rwx", 0x3000, 0x1000, 0x800, Bytes8(16, 0xC3), PeBuilder::kText | pe::kSectionWrite);
  efi::Handle image = loaded(b);
  auto base = reinterpret_cast<uint64_t>(info(image).image_base);
  std::map<uint64_t, uint64_t> expected = {{base, efi::kMemoryXp}, {base + 0x1000, efi::kMemoryRo}, {base + 0x2000, efi::kMemoryXp}};
  EXPECT_EQ(protection.pages, expected);
  services.unload_image(image);
  EXPECT_TRUE(protection.pages.empty()) << "the next owner gets ordinary memory";

  b.optional.dll_characteristics = 0;
  loaded(b);
  EXPECT_TRUE(protection.pages.empty());
}

TEST_F(LifeOfImages, AnImageThatCannotBeProtectedIsNotLoaded) {
  auto b = jump_to(succeed);
  b.optional.dll_characteristics = pe::kDllNxCompat;
  protection.fails = true;
  efi::Handle image = nullptr;
  EXPECT_EQ(load(b.build(), &image), encode(Status::OutOfResources));
}

// A file as a boot module: its bytes lie in reserved pages.
struct ModuleImages : LifeOfImages, ByteSource {
  void put(const Bytes8& file, uint64_t offset) {
    place = memory.arena.range().begin.value + offset;
    length = file.size();
    ASSERT_TRUE(memory.map.reserve(pages(), efi::MemoryType::BootServicesData).has_value());
    memcpy(reinterpret_cast<void*>(place), file.data(), file.size());
  }
  PhysRange pages() const { return {{place}, {place + PageCount::covering({length}).value * kPageSize}}; }
  uint64_t size() const override { return length; }
  Result<> read(uint64_t offset, MutableByteSpan out) override { return BufferSource(*in_place()).read(offset, out); }
  std::optional<MutableByteSpan> in_place() override { return MutableByteSpan(reinterpret_cast<std::byte*>(place), length); }

  // Laid out like its image, with a BSS that reaches a page beyond the file and a signature behind its data.
  static Bytes8 flat() {
    Bytes8 code = {0xB8, 9, 0, 0, 0, 0xC3};  // mov eax, 9; ret
    PeBuilder b;
    b.optional.size_of_headers = 0x1000;
    b.section(".text", 0x1000, 0x1000, 0x1000, code, PeBuilder::kText);
    b.section(".data", 0x2000, 0x2000, 0x2000, Bytes8(0x200, 7), PeBuilder::kData);
    auto file = b.build();
    file.resize(file.size() + 0x40, 0x99);
    return file;
  }

  uint64_t place = 0;
  uint64_t length = 0;
};

TEST_F(ModuleImages, AFileThatIsLaidOutLikeItsImageRunsWhereItLies) {
  put(flat(), 0x800000);
  auto free_before = map_of(efi::MemoryType::Conventional);
  auto image = images.load(*this, nullptr, nullptr, nullptr);
  ASSERT_TRUE(image.has_value()) << logged;
  EXPECT_EQ(reinterpret_cast<uint64_t>(info(*image).image_base), place);
  EXPECT_EQ(images.copied_bytes(), 0u);
  EXPECT_EQ(info(*image).parent_handle, nullptr);
  EXPECT_EQ(images.find(*image)->title(), "module");
  auto descriptor = memory.map.find({place});
  EXPECT_EQ(descriptor->type, efi::MemoryType::LoaderCode);
  EXPECT_EQ(descriptor->number_of_pages, 4u);
  auto* bytes = reinterpret_cast<uint8_t*>(place);
  EXPECT_EQ(bytes[0x21FF], 7);
  EXPECT_TRUE(std::all_of(bytes + 0x2200, bytes + 0x4000, [](uint8_t b) { return b == 0; }));
  EXPECT_EQ(images.start(*image, nullptr, nullptr), EfiStatus{9});
  EXPECT_EQ(memory.map.find({place})->type, efi::MemoryType::Conventional);
}

TEST_F(ModuleImages, AFileWithoutRoomBehindItIsCopied) {
  put(flat(), 0x800000);
  ASSERT_TRUE(memory.map.reserve({pages().end, {pages().end.value + kPageSize}}, efi::MemoryType::Reserved).has_value());
  auto image = images.load(*this, nullptr, nullptr, nullptr);
  ASSERT_TRUE(image.has_value()) << logged;
  EXPECT_NE(reinterpret_cast<uint64_t>(info(*image).image_base), place);
  EXPECT_GT(images.copied_bytes(), 0u);
  EXPECT_EQ(memory.map.find({place})->type, efi::MemoryType::BootServicesData) << "the module is as it was";
  EXPECT_TRUE(memory.map.owned_by({place}, PageOwner::SetUp));
  EXPECT_EQ(images.start(*image, nullptr, nullptr), EfiStatus{9});
}

TEST_F(ModuleImages, OnlySmallSectionsMoveWhenTheLargeOneCanStay) {
  Bytes8 code = {0xB8, 9, 0, 0, 0, 0xC3};
  PeBuilder b;
  b.section(".text", 0x1000, 0x200, 0x400, code, PeBuilder::kText);
  b.section(".linux", 0x4000, 0x9000, 0x1000, Bytes8(0x9000, 5), PeBuilder::kReadOnly);
  auto file = b.build();
  put(file, 0x800000);
  auto image = images.load(*this, nullptr, nullptr, nullptr);
  ASSERT_TRUE(image.has_value()) << logged;
  EXPECT_EQ(reinterpret_cast<uint64_t>(info(*image).image_base), place - 0x3000);
  EXPECT_EQ(images.copied_bytes(), 0x400u + code.size());
  EXPECT_EQ(*reinterpret_cast<uint8_t*>(place + 0x1000), 5);
  EXPECT_EQ(images.start(*image, nullptr, nullptr), EfiStatus{9});
}

TEST_F(ModuleImages, AnImageWithSmallAlignmentMayBeginInsideAPage) {
  Bytes8 code = {0xB8, 9, 0, 0, 0, 0xC3};
  PeBuilder b;
  b.optional.section_alignment = 0x200;
  b.section(".text", 0x1000, 0x200, 0x400, code, PeBuilder::kText);
  b.section(".linux", 0x4000, 0x9000, 0xA00, Bytes8(0x9000, 5), PeBuilder::kReadOnly);
  auto file = b.build();
  put(file, 0x800000);
  auto image = images.load(*this, nullptr, nullptr, nullptr);
  ASSERT_TRUE(image.has_value()) << logged;
  const uint64_t base = place - 0x3600;
  EXPECT_EQ(reinterpret_cast<uint64_t>(info(*image).image_base), base);
  EXPECT_EQ(images.image_at(base + 0x4000)->offset_of(base + 0x4000), 0x4000u);
  EXPECT_EQ(*reinterpret_cast<uint8_t*>(base + 0x4000), 5);
  EXPECT_EQ(images.start(*image, nullptr, nullptr), EfiStatus{9});
  EXPECT_EQ(memory.map.find({base})->type, efi::MemoryType::Conventional);
}

TEST_F(ModuleImages, AFileThatDoesNotBeginOnAPageIsCopied) {
  put(flat(), 0x800000);
  memmove(reinterpret_cast<void*>(place + 0x10), reinterpret_cast<void*>(place), length);
  place += 0x10;
  auto image = images.load(*this, nullptr, nullptr, nullptr);
  ASSERT_TRUE(image.has_value()) << logged;
  EXPECT_GT(images.copied_bytes(), 0u);
  EXPECT_EQ(images.start(*image, nullptr, nullptr), EfiStatus{9});
}

}  // namespace
}  // namespace efilite::core
