// SPDX-License-Identifier: BSD-2-Clause-Patent
// The local APIC's timer, in xAPIC and x2APIC mode: the one interrupt source that every PVH hypervisor has.
#pragma once

#include <cstdint>

namespace efilite::arch {

bool apic_present();
void apic_enable();  // software-enable, timer masked
void apic_end_of_interrupt();
void apic_start_one_shot(uint32_t count);  // divide by 1; 0 stops
uint32_t apic_current_count();
void apic_arm_deadline(uint64_t tsc);  // needs TSC-deadline mode (CPUID 1 ECX bit 24); 0 disarms
void apic_disable_timer();

}  // namespace efilite::arch
