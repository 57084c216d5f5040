#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What efilite inspect says of real images, against what other programs say of them."""
import gzip
import re
import resource
import subprocess
import unittest

from program import PROGRAM, Case, call, kernel, needs, payload_dir

import kernel_image  # of scripts/lib


def objdump(path):
    """Section name -> (size, RVA)."""
    text = subprocess.run(["objdump", "-h", path], check=True, stdout=subprocess.PIPE, text=True).stdout
    return {m[1]: (int(m[2], 16), int(m[3], 16)) for m in re.finditer(r"^ +\d+ (\S+) +([0-9a-f]+) +([0-9a-f]+) ", text, re.M)}


class Kernels(Case):
    @needs("linux-6.1", "linux-6.1-cloud", "linux-6.12")
    def test_debians_kernels_offer_every_entry_of_a_bzimage(self):
        for name, compression in ("linux-6.1", "xz"), ("linux-6.1-cloud", "lz4"), ("linux-6.12", "zstd"):
            [image] = self.json(kernel(name))["files"]
            self.assertEqual([entry["name"] for entry in image["entries"]], ["efi", "handover", "handover32", "linux", "linux32"])
            self.assertEqual(image["chosen"], "efi")
            self.assertEqual(image["problems"], [])
            self.assertIsNone(image["refusal"])
            version = (payload_dir(name) / "version").read_text().strip()
            self.assertTrue(image["linux"]["version"].startswith(version + " "))
            self.assertEqual(image["linux"]["compression"], compression)
            self.assertIn("XLF_KERNEL_64", image["linux"]["xloadflags"]["names"])
            self.assertTrue(image["pe"]["nx_compat"])
            self.assertTrue(image["pe"]["signed"])
            self.assertEqual(image["pe"]["compat_entries"][0]["machine"]["name"], "i386")

    @needs("linux-6.1")
    def test_sections_are_those_that_objdump_finds(self):
        [image] = self.json(kernel())["files"]
        found = {section["name"]: (section["size"], int(section["rva"], 16)) for section in image["pe"]["sections"]}
        told = objdump(kernel())
        self.assertEqual({name: rva for name, (_, rva) in found.items()}, {name: rva for name, (_, rva) in told.items()})

    @needs("linux-6.1")
    def test_the_wish_is_followed(self):
        for wish, chosen in [("efi", "efi"), ("handover", "handover"), ("linux", "linux"), ("linux32", "linux32"), ("pvh", None),
                             ("pv", "pv")]:
            [image] = self.json(f"--entry={wish}", kernel())["files"]
            self.assertEqual(image["chosen"], chosen)
            self.assertIn("it is asked for" if chosen else "the image has no such entry", image["why"])

    @needs("linux-6.1")
    def test_a_kernel_without_efi_is_started_by_the_zero_page(self):
        for handover, chosen, why in [(True, "handover", "there is no PE entry"), (False, "linux", "there is no EFI entry")]:
            data = kernel_image.without_efi(kernel().read_bytes(), handover)
            [image] = self.json(self.file("bzImage", data))["files"]
            self.assertEqual(image["chosen"], chosen)
            self.assertIn(why, image["why"])

    @needs("linux-6.1")
    def test_kernels_that_nobody_starts_today_are_refused_by_number(self):
        data = bytearray(kernel_image.without_efi(kernel().read_bytes()))
        data[0x206:0x208] = bytes([1, 2])
        self.assertRegex(self.bad("inspect", self.file("ancient", data)), r"at 0x206, version: is older than 2\.02: .* \(0x201\)")
        data[0x206:0x208] = bytes([2, 2])
        self.assertEqual(self.json(self.file("old", data))["files"][0]["chosen"], "linux32")

    @needs("linux-6.1")
    def test_the_table_names_what_is_taken(self):
        text = self.good("inspect", kernel())
        self.assertRegex(text, r"\n  \*  efi +RVA 0x[0-9a-f]+ +EFI application, x86-64\n")
        self.assertIn("efilite takes efi: the EFI entry comes before all others\n", text)
        self.assertNotIn("\x1b", text)
        self.assertFalse([line for line in text.splitlines() if line != line.rstrip()])

    @needs("linux-6.1")
    def test_standard_input_and_pipes_are_read(self):
        with open(kernel(), "rb") as file:
            self.assertEqual(self.json("-", stdin=file)["files"][0]["chosen"], "efi")
        data = kernel().read_bytes()
        piped = self.json("-", input=data)["files"][0]
        self.assertEqual(piped["name"], "standard input")
        self.assertEqual(piped["size"], len(data))

    @needs("linux-6.1")
    def test_a_kernel_costs_little_to_look_at(self):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.good("inspect", kernel())
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000
        print(f"efilite inspect vmlinuz, with sanitizers: {spent:.0f} ms of CPU")

    @needs("xen")
    def test_xen_is_told_with_its_multiboot_and_its_notes(self):
        boot = payload_dir("xen") / "boot"
        [image] = self.json(boot / "xen-4.17-amd64.efi")["files"]
        self.assertEqual([entry["name"] for entry in image["entries"]], ["efi", "multiboot", "multiboot2"])
        packed = boot / "xen-4.17-amd64.gz"
        self.assertIn("is compressed by gzip: look at what `gzip -dc` makes of it", self.bad("inspect", packed))
        [elf] = self.json(self.file("xen", gzip.decompress(packed.read_bytes())))["files"]
        self.assertEqual([entry["name"] for entry in elf["entries"]], ["multiboot", "multiboot2"])
        self.assertIsNone(elf["chosen"])

    @needs("xen-tools")
    def test_xens_shim_is_a_pvh_kernel(self):
        [shim] = self.json(payload_dir("xen-tools") / "xen-4.17/boot/xen-shim")["files"]
        self.assertEqual(shim["chosen"], "pvh")
        self.assertEqual(shim["entries"][0]["address"], shim["xen"]["phys32_entry"])

    @needs("linux-6.1")
    def test_an_unpacked_kernel_has_all_its_notes(self):
        vmlinux = kernel_image.vmlinux("linux-6.1")
        [image] = self.json(vmlinux)["files"]
        self.assertEqual([entry["name"] for entry in image["entries"]], ["pvh", "pv"])
        self.assertEqual(image["xen"]["guest_os"], "linux")
        self.assertIn("dom0", image["xen"]["supported_features"]["names"])
        self.assertEqual(image["entries"][1]["address"], image["xen"]["entry"])
        notes = subprocess.run(["readelf", "-nW", vmlinux], check=True, stdout=subprocess.PIPE, text=True).stdout
        self.assertEqual(len(image["xen"]), len(re.findall(r"^ +Xen ", notes, re.M)))

    @needs("grub-signed")
    def test_sbat_tells_what_a_program_is(self):
        grub = next((payload_dir("grub-signed") / "root").rglob("grubx64.efi.signed"))
        [image] = self.json(grub)["files"]
        self.assertEqual(image["pe"]["sbat"][0]["component"], "sbat")
        self.assertIn("grub", [line["component"] for line in image["pe"]["sbat"]])
        self.assertTrue(image["kind"].startswith("Free Software Foundation"), image["kind"])

    def test_several_files_are_told_one_after_the_other(self):
        done = call("inspect", "--json", self.file("empty", b""), self.folder / "missing")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.count(b"\n"), 2)


class OtherKinds(Case):
    def test_what_is_no_image_is_named(self):
        for contents, words in [
                (b"", "is empty"), (b"x", "is no boot image"), (b"#!/bin/sh\n", "is a script"),
                (b"070701" + bytes(200), "is a cpio archive"),
                (b"\x1f\x8b" + bytes(10), "is compressed by gzip"), (b"\x28\xb5\x2f\xfd" + bytes(10), "`zstd -dc`"),
                (b"QFI\xfb" + bytes(100), "is a qcow2 disk image"), (bytes(510) + b"\x55\xaa", "has a boot sector"),
                (bytes(1 << 16), "is no boot image")]:
            self.assertIn(words, self.bad("inspect", self.file("x", contents)))

    def test_kernels_of_other_machines_are_not_ours(self):
        [image] = self.json(self.file("Image", bytes(56) + b"ARM\x64" + bytes(4)))["files"]
        self.assertEqual(image["linux_image"]["architecture"], "arm64")
        self.assertIsNone(image["chosen"])
        self.assertIn("Linux for arm64", image["why"])

    def test_what_is_no_file_is_refused(self):
        self.assertIn("is a directory", self.bad("inspect", self.folder))
        self.assertIn("No such file", self.bad("inspect", self.folder / "missing"))
        self.assertIn("is no file, disk or pipe", self.bad("inspect", "/dev/zero"))

    def test_a_full_disk_for_the_output_is_told(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PROGRAM, "--help"], check=False, stdout=full, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"No space left", done.stderr)


unittest.main()
