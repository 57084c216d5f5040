# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The picture of EFI's memory maps: what two firmwares hand to the same program on the same machine, entry by entry."""
import measure
import report
import svg

WIDE, MARGIN = 860, 24
LINE, CELL = 34, 24  # of a line of entries, and of an entry in it
ROW = 18  # of the table
NO_RAM = "no-RAM"
# type: (light, dark). What an OS does not get back is warm, all else is cool.
TYPES = {"conventional": ("#8fb8de", "#2f5f8f"), "loader-code": ("#3f7fbf", "#6fa8dc"), "loader-data": ("#5aa39a", "#3d8077"),
         "boot-code": ("#7c9a3e", "#7f9c46"), "boot-data": ("#b9cf8a", "#56692f"), "runtime-code": ("#b3124d", "#ff7aa8"),
         "runtime-data": ("#e0559a", "#d0447f"), "acpi-reclaim": ("#e08a1e", "#e0a04a"), "acpi-nvs": ("#8a5800", "#b98a3e"),
         "reserved": ("#6a1b9a", "#b883dc"), NO_RAM: ("#c8ccd1", "#4a5058")}
UNKNOWN = "reserved"


class Map:
    def __init__(self, row):
        self.row = row
        self.entries = [self.entry(text) for text in row.memory_map]

    def entry(self, text):
        start, size, kind = text.split()
        start, size = int(start, 16), int(size)
        return start, size, kind if self.ram(start, size) else NO_RAM

    def ram(self, start, size):
        return measure.within(start, start + size, measure.ram_without_hole(self.row))

    def of_type(self, kind):
        """How many, and how much of RAM that is: an entry may hold the legacy hole, too."""
        sizes = [size if kind == NO_RAM else self.ram(start, size) for start, size, own in self.entries if own == kind]
        return f"{len(sizes)}, {report.size(sum(sizes))}" if sizes else "-"


def width(size):
    """By the logarithm: a page is seen beside all the rest."""
    return 5 + 4 * (size // 4096).bit_length()


def name_of(kind):
    return kind if kind in TYPES else UNKNOWN


def is_held(kind):
    return kind not in measure.USABLE and kind != NO_RAM


def cell(x, y, start, size, kind):
    # What is held is as high as the line; so it is seen without colours, too.
    high = CELL if is_held(kind) else CELL // 2
    box = f"x='{x}' y='{y + CELL - high}' width='{width(size) - 1}' height='{high}'"
    return f"<rect class='{name_of(kind)}' {box} fill='currentColor'><title>{start:#x}: {kind}, {report.size(size)}</title></rect>"


def cells(one, y):
    """The entries, in lines as words are, and where the next thing may stand."""
    parts, x = [], MARGIN
    for start, size, kind in one.entries:
        if x + width(size) > WIDE - MARGIN:
            x, y = MARGIN, y + LINE
        parts.append(cell(x, y, start, size, kind))
        x += width(size)
    return parts, y + LINE


def draw(rows):
    maps = [Map(row) for row in rows]
    parts, y = [], 40
    for one in maps:
        row = one.row
        parts.append(svg.text(MARGIN, y, f"{row.firmware}: {row.map_entries} entries, {report.size(row.held_bytes)} of RAM withheld",
                              "start", " font-weight='bold'"))
        more, y = cells(one, y + 12)
        parts += more
        y += 24
    columns = (MARGIN + 20, MARGIN + 260, MARGIN + 440)
    parts += [svg.text(x, y, words, "start", " class='dim'") for x, words in zip(columns, (
        "type", *(f"{one.row.firmware}: entries, size" for one in maps)))]
    for kind in TYPES:
        y += ROW
        high = 12 if is_held(kind) else 6
        parts.append(f"<rect class='{kind}' x='{MARGIN}' y='{y + 1 - high}' width='12' height='{high}' fill='currentColor'/>")
        words = kind + (" (withheld)" if is_held(kind) else "")
        parts += [svg.text(x, y, cell_words, "start") for x, cell_words in zip(columns, (words, *(one.of_type(kind) for one in maps)))]
    return svg.page("EFI's memory map, by firmware", parts, WIDE, y + 44, TYPES,
                    "In the order of addresses; widths by the logarithm of sizes. High: the OS does not get it back.")
