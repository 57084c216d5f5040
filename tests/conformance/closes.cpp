// SPDX-License-Identifier: BSD-2-Clause-Patent
// The end of using a protocol, and who uses it: CloseProtocol and OpenProtocolInformation, and what a use hinders [UEFI 2.10, 7.3.3,
// 7.3.4, 7.3.10, 7.3.11 and 7.3.18].
#include "opens.hpp"

namespace conformance {
namespace {

const Test kTests[] = {
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
    {"7.3.10 CloseProtocol: an agent that is gone is INVALID_PARAMETER",
     [] {
       Scene scene;
       return is(scene.close(gone_agent()), kInvalid);
     }},
    {"7.3.10 CloseProtocol: a handle that is gone is INVALID_PARAMETER",
     [] {
       Scene scene;
       return is(bs->CloseProtocol(gone_agent(), &kAlphaGuid, scene.agent, nullptr), kInvalid);
     }},
    {"7.3.10 CloseProtocol: an open that was counted twice is closed at once",
     [] {
       Scene scene;
       return ok(scene.open(kGet, scene.agent)) && ok(scene.open(kGet, scene.agent)) && ok(scene.close(scene.agent)) &&
              equal(scene.listed(scene.agent, nullptr, kGet), 0);
     }},
    {"7.3.10 CloseProtocol: other agents' opens stay",
     [] {
       Scene scene;
       return ok(scene.open(kGet, scene.agent)) && ok(scene.open(kGet, scene.other)) && ok(scene.close(scene.agent)) &&
              equal(scene.listed(scene.other, nullptr, kGet), 1);
     }},
    {"7.3.10 CloseProtocol: no agent is INVALID_PARAMETER",
     [] {
       Scene scene;
       return is(scene.close(nullptr), kInvalid);
     }},
    {"7.3.10 CloseProtocol: a controller that is gone is INVALID_PARAMETER",
     [] {
       Scene scene;
       return is(scene.close(scene.agent, gone_agent()), kInvalid);
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
    {"7.3.3 UninstallProtocolInterface: a protocol in exclusive use is ACCESS_DENIED",
     [] {
       Scene scene;
       return ok(scene.open(kExclusive, scene.agent)) &&
              is(bs->UninstallProtocolInterface(scene.device, &kAlphaGuid, &scene.interface), EFI_ACCESS_DENIED);
     }},
    {"7.3.3 UninstallProtocolInterface: opens by GET_PROTOCOL are closed even if others remain",
     [] {
       Scene scene;
       return ok(scene.open(kGet, scene.other)) && ok(scene.open(kByChild, scene.agent, scene.child)) &&
              is(bs->UninstallProtocolInterface(scene.device, &kAlphaGuid, &scene.interface), EFI_ACCESS_DENIED) &&
              equal(scene.listed(scene.other, nullptr, kGet), 0) && equal(scene.listed(scene.agent, scene.child, kByChild), 1);
     }},

    {"7.3.4 ReinstallProtocolInterface: a protocol in use by a child is ACCESS_DENIED",
     [] {
       Scene scene;
       return ok(scene.open(kByChild, scene.agent, scene.child)) &&
              is(bs->ReinstallProtocolInterface(scene.device, &kAlphaGuid, &scene.interface, &scene), EFI_ACCESS_DENIED);
     }},
    {"7.3.4 ReinstallProtocolInterface: opens of the old interface are closed",
     [] {
       Scene scene;
       return ok(scene.open(kGet, scene.agent)) &&
              ok(bs->ReinstallProtocolInterface(scene.device, &kAlphaGuid, &scene.interface, &scene.interface)) &&
              equal(scene.listed(scene.agent, nullptr, kGet), 0);
     }},

    {"7.3.18 UninstallMultipleProtocolInterfaces: a protocol in use is INVALID_PARAMETER",
     [] {
       Scene scene;
       return ok(scene.open(kExclusive, scene.agent)) &&
              is(bs->UninstallMultipleProtocolInterfaces(scene.device, &kAlphaGuid, &scene.interface, nullptr), kInvalid);
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

constinit const Chapter kCloses(kTests);

}  // namespace conformance
