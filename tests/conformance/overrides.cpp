// SPDX-License-Identifier: BSD-2-Clause-Patent
// Who has a say in which driver ConnectController tries first: the five rules of precedence [UEFI 2.10, 7.3.12, 11.2, 11.3, 11.9].
#include "driver.hpp"

namespace conformance {
namespace {

EFI_GUID kPlatformGuid = EFI_PLATFORM_DRIVER_OVERRIDE_PROTOCOL_GUID;
EFI_GUID kBusGuid = EFI_BUS_SPECIFIC_DRIVER_OVERRIDE_PROTOCOL_GUID;
EFI_GUID kFamilyGuid = EFI_DRIVER_FAMILY_OVERRIDE_PROTOCOL_GUID;

// An ordered list of image handles that is told one by one.
struct List {
  EFI_HANDLE images[3] = {};
  UINTN asked = 0;
  bool good_questions = true;  // nullptr first, then always the answer before
  EFI_HANDLE last = nullptr;

  EFI_STATUS next(EFI_HANDLE* image) {
    good_questions = good_questions && (*image == nullptr || *image == last);
    ++asked;
    UINTN n = 0;
    if (*image != nullptr) {
      while (n < 3 && images[n] != *image) ++n;
      if (n == 3) return EFI_INVALID_PARAMETER;
      ++n;
    }
    if (n == 3 || images[n] == nullptr) return EFI_NOT_FOUND;
    *image = last = images[n];
    return EFI_SUCCESS;
  }
};

struct Platform : EFI_PLATFORM_DRIVER_OVERRIDE_PROTOCOL, List {
  EFI_HANDLE handle = nullptr, controller = nullptr;
  explicit Platform(EFI_HANDLE first = nullptr, EFI_HANDLE second = nullptr) {
    images[0] = first, images[1] = second;
    GetDriver = get_driver, GetDriverPath = get_path, DriverLoaded = loaded;
    bs->InstallProtocolInterface(&handle, &kPlatformGuid, EFI_NATIVE_INTERFACE, static_cast<EFI_PLATFORM_DRIVER_OVERRIDE_PROTOCOL*>(this));
  }
  Platform(const Platform&) = delete;
  ~Platform() { bs->UninstallProtocolInterface(handle, &kPlatformGuid, static_cast<EFI_PLATFORM_DRIVER_OVERRIDE_PROTOCOL*>(this)); }
  static EFI_STATUS EFIAPI get_driver(EFI_PLATFORM_DRIVER_OVERRIDE_PROTOCOL* self, EFI_HANDLE controller, EFI_HANDLE* image) {
    static_cast<Platform*>(self)->controller = controller;
    return static_cast<Platform*>(self)->next(image);
  }
  static EFI_STATUS EFIAPI get_path(EFI_PLATFORM_DRIVER_OVERRIDE_PROTOCOL*, EFI_HANDLE, EFI_DEVICE_PATH**) { return EFI_UNSUPPORTED; }
  static EFI_STATUS EFIAPI loaded(EFI_PLATFORM_DRIVER_OVERRIDE_PROTOCOL*, EFI_HANDLE, EFI_DEVICE_PATH*, EFI_HANDLE) {
    return EFI_UNSUPPORTED;
  }
};

struct Bus : EFI_BUS_SPECIFIC_DRIVER_OVERRIDE_PROTOCOL, List {
  EFI_HANDLE controller;
  explicit Bus(EFI_HANDLE device, EFI_HANDLE first = nullptr, EFI_HANDLE second = nullptr) : controller(device) {
    images[0] = first, images[1] = second;
    GetDriver = get_driver;
    bs->InstallProtocolInterface(&controller, &kBusGuid, EFI_NATIVE_INTERFACE, protocol());
  }
  Bus(const Bus&) = delete;
  ~Bus() { bs->UninstallProtocolInterface(controller, &kBusGuid, protocol()); }
  EFI_BUS_SPECIFIC_DRIVER_OVERRIDE_PROTOCOL* protocol() { return this; }
  static EFI_STATUS EFIAPI get_driver(EFI_BUS_SPECIFIC_DRIVER_OVERRIDE_PROTOCOL* self, EFI_HANDLE* image) {
    return static_cast<Bus*>(self)->next(image);
  }
};

struct Family : EFI_DRIVER_FAMILY_OVERRIDE_PROTOCOL {
  EFI_HANDLE image;
  UINT32 version;
  Family(Driver& driver, UINT32 number) : image(driver.ImageHandle), version(number) {
    GetVersion = get_version;
    bs->InstallProtocolInterface(&image, &kFamilyGuid, EFI_NATIVE_INTERFACE, static_cast<EFI_DRIVER_FAMILY_OVERRIDE_PROTOCOL*>(this));
  }
  Family(const Family&) = delete;
  ~Family() { bs->UninstallProtocolInterface(image, &kFamilyGuid, static_cast<EFI_DRIVER_FAMILY_OVERRIDE_PROTOCOL*>(this)); }
  static UINT32 EFIAPI get_version(EFI_DRIVER_FAMILY_OVERRIDE_PROTOCOL* self) { return static_cast<Family*>(self)->version; }
};

// A device and three drivers for it that are asked and refuse, so that one connect tells their whole order.
struct Scene {
  AHandle device{kDeviceGuid};
  Driver low{0x10}, middle{0x20}, high{0x30};
  Scene() { low.supported_status = middle.supported_status = high.supported_status = EFI_UNSUPPORTED; }
  bool asks(const Driver& first, const Driver& second, const Driver& third, EFI_HANDLE* list = nullptr, int line = __builtin_LINE()) {
    EFI_STATUS status = bs->ConnectController(device, list, nullptr, FALSE);
    return is(status, EFI_NOT_FOUND, line) && that(first.asked == 1 && second.asked == 1 && third.asked == 1, line) &&
           that(first.asked_at < second.asked_at && second.asked_at < third.asked_at, line);
  }
};

const Test kTests[] = {
    {"7.3.12 ConnectController: drivers are asked by version",
     [] {
       Scene scene;
       return scene.asks(scene.high, scene.middle, scene.low);
     }},
    {"11.2 PlatformDriverOverride: its drivers are asked before higher versions",
     [] {
       Scene scene;
       Platform platform(scene.low.handle);
       return scene.asks(scene.low, scene.high, scene.middle);
     }},
    {"11.2 PlatformDriverOverride: its drivers are asked in its order",
     [] {
       Scene scene;
       Platform platform(scene.low.handle, scene.middle.handle);
       return scene.asks(scene.low, scene.middle, scene.high);
     }},
    {"11.2 PlatformDriverOverride: GetDriver is asked for the controller, and for one after the other",
     [] {
       Scene scene;
       Platform platform(scene.low.handle, scene.middle.handle);
       connect(scene.device);
       return equal(platform.asked, 3) && that(platform.good_questions) && that(platform.controller == scene.device.handle);
     }},
    {"11.2 PlatformDriverOverride: it may name nobody",
     [] {
       Scene scene;
       Platform platform;
       return scene.asks(scene.high, scene.middle, scene.low);
     }},
    {"11.2 PlatformDriverOverride: an image that is no driver is passed over",
     [] {
       Scene scene;
       AHandle nobody(kAlphaGuid);
       Platform platform(nobody, scene.low.handle);
       return scene.asks(scene.low, scene.high, scene.middle);
     }},
    {"11.3 BusSpecificDriverOverride: its drivers are asked before higher versions",
     [] {
       Scene scene;
       Bus bus(scene.device, scene.low.handle);
       return scene.asks(scene.low, scene.high, scene.middle);
     }},
    {"11.3 BusSpecificDriverOverride: its drivers are asked in its order",
     [] {
       Scene scene;
       Bus bus(scene.device, scene.low.handle, scene.middle.handle);
       return scene.asks(scene.low, scene.middle, scene.high) && that(bus.good_questions) && equal(bus.asked, 3);
     }},
    {"11.3 BusSpecificDriverOverride: it speaks for its own controller only",
     [] {
       Scene scene;
       AHandle other(kDeviceGuid);
       Bus bus(other, scene.low.handle);
       return scene.asks(scene.high, scene.middle, scene.low) && equal(bus.asked, 0);
     }},
    {"11.9 DriverFamilyOverride: members are asked before higher versions of others",
     [] {
       Scene scene;
       Family family(scene.low, 1);
       return scene.asks(scene.low, scene.high, scene.middle);
     }},
    {"11.9 DriverFamilyOverride: members are asked by GetVersion, the highest first",
     [] {
       Scene scene;
       Family low(scene.low, 3), middle(scene.middle, 1), high(scene.high, 2);
       return scene.asks(scene.low, scene.high, scene.middle);
     }},
    {"7.3.12 ConnectController: the caller's list goes before the platform",
     [] {
       Scene scene;
       Platform platform(scene.middle.handle);
       EFI_HANDLE list[] = {scene.low.handle, nullptr};
       return scene.asks(scene.low, scene.middle, scene.high, list);
     }},
    {"7.3.12 ConnectController: the platform goes before the families",
     [] {
       Scene scene;
       Family family(scene.middle, 9);
       Platform platform(scene.low.handle);
       return scene.asks(scene.low, scene.middle, scene.high);
     }},
    {"7.3.12 ConnectController: the families go before the bus",
     [] {
       Scene scene;
       Bus bus(scene.device, scene.middle.handle);
       Family family(scene.low, 1);
       return scene.asks(scene.low, scene.middle, scene.high);
     }},
    {"7.3.12 ConnectController: the platform goes before the bus",
     [] {
       Scene scene;
       Bus bus(scene.device, scene.middle.handle);
       Platform platform(scene.low.handle);
       return scene.asks(scene.low, scene.middle, scene.high);
     }},
    {"7.3.12 ConnectController: whom one rule named the next ones do not name again",
     [] {
       Scene scene;
       Bus bus(scene.device, scene.low.handle, scene.middle.handle);
       Family family(scene.low, 1);
       Platform platform(scene.low.handle);
       EFI_HANDLE list[] = {scene.low.handle, nullptr};
       return scene.asks(scene.low, scene.middle, scene.high, list);
     }},
    {"7.3.12 ConnectController: every binding of an image that is named is meant",
     [] {
       Scene scene;
       AHandle image(kAlphaGuid);
       scene.low.ImageHandle = scene.middle.ImageHandle = image;
       Bus bus(scene.device, image);
       bool good = is(connect(scene.device), EFI_NOT_FOUND) &&
                   that(scene.low.asked_at < scene.high.asked_at && scene.middle.asked_at < scene.high.asked_at);
       return good;
     }},
    {"7.3.12 ConnectController: the driver that an override names is started",
     [] {
       Scene scene;
       scene.low.supported_status = scene.high.supported_status = EFI_SUCCESS;
       Bus bus(scene.device, scene.low.handle);
       bool good = ok(connect(scene.device)) && equal(scene.low.started, 1) && equal(scene.high.started, 0);
       return ok(disconnect(scene.device)) && good;
     }},
};

}  // namespace

constinit const Chapter kOverrides(kTests);

}  // namespace conformance
