# SPDX-License-Identifier: BSD-2-Clause-Patent
"""How each firmware is put into the machine and given its payload, and by what the payload's entries are recognised."""
import pathlib
import shutil

import disks
import payload

QEMU_DATA = pathlib.Path("/usr/share/qemu")


class Firmware:
    """`path` is the file of which the size is told."""
    name = ""
    path = pathlib.Path()
    starts_efi = True
    patience = None  # seconds until it counts as stuck, where that has to be sooner than anybody else's

    def __init__(self, files):
        self.files = files

    def payload_file(self, row):
        return self.files[row.payload]

    def disk(self, row, image, first=""):
        return disks.arguments(row.board, image or disks.image(self.payload_file(row)), row.disks(), first)

    def direct(self, row):
        """QEMU's own way to start a program: the firmware finds it in fw_cfg."""
        mine = ["-kernel", str(self.payload_file(row))]
        if row.payload in ("kernel", "vmlinux"):
            mine += ["-initrd", str(self.files["initrd"]), "-append", payload.CMDLINE]
        return mine

    def places(self, row):
        file = self.payload_file(row)
        if row.is_probe():
            return {"payload": payload.pe_entry(file)}
        found = {"init": payload.elf_entry(self.files["init"])}
        if row.payload == "vmlinux":
            return found | {"payload": payload.pvh_signature(file)}
        return found | {"payload": payload.pe_entry(file), "kernel": payload.pe_entry(self.files["kernel"])} | payload.startup(
            self.files["kernel"])


class Efilite(Firmware):
    name = "efilite"

    def __init__(self, path, files):
        super().__init__(files)
        self.path = path

    def arguments(self, row, _directory, image=None):
        mine = ["-kernel", str(self.path)]
        if row.disks():
            return mine + self.disk(row, image)
        if row.via == "module":
            mine += ["-initrd", str(self.payload_file(row))]
        else:
            mine += ["-fw_cfg", f"name=opt/efilite/kernel,file={self.payload_file(row)}"]
        if row.payload == "kernel":
            mine += ["-fw_cfg", f"name=opt/efilite/initrd,file={self.files['initrd']}",
                     "-fw_cfg", f"name=opt/efilite/cmdline,string={payload.CMDLINE}"]
        return mine

    def places(self, row):
        return {"entry": payload.pvh_entry(self.path)} | super().places(row)


class Ovmf(Firmware):
    """OVMF reads the payload by fw_cfg, too, the fastest way it has: no disk, no boot menu. Of several disks it is told the first."""
    name = "ovmf"

    def __init__(self, path, files):
        super().__init__(files)
        self.path = path
        self.variables = path.with_name(path.name.replace("_CODE", "_VARS"))

    def arguments(self, row, directory, image=None):
        if not self.path.exists():
            raise ValueError(f"there is no {self.path}; it comes with Debian's package ovmf")
        variables = directory.with_name(directory.name + ".vars")
        directory.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.variables, variables)
        flash = "if=pflash,format=raw"
        mine = ["-drive", f"{flash},unit=0,readonly=on,file={self.path}", "-drive", f"{flash},unit=1,file={variables}"]
        return mine + (self.disk(row, image, ",bootindex=0") if row.disks() else self.direct(row))


class Uboot(Firmware):
    """Debian's build for x86-64, which is linked for the PC: on q35 it finds no disk. Half of its start is the time to press a key in."""
    name = "u-boot"

    def __init__(self, path, files):
        super().__init__(files)
        self.path = path

    def arguments(self, row, _directory, image=None):
        return ["-bios", str(self.path), *self.disk(row, image)]


class SeaBios(Firmware):
    """The BIOS of QEMU's PCs. It starts no EFI program; in it QEMU's option ROMs start kernels: linuxboot a bzImage by its real-mode
    entry, pvh an ELF file by its PVH entry."""
    name = "seabios"
    path = pathlib.Path("/usr/share/seabios/bios-256k.bin")
    starts_efi = False
    patience = 60  # a disk's boot code that is not there is run for ever

    def arguments(self, row, _directory, image=None):
        rom = self.path.with_name("bios-microvm.bin") if row.board.startswith("microvm") else self.path
        return ["-bios", str(rom), *(self.disk(row, image) if row.disks() else self.direct(row))]


class Qboot(Firmware):
    """The least that starts a kernel in a PC: a bzImage by its 32-bit entry, an ELF file by its PVH entry."""
    name = "qboot"
    path = QEMU_DATA / "qboot.rom"
    starts_efi = False

    def arguments(self, row, _directory, image=None):
        return ["-bios", self.path.name, *(self.disk(row, image) if row.disks() else self.direct(row))]
