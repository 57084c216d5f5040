#!/usr/bin/python3 -B
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Boots Xen and dom0 once, lets xl start the guests of a group one after the other with efilite as their firmware, and judges each.

  group.py --list               the groups and their guests
  group.py GROUP                run one with build/x86_64/efilite.elf
  group.py GROUP GUEST...       only these guests of it
"""
import argparse
import functools
import os
import pathlib
import re
import sys
import threading
import time
from dataclasses import dataclass, field

import rig  # first: it says where the others are
import disk
import program
import qemu
import shell
import virtio_console
from conversation import Conversation, Turn
from guests import (GROUPS, Conformance, Debian, Entered, Grub, Kexec, Linux, Probe, PvhInfo, PvhKernel, Shell, conformance, disk_of,
                    files_of)
from judge import judge

# Seconds for a guest; programs take a few, Linux ten to twenty, an installed system a minute.
LIMITS = {Probe: 40, PvhInfo: 40, PvhKernel: 40, Entered: 150, Kexec: 150, Debian: 200}
LIMIT = 100
# The reason codes of xl's log [Xen public/sched.h, SHUTDOWN_*], in QEMU's words.
REASONS = {"0": "guest-shutdown", "1": "guest-reset", "3": "guest-panic"}
CONSOLE = r"VenHw\(D3987D4B-971A-435F-8CAF-4967EB627241\)/Uart\(115200,8,N,1\)/VenUtf8\(\)"  # as edk2 names it
GRUB_PROMPT = r"grub> \Z"
WAITS = r"^GUEST-WAITS$"


@dataclass
class GuestRun(qemu.Run):
    state: dict | None = None   # of its devices, when Linux waits for that
    left: list = field(default_factory=list)  # what is still there in dom0 after its end
    talker: object = None  # see talker()
    disk: pathlib.Path | None = None


class Terminal:
    """The guest's console as a conversation wants it: the two ends of a process."""

    def __init__(self, xen):
        self.xen, self.stdin, self.given_up = xen, self, threading.Event()
        read, self.write_end = os.pipe()
        self.stdout = os.fdopen(read, "rb")
        self.kill = self.given_up.set
        xen.console.heard = lambda data: os.write(self.write_end, data)

    def write(self, data):
        self.xen.type(data)

    def flush(self):
        pass

    def close(self):
        self.xen.console.heard = lambda data: None
        os.close(self.write_end)


def talker(guest):
    """Who is at the guest's console, as qemu.run would have it; None: nobody needs to be."""
    match guest:
        case Probe():
            return functools.partial(qemu.read_serial, replies=program.KEYS)
        case Conformance():
            return functools.partial(qemu.read_serial, replies=conformance.KEYS)
        case Shell():
            reading = Turn(shell.PROMPT, "type fs0:\\sentence.txt\r", [r"^partition 1 of xvda"])
            return functools.partial(Conversation([reading, *virtio_console.turns(CONSOLE)]), _replies=None)
        case Grub():
            turns = [Turn(GRUB_PROMPT, "ls\r", [r"\(xen/xvda,gpt1\)"]), Turn(GRUB_PROMPT, "ls (xen/xvda,gpt1)/\r", [r"sentence\.txt"]),
                     Turn(GRUB_PROMPT, "halt\r")]
            return functools.partial(Conversation(turns), _replies=None)
        case Debian():
            return functools.partial(Conversation(disk.turns(disk.LOADERS[guest.loader], "xvda")), _replies=None)
    return None


def inspect(xen, name):
    """The guest's devices as dom0 sees them."""
    domain = xen.ask(f"xl domid {name}")[0]
    place = len(xen.serial.text)
    xen.ask("xl debug-keys g")
    xen.serial.wait(r"^\(XEN\) gnttab_usage_print_all \] done", place, 5)
    grants = re.search(rf"grant-table for remote d{domain}\b(.*?)(?=grant-table for|gnttab_usage_print_all \])",
                       xen.serial.text[place:], re.S)
    return {"store": xen.ask("xenstore-ls -f /local/domain")[0], "channels": xen.ask(f"lsevtchn {domain}")[0],
            "grants": grants[1] if grants else ""}


def run_guest(xen, guest, run, before):
    name, console, serial = guest.name, len(xen.console.text), len(xen.serial.text)
    started, limit = time.monotonic(), LIMITS.get(type(guest), LIMIT)
    terminal = None
    if run.talker:
        terminal = Terminal(xen)
        talk = threading.Thread(target=run.talker, args=(terminal, run, xen.stem.with_name(f"{xen.stem.name}.{name}.console")), daemon=True)
        talk.start()
    xen.start(name, isinstance(guest, Kexec))
    if isinstance(guest, Linux | Entered) and xen.wait_for_text(WAITS, console, limit):
        run.state = inspect(xen, name)
        xen.type(b"\n")
    run.timed_out = not xen.wait_for_end(max(limit - (time.monotonic() - started), 1), lambda: terminal and terminal.given_up.is_set())
    if terminal:
        terminal.close()
        talk.join()
    run.seconds = time.monotonic() - started
    run.lines = xen.console.lines(console)
    run.debug = "\n".join(re.findall(r"^\(d\d+\) (.*)$", xen.serial.text[serial:], re.M))
    log = xen.ask(f"cat /var/log/xen/xl-{name}.log")[0]
    reason = re.search(r"has shut down, reason code (\d+)", log)
    run.shutdown = REASONS.get(reason[1], f"reason {reason[1]}") if reason else ""
    run.exit_code = 0
    if not reason and not run.timed_out:
        run.left += [f"xl: {line}" for line in xen.ask("cat /tmp/xl")[0].splitlines() if re.search("error|soft_reset", line)]
    run.left += [line for line in what_is_there(xen) if line not in before]


def what_is_there(xen):
    """Domains, and all that the store has; but for the places where xl has put what it knows of guests, which stay."""
    domains = [f"domain {line.split()[0]}" for line in xen.ask("xl list")[0].splitlines()[1:]]
    return domains + [line for line in xen.ask("xenstore-ls -f")[0].splitlines() if line not in ('/vm = ""', '/libxl = ""')]


def prepare(guests, folder, firmware):
    """Puts the guests' files and configurations into the shared folder; gives dom0's disks, by name."""
    rig.share(firmware, folder / "firmware")
    disks = {guest.disk: disk_of(guest.disk, folder.parent) for guest in guests if guest.disk}
    places = {name: rig.dom0_disk(index) for index, name in enumerate(disks)}
    for guest in guests:
        files = files_of(guest)
        names = {}
        for kind in ("kernel", "ramdisk"):
            if path := getattr(files, kind):
                names[kind] = f"{guest.name}.{kind}"
                rig.share(path, folder / names[kind])
        (folder / f"{guest.name}.cfg").write_text(rig.guest_config(
            guest.name, guest.memory, files.cmdline, **names, disks=[places[guest.disk]] if guest.disk else [],
            maxmem=guest.maxmem, cpus=guest.cpus, firmware_line=files.firmware_line))
    return disks


def tell(guest, run, complaints, summary):
    print(f"{'FAIL' if complaints else 'PASS'} {guest.name}: {summary}")
    for complaint in complaints:
        print(f"  - {complaint}")
    for title, text in [("console", run.serial), ("log", run.debug)] if complaints else []:
        print(f"  last lines of its {title}:")
        lines = [line for line in text.splitlines() if not re.search(r"efi: (mem\d|memattr:)", line)]
        print("".join(f"    | {line}\n" for line in lines[-30:]), end="")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("group", nargs="?", choices=GROUPS)
    parser.add_argument("guest", nargs="*", help="the names of guests; all of the group, if there are none")
    parser.add_argument("--list", action="store_true", help="print the names of all groups and guests")
    parser.add_argument("--elf", type=pathlib.Path, default=rig.REPO / "build/x86_64/efilite.elf")
    parser.add_argument("--logs", type=pathlib.Path, default=rig.REPO / "build/logs")
    options = parser.parse_args()
    if options.list:
        print("\n".join(f"{group} {guest.name}" for group, guests in GROUPS.items() for guest in guests))
        return 0
    if not options.group:
        parser.error("which group? --list tells their names")
    guests = [guest for guest in GROUPS[options.group] if not options.guest or guest.name in options.guest]
    if unknown := set(options.guest) - {guest.name for guest in guests}:
        parser.error(f"{options.group} has no guest {', '.join(unknown)}")
    if not options.elf.exists():
        raise SystemExit(f"group.py: {options.elf} is not there: ./run --build makes it")
    return run_group(guests, options)


def run_group(guests, options):
    options.logs.mkdir(parents=True, exist_ok=True)
    stem = options.logs / f"xen.{options.group}"
    began, failed = time.monotonic(), []
    with rig.temporary_folder() as place:
        folder = place / "share"
        folder.mkdir()
        disks = prepare(guests, folder, options.elf)
        written = [(path, path.parent == place) for path in disks.values()]
        memory = max(max(guest.memory, guest.maxmem) for guest in guests)
        runs = {guest: GuestRun([], talker=talker(guest), disk=disks.get(guest.disk)) for guest in guests}
        try:
            with rig.Xen(folder, stem, memory, written) as xen:
                print(f"Xen and dom0 took {time.monotonic() - began:.1f} s", flush=True)
                before = what_is_there(xen)
                for guest, run in runs.items():
                    run_guest(xen, guest, run, before)
                    print(f"{guest.name} ended by {run.shutdown or 'nothing'} after {run.seconds:.1f} s", flush=True)
                xen.power_off()
        except rig.Failure as failure:
            print(f"FAIL: {failure}")
            failed.append("the machine")
        for guest, run in runs.items():
            complaints, summary = judge(guest, run) if run.seconds else (["it was not started, or not to its end"], "")
            tell(guest, run, complaints, summary)
            failed += [guest.name] * bool(complaints)
    verdict = f"failed: {', '.join(failed)}" if failed else "ok"
    print(f"xen.{options.group}: {verdict} in {time.monotonic() - began:.0f} s; logs in {stem}.*")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
