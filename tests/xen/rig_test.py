#!/usr/bin/python3 -B
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Tests of what judges the guests of Xen: each case spoils a good run in one way."""
import os
import pathlib
import tempfile
import time
import unittest
from unittest import mock

import rig
import judge
from group import GuestRun
from guests import GROUPS, Linux, Panic
from verdict import LOADED_INITRD

VERSION = "6.1.0-1-amd64"
GUEST = Linux("modules", 320, 2, "poweroff", maxmem=512)
FRONT, BACK = "/local/domain/3/device/vbd/51712", "/local/domain/0/backend/vbd/3/51712"
STORE = f"""\
{FRONT} = ""
{FRONT}/backend = "{BACK}"
{FRONT}/state = "1"
{FRONT}/virtual-device = "51712"
{BACK}/frontend = "{FRONT}"
{BACK}/state = "2"
"""
CHANNELS = """\
   1: VCPU 0: Interdomain (Connected) - Remote Domain 0, Port 30
   2: VCPU 0: Interdomain (Connected) - Remote Domain 0, Port 31
   3: VCPU 0: Virtual IRQ 0
"""
GRANTS = """ (v1)
(XEN) no-mmu: [ref] localdom
(XEN) [0x000]        0 0x0000000000fefff 0x00000001          0 0x0000000000fefff 0x19
(XEN) [0x001]        0 0x0000000000feffe 0x00000001          0 0x0000000000feffe 0x19
"""


def good_run():
    now = int(time.time())
    lines = [f"EFI stub: {LOADED_INITRD}"] + [f"CHECK ok check-{index}" for index in range(judge.XEN_CHECKS)]
    lines += [f"FACT {fact}" for fact in [
        "vendor efilite", "tables ACPI2.0=0x SMBIOS3.0=0x MEMATTR=0x RNG=0x", "efi-map-entries 12", "memattr-entries 3",
        "runtime-map-entries 3", f"kernel {VERSION}", "cpus 2", "memory-kib 290000",
        f"usable-bytes {(512 << 20) - (600 << 10)}", f"date {now}"]]
    lines.append(f"GUEST-DONE ok={judge.XEN_CHECKS} failed=0")
    return GuestRun([], [(now, line) for line in lines], "ResetSystem: EfiResetShutdown\n", "guest-shutdown", 0, 9.0,
                    state={"store": STORE, "channels": CHANNELS, "grants": GRANTS})


class Verdict(unittest.TestCase):
    def complaints(self, spoil, guest=GUEST):
        run = good_run()
        spoil(run)
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(judge, "payload_dir", lambda name: pathlib.Path(folder)):
            pathlib.Path(folder, "version").write_text(VERSION + "\n")
            return judge.judge(guest, run)[0]

    def test_a_good_run_passes(self):
        self.assertEqual(self.complaints(lambda run: None), [])

    def test_each_fault_of_the_guest_is_told(self):
        for old, new, word in [
                ("CHECK ok check-9", "CHECK FAIL check-9: why", "check-9: why"),
                ("CHECK ok check-9", "", f"{judge.XEN_CHECKS - 1} checks"),
                (LOADED_INITRD, "", "initrd"),
                ("FACT cpus 2", "FACT cpus 1", "cpus"),
                ("FACT date 1", "FACT date 2", "date"),
                ("ACPI2.0=0x", "", "tables"),
                (f"usable-bytes {(512 << 20) - (600 << 10)}", f"usable-bytes {(512 << 20) - (800 << 10)}", "usable"),
                ("memory-kib 290000", "memory-kib 400000", "Linux has")]:
            def spoil(run, old=old, new=new):
                before = run.lines
                run.lines = [(when, line.replace(old, new)) for when, line in before]
                self.assertNotEqual(before, run.lines)
            with self.subTest(old=old):
                self.assertTrue(any(word in complaint for complaint in self.complaints(spoil)), word)

    def test_each_fault_at_the_end_is_told(self):
        def name(what, value):
            return lambda run: setattr(run, what, value)
        for spoil, word in [(name("shutdown", "guest-reset"), "guest-reset"), (name("timed_out", True), "given up"),
                            (name("debug", ""), "ResetSystem"), (name("debug", "ResetSystem: EfiResetCold\n"), "EfiResetCold"),
                            (name("left", ["domain guest"]), "left behind in dom0: domain guest"), (name("state", None), "did not come")]:
            with self.subTest(word=word):
                complaints = self.complaints(spoil)
                self.assertEqual(len(complaints), 1, complaints)
                self.assertIn(word, complaints[0])

    def test_a_device_that_was_not_given_back_is_told(self):
        for what, old, new, word in [
                ("store", f'{FRONT}/state = "1"', f'{FRONT}/state = "6"', "front end of the disk is in state 6"),
                ("store", f'{BACK}/state = "2"', f'{BACK}/state = "4"', "back end of the disk is in state 4"),
                ("store", f"{FRONT}/virtual-device", f"{FRONT}/ring-ref0", "ring-ref0"),
                ("store", f"{FRONT}/virtual-device", f"{FRONT}/event-channel", "event-channel"),
                ("store", STORE, "", "0 disks"),
                ("channels", "Virtual IRQ 0", "Interdomain (Connected) - Remote Domain 0, Port 32", "3 event channels"),
                ("channels", "Interdomain (Connected) - Remote Domain 0, Port 31", "Virtual IRQ 1", "1 event channels"),
                ("grants", "[0x001]", "[0x008]", "grants [8]")]:
            def spoil(run, what=what, old=old, new=new):
                self.assertIn(old, run.state[what])
                run.state[what] = run.state[what].replace(old, new)
            with self.subTest(word=word):
                complaints = self.complaints(spoil)
                self.assertEqual(len(complaints), 1, complaints)
                self.assertIn(word, complaints[0])

    def test_a_panic_is_a_crash(self):
        run = GuestRun([], [(0, line) for line in [
            "[    0.000000] Command line: console=hvc0 panic=-1 efi=debug", "efi: EFI v2.10 by efilite", "Booting kernel on Xen HVM",
            "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)"]], shutdown="guest-panic")
        self.assertEqual(judge.judge(Panic(), run)[0], [])
        run.shutdown = "guest-shutdown"
        self.assertEqual(len(judge.judge(Panic(), run)[0]), 1)


class Lines(unittest.TestCase):
    def line(self, *pieces):
        with tempfile.TemporaryDirectory() as folder:
            read, write = os.pipe()
            line = rig.Line(lambda: os.read(read, 100), pathlib.Path(folder, "log"))
            for piece in pieces:
                os.write(write, piece)
                time.sleep(0.01)
            os.close(write)
            line.thread.join()
            os.close(read)
        return line

    def test_a_character_may_come_in_pieces(self):
        self.assertEqual(self.line(b"a\xe2\x94", b"\x80b\r\n").text, "a\u2500b\n")

    def test_what_is_waited_for_is_found_behind_a_place(self):
        line = self.line(b"one two", b" one\n")
        self.assertEqual(line.wait("one", 1, 0).start(), 8)
        self.assertIsNone(line.wait("three", 0, 5), "and it does not wait for a machine that is gone")

    def test_lines_know_when_they_came(self):
        lines = self.line(b"one\n", b"two\nthr", b"ee\n").lines(4)
        self.assertEqual([text for _, text in lines], ["two", "three", ""])
        self.assertEqual(lines[0][0], lines[1][0])
        self.assertGreater(lines[0][0], 0)


class Configurations(unittest.TestCase):
    def test_one_module_is_a_ramdisk(self):
        config = rig.guest_config("a", 64, "words", ramdisk="r", disks=["/dev/vda", "/dev/vdc"], cpus=2).splitlines()
        for line in ['kernel="/share/firmware"', 'ramdisk="/share/r"', 'cmdline="words"', "memory=64", "vcpus=2",
                     "disk=['phy:/dev/vda,xvda,w', 'phy:/dev/vdc,xvdb,w']", 'on_crash="destroy"']:
            self.assertIn(line, config)

    def test_two_modules_go_by_the_shim(self):
        config = rig.guest_config("a", 64, "words", "k", "r", maxmem=128).splitlines()
        for line in ["pvshim=1", 'pvshim_path="/share/firmware"', 'pvshim_cmdline="words"', 'kernel="/share/k"', 'cmdline="words"',
                     "maxmem=128"]:
            self.assertIn(line, config)

    def test_the_guests_of_a_group_have_names_of_their_own(self):
        for group, guests in GROUPS.items():
            self.assertEqual(len({guest.name for guest in guests}), len(guests), group)


unittest.main()
