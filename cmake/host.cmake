# SPDX-License-Identifier: BSD-2-Clause-Patent
# The host build: every portable room under ASan and UBSan, one gtest program a room, one libFuzzer program a foo_fuzz.cpp.
enable_testing()
find_package(Python3 REQUIRED COMPONENTS Interpreter)

# Most of the time that a test takes to compile would go into optimizing it: only what is tested is worth that, and what fuzzes it.
# Backtraces want names and lines, which are a fraction of what a debugger could use (-g, for whoever wants that).
set(quickly_compiled -O0)
add_compile_options(-stdlib=libc++ -gline-tables-only -O1 -fno-omit-frame-pointer
                    -fsanitize=address,undefined -fno-sanitize-recover=undefined
                    -D_LIBCPP_HARDENING_MODE=_LIBCPP_HARDENING_MODE_EXTENSIVE -DEFILITE_HOST=1 -DEFILITE_POISON=1)
add_link_options(-stdlib=libc++ -fuse-ld=lld-19 -fsanitize=address,undefined)
include_directories(src src/arch/host include .)

# GoogleTest built from Debian's source with our compiler and libc++.
set(BUILD_GMOCK ON)
set(INSTALL_GTEST OFF)
add_subdirectory(/usr/src/googletest googletest EXCLUDE_FROM_ALL SYSTEM)
foreach(t gtest gtest_main gmock gmock_main)
  target_compile_options(${t} PRIVATE -w ${quickly_compiled})
endforeach()

set(sources "")
foreach(room ${EFILITE_PORTABLE_ROOMS})
  room_sources(found ${room})
  list(APPEND sources ${found})
endforeach()
file(GLOB support CONFIGURE_DEPENDS tests/support/*.cpp)
# With the fuzzers' coverage counters for the unit tests too: they cost little, compiling everything twice would cost minutes.
add_library(efilite_host STATIC ${sources} ${support} src/arch/host/check.cpp src/arch/host/copy.cpp
            src/arch/x86_64/calls.cpp src/arch/x86_64/page_tree.cpp)
target_compile_options(efilite_host PRIVATE -fsanitize=fuzzer-no-link)
target_precompile_headers(efilite_host PRIVATE ${EFILITE_COMMON_HEADERS})

# The host program, tested with what finds faults in it; people get the one of cmake/tools.cmake.
include(cmake/cli.cmake)
cli_sources(cli)
add_library(efilite_cli STATIC ${cli})
target_compile_definitions(efilite_cli PRIVATE ${EFILITE_CLI_DEFINITIONS})
target_compile_options(efilite_cli PRIVATE -fsanitize=fuzzer-no-link ${quickly_compiled})
target_link_libraries(efilite_cli PUBLIC efilite_host)
target_precompile_headers(efilite_cli PRIVATE <fmt/format.h> <nlohmann/json.hpp>)
add_executable(efilite ${EFILITE_CLI_MAIN})
target_link_libraries(efilite PRIVATE efilite_cli)

# The heavy headers of the tests, parsed once.
add_library(test_headers STATIC src/arch/host/check.cpp)
target_link_libraries(test_headers PUBLIC gmock gtest)
target_compile_options(test_headers PRIVATE -Wno-conversion ${quickly_compiled})
set(headers_of_tests <gmock/gmock.h> <gtest/gtest.h> <array> <map> <memory> <optional> <span> <string> <vector>)
target_precompile_headers(test_headers PRIVATE ${headers_of_tests})

# arch has tests for what of it is no matter of the CPU alone.
foreach(room ${EFILITE_PORTABLE_ROOMS} arch cli)
  set(library efilite_host)
  if(room STREQUAL "cli")
    set(library efilite_cli)
  endif()
  file(GLOB_RECURSE tests CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${room}/*_test.cpp")
  if(tests)
    add_executable(${room}_test ${tests})
    target_link_libraries(${room}_test PRIVATE ${library} gmock gtest gtest_main)
    target_compile_options(${room}_test PRIVATE -Wno-conversion)
    if(room STREQUAL "fs")  # whose tests move so much data byte by byte that they are slower then by more than compiling is faster
      target_precompile_headers(${room}_test PRIVATE ${headers_of_tests})
    else()
      target_compile_options(${room}_test PRIVATE ${quickly_compiled})
      target_precompile_headers(${room}_test REUSE_FROM test_headers)
    endif()
    add_test(NAME unit.${room} COMMAND ${room}_test)
    set_tests_properties(unit.${room} PROPERTIES LABELS unit TIMEOUT 120)
  endif()
  file(GLOB_RECURSE fuzzers CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${room}/*_fuzz.cpp")
  foreach(fuzzer ${fuzzers})
    get_filename_component(name ${fuzzer} NAME_WE)
    add_executable(${name} ${fuzzer})
    target_link_libraries(${name} PRIVATE ${library})
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer-no-link -Wno-conversion)
    # Debian's libFuzzer is built with libstdc++; clang would turn -lstdc++ into -lc++. The two get along: their names differ.
    target_link_options(${name} PRIVATE -fsanitize=fuzzer -l:libstdc++.so.6)
    # Four seconds each from the corpus in the tree, and eight those of sequences of service calls, which make forty. What they find anew
    # stays in the build.
    string(REGEX REPLACE "_fuzz$" "" subject ${name})
    set(seconds 4)
    if(subject MATCHES "^(handles|handles_drivers|events|memory_map|pool)$")
      set(seconds 8)
    endif()
    set(corpus ${PROJECT_SOURCE_DIR}/tests/corpus/${subject})
    file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/corpus/${subject})
    add_test(NAME fuzz.${subject}
             COMMAND ${name} -seed=1 -max_total_time=${seconds} -max_len=65536 -timeout=10 -rss_limit_mb=1024
                     -artifact_prefix=${PROJECT_BINARY_DIR}/corpus/
                     ${PROJECT_BINARY_DIR}/corpus/${subject} ${corpus})
    set_tests_properties(fuzz.${subject} PROPERTIES LABELS fuzz TIMEOUT 120)
  endforeach()
endforeach()

# The packer that this one has in it is at work for a while.
set_source_files_properties(src/core/protocols/decompress_test.cpp PROPERTIES SKIP_PRECOMPILE_HEADERS ON COMPILE_OPTIONS -O1)

# gnu-efi's headers want C's loose ways, and would put their macros into every test through the shared headers.
set_source_files_properties(src/abi/gnu_efi_test.cpp PROPERTIES SKIP_PRECOMPILE_HEADERS ON
                            COMPILE_OPTIONS "-isystem;/usr/include/efi;-isystem;/usr/include/efi/x86_64;-Wno-unknown-attributes")

add_test(NAME rooms.includes COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/cmake/check_rooms.py ${PROJECT_SOURCE_DIR}/src)
add_test(NAME header.pvh_guest COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/cmake/check_header.py ${CMAKE_CXX_COMPILER}
         ${PROJECT_SOURCE_DIR}/include/efilite/pvh_guest.h)
add_test(NAME columns COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/cmake/check_columns.py ${PROJECT_SOURCE_DIR})
set_tests_properties(rooms.includes header.pvh_guest columns PROPERTIES LABELS unit)

foreach(extra tests/bench tests/budgets tests/reproducible tests/cli tests/fat
              tests/partitions tests/integration tests/conformance tests/xen)
  if(EXISTS ${PROJECT_SOURCE_DIR}/${extra}/CMakeLists.txt)
    add_subdirectory(${extra})
  endif()
endforeach()
