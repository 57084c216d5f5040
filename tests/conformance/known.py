# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Where a firmware fails a check: (firmware, name of the check) -> which of efilite and OVMF reads the text rightly, and why."""

KNOWN = {
}
