# SPDX-License-Identifier: BSD-2-Clause-Patent
# Sourced by every script: where things are, and how to talk to the person at the console.
# Messages go to stderr, so that a script's stdout can carry its result.
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${EFILITE_CACHE:-${XDG_CACHE_HOME:-${HOME:?HOME is not set}/.cache}/efilite}
firmware=$repo/build/x86_64/efilite.elf

if [ -t 2 ]; then bold=$'\e[1m' plain=$'\e[0m'; else bold='' plain=''; fi

step() { printf '%s==>%s %s\n' "$bold" "$plain" "$*" >&2; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }
# A mistake on the command line: one line, and where help is to be had.
usage_error() { printf '%s: %s (try %s --help)\n' "${0##*/}" "$*" "$0" >&2; exit 2; }

# The leading comment of a script is its help text, so that the two cannot drift apart.
print_help() { sed -n '3,/^[^#]/{/^#/!q; s/^# \{0,1\}//; p}' "$1"; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "this needs root and there is no sudo: $*"
  fi
}
