#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Boots Xen and dom0 in QEMU, starts one PVH guest by xl, and shows everything that comes: lines of the guest's console behind `|`,
Xen's own and those of the guest's port 0xE9 as they are (`(XEN)`, `(d1)`).

  run.py --ramdisk UKI                                   efilite, with the program as module 0
  run.py --kernel vmlinuz --ramdisk initrd --cmdline ... efilite by xl's shim options, with two modules
  run.py --disk debian.disk                              efilite and a disk
  run.py --firmware other.elf --ramdisk x --memory 64    another PVH kernel
"""
import argparse
import pathlib
import sys
import tempfile
import time

import rig
from cached import cache_dir


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--firmware", type=pathlib.Path, default=rig.REPO / "build/x86_64/efilite.elf", help="the PVH kernel that xl starts")
    parser.add_argument("--kernel", type=pathlib.Path, help="module 0; the ramdisk is module 1 then")
    parser.add_argument("--ramdisk", type=pathlib.Path, help="the only module, unless there is --kernel")
    parser.add_argument("--cmdline", default="", help="the guest's command line, and with --kernel that of module 0")
    parser.add_argument("--disk", type=pathlib.Path, action="append", default=[], help="a raw image, as xvda; the next is xvdb")
    parser.add_argument("--write", action="store_true", help="the guest's writes go to the image; else they are dropped")
    parser.add_argument("--memory", type=int, default=256, help="of the guest, in MiB")
    parser.add_argument("--maxmem", type=int, help="more than the memory, in MiB: the guest starts ballooned")
    parser.add_argument("--vcpus", type=int, default=1)
    parser.add_argument("--config", action="append", default=[], metavar="LINE", help="a further line of xl's configuration")
    parser.add_argument("--limit", type=int, default=120, help="seconds before the guest is given up")
    parser.add_argument("--after", action="append", default=[], metavar="COMMAND", help="run this in dom0 in the end, and show what it says")
    parser.add_argument("--logs", type=pathlib.Path, default=rig.REPO / "build/logs")
    return parser.parse_args()


def main():
    options = arguments()
    options.logs.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()

    def shower(prefix):
        rest = ""

        def show(text):
            nonlocal rest
            *lines, rest = (rest + text).split("\n")
            for line in lines:
                print(f"{time.monotonic() - began:6.1f} {prefix}{line}", flush=True)
        return show

    directory = cache_dir() / "xen"
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory) as folder:
        share = pathlib.Path(folder)
        for name in ("firmware", "kernel", "ramdisk"):
            if getattr(options, name):
                rig.place(getattr(options, name), share / name)
        (share / "guest.cfg").write_text(rig.guest_config(
            "guest", memory=options.memory, maxmem=options.maxmem, vcpus=options.vcpus, cmdline=options.cmdline, kernel=bool(options.kernel),
            ramdisk=bool(options.ramdisk), disks=len(options.disk), lines=options.config))
        with rig.Xen(share, options.logs / "xen.run", max(options.memory, options.maxmem or 0), options.disk, options.write,
                     shower(""), shower("| ")) as xen:
            print(f"{time.monotonic() - began:6.1f} == xl create", flush=True)
            xen.start("guest")
            if not xen.ended("guest", options.limit):
                print(f"== the guest was given up after {options.limit} s; destroying it")
                xen.ask("xl destroy guest")
            for command in ["cat /tmp/xl", "cat /var/log/xen/xl-guest.log", "xl list", *options.after]:
                print(f"== {command}\n{xen.ask(command)[0]}")
            xen.power_off()


main()
