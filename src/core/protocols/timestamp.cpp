// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/protocols/timestamp.hpp"

#include "core/firmware.hpp"

namespace efilite::core {

namespace {

uint64_t EFIAPI get_timestamp() { return the_firmware->clock.counter(); }

efi::EfiStatus EFIAPI get_properties(efi::TimestampProperties* properties) {
  if (properties == nullptr) return efi::encode(Status::InvalidParameter);
  *properties = {the_firmware->clock.counter_frequency(), UINT64_MAX};
  return efi::encode(Status::Success);
}

constinit efi::TimestampProtocol the_protocol{get_timestamp, get_properties};

}  // namespace

efi::TimestampProtocol& timestamp_protocol() { return the_protocol; }

}  // namespace efilite::core
