// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "drivers/xen/xen_store.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/digits.hpp"
#include "base/log.hpp"

namespace efilite::drivers::xen {

namespace {

constexpr uint64_t kPatience = 300'000'000;  // half a minute of Clock's 100 ns, for one answer
constexpr std::string_view kNul("\0", 1);
constexpr std::string_view kToken = "efilite";
constexpr uint32_t kMostOfShort = 16;  // "OK" or the name of an error
// That are none of ours, in front of an answer.
constexpr unsigned kMostMessages = 1 << 14, kMostBytes = 1 << 20;
constexpr uint32_t kNoTransaction = 0;

// [Xen public/io/xs_wire.h] errors have names. EACCES is given for a node that is somebody else's, EPERM for what only others may do.
struct NamedError {
  std::string_view name;
  Status status;
};
constexpr NamedError kErrors[] = {
    {"ENOENT", Status::NotFound},        {"EACCES", Status::AccessDenied},   {"EPERM", Status::AccessDenied},
    {"EAGAIN", Status::NotReady},        {"EBUSY", Status::NotReady},        {"EINVAL", Status::InvalidParameter},
    {"ENOMEM", Status::OutOfResources},  {"ENOSPC", Status::OutOfResources}, {"EROFS", Status::WriteProtected},
    {"EEXIST", Status::AlreadyStarted},  {"ENOSYS", Status::Unsupported},    {"E2BIG", Status::BadBufferSize},
};

Status status_of_name(std::string_view name) {
  for (const NamedError& error : kErrors) {
    if (name == error.name) return error.status;
  }
  return Status::DeviceError;
}

// What lies before the first NUL.
std::string_view up_to_nul(std::string_view text) { return {text.data(), std::min(text.find('\0'), text.size())}; }

template <typename T>
bool parse(std::string_view digits, T& number) {
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() && end == digits.data() + digits.size();
}

bool is_path(std::string_view path) {
  const size_t most = path.starts_with('/') ? XENSTORE_ABS_PATH_MAX : XENSTORE_REL_PATH_MAX;
  return !path.empty() && path.size() <= most && path.find('\0') == path.npos;
}

}  // namespace

// ---- connection

bool XenStore::is_new() const {
  return (read_once(&page_->req_cons) | read_once(&page_->req_prod) | read_once(&page_->rsp_cons) | read_once(&page_->rsp_prod)) == 0;
}

bool XenStore::reconnects() const { return (read_once(&page_->server_features) & XENSTORE_SERVER_FEATURE_RECONNECTION) != 0; }

Result<> XenStore::start() {
  const SharedPage page = TRY(shared_page(xen_, memory_, HVM_PARAM_STORE_PFN, HVM_PARAM_STORE_EVTCHN));
  page_ = reinterpret_cast<xenstore_domain_interface*>(page.bytes);
  port_ = page.port;
  requests_ = {page_->req, page_->req_cons, page_->req_prod};
  replies_ = {page_->rsp, page_->rsp_cons, page_->rsp_prod};
  // Nobody before us has used the numbers that follow, efilite included.
  last_id_ = static_cast<uint32_t>(clock_.counter());
  usable_ = true;
  set_deadline();
  if (reconnects()) TRY(await_connection());
  if (is_new()) return {};
  return reconnects() ? reconnect() : take_over();
}

Result<> XenStore::ready() {
  if (page_ == nullptr) TRY(start());
  return usable_ ? Result<>() : Result<>(Status::DeviceError);
}

// Somebody may have asked for it before this domain ran [Xen docs/misc/xenstore-ring.txt].
Result<> XenStore::await_connection() {
  while (read_once(&page_->connection) != XENSTORE_CONNECTED) TRY(pause());
  return {};
}

Result<> XenStore::reconnect() {
  set_deadline();
  __atomic_store_n(&page_->connection, XENSTORE_RECONNECT, __ATOMIC_SEQ_CST);
  TRY(notify());
  return await_connection();
}

// From somebody before us, where xenstored cannot begin anew: it is told to forget his watches and transactions, and everything in front of
// its answer was meant for him, be it whole messages or the end of one whose beginning he has read.
Result<> XenStore::take_over() {
  const xsd_sockmsg request = TRY(send_request(XS_RESET_WATCHES, kNoTransaction, {kNul}));
  xsd_sockmsg seen;
  const MutableByteSpan window = std::as_writable_bytes(std::span(&seen, 1));
  TRY(receive(window));
  for (unsigned skipped = 0; seen.req_id != request.req_id || seen.tx_id != kNoTransaction || seen.len > kMostOfShort ||
                             (seen.type != request.type && seen.type != XS_ERROR); ++skipped) {
    if (skipped == kMostBytes) return fail("it talks without end");
    __builtin_memmove(window.data(), window.data() + 1, window.size() - 1);
    TRY(receive(window.last(1)));
  }
  return receive(MutableByteSpan(payload_).first(seen.len));
}

Result<> XenStore::forget() {
  TRY(ask(XS_RESET_WATCHES, kNoTransaction, {kNul}));
  return {};
}

Result<> XenStore::quiesce() {
  if (page_ == nullptr) return {};
  Result<> done;
  // Its answer comes behind all events.
  if (usable_ && (has_watched_ || transaction_ != kNoTransaction)) done = forget();
  if (!usable_) done = Status::DeviceError;
  if (!usable_ && reconnects()) done = reconnect();
  (void)channels_.take(port_);
  transaction_ = kNoTransaction;
  has_watched_ = changed_ = false;
  page_ = nullptr;
  return done;
}

// ---- what its users want

Result<std::string_view> XenStore::read(std::string_view path) {
  if (!is_path(path)) return Status::InvalidParameter;
  return ask(XS_READ, transaction_, {path, kNul});
}

// A list for which one message has no room is read in parts, from a given byte on, each with a number that changes when the list does. A
// name of no letters is the end.
Result<Store::Names> XenStore::list(std::string_view path, uint32_t from) {
  if (!is_path(path)) return Status::InvalidParameter;
  if (from == 0) {
    const Result<std::string_view> all = ask(XS_DIRECTORY, transaction_, {path, kNul});
    if (all && !all->empty() && !all->ends_with('\0')) return fail("a name in a list has no end");
    if (all) return Names{*all, false};
    if (all.error() != Status::BadBufferSize) return all.error();
  }
  std::string_view names = TRY(ask(XS_DIRECTORY_PART, transaction_, {path, kNul, Digits(from).view(), kNul}));
  const std::string_view number = up_to_nul(names);
  uint64_t generation = 0;
  if (number.size() == names.size() || !names.ends_with('\0') || !parse(number, generation)) return fail("a part of a list makes no sense");
  if (from == 0) generation_ = generation;
  if (generation != generation_) return Status::NotReady;
  names.remove_prefix(number.size() + 1);
  const bool last = names.empty() || names == kNul || names.ends_with(std::string_view("\0\0", 2));
  if (last && !names.empty()) names.remove_suffix(1);
  return Names{names, !last};
}

Result<> XenStore::write(std::string_view path, std::string_view value) {
  if (!is_path(path)) return Status::InvalidParameter;
  TRY(ask(XS_WRITE, transaction_, {path, kNul, value}));
  return {};
}

Result<> XenStore::remove(std::string_view path) {
  if (!is_path(path)) return Status::InvalidParameter;
  TRY(ask(XS_RM, transaction_, {path, kNul}));
  return {};
}

Result<> XenStore::begin() {
  if (transaction_ != kNoTransaction) return Status::AlreadyStarted;
  const std::string_view number = TRY(ask(XS_TRANSACTION_START, kNoTransaction, {kNul}));
  if (parse(up_to_nul(number), transaction_) && transaction_ != kNoTransaction) return {};
  transaction_ = kNoTransaction;
  return fail("a transaction has no number");
}

// Whatever the answer, it is over.
Result<> XenStore::end_transaction(std::string_view how) {
  if (transaction_ == kNoTransaction) return Status::NotStarted;
  TRY(ask(XS_TRANSACTION_END, std::exchange(transaction_, kNoTransaction), {how, kNul}));
  return {};
}

Result<> XenStore::commit() { return end_transaction("T"); }
void XenStore::abort() { (void)end_transaction("F"); }

Result<> XenStore::change_watch(uint32_t type, std::string_view path) {
  if (!is_path(path)) return Status::InvalidParameter;
  TRY(ask(type, kNoTransaction, {path, kNul, kToken, kNul}));
  return {};
}

Result<> XenStore::watch(std::string_view path) {
  has_watched_ = true;
  return change_watch(XS_WATCH, path);
}

Result<> XenStore::unwatch(std::string_view path) { return change_watch(XS_UNWATCH, path); }

Result<bool> XenStore::wait(uint64_t units) {
  TRY(ready());
  const uint64_t end = clock_.now() + units;
  for (;;) {
    const bool told = TRY(checked(replies_.used())) != 0;
    if (told) {
      set_deadline();  // for the rest of it
      TRY(next_message());
    }
    if (std::exchange(changed_, false)) return true;
    const uint64_t now = clock_.now();
    if (now >= end) return false;
    if (!told) channels_.wait(port_, end - now);
  }
}

// ---- messages

Result<std::string_view> XenStore::ask(uint32_t type, uint32_t transaction, Parts parts) {
  TRY(ready());
  return answer(TRY(send_request(type, transaction, parts)));
}

Result<xsd_sockmsg> XenStore::send_request(uint32_t type, uint32_t transaction, Parts parts) {
  size_t length = 0;
  for (std::string_view part : parts) length += part.size();
  if (length > XENSTORE_PAYLOAD_MAX) return Status::InvalidParameter;
  const xsd_sockmsg header{type, ++last_id_, transaction, static_cast<uint32_t>(length)};
  set_deadline();
  TRY(send({reinterpret_cast<const char*>(&header), sizeof header}));
  for (std::string_view part : parts) TRY(send(part));
  TRY(notify());
  return header;
}

Result<std::string_view> XenStore::answer(const xsd_sockmsg& request) {
  for (unsigned messages = 0; messages < kMostMessages; ++messages) {
    const xsd_sockmsg message = TRY(next_message());
    if (message.type == XS_WATCH_EVENT || message.req_id != request.req_id) continue;  // the latter: to somebody before us
    if (message.type == XS_ERROR) return status_of_name(up_to_nul(payload(message.len)));
    if (message.type != request.type || message.tx_id != request.tx_id) return fail("it answers what was not asked");
    return payload(message.len);
  }
  return fail("it talks without end");
}

// Its payload, too. An event of ours is kept until somebody waits for one.
Result<xsd_sockmsg> XenStore::next_message() {
  xsd_sockmsg message;
  TRY(receive(std::as_writable_bytes(std::span(&message, 1))));
  if (message.len > payload_.size()) return fail("a message of it is too long");
  TRY(receive(MutableByteSpan(payload_).first(message.len)));
  if (message.type == XS_WATCH_EVENT) {
    std::string_view token = payload(message.len);
    token.remove_prefix(std::min(up_to_nul(token).size() + 1, token.size()));
    if (up_to_nul(token) == kToken) changed_ = true;
  }
  return message;
}

// ---- bytes

Result<> XenStore::send(std::string_view bytes) {
  for (ByteSpan left = std::as_bytes(std::span(bytes)); !left.empty();) {
    left = left.subspan(TRY(checked(requests_.put(left))));
    if (left.empty()) break;
    TRY(notify());
    TRY(pause());
  }
  return {};
}

Result<> XenStore::receive(MutableByteSpan out) {
  while (!out.empty()) {
    const uint32_t count = TRY(checked(replies_.take(out)));
    out = out.subspan(count);
    if (count == 0) TRY(pause());
    else if (replies_.made_room(count)) TRY(notify());
  }
  return {};
}

Result<> XenStore::notify() {
  if (!channels_.notify(port_)) return fail("its event channel is gone");
  return {};
}

void XenStore::set_deadline() { deadline_ = clock_.now() + kPatience; }

// [Xen docs/misc/xenstore-ring.txt] while it reconnects, nothing else in the page means anything; neither field does where its feature is
// not offered.
Result<> XenStore::pause() {
  const bool tells_errors = (read_once(&page_->server_features) & XENSTORE_SERVER_FEATURE_ERROR) != 0;
  const bool connected = !reconnects() || read_once(&page_->connection) == XENSTORE_CONNECTED;
  if (tells_errors && connected && read_once(&page_->error) != XENSTORE_ERROR_NONE) return fail("it has given this domain up");
  const uint64_t now = clock_.now();
  if (now >= deadline_) return fail("it does not answer");
  channels_.wait(port_, deadline_ - now);
  return {};
}

Result<uint32_t> XenStore::checked(Result<uint32_t> of_ring) {
  if (!of_ring) return fail("there is more in its ring than there is room for");
  return of_ring;
}

Status XenStore::fail(std::string_view why) {
  usable_ = false;
  log::line("efilite: xenstore: ", why, "; it is left alone");
  return Status::DeviceError;
}

}  // namespace efilite::drivers::xen
