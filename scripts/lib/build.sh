# SPDX-License-Identifier: BSD-2-Clause-Patent
# Sourced: configure where needed, and build.

# build_preset PRESET WHAT
build_preset() {
  local ninja=$repo/build/$1/build.ninja log
  cd "$repo"
  # Ninja itself configures again when a CMake file changed, but it does not know the presets.
  if [ ! -e "$ninja" ] || [ CMakePresets.json -nt "$ninja" ]; then
    step "Configuring $2"
    log=$(cmake --preset "$1" 2>&1) || { printf '%s\n' "$log" >&2; die "cmake could not configure $2"; }
  fi
  step "Building $2"
  cmake --build --preset "$1" >&2 || die "$2 did not build"
}

build_firmware() {
  build_preset x86_64 "the firmware"
  [ -e "$firmware" ] || die "the build made no ${firmware#"$repo"/}"
}
