# SPDX-License-Identifier: BSD-2-Clause-Patent
# Sourced: the Debian packages that building, running and testing need.

tool_packages=(
  clang-19 lld-19 llvm-19                 # compiler, linker, objcopy, symbolizer
  libc++-19-dev libc++abi-19-dev          # C++ library headers, and the library for host tests
  libclang-rt-19-dev libc6-dev            # sanitizers and libFuzzer
  cmake ninja-build googletest            # build and unit tests
  libxen-dev linux-libc-dev gnu-efi       # ABI headers; gnu-efi only as a cross-check of ours
  libcli11-dev nlohmann-json3-dev libfmt-dev  # the host program
  qemu-system-x86 ovmf                    # the hypervisor, and the firmware to compare with
  busybox-static kmod xz-utils            # what the test guest's initramfs is made of
  dosfstools mtools                       # to compare our FAT engine with
  mmdebstrap fdisk e2fsprogs              # disks with an installed Debian
  xorriso                                 # CDs for tests
  python3 ca-certificates binutils cpio zstd
)

missing_tools() {
  local package
  # dpkg-query fails when one package is unknown to it, which is just what is asked here.
  local have
  have=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${tool_packages[@]}" 2>/dev/null || true)
  for package in "${tool_packages[@]}"; do
    grep -qxF "installed $package" <<<"$have" || printf '%s\n' "$package"
  done
}

install_tools() {
  command -v dpkg-query >/dev/null || die "this is made for Debian 12 or later: there is no dpkg here"
  local missing
  mapfile -t missing < <(missing_tools)
  [ ${#missing[@]} -gt 0 ] || return 0
  step "Installing ${#missing[@]} Debian packages: ${missing[*]}"
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
  as_root "${apt[@]}" update >&2
  as_root "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >&2 ||
    die "apt-get could not install the packages above; its own message says why"
}
