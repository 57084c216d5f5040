# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The boot manager: what it finds and starts by itself, by variables, by efilite.boot= and by its menu, and what it says when nothing can
be started. Nobody else's firmware is asked, for the words are efilite's own; that an OS's options work is for disk.py."""
import pathlib
import re
import sys
import tempfile
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "scripts/lib"))
import disk_image  # noqa: E402
import program  # noqa: E402
import qemu  # noqa: E402
from cached import payload_dir  # noqa: E402
from conversation import Conversation, Turn  # noqa: E402
from disk_image import LOADER, Partition  # noqa: E402

LIMIT = 60
MIB = 1 << 20
DOWN, ESCAPE = "\x1b[B", "\x1b"
GLOBAL = "8BE4DF61-93CA-11D2-AA0D-00E098032B8C"
PROMPT = r"(Shell|FS0:\\)> \Z"
STARTED = r"^efilite: starting .*"
# Of each program that the boot manager starts, whatever it was that it followed.
VARIABLES = [r"^FACT BootOptionSupport 6 12000000$", r"^FACT OsIndicationsSupported 6 0000000000000000$", r"^FACT Timeout 7 0000$",
             r"^FACT BootNext none$", r"^FACT PlatformRecovery0000 6 01000000[0-9a-f]+$", r"^FACT parent none$"]


def exits():
    return program.build("exits")


def shell():
    return payload_dir("efi-shell") / "shellx64.efi"


def esp(tree, name="ESP"):
    return Partition(name, 40 * MIB, tree)


@dataclass(frozen=True)
class Case:
    disks: object  # () -> the partitions of each disk, or the bytes that are on it
    turns: list = ()
    greeting: list = ()
    line: str = ""
    ram_disk: bool = False  # the first disk is the initrd, and no disk; its first partition is all of it
    drive: bool = False     # an empty CD-ROM drive, too


MENU = r"(?s)efilite: what is to be booted\?.*Esc goes on\s*\Z"
CASES = {
    "ram-disk": Case(lambda: [[esp({LOADER: program.build("variables")})]], ram_disk=True, greeting=[
        STARTED + r"VirtualDisk\(0x[0-9A-F]+,0x[0-9A-F]+,0\)/\\EFI\\BOOT\\BOOTX64\.EFI$", *VARIABLES, r"^FACT BootCurrent none$",
        r"^efilite: what was started has returned; nothing is left to boot:$", r"^efilite:   VirtualDisk.*: it returned SUCCESS$"]),
    # The Shell makes two boot options, says which is next, and leaves: that one, then both in their order, then the Shell again.
    "order": Case(lambda: [[esp({LOADER: shell(), "exits.efi": exits(), "variables.efi": program.build("variables")})]], [
        Turn(r"seconds to skip.*startup\.nsh", ESCAPE, name="no startup.nsh"),
        Turn(PROMPT, "fs0:\r", ["!not a (valid|correct) mapping"]),
        Turn(PROMPT, "bcfg boot add 0 exits.efi first\r", [r"Target = 0000\.|Option: +00"]),
        Turn(PROMPT, "bcfg boot -opt 0 \"^\"x 7 seen^\"\"\r", ["!bcfg:"]),
        Turn(PROMPT, "bcfg boot add 1 variables.efi second\r", [r"Target = 0001\.|Option: +01"]),
        Turn(PROMPT, f"setvar BootNext -guid {GLOBAL} -nv -bs -rt =H0100\r", ["!Unable"]),
        Turn(PROMPT, "exit\r", [r"(?s)FACT BootCurrent 6 0100\n.*FACT BootOrder 7 00000100\n.*exits: found itself\nexits: with 7 seen\n.*"
                                r"FACT BootCurrent 6 0100\n.*UEFI Interactive Shell", *VARIABLES]),
        Turn(r"seconds to skip.*startup\.nsh", ESCAPE, name="no startup.nsh again"),
        Turn(PROMPT, "reset -s\r")]),
    "failures": Case(lambda: [
        [esp({LOADER: bytes(range(256)) * 64}, "broken"), esp({"readme": b"nothing"}, "empty")], bytes(MIB),
        [esp({LOADER: exits()}, "third")]], drive=True, greeting=[
            r"^exits: found itself$", r"^efilite: what was started has returned; nothing is left to boot:$",
            r"^efilite:   \S+/HD\(1,GPT,.*\)/\\EFI\\BOOT\\BOOTX64\.EFI: it cannot be loaded: (LOAD_ERROR|UNSUPPORTED)$",
            r"^efilite:   \S+/HD\(2,GPT,.*\)/\\EFI\\BOOT\\BOOTX64\.EFI: there is no such file$",
            r"^efilite:   \S+/HD\(1,GPT,.*\)/\\EFI\\BOOT\\BOOTX64\.EFI: it returned SUCCESS$"]),
    "nothing": Case(lambda: [bytes(MIB)], drive=True, greeting=[
        r"^efilite: nothing could be booted:$", r"^efilite:   (PciRoot|VenHw)\S+: there is no file system that efilite can read$",
        r"^efilite:   (PciRoot|VenHw)\S+Scsi\(0x0,0x0\): there is no medium in it$"]),
    "menu": Case(lambda: [[esp({LOADER: exits(), "shellx64.efi": shell()})]], [
        Turn(MENU, DOWN, [r"EFI Shell, \\shellx64\.efi on "], "cursor down"),
        Turn(MENU, "\x1b[A", [], "cursor up"),
        Turn(MENU, "e", [], "the options"),
        Turn(r"Options: +\Z", "menu 5 words here\b\b\b\b\b\r",
             [r"^exits: found itself$", r"^exits: with 5 words$", r"The last one: it returned 0x5"]),
        Turn(MENU, DOWN + "\r", [r"UEFI Interactive Shell"], "the Shell"),
        Turn(r"seconds to skip.*startup\.nsh", ESCAPE, name="no startup.nsh"),
        Turn(PROMPT, "exit\r", [r"The last one: it returned SUCCESS"]),
        Turn(MENU, ESCAPE, [r"^efilite: starting .*BOOTX64\.EFI$", r"^efilite: nothing is left to boot; any key for the menu:$"],
             "going on"),
        Turn(r"any key for the menu:(?s:.*)it returned SUCCESS\s*\Z", " ", [r"Power off"], "a key"),
        Turn(MENU, DOWN * 4 + "\r", name="power off")], line="efilite.boot=menu"),
    "timeout": Case(lambda: [[esp({LOADER: exits()})]], [
        Turn(r"Esc or F2 within 100 seconds for a menu, Enter to go on", "x" + ESCAPE, [r"what is to be booted"], "Esc"),
        Turn(MENU, DOWN * 4 + "\r", name="power off")], line="efilite.timeout=100"),
}

# What is asked for, and what comes of it: one start each.
UUID = str(disk_image.uuid.uuid5(disk_image.NAMESPACE, "ESP")).upper()
OTHER = r"exits: found itself\nexits: with 1 word\n"
ASKED = [
    (r"efilite.boot=\other.efi other 1 word", [STARTED + r"/HD\(2,GPT,.*/\\other\.efi$", OTHER]),
    ("efilite.boot=/sub/other.efi other 1 word", [STARTED + r"/\\sub\\other\.efi$", OTHER]),
    (f"efilite.boot=PARTUUID={UUID}\\other.efi other 1 word", [r"HD\(1,GPT,.*/\\other\.efi: there is no such file$", "!exits"]),
    (f"efilite.boot=PARTUUID={UUID.lower()}", [STARTED + rf"/HD\(1,GPT,{UUID},.*/\\EFI\\BOOT\\BOOTX64\.EFI$"]),
    (r"efilite.boot=LABEL=efilite\other.efi other 1 word", [OTHER]),
    ("efilite.boot=LABEL=second/other.efi other 1 word", [OTHER]),
    ("efilite.boot=PLACE", [STARTED + r"/HD\(1,GPT,.*/\\EFI\\BOOT\\BOOTX64\.EFI$"]),
    (rf"efilite.boot=PLACE/HD(1,GPT,{UUID},0x800,0x14000)/\EFI\BOOT\BOOTX64.EFI", [STARTED + r"/HD\(1,GPT,.*/\\EFI\\BOOT\\BOOTX64\.EFI$"]),
    ("efilite.boot=PciRoot(0x0)/Pci(0x1d,0x0)", [r"^efilite:   efilite\.boot PciRoot\(0x0\)/Pci\(0x1D,0x0\): there is no such device$"]),
    ("efilite.boot=Boot0003", [r"^efilite:   Boot0003: there is no such variable$"]),
    ("efilite.boot=disk", [STARTED + r"BOOTX64\.EFI$"]),
    ("efilite.boot=nonsense", [r"efilite\.boot=nonsense is none of: disk, menu, Boot####"]),
]


def asked_disk():
    return [[esp({LOADER: exits()}), esp({"other.efi": exits(), "sub/other.efi": exits()}, "second")]]


def make(content, path):
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        disk_image.gpt(path, content)


def arguments_of(scenario, options, disks, case):
    bus = "device" if scenario.machine.startswith("microvm") else "pci"
    arguments = qemu.machine_options(scenario.machine) + ["-accel", "tcg", "-m", "256", "-kernel", str(options.elf)]
    if case.ram_disk:
        arguments += ["-initrd", str(disks[0])]
        disks = disks[1:]
    for index, disk in enumerate(disks):
        arguments += ["-drive", f"file={disk},format=raw,if=none,id=disk{index}", "-device", f"virtio-blk-{bus},drive=disk{index}"]
    if case.drive:
        arguments += ["-device", f"virtio-scsi-{bus}", "-device", "scsi-cd"]
    return arguments + (["-append", case.line] if case.line else [])


def start(scenario, options, case, stem):
    with tempfile.TemporaryDirectory() as directory:
        disks = []
        for index, content in enumerate(case.disks()):
            disks.append(pathlib.Path(directory, f"disk{index}"))
            if case.ram_disk and index == 0:
                disk_image.fat(disks[0], content[0].size, content[0].tree)
            else:
                make(content, disks[-1])
        conversation = Conversation(list(case.turns))
        done = qemu.run(arguments_of(scenario, options, disks, case), stem, min(options.limit, LIMIT), conversation=conversation)
    complaints = conversation.complaints(case.greeting)
    if done.timed_out:
        complaints.append(f"it was given up after {done.seconds:.0f} s")
    elif done.shutdown != "guest-shutdown":
        complaints.append(f"the machine ended by '{done.shutdown or 'nothing'}', not guest-shutdown")
    return done, complaints


def run(scenario, options):
    stem = options.logs / f"{options.firmware}.{scenario.name}"
    if scenario.case != "asked":
        done, complaints = start(scenario, options, CASES[scenario.case], stem)
        return done, (complaints, f"{len(CASES[scenario.case].turns)} turns, {done.shutdown}")
    # The place of the first disk is the machine's own.
    done, _ = start(scenario, options, Case(lambda: [bytes(MIB)]), stem)
    place = re.search(r"efilite:   (\S+): there is no file system", done.serial)
    complaints = [] if place else ["it does not tell where the disk is"]
    for index, (line, patterns) in enumerate(ASKED if place else []):
        case = Case(asked_disk, greeting=patterns, line=line.replace("PLACE", place[1]))
        done, found = start(scenario, options, case, stem.with_name(f"{stem.name}.{index}"))
        complaints += [f"{line}: {complaint}" for complaint in found]
    return done, (complaints, f"{len(ASKED)} starts")
