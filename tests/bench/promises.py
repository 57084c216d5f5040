# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The figures that efilite promises."""
import dataclasses

from row import MANY

KIB = 1024


@dataclasses.dataclass
class Promise:
    name: str
    value: int | float | None
    limit: int | float  # the value must be at most this
    unit: str

    def reached(self):
        return self.value is not None and self.value <= self.limit

    def line(self):
        verdict = "not measured" if self.value is None else "ok" if self.reached() else "MISSED"
        value = "-" if self.value is None else f"{self.value:,}"
        return f"  {self.name:<52} {value:>12} of at most {self.limit:>9,} {self.unit:<12} {verdict}"


def disk_promises(mine, readings):
    found = []
    from_disk = [row for row in mine if row.disks]
    if from_disk:
        # The device puts the bytes where they belong: there is nothing to be taken off for copying them.
        slowest = max(row.to_payload for row in from_disk)
        found.append(Promise("PVH entry to the entry of a loader on a disk", slowest, 2_999_999, "instructions"))
    touched = [row.touched_disks for row in from_disk if row.disks == MANY]
    if touched:
        found.append(Promise(f"of {MANY} disks, those that a driver has been at", max(touched), 1, "disks"))
    by_firmware = {each.firmware: each for each in readings if each.status == "ok"}
    if "efilite" in by_firmware:
        ours = by_firmware["efilite"]
        found.append(Promise("reading a file of 64 MiB, of reading its blocks", max(ours.percent().values()), 150, "percent"))
        if "ovmf" in by_firmware:
            percent = max(ours.file_percent_of(by_firmware["ovmf"]).values())
            found.append(Promise("reading a file of 64 MiB, of OVMF's doing so", percent, 20, "percent"))
    return found


def growth_promises(points):
    mine = [point.row.to_payload for point in points if (point.series, point.line) == ("ram", "efilite")]
    worst = None if None in mine else max(mine, default=None)
    largest = f"{max((point.row.memory_mib for point in points if point.series == 'ram'), default=0) // KIB} GiB"
    return [Promise(f"the same with 128 MiB to {largest} of RAM", worst, 299_999, "instructions")] if mine else []


def xen_promises(rows, found):
    figures = []
    entries = [row.to_kernel or row.to_payload for row in rows]
    if entries:
        figures.append(Promise("on Xen, PVH entry to the entry of a module", max(entries), 1_499_999, "instructions"))
    if found:
        percent = max(found.percent().values()) if found.status == "ok" else None
        figures.append(Promise("on Xen, reading a file, of moving its blocks by the ring", percent, 150, "percent"))
    return figures


def more_than(mine, bare):
    """Percent by which efilite's own share and the kernel to its init take more than the kernel's share by a bare firmware."""
    return 100 * (mine.to_init - (bare.to_init - bare.to_payload)) / (bare.to_init - bare.to_payload)


def hand_off_promises(rows):
    """Of kernels that are started without EFI."""
    def ok(firmware, board, payload, entry=""):
        return next((row for row in rows if (row.firmware, row.board, row.payload, row.entry, row.status) == (
            firmware, board, payload, entry, "ok") and row.memory_mib == 512), None)
    found = []
    if zero_page := ok("efilite", "q35", "kernel", "linux"):
        own = zero_page.to_payload - (zero_page.copying or 0)
        found.append(Promise("PVH entry to the kernel's, by the zero page, beyond copying", own, 299_999, "instructions"))
    pairs = [(ok("efilite", board, "vmlinux"), ok("qboot", board, "vmlinux")) for board in ("q35", "microvm", "microvm-acpi-off")]
    if more := [more_than(mine, bare) for mine, bare in pairs if mine and bare]:
        found.append(Promise("by PVH to init, of the same kernel's without firmware", round(100 + max(more), 1), 110, "percent"))
    return found


def share_promises(rows):
    """Until init a firmware that costs nothing would leave the kernel's own share; these are kernels that are started by EFI's entry."""
    shares = [row.firmware_percent for row in rows if row.starts_by_efi() and row.firmware_percent is not None]
    return [Promise("to init, more than the kernel's own instructions", max(shares), 1.0, "percent")] if shares else []


def promised(figures):
    """The worst row counts. The payload is a module: nothing has to be fetched for it."""
    mine = [row for row in figures.rows if row.firmware == "efilite" and row.status == "ok"]
    guests = [row for row in mine if row.board == "xen"]

    def worst(chosen, field):
        return max((getattr(row, field) for row in chosen if getattr(row, field) is not None), default=None)

    modules = [row for row in mine if row.via == "module" and row not in guests]
    handles = next((each for each in figures.services if (each.program, each.firmware) == ("handles", "efilite")), None)
    found = []
    if not figures.rows or any(row.board != "xen" for row in figures.rows):
        found.append(Promise("PVH entry to the entry of a module", worst(modules, "to_payload"), 299_999, "instructions"))
        for what, payload, limit in (("a kernel's", "kernel", 299_999), ("a UKI's kernel's", "uki", 999_999)):
            if chosen := [row for row in modules if row.payload == payload and row.starts_by_efi()]:  # none in a quick run
                found.append(Promise(f"PVH entry to {what} EFI entry", worst(chosen, "to_kernel"), limit, "instructions"))
        found.append(Promise("cost among 10,000 handles, of that among 1,000", handles and handles.worst_percent(), 200, "percent"))
        found += disk_promises([row for row in mine if row not in guests], figures.readings)
    return found + [
        *share_promises(mine),
        *hand_off_promises(figures.rows),
        *growth_promises(figures.growth),
        *xen_promises(guests, figures.xen_reading),
        Promise("RAM held after boot, without the legacy hole", worst(mine, "held_bytes"), 192 * KIB - 1, "bytes"),
        Promise("entries of the EFI memory map handed over", worst(mine, "map_entries"), 24, "entries"),
        Promise("the firmware's file", figures.file_bytes.get("efilite"), 256 * KIB - 1, "bytes"),
    ]
