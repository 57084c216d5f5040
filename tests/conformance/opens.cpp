// SPDX-License-Identifier: BSD-2-Clause-Patent
// Who may use a protocol beside whom: OpenProtocol [UEFI 2.10, 7.3.9].
#include "opens.hpp"

namespace conformance {
namespace {

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
       return is(bs->OpenProtocol(gone_agent(), &kAlphaGuid, &scene.opened, scene.agent, nullptr, kGet), kInvalid);
     }},
    {"7.3.9 OpenProtocol: attributes of 0 are INVALID_PARAMETER", refused<0>},
    {"7.3.9 OpenProtocol: an unknown attribute is INVALID_PARAMETER", refused<0x40>},
    {"7.3.9 OpenProtocol: of all attributes below 0x80 seven are legal",
     [] {
       for (UINT32 attributes = 0; attributes < 0x80; ++attributes) {
         Scene scene;
         bool legal = attributes == kByHandle || attributes == kGet || attributes == kProbe || attributes == kByChild ||
                      attributes == kByDriver || attributes == kExclusive || attributes == (kByDriver | kExclusive);
         if (!is(scene.open(attributes, scene.agent, scene.controller), legal ? EFI_SUCCESS : kInvalid)) return false;
       }
       return true;
     }},
    {"7.3.9 OpenProtocol: a high bit beside GET_PROTOCOL is INVALID_PARAMETER", refused<0x80000000 | kGet>},
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
       return is(scene.open(kByChild, scene.agent, gone_agent()), kInvalid);
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
       return is(scene.open(kByDriver, gone_agent(), scene.controller), kInvalid);
     }},
    {"7.3.9 OpenProtocol: BY_DRIVER with a controller that is gone is INVALID_PARAMETER",
     [] {
       Scene scene;
       return is(scene.open(kByDriver, scene.agent, gone_agent()), kInvalid);
     }},
    {"7.3.9 OpenProtocol: EXCLUSIVE with an agent that is gone is INVALID_PARAMETER",
     [] {
       Scene scene;
       return is(scene.open(kExclusive, gone_agent()), kInvalid);
     }},
    {"7.3.9 OpenProtocol: BY_CHILD_CONTROLLER with an agent that is gone is INVALID_PARAMETER",
     [] {
       Scene scene;
       return is(scene.open(kByChild, gone_agent(), scene.child), kInvalid);
     }},
    {"7.3.9 OpenProtocol: BY_DRIVER with EXCLUSIVE without an agent is INVALID_PARAMETER",
     [] {
       Scene scene;
       return is(scene.open(kByDriver | kExclusive, nullptr, scene.controller), kInvalid);
     }},
    {"7.3.9 OpenProtocol: BY_DRIVER of a protocol that is not there is UNSUPPORTED",
     [] {
       Scene scene;
       return is(bs->OpenProtocol(scene.device, &kBetaGuid, &scene.opened, scene.agent, scene.controller, kByDriver), EFI_UNSUPPORTED);
     }},
    {"7.3.9 OpenProtocol: TEST_PROTOCOL leaves the place for the interface alone",
     [] {
       Scene scene;
       scene.opened = &scene;
       return ok(scene.open(kProbe, scene.agent)) && that(scene.opened == &scene);
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
    {"7.3.9 OpenProtocol: BY_DRIVER again by the same agent for another controller is ALREADY_STARTED",
     [] {
       Scene scene;
       return ok(scene.open(kByDriver, scene.agent, scene.controller)) &&
              is(scene.open(kByDriver, scene.agent, scene.child), EFI_ALREADY_STARTED);
     }},
    {"7.3.9 OpenProtocol: BY_DRIVER after the same agent's BY_DRIVER with EXCLUSIVE is ACCESS_DENIED",
     [] {
       Scene scene;
       return ok(scene.open(kByDriver | kExclusive, scene.agent, scene.controller)) &&
              is(scene.open(kByDriver, scene.agent, scene.controller), EFI_ACCESS_DENIED);
     }},
    {"7.3.9 OpenProtocol: EXCLUSIVE again by the same agent is ACCESS_DENIED",
     [] {
       Scene scene;
       return ok(scene.open(kExclusive, scene.agent)) && is(scene.open(kExclusive, scene.agent), EFI_ACCESS_DENIED);
     }},
    {"7.3.9 OpenProtocol: BY_DRIVER with EXCLUSIVE after EXCLUSIVE is ACCESS_DENIED",
     [] {
       Scene scene;
       return ok(scene.open(kExclusive, scene.agent)) &&
              is(scene.open(kByDriver | kExclusive, scene.other, scene.controller), EFI_ACCESS_DENIED);
     }},
    {"7.3.9 OpenProtocol: EXCLUSIVE after BY_DRIVER with EXCLUSIVE is ACCESS_DENIED",
     [] {
       Scene scene;
       return ok(scene.open(kByDriver | kExclusive, scene.agent, scene.controller)) &&
              is(scene.open(kExclusive, scene.other), EFI_ACCESS_DENIED);
     }},
    {"7.3.9 OpenProtocol: BY_DRIVER with EXCLUSIVE against a driver that does not stop is ACCESS_DENIED",
     [] {
       Scene scene;
       return ok(scene.open(kByDriver, scene.agent, scene.controller)) &&
              is(scene.open(kByDriver | kExclusive, scene.other, scene.controller), EFI_ACCESS_DENIED) &&
              equal(scene.listed(scene.agent, scene.controller, kByDriver), 1);
     }},
    {"7.3.9 OpenProtocol: when it is ACCESS_DENIED nothing is listed",
     [] {
       Scene scene;
       return ok(scene.open(kExclusive, scene.agent)) && is(scene.open(kByDriver, scene.other, scene.controller), EFI_ACCESS_DENIED) &&
              equal(scene.listed(scene.other, scene.controller, kByDriver), 0);
     }},
    {"7.3.9 OpenProtocol: BY_CHILD_CONTROLLER for several children",
     [] {
       Scene scene;
       return ok(scene.open(kByChild, scene.agent, scene.child)) && ok(scene.open(kByChild, scene.agent, scene.controller)) &&
              equal(scene.listed(scene.agent, scene.child, kByChild), 1) && equal(scene.listed(scene.agent, scene.controller, kByChild), 1);
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
    {"7.3.9 OpenProtocol: TEST_PROTOCOL need not be closed",
     [] {
       Scene scene;
       EFI_HANDLE same_handle = scene.device;
       if (!ok(bs->InstallProtocolInterface(&same_handle, &kBetaGuid, EFI_NATIVE_INTERFACE, nullptr))) return false;
       return ok(bs->OpenProtocol(scene.device, &kBetaGuid, nullptr, scene.agent, nullptr, kProbe)) &&
              ok(bs->UninstallProtocolInterface(scene.device, &kBetaGuid, nullptr));
     }},
};

}  // namespace

constinit const Chapter kOpens(kTests);

}  // namespace conformance
