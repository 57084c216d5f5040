# SPDX-License-Identifier: BSD-2-Clause-Patent
"""How the bench reads what a machine printed: the sums that no machine of the test run would get wrong by itself."""
import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import disks  # noqa: E402
import figures  # noqa: E402
import growth  # noqa: E402
import machine  # noqa: E402
import measure  # noqa: E402
import payload  # noqa: E402
import promises  # noqa: E402
import reading  # noqa: E402
import report  # noqa: E402
import progress  # noqa: E402
import services  # noqa: E402
import symbols  # noqa: E402
import xen  # noqa: E402
from figures import Figures  # noqa: E402
from row import Row  # noqa: E402

MIB = 1 << 20
KIB = 1 << 10


def outcome(text, marks=None):
    return machine.Outcome(debug=text, marks=marks or {}, seconds=1, cpu_seconds=1, error="")


def row(memory_mib=128, board="q35", kind="probe"):
    return Row("efilite", board, memory_mib, kind, "module")


def probe(regions):
    lines = ["probe: tsc entry 1500", "probe: map entries 3 descriptor-size 48"]
    lines += [f"probe: region {kind} {start:x} {end - start} f" for kind, start, end in regions]
    return outcome("\n".join([*lines, "probe: tsc exit-boot-services 1600 1700 tries 1", "probe: end"]))


def missed(measured):
    return [promise.name for promise in promises.promised(measured) if promise.value is not None and not promise.reached()]


class ServiceCosts(unittest.TestCase):
    TOLD = ["handles: at 100 AllocatePool 399", "handles: at 100 LocateHandle, for each handle 21",
            "handles: at 1000 LocateHandle, for each handle 20", "handles: at 1000 AllocatePool 400",
            "handles: at 10000 LocateHandle, for each handle 18", "handles: at 10000 AllocatePool 1000",
            "handles: at 10000 remove the last handles 7000"]

    def read(self, *lines):
        return services.read(services.Services("handles", "efilite"), outcome("\n".join(lines)))

    def test_the_worst_operation_counts(self):
        read = self.read(*self.TOLD, "handles: end")
        self.assertEqual(read.status, "ok")
        self.assertEqual(read.compared(), [("AllocatePool", [399, 400, 1000]), ("LocateHandle, for each handle", [21, 20, 18])])
        self.assertEqual(read.worst_percent(), 250)
        self.assertEqual(missed(Figures(services=[read])), ["cost among 10,000 handles, of that among 1,000"])

    def test_a_program_that_did_not_end_failed(self):
        read = self.read(*self.TOLD, "handles: failed: install 0x9")
        self.assertEqual(read.status, "failed: install 0x9")
        self.assertIn("  failed: install 0x9", report.service_costs(read))
        self.assertIn("ended before", self.read(*self.TOLD).status)

    def test_a_full_store_is_no_failure(self):
        read = self.read(*self.TOLD, "handles: full at 180", "handles: end")
        self.assertEqual((read.status, read.full), ("ok", 180))


class Growth(unittest.TestCase):
    def point(self, x, cost, status="ok"):
        at = Row("qboot", "q35", 2048, "kernel", "-kernel", status=status, initrd_mib=x, to_unpacked=cost)
        return growth.Point("initrd", "qboot", x, at)

    def test_one_machine_for_each_point_of_the_firmwares_that_were_asked_for(self):
        points = growth.plan(["disks"], ["efilite", "u-boot"])
        self.assertEqual([(point.line, point.x) for point in points if point.row.firmware == "u-boot"],
                         [("u-boot, from the first", count) for count in (1, 4, 16, 64)])
        self.assertEqual([point.row.disks for point in points if point.line == "efilite"], [0, 1, 4, 16, 64])

    def test_of_an_initrd_the_additional_cost_is_told(self):
        points = [self.point(1, 7000), self.point(8, 7500)]
        self.assertEqual([growth.told(point, points, "to_unpacked") for point in points], [0, 500])

    def test_amounts_of_ram_are_told_in_their_unit(self):
        self.assertEqual([report.amount(x, "MiB") for x in (512, 8192, 1 << 20)], ["512 MiB", "8 GiB", "1 TiB"])
        self.assertEqual(report.amount(64, ""), "64")

    def test_a_failed_point_tells_its_last_line(self):
        table = report.growth_table("initrd", [self.point(1, 7000), self.point(8, None, "failed: no room")])
        self.assertIn("failed", table[2])
        self.assertIn("  qboot q35 2048 MiB, initrd of 8 MiB, kernel by -kernel: failed: no room", table)


class Terminal(io.StringIO):
    def isatty(self):
        return True


class ProgressBar(unittest.TestCase):
    def told(self, out):
        bar = progress.Progress(2, out)
        bar.start("qboot pc")
        bar.done("qboot pc", "failed: no disk", 3)
        return out.getvalue()

    def test_a_terminal_has_a_bar_and_keeps_what_failed(self):
        told = self.told(Terminal())
        self.assertIn("[............] 0/2 0:00 qboot pc".replace("............", "." * progress.BAR), told)
        self.assertIn("==> qboot pc: failed: no disk\n", told)
        self.assertIn(f"[{'#' * (progress.BAR // 2)}{'.' * (progress.BAR // 2)}] 1/2", told)

    def test_elsewhere_each_machine_has_a_line(self):
        self.assertEqual(self.told(io.StringIO()), "==> [1/2] qboot pc: failed: no disk (3 s)\n")


class Json(unittest.TestCase):
    def test_what_was_written_is_read_again(self):
        read = services.read(services.Services("handles", "efilite"), outcome("\n".join([*ServiceCosts.TOLD, "handles: end"])))
        measured = Figures({"qemu": "7.2"}, {"efilite": 5}, [row()], growth.plan(["ram"], ["efilite"]), [read],
                           [reading.Reading("ovmf", costs={"file": {65536: 9}, "blocks": {65536: 1}})])
        with tempfile.TemporaryDirectory() as name:
            path = pathlib.Path(name) / "figures.json"
            figures.write(path, measured)
            again = figures.read(path)
        self.assertEqual(figures.document(again), figures.document(measured))
        self.assertEqual(again.services[0].counts(), [100, 1000, 10000])


class Timings(unittest.TestCase):
    def test_both_forms_are_read(self):
        self.assertEqual(measure.timings(outcome("timing: entry 5\ntiming: payload=9 copied=0\n")),
                         {"entry": 5, "payload": 9, "copied": 0})

    def test_an_unfinished_line_before_is_no_harm(self):
        self.assertEqual(measure.timings(outcome("Booting from c000:003ctiming: entry 5\n")), {"entry": 5})


class Logs(unittest.TestCase):
    LOG = ("SeaBIOS\nBooting from c000:003cefilite 0.1: x\ntiming: entry 1000\ntiming: unpacked-warm 1500\ntiming: payload 2000\n"
           "init: tsc 5\ntiming: exit-boot-services 3000\ninit: end\n")

    def test_efilites_own_lines_are_kept(self):
        self.assertEqual(measure.boot_log(outcome(self.LOG)), [
            "efilite 0.1: x", *(f"timing: {step}" for step in (
                "entry 1000", "unpacked-warm 1500", "payload 2000", "exit-boot-services 3000"))])
        self.assertEqual(measure.boot_log(outcome("SeaBIOS\n")), [])

    def test_what_is_unpacked_is_told_by_the_way_of_booting(self):
        self.assertEqual(measure.unpacked(measure.timings(outcome(self.LOG)), 1000), {"warm": 500})
        disk, module = row(kind="large"), row()
        disk.via, disk.unpacked = "disk", {"warm": 500_000}
        self.assertEqual(report.unpackings([disk, module]), ["  large by disk: warm after 0.500", "  nothing: probe by module"])
        self.assertEqual(report.unpackings([module]), [])


class Held(unittest.TestCase):
    def read(self, regions, **which):
        measured = row(**which)
        measure.read_probe(measured, probe(regions), 1000)
        return measured

    def test_all_usable_is_nothing_held(self):
        measured = self.read([("conventional", 0, 0xA0000), ("boot-data", MIB, 128 * MIB)])
        self.assertEqual((measured.held_bytes, measured.held_by_type), (0, {}))
        self.assertEqual((measured.to_payload, measured.to_exit_boot_services, measured.map_entries), (500, 700, 3))

    def test_what_no_entry_describes_is_held(self):
        measured = self.read([("conventional", 0, 0xA0000), ("loader-data", MIB, 127 * MIB)])
        self.assertEqual(measured.held_by_type, {"in no entry": MIB})

    def test_the_legacy_hole_and_what_is_no_ram_do_not_count(self):
        measured = self.read([("conventional", 0, 0x9F000), ("reserved", 0x9F000, MIB),
                              ("conventional", MIB, 128 * MIB), ("reserved", 0xB0000000, 0xC0000000)])
        self.assertEqual(measured.held_by_type, {"reserved": 4 * KIB})

    def test_ram_above_4_gib_counts(self):
        measured = self.read([("conventional", 0, 0xA0000), ("conventional", MIB, 2048 * MIB),
                              ("conventional", 4096 * MIB, 8191 * MIB), ("runtime-data", 8191 * MIB, 8192 * MIB)],
                             memory_mib=6144)
        self.assertEqual((measured.held_bytes, measured.held_by_type), (MIB, {"runtime-data": MIB}))

    def test_a_tebibyte_lies_behind_the_addresses_below_1_tib(self):
        gib = 1 << 30
        self.assertEqual(machine.ram_ranges("q35", 960 * 1024), [(0, 2 * gib), (4 * gib, 962 * gib)])
        self.assertEqual(machine.ram_ranges("q35", 1024 * 1024), [(0, 2 * gib), (1024 * gib, 2046 * gib)])
        self.assertEqual((machine.cpu(960 * 1024), machine.cpu(1024 * 1024)), (machine.CPU, machine.CPU + ",phys-bits=42"))

    def test_a_kernel_tells_by_iomem(self):
        text = "\n".join(["init: tsc 9000", "init: efi 1", "init: memory MemTotal:   100 kB", "init: log efi: mem00: x",
                          "init: log efi: mem00: what is kept", "init: log efi: memattr: y",
                          "init: iomem 00000000-0009ffff : System RAM", "init: iomem 00100000-07efffff : System RAM",
                          "init: iomem   01000000-01ffffff : Kernel code", "init: end"])
        measured = row(kind="kernel")
        measure.read_init(measured, outcome(text), 1000)
        self.assertEqual((measured.held_bytes, measured.to_init, measured.map_entries), (MIB, 8000, 1))
        self.assertEqual((measured.os_memory_kib, measured.notes), (100, []))


class Marks(unittest.TestCase):
    def checked(self, told, counted):
        measured = row()
        measured.to_payload = told
        measure.check_marks(measured, outcome("", {"entry": 1000, "payload": 1000 + counted}), {})
        return measured

    def test_the_plugin_fills_in_what_nobody_told(self):
        self.assertEqual(self.checked(None, 77).to_payload, 77)

    def test_a_flattering_firmware_is_told_on(self):
        self.assertEqual(self.checked(500_000, 500_100).notes, [])
        self.assertEqual(len(self.checked(250_000, 255_000).notes), 1)


class Shares(unittest.TestCase):
    def share(self, firmware, *points):
        measured = Row(firmware, "q35", 512, "kernel", "module", to_init=1_000_000, to_kernel=30_000)
        measure.tell_share(measured, list(points))
        return measured.by_firmware, measured.firmware_percent

    def test_efilites_is_what_its_code_runs_until_init(self):
        self.assertEqual(self.share("efilite", ("entry", (7000, 0, 100)), ("init", (1_007_000, 5, 20_100))), (20_000, 2.0408))
        self.assertEqual(self.share("efilite", ("entry", (7000,)), ("init", (1_007_000,))), (None, None))

    def test_another_firmwares_is_at_least_what_came_before_the_kernel(self):
        self.assertEqual(self.share("ovmf", ("kernel", (30_000,)), ("init", (1_000_000,))), (30_000, 3.0928))

    def test_more_than_a_hundredth_misses_the_figure(self):
        measured = row(kind="kernel")
        measured.by_firmware, measured.firmware_percent = 20_000, 1.01
        self.assertEqual(missed(Figures(rows=[measured])), ["to init, more than the kernel's own instructions"])

    def test_runtime_services_are_known_where_they_are_copied_to(self):
        text = "0000000000100280 T runtime_start\n0000000000100300 0000000000000010 t a\n0000000000140000 0000000000000020 t b\n"
        self.assertEqual(symbols.whole(text), (0x100300, 0x140020))
        self.assertEqual(symbols.address(text, "runtime_start"), 0x100280)
        with self.assertRaises(ValueError):
            symbols.address(text, "runtime_end")


class Disks(unittest.TestCase):
    TRACE = "\n".join(["virtio_set_status vdev 0x55d0 val 0", "virtio_set_status vdev 0x55d8 val 0", "virtio_set_status vdev 0x55d8 val 1",
                       "virtio_set_status vdev 0x55d8 val 15", "virtio_set_status vdev 0x55e0 val 3"])

    def test_a_reset_touches_no_disk(self):
        self.assertEqual(disks.touched(self.TRACE), 2)
        self.assertEqual(disks.touched(""), 0)

    def test_eight_disks_share_a_slot(self):
        devices = [word for word in disks.arguments("q35", "/a,b", 64) if word.startswith("virtio-blk-pci")]
        self.assertEqual(len(devices), 64)
        self.assertEqual(devices[9], "virtio-blk-pci,drive=d9,bus=p17,addr=0.1,multifunction=on")
        self.assertNotIn("d0,format=raw", " ".join(disks.arguments("q35", None, 1)))
        self.assertIn("if=none,id=d0,format=raw,snapshot=on,file=/a,,b", disks.arguments("pc", "/a,b", 64))

    def test_more_than_one_disk_touched_misses_the_figure(self):
        measured = row(kind="large")
        measured.via, measured.disks, measured.to_payload, measured.touched_disks = "disk", 64, 900_000, 64
        self.assertEqual(missed(Figures(rows=[measured])), ["of 64 disks, those that a driver has been at"])


class Readings(unittest.TestCase):
    TOLD = ["reader: by file in chunks of 65536 9000000", "reader: by blocks in chunks of 65536 1000000"]

    def test_the_file_is_compared_with_its_blocks_and_with_another_firmware(self):
        read = reading.read("efilite", outcome("\n".join([*self.TOLD, "reader: end"])))
        self.assertEqual(read.costs, {"file": {65536: 9000000}, "blocks": {65536: 1000000}})
        self.assertEqual(read.percent(), {65536: 900})
        slow = reading.Reading("ovmf", costs={"file": {65536: 90000000}})
        self.assertEqual(read.file_percent_of(slow), {65536: 10})

    def test_a_program_that_did_not_end_failed(self):
        self.assertIn("ended before", reading.read("ovmf", outcome("\n".join(self.TOLD))).status)
        self.assertEqual(reading.read("ovmf", outcome("reader: failed: Open e")).status, "failed: Open e")


class GuestsOfXen(unittest.TestCase):
    SYMBOLS = """\
0000000000120000 0000000000000100 t efilite::drivers::xen::BlockFront::read()
0000000000120108 0000000000000010 T efilite::drivers::xen::Hypercalls::call()
0000000000130000 0000000000000020 t efilite::drivers::xen::GrantTable::end()
0000000000140000 0000000000000020 r efilite::drivers::xen::kName
0000000000120200 0000000000000020 t efilite::core::Disk::read(efilite::drivers::xen::BlockFront&)
"""
    LINES = ["reader: by file in chunks of 65536 9", "reader: by blocks in chunks of 65536 9"]
    MARKS = ["mark: point-1 100 10", "mark: point-2 1600 910", "mark: point-1 2000 1000", "mark: point-2 3200 2000"]

    def read(self, lines, marks):
        return xen.read(machine.Outcome("\n".join(lines), {}, 1, 1, "", points=machine.points("\n".join(marks))))

    def test_the_ring_is_its_functions(self):
        self.assertEqual(symbols.ranges(self.SYMBOLS, xen.RING), [(0x120000, 0x120118), (0x130000, 0x130020)])
        self.assertEqual(symbols.as_option([(16, 255), (256, 4096)]), "count=10-ff:100-1000")

    def test_what_a_guest_said_is_picked_from_xens_console(self):
        self.assertEqual(xen.said("(XEN) Xen\n(d1) probe: end\ndom0 (d1)\n(d1) x\n"), "probe: end\nx")

    def test_the_whole_of_a_file_is_compared_with_the_ring_for_its_blocks(self):
        found = self.read([*self.LINES, "reader: end"], self.MARKS)
        self.assertEqual(found.costs, {"file": {65536: (1500, 900)}, "blocks": {65536: (1200, 1000)}})
        self.assertEqual(found.percent(), {65536: 150})
        self.assertTrue(promises.xen_promises([], found)[-1].reached())

    def test_a_program_that_did_not_end_failed(self):
        for lines, marks in [(self.LINES, self.MARKS), ([*self.LINES, "reader: end"], self.MARKS[:3]), (["reader: end"], [])]:
            found = self.read(lines, marks)
            self.assertIn("ended before", found.status)
            self.assertFalse(promises.xen_promises([], found)[-1].reached())

    def test_an_entry_that_takes_too_long_misses_the_figure(self):
        measured = row(board="xen", kind="kernel")
        measured.to_payload = measured.to_kernel = 1_500_000
        self.assertEqual(missed(Figures(rows=[measured])), ["on Xen, PVH entry to the entry of a module"])


class Failures(unittest.TestCase):
    def test_a_failed_row_shows_why_and_fails_no_figure(self):
        failed = row()
        failed.status = "failed: the last line"
        self.assertIn("failed: the last line", report.table([failed]))
        first = promises.promised(Figures(rows=[failed]))[0]
        self.assertIsNone(first.value)
        self.assertFalse(first.reached())

    def test_the_console_has_the_last_word(self):
        with tempfile.TemporaryDirectory() as name:
            directory = pathlib.Path(name)
            self.assertEqual(machine.last_line(directory), "not a word was said")
            (directory / "debug").write_text("firmware\n")
            (directory / "serial").write_text("\x1b[2J\x1b[01;01HBdsDxe: no boot\r\n\r\n")
            self.assertEqual(machine.last_line(directory), "BdsDxe: no boot")

    def test_only_efi_programs_are_payloads(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(bytes(512))
            file.flush()
            with self.assertRaises(SystemExit), contextlib.redirect_stderr(io.StringIO()):
                payload.pe_entry(file.name)


unittest.main()
