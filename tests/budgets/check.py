#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Fails when the firmware is larger or slower than budgets.json allows, and tells by symbol what grew since the budgets were set.

  check.py                      the file's sections, and a few boots
  check.py --no-boots           the file alone
  check.py --against OLD.debug  compare the sizes of symbols with those of another build, whatever the budgets say
  check.py --accept             set the budgets anew, with a little room, and store the symbols that the next growth is told by

A change that needs more room than is left says so: it comes with its new budgets.
"""
import argparse
import pathlib
import sys

import budget
import elf_file
import growth
import measuring

HERE = pathlib.Path(__file__).resolve().parent
BUILD = measuring.REPO / "build/x86_64"


def options(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--elf", type=pathlib.Path, default=BUILD / "efilite.elf", help="the firmware (default: build/x86_64/efilite.elf)")
    parser.add_argument("--debug", type=pathlib.Path, help="the same with symbols (default: efilite.debug beside it)")
    parser.add_argument("--budgets", type=pathlib.Path, default=HERE / "budgets.json", help="the limits (default: budgets.json)")
    parser.add_argument("--symbols", type=pathlib.Path, default=HERE / "symbols.txt",
                        help="what each function had when they were set (default: symbols.txt)")
    parser.add_argument("--logs", type=pathlib.Path, default=measuring.REPO / "build/budgets", help="where QEMU's logs go")
    parser.add_argument("--against", type=pathlib.Path, metavar="DEBUG", help="an efilite.debug of another build")
    parser.add_argument("--no-boots", action="store_true", help="boot nothing")
    parser.add_argument("--accept", action="store_true", help="set the budgets anew")
    return parser.parse_args(arguments)


def judge(figures, before, now):
    """The lines of the report, and whether all budgets hold."""
    lines = [figure.line() for figure in figures]
    exceeded = [figure for figure in figures if not figure.holds()]
    lines += [f"budgets: {figure.complaint()}" for figure in exceeded]
    # A column once, in the order in which they were exceeded.
    for column in dict.fromkeys(figure.column for figure in exceeded if figure.column):
        unit = "bytes" if column == growth.BYTES else f"instructions of {column}"
        lines += [f"What grew since the budgets were set, in {unit}:", *growth.report(before, now, column)]
    return lines, not exceeded


def main(arguments=None):
    wanted = options(arguments)
    if wanted.accept and wanted.no_boots:
        raise SystemExit("budgets: --accept has to measure the boots, too")
    debug = elf_file.ElfFile(wanted.debug or wanted.elf.with_suffix(".debug"))
    table = measuring.symbol_table(debug)
    if wanted.against:
        print("\n".join(growth.report(measuring.symbol_table(elf_file.ElfFile(wanted.against)), table, growth.BYTES)))
        return 0
    elf = elf_file.ElfFile(wanted.elf)
    budgets, sizes, boots = budget.read(wanted.budgets), measuring.sizes(elf, debug), {}
    if not wanted.no_boots:
        runner = measuring.Boots(elf, debug, wanted.logs)
        for name, limits in budgets["boots"].items():
            boots[name], instructions = runner.run(name, limits["machine"])
            table.add(name, instructions)
    if wanted.accept:
        budgets = budget.renewed(budgets, sizes, boots)
        budget.write(wanted.budgets, budgets)
        growth.write(wanted.symbols, table)
    figures = budget.size_figures(budgets["size"], sizes)
    for name, boot in boots.items():
        figures += budget.boot_figures(name, budgets["boots"][name], boot)
    lines, all_hold = judge(figures, growth.read(wanted.symbols), table)
    print("\n".join(lines))
    return 0 if all_hold else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OSError as problem:
        sys.exit(f"budgets: {problem.filename}: {problem.strerror}")
