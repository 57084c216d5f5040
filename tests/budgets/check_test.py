#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Tests of the budgets: what exceeds one fails and is named, by the symbol that grew."""
import contextlib
import io
import json
import pathlib
import tempfile
import unittest

import budget
import check
import elf_file
import growth
import measuring
from little_elf import build

class Built(unittest.TestCase):
    def setUp(self):
        self.holder = tempfile.TemporaryDirectory()
        self.directory = pathlib.Path(self.holder.name)
        self.addCleanup(self.holder.cleanup)
        self.elf = build(self.directory, "before", 200)
        debug = elf_file.ElfFile(self.elf.with_suffix(".debug"))
        growth.write(self.directory / "symbols.txt", measuring.symbol_table(debug))
        self.sizes = measuring.sizes(elf_file.ElfFile(self.elf), debug)
        self.limits(self.sizes)

    def limits(self, sizes):
        budget.write(self.directory / "budgets.json", {"size": sizes, "boots": {}})

    def check(self, elf, *more):
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            code = check.main(["--elf", str(elf), "--budgets", str(self.directory / "budgets.json"), "--symbols",
                               str(self.directory / "symbols.txt"), "--no-boots", *more])
        return code, out.getvalue()


class Sizes(Built):
    def test_what_is_within_its_budget_passes(self):
        code, text = self.check(self.elf)
        self.assertEqual(code, 0, text)
        self.assertNotIn("EXCEEDED", text)

    def test_an_exceeded_budget_fails_and_names_the_symbol(self):
        code, text = self.check(build(self.directory, "after", 5000))
        self.assertEqual(code, 1)
        self.assertIn("budgets: .text: 5,102 bytes, 4,800 more than its budget of 302", text)
        self.assertRegex(text, r"budgets: efilite.elf: [0-9,]+ bytes, [0-9,]+ more than its budget")
        self.assertIn("+4,800  tests::heavy (5,001 now)", text)
        self.assertNotIn("tests::light", text)

    def test_constants_without_a_name_are_told_by_their_section(self):
        code, text = self.check(build(self.directory, "after", 200, constants=900))
        self.assertEqual(code, 1)
        self.assertIn("+836  (.rodata, what has no name)", text)  # 64 it may have had

    def test_a_section_without_a_budget_fails(self):
        del self.sizes[".bss"]
        self.limits(self.sizes)
        code, text = self.check(self.elf)
        self.assertEqual(code, 1)
        self.assertIn("budgets: .bss has no budget", text)

    def test_a_budget_for_nothing_fails(self):
        self.limits(self.sizes | {".got": 8})
        self.assertIn("budgets: .got has a budget and is not there any more", self.check(self.elf)[1])

    def test_another_build_is_compared_symbol_by_symbol(self):
        after = build(self.directory, "after", 300)
        code, text = self.check(after, "--against", str(self.elf.with_suffix(".debug")))
        self.assertEqual((code, text), (0, "       +100  tests::heavy (301 now)\n"))
        self.assertIn("no symbol grew", self.check(self.elf, "--against", str(after.with_suffix(".debug")))[1])


class Instructions(unittest.TestCase):
    LIMITS = {"instructions": {"core": 1000, "payload": 500}, "held_bytes": 4096, "map_entries": 9, "unpacked": 1}

    def tables(self, before, now):
        tables = growth.Table([], {}, is_whole=False), growth.Table([], {})
        for table, instructions in zip(tables, (before, now)):
            table.add(growth.BYTES, [(name, 100) for name in instructions])
            table.add("q35", instructions.items())
        return tables

    def judge(self, boot, before, now):
        lines, holds = check.judge(budget.boot_figures("q35", self.LIMITS, boot), *self.tables(before, now))
        return "\n".join(lines), holds

    def test_an_exceeded_phase_fails_and_names_the_symbol(self):
        boot = budget.Boot({"core": 1800, "payload": 500}, 4096, 9)
        text, holds = self.judge(boot, {"scan": 300, "copy": 400}, {"scan": 1100, "copy": 400})
        self.assertFalse(holds)
        self.assertIn("budgets: q35, to core: 1,800 instructions, 800 more than its budget of 1,000", text)
        self.assertIn("+800  scan (1,100 now)", text)
        self.assertNotIn("copy", text)

    def test_all_within_their_budgets(self):
        text, holds = self.judge(budget.Boot({"core": 1000, "payload": 499}, 4096, 9), {"scan": 300}, {"scan": 9999})
        self.assertTrue(holds, text)
        self.assertNotIn("grew", text)

    def test_ram_and_memory_map_have_budgets(self):
        text, holds = self.judge(budget.Boot({"core": 1000, "payload": 500}, 8192, 10), {}, {})
        self.assertFalse(holds)
        self.assertIn("q35, RAM held: 8,192 bytes, 4,096 more than", text)
        self.assertIn("q35, memory map: 10 entries, 1 more than", text)

    def test_a_phase_that_nobody_tells_any_more_fails(self):
        text, holds = self.judge(budget.Boot({"core": 10}, 4096, 9), {}, {})
        self.assertFalse(holds)
        self.assertIn("q35, to payload has a budget and is not there any more", text)

    def test_a_boot_that_unpacks_more_is_told_how_the_lists_are_made(self):
        text, holds = self.judge(budget.Boot({"core": 10, "payload": 10}, 4096, 9, 2), {}, {})
        self.assertFalse(holds)
        self.assertIn("q35, unpacked: 2 groups, 1 more than its budget of 1: scripts/order lists anew", text)

    def test_phases_are_between_steps(self):
        ticks = {"entry": 100, "core": 150, "copied": 120, "payload": 400, "tsc-khz": 1000000, "unpacked-warm": 300}
        self.assertEqual(measuring.phases(ticks), {"core": 50, "payload": 250})


class Tables(unittest.TestCase):
    def test_what_is_not_stored_may_have_been_as_large_as_the_floor(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "symbols.txt"
            table = growth.Table([], {})
            table.add(growth.BYTES, [("small", growth.FLOOR[growth.BYTES] - 1), ("large", 1000)])
            growth.write(path, table)
            stored = growth.read(path)
        self.assertEqual(stored.rows, {"large": [1000]})
        self.assertEqual(growth.grown(stored, table, growth.BYTES), [])

    def test_a_boot_that_the_stored_table_does_not_have_tells_nothing(self):
        table = growth.Table([], {})
        table.add("new boot", [("run", 5000)])
        self.assertEqual(growth.grown(growth.Table([growth.BYTES], {}), table, "new boot"), [])

    def test_numbered_names_are_the_same_ones(self):
        names = elf_file.demangled(["_ZN5tests5heavyEi.llvm.99", "OUTLINED_FUNCTION_17", "the_protocol.152", "boot_main"])
        self.assertEqual(names, ["tests::heavy", "OUTLINED_FUNCTION", "the_protocol", "boot_main"])

    def test_the_arguments_of_templates_are_left_out(self):
        self.assertEqual(elf_file.readable("a::List<b::Pair<int, 4>, c>::add<d>"), "a::List<>::add<>")
        self.assertEqual(elf_file.readable("a::operator<"), "a::operator<")
        self.assertEqual(elf_file.readable("a" * 200), "a" * 100 + "...")

    def test_new_budgets_have_a_little_room(self):
        machine = {"board": "q35"}
        new = budget.renewed({"boots": {"q35": {"machine": machine}}}, {".text": 100_000},
                             {"q35": budget.Boot({"core": 10_000}, 4096, 9, 1)})
        self.assertEqual(new, {"size": {".text": 100_608}, "boots": {"q35": {
            "machine": machine, "instructions": {"core": 10_100}, "held_bytes": 4096, "map_entries": 9, "unpacked": 1}}})

    def test_the_budgets_in_the_tree_can_be_read(self):
        budgets = json.loads((check.HERE / "budgets.json").read_text())
        self.assertIn("efilite.elf", budgets["size"])
        self.assertEqual(growth.read(check.HERE / "symbols.txt").columns, [growth.BYTES, *budgets["boots"]])


if __name__ == "__main__":
    unittest.main()
