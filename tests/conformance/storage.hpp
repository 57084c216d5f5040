// SPDX-License-Identifier: BSD-2-Clause-Patent
// The disk that the runner brings (run.py): 8 MiB, a FAT volume called CONFORMANCE on all but its end.
#pragma once

#include "conformance.hpp"

namespace conformance {

inline EFI_GUID kBlockIoGuid = EFI_BLOCK_IO_PROTOCOL_GUID;
inline EFI_GUID kFileSystemGuid = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;
inline EFI_GUID kLabelGuid = EFI_FILE_SYSTEM_VOLUME_LABEL_ID;

template <typename T>
T* on(EFI_HANDLE handle, EFI_GUID& guid) {
  void* found = nullptr;
  return EFI_ERROR(bs->HandleProtocol(handle, &guid, &found)) ? nullptr : static_cast<T*>(found);
}

// nullptr when there is none.
EFI_HANDLE the_disk();

}  // namespace conformance
