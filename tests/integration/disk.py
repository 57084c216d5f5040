# SPDX-License-Identifier: BSD-2-Clause-Patent
"""An installed Debian 12, started from its disk by its own loader: through the loader's menu to a login, where systemd and efibootmgr are
asked, and to a power-off. Each run has a copy of the disk, which fsck looks at afterwards."""
import mmap
import pathlib
import re
import subprocess
import tempfile
from dataclasses import dataclass

import qemu
from cached import payload_dir
from conversation import Conversation, Turn

LIMIT = 150
MEMORY = 768  # MiB
MIB = 1 << 20
ESP = (1 * MIB, 96 * MIB)  # where scripts/lib/disks.sh puts it, and its size
# Of the disks' command lines, as scripts/lib/disks.sh has it; a machine may need its host's figure, see boot.command_line.
CMDLINE = b"console=ttyS0 no_timer_check tsc=reliable tsc_early_khz=0000000"
NEXT_ENTRY = b"next_entry=0\n"

SHELL = r"(^|\n)# \Z"  # dash, which does not edit its line and so prints nothing but what was typed


def esp(disk, tool, *arguments, **options):
    return subprocess.run([tool, "-i", f"{disk}@@{ESP[0]}", *arguments], check=True, **options)


def drop_fallback(disk):
    """Leaves \\EFI\\BOOT as grub-install --removable does: shim and GRUB, and nobody who makes boot options."""
    esp(disk, "mdel", "::EFI/BOOT/fbx64.efi")
    with tempfile.TemporaryDirectory() as directory:
        esp(disk, "mcopy", "::EFI/debian/grubx64.efi", directory)
        esp(disk, "mcopy", f"{directory}/grubx64.efi", "::EFI/BOOT/grubx64.efi")


def ask_for_next_entry(disk):
    """What grub-reboot leaves: GRUB must take it out again, and writes to the disk for that."""
    empty = re.compile(rb"# GRUB Environment Block\n[^#]*#[^\n]*\n?(#{100,})")
    with open(disk, "r+b") as file, mmap.mmap(file.fileno(), 0) as content:
        place = empty.search(content).start(1)
        content[place:place + len(NEXT_ENTRY)] = NEXT_ENTRY


def as_removable(disk):
    drop_fallback(disk)
    ask_for_next_entry(disk)


def count_boots(disk):
    """Three tries are left: systemd-boot must rename the image before it starts it, and systemd takes the count off when all is well."""
    esp(disk, "mren", "::EFI/Linux/debian.efi", "debian+3.efi")
    esp(disk, "mcopy", "-o", "-", "::loader/loader.conf", input=b"timeout 5\ndefault debian*\n")


def add_option_by_shell(disk):
    """The EFI Shell in \\EFI\\BOOT makes a boot option of the short form and leaves; the boot manager follows what it finds then."""
    esp(disk, "mcopy", "-o", payload_dir("efi-shell") / "shellx64.efi", "::EFI/BOOT/BOOTX64.EFI")
    esp(disk, "mcopy", "-", "::startup.nsh", input=b"bcfg boot addp 0 fs0:\\EFI\\debian\\shimx64.efi \"by bcfg\"\r\nexit\r\n")


GRUB_MENU = Turn(r"(?s)GNU GRUB +version 2\.06.*\*Debian GNU/Linux.*executed automatically in [45]s", "\r", [r"Loading Linux 6\.1"],
                 "GRUB's menu")
# A line for each entry, the chosen one marked. Its first line is the unified image, which loader.conf chooses.
UKI_MENU = Turn(r"(?s)Debian GNU/Linux 12.*Boot in [45] s", "\r", name="systemd-boot's menu")
ENTRY_MENU = Turn(r"(?s)Debian GNU/Linux 12.*Boot in [45] s", "\x1b[B\r", name="systemd-boot's menu")

# What efibootmgr -v says of a boot option of the ESP: its short-form path, and the file's name.
FILE = r"\tHD\(1,GPT,0ef111e0-0000-4000-8000-000000000001,0x800,0x30000\)/File\(\\EFI\\"
# PLACE stands for the disk's name.
COMMON = [
    ("dmesg -n 1", []),
    ("systemctl is-system-running --wait", [r"^running$"]),
    ("systemctl --failed --plain --no-legend; echo these failed", [r"(?<!\.service)\nthese failed$"]),
    ("findmnt -no SOURCE,FSTYPE,OPTIONS /", [r"^/dev/PLACE2 +ext4 +rw"]),
    ("findmnt -no SOURCE,FSTYPE /boot/efi", [r"^/dev/PLACE1 +vfat"]),
    ("findmnt -no FSTYPE /sys/firmware/efi/efivars", [r"^efivarfs$"]),
    ("dmesg | grep -c 'Firmware Bug\\|WARNING:\\|Call Trace\\|Oops'", [r"^0$"]),
]
# Two boot options' lives. Which numbers they get is efibootmgr's affair: the shell finds them.
OPTIONS = [
    (r"number() { efibootmgr -v | sed -n 's/^Boot\(....\). '$1'\t.*/\1/p'; }; order() { efibootmgr | sed -n 's/^BootOrder: //p'; }", []),
    (r"create() { efibootmgr -q -c -d /dev/PLACE -p 1 -L $1 -l \\EFI\\$2; }; create one a.efi && create two b.efi", []),
    ("efibootmgr -v", [r"^Boot[0-9A-F]{4}\* one" + FILE + r"a\.efi\)$", r"^Boot[0-9A-F]{4}\* two" + FILE + r"b\.efi\)$"]),
    ("A=$(number one) B=$(number two); order | grep -c ^$B,$A", [r"^1$"]),
    ("efibootmgr -q -o $(order | sed s/$B,$A/$A,$B/); order | grep -c ^$A,$B", [r"^1$"]),
    ("efibootmgr -q -n $B; efibootmgr | grep -c \"^BootNext: $B\"", [r"^1$"]),
    ("efibootmgr -q -N; efibootmgr | grep -c ^BootNext", [r"^0$"]),
    ("efibootmgr -q -t 3; efibootmgr | grep ^Timeout", [r"^Timeout: 3 seconds$"]),
    ("efibootmgr -q -b $A -A; efibootmgr | grep 'one\\|two'", [r"^Boot[0-9A-F]{4}  one$", r"^Boot[0-9A-F]{4}\* two$"]),
    ("efibootmgr -q -b $B -B; order | grep -c $B", [r"^0$"]),
    ("efibootmgr | grep -c two", [r"^0$"]),
]
BOOTCTL = [r"Product: systemd-boot 252", r"\u2713 Menu timeout control", r"\u2713 Boot loader sets ESP information",
           r"ESP: /dev/disk/by-partuuid/0ef111e0-0000-4000-8000-000000000001", r"File: \S*/EFI/BOOT/BOOTX64\.EFI",
           r"id: debian\.efi$"]


@dataclass(frozen=True)
class Loader:
    disk: str      # the name of the image
    menus: list    # turns before Linux
    asked: list    # what the system is asked besides what they all are
    prepare: object = None  # changes the copy of the disk first


LOADERS = {
    # \EFI\BOOT\BOOTX64.EFI is shim, which starts its fallback program: that makes the boot option `debian` and starts it.
    "debian-grub": Loader("grub", [GRUB_MENU], [("efibootmgr -v", [r"^Boot[0-9A-F]{4}\* debian" + FILE + r"debian\\shimx64\.efi\)"])]),
    "debian-grub-removable": Loader("grub", [GRUB_MENU], [
        ("efibootmgr -v", [r"!\* debian\t"]), ("grub-editenv list", [r"^next_entry=$"])], as_removable),
    "debian-grub-option": Loader("grub", [GRUB_MENU], [
        ("efibootmgr -v", [r"^BootCurrent: 0000$", r"^BootOrder: 0000$", r"^Boot0000\* by bcfg" + FILE + r"debian\\shimx64\.efi\)"])],
        add_option_by_shell),
    "systemd-boot-uki": Loader("systemd-boot", [UKI_MENU], [
        ("bootctl --no-pager status", [*BOOTCTL, r"Stub: systemd-stub 252", r"\u2713 Stub sets ESP information"])]),
    "systemd-boot-counted": Loader("systemd-boot", [UKI_MENU], [
        ("bootctl --no-pager status", BOOTCTL),
        ("cat /sys/firmware/efi/efivars/LoaderBootCountPath-* | tr -d '\\000'; echo", [r"debian\+2-1\.efi"]),
        ("ls /boot/efi/EFI/Linux", [r"^debian\.efi$"])], count_boots),
    "systemd-boot-entry": Loader("systemd-boot", [ENTRY_MENU], [("bootctl --no-pager status", [*BOOTCTL, r"!Stub: systemd-stub"])]),
}


def copy_disk(source, target, words="console=ttyS0 no_timer_check"):
    """The disk with this machine's figure and these words in the command line of its kernels."""
    subprocess.run(["cp", "--sparse=always", source, target], check=True)
    there = f"{words} tsc=reliable tsc_early_khz={qemu.tsc_khz()}".encode().ljust(len(CMDLINE))
    with open(target, "r+b") as file, mmap.mmap(file.fileno(), 0) as content:
        place = content.find(CMDLINE)
        while place >= 0:
            content[place:place + len(there)] = there
            place = content.find(CMDLINE, place)


def device_options(scenario, disk):
    bus = "device" if scenario.machine.startswith("microvm") else "pci"
    drive = ["-drive", f"file={disk},format=raw,if=none,id=disk"]
    if scenario.device == "scsi":
        return [*drive, "-device", f"virtio-scsi-{bus}", "-device", "scsi-hd,drive=disk"]
    return [*drive, "-device", f"virtio-blk-{bus},drive=disk"]


def examine(disk):
    """What fsck finds wrong with the file systems."""
    root = f"{disk}?offset={ESP[0] + ESP[1]}"
    checks = [["/sbin/e2fsck", "-fn", root]]
    volume = disk.with_name("esp")
    with open(disk, "rb") as file:
        file.seek(ESP[0])
        volume.write_bytes(file.read(ESP[1]))
    checks.append(["/sbin/fsck.fat", "-n", str(volume)])
    for check in checks:
        done = subprocess.run(check, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode:
            yield f"{check[0]}: {done.stdout.strip()}"


def turns(loader, place):
    found = [*loader.menus, Turn(r"debian login: \Z", "root\r"), Turn(r"root@debian:~# ?\Z", "exec sh\r")]
    for command, patterns in COMMON + loader.asked + OPTIONS:
        found.append(Turn(SHELL, command.replace("PLACE", place) + "\r", [pattern.replace("PLACE", place) for pattern in patterns]))
    return [*found, Turn(SHELL, "poweroff\r")]


def run(scenario, options):
    loader = LOADERS[scenario.loader]
    stem = options.logs / f"{options.firmware}.{scenario.name}"
    with tempfile.TemporaryDirectory() as directory:
        disk = pathlib.Path(directory, "disk")
        copy_disk(payload_dir("debian-disks") / f"{loader.disk}.disk", disk)
        if loader.prepare:
            loader.prepare(disk)
        arguments = qemu.machine_options(scenario.machine) + ["-accel", "tcg", "-m", str(MEMORY), *device_options(scenario, disk)]
        arguments += ["-bios", options.ovmf] if options.firmware == "ovmf" else ["-kernel", str(options.elf)]
        conversation = Conversation(turns(loader, "sda" if scenario.device == "scsi" else "vda"))
        done = qemu.run(arguments, stem, min(options.limit, LIMIT), conversation=conversation)
        complaints = conversation.complaints() + list(examine(disk))
    if done.timed_out:
        complaints.append(f"it was given up after {done.seconds:.0f} s")
    if done.shutdown != "guest-shutdown":
        complaints.append(f"the machine ended by '{done.shutdown or 'nothing'}', not guest-shutdown")
    return done, (complaints, f"{len(conversation.turns)} turns, {done.shutdown}")
