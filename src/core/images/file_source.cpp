// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/images/file_source.hpp"

#include "abi/uefi.hpp"

namespace efilite::core {

Status failure_of(efi::EfiStatus status) {
  for (Status s : {Status::NotFound, Status::Unsupported, Status::OutOfResources, Status::AccessDenied, Status::SecurityViolation,
                   Status::LoadError}) {
    if (status == efi::encode(s)) return s;
  }
  return Status::DeviceError;
}

Result<> FileSource::measure() {
  auto status = file_->set_position(file_, efi::kEndOfFilePosition);
  if (status == efi::encode(Status::Unsupported)) return Status::LoadError;
  if (efi::is_error(status)) return failure_of(status);
  status = file_->get_position(file_, &size_);
  return efi::is_error(status) ? Result<>(failure_of(status)) : Result<>();
}

Result<> FileSource::read(uint64_t offset, MutableByteSpan out) {
  if (efi::is_error(file_->set_position(file_, offset))) return Status::DeviceError;
  while (!out.empty()) {
    efi::Uintn count = out.size();
    if (efi::is_error(file_->read(file_, &count, out.data())) || count == 0 || count > out.size()) return Status::DeviceError;
    out = out.subspan(count);
  }
  return {};
}

}  // namespace efilite::core
