# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Judges a finished boot. Every expectation that is not met becomes one sentence; no sentence means success."""
import re
import struct

from scenarios import Entered, Entropy, Resident

KIB = 1024
MIB = 1 << 20
# The checks that tests/integration/guest/checks makes. Fewer means that something was silently left out.
GUEST_CHECKS = 28
GUEST_CHECKS_WITHOUT_EFI = 4
CLOCK_TOLERANCE = 120  # seconds
EFI_MAP_LIMIT = 24     # the most entries that efilite may hand over
DRIVER_REPORT = "ff030000"  # REPORT_ALL of programs/driver.h, as it lies in memory
LOADED_INITRD = "Loaded initrd from LINUX_EFI_INITRD_MEDIA_GUID device path"
# What OVMF is known not to do; the harness is proved with it nevertheless. QEMU adds initrd= for OVMF, OVMF's map is
# too long for Linux's debugfs, and its variable store without flash gives no space back at run time. It has an alarm.
OVMF_DIFFERS = {"no-initrd-option", "no-efi-warning", "variable-space-reused", "call-get-wakeup-time", "call-set-wakeup-time"}


def judge(scenario, run, firmware, kernel_version):
    judgement = Judgement(scenario, run, firmware == "efilite", kernel_version)
    judgement.guest()
    judgement.facts()
    judgement.end()
    entries = judgement.fact.get("efi-map-entries", "?")
    return judgement.complaints, f"{judgement.passed} checks, {entries} EFI map entries, {run.shutdown}"


class Judgement:
    def __init__(self, scenario, run, efilite, kernel_version):
        self.scenario, self.run, self.efilite, self.kernel_version = scenario, run, efilite, kernel_version
        self.entered = isinstance(scenario, Entered)
        self.uses_efi = not self.entered or scenario.uses_efi
        self.complaints, self.passed, self.fact, self.arrival = [], 0, {}, {}
        for when, line in run.lines:
            match = re.search(r"FACT (\S+) ?(.*)$", line)
            if match:
                self.fact[match[1]], self.arrival[match[1]] = match[2].strip(), when

    def expect(self, condition, complaint):
        if condition:
            self.passed += 1
        else:
            self.complaints.append(complaint)

    def guest(self):
        self.checks(GUEST_CHECKS if self.uses_efi else GUEST_CHECKS_WITHOUT_EFI)
        loaded = self.run.serial.count(LOADED_INITRD)
        if not self.entered:
            self.expect(loaded == 1, "the kernel did not load its initrd by LoadFile2")
            return
        self.expect(loaded == 0, "the kernel loaded its initrd by LoadFile2")
        self.expect(f"by entry {self.scenario.entry} of " in self.run.serial, f"the entry was not {self.scenario.entry}")

    def checks(self, number):
        """The guest's own checks: all of them, and all good."""
        serial = self.run.serial
        good = set(re.findall(r"CHECK ok (\S+)", serial))
        bad = dict(re.findall(r"CHECK FAIL (\S+): (.*)", serial))
        self.passed += len(good)
        for name, why in bad.items():
            if self.efilite or name not in OVMF_DIFFERS:
                self.complaints.append(f"in the guest, {name}: {why}")
        self.expect(len(good) + len(bad) == number,
                    f"the guest made {len(good) + len(bad)} checks, not {number}")
        done = re.search(r"GUEST-DONE ok=(\d+) failed=(\d+)", serial)
        self.expect(done, "the guest's checks did not come to their end")
        if done:
            self.expect((int(done[1]), int(done[2])) == (len(good), len(bad)), "lines of the guest were lost")
        self.expect(not re.search(r"Kernel panic(?!.*sysrq triggered crash)", serial), "the kernel panicked")

    def facts(self):
        """What the guest saw, held against what the machine was given."""
        if "date" not in self.fact:
            return  # said already: the checks did not come to their end
        scenario = self.scenario
        self.equal("kernel", self.kernel_version)
        self.equal("cpus", str(scenario.cpus))
        self.equal("driver", DRIVER_REPORT if isinstance(scenario, Resident) else "")
        self.clocks("date", "rtc")
        self.memory()
        if self.entered:
            # Of a loader that Linux has no number for it keeps the type 0xF; PVH is 0xB, and 9 on Xen [arch/x86/platform/pvh/enlighten.c].
            by_pvh = self.number("loader") == 0xB0
            self.expect(by_pvh == (scenario.entry == "pvh"), f"the kernel was loaded by {self.fact.get('loader')}")
        if not self.uses_efi:
            return
        self.expect(self.number("runtime-map-entries") > 0, "the kernel has no runtime map")
        if not self.efilite:
            return
        self.efilite_facts()
        # Without ACPI the hypervisor gave no RSDP, and nothing may be made up.
        self.expect(("ACPI" in self.fact["tables"]) == (scenario.machine != "microvm-noacpi"), f"tables: {self.fact['tables']}")
        self.times()
        # Linux's stub leaves a seed exactly when the firmware offers random numbers: with RDRAND or a device, never without.
        random = scenario.cpu == "max" or isinstance(scenario, Entropy)
        if self.entered and scenario.entry != "handover":
            random = False  # there was no stub
        self.expect(("RNG=" in self.fact["tables"]) == random, f"cpu {scenario.cpu}, tables: {self.fact['tables']}")

    def times(self):
        """What systemd-analyze reads: the FPDT's record, and the boot loader interface's variables. Only where there is a PM timer does
        the firmware know without waiting how fast the processor counts."""
        if self.scenario.machine == "microvm-noacpi":
            self.expect("fpdt" not in self.fact, "there is an FPDT without ACPI")
            return
        variables = [bytes.fromhex(self.fact.get(f"LoaderTime{name}USec", ""))[4:].decode("utf-16-le").rstrip("\0")
                     for name in ("Init", "Exec")]
        if isinstance(self.scenario, Resident) or self.scenario.machine == "microvm":
            # Those of a program are not those of what it starts; and without a PM timer nobody can know any.
            self.expect("fpdt" in self.fact and variables == ["", ""], f"times that nobody can know: {variables}")
            return
        if self.fact.get("fpdt") == "unreadable" and self.scenario.machine != "q35":
            return  # /dev/mem ends where Linux's own memory ends, and the firmware's may lie behind
        record = bytes.fromhex(self.fact.get("fpdt", ""))
        self.expect(len(record) == 56 and struct.unpack_from("<4sIHBB", record) == (b"FBPT", 56, 2, 48, 2),
                    f"the FPDT leads to {record.hex()}")
        if len(record) != 56:
            return
        told = struct.unpack_from("<5Q", record, 16)
        self.expect(0 < told[0] < told[1] < told[2] < told[3] < told[4] < 600e9, f"the FPDT tells the times {told}")
        self.expect(variables == [str(told[0] // 1000), str(told[2] // 1000)], f"LoaderTime* are {variables}, the FPDT tells {told}")

    def clocks(self, *names):
        for clock in names:
            seen = self.number(clock)
            self.expect(abs(seen - self.arrival[clock]) < CLOCK_TOLERANCE,
                        f"the guest's {clock} is {seen}, the host's time was {self.arrival[clock]:.0f}")

    def memory(self, set_aside=0):
        """`set_aside` is what Linux keeps from itself."""
        given = self.scenario.memory * MIB
        usable, total = self.number("usable-bytes"), self.number("memory-kib") * 1024
        # efilite may hold 256 KiB, and page 0x9f and the old hole above it are nobody's; OVMF holds far more.
        held = 256 * KIB + 0x61000 if self.efilite else 40 * MIB
        self.expect(given - held <= usable <= given, f"{usable} bytes are usable by the map, of {given}")
        self.expect(given * 0.9 - 64 * MIB <= total + set_aside <= given, f"Linux has {total} bytes of memory, of {given}")

    def efilite_facts(self):
        self.expect("efilite" in self.fact["vendor"].lower(), f"the vendor is '{self.fact['vendor']}'")
        entries = self.number("efi-map-entries")
        # What programs/resident.c reserves is in the middle of free memory.
        limit = EFI_MAP_LIMIT + 2 * isinstance(self.scenario, Resident)
        self.expect(3 <= entries <= limit, f"{entries} entries in the EFI memory map")
        self.expect(self.number("memattr-entries") > 0, "there is no memory attributes table")
        self.expect("SMBIOS" in self.fact["tables"], f"tables: {self.fact['tables']}")

    def end(self):
        """The guest asked for the end, and it came in the way that was asked for."""
        scenario, run = self.scenario, self.run
        self.expect(not run.timed_out, f"it was given up after {run.seconds:.0f} s")
        self.expect(run.exit_code == 0, f"QEMU's exit code is {run.exit_code}")
        reason = {"poweroff": "guest-shutdown", "reboot": "guest-reset"}[scenario.end]
        self.expect(run.shutdown == reason, f"the machine ended by '{run.shutdown or 'nothing'}', not {reason}")
        if not self.efilite:
            return
        resets = re.findall(r"ResetSystem: (Efi\w+)", run.debug)
        if not self.uses_efi:
            self.expect(resets == [], f"calls of ResetSystem without EFI: {resets}")
        elif scenario.end == "reboot":
            self.expect(resets in (["EfiResetCold"], ["EfiResetWarm"]), f"calls of ResetSystem at a reboot: {resets}")
        elif scenario.machine == "microvm":
            # Hardware-reduced ACPI: Linux powers off through EFI. Elsewhere it writes to PM1 itself.
            self.expect(resets == ["EfiResetShutdown"], f"calls of ResetSystem at a power-off: {resets}")
        else:
            self.expect(resets == [], f"unexpected calls of ResetSystem: {resets}")

    def equal(self, name, wanted):
        self.expect(self.fact.get(name) == wanted, f"{name} is {self.fact.get(name)}, not {wanted}")

    def number(self, name):
        text = self.fact.get(name, "")
        return int(text) if re.fullmatch(r"\d+", text) else -1
