#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Builds the firmware in two directories that have nothing in common, and compares the files byte by byte.

  twice.py                  two builds
  twice.py --against ELF    one build, compared with a file that another made (its symbols are beside it)

Path, user, home, language, time zone, umask, number of jobs and the date that the compiler is told differ; there is no cache.
When the files differ, it says where: by section and symbol.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parent.parent
sys.path.insert(0, str(REPO / "tests/budgets"))
from elf_file import Addresses, ElfFile  # noqa: E402

NOBODY = 65534
SHOWN = 12
# What is built from; a build directory, or what a developer keeps beside it, must not matter.
SOURCES = ("CMakeLists.txt", "CMakePresets.json", "cmake", "include", "src")
PATH = "/usr/local/bin:/usr/bin:/bin"


class Failed(Exception):
    pass


def places(mine, theirs):
    """Where two ELF files with symbols differ: lines, in the order of `mine`, and what only one of them has."""
    lines = []
    others = {section.name: section for section in theirs.sections}
    for section in mine.loaded():
        other = others.pop(section.name, None)
        if other is None:
            lines.append(f"{section.name} is in one of them only")
            continue
        if section.size != other.size:
            lines.append(f"{section.name} has {section.size:,} and {other.size:,} bytes")
        lines += differing_symbols(section, other, mine, theirs)
    return lines + [f"{name} is in one of them only" for name, section in others.items() if section.is_loaded and section.size]


def differing_symbols(section, other, mine, theirs):
    if not section.holds(section.offset):
        return []
    addresses, lines, last = Addresses(mine.symbols()), [], None
    ours = mine.data[section.offset:section.offset + section.size]
    his = theirs.data[other.offset:other.offset + other.size]
    for at, (one, two) in enumerate(zip(ours, his)):
        if one == two:
            continue
        symbol = addresses.at(section.address + at)
        name = symbol.name if symbol else "what has no name"
        if name != last:
            lines.append(f"{section.name}: {name}, at {section.address + at:#x}: {one:#04x} and {two:#04x}")
            last = name
        if len(lines) > SHOWN:
            return lines[:SHOWN] + [f"{section.name}: and more"]
    return lines


def compare(first, second):
    """Fails unless two ELF files are the same. Each has its symbols beside it."""
    if first.read_bytes() == second.read_bytes():
        return
    found = places(*(ElfFile(path.with_suffix(".debug")) for path in (first, second)))
    raise Failed("\n  ".join([f"{first} and {second} differ", *(found or ["in headers, or behind all sections"])]))


class Surroundings:
    """One of the two worlds that a build lives in."""

    def __init__(self, place, jobs, date, umask, as_nobody, **environment):
        self.place, self.jobs, self.umask = place, jobs, umask
        self.user = NOBODY if as_nobody and os.geteuid() == 0 else None
        self.environment = {"PATH": PATH, "CCACHE_DISABLE": "1", "SOURCE_DATE_EPOCH": str(date), "HOME": str(place), **environment}

    def run(self, *command):
        made = subprocess.run(command, cwd=self.place, env=self.environment, umask=self.umask, user=self.user, group=self.user,
                              extra_groups=[] if self.user else None, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False)
        if made.returncode:
            lines = made.stdout.strip().splitlines()
            said = next((line for line in lines if "error:" in line), lines[-1] if lines else "it said nothing")
            raise Failed(f"{command[0]} failed in {self.place}: {said}")

    def build(self):
        self.place.mkdir(parents=True)
        for name in SOURCES:
            source = REPO / name
            if source.is_dir():
                shutil.copytree(source, self.place / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, self.place / name)
        if self.user:
            self.give_away()
        self.run("cmake", "--preset", "x86_64", "-DCMAKE_CXX_COMPILER_LAUNCHER=")
        self.run("cmake", "--build", "--preset", "x86_64", "-j", str(self.jobs))
        return self.place / "build/x86_64/efilite.elf"

    def give_away(self):
        for path in (self.place, *self.place.rglob("*")):
            os.chown(path, self.user, self.user)


def surroundings(root):
    jobs = os.cpu_count() or 2
    return (Surroundings(root / "a", jobs, 86400, 0o022, False, LC_ALL="C", TZ="UTC", USER="root", LOGNAME="root"),
            Surroundings(root / "a longer path with spaces" / "in it", jobs + 1, 1999999999, 0o077, True, LC_ALL="C.UTF-8",
                         TZ="Pacific/Kiritimati", USER="somebody", LOGNAME="somebody", LANG="tr_TR.UTF-8"))


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=pathlib.Path, metavar="ELF")
    wanted = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="efilite-reproducible-") as directory:
        os.chmod(directory, 0o755)
        first, second = surroundings(pathlib.Path(directory))
        try:
            elf = wanted.against or first.build()
            compare(elf, second.build())
        except Failed as failure:
            print(f"reproducible: {failure}", file=sys.stderr)
            return 1
    print(f"reproducible: both builds are the same, {elf.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
