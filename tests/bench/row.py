# SPDX-License-Identifier: BSD-2-Clause-Patent
"""A row of the table: one machine, one firmware, one payload, and the figures of that."""
import dataclasses

MANY = 64
PROBES = ("probe", "large")


@dataclasses.dataclass
class Row:
    """Instructions are counted from the firmware's first one: efilite's PVH entry, every other's reset vector."""
    firmware: str
    board: str
    memory_mib: int
    payload: str  # probe; large: the probe in an image of a UKI's size; uki; kernel: a bzImage; vmlinux: the ELF file in it
    via: str  # module, fw_cfg: how efilite is given it; -kernel: QEMU's option, read by the others; disk, 64 disks: it is on the first
    status: str = "ok"
    before_entry: int | None = None  # what SeaBIOS or qboot did before efilite
    to_payload: int | None = None
    to_kernel: int | None = None  # the kernel's first instruction: the payload's own, or its EFI entry inside a UKI
    to_startup: int | None = None  # the kernel's 32- or 64-bit entry behind its EFI stub or real-mode set-up; of a vmlinux the PVH entry
    waiting: int | None = None  # of to_payload: waiting for time to pass
    to_exit_boot_services: int | None = None
    to_init: int | None = None
    file_bytes: int | None = None  # the payload's
    copied_bytes: int | None = None
    touched_disks: int | None = None  # by anybody's driver until the end
    handed_over_bytes: int | None = None  # RAM that the memory map handed to the kernel keeps from it
    held_bytes: int | None = None  # RAM that the system cannot use in the end
    held_by_type: dict = dataclasses.field(default_factory=dict)
    map_entries: int | None = None
    os_memory_kib: int | None = None  # MemTotal
    notes: list = dataclasses.field(default_factory=list)
    seconds: float = 0
    cpu_seconds: float = 0  # QEMU's, with its plugins, until the end of the machine

    def name(self):
        return f"{self.firmware} {self.board} {self.memory_mib} MiB, {self.payload} by {self.via}"

    def directory(self):
        words = (self.firmware, self.board, self.memory_mib, self.payload, self.via)
        return "-".join(str(word).strip("-").replace(" ", "-") for word in words)

    def disks(self):
        return {"disk": 1, f"{MANY} disks": MANY}.get(self.via, 0)

    def is_probe(self):
        return self.payload in PROBES

    def figures(self):
        """Everything that must come out the same when the row is measured again."""
        fields = dataclasses.asdict(self)
        del fields["seconds"], fields["cpu_seconds"]
        return fields
