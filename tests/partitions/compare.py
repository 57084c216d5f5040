#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Has sfdisk, sgdisk, fdisk and xorriso make disks of random shape, and compares what they say of them with what efilite
finds (partition_list.cpp). Also of a GPT with its first copy destroyed, where efilite and they use the other."""
import argparse
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

ENVIRONMENT = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", "LC_ALL": "C"}
MIB = 1 << 20
TYPES = ["C12A7328-F81F-11D2-BA4B-00A0C93EC93B", "0FC63DAF-8483-4772-8E79-3D69D8477DE4", "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7",
         "21686148-6449-6E6F-744E-656564454649"]


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, env=ENVIRONMENT, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, **options).stdout


def ours(program, image, block=512):
    return [tuple(line.split()) for line in run(program, image, block).splitlines()]


def places(rng, first, last, count):
    """Up to `count` pairs of first block and size, in any order, none overlapping."""
    cuts = sorted(rng.sample(range(first, last), 2 * count))
    out = [(a, b - a) for a, b in zip(cuts[::2], cuts[1::2])]
    rng.shuffle(out)
    return out


def told_by_sfdisk(image):
    table = json.loads(run("sfdisk", "-J", image))["partitiontable"]
    for part in table.get("partitions", []):
        yield int(re.search(r"(\d+)$", part["node"])[1]), part


def gpt_by_sfdisk(image):
    return sorted(("gpt", str(number), str(part["start"]), str(part["size"]), part["type"], part["uuid"])
                  for number, part in told_by_sfdisk(image))


def make_gpt(rng, image):
    image.write_bytes(bytes(rng.randrange(4, 12) * MIB))
    last = image.stat().st_size // 512 - 60  # in front of the copy of the largest table
    entries = rng.choice([128, 128, 64, 200])
    command = ["sgdisk", "-a", "1", "-S", entries]
    numbers = rng.sample(range(1, 60), 12)
    for number, (start, size) in zip(numbers, places(rng, 100, last, rng.randrange(1, 12))):
        command += ["-n", f"{number}:{start}:{start + size - 1}", "-t", f"{number}:{rng.choice(TYPES)}"]
    run(*command, image)


def compare_gpt(rng, program, image):
    make_gpt(rng, image)
    wanted = gpt_by_sfdisk(image)
    yield "a GPT", sorted(ours(program, image)), wanted
    with image.open("r+b") as disk:  # one byte of the header, or of an entry
        disk.seek(rng.choice([512 + 8, 512 + 16, 512 + 24, 512 + 72, 1024 + 60]))
        byte = disk.read(1)[0]
        disk.seek(-1, os.SEEK_CUR)
        disk.write(bytes([byte ^ 0xFF]))
    yield "a GPT whose first copy is broken", sorted(ours(program, image)), wanted


def compare_large_blocks(rng, program, image):
    image.write_bytes(bytes(16 * MIB))
    commands = "g\n" + "".join(f"n\n{i + 1}\n\n+{rng.randrange(20, 600)}\n" for i in range(rng.randrange(1, 5))) + "w\n"
    run("fdisk", "-b", "4096", image, input=commands)
    listing = run("fdisk", "-b", "4096", "-l", "-o", "Device,Start,Sectors,Type-UUID,UUID", image)
    wanted = [("gpt", *re.match(r".*?(\d+) +(\d+) +(\d+) +(\S+) +(\S+)$", line).groups())
              for line in listing.splitlines() if line.startswith(str(image))]
    yield "a GPT of blocks of 4096 bytes", ours(program, image, 4096), wanted


def compare_mbr(rng, program, image):
    image.write_bytes(bytes(8 * MIB))
    parts = places(rng, 2048, 16000, 3)
    extended = rng.randrange(3)
    lines = ["label: dos", f"label-id: {rng.randrange(1 << 32):#x}"]
    for i, (start, size) in enumerate(parts):
        kind = rng.choice(["5", "f"]) if i == extended else rng.choice(["ef", "c", "83", "7"])
        lines.append(f"{i + 1}: start={start}, size={size}, type={kind}")
    start, size = parts[extended]
    room = size // 5 - 4
    for i in range(rng.randrange(0, 5) if room > 2 else 0):
        lines.append(f"{5 + i}: start={start + i * (size // 5) + 2}, size={rng.randrange(1, room)}, type=83")
    run("sfdisk", "--wipe", "never", image, input="\n".join(lines) + "\n")
    wanted = []
    for number, part in told_by_sfdisk(image):
        name = f"{extended + 1}.{number - 4}" if number > 4 else str(number)
        wanted.append(("mbr", name, str(part["start"]), str(part["size"]), part["type"]))
    # sfdisk sorts what it writes; the chain has its own order, and sfdisk shows that.
    yield "an MBR", sorted(ours(program, image)), sorted(wanted)


def compare_iso(rng, program, image):
    with tempfile.TemporaryDirectory() as tree:
        for name in ("efi.img", "bios.img"):
            (pathlib.Path(tree) / name).write_bytes(bytes(rng.randrange(8, 900) * 1024))
        command = ["xorriso", "-as", "mkisofs", "-quiet", "-o", image, "-c", "boot.cat"]
        if both := rng.randrange(2):
            command += ["-b", "bios.img", "-no-emul-boot", "-boot-load-size", "4", "-eltorito-alt-boot"]
        run(*command, "-e", "efi.img", "-no-emul-boot", tree)
    report = run("xorriso", "-indev", image, "-report_el_torito", "plain")
    images = re.findall(r"^El Torito boot img : +\d+ +(\S+) +y +none +\S+ +\S+ +(\d+) +(\d+)$", report, re.M)
    if [kind for kind, _, _ in images] != ["BIOS"] * both + ["UEFI"]:
        raise ValueError(f"xorriso says:\n{report}")
    volume = image.stat().st_size // 2048
    for block in (2048, 512):
        per = 2048 // block
        wanted = [("cd", str(i), str(int(lba) * per), str(min(int(count), volume - int(lba)) * per))
                  for i, (_, count, lba) in enumerate(images)]
        yield f"an ISO image in blocks of {block} bytes", ours(program, image, block), wanted


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tables", type=int, default=40, help="how many disks")
    options = parser.parse_args()
    kinds = [compare_gpt, compare_mbr, compare_gpt, compare_mbr, compare_large_blocks, compare_iso]
    compared = 0
    with tempfile.TemporaryDirectory() as directory:
        for i in range(options.tables):
            rng = random.Random(options.seed * 1000 + i)
            image = pathlib.Path(directory) / f"disk-p{i}-"
            for what, found, wanted in kinds[i % len(kinds)](rng, options.program, image):
                compared += 1
                if found != wanted:
                    print(f"FAIL: disk {i}, {what}:\n  efilite finds {found}\n  it is told {wanted}")
                    return 1
            image.unlink()
    print(f"{compared} tables read alike")
    return 0


sys.exit(main())
