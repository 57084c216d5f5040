# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A row of the table: one machine, one firmware, one payload, and the figures of that."""
import dataclasses

MANY = 64
PROBES = ("probe", "large", "pvh")


@dataclasses.dataclass
class Row:
    """Instructions are counted from the firmware's first one: efilite's PVH entry, every other's reset vector."""
    firmware: str
    board: str
    memory_mib: int
    # probe; large: the probe in an image of a UKI's size; pvh: its like, started by PVH; uki; kernel: a bzImage; vmlinux: the ELF in it
    payload: str
    # module, fw_cfg: how efilite is given it; split: by fw_cfg, its initrd as a module; -kernel: QEMU's option; disk: it is on the first
    via: str
    disks: int = 0
    entry: str = ""  # efilite.entry=, where it is not left to efilite
    cpus: int = 1
    initrd_mib: int | None = None  # None: as small as it can be
    status: str = "ok"
    before_entry: int | None = None  # what SeaBIOS or qboot did before efilite
    to_payload: int | None = None
    to_kernel: int | None = None  # the kernel's first instruction: the payload's own, or its EFI entry inside a UKI
    to_startup: int | None = None  # the kernel's 32- or 64-bit entry behind its EFI stub or real-mode set-up; of a vmlinux the PVH entry
    to_unpacked: int | None = None  # the first instruction of the kernel that was packed in the bzImage
    copying: int | None = None  # instructions of to_payload that efilite moves and clears memory with
    waiting: int | None = None  # of to_payload: waiting for time to pass
    to_exit_boot_services: int | None = None
    to_init: int | None = None
    # Of to_init: efilite's own code, with the services that are called later on; of other firmware what came before the kernel
    by_firmware: int | None = None
    firmware_percent: float | None = None  # by_firmware, of the rest, which is the kernel's own share (and systemd's stub's)
    file_bytes: int | None = None  # the payload's
    copied_bytes: int | None = None
    touched_disks: int | None = None  # by anybody's driver until the end
    handed_over_bytes: int | None = None  # RAM that the memory map handed to the kernel keeps from it
    held_bytes: int | None = None  # RAM that the system cannot use in the end
    held_by_type: dict = dataclasses.field(default_factory=dict)
    map_entries: int | None = None
    memory_map: list = dataclasses.field(default_factory=list)  # of those that is_pictured(): "address bytes type" of each entry
    unpacked: dict = dataclasses.field(default_factory=dict)  # packed parts of efilite that somebody came to: {part: instructions}
    boot_log: list = dataclasses.field(default_factory=list)  # efilite's own lines, of the row that is_logged()
    os_memory_kib: int | None = None  # MemTotal
    notes: list = dataclasses.field(default_factory=list)
    seconds: float = 0
    cpu_seconds: float = 0  # QEMU's, with its plugins, until the end of the machine

    def name(self):
        more = [f"{self.cpus} CPUs"] if self.cpus > 1 else []
        if self.disks > (self.via == "disk"):
            more.append("1 disk" if self.disks == 1 else f"{self.disks} disks")
        if self.initrd_mib is not None:
            more.append(f"initrd of {self.initrd_mib} MiB")
        return ", ".join([f"{self.firmware} {self.board} {self.memory_mib} MiB", *more, f"{self.program()} by {self.via}"])

    def program(self):
        return f"{self.payload}, {self.entry}" if self.entry else self.payload

    def directory(self):
        return "-".join(self.name().replace("-", " ").replace(",", "").split())

    def is_probe(self):
        return self.payload in PROBES

    def is_pictured(self):
        return (self.board, self.memory_mib, self.payload) == ("q35", 512, "probe") and self.via != "fw_cfg"

    def is_logged(self):
        """`efilite report` draws this one in docs/bench."""
        return (self.firmware, self.board, self.memory_mib, self.program(), self.via) == ("efilite", "q35", 512, "kernel", "module")

    def starts_by_efi(self):
        if self.payload == "kernel":
            return self.firmware in ("efilite", "ovmf") and not self.entry
        return self.payload in ("uki", "probe", "large")

    def figures(self):
        """Everything that must come out the same when the row is measured again."""
        fields = dataclasses.asdict(self)
        del fields["seconds"], fields["cpu_seconds"]
        return fields
