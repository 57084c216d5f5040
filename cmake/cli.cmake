# SPDX-License-Identifier: BSD-2-Clause-Patent
# The host program `efilite`, src/cli, and what it uses of the firmware's rooms.

set(EFILITE_CLI_MAIN src/cli/main.cpp)

function(cli_sources out)
  room_sources(found cli)
  list(REMOVE_ITEM found ${PROJECT_SOURCE_DIR}/${EFILITE_CLI_MAIN})
  set(${out} ${found} PARENT_SCOPE)
endfunction()

# Debian's libfmt is built with libstdc++, and there is libc++ here: so its headers alone.
set(EFILITE_CLI_DEFINITIONS FMT_HEADER_ONLY=1)
