# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What grew, by symbol: a table of symbols with their bytes, and the instructions that each boot ran in them."""
import dataclasses

BYTES = "bytes"
# A symbol with less of everything is not in the stored table, where its thousand likes would be noise, and counts as having this much.
FLOOR = {BYTES: 64}
FLOOR_INSTRUCTIONS = 250
SHOWN = 12


def floor(column):
    return FLOOR.get(column, FLOOR_INSTRUCTIONS)


@dataclasses.dataclass
class Table:
    """`columns`: bytes, then the boots; `rows`: a symbol's numbers, 0 where there is none. A whole one knows every symbol."""
    columns: list
    rows: dict
    is_whole: bool = True

    def add(self, column, amounts):
        """`amounts`: pairs of symbol and number, a symbol as often as it likes."""
        self.columns.append(column)
        for numbers in self.rows.values():
            numbers.append(0)
        for name, amount in amounts:
            self.rows.setdefault(name, [0] * len(self.columns))[-1] += amount

    def get(self, column, name):
        if name in self.rows:
            return self.rows[name][self.columns.index(column)]
        return 0 if self.is_whole else floor(column)


def grown(before, now, column):
    """Pairs of how much a symbol has grown and its name, most first."""
    if column not in before.columns:
        return []
    changes = ((now.get(column, name) - before.get(column, name), name) for name in now.rows)
    return sorted((change for change in changes if change[0] > 0), key=lambda change: (-change[0], change[1]))


def report(before, now, column):
    """The lines that tell it."""
    changes = grown(before, now, column)
    if not changes:
        return [f"  no symbol grew in {column}"]
    lines = [f"  {more:+9,}  {name} ({now.get(column, name):,} now)" for more, name in changes[:SHOWN]]
    if len(changes) > SHOWN:
        lines.append(f"  {sum(more for more, _ in changes[SHOWN:]):+9,}  {len(changes) - SHOWN} others")
    return lines


def write(path, table):
    kept = {name: numbers for name, numbers in table.rows.items()
            if any(number >= floor(column) for column, number in zip(table.columns, numbers))}
    lines = ["\t".join([*table.columns, "symbol"])] + ["\t".join([*map(str, numbers), name]) for name, numbers in sorted(kept.items())]
    path.write_text("\n".join(lines) + "\n")


def read(path):
    lines = [line.split("\t") for line in path.read_text().splitlines()]
    return Table(lines[0][:-1], {line[-1]: list(map(int, line[:-1])) for line in lines[1:]}, is_whole=False)
