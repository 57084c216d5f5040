// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/hii/hii_config.hpp"

#include <algorithm>
#include <utility>

#include "core/device_path/device_path.hpp"

namespace efilite::core::hii {

namespace {

using View = std::u16string_view;

int digit(char16_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char16_t lower = c | 0x20;
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool is_hex(View text) {
  return std::ranges::all_of(text, [](char16_t c) { return digit(c) >= 0; });
}

std::optional<uint64_t> number(View text) {
  if (text.empty() || text.size() > 16 || !is_hex(text)) return std::nullopt;
  uint64_t value = 0;
  for (char16_t c : text) value = value << 4 | static_cast<unsigned>(digit(c));
  return value;
}

// Whether the digits are those of these bytes, in the order of memory.
bool same_bytes(View hex, ByteSpan bytes) {
  if (hex.size() != bytes.size() * 2 || !is_hex(hex)) return false;
  for (size_t i = 0; i < bytes.size(); ++i)
    if (digit(hex[2 * i]) * 16 + digit(hex[2 * i + 1]) != static_cast<int>(bytes[i])) return false;
  return true;
}

// Whether the digits are those of this name, four a character.
bool same_name(View hex, View name) {
  if (hex.size() != name.size() * 4) return false;
  for (size_t i = 0; i < name.size(); ++i)
    if (number(hex.substr(4 * i, 4)) != name[i]) return false;
  return true;
}

// What stands at `at` after NAME=, up to the next & or the end; `at` moves behind it.
std::optional<View> take(View text, size_t& at, View name) {
  if (!text.substr(at).starts_with(name)) return std::nullopt;
  const size_t begin = at + name.size();
  at = std::min(text.find(u'&', begin), text.size());
  return text.substr(begin, at - begin);
}

// <ConfigHdr> [UEFI 2.10, 35.2.1]
struct ConfigHeader {
  View guid, name, path;
  size_t size;
};
std::optional<ConfigHeader> header_of(View text) {
  size_t at = 0;
  const auto guid = take(text, at, u"GUID=");
  const auto name = guid ? take(text, at, u"&NAME=") : std::nullopt;
  const auto path = name ? take(text, at, u"&PATH=") : std::nullopt;
  if (!path || guid->size() != 32 || !is_hex(*guid) || name->size() % 4 != 0 || !is_hex(*name) || path->size() % 2 != 0 || !is_hex(*path))
    return std::nullopt;
  return ConfigHeader{*guid, *name, *path, at};
}

// The first of the parts that each begin with GUID=.
View first_part(View text) { return text.substr(0, text.find(u"&GUID=", 1)); }

// OFFSET=...&WIDTH=..., with or without the & before it.
struct BlockName {
  uint64_t offset, width;
};
std::optional<BlockName> block_name(View text, size_t& at) {
  if (at < text.size() && text[at] == '&') ++at;
  const auto offset = take(text, at, u"OFFSET=");
  const auto width = offset ? take(text, at, u"&WIDTH=") : std::nullopt;
  const auto from = offset ? number(*offset) : std::nullopt;
  const auto count = width ? number(*width) : std::nullopt;
  if (!from || !count || *count == 0 || *from > UINT32_MAX || *count > UINT32_MAX) return std::nullopt;
  return BlockName{*from, *count};
}

}  // namespace

// A string of the heap that grows; always NUL-terminated once it exists.
class ConfigRouting::Text {
 public:
  explicit Text(Heap& heap) : heap_(heap) {}
  ~Text() {
    if (text_ != nullptr) heap_.release(text_);
  }
  Text(const Text&) = delete;
  Text& operator=(const Text&) = delete;

  Result<> append(View more) {
    if (more.size() >= room_ - size_) {
      const size_t room = (size_ + more.size() + 1) * 2;
      auto* bigger = static_cast<efi::Char16*>(heap_.allocate(room * sizeof(efi::Char16)));
      if (bigger == nullptr) return Status::OutOfResources;
      if (text_ != nullptr) {
        memcpy(bigger, text_, size_ * sizeof(efi::Char16));
        heap_.release(text_);
      }
      text_ = bigger;
      room_ = room;
    }
    if (!more.empty()) memcpy(text_ + size_, more.data(), more.size() * sizeof(efi::Char16));
    size_ += more.size();
    text_[size_] = 0;
    return {};
  }
  Result<> append_hex(uint8_t byte) {
    const char16_t digits[] = {u"0123456789abcdef"[byte >> 4], u"0123456789abcdef"[byte & 15]};
    return append({digits, 2});
  }
  bool empty() const { return size_ == 0; }
  Result<efi::Char16*> finish() {
    TRY(append({}));
    return std::exchange(text_, nullptr);
  }
  efi::Char16* data() { return text_; }

 private:
  Heap& heap_;
  efi::Char16* text_ = nullptr;
  size_t size_ = 0;
  size_t room_ = 0;
};

efi::HiiConfigAccessProtocol* ConfigRouting::driver_at(View path) {
  auto found = handles_.locate_buffer(efi::LocateSearchType::ByProtocol, &efi::HiiConfigAccessProtocol::kGuid, nullptr);
  if (!found) return nullptr;
  efi::HiiConfigAccessProtocol* driver = nullptr;
  for (efi::Handle handle : *found) {
    auto own = handles_.find(handle, efi::kDevicePathGuid);
    auto whole = own ? device_path::measure(static_cast<const efi::DevicePath*>(*own)) : Result<ByteSpan>(Status::NotFound);
    if (!whole || !same_bytes(path, *whole)) continue;
    driver = handles_.get<efi::HiiConfigAccessProtocol>(handle).value_or(nullptr);
    break;
  }
  handles_.heap().release(found->data());
  return driver;
}

// Hands each part to its driver: to ExtractConfig when there are results to collect, else to RouteConfig.
Result<> ConfigRouting::each_part(View text, size_t& done, Text* results) {
  done = 0;
  for (;;) {
    const View part = first_part(text.substr(done));
    const auto header = header_of(part);
    if (!header) {
      if (done != 0) --done;  // to the & before the error
      return Status::InvalidParameter;
    }
    efi::HiiConfigAccessProtocol* driver = driver_at(header->path);
    if (driver == nullptr) return Status::NotFound;
    Text own(handles_.heap());
    TRY(own.append(part));
    efi::Char16* progress = own.data();
    efi::Char16* answer = nullptr;
    const efi::EfiStatus status = calls_.outside([&] {
      return results != nullptr ? driver->extract_config(driver, own.data(), &progress, &answer)
                                : driver->route_config(driver, own.data(), &progress);
    });
    const bool failed = efi::is_error(status);
    Result<> kept;
    if (!failed && answer != nullptr) {
      if (!results->empty()) kept = results->append(u"&");
      if (kept) kept = results->append(answer);
    }
    if (answer != nullptr) handles_.heap().release(answer);
    if (failed) {
      const auto offset = static_cast<size_t>(progress - own.data());
      if (progress >= own.data() && offset <= part.size()) done += offset;
      return failure_of(status);
    }
    TRY(std::move(kept));
    done += part.size();
    if (done == text.size()) return {};
    ++done;  // the & before the next part
  }
}

Result<efi::Char16*> ConfigRouting::extract(View request, size_t& done) {
  Text results(handles_.heap());
  TRY(each_part(request, done, &results));
  return results.finish();
}

Result<> ConfigRouting::route(View configuration, size_t& done) { return each_part(configuration, done, nullptr); }

// [UEFI 2.10, 35.4.3] Every driver tells all it has when it is asked for nothing in particular.
Result<efi::Char16*> ConfigRouting::export_all() {
  Text results(handles_.heap());
  auto found = handles_.locate_buffer(efi::LocateSearchType::ByProtocol, &efi::HiiConfigAccessProtocol::kGuid, nullptr);
  if (!found) return results.finish();
  Result<> kept;
  for (efi::Handle handle : *found) {
    auto driver = handles_.get<efi::HiiConfigAccessProtocol>(handle);
    if (!driver || !kept) continue;
    efi::Char16* progress = nullptr;
    efi::Char16* answer = nullptr;
    const efi::EfiStatus status = calls_.outside([&] { return (*driver)->extract_config(*driver, nullptr, &progress, &answer); });
    if (efi::is_error(status) || answer == nullptr) continue;
    if (!results.empty()) kept = results.append(u"&");
    if (kept) kept = results.append(answer);
    handles_.heap().release(answer);
  }
  handles_.heap().release(found->data());
  TRY(std::move(kept));
  return results.finish();
}

Result<efi::Char16*> ConfigRouting::block_to_config(View request, ByteSpan block, size_t& done) {
  const auto header = header_of(request);
  done = header ? header->size : 0;
  Text results(handles_.heap());
  TRY(results.append(request.substr(0, done)));
  while (done < request.size()) {
    size_t at = done;
    const auto name = block_name(request, at);
    if (!name) return Status::InvalidParameter;
    const auto bytes = slice(block, name->offset, name->width);
    if (!bytes) return Status::DeviceError;
    TRY(results.append(request.substr(done, at - done)));
    TRY(results.append(u"&VALUE="));
    for (size_t i = bytes->size(); i-- > 0;) TRY(results.append_hex(static_cast<uint8_t>((*bytes)[i])));  // a number: highest digit first
    done = at;
  }
  return results.finish();
}

Result<> ConfigRouting::config_to_block(View response, uint8_t* block, efi::Uintn& size, size_t& done) {
  const auto header = header_of(response);
  const size_t begin = done = header ? header->size : 0;
  uint64_t end = 0;
  // Twice: nothing is written unless all of it fits. The first other element ends it.
  for (const bool write : {false, true}) {
    done = begin;
    if (write && (block == nullptr || end > size)) {
      size = end;
      done = 0;
      return block == nullptr ? Status::InvalidParameter : Status::BufferTooSmall;
    }
    while (done < response.size()) {
      size_t at = done;
      const auto name = block_name(response, at);
      const auto value = name ? take(response, at, u"&VALUE=") : std::nullopt;
      if (!value || value->empty() || !is_hex(*value)) break;
      end = std::max(end, name->offset + name->width);
      for (uint64_t i = 0; write && i < name->width; ++i) {
        const size_t low = 2 * i + 1;  // counted from the end of the digits
        const int lower = low <= value->size() ? digit((*value)[value->size() - low]) : 0;
        const int upper = low + 1 <= value->size() ? digit((*value)[value->size() - low - 1]) : 0;
        block[name->offset + i] = static_cast<uint8_t>(upper << 4 | lower);
      }
      done = at;
    }
  }
  if (done < response.size()) return Status::InvalidParameter;
  if (end != 0) size = end - 1;
  return {};
}

Result<efi::Char16*> ConfigRouting::alt_config(View response, const AltConfig& wanted) {
  const auto path = wanted.path ? device_path::measure(wanted.path) : Result<ByteSpan>(Status::NotFound);
  if (wanted.path && !path) return Status::InvalidParameter;
  for (View rest = response;;) {
    const View part = first_part(rest);
    const auto header = header_of(part);
    if (!header) return Status::InvalidParameter;
    size_t at = header->size;
    const auto id = take(part, at, u"&ALTCFG=");
    const bool same_id = wanted.id ? id && number(*id) && number(*id) == number(wanted.id) : !id;
    if (same_id && (!wanted.guid || same_bytes(header->guid, bytes_of(*wanted.guid))) &&
        (!wanted.name || same_name(header->name, wanted.name)) && (!path || same_bytes(header->path, *path))) {
      Text found(handles_.heap());
      TRY(found.append(part.substr(0, header->size)));
      TRY(found.append(part.substr(at)));  // without its ALTCFG: a <ConfigResp> has none
      return found.finish();
    }
    if (part.size() == rest.size()) return Status::NotFound;
    rest = rest.substr(part.size() + 1);
  }
}

// ---- the C edge

struct ConfigThunks {
  using Self = const efi::HiiConfigRoutingProtocol;
  static constexpr efi::EfiStatus kInvalid = efi::encode(Status::InvalidParameter);

  static ConfigRouting& owner(Self* self) { return *static_cast<const ConfigRouting::Edge*>(self)->owner; }

  static efi::EfiStatus give(Result<efi::Char16*> made, efi::Char16** out) {
    if (made) *out = *made;
    return efi::encode(made);
  }

  static efi::EfiStatus EFIAPI extract_config(Self* self, const efi::Char16* request, efi::Char16** progress, efi::Char16** results) {
    if (progress == nullptr || results == nullptr) return kInvalid;
    *progress = const_cast<efi::Char16*>(request);
    if (request == nullptr) return kInvalid;
    ProgramCalls::Scope call(owner(self).calls_);
    size_t done = 0;
    auto made = owner(self).extract(request, done);
    *progress += done;
    return give(std::move(made), results);
  }
  static efi::EfiStatus EFIAPI export_config(Self* self, efi::Char16** results) {
    if (results == nullptr) return kInvalid;
    ProgramCalls::Scope call(owner(self).calls_);
    return give(owner(self).export_all(), results);
  }
  static efi::EfiStatus EFIAPI route_config(Self* self, const efi::Char16* configuration, efi::Char16** progress) {
    if (progress == nullptr) return kInvalid;
    *progress = const_cast<efi::Char16*>(configuration);
    if (configuration == nullptr) return kInvalid;
    ProgramCalls::Scope call(owner(self).calls_);
    size_t done = 0;
    auto routed = owner(self).route(configuration, done);
    *progress += done;
    return efi::encode(routed);
  }
  static efi::EfiStatus EFIAPI block_to_config(Self* self, const efi::Char16* request, const uint8_t* block, efi::Uintn size,
                                               efi::Char16** config, efi::Char16** progress) {
    if (progress == nullptr) return kInvalid;
    *progress = const_cast<efi::Char16*>(request);
    if (request == nullptr || block == nullptr || config == nullptr) return kInvalid;
    ProgramCalls::Scope call(owner(self).calls_);
    size_t done = 0;
    auto made = owner(self).block_to_config(request, {reinterpret_cast<const std::byte*>(block), size}, done);
    *progress += made.status() == Status::OutOfResources ? 0 : done;
    return give(std::move(made), config);
  }
  static efi::EfiStatus EFIAPI config_to_block(Self* self, const efi::Char16* response, uint8_t* block, efi::Uintn* size,
                                               efi::Char16** progress) {
    if (progress == nullptr) return kInvalid;
    *progress = const_cast<efi::Char16*>(response);
    if (response == nullptr || size == nullptr) return kInvalid;
    ProgramCalls::Scope call(owner(self).calls_);
    size_t done = 0;
    auto made = owner(self).config_to_block(response, block, *size, done);
    *progress += done;
    return efi::encode(made);
  }
  static efi::EfiStatus EFIAPI get_alt_config(Self* self, const efi::Char16* response, const efi::Guid* guid, const efi::Char16* name,
                                              const efi::DevicePath* path, const efi::Char16* id, efi::Char16** alternative) {
    if (response == nullptr || alternative == nullptr) return kInvalid;
    ProgramCalls::Scope call(owner(self).calls_);
    return give(owner(self).alt_config(response, {guid, name, path, id}), alternative);
  }
};

ConfigRouting::ConfigRouting(HandleDatabase& handles, EventQueue& events)
    : handles_(handles),
      calls_(events),
      edge_{{ConfigThunks::extract_config, ConfigThunks::export_config, ConfigThunks::route_config, ConfigThunks::block_to_config,
             ConfigThunks::config_to_block, ConfigThunks::get_alt_config},
            this} {}

}  // namespace efilite::core::hii
