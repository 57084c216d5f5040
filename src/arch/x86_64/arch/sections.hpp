// SPDX-License-Identifier: BSD-2-Clause-Patent
// The borders that efilite.ld draws.
#pragma once

extern "C" {
extern const char image_start, image_end;      // all of efilite, page-aligned
extern const char text_end, rodata_end;        // code | packed code | constants | data
extern const char hot_start;                            // what packed code may repeat
extern const char warm_start, warm_code_end, warm_end, cold_start, cold_code_end, cold_end;  // page-aligned, from text_end to the constants
extern const char packed_start, packed_end;    // behind the data: the room of the streams that warm and cold are unpacked from
extern const char runtime_start, runtime_end;  // inside the code: what is copied to RuntimeServicesCode
extern const char stack_guard, stack_bottom, stack_top;
}
