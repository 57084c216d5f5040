# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What docs/ and the README have of the figures: nothing there is written by hand.

`write` makes docs/bench/figures.json, the plots beside it, and the part of the README between two marks; `stale` tells what of these
is not what the JSON file gives."""
import pathlib
import subprocess
import tempfile
import textwrap

import figures as figures_file
import growth
import machine
import plots
import promises
import report

BEGIN = "<!-- From here to the end of the section everything is made by ./bench --write-docs of docs/bench/figures.json. -->\n"
END = "<!-- The end of what ./bench --write-docs makes. -->\n"
REPO = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = "docs/bench"
NONE = "–"


def millions(value):
    return NONE if value is None else f"{report.millions(value)} million"


def paragraph(*words):
    return textwrap.fill(" ".join(words), 138, break_long_words=False, break_on_hyphens=False) + "\n"


def reason(row):
    """Why it failed, as short as a cell of a table wants it."""
    return row.status.replace("|", "/")


def of(row, told, *fields):
    """What the row has, if it has all of that."""
    if row is None:
        return NONE
    if row.status != "ok":
        return reason(row)
    return NONE if any(getattr(row, field) is None for field in fields) else told(*(getattr(row, field) for field in fields))


def table(head, rows):
    lines = [["", *head], ["---"] * (len(head) + 1), *rows]
    return "".join("| " + " | ".join(cells) + " |\n" for cells in lines)


def row(figures, *which, **more):
    try:
        return figures.row(*which, **({"entry": "", "disks": 1 if which[4] == "disk" else 0} | more))
    except LookupError:
        return None


FIRMWARES = ("efilite", "ovmf", "u-boot", "seabios", "qboot")


def kernels(figures):
    """Debian's kernel, by each way that a firmware has to start it."""
    ukis = [row(figures, "efilite", "q35", 512, "uki", "module"), row(figures, "ovmf", "q35", 512, "uki", "-kernel"),
            row(figures, "u-boot", "pc", 512, "uki", "disk"), row(figures, "seabios", "q35", 512, "uki", "disk"), None]
    images = [row(figures, "efilite", "q35", 512, "kernel", "module"), row(figures, "ovmf", "q35", 512, "kernel", "-kernel"), None,
              *(row(figures, name, "q35", 512, "kernel", "-kernel") for name in FIRMWARES[3:])]
    packed = [row(figures, "efilite", "q35", 512, "kernel", "module", entry="linux"), None, None, *images[3:]]
    elves = [row(figures, "efilite", "q35", 512, "vmlinux", "module"), None, None,
             *(row(figures, name, "q35", 512, "vmlinux", "-kernel") for name in FIRMWARES[3:])]

    def adding(value, share):
        return f"{millions(value)}, {report.share(share)}"

    def left(value, other):
        return millions(value - other)

    def waiting(value, wait):
        return millions(value) + (f", of which {report.millions(wait)} wait" if wait and wait > value / 20 else "")
    lines = [
        ("to the first instruction of a UKI", [of(each, waiting, "to_payload", "waiting") for each in ukis]),
        ("to the first one of the kernel in it", [of(each, millions, "to_kernel") for each in ukis]),
        ("to the first one of a kernel by itself", [of(each, millions, "to_kernel") for each in images]),
        ("to its 32- or 64-bit entry, without EFI", [of(each, millions, "to_startup") for each in packed]),
        ("to the PVH entry of the ELF file in it", [of(each, millions, "to_payload") for each in elves]),
        ("to init, by that kernel", [of(each, millions, "to_init") for each in images]),
        ("the kernel's own share of that", [of(each, left, "to_init", "by_firmware") for each in images]),
        ("what the firmware adds to it", [of(each, adding, "by_firmware", "firmware_percent") for each in images]),
        ("QEMU's CPU time for that, counting included", [of(each, "{:.1f} s".format, "cpu_seconds") for each in images]),
        ("RAM that the kernel is not handed", [of(each, report.size, "handed_over_bytes") for each in images]),
        ("RAM that cannot be used after init", [of(each, report.size, "held_bytes") for each in images]),
        ("entries of the memory map, EFI's or e820", [of(each, str, "map_entries") for each in images]),
        ("the firmware's file", [report.size(figures.file_bytes[name]) for name in FIRMWARES]),
    ]
    return table(["efilite", "OVMF", "U-Boot", "SeaBIOS", "qboot"], [[name, *cells] for name, cells in lines])


def disks(figures):
    boards = (("efilite", "q35"), ("ovmf", "q35"), ("u-boot", "pc"))
    alone = [row(figures, name, board, 512, "large", "disk") for name, board in boards]
    first = [row(figures, name, board, 512, "large", "disk", disks=64) for name, board in boards]
    readings = [next(each for each in figures.readings if each.firmware == name) for name, _ in boards]

    def cost(each, chunk):
        return millions(each.costs["file"][chunk]) if each.status == "ok" else reason(each)

    def shares(each):
        if each.status != "ok":
            return reason(each)
        percent = each.percent().values()
        return f"{min(percent):,} to {max(percent):,} %"
    chunks = sorted(next(each for each in readings if each.status == "ok").costs["file"])
    lines = [("to the program's first instruction", [of(each, millions, "to_payload") for each in alone]),
             ("of which wait for time to pass", [of(each, millions, "waiting") for each in alone]),
             ("the same when the disk is the first of 64", [of(each, millions, "to_payload") for each in first]),
             ("disks that a driver has been at then", [of(each, str, "touched_disks") for each in first])]
    lines += [(f"reading the file in chunks of {report.size(chunk)}", [cost(each, chunk) for each in readings]) for chunk in chunks]
    lines.append(("of reading its blocks by BlockIo in the same chunks", [shares(each) for each in readings]))
    return table(["efilite", "OVMF", "U-Boot"], [[name, *cells] for name, cells in lines])


def span(figures, name, label):
    """The least and the most of a line that grows."""
    values = [point.row.to_payload for point in figures.growth if (point.series, point.line) == (name, label)]
    return f"{report.millions(min(values))} to {millions(max(values))}" if values and None not in values else "(failed)"


def growing(figures):
    series, measured = growth.SERIES["ram"], growth.measured_at("ram", figures.growth)
    least, most = (report.amount(x, series.unit) for x in (measured[0], measured[-1]))
    more = ["1 TiB is more than fits into the 40 bits of address that QEMU's emulated processor has beside PCI's windows: there it has 42."
            ] if measured[-1] > machine.MOST_OF_40_BITS else []
    return paragraph(
        f"From {least} to {most} of RAM efilite takes {span(figures, 'ram', 'efilite')} instructions to its program, with 1 to 64",
        f"processors {span(figures, 'cpus', 'efilite')}, beside 0 to 64 disks {span(figures, 'disks', 'efilite')}, and from the first of",
        f"1 to 64 disks {span(figures, 'disks', 'efilite, from the first')}.", *more)


def hand_offs(figures):
    def own(each):
        return each.to_payload - (each.copying or 0)
    zero_page = row(figures, "efilite", "q35", 512, "kernel", "module", entry="linux")
    parts = []
    if zero_page and zero_page.status == "ok":
        parts.append(paragraph("A bzImage is entered by the zero page, with `efilite.entry=linux`, after",
                               millions(own(zero_page)), "instructions beyond copying."))
    lines = []
    for board, name in (("q35", "q35"), ("microvm", "microvm"), ("microvm-acpi-off", "microvm without ACPI")):
        mine, bare = row(figures, "efilite", board, 512, "vmlinux", "module"), row(figures, "qboot", board, 512, "vmlinux", "-kernel")
        if mine and bare and mine.status == bare.status == "ok":
            lines.append([name, millions(bare.to_payload), millions(own(mine)), f"{own(mine) / bare.to_payload:.1f}",
                          f"{promises.more_than(mine, bare):+.2f} %"])
    if lines:
        parts.append("An ELF kernel by PVH, beside qboot, which does nothing else:\n\n" + table(
            ["qboot, reset to the kernel", "efilite's own share, beyond copying", "ratio", "efilite's own share and the kernel's to init, "
             "of the kernel's by qboot"], lines))
    return "\n".join(parts)


def xen(figures):
    guest, found = row(figures, "efilite", "xen", 512, "kernel", "module"), figures.xen_reading
    if guest.status != "ok" or found.status != "ok":
        return paragraph("In a guest of Xen:", guest.status, found.status)
    few, many = min(found.costs["file"]), max(found.costs["file"])
    whole, ring = ([report.millions(found.costs["file"][chunk][which]) for chunk in (few, many)] for which in (0, 1))
    return paragraph(
        "In a guest of Xen the processor is shared with Xen and dom0; a QEMU plugin tells the guest's own instructions by their addresses.",
        f"From PVH entry to the EFI entry of Debian's kernel they are {millions(guest.to_kernel)}, of which",
        f"{report.millions(guest.copying)} copy and clear memory: the emulated processor has no AVX there, which QEMU's SVM does not keep",
        "for a guest.",
        f"{report.size(guest.held_bytes)} of RAM are held. Reading the file of 64 MiB from Xen's virtual disk takes {whole[0]} million in",
        f"chunks of {report.size(few)}, {whole[1]} million in one piece; ring, grants and event channels take {ring[0]} and",
        f"{ring[1]} million of these.")


def services(figures):
    handles, variables = (figures.service(program, "efilite") for program in ("handles", "variables"))
    locate, install = (handles.costs[name] for name in ("HandleProtocol", "install a handle with 4 protocols"))
    get = variables.costs["GetVariable"]
    most, few = max(locate), min(locate)
    return paragraph(
        f"Among {most:,} handles with four protocols each HandleProtocol takes {locate[most]:,} instructions, among {few:,} it takes",
        f"{locate[few]:,}; installing one takes {install[most]:,} and {install[few]:,}. GetVariable takes {get[min(get)]:,} among",
        f"{min(get):,} variables and {get[max(get)]:,} among {max(get):,}; {variables.full or max(get):,} small ones find a place.")


def memory(figures):
    if plots.memory_maps(figures) is None:
        return []
    mine, theirs = (plots.row_of(figures, plots.PROGRAM[name]) for name in ("efilite", "ovmf"))
    return [paragraph(f"What a program finds in EFI's memory map: {mine.map_entries} entries by efilite, {theirs.map_entries} by OVMF;",
                      f"{report.size(mine.held_bytes)} and {report.size(theirs.held_bytes)} of RAM are withheld from an OS:"),
            plot("memory", "EFI's memory maps of efilite and OVMF")]


def logged(figures):
    return next((each for each in figures.rows if each.is_logged() and each.boot_log), None)


def timeline(figures):
    if logged(figures) is None:
        return []
    return [paragraph("Where the time of that boot goes, as `efilite report` draws [its log](docs/bench/boot.log); an instruction takes a",
                      "nanosecond:"),
            plot("boot", "The steps of a boot, by efilite report")]


def unpacked(figures):
    """What is packed in the firmware's file, and who comes to it."""
    mine = [each for each in figures.rows if each.firmware == "efilite" and each.status == "ok" and each.board != "xen"]
    if not any(each.unpacked for each in mine):
        return []
    parts = dict.fromkeys(part for each in mine for part in each.unpacked)

    def comes(part, rows):
        return f"{sum(part in each.unpacked for each in rows)} of {len(rows)}"
    disk, others = ([each for each in mine if (each.via == "disk") == is_disk] for is_disk in (True, False))
    told = "; ".join(f"{part} in {comes(part, others)} boots from modules and fw_cfg, in {comes(part, disk)} from disks" for part in parts)
    return [paragraph("Code that such a boot does not need is packed in the file, and unpacked when somebody comes to it:", told + ".")]


def plot(name, words):
    return f"![{words}]({FOLDER}/{name}.svg)\n"


def section(figures):
    about = figures.about
    return "\n".join([
        paragraph("`./bench` counts guest instructions, which come out the same on every run. These are of QEMU", about["qemu"],
                  "without KVM,",
                  "q35 (U-Boot: pc), with 512 MiB and one processor;",
                  f"{about['ovmf']}, {about['u-boot']}, {about['seabios']}, {about['qboot']}.",
                  "[figures.json](docs/bench/figures.json) has all of them,",
                  "`./bench --from docs/bench/figures.json` prints them as tables."),
        plot("boots", "What a boot costs, by firmware"),
        paragraph(f"Debian's {about['kernel'].removeprefix('linux-')} kernel, in instructions from power-on; efilite's are counted from",
                  "its PVH entry, which QEMU's own SeaBIOS or qboot comes before:"),
        kernels(figures),
        paragraph("What a firmware adds is all that its code runs until init, boot services for the kernel's stub and runtime services",
                  "among it; of others than efilite it is what came before the kernel, which is the least. SeaBIOS and qboot start",
                  "kernels and no EFI programs. U-Boot's loader leaves SSE off, which systemd's stub uses."),
        *timeline(figures),
        *unpacked(figures),
        *memory(figures),
        hand_offs(figures),
        paragraph("From a virtio disk with a GPT, a program of a UKI's size on the EFI system partition, and a file of 64 MiB by",
                  "SimpleFileSystem:"),
        disks(figures),
        paragraph("A disk takes as long as the host's does, and a firmware that polls it counts that, too. So a QEMU plugin",
                  "(`tests/bench/settle.cpp`) lets the processor, and its clock, stand still after a write to a device until QEMU has",
                  "nothing left to do; then every run gives the same figures. Nothing is taken off for copying: a device puts the bytes",
                  "where they belong."),
        growing(figures),
        plot("ram", "How a boot's costs grow with RAM"),
        plot("machines", "How a boot's costs grow with processors, disks and the initrd"),
        services(figures),
        plot("services", "What services cost among many handles and variables"),
        xen(figures)]) + "\n"


def files(figures):
    made = {f"{FOLDER}/{name}.svg": make(figures) for name, make in plots.PLOTS.items()}
    if (row := logged(figures)) is not None:
        log = "".join(line + "\n" for line in row.boot_log)
        made |= {f"{FOLDER}/boot.log": log, f"{FOLDER}/boot.svg": drawn(log)}
    return {name: content for name, content in made.items() if content}


def drawn(log):
    """By `efilite report`; nothing when it has not been built."""
    programs = [path for path in (REPO / "build/tools/efilite", REPO / "build/host/efilite") if path.exists()]
    if not programs:
        return ""
    newest = max(programs, key=lambda path: path.stat().st_mtime)
    with tempfile.TemporaryDirectory() as folder:
        picture = pathlib.Path(folder) / "boot.svg"
        done = subprocess.run([newest, "report", "-", "--output", picture], input=log.encode(), capture_output=True, check=False)
        if done.returncode:
            raise SystemExit(f"bench: {done.stderr.decode(errors='replace').strip()}")
        return picture.read_text(encoding="utf-8")


def with_section(readme, figures):
    try:
        before, rest = readme.split(BEGIN)
        after = rest.split(END)[1]
    except (ValueError, IndexError):
        raise SystemExit("bench: the README has lost the marks between which the figures stand") from None
    return f"{before}{BEGIN}\n{section(figures)}{END}{after}"


def write(repo, figures):
    readme = repo / "README.md"
    (repo / FOLDER).mkdir(exist_ok=True)
    made = files(figures)
    if logged(figures) is not None and f"{FOLDER}/boot.svg" not in made:
        raise SystemExit("bench: the picture of a boot is drawn by build/tools/efilite, which is not there: ./run --build makes it")
    made |= {"README.md": with_section(readme.read_text(encoding="utf-8"), figures)}
    figures_file.write(repo / FOLDER / "figures.json", figures)
    for name, content in made.items():
        (repo / name).write_text(content, encoding="utf-8")


def stale(repo):
    """The files that do not say what figures.json says."""
    figures = figures_file.read(repo / FOLDER / "figures.json")
    readme = repo / "README.md"
    expected = files(figures) | {"README.md": with_section(readme.read_text(encoding="utf-8"), figures)}

    def has(path, content):
        return path.exists() and path.read_text(encoding="utf-8") == content
    return [name for name, content in expected.items() if not has(repo / name, content)]
