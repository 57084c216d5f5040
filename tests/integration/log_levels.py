#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""efilite.log=: what reaches the console at each level, what the program gets to see of the command line, and that the
debug port always has everything."""
import argparse
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "scripts/lib"), str(HERE)]

import program
import qemu

# level -> what the console must show, and what it must not
LEVELS = {
    "quiet": ([], [r"^efilite ", r"^timing: ", r"^memory: "]),
    "normal": ([r"^efilite .* starting an EFI program from PVH module 0, by entry efi of efi$"], [r"^timing: ", r"^memory: "]),
    "timing": ([r"^efilite ", r"^timing: entry \d+$", r"^timing: payload \d+$"], [r"^memory: "]),
    "debug": ([r"^timing: payload ", r"^memory: 0x100000 - ", r"^table: runtime properties at ", r"^command line: shutdown$"], []),
    "loud": ([r"^efilite: efilite.log=loud is none of quiet, normal, timing, debug$"], []),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--elf", type=pathlib.Path, default=HERE.parents[1] / "build/x86_64/efilite.elf")
    parser.add_argument("--logs", type=pathlib.Path, default=HERE.parents[1] / "build/logs")
    options = parser.parse_args()
    options.logs.mkdir(parents=True, exist_ok=True)
    image = program.departure()
    wrong = []
    for level, (shown, hidden) in LEVELS.items():
        arguments = qemu.machine_options("microvm") + [
            "-accel", "tcg", "-m", "256", "-kernel", str(options.elf), "-initrd", str(image),
            "-append", f"efilite.log={level} shutdown"]
        done = qemu.run(arguments, options.logs / f"log-level.{level}", 30)
        wrong += [f"{level}: nothing on the console matches /{p}/" for p in shown if not re.search(p, done.serial, re.M)]
        wrong += [f"{level}: the console shows /{p}/" for p in hidden if re.search(p, done.serial, re.M)]
        wrong += [f"{level}: the debug port lacks /{p}/" for p in (r"^efilite ", r"^timing: payload ")
                  if not re.search(p, done.debug, re.M)]
        if "failed=0" not in done.serial:
            wrong.append(f"{level}: the program did not come to its end")
    print("\n".join(wrong) or f"{len(LEVELS)} levels are as documented")
    return 1 if wrong else 0


sys.exit(main())
