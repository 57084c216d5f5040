# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The programs that the firmware starts, and how their entry points are recognised in a running machine."""
import os
import pathlib
import random
import struct
import subprocess
import sys

REPO = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(REPO / "scripts/lib"))
import kernel_image  # noqa: E402
from cached import cached, digest, payload_dir  # noqa: E402

LARGE = 12 << 20
SIGNATURE = 32  # bytes; long enough to be found nowhere else
CMDLINE = "console=ttyS0 quiet panic=-1 efi=debug"  # efi=debug: the kernel logs the EFI memory map it got
PT_LOAD, PT_NOTE = 1, 4
XEN_ELFNOTE_PHYS32_ENTRY = 18


def pe_entry(path):
    """The first bytes at the entry point of a PE image, as the plugin wants them."""
    image = pathlib.Path(path).read_bytes()
    pe = struct.unpack_from("<I", image, 0x3C)[0]
    if image[:2] != b"MZ" or image[pe:pe + 4] != b"PE\0\0":
        raise SystemExit(f"bench: {path} is not a PE image")
    sections, optional_size = struct.unpack_from("<H12xH", image, pe + 6)
    entry = struct.unpack_from("<I", image, pe + 24 + 16)[0]
    for index in range(sections):
        size, address, raw_size, raw = struct.unpack_from("<IIII", image, pe + 24 + optional_size + 40 * index + 8)
        if address <= entry < address + min(size, raw_size):
            return signature(image, raw + entry - address)
    raise SystemExit(f"bench: the entry point of {path} lies in none of its sections")


def segments(image, physical=False):
    """The program headers of an ELF64 file: (type, offset, virtual or physical address, size in the file)."""
    table, count = struct.unpack_from("<Q", image, 32)[0], struct.unpack_from("<H", image, 56)[0]
    for index in range(count):
        kind, _, offset, *addresses, size = struct.unpack_from("<IIQQQQ", image, table + 56 * index)
        yield kind, offset, addresses[physical], size


def at(path, start, end):
    """What an ELF64 file has at these addresses."""
    image = pathlib.Path(path).read_bytes()
    for kind, offset, address, size in segments(image):
        if kind == PT_LOAD and address <= start < end <= address + size:
            return image[offset + start - address:offset + end - address]
    raise ValueError(f"{path} has nothing at {start:x}")


def elf_entry(path, physical=False):
    """The entry of a program; of a vmlinux, which names it by its physical address, the one behind all that unpacks it."""
    image = pathlib.Path(path).read_bytes()
    return at_address(image, struct.unpack_from("<Q", image, 24)[0], physical, path)


def at_address(image, entry, physical, path):
    for kind, offset, address, size in segments(image, physical):
        if kind == PT_LOAD and address <= entry < address + size:
            return signature(image, offset + entry - address)
    raise SystemExit(f"bench: the entry point of {path} lies in none of its segments")


def pvh_entry(path):
    return f"addr:{pvh_address(pathlib.Path(path).read_bytes(), path):x}"


def pvh_signature(path):
    """Of a kernel, which need not be the first thing to run at that address."""
    image = pathlib.Path(path).read_bytes()
    return at_address(image, pvh_address(image, path), True, path)


def startup(path):
    """The entries of a bzImage but for EFI's [Linux, Documentation/arch/x86/boot.rst]: in real mode, of 32 bits and of 64 bits."""
    image = pathlib.Path(path).read_bytes()
    protected = ((image[0x1F1] or 4) + 1) * 512
    # Of the first only what a loader does not write into: the header follows its two bytes.
    return {"real-mode": "sig:" + image[0x200:0x210].hex(), "startup-32": signature(image, protected),
            "startup-64": signature(image, protected + 0x200)}


def pvh_address(image, path):
    """The address in the ELF note by which a hypervisor finds the PVH entry."""
    if image[:5] != b"\x7fELF\x02":
        raise SystemExit(f"bench: {path} is not an ELF64 file")
    for kind, offset, _, size in segments(image):
        end = offset + size
        while kind == PT_NOTE and offset + 12 <= end:
            name_size, data_size, note = struct.unpack_from("<III", image, offset)
            data = offset + 12 + (name_size + 3) // 4 * 4
            if note == XEN_ELFNOTE_PHYS32_ENTRY and image[offset + 12:offset + 15] == b"Xen":
                return struct.unpack_from("<I", image, data)[0]
            offset = data + (data_size + 3) // 4 * 4
    raise SystemExit(f"bench: {path} has no PVH entry note")


def signature(image, offset):
    return "sig:" + image[offset:offset + SIGNATURE].hex()


def initrd(init, mib=0):
    """An initramfs (cpio) that holds nothing but /init and, to make it larger, a file of zeros, which takes no room on the disk."""
    def write(path):
        with open(path, "wb") as file:
            file.write(cpio_head("init", 0o100755, init.stat().st_size) + init.read_bytes() + bytes(-init.stat().st_size % 4))
            if mib:
                file.write(cpio_head("zeros", 0o100644, mib << 20))
                file.seek(mib << 20, os.SEEK_CUR)
            file.write(cpio_head("TRAILER!!!", 0, 0))
    return cached("bench-initrd", ".cpio", digest(init, pathlib.Path(__file__), str(mib)), write)


def cpio_head(name, mode, size):
    fields = [1, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, len(name) + 1, 0]
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
    return head + bytes(-len(head) % 4)


def kernel(name):
    try:
        return payload_dir(name) / "vmlinuz"
    except SystemExit as missing:
        raise SystemExit(f"bench: {missing}") from None


def vmlinux(name):
    """The ELF file in the kernel."""
    return kernel_image.vmlinux(name)


def uki(name, ramdisk):
    return mkuki("--kernel", kernel(name), "--initrd", ramdisk, "--cmdline", CMDLINE, "--name", f"bench-{name}")


def large(probe):
    """The probe, in an image as large as a UKI."""
    filling = cached("bench-filling", "", digest(str(LARGE)), lambda path: path.write_bytes(random.Random(1).randbytes(LARGE)))
    return mkuki("--stub", probe, "--kernel", filling, "--name", "bench-large")


def mkuki(*arguments):
    made = subprocess.run([REPO / "scripts/mkuki", *arguments], capture_output=True, text=True, check=False)
    if made.returncode:
        raise SystemExit(f"bench: no UKI: {(made.stderr.strip() or 'mkuki failed').splitlines()[-1]}")
    return pathlib.Path(made.stdout.strip())
