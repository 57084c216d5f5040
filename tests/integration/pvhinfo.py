# SPDX-License-Identifier: BSD-2-Clause-Patent
"""programs/pvhinfo.c: what it tells of a PVH guest is what the hypervisor was told, and on another machine it says that it is one."""
import re
from dataclasses import dataclass

import program
import qemu
from conversation import Conversation, Turn

LIMIT = 60
MIB = 1 << 20
MEMORY = 256
LINE = 'efilite.log=normal first  "second word" off'
BELOW_TOP = 256 << 10  # QEMU leaves no more than this between the initrd and the end of RAM


@dataclass
class Module:
    place: int
    size: int
    use: str
    line: str  # with its quotes, or none


def number(pattern, text):
    found = re.search(pattern, text, re.M)
    return int(found[1], 0) if found else None


class Told:
    """What one run of the program has said; None where it said nothing."""

    def __init__(self, text):
        self.is_guest = "pvhinfo: this is a PVH guest" in text
        self.protocol = (re.findall(r"^pvhinfo: protocol: (.*)$", text, re.M) or [None])[0]
        self.ended = re.search(r"^pvhinfo: end$", text, re.M) is not None
        self.hypervisor = (re.findall(r"^pvhinfo: hypervisor: (.*)$", text, re.M) or [None])[0]
        self.line = (re.findall(r"^pvhinfo: command line: (.*)$", text, re.M) or [None])[0]
        self.table = number(r"^pvhinfo: table: version 1, (\d+) bytes$", text)
        self.start_info = number(r"^pvhinfo: start_info: version 1, 56 bytes at (0x\w+), flags 0x0, rsdp 0x\w+$", text)
        self.rsdp = number(r"^pvhinfo: start_info: .*, rsdp (0x\w+)$", text)
        self.image = number(r"^pvhinfo: image: (0x\w+) ", text)
        self.source = (re.findall(r"^pvhinfo: memory map: from (.*), \d+ ranges", text, re.M) or [None])[0]
        self.modules = [Module(int(place, 0), int(size, 0), use, line) for place, size, use, line in re.findall(
            r"^pvhinfo: module \d+: (\w+) size (\w+), (\w+), command line (.*)$", text, re.M)]
        self.memory = [tuple(int(word, 0) for word in words) for words in re.findall(
            r"^pvhinfo: memory: (\w+) size (\w+) type (\d+)$", text, re.M)]

    def ram(self):
        return sum(size for _, size, kind in self.memory if kind == 1)


def compare(told, line, hypervisor, memory, modules):
    """Complaints about what was told of a guest with `memory` bytes. `modules` are (size, what may have become of it, command line)."""
    def expect(good, complaint):
        if not good:
            complaints.append(complaint)
    complaints = []
    expect(told.is_guest and told.ended and told.table, "there is no table, or it is broken")
    expect(told.protocol == "revision 0x10000, of this table", f"the protocol is {told.protocol}")
    expect(re.fullmatch(hypervisor, told.hypervisor or ""), f"the hypervisor is {told.hypervisor}")
    expect(told.line == line, f"the command line is {told.line}, not {line}")
    expect(told.start_info, "start_info is not that of version 1")
    expect(told.source == "start_info", f"the memory map is from {told.source}")
    # A BIOS keeps some for itself, and nobody has the hole below 1 MiB.
    expect(memory - MIB <= told.ram() <= memory, f"the memory map tells {told.ram()} bytes of RAM, of {memory}")
    expect(len(told.modules) == len(modules), f"{len(told.modules)} modules were told, not {len(modules)}")
    for module, (size, uses, text) in zip(told.modules, modules):
        expect(module.size == size, f"a module has {module.size} bytes, not {size}")
        expect(module.place % 4096 == 0, f"a module lies at {module.place:#x}")
        expect(module.use in uses, f"of a module is told that it is {module.use}")
        expect(module.line == text, f"a module's command line is {module.line}, not {text}")
        if module.use == "run":
            expect(module.place - 4096 <= told.image < module.place + size, f"the image runs at {told.image:#x}, not in its module")
    return complaints


def run(scenario, options):
    conversation = None
    image = program.build("pvhinfo")
    if scenario.start == "child":
        # The child switches the machine off.
        conversation = Conversation([Turn(r"launcher> $", f"{image.stem} off\r")])
        image = program.launcher([image])
    arguments = qemu.machine_options(scenario.machine) + ["-accel", "tcg", "-m", str(MEMORY)]
    ovmf = options.firmware == "ovmf"
    if ovmf:
        arguments += ["-bios", options.ovmf, "-kernel", str(image)]
    elif scenario.start == "fw_cfg":
        arguments += ["-kernel", str(options.elf), *qemu.fw_cfg_file("opt/efilite/kernel", image)]
    else:
        arguments += ["-kernel", str(options.elf), "-initrd", str(image)]
    done = qemu.run(arguments + ["-append", LINE], options.logs / f"{options.firmware}.{scenario.name}", min(options.limit, LIMIT),
                    conversation=conversation)
    told = Told(done.serial)
    complaints = judge_absence(told) if ovmf else judge(told, scenario, image)
    reason = "guest-reset" if scenario.machine == "microvm-noacpi" else "guest-shutdown"
    if done.shutdown != reason:
        complaints.append(f"the machine ended by '{done.shutdown or 'nothing'}', not {reason}")
    return done, (complaints, f"{len(told.modules)} modules, {len(told.memory)} ranges of memory" if told.is_guest else "no PVH guest")


def judge(told, scenario, image):
    modules = [] if scenario.start == "fw_cfg" else [(image.stat().st_size, ("run", "freed"), "none")]
    if scenario.machine in ("pc", "q35") and not told.modules:
        modules = []  # some versions of QEMU pass none there
    complaints = compare(told, f'"{LINE}"', r"TCGTCGTCGTCG, leaves 0x40000000 to 0x40000001", MEMORY * MIB, modules)
    for module in told.modules:
        if not 0 <= MEMORY * MIB - (module.place + module.size) < BELOW_TOP:
            complaints.append(f"a module lies at {module.place:#x}, and QEMU puts it to the end of RAM")
    if (told.rsdp == 0) != (scenario.machine == "microvm-noacpi"):
        complaints.append(f"the RSDP was told to be at {told.rsdp:#x}")
    return complaints


def judge_absence(told):
    good = not told.is_guest and told.ended and told.protocol == "none" and told.table is None
    return [] if good else ["it takes the machine for a PVH guest, or did not come to its end"]
