#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Boots conformance.efi, reads its TAP, and judges it.

  run.py efilite --program conformance.efi    with build/x86_64/efilite.elf; once more from a disk, started by its boot manager
  run.py ovmf --program conformance.efi       the same under Debian's OVMF: where the two differ, somebody misread the text

A check that fails must be in known.py with the reason, and a check that is there must fail.
"""
import argparse
import pathlib
import re
import subprocess
import sys
from dataclasses import dataclass, field

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parent.parent
sys.path[:0] = [str(REPO / "tests/integration"), str(REPO / "scripts/lib")]
import qemu  # noqa: E402
from known import KNOWN  # noqa: E402

DISK = "conformance.disk"
BY_MANAGER = "manager"
LIMIT = 55  # seconds, for each of the runs
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()].|\x1bc")
RESULT = re.compile(r"(not )?ok (\d+) - (.*?)(?: # SKIP (.*))?$")
# The program reads keys when it says so.
KEYS = {b"PRESS KEYS": b"q\x1b[A\r\x08", b"PRESS CONTROL C": b"\x03"}


@dataclass
class Tap:
    planned: int = 0
    passed: list = field(default_factory=list)
    skipped: list = field(default_factory=list)
    failed: dict = field(default_factory=dict)  # name -> what the program says of it
    counted: int | None = None  # the program's own count of failures


def read(serial):
    """The TAP in what came over the serial line. What tests print may stand in front of a line of it."""
    tap = Tap()
    last = None
    for line in ESCAPES.sub("", serial).splitlines():
        if match := re.match(r"1\.\.(\d+)$", line):
            tap.planned = int(match[1])
        elif match := RESULT.search(line):
            failed, _, last, why = match.groups()
            if failed:
                tap.failed[last] = ""
            elif why:
                tap.skipped.append((last, why))
            else:
                tap.passed.append(last)
        elif line.startswith("# at line") and last in tap.failed:
            tap.failed[last] = line[2:]
        elif match := re.match(r"# failures: (\d+)$", line):
            tap.counted = int(match[1])
    return tap


def judge(tap, run, firmware, known, exits):
    complaints = []
    seen = len(tap.passed) + len(tap.skipped) + len(tap.failed)
    if seen != tap.planned or not tap.planned:
        complaints.append(f"{seen} results of {tap.planned}; the last is '{([*tap.passed, *tap.failed] or ['none'])[-1]}'")
    if tap.counted != len(tap.failed):
        complaints.append(f"the program counts {tap.counted} failures, there are {len(tap.failed)}")
    if run.timed_out:
        complaints.append(f"it was given up after {run.seconds:.0f} s")
    elif run.shutdown != "guest-shutdown":
        complaints.append(f"the machine ended by '{run.shutdown or 'nothing'}', not guest-shutdown")
    ended = rf"0x0*{len(tap.failed):x}\b" if tap.failed else r"0x0\b|SUCCESS"
    if exits and not re.search(f"returned ({ended})", run.serial + run.debug):
        complaints.append(f"efilite does not say that the program ended with status {len(tap.failed)}")
    complaints += [f"not ok: {name} ({what})" for name, what in tap.failed.items() if name not in known]
    complaints += [f"known to fail, but does not: {name}" for name in known if name in tap.passed]
    return complaints


def make_disk(path):
    """A FAT16 volume of 7 MiB with a few files on a disk of 8 MiB: what is behind it may be written block by block."""
    path.write_bytes(bytes(8 << 20))
    subprocess.run(["mformat", "-i", path, "-T", str((7 << 20) // 512), "-h", "16", "-s", "32", "-v", "CONFORMANCE", "::"], check=True)
    with path.open("r+b") as disk:
        # mformat puts a partition table into the boot sector, which makes the volume a partition of itself.
        disk.seek(446)
        disk.write(bytes(64))
    subprocess.run(["mmd", "-i", path, "::dir"], check=True)
    for name, content in [("hello.txt", b"hello, world\r\n"), ("dir/inner.txt", b"inner")]:
        subprocess.run(["mcopy", "-i", path, "-", f"::{name}"], input=content, check=True)


def disk_options(options):
    if options.disk == "memory":
        return ["-initrd", str(options.logs / DISK)]
    device = f"{options.disk}-{'device' if options.machine == 'microvm' else 'pci'}"
    drive = ["-drive", f"if=none,id=disk,format=raw,snapshot=on,file={options.logs / DISK}", "-device"]
    return [*drive, *([f"{device},drive=disk"] if options.disk == "virtio-blk" else [device, "-device", "scsi-hd,drive=disk"])]


def boot(firmware, options, words):
    arguments = qemu.machine_options(options.machine) + ["-accel", "tcg", "-cpu", "max", "-m", "256"]
    if options.machine != "microvm":
        arguments += ["-object", "memory-backend-ram,id=shared,size=1M", "-device", "ivshmem-plain,memdev=shared", "-device", "edu"]
    if firmware == "ovmf":
        arguments += ["-drive", f"if=none,id=disk,format=raw,snapshot=on,file={options.logs / DISK}", "-device", "ide-hd,drive=disk"]
        # OVMF's random numbers come from this device; efilite has the processor's.
        arguments += ["-device", "virtio-rng-pci", "-bios", str(options.ovmf), "-kernel", str(options.program), "-append", words]
    elif words == BY_MANAGER:
        disk = options.logs / f"{DISK}.{words}"
        make_disk(disk)
        subprocess.run(["mcopy", "-i", disk, options.program, "::conformance.efi"], check=True)
        arguments += ["-kernel", str(options.elf), "-initrd", str(disk), "-append", f"efilite.boot=\\conformance.efi {words}"]
    else:
        arguments += ["-kernel", str(options.elf), *disk_options(options), *qemu.fw_cfg_file("opt/efilite/kernel", options.program),
                      *qemu.fw_cfg_string("opt/efilite/cmdline", words)]
    name = f"conformance.{firmware}.{words.split()[0]}"
    return qemu.run(arguments, options.logs / name, LIMIT, KEYS)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("firmware", choices=["efilite", "ovmf"])
    parser.add_argument("--program", type=pathlib.Path, required=True)
    parser.add_argument("--elf", type=pathlib.Path, default=REPO / "build/x86_64/efilite.elf")
    parser.add_argument("--ovmf", type=pathlib.Path, default="/usr/share/ovmf/OVMF.fd")
    parser.add_argument("--machine", choices=["q35", "pc", "microvm"], default="q35")
    parser.add_argument("--disk", choices=["memory", "virtio-blk", "virtio-scsi"], default="memory", help="efilite's; OVMF has it on IDE")
    parser.add_argument("--logs", type=pathlib.Path, default=REPO / "build/logs")
    parser.add_argument("-v", "--verbose", action="store_true", help="name the checks that passed, too")
    options = parser.parse_args()
    options.logs.mkdir(parents=True, exist_ok=True)
    make_disk(options.logs / DISK)
    known = {name: reason for (firmware, name), reason in KNOWN.items() if firmware == options.firmware}
    complaints, unseen = [], dict(known)
    # After Exit, OVMF would go on to its boot menu.
    for words in ["boot", BY_MANAGER, "runtime"] if options.firmware == "efilite" else ["boot shutdown", "runtime"]:
        run = boot(options.firmware, options, words)
        tap = read(run.serial)
        print(f"{options.firmware} {words}: {tap.planned} checks, {len(tap.passed)} passed, {len(tap.skipped)} skipped, "
              f"{len(tap.failed)} failed in {run.seconds:.0f} s")
        for name in tap.passed if options.verbose else []:
            print(f"  ok      {name}")
        for name, why in tap.skipped:
            print(f"  skipped {name}: {why}")
        for name in tap.failed:
            if name in known:
                print(f"  known   {name}: {known[name]}")
        for name in [*tap.passed, *tap.failed]:
            unseen.pop(name, None)
        complaints += judge(tap, run, options.firmware, known, words in ("boot", BY_MANAGER))
    complaints += [f"known.py names a check that was not made: {name}" for name in unseen]
    for complaint in complaints:
        print(f"FAIL: {complaint}")
    print(f"conformance.{options.firmware}: {'FAIL' if complaints else 'ok'}; logs in {options.logs}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
