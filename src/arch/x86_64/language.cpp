// SPDX-License-Identifier: BSD-2-Clause-Patent
// What the C++ ABI wants from a runtime library.
#include "base/check.hpp"

// Stands in an abstract class's table for as long as its constructor runs.
extern "C" [[noreturn]] void __cxa_pure_virtual() { efilite::check_failed("pure virtual call", "", 0); }
