# SPDX-License-Identifier: BSD-2-Clause-Patent
"""One run of QEMU: what it was told, what came over the serial line and the debug port, and how it ended."""
import json
import os
import socket
import subprocess
import threading
import time
from dataclasses import dataclass, field

DEBUG_PORT = "0x402"
# After these nothing more is to be expected, only repetition.
HOPELESS = [b"Kernel panic", b"efilite: CRASH"]
WANTED = b"sysrq triggered crash"  # by a guest whose next kernel is there for that
LAST_WORDS = 2  # seconds to let it finish its message


@dataclass
class Run:
    command: list
    lines: list = field(default_factory=list)  # (time of arrival, text)
    debug: str = ""
    shutdown: str = ""   # QEMU's own word for the end: guest-shutdown, guest-reset, ...
    exit_code: int | None = None
    seconds: float = 0.0
    timed_out: bool = False
    hopeless: bool = False  # stopped early after a crash

    @property
    def serial(self):
        return "\n".join(text for _, text in self.lines)


def machine_options(machine):
    """The options of a machine by the name that scenarios use."""
    machine = {"microvm": "microvm,acpi=on", "microvm-noacpi": "microvm,acpi=off",
               "microvm-pcie": "microvm,acpi=on,pcie=on"}.get(machine, machine)
    return ["-M", machine, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"]


SERIAL_CONSOLE = ["-serial", "stdio"]


def run(arguments, log_stem, limit, replies=None, conversation=None, console=None):
    """Runs QEMU to its end, or kills it after `limit` seconds. Logs go to log_stem.{serial,debug,command}. `console` are the options of the
    one that is spoken to, by standard input and output, if that is not the serial line.
    `replies` says what to type when a line is just this. For more there is `conversation`, which is called as read_serial would be."""
    ours, theirs = socket.socketpair()
    debug_log = log_stem.with_name(log_stem.name + ".debug")
    debug_log.unlink(missing_ok=True)
    # Stopped until the monitor listens, so that no event is missed.
    command = ["qemu-system-x86_64", *arguments, "-S", *(console or SERIAL_CONSOLE), "-monitor", "none",
               "-chardev", f"file,id=debug,path={debug_log}",
               "-device", f"isa-debugcon,iobase={DEBUG_PORT},chardev=debug",
               "-chardev", f"socket,id=qmp,fd={theirs.fileno()}", "-mon", "chardev=qmp,mode=control"]
    result = Run(command)
    log_stem.with_name(log_stem.name + ".command").write_text(" ".join(map(_quoted, arguments)) + "\n")
    started = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          pass_fds=[theirs.fileno()]) as process:
        theirs.close()
        serial = threading.Thread(target=conversation or read_serial,
                                  args=(process, result, log_stem.with_name(log_stem.name + ".serial"), replies or {}))
        monitor = threading.Thread(target=_monitor, args=(ours, result))
        serial.start()
        monitor.start()
        try:
            process.wait(limit)
        except subprocess.TimeoutExpired:
            result.timed_out = True
            process.kill()
        serial.join()
        monitor.join()
        result.exit_code = process.wait()
    ours.close()
    result.seconds = time.monotonic() - started
    result.debug = debug_log.read_text(errors="replace") if debug_log.exists() else ""
    return result


def _quoted(word):
    return f"'{word}'" if " " in word or not word else word


def read_serial(process, result, path, replies):
    """What comes from the process, by lines, each of which may have a reply."""
    with open(path, "wb") as log:
        for line in process.stdout:
            log.write(line)
            log.flush()
            if not result.hopeless and any(word in line for word in HOPELESS) and WANTED not in line:
                result.hopeless = True
                threading.Timer(LAST_WORDS, process.kill).start()
            if line.strip() in replies:
                process.stdin.write(replies[line.strip()])
                process.stdin.flush()
            result.lines.append((time.time(), line.decode(errors="replace").rstrip("\r\n").replace("\r", "")))


def _monitor(connection, result):
    try:
        with connection.makefile("rw") as channel:
            for line in channel:
                message = json.loads(line)
                if "QMP" in message:
                    for name in ["qmp_capabilities", "cont"]:
                        channel.write(json.dumps({"execute": name}) + "\n")
                        channel.flush()
                elif message.get("event") == "SHUTDOWN":
                    result.shutdown = message["data"]["reason"]
    except (OSError, ValueError):
        pass  # QEMU is gone; its exit says the rest


def tsc_khz():
    """What a guest's TSC counts in a millisecond: QEMU without KVM passes the host's on, or else nanoseconds."""
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        speeds = sorted(float(line.split(":")[1]) for line in info if line.startswith("cpu MHz"))
    # Rounded, for it changes with the host's load and is part of the images' names.
    return int(round(speeds[len(speeds) // 2], -2)) * 1000 if speeds else 1000000


def fw_cfg_file(name, path):
    return ["-fw_cfg", f"name={name},file={_escaped(path)}"]


def fw_cfg_string(name, text):
    return ["-fw_cfg", f"name={name},string={_escaped(text)}"]


def _escaped(value):
    return os.fspath(value).replace(",", ",,")
