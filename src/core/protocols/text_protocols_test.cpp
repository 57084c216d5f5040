// SPDX-License-Identifier: BSD-2-Clause-Patent
// The protocols as a program finds and calls them.
#include "core/protocols/text_protocols.hpp"

#include <gtest/gtest.h>

#include <string>

#include "abi/uefi/text_protocols.hpp"
#include "core/device_path/device_path.hpp"
#include "core/events/events.hpp"
#include "core/firmware.hpp"
#include "core/handles/handles_testing.hpp"
#include "tests/support/clock.hpp"

namespace efilite::core {
namespace {

template <typename T>
T& untouched() {
  alignas(64) static char place[64];
  return *static_cast<T*>(static_cast<void*>(place));
}

class TextProtocols : public ::testing::Test {
 protected:
  TextProtocols() {
    the_firmware = &firmware;
    queue.restore_tpl(efi::kTplApplication);
  }
  ~TextProtocols() override { the_firmware = nullptr; }

  testing::CountingHeap heap;
  test::FakeClock clock;
  test::FakeInterrupts interrupts{clock};
  EventQueue queue{heap, interrupts, clock};
  HandleDatabase db{heap, queue};
  Firmware firmware{untouched<MemoryMap>(), untouched<Pool>(), queue, db, untouched<Images>(), untouched<Tables>(), clock, nullptr};
};

TEST_F(TextProtocols, AreOnOneHandle) {
  ASSERT_TRUE(install_text_protocols(db));
  auto handles = *db.locate_buffer(efi::LocateSearchType::AllHandles, nullptr, nullptr);
  EXPECT_EQ(handles.size(), 1u);
  auto guids = *db.protocols_per_handle(handles[0]);
  EXPECT_EQ(guids.size(), 5u);
  EXPECT_TRUE(db.locate<efi::DevicePathToTextProtocol>());
  EXPECT_TRUE(db.locate<efi::DevicePathFromTextProtocol>());
  EXPECT_TRUE(db.locate<efi::UnicodeCollationProtocol>());
  EXPECT_TRUE(db.locate_protocol(efi::UnicodeCollationProtocol::kGuid2));
  EXPECT_TRUE(db.locate<efi::DecompressProtocol>());
  heap.release(handles.data());
  heap.release(guids.data());
}

TEST_F(TextProtocols, WithoutMemoryNothingIsInstalled) {
  heap.left = 2;
  EXPECT_EQ(install_text_protocols(db).status(), Status::OutOfResources);
  EXPECT_FALSE(db.locate<efi::DecompressProtocol>());
}

TEST_F(TextProtocols, ConvertDevicePathsInTheCallersMemory) {
  ASSERT_TRUE(install_text_protocols(db));
  auto* to_text = *db.locate<efi::DevicePathToTextProtocol>();
  auto* from_text = *db.locate<efi::DevicePathFromTextProtocol>();
  auto blocks = heap.blocks.size();
  efi::DevicePath* path = from_text->convert_text_to_device_path(u"PciRoot(0)/Pci(1,2),CDROM(1,2,3)");
  ASSERT_NE(path, nullptr);
  char16_t* text = to_text->convert_device_path_to_text(path, 0, 0);
  ASSERT_NE(text, nullptr);
  EXPECT_EQ(std::u16string(text), u"PciRoot(0x0)/Pci(0x1,0x2),CDROM(0x1,0x2,0x3)");
  char16_t* shorter = to_text->convert_device_path_to_text(path, 1, 1);
  EXPECT_EQ(std::u16string(shorter), u"PciRoot(0x0)/Pci(0x1,0x2),CDROM(0x1)");
  efi::DevicePath* node = from_text->convert_text_to_device_node(u"VenUtf8()");
  char16_t* node_text = to_text->convert_device_node_to_text(node, 0, 1);
  EXPECT_EQ(std::u16string(node_text), u"VenUtf8()");
  for (char16_t* block : {text, shorter, node_text}) heap.release(block);
  for (efi::DevicePath* block : {path, node}) heap.release(block);
  EXPECT_EQ(heap.blocks.size(), blocks);
  EXPECT_EQ(queue.tpl(), efi::kTplApplication);
}

TEST_F(TextProtocols, FailuresAreNull) {
  ASSERT_TRUE(install_text_protocols(db));
  auto* to_text = *db.locate<efi::DevicePathToTextProtocol>();
  auto* from_text = *db.locate<efi::DevicePathFromTextProtocol>();
  EXPECT_EQ(to_text->convert_device_node_to_text(nullptr, 0, 0), nullptr);
  EXPECT_EQ(to_text->convert_device_path_to_text(nullptr, 0, 0), nullptr);
  EXPECT_EQ(from_text->convert_text_to_device_node(nullptr), nullptr);
  EXPECT_EQ(from_text->convert_text_to_device_path(nullptr), nullptr);
  heap.left = 0;
  EXPECT_EQ(to_text->convert_device_node_to_text(&efi::kEndEntirePath, 0, 0), nullptr);
  EXPECT_EQ(to_text->convert_device_path_to_text(&efi::kEndEntirePath, 0, 0), nullptr);
  EXPECT_EQ(from_text->convert_text_to_device_node(u"Unit(1)"), nullptr);
  EXPECT_EQ(from_text->convert_text_to_device_path(u"Unit(1)"), nullptr);
}

}  // namespace
}  // namespace efilite::core
