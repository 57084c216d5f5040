# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Xen and dom0 in QEMU. dom0 runs a shell for us on a virtio serial port, and what is a guest's console on a second one.

QEMU emulates a processor with AMD's SVM; without SMAP, which kills a PV dom0 there, without MONITOR, with which Xen panics when it is idle,
and without RDTSCP, which Xen and QEMU read differently."""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
REPO = HERE.parent.parent
sys.path[:0] = [str(REPO / "tests/integration"), str(REPO / "scripts/lib")]

CPU = "EPYC,+svm,+npt,-smap,-monitor,-rdtscp"
DOM0_MEMORY = 288  # MiB
XEN_OPTIONS = f"console=com1 com1=115200,8n1 loglvl=all guest_loglvl=all bootscrub=0 dom0_mem={DOM0_MEMORY}M,max:{DOM0_MEMORY}M dom0_max_vcpus=1"
DOM0_OPTIONS = "console=hvc0 loglevel=4 tsc=reliable"
XEN_MEMORY = 192   # MiB, for Xen itself
START = 60         # seconds until dom0 answers; it takes about ten
# dom0's end of the conversation: each line is a command, its output comes back with a last line for its status. A port can be opened once.
AGENT = r"""exec 7<>/dev/ports/control 8<>/dev/ports/console
while read -r line <&7; do
  eval "$line" >&7 2>&1
  printf '\n=%s=\n' $? >&7
done
"""


class Failure(Exception):
    """Something that makes all further guests useless."""


def dom0_files():
    """Xen, dom0's kernel and its initramfs, as scripts/mkdom0 makes them."""
    done = subprocess.run([REPO / "scripts/mkdom0"], check=False, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit("mkdom0 failed")
    return done.stdout.split()


def place(source, target):
    """A file for the shared folder, without copying where that is possible."""
    source = os.path.realpath(source)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def quote(path):
    return os.fspath(path).replace(",", ",,")


def guest_config(name, memory, cmdline="", kernel=False, ramdisk=False, disks=0, maxmem=None, vcpus=1, lines=()):
    """The configuration of a guest whose firmware, kernel and ramdisk lie in /share. With a kernel the ramdisk is module 1: xl puts a shim
    in front of a kernel for guests of the PV kind, and which shim that is can be said."""
    config = [f'name="{name}"', 'type="pvh"', f"memory={memory}", f"vcpus={vcpus}", 'tsc_mode="native"',
              *(f'on_{event}="destroy"' for event in ("poweroff", "reboot", "crash")), f'cmdline="{cmdline}"']
    if kernel:
        config += ["pvshim=1", 'pvshim_path="/share/firmware"', f'pvshim_cmdline="{cmdline}"', 'kernel="/share/kernel"']
    else:
        config += ['kernel="/share/firmware"']
    if ramdisk:
        config += ['ramdisk="/share/ramdisk"']
    if maxmem:
        config += [f"maxmem={maxmem}"]
    if disks:
        config += [f"disk={[f'phy:/dev/vd{chr(97 + index)},xvd{chr(97 + index)},w' for index in range(disks)]}"]
    return "\n".join([*config, *lines, ""])


def machine_arguments(share, guest_memory, disks=(), write=False):
    """QEMU's options for Xen and dom0 with room for a guest; `disks` are dom0's /dev/vda, /dev/vdb, ... ."""
    xen, kernel, initramfs = dom0_files()
    arguments = ["-M", "pc", "-accel", "tcg", "-cpu", CPU, "-smp", "1", "-m", str(XEN_MEMORY + DOM0_MEMORY + guest_memory),
                 "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
                 "-kernel", xen, "-append", XEN_OPTIONS, "-initrd", f"{quote(kernel)} {DOM0_OPTIONS},{quote(initramfs)}",
                 "-virtfs", f"local,path={quote(share)},mount_tag=share,security_model=none,readonly=on", "-device", "virtio-serial-pci"]
    for index, disk in enumerate(disks):
        arguments += ["-drive", f"if=none,id=disk{index},format=raw,snapshot={'off' if write else 'on'},file={quote(disk)}", "-device", f"virtio-blk-pci,drive=disk{index}"]
    return arguments


class Line:
    """One of the machine's serial lines, or a file that it writes: everything that came, and callers who wait for something in it."""

    def __init__(self, receive, log, heard=None):
        self.receive, self.log, self.heard = receive, log, heard
        self.text = ""
        self.changed = threading.Condition()
        self.open = True
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        with open(self.log, "wb") as log:
            while data := self.receive():
                log.write(data)
                log.flush()
                text = data.decode(errors="replace").replace("\r", "")
                if self.heard:
                    self.heard(text)
                with self.changed:
                    self.text += text
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


class Xen:
    """A running machine; its share is a folder with files for dom0, where they are in /share."""

    def __init__(self, share, stem, guest_memory, disks=(), write=False, told=None, console_told=None):
        """Logs go to stem.{xen,console,control,command}. `told` and `console_told` are given what comes over the serial line of Xen
        and the consoles of guests."""
        (share / "job").write_text(AGENT)
        self.started = time.monotonic()
        arguments = machine_arguments(share, guest_memory, disks, write)
        self.control_socket, control = socket.socketpair()
        self.console_socket, console = socket.socketpair()
        for name, end in [("control", control), ("console", console)]:
            arguments += ["-chardev", f"socket,id={name},fd={end.fileno()}", "-device", f"virtserialport,chardev={name},name={name}"]
        command = ["qemu-system-x86_64", *arguments, "-serial", "stdio", "-monitor", "none"]
        log = {name: stem.with_name(f"{stem.name}.{name}") for name in ["xen", "console", "control", "command"]}
        log["command"].write_text(" ".join(f"'{word}'" if " " in word else word for word in command) + "\n")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        pass_fds=[control.fileno(), console.fileno()])
        control.close()
        console.close()
        self.xen = Line(lambda: self.process.stdout.read1(65536), log["xen"], told)
        self.console = Line(lambda: self.console_socket.recv(65536), log["console"], console_told)
        self.control = Line(lambda: self.control_socket.recv(65536), log["control"])

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
        for line in (self.xen, self.console, self.control):
            line.thread.join()

    def ask(self, command, limit=30):
        """What a shell command in dom0 says, and its status."""
        start = len(self.control.text)
        self.control_socket.sendall(command.encode() + b"\n")
        match = self.control.wait(r"^=(\d+)=$", start, limit)
        if not match:
            raise Failure(f"dom0 has no answer to '{command}' after {limit} s" if self.control.open else "the machine is gone")
        return self.control.text[start:match.start()].strip("\n"), int(match[1])

    def start(self, name):
        """Creates the guest of /share/NAME.cfg, with its console on our port from its first character on."""
        self.ask(f"rm -f /tmp/done; (xl create -c /share/{name}.cfg <&8 >&8 2>/tmp/xl; echo $? >/tmp/done) &")

    def ended(self, name, limit):
        """Waits until the guest is gone and its console, too; false when it is still there after `limit` seconds."""
        return self.ask(f"for i in $(seq {limit * 5}); do sleep 0.2; [ -e /tmp/done ] && ! xl domid {name} && break; done 2>/dev/null >&2",
                        limit + 20)[1] == 0

    def power_off(self):
        self.control_socket.sendall(b"exit\n")
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            raise Failure("dom0 does not power off") from None
