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
  virtual void starting() = 0;
  // It came back: the console is ours again.
  virtual void returned() = 0;
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
  Discovery& discovery;
  ManagerHost& host;
};

class BootManager final : ImageVisitor {
 public:
  explicit BootManager(const ManagerParts& parts);
  BootManager(const BootManager&) = delete;
  BootManager& operator=(const BootManager&) = delete;

  // At TPL_APPLICATION. Returns when there is nothing left to try.
  void run(const BootChoice& choice);
  // One line for each thing that was tried.
  const BootReport& report() const { return report_; }
  // Whether some program was started and came back with SUCCESS at the end.
  bool succeeded() const { return last_ == Outcome::Succeeded; }

 private:
  enum class Outcome : uint8_t { NotStarted, Failed, Succeeded };
  // A load option at work.
  struct Job {
    std::u16string_view name;
    const LoadOption* option;
    bool is_boot;               // not a driver or a system preparation application
    bool command_line = false;  // its options are the hypervisor's command line
    ByteSpan label = {};        // any volume of this name, if not empty
    Outcome outcome = Outcome::NotStarted;
  };

  void publish_variables();
  void run_list(std::u16string_view kind, const char16_t* order_name);
  void reconnect_all();
  bool boot_once();
  Outcome boot_numbered(uint16_t number, bool chosen);
  Outcome boot_chosen(const BootChoice& choice);
  Outcome recover();
  Outcome attempt(Job& job);
  bool order_has_changed();

  // ImageVisitor
  bool visit(efi::DevicePath* image) override;
  void nothing_at(const efi::DevicePath* path, const char* why) override;
  Result<> give_options(efi::Handle image);
  efi::EfiStatus start(efi::Handle image);

  core::EventQueue& events_;
  core::HandleDatabase& handles_;
  core::Images& images_;
  core::Watchdog& watchdog_;
  ManagerHost& host_;
  core::StorageHeap heap_;
  BootVariables variables_;
  BootPaths paths_;
  BootReport report_;
  Job* job_ = nullptr;
  uint32_t order_seen_ = 0;
  Outcome last_ = Outcome::NotStarted;
};

}  // namespace efilite::boot
