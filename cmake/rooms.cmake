# SPDX-License-Identifier: BSD-2-Clause-Patent
# The rooms of src/ (see docs/architecture.md). A room's library is every .cpp in its folder but tests and fuzzers,
# so a new file needs no line here.

# rooms that compile unchanged into firmware, unit tests and fuzzers, in the order of the dependency rule
set(EFILITE_PORTABLE_ROOMS base abi runtime core formats fs drivers platform boot)

function(room_sources out room)
  file(GLOB_RECURSE found CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${room}/*.cpp")
  list(FILTER found EXCLUDE REGEX "_(test|fuzz)\\.cpp$")
  # Files that only make sense on the bare machine live in a folder named after it.
  list(FILTER found EXCLUDE REGEX "/src/[a-z]+/firmware/")
  set(${out} ${found} PARENT_SCOPE)
endfunction()
