#!/usr/bin/python3 -B
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Boots Xen and dom0 in QEMU, starts one PVH guest by xl, and shows everything that comes: lines of the guest's console behind `|`,
Xen's own and those of the guest's port 0xE9 as they are: (XEN), (d1).

  run.py --ramdisk UKI                                     efilite, with the program as its only module
  run.py --kernel vmlinuz --ramdisk initrd --cmdline ...   efilite with two modules, by xl's options for a shim
  run.py --disk debian.disk                                efilite and a disk
  run.py --firmware other.elf --ramdisk x --memory 64      another PVH kernel

With --terminal the guest's console is this terminal, and there are no limits; ./run --xen is that.
"""
import argparse
import pathlib
import subprocess
import sys
import time

import rig


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--firmware", type=pathlib.Path, default=rig.REPO / "build/x86_64/efilite.elf",
                        help="the PVH kernel that xl starts")
    parser.add_argument("--kernel", type=pathlib.Path, help="module 0; the ramdisk is module 1 then")
    parser.add_argument("--ramdisk", type=pathlib.Path, help="the only module, unless there is --kernel")
    parser.add_argument("--cmdline", default="", help="the guest's command line, and with --kernel that of module 0")
    parser.add_argument("--disk", type=pathlib.Path, action="append", default=[], help="a raw image, as xvda; the next is xvdb")
    parser.add_argument("--terminal", action="store_true", help="give the guest's console to this terminal")
    parser.add_argument("--log", type=pathlib.Path, default=rig.REPO / "build/run.xen.log",
                        help="with --terminal, for what Xen and dom0 say")
    parser.add_argument("--write", action="store_true", help="the guest's writes go to the image; else they are dropped")
    parser.add_argument("--memory", type=int, default=256, help="of the guest, in MiB")
    parser.add_argument("--maxmem", type=int, default=0, help="more than the memory, in MiB: the guest starts ballooned")
    parser.add_argument("--cpus", type=int, default=1)
    parser.add_argument("--config", action="append", default=[], metavar="LINE", help="a further line of xl's configuration")
    parser.add_argument("--limit", type=int, default=120, help="seconds before the guest is given up")
    parser.add_argument("--type", action="append", default=[], metavar="PATTERN=TEXT",
                        help="type TEXT on the console when PATTERN is there")
    parser.add_argument("--after", action="append", default=[], metavar="COMMAND",
                        help="run this in dom0 in the end, and show what it says")
    parser.add_argument("--logs", type=pathlib.Path, default=rig.REPO / "build/logs")
    return parser.parse_args()


class Shower:
    def __init__(self, prefix, began):
        self.prefix, self.began, self.rest = prefix, began, b""

    def __call__(self, data):
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            text = line.decode(errors="replace").strip("\r")
            print(f"{time.monotonic() - self.began:6.1f} {self.prefix}{text}", flush=True)


def prepare(options, folder):
    """Puts what xl wants into the shared folder."""
    for name in ("firmware", "kernel", "ramdisk"):
        if getattr(options, name):
            rig.share(getattr(options, name), folder / name)
    (folder / "guest.cfg").write_text(rig.guest_config(
        "guest", options.memory, options.cmdline, options.kernel and "kernel", options.ramdisk and "ramdisk",
        [rig.dom0_disk(index) for index in range(len(options.disk))], options.maxmem, options.cpus, options.config))
    return max(options.memory, options.maxmem), [(disk, options.write) for disk in options.disk]


def show(options, folder):
    began = time.monotonic()
    machine = rig.Xen(folder, options.logs / "xen.run", *prepare(options, folder))
    machine.serial.heard, machine.console.heard = Shower("", began), Shower("| ", began)
    with machine as xen:
        print(f"{time.monotonic() - began:6.1f} == xl create", flush=True)
        xen.start("guest")
        place = 0
        for pattern, _, text in (turn.partition("=") for turn in options.type):
            if match := xen.wait_for_text(pattern, place, options.limit):
                place = match.end()
                xen.type(text.encode().decode("unicode_escape").encode())
        if not xen.wait_for_end(options.limit):
            print(f"== the guest was given up after {options.limit} s")
        for command in ["cat /tmp/xl", "cat /var/log/xen/xl-guest.log", "xl list", *options.after]:
            print(f"== {command}\n{xen.ask(command)[0]}")
        xen.power_off()


# What dom0 does for somebody at the terminal: the guest's console from its first character on, and what xl says of its end.
TERMINAL_JOB = rf"""exec 8<>{rig.CONSOLE}
stty raw -echo <&8
xl create -c /share/guest.cfg <&8 >&8 2>/tmp/xl || sed 's/$/\r/' /tmp/xl >&8
while xl domid guest; do sleep 0.2; done >/dev/null 2>&1
sed -n 's/^Domain.*has shut down.*/\r\nxl: &\r/p' /var/log/xen/xl-guest.log >&8
"""


def give_terminal(options, folder):
    memory, disks = prepare(options, folder)
    (folder / "job").write_text(TERMINAL_JOB)
    arguments = rig.machine_arguments(folder, memory, disks)
    arguments += ["-chardev", "stdio,mux=on,signal=off,id=console", "-mon", "chardev=console", "-device", "virtconsole,chardev=console",
                  "-serial", f"file:{rig.quote(options.log)}"]
    return subprocess.run(["qemu-system-x86_64", *arguments], check=False).returncode


def main():
    options = arguments()
    options.logs.mkdir(parents=True, exist_ok=True)
    options.log.parent.mkdir(parents=True, exist_ok=True)
    with rig.temporary_folder() as folder:
        return (give_terminal if options.terminal else show)(options, folder)


sys.exit(main())
