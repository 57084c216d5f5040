#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""check_columns.py REPOSITORY: fails when a line of code or script has more than 140 columns."""
import pathlib
import sys

MOST = 140
PLACES = ["bench", "run", "test", "CMakeLists.txt", "cmake", "include", "scripts", "src", "tests"]
FOREIGN = pathlib.PurePath("tests/corpus")  # what fuzzers are fed with


def files(repository):
    for place in (repository / name for name in PLACES):
        found = place.rglob("*") if place.is_dir() else [place]
        yield from sorted(path for path in found if path.is_file() and "__pycache__" not in path.parts)


def main() -> int:
    repository = pathlib.Path(sys.argv[1])
    read = long = 0
    for path in files(repository):
        name = path.relative_to(repository)
        if name.is_relative_to(FOREIGN):
            continue
        read += 1
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if len(line) > MOST:
                print(f"{name}:{number}: {len(line)} columns")
                long += 1
    print(f"{read} files read, {long} lines with more than {MOST} columns")
    return 1 if long or not read else 0


sys.exit(main())
