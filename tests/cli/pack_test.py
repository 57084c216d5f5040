#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""efilite pack against objcopy, by which scripts/mkuki makes the same image. That it boots is tried by tests/integration."""
import pathlib
import subprocess
import unittest

from program import Case, kernel, needs, payload_dir

import pe_sections  # of scripts/lib

OS_RELEASE = b'ID=test\nPRETTY_NAME="A test"\n'


def section(path, name):
    """Its contents, as objcopy reads them."""
    out = pathlib.Path(f"{path}{name}")
    subprocess.run(["objcopy", "-O", "binary", f"--only-section={name}", path, out], check=True)
    return out.read_bytes()


class Pack(Case):
    def setUp(self):
        super().setUp()
        self.stub = payload_dir("systemd-stub") / "linuxx64.efi.stub"
        self.kernel = kernel("linux-6.1-cloud")
        self.output = self.folder / "uki.efi"
        self.os_release = self.file("os-release", OS_RELEASE)

    def pack(self, *words, output=None):
        output = output or self.output
        told = self.good("pack", "--stub", self.stub, "--kernel", self.kernel, "--os-release", self.os_release, "--output", output, *words)
        self.assertEqual(told, "")
        return output

    def refused(self, *words):
        return self.bad("pack", *words, "--output", self.output)

    @needs("systemd-stub", "linux-6.1-cloud")
    def test_sections_are_those_that_objcopy_makes(self):
        initrd = self.file("initrd", b"070701" * 100)
        ours = self.pack("--initrd", initrd, "--cmdline", "console=ttyS0 quiet")
        theirs = self.folder / "theirs.efi"
        contents = {".osrel": OS_RELEASE, ".cmdline": b"console=ttyS0 quiet\0", ".initrd": initrd.read_bytes(),
                    ".linux": self.kernel.read_bytes()}
        pe_sections.add_sections(theirs, self.stub, contents)
        for name in [".text", ".data", ".reloc", ".sbat", ".sdmagic", *contents]:
            self.assertEqual(section(ours, name), section(theirs, name), name)
        self.assertEqual(section(ours, ".linux"), contents[".linux"])
        [image] = self.json(ours)["files"]
        self.assertEqual(image["chosen"], "efi")
        self.assertEqual(image["problems"], [])
        self.assertIsNone(image["refusal"])
        self.assertEqual(image["uki"]["cmdline"], "console=ttyS0 quiet")
        self.assertEqual(image["inside"][0]["linux"]["version"].split()[0], image["uki"]["uname"])
        self.assertTrue(image["kind"].startswith("unified kernel image: A test"))

    @needs("systemd-stub", "linux-6.1-cloud")
    def test_the_same_input_gives_the_same_bytes(self):
        self.assertEqual(self.pack().read_bytes(), self.pack(output=self.folder / "again.efi").read_bytes())

    @needs("systemd-stub", "linux-6.1-cloud")
    def test_every_option_has_its_section(self):
        cmdline = self.file("cmdline", b"root=/dev/vda2\n  ro\n\n")
        splash = self.file("splash.bmp", b"BM" + bytes(100))
        one, two = self.file("one", b"abc"), self.file("two", b"defg")
        ours = self.pack("--cmdline-file", cmdline, "--uname", "6.1-mine", "--splash", splash, "--initrd", one, "--initrd", two)
        self.assertEqual(section(ours, ".cmdline"), b"root=/dev/vda2   ro\0")
        self.assertEqual(section(ours, ".uname"), b"6.1-mine")
        self.assertEqual(section(ours, ".splash"), splash.read_bytes())
        self.assertEqual(section(ours, ".initrd"), b"abc\0defg")

    @needs("systemd-stub", "linux-6.1-cloud")
    def test_an_image_that_is_there_is_replaced_and_no_other_file_is_left(self):
        self.output.write_bytes(b"old")
        before = set(self.folder.iterdir())
        self.pack()
        self.assertEqual(set(self.folder.iterdir()), before)
        self.assertEqual(self.output.read_bytes()[:2], b"MZ")

    @needs("systemd-stub", "linux-6.1-cloud")
    def test_what_cannot_be_packed_is_refused_and_nothing_is_made(self):
        text = self.file("text", b"no kernel")
        self.assertIn("has no EFI entry", self.refused("--kernel", text, "--stub", self.stub))
        no_stub = self.file("x", b"x" * 99)
        self.assertIn("malformed PE image: at 0x0, the DOS magic", self.refused("--kernel", self.kernel, "--stub", no_stub))
        self.assertIn("is signed", self.refused("--kernel", self.kernel, "--stub", self.kernel))
        uki = self.pack(output=self.folder / "u.efi")
        self.assertIn("has a section .osrel already", self.refused("--kernel", self.kernel, "--os-release", self.os_release, "--stub", uki))
        self.assertIn("is no BMP picture", self.refused("--kernel", self.kernel, "--stub", self.stub, "--splash", text))
        self.assertIn("No such file", self.refused("--kernel", self.kernel, "--stub", self.stub, "--initrd", self.folder / "missing"))
        self.assertIn("NUL", self.refused("--kernel", self.kernel, "--stub", self.stub, "--cmdline-file", self.file("nul", b"a\0b")))
        self.assertFalse(self.output.exists())
        self.assertIn("is a directory", self.bad("pack", "--kernel", self.kernel, "--stub", self.stub, "--output", self.folder))
        self.assertIn("No such file", self.bad("pack", "--kernel", self.kernel, "--stub", self.stub, "--output", self.folder / "no/where"))


unittest.main()
