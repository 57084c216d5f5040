# SPDX-License-Identifier: BSD-2-Clause-Patent
# The host program, as people use it: build/tools/efilite, which needs nothing but the C library.
include(cmake/cli.cmake)

set(CMAKE_CXX_FLAGS_RELEASE "")  # the flags below are all there is
add_compile_options(-stdlib=libc++ -O2 -D_LIBCPP_HARDENING_MODE=_LIBCPP_HARDENING_MODE_FAST -DEFILITE_HOST=1
                    -ffile-prefix-map=${PROJECT_SOURCE_DIR}=. -ffunction-sections -fdata-sections)
add_link_options(-stdlib=libc++ -static-libstdc++ -static-libgcc -fuse-ld=lld-19 -Wl,--gc-sections)
include_directories(src src/arch/host)

set(sources "")
foreach(room base abi formats fs)
  room_sources(found ${room})
  list(APPEND sources ${found})
endforeach()
cli_sources(cli)
add_executable(efilite ${sources} ${cli} ${EFILITE_CLI_MAIN} src/core/images/pe.cpp src/boot/disk_formats.cpp
               src/arch/host/check.cpp src/arch/host/copy.cpp)
target_compile_definitions(efilite PRIVATE ${EFILITE_CLI_DEFINITIONS})
