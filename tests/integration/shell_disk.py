# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Debian's EFI Shell with a disk: its file commands, startup.nsh, drivers and applications. Afterwards fsck.fat and mtools look at the
disk: where it is memory, QEMU writes that to a file before the machine ends."""
import json
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile

import program
import qemu
from cached import payload_dir
from conversation import Conversation, Turn

LIMIT = 80
PROMPT = r"(^|\n)(Shell|FS0:\\[^>\n]*)> \Z"
# An editor clears the screen when it is left, so that the prompt does not begin a line of what came.
PROMPT_AFTER_EDITOR = r"FS0:\\> \Z"
HELLO = b"hello from the disk\r\n"
STARTUP = """@echo -off
echo startup.nsh runs
fs0:
if exist hello.txt then
  echo hello.txt is there
endif
for %a in one two
  echo item %a
endfor
exits.efi 7 as told
echo exit code %lasterror%
type hello.txt
"""
GREETING = [r"UEFI Interactive Shell v2\.\d", r"FS0: +Alias\(s\):.*BLK0:", r"^startup\.nsh runs$", r"^hello\.txt is there$",
            r"^item one\nitem two$", r"^exits: found itself$", r"^exits: with 7 as told$", r"^exit code 0x7$", r"^hello from the disk$"]
# A command, and what its answer must have; both firmwares must give it.
COMMANDS = [
    ("map -r", [r"FS0: +Alias\(s\):.*BLK0:"]),
    ("fs0:", []),
    ("ls", [r"21  hello\.txt$", r"startup\.nsh$", r"<DIR> +[\d,]+  EFI$", r"5 File\(s\)", r"1 Dir\(s\)"]),
    ("type hello.txt", [r"^hello from the disk$"]),
    ("cp hello.txt copy.txt", [r"\[ok\]"]),
    ("comp hello.txt copy.txt", [r"no differences encountered"]),
    ("comp hello.txt startup.nsh", [r"Difference #|difference\(s\) encountered"]),
    ("mkdir sub", ["!mkdir:"]),
    ("mkdir sub\\deeper", ["!mkdir:"]),
    ("mkdir sub", [r"already exists|Already Exists|unable to create|Unable to create"]),
    ("mv copy.txt sub\\moved.txt", [r"\[ok\]"]),
    ("ls copy.txt", [r"(?i)not found"]),
    ('mv sub\\moved.txt "sub\\a long name, with spaces.txt"', [r"\[ok\]"]),
    ("ls sub", [r"a long name, with spaces\.txt$", r"<DIR> +[\d,]+  deeper$"]),
    ("cp -r EFI sub\\deeper", [r"BOOTX64\.EFI.*\[ok\]|\[ok\]"]),
    ("ls -r sub", [r"BOOTX64\.EFI$"]),
    ("attrib +r +h hello.txt", ["!attrib:"]),
    ("attrib hello.txt", [r"Attrib: +A? *H *R +hello\.txt|HR"]),
    ("rm hello.txt", [r"Access Denied"]),
    ("attrib -r -h hello.txt", ["!attrib:"]),
    ("vol", [r"Volume SHELLDISK +\(rw\)", r"bytes total disk space", r"bytes available"]),
    ("vol fs0 -n RENAMED", [r"Volume RENAMED"]),
    ("vol", [r"Volume RENAMED"]),
    ("echo first > made.txt", []),
    ("echo second >> made.txt", []),
    ("type made.txt", [r"^first\nsecond$"]),
    ("setsize 4000 made.txt", [r"!setsize:"]),
    ("ls made.txt", [r"4,000  made\.txt$"]),
    ("touch hello.txt", [r"!touch:"]),
    ("cd sub\\deeper", []),
    ("cd ..", []),
    ("cd ..", []),
    ("load runtime.efi", [r"Image 'FS0:\\runtime\.efi' loaded at [0-9A-F]+ - Success"]),
    ("load drv0.efi", [r"Image 'FS0:\\drv0\.efi' loaded at [0-9A-F]+ - Success"]),
    ("load hello.txt", [r"Image 'FS0:\\hello\.txt' error|is not an image|Unsupported|Load Error"]),
    ("exits.efi 0", [r"^exits: found itself$"]),
    ("echo %lasterror%", [r"^0x0$"]),
    ("EFI\\BOOT\\BOOTX64.EFI 21", [r"^exits: found itself$", r"^exits: with 21$"]),
    ("echo %lasterror%", [r"^0x15$"]),
    ("dblk blk0 0", [r"LBA 0+ Size 0*200 bytes", r"\*.*FAT1"]),
    ("hexedit hello.txt", [r"HEXEDIT", r"68 +65 +6C +6C +6F"]),
    Turn(r"(?s)(?=.*Lines Read).*hello from the d", "\x11", [r"!init failed"], "leaving hexedit"),
    Turn(PROMPT_AFTER_EDITOR, "edit hello.txt\r", [r"EDIT", r"hello from the disk"]),
    Turn(r"(?s)(?=.*Lines Read).*hello from the disk", "\x11", [r"!init failed"], "leaving edit"),
    Turn(PROMPT_AFTER_EDITOR, "dh -p SimpleFileSystem\r", [r"SimpleFileSystem"]),
    ("ls none", [r"(?i)not found"]),
    ("reconnect -r", []),
    ("map -r", [r"FS0: +Alias\(s\):.*BLK0:"]),
    ("type made.txt", [r"^first\nsecond"]),
    ("rm -q sub\\deeper", [r"!rm:"]),
    ("ls -r sub", [r"a long name, with spaces\.txt$", "!BOOTX64"]),
]
# Where virtio devices are, what `map` calls the disk there, and what `devices` does.
PCI, MMIO = r"PciRoot\(0x0\)/Pci\(0x[0-9A-F]+,0x0\)", r"VenHw\(837DCA9E-E874-4D82-B29A-23FE0E23D1E2,[0-9A-F]{16}\)"
BLK, SCSI = r" virtio Disk$| File System$", r" virtio SCSI Adapter$"
DEVICES = {
    "blk-modern": (["virtio-blk-pci,drive=disk,disable-legacy=on"], PCI, BLK),
    "blk-legacy": (["virtio-blk-pci,drive=disk,disable-modern=on"], PCI, BLK),
    "blk-transitional": (["virtio-blk-pci,drive=disk,disable-legacy=off,disable-modern=off"], PCI, BLK),
    "blk-bridge": (["pci-bridge,id=bridge,chassis_nr=1", "virtio-blk-pci,drive=disk,bus=bridge,addr=3"], PCI + r"/Pci\(0x3,0x0\)", BLK),
    "blk-port": (["pcie-root-port,id=root,chassis=1", "virtio-blk-pci,drive=disk,bus=root"], PCI + r"/Pci\(0x0,0x0\)", BLK),
    "blk-mmio1": (["virtio-blk-device,drive=disk"], MMIO, BLK),
    "blk-mmio2": (["virtio-blk-device,drive=disk"], MMIO, BLK),
    "scsi": (["virtio-scsi-pci", "scsi-hd,drive=disk"], PCI + r"/Scsi\(0x0,0x0\)", SCSI),
    "scsi-mmio": (["virtio-scsi-device", "scsi-hd,drive=disk,scsi-id=7,lun=5"], MMIO + r"/Scsi\(0x7,0x5\)", SCSI),
}
LEFT = {"hello.txt": HELLO, "startup.nsh": STARTUP.replace("\n", "\r\n").encode(), "sub/a long name, with spaces.txt": HELLO,
        "made.txt": b"\xff\xfe" + "first\r\nsecond\r\n".encode("utf-16-le")}


def mtools(image, tool, *arguments, **options):
    return subprocess.run([tool, "-i", image, *arguments], check=True, **options)


def make_disk(path):
    path.write_bytes(bytes(8 << 20))
    mtools(path, "mformat", "-v", "SHELLDISK", "::")
    mtools(path, "mmd", "::EFI", "::EFI/BOOT")
    for name, content in [("hello.txt", HELLO), ("startup.nsh", LEFT["startup.nsh"])]:
        mtools(path, "mcopy", "-", f"::{name}", input=content)
    exits = program.build("exits")
    for source, name in [(exits, "exits.efi"), (exits, "EFI/BOOT/BOOTX64.EFI"), (program.runtime_driver(), "runtime.efi"),
                         (payload_dir("gnu-efi") / "apps/drv0.efi", "drv0.efi")]:
        mtools(path, "mcopy", str(source), f"::{name}")


class DiskConversation(Conversation):
    """Has QEMU write the RAM disk's memory to a file when everything has been said but the last word."""

    def __init__(self, turns, monitor, image):
        super().__init__(turns)
        self.monitor, self.image = monitor, image

    def _type(self, process, text):
        if text == self.turns[-1].typed and self.image is not None:
            self._save("".join(self.answers))
        super()._type(process, text)

    def _save(self, heard):
        place = re.search(r"VirtualDisk\(0x([0-9A-F]+),0x([0-9A-F]+),0\)", heard)
        if not place:
            return
        first, last = (int(address, 16) for address in place.groups())
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.monitor))
            with connection.makefile("rw") as channel:
                channel.readline()
                memory = {"val": first, "size": last + 1 - first, "filename": str(self.image)}
                for command in [{"execute": "qmp_capabilities"}, {"execute": "pmemsave", "arguments": memory}]:
                    channel.write(json.dumps(command) + "\n")
                    channel.flush()
                    while "return" not in (answer := json.loads(channel.readline())):
                        if "error" in answer:
                            return


def examine(image, firmware):
    """What fsck.fat and mtools find wrong with the disk."""
    if not image.exists():
        return ["there is no image of the disk"]
    check = subprocess.run(["fsck.fat", "-n", image], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    # OVMF leaves the boot sector's copy of the label as it was.
    complaints = [f"fsck.fat: {check.stdout.strip()}"] if check.returncode and firmware != "ovmf" else []
    label = mtools(image, "mlabel", "-s", "::", stdout=subprocess.PIPE, text=True).stdout
    if "RENAMED" not in label:
        complaints.append(f"the label on the disk: {label.strip()}")
    for name, content in LEFT.items():
        found = subprocess.run(["mtype", "-i", image, f"::{name}"], stdout=subprocess.PIPE, check=False).stdout
        if found[:len(content)] != content or len(found) != (4000 if name == "made.txt" else len(content)):
            complaints.append(f"{name} on the disk is {found[:80]}, {len(found)} bytes")
    return complaints


def device_options(name, disk):
    devices = DEVICES[name][0] if name else ["ide-hd,drive=disk"]
    drive = ["-drive", f"file={disk},format=raw,if=none,id=disk", "-global", f"virtio-mmio.force-legacy={'off' if '2' in name else 'on'}"]
    return drive + [word for device in devices for word in ("-device", device)]


def commands(name):
    if not name:
        return COMMANDS
    _, path, title = DEVICES[name]
    return [("map -r", [rf" {path}"]), ("devices", [title]), ("drivers", [r" Partitions and File Systems ", r" virtio "]), *COMMANDS]


def run(scenario, options):
    shell = payload_dir("efi-shell") / "shellx64.efi"
    stem = options.logs / f"{options.firmware}.{scenario.name}"
    in_memory = options.firmware != "ovmf" and not scenario.device
    asked = commands(scenario.device)
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        disk, left, monitor = directory / "disk", directory / "left", directory / "monitor"
        make_disk(disk)
        arguments = qemu.machine_options(scenario.machine) + ["-accel", "tcg", "-m", "256"]
        if options.firmware == "ovmf":
            arguments += ["-bios", options.ovmf, "-kernel", str(shell), "-append", "-delay 0"]
        else:
            # Without ACPI, microvm adds words of its own to -append, which the Shell would take for a script's name.
            arguments += ["-kernel", str(options.elf), *qemu.fw_cfg_file("opt/efilite/kernel", shell),
                          *qemu.fw_cfg_string("opt/efilite/cmdline", "-delay 0")]
        if in_memory:
            arguments += ["-initrd", str(disk), "-qmp", f"unix:{monitor},server=on,wait=off"]
        else:
            left = disk
            arguments += device_options(scenario.device, disk)
        turns = [step if isinstance(step, Turn) else Turn(PROMPT, f"{step[0]}\r", step[1]) for step in asked]
        turns.append(Turn(PROMPT, "reset -s\r"))
        conversation = DiskConversation(turns, monitor, left if in_memory else None)
        done = qemu.run(arguments, stem, min(options.limit, LIMIT), conversation=conversation)
        complaints = conversation.complaints(GREETING) + examine(left, options.firmware)
        if left.exists():
            shutil.copy(left, stem.with_name(stem.name + ".disk"))
    if done.timed_out:
        complaints.append(f"it was given up after {done.seconds:.0f} s")
    end = "guest-reset" if scenario.machine == "microvm-noacpi" else "guest-shutdown"  # which has no way to power off
    if done.shutdown != end:
        complaints.append(f"the machine ended by '{done.shutdown or 'nothing'}', not {end}")
    return done, (complaints, f"{len(asked)} commands, {done.shutdown}")
