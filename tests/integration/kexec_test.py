#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Tests of kexec.py's verdict: each case spoils a good succession of kernels in one way."""
import datetime
import pathlib
import struct
import sys
import tempfile
import unittest
from unittest import mock

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "scripts/lib")]
import kexec  # noqa: E402
from qemu import Run  # noqa: E402
from scenarios import Kexec  # noqa: E402
from verdict import DRIVER_REPORT, LOADED_INITRD, MIB  # noqa: E402

VERSION = "6.1.0-1-amd64"
SCENARIO = Kexec("6.1 file 6.1 crash-call 6.1", "resident", "q35", 512, 2, "max", "reboot")
CHECKS = [28 + 2 + 4 + 2 + 4, 28 + 2 + 4 + 2 + 2 + 4, 28 + 2 + 4 + 2 + 2 + 4]


def efi_time(now):
    broken = datetime.datetime.fromtimestamp(now, datetime.timezone.utc)
    return struct.pack("<H5B9xQ", broken.year, broken.month, broken.day, broken.hour, broken.minute, broken.second, 0).hex()


def good_kernel(number, now):
    usable, total, cpus = (512 << 20) - (600 << 10), 480000, 2
    if number == 2:
        total -= kexec.CRASH_MEMORY * 1024
    if number == 3:
        usable, total, cpus = kexec.CRASH_MEMORY * MIB - 4096, 150000, 1
    facts = ["vendor efilite", "smbios 2.8", "tables ACPI=0x SMBIOS=0x MEMATTR=0x ESRT=0x", "configuration-tables a=1000 b=2000",
             "pvh-guest 328:12345678", "reserved 0x7000000:12288", f"esrt {kexec.ESRT} ", "efi-map-entries 12", "memattr-entries 3",
             "runtime-map-entries 3", "runtime-map 0x1:0x2:0x3:0x4:0x5 0x6:0x7:0x8:0x9:0x6", f"kernel {VERSION}", f"cpus {cpus}",
             f"driver {DRIVER_REPORT}", f"driver-time {efi_time(now)}", f"memory-kib {total}", f"usable-bytes {usable}", f"rtc {now}",
             f"date {now}"]
    if number == 2:
        facts += ["ram 00001000-0009efff 00100000-1fffffff", "crash-ram 10000000-1bffffff", "marked 0x1000 0x2000 0x3000"]
    if number == 3:
        facts += ["core-memory 1000000-2ffffff 100000-fffffff 1c000000-1fffffff",
                  f"core-notes CORE:1:336 CORE:1:336 VMCOREINFO:0:3000:OSRELEASE={VERSION}:CRASHTIME={now}"]
    checks = [f"CHECK ok check-{index}" for index in range(CHECKS[number - 1])]
    return [f"[    0.000000] Linux version {VERSION} (somebody) ", *checks, *(f"FACT {fact}" for fact in facts),
            f"GUEST-DONE ok={len(checks)} failed=0"]


def good_run():
    now = 1763000000  # in November 2025
    lines = [f"EFI stub: {LOADED_INITRD}"]
    for number in range(1, 4):
        lines += good_kernel(number, now)
        if number == 2:
            lines += ["[   10.000000] Kernel panic - not syncing: sysrq triggered crash"]
    return Run([], [(now, line) for line in lines], "ResetSystem: EfiResetCold\n", "guest-reset", 0, 30.0)


class Verdict(unittest.TestCase):
    def complaints(self, spoil=lambda run: None):
        run = good_run()
        spoil(run)
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(kexec, "payload_dir", lambda name: pathlib.Path(folder)):
            pathlib.Path(folder, "version").write_text(VERSION + "\n")
            return kexec.judge(SCENARIO, run)[0]

    def test_a_good_run_passes(self):
        self.assertEqual(self.complaints(), [])

    def test_each_fault_of_a_kernel_is_told(self):
        for number, old, new, word in [
                (1, "CHECK ok check-9", "CHECK FAIL check-9: why", "check-9: why"),
                (2, "CHECK ok check-9", "", "41 checks, not 42"),
                (3, "GUEST-DONE", "", "did not come to their end"),
                (1, "memory-kib 480000", "memory-kib 240000", "Linux has"),
                (2, "usable-bytes 5", "usable-bytes 4", "are usable"),
                (3, "usable-bytes 2", "usable-bytes 1", "are usable"),
                (2, "cpus 2", "cpus 1", "cpus is 1"),
                (3, "vendor efilite", "vendor EDK II", "vendor was efilite"),
                (2, "0x1:0x2", "0x1:0x3", "runtime-map was"),
                (2, "b=2000", "b=2008", "configuration-tables was"),
                (3, "328:12345678", "328:12345679", "pvh-guest was"),
                (2, "esrt 1", "esrt 0", "esrt is"),
                (3, "driver ff030000", "driver ff010000", "driver is"),
                (2, "driver-time e9", "driver-time e8", "GetTime tells"),
                (2, "rtc 17", "rtc 16", "rtc"),
                (2, "sysrq triggered crash", "out of memory", "panicked"),
                (3, "1c000000-1fffffff", "1c000000-1ffffffe", "lacks 1 bytes"),
                (3, "100000-fffffff", "100000-10000000", "memory of the kernel that reads it"),
                (3, "CORE:1:336 CORE", "CORE:1:335 CORE", "notes"),
                (3, f"OSRELEASE={VERSION}", "OSRELEASE=5.10", "says that 5.10 has crashed"),
                (3, "CRASHTIME=1", "CRASHTIME=2", "says that it crashed at 2")]:
            def spoil(run, number=number, old=old, new=new):
                begin = [index for index, (_, line) in enumerate(run.lines) if "Linux version" in line][number - 1]
                before = list(run.lines)
                run.lines = before[:begin] + [(when, line.replace(old, new, 1) if line.split(" ")[0] != "[" or "panic" in line else line)
                                              for when, line in before[begin:]]
                self.assertNotEqual(run.lines, before)
            with self.subTest(number=number, old=old):
                complaints = self.complaints(spoil)
                self.assertTrue(any(word in complaint and f"kernel {number}:" in complaint for complaint in complaints), complaints)

    def test_a_kernel_that_never_came_is_told(self):
        def spoil(run):
            starts = [index for index, (_, line) in enumerate(run.lines) if "Linux version" in line]
            del run.lines[starts[2]:]
        self.assertIn("kernel 3: the guest's checks did not come to their end", self.complaints(spoil))

    def test_a_wrong_end_is_told(self):
        for name, value in [("shutdown", "guest-shutdown"), ("exit_code", 1), ("timed_out", True), ("debug", "")]:
            with self.subTest(name=name):
                self.assertEqual(len(self.complaints(lambda run, n=name, v=value: setattr(run, n, v))), 1)


class Ranges(unittest.TestCase):
    def test_what_is_told_twice_counts_once(self):
        self.assertEqual(kexec.ranges("2000-2fff 0-fff 2800-37ff 2900-29ff"), [(0, 0x1000), (0x2000, 0x3000), (0x3000, 0x3800)])
        self.assertEqual(kexec.ranges(None), [])

    def test_overlaps_add_up(self):
        self.assertEqual(kexec.overlap([(0, 10), (20, 30)], [(5, 25)]), 10)
        self.assertEqual(kexec.overlap([(0, 10)], [(10, 20)]), 0)


unittest.main()
