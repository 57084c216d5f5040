// SPDX-License-Identifier: BSD-2-Clause-Patent
// What is said in the log while it lives.
#pragma once

#include <string>

#include "base/log.hpp"

namespace efilite::test {

class CapturedLog {
 public:
  CapturedLog() {
    current() = this;
    log::set_sink([](std::string_view part) { current()->text += part; });
  }
  ~CapturedLog() { log::set_sink(nullptr); }
  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;

  std::string text;

 private:
  static CapturedLog*& current() {
    static CapturedLog* one = nullptr;
    return one;
  }
};

}  // namespace efilite::test
