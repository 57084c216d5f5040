# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Where a firmware fails a check: (firmware, name of the check) -> which of efilite and OVMF reads the text rightly, and why."""

BEFORE_EXIT = "efilite is right: the group is of UEFI 2.9; this OVMF tells a revision of 2.7 and does not signal it"

KNOWN = {
    ("ovmf", "7.1.4 SignalEvent: a group member without notification passes the signal on"):
        "efilite is right: all events of the group are signaled whatever the member is; edk2 does it for EVT_NOTIFY_SIGNAL only",
    ("ovmf", "7.2.1 AllocatePages: a count whose bytes overflow is OUT_OF_RESOURCES"):
        "efilite is right: edk2 lets the count of bytes wrap and gives a single page",
    ("ovmf", "7.3.18 UninstallMultipleProtocolInterfaces: a failure puts back even the handle's only protocol"):
        "efilite is right: edk2 lets the handle die with its first protocol and cannot put it back",
    ("ovmf", "7.3.13 DisconnectController: a driver that does not manage the device is SUCCESS"):
        "efilite is right: SUCCESS is for a driver that is not managing the controller, too; edk2 says NOT_FOUND",
    ("ovmf", "7.3.13 DisconnectController: a driver that fails to stop is DEVICE_ERROR"):
        "efilite is right: DEVICE_ERROR is for a controller that could not be disconnected; edk2 says NOT_FOUND when it stopped nobody",
    ("ovmf", "7.3.12 ConnectController: a driver that appears with another's start is found"):
        "efilite is right: the search restarts after every start; edk2 goes on in the list that it made before the first",
    ("ovmf", "7.4.1 LoadImage: neither a buffer nor a path is NOT_FOUND"):
        "efilite is right: the text names NOT_FOUND for both being NULL; edk2 says INVALID_PARAMETER",
    ("ovmf", "7.4.1 LoadImage: an image that is cut off is LOAD_ERROR"):
        "efilite is right: a corrupt image is LOAD_ERROR, UNSUPPORTED is for another type of image; edk2 says UNSUPPORTED for both",
    ("ovmf", "7.4.2 StartImage: a handle that a driver has changed is connected"):
        "efilite is right: handles that the image has modified, too; edk2 does not count a protocol more on an old handle",
    ("ovmf", "7.5.1 SetWatchdogTimer: a code of the firmware's is INVALID_PARAMETER"):
        "efilite is right: codes up to 0xFFFF are the firmware's and INVALID_PARAMETER is for a bad code; edk2 looks at none",
    ("ovmf", "7.4.1 LoadImage: a device that fails is DEVICE_ERROR"):
        "efilite is right: a device's error is DEVICE_ERROR; edk2 goes on to look for LoadFile and says NOT_FOUND for want of it",
    ("ovmf", "7.1.2 The group BeforeExitBootServices was signaled before"): BEFORE_EXIT,
    ("ovmf", "7.1.2 The group BeforeExitBootServices was signaled once"): BEFORE_EXIT,
    ("ovmf", "2.3.4 The stack is not executable"):
        "efilite is right: the stack must not be executable; Debian's OVMF leaves edk2's switch for it off",
}
