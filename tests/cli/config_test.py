#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""efilite config: what it prints is read back by whoever it is for, as far as that is here."""
import json
import shlex
import subprocess
import unittest
import xml.etree.ElementTree

from program import Case, call, kernel, needs, payload_dir

NASTY = """root="LABEL=a b" it's <&> $HOME `x` \\ console=ttyS0 console=hvc0"""


class Config(Case):
    def setUp(self):
        super().setUp()
        self.initrd = self.file("initrd, 'one' & \"two\"", b"x" * 1000)

    def both(self):
        return "--kernel", kernel(), "--initrd", self.initrd, "--cmdline", NASTY

    @needs("linux-6.1")
    def test_a_shell_reads_qemus_command_as_it_was_meant(self):
        words = shlex.split(self.good("config", "qemu", *self.both(), "--memory", "2G", "--cpus", "2").replace("\\\n", ""))
        self.assertEqual(words[0], "qemu-system-x86_64")
        self.assertEqual(words[words.index("-append") + 1], NASTY)
        self.assertEqual(words[words.index("-m") + 1], "2048M")
        self.assertIn("name=opt/efilite/initrd,file=" + str(self.initrd).replace(",", ",,"), words)
        command = "printf '%s\\0' " + self.good("config", "qemu", *self.both())
        spoken = subprocess.run(["bash", "-c", command], check=True, stdout=subprocess.PIPE).stdout.split(b"\0")
        self.assertIn(NASTY.encode(), spoken)

    @needs("linux-6.1")
    def test_qemu_takes_the_command(self):
        disk = self.file("disk.img", bytes(1 << 20))
        command = self.good("config", "qemu", *self.both(), "--disk", disk, "--firmware", kernel(), "--name", "a,b").replace("\\\n", "")
        # Ctrl-A c brings the monitor, on the line that the command has for it.
        done = subprocess.run(shlex.split(command) + ["-S"], check=False, input=b"\x01cquit\n", stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(b"(qemu) ", done.stdout)

    @needs("linux-6.1")
    def test_xml_is_read_as_it_was_meant(self):
        for words in (), ("--domain", "xen"):
            image = ("--kernel", kernel(), "--cmdline", NASTY)
            root = xml.etree.ElementTree.fromstring(self.good("config", "libvirt", *words, *image, "--disk", self.initrd, "--name", "<n>"))
            self.assertEqual(root.find("os/cmdline").text, NASTY)
            self.assertEqual(root.find("name").text, "<n>")
            self.assertEqual(root.find("devices/disk/source").get("file"), str(self.initrd))
        root = xml.etree.ElementTree.fromstring(self.good("config", "libvirt", *self.both()))
        self.assertEqual([entry.get("file") for entry in root.findall("sysinfo/entry")], [str(kernel()), str(self.initrd)])

    @needs("linux-6.1")
    def test_json_is_read_as_it_was_meant(self):
        words = ("config", "firecracker", "--kernel", kernel(), "--cmdline", NASTY)
        told = json.loads(self.good(*words, warnings=True))
        self.assertEqual(told["boot-source"]["boot_args"], NASTY)
        self.assertEqual(told["boot-source"]["initrd_path"], str(kernel()))

    @needs("linux-6.1")
    def test_xl_gets_full_paths(self):
        text = self.good("config", "xl", "--kernel", kernel().name, "--cmdline", "console=hvc0", cwd=kernel().parent)
        self.assertIn(f'ramdisk = "{kernel()}"', text)
        self.assertIn("pvshim = 1\n", self.good("config", "xl", *self.both()))

    @needs("linux-6.1")
    def test_one_file_is_all_that_some_hypervisors_have(self):
        for words in ("libvirt", "--domain", "xen"), ("cloud-hypervisor",), ("firecracker",):
            done = call("config", *words, *self.both())
            self.assertEqual(done.returncode, 1)
            self.assertIn(b"efilite pack", done.stderr)
            self.assertEqual(done.stdout, b"")

    @needs("linux-6.1")
    def test_warnings_are_no_part_of_the_configuration(self):
        done = call("config", "qemu", "--kernel", kernel(), "--cmdline", "quiet", "--memory", "16")
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"warning: Linux will say nothing without console=ttyS0", done.stderr)
        self.assertIn(b"warning: 16 MiB of memory are little", done.stderr)
        self.assertNotIn(b"warning", done.stdout)

    @needs("xen", "linux-6.1")
    def test_what_efilite_cannot_start_is_refused(self):
        self.assertIn("is no boot image", self.bad("config", "qemu", "--image", self.file("x", b"text")))
        arm = self.file("Image", bytes(56) + b"ARM\x64" + bytes(4))
        self.assertIn("efilite cannot start it", self.bad("config", "qemu", "--image", arm))
        self.assertIn("is compressed by gzip", self.bad("config", "xl", "--image", payload_dir("xen") / "boot/xen-4.17-amd64.gz"))
        truncated = self.file("short", kernel().read_bytes()[:100_000])
        self.assertRegex(self.bad("config", "qemu", "--kernel", truncated), "short: at 0x[0-9a-f]+, payload_offset: ")
        self.assertIn("4095 bytes", self.bad("config", "qemu", "--kernel", kernel(), "--cmdline", "x" * 4096))

    def test_a_disk_alone_is_enough(self):
        disk = self.file("my disk.img", bytes(4096))
        self.assertIn("-device virtio-blk-pci,drive=disk0", self.good("config", "qemu", "--disk", disk))
        self.assertIn("-name my-disk ", self.good("config", "qemu", "--disk", disk).replace("\\\n", ""))
        self.assertIn("format=qcow2", self.good("config", "qemu", "--disk", self.file("q", b"QFI\xfb" + bytes(508))))

    @needs("debian-disks")
    def test_a_disk_may_be_held_in_memory(self):
        self.assertIn("-initrd ", self.good("config", "qemu", "--memory", "2G", "--image", payload_dir("debian-disks") / "grub.disk"))


unittest.main()
