// SPDX-License-Identifier: BSD-2-Clause-Patent
// Who uses which protocol: OpenProtocol, CloseProtocol, OpenProtocolInformation [UEFI 2.10, 7.3.9 to 7.3.11].
#include "conformance.hpp"

namespace conformance {
namespace {

constexpr UINT32 kByHandle = EFI_OPEN_PROTOCOL_BY_HANDLE_PROTOCOL, kGet = EFI_OPEN_PROTOCOL_GET_PROTOCOL,
                 kProbe = EFI_OPEN_PROTOCOL_TEST_PROTOCOL, kByChild = EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER,
                 kByDriver = EFI_OPEN_PROTOCOL_BY_DRIVER, kExclusive = EFI_OPEN_PROTOCOL_EXCLUSIVE;

EFI_GUID kAgentGuid = {0x5e730505, 0x93a0, 0x48ea, {0xb2, 0x4f, 0x41, 0x67, 0x65, 0x6e, 0x74, 0x21}};

// A device with the protocol Alpha, two agents and two controllers, and the interface that came out of the last open.
struct Scene {
  int interface = 1;
  AHandle device{kAlphaGuid, &interface}, agent{kAgentGuid}, other{kAgentGuid}, controller{kAgentGuid}, child{kAgentGuid};
  void* opened = nullptr;
  EFI_STATUS open(UINT32 attributes, EFI_HANDLE by, EFI_HANDLE on = nullptr) {
    return bs->OpenProtocol(device, &kAlphaGuid, &opened, by, on, attributes);
  }
  EFI_STATUS close(EFI_HANDLE by, EFI_HANDLE on = nullptr) { return bs->CloseProtocol(device, &kAlphaGuid, by, on); }
  // How often this agent is listed for this controller, and with what.
  UINTN listed(EFI_HANDLE by, EFI_HANDLE on, UINT32 attributes, UINTN* open_count = nullptr) {
    EFI_OPEN_PROTOCOL_INFORMATION_ENTRY* entries = nullptr;
    UINTN count = 0, found = 0;
    if (EFI_ERROR(bs->OpenProtocolInformation(device, &kAlphaGuid, &entries, &count))) return 99;
    for (UINTN i = 0; i < count; ++i) {
      if (entries[i].AgentHandle != by || entries[i].ControllerHandle != on || entries[i].Attributes != attributes) continue;
      ++found;
      if (open_count) *open_count = entries[i].OpenCount;
    }
    if (entries) bs->FreePool(entries);
    return found;
  }
  ~Scene() {
    const EFI_HANDLE agents[] = {agent, other}, controllers[] = {nullptr, controller, child};
    for (EFI_HANDLE by : agents) {
      for (EFI_HANDLE on : controllers) close(by, on);
    }
  }
};

EFI_HANDLE gone_handle() {
  AHandle handle(kAgentGuid);
  return handle;
}

template <UINT32 attributes>
bool refused() {
  Scene scene;
  return is(scene.open(attributes, scene.agent, scene.controller), kInvalid);
}

const Test kTests[] = {
    {"7.3.9 OpenProtocol: GET_PROTOCOL gives the interface",
     [] {
       Scene scene;
       return ok(scene.open(kGet, scene.agent)) && that(scene.opened == &scene.interface);
     }},
    {"7.3.9 OpenProtocol: BY_HANDLE_PROTOCOL gives the interface",
     [] {
       Scene scene;
       return ok(scene.open(kByHandle, scene.agent)) && that(scene.opened == &scene.interface);
     }},
    {"7.3.9 OpenProtocol: BY_CHILD_CONTROLLER gives the interface",
     [] {
       Scene scene;
       return ok(scene.open(kByChild, scene.agent, scene.child)) && that(scene.opened == &scene.interface);
     }},
    {"7.3.9 OpenProtocol: BY_DRIVER gives the interface",
     [] {
       Scene scene;
       return ok(scene.open(kByDriver, scene.agent, scene.controller)) && that(scene.opened == &scene.interface);
     }},
    {"7.3.9 OpenProtocol: EXCLUSIVE gives the interface",
     [] {
       Scene scene;
       return ok(scene.open(kExclusive, scene.agent)) && that(scene.opened == &scene.interface);
     }},
    {"7.3.9 OpenProtocol: BY_DRIVER with EXCLUSIVE gives the interface",
     [] {
       Scene scene;
       return ok(scene.open(kByDriver | kExclusive, scene.agent, scene.controller)) && that(scene.opened == &scene.interface);
     }},
    {"7.3.9 OpenProtocol: TEST_PROTOCOL needs no place for the interface",
     [] {
       Scene scene;
       return ok(bs->OpenProtocol(scene.device, &kAlphaGuid, nullptr, scene.agent, nullptr, kProbe));
     }},
    {"7.3.9 OpenProtocol: TEST_PROTOCOL of what is not there is UNSUPPORTED",
     [] {
       Scene scene;
       return is(bs->OpenProtocol(scene.device, &kBetaGuid, nullptr, scene.agent, nullptr, kProbe), EFI_UNSUPPORTED);
     }},
    {"7.3.9 OpenProtocol: a protocol that is not there is UNSUPPORTED",
     [] {
       Scene scene;
       return is(bs->OpenProtocol(scene.device, &kBetaGuid, &scene.opened, scene.agent, nullptr, kGet), EFI_UNSUPPORTED);
     }},
    {"7.3.9 OpenProtocol: for a protocol that is not there the interface is NULL",
     [] {
       Scene scene;
       scene.opened = &scene;
       bs->OpenProtocol(scene.device, &kBetaGuid, &scene.opened, scene.agent, nullptr, kGet);
       return that(scene.opened == nullptr);
     }},
    {"7.3.9 OpenProtocol: GET_PROTOCOL needs no agent",
     [] {
       Scene scene;
       EFI_STATUS status = scene.open(kGet, nullptr);
       return ok(status) && that(scene.opened == &scene.interface);
     }},
    {"7.3.9 OpenProtocol: no protocol is INVALID_PARAMETER",
     [] {
       Scene scene;
       return is(bs->OpenProtocol(scene.device, nullptr, &scene.opened, scene.agent, nullptr, kGet), kInvalid);
     }},
    {"7.3.9 OpenProtocol: no place for the interface is INVALID_PARAMETER",
     [] {
       Scene scene;
       return is(bs->OpenProtocol(scene.device, &kAlphaGuid, nullptr, scene.agent, nullptr, kGet), kInvalid);
     }},
    {"7.3.9 OpenProtocol: no handle is INVALID_PARAMETER",
     [] {
       Scene scene;
       return is(bs->OpenProtocol(nullptr, &kAlphaGuid, &scene.opened, scene.agent, nullptr, kGet), kInvalid);
     }},
    {"7.3.9 OpenProtocol: a handle that is gone is INVALID_PARAMETER",
     [] {
       Scene scene;
       return is(bs->OpenProtocol(gone_handle(), &kAlphaGuid, &scene.opened, scene.agent, nullptr, kGet), kInvalid);
     }},
    {"7.3.9 OpenProtocol: attributes of 0 are INVALID_PARAMETER", refused<0>},
    {"7.3.9 OpenProtocol: an unknown attribute is INVALID_PARAMETER", refused<0x40>},
    {"7.3.9 OpenProtocol: GET_PROTOCOL with BY_DRIVER is INVALID_PARAMETER", refused<kGet | kByDriver>},
    {"7.3.9 OpenProtocol: BY_HANDLE_PROTOCOL with GET_PROTOCOL is INVALID_PARAMETER", refused<kByHandle | kGet>},
    {"7.3.9 OpenProtocol: BY_CHILD_CONTROLLER with EXCLUSIVE is INVALID_PARAMETER", refused<kByChild | kExclusive>},
    {"7.3.9 OpenProtocol: BY_CHILD_CONTROLLER without an agent is INVALID_PARAMETER",
     [] {
       Scene scene;
       return is(scene.open(kByChild, nullptr, scene.child), kInvalid);
     }},
    {"7.3.9 OpenProtocol: BY_CHILD_CONTROLLER without a controller is INVALID_PARAMETER",
     [] {
       Scene scene;
       return is(scene.open(kByChild, scene.agent), kInvalid);
     }},
    {"7.3.9 OpenProtocol: BY_CHILD_CONTROLLER on the device itself is INVALID_PARAMETER",
     [] {
       Scene scene;
       return is(scene.open(kByChild, scene.agent, scene.device), kInvalid);
     }},
    {"7.3.9 OpenProtocol: BY_CHILD_CONTROLLER on a handle that is gone is INVALID_PARAMETER",
     [] {
       Scene scene;
       return is(scene.open(kByChild, scene.agent, gone_handle()), kInvalid);
     }},
    {"7.3.9 OpenProtocol: BY_DRIVER without an agent is INVALID_PARAMETER",
     [] {
       Scene scene;
       return is(scene.open(kByDriver, nullptr, scene.controller), kInvalid);
     }},
    {"7.3.9 OpenProtocol: BY_DRIVER without a controller is INVALID_PARAMETER",
     [] {
       Scene scene;
       return is(scene.open(kByDriver, scene.agent), kInvalid);
     }},
    {"7.3.9 OpenProtocol: BY_DRIVER with an agent that is gone is INVALID_PARAMETER",
     [] {
       Scene scene;
       return is(scene.open(kByDriver, gone_handle(), scene.controller), kInvalid);
     }},
    {"7.3.9 OpenProtocol: BY_DRIVER with EXCLUSIVE without a controller is INVALID_PARAMETER",
     [] {
       Scene scene;
       return is(scene.open(kByDriver | kExclusive, scene.agent), kInvalid);
     }},
    {"7.3.9 OpenProtocol: EXCLUSIVE without an agent is INVALID_PARAMETER",
     [] {
       Scene scene;
       return is(scene.open(kExclusive, nullptr), kInvalid);
     }},
    {"7.3.9 OpenProtocol: BY_DRIVER again by the same agent is ALREADY_STARTED",
     [] {
       Scene scene;
       return ok(scene.open(kByDriver, scene.agent, scene.controller)) &&
              is(scene.open(kByDriver, scene.agent, scene.controller), EFI_ALREADY_STARTED);
     }},
    {"7.3.9 OpenProtocol: BY_DRIVER by another agent is ACCESS_DENIED",
     [] {
       Scene scene;
       return ok(scene.open(kByDriver, scene.agent, scene.controller)) &&
              is(scene.open(kByDriver, scene.other, scene.controller), EFI_ACCESS_DENIED);
     }},
    {"7.3.9 OpenProtocol: BY_DRIVER after EXCLUSIVE is ACCESS_DENIED",
     [] {
       Scene scene;
       return ok(scene.open(kExclusive, scene.agent)) && is(scene.open(kByDriver, scene.other, scene.controller), EFI_ACCESS_DENIED);
     }},
    {"7.3.9 OpenProtocol: EXCLUSIVE after EXCLUSIVE is ACCESS_DENIED",
     [] {
       Scene scene;
       return ok(scene.open(kExclusive, scene.agent)) && is(scene.open(kExclusive, scene.other), EFI_ACCESS_DENIED);
     }},
    {"7.3.9 OpenProtocol: BY_DRIVER with EXCLUSIVE again by the same agent is ALREADY_STARTED",
     [] {
       Scene scene;
       return ok(scene.open(kByDriver | kExclusive, scene.agent, scene.controller)) &&
              is(scene.open(kByDriver | kExclusive, scene.agent, scene.controller), EFI_ALREADY_STARTED);
     }},
    {"7.3.9 OpenProtocol: BY_DRIVER with EXCLUSIVE after another's is ACCESS_DENIED",
     [] {
       Scene scene;
       return ok(scene.open(kByDriver | kExclusive, scene.agent, scene.controller)) &&
              is(scene.open(kByDriver | kExclusive, scene.other, scene.controller), EFI_ACCESS_DENIED);
     }},
    {"7.3.9 OpenProtocol: EXCLUSIVE against a driver that does not stop is ACCESS_DENIED",
     [] {
       Scene scene;  // its agents are no drivers at all, so nothing can stop them
       return ok(scene.open(kByDriver, scene.agent, scene.controller)) && is(scene.open(kExclusive, scene.other), EFI_ACCESS_DENIED);
     }},
    {"7.3.9 OpenProtocol: EXCLUSIVE does not hinder GET_PROTOCOL",
     [] {
       Scene scene;
       return ok(scene.open(kExclusive, scene.agent)) && ok(scene.open(kGet, scene.other)) && ok(scene.open(kByHandle, scene.other));
     }},
    {"7.3.9 OpenProtocol: GET_PROTOCOL does not hinder EXCLUSIVE",
     [] {
       Scene scene;
       return ok(scene.open(kGet, scene.other)) && ok(scene.open(kExclusive, scene.agent));
     }},
    {"7.3.9 OpenProtocol: BY_CHILD_CONTROLLER beside BY_DRIVER",
     [] {
       Scene scene;
       return ok(scene.open(kByDriver, scene.agent, scene.controller)) && ok(scene.open(kByChild, scene.agent, scene.child));
     }},
    {"7.3.9 OpenProtocol: EXCLUSIVE takes a protocol from nobody twice, once closed",
     [] {
       Scene scene;
       return ok(scene.open(kExclusive, scene.agent)) && ok(scene.close(scene.agent)) && ok(scene.open(kExclusive, scene.other));
     }},

    {"7.3.10 CloseProtocol: what was opened is closed",
     [] {
       Scene scene;
       return ok(scene.open(kByDriver, scene.agent, scene.controller)) && ok(scene.close(scene.agent, scene.controller)) &&
              ok(scene.open(kByDriver, scene.other, scene.controller));
     }},
    {"7.3.10 CloseProtocol: what was not opened is NOT_FOUND",
     [] {
       Scene scene;
       return is(scene.close(scene.agent, scene.controller), EFI_NOT_FOUND);
     }},
    {"7.3.10 CloseProtocol: another controller is NOT_FOUND",
     [] {
       Scene scene;
       return ok(scene.open(kByDriver, scene.agent, scene.controller)) && is(scene.close(scene.agent, scene.child), EFI_NOT_FOUND);
     }},
    {"7.3.10 CloseProtocol: another agent is NOT_FOUND",
     [] {
       Scene scene;
       return ok(scene.open(kByDriver, scene.agent, scene.controller)) && is(scene.close(scene.other, scene.controller), EFI_NOT_FOUND);
     }},
    {"7.3.10 CloseProtocol: a protocol that is not there is NOT_FOUND",
     [] {
       Scene scene;
       return is(bs->CloseProtocol(scene.device, &kBetaGuid, scene.agent, nullptr), EFI_NOT_FOUND);
     }},
    {"7.3.10 CloseProtocol: no handle is INVALID_PARAMETER",
     [] {
       Scene scene;
       return is(bs->CloseProtocol(nullptr, &kAlphaGuid, scene.agent, nullptr), kInvalid);
     }},
    {"7.3.10 CloseProtocol: no agent is INVALID_PARAMETER",
     [] {
       Scene scene;
       return is(scene.close(nullptr), kInvalid);
     }},
    {"7.3.10 CloseProtocol: a controller that is gone is INVALID_PARAMETER",
     [] {
       Scene scene;
       return is(scene.close(scene.agent, gone_handle()), kInvalid);
     }},
    {"7.3.10 CloseProtocol: no protocol is INVALID_PARAMETER",
     [] {
       Scene scene;
       return is(bs->CloseProtocol(scene.device, nullptr, scene.agent, nullptr), kInvalid);
     }},
    {"7.3.10 CloseProtocol: it closes every open of the agent for the controller",
     [] {
       Scene scene;
       return ok(scene.open(kGet, scene.agent, scene.controller)) && ok(scene.open(kByHandle, scene.agent, scene.controller)) &&
              ok(scene.close(scene.agent, scene.controller)) && is(scene.close(scene.agent, scene.controller), EFI_NOT_FOUND);
     }},

    {"7.3.11 OpenProtocolInformation: it lists an open",
     [] {
       Scene scene;
       UINTN count = 0;
       return ok(scene.open(kByDriver, scene.agent, scene.controller)) &&
              equal(scene.listed(scene.agent, scene.controller, kByDriver, &count), 1) && equal(count, 1);
     }},
    {"7.3.11 OpenProtocolInformation: nobody's opens are an empty list",
     [] {
       Scene scene;
       EFI_OPEN_PROTOCOL_INFORMATION_ENTRY* entries = nullptr;
       UINTN count = 9;
       if (!ok(bs->OpenProtocolInformation(scene.device, &kAlphaGuid, &entries, &count))) return false;
       if (entries) bs->FreePool(entries);
       return equal(count, 0);
     }},
    {"7.3.11 OpenProtocolInformation: the same open twice is one entry with a count",
     [] {
       Scene scene;
       UINTN count = 0;
       return ok(scene.open(kGet, scene.agent)) && ok(scene.open(kGet, scene.agent)) &&
              equal(scene.listed(scene.agent, nullptr, kGet, &count), 1) && equal(count, 2);
     }},
    {"7.3.11 OpenProtocolInformation: opens with other attributes are entries of their own",
     [] {
       Scene scene;
       return ok(scene.open(kGet, scene.agent)) && ok(scene.open(kByHandle, scene.agent)) &&
              equal(scene.listed(scene.agent, nullptr, kGet), 1) && equal(scene.listed(scene.agent, nullptr, kByHandle), 1);
     }},
    {"7.3.9 OpenProtocol: TEST_PROTOCOL need not be closed",
     [] {
       Scene scene;
       EFI_HANDLE same_handle = scene.device;
       if (!ok(bs->InstallProtocolInterface(&same_handle, &kBetaGuid, EFI_NATIVE_INTERFACE, nullptr))) return false;
       return ok(bs->OpenProtocol(scene.device, &kBetaGuid, nullptr, scene.agent, nullptr, kProbe)) &&
              ok(bs->UninstallProtocolInterface(scene.device, &kBetaGuid, nullptr));
     }},
    {"7.3.11 OpenProtocolInformation: a closed open is gone",
     [] {
       Scene scene;
       return ok(scene.open(kGet, scene.agent)) && ok(scene.close(scene.agent)) && equal(scene.listed(scene.agent, nullptr, kGet), 0);
     }},
    {"7.3.11 OpenProtocolInformation: EXCLUSIVE is told",
     [] {
       Scene scene;
       return ok(scene.open(kExclusive, scene.agent)) && equal(scene.listed(scene.agent, nullptr, kExclusive), 1);
     }},
    {"7.3.11 OpenProtocolInformation: HandleProtocol leaves an open BY_HANDLE_PROTOCOL",
     [] {
       Scene scene;
       void* found;
       if (!ok(bs->HandleProtocol(scene.device, &kAlphaGuid, &found))) return false;
       EFI_OPEN_PROTOCOL_INFORMATION_ENTRY* entries = nullptr;
       UINTN count = 0;
       if (!ok(bs->OpenProtocolInformation(scene.device, &kAlphaGuid, &entries, &count))) return false;
       bool good = that(count == 1 && entries[0].Attributes == kByHandle && entries[0].AgentHandle != nullptr);
       if (entries) bs->FreePool(entries);
       return good;
     }},
    {"7.3.11 OpenProtocolInformation: a protocol that is not there is NOT_FOUND",
     [] {
       Scene scene;
       EFI_OPEN_PROTOCOL_INFORMATION_ENTRY* entries;
       UINTN count;
       return is(bs->OpenProtocolInformation(scene.device, &kBetaGuid, &entries, &count), EFI_NOT_FOUND);
     }},

    {"7.3.3 UninstallProtocolInterface: a protocol in use by a driver is ACCESS_DENIED",
     [] {
       Scene scene;
       return ok(scene.open(kByDriver, scene.agent, scene.controller)) &&
              is(bs->UninstallProtocolInterface(scene.device, &kAlphaGuid, &scene.interface), EFI_ACCESS_DENIED) &&
              equal(scene.listed(scene.agent, scene.controller, kByDriver), 1);
     }},
    {"7.3.3 UninstallProtocolInterface: a protocol in use by a child is ACCESS_DENIED",
     [] {
       Scene scene;
       return ok(scene.open(kByChild, scene.agent, scene.child)) &&
              is(bs->UninstallProtocolInterface(scene.device, &kAlphaGuid, &scene.interface), EFI_ACCESS_DENIED);
     }},
    {"7.3.3 UninstallProtocolInterface: opens by GET_PROTOCOL and BY_HANDLE_PROTOCOL do not hinder",
     [] {
       Scene scene;
       EFI_HANDLE same_handle = scene.device;
       int second;
       if (!ok(bs->InstallProtocolInterface(&same_handle, &kBetaGuid, EFI_NATIVE_INTERFACE, &second))) return false;
       void* found;
       return ok(bs->OpenProtocol(scene.device, &kBetaGuid, &found, scene.agent, nullptr, kGet)) &&
              ok(bs->OpenProtocol(scene.device, &kBetaGuid, &found, scene.other, nullptr, kByHandle)) &&
              ok(bs->UninstallProtocolInterface(scene.device, &kBetaGuid, &second));
     }},
    {"7.3.4 ReinstallProtocolInterface: a protocol in use by a driver that does not stop is ACCESS_DENIED",
     [] {
       Scene scene;
       int second;
       return ok(scene.open(kByDriver, scene.agent, scene.controller)) &&
              is(bs->ReinstallProtocolInterface(scene.device, &kAlphaGuid, &scene.interface, &second), EFI_ACCESS_DENIED) &&
              ok(bs->HandleProtocol(scene.device, &kAlphaGuid, &scene.opened)) && that(scene.opened == &scene.interface);
     }},
};

}  // namespace

constinit const Chapter kOpens(kTests);

}  // namespace conformance
