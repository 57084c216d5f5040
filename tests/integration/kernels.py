# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What boots of Debian's kernels are made of: images, and the command line."""
import pathlib
import subprocess

import qemu

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"
# reboot=efi: Linux would else reset through ACPI or the keyboard controller and never call ResetSystem.
# no_timer_check: a busy host delays the ticks that Linux counts to find out whether its timer works.
LINE = "console=ttyS0 no_timer_check efi=debug reboot=efi"
# mitigations=off: Linux warns of what the emulated processor lacks.
XEN_LINE = "console=hvc0 efi=debug mitigations=off"


def script(*arguments):
    """Runs one of the builders in scripts/, which print the path of what they made."""
    done = subprocess.run([str(SCRIPTS / arguments[0]), *map(str, arguments[1:])], check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"{arguments[0]} failed")
    return pathlib.Path(done.stdout.strip())


def command_line(machine, *words):
    line = [XEN_LINE if machine == "xen" else LINE, *words]
    if machine == "microvm":
        # With hardware-reduced ACPI Linux has nothing to measure the TSC with, whatever started it, and waits for ever.
        line.append(f"tsc_early_khz={qemu.tsc_khz()}")
    return " ".join(line)


def uki(name, kernel, initrd, cmdline):
    return script("mkuki", "--name", name, "--kernel", kernel, "--initrd", initrd, "--cmdline", cmdline)
