# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The kernel inside a Linux kernel image: in an emulated machine a kernel unpacks itself for tens of seconds.

And images without their EFI entries."""
import lzma
import pathlib
import struct

from cached import cached, digest, payload_dir


def unpacked(image):
    """The ELF file in the image [Linux, Documentation/x86/boot.rst: payload_offset, payload_length]."""
    sectors, magic = image[0x1F1] or 4, image[0x202:0x206]
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (sectors + 1) * 512 + offset
    payload = image[start:start + length]
    if magic != b"HdrS" or not payload.startswith(b"\xfd7zXZ\0"):
        raise SystemExit("this kernel is no bzImage that is compressed by xz")
    return lzma.LZMADecompressor().decompress(payload)


def without_efi(image, handover=False):
    """The same bzImage with its EFI entry out of sight: neither MZ nor PE; with the handover entry or without [boot.rst, xloadflags]."""
    image = bytearray(image)
    [pe] = struct.unpack_from("<I", image, 0x3C)
    image[0:2] = bytes(2)
    image[pe:pe + 4] = bytes(4)
    if not handover:
        image[0x236] &= ~0x0C
        image[0x264:0x268] = bytes(4)
    return bytes(image)


def vmlinux(name):
    """The path of the unpacked kernel of a payload such as linux-6.1."""
    kernel = payload_dir(name)
    return cached(f"vmlinux-{name}", ".elf", digest((kernel / "package").read_text(), pathlib.Path(__file__)),
                  lambda path: path.write_bytes(unpacked((kernel / "vmlinuz").read_bytes())))
