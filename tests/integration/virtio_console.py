# SPDX-License-Identifier: BSD-2-Clause-Patent
"""The EFI Shell on a machine whose console is a virtio one: on PCI and on MMIO, at the first port and at another, alone and beside a
serial line."""
import re

import qemu
import shell
from cached import payload_dir
from conversation import Conversation, Turn

LIMIT = 80
LINE = r"Serial\(0x{port}\)/Uart\(115200,8,N,1\)/VenUtf8\(\)"
PARENT = {"pci": r"PciRoot\(0x0\)/Pci\(0x[0-9A-F]+,0x0\)", "mmio": r"VenHw\(837DCA9E-E874-4D82-B29A-23FE0E23D1E2,00[0-9A-F]{5}E00000000\)"}
LONG_TEXT = "0123456789" * 20  # longer than a line, and than most buffers of the device
SAID_BY_EFILITE = r"^efilite \d.*starting an EFI program from"


def turns(path):
    return [Turn(shell.PROMPT, f"{command}\r", patterns) for command, patterns in [
        ("ver", [r"UEFI Interactive Shell v2\.\d"]),
        ("dh -v", [path, r"SimpleTextInEx\(", r"mode 0: Col 80 Row 25"]),
        ("dmpstore ConOut", [r"Variable NV\+RT\+BS '[\w-]+:ConOut'"]),
        ("mode 100 31", ["!mode:"]),
        ("mode", [r"Col +100 Row +31 +\*"]),
        ("mode 80 25", ["!mode:"]),
        (f"echo {LONG_TEXT}", [LONG_TEXT]),
        ("help", [r"^alias +- Displays, creates, or deletes", r"^vol +- "]),
    ]] + [Turn(shell.PROMPT, "reset -s\r")]


def devices(scenario):
    """Where the console is: QEMU's standard input and output."""
    other = ["-device", "virtserialport,nr=1,name=org.qemu.guest_agent.0"] if scenario.port != 0 else []
    bus = "virtio-serial-pci" if scenario.bus == "pci" else "virtio-serial-device"
    return ["-chardev", "stdio,id=console", "-device", bus, *other, "-device", f"virtconsole,chardev=console,nr={scenario.port}"]


def run(scenario, options):
    image = payload_dir("efi-shell") / "shellx64.efi"
    stem = options.logs / f"{options.firmware}.{scenario.name}"
    serial = stem.with_name(stem.name + ".com1")
    serial.unlink(missing_ok=True)
    arguments = qemu.machine_options(scenario.machine) + ["-accel", "tcg", "-m", "256", "-kernel", str(options.elf), "-initrd", str(image)]
    words = ["-nostartup"] + ([f"efilite.console={scenario.choice}"] if scenario.choice else [])
    arguments += ["-append", " ".join(words)]
    console = devices(scenario) + ["-serial", f"file:{serial}" if scenario.choice else "none"]
    # With both, the console is the serial line to programs.
    parent = r"[^/)]" if scenario.choice == "both" else PARENT[scenario.bus] + "/"
    conversation = Conversation(turns(parent + LINE.format(port=scenario.port)))
    done = qemu.run(arguments, stem, min(options.limit, LIMIT), conversation=conversation, console=console)
    complaints = conversation.complaints([SAID_BY_EFILITE, *shell.GREETING])
    if done.timed_out:
        complaints.append(f"it was given up after {done.seconds:.0f} s")
    reason = "guest-reset" if scenario.machine == "microvm-noacpi" else "guest-shutdown"
    if done.shutdown != reason:
        complaints.append(f"the machine ended by '{done.shutdown or 'nothing'}', not {reason}")
    if scenario.choice:
        heard = serial.read_text(errors="replace")
        both = scenario.choice == "both"
        for pattern in [SAID_BY_EFILITE, r"UEFI Interactive Shell", LONG_TEXT[:70]]:
            if bool(re.search(pattern, heard, re.M)) != both:
                complaints.append(f"/{pattern}/ is {'not ' if both else ''}on the serial line")
    return done, (complaints, f"{len(conversation.turns)} turns, {done.shutdown}")
