// SPDX-License-Identifier: BSD-2-Clause-Patent
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "cli/program.hpp"

int main(int count, char** words) {
  using namespace efilite::cli;
  const char* term = getenv("TERM");
  const char* no_colour = getenv("NO_COLOR");  // [no-color.org]
  const bool wanted = term != nullptr && std::string_view(term) != "dumb" && (no_colour == nullptr || *no_colour == '\0');
  const bool colour = wanted && isatty(STDOUT_FILENO) != 0;
  Output output;
  try {
    output = run({words + (count > 0 ? 1 : 0), words + count}, Terminal{colour});
  } catch (const std::exception& failure) {  // no memory left, and the like
    fprintf(stderr, "efilite: %s\n", failure.what());
    return static_cast<int>(Exit::Failed);
  }
  fwrite(output.out.data(), 1, output.out.size(), stdout);
  const bool written = fflush(stdout) == 0 && ferror(stdout) == 0;
  fwrite(output.err.data(), 1, output.err.size(), stderr);
  if (!written) {
    perror("efilite: standard output");
    return static_cast<int>(Exit::Failed);
  }
  return static_cast<int>(output.status);
}
