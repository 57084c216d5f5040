// SPDX-License-Identifier: BSD-2-Clause-Patent
// EFI_SIMPLE_TEXT_INPUT_PROTOCOL [UEFI 2.10, 12.3] on a byte console: what VT100, VT220 and xterm send, made into keys.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "abi/uefi/text_input_ex.hpp"
#include "base/static_vector.hpp"
#include "core/console/utf8.hpp"
#include "core/events/events.hpp"
#include "core/ports.hpp"

namespace efilite::core {

// Sees every key when it arrives, before anybody reads it.
class KeyObserver {
 public:
  virtual void key_arrived(const efi::KeyData& key) = 0;

 protected:
  ~KeyObserver() = default;
};

// Control and a letter are the letter with Control pressed to SimpleTextInputEx, and a control character to SimpleTextInput, which knows no
// shift state [UEFI 2.10, 12.2.3 and 12.3.3]: the latter of any key.
efi::Char16 plain_character(const efi::KeyData& key);

class TextInput {
 public:
  TextInput(ConsolePort& port, EventQueue& events, Clock& clock);
  TextInput(const TextInput&) = delete;
  TextInput& operator=(const TextInput&) = delete;

  Result<> open();  // makes the WaitForKey event
  efi::SimpleTextInputProtocol* protocol() { return &edge_; }

  void reset();                          // forgets what was typed
  Result<efi::KeyData> read_key();       // NotReady: nothing typed
  bool key_waiting();
  void poll();                           // takes what the line has, as far as there is room
  void set_observer(KeyObserver* observer) { observer_ = observer; }

 private:
  struct Edge : efi::SimpleTextInputProtocol {
    TextInput* owner;
  };
  friend struct TextInputThunks;

  void feed(uint8_t byte);
  void feed_plain(uint8_t byte);
  void feed_character(char32_t character);
  bool finish_sequence();
  bool finish_control_sequence();
  unsigned parameter(size_t& at) const;
  void give_up_sequence();
  void push(uint16_t scan_code, efi::Char16 character, uint32_t shift_state = 0);

  ConsolePort& port_;
  EventQueue& events_;
  Clock& clock_;
  Edge edge_{};
  KeyObserver* observer_ = nullptr;
  StaticVector<efi::KeyData, 32> keys_;
  StaticVector<uint8_t, 12> sequence_;  // from the ESC on
  uint64_t sequence_time_ = 0;          // of its last byte
  Utf8Decoder decoder_;
  bool after_return_ = false;
};

}  // namespace efilite::core
