#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Files that are cut off, spoiled, huge or not to be read: one line and status 1, or a report, and never anything else."""
import os
import random
import subprocess
import unittest

from program import ENVIRONMENT, PROGRAM, Case, call, kernel, needs, payload_dir

import disk_image  # of scripts/lib


class Hostile(Case):
    def survives(self, path, *words):
        done = call("inspect", *words, path)
        self.assertIn(done.returncode, (0, 1), done.stderr.decode(errors="replace"))
        text = done.stderr.decode()
        if done.returncode == 1:
            self.assertRegex(text, r"\Aefilite: [^\n]+\n\Z")
        else:
            self.assertEqual(text, "")
        return text

    def cut(self, data, sizes, *words):
        for size in sizes:
            self.survives(self.file("cut", data[:size]), *words)

    @needs("linux-6.1-cloud", "xen", "systemd-stub")
    def test_truncated_images_are_told_by_offset_and_field(self):
        image = kernel("linux-6.1-cloud").read_bytes()
        for size in 0x1000, 0x4001, 100_000, len(image) // 2:
            self.assertRegex(self.survives(self.file("cut", image[:size])), r": at 0x[0-9a-f]+, \w+")
        for data in image[:70_000], (payload_dir("xen") / "boot/xen-4.17-amd64.efi").read_bytes()[:70_000]:
            self.cut(data, [0, 1, 2, 0x3B, 0x3C, 0x40, 0x7F, 0x1F1, 0x200, 0x202, 0x206, 0x230, 0x26C, 512, 1023, 4096, 69_999])

    @needs("linux-6.1-cloud", "systemd-stub")
    def test_spoiled_headers_are_survived(self):
        chance = random.Random(1)
        for data in kernel("linux-6.1-cloud").read_bytes()[:40_000], (payload_dir("systemd-stub") / "linuxx64.efi.stub").read_bytes():
            for _ in range(12):
                spoiled = bytearray(data)
                for _ in range(chance.randrange(1, 6)):
                    spoiled[chance.randrange(0x400)] = chance.choice([0, 0xFF, 0x80, chance.randrange(256)])
                self.survives(self.file("spoiled", bytes(spoiled)))

    @needs("systemd-stub")
    def test_spoiled_disks_are_survived(self):
        path = self.folder / "disk.img"
        stub = payload_dir("systemd-stub") / "linuxx64.efi.stub"
        disk_image.fat(path, 2 * disk_image.MIB, {"EFI/BOOT/BOOTX64.EFI": stub, "loader/entries/a.conf": b"title a\n"}, bits=12)
        data = path.read_bytes()
        chance = random.Random(2)
        for _ in range(16):
            spoiled = bytearray(data)
            for _ in range(chance.randrange(1, 40)):
                spoiled[chance.randrange(0x8000)] = chance.randrange(256)
            self.survives(self.file("spoiled", bytes(spoiled)), "--disk")
        self.cut(data, [512, 1024, 4096, 40_000, len(data) // 2], "--disk")

    def test_a_uki_in_a_uki_is_looked_at_but_not_what_that_has_inside(self):
        image = b""
        for _ in range(3):
            image = self.uki(image.ljust(0x10, b"."))
        done = call("inspect", self.file("nested", image))
        self.assertEqual(done.stdout.count(b"\n.linux: unified kernel image"), 1)

    @needs("linux-6.1-cloud")
    def test_a_kernel_that_is_malformed_inside_of_its_uki_is_told(self):
        cut = bytearray(kernel("linux-6.1-cloud").read_bytes()[:0x6000])
        self.assertRegex(self.survives(self.file("uki", self.uki(bytes(cut)))), r"uki: .*at 0x[0-9a-f]+, ")

    @staticmethod
    def uki(kernel_image):
        """As little of a PE image as can have a section."""
        header = bytearray(0x400)
        header[:2] = b"MZ"
        header[0x3C] = 0x40
        header[0x40:0x58] = b"PE\0\0\x64\x86\x01\0" + bytes(12) + b"\xa0\0\x06\x02"
        header[0x58:0x5A] = b"\x0b\x02"
        header[0x58 + 68] = 10
        at, size = 0x58 + 160, len(kernel_image)
        header[at:at + 40] = b".linux\0\0" + b"".join(n.to_bytes(4, "little") for n in (size, 0x1000, size, 0x400)) + bytes(16)
        return bytes(header) + kernel_image

    def test_a_huge_file_is_read_where_it_matters(self):
        path = self.folder / "huge"
        with open(path, "wb") as file:
            file.truncate(1 << 42)
        self.assertIn("is no boot image", self.survives(path))
        self.assertIn("is no disk image", self.survives(path, "--disk"))

    def test_a_pipe_without_an_end_is_given_up(self):
        with subprocess.Popen(["cat", "/dev/zero"], stdout=subprocess.PIPE) as source:
            self.assertIn("more than 1 GiB", self.bad("inspect", "-", stdin=source.stdout))
            source.kill()
            source.stdout.close()

    def test_a_file_that_may_not_be_read_is_told(self):
        path = self.file("secret", b"MZ")
        path.chmod(0)
        self.folder.chmod(0o755)
        other = ["setpriv", "--reuid=65534", "--clear-groups"] if os.geteuid() == 0 else []
        done = subprocess.run([*other, PROGRAM, "inspect", path], check=False, stderr=subprocess.PIPE, env=ENVIRONMENT)
        if b"execve" in done.stderr or b"failed to execute" in done.stderr:
            self.skipTest("another user cannot start the program from its folder")
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"Permission denied", done.stderr)

    def test_what_a_file_says_does_not_reach_the_terminal(self):
        image = bytearray(0x3000)
        image[0x1F1] = 3
        image[0x1FE:0x200] = b"\x55\xaa"
        image[0x200:0x202] = b"\xeb\x6a"
        image[0x202:0x208] = b"HdrS\x0f\x02"
        image[0x20E:0x210] = (0x100).to_bytes(2, "little")
        image[0x211] = 1
        image[0x300:0x310] = b"\x1b[2Jevil\nname\xff\0"
        done = call("inspect", self.file("evil", bytes(image)))
        self.assertIn(b"\\x1b[2Jevil\\x0aname\\xff", done.stdout)
        self.assertNotIn(b"\x1b", done.stdout)


unittest.main()
