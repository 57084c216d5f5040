// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/xen/front_end.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/digits.hpp"
#include "base/log.hpp"

namespace efilite::drivers::xen {

namespace {

constexpr int kTriesToList = 8;
constexpr uint64_t kPatienceToClose = 5 * kSecond;  // with what is over; an OS is waiting

std::optional<uint64_t> parse_number(std::string_view digits) {
  uint64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, value);
  return read.ec == std::errc() && read.ptr == end ? std::optional(value) : std::nullopt;
}

void add_number(DeviceNumbers& out, uint32_t number) {
  size_t at = out.size();
  while (at > 0 && out[at - 1] > number) --at;
  if (!out.insert(at, number)) log::line("efilite: there are more of Xen's devices than can be used");
}

// NOT_READY: some were added or removed meanwhile.
template <typename Visit>
Result<> for_each_name(Store& store, std::string_view path, Visit visit) {
  for (uint32_t from = 0;;) {
    const Store::Names names = TRY(store.list(path, from));
    for (std::string_view rest = names.names; !rest.empty();) {
      const std::string_view name = rest.substr(0, rest.find('\0'));
      rest.remove_prefix(std::min(rest.size(), name.size() + 1));
      visit(name);
    }
    if (!names.more || names.names.empty()) return {};
    from += static_cast<uint32_t>(names.names.size());
  }
}

}  // namespace

// Devices come and go while we read.
Result<> list_devices(Store& store, std::string_view kind, DeviceNumbers& out) {
  const StorePath path = StorePath().add("device/").add(kind);
  Result<> done = Status::NotReady;
  for (int tries = 0; tries < kTriesToList && done.status() == Status::NotReady; ++tries) {
    out.clear();
    done = for_each_name(store, path.view(), [&](std::string_view name) {
      if (auto number = parse_number(name); number && *number <= UINT32_MAX) add_number(out, static_cast<uint32_t>(*number));
    });
  }
  return done.status() == Status::NotFound ? Result<>() : done;
}

StorePath& StorePath::add(std::string_view text) {
  if (length_ > text_.size() || text.size() > text_.size() - length_) {
    length_ = text_.size() + 1;
    return *this;
  }
  memcpy(text_.data() + length_, text.data(), text.size());
  length_ += text.size();
  return *this;
}

StorePath& StorePath::add(uint64_t number) { return add(Digits(number).view()); }

Result<> FrontEnd::find() {
  back_ = {};
  const std::string_view back = TRY(text(Side::Front, "backend"));
  if (!back_.add(back).valid() || back.empty()) {
    log::line("efilite: ", name_, ": the store names an impossible back end");
    back_ = {};
    return Status::DeviceError;
  }
  const uint64_t domain = TRY(number(Side::Front, "backend-id"));
  if (domain >= DOMID_FIRST_RESERVED) {
    log::line("efilite: ", name_, ": its back end is in an impossible domain: ", domain);
    return Status::DeviceError;
  }
  other_domain_ = static_cast<uint16_t>(domain);
  return {};
}

StorePath FrontEnd::path(Side side, std::string_view key) const {
  StorePath out = side == Side::Front ? front_ : back_;
  return out.add("/").add(key);
}

Result<std::string_view> FrontEnd::text(Side side, std::string_view key) {
  const StorePath at = path(side, key);
  if (!at.valid()) return Status::InvalidParameter;
  return store_.read(at.view());
}

Result<uint64_t> FrontEnd::number(Side side, std::string_view key, std::optional<uint64_t> otherwise) {
  auto digits = text(side, key);
  if (digits.status() == Status::NotFound) {
    if (otherwise) return *otherwise;
    log::line("efilite: ", name_, ": there is no ", key);
  }
  if (auto value = parse_number(TRY(digits))) return *value;
  log::line("efilite: ", name_, ": ", key, " is no number");
  return Status::DeviceError;
}

Result<> FrontEnd::write(std::string_view key, std::string_view value) {
  const StorePath at = path(Side::Front, key);
  if (!at.valid()) return Status::InvalidParameter;
  return store_.write(at.view(), value);
}

Result<> FrontEnd::write(std::string_view key, uint64_t value) { return write(key, StorePath().add(value).view()); }

void FrontEnd::remove(std::span<const std::string_view> keys) {
  uint64_t found = 0;  // a bit each
  (void)for_each_name(store_, front_.view(), [&](std::string_view name) {
    for (size_t i = 0; i < keys.size(); ++i) found |= uint64_t{keys[i] == name} << i;
  });
  for (size_t i = 0; i < keys.size(); ++i)
    if ((found >> i & 1) != 0) (void)store_.remove(path(Side::Front, keys[i]).view());
}

Result<> FrontEnd::set_state(xenbus_state state) { return write("state", static_cast<uint64_t>(state)); }

Result<unsigned> FrontEnd::state(Side side) {
  const uint64_t state = TRY(number(side, "state", XenbusStateClosed));
  return state <= XenbusStateReconfigured ? static_cast<unsigned>(state) : unsigned{XenbusStateUnknown};
}

Result<unsigned> FrontEnd::wait(States wanted, uint64_t patience) {
  for (uint64_t end = 0;;) {
    const unsigned now_in = TRY(state(Side::Back));
    if (wanted.have(now_in)) return now_in;
    if (!watching_) {
      TRY(store_.watch(path(Side::Back, "state").view()));
      watching_ = true;
      continue;  // it may have changed before it was watched
    }
    const uint64_t now = clock_.now();
    if (end == 0) end = now + patience;
    if (now >= end) return Status::Timeout;
    (void)TRY(store_.wait(end - now));
  }
}

void FrontEnd::unwatch() {
  if (std::exchange(watching_, false)) (void)store_.unwatch(path(Side::Back, "state").view());
}

Result<> FrontEnd::close() {
  if (TRY(state(Side::Back)) != XenbusStateClosed) {
    TRY(set_state(XenbusStateClosing));
    TRY(wait(States(XenbusStateClosing, XenbusStateClosed), kPatienceToClose));
  }
  TRY(set_state(XenbusStateClosed));
  TRY(wait(States(XenbusStateClosed), kPatienceToClose));
  return {};
}

Result<> FrontEnd::restart() {
  TRY(set_state(XenbusStateInitialising));
  TRY(wait(States(XenbusStateInitWait, XenbusStateInitialised), kPatienceToClose));
  return {};
}

// A back end may skip Initialising, InitWait or both of them [Xen public/io/blkif.h].
Result<> FrontEnd::make_fresh() {
  constexpr States kFresh(XenbusStateInitialising, XenbusStateInitWait, XenbusStateInitialised);
  if (TRY(state(Side::Front)) == XenbusStateInitialising && kFresh.have(TRY(state(Side::Back)))) return {};
  TRY(close());
  return restart();
}

}  // namespace efilite::drivers::xen
