# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Disk images for tests and benchmarks: FAT and ext4 volumes with files inside, and GPT disks. The same input gives the same partitioning,
serial numbers and places of files."""
import contextlib
import pathlib
import shutil
import struct
import subprocess
import tempfile
import uuid
import zlib
from dataclasses import dataclass

SECTOR = 512
MIB = 1 << 20
FIRST_PARTITION = MIB  # where partitioning tools put it
GPT_ENTRIES, GPT_ENTRY_SIZE = 128, 128
TABLE_SECTORS = GPT_ENTRIES * GPT_ENTRY_SIZE // SECTOR
EFI_SYSTEM = uuid.UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b")
LINUX_ROOT = uuid.UUID("4f68bce3-e8cd-4db1-96e7-fbcaf984b709")
VOLUME_ID = "ef11e000"
NAMESPACE = uuid.UUID("9a3b7c52-6f0e-4c3d-8a5e-efe11e000000")  # of the unique GUIDs, which are made from names
LOADER = "EFI/BOOT/BOOTX64.EFI"


@dataclass
class Partition:
    name: str
    size: int  # bytes
    tree: dict  # path in the volume -> bytes, or the pathlib.Path of a file or folder
    type: uuid.UUID = EFI_SYSTEM  # with a FAT volume; others have ext4


@contextlib.contextmanager
def _staged(tree):
    with tempfile.TemporaryDirectory() as stage:
        stage = pathlib.Path(stage)
        for name, content in tree.items():
            place = stage / name
            place.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                place.write_bytes(content)
            elif content.is_dir():
                shutil.copytree(content, place, dirs_exist_ok=True)
            else:
                shutil.copyfile(content, place)
        yield stage


def fat(path, size, tree, offset=0, bits=32, label="EFILITE"):
    """A FAT volume of `size` bytes at `offset` of the file `path`, which is made where there is none."""
    with open(path, "ab") as image:
        image.truncate(max(image.tell(), offset + size))
    subprocess.run(["/usr/sbin/mkfs.fat", "--invariant", "-F", str(bits), "-i", VOLUME_ID, "-n", label, "-h", str(offset // SECTOR),
                    "--offset", str(offset // SECTOR), path, str(size // 1024)], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    with _staged(tree) as stage:
        # Sorted, for the order decides where the files lie.
        subprocess.run(["mcopy", "-s", "-Q", "-i", f"{path}@@{offset}", *sorted(stage.iterdir()), "::"], check=True)


def ext4(path, size, tree, offset):
    """An ext4 file system in the file `path`, which is there."""
    with _staged(tree) as stage:
        subprocess.run(["/usr/sbin/mkfs.ext4", "-q", "-F", "-O", "^has_journal", "-b", "4096",
                        "-U", str(uuid.uuid5(NAMESPACE, "ext4")), "-d", stage,
                        "-E", f"offset={offset},lazy_itable_init=1", path, f"{size // 1024}k"], check=True)


def gpt(path, partitions):
    """A disk with these partitions, one behind the other, both copies of the GPT and its protective MBR."""
    start, entries = FIRST_PARTITION, b""
    sizes = [-(-partition.size // MIB) * MIB for partition in partitions]
    with open(path, "wb") as image:
        image.truncate(FIRST_PARTITION + sum(sizes) + MIB)  # mtools wants the rest of the disk to be there
    for partition, size in zip(partitions, sizes):
        (fat if partition.type == EFI_SYSTEM else ext4)(path, size, partition.tree, offset=start)
        entries += struct.pack("<16s16sQQQ72s", partition.type.bytes_le, uuid.uuid5(NAMESPACE, partition.name).bytes_le,
                               start // SECTOR, (start + size) // SECTOR - 1, 0, partition.name.encode("utf-16-le"))
        start += size
    sectors = start // SECTOR + MIB // SECTOR
    entries = entries.ljust(TABLE_SECTORS * SECTOR, b"\0")
    with open(path, "r+b") as image:
        image.write(_protective_mbr(sectors) + _header(sectors, 1, entries) + entries)
        image.seek((sectors - 1 - TABLE_SECTORS) * SECTOR)
        image.write(entries + _header(sectors, sectors - 1, entries))


def _protective_mbr(sectors):
    entry = struct.pack("<B3sB3sII", 0, b"\x00\x02\x00", 0xEE, b"\xff\xff\xff", 1, min(sectors - 1, 0xFFFFFFFF))
    return bytes(446) + entry + bytes(48) + b"\x55\xaa"


def _header(sectors, own, entries):
    """[UEFI 2.10, 5.3.2]"""
    backup = own != 1
    table = own - TABLE_SECTORS if backup else 2

    def packed(crc):
        return struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, crc, 0, own, 1 if backup else sectors - 1,
                           2 + TABLE_SECTORS, sectors - 2 - TABLE_SECTORS, uuid.uuid5(NAMESPACE, "disk").bytes_le, table,
                           GPT_ENTRIES, GPT_ENTRY_SIZE, zlib.crc32(entries))
    return packed(zlib.crc32(packed(0))).ljust(SECTOR, b"\0")
