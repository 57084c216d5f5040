# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Runs the EFI programs of programs/, which call what Linux never does, and judges what they say."""
import datetime
import pathlib
import re
import subprocess

import qemu
from cached import cached, digest

PROGRAMS = pathlib.Path(__file__).resolve().parent / "programs"
INCLUDE = PROGRAMS.parents[2] / "include"
COMPILER = ["clang-19", "--target=x86_64-unknown-windows", "-ffreestanding", "-fshort-wchar", "-mno-red-zone",
            "-mno-stack-arg-probe", "-fno-stack-protector", "-nostdlib", "-O2", "-Wall", "-Wextra", "-Werror",
            "-isystem", str(INCLUDE), "-isystem", "/usr/include/efi", "-isystem", "/usr/include/efi/x86_64",
            "-fuse-ld=lld", "-Wl,-entry:efi_main", "-Wl,-nodefaultlib"]
CHECKS = 27  # and one less when it returns: what comes after a failed ExitBootServices is no matter of boot services
STALL_CHECKS = 6
DEPARTURE_CHECKS = 22
DRIVER_CHECKS = 9  # more, with a runtime driver
# How the program ends -> the exception, and what the report says of the place and of the cause
IN_PROGRAM = r"in (module|kernel) \+ 0x[0-9a-f]+"
CRASHES = {
    "crash-instruction": ("invalid opcode", IN_PROGRAM),
    "crash-write": ("page fault", IN_PROGRAM),
    "crash-stack": ("page fault", r"it ran into its guard page"),
    "crash-null-read": ("page fault", IN_PROGRAM, "a NULL pointer was read from"),
    "crash-null-write": ("page fault", IN_PROGRAM, "a NULL pointer was written to"),
    "crash-freed": ("general protection fault", IN_PROGRAM, r"r\w\w was read from freed memory"),
    "crash-at-once": ("page fault", IN_PROGRAM, "a NULL pointer was read from", "cr2 0000000000000010"),
    "crash-null-call": ("page fault", "in no image", "a NULL pointer was called"),
}
CLOCK_TOLERANCE = 120
LIMIT = 60
KEYS = {b"PRESS": b"q\x1b[A"}  # q and cursor up, when the program asks for them


def build(name, subsystem="efi_application", **files):
    """The program NAME.c, with the path of each of `files` as a macro of its own."""
    source = PROGRAMS / f"{name}.c"
    options = [f"-Wl,-subsystem:{subsystem}", *(f'-D{macro}="{path}"' for macro, path in files.items())]
    return cached(name, ".efi",
                  digest(source, PROGRAMS / "driver.h", INCLUDE / "efilite/pvh_guest.h", " ".join(COMPILER + options), *files.values()),
                  lambda path: subprocess.run([*COMPILER, *options, "-o", str(path), str(source)], check=True))


def runtime_driver():
    return build("runtime_driver", "efi_runtime_driver")


def departure():
    return build("departure", DRIVER=runtime_driver())


def program_of(scenario):
    if scenario.end in ("moved", "driver"):
        return departure()
    return build("crash" if scenario.end == "crash-at-once" else "probe")


def launcher(images):
    """programs/launcher.c with these images inside, by their file names."""
    table = f"// {digest(*images)}\n" + "".join(
        f'PROGRAM({index}, "{image}", "{image.stem}")\n' for index, image in enumerate(images))
    return build("launcher", PROGRAMS=cached("launcher", ".inc", digest(table), lambda path: path.write_text(table)))


def run(scenario, options):
    program = program_of(scenario)
    arguments = qemu.machine_options(scenario.machine) + ["-accel", "tcg", "-m", "256"]
    if scenario.end == "stall":
        arguments += ["-icount", "shift=0,sleep=off"]  # a nanosecond an instruction, whatever the host does
    if options.firmware == "ovmf":
        arguments += ["-bios", options.ovmf, "-kernel", str(program), "-append", scenario.end]
    elif scenario.transport == "module":
        arguments += ["-kernel", str(options.elf), "-initrd", str(program), "-append", scenario.end]
    else:
        arguments += ["-kernel", str(options.elf), *qemu.fw_cfg_file("opt/efilite/kernel", program),
                      *qemu.fw_cfg_string("opt/efilite/cmdline", scenario.end)]
    done = qemu.run(arguments, options.logs / f"{options.firmware}.{scenario.name}", min(options.limit, LIMIT), KEYS)
    return done, judge(scenario, done, options.firmware == "efilite")


def seconds(text):
    try:
        return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone.utc).timestamp()
    except ValueError:
        return 0  # it is no time


def judge_crash(scenario, done):
    """The report names the exception and where it happened, shows the registers, and the machine stands still; Xen is told of a crash."""
    exception, *words = CRASHES[scenario.end]
    complaints = []
    for log, text in [("serial line", done.serial), ("debug port", done.debug)]:
        for wanted in [rf"efilite: CRASH: {exception} ", *words, r"rip [0-9a-f]{16}", r"r15 [0-9a-f]{16}", "the machine is stopped"]:
            if not re.search(wanted, text):
                complaints.append(f"nothing on the {log} matches /{wanted}/")
    if done.shutdown != ("guest-panic" if scenario.machine == "xen" else ""):
        complaints.append(f"the machine ended by '{done.shutdown or 'nothing'}'")
    return complaints


def judge(scenario, done, efilite):
    complaints = []
    if scenario.end == "crash-at-once":
        return judge_crash(scenario, done), CRASHES[scenario.end][0]

    def expect(condition, complaint):
        if not condition:
            complaints.append(complaint)

    good = set(re.findall(r"CHECK ok (\S+)", done.serial))
    bad = re.findall(r"CHECK FAIL (\S+): ", done.serial)
    expect(not bad, "not as the specification says: " + ", ".join(bad))
    wanted = {"moved": DEPARTURE_CHECKS, "driver": DEPARTURE_CHECKS + DRIVER_CHECKS, "return": CHECKS - 1,
              "stall": STALL_CHECKS}.get(scenario.end, CHECKS)
    expect(len(good) + len(bad) == wanted, f"the program made {len(good) + len(bad)} checks, not {wanted}")
    expect("GUEST-DONE " in done.serial, "the program did not come to its end")
    arrival = {match[1]: (when, match[2]) for when, line in done.lines
               if (match := re.search(r"FACT (\S+) ?(.*)$", line))}
    if "clock" in arrival:
        when, text = arrival["clock"]
        # There is no time zone: QEMU's clock runs in UTC unless it is told otherwise.
        expect(abs(seconds(text.strip()) - when) < CLOCK_TOLERANCE, f"GetTime said {text}, the host's time was {when:.0f}")
    if "stall-ends" in arrival:
        stalled = arrival["stall-ends"][0] - arrival["stall-begins"][0]
        expect(0.8 < stalled < 5, f"Stall of one second took {stalled:.2f} s")
    if scenario.end in CRASHES:
        return complaints + judge_crash(scenario, done), f"{len(good)} checks, {CRASHES[scenario.end][0]}"
    expect(not done.timed_out, f"it was given up after {done.seconds:.0f} s")
    expect(done.exit_code == 0, f"QEMU's exit code is {done.exit_code}")

    off = scenario.end in ("shutdown", "return", "moved", "driver", "stall") and scenario.machine != "microvm-noacpi"
    reason = "guest-shutdown" if off else "guest-reset"
    expect(done.shutdown == reason, f"the machine ended by '{done.shutdown or 'nothing'}', not {reason}")
    if efilite:
        expect("efilite" in arrival.get("vendor", (0, ""))[1].lower(), "the vendor is not efilite")
        kinds = {**dict.fromkeys(["shutdown", "moved", "driver", "stall"], "EfiResetShutdown"),
                 "cold": "EfiResetCold", "warm": "EfiResetWarm"}
        if scenario.end in kinds:
            calls = re.findall(r"ResetSystem: (Efi\w+)", done.debug)
            expect(calls == [kinds[scenario.end]], f"calls of ResetSystem: {calls}")
        else:
            expect(re.search(r"efilite: .*(returned|ended|exited)", done.serial),
                   "efilite does not say that the program returned")
    return complaints, f"{len(good)} checks, {done.shutdown}"
