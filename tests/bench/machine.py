# SPDX-License-Identifier: BSD-2-Clause-Patent
"""One run of one virtual machine under QEMU's instruction counter.

With `-icount shift=0,sleep=off` the guest's TSC counts its instructions, and nothing in the machine depends on the
speed of the host: the same guest gives the same numbers every time. For that the clock in the machine is tied to the
guest's time and the random generator gets a fixed seed, too."""
import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import time

MIB = 1 << 20
QEMU = "qemu-system-x86_64"
# All a TCG CPU has (1 GiB pages, NX, RDRAND, SMEP and so on), as on today's hosts, without five-level paging.
CPU = "max,la57=off"
# QEMU's emulated processor has 40 bits of address if nobody says otherwise. q35 has PCI's windows in them, too, so that it refuses more.
MOST_OF_40_BITS = 960 * 1024
MORE_BITS = ",phys-bits=42"
# edk2 reports a crash on the console and then stays in a loop for ever.
CRASH = re.compile(r"!!!! X64 Exception.*")
# A firmware that has found nothing to start, and stays there.
NOTHING_TO_START = re.compile(r"No bootable device.*")
POLL_SECONDS = 0.1
# What is called a board here, as QEMU's -machine has it.
BOARDS = {"q35": "q35", "pc": "pc", "microvm": "microvm", "microvm-acpi-off": "microvm,acpi=off"}
ESCAPES = re.compile(r"\x1b\[[0-9;?=]*[A-Za-z]|\x1b[()=>][0-9A-B]?|[\x00-\x08\x0b-\x1f\x7f]")


@dataclasses.dataclass
class Outcome:
    debug: str  # what came out of the debug port, 0x402
    marks: dict  # place -> instructions, from the plugin; empty when QEMU could not load it
    seconds: float
    cpu_seconds: float  # QEMU's
    error: str  # "" when the machine ran and switched itself off
    trace: str = ""  # QEMU's events that were asked for
    points: list = dataclasses.field(default_factory=list)  # (name, counts) of all marks, in order

    def lines(self, prefix):
        """What follows `prefix` in the lines that hold it: another program may have left a line unfinished before."""
        return [line.split(prefix, 1)[1].strip() for line in self.debug.splitlines() if prefix in line]


def version():
    """QEMU's (major, minor), or None without QEMU."""
    if not shutil.which(QEMU):
        return None
    out = subprocess.run([QEMU, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"version (\d+)\.(\d+)", out)
    return (int(found[1]), int(found[2])) if found else None


def takes(plugin):
    """Whether this QEMU loads the plugin: a QEMU built without them, or with another API, ends at once."""
    command = [QEMU, "-machine", "none,accel=tcg", "-display", "none", "-monitor", "stdio",
               "-plugin", f"{plugin},out=/dev/null"]
    return subprocess.run(command, input=b"quit\n", capture_output=True, check=False).returncode == 0


def cpu(memory_mib):
    return CPU + (MORE_BITS if memory_mib > MOST_OF_40_BITS else "")


def command(board, memory_mib, cpus, shift, directory, extra):
    return [QEMU, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
            "-machine", f"{BOARDS[board]},accel=tcg,memory-backend=ram", "-cpu", cpu(memory_mib), "-smp", str(cpus), "-m", f"{memory_mib}M",
            # Pages of the host's for what the guest touches only.
            "-object", f"memory-backend-ram,id=ram,size={memory_mib}M,reserve=off",
            "-icount", f"shift={shift},sleep=off", "-rtc", "base=2026-01-01,clock=vm", "-seed", "1",
            "-serial", f"file:{directory / 'serial'}", "-D", str(directory / "trace"),
            "-debugcon", f"file:{directory / 'debug'}", "-global", "isa-debugcon.iobase=0x402",
            "-device", "isa-debug-exit,iobase=0xf4", *extra]


def run(directory, board, memory_mib, extra, *, cpus=1, shift=0, plugin=None, places=None, stop=None, counts=(), settle=None, timeout=600):
    """Runs the machine until it switches itself off. `directory` keeps what it printed. `plugin` counts until `places` are
    reached, and ends it at the place called `stop`; `counts` are its options for counts of some addresses. With the plugin `settle` a
    disk's requests take no time."""
    directory = pathlib.Path(directory)
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    arguments = command(board, memory_mib, cpus, shift, directory, extra)
    if plugin and places:
        named = "".join(f",{name}={place}" for name, place in places.items()) + (f",stop={stop}" if stop else "")
        arguments += ["-plugin", ",".join([f"{plugin},out={directory / 'marks'}", *counts]) + named]
    if settle:
        arguments += ["-plugin", str(settle)]
    (directory / "command").write_text(" ".join(arguments) + "\n")
    start = time.monotonic()
    with open(directory / "qemu", "wb") as log:
        qemu = Process(subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log))
        try:
            error = watch(qemu, directory, start + timeout)
        finally:
            qemu.kill()
    seconds = time.monotonic() - start
    log = read(directory / "marks")
    return Outcome(read(directory / "debug"), marks(log), seconds, qemu.cpu_seconds, error, read(directory / "trace"), points(log))


class Process:
    """A child whose use of the CPU is known when it has ended."""

    def __init__(self, child):
        self.child = child
        self.cpu_seconds = 0

    def has_ended(self, options=os.WNOHANG):
        if self.child.returncode is None:
            ended, status, usage = os.wait4(self.child.pid, options)
            if ended:
                self.child.returncode = os.waitstatus_to_exitcode(status)
                self.cpu_seconds = usage.ru_utime + usage.ru_stime
        return self.child.returncode is not None

    def kill(self):
        if not self.has_ended():
            self.child.kill()
            self.has_ended(0)


def watch(qemu, directory, deadline):
    """Waits for the end of the machine; says what went wrong. QEMU's exit code is not asked: isa-debug-exit always
    gives a failing one, and whether all is well the guest's own lines tell."""
    while not qemu.has_ended():
        console = read(directory / "serial")
        if crash := CRASH.search(console):
            return re.sub(r" +CPU Apic ID.*", "", crash[0]).strip("! ")
        if nothing := NOTHING_TO_START.search(console):
            return nothing[0].strip()
        if time.monotonic() > deadline:
            return f"still running when its time was up; last line: {last_line(directory)}"
        time.sleep(POLL_SECONDS)
    return ""


def read(path):
    return path.read_text(errors="replace") if path.exists() else ""


def points(text):
    """Each mark, and what had been counted then, by each of the counts."""
    return [(words[1], tuple(map(int, words[2:]))) for words in map(str.split, text.splitlines()) if len(words) >= 3]


def marks(text):
    """By the first count."""
    return {name: counts[0] for name, counts in points(text)}


def last_line(directory):
    """The last thing anybody said: the guest on its console, else the firmware, else QEMU itself."""
    for name in ("serial", "debug", "qemu"):
        lines = [ESCAPES.sub("", line).strip() for line in read(pathlib.Path(directory) / name).splitlines()]
        lines = [line for line in lines if line]
        if lines:
            return lines[-1]
    return "not a word was said"


def ram_ranges(board, memory_mib):
    """Where the board puts its RAM: [(start, end)], from pc_q35.c, pc_piix.c and microvm.c of QEMU, and libxl_x86.c of Xen."""
    size = memory_mib * MIB
    split_from, low = {"q35": (0xB0000000, 0x80000000), "pc": (0xE0000000, 0xC0000000), "microvm": (0xC0000000, 0xC0000000),
                       "xen": (0xFC000000, 0xFC000000)}[board.removesuffix("-acpi-off")]
    if size < split_from:
        return [(0, size)]
    # What would reach into the addresses below 1 TiB that AMD's processors keep for HyperTransport, pc.c of QEMU has behind them.
    high = 1 << (40 if memory_mib > MOST_OF_40_BITS and board in ("q35", "pc") else 32)
    return [(0, low), (high, high + size - low)]
