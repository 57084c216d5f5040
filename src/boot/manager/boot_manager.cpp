// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/manager/boot_manager.hpp"

#include <array>

#include "base/check.hpp"
#include "base/log.hpp"
#include "boot/manager/boot_menu.hpp"
#include "core/device_path/device_path.hpp"
#include "core/device_path/device_path_text.hpp"
#include "core/handles/service_call.hpp"

namespace efilite::boot {

namespace {

constexpr uint64_t kWatchdogSeconds = 5 * 60;  // [UEFI 2.10, 7.5.1]

// [UEFI 2.10, 3.4.2] one recovery option at least: the default file on any volume.
struct RecoveryOption {
  std::array<std::byte, 128> room{};
  ByteSpan bytes;

  RecoveryOption() {
    constexpr char16_t kDescription[] = u"Default boot file";
    std::array<std::byte, 64> node;
    core::device_path::Builder path(node);
    path.file_path({efi::kDefaultBootFile, std::size(efi::kDefaultBootFile) - 1});
    CHECK(path.finish().has_value());
    const ByteSpan whole = *core::device_path::parse(node);
    const efi::LoadOptionHeader header = {efi::kLoadOptionActive, static_cast<uint16_t>(whole.size())};
    memcpy(room.data(), &header, sizeof header);
    memcpy(room.data() + sizeof header, kDescription, sizeof kDescription);
    memcpy(room.data() + sizeof header + sizeof kDescription, whole.data(), whole.size());
    bytes = ByteSpan(room).first(sizeof header + sizeof kDescription + whole.size());
  }
};

}  // namespace

BootManager::BootManager(const ManagerParts& parts)
    : events_(parts.events), handles_(parts.handles), images_(parts.images), watchdog_(parts.watchdog),
      system_table_(parts.system_table), host_(parts.host),
      heap_(parts.handles.heap(), parts.events), variables_(parts.variables, parts.events, heap_),
      paths_(parts.handles, parts.events, heap_, parts.discovery), report_(heap_) {}

// [UEFI 2.10, 3.3] What is not supported is told by a bit that is not set: hot keys, recovery by the OS's own options. Indications of the
// OS would have to outlive a reset, and variables do not yet.
void BootManager::publish_variables() {
  constexpr uint32_t kSupport = efi::kBootOptionSupportApp | efi::kBootOptionSupportSysprep;
  constexpr uint64_t kIndications = 0;
  constexpr uint16_t kNoWait = 0;
  Result<> set = variables_.set(u"BootOptionSupport", kVolatileVariable, bytes_of(kSupport), true);
  if (set) set = variables_.set(u"OsIndicationsSupported", kVolatileVariable, bytes_of(kIndications), true);
  // Without the variable a boot manager waits for somebody to choose.
  if (set && !variables_.get(u"Timeout")) set = variables_.set(u"Timeout", kLastingVariable, bytes_of(kNoWait));
  if (set) set = variables_.set(u"PlatformRecovery0000", kVolatileVariable, RecoveryOption().bytes, true);
  if (!set) log::line("efilite: the boot manager's variables: ", set.status());
}

// [UEFI 2.10, 3.1.1] BootNext, once; BootOrder; what the platform has for recovery. A program that came back may have asked for something
// else, which is to be followed: true then.
bool BootManager::boot_once() {
  while (variables_.get(u"BootNext")) {
    const auto next = variables_.number<uint16_t>(u"BootNext");
    variables_.remove(u"BootNext");  // before it is used, so that nothing is ever tried for ever
    if (next) (void)boot_numbered(*next, true);
  }
  order_seen_ = variables_.checksum(u"BootOrder");
  if (auto order = variables_.get(u"BootOrder")) {
    for (size_t at = 0; auto number = read_at<uint16_t>(order->bytes(), at); at += sizeof *number) {
      const Outcome outcome = boot_numbered(*number, false);
      if (outcome == Outcome::NotStarted) continue;
      if (asked_anew()) return true;
      // [UEFI 2.10, 3.1.1] a success ends the order where there is a menu to go on with
      if (outcome == Outcome::Succeeded && interactive_) return false;
    }
  }
  return recover() != Outcome::NotStarted && asked_anew();
}

// [UEFI 2.10, 8.5.4] each is done once. True: the menu is asked for.
bool BootManager::take_indications() {
  const uint64_t wanted = indications();
  if (wanted == 0) return false;
  const uint64_t left = variables_.number<uint64_t>(u"OsIndications").value_or(0) & ~wanted;
  if (Result<> set = variables_.set(u"OsIndications", kLastingVariable, bytes_of(left)); !set)
    log::line("efilite: OsIndications cannot be cleared: ", set.status());
  if ((wanted & efi::kOsIndicationsStartPlatformRecovery) != 0) (void)recover();
  return (wanted & efi::kOsIndicationsBootToFwUi) != 0;
}

// [UEFI 2.10, 3.3] Timeout: 0 goes on at once, and 0xFFFF waits for somebody for ever.
bool BootManager::is_menu_wanted(uint16_t timeout) {
  constexpr uint16_t kForEver = 0xFFFF;
  if (timeout == 0 || timeout == kForEver) return timeout == kForEver;
  log::line("efilite: Esc or F2 within ", timeout, " seconds for a menu, Enter to go on");
  Screen screen(system_table_, events_);
  for (;;) {
    const auto key = screen.key_within(timeout);
    const auto scan = key ? static_cast<Scan>(key->scan_code) : Scan::None;
    if (scan == Scan::Escape || scan == Scan::F2) return true;
    if (!key || key->unicode_char == u'\r') return false;
  }
}

void BootManager::show_menu() {
  interactive_ = true;
  Screen screen(system_table_, events_);
  BootMenu(*this, screen).run();
}

void BootManager::show_report() {
  log::line("efilite: nothing is left to boot; any key for the menu:");
  report_.print();
  report_.clear();
  (void)Screen(system_table_, events_).wait_for_key();
}

bool BootManager::asked_anew() {
  return variables_.get(u"BootNext").has_value() || variables_.checksum(u"BootOrder") != order_seen_ || indications() != 0;
}

// Those that are known here.
uint64_t BootManager::indications() {
  constexpr uint64_t kKnown = efi::kOsIndicationsBootToFwUi | efi::kOsIndicationsStartPlatformRecovery;
  return variables_.number<uint64_t>(u"OsIndications").value_or(0) & kKnown;
}

// [UEFI 2.10, 3.1.3] By itself the boot manager starts what is active and part of the boot; what was chosen is started as it is.
BootManager::Outcome BootManager::boot_numbered(uint16_t number, bool chosen, std::optional<ByteSpan> options) {
  const OptionName name(u"Boot", number);
  auto bytes = variables_.get(name.text);
  auto option = bytes ? parse_load_option(bytes->bytes()) : Result<LoadOption>(bytes.error());
  if (!option) {
    report_.add(name.text, {}, nullptr, bytes ? "it is no load option" : "there is no such variable");
    return Outcome::NotStarted;
  }
  if (!chosen && (!option->active() || option->category() != efi::kLoadOptionCategoryBoot)) return Outcome::NotStarted;
  if (Result<> set = variables_.set(u"BootCurrent", kVolatileVariable, bytes_of(number), true); !set)
    log::line("efilite: BootCurrent cannot be set: ", set.status());
  Job job{.name = name.text, .option = &*option, .is_boot = true, .options = options};
  return attempt(job);
}

HeapBytes BootManager::read_option(uint16_t number) const {
  auto bytes = variables_.get(OptionName(u"Boot", number).text);
  return bytes ? std::move(*bytes) : HeapBytes();
}

void BootManager::boot_from_menu(uint16_t number, std::optional<ByteSpan> options) { (void)boot_numbered(number, true, options); }

void BootManager::boot_from_menu(efi::Handle volume, const char16_t* file, std::optional<ByteSpan> options) {
  auto path = paths_.file_on(volume, file);
  if (!path) return;
  variables_.remove(u"BootCurrent");
  LoadOption option;
  option.first_path = path->bytes();
  Job job{.name = {}, .option = &option, .is_boot = true, .options = options};
  (void)attempt(job);
}

BootManager::Outcome BootManager::boot_chosen(const BootChoice& choice) {
  LoadOption option;
  option.first_path = choice.path.bytes();
  option.description = choice.label.bytes();
  Job job{.name = u"efilite.boot", .option = &option, .is_boot = true, .command_line = true, .label = choice.label.bytes()};
  return attempt(job);
}

BootManager::Outcome BootManager::recover() {
  variables_.remove(u"BootCurrent");
  const RecoveryOption recovery;
  auto option = parse_load_option(recovery.bytes);
  CHECK(option.has_value());
  option->description = {};  // nobody wants to hear that for each disk
  Job job{.name = {}, .option = &*option, .is_boot = true};
  return attempt(job);
}

BootManager::Outcome BootManager::attempt(Job& job) {
  if (job.is_boot) {
    // [UEFI 2.10, 3.1.6 and 7.1.2] before the path is looked at
    events_.signal_group(efi::kEventGroupReadyToBoot);
    events_.signal_group(efi::kEventGroupAfterReadyToBoot);
  }
  Job* const before = std::exchange(job_, &job);
  const ByteSpan path = job.option->first_path;
  const Result<bool> done = job.label.empty() ? paths_.visit(path, *this) : paths_.visit_label(job.label, path, *this);
  if (!done) nothing_at(core::device_path::as_path(path), status_name(done.error()));
  job_ = before;
  if (job.outcome != Outcome::NotStarted) last_ = job.outcome;
  return job.outcome;
}

void BootManager::nothing_at(const efi::DevicePath* path, const char* why) {
  report_.add(job_->name, job_->option->description, path, why);
}

Result<> BootManager::give_options(efi::Handle image) {
  if (job_->options) return images_.set_load_options(image, *job_->options);
  return job_->command_line ? host_.pass_command_line(image) : images_.set_load_options(image, job_->option->optional_data);
}

// [UEFI 2.10, 7.5.1] five minutes, and none any more when the program is back.
efi::EfiStatus BootManager::start(efi::Handle image) {
  if (!job_->is_boot) return images_.start(image, nullptr, nullptr);
  if (Result<> armed = watchdog_.set(kWatchdogSeconds, 0, {}, true); !armed) log::line("efilite: no watchdog: ", armed.status());
  host_.starting();
  const efi::EfiStatus status = images_.start(image, nullptr, nullptr);
  (void)watchdog_.set(0, 0);
  host_.returned();
  return status;
}

bool BootManager::visit(efi::DevicePath* path) {
  std::array<char, 160> text;
  std::string_view where = "?";
  if (auto units = core::device_path::path_to_text(heap_, path, true, true)) {
    where = readable(*units, text);
    heap_.release(*units);
  }
  log::Subject subject(where);  // of what the loader finds wrong
  const auto tell = [&](const char* why, efi::EfiStatus status) { report_.add(job_->name, job_->option->description, path, why, status); };
  auto image = images_.load_for_boot(path);
  if (!image) {
    if (image.status() == Status::NotFound) tell("there is no such file", {});
    else tell("it cannot be loaded: ", efi::encode(image.status()));
    return false;
  }
  if (Result<> given = give_options(*image); !given) {
    tell("its options cannot be passed: ", efi::encode(given));
    (void)images_.unload(*image);
    return false;
  }
  log::line("efilite: starting ", where);
  const efi::EfiStatus status = start(*image);
  const bool failed = efi::is_error(status);
  job_->outcome = failed ? Outcome::Failed : Outcome::Succeeded;
  if (failed) tell("it returned ", status);
  else if (job_->is_boot) tell("it returned", {});
  return !failed;
}

// [UEFI 2.10, 3.1.1 and 3.1.6] drivers, and applications that prepare the system: in their order, whatever becomes of each.
void BootManager::run_list(std::u16string_view kind, const char16_t* order_name) {
  auto order = variables_.get(order_name);
  if (!order) return;
  bool reconnect = false;
  for (size_t at = 0; auto number = read_at<uint16_t>(order->bytes(), at); at += sizeof *number) {
    const OptionName name(kind, *number);
    auto bytes = variables_.get(name.text);
    auto option = bytes ? parse_load_option(bytes->bytes()) : Result<LoadOption>(bytes.error());
    if (!option) {
      report_.add(name.text, {}, nullptr, bytes ? "it is no load option" : "there is no such variable");
      continue;
    }
    if (!option->active()) continue;
    Job job{.name = name.text, .option = &*option, .is_boot = false};
    if (attempt(job) == Outcome::Succeeded && (option->attributes & efi::kLoadOptionForceReconnect) != 0) reconnect = true;
  }
  if (reconnect && kind == u"Driver") reconnect_all();
}

void BootManager::reconnect_all() {
  const auto all = [&]() -> HeapBytes {
    core::TplGuard guard(events_, efi::kTplNotify);
    auto found = handles_.locate_buffer(efi::LocateSearchType::AllHandles, nullptr, nullptr);
    return found ? HeapBytes(heap_, found->data(), found->size_bytes()) : HeapBytes();
  };
  const auto each = [&](auto work) {
    const HeapBytes handles = all();
    for (size_t at = 0; auto handle = read_at<efi::Handle>(handles.bytes(), at); at += sizeof *handle) {
      core::ServiceCall call;
      (void)work(*handle);
    }
  };
  each([&](efi::Handle handle) { return handles_.disconnect(handle, nullptr, nullptr); });
  each([&](efi::Handle handle) { return handles_.connect(handle, nullptr, nullptr, true); });
}

void BootManager::run(const BootChoice& choice, std::optional<uint16_t> timeout) {
  publish_variables();
  run_list(u"Driver", u"DriverOrder");
  run_list(u"SysPrep", u"SysPrepOrder");
  last_ = Outcome::NotStarted;
  // What was asked for is started, and nothing in its place.
  if (choice.kind == BootChoice::Kind::Option) return (void)boot_numbered(choice.number, true);
  if (choice.kind == BootChoice::Kind::Path) return (void)boot_chosen(choice);
  const uint16_t wait = timeout.value_or(variables_.number<uint16_t>(u"Timeout").value_or(0));
  interactive_ = wait != 0;
  bool menu = choice.kind == BootChoice::Kind::Menu || take_indications() || is_menu_wanted(wait);
  for (;;) {
    if (menu) show_menu();
    const bool anew = boot_once();
    menu = take_indications();
    if (anew || menu) continue;
    if (!interactive_) return;
    show_report();
    menu = true;
  }
}

}  // namespace efilite::boot
