// SPDX-License-Identifier: BSD-2-Clause-Patent
// The driver model: ConnectController and DisconnectController with drivers of our own [UEFI 2.10, 7.3.12 and 7.3.13, 11.1].
#include "driver.hpp"

namespace conformance {
namespace {

EFI_HANDLE gone_handle() {
  AHandle handle(kAlphaGuid);
  return handle;
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
       Driver driver(0x10);
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
       bool good = ok(connect(device, path)) && that(same(driver.remaining, path, sizeof kSomeNode)) &&
                   that(same(driver.supported_remaining, path, sizeof kSomeNode));
       return ok(disconnect(device)) && good;
     }},
    {"7.3.12 ConnectController: an end node with a driver that fails to start is SUCCESS",
     [] {
       AHandle device(kDeviceGuid);
       Driver driver(0x10);
       driver.start_status = EFI_DEVICE_ERROR;
       return ok(connect(device, end())) && equal(driver.started, 1);
     }},
    {"7.3.12 ConnectController: a driver that says ACCESS_DENIED is not started",
     [] {
       AHandle device(kDeviceGuid);
       Driver driver(0x10);
       driver.supported_status = EFI_ACCESS_DENIED;
       return is(connect(device), EFI_NOT_FOUND) && equal(driver.asked, 1) && equal(driver.started, 0);
     }},
    {"7.3.12 ConnectController: a driver that says ALREADY_STARTED is not started",
     [] {
       AHandle device(kDeviceGuid);
       Driver driver(0x10);
       driver.supported_status = EFI_ALREADY_STARTED;
       return is(connect(device), EFI_NOT_FOUND) && equal(driver.asked, 1) && equal(driver.started, 0);
     }},
    {"7.3.12 ConnectController: a driver that supported the device is not tried again",
     [] {
       AHandle device(kDeviceGuid);
       Driver old(0x10), young(0x20);
       old.start_status = young.start_status = EFI_DEVICE_ERROR;
       return is(connect(device), EFI_NOT_FOUND) && equal(young.asked, 1) && equal(old.asked, 1) && equal(young.started, 1) &&
              equal(old.started, 1);
     }},
    {"7.3.12 ConnectController: after each start the search begins anew",
     [] {
       AHandle device(kDeviceGuid);
       EFI_HANDLE same_handle = device;
       bs->InstallProtocolInterface(&same_handle, &kAlphaGuid, EFI_NATIVE_INTERFACE, nullptr);
       Driver late(0x20, &kAlphaGuid), early(0x10);
       late.after = &early;
       bool good = ok(connect(device)) && equal(early.started, 1) && equal(late.started, 1) && equal(late.asked, 2);
       return ok(disconnect(device)) && ok(bs->UninstallProtocolInterface(device, &kAlphaGuid, nullptr)) && good;
     }},
    {"7.3.12 ConnectController: a driver that the caller lists twice is tried once",
     [] {
       AHandle device(kDeviceGuid);
       Driver driver(0x10);
       driver.start_status = EFI_DEVICE_ERROR;
       EFI_HANDLE list[] = {driver.handle, driver.handle, nullptr};
       return is(bs->ConnectController(device, list, nullptr, FALSE), EFI_NOT_FOUND) && equal(driver.started, 1);
     }},
    {"7.3.12 ConnectController: drivers outside the caller's list come after it",
     [] {
       AHandle device(kDeviceGuid);
       Driver listed(0x10), other(0x20);
       listed.start_status = EFI_DEVICE_ERROR;
       EFI_HANDLE list[] = {listed.handle, nullptr};
       bool good = ok(bs->ConnectController(device, list, nullptr, FALSE)) && equal(listed.started, 1) && equal(other.started, 1);
       return ok(disconnect(device)) && good;
     }},
    {"7.3.12 ConnectController: a driver that appears with another's start is found",
     [] {
       AHandle device(kDeviceGuid);
       Driver hidden(0x10, &kDeviceGuid, true), driver(0x10);
       driver.start_status = EFI_DEVICE_ERROR;
       driver.brings = &hidden;
       bool good = ok(connect(device)) && equal(driver.started, 1) && equal(hidden.started, 1);
       return ok(disconnect(device)) && good;
     }},
    {"7.3.12 ConnectController: with recursion grandchildren are connected",
     [] {
       AHandle device(kDeviceGuid);
       Driver bus(0x10), hub(0x10, &kChildGuid), leaf(0x10, &kAlphaGuid);
       bus.bus_of = 2, hub.bus_of = 1, hub.makes = &kAlphaGuid;
       bool good = ok(connect(device, nullptr, true)) && equal(hub.started, 2) && that(leaf.started > 0);
       return ok(disconnect(device)) && good;
     }},
    {"7.3.12 ConnectController: without recursion children stay unconnected",
     [] {
       AHandle device(kDeviceGuid);
       Driver bus(0x10), leaf(0x10, &kChildGuid);
       bus.bus_of = 1;
       bool good = ok(connect(device)) && that(bus.has_children()) && equal(leaf.started, 0);
       return ok(disconnect(device)) && good;
     }},
    {"7.3.12 ConnectController: with recursion children are connected",
     [] {
       AHandle device(kDeviceGuid);
       Driver bus(0x10), leaf(0x10, &kChildGuid);
       bus.bus_of = 1;
       bool good = ok(connect(device, nullptr, true)) && that(bus.has_children()) && equal(leaf.started, 1);
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
    {"7.3.13 DisconnectController: a driver without a binding is INVALID_PARAMETER",
     [] {
       AHandle device(kDeviceGuid), no_driver(kAlphaGuid);
       Driver driver(0x10);
       bool good = ok(connect(device)) && is(disconnect(device, no_driver), kInvalid) && equal(driver.stopped, 0);
       return ok(disconnect(device)) && good;
     }},
    {"7.3.13 DisconnectController: one of two children goes alone",
     [] {
       AHandle device(kDeviceGuid);
       Driver bus(0x10);
       bus.bus_of = 2;
       bool good = ok(connect(device)) && ok(disconnect(device, bus.handle, bus.child[0])) && equal(bus.stopped, 1) &&
                   equal(bus.children_told, 1) && that(bus.child[0] == nullptr && bus.child[1] != nullptr);
       return ok(disconnect(device)) && good;
     }},
    {"7.3.13 DisconnectController: all children are told at once",
     [] {
       AHandle device(kDeviceGuid);
       Driver bus(0x10);
       bus.bus_of = 2;
       return ok(connect(device)) && ok(disconnect(device)) && equal(bus.stopped, 2) && that(!bus.has_children());
     }},
    {"7.3.13 DisconnectController: all drivers are stopped when none is named",
     [] {
       AHandle device(kDeviceGuid);
       EFI_HANDLE same_handle = device;
       bs->InstallProtocolInterface(&same_handle, &kAlphaGuid, EFI_NATIVE_INTERFACE, nullptr);
       Driver one(0x10), two(0x20, &kAlphaGuid);
       bool good = ok(connect(device)) && ok(disconnect(device)) && equal(one.stopped, 1) && equal(two.stopped, 1);
       return ok(bs->UninstallProtocolInterface(device, &kAlphaGuid, nullptr)) && good;
     }},
    {"7.3.13 DisconnectController: a driver that does not stop keeps no other",
     [] {
       AHandle device(kDeviceGuid);
       EFI_HANDLE same_handle = device;
       bs->InstallProtocolInterface(&same_handle, &kAlphaGuid, EFI_NATIVE_INTERFACE, nullptr);
       Driver one(0x10), two(0x20, &kAlphaGuid);
       bool good = ok(connect(device));
       one.stop_status = two.stop_status = EFI_DEVICE_ERROR;
       disconnect(device);
       good = good && equal(one.stopped, 1) && equal(two.stopped, 1);
       one.stop_status = two.stop_status = EFI_SUCCESS;
       return ok(disconnect(device)) && ok(bs->UninstallProtocolInterface(device, &kAlphaGuid, nullptr)) && good;
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
       bus.bus_of = 1;
       return ok(connect(device)) && ok(disconnect(device)) && equal(bus.stopped, 2) && equal(bus.children_told, 0) &&
              that(!bus.has_children());
     }},
    {"7.3.13 DisconnectController: with the last child goes its bus driver",
     [] {
       AHandle device(kDeviceGuid);
       Driver bus(0x10);
       bus.bus_of = 1;
       return ok(connect(device)) && ok(disconnect(device, nullptr, bus.child[0])) && equal(bus.stopped, 2) && that(!bus.has_children());
     }},
    {"7.3.13 DisconnectController: drivers of the children are stopped, too",
     [] {
       AHandle device(kDeviceGuid);
       Driver bus(0x10), leaf(0x10, &kChildGuid);
       bus.bus_of = 1;
       return ok(connect(device, nullptr, true)) && ok(disconnect(device)) && equal(leaf.stopped, 1) && that(!bus.has_children());
     }},
    {"7.3.13 DisconnectController: a driver that fails to stop is DEVICE_ERROR",
     [] {
       AHandle device(kDeviceGuid);
       Driver driver(0x10);
       driver.stop_status = EFI_DEVICE_ERROR;
       bool good = ok(connect(device)) && is(disconnect(device), EFI_DEVICE_ERROR);
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
    {"7.3.3 UninstallProtocolInterface: when it fails, the driver that was stopped is started again",
     [] {
       AHandle device(kDeviceGuid), user(kAlphaGuid), child(kAlphaGuid);
       Driver driver(0x10);
       void* interface;
       bool good = ok(connect(device)) &&
                   ok(bs->OpenProtocol(device, &kDeviceGuid, &interface, user, child, EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER)) &&
                   is(bs->UninstallProtocolInterface(device, &kDeviceGuid, nullptr), EFI_ACCESS_DENIED) && equal(driver.stopped, 1) &&
                   equal(driver.started, 2);
       bs->CloseProtocol(device, &kDeviceGuid, user, child);
       return ok(disconnect(device)) && good;
     }},
    {"7.3.4 ReinstallProtocolInterface: when it fails, the driver that was stopped is started again",
     [] {
       AHandle device(kDeviceGuid), user(kAlphaGuid), child(kAlphaGuid);
       Driver driver(0x10);
       void* interface;
       bool good = ok(connect(device)) &&
                   ok(bs->OpenProtocol(device, &kDeviceGuid, &interface, user, child, EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER)) &&
                   is(bs->ReinstallProtocolInterface(device, &kDeviceGuid, nullptr, &device), EFI_ACCESS_DENIED) &&
                   equal(driver.stopped, 1) && equal(driver.started, 2);
       bs->CloseProtocol(device, &kDeviceGuid, user, child);
       return ok(disconnect(device)) && good;
     }},
    {"7.3.4 ReinstallProtocolInterface: a driver that waited for the new interface is connected",
     [] {
       AHandle device(kDeviceGuid);
       Driver driver(0x10);
       bool good = ok(bs->ReinstallProtocolInterface(device, &kDeviceGuid, nullptr, nullptr)) && equal(driver.started, 1);
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
