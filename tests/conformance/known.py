# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Where a firmware fails a check: (firmware, name of the check) -> which of efilite and OVMF reads the text rightly, and why."""

KNOWN = {
    ("ovmf", "7.1.4 SignalEvent: a group member without notification passes the signal on"):
        "efilite is right: all events of the group are signaled whatever the member is; edk2 does it for EVT_NOTIFY_SIGNAL only",
    ("ovmf", "7.2.1 AllocatePages: a count whose bytes overflow is OUT_OF_RESOURCES"):
        "efilite is right: edk2 lets the count of bytes wrap and gives a single page",
    ("ovmf", "7.3.18 UninstallMultipleProtocolInterfaces: a failure puts back even the handle's only protocol"):
        "efilite is right: edk2 lets the handle die with its first protocol and cannot put it back",
    ("ovmf", "7.3.13 DisconnectController: a driver that does not manage the device is SUCCESS"):
        "efilite is right: SUCCESS is for a driver that is not managing the controller, too; edk2 says NOT_FOUND",
}
