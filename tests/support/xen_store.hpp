// SPDX-License-Identifier: BSD-2-Clause-Patent
// A xenstored [Xen docs/misc/xenstore.txt] that serves one domain: nodes, transactions, watches and who may do what. It checks that its
// client keeps to the rules, and breaks them in every way it is told to.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "abi/xen.hpp"

namespace efilite::test {

class FakeXenstored {
 public:
  using Nodes = std::map<std::string, std::string>;  // by whole path
  explicit FakeXenstored(xenstore_domain_interface& page) : page_(page) {}

  static constexpr const char* kHome = "/local/domain/1";  // whoever is served may write here, and read what is not hidden
  Nodes nodes;
  std::string hidden = "/hidden";
  std::string refused = "/hidden";  // where writing ends in another error
  std::string refusal = "EACCES";

  // What it is told to do.
  std::function<void(xsd_sockmsg&, std::string&)> change_answer;
  std::function<void()> before_commit;
  bool silent = false;
  bool knows_reset = true;
  bool knows_parts = true;
  uint32_t piece = XENSTORE_RING_SIZE;  // so many bytes of an answer at a time

  // What it has seen.
  unsigned requests = 0, reconnections = 0, waits = 0;
  struct Watch {
    std::string path, token;  // as its owner wrote them
    bool operator==(const Watch&) const = default;
  };
  std::vector<Watch> watches;
  std::map<uint32_t, Nodes> transactions;

  bool idle() const {
    return page_.req_cons == page_.req_prod && page_.rsp_cons == page_.rsp_prod && in_.empty() && out_.empty();
  }

  // Whatever its client has to do with it begins with a notification...
  void notified() {
    if (silent) return;
    if ((page_.server_features & XENSTORE_SERVER_FEATURE_RECONNECTION) && page_.connection == XENSTORE_RECONNECT) return reconnect();
    take_requests();
    pump();
  }
  // ... and ends whenever it finds the time.
  void time_passes() {
    ++waits;
    if (!silent && piece != XENSTORE_RING_SIZE) pump();
  }

  // Somebody else's doing.
  void set(const std::string& path, const std::string& value) {
    nodes[path] = value;
    ++generation_;
    fire(path);
    say(std::exchange(events_, {}));
  }
  // A message that nobody has asked for; parts of one, too.
  void say(std::string_view bytes) {
    out_ += bytes;
    pump();
  }
  void say(uint32_t type, uint32_t id, std::string_view payload) {
    const xsd_sockmsg header{type, id, 0, static_cast<uint32_t>(payload.size())};
    say(std::string(reinterpret_cast<const char*>(&header), sizeof header) + std::string(payload));
  }

 private:
  static void insist(bool kept, const char* rule) {
    if (kept) return;
    fprintf(stderr, "xenstored: its client breaks a rule: %s\n", rule);
    abort();
  }

  void reconnect() {
    in_.clear();
    out_.clear();
    watches.clear();
    transactions.clear();
    page_.req_cons = page_.req_prod = page_.rsp_cons = page_.rsp_prod = 0;
    page_.error = XENSTORE_ERROR_NONE;
    page_.connection = XENSTORE_CONNECTED;
    ++reconnections;
  }
  void take_requests() {
    insist(page_.req_prod - page_.req_cons <= XENSTORE_RING_SIZE, "more in its ring than there is room for");
    while (page_.req_cons != page_.req_prod) in_ += page_.req[MASK_XENSTORE_IDX(page_.req_cons++)];
    xsd_sockmsg header;
    while (in_.size() >= sizeof header) {
      memcpy(&header, in_.data(), sizeof header);
      insist(header.len <= XENSTORE_PAYLOAD_MAX, "a message that is too long");
      if (in_.size() < sizeof header + header.len) return;
      const std::string payload = in_.substr(sizeof header, header.len);
      in_.erase(0, sizeof header + header.len);
      ++requests;
      answer(header, payload);
    }
  }
  void pump() {
    for (uint32_t i = 0; i < piece && !out_.empty() && page_.rsp_prod - page_.rsp_cons < XENSTORE_RING_SIZE; ++i) {
      page_.rsp[MASK_XENSTORE_IDX(page_.rsp_prod)] = out_[0];
      __atomic_store_n(&page_.rsp_prod, page_.rsp_prod + 1, __ATOMIC_RELEASE);
      out_.erase(0, 1);
    }
  }
  void answer(xsd_sockmsg header, const std::string& payload) {
    std::string text;
    const std::string error = handle(header, payload, text);
    if (!error.empty()) {
      header.type = XS_ERROR;
      text = error + '\0';
    }
    header.len = static_cast<uint32_t>(text.size());
    if (change_answer) change_answer(header, text);
    out_.append(reinterpret_cast<const char*>(&header), sizeof header);
    out_ += text + std::exchange(events_, {});
  }

  static std::vector<std::string> parts_of(const std::string& payload) {
    std::vector<std::string> parts;
    for (size_t at = 0; at < payload.size();) {
      const size_t end = std::min(payload.find('\0', at), payload.size());
      parts.push_back(payload.substr(at, end - at));
      at = end + 1;
    }
    return parts;
  }
  static std::string whole(const std::string& path) { return path[0] == '/' || path[0] == '@' ? path : std::string(kHome) + "/" + path; }
  static bool is_below(const std::string& path, const std::string& parent) {
    return path == parent || (path.starts_with(parent) && path[parent.size()] == '/');
  }

  // The error's name, or nothing.
  std::string handle(const xsd_sockmsg& header, const std::string& payload, std::string& text) {
    const std::vector<std::string> parts = parts_of(payload);
    auto transaction = transactions.find(header.tx_id);
    if (header.tx_id != 0 && transaction == transactions.end()) return "ENOENT";
    Nodes& view = header.tx_id == 0 ? nodes : transaction->second;
    text = std::string("OK\0", 3);
    switch (header.type) {
      case XS_READ:
      case XS_DIRECTORY:
      case XS_DIRECTORY_PART:
      case XS_WRITE:
      case XS_RM: {
        if (parts.empty() || parts[0].empty() || payload.find('\0') == payload.npos) return "EINVAL";
        insist(parts[0].size() <= (parts[0][0] == '/' ? XENSTORE_ABS_PATH_MAX : XENSTORE_REL_PATH_MAX), "a path that is too long");
        const std::string path = whole(parts[0]);
        if (is_below(path, hidden)) return "EACCES";
        if (header.type == XS_READ) return read(view, path, text);
        if (header.type == XS_DIRECTORY || header.type == XS_DIRECTORY_PART) return list(view, path, header.type, parts, text);
        if (is_below(path, refused)) return refusal;
        if (!is_below(path, kHome)) return "EACCES";
        if (header.tx_id == 0) ++generation_;
        if (header.type == XS_RM) return remove(view, path, header.tx_id == 0);
        make_parents(view, path);
        view[path] = payload.substr(payload.find('\0') + 1);
        if (header.tx_id == 0) fire(path);
        return {};
      }
      case XS_WATCH:
      case XS_UNWATCH: return change_watch(header.type, parts);
      case XS_RESET_WATCHES:
        if (!knows_reset) return "ENOSYS";
        watches.clear();
        transactions.clear();
        return {};
      case XS_TRANSACTION_START:
        insist(header.tx_id == 0, "a transaction in a transaction");
        transactions[++last_transaction_] = nodes;
        begun_[last_transaction_] = generation_;
        text = std::to_string(last_transaction_) + '\0';
        return {};
      case XS_TRANSACTION_END: return end_transaction(header.tx_id, parts);
      default: return "ENOSYS";
    }
  }
  std::string read(const Nodes& view, const std::string& path, std::string& text) {
    auto found = view.find(path);
    if (found == view.end()) return "ENOENT";
    text = found->second;
    return {};
  }
  std::string list(const Nodes& view, const std::string& path, uint32_t type, const std::vector<std::string>& parts, std::string& text) {
    if (!view.contains(path)) return "ENOENT";
    std::string names;
    for (const auto& [node, value] : view) {
      if (!is_below(node, path) || node == path) continue;
      const std::string name = node.substr(path.size() + 1);
      if (name.find('/') == name.npos) names += name + '\0';
    }
    if (type == XS_DIRECTORY) {
      if (names.size() > XENSTORE_PAYLOAD_MAX) return "E2BIG";
      text = names;
      return {};
    }
    if (!knows_parts) return "ENOSYS";
    if (parts.size() != 2) return "EINVAL";
    size_t at = strtoul(parts[1].c_str(), nullptr, 10);
    text = std::to_string(generation_) + '\0';
    while (at < names.size()) {
      const size_t end = names.find('\0', at) + 1;
      if (text.size() + (end - at) > XENSTORE_PAYLOAD_MAX - 1) return {};
      text += names.substr(at, end - at);
      at = end;
    }
    text += '\0';  // those were all
    return {};
  }
  void make_parents(Nodes& view, const std::string& path) {
    for (size_t slash = path.rfind('/'); slash != 0 && slash != path.npos; slash = path.rfind('/', slash - 1))
      view.emplace(path.substr(0, slash), "");
  }
  std::string remove(Nodes& view, const std::string& path, bool now) {
    if (!view.contains(path)) return view.contains(path.substr(0, path.rfind('/'))) ? "" : "ENOENT";
    std::erase_if(view, [&](const auto& node) { return is_below(node.first, path); });
    if (now) fire(path);
    return {};
  }
  std::string change_watch(uint32_t type, const std::vector<std::string>& parts) {
    if (parts.size() < 2) return "EINVAL";
    const Watch watch{parts[0], parts[1]};
    auto found = std::ranges::find(watches, watch);
    if (type == XS_UNWATCH) {
      if (found == watches.end()) return "ENOENT";
      watches.erase(found);
      return {};
    }
    if (found != watches.end()) return "EEXIST";
    watches.push_back(watch);
    tell(watch, watch.path);
    return {};
  }
  std::string end_transaction(uint32_t id, const std::vector<std::string>& parts) {
    auto found = transactions.find(id);
    if (found == transactions.end()) return "ENOENT";
    const Nodes view = found->second;
    const bool commits = !parts.empty() && parts[0] == "T";
    if (commits && before_commit) before_commit();
    transactions.erase(id);
    if (!commits) return {};
    if (begun_[id] != generation_) return "EAGAIN";
    const Nodes before = std::exchange(nodes, view);
    ++generation_;
    for (const auto& [path, value] : nodes)
      if (auto old = before.find(path); old == before.end() || old->second != value) fire(path);
    return {};
  }
  void fire(const std::string& path) {
    for (const Watch& watch : watches) {
      if (!is_below(path, whole(watch.path))) continue;
      tell(watch, watch.path[0] == '/' ? path : path.substr(strlen(kHome) + 1));
    }
  }
  void tell(const Watch& watch, const std::string& path) {
    const std::string payload = path + '\0' + watch.token + '\0';
    const xsd_sockmsg header{XS_WATCH_EVENT, 0, 0, static_cast<uint32_t>(payload.size())};
    events_.append(reinterpret_cast<const char*>(&header), sizeof header);
    events_ += payload;
  }

  xenstore_domain_interface& page_;
  std::string in_, out_, events_;
  uint32_t last_transaction_ = 0;
  std::map<uint32_t, unsigned> begun_;  // at which generation
  unsigned generation_ = 1;
};

}  // namespace efilite::test
