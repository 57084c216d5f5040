#pragma once
#include <string_view>
#include "arch/io.hpp"
namespace efilite::drivers { inline bool debug_port_present(){ return arch::in8(0x402)==0xe9; } inline void debug_port_write(std::string_view s){ for(char c: s) arch::out8(0x402,c);} }
