// SPDX-License-Identifier: BSD-2-Clause-Patent
// The driver model: ConnectController and DisconnectController with drivers of our own [UEFI 2.10, 7.3.12 and 7.3.13, 11.1].
#include "conformance.hpp"

namespace conformance {
namespace {

EFI_GUID kBindingGuid = EFI_DRIVER_BINDING_PROTOCOL_GUID;
EFI_GUID kDeviceGuid = {0x6f840606, 0xa4b1, 0x49fb, {0xb3, 0x5f, 0x44, 0x65, 0x76, 0x69, 0x63, 0x65}};
EFI_GUID kChildGuid = {0x70950707, 0xb5c2, 0x4a0c, {0xb4, 0x6f, 0x43, 0x68, 0x69, 0x6c, 0x64, 0x21}};
UINTN starts;  // of all drivers, for their order

// A driver for handles with `manages`. With `with_child` it is a bus driver of one child.
struct Driver : EFI_DRIVER_BINDING {
  EFI_HANDLE handle = nullptr;
  EFI_GUID* manages;
  UINTN asked = 0, started = 0, stopped = 0, order = 0, children_told = 99;
  UINT8 remaining[16] = {};  // a copy: the firmware may pass one that is gone afterwards
  EFI_STATUS start_status = EFI_SUCCESS, stop_status = EFI_SUCCESS;
  bool with_child = false;
  EFI_HANDLE child = nullptr;

  explicit Driver(UINT32 version, EFI_GUID* device = &kDeviceGuid) : manages(device) {
    Supported = is_supported, Start = start, Stop = stop, Version = version, ImageHandle = self, DriverBindingHandle = nullptr;
    bs->InstallProtocolInterface(&handle, &kBindingGuid, EFI_NATIVE_INTERFACE, static_cast<EFI_DRIVER_BINDING*>(this));
    DriverBindingHandle = handle;
  }
  Driver(const Driver&) = delete;
  ~Driver() { bs->UninstallProtocolInterface(handle, &kBindingGuid, static_cast<EFI_DRIVER_BINDING*>(this)); }

  static Driver& of(EFI_DRIVER_BINDING* binding) { return *static_cast<Driver*>(binding); }
  static EFI_STATUS EFIAPI is_supported(EFI_DRIVER_BINDING* binding, EFI_HANDLE controller, EFI_DEVICE_PATH*) {
    Driver& driver = of(binding);
    void* interface;
    EFI_STATUS status = bs->OpenProtocol(controller, driver.manages, &interface, driver.handle, controller, EFI_OPEN_PROTOCOL_BY_DRIVER);
    if (status == EFI_UNSUPPORTED) return status;
    ++driver.asked;
    if (!EFI_ERROR(status)) bs->CloseProtocol(controller, driver.manages, driver.handle, controller);
    return status;
  }
  static EFI_STATUS EFIAPI start(EFI_DRIVER_BINDING* binding, EFI_HANDLE controller, EFI_DEVICE_PATH* path) {
    Driver& driver = of(binding);
    ++driver.started;
    driver.order = ++starts;
    if (path) bs->CopyMem(driver.remaining, path, 10);
    if (EFI_ERROR(driver.start_status)) return driver.start_status;
    void* interface;
    EFI_STATUS status = bs->OpenProtocol(controller, driver.manages, &interface, driver.handle, controller, EFI_OPEN_PROTOCOL_BY_DRIVER);
    if (EFI_ERROR(status) || !driver.with_child) return status;
    bs->InstallProtocolInterface(&driver.child, &kChildGuid, EFI_NATIVE_INTERFACE, &driver);
    return bs->OpenProtocol(controller, driver.manages, &interface, driver.handle, driver.child, EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER);
  }
  static EFI_STATUS EFIAPI stop(EFI_DRIVER_BINDING* binding, EFI_HANDLE controller, UINTN children, EFI_HANDLE*) {
    Driver& driver = of(binding);
    ++driver.stopped;
    driver.children_told = children;
    if (EFI_ERROR(driver.stop_status)) return driver.stop_status;
    if (children != 0 && driver.child != nullptr) {
      bs->CloseProtocol(controller, driver.manages, driver.handle, driver.child);
      bs->UninstallProtocolInterface(driver.child, &kChildGuid, &driver);
      driver.child = nullptr;
      return EFI_SUCCESS;
    }
    return bs->CloseProtocol(controller, driver.manages, driver.handle, controller);
  }
};

EFI_HANDLE gone_handle() {
  AHandle handle(kAlphaGuid);
  return handle;
}

UINT8 kEnd[] = {0x7F, 0xFF, 4, 0};
EFI_DEVICE_PATH* end() { return reinterpret_cast<EFI_DEVICE_PATH*>(kEnd); }
UINT8 kSomeNode[] = {1, 1, 6, 0, 0, 0, 0x7F, 0xFF, 4, 0};

EFI_STATUS connect(EFI_HANDLE controller, EFI_DEVICE_PATH* path = nullptr, bool recursive = false) {
  return bs->ConnectController(controller, nullptr, path, recursive);
}
EFI_STATUS disconnect(EFI_HANDLE controller, EFI_HANDLE driver = nullptr, EFI_HANDLE child = nullptr) {
  return bs->DisconnectController(controller, driver, child);
}

const Test kTests[] = {
    {"7.3.12 ConnectController: no controller is INVALID_PARAMETER", [] { return is(connect(nullptr), kInvalid); }},
    {"7.3.12 ConnectController: a controller that is gone is INVALID_PARAMETER", [] { return is(connect(gone_handle()), kInvalid); }},
    {"7.3.12 ConnectController: nobody's device is NOT_FOUND",
     [] {
       AHandle device(kAlphaGuid);
       return is(connect(device), EFI_NOT_FOUND);
     }},
    {"7.3.12 ConnectController: nobody's device with a remaining path of an end node is SUCCESS",
     [] {
       AHandle device(kAlphaGuid);
       return ok(connect(device, end()));
     }},
    {"7.3.12 ConnectController: a driver that supports the device is started",
     [] {
       AHandle device(kDeviceGuid);
       Driver driver(0x10);
       bool good = ok(connect(device)) && equal(driver.started, 1);
       return ok(disconnect(device)) && good;
     }},
    {"7.3.12 ConnectController: a driver that does not support the device is not started",
     [] {
       AHandle device(kAlphaGuid);
       Driver driver(0x10);
       return is(connect(device), EFI_NOT_FOUND) && equal(driver.started, 0);
     }},
    {"7.3.12 ConnectController: a driver that manages the device is not started again",
     [] {
       AHandle device(kDeviceGuid);
       Driver driver(0x10);
       bool good = ok(connect(device));
       connect(device);
       good = good && equal(driver.started, 1);
       return ok(disconnect(device)) && good;
     }},
    {"7.3.12 ConnectController: the higher version is asked first",
     [] {
       AHandle device(kDeviceGuid);
       Driver old(0x10), young(0x20);
       bool good = ok(connect(device)) && equal(young.started, 1) && equal(old.started, 0);
       return ok(disconnect(device)) && good;
     }},
    {"7.3.12 ConnectController: the higher version is asked first, installed first",
     [] {
       AHandle device(kDeviceGuid);
       Driver young(0x20), old(0x10);
       bool good = ok(connect(device)) && equal(young.started, 1) && equal(old.started, 0);
       return ok(disconnect(device)) && good;
     }},
    {"7.3.12 ConnectController: the drivers that the caller lists come first",
     [] {
       AHandle device(kDeviceGuid);
       Driver old(0x10), young(0x20);
       EFI_HANDLE list[] = {old.handle, nullptr};
       bool good = ok(bs->ConnectController(device, list, nullptr, FALSE)) && equal(old.started, 1) && equal(young.started, 0);
       return ok(disconnect(device)) && good;
     }},
    {"7.3.12 ConnectController: after a driver that fails to start comes the next",
     [] {
       AHandle device(kDeviceGuid);
       Driver old(0x10), young(0x20);
       young.start_status = EFI_DEVICE_ERROR;
       bool good = ok(connect(device)) && equal(young.started, 1) && equal(old.started, 1);
       return ok(disconnect(device)) && good;
     }},
    {"7.3.12 ConnectController: when the only driver fails to start it is NOT_FOUND",
     [] {
       AHandle device(kDeviceGuid);
       Driver driver(0x10);
       driver.start_status = EFI_DEVICE_ERROR;
       return is(connect(device), EFI_NOT_FOUND) && equal(driver.started, 1);
     }},
    {"7.3.12 ConnectController: drivers of different protocols all start",
     [] {
       AHandle device(kDeviceGuid);
       EFI_HANDLE same_handle = device;
       bs->InstallProtocolInterface(&same_handle, &kAlphaGuid, EFI_NATIVE_INTERFACE, nullptr);
       Driver one(0x10), two(0x20, &kAlphaGuid);
       bool good = ok(connect(device)) && equal(one.started, 1) && equal(two.started, 1) && that(two.order < one.order);
       return ok(disconnect(device)) && ok(bs->UninstallProtocolInterface(device, &kAlphaGuid, nullptr)) && good;
     }},
    {"7.3.12 ConnectController: the remaining path reaches the driver",
     [] {
       AHandle device(kDeviceGuid);
       Driver driver(0x10);
       auto* path = reinterpret_cast<EFI_DEVICE_PATH*>(kSomeNode);
       bool good = ok(connect(device, path)) && that(same(driver.remaining, path, sizeof kSomeNode));
       return ok(disconnect(device)) && good;
     }},
    {"7.3.12 ConnectController: without recursion children stay unconnected",
     [] {
       AHandle device(kDeviceGuid);
       Driver bus(0x10), leaf(0x10, &kChildGuid);
       bus.with_child = true;
       bool good = ok(connect(device)) && that(bus.child != nullptr) && equal(leaf.started, 0);
       return ok(disconnect(device)) && good;
     }},
    {"7.3.12 ConnectController: with recursion children are connected",
     [] {
       AHandle device(kDeviceGuid);
       Driver bus(0x10), leaf(0x10, &kChildGuid);
       bus.with_child = true;
       bool good = ok(connect(device, nullptr, true)) && that(bus.child != nullptr) && equal(leaf.started, 1);
       return ok(disconnect(device)) && good;
     }},

    {"7.3.13 DisconnectController: no controller is INVALID_PARAMETER", [] { return is(disconnect(nullptr), kInvalid); }},
    {"7.3.13 DisconnectController: a controller that is gone is INVALID_PARAMETER", [] { return is(disconnect(gone_handle()), kInvalid); }},
    {"7.3.13 DisconnectController: a driver that is gone is INVALID_PARAMETER",
     [] {
       AHandle device(kDeviceGuid);
       Driver driver(0x10);
       bool good = ok(connect(device)) && is(disconnect(device, gone_handle()), kInvalid);
       return ok(disconnect(device)) && good;
     }},
    {"7.3.13 DisconnectController: a child that is gone is INVALID_PARAMETER",
     [] {
       AHandle device(kDeviceGuid);
       Driver driver(0x10);
       bool good = ok(connect(device)) && is(disconnect(device, nullptr, gone_handle()), kInvalid);
       return ok(disconnect(device)) && good;
     }},
    {"7.3.13 DisconnectController: nobody's device is SUCCESS",
     [] {
       AHandle device(kAlphaGuid);
       return ok(disconnect(device));
     }},
    {"7.3.13 DisconnectController: a driver that does not manage the device is SUCCESS",
     [] {
       AHandle device(kDeviceGuid);
       Driver manager(0x20), other(0x10);
       bool good = ok(connect(device)) && ok(disconnect(device, other.handle)) && equal(other.stopped, 0) && equal(manager.stopped, 0);
       return ok(disconnect(device)) && good;
     }},
    {"7.3.13 DisconnectController: the driver is stopped",
     [] {
       AHandle device(kDeviceGuid);
       Driver driver(0x10);
       return ok(connect(device)) && ok(disconnect(device)) && equal(driver.stopped, 1) && equal(driver.children_told, 0);
     }},
    {"7.3.13 DisconnectController: the named driver is stopped",
     [] {
       AHandle device(kDeviceGuid);
       Driver driver(0x10);
       return ok(connect(device)) && ok(disconnect(device, driver.handle)) && equal(driver.stopped, 1);
     }},
    {"7.3.13 DisconnectController: a bus driver is stopped for its children first",
     [] {
       AHandle device(kDeviceGuid);
       Driver bus(0x10);
       bus.with_child = true;
       return ok(connect(device)) && ok(disconnect(device)) && equal(bus.stopped, 2) && equal(bus.children_told, 0) &&
              that(bus.child == nullptr);
     }},
    {"7.3.13 DisconnectController: with the last child goes its bus driver",
     [] {
       AHandle device(kDeviceGuid);
       Driver bus(0x10);
       bus.with_child = true;
       return ok(connect(device)) && ok(disconnect(device, nullptr, bus.child)) && equal(bus.stopped, 2) && that(bus.child == nullptr);
     }},
    {"7.3.13 DisconnectController: drivers of the children are stopped, too",
     [] {
       AHandle device(kDeviceGuid);
       Driver bus(0x10), leaf(0x10, &kChildGuid);
       bus.with_child = true;
       return ok(connect(device, nullptr, true)) && ok(disconnect(device)) && equal(leaf.stopped, 1) && that(bus.child == nullptr);
     }},
    {"7.3.13 DisconnectController: a driver that fails to stop is an error",
     [] {
       AHandle device(kDeviceGuid);
       Driver driver(0x10);
       driver.stop_status = EFI_DEVICE_ERROR;
       bool good = ok(connect(device)) && that(EFI_ERROR(disconnect(device)));
       driver.stop_status = EFI_SUCCESS;
       return ok(disconnect(device)) && good;
     }},

    {"7.3.3 UninstallProtocolInterface: the driver of the protocol is stopped first",
     [] {
       AHandle device(kDeviceGuid);
       EFI_HANDLE same_handle = device;
       bs->InstallProtocolInterface(&same_handle, &kAlphaGuid, EFI_NATIVE_INTERFACE, nullptr);
       Driver driver(0x10, &kAlphaGuid);
       return ok(connect(device)) && ok(bs->UninstallProtocolInterface(device, &kAlphaGuid, nullptr)) && equal(driver.stopped, 1);
     }},
    {"7.3.3 UninstallProtocolInterface: a driver that does not stop keeps the protocol",
     [] {
       AHandle device(kDeviceGuid);
       Driver driver(0x10);
       driver.stop_status = EFI_DEVICE_ERROR;
       bool good = ok(connect(device)) && is(bs->UninstallProtocolInterface(device, &kDeviceGuid, nullptr), EFI_ACCESS_DENIED);
       driver.stop_status = EFI_SUCCESS;
       return ok(disconnect(device)) && good;
     }},
    {"7.3.4 ReinstallProtocolInterface: the driver is stopped and started again",
     [] {
       AHandle device(kDeviceGuid);
       Driver driver(0x10);
       bool good = ok(connect(device)) && ok(bs->ReinstallProtocolInterface(device, &kDeviceGuid, nullptr, nullptr)) &&
                   equal(driver.stopped, 1) && equal(driver.started, 2);
       return ok(disconnect(device)) && good;
     }},
    {"7.3.9 OpenProtocol: EXCLUSIVE stops the driver that has the protocol",
     [] {
       AHandle device(kDeviceGuid), agent(kAlphaGuid);
       Driver driver(0x10);
       void* interface;
       bool good = ok(connect(device)) &&
                   ok(bs->OpenProtocol(device, &kDeviceGuid, &interface, agent, nullptr, EFI_OPEN_PROTOCOL_EXCLUSIVE)) &&
                   equal(driver.stopped, 1);
       bs->CloseProtocol(device, &kDeviceGuid, agent, nullptr);
       return good;
     }},
    {"7.3.9 OpenProtocol: BY_DRIVER with EXCLUSIVE stops the driver that has the protocol",
     [] {
       AHandle device(kDeviceGuid), agent(kAlphaGuid);
       Driver driver(0x10);
       void* interface;
       bool good = ok(connect(device)) &&
                   ok(bs->OpenProtocol(device, &kDeviceGuid, &interface, agent, device,
                                       EFI_OPEN_PROTOCOL_EXCLUSIVE | EFI_OPEN_PROTOCOL_BY_DRIVER)) &&
                   equal(driver.stopped, 1);
       bs->CloseProtocol(device, &kDeviceGuid, agent, device);
       return good;
     }},
};

}  // namespace

constinit const Chapter kDrivers(kTests);

}  // namespace conformance
