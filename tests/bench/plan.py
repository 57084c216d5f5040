# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Which machines are measured: the rows of the table."""
from row import MANY, Row

FIRMWARES = ("efilite", "ovmf", "u-boot", "seabios", "qboot")
BOARDS = ("q35", "pc", "microvm")
NO_ACPI = "microvm-acpi-off"
XEN = "xen"
SIZES = (128, 512, 6144)
DISKS = (1, MANY)
# In the order of the table.
ORDER = ("probe", "large", "uki", "kernel", "vmlinux")


def uboot(quick):
    # Its EFI loader leaves SSE off, so that systemd's stub crashes: the UKI's row tells.
    return [Row("u-boot", "pc", 512, name, "disk", disks=count)
            for name, count in ([] if quick else [("uki", 1), ("large", MANY)]) + [("large", 1)]]


def ovmf(quick):
    rows = []
    if not quick:
        rows.append(Row("ovmf", "q35", 512, "kernel", "-kernel"))
        rows += [Row("ovmf", "q35", size, "uki", "-kernel") for size in SIZES]
        rows.append(Row("ovmf", "q35", 512, "uki", "disk", disks=1))
    rows += [Row("ovmf", "q35", size, "probe", "-kernel") for size in ((512,) if quick else SIZES)]
    return rows + [Row("ovmf", "q35", 512, "large", "disk", disks=count) for count in DISKS]


def seabios(quick):
    """Neither it nor qboot starts EFI programs: the UKI's row tells."""
    if quick:
        return []
    direct = [Row("seabios", board, 512, name, "-kernel") for board in BOARDS for name in ("kernel", "vmlinux")]
    return [Row("seabios", "q35", 512, "uki", "disk", disks=1), *direct]


def qboot(quick):
    return [] if quick else [Row("qboot", board, 512, name, "-kernel")
                             for board in ("q35", "microvm", NO_ACPI) for name in ("kernel", "vmlinux")]


def efilite(quick):
    rows = []
    for board in BOARDS[:1] if quick else BOARDS:
        sizes = (512,) if quick else SIZES
        if not quick:
            # Every board and every size, but not every size on every board: a kernel takes its time.
            rows += [Row("efilite", board, size, "uki", "module") for size in (sizes if board == "q35" else (512,))]
            rows += [Row("efilite", board, 512, "kernel", via) for via in (("module", "fw_cfg") if board == "q35" else ("module",))]
            rows.append(Row("efilite", board, 512, "uki", "disk", disks=1))
            rows.append(Row("efilite", board, 512, "kernel", "module", entry="linux"))
            rows.append(Row("efilite", board, 512, "vmlinux", "module"))
        rows += [Row("efilite", board, size, "probe", "module") for size in sizes]
        rows.append(Row("efilite", board, 512, "probe", "fw_cfg"))
        rows += [Row("efilite", board, 512, "large", "disk", disks=count) for count in DISKS[:2 if board == "q35" else 1]]
    # Beside qboot by itself.
    return rows + ([] if quick else [Row("efilite", NO_ACPI, 512, "vmlinux", "module")])


def boots(firmwares, quick):
    """In the order they are run: what takes longest first, so that no machine is left running alone."""
    plans = {"u-boot": uboot, "ovmf": ovmf, "seabios": seabios, "qboot": qboot, "efilite": efilite}
    return [row for name, plan in plans.items() if name in firmwares for row in plan(quick)]


def guests_of_xen(quick):
    return [Row("efilite", XEN, 512, name, "module") for name in (["kernel"] if quick else ["kernel", "probe"])]


def place_in_table(row):
    return (row.firmware, (*BOARDS, NO_ACPI, XEN).index(row.board), ORDER.index(row.payload), row.entry, row.via, row.disks, row.memory_mib)
