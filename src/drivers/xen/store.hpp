// SPDX-License-Identifier: BSD-2-Clause-Patent
// xenstore as its users see it [Xen docs/misc/xenstore.txt]: paths relative to this domain's own, values without an end mark.
#pragma once

#include <string_view>

#include "base/result.hpp"

namespace efilite::drivers::xen {

class Store {
 public:
  // What these return lies in memory of the store's until its next call. NOT_FOUND: there is no such node; ACCESS_DENIED: it is not for us;
  // DEVICE_ERROR: xenstored does not answer, or breaks the rules.
  virtual Result<std::string_view> read(std::string_view path) = 0;
  // Children's names, a NUL behind each, from byte `from` of all of them on; `more`: they go on behind these. NOT_READY: they have changed
  // since the first part was read.
  struct Names {
    std::string_view names;
    bool more;
  };
  virtual Result<Names> list(std::string_view path, uint32_t from) = 0;
  virtual Result<> write(std::string_view path, std::string_view value) = 0;
  virtual Result<> remove(std::string_view path) = 0;

  // What is done between the two is done at once or not at all. NOT_READY from commit(): somebody else changed the same nodes, do it again.
  virtual Result<> begin() = 0;
  virtual Result<> commit() = 0;
  virtual void abort() = 0;

  // Changes at or below `path` end wait(). The first comes at once, as xenstored does it.
  virtual Result<> watch(std::string_view path) = 0;
  virtual Result<> unwatch(std::string_view path) = 0;
  // True: something watched has changed. False: `units` of 100 ns have passed.
  virtual Result<bool> wait(uint64_t units) = 0;

 protected:
  ~Store() = default;
};

}  // namespace efilite::drivers::xen
