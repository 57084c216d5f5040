# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What is measured, and what the figures of one run mean.

A row of the table is one machine, one firmware and one payload. Its figures come from three tellers:
  - the payload: tests/bench/probe.cpp and init.cpp read the TSC themselves, and tell what memory they were given;
  - efilite, which logs the TSC at its own steps (`timing: STEP TICKS`) on the debug port;
  - the QEMU plugin, tests/bench/marks.cpp, which counts instructions from outside and believes neither.
The plugin's count is used where nobody else can tell, and to check what efilite says of itself."""
import pathlib
import re

import disks
import machine

LEGACY_HOLE = (0xA0000, 0x100000)
USABLE = {"conventional", "loader-code", "loader-data", "boot-code", "boot-data"}
ELSEWHERE = {"mmio", "mmio-port", "persistent"}
# For the second run that tells waiting from working: an instruction takes 64 ns of the guest's time instead of 1.
SLOW_SHIFT = 6
# From the firmware's first instruction to its first look at the TSC, and the like.
TOLERANCE = 1000
# So begins what the log tells of them.
UNPACKED = "unpacked-"
# Which of the plugin's counts is that of the firmware's own code.
OWN = 2
# A kernel's first instruction is one of these places.
FIRST = ("payload", "real-mode", "startup-32", "startup-64")


def told(error):
    """One line about an exception, for people."""
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error).removeprefix("bench: ") or type(error).__name__


def timings(outcome):
    """efilite's own log: step -> ticks. Both `timing: step ticks` and `timing: step=ticks step=ticks` are read."""
    return {step: int(ticks) for line in outcome.lines("timing: ")
            for step, ticks in re.findall(r"([a-z][a-z0-9-]*)[ =](\d+)", line)}


def unpacked(ticks, start):
    """Which parts of efilite a page fault has unpacked, and how many instructions after `start`."""
    return {step.removeprefix(UNPACKED): tsc - start for step, tsc in ticks.items() if step.startswith(UNPACKED)}


def boot_log(outcome):
    """efilite's own lines, from its first one to the last time that it tells."""
    text = outcome.debug[max(0, outcome.debug.find("efilite ")):].splitlines()
    last = max((index for index, line in enumerate(text) if line.startswith("timing: ")), default=-1)
    return [machine.ESCAPES.sub("", line) for line in text[:last + 1] if not line.startswith("init: ")]


def within(start, end, ranges):
    return sum(max(0, min(end, high) - max(start, low)) for low, high in ranges)


def ram_without_hole(row):
    ranges = machine.ram_ranges(row.board, row.memory_mib)
    hole_start, hole_end = LEGACY_HOLE
    return [(0, hole_start), (hole_end, ranges[0][1])] + ranges[1:]


def read_probe(row, outcome, start):
    """`start` is the TSC at the firmware's first instruction."""
    row.to_payload = int(outcome.lines("probe: tsc entry ")[0]) - start
    for line in outcome.lines("probe: tsc exit-boot-services "):
        row.to_exit_boot_services = int(line.split()[1]) - start
    read_map(row, outcome)


def read_map(row, outcome):
    row.map_entries = int(outcome.lines("probe: map entries ")[0].split()[0])
    ranges = ram_without_hole(row)
    by_type = {}
    for line in outcome.lines("probe: region "):
        kind, first, size = line.split()[:3]
        covered = within(int(first, 16), int(first, 16) + int(size), ranges)
        if covered:
            by_type[kind] = by_type.get(kind, 0) + covered
    usable = sum(size for kind, size in by_type.items() if kind in USABLE)
    row.held_bytes = sum(high - low for low, high in ranges) - usable
    row.held_by_type = {kind: size for kind, size in by_type.items() if kind not in USABLE | ELSEWHERE}
    if row.is_pictured():
        row.memory_map = [f"{int(first, 16):#x} {size} {kind}" for kind, first, size in (
            line.split()[:3] for line in outcome.lines("probe: region "))]
    missing = row.held_bytes - sum(row.held_by_type.values())
    if missing:
        row.held_by_type["in no entry"] = missing


def read_init(row, outcome, start):
    row.to_init = int(outcome.lines("init: tsc ")[0]) - start
    # The map as the firmware handed it over; Linux prints what it keeps of it a second time, and its attributes.
    dumps = re.findall(r"^init: log .*?efi: mem(\d+): ", outcome.debug, re.M)
    row.map_entries = next((i for i, number in enumerate(dumps) if i and int(number) == 0), len(dumps))
    row.os_memory_kib = int(outcome.lines("init: memory MemTotal:")[0].split()[0])
    ranges = ram_without_hole(row)
    ram = sum(high - low for low, high in ranges)
    e820 = re.findall(r"^init: log .*BIOS-e820: \[mem 0x([0-9a-f]+)-0x([0-9a-f]+)\] (.*)$", outcome.debug, re.M)
    row.handed_over_bytes = ram - sum(within(int(first, 16), int(last, 16) + 1, ranges) for first, last, kind in e820 if kind == "usable")
    # Nested entries begin with a space and repeat what the one around them covers.
    regions = re.findall(r"^init: iomem ([0-9a-f]+)-([0-9a-f]+) : System RAM$", outcome.debug, re.M)
    row.held_bytes = ram - sum(within(int(first, 16), int(last, 16) + 1, ranges) for first, last in regions)
    if outcome.lines("init: efi ")[0] == "1":
        return
    row.map_entries = len(e820)
    if row.starts_by_efi():
        row.notes.append("the kernel was not started by its EFI entry")


def copied_until(points, instructions):
    """Of the second count, if there is one, what had been counted since the entry when the first had come to `instructions`."""
    then = {counts[0]: counts[1] for _, counts in points if len(counts) > 1}
    began = next((counts[1] for name, counts in points if name == "entry" and len(counts) > 1), 0)
    return then[instructions] - began if instructions in then else None


def tell_share(row, points):
    """What the firmware's part is until init. Where its own code is not counted apart, what came before the kernel is the least."""
    counted = dict(points)
    if {"entry", "init"} <= counted.keys() and len(counted["init"]) > OWN:
        row.by_firmware = counted["init"][OWN] - counted["entry"][OWN]
    elif row.firmware != "efilite":
        row.by_firmware = row.to_kernel
    if row.to_init is not None and row.by_firmware is not None:
        row.firmware_percent = round(100 * row.by_firmware / (row.to_init - row.by_firmware), 4)


def check_marks(row, outcome, ticks):
    """Fills in what only the plugin saw, and tells where it contradicts the others."""
    marks, start = outcome.marks, outcome.marks.get("entry", 0)
    first = [marks[place] - start for place in FIRST if place in marks]
    if first:
        counted = min(first)
        if row.to_payload is None:
            row.to_payload = counted
        elif abs(counted - row.to_payload) > TOLERANCE:
            row.notes.append(f"told {row.to_payload} instructions to the payload, counted from outside: {counted}")
        row.copying = copied_until(outcome.points, start + counted)
    if row.payload == "vmlinux":
        row.to_startup = row.to_payload
    elif not row.is_probe():
        row.to_startup = min((marks[place] - start for place in ("startup-32", "startup-64") if place in marks), default=None)
    if "unpacked" in marks:
        row.to_unpacked = marks["unpacked"] - start
    if "kernel" in marks:
        row.to_kernel = marks["kernel"] - start
    elif row.payload in ("kernel", "vmlinux"):
        row.to_kernel = row.to_payload
    tell_share(row, outcome.points)
    if "entry" in ticks and "entry" in marks and abs(marks["entry"] - ticks["entry"]) > TOLERANCE:
        row.notes.append(f"told a PVH entry at {ticks['entry']}, counted from outside: {marks['entry']}")


def guarded(fill, *arguments):
    """`fill` fills the last of its arguments, a row; when that fails, the row tells why."""
    try:
        fill(*arguments)
    except (OSError, SystemExit, LookupError, ValueError) as error:
        arguments[-1].status = f"failed: {told(error)}"


class Bench:
    def __init__(self, firmwares, logs, plugin, settle, timeout):
        self.firmwares = {firmware.name: firmware for firmware in firmwares}
        self.logs = pathlib.Path(logs)
        self.plugin = plugin
        self.settle = settle
        self.timeout = timeout

    def measure(self, row):
        guarded(self.fill, row)
        return row

    def run(self, row, shift=0, stop=None):
        firmware = self.firmwares[row.firmware]
        directory = self.logs / (row.directory() + ("-slow" if shift else ""))
        outcome = machine.run(directory, row.board, row.memory_mib, firmware.arguments(row, directory), cpus=row.cpus, shift=shift,
                              plugin=self.plugin, places=firmware.places(row), stop=stop, counts=firmware.counts(),
                              settle=row.disks and self.settle, timeout=min(self.timeout, firmware.patience or self.timeout))
        row.seconds += outcome.seconds
        if stop and any(mark.startswith(stop) for mark in outcome.marks):
            return outcome
        done = outcome.lines("probe: end" if row.is_probe() else "init: end")
        failures = outcome.lines("probe: failed: ")
        if outcome.error or failures or not done:
            silent = f"ended before the program did; last line: {machine.last_line(directory)}"
            raise ValueError(outcome.error or (failures[0] if failures else silent))
        return outcome

    def fill(self, row):
        outcome = self.run(row)
        row.cpu_seconds = outcome.cpu_seconds
        ticks = timings(outcome)
        start = 0
        if row.firmware == "efilite":
            # Without efilite's own word the plugin's must do: a firmware that does not tell is still measured.
            start = ticks.get("entry", outcome.marks.get("entry"))
            if start is None:
                raise ValueError("no `timing: entry` on the debug port")
            row.before_entry = start
            row.copied_bytes = ticks.get("copied")
            row.unpacked = unpacked(ticks, start)
            if row.is_logged():
                row.boot_log = boot_log(outcome)
            # Without EFI this is not yet the kernel's entry, but the hand-off's begin.
            if "payload" in ticks and row.starts_by_efi():
                row.to_payload = ticks["payload"] - start
            if "exit-boot-services" in ticks:
                row.to_exit_boot_services = ticks["exit-boot-services"] - start
        row.file_bytes = self.firmwares[row.firmware].payload_file(row).stat().st_size
        if row.disks:
            row.touched_disks = disks.touched(outcome.trace)
            if not self.settle:
                row.notes.append("without QEMU's plugins the host's disk counts, too: the next run will differ")
        (read_probe if row.is_probe() else read_init)(row, outcome, start)
        check_marks(row, outcome, ticks)
        if self.plugin and row.to_payload is not None:
            self.tell_waiting(row, next(place for place in FIRST if outcome.marks.get(place) == min(
                outcome.marks[place] for place in FIRST if place in outcome.marks)))

    def tell_waiting(self, row, first):
        """Waiting costs the same time, so fewer instructions when each takes longer; work costs as many as before."""
        slow = self.run(row, SLOW_SHIFT, first).marks
        factor = 1 << SLOW_SHIFT
        row.waiting = max(0, (row.to_payload - slow[first] + slow.get("entry", 0)) * factor // (factor - 1))
