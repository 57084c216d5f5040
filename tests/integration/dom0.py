# SPDX-License-Identifier: BSD-2-Clause-Patent
"""xen.efi, started as what it is, an EFI program; and its first domain, a Linux that reaches the firmware's variables, its clock and its
reset by Xen's hypercalls alone. What Linux itself never calls, dom0/runtime_calls.cpp does."""
import pathlib
import re
import subprocess
from dataclasses import dataclass

import disk_image
import kernel_image
import pe_sections
import qemu
import static_program
from cached import cached, digest, payload_dir
from verdict import Judgement

HERE = pathlib.Path(__file__).resolve().parent
SCRIPTS = HERE.parent.parent / "scripts"
CALLS = HERE / "dom0/runtime_calls.cpp"
KERNEL = "linux-6.1"
MODULES = ["efivarfs", "xenfs", "xen-privcmd"]
MIB = 1 << 20
VOLUME = 96 * MIB
LIMIT = 100
# SMAP kills a PV dom0 in QEMU 7.2, Xen panics when it is idle with MONITOR, and reads RDTSCP differently.
CPU = "EPYC,+svm,+npt,-smap,-monitor,-rdtscp"
START, START_SECONDS = "2031-02-03T04:05:06", 1927857906  # of the machine's clock
# The whole checks of a guest but those of its runtime map, which dom0 has not; and runtime_calls'.
DOM0_CHECKS = 54
CFG = """\
[global]
default=debian
[debian]
options=console=com1 com1=115200,8n1 dom0_mem=320M loglvl=info OPTIONS
kernel=vmlinux console=hvc0 efi=debug quiet mitigations=off guest.test=dom0 guest.end=END
ramdisk=initrd
"""
# What Xen says when it cannot use a region of the memory map, or falls over.
TROUBLE = r"\(XEN\).*(Could not map MFNs|No mapping for MFNs|Unknown cachability|FATAL|Panic on CPU|Xen BUG)"


@dataclass(frozen=True)
class Way:
    unified: bool     # Xen, its configuration, kernel and initrd in one file, or side by side
    guest_type: str   # of dom0: PV, PVH
    options: str      # Xen's
    end: str          # what dom0 does at its end
    resets: list      # what ResetSystem is asked for then
    memory: int


WAYS = {
    # A disk. Xen powers off by ACPI.
    "disk": Way(False, "PV", "", "poweroff", [], 512),
    # A volume in memory, which is the hypervisor's module, with one file.
    "module": Way(True, "PV", "", "reboot", ["EfiResetCold"], 768),
    # A volume in fw_cfg.
    "fw_cfg": Way(False, "PVH", "dom0=pvh reboot=efi,warm", "reboot", ["EfiResetWarm"], 768),
}


def tree_of(way):
    """What is on the volume."""
    made = subprocess.run([SCRIPTS / "mkinitramfs", KERNEL, *MODULES, "--program", f"runtime_calls={static_program.build(CALLS)}"],
                          check=True, stdout=subprocess.PIPE, text=True)
    image = next(payload_dir("xen").glob("boot/xen-*.efi"))
    cfg = CFG.replace("OPTIONS", way.options).replace("END", way.end).encode()
    kernel, initrd = kernel_image.vmlinux(KERNEL), pathlib.Path(made.stdout.strip())
    if not way.unified:
        return {disk_image.LOADER: image, "EFI/BOOT/BOOTX64.cfg": cfg, "EFI/BOOT/vmlinux": kernel, "EFI/BOOT/initrd": initrd}
    sections = {".config": cfg, ".ramdisk": initrd.read_bytes(), ".kernel": kernel.read_bytes()}
    return {disk_image.LOADER: cached("xen-unified", ".efi", digest(image, pathlib.Path(pe_sections.__file__), *sections.values()),
                                      lambda path: pe_sections.add_sections(path, image, sections))}


def volume(name, way):
    tree = tree_of(way)
    key = digest(pathlib.Path(disk_image.__file__), str(VOLUME), *(part for entry in sorted(tree.items()) for part in entry))
    if name == "disk":
        return cached("dom0", ".img", key, lambda path: disk_image.gpt(path, [disk_image.Partition("ESP", VOLUME, tree)]))
    return cached("dom0", ".fat", key, lambda path: disk_image.fat(path, VOLUME, tree))


def device_options(name, way):
    path = volume(name, way)
    if name == "module":
        return ["-initrd", str(path)]
    if name == "fw_cfg":
        return qemu.fw_cfg_file("opt/efilite/initrd", path)
    return ["-drive", f"file={path},format=raw,if=none,id=disk,snapshot=on", "-device", "virtio-blk-pci,drive=disk"]


def run(scenario, options):
    way = WAYS[scenario.way]
    arguments = qemu.machine_options(scenario.machine) + ["-accel", "tcg", "-cpu", CPU, "-m", str(way.memory), "-rtc", f"base={START}"]
    if way.guest_type == "PVH":
        arguments += ["-device", "amd-iommu"]  # without one there is no dom0 of this type
    arguments += ["-bios", options.ovmf] if options.firmware == "ovmf" else ["-kernel", str(options.elf)]
    arguments += device_options(scenario.way, way)
    done = qemu.run(arguments, options.logs / f"{options.firmware}.{scenario.name}", min(options.limit, LIMIT))
    version = (payload_dir(KERNEL) / "version").read_text().strip()
    return done, judge(scenario, way, done, options.firmware, version)


def judge(scenario, way, done, firmware, kernel_version):
    judgement = Judgement(scenario, done, firmware == "efilite", kernel_version)
    expect, fact = judgement.expect, judgement.fact
    judgement.checks(DOM0_CHECKS)
    judgement.equal("kernel", kernel_version)
    judgement.equal("guest-type", way.guest_type)
    # efi-time: GetTime's answer to the hypercall; date: Linux has it from Xen, which has asked GetTime; rtc: the same clock, by its ports.
    for clock in ["efi-time", "rtc", "date"]:
        passed = judgement.number(clock) - START_SECONDS
        expect(0 <= passed <= done.seconds + 2, f"{clock} is {passed} s after the start of the machine's clock")
    expect("(XEN) EFI memory map:" in done.serial, "Xen did not show the EFI memory map")
    for trouble in re.finditer(TROUBLE, done.serial):
        judgement.complaints.append(f"Xen said: {trouble[0]}")
    expect(not done.timed_out, f"it was given up after {done.seconds:.0f} s")
    expect(done.exit_code == 0, f"QEMU's exit code is {done.exit_code}")
    reason = {"poweroff": "guest-shutdown", "reboot": "guest-reset"}[way.end]
    expect(done.shutdown == reason, f"the machine ended by '{done.shutdown or 'nothing'}', not {reason}")
    if judgement.efilite:
        expect("efilite" in fact.get("vendor", ""), f"the vendor is '{fact.get('vendor')}'")
        for table in ["ACPI", "SMBIOS", "MEMATTR", "RTPROP"]:
            expect(f"{table}=" in fact.get("tables", "").replace(" 2.0", ""), f"dom0 does not know the table {table}: {fact.get('tables')}")
        resets = re.findall(r"ResetSystem: (Efi\w+)", done.debug)
        expect(resets == way.resets, f"calls of ResetSystem: {resets}, not {way.resets}")
    return judgement.complaints, f"{judgement.passed} checks, {way.guest_type}, {done.shutdown}"
