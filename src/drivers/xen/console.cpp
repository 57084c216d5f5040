// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/xen/console.hpp"

#include "base/log.hpp"

namespace efilite::drivers::xen {

Result<> Console::start(core::PhysicalMemory& memory) {
  const SharedPage page = TRY(shared_page(xen_, memory, HVM_PARAM_CONSOLE_PFN, HVM_PARAM_CONSOLE_EVTCHN));
  port_ = page.port;
  auto& ring = *reinterpret_cast<xencons_interface*>(page.bytes);
  input_ = {ring.in, ring.in_cons, ring.in_prod};
  output_ = {ring.out, ring.out_cons, ring.out_prod};
  return {};
}

// Whatever a ring answers. One that makes no sense is not looked at again.
Result<uint32_t> Console::checked(Result<uint32_t> of_ring) {
  if (!of_ring && !broken_) {
    broken_ = true;
    log::line("efilite: Xen's console: there is more in its ring than there is room for; it is left alone");
  }
  return broken_ ? Status::DeviceError : of_ring;
}

Result<> Console::usable() {
  TRY(checked(output_.used()));
  return {};
}

Result<size_t> Console::send(ByteSpan bytes) {
  TRY(usable());
  const uint32_t sent = TRY(checked(output_.put(bytes)));
  if (sent != 0 && !channels_.notify(port_)) return Status::DeviceError;
  return size_t{sent};
}

Result<std::byte> Console::receive() {
  TRY(usable());
  std::byte byte{};
  if (TRY(checked(input_.take({&byte, 1}))) == 0) return Status::NotReady;
  if (input_.made_room(1)) (void)channels_.notify(port_);
  return byte;
}

Result<bool> Console::has_input() { return TRY(checked(input_.used())) != 0; }
Result<bool> Console::has_sent() { return TRY(checked(output_.used())) == 0; }

bool Console::lost_patience(bool first) {
  const uint64_t now = clock_.now();
  if (first) patience_ends_ = now + kPatience;
  if (now >= patience_ends_) return true;
  channels_.wait(port_, patience_ends_ - now);
  return false;
}

}  // namespace efilite::drivers::xen
