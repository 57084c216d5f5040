# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What is measured, and what the figures of one run mean.

A row of the table is one machine, one firmware and one payload. Its figures come from three tellers:
  - the payload: tests/bench/probe.cpp and init.cpp read the TSC themselves, and tell what memory they were given;
  - efilite, which logs the TSC at its own steps (`timing: STEP TICKS`) on the debug port;
  - the QEMU plugin, tests/bench/marks.cpp, which counts instructions from outside and believes neither.
The plugin's count is used where nobody else can tell, and to check what efilite says of itself."""
import dataclasses
import pathlib
import re
import shutil

import disks
import machine
import payload

LEGACY_HOLE = (0xA0000, 0x100000)
USABLE = {"conventional", "loader-code", "loader-data", "boot-code", "boot-data"}
ELSEWHERE = {"mmio", "mmio-port", "persistent"}
MANY = 64
# For the second run that tells waiting from working: an instruction takes 64 ns of the guest's time instead of 1.
SLOW_SHIFT = 6
# The plugin counts a block of instructions again when an access to a device cuts its execution short.
TOLERANCE = 0.02


@dataclasses.dataclass
class Row:
    """Instructions are counted from the firmware's first one: efilite's PVH entry, OVMF's reset vector."""
    firmware: str
    board: str
    memory_mib: int
    payload: str  # probe; large: the probe in an image of a UKI's size; uki or kernel
    via: str  # module, fw_cfg: how efilite is given it; -kernel: QEMU's option, read by OVMF; disk, 64 disks: it is on the first
    status: str = "ok"
    before_entry: int | None = None  # what SeaBIOS or qboot did before
    to_payload: int | None = None
    to_kernel: int | None = None  # the kernel's EFI entry: the payload's own, or the one inside a UKI
    waiting: int | None = None  # of to_payload: waiting for time to pass
    to_exit_boot_services: int | None = None
    to_init: int | None = None
    file_bytes: int | None = None  # the payload's
    copied_bytes: int | None = None
    touched_disks: int | None = None  # by anybody's driver until the end
    held_bytes: int | None = None
    held_by_type: dict = dataclasses.field(default_factory=dict)
    map_entries: int | None = None
    os_memory_kib: int | None = None  # MemTotal
    notes: list = dataclasses.field(default_factory=list)
    seconds: float = 0

    def name(self):
        return f"{self.firmware} {self.board} {self.memory_mib} MiB, {self.payload} by {self.via}"

    def directory(self):
        words = (self.firmware, self.board, self.memory_mib, self.payload, self.via)
        return "-".join(str(word).strip("-").replace(" ", "-") for word in words)

    def disks(self):
        return {"disk": 1, f"{MANY} disks": MANY}.get(self.via, 0)

    def is_probe(self):
        return self.payload in ("probe", "large")

    def figures(self):
        """Everything that must come out the same when the row is measured again."""
        fields = dataclasses.asdict(self)
        del fields["seconds"]
        return fields


class Firmware:
    """How a firmware is put into the machine and given its payload."""

    def __init__(self, path, files):
        self.path = path
        self.files = files

    def payload_file(self, row):
        return self.files[row.payload]

    def disk(self, row, image, first=""):
        return disks.arguments(row.board, image or disks.image(self.payload_file(row)), row.disks(), first)

    def places(self, row):
        found = {"payload": payload.pe_entry(self.payload_file(row))}
        if not row.is_probe():
            found["init"] = payload.elf_entry(self.files["init"])
            found["kernel"] = payload.pe_entry(self.files["kernel"])
        return found


class Efilite(Firmware):
    name = "efilite"

    def arguments(self, row, _directory, image=None):
        mine = ["-kernel", str(self.path)]
        if row.disks():
            return mine + self.disk(row, image)
        if row.via == "module":
            mine += ["-initrd", str(self.payload_file(row))]
        else:
            mine += ["-fw_cfg", f"name=opt/efilite/kernel,file={self.payload_file(row)}"]
        if row.payload == "kernel":
            mine += ["-fw_cfg", f"name=opt/efilite/initrd,file={self.files['initrd']}",
                     "-fw_cfg", f"name=opt/efilite/cmdline,string={payload.CMDLINE}"]
        return mine

    def places(self, row):
        return {"entry": payload.pvh_entry(self.path)} | super().places(row)


class Ovmf(Firmware):
    """OVMF reads the payload by fw_cfg, too, the fastest way it has: no disk, no boot menu. Of several disks it is told the first."""
    name = "ovmf"

    def __init__(self, path, files):
        super().__init__(path, files)
        self.variables = path.with_name(path.name.replace("_CODE", "_VARS"))

    def arguments(self, row, directory, image=None):
        if not self.path.exists():
            raise ValueError(f"there is no {self.path}; it comes with Debian's package ovmf")
        variables = directory.with_name(directory.name + ".vars")
        directory.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.variables, variables)
        flash = "if=pflash,format=raw"
        mine = ["-drive", f"{flash},unit=0,readonly=on,file={self.path}", "-drive", f"{flash},unit=1,file={variables}"]
        if row.disks():
            return mine + self.disk(row, image, ",bootindex=0")
        mine += ["-kernel", str(self.payload_file(row))]
        if row.payload == "kernel":
            mine += ["-initrd", str(self.files["initrd"]), "-append", payload.CMDLINE]
        return mine


class Uboot(Firmware):
    """Debian's build for x86-64, which is linked for the PC: on q35 it finds no disk. Half of its start is the time to press a key in."""
    name = "u-boot"

    def arguments(self, row, _directory, image=None):
        return ["-bios", str(self.path), *self.disk(row, image)]


def told(error):
    """One line about an exception, for people."""
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error).removeprefix("bench: ") or type(error).__name__


def timings(outcome):
    """efilite's own log: step -> ticks. Both `timing: step ticks` and `timing: step=ticks step=ticks` are read."""
    return {step: int(ticks) for line in outcome.lines("timing: ")
            for step, ticks in re.findall(r"([a-z][a-z0-9-]*)[ =](\d+)", line)}


def within(start, end, ranges):
    return sum(max(0, min(end, high) - max(start, low)) for low, high in ranges)


def ram_without_hole(row):
    ranges = machine.ram_ranges(row.board, row.memory_mib)
    hole_start, hole_end = LEGACY_HOLE
    return [(0, hole_start), (hole_end, ranges[0][1])] + ranges[1:]


def read_probe(row, outcome, start):
    """`start` is the TSC at the firmware's first instruction."""
    row.to_payload = int(outcome.lines("probe: tsc entry ")[0]) - start
    row.to_exit_boot_services = int(outcome.lines("probe: tsc exit-boot-services ")[0].split()[1]) - start
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
    # Nested entries begin with a space and repeat what the one around them covers.
    regions = re.findall(r"^init: iomem ([0-9a-f]+)-([0-9a-f]+) : System RAM$", outcome.debug, re.M)
    usable = sum(within(int(first, 16), int(last, 16) + 1, ranges) for first, last in regions)
    row.held_bytes = sum(high - low for low, high in ranges) - usable
    if outcome.lines("init: efi ")[0] != "1":
        row.notes.append("the kernel was not started by its EFI entry")


def check_marks(row, outcome, ticks):
    """Fills in what only the plugin saw, and tells where it contradicts the others."""
    start = outcome.marks.get("entry", 0)
    if "payload" in outcome.marks:
        counted = outcome.marks["payload"] - start
        if row.to_payload is None:
            row.to_payload = counted
        elif abs(counted - row.to_payload) > TOLERANCE * max(counted, row.to_payload) + 1000:
            row.notes.append(f"told {row.to_payload} instructions to the payload, counted from outside: {counted}")
    if "kernel" in outcome.marks:
        row.to_kernel = outcome.marks["kernel"] - start
    if "entry" in ticks and "entry" in outcome.marks:
        counted = outcome.marks["entry"]
        if abs(counted - ticks["entry"]) > TOLERANCE * counted:
            row.notes.append(f"told a PVH entry at {ticks['entry']}, counted from outside: {counted}")


class Bench:
    def __init__(self, firmwares, logs, plugin, settle, timeout):
        self.firmwares = {firmware.name: firmware for firmware in firmwares}
        self.logs = pathlib.Path(logs)
        self.plugin = plugin
        self.settle = settle
        self.timeout = timeout

    def measure(self, row):
        try:
            self.fill(row)
        except (OSError, SystemExit, LookupError, ValueError) as error:
            row.status = f"failed: {told(error)}"
        return row

    def run(self, row, shift):
        firmware = self.firmwares[row.firmware]
        directory = self.logs / (row.directory() + ("-slow" if shift else ""))
        outcome = machine.run(directory, row.board, row.memory_mib, firmware.arguments(row, directory), shift=shift,
                              plugin=self.plugin, places=firmware.places(row), settle=row.disks() and self.settle,
                              timeout=self.timeout)
        row.seconds += outcome.seconds
        done = outcome.lines("probe: end" if row.is_probe() else "init: end")
        failures = outcome.lines("probe: failed: ")
        if outcome.error or failures or not done:
            silent = f"ended before the program did; last line: {machine.last_line(directory)}"
            raise ValueError(outcome.error or (failures[0] if failures else silent))
        return outcome

    def fill(self, row):
        outcome = self.run(row, 0)
        ticks = timings(outcome)
        start = 0
        if row.firmware == "efilite":
            # Without efilite's own word the plugin's must do: a firmware that does not tell is still measured.
            start = ticks.get("entry", outcome.marks.get("entry"))
            if start is None:
                raise ValueError("no `timing: entry` on the debug port")
            row.before_entry = start
            row.copied_bytes = ticks.get("copied")
            if "payload" in ticks:
                row.to_payload = ticks["payload"] - start
            if "exit-boot-services" in ticks:
                row.to_exit_boot_services = ticks["exit-boot-services"] - start
        row.file_bytes = self.firmwares[row.firmware].payload_file(row).stat().st_size
        if row.disks():
            row.touched_disks = disks.touched(outcome.trace)
            if not self.settle:
                row.notes.append("without QEMU's plugins the host's disk counts, too: the next run will differ")
        (read_probe if row.is_probe() else read_init)(row, outcome, start)
        check_marks(row, outcome, ticks)
        if row.is_probe():
            self.tell_waiting(row)

    def tell_waiting(self, row):
        """Waiting costs the same time, so fewer instructions when each takes longer; work costs as many as before."""
        slow = self.run(row, SLOW_SHIFT)
        factor = 1 << SLOW_SHIFT
        start = timings(slow).get("entry", 0)
        instructions = (int(slow.lines("probe: tsc entry ")[0]) - start) // factor
        row.waiting = max(0, (row.to_payload - instructions) * factor // (factor - 1))
