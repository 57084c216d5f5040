# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The libraries that programs of Debian's packages want, from packages that were unpacked into the same folder."""
import re
import subprocess

PLACES = ["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu"]


def needed(path):
    """What an ELF file names: the interpreter and libraries, and where it wants these looked for first."""
    text = subprocess.run(["readelf", "-dlW", path], check=True, capture_output=True, text=True).stdout
    names = re.findall(r"program interpreter: ([^\]]+)\]", text) + re.findall(r"\(NEEDED\).*\[(.*)\]", text)
    return names, re.findall(r"\(RUNPATH\).*\[(.*)\]", text)


def locate(root, name, places):
    """A library below `root`; the interpreter has its whole path already."""
    for path in [name, *(f"{place}/{name}" for place in [*places, *PLACES])]:
        if (root / path.lstrip("/")).is_file():
            return path.lstrip("/")
    raise SystemExit(f"none of the packages in {root.parent} has {name}: scripts/lib/payloads.sh says which there are; "
                     f"then scripts/setup forget, and scripts/setup payloads {root.parent.name}")


def libraries(root, programs, opened=()):
    """All that the programs need to run, and that these need again, by the paths below `root` that they are looked for with; `opened` are
    libraries that none names."""
    found = [locate(root, name, []) for name in opened]
    queue = [*programs, *found]
    while queue:
        names, places = needed(root / queue.pop())
        new = [path for path in (locate(root, name, places) for name in names) if path not in found]
        found += new
        queue += new
    return found
