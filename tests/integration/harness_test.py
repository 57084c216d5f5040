#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Tests of the harness itself. A verdict that cannot be bad is worth nothing: each case spoils a good boot in one way."""
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parent.parent
sys.path[:0] = [str(HERE), str(REPO / "scripts/lib")]
import scenarios  # noqa: E402
from qemu import Run  # noqa: E402
from verdict import GUEST_CHECKS, LOADED_INITRD, judge  # noqa: E402

VERSION = "6.1.0-1-amd64"
SCENARIO = scenarios.Scenario("6.1", "kernel", "module", "microvm", 512, 2, "max", "reboot")


def good_boot():
    now = int(time.time())
    lines = [f"EFI stub: {LOADED_INITRD}"] + [f"CHECK ok check-{index}" for index in range(GUEST_CHECKS)]
    lines += [f"FACT {fact}" for fact in [
        "vendor efilite", "tables ACPI2.0=0x SMBIOS3.0=0x MEMATTR=0x RNG=0x", "efi-map-entries 12",
        "memattr-entries 3", "runtime-map-entries 3", f"kernel {VERSION}", "cpus 2", "driver ", "memory-kib 480000",
        f"usable-bytes {(512 << 20) - (600 << 10)}", f"rtc {now}", f"date {now}"]]
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


unittest.main()
