#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Tests of the harness itself. A verdict that cannot be bad is worth nothing: each case spoils a good boot in one way."""
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parent.parent
sys.path[:0] = [str(HERE), str(REPO / "scripts/lib")]
import disk  # noqa: E402
import dom0  # noqa: E402
import pvh_kernel  # noqa: E402
import scenarios  # noqa: E402
from conversation import Conversation, Turn  # noqa: E402
from qemu import Run  # noqa: E402
from verdict import GUEST_CHECKS, LOADED_INITRD, judge  # noqa: E402

VERSION = "6.1.0-1-amd64"
SCENARIO = scenarios.Scenario("6.1", "kernel", "module", "q35", 512, 2, "max", "reboot")


TIMES = struct.pack("<4sIHBBI5Q", b"FBPT", 56, 2, 48, 2, 0, 1000, 2000, 3000, 4000, 5000).hex()


def good_boot():
    now = int(time.time())
    lines = [f"EFI stub: {LOADED_INITRD}"] + [f"CHECK ok check-{index}" for index in range(GUEST_CHECKS)]
    lines += [f"FACT {fact}" for fact in [
        "vendor efilite", "tables ACPI2.0=0x SMBIOS3.0=0x MEMATTR=0x RNG=0x", "efi-map-entries 12",
        "memattr-entries 3", "runtime-map-entries 3", f"kernel {VERSION}", "cpus 2", "driver ", "memory-kib 480000",
        f"usable-bytes {(512 << 20) - (600 << 10)}", f"rtc {now}", f"date {now}",
        "LoaderTimeInitUSec 0600000031000000", "LoaderTimeExecUSec 0600000033000000", f"fpdt {TIMES}"]]
    lines.append(f"GUEST-DONE ok={GUEST_CHECKS} failed=0")
    return Run([], [(now, line) for line in lines], "ResetSystem: EfiResetCold\n", "guest-reset", 0, 9.0)


class Verdict(unittest.TestCase):
    def complaints(self, spoil):
        run = good_boot()
        spoil(run)
        return judge(SCENARIO, run, "efilite", VERSION)[0]

    def replaced(self, old, new):
        def spoil(run):
            before = run.lines
            run.lines = [(when, line.replace(old, new)) for when, line in before]
            self.assertNotEqual(before, run.lines)
        return spoil

    def test_a_good_boot_passes(self):
        self.assertEqual(self.complaints(lambda run: None), [])

    def test_each_fault_is_told(self):
        for old, new, word in [
                ("CHECK ok check-3", "CHECK FAIL check-3: why", "check-3: why"),
                ("CHECK ok check-3", "", "27 checks"),
                ("GUEST-DONE", "GUEST-", "did not come to their end"),
                (LOADED_INITRD, "", "LoadFile2"),
                ("FACT cpus 2", "FACT cpus 1", "cpus"),
                ("FACT fpdt 46", "FACT fpdt 47", "FPDT"),
                ("FACT LoaderTimeExecUSec 0600000033", "FACT LoaderTimeExecUSec 0600000034", "LoaderTime"),
                ("FACT driver ", "FACT driver ff030000", "driver"),
                ("FACT kernel 6.1", "FACT kernel 5.1", "kernel"),
                ("FACT rtc 17", "FACT rtc 16", "rtc"),
                ("FACT date 17", "FACT date 16", "date"),
                ("FACT vendor efilite", "FACT vendor EDK II", "vendor"),
                ("efi-map-entries 12", "efi-map-entries 25", "25 entries"),
                ("memattr-entries 3", "memattr-entries 0", "attributes"),
                (f"usable-bytes {(512 << 20) - (600 << 10)}", f"usable-bytes {511 << 20}", "usable"),
                ("memory-kib 480000", "memory-kib 240000", "Linux has"),
                ("RNG=0x", "", "tables"),
                ("ACPI2.0=0x", "", "tables"),
                ("SMBIOS3.0=0x", "", "tables")]:
            with self.subTest(old=old):
                complaints = self.complaints(self.replaced(old, new))
                self.assertTrue(any(word in complaint for complaint in complaints), complaints)

    def test_a_wrong_end_is_told(self):
        for name, value in [("shutdown", "guest-shutdown"), ("shutdown", ""), ("exit_code", 1), ("timed_out", True),
                            ("debug", ""), ("debug", "ResetSystem: EfiResetShutdown\n")]:
            with self.subTest(name=name, value=value):
                self.assertTrue(self.complaints(lambda run, n=name, v=value: setattr(run, n, v)))

    def test_silence_is_no_success(self):
        self.assertTrue(self.complaints(lambda run: run.lines.clear()))

    def test_another_entry_is_told(self):
        scenario = scenarios.Entered("6.1", "kernel", "module", "q35", 512, 2, "max", "reboot", "no-efi", "")
        for said, initrd, word in [("by entry linux of linux, linux32", "", ""), ("by entry linux32 of linux, linux32", "", "not linux"),
                                   ("", "", "not linux"), ("by entry linux of linux", LOADED_INITRD, "LoadFile2")]:
            run = good_boot()
            run.lines = [(when, line.replace("RNG=0x", "")) for when, line in run.lines[1:]] + [(0, said), (0, initrd)]
            complaints = judge(scenario, run, "efilite", VERSION)[0]
            self.assertEqual(bool(complaints), bool(word), complaints)
            self.assertIn(word, " ".join(complaints))


class PvhKernelVerdict(unittest.TestCase):
    MEMORY = 128 << 20
    GOOD = "\n".join([
        *(f"CHECK ok check-{index}" for index in range(pvh_kernel.CHECKS + 4)),
        "FACT rsdp 0xf59e0", "FACT memory 0x0 0x7000000 0x1", "FACT memory 0x7000000 0x8000000 0x1",
        "FACT memory 0xf0000000 0xf1000000 0x2",
        "FACT command-line 'one two'",
        f"FACT module 0x3 {pvh_kernel.sum_of(b'abc'):#x}", "CHECK ok text",
        "FACT module-command-line 'text'",
        f"FACT module 0x2 {pvh_kernel.sum_of(b'de'):#x}", "GUEST-DONE ok=0x1a failed=0x0"])

    def complaints(self, old="", new="", acpi=True):
        self.assertIn(old, self.GOOD)
        return list(pvh_kernel.judge(self.GOOD.replace(old, new, 1), self.MEMORY, "one two", [(b"abc", "text"), (b"de", "")], acpi))

    def test_a_good_kernel_passes(self):
        self.assertEqual(self.complaints(), [])

    def test_each_fault_is_told(self):
        for old, new in [("ok check-3", "FAIL check-3: 0x1"), ("CHECK ok check-0\n", ""), ("GUEST-DONE", ""), ("one two", "one"),
                         ("FACT module 0x3", "FACT module 0x4"), ("'text'", "'test'"), ("FACT module 0x2", "FACT odule 0x2"),
                         ("0xf59e0", "0x0"), ("0x8000000 0x1", "0x8000000 0x2"), ("0x8000000 0x1", "0x8001000 0x1")]:
            with self.subTest(old=old):
                self.assertTrue(self.complaints(old, new))
        self.assertTrue(self.complaints(acpi=False))


class Dom0Verdict(unittest.TestCase):
    """One of a reboot of a PVH dom0."""

    def complaints(self, spoil=lambda run: None):
        lines = ["(XEN) EFI memory map:"] + [f"CHECK ok check-{index}" for index in range(dom0.DOM0_CHECKS)]
        lines += [f"FACT {fact}" for fact in [
            f"kernel {VERSION}", "guest-type PVH", "vendor efilite", "tables ACPI=0x SMBIOS=0x MEMATTR=0x RTPROP=0x",
            *(f"{clock} {dom0.START_SECONDS + 7}" for clock in ["efi-time", "rtc", "date"])]]
        lines.append(f"GUEST-DONE ok={dom0.DOM0_CHECKS} failed=0")
        run = Run([], [(0, line) for line in lines], "ResetSystem: EfiResetWarm\n", "guest-reset", 0, 12.0)
        spoil(run)
        return dom0.judge(scenarios.Dom0("fw_cfg", "q35"), dom0.WAYS["fw_cfg"], run, "efilite", VERSION)[0]

    def test_a_good_boot_passes(self):
        self.assertEqual(self.complaints(), [])

    def test_each_fault_is_told(self):
        for old, new, word in [
                ("CHECK ok check-3", "CHECK FAIL check-3: why", "check-3: why"),
                ("CHECK ok check-33", "", "53 checks"),
                ("guest-type PVH", "guest-type PV", "guest-type"),
                ("vendor efilite", "vendor EDK II", "vendor"),
                ("RTPROP=0x", "", "RTPROP"),
                ("efi-time 19", "efi-time 18", "efi-time"),
                ("date 1927857913", "date 1927857999", "date"),
                ("(XEN) EFI memory map:", "(XEN) No mapping for MFNs 0x1-0x2", "No mapping")]:
            with self.subTest(old=old):
                def spoil(run, old=old, new=new):
                    run.lines = [(when, line.replace(old, new)) for when, line in run.lines]
                complaints = self.complaints(spoil)
                self.assertTrue(any(word in complaint for complaint in complaints), complaints)

    def test_a_wrong_end_is_told(self):
        for name, value in [("shutdown", "guest-shutdown"), ("exit_code", 1), ("timed_out", True), ("debug", "")]:
            with self.subTest(name=name):
                self.assertTrue(self.complaints(lambda run, n=name, v=value: setattr(run, n, v)))


class AptSources(unittest.TestCase):
    """The mirror is found in both of apt's formats."""

    def sources(self, files, suite):
        with tempfile.TemporaryDirectory() as root:
            for name, text in files.items():
                path = pathlib.Path(root, name)
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)
            config = pathlib.Path(root, "apt.conf")
            config.write_text(f'Dir::Etc::sourcelist "{root}/list";\nDir::Etc::sourceparts "{root}/parts";\n')
            return subprocess.run([str(REPO / "scripts/lib/apt-sources"), suite], capture_output=True, text=True,
                                  check=True, env=dict(os.environ, APT_CONFIG=str(config))).stdout

    def test_one_line(self):
        found = self.sources({"list": "# deb http://no.invalid x main\ndeb-src http://src.invalid/ stable main\n"
                                      "deb [arch=amd64 signed-by=/k.gpg] http://a.invalid/debian stable main contrib\n"
                                      "deb http://s.invalid/security stable-security main\n"}, "bookworm")
        self.assertIn("URIs: http://a.invalid/debian\nSuites: bookworm\nComponents: main\n", found)
        self.assertIn("Signed-By: /k.gpg", found)
        self.assertIn("URIs: http://s.invalid/security\nSuites: bookworm-security\n", found)
        self.assertNotIn("src.invalid", found)

    def test_stanzas(self):
        key = "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n"
        found = self.sources({"parts/d.sources": "Types: deb deb-src\n# a comment\nURIs: http://b.invalid/debian\n"
                                                 f"Suites: stable stable-updates\nComponents: main\n{key}\n"
                                                 "Enabled: no\nTypes: deb\nURIs: http://off.invalid\nSuites: "
                                                 "stable-security\nComponents: main\n"}, "bookworm-backports")
        self.assertIn("URIs: http://b.invalid/debian\nSuites: bookworm-backports\n", found)
        self.assertIn("-----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc", found)
        self.assertNotIn("off.invalid", found)


class Images(unittest.TestCase):
    def test_sections_of_a_uki_lie_apart(self):
        with tempfile.TemporaryDirectory() as root:
            kernel, initrd = pathlib.Path(root, "k"), pathlib.Path(root, "i")
            kernel.write_bytes(b"K" * 70001)
            initrd.write_bytes(b"I" * 4097)
            command = [str(REPO / "scripts/mkuki"), "--kernel", str(kernel), "--initrd", str(initrd), "--cmdline", "x=1"]
            done = subprocess.run(command, capture_output=True, text=True,
                                  check=False)
            if "run scripts/setup" in done.stderr:
                self.skipTest("systemd's stub is not in the cache")
            image = pathlib.Path(done.stdout.strip()).read_bytes()
        pe = struct.unpack_from("<I", image, 0x3C)[0]
        count, size = struct.unpack_from("<H12xH", image, pe + 6)
        end, seen = 0, {}
        for index in range(count):
            name, length, address, raw, offset = struct.unpack_from("<8sIIII", image, pe + 24 + size + 40 * index)
            self.assertGreaterEqual(address, end)
            end = address + length  # the stub has sections whose padding in the file reaches into the next
            seen[name.rstrip(b"\0")] = image[offset:offset + raw]
        self.assertTrue(seen[b".cmdline"].startswith(b"x=1\0"))
        self.assertEqual(seen[b".initrd"].rstrip(b"\0"), b"I" * 4097)
        self.assertEqual(seen[b".linux"].rstrip(b"\0"), b"K" * 70001)


class Disks(unittest.TestCase):
    def test_each_command_line_gets_the_hosts_figure_and_keeps_its_length(self):
        with tempfile.TemporaryDirectory() as root:
            source, target = pathlib.Path(root, "source"), pathlib.Path(root, "target")
            before = bytes(5000) + disk.CMDLINE + b" quiet\n" + bytes(9000) + disk.CMDLINE + b"\0"
            source.write_bytes(before)
            disk.copy_disk(source, target)
            after = target.read_bytes()
        self.assertEqual(len(after), len(before))
        self.assertNotIn(disk.CMDLINE, after)
        self.assertEqual(len(re.findall(rb"tsc_early_khz=[1-9]\d+ *( quiet\n|\0)", after)), 2)


class Line:
    """The machine's side of a serial line: `script` says in pieces what comes at first and after each thing that is typed."""

    def __init__(self, script):
        self.script = script
        self.stdin = self
        read, self.end = os.pipe()
        self.stdout = os.fdopen(read, "rb")
        self.typed = []
        threading.Thread(target=self.flush).start()

    def write(self, data):
        self.typed.append(data)

    def flush(self):
        for piece in self.script.pop(0):
            if isinstance(piece, float):
                time.sleep(piece)
            else:
                os.write(self.end, piece)
        if not self.script:
            os.close(self.end)


class Conversations(unittest.TestCase):
    TURNS = [Turn(r"> $", "one\r", [r"^first$", "!bad"]), Turn(r"> $", "two\r", [r"\u2500\u2500"], seconds=0.05), Turn(r"> $", "bye\r")]

    def talk(self, *script):
        line, run = Line([list(pieces) for pieces in script]), Run([])
        conversation = Conversation(self.TURNS)
        with tempfile.TemporaryDirectory() as root:
            conversation(line, run, pathlib.Path(root, "serial"), {})
        line.stdout.close()
        return conversation.complaints([r"^hello$"]), line.typed, run

    def test_what_is_expected_passes(self):
        # Escape sequences and characters arrive in two pieces, and are in nobody's way.
        complaints, typed, run = self.talk([b"hel\x1b[", b"0;1mlo\r\n> "], [b"one\r\nfirst\r\n> "],
                                           [0.1, b"two \xe2\x94", b"\x80\xe2\x94\x80 > "], [b"bye\r\n"])
        self.assertEqual(complaints, [])
        self.assertEqual(typed, [b"one\r", b"two\r", b"bye\r"])
        self.assertEqual(run.serial.split("\n")[:3], ["hello", "> one", "first"])

    def test_each_fault_is_told(self):
        good = [[b"hello\n> "], [b"first\n> "], [0.1, "\u2500\u2500> ".encode()], [b"."]]
        for index, pieces, word in [
                (0, [b"hallo\n> "], "its start"),
                (1, [b"last\n> "], "one: its answer does not match"),
                (1, [b"first\nbad\n> "], "one: its answer matches"),
                (2, [0.1, b"--> "], "two: its answer does not match"),
                (2, ["\u2500\u2500> ".encode()], "two: it took 0.")]:
            complaints = self.talk(*good[:index], pieces, *good[index + 1:])[0]
            self.assertEqual(len(complaints), 1, complaints)
            self.assertIn(word, complaints[0])

    def test_a_program_that_does_not_come_back_is_told(self):
        complaints = self.talk([b"hello\n> "], [b"first\nand then nothing"])[0]
        self.assertEqual(complaints, ["it did not come to /> $/, where 'two' was to be typed"])


unittest.main()
