# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What is booted on what.

The whole product would take hours. Every kernel meets every form on every machine; the other columns are spread over
those rows so that every pair of values, of any two columns, occurs at least once (`boot.py --check-table` proves it). A guest with two
processors has the host for itself: there are no more of these than the pairs want."""
import itertools
from dataclasses import dataclass, fields, replace

# microvm with ACPI off has no power-off device, and Linux does not even try: it can only be left by a reset. It tells
# its processors in an MP table, which Debian's cloud kernel cannot read.
# 128 MiB is too little for a UKI of 6.12: stub, kernel file and unpacked kernel are in memory together.


@dataclass(frozen=True)
class Scenario:
    kernel: str     # 6.1, 6.1-cloud, 6.1-686 with 32 bits: Debian 12; 6.12: its backports
    form: str       # kernel: kernel and initrd apart; uki: one image with systemd's stub
    transport: str  # module: the image is the PVH module; fw_cfg: it is the file opt/efilite/kernel
    machine: str
    memory: int     # MiB
    cpus: int
    cpu: str        # qemu64 has neither RDRAND nor 1 GiB pages nor five-level paging; max has all
    end: str        # how the guest leaves

    @property
    def name(self):
        return ".".join(["boot", self.kernel, self.form, self.transport, self.machine, f"{self.memory}M",
                         f"{self.cpus}cpu", self.cpu, self.end])


BOOTS = [Scenario(*row) for row in [
    ("6.1", "kernel", "module", "q35", 3072, 1, "qemu64", "reboot"),
    ("6.1", "kernel", "fw_cfg", "pc", 6144, 2, "max", "poweroff"),
    ("6.1", "kernel", "module", "microvm", 512, 2, "max", "reboot"),
    ("6.1", "kernel", "fw_cfg", "microvm-noacpi", 128, 1, "qemu64", "reboot"),
    ("6.1", "uki", "module", "q35", 128, 1, "max", "poweroff"),
    ("6.1", "uki", "fw_cfg", "pc", 3072, 1, "qemu64", "reboot"),
    ("6.1", "uki", "fw_cfg", "microvm", 512, 1, "qemu64", "poweroff"),
    ("6.1", "uki", "module", "microvm-noacpi", 6144, 1, "qemu64", "reboot"),
    ("6.1-cloud", "kernel", "fw_cfg", "q35", 3072, 1, "max", "poweroff"),
    ("6.1-cloud", "kernel", "module", "pc", 128, 1, "qemu64", "reboot"),
    ("6.1-cloud", "kernel", "module", "microvm", 6144, 1, "qemu64", "reboot"),
    ("6.1-cloud", "kernel", "fw_cfg", "microvm-noacpi", 512, 1, "max", "reboot"),
    ("6.1-cloud", "uki", "fw_cfg", "q35", 6144, 1, "qemu64", "poweroff"),
    ("6.1-cloud", "uki", "fw_cfg", "pc", 512, 1, "max", "poweroff"),
    ("6.1-cloud", "uki", "fw_cfg", "microvm", 128, 2, "qemu64", "poweroff"),
    ("6.1-cloud", "uki", "module", "microvm-noacpi", 3072, 1, "max", "reboot"),
    ("6.12", "kernel", "module", "q35", 512, 1, "qemu64", "poweroff"),
    ("6.12", "kernel", "fw_cfg", "pc", 6144, 1, "max", "reboot"),
    ("6.12", "kernel", "module", "microvm", 3072, 1, "qemu64", "poweroff"),
    ("6.12", "kernel", "fw_cfg", "microvm-noacpi", 128, 1, "qemu64", "reboot"),
    ("6.12", "uki", "module", "q35", 3072, 2, "max", "reboot"),
    ("6.12", "uki", "module", "pc", 6144, 1, "max", "poweroff"),
    ("6.12", "uki", "fw_cfg", "microvm", 3072, 1, "max", "poweroff"),
    ("6.12", "uki", "fw_cfg", "microvm-noacpi", 6144, 2, "qemu64", "reboot"),
]]


@dataclass(frozen=True)
class Resident(Scenario):
    """A boot with a runtime driver resident: programs/resident.c starts both."""

    @property
    def name(self):
        return "resident" + super().name.removeprefix("boot")


RESIDENTS = [
    Resident("6.1", "uki", "module", "q35", 512, 1, "max", "poweroff"),
    Resident("6.12", "uki", "fw_cfg", "pc", 1024, 2, "qemu64", "reboot"),
]


@dataclass(frozen=True)
class Entropy(Scenario):
    """A boot with a virtio source of random numbers, which the CPU has none of."""

    @property
    def name(self):
        return "entropy" + super().name.removeprefix("boot")


ENTROPY = [
    Entropy("6.1", "kernel", "module", "q35", 512, 1, "qemu64", "reboot"),
    Entropy("6.12", "uki", "fw_cfg", "microvm", 512, 1, "qemu64", "reboot"),
]


@dataclass(frozen=True)
class Packed(Scenario):
    """A boot of a UKI that efilite's own program has packed."""

    @property
    def name(self):
        return "packed" + super().name.removeprefix("boot")


PACKED = [
    Packed("6.12", "uki", "module", "q35", 1024, 1, "max", "poweroff"),
]


@dataclass(frozen=True)
class Entered(Scenario):
    """A boot by another entry than that of the PE image. The initrd comes from fw_cfg beside a module, and as the module beside a file."""
    image: str        # whole; no-pe: the handover entry is the only one of EFI; no-efi: neither is to be seen; vmlinux: unpacked
    wish: str         # efilite.entry=; none: efilite chooses
    option: str = ""  # one more for the kernel

    @property
    def entry(self):
        return self.wish or {"no-pe": "handover", "no-efi": "linux", "whole": "linux32",  # whole: 6.1-686
                             "vmlinux": "pvh"}[self.image]

    @property
    def uses_efi(self):
        # Linux with 32 bits leaves services of 64 alone; PVH knows of none.
        return self.option != "noefi" and self.kernel != "6.1-686" and self.image != "vmlinux"

    @property
    def name(self):
        return ".".join(["entry", self.entry, self.image, *filter(None, [self.option])]) + super().name.removeprefix("boot")


ENTERED = [Entered(*row) for row in [
    ("6.1", "kernel", "module", "q35", 128, 1, "max", "poweroff", "no-efi", ""),
    ("6.12", "kernel", "fw_cfg", "microvm", 6144, 2, "max", "reboot", "no-efi", ""),
    ("6.1-cloud", "kernel", "module", "microvm-noacpi", 512, 1, "qemu64", "reboot", "no-efi", ""),
    ("6.12", "kernel", "module", "pc", 512, 1, "max", "reboot", "no-efi", "", "noefi"),
    ("6.12", "kernel", "fw_cfg", "q35", 6144, 1, "qemu64", "reboot", "whole", "linux"),
    ("6.1", "kernel", "module", "microvm", 128, 1, "max", "poweroff", "whole", "linux32"),
    ("6.12", "kernel", "fw_cfg", "q35", 6144, 2, "max", "reboot", "whole", "linux32"),
    ("6.1-686", "kernel", "module", "q35", 512, 1, "max", "reboot", "whole", ""),
    ("6.1-686", "kernel", "fw_cfg", "pc", 3072, 1, "qemu64", "poweroff", "whole", ""),
    ("6.1", "kernel", "fw_cfg", "q35", 6144, 1, "max", "reboot", "no-pe", ""),
    ("6.12", "kernel", "module", "microvm", 512, 1, "qemu64", "poweroff", "no-pe", ""),
    ("6.1", "kernel", "module", "q35", 512, 1, "max", "poweroff", "vmlinux", ""),
    ("6.1", "kernel", "fw_cfg", "q35", 6144, 2, "qemu64", "reboot", "vmlinux", "pvh"),
    ("6.1", "kernel", "module", "microvm", 6144, 1, "max", "poweroff", "vmlinux", ""),
    ("6.1", "kernel", "module", "microvm-noacpi", 512, 1, "qemu64", "reboot", "vmlinux", "pvh"),
    ("6.1", "kernel", "fw_cfg", "microvm-noacpi", 6144, 2, "max", "reboot", "vmlinux", ""),
]]


@dataclass(frozen=True)
class OldLinux:
    """A kernel whose only place is efilite's: old_linux.py."""
    protocol: int  # its version
    machine: str

    @property
    def name(self):
        return f"entry.linux32.old-{self.protocol >> 8}.{self.protocol & 0xFF:02}.{self.machine}"


OLD_LINUXES = [OldLinux(*row) for row in [(0x0202, "q35"), (0x0203, "microvm"), (0x0206, "pc"), (0x020C, "q35")]]


@dataclass(frozen=True)
class PvhKernel:
    """A kernel that tells what PVH entered it with: pvh_kernel.py."""
    place: str      # where it wants to be, of pvh_kernel.PLACES
    transport: str  # of the kernel; its module comes from fw_cfg beside a module, and as the module beside a file
    machine: str
    memory: int = 128  # MiB

    @property
    def name(self):
        return f"entry.pvh.{self.place}.{self.transport}.{self.machine}.{self.memory}M"


PVH_KERNELS = [PvhKernel(*row) for row in [
    ("over-efilite", "fw_cfg", "q35"),
    ("over-efilite", "module", "pc", 6144),
    ("over-efilite", "module", "microvm-noacpi"),
    ("over-efilite", "fw_cfg", "microvm-noacpi"),
    ("free", "module", "microvm"),
    ("free", "fw_cfg", "pc", 32),
]]


@dataclass(frozen=True)
class Refusal:
    """A payload that cannot be started: one line that says why, and the machine goes off."""
    payload: str    # none, garbage, truncated, foreign; ancient, zimage: kernels that want a boot sector of their time; misplaced:
                    # one that wants to be where there is no memory; paravirtual: one for Xen, which there is none of
    transport: str
    machine: str

    @property
    def name(self):
        return f"refuse.{self.payload}.{self.transport}.{self.machine}"


REFUSALS = [
    Refusal("none", "module", "q35"),
    Refusal("none", "module", "microvm"),
    Refusal("none", "module", "microvm-noacpi"),
    Refusal("garbage", "module", "pc"),
    Refusal("garbage", "fw_cfg", "microvm"),
    Refusal("truncated", "module", "q35"),
    Refusal("truncated", "fw_cfg", "pc"),
    Refusal("foreign", "fw_cfg", "q35"),
    Refusal("ancient", "module", "q35"),
    Refusal("zimage", "fw_cfg", "microvm"),
    Refusal("misplaced", "fw_cfg", "q35"),
    Refusal("misplaced", "module", "microvm-noacpi"),
    Refusal("paravirtual", "module", "q35"),
]


@dataclass(frozen=True)
class Program:
    """programs/probe.c, and what it does at its end; or programs/departure.c."""
    end: str        # shutdown, cold, warm: by ResetSystem; return: it returns to the firmware; crash-...: by an exception;
                    # crash-at-once: crash.c, before it has called anything; stall: it only looks at its first Stall;
                    # moved: departure.c, which moves the runtime; driver: that with runtime_driver.c resident
    transport: str
    machine: str

    @property
    def name(self):
        return f"program.{self.end}.{self.transport}.{self.machine}"


PROGRAMS = [Program(*row) for row in [
    ("shutdown", "module", "q35"),
    ("shutdown", "fw_cfg", "pc"),
    ("shutdown", "module", "microvm"),
    ("shutdown", "module", "microvm-noacpi"),
    ("cold", "fw_cfg", "q35"),
    ("cold", "module", "pc"),
    ("cold", "fw_cfg", "microvm"),
    ("warm", "fw_cfg", "microvm-noacpi"),
    ("return", "module", "q35"),
    ("stall", "module", "microvm"),
    ("stall", "fw_cfg", "q35"),
    ("moved", "module", "q35"),
    ("moved", "fw_cfg", "microvm"),
    ("driver", "module", "q35"),
    ("driver", "fw_cfg", "microvm"),
    ("crash-instruction", "module", "q35"),
    ("crash-write", "fw_cfg", "microvm"),
    ("crash-stack", "fw_cfg", "pc"),
    ("crash-null-read", "module", "pc"),
    ("crash-null-write", "fw_cfg", "q35"),
    ("crash-null-call", "module", "microvm"),
    ("crash-at-once", "module", "q35"),
]]

@dataclass(frozen=True)
class PvhInfo:
    """programs/pvhinfo.c: pvhinfo.py."""
    start: str      # module, fw_cfg; child: programs/launcher.c, which is the module, loads it
    machine: str

    @property
    def name(self):
        return f"pvhinfo.{self.start}.{self.machine}"


PVH_INFOS = [PvhInfo(*row) for row in [
    ("module", "q35"), ("module", "pc"), ("module", "microvm"), ("module", "microvm-noacpi"), ("fw_cfg", "pc"), ("child", "q35"),
]]

# For the debug build alone, by --elf.
DEBUG_PROGRAMS = [Program("crash-freed", "module", "q35")]


@dataclass(frozen=True)
class Witness:
    """A program of other people, which witness.py has a conversation with."""
    program: str    # of witness.WITNESSES
    end: str        # of those that the witness knows; exit: it returns to the firmware
    transport: str
    machine: str

    @property
    def name(self):
        return f"{self.program}.{self.end}.{self.transport}.{self.machine}"


WITNESSES = [Witness(*row) for row in [
    ("shell", "shutdown", "module", "q35"),
    ("shell", "cold", "fw_cfg", "microvm"),
    ("shell", "exit", "fw_cfg", "pc"),
    ("grub", "exit", "fw_cfg", "q35"),
    ("grub", "reboot", "module", "microvm"),
    ("ipxe", "exit", "fw_cfg", "q35"),
    ("ipxe", "poweroff", "module", "microvm"),
    ("memtest", "reboot", "module", "q35"),
    ("hello-world", "exit", "module", "q35"),
    ("hello-world", "exit", "fw_cfg", "microvm"),
    ("hash-tool", "exit", "module", "q35"),
    ("gnu-efi", "exit", "module", "q35"),
    ("gnu-efi", "exit", "fw_cfg", "microvm"),
]]


@dataclass(frozen=True)
class ShellDisk:
    """The EFI Shell with a disk: shell_disk.py."""
    machine: str
    device: str = ""  # of shell_disk.DEVICES; none: memory

    @property
    def name(self):
        return ".".join(["shell-disk", *filter(None, [self.device]), self.machine])


SHELL_DISKS = [ShellDisk(*row) for row in [
    ("q35",), ("microvm",), ("pc",),
    ("q35", "blk-modern"), ("pc", "blk-legacy"), ("q35", "blk-transitional"), ("pc", "blk-bridge"), ("q35", "blk-port"),
    ("microvm", "blk-mmio2"), ("microvm-noacpi", "blk-mmio1"),
    ("microvm-pcie", "blk-port"),  # nobody has given its BARs and its bridge a place
    ("pc", "scsi"), ("microvm", "scsi-mmio"),
]]


@dataclass(frozen=True)
class Disk:
    """An installed Debian, started from its disk: disk.py."""
    loader: str     # of disk.LOADERS
    device: str     # blk, scsi: the virtio device that has the disk
    machine: str

    @property
    def name(self):
        return f"disk.{self.loader}.{self.device}.{self.machine}"


DISKS = [Disk(*row) for row in [
    ("debian-grub", "blk", "q35"),
    ("debian-grub-option", "blk", "microvm"),
    ("debian-grub-removable", "scsi", "pc"),
    ("systemd-boot-uki", "blk", "pc"),
    ("systemd-boot-entry", "blk", "microvm"),
    ("systemd-boot-counted", "scsi", "q35"),
]]


@dataclass(frozen=True)
class VirtioConsole:
    """The EFI Shell on a virtio console: virtio_console.py."""
    bus: str      # pci, mmio
    port: int
    choice: str   # efilite.console=, with a serial line beside; empty: no option, and no serial line
    machine: str

    @property
    def name(self):
        return f"virtio-console.{self.bus}{self.port}.{self.choice or 'alone'}.{self.machine}"


VIRTIO_CONSOLES = [VirtioConsole(*row) for row in [
    ("pci", 0, "", "q35"),
    ("pci", 3, "", "pc"),
    ("mmio", 0, "", "microvm"),
    ("mmio", 5, "", "microvm-noacpi"),
    ("pci", 0, "virtio", "q35"),
    ("pci", 0, "both", "q35"),
]]


@dataclass(frozen=True)
class Manager:
    """The boot manager: manager.py."""
    case: str       # of manager.CASES; asked: what efilite.boot= may be
    machine: str

    @property
    def name(self):
        return f"manager.{self.case}.{self.machine}"


MANAGERS = [Manager(*row) for row in [
    ("ram-disk", "q35"),
    ("ram-disk", "microvm"),
    ("order", "q35"),
    ("order", "microvm"),
    ("failures", "pc"),
    ("nothing", "q35"),
    ("menu", "pc"),
    ("menu", "microvm"),
    ("timeout", "q35"),
    ("asked", "q35"),
    ("asked", "microvm"),
]]


@dataclass(frozen=True)
class Loader:
    """Somebody else's loader on a disk or CD that is made for it: loaders.py."""
    loader: str     # of loaders.LOADERS
    device: str     # blk; hd, cd: of virtio-scsi; module: there is none
    machine: str

    @property
    def name(self):
        return f"loader.{self.loader}.{self.device}.{self.machine}"


LOADERS = [Loader(*row) for row in [
    ("installer", "blk", "q35"),
    ("installer-iso", "cd", "q35"),
    ("installer-iso", "blk", "pc"),
    ("installer-kernel", "module", "pc"),
    ("grub", "blk", "q35"),
    ("grub", "hd", "pc"),
    ("grub-memtest", "blk", "q35"),
    ("refind", "hd", "q35"),
    ("ipxe", "blk", "microvm"),
]]


@dataclass(frozen=True)
class Dom0:
    """xen.efi, and what its first domain reaches of the firmware: dom0.py."""
    way: str        # of dom0.WAYS
    machine: str

    @property
    def name(self):
        return f"xen.dom0.{self.way}.{self.machine}"


DOM0S = [Dom0(*row) for row in [
    ("disk", "q35"),
    ("module", "q35"),
    ("fw_cfg", "q35"),
]]

@dataclass(frozen=True)
class Kexec:
    """Kernels that start one another: kexec.py. Who is first is started by efilite."""
    chain: str      # kernels, and how each loads the next one: file, call: by kexec_file_load, kexec_load; crash-...: for after its crash
    start: str      # kernel: by efilite itself; resident: by programs/resident.c, which leaves things that are to stay
    machine: str
    memory: int     # MiB
    cpus: int
    cpu: str
    end: str        # how the last one leaves

    @property
    def name(self):
        return ".".join(["kexec", self.chain.replace(" ", "-"), self.start, self.machine, f"{self.cpus}cpu", self.end])


# Into the same kernel and a newer one, by each call, on each machine.
KEXECS = [Kexec(*row) for row in [
    ("6.1 file 6.1 call 6.12", "kernel", "q35", 768, 1, "max", "reboot"),
    ("6.1 call 6.1 file 6.12", "kernel", "microvm", 768, 2, "qemu64", "poweroff"),
    ("6.1 crash-file 6.1", "kernel", "microvm", 768, 1, "max", "poweroff"),
    ("6.12 crash-call 6.12", "kernel", "q35", 768, 2, "qemu64", "poweroff"),
    ("6.1 file 6.12 crash-file 6.12", "resident", "q35", 768, 1, "max", "reboot"),
]]

ALL = (BOOTS + RESIDENTS + ENTROPY + PACKED + ENTERED + OLD_LINUXES + PVH_KERNELS + PROGRAMS + PVH_INFOS + WITNESSES + SHELL_DISKS
       + VIRTIO_CONSOLES + DISKS + MANAGERS + LOADERS + DOM0S + KEXECS + REFUSALS)


def by_name(name):
    for scenario in ALL + DEBUG_PROGRAMS:
        if scenario.name == name:
            return scenario
    raise SystemExit(f"boot.py: no scenario is called {name}; --list tells them all")


def possible(scenario):
    noacpi = scenario.machine == "microvm-noacpi"
    return not (noacpi and scenario.end == "poweroff"
                or noacpi and scenario.kernel == "6.1-cloud" and scenario.cpus > 1
                or (scenario.kernel, scenario.form, scenario.memory) == ("6.12", "uki", 128))


def missing_pairs():
    """Pairs of values that some possible scenario has and no row of the table."""
    def pairs(scenario):
        values = [(field.name, getattr(scenario, field.name)) for field in fields(scenario)]
        return set(itertools.combinations(values, 2))

    columns = [field.name for field in fields(Scenario)]
    values = [sorted({getattr(row, column) for row in BOOTS}) for column in columns]
    wanted = set()
    for combination in itertools.product(*values):
        candidate = replace(BOOTS[0], **dict(zip(columns, combination)))
        if possible(candidate):
            wanted |= pairs(candidate)
    return sorted(wanted - set().union(*map(pairs, BOOTS)), key=str)
