#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Tests of the comparison: two builds that differ anywhere are told apart, and where."""
import pathlib
import shutil
import sys
import tempfile
import unittest

import twice

sys.path.insert(0, str(twice.REPO / "tests/budgets"))
from little_elf import build  # noqa: E402


class Comparison(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.directory = pathlib.Path(holder.name)
        self.elf = build(self.directory, "one", 200)

    def difference(self, other):
        with self.assertRaises(twice.Failed) as caught:
            twice.compare(self.elf, other)
        return str(caught.exception)

    def test_the_same_source_is_the_same_file(self):
        twice.compare(self.elf, build(self.directory, "two", 200))

    def test_a_changed_byte_is_told_by_section_and_symbol(self):
        told = self.difference(build(self.directory, "two", 200, filling=0xCC))
        self.assertRegex(told, r"\.text: tests::heavy, at 0x10[0-9a-f]{4}: 0x90 and 0xcc")
        self.assertNotIn("tests::light", told)

    def test_a_changed_size_is_told(self):
        told = self.difference(build(self.directory, "two", 210))
        self.assertIn(".text has 302 and 312 bytes", told)

    def test_what_has_no_name_is_told_by_its_section(self):
        self.assertIn(".rodata has 16 and 17 bytes", self.difference(build(self.directory, "two", 200, constants=17)))

    def test_a_change_outside_of_all_sections_is_a_change(self):
        other = self.directory / "two.elf"
        other.write_bytes(self.elf.read_bytes() + b"\0")
        shutil.copy(self.elf.with_suffix(".debug"), other.with_suffix(".debug"))
        self.assertIn("in headers, or behind all sections", self.difference(other))


class Surroundings(unittest.TestCase):
    def test_the_two_have_nothing_in_common(self):
        one, two = twice.surroundings(pathlib.Path("/somewhere"))
        self.assertFalse(two.place.is_relative_to(one.place))
        self.assertNotEqual((one.umask, one.jobs), (two.umask, two.jobs))
        for name in ("SOURCE_DATE_EPOCH", "HOME", "USER", "TZ", "LC_ALL"):
            self.assertNotEqual(one.environment[name], two.environment[name], name)


if __name__ == "__main__":
    unittest.main()
