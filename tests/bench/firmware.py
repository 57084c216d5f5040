# SPDX-License-Identifier: BSD-2-Clause-Patent
"""How each firmware is put into the machine and given its payload, and by what the payload's entries are recognised."""
import functools
import pathlib
import shutil

import disks
import payload
import symbols

EVERYWHERE = (0, (1 << 64) - 1)


class Firmware:
    """`path` is the file of which the size is told."""
    name = ""
    path = pathlib.Path()
    starts_efi = True
    patience = None  # seconds until it counts as stuck, where that has to be sooner than anybody else's
    first_disk = ""  # what the device of the first disk is told

    def __init__(self, files):
        self.files = files

    def payload_file(self, row):
        return self.files[row.payload]

    def initrd(self, row):
        return self.files["initrd"] if row.initrd_mib is None else payload.initrd(self.files["init"], row.initrd_mib)

    def cmdline(self, row):
        # Where costs are compared with each other, the kernel shall not choose its place by chance.
        return payload.CMDLINE + (" nokaslr" if row.initrd_mib is not None else "")

    def arguments(self, row, directory, image=None):
        mine = self.itself(row, directory)
        if row.via == "disk":
            return mine + disks.arguments(row.board, image or disks.image(self.payload_file(row)), row.disks, self.first_disk)
        return mine + self.program(row) + disks.arguments(row.board, None, row.disks)

    def counts(self):
        """The plugin's options for what is counted apart: first everything, then what efilite copies with, then all that is efilite's."""
        return []

    def itself(self, row, directory):
        raise NotImplementedError

    def program(self, row):
        """QEMU's own way to start one: the firmware finds it in fw_cfg."""
        mine = ["-kernel", str(self.payload_file(row))]
        if row.payload in ("kernel", "vmlinux"):
            mine += ["-initrd", str(self.initrd(row)), "-append", self.cmdline(row)]
        return mine

    def places(self, row):
        file = self.payload_file(row)
        if row.payload == "pvh":
            return {"payload": payload.pvh_signature(file)}
        if row.is_probe():
            return {"payload": payload.pe_entry(file)}
        found = {"init": payload.elf_entry(self.files["init"])}
        if row.initrd_mib is not None:
            found["unpacked"] = payload.elf_entry(self.files["vmlinux"], physical=True)
        if row.payload == "vmlinux":
            return found | {"payload": payload.pvh_signature(file)}
        return found | {"payload": payload.pe_entry(file), "kernel": payload.pe_entry(self.files["kernel"])} | payload.startup(
            self.files["kernel"])


class Efilite(Firmware):
    name = "efilite"

    def __init__(self, path, debug, files):
        """`debug` is the file that has its symbols."""
        super().__init__(files)
        self.path = path
        self.symbols = debug

    @functools.cache
    def counts(self):
        if not self.symbols.exists():
            return []
        names = symbols.named(self.symbols)
        # Runtime services run at the places that they are copied to, in the end at addresses of the kernel's.
        copied = self.symbols.with_suffix(".runtime")
        copied.write_bytes(payload.at(self.symbols, symbols.address(names, "runtime_start"), symbols.address(names, "runtime_end")))
        apart = ([EVERYWHERE], symbols.ranges(names, *symbols.COPYING), [symbols.whole(names)])
        return [*map(symbols.as_option, apart), f"copies={copied}"]

    def itself(self, _row, _directory):
        return ["-kernel", str(self.path)]

    def program(self, row):
        def file(name, path):
            return ["-fw_cfg", f"name=opt/efilite/{name},file={path}"]
        program = self.payload_file(row)
        mine = ["-initrd", str(program)] if row.via == "module" else file("kernel", program)
        if row.entry:
            mine += ["-append", f"efilite.entry={row.entry}"]
        if row.payload in ("kernel", "vmlinux"):
            mine += ["-initrd", str(self.initrd(row))] if row.via == "split" else file("initrd", self.initrd(row))
            mine += ["-fw_cfg", f"name=opt/efilite/cmdline,string={self.cmdline(row)}"]
        return mine

    def places(self, row):
        return {"entry": payload.pvh_entry(self.path)} | super().places(row)


class Ovmf(Firmware):
    """OVMF reads the payload by fw_cfg, too, the fastest way it has: no disk, no boot menu. Of several disks it is told the first."""
    name = "ovmf"
    first_disk = ",bootindex=0"

    def __init__(self, path, files):
        super().__init__(files)
        self.path = path
        self.variables = path.with_name(path.name.replace("_CODE", "_VARS"))

    def itself(self, _row, directory):
        if not self.path.exists():
            raise ValueError(f"there is no {self.path}; it comes with Debian's package ovmf")
        variables = directory.with_name(directory.name + ".vars")
        directory.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.variables, variables)
        flash = "if=pflash,format=raw"
        return ["-drive", f"{flash},unit=0,readonly=on,file={self.path}", "-drive", f"{flash},unit=1,file={variables}"]


class Uboot(Firmware):
    """Debian's build for x86-64, which is linked for the PC: on q35 it finds no disk. Half of its start is the time to press a key in."""
    name = "u-boot"

    def __init__(self, path, files):
        super().__init__(files)
        self.path = path

    def itself(self, _row, _directory):
        return ["-bios", str(self.path)]


class SeaBios(Firmware):
    """The BIOS of QEMU's PCs. It starts no EFI program; in it QEMU's option ROMs start kernels: linuxboot a bzImage by its real-mode
    entry, pvh an ELF file by its PVH entry."""
    name = "seabios"
    path = pathlib.Path("/usr/share/seabios/bios-256k.bin")
    starts_efi = False
    patience = 60  # a disk's boot code that is not there is run for ever

    def itself(self, row, _directory):
        return ["-bios", str(self.path.with_name("bios-microvm.bin") if row.board.startswith("microvm") else self.path)]


class Qboot(Firmware):
    """The least that starts a kernel in a PC: a bzImage by its 32-bit entry, an ELF file by its PVH entry."""
    name = "qboot"
    path = pathlib.Path("/usr/share/qemu/qboot.rom")
    starts_efi = False

    def itself(self, _row, _directory):
        return ["-bios", str(self.path)]
