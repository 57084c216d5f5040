# SPDX-License-Identifier: BSD-2-Clause-Patent
"""Programs of a few hundred bytes, with symbols and without, for the tests of what reads them."""
import subprocess

SCRIPT = """SECTIONS { . = 1M; .text : { *(.text .text.*) } .rodata : { *(.rodata .rodata.*) } .data : { *(.data .data.*) }
  .bss : { *(.bss .bss.*) } /DISCARD/ : { *(.comment) *(.note.*) *(.eh_frame) } }"""


def build(directory, name, heavy, constants=16, filling=0x90):
    """A program with a function of `heavy` bytes and more, another that is always the same, and constants without a name."""
    source, script, debug = directory / f"{name}.s", directory / "script.ld", directory / f"{name}.debug"
    source.write_text(f"""
      .globl _start
      .text
      .type _start, @function
      _start: ret
      .size _start, 1
      .type _ZN5tests5heavyEi.llvm.123, @function
      _ZN5tests5heavyEi.llvm.123: .skip {heavy}, {filling}
      ret
      .size _ZN5tests5heavyEi.llvm.123, {heavy + 1}
      .type _ZN5tests5lightEv, @function
      _ZN5tests5lightEv: .skip 100, 0x90
      .size _ZN5tests5lightEv, 100
      .section .rodata
      .skip {constants}, 1
      .bss
      .skip 32
    """)
    script.write_text(SCRIPT)
    subprocess.run(["clang-19", "--target=x86_64-linux-gnu", "-c", source, "-o", source.with_suffix(".o")], check=True)
    subprocess.run(["ld.lld-19", "-T", script, source.with_suffix(".o"), "-o", debug], check=True)
    subprocess.run(["llvm-objcopy-19", "--strip-all", debug, directory / f"{name}.elf"], check=True)
    return directory / f"{name}.elf"
