# SPDX-License-Identifier: BSD-2-Clause-Patent
"""What Debian's EFI Shell is asked: it is a large program by other people that expects a whole firmware. OVMF's answers match, too."""
from conversation import Turn

PROMPT = r"(^|\n)Shell> \Z"
GUID = "7a1e4c52-3f7b-4f0a-9d2e-0c6f5b1a9e10"
VARIABLE = f"setvar Witness -guid {GUID}"
GREETING = [r"UEFI Interactive Shell v2\.\d", r"UEFI v2\.\d+ \(.+, 0x"]
# A command, and what its answer must have.
COMMANDS = [
    ("ver", [r"UEFI Interactive Shell v2\.\d", r"UEFI v2\.\d+ \(.+, 0x"]),
    ("memmap", [r"Available +[0-9A-F]{16}-[0-9A-F]{16} [0-9A-F]{16}", r"RT_Code +[0-9A-F]{16}-", r"Total Memory: +2\d\d MB"]),
    # Handles: what each protocol says of itself, who uses them, and how they hang together.
    ("dh -v", [r"SimpleTextInEx\(", r"mode 0: Col 80 Row 25", r"HIIDatabase\(", r"HIIString\(", r"HIIConfigRouting\(",
               r"DevicePathUtilities\(", r"UnicodeCollation2\(", r"DevicePathToText\(", r"DevicePathFromText\(", r"Decompress\(",
               r"Shell\(", r"LoadedImage\(", r"Uart\(115200,8,N,1\)/Ven\w+\(\)"]),
    ("dh -p LoadedImage", [r"by protocol 'LoadedImage'", r"^01: .*LoadedImage", r"^[0-9A-F]{2}: Shell ShellParameters"]),
    ("openinfo 1", [r"^Handle 01 \([0-9A-F]+\)", r"^LoadedImage$", r"Drv\[[0-9A-F]+\] Ctrl\[  \] Cnt\(\d+\) +GetProt +Image\("]),
    ("devtree", [r"Ctrl\[[0-9A-F]+\] (.*Uart\(115200,8,N,1\)|SIO Serial)"]),
    ("drivers", [r"DRIVER NAME +IMAGE NAME"]),
    ("devices", [r"#P #D #C +Device Name"]),
    ("connect", [r"Connect No drivers could be connected|Connect.*Success"]),
    ("disconnect 1", [r"Disconnect - \(01,00,00\) Result Success"]),
    ("reconnect 1", [r"Disconnect - \(01,00,00\) Result Success", r"Connect No drivers could be connected"]),
    ("drvcfg", [r"No configurable devices were found|HII Config Access"]),
    # Variables
    ("dmpstore -all", [r"Variable BS '[\w-]+:uefishellversion'"]),
    (f"{VARIABLE} -bs =0x1234", ["!Unable"]),
    (VARIABLE, [r"Witness - 0002 Bytes", r"34 12"]),
    (f"dmpstore Witness -guid {GUID}", [rf"(?i)Variable BS '{GUID}:Witness' DataSize = 0x02", r"34 12 +\*4\.\*"]),
    (f"{VARIABLE} =", ["!Unable"]),
    (VARIABLE, [r"Unable to get"]),
    (f"{VARIABLE} -nv -bs -rt =S\"abc\" =L\"de\" =H0102", ["!Unable"]),
    (f"dmpstore -d Witness -guid {GUID}", [rf"(?i){GUID}"]),
    (VARIABLE, [r"Unable to get"]),
    # Time
    ("date", [r"\d\d/\d\d/20\d\d"]),
    ("date 12/24/2031", ["!date:"]),
    ("date", [r"12/24/2031"]),
    ("time 12:34:56", ["!time:"]),
    ("time", [r"^12:3\d:\d\d \("]),
    ("timezone -s -01:00", ["!timezone:"]),
    ("timezone", [r"UTC-01:00"]),
    ("getmtc", [r"^[0-9A-F]{16}$"]),
    ("stall 100000", ["!stall:"]),
    # The console and what the Shell does by itself
    ("mode", [r"Col +80 Row +25 ", r"Col +\d+ Row +\d+ +\*"]),
    ("mode 100 31", ["!mode:"]),
    ("mode", [r"Col +100 Row +31 +\*"]),
    ("mode 80 25", ["!mode:"]),
    ("mode 81 25", [r"No matching mode"]),
    ("cls 1", ["!cls:"]),
    ("cls 0", ["!cls:"]),
    ("set witness seen", ["!not"]),
    ("echo %witness%", [r"^seen$"]),
    ("set -d witness", ["!not"]),
    ("set witness", [r"'witness' not defined"]),
    ("alias", [r"dir:ls", r"mem:dmem"]),
    ("alias which ver", ["!alias:"]),
    ("which", [r"UEFI Interactive Shell v2\.\d"]),
    ("help mode", [r"^Displays or changes the console output device mode", r"MODE \[col row\]"]),  # its text comes from HII
    ("help", [r"^alias +- Displays, creates, or deletes", r"^vol +- "]),
    ("smbiosview -t 1", [r"Type: System Information", r"Manufacturer: QEMU"]),
    ("mm 100000 -w 4 -n", [r"MEM +0x0000000000100000 : 0x[0-9A-F]{8}$"]),
    ("nonsense", [r"'nonsense' is not recognized"]),
]
TURNS = [Turn(PROMPT, f"{command}\r", patterns) for command, patterns in COMMANDS]
ENDS = {"shutdown": (Turn(PROMPT, "reset -s\r"), "guest-shutdown"), "cold": (Turn(PROMPT, "reset\r"), "guest-reset"),
        "warm": (Turn(PROMPT, "reset -w\r"), "guest-reset"), "exit": (Turn(PROMPT, "exit\r"), "guest-shutdown")}
