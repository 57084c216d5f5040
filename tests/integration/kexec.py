# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Kernels that start one another by kexec, or after a crash: only the first is started by the firmware, and all others must find it as
the first did, at the same virtual addresses. guest/kexec is what each of them does.

The initramfs of each kernel has the kernel after it and that one's initramfs."""
import datetime
import pathlib
import re
import struct
from dataclasses import dataclass, replace

import kernels
import program
import qemu
import static_program
from cached import cached, digest, payload_dir
from verdict import CLOCK_TOLERANCE, DRIVER_REPORT, GUEST_CHECKS, LOADED_INITRD, MIB, Judgement

HERE = pathlib.Path(__file__).resolve().parent
PROGRAMS = ["physical", "firmware_tables"]
CRASH_MEMORY = 192  # MiB that a kernel leaves to the one after its crash
MARKED_PAGES, RESERVED_RANGES = 3, 2  # as guest/kexec and programs/resident.c have them
# What is the same for every kernel: where all of the firmware is, and what it tells.
SAME = ["vendor", "smbios", "tables", "configuration-tables", "pvh-guest", "reserved", "runtime-map", "LoaderTimeInitUSec",
        "LoaderTimeExecUSec"]
NT_PRSTATUS, PRSTATUS_SIZE = 1, 336  # [Linux, uapi/linux/elf.h] the registers of a processor
# What programs/resident.c has put into its ESRT, in the order of the names that Linux gives to it.
ESRT = "1 0x0 5eb1c9d0-20a3-4d6c-8f21-6566696c6974 1 7 0 6 3"


@dataclass(frozen=True)
class Stage:
    """One kernel of the chain."""
    number: int
    kernel: str
    load: str  # how it loads the next one; empty: it is the last
    end: str   # how it leaves
    saves: bool  # whether it is there because the one before it has crashed

    @property
    def crashes(self):
        return self.load.startswith("crash")

    @property
    def payload(self):
        return f"linux-{self.kernel}"


def stages(scenario):
    words = scenario.chain.split()
    loads, found = [*words[1::2], ""], []
    for kernel, load in zip(words[::2], loads):
        end = scenario.end if not load else "crash" if load.startswith("crash") else "kexec"
        found.append(Stage(len(found) + 1, kernel, load, end, bool(found) and found[-1].crashes))
    return found


def command_line(scenario, stage):
    words = ["guest.test=kexec", f"guest.kernel={stage.number}", f"guest.load={stage.load}", f"guest.end={stage.end}"]
    if stage.crashes:
        words.append(f"crashkernel={CRASH_MEMORY}M")
    if stage.saves:
        words += ["nr_cpus=1", "reset_devices"]  # as Debian's kdump-tools have it
    if scenario.start == "resident":
        # A kernel that kexec has started looks for a random place of its own, and asks nobody what is there.
        words += ["nokaslr", "guest.fill=yes"]
    return kernels.command_line(scenario.machine, *words)


def initramfs(scenario, chain):
    """That of the first of `chain`, with all that come after it."""
    stage, *rest = chain
    options = [f"--program={name}={static_program.build(HERE / f'kexec/{name}.cpp')}" for name in PROGRAMS]
    if rest:
        line = command_line(scenario, rest[0])
        files = {"kernel": payload_dir(rest[0].payload) / "vmlinuz", "initrd": initramfs(scenario, rest),
                 "line": cached("line", ".txt", digest(line), lambda path: path.write_text(line))}
        options += ["--kexec", *(f"--file=next/{name}={path}" for name, path in files.items())]
    return kernels.script("mkinitramfs", stage.payload, *options)


def payload_of(scenario):
    """What the firmware starts: a kernel, its initramfs and its command line."""
    first, *_ = chain = stages(scenario)
    return payload_dir(first.payload) / "vmlinuz", initramfs(scenario, chain), command_line(scenario, first)


def image_of(scenario):
    """All of it in one EFI program."""
    uki = kernels.uki("kexec", *payload_of(scenario))
    return program.build("resident", DRIVER=program.runtime_driver(), SYSTEM=uki) if scenario.start == "resident" else uki


def firmware_options(scenario, options):
    if scenario.start != "kernel":
        return ["-kernel", options.elf, "-initrd", image_of(scenario)]
    kernel, initrd, line = payload_of(scenario)
    return ["-kernel", options.elf, "-initrd", kernel, "-append", line, *qemu.fw_cfg_file("opt/efilite/initrd", initrd)]


def run(scenario, options):
    arguments = qemu.machine_options(scenario.machine) + ["-accel", "tcg", "-cpu", scenario.cpu, "-smp", str(scenario.cpus),
                                                          "-m", str(scenario.memory)]
    arguments += map(str, firmware_options(scenario, options))
    done = qemu.run(arguments, options.logs / f"{options.firmware}.{scenario.name}", options.limit)
    return done, judge(scenario, done)


def parts(run, count):
    """What each kernel has said."""
    found = [[]]
    for when, line in run.lines:
        if re.search(r"\] Linux version ", line):
            found.append([])
        found[-1].append((when, line))
    first, *rest = found
    return [replace(run, lines=part) for part in [first + (rest or [[]])[0], *rest[1:], *[[]] * count][:count]]


class Succession(Judgement):
    """What is to be said of one kernel; `before` are the judgements of those before it."""
    CLOCKS = ["date", "rtc"]

    def __init__(self, scenario, stage, run, before):
        version = (payload_dir(stage.payload) / "version").read_text().strip()
        super().__init__(scenario, run, True, version)
        self.stage, self.before = stage, before
        self.resident = scenario.start == "resident"

    def kernel(self):
        self.checks(self.wanted_checks())
        if not self.before:
            self.expect(self.run.serial.count(LOADED_INITRD) == 1, "the kernel did not load its initrd by LoadFile2")
        if "date" not in self.fact:
            return
        self.equal("kernel", self.kernel_version)
        self.equal("cpus", "1" if self.stage.saves else str(self.scenario.cpus))
        self.clocks(*self.CLOCKS)
        self.memory()
        self.expect("ACPI" in self.fact["tables"] and "SMBIOS" in self.fact["tables"], f"tables: {self.fact['tables']}")
        self.equal("driver", DRIVER_REPORT if self.resident else "")
        self.equal("esrt", ESRT if self.resident else "")
        if self.resident:
            self.efi_time()
        if self.before:
            self.same()
        if self.stage.saves:
            self.core()

    def wanted_checks(self):
        """How many the guest makes."""
        wanted = GUEST_CHECKS + 2 + 4 + 2 * bool(self.before) + 2 * bool(self.stage.load)
        if self.resident:
            wanted += RESERVED_RANGES * (1 if self.stage.saves else 2)
        return wanted + (1 + MARKED_PAGES) * self.stage.saves

    def memory(self):
        usable = self.number("usable-bytes")
        if not self.before:
            super().memory(CRASH_MEMORY * MIB * self.stage.crashes)
        elif self.stage.saves:
            self.expect(abs(usable - CRASH_MEMORY * MIB) < MIB, f"{usable} bytes are usable by the map, of {CRASH_MEMORY} MiB")
        else:
            first = self.before[0].number("usable-bytes")
            self.expect(0 <= first - usable < MIB // 16, f"{usable} bytes are usable by the map, and were {first}")

    def efi_time(self):
        """GetTime, as the runtime driver has asked for it [UEFI 2.10, 8.3.1: EFI_TIME]."""
        year, month, day, hour, minute, second, status = struct.unpack("<H5B9xQ", bytes.fromhex(self.fact["driver-time"]))
        self.expect(status == 0, f"GetTime says {status:#x}")
        if status == 0:
            told = datetime.datetime(year, month, day, hour, minute, second, tzinfo=datetime.timezone.utc).timestamp()
            arrival = self.arrival["driver-time"]
            self.expect(abs(told - arrival) < CLOCK_TOLERANCE, f"GetTime tells {told}, the host's time was {arrival:.0f}")

    def same(self):
        """The firmware is where it was for the first kernel."""
        first = self.before[0].fact
        for name in SAME:
            now, then = (sorted(fact.get(name, "").split()) for fact in (self.fact, first))
            self.expect(now == then, f"{name} was {' '.join(then)}, and is {' '.join(now)} now")

    def core(self):
        """What /proc/vmcore has of the kernel that crashed, next to the marked pages, which the guest has looked at."""
        crashed = self.before[-1]
        loads, ram, own = ranges(self.fact.get("core-memory")), ranges(crashed.fact.get("ram")), ranges(crashed.fact.get("crash-ram"))
        self.expect(len(own) == 1, f"the kernel had {len(own)} ranges for the one after its crash")
        self.expect(overlap(loads, own) == 0, "the core has the memory of the kernel that reads it")
        # Linux itself uses the first MiB while it reboots, and 6.1 and later keep it out of the core.
        missing = [(max(begin, MIB), end) for begin, end in ram if end > MIB]
        size = sum(end - begin for begin, end in missing)
        have = overlap(loads, missing) + overlap(own, missing)
        self.expect(have == size, f"the core lacks {size - have} bytes of the RAM")
        notes = self.fact.get("core-notes", "").split()
        self.expect(notes.count(f"CORE:{NT_PRSTATUS}:{PRSTATUS_SIZE}") == self.scenario.cpus, f"the core's notes are {notes}")
        info = re.search(r"VMCOREINFO:0:\d+:OSRELEASE=([^:]*):CRASHTIME=(\d+)", " ".join(notes))
        self.expect(info, f"the core's notes are {notes}")
        if info:
            self.expect(info[1] == crashed.kernel_version, f"the core says that {info[1]} has crashed")
            self.expect(abs(int(info[2]) - self.arrival["core-notes"]) < CLOCK_TOLERANCE, f"the core says that it crashed at {info[2]}")


def ranges(text):
    """Half open, of what has inclusive ends; without what is told twice."""
    found = []
    for begin, end in sorted(tuple(int(word, 16) for word in part.split("-")) for part in (text or "").split()):
        begin = max(begin, found[-1][1] if found else 0)
        if begin <= end:
            found.append((begin, end + 1))
    return found


def overlap(some, others):
    """How many bytes are in both."""
    return sum(max(0, min(end, other_end) - max(begin, other_begin)) for begin, end in some for other_begin, other_end in others)


def judge(scenario, done, judgement=Succession):
    chain = stages(scenario)
    judgements, complaints = [], []
    for stage, part in zip(chain, parts(done, len(chain))):
        judgements.append(judgement(scenario, stage, part, judgements[:]))
        judgements[-1].kernel()
        complaints += [f"kernel {stage.number}: {complaint}" for complaint in judgements[-1].complaints]
    last = judgements[-1]
    last.complaints = []
    last.end()
    return complaints + last.complaints, f"{sum(one.passed for one in judgements)} checks in {len(chain)} kernels, {done.shutdown}"
