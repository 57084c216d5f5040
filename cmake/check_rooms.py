#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""check_rooms.py SRC: fails when a file includes from a room that its own room may not know (docs/architecture.md)."""
import pathlib
import re
import sys

MAY_INCLUDE = {
    "base": {"base"},
    "abi": {"abi", "base", "efilite"},  # efilite: include/, what others may include
    "arch": {"arch", "core/ports.hpp", "abi", "base"},
    "runtime": {"runtime", "abi", "base", "arch/io.hpp"},  # port access alone: inline, so it moves with the runtime
    "core": {"core", "runtime", "abi", "base"},
    "formats": {"formats", "core/ports.hpp", "abi", "base"},
    "fs": {"fs", "core/ports.hpp", "core/storage_ports.hpp", "abi", "base"},
    "drivers": {"drivers", "core/ports.hpp", "core/device_ports.hpp", "core/storage_ports.hpp", "arch", "abi", "base"},
    "platform": {"platform", "drivers", "core/ports.hpp", "core/device_ports.hpp", "arch", "abi", "base"},
    "cli": {"cli", "formats", "core", "fs", "boot/disk_formats.hpp", "abi", "base"},
    "boot": {"boot", "platform", "drivers", "core", "formats", "runtime", "fs", "arch", "abi", "base"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


def main() -> int:
    src = pathlib.Path(sys.argv[1])
    bad = files = 0
    for path in sorted(p for p in src.rglob("*") if p.suffix in {".cpp", ".hpp", ".S"}):
        room = path.relative_to(src).parts[0]
        if room not in MAY_INCLUDE:
            print(f"{path}: {room} is not a room of the house; see docs/architecture.md")
            bad += 1
            continue
        files += 1
        test = re.search(r"_(test|fuzz)\.cpp$", path.name)
        for name in INCLUDE.findall(path.read_text()):
            target = name.split("/")[0]
            if test and name.startswith(("tests/", "arch/")):
                continue
            if not ({target, name} & MAY_INCLUDE[room]):
                print(f'{path}: room {room} may not include "{name}"')
                bad += 1
    print(f"{files} files read, {bad} includes against the rule")
    return 1 if bad or not files else 0


sys.exit(main())
