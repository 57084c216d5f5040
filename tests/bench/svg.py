# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Plots as SVG: panels with lines, or with dots in rows. The same figures give the same file, byte for byte.

The text and what is drawn have colours for a light and for a dark page; a viewer that knows neither sees the light one, background
and all. What belongs together has a colour and a shape of its own, so that nobody has to tell colours apart."""
import dataclasses
import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 420, 300  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 66, 22, 40, 46
COLUMNS = 2
LEGEND = 30
HALF_A_LETTER = 3.2  # below an axis
SMALL = " font-size='10.5'"
FONT = "font-family='system-ui, sans-serif' font-size='12'"
# name: (light, dark, shape)
KINDS = {"efilite": ("#b3124d", "#ff7aa8", "circle"), "ovmf": ("#1257a8", "#74b4ff", "square"), "u-boot": ("#8a5800", "#e3ad55", "diamond"),
         "seabios": ("#23702a", "#7fd287", "triangle"), "qboot": ("#6a1b9a", "#cc9af2", "cross")}
SHAPES = {"circle": "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0Z", "square": "M-4-4H4V4H-4Z", "diamond": "M0-5.5L5.5 0L0 5.5L-5.5 0Z",
          "triangle": "M0-5L5 4H-5Z", "cross": "M-5-2H-2V-5H2V-2H5V2H2V5H-2V2H-5Z"}
SI = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
IEC = ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


@dataclasses.dataclass
class Line:
    kind: str  # of KINDS
    points: list  # (x, y); y None: there it failed
    dashed: bool = False


@dataclasses.dataclass
class Lines:
    title: str
    x_title: str
    y_title: str
    x_ticks: list  # (x, text)
    lines: list
    is_log: bool = True
    units: tuple = SI


@dataclasses.dataclass
class Dots:
    """One row for each kind: a full dot, and a hollow one for a part of it."""
    title: str
    x_title: str
    rows: list  # (kind, text, value, part of it or None)
    units: tuple = SI
    is_log: bool = True


def number(value, units):
    for size, name in units:
        if value >= size:
            return f"{value / size:.3g} {name}"
    return f"{value:.3g}"


def coordinate(value):
    return f"{value:.1f}".removesuffix(".0")


class Scale:
    """Where a value stands between two ends: by its logarithm, with steps of a power of `base`, or as it is."""

    def __init__(self, values, start, end, is_log, base=10):
        self.is_log, self.start, self.end = is_log, start, end
        if is_log:
            self.low = math.floor(math.log(max(1, min(values)), base) + 1e-9)
            self.high = max(self.low + 1, math.ceil(math.log(max(1, *values), base) - 1e-9))
            every = -(-(self.high - self.low) // 7)
            self.ticks = [base ** power for power in range(self.low, self.high + 1, every)]
            self.base = base
        else:
            self.low, top = 0, max(1, *values)
            step = 10 ** math.floor(math.log10(top))
            step = next(part for part in (step / 5, step / 2, step, 2 * step) if top / part <= 6)
            self.high = math.ceil(top / step) * step
            self.ticks = [step * index for index in range(round(self.high / step) + 1)]

    def at(self, value):
        place = math.log(max(value, self.base ** self.low), self.base) if self.is_log else value
        return self.start + (self.end - self.start) * (place - self.low) / (self.high - self.low)


def mark(kind, x, y, is_full=True):
    x, y = coordinate(x), coordinate(y)
    classes, how = (kind, "fill='currentColor'") if is_full else (f"{kind} hollow", "stroke='currentColor' stroke-width='1.5'")
    return f"<path class='{classes}' transform='translate({x} {y})' d='{SHAPES[KINDS[kind][2]]}' {how}/>"


def failure(kind, x, y):
    return f"<path class='{kind}' d='M{coordinate(x - 4)} {coordinate(y - 4)}l8 8m0-8l-8 8' stroke='currentColor' stroke-width='2'/>"


def text(x, y, words, anchor="middle", more=""):
    return f"<text x='{coordinate(x)}' y='{coordinate(y)}' text-anchor='{anchor}'{more}>{escape(words)}</text>"


def grid(x1, y1, x2, y2):
    return f"<path class='grid' d='M{coordinate(x1)} {coordinate(y1)}L{coordinate(x2)} {coordinate(y2)}'/>"


def titles(panel, y_title=""):
    unit = f"<tspan class='dim' font-weight='normal' dx='8'>{escape(y_title)}</tspan>" if y_title else ""
    return [f"<text x='{LEFT}' y='24' font-weight='bold'>{escape(panel.title)}{unit}</text>",
            text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, panel.x_title, more=" class='dim'")]


def readable(places):
    """Of (place, words) in order those whose words do not run into the ones behind; the last always has its own."""
    kept = []
    for place, words in reversed(places):
        if not kept or kept[-1][0] - place >= (len(kept[-1][1]) + len(words)) * HALF_A_LETTER + 6:
            kept.append((place, words))
    return kept[::-1]


def lines(panel):
    bottom = HEIGHT - BOTTOM
    # Zero has no logarithm and stands a step before the smallest.
    smallest = min(x for x, _ in panel.x_ticks if x)
    spread = {x: math.log2(x) if x else math.log2(smallest) - 1 for x, _ in panel.x_ticks}
    first, last = min(spread.values()), max(spread.values())
    across = {x: LEFT + 10 + (WIDTH - LEFT - RIGHT - 20) * (place - first) / ((last - first) or 1) for x, place in spread.items()}
    values = [y for line in panel.lines for _, y in line.points if y is not None]
    up = Scale(values or [1], bottom, TOP, panel.is_log, 10 if panel.units is SI else 4)
    parts = titles(panel, panel.y_title)
    for tick in up.ticks:
        parts += [grid(LEFT, up.at(tick), WIDTH - RIGHT, up.at(tick)), text(LEFT - 6, up.at(tick) + 4, number(tick, panel.units), "end")]
    parts += [grid(across[x], bottom, across[x], bottom + 4) for x, _ in panel.x_ticks]
    parts += [text(x, bottom + 17, words, more=SMALL) for x, words in readable([(across[x], words) for x, words in panel.x_ticks])]
    for line in panel.lines:
        drawn = [(across[x], up.at(y)) for x, y in line.points if y is not None]
        if drawn:
            way = "L".join(f"{coordinate(x)} {coordinate(y)}" for x, y in drawn)
            dashes = " stroke-dasharray='5 4'" if line.dashed else ""
            parts.append(f"<path class='{line.kind}' d='M{way}' fill='none' stroke='currentColor' stroke-width='1.8'{dashes}/>")
        parts += [mark(line.kind, x, y, not line.dashed) for x, y in drawn]
        parts += [failure(line.kind, across[x], TOP + 4) for x, y in line.points if y is None]
    return parts


def dots(panel):
    bottom = HEIGHT - BOTTOM
    values = [value for _, _, *both in panel.rows for value in both if value is not None]
    along = Scale(values or [1], LEFT + 8, WIDTH - RIGHT - 40, panel.is_log, 10 if panel.units is SI else 4)
    parts = titles(panel)
    for tick in along.ticks:
        parts += [grid(along.at(tick), TOP - 8, along.at(tick), bottom),
                  text(along.at(tick), bottom + 17, number(tick, panel.units), more=SMALL)]
    for index, (kind, words, value, part) in enumerate(panel.rows):
        y = TOP + 8 + (bottom - TOP - 16) * (index + 0.5) / len(panel.rows)
        parts.append(text(LEFT - 8, y + 4, kind, "end"))
        if value is None:
            parts += [failure(kind, LEFT + 8, y), text(LEFT + 20, y + 4, words, "start")]
            continue
        if part is not None:
            way = f"M{coordinate(along.at(part))} {coordinate(y)}H{coordinate(along.at(value))}"
            parts += [f"<path class='{kind}' d='{way}' stroke='currentColor'/>", mark(kind, along.at(part), y, False)]
        parts += [mark(kind, along.at(value), y), text(along.at(value) + 9, y + 4, words, "start")]
    return parts


def style(kinds):
    def colours(which):
        return "".join(f".{kind}{{color:{both[which]}}}" for kind, both in kinds.items())
    light = ".page{fill:#ffffff;stroke:#d0d7de}text{fill:#1f2328}text.dim,.dim{fill:#59636e}.grid{stroke:#d0d7de}.hollow{fill:#ffffff}"
    dark = ".page{fill:#0d1117;stroke:#3d444d}text{fill:#f0f6fc}text.dim,.dim{fill:#9198a1}.grid{stroke:#3d444d}.hollow{fill:#0d1117}"
    return f"<style>{light}{colours(0)}@media(prefers-color-scheme:dark){{{dark}{colours(1)}}}</style>"


def figure(title, panels, legend=(), note=""):
    """`legend`: (kind, text, is it the dashed line's); `note` is a line below."""
    rows = -(-len(panels) // COLUMNS)
    columns = min(COLUMNS, len(panels))
    width, height = columns * WIDTH + 10, rows * HEIGHT + LEGEND + (24 if note else 0) + 10
    parts, x = [], 24
    for kind, words, is_dashed in legend:
        parts += [mark(kind, x, 20, not is_dashed), text(x + 10, 24, words, "start")]
        x += 34 + 6.4 * len(words)
    for index, panel in enumerate(panels):
        row, column = divmod(index, COLUMNS)
        parts.append(f"<g transform='translate({column * WIDTH + 4} {row * HEIGHT + LEGEND + 4})'>")
        parts += lines(panel) if isinstance(panel, Lines) else dots(panel)
        parts.append("</g>")
    return page(title, parts, width, height, KINDS, note)


def page(title, parts, width, height, kinds, note):
    """`kinds`: what has colours: {class: (light, dark...)}."""
    head = [f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{width}' height='{height}' {FONT} role='img'>",
            f"<title>{escape(title)}</title>", style(kinds),
            f"<rect class='page' x='.5' y='.5' width='{width - 1}' height='{height - 1}' rx='6'/>"]
    foot = [text(24, height - 12, note, "start", " class='dim'")] if note else []
    return "\n".join([*head, *parts, *foot, "</svg>"]) + "\n"
