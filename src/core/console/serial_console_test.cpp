// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/console/serial_console.hpp"

#include "core/device_path/device_path_text.hpp"
#include "core/events/event_services.hpp"
#include "core/handles/protocol_services.hpp"
#include "tests/support/images.hpp"
#include "tests/support/serial_port.hpp"

namespace efilite::core {
namespace {

struct SerialConsoleTest : testing_images::ImagesTest {
  SerialConsoleTest() {
    fill_protocol_services(services);
    fill_event_services(services);
  }
  std::string text_of(efi::Handle handle) {
    auto* path = static_cast<efi::DevicePath*>(handles.find(handle, efi::kDevicePathGuid).value());
    efi::Char16* text = device_path::to_text_protocol().convert_device_path_to_text(path, 0, 1);
    std::string out;
    for (auto* at = text; *at != 0; ++at) out += static_cast<char>(*at);
    return out;
  }
  efi::Handle line() { return handles_of(efi::SerialIoProtocol::kGuid).at(0); }
  std::vector<efi::Handle> handles_of(const efi::Guid& protocol) {
    auto found = handles.locate_buffer(efi::LocateSearchType::ByProtocol, &protocol, nullptr);
    return found ? std::vector<efi::Handle>(found->begin(), found->end()) : std::vector<efi::Handle>();
  }

  test::FakeSerialPort port;
  SerialConsole console{port, events, handles, clock};
};

TEST_F(SerialConsoleTest, TheTerminalLiesBelowItsLine) {
  auto terminal = console.install(0);
  ASSERT_TRUE(terminal);
  EXPECT_EQ(text_of(line()), "Serial(0x0)/Uart(115200,8,N,1)");
  EXPECT_EQ(text_of(*terminal), "Serial(0x0)/Uart(115200,8,N,1)/VenUtf8()");
  EXPECT_EQ(console.path().size(), sizeof(TerminalPath) - LinePlace::kRoom + sizeof(efi::AcpiNode));
  for (const efi::Guid* guid : {&efi::SimpleTextOutputProtocol::kGuid, &efi::SimpleTextInputProtocol::kGuid,
                                &efi::SimpleTextInputExProtocol::kGuid})
    EXPECT_TRUE(handles.find(*terminal, *guid));
}

TEST_F(SerialConsoleTest, TheNumberOfTheLineIsItsUid) {
  ASSERT_TRUE(console.install(3));
  EXPECT_EQ(text_of(line()), "Serial(0x3)/Uart(115200,8,N,1)");
}

TEST_F(SerialConsoleTest, ALineMayBelongToADevice) {
  const auto device = device_path::vendor_path(efi::kHardwarePath, efi::kHardwareVendor, efi::kVtUtf8Terminal);
  auto terminal = console.install(2, device_path::without_end(bytes_of(device)));
  ASSERT_TRUE(terminal);
  const std::string name = "VenHw(AD15A0D6-8BEC-4ACF-A073-D01DE77E2D88)/";
  EXPECT_EQ(text_of(line()), name + "Serial(0x2)/Uart(115200,8,N,1)");
  EXPECT_EQ(text_of(*terminal), name + "Serial(0x2)/Uart(115200,8,N,1)/VenUtf8()");
  auto* io = console.serial_io().protocol();
  EXPECT_EQ(io->set_attributes(io, 9600, 0, 0, efi::Parity::Even, 7, efi::StopBits::Two), efi::encode(Status::Success));
  EXPECT_EQ(text_of(*terminal), name + "Serial(0x2)/Uart(9600,7,E,2)/VenUtf8()");
}

TEST_F(SerialConsoleTest, ALineMayBeADeviceOfItsOwn) {
  const auto device = device_path::vendor_path(efi::kHardwarePath, efi::kHardwareVendor, efi::kVtUtf8Terminal);
  auto terminal = console.install(std::nullopt, device_path::without_end(bytes_of(device)));
  ASSERT_TRUE(terminal);
  EXPECT_EQ(text_of(line()), "VenHw(AD15A0D6-8BEC-4ACF-A073-D01DE77E2D88)/Uart(115200,8,N,1)");
  EXPECT_EQ(text_of(*terminal), "VenHw(AD15A0D6-8BEC-4ACF-A073-D01DE77E2D88)/Uart(115200,8,N,1)/VenUtf8()");
}

TEST_F(SerialConsoleTest, ADeviceWithAPathThatIsTooLongIsUnsupported) {
  const std::vector<std::byte> nodes(LinePlace::kRoom + 1);
  EXPECT_EQ(console.install(std::nullopt, nodes).status(), Status::Unsupported);
  EXPECT_EQ(console.install(0, std::span(nodes).first(LinePlace::kRoom)).status(), Status::Unsupported);
}

TEST_F(SerialConsoleTest, WithoutALineThereIsATerminalWithoutPath) {
  auto terminal = console.install(std::nullopt);
  ASSERT_TRUE(terminal);
  EXPECT_TRUE(handles_of(efi::SerialIoProtocol::kGuid).empty());
  EXPECT_EQ(handles.find(*terminal, efi::kDevicePathGuid).status(), Status::Unsupported);
  EXPECT_TRUE(handles.find(*terminal, efi::SimpleTextOutputProtocol::kGuid));
}

TEST_F(SerialConsoleTest, EverybodySeesThatTheTerminalHoldsTheLine) {
  auto terminal = console.install(0);
  ASSERT_TRUE(terminal);
  auto opens = handles.open_information(line(), efi::SerialIoProtocol::kGuid);
  ASSERT_TRUE(opens);
  ASSERT_EQ(opens->size(), 2u);
  EXPECT_EQ((*opens)[0].agent_handle, core_image);
  EXPECT_EQ((*opens)[0].controller_handle, line());
  EXPECT_EQ((*opens)[0].attributes, efi::kOpenByDriver);
  EXPECT_EQ((*opens)[1].controller_handle, *terminal);
  EXPECT_EQ((*opens)[1].attributes, efi::kOpenByChildController);
}

TEST_F(SerialConsoleTest, AProgramMayUseTheLineButNotTakeItAway) {
  ASSERT_TRUE(console.install(0));
  void* interface = nullptr;
  EXPECT_TRUE(handles.open(line(), efi::SerialIoProtocol::kGuid, &interface, core_image, nullptr, efi::kOpenGetProtocol));
  EXPECT_EQ(interface, console.serial_io().protocol());
  EXPECT_EQ(handles.open(line(), efi::SerialIoProtocol::kGuid, &interface, core_image, nullptr, efi::kOpenExclusive).status(),
            Status::AccessDenied);
}

TEST_F(SerialConsoleTest, ANewFormatIsToldByBothPathsAndByReinstallingThem) {
  auto terminal = console.install(0);
  ASSERT_TRUE(terminal);
  static int told;
  told = 0;
  auto count = [](efi::Event, void*) EFIAPI { ++told; };
  auto event = events.create(efi::kEvtNotifySignal, efi::kTplCallback, count, nullptr);
  ASSERT_TRUE(event);
  ASSERT_TRUE(handles.register_notify(efi::kDevicePathGuid, *event));
  auto* io = console.serial_io().protocol();
  auto* path = handles.find(line(), efi::kDevicePathGuid).value();
  EXPECT_EQ(io->set_attributes(io, 9600, 0, 0, efi::Parity::Even, 7, efi::StopBits::Two), efi::encode(Status::Success));
  EXPECT_EQ(text_of(line()), "Serial(0x0)/Uart(9600,7,E,2)");
  EXPECT_EQ(text_of(*terminal), "Serial(0x0)/Uart(9600,7,E,2)/VenUtf8()");
  EXPECT_EQ(handles.find(line(), efi::kDevicePathGuid).value(), path) << "nobody's pointer goes stale";
  EXPECT_EQ(told, 2);
  EXPECT_EQ(io->set_attributes(io, 9600, 0, 7, efi::Parity::Even, 7, efi::StopBits::Two), efi::encode(Status::Success));
  EXPECT_EQ(told, 2);
}

}  // namespace
}  // namespace efilite::core
