# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Xen and dom0 in QEMU. dom0 runs a shell for us on a virtio serial port, and has its guest's console on a virtio console."""
import bisect
import codecs
import contextlib
import functools
import importlib.util
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parent.parent
sys.path[:0] = [str(REPO / "tests/integration"), str(REPO / "scripts/lib")]
from cached import cache_dir  # noqa: E402

# QEMU emulates a processor with AMD's SVM; without SMAP, which kills a PV dom0 there, without MONITOR, with which Xen panics when it is
# idle, without RDTSCP, which Xen and QEMU read differently, and without AVX: QEMU 7.2 lets a guest set XCR0 behind Xen's back, and it is
# lost when Xen next turns to dom0. The others are those of this model that QEMU cannot emulate.
CPU = "EPYC,+svm,+npt" + "".join(f",-{feature}" for feature in [
    "smap", "monitor", "rdtscp", "avx", "avx2",
    "rdseed", "sha-ni", "fxsr-opt", "misalignsse", "3dnowprefetch", "osvw", "topoext", "nrip-save", "xsavec"])
XEN_MEMORY, DOM0_MEMORY = 192, 288  # MiB
# eager-fpu: QEMU 7.2 gets wrong what Xen does to switch floating-point registers only when somebody uses them, and programs in dom0 and
# guests that run by turns crash or miscalculate now and then.
XEN_OPTIONS = ("console=com1 com1=115200,8n1 loglvl=all guest_loglvl=all bootscrub=0 spec-ctrl=no,eager-fpu "
               f"dom0_mem={DOM0_MEMORY}M,max:{DOM0_MEMORY}M dom0_max_vcpus=1")
DOM0_OPTIONS = "console=hvc0 loglevel=4 tsc=reliable mitigations=off"
LETTERS = "abcdefgh"  # of disks
START = 60  # seconds until dom0 answers; it takes about ten
CONSOLE = "/dev/hvc1"  # xl passes nothing on that is not typed at a terminal
# dom0's end of the conversation: each line is a command, its output comes back with a last line for its status. A port can be opened once.
AGENT = rf"""exec 7<>/dev/ports/control 8<>{CONSOLE}
stty raw -echo <&8
while read -r line <&7; do
  eval "$line" >&7 2>&1
  printf '\n=%s=\n' $? >&7
done
"""


def module(name, path):
    """A module by its file, for those whose names are not theirs alone."""
    sys.path.append(str(path.parent))
    spec = importlib.util.spec_from_file_location(name, path)
    found = importlib.util.module_from_spec(spec)
    sys.modules[name] = found
    spec.loader.exec_module(found)
    return found


class Failure(Exception):
    """Something that makes all further guests useless."""


def dom0_files():
    """Xen, dom0's kernel and its initramfs, as scripts/mkdom0 makes them."""
    done = subprocess.run([REPO / "scripts/mkdom0"], check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit("mkdom0 failed")
    return done.stdout.split()


@contextlib.contextmanager
def temporary_folder():
    """A folder on the file system of the cache, so that files from there need no copying. It is gone even when we are told to end."""
    place = cache_dir() / "xen"
    place.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to end"))
    with tempfile.TemporaryDirectory(dir=place) as folder:
        yield pathlib.Path(folder)


def share(source, target):
    source = os.path.realpath(source)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def quote(path):
    return os.fspath(path).replace(",", ",,")


def guest_config(name, memory, cmdline="", kernel="", ramdisk="", disks=(), maxmem=0, cpus=1, lines=(), firmware_line=""):
    """The configuration of a guest; files are those of the shared folder, disks are dom0's. With a kernel the ramdisk is module 1: in front
    of kernels of the PV kind xl puts a shim, and which shim that is can be said."""
    config = [f'name="{name}"', 'type="pvh"', f"memory={memory}", f"vcpus={cpus}", 'tsc_mode="native"',
              *(f'on_{event}="destroy"' for event in ("poweroff", "reboot", "crash")), f'cmdline="{cmdline}"']
    if kernel:
        config += ["pvshim=1", 'pvshim_path="/share/firmware"', f'pvshim_cmdline="{firmware_line or cmdline}"', f'kernel="/share/{kernel}"']
    else:
        config += ['kernel="/share/firmware"']
    if ramdisk:
        config += [f'ramdisk="/share/{ramdisk}"']
    if maxmem:
        config += [f"maxmem={maxmem}"]
    if disks:
        config += [f"disk={[f'phy:{disk},xvd{letter},w' for disk, letter in zip(disks, LETTERS)]}"]
    return "\n".join([*config, *lines, ""])


def dom0_disk(index):
    return f"/dev/vd{LETTERS[index]}"


def drive(identity, path, written):
    with open(path, "rb") as file:
        kind = "qcow2" if file.read(4) == b"QFI\xfb" else "raw"
    return ["-drive", f"if=none,id={identity},format={kind},snapshot={'off' if written else 'on'},file={quote(path)}",
            "-device", f"virtio-blk-pci,drive={identity}"]


def machine_arguments(folder, guest_memory, disks=()):
    """QEMU's options for Xen and dom0 with room for a guest. `disks` are dom0's disks, by (path, whether it is written to)."""
    xen, kernel, initramfs = dom0_files()
    arguments = ["-M", "pc", "-accel", "tcg", "-cpu", CPU, "-smp", "1", "-m", str(XEN_MEMORY + DOM0_MEMORY + guest_memory),
                 "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
                 "-kernel", xen, "-append", XEN_OPTIONS, "-initrd", f"{quote(kernel)} {DOM0_OPTIONS},{quote(initramfs)}",
                 "-virtfs", f"local,path={quote(folder)},mount_tag=share,security_model=none,readonly=on", "-device", "virtio-serial-pci"]
    for index, (path, written) in enumerate(disks):
        arguments += drive(f"disk{index}", path, written)
    return arguments


class Line:
    """One of the machine's serial lines: everything that came, when it came, and callers who wait for something in it."""

    def __init__(self, receive, log):
        self.receive, self.log = receive, log
        self.heard = lambda data: None  # is given what comes
        self.text, self.arrivals = "", []  # (place in the text, time)
        self.changed = threading.Condition()
        self.open = True
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        with open(self.log, "wb") as log:
            while data := self.receive():
                log.write(data)
                log.flush()
                self.heard(data)
                with self.changed:
                    self.arrivals.append((len(self.text), time.time()))
                    self.text += decoder.decode(data).replace("\r", "")
                    self.changed.notify_all()
        with self.changed:
            self.open = False
            self.changed.notify_all()

    def wait(self, pattern, start, limit):
        """The first match behind `start`, or None when the time is over or the machine is gone."""
        match = None

        def found():
            nonlocal match
            match = re.compile(pattern, re.M).search(self.text, start)
            return match or not self.open

        with self.changed:
            self.changed.wait_for(found, limit)
        return match

    def lines(self, start):
        """What came behind `start`: (time, line)."""
        found = []
        for line in self.text[start:].split("\n"):
            arrival = bisect.bisect_right(self.arrivals, (start, float("inf"))) - 1
            found.append((self.arrivals[arrival][1] if arrival >= 0 else 0, line))
            start += len(line) + 1
        return found


class Xen:
    """A running machine."""

    def __init__(self, folder, stem, guest_memory, disks=(), options=()):
        """`folder` is shared with dom0, `options` are further ones of QEMU. Logs go to stem.{xen,console,control,command}."""
        self.stem = stem
        (folder / "job").write_text(AGENT)
        arguments = [*machine_arguments(folder, guest_memory, disks), *options]
        self.control_socket, control = socket.socketpair()
        self.console_socket, console = socket.socketpair()
        for kind, name, end in [("virtserialport", "control", control), ("virtconsole", "console", console)]:
            arguments += ["-chardev", f"socket,id={name},fd={end.fileno()}", "-device", f"{kind},chardev={name},name={name}"]
        command = ["qemu-system-x86_64", *arguments, "-serial", "stdio", "-monitor", "none"]
        log = {name: stem.with_name(f"{stem.name}.{name}") for name in ["xen", "console", "control", "command"]}
        log["command"].write_text(" ".join(f"'{word}'" if " " in word else word for word in command) + "\n")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        pass_fds=[control.fileno(), console.fileno()])
        control.close()
        console.close()
        self.serial = Line(lambda: self.process.stdout.read1(65536), log["xen"])
        self.console = Line(functools.partial(self._receive, self.console_socket), log["console"])
        self.control = Line(functools.partial(self._receive, self.control_socket), log["control"])

    def __enter__(self):
        try:
            self.ask("echo dom0 is there", START)
        except Failure:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        for line in (self.serial, self.console, self.control):
            line.thread.join()

    def ask(self, command, limit=30):
        """What a shell command in dom0 says, and its status."""
        start = len(self.control.text)
        self._send(self.control_socket, command.encode() + b"\n")
        match = self.control.wait(r"^=(\d+)=$", start, limit)
        if not match:
            raise Failure(f"dom0 has no answer to '{command}' after {limit} s" if self.control.open else "the machine is gone")
        return self.control.text[start:match.start()].strip("\n"), int(match[1])

    def type(self, data):
        """On the guest's console."""
        self._send(self.console_socket, data)

    @staticmethod
    def _send(end, data):
        with contextlib.suppress(ConnectionError):  # the machine is gone, which its end tells
            end.sendall(data)

    @staticmethod
    def _receive(end):
        with contextlib.suppress(ConnectionError):
            return end.recv(65536)

    def start(self, name, kept=False):
        """Creates the guest of /share/NAME.cfg, with its console on our port from its first character on. wait_for_end() is for later.
        A guest that is kept is looked after by dom0/keep, and not by xl."""
        self.name, self.place = name, len(self.control.text)
        gone = f"while xl domid {name}; do sleep 0.1; done >/dev/null 2>&1; printf '\\n=gone=\\n' >&7"
        keep, alone = (f"keep {name} & ", "-e ") if kept else ("", "")
        self.ask(f"{keep}(xl create {alone}-c /share/{name}.cfg <&8 >&8 2>/tmp/xl; {gone}) &")

    def is_gone(self, limit):
        return self.control.wait(r"^=gone=$", self.place, limit)

    def wait_for_text(self, pattern, start, limit):
        """Waits for something on the console of the guest, as long as that lives."""
        end = time.monotonic() + limit
        while not (match := self.console.wait(pattern, start, 0.5)) and time.monotonic() < end and not self.is_gone(0):
            pass
        return match

    def wait_for_end(self, limit, given_up=lambda: False):
        """Waits until the guest and its console are gone. It is destroyed when `limit` seconds are over, which False tells, or when it is
        given up."""
        end = time.monotonic() + limit
        while not (gone := self.is_gone(0.5)) and time.monotonic() < end and not given_up():
            if not self.control.open:
                raise Failure("the machine is gone")
        if not gone:
            self.ask(f"xl destroy {self.name}")
            if not self.is_gone(30):
                raise Failure(f"{self.name} cannot be destroyed")
        # What was said before the end comes by other ways. Xen may put a line of its own into the middle of ours, so it is said again.
        for way, line in [("/dev/console", self.serial), (CONSOLE, self.console)]:
            place = len(line.text)
            for _ in range(3):
                self.ask(f"printf '\\n=end of {self.name}=\\n' >{way}")
                if line.wait(f"^=end of {re.escape(self.name)}=$", place, 10):
                    break
            else:
                raise Failure(f"what is written to {way} is lost")
        return bool(gone) or given_up()

    def power_off(self):
        self._send(self.control_socket, b"exit\n")
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            raise Failure("dom0 does not power off") from None
