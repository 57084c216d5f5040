// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_SIMPLE_TEXT_INPUT_EX_PROTOCOL [UEFI 2.10, 12.2]: the keys of a TextInput with their shift state, and notifications of keys. Both
// protocols take from the same queue. While somebody waits for a key by notification the line is polled by a timer.
#pragma once

#include "core/console/text_input.hpp"

namespace efilite::core {

class TextInputEx final : public KeyObserver {
 public:
  TextInputEx(TextInput& input, EventQueue& events, Heap& heap);
  TextInputEx(const TextInputEx&) = delete;
  TextInputEx& operator=(const TextInputEx&) = delete;

  Result<> open();  // makes the WaitForKeyEx event
  efi::SimpleTextInputExProtocol* protocol() { return &edge_; }

  // Without a key (NotReady) `key` tells the toggle state all the same.
  Result<> read_key(efi::KeyData& key);
  Result<> set_state(uint8_t toggle_state);
  Result<void*> register_notify(const efi::KeyData& key, efi::KeyNotifyFunction function);
  Result<> unregister_notify(void* handle);

  void key_arrived(const efi::KeyData& key) override;

 private:
  struct Edge : efi::SimpleTextInputExProtocol {
    TextInputEx* owner;
  };
  friend struct TextInputExThunks;
  struct Registration {
    Registration* next;
    uint64_t number;  // grows; also the handle, so that a stale or wild one is never followed
    efi::KeyData key;
    efi::KeyNotifyFunction function;
  };

  Result<> start_watching();
  Registration* next_match(const efi::KeyData& key, uint64_t after);
  void notify();

  TextInput& input_;
  EventQueue& events_;
  Heap& heap_;
  Edge edge_{};
  efi::Event watcher_ = nullptr;  // a timer, and signalled when a key that somebody waits for has arrived
  Registration* registrations_ = nullptr;
  uint64_t last_number_ = 0;
  StaticVector<efi::KeyData, 32> arrived_;
  uint8_t toggle_state_ = 0;
};

}  // namespace efilite::core
