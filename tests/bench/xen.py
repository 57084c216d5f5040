# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A guest of Xen, by its own instructions.

Xen, dom0 and the guest share the one processor that QEMU emulates, and its TSC counts what all of them do. The plugin tells the guest's
instructions by their addresses: until its kernel runs, a guest has all of its code below 4 GiB, where Xen and dom0's kernel have none, nor
dom0's programs, which are position-independent; all but busybox, whose addresses are left out."""
import dataclasses
import pathlib
import re
import struct
import subprocess
import sys
import time

import disks
import machine
import measure
import payload
import reading
import symbols

REPO = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(REPO / "tests/xen"))
import rig  # noqa: E402
from initramfs import BUSYBOX  # noqa: E402

PAGE = 4096
LOW = (1 << 20, 1 << 32)
ET_EXEC = 2
CMDLINE = "console=hvc0 quiet panic=-1 efi=debug"
# What moves a disk's bytes: the ring, grants, and events.
RING = "efilite::drivers::xen::"


def code_of_guests(busybox=BUSYBOX):
    image = busybox.read_bytes()
    if struct.unpack_from("<H", image, 16)[0] != ET_EXEC:
        return [LOW]
    places = [(address, address + size) for kind, _, address, size in payload.segments(image) if kind == payload.PT_LOAD]
    return [(LOW[0], min(places)[0] // PAGE * PAGE), (-(-max(places)[1] // PAGE) * PAGE, LOW[1])]


def said(serial):
    """What a guest wrote to its port 0xE9, as Xen's console has it."""
    return "\n".join(re.findall(r"^\(d\d+\) (.*)$", serial, re.M))


@dataclasses.dataclass
class Reading:
    status: str = "ok"
    costs: dict = dataclasses.field(default_factory=dict)  # way -> {bytes of a chunk: (instructions, of which for the ring)}
    seconds: float = 0

    def percent(self):
        """All that reading the file takes, of what the ring alone takes to move its blocks in the same chunks: {chunk: percent}."""
        return {chunk: round(100 * everything / max(1, self.costs["blocks"][chunk][1]))
                for chunk, (everything, _) in self.costs["file"].items()}


def read(outcome):
    found = Reading(seconds=outcome.seconds)
    begun = [counts for name, counts in outcome.points if name == "point-1"]
    ended = [counts for name, counts in outcome.points if name == "point-2"]
    told = [match for line in outcome.lines("reader: by ") if (match := reading.LINE.match(line))]
    for match, first, last in zip(told, begun, ended):
        found.costs.setdefault(match[1], {})[int(match[2])] = tuple(after - before for before, after in zip(first[:2], last[:2]))
    failures = outcome.lines("reader: failed: ")
    if outcome.error or failures:
        found.status = f"failed: {outcome.error or failures[0]}"
    elif not outcome.lines("reader: end") or not len(told) == len(begun) == len(ended) or set(found.costs) != set(reading.WAYS):
        found.status = "failed: it ended before the program did"
    return found


class Bench:
    def __init__(self, elf, debug, files, logs, plugin, timeout):
        """`debug` is the file that has the firmware's symbols."""
        self.elf, self.symbols, self.files, self.logs, self.plugin, self.timeout = elf, debug, files, logs, plugin, timeout

    def measure(self, row):
        try:
            self.fill(row)
        except (OSError, SystemExit, LookupError, ValueError, subprocess.SubprocessError, rig.Failure) as error:
            row.status = f"failed: {measure.told(error)}"
        return row

    def fill(self, row):
        program = self.files[row.payload]
        options = {"ramdisk": program}
        if row.payload == "kernel":
            options = {"kernel": program, "ramdisk": self.files["initrd"], "cmdline": CMDLINE}
        outcome = self.run(row.directory(), row.memory_mib, {"payload": payload.pe_entry(program)}, **options)
        row.seconds = outcome.seconds
        failures = outcome.lines("probe: failed: ")
        if failures or not outcome.lines("probe: end" if row.is_probe() else "init: end"):
            raise ValueError(failures[0] if failures else outcome.error or "ended before the program did")
        start = outcome.marks["entry"]
        (measure.read_probe if row.is_probe() else measure.read_init)(row, outcome, 0)
        # These were told by the TSC.
        row.to_payload, row.to_exit_boot_services, row.to_init = outcome.marks["payload"] - start, None, None
        if row.is_probe():
            row.to_exit_boot_services = dict(outcome.points)["point-1"][0] - start
        else:
            row.to_kernel = row.to_payload
        counted = dict(outcome.points)
        row.copying = counted["payload"][2] - counted["entry"][2]
        row.file_bytes = program.stat().st_size
        row.copied_bytes = measure.timings(outcome).get("copied")

    def read(self):
        try:
            image = disks.image(self.files["reader"], **{"DATA.BIN": reading.data()})
            return read(self.run("efilite-xen-reader", 512, {}, disk=image))
        except (OSError, SystemExit, LookupError, ValueError, subprocess.SubprocessError, rig.Failure) as error:
            return Reading(f"failed: {measure.told(error)}")

    def run(self, name, memory_mib, places, kernel=None, ramdisk=None, cmdline="", disk=None):
        directory = self.logs / name
        directory.mkdir(parents=True, exist_ok=True)
        names = symbols.named(self.symbols)
        ring = symbols.ranges(names, RING) or [(1, 2)]  # a firmware without one executes nothing of it
        copying = symbols.ranges(names, *symbols.COPYING)
        marks = directory / "marks"
        named = "".join(f",{place}={what}" for place, what in ({"entry": payload.pvh_entry(self.elf)} | places).items())
        counts = ",".join(symbols.as_option(places) for places in (code_of_guests(), ring, copying))
        options = ["-plugin", f"{self.plugin},out={marks},{counts}{named}"]
        with rig.temporary_folder() as folder:
            rig.share(self.elf, folder / "firmware")
            for file, source in [("kernel", kernel), ("ramdisk", ramdisk)]:
                if source:
                    rig.share(source, folder / file)
            (folder / "guest.cfg").write_text(rig.guest_config(
                "guest", memory_mib, cmdline, kernel and "kernel", ramdisk and "ramdisk", [rig.dom0_disk(0)] if disk else []))
            began = time.monotonic()
            with rig.Xen(folder, directory / "machine", memory_mib, [(disk, False)] if disk else [], options) as xen:
                xen.start("guest")
                ended = xen.wait_for_end(self.timeout)
                xen.power_off()
            text = said(xen.serial.text)
        log = machine.read(marks)
        return machine.Outcome(text, machine.marks(log), time.monotonic() - began, 0,
                               "" if ended else "still running when its time was up", points=machine.points(log))
