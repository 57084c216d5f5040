#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""order.py KIND LIST OUT: the linker's patterns for a list of functions as people write them, `efilite::core::Images::load`, or of
constants: KIND is text or rodata. LIST may be `base`, too: what everybody uses.

A name means all overloads, whatever they are templates of, and the lambdas in them. What cannot be written so stands in a list as the
linker has it, `_Z...`, and may have wildcards. The names of a list come from scripts/order."""
import fnmatch
import pathlib
import re
import subprocess
import sys

NAMELESS = "(anonymous namespace)"
TEMPLATE = re.compile(r"(?<!operator)<(?:[^<>]|<>)+>")
TAG = re.compile(r"\[abi:\w+\]")
# What the compiler numbers anew in every build.
NUMBERED = re.compile(r"(\.\d+|\.llvm\.\d+)+$")


def part_of_symbol(part, before):
    """One part of a name, as [Itanium C++ ABI, 5.1] encodes it."""
    name, is_template = (part[:-2], True) if part.endswith("<>") else (part, False)
    if name == NAMELESS:
        name = "_GLOBAL__N_1"
    if name == before.removesuffix("<>"):
        return "C*"
    if name.startswith("~"):
        return "D*"
    if name.startswith("operator"):
        return "*"
    return f"{len(name)}{name}" + ("I*" if is_template else "")


def pattern(name):
    """The linker's, for the symbols that `name` means."""
    if "::" not in name:
        return f"{name}*"
    parts = name.split("::")
    encoded = "".join(part_of_symbol(part, before) for part, before in zip(parts, ["", *parts])).replace("3std3__1", "St3__1")
    return f"_Z*{encoded}*"


def readable(symbol, demangled):
    """The name that means this symbol."""
    text = TAG.sub("", demangled)
    text = text.replace(NAMELESS, "\0")
    while (shorter := TEMPLATE.sub("<>", text)) != text:
        text = shorter
    text = text.split("(")[0].split(" ")[-1].replace("\0", NAMELESS)
    if text and fnmatch.fnmatchcase(symbol, pattern(text)):
        return text
    return NUMBERED.sub("", symbol)


def names(symbols):
    """For each symbol the name that means it."""
    symbols = list(symbols)
    text = subprocess.run(["llvm-cxxfilt-19"], input="\n".join(NUMBERED.sub("", symbol) for symbol in symbols), capture_output=True,
                          text=True, check=True).stdout
    return {symbol: readable(symbol, demangled) for symbol, demangled in zip(symbols, text.split("\n"))}


def read(path):
    return [line for line in pathlib.Path(path).read_text().splitlines() if line and not line.startswith("#")]


def of_everybody():
    """What lies right in namespace efilite: small things of base/, that come and go with what the compiler makes a part of its callers."""
    for length in range(1, 40):
        yield from (f"_ZN{const}7efilite{length}{'?' * length}{end}*" for const in ("", "K") for end in "EI")


def main():
    kind, names_file, out = sys.argv[1:]
    out = pathlib.Path(out)
    if names_file == "base":
        out.write_text("".join(f"*(.{kind}.{each})\n" for each in of_everybody()))
        return
    out.write_text("".join(f"*(.{kind}.{pattern(name)})\n" for name in read(names_file)))


if __name__ == "__main__":
    main()
