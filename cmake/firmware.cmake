# SPDX-License-Identifier: BSD-2-Clause-Patent
# The firmware build: every portable room plus src/arch/x86_64 and src/boot/firmware, linked by src/arch/x86_64/efilite.ld
# into one static ELF without any library.
# Without SSE a service of the Microsoft convention need not save ten vector registers that it never touches.
add_compile_options(
  --target=x86_64-linux-gnu $<$<COMPILE_LANGUAGE:CXX>:-stdlib=libc++> -ffreestanding -fno-exceptions -fno-rtti -fno-threadsafe-statics
  -mno-red-zone -mno-sse -fPIE -mcmodel=small -fno-stack-protector -fno-asynchronous-unwind-tables -fno-unwind-tables
  -ffunction-sections -fdata-sections -fvisibility=hidden -Oz -g
  -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.
  $<$<COMPILE_LANGUAGE:CXX>:-D_LIBCPP_HARDENING_MODE=_LIBCPP_HARDENING_MODE_FAST>)
option(EFILITE_POISON "Fill freed memory, and fresh memory of the pool, with patterns (src/base/poison.hpp)" OFF)
if(EFILITE_POISON)
  add_compile_definitions(EFILITE_POISON=1)
endif()
set(CMAKE_CXX_FLAGS_MINSIZEREL "")  # the flags above are all there is
set(CMAKE_ASM_FLAGS_MINSIZEREL "")
include_directories(src src/arch/x86_64 include)

# runtime comes first: where an inline function was emitted by several objects the linker keeps the first copy, and the
# runtime region must not call out of itself (arch/x86_64/efilite.ld, cmake/check_elf.py).
room_sources(runtime_sources runtime)
set(sources ${runtime_sources} src/arch/x86_64/memory.cpp)
foreach(room ${EFILITE_PORTABLE_ROOMS})
  room_sources(found ${room})
  list(APPEND sources ${found})
endforeach()
file(GLOB bare CONFIGURE_DEPENDS src/arch/x86_64/*.cpp src/arch/x86_64/*.S src/boot/firmware/*.cpp)
list(FILTER bare EXCLUDE REGEX "_(test|fuzz)\\.cpp$")
list(APPEND sources ${bare})
list(REMOVE_DUPLICATES sources)

# Link-time optimization takes a fifteenth off the size. Not of the runtime region, whose code the linker script picks by file. Hosted means
# here that the compiler may know what strlen and its kin do, which memory.cpp has: the length of a literal is no call then.
set(by_themselves ${sources})
list(FILTER by_themselves INCLUDE REGEX "src/runtime/|arch/x86_64/memory\\.cpp$")
set_source_files_properties(${by_themselves} PROPERTIES COMPILE_OPTIONS "-fno-lto;-ffreestanding" SKIP_PRECOMPILE_HEADERS ON)
# A page fault waits for it.
set_source_files_properties(src/core/protocols/decompress.cpp PROPERTIES COMPILE_OPTIONS -O2 SKIP_PRECOMPILE_HEADERS ON)

# What -Oz leaves to be had, and what each is good for in bytes. Sequences that are there twice are not made functions of (the outliner):
# packed they cost little, and hot code is faster without.
set(smaller
  -disable-machine-licm -disable-lsr  # 3500: loops that keep what they need in registers, where each value costs a prefix or a spill
  -inline-threshold=0                 # 1100
  -min-jump-table-entries=8           # 1100: a table has eight bytes for each case
  -sink-insts-to-avoid-spills)        # 600
list(TRANSFORM smaller PREPEND "-Wl,-mllvm,")

# Which functions are hot and which are warm: lists of names, of which the linker wants patterns.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(order ${PROJECT_SOURCE_DIR}/src/arch/x86_64/order)
set(patterns "")
function(order_patterns list kind out)
  add_custom_command(
    OUTPUT ${out}
    COMMAND Python3::Interpreter -B ${PROJECT_SOURCE_DIR}/cmake/order.py ${kind} ${list} ${out}
    DEPENDS ${ARGN} ${PROJECT_SOURCE_DIR}/cmake/order.py VERBATIM)
  set(patterns ${patterns} ${PROJECT_BINARY_DIR}/${out} PARENT_SCOPE)
endfunction()
order_patterns(base text base.ld)
order_patterns(${order}/hot.txt text hot.ld ${order}/hot.txt)
order_patterns(${order}/warm.txt text warm.ld ${order}/warm.txt)
order_patterns(${order}/warm.txt rodata warm.rodata.ld ${order}/warm.txt)
order_patterns(${order}/warm_constants.txt rodata warm.constants.ld ${order}/warm_constants.txt)
order_patterns(${order}/cold_constants.txt rodata cold.constants.ld ${order}/cold_constants.txt)
add_custom_target(order DEPENDS ${patterns})

# Packs what is not hot. A program of this machine, and so without the flags above.
add_custom_command(
  OUTPUT pack
  COMMAND ${CMAKE_CXX_COMPILER} -std=c++23 -stdlib=libc++ -O2 -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Werror
          -fuse-ld=lld-19 -I${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/cmake/pack.cpp -o pack
  DEPENDS ${PROJECT_SOURCE_DIR}/cmake/pack.cpp ${PROJECT_SOURCE_DIR}/src/core/protocols/compress.hpp VERBATIM)
add_custom_target(packer DEPENDS ${PROJECT_BINARY_DIR}/pack)

set(script ${PROJECT_SOURCE_DIR}/src/arch/x86_64/efilite.ld)
add_executable(efilite.elf ${sources})
target_compile_options(efilite.elf PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-flto> $<$<COMPILE_LANGUAGE:CXX>:-fhosted>)
target_precompile_headers(efilite.elf PRIVATE ${EFILITE_COMMON_HEADERS})
add_dependencies(efilite.elf order packer)
set(after_linking ${PROJECT_BINARY_DIR}/pack)
foreach(script_name pack_elf check_elf compressed calls)
  list(APPEND after_linking ${PROJECT_SOURCE_DIR}/cmake/${script_name}.py)
endforeach()
set_target_properties(efilite.elf PROPERTIES LINK_DEPENDS "${script};${patterns};${after_linking}")
target_link_options(efilite.elf PRIVATE
  --target=x86_64-linux-gnu -fuse-ld=lld-19 -nostdlib -static -Wl,-T,${script} -Wl,-L,${PROJECT_BINARY_DIR}
  -Wl,--gc-sections -Wl,--build-id=none
  -Wl,-O2 ${smaller} -Wl,-z,max-page-size=4096 -Wl,-z,norelro -Wl,-z,noexecstack -Wl,--orphan-handling=error
  -Wl,-Map,${PROJECT_BINARY_DIR}/efilite.map)

# efilite.elf is what ships; efilite.debug, as the linker made it and so with nothing packed, has the symbols for a debugger and for the
# size report.
add_custom_command(TARGET efilite.elf POST_BUILD
  COMMAND ${CMAKE_COMMAND} -E rename $<TARGET_FILE:efilite.elf> ${PROJECT_BINARY_DIR}/efilite.debug
  COMMAND Python3::Interpreter -B ${PROJECT_SOURCE_DIR}/cmake/pack_elf.py ${PROJECT_BINARY_DIR}/pack
          ${PROJECT_BINARY_DIR}/efilite.debug $<TARGET_FILE:efilite.elf>
  COMMAND Python3::Interpreter -B ${PROJECT_SOURCE_DIR}/cmake/check_elf.py $<TARGET_FILE:efilite.elf> ${PROJECT_BINARY_DIR}/efilite.debug
  COMMENT "Pack efilite.elf and check what every PVH loader asks of it")
