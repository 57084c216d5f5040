#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What efilite inspect --disk finds: on disks made here, and on those that the boot tests boot."""
import json
import subprocess
import unittest

from program import Case, call, kernel, needs, payload_dir

import disk_image  # of scripts/lib
from disk_image import MIB, Partition

STUB = "systemd-stub"


def entry(text):
    return text.encode()


class Disks(Case):
    def disk(self, tree, second=None):
        path = self.folder / "disk.img"
        parts = [Partition("esp", 48 * MIB, tree)]
        if second is not None:
            parts.append(Partition("more", 48 * MIB, second))
        disk_image.gpt(path, parts)
        return path

    def inspect(self, path, *words):
        [disk] = self.json("--disk", *words, path)["disks"]
        return disk

    @needs(STUB, "linux-6.1-cloud")
    def test_programs_kernels_and_loader_entries_are_found(self):
        stub = payload_dir(STUB) / "linuxx64.efi.stub"
        disk = self.inspect(self.disk({
            "EFI/BOOT/BOOTX64.EFI": stub, "EFI/other/deep/x.efi": stub, "vmlinuz-6.1": kernel("linux-6.1-cloud"), "readme.txt": b"no",
            "loader/entries/a.conf": entry("# comment\ntitle A\nlinux /vmlinuz-6.1\ninitrd /gone\noptions a b\noptions c\n")}))
        self.assertEqual(disk["table"], "GPT")
        self.assertEqual(disk["boots"], "partition 1, \\EFI\\BOOT\\BOOTX64.EFI")
        [volume] = disk["volumes"]
        self.assertEqual(volume["type"], "EFI system")
        self.assertEqual(volume["name"], "esp")
        self.assertEqual(volume["first_byte"], MIB)
        self.assertEqual([(file["path"], file["fallback"], file["chosen"]) for file in volume["files"]],
                         [("\\EFI\\BOOT\\BOOTX64.EFI", True, "efi"), ("\\EFI\\other\\deep\\x.efi", False, "efi"),
                          ("\\vmlinuz-6.1", False, "efi")])
        [found] = volume["loader_entries"]
        self.assertEqual(found["options"], ["a b", "c"])
        self.assertEqual(found["missing"], ["/gone"])

    @needs(STUB)
    def test_the_second_partition_is_booted_when_the_first_cannot(self):
        path = self.disk({"EFI/BOOT/BOOTX64.EFI": b"MZ no program"}, {"EFI/BOOT/bootx64.efi": payload_dir(STUB) / "linuxx64.efi.stub"})
        done = call("inspect", "--disk", path)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr.decode(), r"\Aefilite: [^\n]*BOOTX64\.EFI: [^\n]+\n\Z")
        self.assertIn("efilite boots partition 2, \\EFI\\BOOT\\", done.stdout.decode())

    def test_a_volume_without_a_table_is_one(self):
        path = self.folder / "volume.img"
        disk_image.fat(path, 48 * MIB, {"a.txt": b""}, label="DATA")
        disk = self.inspect(path)
        self.assertEqual((disk["table"], disk["boots"]), ("none", None))
        self.assertEqual(disk["volumes"][0]["label"], "DATA")
        self.assertIn("efilite finds nothing to boot", self.good("inspect", "--disk", path))

    @needs("debian-disks")
    def test_installed_disks_are_told_as_fdisk_tells_them(self):
        for name in "grub", "systemd-boot":
            path = payload_dir("debian-disks") / f"{name}.disk"
            disk = self.inspect(path)
            told = subprocess.run(["sfdisk", "-l", "-o", "Start,Sectors", path], check=True, stdout=subprocess.PIPE, text=True,
                                  env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"}).stdout
            rows = [tuple(map(int, line.split())) for line in told.splitlines() if line.split() and line.split()[0].isdigit()]
            self.assertEqual([(volume["first_byte"] // 512, volume["size"] // 512) for volume in disk["volumes"]], rows)
            self.assertEqual(disk["boots"], "partition 1, \\EFI\\BOOT\\BOOTX64.EFI")
        text = self.good("inspect", "--disk", "--full", path)
        self.assertIn("unified kernel image: Debian GNU/Linux 12 (bookworm)", text)
        self.assertIn("\n.linux: Linux kernel ", text)

    def test_other_formats_are_refused_with_the_way_out(self):
        path = self.file("x.qcow2", b"QFI\xfb\0\0\0\3" + bytes(65536))
        self.assertIn("is a qcow2 image: `qemu-img convert -f qcow2 -O raw` makes a raw one of it", self.bad("inspect", "--disk", path))

    def test_what_is_no_disk_is_told(self):
        self.assertIn("is empty", self.bad("inspect", "--disk", self.file("x", b"")))
        self.assertIn("is too small for a disk", self.bad("inspect", "--disk", self.file("x", bytes(100))))
        self.assertIn("is no disk image", self.bad("inspect", "--disk", self.file("x", bytes(MIB))))
        [disk] = self.json_of_bad(self.file("x", bytes(MIB)))
        self.assertIn("is no disk image", disk["error"])

    def json_of_bad(self, path):
        return json.loads(call("inspect", "--disk", "--json", path).stdout)["disks"]

    def test_large_blocks_are_seen_by_the_table(self):
        path = self.folder / "large.img"
        with open(path, "wb") as image:
            image.truncate(64 * MIB)
        disk_image.gpt(path, [Partition("esp", 48 * MIB, {"a": b""})])
        data = bytearray(path.read_bytes())
        self.assertEqual(self.inspect(path)["block_size"], 512)
        self.assertIn("is no disk image", self.bad("inspect", "--disk", "--block-size=4096", self.file("bare", bytes(512) + data[512:MIB])))


unittest.main()
