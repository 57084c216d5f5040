#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Which of efilite's functions take the instructions from its PVH entry to the program's entry, and which grow with the machine.

  tests/bench/hot.py                                    the machine of ./bench's table: q35, 512 MiB
  tests/bench/hot.py --memory 1048576                   with 1 TiB, and what each function takes more than in that one
  tests/bench/hot.py --payload large --disks 64         booting from the first of 64 disks, beside the only one

A function's instructions are its own, without those of what it calls. build/ has to be there: ./bench --quick makes it."""
import argparse
import bisect
import pathlib
import re
import sys

sys.dont_write_bytecode = True
REPO = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(REPO / "tests/bench"))
import firmware  # noqa: E402
import machine  # noqa: E402
import measure  # noqa: E402
import payload  # noqa: E402
import session  # noqa: E402
import symbols  # noqa: E402
from row import Row  # noqa: E402

BLOCK = re.compile(r"^block: ([0-9a-f]+) (\d+)$", re.M)
WHERE = (0x100000, 0x1000000)  # efilite is linked there


def by_function(log, functions):
    starts = [start for start, _, _ in functions]
    found = {}
    for address, count in BLOCK.findall(log):
        index = bisect.bisect(starts, int(address, 16)) - 1
        name = functions[index][2] if index >= 0 and int(address, 16) < functions[index][1] else "(between functions)"
        found[name] = found.get(name, 0) + int(count)
    return found


def run(row, functions):
    files = {name: session.TOOLS / f"{name}.efi" for name in ("probe", "handles", "variables")} | {"pvh": session.TOOLS / "probe-pvh.elf"}
    files["large"] = payload.large(files["probe"])
    mine = firmware.Efilite(session.ELF, session.SYMBOLS, files)
    plugin = session.TOOLS / f"marks-{1 if machine.version() < (9, 0) else 2}.so"
    directory = session.LOGS / "hot" / row.directory()
    outcome = machine.run(directory, row.board, row.memory_mib, mine.arguments(row, directory), cpus=row.cpus, shift=measure.SLOW_SHIFT,
                          plugin=plugin, places=mine.places(row), stop="payload", settle=row.disks and plugin.with_name(
                              plugin.name.replace("marks", "settle")), counts=["profile={:x}-{:x}".format(*WHERE)])
    if outcome.error or "payload" not in outcome.marks:
        raise SystemExit(f"hot: {row.name()}: {outcome.error or machine.last_line(directory)}")
    return outcome.marks["payload"] - outcome.marks["entry"], by_function((directory / "marks").read_text(), functions)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--board", choices=machine.BOARDS, default="q35")
    parser.add_argument("--payload", choices=("probe", "large", "pvh"), default="probe", help="large is on a disk, the others are modules")
    parser.add_argument("--memory", type=int, default=512, metavar="MIB")
    parser.add_argument("--cpus", type=int, default=1)
    parser.add_argument("--disks", type=int, default=None)
    parser.add_argument("--top", type=int, default=30, metavar="N", help="functions that are shown (30)")
    arguments = parser.parse_args()
    via, least = ("disk", 1) if arguments.payload == "large" else ("module", 0)
    functions = symbols.functions(symbols.named(session.SYMBOLS))
    row = Row("efilite", arguments.board, arguments.memory, arguments.payload, via, disks=arguments.disks or least, cpus=arguments.cpus)
    plain = Row("efilite", arguments.board, 512, arguments.payload, via, disks=least)
    total, found = run(row, functions)
    before, less = (0, {}) if row == plain else run(plain, functions)
    more = {name: count - less.get(name, 0) for name, count in found.items()}
    print(f"{total:>12,} {total - before:>+12,}  all" if less else f"{total:>12,}  all")
    for name in sorted(found, key=lambda name: (more[name], found[name]), reverse=True)[:arguments.top]:
        print(f"{found[name]:>12,} {more[name]:>+12,}  {name}" if less else f"{found[name]:>12,}  {name}")
    return 0


sys.exit(main())
