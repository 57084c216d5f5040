# SPDX-License-Identifier: BSD-2-Clause-Patent
# Sourced: Debian's own kernels, systemd's stub and EFI programs, unpacked into the cache and never installed.
#
# apt does the fetching and the verifying, from a private root per suite: its own sources, lists and archives, so that
# the machine's apt is neither changed nor mixed with other suites. Mirror and key are the machine's.

payload_names=(linux-6.1 linux-6.1-cloud linux-6.12 linux-6.1-686 systemd-stub efi-shell grub ipxe memtest86+ efitools gnu-efi
               debian-installer grub-signed isolinux refind xen xen-tools grub-xen u-boot kexec-tools)

# What scripts/mkdom0 makes Xen and dom0 of.
xen_payloads=(linux-6.1 xen xen-tools)

# What runs in dom0: xl, its daemons and scripts, and the programs and libraries that these need. scripts/mkdom0 tells when one is missing.
xen_tools=(
  xen-utils-4.17 xen-utils-common xenstore-utils bash sed util-linux
  libxen{call1,devicemodel1,evtchn1,foreignmemory1,gnttab1,hypfs1,misc4.17,store4,toolcore1,toollog1}
  libc6 libgcc-s1 libtinfo6 libyajl2 liblzma5 libuuid1 libzstd1 zlib1g
  libacl1 libselinux1 libpcre2-8-0
)

# kexec, which can speak to Xen, and its libraries. scripts/lib/libraries.py tells when one is missing.
kexec_tools=(kexec-tools libc6 libxenmisc4.17
             libxen{call1,devicemodel1,evtchn1,foreignmemory1,gnttab1,toolcore1,toollog1})

# name -> "suite package path": the suite, with :i386 behind it for that architecture's packages, less security updates; the file or folder
# of the package that is wanted. A package that is only a name for the newest kernel is followed to the real one, which has no path of its
# own. Packages with commas between are unpacked into one folder.
payload_source() {
  case $1 in
    linux-6.1)       echo bookworm linux-image-amd64 ;;
    linux-6.1-cloud) echo bookworm linux-image-cloud-amd64 ;;
    linux-6.1-686)   echo bookworm:i386 linux-image-686,busybox-static ;;  # 32 bits, which a busybox must have, too
    linux-6.12)      echo bookworm-backports linux-image-amd64 ;;
    systemd-stub)    echo bookworm systemd-boot-efi usr/lib/systemd/boot/efi/linuxx64.efi.stub ;;
    efi-shell)       echo trixie efi-shell-x64 usr/share/efi-shell-x64/shellx64.efi ;;
    grub)            echo bookworm grub-efi-amd64-bin usr/lib/grub/x86_64-efi/monolithic/grubx64.efi ;;
    ipxe)            echo trixie ipxe usr/lib/ipxe/ipxe.efi ;;
    memtest86+)      echo trixie memtest86+ boot/memtest86+x64.efi ;;
    efitools)        echo bookworm efitools usr/lib/efitools/x86_64-linux-gnu ;;  # trixie's lack their text: .rodata was forgotten
    gnu-efi)         echo trixie gnu-efi usr/lib/gnuefi/apps ;;
    debian-installer) echo bookworm debian-installer-12-netboot-amd64 usr/lib/debian-installer/images/12/amd64/text/debian-installer ;;
    grub-signed)     echo bookworm grub-efi-amd64-signed usr/lib/grub/x86_64-efi-signed ;;
    isolinux)        echo bookworm isolinux usr/lib/ISOLINUX ;;
    refind)          echo bookworm refind usr/share/refind/refind ;;
    xen)             echo bookworm xen-hypervisor-4.17-amd64 boot ;;
    xen-tools)       echo bookworm "$(IFS=,; echo "${xen_tools[*]}")" usr/lib/xen-4.17 ;;
    kexec-tools)     echo bookworm "$(IFS=,; echo "${kexec_tools[*]}")" sbin/kexec ;;
    grub-xen)        echo bookworm grub-xen-host usr/lib/grub-xen ;;
    u-boot)          echo bookworm u-boot-qemu usr/lib/u-boot/qemu-x86_64/u-boot.rom ;;
    *) die "no payload is called '$1'; there are: ${payload_names[*]}" ;;
  esac
}

payload_dir() { echo "$cache/payload/$1"; }

# Sets the array `apt_options` for the private root of suite $1, and makes the root when it is not there.
private_apt() {
  local root=$cache/apt/$1 suite=${1%:*} architecture=amd64
  if [ "$suite" != "$1" ]; then architecture=${1#*:}; fi
  mkdir -p "$root"/{lists,cache/archives}/partial
  : >"$root/status"  # what is installed on this machine must not influence the choice
  "$repo/scripts/lib/apt-sources" "$suite" >"$root/$suite.sources.new" || die "no Debian mirror for $suite"
  if [ "$architecture" = amd64 ]; then
    mv "$root/$suite.sources.new" "$root/$suite.sources"
  else
    sed "s/^Architectures: .*/Architectures: $architecture/; /^$/q" "$root/$suite.sources.new" >"$root/$suite.sources"
  fi
  apt_options=(
    -o "Dir::Etc::sourcelist=$root/$suite.sources" -o Dir::Etc::sourceparts=/dev/null
    -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null
    -o "Dir::State=$root" -o "Dir::State::lists=$root/lists" -o "Dir::State::status=$root/status"
    -o "Dir::Cache=$root/cache" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
    -o Acquire::Languages=none -o "APT::Architecture=$architecture" -o "APT::Architectures=$architecture" -o Acquire::Retries=3
  )
  # The cache may lie where apt's download user cannot go, for example below /root.
  if [ "$(id -u)" = 0 ]; then apt_options+=(-o APT::Sandbox::User=root); fi
  if ! [ -t 2 ]; then apt_options+=(-q); fi
}

# linux-image-amd64 is a name for the newest kernel: follow its dependency to the package that holds the files.
real_package() {
  local dependency
  case $1 in linux-image-*) ;; *) echo "$1"; return ;; esac
  dependency=$(apt-cache "${apt_options[@]}" depends --important "$1" |
    sed -n 's/^ *|\{0,1\}Depends: \(linux-image-[0-9][^ ]*\)$/\1/p' | head -n 1)
  echo "${dependency:-$1}"
}

fetch_payload() {
  local name=$1 dir suite packages path apt_options work
  dir=$(payload_dir "$name")
  [ -e "$dir/package" ] && return 0
  read -r suite packages path < <(payload_source "$name")
  mkdir -p "$cache/payload"
  exec {lock}>"$cache/payload/.lock"
  flock -n "$lock" || { step "Waiting for another setup that fills $cache"; flock "$lock"; }
  if [ -e "$dir/package" ]; then exec {lock}>&-; return 0; fi

  private_apt "$suite"
  step "Fetching $name: ${packages//,/, } of Debian's $suite"
  apt-get "${apt_options[@]}" update >&2
  work=$cache/payload/.$name.new
  rm -rf "$work" && mkdir -p "$work/root" "$cache/payload/.debs"
  local package named=()
  for package in ${packages//,/ }; do named+=("$(real_package "$package")"); done
  # A download that was cut off stays in .debs and is never taken for a whole one: apt checks its hash first.
  (cd "$cache/payload/.debs" && apt-get "${apt_options[@]}" download "${named[@]}" >&2) || die "could not fetch ${named[*]}"
  for package in "${named[@]}"; do unpack "$package" "$work"; done
  if [ -n "$path" ]; then ln -s "root/$path" "$work/${path##*/}"; else settle_kernel "$work"; fi
  mv "$work/unpacked" "$work/package"  # last: its presence says that the payload is complete
  rm -rf "$dir" && mv "$work" "$dir"
  exec {lock}>&-
}

# unpack PACKAGE WORK: into WORK/root, and its name and version into WORK/unpacked.
unpack() {
  local deb
  deb=$(ls -t "$cache/payload/.debs/$1"_*.deb | head -n 1)
  step "Unpacking ${deb##*/}"
  dpkg -x "$deb" "$2/root"
  basename "$deb" .deb >>"$2/unpacked"
  rm -f "$deb"
}

# Gives a kernel a name that does not depend on the version, and its modules where depmod wants them.
settle_kernel() {
  local kernel version
  kernel=$(compgen -G "$1/root/boot/vmlinuz-*") || die "there is no kernel in ${1##*/}"
  version=${kernel##*/vmlinuz-}
  ln -s "root/boot/${kernel##*/}" "$1/vmlinuz"
  echo "$version" >"$1/version"
  # Debian 13 packages put modules below /usr/lib; depmod wants them below /lib.
  if ! [ -d "$1/root/lib/modules" ]; then mkdir -p "$1/root/lib"; ln -s ../usr/lib/modules "$1/root/lib/modules"; fi
  PATH=$PATH:/usr/sbin:/sbin depmod -b "$1/root" "$version"
}
