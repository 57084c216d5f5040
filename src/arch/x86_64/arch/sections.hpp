// SPDX-License-Identifier: BSD-2-Clause-Patent
// The borders that efilite.ld draws.
#pragma once

extern "C" {
extern const char image_start, image_end;      // all of efilite, page-aligned
extern const char text_end, rodata_end;        // code | constants | data
extern const char runtime_start, runtime_end;  // inside the code: what is copied to RuntimeServicesCode
extern const char stack_guard, stack_bottom, stack_top;
}
