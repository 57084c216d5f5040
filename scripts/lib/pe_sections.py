# SPDX-License-Identifier: BSD-2-Clause-Patent
"""PE images with further sections: how a kernel, its initrd and its command line get into one file with a data, or with Xen."""
import pathlib
import struct
import subprocess
import tempfile

PAGE = 0x1000


def first_free_address(image):
    """Where the first section after the image's own may lie, as objcopy counts: with the image base."""
    data = image.read_bytes()
    pe = struct.unpack_from("<I", data, 0x3C)[0]
    if data[:2] != b"MZ" or data[pe:pe + 4] != b"PE\0\0":
        raise SystemExit(f"{image} is not a PE image")
    sections, optional_size = struct.unpack_from("<H12xH", data, pe + 6)
    optional = pe + 24
    if struct.unpack_from("<H", data, optional)[0] != 0x20B:
        raise SystemExit(f"{image} is not PE32+")
    base = struct.unpack_from("<Q", data, optional + 24)[0]
    end = 0
    for index in range(sections):
        virtual_size, address, raw_size = struct.unpack_from("<III", data, optional + optional_size + 40 * index + 8)
        end = max(end, address + max(virtual_size, raw_size))
    return base + align(end)


def align(value):
    return (value + PAGE - 1) // PAGE * PAGE


def add_sections(path, image, contents):
    """Makes `path` of `image` and of contents, section name -> bytes, in their order."""
    address = first_free_address(image)
    with tempfile.TemporaryDirectory() as temporary:
        command = ["objcopy"]
        for name, data in contents.items():
            file = pathlib.Path(temporary, name)
            file.write_bytes(data)
            command += ["--add-section", f"{name}={file}", "--change-section-vma", f"{name}={address:#x}",
                        "--set-section-flags", f"{name}=alloc,load,readonly,data,contents"]
            address = align(address + len(data))
        subprocess.run(command + [str(image), str(path)], check=True)
