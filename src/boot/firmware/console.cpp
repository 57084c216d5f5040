#include "boot/firmware/console.hpp"
#include "arch/io.hpp"
namespace efilite::boot {
namespace {
struct P final : core::ConsolePort { void write(std::string_view s) override { for(char c: s){ arch::out8(0x3f8,c);} } std::optional<uint8_t> read() override { return std::nullopt; } } constinit port;
efi::EfiStatus EFIAPI out(efi::SimpleTextOutputProtocol*, efi::Char16* s){ for(;*s;s++) arch::out8(0x3f8, (uint8_t)(*s<128?*s:'?')); return {}; }
efi::EfiStatus EFIAPI attr(efi::SimpleTextOutputProtocol*, efi::Uintn){ return {}; }
efi::SimpleTextOutputMode mode{1,0,7,0,0,1};
constinit efi::SimpleTextOutputProtocol o{nullptr,out,out,nullptr,attr,attr,nullptr,nullptr,nullptr,&mode};
}
core::ConsolePort* start_serial(){ return &port; }
Result<> install_console(core::Tables& t, core::HandleDatabase& h, core::EventQueue&, core::Clock&){ efi::Handle hd=nullptr; TRY(h.install(&hd,&o)); auto* s=t.system_table(); s->console_out_handle=hd; s->con_out=&o; s->std_err=&o; s->standard_error_handle=hd; t.update_checksum(); return {}; }
}
