# SPDX-License-Identifier: BSD-2-Clause-Patent
"""programs/pvh_kernel.c: a kernel that is entered by PVH and tells what it was entered with."""
import re
import subprocess

import qemu
from cached import cached, digest
from program import PROGRAMS

MIB = 1 << 20
CHECKS = 21  # and one for each text, one for each module, one for their list
LIMIT = 60
SOURCES = [PROGRAMS / name for name in ("pvh_kernel.c", "pvh_kernel.ld", "bare.h")]
COMPILER = ["clang-19", "--target=i386-linux-gnu", "-march=i686", "-mno-sse", "-ffreestanding", "-fno-pic", "-fno-stack-protector",
            "-nostdlib", "-static", "-O2", "-Wall", "-Wextra", "-Werror", "-fuse-ld=lld-19", "-Wl,--build-id=none", "-Wl,--strip-all",
            "-Wl,-z,max-page-size=16", f"-Wl,-T,{SOURCES[1]}"]
PLACES = {"over-efilite": 1 * MIB, "free": 16 * MIB, "video-memory": 0xA0000}
LINE = "some words, and = signs"
INITRD = bytes(range(251)) * 4000


def build(place):
    options = [f"-Wl,--defsym=base={PLACES[place]:#x}"]
    return cached("pvh_kernel", ".elf", digest(*SOURCES, " ".join(COMPILER + options)),
                  lambda path: subprocess.run([*COMPILER, *options, "-o", str(path), str(SOURCES[0])], check=True))


def initrd():
    return cached("pvh_kernel", ".initrd", digest(INITRD), lambda path: path.write_bytes(INITRD))


def run(scenario, options):
    kernel = build(scenario.place)
    arguments = qemu.machine_options(scenario.machine) + ["-accel", "tcg", "-m", str(scenario.memory), "-kernel", str(options.elf)]
    if scenario.transport == "module":
        arguments += ["-initrd", str(kernel), *qemu.fw_cfg_file("opt/efilite/initrd", initrd()), "-append", "efilite.log=quiet " + LINE]
    else:
        arguments += ["-initrd", str(initrd()), *qemu.fw_cfg_file("opt/efilite/kernel", kernel)]
        arguments += qemu.fw_cfg_string("opt/efilite/cmdline", LINE)
    done = qemu.run(arguments, options.logs / f"efilite.{scenario.name}", min(options.limit, LIMIT))
    complaints = list(judge(done.serial, scenario.memory * MIB, LINE, [(INITRD, "")], scenario.machine != "microvm-noacpi"))
    if done.shutdown != "guest-reset":
        complaints.append(f"the machine ended by '{done.shutdown or 'nothing'}'")
    return done, (complaints, f"{len(re.findall('CHECK ok', done.serial))} checks")


def sum_of(data):
    total = 0
    for byte in data:
        total = (total * 31 + byte) & 0xFFFFFFFF
    return total


def judge(serial, memory, line, modules, has_acpi, reserved=0x61000 + 128 * 1024):
    """`modules` are (bytes, command line); of `memory` bytes of RAM so many may be `reserved` by the hypervisor."""
    yield from (f"in the kernel, {name}: {why}" for name, why in re.findall(r"CHECK FAIL (\S+): (\S+)", serial))
    count = len(re.findall(r"CHECK (?:ok|FAIL) ", serial))
    wanted = CHECKS + 1 + (len(modules) + 1 if modules else 0) + sum(text != "" for _, text in modules)
    if count != wanted or "GUEST-DONE" not in serial:
        yield f"the kernel made {count} checks, not {wanted}"
    facts = dict(re.findall(r"FACT (\S+) (.*)", serial))
    if facts.get("command-line") != f"'{line}'":
        yield f"the command line is {facts.get('command-line')}"
    seen = re.findall(r"FACT module (\S+) (\S+)(?:\n(?:CHECK.*\n)?FACT module-command-line '(.*)')?", serial)
    if seen != [(hex(len(data)), hex(sum_of(data)), text) for data, text in modules]:
        yield f"the modules are others: {seen}"
    if (facts.get("rsdp", "0x0") != "0x0") != has_acpi:
        yield f"ACPI's root pointer is {facts.get('rsdp')}"
    ranges = [[int(number, 16) for number in words.split()] for words in re.findall(r"FACT memory (.*)", serial)]
    ram = sum(end - begin for begin, end, kind in ranges if kind == 1)
    if not memory - reserved <= ram <= memory:
        yield f"{ram} bytes are RAM, of {memory}"
