# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Payloads that cannot be started. efilite must say in one line what it looked for and where, and power off."""
import pathlib
import re
import struct
import tempfile

import kernel_image
import pvh_kernel
import qemu
from cached import payload_dir

LIMIT = 30
AARCH64 = 0xAA64
LINUX_MAGIC = 0x202
VERSION, LOADFLAGS, LOADED_HIGH = 0x206, 0x211, 1
# The one line: it names the place (module or fw_cfg file) and, for a payload that is there, what is wrong with it.
PLACE = r"(?i)efilite: .*(module|-initrd|opt/efilite/kernel).*"
EXPECTED = {
    "none": r"efilite: nothing to boot: .*opt/efilite/kernel.*module",
    "garbage": PLACE + r"neither an EFI program nor a kernel",
    "truncated": PLACE + r"(truncat|short|ends|beyond|outside|incomplete|malformed)",
    "ancient": PLACE + r"0x206, version: is older than 2.02.*\(0x201\)",
    "zimage": PLACE + r"0x211, loadflags: tell a zImage",
    "misplaced": PLACE + r"the segment at 0xa0000 wants 0xa0000, where there is no memory for it",
    "paravirtual": PLACE + r"the entry pv is only to be had in a guest of Xen's",
    "foreign": PLACE + r"(machine|architecture|processor|aa64|aarch64|arm64)",
}


def payload(kind):
    if kind == "garbage":
        return bytes(range(256)) * 64
    if kind == "misplaced":
        return pvh_kernel.build("video-memory").read_bytes()
    kernel = (payload_dir("linux-6.1") / "vmlinuz").read_bytes()
    if kind == "paravirtual":
        return kernel  # it may well have that entry inside
    if kind == "truncated":
        return kernel[:len(kernel) // 2]
    if kind in ("ancient", "zimage"):
        kernel = bytearray(kernel_image.without_efi(kernel))
        if kind == "ancient":
            struct.pack_into("<H", kernel, VERSION, 0x0201)
        else:
            kernel[LOADFLAGS] &= ~LOADED_HIGH
        return bytes(kernel)
    # An image for another processor, without the header by which Linux could be started all the same: sound in every other way.
    kernel = bytearray(kernel)
    struct.pack_into("<H", kernel, struct.unpack_from("<I", kernel, 0x3C)[0] + 4, AARCH64)
    kernel[LINUX_MAGIC:LINUX_MAGIC + 4] = bytes(4)
    return bytes(kernel)


def run(scenario, options):
    arguments = qemu.machine_options(scenario.machine) + ["-accel", "tcg", "-m", "256", "-kernel", str(options.elf)]
    if scenario.payload == "paravirtual":
        arguments += ["-append", "efilite.entry=pv"]
    with tempfile.TemporaryDirectory() as temporary:
        if scenario.payload != "none":
            file = pathlib.Path(temporary, "payload")
            file.write_bytes(payload(scenario.payload))
            arguments += (["-initrd", str(file)] if scenario.transport == "module"
                          else qemu.fw_cfg_file("opt/efilite/kernel", file))
        done = qemu.run(arguments, options.logs / f"efilite.{scenario.name}", min(options.limit, LIMIT))
    return done, judge(scenario, done)


def judge(scenario, done):
    complaints = []
    said = [line for _, line in done.lines if re.search(EXPECTED[scenario.payload], line)]
    if len(said) != 1:
        complaints.append(f"{len(said)} lines match /{EXPECTED[scenario.payload]}/, not one")
    if done.timed_out:
        complaints.append("the machine did not go off")
    # There is no power-off device on microvm without ACPI.
    reason = "guest-reset" if scenario.machine == "microvm-noacpi" else "guest-shutdown"
    if done.shutdown != reason:
        complaints.append(f"the machine ended by '{done.shutdown or 'nothing'}', not {reason}")
    return complaints, f"'{said[0].strip()}'" if said else ""
