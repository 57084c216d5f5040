#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The runner must not take a failure for a success: it is tested with what a program might have said."""
import types
import unittest

import run

GOOD = ("\x1b[2J\x1b[01;01H\r\n1..3\r\nok 1 - a: b\r\n....not ok 2 - c\r\n# at line 7: got 0x0, wanted 0x1\r\n"
        "\x1b[0mok 3 - d # SKIP no e\r\n# failures: 1\r\n")


def judged(serial, known=(), shutdown="guest-shutdown", timed_out=False, exits=False):
    done = types.SimpleNamespace(serial=serial.replace("\r", ""), debug="", shutdown=shutdown, timed_out=timed_out, seconds=1)
    return run.judge(run.read(done.serial), done, "efilite", dict.fromkeys(known, ""), exits)


class Reading(unittest.TestCase):
    def test_results_are_told_apart(self):
        tap = run.read(GOOD)
        self.assertEqual((tap.planned, tap.passed, tap.skipped, tap.counted), (3, ["a: b"], [("d", "no e")], 1))
        self.assertEqual(tap.failed, {"c": "at line 7: got 0x0, wanted 0x1"})

    def test_an_unknown_failure_is_told(self):
        self.assertEqual(judged(GOOD), ["not ok: c (at line 7: got 0x0, wanted 0x1)"])

    def test_a_known_failure_is_not(self):
        self.assertEqual(judged(GOOD, ["c"]), [])

    def test_a_known_failure_that_passes_is_told(self):
        self.assertIn("known to fail, but does not: a: b", judged(GOOD, ["c", "a: b"]))

    def test_a_program_that_stops_is_told(self):
        self.assertIn("1 results of 3; the last is 'a: b'", judged("1..3\nok 1 - a: b\n", timed_out=True))

    def test_a_program_that_says_nothing_is_told(self):
        self.assertTrue(judged(""))

    def test_another_end_is_told(self):
        self.assertIn("the machine ended by 'guest-reset', not guest-shutdown", judged(GOOD, ["c"], shutdown="guest-reset"))

    def test_the_exit_status_is_the_count_of_failures(self):
        self.assertTrue(judged(GOOD, ["c"], exits=True))
        self.assertEqual(judged(GOOD + "efilite: module returned 0x1; power off\n", ["c"], exits=True), [])
        self.assertTrue(judged(GOOD + "efilite: module returned 0x12; power off\n", ["c"], exits=True))


if __name__ == "__main__":
    unittest.main()
