#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The configurations of docs/xen.md are those that the tests start guests by, and its libvirt domain is what the same text says of it."""
import ast
import re
import unittest
import xml.etree.ElementTree as xml

import rig
import guests

TEXT = (rig.REPO / "docs/xen.md").read_text()
EXAMPLES = dict(re.findall(r"```\n# (\w+)\.cfg\n(.*?)```", TEXT, re.S))
LINE = "root=/dev/xvda2 ro console=hvc0"
# What rig.guest_config is told for a guest of the same form.
FORMS = {
    "uki": {"ramdisk": "ramdisk"},
    "kernel": {"ramdisk": "ramdisk", "cmdline": LINE, "disks": [rig.dom0_disk(0)]},
    "modules": {"kernel": "kernel", "ramdisk": "ramdisk", "cmdline": LINE, "disks": [rig.dom0_disk(0)]},
    "pv": {"kernel": "kernel", "ramdisk": "ramdisk", "cmdline": LINE, "firmware_line": guests.SHIM_LINE, "disks": [rig.dom0_disk(0)]},
    "volume": {"ramdisk": "ramdisk"},
    "disk": {"disks": [rig.dom0_disk(0)]},
}
# Matters of the test machine: its names, its clock, and that nothing is started twice.
OWN = {"name", "memory", "vcpus", "tsc_mode", "on_poweroff", "on_reboot", "on_crash"}
PLACES = {"/share/firmware": "/usr/share/efilite/efilite.elf", "/share/kernel": "/var/lib/xen/images/vmlinuz", "/dev/vda": "/dev/vg/guest"}


def settings(text):
    """What a configuration says: xl's language is Python's, as far as we use it."""
    return {statement.targets[0].id: ast.literal_eval(statement.value) for statement in ast.parse(text).body}


def of_the_rig(form):
    found = settings(rig.guest_config("guest", 512, **FORMS[form]))
    # In the form with two modules nobody looks at the line of the kernel that is none, unless there is a shim.
    looked_at = found["cmdline"] and ("pvshim" not in found or "firmware_line" in FORMS[form])
    unused = OWN | (set() if looked_at else {"cmdline"})
    text = repr({name: value for name, value in found.items() if name not in unused})
    for here, there in PLACES.items():
        text = text.replace(here, there)
    return ast.literal_eval(text)


class Examples(unittest.TestCase):
    def test_there_is_one_for_each_form(self):
        self.assertEqual(set(EXAMPLES), set(FORMS))

    def test_they_say_what_the_tests_do(self):
        for form, text in EXAMPLES.items():
            with self.subTest(form=form):
                said, done = settings(text), of_the_rig(form)
                self.assertEqual(said.pop("name"), form)
                self.assertGreaterEqual(said.pop("memory"), 512)
                # Each has a file of its own there.
                self.assertEqual("ramdisk" in said, "ramdisk" in done)
                self.assertEqual({**said, "ramdisk": ""}, {**done, "ramdisk": ""})

    def test_libvirt_is_told_the_same(self):
        whole = re.search(r"```xml\n(<domain.*?)```", TEXT, re.S)[1]
        part = re.search(r"```xml\n( +<os>.*?)```", TEXT, re.S)[1]
        domain, source = xml.fromstring(whole), xml.fromstring(part)
        disk, kernel = settings(EXAMPLES["disk"]), settings(EXAMPLES["kernel"])
        self.assertEqual(domain.find("os/type").attrib, {"arch": "x86_64", "machine": "xenpvh"})
        for system, wanted in [(domain.find("os"), disk), (source, kernel)]:
            self.assertEqual(system.findtext("type"), "xenpvh")
            self.assertEqual(system.findtext("kernel"), wanted["kernel"])
            self.assertEqual(system.findtext("initrd"), wanted.get("ramdisk"))
            self.assertEqual(system.findtext("cmdline"), wanted.get("cmdline"))
        drive = domain.find("devices/disk")
        self.assertEqual([f"{drive.find('driver').get('name')}:{drive.find('source').get('dev')},{drive.find('target').get('dev')},w"],
                         disk["disk"])


unittest.main()
