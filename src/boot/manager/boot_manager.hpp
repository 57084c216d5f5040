// SPDX-License-Identifier: BSD-2-Clause-Patent
// The boot manager [UEFI 2.10, chapter 3]: it looks for a program when neither a module nor fw_cfg brings one, or when efilite.boot= says
// which it is to be.
#pragma once

#include <optional>

#include "boot/manager/boot_choice.hpp"
#include "boot/manager/boot_paths.hpp"
#include "boot/manager/boot_report.hpp"
#include "boot/manager/boot_variables.hpp"
#include "boot/manager/load_option.hpp"
#include "core/images/images.hpp"
#include "core/misc_services.hpp"
#include "core/storage/storage_call.hpp"

namespace efilite::boot {

// What the composition does for the boot manager.
class ManagerHost {
 public:
  // A boot option's image is loaded and is called next.
  virtual void loading() = 0;
  virtual void starting() = 0;
  // It came back: the console is ours again.
  virtual void returned() = 0;
  virtual void reset(efi::ResetType type) = 0;
  // The hypervisor's command line as the image's LoadOptions.
  virtual Result<> pass_command_line(efi::Handle image) = 0;

 protected:
  ~ManagerHost() = default;
};

struct ManagerParts {
  core::EventQueue& events;
  core::HandleDatabase& handles;
  core::Images& images;
  runtime::VariableStore& variables;
  core::Watchdog& watchdog;
  efi::SystemTable& system_table;
  Discovery& discovery;
  ManagerHost& host;
};

class BootManager final : ImageVisitor {
 public:
  // A load option as it stands in its variable.
  struct Reading {
    HeapBytes bytes;
    LoadOption option;
  };

  explicit BootManager(const ManagerParts& parts);
  BootManager(const BootManager&) = delete;
  BootManager& operator=(const BootManager&) = delete;

  // At TPL_APPLICATION. Returns when there is nothing left to try. `timeout` takes the place of the variable for this time.
  void run(const BootChoice& choice, std::optional<uint16_t> timeout);
  // One line for each thing that was tried.
  BootReport& report() { return report_; }
  // Whether some program was started and came back with SUCCESS at the end.
  bool succeeded() const { return last_ == Outcome::Succeeded; }

  // For the menu. `options` are in place of the boot option's own.
  void boot_from_menu(uint16_t number, std::optional<ByteSpan> options) { (void)boot_numbered(number, true, options); }
  void boot_from_menu(efi::Handle volume, const char16_t* file, std::optional<ByteSpan> options);
  // Why it cannot be used, else nullptr.
  const char* read(const OptionName& name, Reading& out) const;
  BootVariables& variables() { return variables_; }
  BootPaths& paths() { return paths_; }
  ManagerHost& host() { return host_; }
  core::Heap& heap() { return heap_; }

 private:
  enum class Outcome : uint8_t { NotStarted, Failed, Succeeded };
  // A load option at work.
  struct Job {
    std::u16string_view name;
    const LoadOption& option;
    bool is_boot = true;                   // not a driver or a system preparation application
    bool command_line = false;             // its options are the hypervisor's command line
    std::optional<ByteSpan> options = {};  // in place of its own
    ByteSpan label = {};                   // its path is a file's on volumes of this name, if not empty
    efi::Handle volume = nullptr;          // or on this volume
    Outcome outcome = Outcome::NotStarted;
  };

  void publish_variables();
  uint64_t indications() const;
  bool take_indications();
  bool is_menu_wanted(uint16_t timeout);
  void show_menu();
  void show_report();
  void run_list(std::u16string_view kind, const char16_t* order_name);
  void reconnect_all();
  bool boot_once();
  bool asked_anew() const;
  Outcome boot_numbered(uint16_t number, bool chosen, std::optional<ByteSpan> options = {});
  Outcome boot_chosen(const BootChoice& choice);
  Outcome recover();
  Outcome attempt(Job job);

  // ImageVisitor
  bool visit(efi::DevicePath* image) override;
  void nothing_at(const efi::DevicePath* path, const char* why) override;
  bool tell(const efi::DevicePath* path, const char* why, efi::EfiStatus status = {});
  Result<> give_options(efi::Handle image);
  efi::EfiStatus start(efi::Handle image);

  core::EventQueue& events_;
  core::HandleDatabase& handles_;
  core::Images& images_;
  core::Watchdog& watchdog_;
  efi::SystemTable& system_table_;
  ManagerHost& host_;
  core::StorageHeap heap_;
  BootVariables variables_;
  BootPaths paths_;
  BootReport report_;
  Job* job_ = nullptr;
  uint32_t order_seen_ = 0;
  bool interactive_ = false;  // somebody is there to use a menu
  Outcome last_ = Outcome::NotStarted;
};

}  // namespace efilite::boot
