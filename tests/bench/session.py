# SPDX-License-Identifier: BSD-2-Clause-Patent
"""One measuring: makes what the machines need, runs them, and gathers what they tell."""
import concurrent.futures
import hashlib
import pathlib
import shutil
import subprocess

import figures
import firmware
import growth
import machine
import measure
import payload
import plan
import reading
import services
import xen
from progress import Progress, step

REPO = pathlib.Path(__file__).resolve().parent.parent.parent
ELF = REPO / "build/x86_64/efilite.elf"
SYMBOLS = ELF.with_suffix(".debug")
TOOLS = REPO / "build/host/tests/bench"
LOGS = REPO / "build/bench"
OVMF = pathlib.Path("/usr/share/OVMF/OVMF_CODE_4M.fd")
PARTS = ("boots", *growth.SERIES, "services", "reading", "xen")
# What depends on how fast the host is, too, is not the same again.
SAME_AGAIN = tuple(part for part in PARTS if part != "xen")


def have(path):
    if not path.exists():
        raise SystemExit(f"bench: {path.relative_to(REPO)} is not there: run ./bench without --no-build once")
    return path


def version_of(package):
    found = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True, check=False).stdout
    return f"Debian's {package} {found or '(not installed)'}"


class Session:
    """`wanted`: which of PARTS; `arguments` as ./bench has them."""

    def __init__(self, wanted, arguments):
        self.wanted, self.arguments = wanted, arguments
        self.qemu = machine.version()
        if self.qemu is None:
            raise SystemExit(f"bench: there is no {machine.QEMU}: run scripts/setup")
        self.plugin = TOOLS / f"marks-{1 if self.qemu < (9, 0) else 2}.so"
        if not machine.takes(have(self.plugin)):
            step("This QEMU does not take the instruction-counting plugin: what only it can tell is shown as -")
            self.plugin = None
        self.settle = self.plugin and TOOLS / self.plugin.name.replace("marks", "settle")
        self.files = self.payloads()
        self.firmwares = [self.firmware(name) for name in arguments.firmware]
        self.bench = measure.Bench(self.firmwares, LOGS, self.plugin, self.settle, arguments.timeout)

    def payloads(self):
        names = {"probe": "probe.efi", "handles": "handles.efi", "variables": "variables.efi", "reader": "reader.efi", "init": "init",
                 "pvh": "probe-pvh.elf"}
        files = {name: have(TOOLS / file) for name, file in names.items()}
        files["large"] = payload.large(files["probe"])
        if self.arguments.quick and "xen" not in self.wanted:
            return files
        files["initrd"] = payload.initrd(files["init"])
        files["kernel"] = payload.kernel(self.arguments.kernel)
        if not self.arguments.quick:
            files["uki"] = payload.uki(self.arguments.kernel, files["initrd"])
            files["vmlinux"] = payload.vmlinux(self.arguments.kernel)
        return files

    def firmware(self, name):
        if name == "efilite":
            # Copies, so that whoever builds meanwhile does not mix two firmwares into one table.
            LOGS.mkdir(parents=True, exist_ok=True)
            return firmware.Efilite(*(pathlib.Path(shutil.copy(have(path), LOGS)) for path in (ELF, SYMBOLS)), self.files)
        if name == "ovmf":
            return firmware.Ovmf(self.arguments.ovmf, self.files)
        if name == "u-boot":
            return firmware.Uboot(payload.payload_dir("u-boot") / "u-boot.rom", self.files)
        return {"seabios": firmware.SeaBios, "qboot": firmware.Qboot}[name](self.files)

    def about(self):
        told = {"qemu": f"{self.qemu[0]}.{self.qemu[1]}", "cpu": machine.CPU, "icount": "shift=0,sleep=off",
                "kernel": self.arguments.kernel}
        versions = {"ovmf": lambda: version_of("ovmf") if self.arguments.ovmf == OVMF else self.arguments.ovmf.name,
                    "u-boot": lambda: f"Debian's u-boot-qemu {(payload.payload_dir('u-boot') / 'package').read_text().split('_')[1]}",
                    "seabios": lambda: version_of("seabios"), "qboot": lambda: f"the qboot of {version_of('qemu-system-data')}",
                    "efilite": lambda: "sha256 " + hashlib.sha256((LOGS / ELF.name).read_bytes()).hexdigest()[:16]}
        return told | {name: versions[name]() for name in self.arguments.firmware if name in versions}

    def measure(self):
        found = figures.Figures(self.about(), {each.name: each.path.stat().st_size for each in self.firmwares if each.path.exists()})
        self.run_machines(found)
        if "xen" in self.wanted:
            self.run_guests_of_xen(found)
        found.rows.sort(key=plan.place_in_table)
        return found

    def jobs(self, found):
        """(name, what measures it and gives what has a status): everything but guests of Xen, of which there is one at a time."""
        jobs = []
        if "boots" in self.wanted:
            found.rows = plan.boots(self.arguments.firmware, self.arguments.quick)
            jobs += [(row.name(), lambda row=row: self.bench.measure(row)) for row in found.rows]
        series = [name for name in growth.SERIES if name in self.wanted]
        if series and self.plugin:
            bench = measure.Bench(self.firmwares, LOGS / "growth", self.plugin, self.settle, self.arguments.timeout)
            found.growth = growth.plan(series, self.arguments.firmware)
            jobs += [(point.name(), lambda point=point: growth.run(bench, point).row) for point in found.growth]
        for each in self.firmwares:
            if not each.starts_efi:
                continue
            for program in ("handles", "variables") if "services" in self.wanted else ():
                jobs.append((f"{each.name}, cost of {program}", lambda each=each, program=program: self.add(
                    found.services, services.run(program, each, LOGS, self.arguments.timeout))))
            if "reading" in self.wanted:
                jobs.append((f"{each.name}, reading a file of 64 MiB", lambda each=each: self.add(
                    found.readings, reading.run(each, self.files["reader"], LOGS, self.settle, self.arguments.timeout))))
        return jobs

    @staticmethod
    def add(to, one):
        to.append(one)
        return one

    def run_machines(self, found):
        jobs = self.jobs(found)
        if not jobs:
            return
        step(f"Measuring {len(jobs)} machines, {self.arguments.jobs} at a time")
        progress = Progress(len(jobs))

        def run(name, job):
            progress.start(name)
            done = job()
            progress.done(name, done.status, done.seconds)
        with concurrent.futures.ThreadPoolExecutor(max_workers=self.arguments.jobs) as pool:
            running = [pool.submit(run, *job) for job in jobs]
            try:
                for each in concurrent.futures.as_completed(running):
                    each.result()
            except BaseException:
                # The machines are in the terminal's process group: the same Ctrl-C ends them.
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        progress.clear()
        # In an order that does not depend on who was ready first.
        for each in (found.services, found.readings):
            each.sort(key=lambda one: (getattr(one, "program", ""), plan.FIRMWARES.index(one.firmware)))
        found.growth = in_order(found.growth)

    def run_guests_of_xen(self, found):
        if self.plugin is None:
            step("Without the plugin nothing can be told of guests of Xen")
            return
        mine = next(each for each in self.firmwares if each.name == "efilite")
        guests = xen.Bench(mine.path, mine.symbols, self.files, LOGS, self.plugin, self.arguments.timeout)
        rows = plan.guests_of_xen(self.arguments.quick)
        step(f"Measuring {len(rows) + 1} guests of Xen, one after the other")
        progress = Progress(len(rows) + 1)
        for row in rows:
            progress.start(row.name())
            guests.measure(row)
            progress.done(row.name(), row.status, row.seconds)
        name = "efilite on Xen, reading a file of 64 MiB"
        progress.start(name)
        found.xen_reading = guests.read()
        progress.done(name, found.xen_reading.status, found.xen_reading.seconds)
        progress.clear()
        found.rows += rows


def merged(earlier, now, wanted, firmwares):
    """The parts and firmwares that were wanted now, and the others of an earlier measurement, which has to be one of the same."""
    # Of a firmware that is measured anew nothing is left, unless some parts are.
    anew = set() if set(wanted) < set(PARTS) else set(firmwares)
    for name, then, today in [("machine and peers", earlier.about, now.about), ("firmware files", earlier.file_bytes, now.file_bytes)]:
        if any(then.get(key) != value for key, value in today.items() if key not in anew):
            raise SystemExit(f"bench: the earlier figures are of other {name}: {then}, now {today}; measure everything again")

    def parts(kind, part_of):
        def is_new(each):
            return part_of(each) in wanted and getattr(each, "row", each).firmware in firmwares
        return [each for each in getattr(earlier, kind) if not is_new(each)] + [each for each in getattr(now, kind) if is_new(each)]
    rows = sorted(parts("rows", lambda row: "xen" if row.board == plan.XEN else "boots"), key=plan.place_in_table)
    return figures.Figures(earlier.about | now.about, earlier.file_bytes | now.file_bytes, rows,
                           in_order(parts("growth", lambda point: point.series)), parts("services", lambda _: "services"),
                           parts("readings", lambda _: "reading"),
                           now.xen_reading if "xen" in wanted else earlier.xen_reading)


def in_order(points):
    series = list(growth.SERIES)
    return sorted(points, key=lambda point: (series.index(point.series), [
        line.label for line in growth.SERIES[point.series].lines].index(point.line), point.x))


def differences(first, second):
    """The names of what a second measurement tells otherwise."""
    return [one.name() for one, other in zip(
        [*first.rows, *(point.row for point in first.growth), *first.services, *first.readings],
        [*second.rows, *(point.row for point in second.growth), *second.services, *second.readings]) if one.figures() != other.figures()]
