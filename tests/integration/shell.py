# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Drives Debian's EFI Shell over the serial line: it is a large program by other people that expects a whole firmware."""
import os
import re
import time

import qemu
from cached import payload_dir

LIMIT = 120
PROMPT = re.compile(r"Shell> $")
# What a terminal would obey rather than show.
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
GUID = "7a1e4c52-3f7b-4f0a-9d2e-0c6f5b1a9e10"
VARIABLE = f"setvar Witness -guid {GUID}"
# A command, and patterns that its answer must have; one that begins with ! must not be there.
COMMANDS = [
    ("ver", [r"UEFI Interactive Shell v2\.\d", r"UEFI v2\.100 \(efilite, 0x"]),
    ("memmap", [r"Available +[0-9A-F]{16}-[0-9A-F]{16} [0-9A-F]{16}", r"RT_Code +[0-9A-F]{16}-", r"Total Memory: +\d+ MB"]),
    ("dh -v", [r"SimpleTextInEx\(", r"mode 0: Col 80 Row 25", r"HIIDatabase\(", r"HIIString\(", r"HIIConfigRouting\(", r"DevicePathUtilities\(",
               r"UnicodeCollation2\(",
               r"DevicePathToText\(", r"Shell\(", r"LoadedImage\(", r"Uart\(115200,8,N,1\)/VenUtf8\(\)"]),
    ("drivers", [r"DRIVER NAME"]),
    ("devices", [r"Device Name"]),
    ("dmpstore -all", [r"Variable BS '[0-9A-F-]{36}:uefishellversion'"]),
    (f"{VARIABLE} -bs =0x1234", ["!Unable"]),
    (VARIABLE, [r"Witness - 0002 Bytes", r"34 12"]),
    (f"dmpstore Witness -guid {GUID}", [rf"(?i)Variable BS '{GUID}:Witness' DataSize = 0x02"]),
    (f"{VARIABLE} =", ["!Unable"]),
    (VARIABLE, [r"Unable to get"]),
    ("set witness seen", ["!not"]),
    ("echo %witness%", [r"^seen$"]),
    ("date", [r"\d\d/\d\d/20\d\d"]),
    ("mode", [r"Col +80 Row +25 +\*"]),
    ("nonsense", [r"'nonsense' is not recognized"]),
]
# The last, by the way the machine is left: the shell does not come back from it.
ENDS = {"shutdown": ("reset -s", "guest-shutdown"), "cold": ("reset", "guest-reset"), "warm": ("reset -w", "guest-reset"),
        "exit": ("exit", "guest-shutdown")}


class Conversation:
    """The serial line's other end: types a command at each prompt and keeps what was answered."""

    def __init__(self, end):
        self.commands = [command for command, _ in COMMANDS] + [ENDS[end][0]]
        self.answers = []

    def __call__(self, process, result, path, _replies):
        answer = ""
        with open(path, "wb") as log:
            while data := os.read(process.stdout.fileno(), 65536):
                log.write(data)
                log.flush()
                answer = self._hear(result, answer, data)
                if len(self.answers) <= len(self.commands) and PROMPT.search(answer):
                    self.answers.append(answer)
                    answer = ""
                    if len(self.answers) <= len(self.commands):
                        process.stdin.write(self.commands[len(self.answers) - 1].encode() + b"\r")
                        process.stdin.flush()
        self.answers.append(answer)

    def _hear(self, result, answer, data):
        # An escape sequence may be cut in two: it is put together before it is taken out.
        text = ESCAPES.sub("", answer + data.decode(errors="replace")).replace("\r", "")
        result.lines += [(time.time(), line) for line in text[len(answer):].split("\n") if line]
        return text


def run(scenario, options):
    shell = payload_dir("efi-shell") / "shellx64.efi"
    arguments = qemu.machine_options(scenario.machine) + ["-accel", "tcg", "-m", "256", "-kernel", str(options.elf)]
    arguments += ["-initrd", str(shell)] if scenario.transport == "module" else qemu.fw_cfg_file("opt/efilite/kernel", shell)
    arguments += ["-append", "-nostartup"]
    conversation = Conversation(scenario.end)
    done = qemu.run(arguments, options.logs / f"{options.firmware}.{scenario.name}", min(options.limit, LIMIT), conversation=conversation)
    return done, judge(scenario, done, conversation.answers)


def judge(scenario, done, answers):
    complaints = []
    heard = dict(enumerate(answers[1:]))
    if not answers or "UEFI Interactive Shell" not in answers[0]:
        complaints.append("the shell did not come to its prompt")
    for index, (command, patterns) in enumerate(COMMANDS):
        answer = heard.get(index)
        if answer is None or (index == len(answers) - 2 and not PROMPT.search(answer)):
            complaints.append(f"{command}: the shell did not come back from it")
            break
        answer = re.sub(r"\n?Shell> $", "", answer)
        for pattern in patterns:
            wanted = not pattern.startswith("!")
            # The terminal breaks lines at its right margin.
            found = any(re.search(pattern.lstrip("!"), text, re.M) for text in (answer, answer.replace("\n", "")))
            if found != wanted:
                complaints.append(f"{command}: its answer {'does not match' if wanted else 'matches'} /{pattern.lstrip('!')}/")
    if done.timed_out:
        complaints.append(f"it was given up after {done.seconds:.0f} s")
    command, reason = ENDS[scenario.end]
    if done.shutdown != reason:
        complaints.append(f"after {command} the machine ended by '{done.shutdown or 'nothing'}', not {reason}")
    return complaints, f"{len(COMMANDS)} commands, {done.shutdown}"
