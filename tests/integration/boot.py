#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Boot one scenario in QEMU and judge it: from inside the guest, by what came over the serial line, and by the end.

  boot.py --list                    the scenarios
  boot.py NAME                      run one with efilite (build/x86_64/efilite.elf)
  boot.py NAME --firmware ovmf      the same with Debian's OVMF, to tell a firmware's fault from the harness's
"""
import argparse
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parent.parent
sys.path[:0] = [str(HERE), str(REPO / "scripts/lib")]
import disk  # noqa: E402
import dom0  # noqa: E402
import kernel_image  # noqa: E402
import kernels  # noqa: E402
import kexec  # noqa: E402
import loaders  # noqa: E402
import manager  # noqa: E402
import old_linux  # noqa: E402
import qemu  # noqa: E402
import program  # noqa: E402
import pvh_kernel  # noqa: E402
import pvhinfo  # noqa: E402
import refusal  # noqa: E402
import scenarios  # noqa: E402
import shell_disk  # noqa: E402
import virtio_console  # noqa: E402
import witness  # noqa: E402
from cached import cached, digest, payload_dir  # noqa: E402
from verdict import judge  # noqa: E402

LIMIT = 150  # seconds; a boot takes about ten on an idle machine, of an installed system forty


def command_line(scenario):
    if not isinstance(scenario, scenarios.Entered):
        return kernels.command_line(scenario.machine, "guest.test=standard", f"guest.end={scenario.end}")
    without = "without-acpi" if scenario.machine == "microvm-noacpi" else "without-efi"
    test = "standard" if scenario.uses_efi else without
    line = kernels.command_line(scenario.machine, f"guest.test={test}", f"guest.end={scenario.end}", scenario.option)
    return line if scenario.uses_efi else line.replace(" reboot=efi", "")


def packed(tool, kernel, initrd, cmdline):
    """The UKI that the host program makes of the same parts as scripts/mkuki."""
    stub = payload_dir("systemd-stub") / "linuxx64.efi.stub"

    def build(path):
        parts = ["--kernel", kernel, "--initrd", initrd, "--cmdline", cmdline, "--stub", stub]
        subprocess.run([tool, "pack", *parts, "--output", path], check=True)
    return cached("uki-packed", ".efi", digest(tool, kernel, initrd, cmdline, stub), build)


def less_of(name, kernel, what):
    """The kernel's image, less of it as scenarios.Entered has it."""
    if what == "whole":
        return kernel
    if what == "vmlinux":
        return kernel_image.vmlinux(name)
    tool = REPO / "scripts/lib/kernel_image.py"
    return cached("kernel-" + what, ".bzImage", digest(kernel, what, tool),
                  lambda path: path.write_bytes(kernel_image.without_efi(kernel.read_bytes(), handover=what == "no-pe")))


def firmware_options(scenario, options):
    name = f"linux-{scenario.kernel}"
    kernel = payload_dir(name) / "vmlinuz"
    initrd = kernels.script("mkinitramfs", name)
    cmdline = command_line(scenario)
    image = kernel
    entered = isinstance(scenario, scenarios.Entered)
    if entered:
        image = less_of(name, kernel, scenario.image)
    if isinstance(scenario, scenarios.Packed):
        image = packed(options.tool, kernel, initrd, cmdline)
    elif scenario.form == "uki":
        image = kernels.uki(scenario.kernel, kernel, initrd, cmdline)
    if isinstance(scenario, scenarios.Resident):
        image = program.build("resident", DRIVER=program.runtime_driver(), SYSTEM=image)
    if options.firmware == "ovmf":
        arguments = ["-bios", options.ovmf, "-kernel", image]
        return arguments if scenario.form == "uki" else arguments + ["-initrd", initrd, "-append", cmdline]
    arguments = ["-kernel", options.elf]
    if scenario.transport == "module":
        arguments += ["-initrd", image]
    else:
        arguments += qemu.fw_cfg_file("opt/efilite/kernel", image)
    if scenario.form != "kernel":
        return arguments
    module = scenario.transport == "module"
    if entered and not module:
        arguments += ["-initrd", initrd]
    else:
        arguments += qemu.fw_cfg_file("opt/efilite/initrd", initrd)
    # The command line comes both ways, too: the hypervisor's own, or a file.
    wish = f"efilite.entry={scenario.wish} " if entered and scenario.wish else ""
    if module:
        return arguments + ["-append", wish + cmdline]
    return arguments + (["-append", wish] if wish else []) + qemu.fw_cfg_string("opt/efilite/cmdline", cmdline)


def boot(scenario, options):
    arguments = qemu.machine_options(scenario.machine) + [
        "-accel", "tcg", "-cpu", scenario.cpu, "-smp", str(scenario.cpus), "-m", str(scenario.memory)]
    arguments += map(str, firmware_options(scenario, options))
    if isinstance(scenario, scenarios.Entropy):
        arguments += ["-device", "virtio-rng-device" if scenario.machine.startswith("microvm") else "virtio-rng-pci"]
    run = qemu.run(arguments, options.logs / f"{options.firmware}.{scenario.name}", options.limit)
    version = (payload_dir(f"linux-{scenario.kernel}") / "version").read_text().strip()
    return run, judge(scenario, run, options.firmware, version)


# By the kind of scenario; each gives the run, and what is to be said of it.
RUNNERS = {
    scenarios.Scenario: boot, scenarios.Resident: boot, scenarios.Entropy: boot, scenarios.Packed: boot,
    scenarios.Entered: boot,
    scenarios.OldLinux: old_linux.run,
    scenarios.PvhKernel: pvh_kernel.run,
    scenarios.Refusal: refusal.run,
    scenarios.Program: program.run,
    scenarios.PvhInfo: pvhinfo.run,
    scenarios.Witness: witness.run,
    scenarios.ShellDisk: shell_disk.run,
    scenarios.VirtioConsole: virtio_console.run,
    scenarios.Manager: manager.run,
    scenarios.Disk: disk.run,
    scenarios.Loader: loaders.run,
    scenarios.Dom0: dom0.run,
    scenarios.Kexec: kexec.run,
}


def tell(name, run, complaints, summary, logs):
    if not complaints:
        print(f"PASS {name}: {summary}, {run.seconds:.1f} s")
        return
    print(f"FAIL {name} after {run.seconds:.1f} s")
    for complaint in complaints:
        print(f"  - {complaint}")
    for title, text in [("serial line", run.serial), ("debug port", run.debug)]:
        last = [line for line in text.splitlines() if not re.search(r"efi: (mem\d|memattr:)", line)][-40:]
        print(f"  last lines of the {title}:" if last else f"  nothing came over the {title}")
        print("".join(f"    | {line}\n" for line in last), end="")
    print(f"  the whole of it, and the command: {logs}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="?", help="a scenario's name")
    parser.add_argument("--list", action="store_true", help="print the names of all scenarios")
    parser.add_argument("--check-table", action="store_true", help="prove that the table covers every pair of values")
    parser.add_argument("--firmware", choices=["efilite", "ovmf"], default="efilite")
    parser.add_argument("--elf", type=pathlib.Path, default=REPO / "build/x86_64/efilite.elf")
    parser.add_argument("--tool", type=pathlib.Path, default=REPO / "build/host/efilite", help="the host program, for packed images")
    parser.add_argument("--ovmf", default="/usr/share/ovmf/OVMF.fd", help="the OVMF to compare with")
    parser.add_argument("--logs", type=pathlib.Path, default=REPO / "build/logs")
    parser.add_argument("--limit", type=int, default=LIMIT, help=f"seconds before it is given up (default {LIMIT})")
    options = parser.parse_args()

    if options.list:
        print("\n".join(scenario.name for scenario in scenarios.ALL))
        return
    if options.check_table:
        missing = scenarios.missing_pairs()
        print("\n".join(f"no row has both {one} and {other}" for one, other in missing) or "every pair is covered")
        sys.exit(bool(missing))
    if not options.name:
        parser.error("which scenario? --list tells their names")
    if options.firmware == "efilite" and not options.elf.exists():
        raise SystemExit(f"boot.py: {options.elf} is not there: ./run --build makes it")

    scenario = scenarios.by_name(options.name)
    options.logs.mkdir(parents=True, exist_ok=True)
    run, (complaints, summary) = RUNNERS[type(scenario)](scenario, options)
    tell(scenario.name, run, complaints, summary, options.logs)
    sys.exit(bool(complaints))


main()
