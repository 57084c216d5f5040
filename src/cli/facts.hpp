// SPDX-License-Identifier: BSD-2-Clause-Patent
// What was found out about an image, as names and values that both the table for people and the JSON for programs are made of.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "formats/boot_image.hpp"

namespace efilite::cli {

struct Hex {
  uint64_t number;
  bool operator==(const Hex&) const = default;
};
struct Size {  // in bytes
  uint64_t bytes;
  bool operator==(const Size&) const = default;
};
// A number that a specification has a name for.
struct Named {
  uint64_t number;
  std::string name;
  bool operator==(const Named&) const = default;
};
// Flags by their names; bits without one are in `number` alone.
struct Flags {
  uint64_t number;
  std::vector<std::string> names;
  bool operator==(const Flags&) const = default;
};

struct Fact;
using Row = std::vector<Fact>;
using Rows = std::vector<Row>;  // all with the same keys
using Value = std::variant<bool, uint64_t, Hex, Size, Named, Flags, std::string, Rows>;

struct Fact {
  std::string key;  // of the JSON
  std::string label;
  Value value;
};

struct Group {
  std::string key;
  std::string label;
  std::vector<Fact> facts;
};

// One way into the image.
struct EntryFact {
  formats::BootEntry entry;
  std::string what;
  std::string place;  // what the address counts from: "rva", "file offset" ...
  uint64_t address;
};

struct Report {
  std::string name;
  uint64_t size = 0;
  std::string kind;  // in a few words
  std::vector<EntryFact> entries;
  std::optional<formats::BootEntry> chosen;  // nullopt: efilite does not start it
  std::string why;
  std::optional<std::string> refusal;  // what the firmware's loader says against it
  std::vector<formats::Problem> problems;  // what is malformed
  std::vector<std::string> remarks;        // what is right, and yet good to know
  std::vector<Group> groups;
  std::vector<Report> inside;  // the kernel in a unified kernel image: who chooses its entry is the program around it
};

// "at 0x206, version: is older than 2.00 (0x100)"
std::string text_of(const formats::Problem& problem);

}  // namespace efilite::cli
