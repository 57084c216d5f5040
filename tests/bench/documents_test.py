# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The docs say what docs/bench/figures.json says, and the plots can be read."""
import dataclasses
import pathlib
import sys
import unittest
import xml.etree.ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import documents  # noqa: E402
import figures  # noqa: E402
import maps  # noqa: E402
import plots  # noqa: E402
import promises  # noqa: E402
import report  # noqa: E402
import svg  # noqa: E402
from row import Row  # noqa: E402

REPO = pathlib.Path(__file__).resolve().parent.parent.parent
MEASURED = REPO / "docs/bench/figures.json"


class Docs(unittest.TestCase):
    def test_every_figure_is_that_of_the_json_file(self):
        self.assertEqual(documents.stale(REPO), [], "run ./bench --from docs/bench/figures.json --write-docs")

    def test_a_changed_figure_is_found(self):
        measured = figures.read(MEASURED)
        readme = (REPO / "README.md").read_text(encoding="utf-8")
        self.assertEqual(documents.with_section(readme, measured), readme)
        measured.row("efilite", "q35", 512, "uki", "module").to_kernel += 10_000
        self.assertNotEqual(documents.with_section(readme, measured), readme)

    def test_every_promise_is_kept_by_the_figures(self):
        measured = figures.read(MEASURED)
        if all(row.firmware_percent is None for row in measured.rows):
            self.skipTest("they are of an earlier bench")
        self.assertEqual([promise.line() for promise in promises.promised(measured) if not promise.reached()], [])

    def test_a_readme_without_its_marks_is_left_alone(self):
        with self.assertRaises(SystemExit):
            documents.with_section("# efilite\n", figures.read(MEASURED))

    def test_what_failed_is_told_as_that(self):
        failed = Row("u-boot", "pc", 512, "uki", "disk", status="failed: a | b")
        self.assertEqual(documents.of(failed, str, "to_payload"), "failed: a / b")
        self.assertEqual(documents.of(dataclasses.replace(failed, status="ok"), str, "to_payload"), documents.NONE)


class Plots(unittest.TestCase):
    def panel(self, *points):
        return svg.Lines("title", "x", "y", [(0, "0"), (1, "1"), (64, "64")], [svg.Line("efilite", list(points))])

    def test_the_same_figures_give_the_same_bytes(self):
        measured, again = figures.read(MEASURED), figures.read(MEASURED)
        for name, make in plots.PLOTS.items():
            self.assertEqual(make(measured), make(again), name)

    def test_they_are_xml_with_a_title(self):
        for name, make in plots.PLOTS.items():
            if make(figures.read(MEASURED)) is None:
                continue
            root = xml.etree.ElementTree.fromstring(make(figures.read(MEASURED)))
            self.assertTrue(root.find("{http://www.w3.org/2000/svg}title").text, name)

    def test_a_memory_map_tells_what_is_ram_and_what_is_withheld(self):
        row = Row("efilite", "q35", 512, "probe", "module", map_entries=3, held_bytes=4096, memory_map=[
            "0x0 651264 conventional", "0x9f000 397312 reserved", "0xb0000000 268435456 reserved"])
        drawn = maps.draw([row, row])
        self.assertIn("efilite: 3 entries, 4 KiB of RAM withheld", drawn)
        self.assertIn("<title>0x9f000: reserved, 388 KiB</title>", drawn)
        self.assertIn("<title>0xb0000000: no-RAM, 256.0 MiB</title>", drawn)
        self.assertEqual(maps.Map(row).of_type("reserved"), f"1, {report.size(4096)}")

    def test_a_boots_log_is_drawn(self):
        if not documents.drawn("efilite 0.1: x\ntiming: entry 1\ntiming: payload 2\n"):
            self.skipTest("efilite report is not built")
        measured = figures.read(MEASURED)
        row = next(row for row in measured.rows if row.is_logged())
        row.boot_log = ["efilite 0.1: x", "timing: entry 1000", "timing: unpacked-warm 1500", "timing: payload 2000"]
        made = documents.files(measured)
        self.assertIn("packed code, warm, is unpacked", made["docs/bench/boot.svg"])
        self.assertEqual(made["docs/bench/boot.log"].splitlines(), row.boot_log)
        self.assertIn("(docs/bench/boot.svg)", documents.section(measured))

    def test_zero_has_a_place_and_a_failure_its_cross(self):
        drawn = "".join(svg.lines(self.panel((0, 10), (1, 100), (64, None))))
        self.assertEqual(drawn.count("<path class='efilite' transform="), 2)
        self.assertEqual(drawn.count("l8 8m0-8l-8 8"), 1)

    def test_a_logarithmic_axis_ends_at_whole_powers(self):
        scale = svg.Scale([213_000, 2_400_000_000], 0, 100, True)
        self.assertEqual((scale.ticks[0], scale.ticks[-1]), (10**5, 10**10))
        self.assertEqual(scale.at(10**5), 0)

    def test_words_below_an_axis_do_not_run_into_each_other(self):
        self.assertEqual(svg.readable([(0, "0"), (300, "512 GiB"), (320, "960 GiB")]), [(0, "0"), (320, "960 GiB")])


unittest.main()
