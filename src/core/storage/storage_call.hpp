// SPDX-License-Identifier: BSD-2-Clause-Patent
// How the storage protocols are entered, and how their tokens are answered. Every device here has done its work when it returns, so a
// token's event is signalled at once, and a request that fails is answered by the call's own status and signals nothing
// [UEFI 2.10, 13.10.3].
#pragma once

#include "abi/uefi/block.hpp"
#include "abi/uefi/file.hpp"
#include "core/events/events.hpp"

namespace efilite::core {

// Storage may be used at TPL_CALLBACK at most [UEFI 2.10, 7.1.8 table 7.3], and a device that is a program's own needs its timers
// meanwhile: so this is the level that keeps two users of one disk apart.
class StorageLock : public TplGuard {
 public:
  explicit StorageLock(EventQueue& events) : TplGuard(events, efi::kTplCallback) {}
};

// The heap behind those locks: it is shared with everybody up to TPL_NOTIFY.
class StorageHeap final : public Heap {
 public:
  constexpr StorageHeap(Heap& heap, EventQueue& events) : heap_(heap), events_(events) {}
  void* allocate(size_t size) override {
    TplGuard guard(events_, efi::kTplNotify);
    return heap_.allocate(size);
  }
  void release(void* block) override {
    TplGuard guard(events_, efi::kTplNotify);
    heap_.release(block);
  }

 private:
  Heap& heap_;
  EventQueue& events_;
};

// Runs `work` for a token whose fields are these; nullptr for a call without one. An event that is none is refused before anything is done.
using StorageWork = Result<> (*)(void* context);
efi::EfiStatus answer(EventQueue& events, efi::Event event, efi::EfiStatus* told, StorageWork work, void* context);

// work() -> Result<>
template <typename Work>
efi::EfiStatus answer(EventQueue& events, efi::BlockToken* token, Work work) {
  return answer(events, token != nullptr ? token->event : nullptr, token != nullptr ? &token->transaction_status : nullptr,
                [](void* context) -> Result<> { return (*static_cast<Work*>(context))(); }, &work);
}
// [UEFI 2.10, 13.5.7] has no call without a token.
template <typename Work>
efi::EfiStatus answer(EventQueue& events, efi::FileIoToken* token, Work work) {
  if (token == nullptr) return efi::encode(Status::InvalidParameter);
  return answer(events, token->event, &token->status, [](void* context) -> Result<> { return (*static_cast<Work*>(context))(); }, &work);
}

}  // namespace efilite::core
