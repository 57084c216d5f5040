// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "cli/json.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/printable.hpp"

namespace efilite::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchema = 1;

// As text: to many programs a number of JSON is a double, which cannot tell one kernel address from the next.
std::string hex(uint64_t number) { return fmt::format("{:#x}", number); }

Json json_of(const Row& row);
Json json_of(const DiskFile& file);
Json json_of(const LoaderEntry& entry);
Json json_of(const VolumeReport& volume);

Json json_of(bool value) { return value; }
Json json_of(uint64_t value) { return value; }
Json json_of(Hex value) { return hex(value.number); }
Json json_of(Size value) { return value.bytes; }
Json json_of(const Named& value) { return {{"value", hex(value.number)}, {"name", value.name}}; }
Json json_of(const Flags& value) { return {{"value", hex(value.number)}, {"names", value.names}}; }
Json json_of(const std::string& value) { return utf8(value); }
Json json_of(const Rows& rows) {
  Json all = Json::array();
  for (const Row& row : rows) all.push_back(json_of(row));
  return all;
}
Json json_of(const Row& row) {
  Json object = Json::object();
  for (const Fact& fact : row) object[fact.key] = std::visit([](const auto& value) { return json_of(value); }, fact.value);
  return object;
}

Json json_of(const EntryFact& entry) {
  return {{"name", name_of(entry.entry)}, {"description", entry.what}, {"place", entry.place}, {"address", hex(entry.address)}};
}

Json json_of(const formats::Problem& problem) {
  return {{"offset", hex(problem.offset)}, {"field", problem.field}, {"problem", problem.what}, {"value", hex(problem.value)}};
}

template <typename T>
Json list(const std::vector<T>& items) {
  Json all = Json::array();
  for (const T& item : items) all.push_back(json_of(item));
  return all;
}

// Adds to `object`, which has a name already.
void add_report(Json& object, const Report& report, bool is_inside) {
  object["size"] = report.size;
  object["kind"] = utf8(report.kind);
  object["entries"] = list(report.entries);
  if (!is_inside) {
    object["chosen"] = report.chosen ? Json(name_of(*report.chosen)) : Json();
    object["why"] = report.why;
    object["refusal"] = report.refusal ? Json(utf8(*report.refusal)) : Json();
  }
  object["problems"] = list(report.problems);
  object["remarks"] = list(report.remarks);
  for (const Group& group : report.groups) object[group.key] = json_of(group.facts);
  if (is_inside) return;
  object["inside"] = Json::array();
  for (const Report& inside : report.inside) {
    Json kernel = Json::object();
    kernel["name"] = utf8(inside.name);
    add_report(kernel, inside, true);
    object["inside"].push_back(std::move(kernel));
  }
}

Json json_of(const DiskFile& file) {
  Json object = Json::object();
  object["path"] = utf8(file.path);
  object["fallback"] = file.is_fallback;
  if (file.report) add_report(object, *file.report, false);
  else object["error"] = utf8(file.error);
  return object;
}

Json json_of(const LoaderEntry& entry) {
  Json object = Json::object();
  object["path"] = utf8(entry.path);
  for (const auto& [key, value] : entry.lines) {
    // [UAPI Boot Loader Specification] initrd and options may come more than once.
    if (!object.contains(key)) object[key] = Json::array();
    object[key].push_back(utf8(value));
  }
  object["missing"] = list(entry.missing);
  return object;
}

Json json_of(const VolumeReport& volume) {
  Json object = Json::object();
  object["partition"] = volume.number;
  object["first_byte"] = volume.first_byte;
  object["size"] = volume.size;
  object["type"] = volume.type;
  object["name"] = utf8(volume.name);
  object["partuuid"] = volume.partuuid;
  object["system"] = volume.is_system;
  object["file_system"] = volume.file_system;
  object["label"] = utf8(volume.label);
  object["remarks"] = list(volume.remarks);
  object["files"] = list(volume.files);
  object["loader_entries"] = list(volume.entries);
  return object;
}

void add_report(Json& object, const Report& report) { add_report(object, report, false); }

void add_report(Json& object, const DiskReport& report) {
  object["size"] = report.size;
  object["block_size"] = report.block_size;
  object["table"] = report.table;
  object["boots"] = report.boots.empty() ? Json() : Json(utf8(report.boots));
  object["remarks"] = list(report.remarks);
  object["volumes"] = Json::array();
  for (const VolumeReport& volume : report.volumes) object["volumes"].push_back(json_of(volume));
}

template <typename T>
std::string document(const char* key, std::span<const Answer<T>> answers) {
  Json all = Json::array();
  for (const auto& [name, result] : answers) {
    Json object = Json::object();
    object["name"] = utf8(name);
    if (result) add_report(object, *result);
    else object["error"] = utf8(result.error().text);
    all.push_back(std::move(object));
  }
  Json whole = Json::object();
  whole["schema"] = kSchema;
  whole[key] = std::move(all);
  return whole.dump(2) + '\n';
}

}  // namespace

std::string to_json(std::span<const Answer<Report>> files) { return document("files", files); }
std::string to_json(std::span<const Answer<DiskReport>> disks) { return document("disks", disks); }

}  // namespace efilite::cli
