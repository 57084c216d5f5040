# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Other people's loaders on disks and CDs: Debian's installer as its media carry it, GRUB, rEFInd and iPXE.

Each is on the EFI system partition of a disk, or on an ISO image, that is made here from Debian's packages; the firmware is told nothing
but that there is a disk. What is typed is what a person would type."""
import pathlib
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
SCRIPTS = HERE.parent.parent / "scripts"
sys.path.insert(0, str(SCRIPTS / "lib"))
import disk_image  # noqa: E402
import program  # noqa: E402
import qemu  # noqa: E402
from cached import cached, digest, payload_dir  # noqa: E402
from conversation import Conversation, Turn  # noqa: E402

LIMIT = 100
MIB = 1 << 20
ESP = 128 * MIB
DOWN, END_OF_LINE, GO = "\x1b[B", "\x05", "\x18"  # Ctrl-E and Ctrl-X in GRUB's editor


@dataclass(frozen=True)
class Loader:
    tree: object             # () -> what is on the EFI system partition; None: there is no disk with one
    turns: list
    end: str | None = None   # how the machine ends after the last turn; None: it is ended
    greeting: list = ()
    memory: int = 256
    root: object = None      # () -> what is on a second partition, with ext4
    iso: object = None       # () -> the image, when it is no disk with a partition


def linux():
    """A kernel and an initramfs that ends in a shell."""
    kernel = payload_dir("linux-6.1") / "vmlinuz"
    made = subprocess.run([SCRIPTS / "mkinitramfs", "linux-6.1"], check=True, stdout=subprocess.PIPE, text=True)
    return kernel, pathlib.Path(made.stdout.strip())


# no_timer_check: a busy host delays the ticks that Linux counts to find out whether its timer works.
CMDLINE = "console=ttyS0 no_timer_check quiet"
LINUX = Turn(r"(?s)Linux 6\.1\.\S+, started by EFI v2.*# \Z", "exit\r", name="Linux's shell")


def installer_files():
    return payload_dir("debian-installer") / "debian-installer"


def installer_tree():
    """Debian's shim, its GRUB, and what that reads, where the medium has it: the menu is in /boot/grub."""
    files = installer_files()
    return {disk_image.LOADER: files / "amd64/bootnetx64.efi", "EFI/BOOT/grubx64.efi": files / "amd64/grubx64.efi",
            "debian-installer": files, "boot/grub/grub.cfg": files / "amd64/grub/grub.cfg"}


def installer_iso():
    """A CD as Debian's own are made: ISO 9660 with the GRUB for CDs in a FAT image that El Torito's catalogue names, which a partition
    of an MBR names, too, so that the image can be written to a disk."""
    files, cd_grub = installer_files(), payload_dir("grub-signed") / "x86_64-efi-signed/gcdx64.efi.signed"
    isolinux = payload_dir("isolinux") / "ISOLINUX"
    versions = [(payload_dir(name) / "package").read_text() for name in ("debian-installer", "grub-signed", "isolinux")]

    def build(path):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name in ("boot/grub", ".disk", "isolinux"):
                (root / name).mkdir(parents=True)
            (root / ".disk/info").write_text("efilite's test medium\n")
            shutil.copy(isolinux / "isolinux.bin", root / "isolinux")
            shutil.copytree(files, root / "debian-installer")
            shutil.copytree(files / "amd64/grub", root / "boot/grub", dirs_exist_ok=True)
            disk_image.fat(root / "boot/grub/efi.img", 8 * MIB, {disk_image.LOADER: files / "amd64/bootnetx64.efi",
                                                                 "EFI/BOOT/grubx64.efi": cd_grub}, bits=12)
            subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", "-r", "-V", "EFILITE", "-J", "-joliet-long", "-o", path,
                            "-isohybrid-mbr", isolinux / "isohdpfx.bin", "-b", "isolinux/isolinux.bin", "-c", "isolinux/boot.cat",
                            "-boot-load-size", "4", "-boot-info-table", "-no-emul-boot", "-eltorito-alt-boot",
                            "-e", "boot/grub/efi.img", "-no-emul-boot", "-isohybrid-gpt-basdat", "-isohybrid-apm-hfsplus", root],
                           check=True)
    return cached("loader-installer", ".iso", digest(HERE / "loaders.py", pathlib.Path(disk_image.__file__), *versions), build)


INSTALLER_LINE = "console=ttyS0 no_timer_check"
# As far as the first screen, and the next, so that it takes keys.
INSTALLER_SCREENS = [
    Turn(r"(?s)Select a language.*Choose the language to be used.*English", "\r", name="the installer's first screen"),
    Turn(r"Select your location", "", name="its second"),
]
# The first of the installer's menu, with the serial line as its console, as anybody would who has no screen.
INSTALLER = [
    Turn(r"(?s)GNU GRUB.*\*Install .*Advanced options", "e", name="GRUB's menu"),
    Turn(r"(?s)setparams 'Install'.*initrd\.gz", DOWN * 3 + END_OF_LINE + f" {INSTALLER_LINE}" + GO, [r"Booting a command list"],
         name="GRUB's editor"),
    *INSTALLER_SCREENS,
]

GRUB_CFG = """\
set timeout=-1
menuentry 'An application' {
  chainloader /apps/exits.efi exits 5 by GRUB
}
menuentry 'Linux' {
  linux /vmlinuz CMDLINE
  initrd /initrd
}
menuentry 'Memtest86+' {
  chainloader /apps/memtest.efi console=ttyS0,115200
}
""".replace("CMDLINE", CMDLINE)
GRUB_ENVIRONMENT = b"# GRUB Environment Block\n".ljust(1024, b"#")
SENTENCE = b"GRUB reads this sentence\n"


def grub_tree():
    kernel, initrd = linux()
    return {disk_image.LOADER: payload_dir("grub") / "grubx64.efi", "EFI/debian/grub.cfg": GRUB_CFG.encode(),
            "EFI/debian/grubenv": GRUB_ENVIRONMENT, "vmlinuz": kernel, "initrd": initrd, "sentence with a long name.txt": SENTENCE,
            "apps/exits.efi": program.build("exits"), "apps/memtest.efi": payload_dir("memtest86+") / "memtest86+x64.efi"}


GRUB_MENU = r"(?s)GNU GRUB.*command-line\..*\*An application .*Linux.*Memtest86\+"
GRUB_PROMPT = r"grub> \Z"
GRUB_COMMANDS = [
    ("ls", [r"\(hd0\) \(hd0,gpt1\)"]),
    ("ls (hd0,gpt1)", [r"Filesystem type fat - Label `EFILITE', UUID ?EF11-E000", r"Partition start at 1024KiB - Total size 131072KiB"]),
    ("ls /", [r"efi/|EFI/", r"sentence with a long name\.txt", r"vmlinuz"]),
    ("cat '/sentence with a long name.txt'", [r"^GRUB reads this sentence$"]),
    ("search --label EFILITE", [r"hd0,gpt1"]),
    ("search --fs-uuid EF11-E000", [r"hd0,gpt1"]),
    ("search --file /apps/exits.efi", [r"hd0,gpt1"]),
    ("echo $cmdpath $root", [r"\(hd0,gpt1\)/EFI/BOOT hd0,gpt1"]),
    # This writes the disk.
    ("set told=once; save_env told; set told=twice; load_env; echo told $told", [r"^told once$", "!error"]),
    ("ls (hd0,gpt2)/", [r"error: (no such partition|disk `hd0,gpt2' not found)"]),
    ("cat /nothing", [r"error: file `/nothing' not found"]),
    ("chainloader '/sentence with a long name.txt'", [r"error: cannot load image"]),
]
GRUB = [
    Turn(GRUB_MENU, "\r", [r"exits: found itself", r"exits: with 5 by GRUB"], "GRUB's menu"),
    Turn(GRUB_MENU, "c", name="GRUB's menu again"),
    *(Turn(GRUB_PROMPT, f"{command}\r", patterns) for command, patterns in GRUB_COMMANDS),
    Turn(GRUB_PROMPT, "\x1b", name="Escape"),
    Turn(GRUB_MENU, DOWN + "\r", name="Linux in GRUB's menu"),
    LINUX,
]
GRUB_MEMTEST = [
    Turn(GRUB_MENU, DOWN * 2 + "\r", [r"Memtest86\+ v7\.\d\d"], "GRUB's menu"),
    Turn(r"#[1-9] +\[[^#]*Errors: 0 ", "\x1b", name="Memtest86+"),
]

REFIND_CONF = """\
timeout 0
textonly
scanfor internal
showtools shutdown
"""


def refind_tree():
    files = payload_dir("refind") / "refind"
    return {disk_image.LOADER: files / "refind_x64.efi", "EFI/BOOT/refind.conf": REFIND_CONF.encode(),
            "EFI/BOOT/drivers_x64": files / "drivers_x64", "EFI/apps/exits.efi": program.build("exits")}


def refind_root():
    """An ext4 file system, which rEFInd's own driver reads."""
    kernel, initrd = linux()
    return {"boot/vmlinuz-6.1": kernel, "boot/initrd.img-6.1": initrd, "boot/refind_linux.conf": f'"as usual" "{CMDLINE}"\n'.encode()}


REFIND_MENU = r"(?s)rEFInd - Main Menu.*Boot EFI\\apps\\exits\.efi from EFILITE.*Boot boot\\vmlinuz-6\.1 from .*Shut Down Computer.*refresh"
REFIND = [
    Turn(REFIND_MENU, "\r", [r"(?s)Starting exits\.efi.*exits: found itself"], "rEFInd's menu"),
    Turn(REFIND_MENU, DOWN + "\r", [r"Starting vmlinuz-6\.1"], "rEFInd's menu again"),
    LINUX,
]

IPXE_SCRIPT = """#!ipxe
echo autoexec.ipxe runs
imgfetch file:/hello.txt && imgstat hello.txt
imgfree hello.txt
shell
"""


def ipxe_tree():
    return {disk_image.LOADER: payload_dir("ipxe") / "ipxe.efi", "autoexec.ipxe": IPXE_SCRIPT.encode(), "hello.txt": b"hello\n",
            "EFI/BOOT/autoexec.ipxe": IPXE_SCRIPT.encode()}


IPXE = [Turn(r"iPXE> \Z", "poweroff\r")]

LOADERS = {
    "installer": Loader(installer_tree, INSTALLER, memory=1024),
    "installer-iso": Loader(None, INSTALLER, memory=1024, iso=installer_iso),
    "installer-kernel": Loader(None, INSTALLER_SCREENS, memory=1024),
    "grub": Loader(grub_tree, GRUB, "guest-shutdown", memory=512),
    "grub-memtest": Loader(grub_tree, GRUB_MEMTEST, "guest-reset"),
    "refind": Loader(refind_tree, REFIND, "guest-shutdown", memory=512, root=refind_root),
    "ipxe": Loader(ipxe_tree, IPXE, "guest-shutdown", [r"autoexec\.ipxe runs", r"^hello.txt : 6 bytes"]),
}


def disk_of(name):
    loader = LOADERS[name]
    if loader.iso:
        return loader.iso()
    partitions = [disk_image.Partition("ESP", ESP, loader.tree())]
    if loader.root:
        partitions.append(disk_image.Partition("root", ESP, loader.root(), disk_image.LINUX_ROOT))
    contents = [part for partition in partitions for entry in sorted(partition.tree.items()) for part in entry]
    return cached(f"loader-{name}", ".img", digest(pathlib.Path(disk_image.__file__), str(ESP), *map(_content, contents)),
                  lambda path: disk_image.gpt(path, partitions))


def _content(part):
    """For the digest; a folder of a package is known by the package's version."""
    if isinstance(part, pathlib.Path) and part.is_dir():
        return next(folder / "package" for folder in part.parents if (folder / "package").exists()).read_text()
    return part


def device_options(scenario, disk):
    bus = "device" if scenario.machine.startswith("microvm") else "pci"
    drive = ["-drive", f"file={disk},format=raw,if=none,id=disk,{'readonly' if scenario.device == 'cd' else 'snapshot'}=on"]
    if scenario.device == "blk":
        return [*drive, "-device", f"virtio-blk-{bus},drive=disk"]
    return [*drive, "-device", f"virtio-scsi-{bus}", "-device", f"scsi-{scenario.device},drive=disk"]


def firmware_options(scenario, options):
    firmware = ["-bios", options.ovmf] if options.firmware == "ovmf" else ["-kernel", str(options.elf)]
    if scenario.device != "module":
        return firmware + device_options(scenario, disk_of(scenario.loader))
    kernel, initrd = (str(installer_files() / "amd64" / name) for name in ("linux", "initrd.gz"))
    line = ["-append", INSTALLER_LINE]
    if options.firmware == "ovmf":
        return firmware + ["-kernel", kernel, "-initrd", initrd, *line]
    return firmware + ["-initrd", kernel, *qemu.fw_cfg_file("opt/efilite/initrd", initrd), *line]


def run(scenario, options):
    loader = LOADERS[scenario.loader]
    arguments = qemu.machine_options(scenario.machine) + ["-accel", "tcg", "-m", str(loader.memory)]
    arguments += firmware_options(scenario, options)
    conversation = Conversation(loader.turns, loader.end is not None)
    stem = options.logs / f"{options.firmware}.{scenario.name}"
    done = qemu.run(arguments, stem, min(options.limit, LIMIT), conversation=conversation)
    complaints = conversation.complaints(loader.greeting)
    if done.timed_out:
        complaints.append(f"it was given up after {done.seconds:.0f} s")
    if loader.end and done.shutdown != loader.end:
        complaints.append(f"the machine ended by '{done.shutdown or 'nothing'}', not {loader.end}")
    return done, (complaints, f"{len(loader.turns)} turns, {done.shutdown or 'stopped'}")
