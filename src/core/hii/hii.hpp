// SPDX-License-Identifier: BSD-2-Clause-Patent
// The HII protocols as programs see them: tables of functions over the database, which is empty and costs nothing until it is used.
#pragma once

#include "core/hii/hii_config.hpp"
#include "core/hii/hii_database.hpp"
#include "core/hii/hii_font_protocol.hpp"

namespace efilite::core::hii {

class Protocols {
 public:
  Protocols(HandleDatabase& handles, EventQueue& events, PlatformLanguage language = nullptr);
  Protocols(const Protocols&) = delete;
  Protocols& operator=(const Protocols&) = delete;

  Result<> install();  // all of them on one handle
  const efi::HiiDatabaseProtocol* database() const { return &database_edge_; }
  const efi::HiiStringProtocol* strings() const { return &string_edge_; }
  const efi::HiiConfigRoutingProtocol* config_routing() const { return config_.protocol(); }
  const efi::HiiFontProtocol* fonts() const { return font_.protocol(); }

 private:
  struct DatabaseEdge : efi::HiiDatabaseProtocol {
    Database* owner;
  };
  struct StringEdge : efi::HiiStringProtocol {
    Database* owner;
  };
  friend struct DatabaseThunks;
  friend struct StringThunks;

  HandleDatabase& handles_;
  Database database_;
  ConfigRouting config_;
  FontProtocol font_;
  DatabaseEdge database_edge_;
  StringEdge string_edge_;
};

}  // namespace efilite::core::hii
