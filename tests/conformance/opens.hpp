// SPDX-License-Identifier: BSD-2-Clause-Patent
// A scene of a device and those who open it.
#pragma once

#include "conformance.hpp"

namespace conformance {

inline constexpr UINT32 kByHandle = EFI_OPEN_PROTOCOL_BY_HANDLE_PROTOCOL, kGet = EFI_OPEN_PROTOCOL_GET_PROTOCOL,
                 kProbe = EFI_OPEN_PROTOCOL_TEST_PROTOCOL, kByChild = EFI_OPEN_PROTOCOL_BY_CHILD_CONTROLLER,
                 kByDriver = EFI_OPEN_PROTOCOL_BY_DRIVER, kExclusive = EFI_OPEN_PROTOCOL_EXCLUSIVE;

inline EFI_GUID kAgentGuid = {0x5e730505, 0x93a0, 0x48ea, {0xb2, 0x4f, 0x41, 0x67, 0x65, 0x6e, 0x74, 0x21}};

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

inline EFI_HANDLE gone_agent() {
  AHandle handle(kAgentGuid);
  return handle;
}

}  // namespace conformance
