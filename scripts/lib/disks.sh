# SPDX-License-Identifier: BSD-2-Clause-Patent
# Sourced: disks with an installed Debian 12, for the tests that boot what is on the disk.
#
# One root file system, made by scripts/lib/debian-root of packages alone, and two disks around it:
#   grub.disk          shim and GRUB, as Debian's installer places them
#   systemd-boot.disk  systemd-boot with a unified kernel image and with an entry of type 1
# Both are GPT images with the ESP as partition 1 and the root as partition 2. Nothing is mounted by a loop device.

disks=$cache/payload/debian-disks
disk_root_uuid=6a2f3b1c-7d0e-4c55-9f61-0ef111e00002
disk_esp_serial=0EF11E01
disk_esp_mib=96

# What the kernels are told. An emulated TSC is the host's, but a busy host makes Linux doubt it. The tests put their host's figure in
# place of the zeros, for machines that have nothing to measure it with.
disk_cmdline="console=ttyS0 no_timer_check tsc=reliable tsc_early_khz=0000000"

# The key of everything that the disks are made by; the packages are the newest at that time, as for all payloads.
disks_key() { cat "$repo"/scripts/lib/{disks.sh,debian-root,apt-sources,pe_sections.py} "$repo/scripts/mkuki" | sha256sum | cut -c 1-16; }

disks_are_there() { [ "$(head -n 1 "$disks/package" 2>/dev/null)" = "$(disks_key)" ]; }

build_disks() {
  disks_are_there && return 0
  fetch_payload systemd-stub
  exec {lock}>"$cache/payload/.lock"
  flock -n "$lock" || { step "Waiting for another setup that fills $cache"; flock "$lock"; }
  if ! disks_are_there; then
    step "Installing Debian's bookworm into two disk images"
    # Not below $HOME: the tree has device nodes and programs of set-user-ID.
    local work
    work=$(mktemp -d "${TMPDIR:-/tmp}/efilite-disks.XXXXXX")
    trap "as_root rm -rf '$work'" EXIT
    fill_disks "$work"
    disks_key >"$work/package"
    cat "$work/parts/packages" >>"$work/package"
    rm -rf "$disks" && mkdir -p "$disks"
    cp --sparse=always "$work"/*.disk "$disks/"
    cp "$work/package" "$disks/package"  # last: its presence says that all is there
    as_root rm -rf "$work"
    trap - EXIT
  fi
  exec {lock}>&-
}

# fill_disks WORK
fill_disks() {
  local work=$1 parts=$1/parts
  "$repo/scripts/lib/apt-sources" bookworm >"$work/bookworm.sources" || die "no Debian mirror for bookworm"
  mkdir "$parts"
  as_root "$repo/scripts/lib/debian-root" "$work" "$disk_root_uuid" "$disk_esp_serial" "$disk_cmdline" "$(id -u)" >&2 ||
    die "Debian could not be installed into a folder; the message above says why"
  add_uki "$parts"
  make_disk "$work/grub.disk" "$parts/esp-grub" "$parts/root.ext4"
  make_disk "$work/systemd-boot.disk" "$parts/esp-systemd-boot" "$parts/root.ext4"
}

# The unified image lies where systemd-boot looks for one by itself.
add_uki() {
  local uki
  uki=$("$repo/scripts/mkuki" --name debian --kernel "$1/vmlinuz" --initrd "$1/initrd.img" \
    --cmdline "root=UUID=$disk_root_uuid ro quiet $disk_cmdline" --os-release "$1/os-release")
  cp "$uki" "$1/esp-systemd-boot/EFI/Linux/debian.efi"
}

# make_disk DISK ESP-FOLDER ROOT-IMAGE
make_disk() {
  local disk=$1 esp=$2 root=$3 mib=$((1 << 20)) root_mib
  root_mib=$(($(stat -c %s "$root") / mib))
  truncate -s 0 "$disk"
  truncate -s $(((1 + disk_esp_mib + root_mib + 1) * mib)) "$disk"
  PATH=$PATH:/usr/sbin:/sbin sfdisk -q --no-reread --no-tell-kernel "$disk" >&2 <<TABLE
label: gpt
label-id: 0EF111E0-0000-4000-8000-000000000000
first-lba: 2048
start=2048, size=$((disk_esp_mib * 2048)), type=U, name=esp, uuid=0EF111E0-0000-4000-8000-000000000001
size=$((root_mib * 2048)), type=4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, name=root, uuid=0EF111E0-0000-4000-8000-000000000002
TABLE
  local volume="$disk@@1M"
  mformat -i "$volume" -F -T $((disk_esp_mib * 2048)) -h 64 -s 32 -H 2048 -N "$disk_esp_serial" -v ESP ::
  mcopy -i "$volume" -s "$esp"/* ::
  dd if="$root" of="$disk" bs=1M seek=$((1 + disk_esp_mib)) conv=notrunc,sparse status=none
}
