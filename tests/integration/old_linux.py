# SPDX-License-Identifier: BSD-2-Clause-Patent
"""programs/old_linux.c: a kernel that only fits where efilite is, and only by its 32-bit entry."""
import re
import subprocess

import qemu
from cached import cached, digest
from program import PROGRAMS

CHECKS = 14
LIMIT = 60
COMPILER = ["clang-19", "--target=i386-linux-gnu", "-march=i686", "-mno-sse", "-ffreestanding", "-fno-pic", "-fno-stack-protector",
            "-nostdlib", "-static", "-O2", "-Wall", "-Wextra", "-Werror", "-Wno-override-init", "-isystem", "/usr/include/x86_64-linux-gnu",
            "-fuse-ld=lld-19", "-Wl,--oformat=binary", "-Wl,--build-id=none", f"-Wl,-T,{PROGRAMS / 'old_linux.ld'}"]
KERNEL_64 = 1
LINE_LIMIT = 255  # what old kernels take, and what this one says
LINE = "as many words as there are: " + "word " * 60
INITRD = bytes(range(251)) * 400


def build(protocol, xloadflags):
    options = [f"-DPROTOCOL={protocol:#06x}", f"-DXLOADFLAGS={xloadflags}"]
    source = PROGRAMS / "old_linux.c"
    return cached("old_linux", ".bzImage", digest(source, PROGRAMS / "bare.h", PROGRAMS / "old_linux.ld", " ".join(COMPILER + options)),
                  lambda path: subprocess.run([*COMPILER, *options, "-o", str(path), str(source)], check=True))


def run(scenario, options):
    # From 2.12 on a kernel may say that it has a 64-bit entry as well: its place is taken all the same.
    kernel = build(scenario.protocol, KERNEL_64 if scenario.protocol >= 0x20C else 0)
    initrd = cached("old_linux", ".initrd", digest(str(len(INITRD))), lambda path: path.write_bytes(INITRD))
    arguments = qemu.machine_options(scenario.machine) + ["-accel", "tcg", "-m", "128", "-kernel", str(options.elf), "-append", LINE]
    arguments += ["-initrd", str(kernel), *qemu.fw_cfg_file("opt/efilite/initrd", initrd)]
    done = qemu.run(arguments, options.logs / f"efilite.{scenario.name}", min(options.limit, LIMIT))
    return done, judge(scenario, done)


def judge(scenario, done):
    def expect(holds, complaint):
        if not holds:
            complaints.append(complaint)
    complaints = [f"in the kernel, {name}: {why}" for name, why in re.findall(r"CHECK FAIL (\S+): (\S+)", done.serial)]
    good = re.findall(r"CHECK ok (\S+)", done.serial)
    expect(len(good) + len(complaints) == CHECKS, f"{len(good) + len(complaints)} checks, not {CHECKS}")
    expect("GUEST-DONE" in done.serial, "the kernel did not come to its end")
    facts = dict(re.findall(r"FACT (\S+) (.*)", done.serial))
    expect(facts.get("text") == f"'{LINE[:LINE_LIMIT]}'", f"the command line is {facts.get('text')}")
    expect(f"no more than {LINE_LIMIT} bytes of command line" in done.serial, "nothing is said of the command line's end")
    total = 0
    for byte in INITRD:
        total = (total * 31 + byte) & 0xFFFFFFFF
    expect((facts.get("initrd-size"), facts.get("initrd-sum")) == (hex(len(INITRD)), hex(total)), f"the initrd is another: {facts}")
    expect(done.shutdown == "guest-reset", f"the machine ended by '{done.shutdown or 'nothing'}'")
    return complaints, f"{len(good)} checks"
