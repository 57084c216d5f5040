# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Which guests xl starts, and what each is made of. A group is one run of Xen, whose guests come one after the other."""
import pathlib
import subprocess
from dataclasses import dataclass

import rig  # first: it says where the others are
import disk
import disk_image
import kernels
import kexec
import kernel_image
import program
import pvh_kernel
from cached import cached, digest, payload_dir
from scenarios import Program

conformance = rig.module("conformance", rig.REPO / "tests/conformance/run.py")
MIB = 1 << 20
KERNEL = "linux-6.1-cloud"  # it is unpacked in no time
MODULES = ["efivarfs", "xen-blkfront", "ext4", "vfat", "nls_cp437", "nls_ascii"]
SHIM_LINE = "pv-shim console=xen,pv efilite.entry=pv"
CMDLINE = f"{kernels.XEN_LINE} guest.wait guest.test=xen guest.end="


@dataclass(frozen=True)
class Linux:
    """The guest's checks. Its disk is `small`, whatever it is started from."""
    form: str      # uki: the only module; modules: kernel and initrd; zero-page: these by boot_params; esp: a RAM disk with
                   # systemd-boot; disk: xvda
    memory: int    # MiB
    cpus: int
    end: str       # poweroff, reboot
    maxmem: int = 0  # MiB, if more than `memory`
    kernel = KERNEL.removeprefix("linux-")
    machine, cpu, disk = "xen", "max", "small"

    @property
    def name(self):
        return f"linux.{self.form}.{self.memory}M.{self.cpus}cpu.{self.end}" + (".ballooned" if self.maxmem else "")


@dataclass(frozen=True)
class Entered:
    """The guest's checks by an entry of Xen's own. The kernel and its initrd are modules; xen-shim is on the disk `small`."""
    entry: str     # pvh; pv: what efilite is given for a command line is the kernel's; pv-by-xl: it is the shim's
    kernel: str    # pvh: unpacked
    memory: int
    cpus: int
    end: str
    machine, cpu, disk, maxmem = "xen", "max", "small", 0

    @property
    def name(self):
        return f"entry.{self.entry}.{self.kernel}.{self.memory}M.{self.cpus}cpu.{self.end}"


@dataclass(frozen=True)
class Panic:
    """A kernel without an initrd has no root, and a panic in a guest of Xen is a crash."""
    shim: bool = False  # the kernel is entered as a paravirtual one: its shim is the other module
    memory: int = 192
    cpus, disk, maxmem = 1, None, 0

    @property
    def name(self):
        return "panic.pv" if self.shim else "panic"


@dataclass(frozen=True)
class PvhKernel:
    """programs/pvh_kernel.c, which wants to be where efilite is, with a second module."""
    memory: int = 32
    name = "pvh-kernel"
    cpus, disk, maxmem = 1, None, 0


@dataclass(frozen=True)
class Grub:
    """GRUB by PVH, typed at on the guest's console: it uses Xen's store, grants and events as the first who ever did."""
    memory: int = 64
    name = "grub-pvh"
    cpus, disk, maxmem = 1, "small", 0


@dataclass(frozen=True)
class Probe(Program):
    """programs/probe.c, or what else program.py has for that end."""
    memory: int = 64
    cpus, disk, maxmem = 1, None, 0

    @property
    def name(self):
        return f"probe.{self.end}.{self.memory}M"


@dataclass(frozen=True)
class Conformance:
    """tests/conformance, with its disk in memory."""
    memory: int = 256
    name = "conformance"
    cpus, disk, maxmem = 1, None, 0


@dataclass(frozen=True)
class Shell:
    """The EFI Shell, typed at on the guest's console; its disk is only looked at."""
    memory: int = 64
    name = "shell"
    cpus, disk, maxmem = 1, "small", 0


@dataclass(frozen=True)
class PvhInfo:
    """programs/pvhinfo.c, with a second module."""
    memory: int = 64
    name = "pvhinfo"
    cpus, disk, maxmem = 1, None, 0
    cmdline, text = "first second", b"a module of no use\n"


@dataclass(frozen=True)
class Kexec:
    """Kernels that start one another: integration/kexec.py. Xen calls that a soft reset, which xl knows of HVM guests alone: dom0/keep is
    there in its place."""
    chain: str     # as in integration/scenarios.py
    start: str     # uki: by efilite itself; resident: by programs/resident.c
    cpus: int
    end: str
    memory: int = 512
    machine, cpu, disk, maxmem = "xen", "max", None, 0

    @property
    def name(self):
        return ".".join(["kexec", self.chain.replace(" ", "-"), self.start, f"{self.cpus}cpu", self.end])


@dataclass(frozen=True)
class Debian:
    """An installed Debian by its own loader, to a login."""
    loader: str      # of integration/disk.py
    memory: int = 512
    cpus, maxmem = 1, 0

    @property
    def name(self):
        return f"debian.{self.loader}"

    @property
    def disk(self):
        return self.loader


GROUPS = {
    "kernels": [
        Linux("uki", 256, 1, "poweroff"),
        Linux("modules", 256, 2, "reboot"),
        Linux("esp", 384, 1, "poweroff"),
        Linux("modules", 320, 1, "poweroff", maxmem=512),
        Linux("uki", 4608, 1, "reboot"),
        Panic(),
    ],
    "entries": [
        Linux("zero-page", 256, 2, "poweroff"),
        PvhKernel(),
        Grub(),
        Entered("pvh", "6.1", 320, 1, "poweroff"),
        Entered("pv", "6.1-cloud", 512, 1, "poweroff"),
        Entered("pv-by-xl", "6.1-cloud", 512, 2, "reboot"),
        Panic(shim=True, memory=384),
    ],
    "kexec": [
        Kexec("6.1-cloud file 6.1-cloud", "resident", 1, "poweroff"),
        Kexec("6.1-cloud call 6.12", "uki", 2, "reboot"),
        Kexec("6.1-cloud crash-file 6.1-cloud", "uki", 1, "poweroff", memory=768),  # less may leave no room for the reserve
    ],
    "programs": [
        *(Probe(end, "module", "xen") for end in ["shutdown", "cold", "warm", "return", "moved", "crash-instruction", "crash-null-read"]),
        PvhInfo(),
        Shell(),
        Conformance(),
    ],
    "disks": [
        Linux("disk", 256, 1, "reboot"),
        Debian("debian-grub"),
    ],
}


def script(name, *arguments):
    done = subprocess.run([rig.REPO / "scripts" / name, *arguments], check=True, stdout=subprocess.PIPE, text=True)
    return pathlib.Path(done.stdout.strip())


def linux_files(name=KERNEL):
    return payload_dir(name) / "vmlinuz", script("mkinitramfs", name, *MODULES)


def xen_shim():
    return payload_dir("xen-tools") / "xen-4.17/boot/xen-shim"


def uki(end):
    kernel, initrd = linux_files()
    return script("mkuki", "--name", "xen", "--kernel", kernel, "--initrd", initrd, "--cmdline", CMDLINE + end)


def image(name, partitions):
    contents = [part for partition in partitions for entry in sorted(partition.tree.items()) for part in entry]
    return cached(name, ".img", digest(pathlib.Path(disk_image.__file__), *(str(partition.size) for partition in partitions), *contents),
                  lambda path: disk_image.gpt(path, partitions))


def esp():
    """What `bootctl install` leaves on an EFI system partition, with one entry of type 1."""
    kernel, initrd = linux_files()
    entry = f"title Linux\nlinux /linux\ninitrd /initrd\noptions {CMDLINE}poweroff\n"
    loader = payload_dir("systemd-stub") / "root/usr/lib/systemd/boot/efi/systemd-bootx64.efi"
    return image("xen-esp", [disk_image.Partition("ESP", 40 * MIB, {
        disk_image.LOADER: loader, "loader/loader.conf": b"timeout 0\n", "loader/entries/linux.conf": entry.encode(),
        "linux": kernel, "initrd": initrd})])


def small_disk():
    """A disk that can be booted from, with a sentence on each of its partitions, and xen-shim."""
    def sentence(partition):
        return {"sentence.txt": f"partition {partition} of xvda\n".encode()}
    return image("xen-small", [disk_image.Partition("ESP", 48 * MIB, {
        disk_image.LOADER: uki("reboot"), "EFI/xen/xen-shim": xen_shim(), **sentence(1)}),
                               disk_image.Partition("root", 8 * MIB, sentence(2), disk_image.LINUX_ROOT)])


def conformance_disk():
    return cached("xen-conformance", ".disk", digest(pathlib.Path(conformance.__file__)), conformance.make_disk)


def disk_of(name, folder):
    """A disk image for dom0; one that is written to lies in `folder`."""
    if name == "small":
        return small_disk()
    path = folder / f"{name}.disk"
    loader = disk.LOADERS[name]
    disk.copy_disk(payload_dir("debian-disks") / f"{loader.disk}.disk", path, "console=hvc0 mitigations=off")
    if loader.prepare:
        loader.prepare(path)
    return path


@dataclass
class Files:
    """What xl is told to load, and the command line."""
    ramdisk: pathlib.Path | None = None
    kernel: pathlib.Path | None = None  # module 0; the ramdisk is module 1 then
    cmdline: str = ""  # efilite's, and that of module 0
    firmware_line: str = ""  # efilite's, if it is another


def entered(guest):
    kernel, initrd = linux_files(f"linux-{guest.kernel}")
    test = "xen-pvh" if guest.entry == "pvh" else "xen-pv"
    line = f"{kernels.XEN_LINE} guest.wait guest.test={test} guest.end={guest.end}"
    if guest.entry == "pvh":
        return Files(initrd, kernel_image.vmlinux(f"linux-{guest.kernel}"), line)
    if guest.entry == "pv":
        return Files(initrd, kernel, line + " efilite.entry=pv")
    return Files(initrd, kernel, line, SHIM_LINE)


def files_of(guest):
    match guest:
        case Linux(form="uki"):
            return Files(uki(guest.end))
        case Linux(form="modules"):
            kernel, initrd = linux_files()
            return Files(initrd, kernel, CMDLINE + guest.end)
        case Linux(form="zero-page"):
            kernel, initrd = linux_files()
            return Files(initrd, kernel, f"efilite.entry=linux {CMDLINE}{guest.end}")
        case Linux(form="esp"):
            return Files(esp())
        case Entered():
            return entered(guest)
        case Panic(shim=True):
            return Files(xen_shim(), linux_files()[0], "console=hvc0 panic=-1 efilite.entry=pv")
        case PvhKernel():
            return Files(pvh_kernel.initrd(), pvh_kernel.build("over-efilite"), pvh_kernel.LINE)
        case Grub():
            return Files(payload_dir("grub-xen") / "grub-xen/grub-i386-xen_pvh.bin", cmdline="")
        case Panic():
            return Files(linux_files()[0], cmdline="console=hvc0 panic=-1 efi=debug")
        case Probe():
            return Files(program.program_of(guest), cmdline=guest.end)
        case Kexec():
            return Files(kexec.image_of(guest))
        case Shell():
            return Files(payload_dir("efi-shell") / "shellx64.efi", cmdline="-nostartup")
        case Conformance():
            return Files(conformance_disk(), rig.REPO / "build/host/tests/conformance/conformance.efi", "boot")
        case PvhInfo():
            second = cached("xen-module", ".txt", digest(guest.text), lambda path: path.write_bytes(guest.text))
            return Files(second, program.build("pvhinfo"), guest.cmdline)
    return Files()  # there is only the disk
