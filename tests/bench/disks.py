# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The disks of the bench's machines: GPT, one EFI system partition of 512 MiB as installers make it, virtio."""
import pathlib
import re
import sys

REPO = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(REPO / "scripts/lib"))
import disk_image  # noqa: E402
from cached import cached, digest  # noqa: E402

MIB = 1 << 20
ESP = 512 * MIB
OTHER = 64 * MIB
FIRST_SLOT, PER_SLOT = 0x10, 8
# A status of 0 is QEMU's own reset; everything else a driver has written.
STATUS = re.compile(r"^virtio_set_status vdev (0x[0-9a-f]+) val [1-9]", re.M)


def image(loader, **files):
    """A disk with `loader` as the default boot file, and `files`."""
    def build(path):
        disk_image.gpt(path, [disk_image.Partition("ESP", ESP, {disk_image.LOADER: loader, **files})])
    return cached("bench-disk", ".img", digest(pathlib.Path(__file__), pathlib.Path(disk_image.__file__), loader, *files,
                                               *files.values()), build)


def arguments(board, path, count, first=""):
    """`count` disks, eight of them in a slot: behind PCIe root ports of q35. The first is the one at `path`, if there is one, and its
    device gets the options `first`; the others are empty. What is written is lost."""
    if count == 0:
        return []
    # SeaBIOS, which comes before efilite, shall leave them alone.
    mine = ["-boot", "strict=on", "-trace", "virtio_set_status"]
    if path:
        mine += ["-drive", f"if=none,id=d0,format=raw,snapshot=on,file={str(path).replace(',', ',,')}"]
    if path and count == 1:
        return mine + ["-device", f"virtio-blk-{'device' if board == 'microvm' else 'pci'},drive=d0{first}"]
    for index in range(count):
        slot, function = divmod(index, PER_SLOT)
        slot += FIRST_SLOT
        if board == "q35":
            place = f"bus=p{slot},addr=0.{function}"
            if function == 0:
                mine += ["-device", f"pcie-root-port,id=p{slot},chassis={slot},slot={slot},addr={slot:#x}"]
        else:
            place = f"addr={slot:#x}.{function}"
        if index or not path:
            mine += ["-blockdev", f"driver=null-co,node-name=d{index},size={OTHER},read-zeroes=on"]
        mine += ["-device", f"virtio-blk-pci,drive=d{index},{place},multifunction=on{'' if index else first}"]
    return mine


def touched(trace):
    """How many disks a driver has been at."""
    return len(set(STATUS.findall(trace)))
