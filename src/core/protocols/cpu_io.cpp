// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/protocols/cpu_io.hpp"

namespace efilite::core {

using efi::CpuIoWidth;
using efi::EfiStatus;

template <RegisterSpace kSpace, Direction kDirection>
EfiStatus EFIAPI CpuIo::thunk(Self* self, CpuIoWidth width, uint64_t address, efi::Uintn count, void* buffer) {
  return efi::encode(access(self, kSpace, kDirection, width, address, count, buffer));
}

CpuIo::CpuIo(Registers& registers, const PageProtection& pages)
    : interface_{{{thunk<RegisterSpace::Memory, Direction::Read>, thunk<RegisterSpace::Memory, Direction::Write>},
                  {thunk<RegisterSpace::Io, Direction::Read>, thunk<RegisterSpace::Io, Direction::Write>}},
                 this},
      registers_(registers), pages_(pages) {}

Result<> CpuIo::access(Self* self, RegisterSpace space, Direction direction, CpuIoWidth width, uint64_t address, uint64_t count,
                       void* buffer) {
  if (self == nullptr || buffer == nullptr) return Status::InvalidParameter;
  const RegisterTransfer transfer = TRY(RegisterTransfer::of(width, count));
  CpuIo& owner = *reinterpret_cast<Interface*>(self)->owner;
  TRY(check_addresses(owner.pages_, space, direction, address, transfer));
  // The text has this status for the buffer; the address is what a device cares about.
  if (!transfer.aligned(reinterpret_cast<uint64_t>(buffer))) return Status::Unsupported;
  transfer.run(owner.registers_, space, direction, address, buffer);
  return {};
}

}  // namespace efilite::core
