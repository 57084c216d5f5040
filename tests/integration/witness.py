# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Programs of other people, as they come in Debian's packages: what is typed at them, and what they must say to it."""
import pathlib
from dataclasses import dataclass

import program
import qemu
import shell
from cached import payload_dir
from conversation import Conversation, Turn

LIMIT = 80
FOREIGN = "\ufffd"  # OVMF's line is no UTF-8


@dataclass(frozen=True)
class Witness:
    image: pathlib.Path
    ends: dict           # name -> (what is typed last, how the machine ends then)
    turns: list = ()
    greeting: list = ()  # patterns for what comes before anything is typed
    options: str = ""    # its command line
    memory: int = 256


def turns_of(prompt, commands):
    """Commands with the patterns of their answers, and where it matters the seconds that they take at least (programs round)."""
    return [Turn(prompt, f"{command}\r", patterns, seconds=sum(seconds)) for command, patterns, *seconds in commands]


def grub():
    """A boot loader in an image of its own, with its modules inside: there is no disk, so it comes to its prompt."""
    prompt = r"grub> $"
    commands = [
        ("lsefi", [r"loaded image", r"device path", r"simple text input", r"HII database", r"/UART\(115200,8,[NE1]?,?1"]),
        ("lsefimmap", [r"conv-mem +[0-9a-f]{16}-[0-9a-f]{16} [0-9a-f]{8} .*UC WC WT WB", r"RT-code .*RT UC WC WT WB", r"ldr-code"]),
        ("lsefisystab", [r"Signature: 5453595320494249 revision: 000200[0-9a-f]{2}", r"Vendor: \w", r"ACPI-[12]\.0"]),
        ("ls", [r"\(memdisk\)|\(proc\)"]),
        ("echo $grub_cpu-$grub_platform", [r"^x86_64-efi$"]),
        ("if cpuid -l; then echo long; fi", [r"^long$"]),
        ("sleep 1", ["!error"], 0.8),
        ("nonsense", [r"can't find command `nonsense'"]),
    ]
    return Witness(
        payload_dir("grub") / "grubx64.efi", greeting=[r"GNU GRUB +version 2\.\d\d", r"Minimal BASH-like line editing"],
        turns=turns_of(prompt, commands),
        ends={"exit": (Turn(prompt, "exit\r"), "guest-shutdown"), "reboot": (Turn(prompt, "reboot\r"), "guest-reset"),
              "halt": (Turn(prompt, "halt\r"), "guest-shutdown")})


def ipxe():
    """A network boot loader: there is no network, but it installs drivers, and its time comes from a timer event."""
    prompt = r"iPXE> $"
    commands = [
        ("show version", [r"builtin/version:string = 1\.\d+"]),
        ("show platform", [r"platform:string = efi"]),
        ("echo ${buildarch}-${platform}", [r"^x86_64-efi$"]),
        ("cpuid --ext 29 && echo long", [r"^long$"]),
        ("sleep 1 && echo slept", [r"^slept$"], 0.8),
        ("ifstat || echo none", [r"^none$"]),
        ("nonsense", [r"nonsense: command not found"]),
        ("help", [r"imgfetch", r"sanboot", r"poweroff"]),
    ]
    return Witness(
        payload_dir("ipxe") / "ipxe.efi", greeting=["iPXE initialising devices"],
        # Its prompt is only offered for a while: the key is there before.
        turns=[Turn("initialising devices", "\x02", [r"iPXE 1\.\d+\.\d+", r"Features:.* HTTP .*EFI"], name="Ctrl-B")] +
              turns_of(prompt, commands),
        ends={"exit": (Turn(prompt, "exit\r"), "guest-shutdown"), "poweroff": (Turn(prompt, "poweroff\r"), "guest-shutdown"),
              "reboot": (Turn(prompt, "reboot\r"), "guest-reset")})


def memtest():
    """It leaves boot services and has the machine for itself. Its serial line is switched on by its command line."""
    return Witness(
        payload_dir("memtest86+") / "memtest86+x64.efi", options="console=ttyS0,115200", memory=64,
        greeting=[r"Memtest86\+ v7\.\d\d", r"Testing: ", r"CPU: 1 Cores 1 Threads", r"#0 +\[Address test, walking ones, no cache\]",
                  r"0KB - 4MB \[4MB of [56][\d.]+MB\]", r"Status: Testing", r"Errors: 0 "],
        # Some tests have gone over all memory then, of which the screen need not show each.
        ends={"reboot": (Turn(r"#[4-9] +\[[^#]*Errors: 0 ", "\x1b", name="Esc"), "guest-reset")})


def hello_world():
    return Witness(
        payload_dir("efitools") / "x86_64-linux-gnu/HelloWorld.efi",
        greeting=[r"HelloWorld", r"This file is used to prove you have managed", r"To execute an unsigned binary in secure boot mode",
                  rf"[\u250c{FOREIGN}][\u2500{FOREIGN}]{{78}}[\u2510{FOREIGN}\xbf]", rf"[\u2502{FOREIGN}] OK [\u2502{FOREIGN}]"],
        ends={"exit": (Turn(rf" OK (.|\n)*[\u2518{FOREIGN}]$", "\r", name="Enter"), "guest-shutdown")})


def hash_tool():
    """A menu, and the cursor keys to go through it: down to its last line, which is Exit."""
    return Witness(
        payload_dir("efitools") / "x86_64-linux-gnu/HashTool.efi",
        greeting=[r"Hash Tool main menu", r"Secure Boot is off", r" Enroll Hash "],
        turns=[Turn(rf" Exit (.|\n)*[\u2518{FOREIGN}]$", "\x1b[B", [r" Exit "], name=f"cursor down, {time}") for time in range(1, 5)],
        ends={"exit": (Turn(rf" Exit (.|\n)*[\u2518{FOREIGN}]$", "\r", name="Enter"), "guest-shutdown")})


NOT_FOUND = "0x800000000000000e"
# gnu-efi's sample programs: the command line, what they say, and what they return when it is no success. Those for graphics and PCI say
# that there is none; OVMF on a machine without them agrees.
SAMPLES = [
    ("t", [r"Hello World!\nHello World!"]),
    ("t2", [r"Hello World!"]),
    ("t3", [r"Hello World! \(0xd=0xD, 13=13\)", r"BS->HandleProtocol\(\)  0h \(Success\)", r"li->Revision: +1000h",
            r"li->ParentHandle: +[1-9A-F]", r"li->SystemTable: +[1-9A-F]", r"li->LoadOptionsSize: +6h",
            r"li->ImageSize: +[1-9A-F][0-9A-F]*000h", r"li->ImageCodeType: +1h", r"li->ImageDataType: +2h", r"li->Unload: +0h"]),
    ("t6 some options", [r"Image base +: [1-9A-F][0-9A-F]*000", r"Image size +: [1-9A-F]",
                         r"Load options size : 20", r"Load options +: t6 some options"]),
    ("t8 one two", [r"started with Argc=3", r"Argv\[0\] = 't8'", r"Argv\[1\] = 'one'", r"Argv\[2\] = 'two'", r"Bye\."]),
    ("tcc", [r"Returning Failure works", *(rf"^{n} args? works just fine here" for n in range(11))]),
    ("setjmp", [r"setjmp\(\) = 0\nsetjmp\(\) = 3\n3 worked\nsetjmp\(\) = 1\n0 got to be one yay"]),
    ("ctors_test", [r"ctor\(\) constructed_value:1\n.*efi_main\(\) constructed_value:1\n.*dtor\(\) constructed_value:1\n.*value:0$"]),
    ("ctors_dtors_priority_test", [r"1\) ctor.*\n2\) ctor.*\nMain function.*\n3\) dtor.*\n4\) dtor"]),
    ("exit", []),
    # Pages at an address: they are there, then taken, then given back, and then not there to be given back.
    ("AllocPages 0 4 10", [r"AllocatPage\(0,4,16,0\)", "!Failed"]),
    ("AllocPages 2 4 1 3000000", [r"AllocatPage\(2,4,1,3000000\)", "!Failed"]),
    ("AllocPages 2 4 1 3000000", [r"Allocate Pages Failed: 14"], NOT_FOUND),
    ("FreePages 3000000 1", [r"FreePages\(3000000,1\)", "!Failed"]),
    ("FreePages 3000000 1", [r"Free Pages Failed: 14"], NOT_FOUND),
    ("AllocPages", [r"Wrong argument count"]),
    # A variable
    ("setdbg", ["!failed"]),
    ("printenv", [r"605DAB50-E046-4300-ABB6-3DD810DD8B2 +GRUB_ENV"]),
    ("unsetdbg", [r"SetVariable failed: Not Found"]),
    ("debughook", ["!debugger"]),
    # A driver: its protocol is there while it is.
    ("drv0_use", [r"Error looking up handles for proto: 14"], NOT_FOUND),
    ("drv0", [r"Driver instance loaded successfully"]),
    ("drv0_use", [r"Playing with driver instance 0", r"Hello Sample UEFI Driver!", r"Hello was called 1 time"]),
    ("unload drv0", [r"Driver instance unloaded"]),
    ("drv0_use", [r"Error looking up handles for proto: 14"], NOT_FOUND),
    ("modelist", [r"Could not locate GOP: Not Found"], NOT_FOUND),
    ("bltgrid", [r"Could not locate GOP: Not Found"], NOT_FOUND),
    ("lfbgrid", [r"Could not locate GOP: Not Found"], NOT_FOUND),
    ("route80h", [r"Device not found"], NOT_FOUND),
]
# These wait for a key: what they say before, and after it.
KEY_SAMPLES = [
    ("t4", r"Hit any key to exit\n$", []),
    ("t5", r"Hit any key to exit this image\n$", []),
    ("t7", r"Hit any key to exit this image\n$", [r"ScanCode: 0h  UnicodeChar: 78h CallRtStatus: 0"]),
]


def samples():
    """gnu-efi's sample programs, started one after the other by programs/launcher.c."""
    prompt = r"launcher> $"
    turns = []
    for line, patterns, *status in SAMPLES:
        turns.append(Turn(prompt, f"{line}\r", [*patterns, rf"^status {status[0] if status else '0x0'}$"]))
    for name, key_prompt, patterns in KEY_SAMPLES:
        turns += [Turn(prompt, f"{name}\r", [r"application started"]),
                  Turn(key_prompt, "x", [*patterns, r"^status 0x0$"], f"a key for {name}")]
    turns.append(Turn(prompt, "handles\r", [r"^as many as at the start$"]))
    apps = payload_dir("gnu-efi") / "apps"
    names = sorted({turn.typed.split()[0] for turn in turns if turn.prompt == prompt} - {"handles", "unload"})
    return Witness(program.launcher([apps / f"{name}.efi" for name in names]), turns=turns,
                   ends={"exit": (Turn(prompt, "quit\r"), "guest-shutdown")})


WITNESSES = {"grub": grub, "ipxe": ipxe, "memtest": memtest, "hello-world": hello_world, "hash-tool": hash_tool, "gnu-efi": samples,
             "shell": lambda: Witness(payload_dir("efi-shell") / "shellx64.efi", shell.ENDS, shell.TURNS, shell.GREETING, "-nostartup")}


def run(scenario, options):
    witness = WITNESSES[scenario.program]()
    arguments = qemu.machine_options(scenario.machine) + ["-accel", "tcg", "-m", str(witness.memory)]
    if options.firmware == "ovmf":
        arguments += ["-bios", options.ovmf, "-kernel", str(witness.image)]
    elif scenario.transport == "module":
        arguments += ["-kernel", str(options.elf), "-initrd", str(witness.image)]
    else:
        arguments += ["-kernel", str(options.elf), *qemu.fw_cfg_file("opt/efilite/kernel", witness.image)]
    if witness.options:
        arguments += ["-append", witness.options]
    last, reason = witness.ends[scenario.end]
    # OVMF goes on with the next program when one returns.
    ends = options.firmware == "efilite" or scenario.end != "exit"
    conversation = Conversation([*witness.turns, last], ends)
    done = qemu.run(arguments, options.logs / f"{options.firmware}.{scenario.name}", min(options.limit, LIMIT), conversation=conversation)
    complaints = conversation.complaints(witness.greeting)
    if done.timed_out:
        complaints.append(f"it was given up after {done.seconds:.0f} s")
    if ends and done.shutdown != reason:
        complaints.append(f"after {last} the machine ended by '{done.shutdown or 'nothing'}', not {reason}")
    return done, (complaints, f"{len(witness.turns)} turns, {done.shutdown or 'stopped'}")
