#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""check_header.py COMPILER HEADER...: fails when a header for others is not plain C and C++ for 64 and 32 bits, or needs others."""
import itertools
import pathlib
import subprocess
import sys

LANGUAGES = [("c", "c99"), ("c", "c11"), ("c", "c23"), ("c++", "c++11"), ("c++", "c++23")]
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wundef", "-Werror"]


def main() -> int:
    compiler, *headers = sys.argv[1:]
    bad = 0
    for header, (language, standard), bits in itertools.product(map(pathlib.Path, headers), LANGUAGES, ("-m64", "-m32")):
        # Of a library there is nothing but what every compiler brings along.
        command = [compiler, "-x", language, f"-std={standard}", bits, "-ffreestanding", "-nostdlibinc", *WARNINGS, "-fsyntax-only",
                   f"-I{header.parent.parent}", "-"]
        source = f"#include <{header.parent.name}/{header.name}>\n#include <{header.parent.name}/{header.name}>\n"
        done = subprocess.run(command, input=source, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{header} as {standard} {bits}:\n{done.stderr}")
            bad += 1
    print(f"{len(headers)} headers, {bad} times refused")
    return 1 if bad or not headers else 0


sys.exit(main())
