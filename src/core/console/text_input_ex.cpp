// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/console/text_input_ex.hpp"

#include <new>

namespace efilite::core {

namespace {

constexpr uint64_t kPollPeriod = 500'000;  // in 100 ns: 50 ms, faster than a person can be impatient
constexpr uint32_t kControl = efi::kLeftControlPressed | efi::kRightControlPressed;
constexpr uint32_t kShift = efi::kLeftShiftPressed | efi::kRightShiftPressed;
constexpr uint8_t kLights = efi::kScrollLockActive | efi::kNumLockActive | efi::kCapsLockActive;
constexpr uint32_t kAlt = efi::kLeftAltPressed | efi::kRightAltPressed;

// A terminal does not tell left from right, so either will do; and what it does not tell at all is taken for not pressed.
uint32_t pressed(uint32_t state) {
  uint32_t out = state & ~(efi::kShiftStateValid | kControl | kShift | kAlt);
  for (uint32_t both : {kControl, kShift, kAlt})
    if (state & both) out |= both;
  return out;
}

// A state that is 0 in the registration is not asked for.
bool matches(const efi::KeyData& wanted, const efi::KeyData& key) {
  const efi::KeyState& state = wanted.key_state;
  return wanted.key.scan_code == key.key.scan_code && plain_character(wanted) == plain_character(key) &&
         (state.key_shift_state == 0 || pressed(state.key_shift_state) == pressed(key.key_state.key_shift_state)) &&
         (state.key_toggle_state == 0 || ((state.key_toggle_state ^ key.key_state.key_toggle_state) & kLights) == 0);
}

}  // namespace

Result<> TextInputEx::read_key(efi::KeyData& key) {
  auto read = input_.read_key();
  key = read ? *read : efi::KeyData{};
  key.key_state.key_toggle_state = toggle_state_;
  return read.status() == Status::Success ? Result<>() : Result<>(read.status());
}

// The lights of a terminal's keyboard are its own. What the program sets is kept and told again, and changes no key.
Result<> TextInputEx::set_state(uint8_t toggle_state) {
  constexpr uint8_t kKnown = efi::kToggleStateValid | efi::kKeyStateExposed | kLights;
  if (!(toggle_state & efi::kToggleStateValid) || (toggle_state & ~kKnown)) return Status::Unsupported;
  toggle_state_ = toggle_state;
  return {};
}

Result<> TextInputEx::start_watching() {
  if (watcher_ == nullptr) {
    const auto watch = [](efi::Event, void* context) EFIAPI { static_cast<TextInputEx*>(context)->notify(); };
    watcher_ = TRY(events_.create(efi::kEvtTimer | efi::kEvtNotifySignal, efi::kTplCallback, watch, this));
  }
  TRY(events_.set_timer(watcher_, efi::TimerDelay::Periodic, kPollPeriod));
  input_.set_observer(this);
  return {};
}

Result<void*> TextInputEx::register_notify(const efi::KeyData& key, efi::KeyNotifyFunction function) {
  void* memory = heap_.allocate(sizeof(Registration));
  if (memory == nullptr) return Status::OutOfResources;
  if (registrations_ == nullptr) {
    if (auto watching = start_watching(); !watching) {
      heap_.release(memory);
      return watching.error();
    }
  }
  Registration** last = &registrations_;
  while (*last != nullptr) last = &(*last)->next;
  *last = new (memory) Registration{nullptr, ++last_number_, key, function};
  return reinterpret_cast<void*>(last_number_);
}

Result<> TextInputEx::unregister_notify(void* handle) {
  Registration** at = &registrations_;
  while (*at != nullptr && (*at)->number != reinterpret_cast<uint64_t>(handle)) at = &(*at)->next;
  if (*at == nullptr) return Status::InvalidParameter;
  Registration* gone = *at;
  *at = gone->next;
  heap_.release(gone);
  if (registrations_ == nullptr) {
    input_.set_observer(nullptr);
    arrived_.clear();
    return events_.set_timer(watcher_, efi::TimerDelay::Cancel, 0);
  }
  return {};
}

TextInputEx::Registration* TextInputEx::next_match(const efi::KeyData& key, uint64_t after) {
  Registration* at = registrations_;
  while (at != nullptr && !(at->number > after && matches(at->key, key))) at = at->next;
  return at;
}

// Called from within whatever reads the line: the program's functions must wait until its priority allows them.
void TextInputEx::key_arrived(const efi::KeyData& key) {
  efi::KeyData told = key;
  told.key_state.key_toggle_state = toggle_state_;
  if (next_match(told, 0) == nullptr) return;
  if (arrived_.push_back(told)) (void)events_.signal(watcher_);
}

// At TPL_CALLBACK [UEFI 2.10, 12.2.5]. The functions may register, unregister and read keys, so nothing is held over a call.
void TextInputEx::notify() {
  efi::Tpl outer = events_.raise_tpl(efi::kTplNotify);
  input_.poll();
  while (!arrived_.empty()) {
    efi::KeyData key = arrived_[0];
    arrived_.erase(0);
    uint64_t number = 0;
    while (Registration* found = next_match(key, number)) {
      number = found->number;
      const efi::KeyNotifyFunction function = found->function;
      efi::KeyData copy = key;
      events_.restore_tpl(outer);
      (void)function(&copy);
      events_.raise_tpl(efi::kTplNotify);
    }
  }
  events_.restore_tpl(outer);
}

// ---- the C edge

struct TextInputExThunks {
  using Self = efi::SimpleTextInputExProtocol;
  static constexpr efi::EfiStatus kInvalid = efi::encode(Status::InvalidParameter);

  static TextInputEx& owner(Self* self) { return *static_cast<TextInputEx::Edge*>(self)->owner; }

  static efi::EfiStatus EFIAPI reset(Self* self, efi::Boolean) {
    TplGuard guard(owner(self).events_, efi::kTplNotify);
    owner(self).input_.reset();
    owner(self).toggle_state_ = 0;
    return efi::encode(Status::Success);
  }
  static efi::EfiStatus EFIAPI read_key_stroke_ex(Self* self, efi::KeyData* key) {
    if (key == nullptr) return kInvalid;
    TplGuard guard(owner(self).events_, efi::kTplNotify);
    return efi::encode(owner(self).read_key(*key));
  }
  static efi::EfiStatus EFIAPI set_state(Self* self, uint8_t* toggle_state) {
    if (toggle_state == nullptr) return kInvalid;
    return efi::encode(owner(self).set_state(*toggle_state));
  }
  static efi::EfiStatus EFIAPI register_key_notify(Self* self, efi::KeyData* key, efi::KeyNotifyFunction function, void** handle) {
    if (key == nullptr || function == nullptr || handle == nullptr) return kInvalid;
    TplGuard guard(owner(self).events_, efi::kTplNotify);
    auto made = owner(self).register_notify(*key, function);
    if (made) *handle = *made;
    return efi::encode(made);
  }
  static efi::EfiStatus EFIAPI unregister_key_notify(Self* self, void* handle) {
    TplGuard guard(owner(self).events_, efi::kTplNotify);
    return efi::encode(owner(self).unregister_notify(handle));
  }
  static void EFIAPI wait_for_key(efi::Event event, void* context) {
    auto& ex = *static_cast<TextInputEx*>(context);
    if (ex.input_.key_waiting()) (void)ex.events_.signal(event);
  }
};

TextInputEx::TextInputEx(TextInput& input, EventQueue& events, Heap& heap) : input_(input), events_(events), heap_(heap) {
  edge_.reset = TextInputExThunks::reset;
  edge_.read_key_stroke_ex = TextInputExThunks::read_key_stroke_ex;
  edge_.set_state = TextInputExThunks::set_state;
  edge_.register_key_notify = TextInputExThunks::register_key_notify;
  edge_.unregister_key_notify = TextInputExThunks::unregister_key_notify;
  edge_.owner = this;
}

Result<> TextInputEx::open() {
  edge_.wait_for_key_ex = TRY(events_.create(efi::kEvtNotifyWait, efi::kTplNotify, TextInputExThunks::wait_for_key, this));
  return {};
}

}  // namespace efilite::core
