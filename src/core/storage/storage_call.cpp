// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/storage/storage_call.hpp"

namespace efilite::core {

efi::EfiStatus answer(EventQueue& events, efi::Event event, efi::EfiStatus* told, StorageWork work, void* context) {
  if (event != nullptr && !events.is_valid(event)) return efi::encode(Status::InvalidParameter);
  efi::EfiStatus status;
  {
    StorageLock lock(events);
    status = efi::encode(work(context));
  }
  if (told != nullptr) *told = status;
  if (event != nullptr && !efi::is_error(status)) (void)events.signal(event);
  return status;
}

}  // namespace efilite::core
