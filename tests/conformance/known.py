# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Where a firmware fails a check: (firmware, name of the check) -> which of efilite and OVMF reads the text rightly, and why."""

KNOWN = {
    ("ovmf", "7.1.4 SignalEvent: a group member without notification passes the signal on"):
        "efilite is right: all events of the group are signaled whatever the member is; edk2 does it for EVT_NOTIFY_SIGNAL only",
}
