# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Programs for the guests, which have no libraries: one C++ file each."""
import pathlib
import subprocess

from cached import cached, digest

INCLUDE = pathlib.Path(__file__).resolve().parents[2] / "include"
COMPILER = ["clang++-19", "--target=x86_64-linux-gnu", "-std=c++23", "-O2", "-Wall", "-Wextra", "-Werror", "-fno-exceptions", "-fno-rtti",
            "-static", "-nostdlib++", "-fuse-ld=lld-19", "-isystem", str(INCLUDE)]


def build(source):
    return cached(source.stem, "", digest(source, INCLUDE / "efilite/pvh_guest.h", " ".join(COMPILER)),
                  lambda path: subprocess.run([*COMPILER, "-o", path, source], check=True))
