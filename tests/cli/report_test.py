#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A captured log becomes a table, JSON and a picture that XML's readers accept; what is no log is refused in one line."""
import json
import unittest
import xml.dom.minidom

from program import Case, call

LOG = b"""\
\x1b[2JBooting from ROM..efilite 0.1: PVH start_info, starting an EFI program from PVH module 0\r
memory: 0x0 - 0x9f000 free\r
memory: 0x100000 - 0x200000 boot services data\r
timing: entry 1000\r
timing: core 3000\r
timing: tsc-khz 2000\r
timing: payload 5000\r
Linux says something\r
timing: exit-boot-services 9000\r
"""


class Report(Case):
    def test_the_table_tells_every_step(self):
        text = self.good("report", self.file("log", LOG))
        for words in "makes the services", "1.00 ms", "the program, until ExitBootServices", "4.00 ms", "boot services data", "1.0 MiB":
            self.assertIn(words, text)

    def test_the_picture_is_xml(self):
        picture = self.folder / "boot.svg"
        self.good("report", self.file("log", LOG), "--output", picture)
        titles = [node.firstChild.data for node in xml.dom.minidom.parse(str(picture)).getElementsByTagName("title")]
        self.assertEqual(len(titles), 2 * 3 + 2)

    def test_json_has_the_same(self):
        found = json.loads(self.good("report", "--json", "-", input=LOG))
        self.assertEqual([step["name"] for step in found["steps"]], ["entry", "core", "payload", "exit-boot-services"])
        self.assertEqual(found["tsc_khz"], 2000)
        self.assertEqual(found["memory"][1], {"begin": "0x100000", "end": "0x200000", "type": "boot services data"})

    def test_what_is_unpacked_is_told_and_drawn(self):
        log = self.file("log", LOG.replace(b"timing: entry", b"timing: unpacked-warm 4000\r\ntiming: entry"))
        picture = self.folder / "boot.svg"
        self.assertRegex(self.good("report", log, "--output", picture), r"packed code, warm, is unpacked +1\.50 ms")
        self.assertIn("packed code, warm, is unpacked", picture.read_text())
        self.assertEqual(json.loads(self.good("report", "--json", log))["unpacked"], [{"part": "warm", "tsc": 4000}])

    def test_what_is_no_log_is_refused_in_one_line(self):
        for name, contents, reason in [("empty", b"", "efilite.log=timing"), ("zeros", bytes(5000), "efilite.log=timing"),
                                       ("mixed", LOG + b"timing: late 5\n", "line 10: late is before exit-boot-services")]:
            done = call("report", self.file(name, contents))
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr.decode(), rf"\Aefilite: [^\n]*{name}[^\n]*{reason}[^\n]*\n\Z")
        self.assertEqual(call("report", self.folder / "none").returncode, 1)
        self.assertEqual(call("report").returncode, 2)


if __name__ == "__main__":
    unittest.main()
