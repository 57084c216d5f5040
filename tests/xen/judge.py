# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Judges a finished guest: what it said of itself, what xl says of its end, and what is left of it in dom0."""
import re

import rig  # noqa: F401  first: it says where the others are
import disk
import kexec
import program
import pvh_kernel
import pvhinfo
from cached import payload_dir
from guests import Conformance, Debian, Entered, Grub, Kexec, Linux, Panic, Probe, PvhInfo, PvhKernel, Shell, conformance
from shell import GREETING
from virtio_console import SAID_BY_EFILITE
from verdict import GUEST_CHECKS, GUEST_CHECKS_WITHOUT_EFI, KIB, LOADED_INITRD, MIB, Judgement

XEN_CHECKS = GUEST_CHECKS + 7
ENTERED_CHECKS = GUEST_CHECKS_WITHOUT_EFI + 7
END = {"poweroff": "guest-shutdown", "reboot": "guest-reset"}
# Event channels to dom0 and grants of its own that a guest has without any device: the store's and the console's.
OWN_CHANNELS, OWN_GRANTS = 2, {0, 1}
SHIM_FROM = r"^efilite: xen-shim from {}$"


class XenJudgement(Judgement):
    def initrd(self):
        # systemd-boot hands a kernel its initrd by LoadFile2, and names it on the command line as well.
        if self.scenario.form == "esp":
            self.complaints = [complaint for complaint in self.complaints if "no-initrd-option" not in complaint]
        loaded = self.run.serial.count(LOADED_INITRD)
        if self.scenario.form == "zero-page":
            self.expect(loaded == 0 and "by entry linux of " in self.run.serial, "the kernel was not entered by boot_params")
        else:
            self.expect(loaded == 1, "the kernel did not load its initrd by LoadFile2")

    def facts(self):
        if "date" not in self.fact:
            return
        self.equal("kernel", self.kernel_version)
        self.equal("cpus", str(self.scenario.cpus))
        self.clocks("date")
        self.memory()
        self.efilite_facts()
        self.expect("ACPI" in self.fact["tables"], f"tables: {self.fact['tables']}")

    def memory(self, set_aside=0):
        # All that the guest may have is in the map; what Xen gives it now is what Linux finds.
        given, most = self.scenario.memory * MIB, (self.scenario.maxmem or self.scenario.memory) * MIB
        usable, total = self.number("usable-bytes"), self.number("memory-kib") * 1024
        self.expect(most - 256 * KIB - 0x60000 <= usable <= most, f"{usable} bytes are usable by the map, of {most}")
        self.expect(given * 0.9 - 64 * MIB <= total + set_aside <= given, f"Linux has {total} bytes of memory, of {given}")

    def end(self):
        run, end = self.run, self.scenario.end
        self.expect(not run.timed_out, f"it was given up after {run.seconds:.0f} s")
        self.expect(run.shutdown == END[end], f"xl says '{run.shutdown or 'nothing'}' of its end, not {END[end]}")
        resets = re.findall(r"ResetSystem: (Efi\w+)", run.debug)
        # On Xen, Linux reboots by a hypercall of its own.
        wanted = {"poweroff": ["EfiResetShutdown"], "reboot": []}[end]
        self.expect(resets == wanted, f"calls of ResetSystem: {resets}, not {wanted}")


def linux(guest, run):
    version = (payload_dir(f"linux-{guest.kernel}") / "version").read_text().strip()
    judgement = XenJudgement(guest, run, True, version)
    judgement.checks(XEN_CHECKS)
    judgement.initrd()
    judgement.facts()
    judgement.end()
    devices = list(devices_in_use(run))
    return judgement.complaints + devices, f"{judgement.passed} checks, {judgement.fact.get('efi-map-entries', '?')} EFI map entries"


class EnteredJudgement(XenJudgement):
    def initrd(self):
        serial = self.run.serial
        self.expect(f"by entry {self.scenario.entry.partition('-')[0]} of " in serial, f"the entry was not {self.scenario.entry}")
        by_shim = re.search(SHIM_FROM.format("a disk"), serial, re.M) is not None
        self.expect(by_shim == (self.scenario.entry != "pvh"), "xen-shim " + ("was" if by_shim else "was not") + " taken from the disk")

    def facts(self):
        if "date" not in self.fact:
            return
        self.equal("kernel", self.kernel_version)
        self.equal("cpus", str(self.scenario.cpus))
        self.clocks("date")
        if self.scenario.entry == "pvh":
            self.memory()
        else:
            # The shim keeps some for itself.
            total = self.number("memory-kib") * KIB
            self.expect(total >= self.scenario.memory * MIB * 0.8, f"Linux has {total} bytes of memory")

    def end(self):
        run = self.run
        self.expect(not run.timed_out, f"it was given up after {run.seconds:.0f} s")
        self.expect(run.shutdown == END[self.scenario.end], f"xl says '{run.shutdown or 'nothing'}' of its end")
        self.expect("ResetSystem" not in run.debug, "ResetSystem was called")


# xen-shim writes to its guest's console, and into the midst of a line of its.
BY_SHIM = re.compile(r"\(XEN\) ?|d\d+v\d+ failed to allocate \d+ extents of order \d+ for onlining")


def entered(guest, run):
    run.lines = [(when, BY_SHIM.sub("", line)) for when, line in run.lines]
    version = (payload_dir(f"linux-{guest.kernel}") / "version").read_text().strip()
    judgement = EnteredJudgement(guest, run, True, version)
    judgement.checks(ENTERED_CHECKS)
    judgement.initrd()
    judgement.facts()
    judgement.end()
    return judgement.complaints + list(devices_in_use(run)), f"{judgement.passed} checks"


def pvh_kernel_guest(guest, run):
    complaints = pvh_kernel.judge(run.debug, guest.memory * MIB, pvh_kernel.LINE, [(pvh_kernel.INITRD, "")], True, 0)
    return list(complaints) + ending(run, "guest-shutdown"), f"{len(re.findall('CHECK ok', run.debug))} checks"


def grub(_guest, run):
    conversation = run.talker.func
    return conversation.complaints() + ending(run, "guest-shutdown"), f"{len(conversation.turns)} turns"


def devices_in_use(run):
    """What the firmware has not given back when Linux runs and has touched no device yet."""
    if run.state is None:
        yield "it did not come to where its devices are looked at"
        return
    state = dict(re.findall(r'^(\S+) = "(.*)"$', run.state["store"], re.M))
    disks = [path for path in state if re.search(r"/device/vbd/\d+/state$", path)]
    if len(disks) != 1:
        yield f"the store has {len(disks)} disks of the guest"
    for path in disks:
        front = path.removesuffix("/state")
        back = state.get(f"{front}/backend")
        # [Xen public/io/xenbus.h] 1: Initialising, 2: InitWait
        for name, place, wanted in [("front", front, "1"), ("back", back, "2")]:
            if state.get(f"{place}/state") != wanted:
                yield f"the {name} end of the disk is in state {state.get(f'{place}/state')}, not {wanted}"
        for key in state:
            if re.match(re.escape(front) + r"/(ring-ref|ring-page-order|event-channel|protocol)", key):
                yield f"the store still has {key}"
    channels = re.findall(r"Interdomain \(Connected\) - Remote Domain 0,", run.state["channels"])
    if len(channels) != OWN_CHANNELS:
        yield f"{len(channels)} event channels go to dom0, not {OWN_CHANNELS}: {run.state['channels']}"
    grants = {int(number, 16) for number in re.findall(r"^\(XEN\) +\[0x([0-9a-f]+)\]", run.state["grants"], re.M)}
    if grants - OWN_GRANTS:
        yield f"dom0 still maps grants {sorted(grants - OWN_GRANTS)}"


class XenSuccession(kexec.Succession, XenJudgement):
    CLOCKS = ["date"]


def succession(guest, run):
    return kexec.judge(guest, run, XenSuccession)


def panic(guest, run):
    complaints = ending(run, "guest-panic")
    if guest.shim:
        entry = [r"by entry pv of .*, pv$", SHIM_FROM.format("a PVH module"), r"Command line: console=hvc0 panic=-1$",
                 r"Hypervisor detected: Xen PV$"]
    else:
        entry = [r"Command line: console=hvc0 panic=-1 efi=debug$", r"efi: EFI v2\.\d+ by efilite"]
    for pattern in [*entry, r"Booting .*kernel on Xen", r"Kernel panic - not syncing: VFS: Unable to mount root fs"]:
        if not re.search(pattern, run.serial, re.M):
            complaints.append(f"nothing on its console matches /{pattern}/")
    return complaints, run.shutdown


def probe(guest, run):
    if guest.end == "moved":
        # Without boot services there is no console: it writes to Xen's port.
        run.lines += [(0.0, line) for line in run.debug.splitlines()]
    return program.judge(guest, run, True)


def checks(_guest, run):
    tap = conformance.read(run.serial)
    known = {name for firmware, name in conformance.KNOWN if firmware == "efilite"}
    summary = f"{len(tap.passed)} passed, {len(tap.skipped)} skipped, {len(tap.failed)} failed"
    return conformance.judge(tap, run, "efilite", known, True), summary


def shell(_guest, run):
    conversation = run.talker.func
    return conversation.complaints([SAID_BY_EFILITE, *GREETING]) + ending(run, "guest-shutdown"), f"{len(conversation.turns)} turns"


def pvh_info(guest, run):
    told = pvhinfo.Told(run.serial)
    modules = [(program.build("pvhinfo").stat().st_size, ("run", "freed"), f'"{guest.cmdline}"'), (len(guest.text), ("kept",), "none")]
    complaints = pvhinfo.compare(told, f'"{guest.cmdline}"', r"XenVMMXenVMM, leaves 0x40000000 to 0x4000000\d, version 4\.17",
                                 guest.memory * MIB, modules)
    return complaints + ending(run, "guest-shutdown"), f"{len(told.modules)} modules, {len(told.memory)} ranges of memory"


def debian(_guest, run):
    conversation = run.talker.func
    return conversation.complaints() + list(disk.examine(run.disk)) + ending(run, "guest-shutdown"), f"{len(conversation.turns)} turns"


def ending(run, wanted):
    complaints = [f"it was given up after {run.seconds:.0f} s"] if run.timed_out else []
    return complaints + ([f"xl says '{run.shutdown or 'nothing'}' of its end, not {wanted}"] if run.shutdown != wanted else [])


JUDGES = {Linux: linux, Entered: entered, Kexec: succession, Panic: panic, PvhKernel: pvh_kernel_guest, Grub: grub, Probe: probe,
          Shell: shell, Conformance: checks, PvhInfo: pvh_info, Debian: debian}


def judge(guest, run):
    complaints, summary = JUDGES[type(guest)](guest, run)
    return complaints + [f"left behind in dom0: {line}" for line in run.left], summary
