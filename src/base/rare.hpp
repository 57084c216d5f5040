// SPDX-License-Identifier: BSD-2-Clause-Patent
// For what few boots need and a function that most of them run calls from one place: a function of its own is packed when the compiler has
// not made it a part of its caller (arch/x86_64/efilite.ld).
#pragma once

#define EFILITE_RARE [[gnu::noinline]]
