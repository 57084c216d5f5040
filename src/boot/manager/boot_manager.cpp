// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "boot/manager/boot_manager.hpp"

#include <array>

#include "base/log.hpp"
#include "boot/manager/boot_menu.hpp"
#include "core/device_path/device_path.hpp"
#include "core/handles/service_call.hpp"

namespace efilite::boot {

namespace {

constexpr uint64_t kWatchdogSeconds = 5 * 60;  // [UEFI 2.10, 7.5.1]

// [UEFI 2.10, 3.4.2] PlatformRecovery0000: one recovery option at least, which is the default file on any volume.
constexpr char16_t kRecoveryName[] = u"Default boot file";
constexpr struct [[gnu::packed]] {
  efi::LoadOptionHeader header = {efi::kLoadOptionActive, sizeof(DefaultFile)};
  std::array<char16_t, std::size(kRecoveryName)> description = std::to_array(kRecoveryName);
  DefaultFile file;
} kRecovery;

}  // namespace

BootManager::BootManager(const ManagerParts& parts)
    : events_(parts.events), handles_(parts.handles), images_(parts.images), watchdog_(parts.watchdog),
      system_table_(parts.system_table), host_(parts.host), heap_(parts.handles.heap(), parts.events),
      variables_(parts.variables, parts.events, heap_), paths_(parts.handles, parts.events, heap_, parts.discovery), report_(heap_) {}

// ---- variables

// [UEFI 2.10, 3.3] What is not supported is told by a bit that is not set: hot keys, recovery by the OS's own options. Indications of the
// OS would have to outlive a reset, and variables do not yet.
void BootManager::publish_variables() {
  constexpr uint32_t kSupport = efi::kBootOptionSupportApp | efi::kBootOptionSupportSysprep;
  constexpr uint64_t kIndications = 0;
  constexpr uint16_t kNoWait = 0;
  Result<> set = variables_.set(u"BootOptionSupport", kVolatileVariable, bytes_of(kSupport), true);
  if (set) set = variables_.set(u"OsIndicationsSupported", kVolatileVariable, bytes_of(kIndications), true);
  // Without the variable a boot manager waits for somebody to choose.
  if (set && variables_.get(u"Timeout").size() == 0) set = variables_.set(u"Timeout", kLastingVariable, bytes_of(kNoWait));
  if (set) set = variables_.set(u"PlatformRecovery0000", kVolatileVariable, bytes_of(kRecovery), true);
  if (!set) log::line("efilite: the boot manager's variables: ", set.status());
}

const char* BootManager::read(const OptionName& name, Reading& out) const {
  out.bytes = variables_.get(name.text);
  if (out.bytes.size() == 0) return "there is no such variable";
  auto option = parse_load_option(out.bytes.bytes());
  if (!option) return "it is no load option";
  out.option = *option;
  return nullptr;
}

// Those of an OS that are known here [UEFI 2.10, 8.5.4].
uint64_t BootManager::indications() const {
  constexpr uint64_t kKnown = efi::kOsIndicationsBootToFwUi | efi::kOsIndicationsStartPlatformRecovery;
  return variables_.number(u"OsIndications", sizeof(uint64_t)).value_or(0) & kKnown;
}

// Each is done once. True: the menu is asked for.
bool BootManager::take_indications() {
  const uint64_t wanted = indications();
  if (wanted == 0) return false;
  const uint64_t left = variables_.number(u"OsIndications", sizeof left).value_or(0) & ~wanted;
  if (Result<> set = variables_.set(u"OsIndications", kLastingVariable, bytes_of(left)); !set)
    log::line("efilite: OsIndications cannot be cleared: ", set.status());
  if ((wanted & efi::kOsIndicationsStartPlatformRecovery) != 0) (void)recover();
  return (wanted & efi::kOsIndicationsBootToFwUi) != 0;
}

// ---- the order of things

// [UEFI 2.10, 3.1.1] BootNext, once; BootOrder; what the platform has for recovery. A program that came back may have asked for something
// else, which is to be followed: true then.
bool BootManager::boot_once() {
  while (variables_.get(u"BootNext").size() != 0) {
    const auto next = variables_.number(u"BootNext", sizeof(uint16_t));
    variables_.remove(u"BootNext");  // before it is used, so that nothing is ever tried for ever
    if (next) (void)boot_numbered(static_cast<uint16_t>(*next), true);
  }
  order_seen_ = variables_.checksum(u"BootOrder");
  const HeapBytes order = variables_.get(u"BootOrder");
  for (size_t at = 0; auto number = read_at<uint16_t>(order.bytes(), at); at += sizeof *number) {
    const Outcome outcome = boot_numbered(*number, false);
    if (outcome == Outcome::NotStarted) continue;
    if (asked_anew()) return true;
    // [UEFI 2.10, 3.1.1] a success ends the order where there is a menu to go on with
    if (outcome == Outcome::Succeeded && interactive_) return false;
  }
  return recover() != Outcome::NotStarted && asked_anew();
}

bool BootManager::asked_anew() const {
  return variables_.get(u"BootNext").size() != 0 || variables_.checksum(u"BootOrder") != order_seen_ || indications() != 0;
}

// [UEFI 2.10, 3.1.3] By itself the boot manager starts what is active and part of the boot; what was chosen is started as it is.
BootManager::Outcome BootManager::boot_numbered(uint16_t number, bool chosen, std::optional<ByteSpan> options) {
  const OptionName name(u"Boot", number);
  Reading it;
  if (const char* why = read(name, it)) {
    report_.add(name.text, {}, nullptr, why);
    return Outcome::NotStarted;
  }
  if (!chosen && (!it.option.active() || it.option.category() != efi::kLoadOptionCategoryBoot)) return Outcome::NotStarted;
  if (Result<> set = variables_.set(u"BootCurrent", kVolatileVariable, bytes_of(number), true); !set)
    log::line("efilite: BootCurrent cannot be set: ", set.status());
  return attempt({.name = name.text, .option = it.option, .options = options});
}

void BootManager::boot_from_menu(efi::Handle volume, const char16_t* file, std::optional<ByteSpan> options) {
  std::array<std::byte, 128> node;
  core::device_path::Builder path(node);
  LoadOption option;
  if (path.file_path(file).finish()) option.first_path = node;
  variables_.remove(u"BootCurrent");
  (void)attempt({.name = {}, .option = option, .options = options, .volume = volume});
}

BootManager::Outcome BootManager::boot_chosen(const BootChoice& choice) {
  LoadOption option;
  option.first_path = choice.path.bytes();
  option.description = ByteSpan(std::as_bytes(std::span(choice.label))).first(choice.label_size * sizeof(char16_t));
  return attempt({.name = u"efilite.boot", .option = option, .command_line = true, .label = option.description});
}

BootManager::Outcome BootManager::recover() {
  variables_.remove(u"BootCurrent");
  LoadOption option;  // without its name, which nobody wants to read for each disk
  option.first_path = bytes_of(kDefaultFile);
  return attempt({.name = {}, .option = option});
}

// ---- one load option

BootManager::Outcome BootManager::attempt(Job job) {
  if (job.is_boot) {
    // [UEFI 2.10, 3.1.6 and 7.1.2] before the path is looked at
    events_.signal_group(efi::kEventGroupReadyToBoot);
    events_.signal_group(efi::kEventGroupAfterReadyToBoot);
  }
  job_ = &job;
  const efi::DevicePath* path = core::device_path::as_path(job.option.first_path);
  if (job.volume != nullptr) (void)paths_.visit_volume(job.volume, path, *this);
  else if (!job.label.empty()) (void)paths_.visit_every_volume(job.label, path, *this);
  else (void)paths_.visit(path, *this);
  if (job.outcome != Outcome::NotStarted) last_ = job.outcome;
  return job.outcome;
}

void BootManager::nothing_at(const efi::DevicePath* path, const char* why) { (void)tell(path, why); }

bool BootManager::tell(const efi::DevicePath* path, const char* why, efi::EfiStatus status) {
  report_.add(job_->name, job_->option.description, path, why, status);
  return false;
}

Result<> BootManager::give_options(efi::Handle image) {
  if (job_->command_line) return host_.pass_command_line(image);
  return images_.set_load_options(image, job_->options.value_or(job_->option.optional_data));
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
  std::array<char, 200> text;
  const std::string_view where = readable(heap_, path, text);
  log::Subject subject(where);  // of what the loader finds wrong
  host_.loading();
  auto image = images_.load_for_boot(path);
  if (image.status() == Status::NotFound) return tell(path, "there is no such file");
  if (!image) return tell(path, "it cannot be loaded: ", efi::encode(image.status()));
  if (Result<> given = give_options(*image); !given) {
    (void)images_.unload(*image);
    return tell(path, "its options cannot be passed: ", efi::encode(given));
  }
  log::line("efilite: starting ", where);
  const efi::EfiStatus status = start(*image);
  const bool failed = efi::is_error(status);
  job_->outcome = failed ? Outcome::Failed : Outcome::Succeeded;
  if (failed || job_->is_boot) (void)tell(path, "it returned ", status);
  return !failed;
}

// ---- before the boot

// [UEFI 2.10, 3.1.1 and 3.1.6] drivers, and applications that prepare the system: in their order, whatever becomes of each.
void BootManager::run_list(std::u16string_view kind, const char16_t* order_name) {
  const HeapBytes order = variables_.get(order_name);
  bool reconnect = false;
  for (size_t at = 0; auto number = read_at<uint16_t>(order.bytes(), at); at += sizeof *number) {
    const OptionName name(kind, *number);
    Reading it;
    if (const char* why = read(name, it)) {
      report_.add(name.text, {}, nullptr, why);
    } else if (it.option.active() && attempt({.name = name.text, .option = it.option, .is_boot = false}) == Outcome::Succeeded) {
      reconnect |= (it.option.attributes & efi::kLoadOptionForceReconnect) != 0;
    }
  }
  if (reconnect && kind == u"Driver") reconnect_all();
}

void BootManager::reconnect_all() {
  const auto each = [&](auto work) {
    paths_.any_handle(nullptr, [&](efi::Handle handle) {
      core::ServiceCall call;
      (void)work(handle);
      return false;
    });
  };
  each([&](efi::Handle handle) { return handles_.disconnect(handle, nullptr, nullptr); });
  each([&](efi::Handle handle) { return handles_.connect(handle, nullptr, nullptr, true); });
}

// [UEFI 2.10, 3.3] Timeout: 0 goes on at once, and 0xFFFF waits for somebody for ever.
bool BootManager::is_menu_wanted(uint16_t timeout) {
  constexpr uint16_t kForEver = 0xFFFF;
  if (timeout == 0 || timeout == kForEver) return timeout == kForEver;
  log::line("efilite: Esc or F2 within ", timeout, " seconds for a menu, Enter to go on");
  Screen screen(system_table_, events_);
  for (;;) {
    const auto key = screen.key(timeout);
    if (!key || key->unicode_char == u'\r') return false;
    if (key->scan_code == Scan::kEscape || key->scan_code == Scan::kF2) return true;
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
  (void)Screen(system_table_, events_).key();
}

void BootManager::run(const BootChoice& choice, std::optional<uint16_t> timeout) {
  publish_variables();
  run_list(u"Driver", u"DriverOrder");
  run_list(u"SysPrep", u"SysPrepOrder");
  last_ = Outcome::NotStarted;
  // What was asked for is started, and nothing in its place.
  if (choice.kind == BootChoice::Kind::Option) return (void)boot_numbered(choice.number, true);
  if (choice.kind == BootChoice::Kind::Path) return (void)boot_chosen(choice);
  const auto wait = timeout.value_or(static_cast<uint16_t>(variables_.number(u"Timeout", sizeof(uint16_t)).value_or(0)));
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
