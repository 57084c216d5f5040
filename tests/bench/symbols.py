# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Where the firmware's functions are."""
import re
import subprocess

ALIGNMENT = 16
# What moves and clears memory by the processor's own instructions.
COPYING = ("memcpy", "memmove", "memset", "efilite::copy_bulk(")


def named(path):
    """What nm says of the file that has the symbols."""
    if not path.exists():
        raise ValueError(f"there is no {path.name} beside the firmware, which says where its code is")
    return subprocess.run(["nm", "-S", "-C", path], check=True, capture_output=True, text=True).stdout


def functions(text):
    """[(first address, the one behind, name)] in order."""
    return sorted((int(start, 16), int(start, 16) + int(size, 16), name) for start, size, name in
                  re.findall(r"^([0-9a-f]+) ([0-9a-f]+) [tTwW] (.*)$", text, re.M))


def ranges(text, *prefixes):
    """Those of functions whose names begin so; what lies side by side is one range."""
    merged = []
    for start, end, name in functions(text):
        if not name.startswith(prefixes):
            continue
        if merged and start <= merged[-1][1] + ALIGNMENT:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def whole(text):
    """One range around all functions."""
    found = functions(text)
    return found[0][0], max(end for _, end, _ in found)


def address(text, name):
    found = re.search(rf"^([0-9a-f]+) [a-zA-Z] {re.escape(name)}$", text, re.M)
    if not found:
        raise ValueError(f"the firmware has no symbol {name}")
    return int(found[1], 16)


def as_option(places):
    """For the plugin."""
    return "count=" + ":".join(f"{start:x}-{end:x}" for start, end in places)
