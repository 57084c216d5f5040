// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "cli/output_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace efilite::cli {

namespace {

Failure system_failure() { return {std::string(strerror(errno))}; }

Outcome<> fill(int file, std::string_view contents) {
  while (!contents.empty()) {
    const ssize_t written = write(file, contents.data(), contents.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_failure();
    contents.remove_prefix(static_cast<size_t>(written));
  }
  // What a new file of this user may have, which mkstemp() does not give.
  const mode_t mask = umask(0);
  umask(mask);
  if (fchmod(file, 0666 & ~mask) != 0) return system_failure();
  return {};
}

}  // namespace

Outcome<> write_file(const std::string& name, std::string_view contents) {
  struct stat facts;
  const bool is_there = stat(name.c_str(), &facts) == 0;
  if (is_there && !S_ISREG(facts.st_mode)) return Failure{S_ISDIR(facts.st_mode) ? "is a directory" : "is no ordinary file"};
  std::string temporary = name + ".XXXXXX";
  const int file = mkstemp(temporary.data());
  if (file < 0) return system_failure();
  Outcome<> done = fill(file, contents);
  if (close(file) != 0 && done) done = system_failure();
  if (done && rename(temporary.c_str(), name.c_str()) != 0) done = system_failure();
  if (!done) unlink(temporary.c_str());
  return done;
}

}  // namespace efilite::cli
