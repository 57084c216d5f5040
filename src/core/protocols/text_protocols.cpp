// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/protocols/text_protocols.hpp"

#include "core/device_path/device_path_text.hpp"
#include "core/handles/handles.hpp"
#include "core/protocols/decompress.hpp"
#include "core/protocols/unicode_collation.hpp"

namespace efilite::core {

Result<> install_text_protocols(HandleDatabase& handles) {
  const ProtocolPair pairs[] = {
      {&efi::DevicePathToTextProtocol::kGuid, &device_path::to_text_protocol()},
      {&efi::DevicePathFromTextProtocol::kGuid, &device_path::from_text_protocol()},
      {&efi::UnicodeCollationProtocol::kGuid, &collation::protocol()},
      {&efi::UnicodeCollationProtocol::kGuid2, &collation::protocol2()},
      {&efi::DecompressProtocol::kGuid, &decompress::protocol()},
  };
  efi::Handle handle = nullptr;
  return handles.install_multiple(&handle, pairs);
}

}  // namespace efilite::core
