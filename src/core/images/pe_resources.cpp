// SPDX-License-Identifier: BSD-2-Clause-Patent
// The one resource of an image that LoadImage looks for. A resource section that makes no sense has none: the image is none the worse.
#include "abi/uefi/hii.hpp"
#include "core/images/pe.hpp"

namespace efilite::core {
namespace {

constexpr std::u16string_view kHii = u"HII";

bool is_named(ByteSpan resources, uint32_t offset, std::u16string_view wanted) {
  const auto length = read_at<uint16_t>(resources, offset);
  const auto text = slice(resources, uint64_t{offset} + sizeof(uint16_t), wanted.size() * sizeof(char16_t));
  return length == wanted.size() && text && memcmp(text->data(), wanted.data(), text->size()) == 0;
}

// The entry of the directory at `offset` that has a name, or its first.
std::optional<pe::ResourceEntry> entry_in(ByteSpan resources, uint32_t offset, std::u16string_view name = {}) {
  const auto directory = read_at<pe::ResourceDirectory>(resources, offset);
  if (!directory) return std::nullopt;
  const uint64_t first = uint64_t{offset} + sizeof *directory;
  if (name.empty()) {
    const bool empty = directory->named_entries == 0 && directory->id_entries == 0;
    return empty ? std::nullopt : read_at<pe::ResourceEntry>(resources, first);
  }
  for (uint32_t i = 0; i < directory->named_entries; ++i) {
    const auto entry = read_at<pe::ResourceEntry>(resources, first + i * sizeof(pe::ResourceEntry));
    if (!entry) return std::nullopt;
    if ((entry->name & pe::kResourceHighBit) != 0 && is_named(resources, entry->name & ~pe::kResourceHighBit, name)) return entry;
  }
  return std::nullopt;
}

}  // namespace

std::optional<uint32_t> find_hii_package_list(const PePlan& plan, ByteSpan image) {
  if (plan.resources.size == 0) return std::nullopt;
  const auto resources = slice(image.first(plan.size_of_image), plan.resources.virtual_address, plan.resources.size);
  auto entry = resources ? entry_in(*resources, 0, kHii) : std::nullopt;
  // By name, then by language: the first will do.
  for (int level = 0; level < 2 && entry && (entry->data & pe::kResourceHighBit) != 0; ++level) {
    entry = entry_in(*resources, entry->data & ~pe::kResourceHighBit);
  }
  if (!entry) return std::nullopt;
  const auto data = read_at<pe::ResourceData>(*resources, entry->data);
  const auto bytes = data ? slice(image.first(plan.size_of_image), data->rva, data->size) : std::nullopt;
  const auto list = bytes ? read_at<efi::HiiPackageListHeader>(*bytes, 0) : std::nullopt;
  if (!list || list->package_length < sizeof *list || list->package_length > bytes->size()) return std::nullopt;
  return data->rva;
}

}  // namespace efilite::core
