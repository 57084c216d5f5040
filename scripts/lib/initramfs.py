# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What initramfs archives are made of: files, busybox, and the modules of a cached kernel."""
import lzma
import pathlib
import subprocess

BUSYBOX = pathlib.Path("/bin/busybox")


def module_files(kernel, modules):
    """The module files to load, dependencies first. Built-in modules have none."""
    version = (kernel / "version").read_text().strip()
    files = []
    for module in modules:
        out = subprocess.run(["modprobe", "--show-depends", "-d", str(kernel / "root"), "-S", version, module],
                             capture_output=True, text=True, env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"}, check=False)
        if out.returncode:
            raise SystemExit(f"{version} has no module {module}: {out.stderr.strip()}")
        for line in out.stdout.splitlines():
            words = line.split()
            if words[0] == "insmod" and words[1] not in files:
                files.append(words[1])
    return files


def module_bytes(path):
    data = pathlib.Path(path).read_bytes()
    # busybox cannot always read compressed modules, and the archive is not meant to be small at any price.
    return lzma.decompress(data) if path.endswith(".xz") else data


class Archive:
    """A cpio archive in the 'newc' format. Written here because device nodes then need no root."""

    def __init__(self):
        self.out = bytearray()
        self.names = set()

    def add(self, name, mode, data=b"", device=(0, 0)):
        self.names.add(name)
        fields = [len(self.names), mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name) + 1, 0]
        self.out += b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
        self.pad()
        self.out += data
        self.pad()

    def directory(self, name):
        if name not in self.names:
            self.add(name, 0o40755)

    def file(self, name, data, mode=0o644):
        """A file, and the directories that it lies in."""
        for parent in reversed(pathlib.PurePath(name).parents[:-1]):
            self.directory(str(parent))
        if name not in self.names:
            self.add(name, 0o100000 | mode, data)

    def symlink(self, name, target):
        self.add(name, 0o120777, target.encode())

    def base(self):
        """What every init here counts on."""
        for directory in ["bin", "dev", "etc", "mnt", "modules", "proc", "run", "sys", "tmp"]:
            self.directory(directory)
        self.add("dev/console", 0o20600, device=(5, 1))  # without it init has no output before /dev is mounted
        self.file("bin/busybox", BUSYBOX.read_bytes(), 0o755)
        self.symlink("bin/sh", "busybox")

    def modules(self, paths):
        """Modules, and in modules/order their names in the order that they want to be loaded in."""
        names = []
        for path in paths:
            names.append(pathlib.Path(path).name.removesuffix(".xz"))
            self.file(f"modules/{names[-1]}", module_bytes(path))
        self.file("modules/order", "".join(name + "\n" for name in names).encode())

    def pad(self):
        self.out += bytes(-len(self.out) % 4)

    def finish(self):
        self.add("TRAILER!!!", 0)
        return bytes(self.out)
