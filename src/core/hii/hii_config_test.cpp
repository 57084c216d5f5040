// SPDX-License-Identifier: BSD-2-Clause-Patent
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "core/hii/hii.hpp"
#include "tests/support/clock.hpp"

namespace efilite::core::hii {
namespace {

using efi::encode;
constexpr auto kSuccess = encode(Status::Success);
constexpr auto kInvalid = encode(Status::InvalidParameter);

struct [[gnu::packed]] Path {
  uint8_t node[5] = {4, 4, 5, 0, 0};
  uint8_t end[4] = {0x7F, 0xFF, 4, 0};
};

class HiiConfigTest : public testing::Test {
 protected:
  // A driver that answers with its letter, and fails at "bad".
  struct Driver : efi::HiiConfigAccessProtocol {
    HiiConfigTest* test;
    Path path;
    char16_t letter;
    std::u16string routed;
  };
  static efi::EfiStatus EFIAPI extract(const efi::HiiConfigAccessProtocol* self, const efi::Char16* request, efi::Char16** progress,
                                       efi::Char16** results) {
    auto& driver = *static_cast<const Driver*>(self);
    driver.test->level = driver.test->events.tpl();
    std::u16string text = request ? request : u"all";
    if (auto bad = text.find(u"&bad"); bad != text.npos) {
      *progress = const_cast<efi::Char16*>(request) + bad;
      return encode(Status::AccessDenied);
    }
    if (driver.test->silent) return kSuccess;
    text += u"=";
    text += driver.letter;
    *results = static_cast<efi::Char16*>(driver.test->heap.allocate((text.size() + 1) * 2));
    memcpy(*results, text.c_str(), (text.size() + 1) * 2);
    return kSuccess;
  }
  static efi::EfiStatus EFIAPI route(const efi::HiiConfigAccessProtocol* self, const efi::Char16* text, efi::Char16**) {
    const_cast<Driver*>(static_cast<const Driver*>(self))->routed = text;
    return kSuccess;
  }
  void add(Driver& driver, uint8_t number) {
    driver.extract_config = extract;
    driver.route_config = route;
    driver.test = this;
    driver.path.node[4] = number;
    driver.letter = static_cast<char16_t>('A' + number);
    efi::Handle handle = nullptr;
    const ProtocolPair pairs[] = {{&efi::kDevicePathGuid, &driver.path}, {&efi::HiiConfigAccessProtocol::kGuid, &driver}};
    ASSERT_TRUE(handles.install_multiple(&handle, pairs).has_value());
  }
  // Of the text, or "-" and the status.
  std::u16string extracted(const std::u16string& request, efi::EfiStatus expected = kSuccess, size_t expected_progress = 0) {
    efi::Char16* progress = nullptr;
    efi::Char16* results = nullptr;
    EXPECT_EQ(config->extract_config(config, request.c_str(), &progress, &results), expected);
    EXPECT_EQ(static_cast<size_t>(progress - request.c_str()), expected == kSuccess ? request.size() : expected_progress);
    return take(results);
  }
  std::u16string take(efi::Char16* results) {
    if (results == nullptr) return u"-";
    std::u16string text = results;
    heap.release(results);
    return text;
  }

  HiiConfigTest() { events.restore_tpl(efi::kTplApplication); }

  test::ListHeap heap;
  test::FakeClock clock;
  test::FakeInterrupts interrupts{clock};
  EventQueue events{heap, interrupts, clock};
  HandleDatabase handles{heap, events};
  ConfigRouting routing{handles, events};
  const efi::HiiConfigRoutingProtocol* config = routing.protocol();
  Driver a{}, b{};
  efi::Tpl level = 0;
  bool silent = false;
  const std::u16string guid = u"GUID=00112233445566778899aabbccddeeff";
  const std::u16string to_a = guid + u"&NAME=0041&PATH=04040500007FFF0400";
  const std::u16string to_b = guid + u"&NAME=0042&PATH=04040500017fff0400";
};

TEST_F(HiiConfigTest, WithoutADriverARequestIsNotFoundAndAllIsNothing) {
  EXPECT_EQ(extracted(to_a, encode(Status::NotFound)), u"-");
  efi::Char16* progress = nullptr;
  EXPECT_EQ(config->route_config(config, to_a.c_str(), &progress), encode(Status::NotFound));
  EXPECT_EQ(progress, to_a.c_str());
  efi::Char16* results = nullptr;
  EXPECT_EQ(config->export_config(config, &results), kSuccess);
  EXPECT_EQ(take(results), u"");
}

TEST_F(HiiConfigTest, EachPartGoesToTheDriverOfItsPath) {
  add(a, 0);
  add(b, 1);
  EXPECT_EQ(extracted(to_b + u"&x&" + to_a), to_b + u"&x=B&" + to_a + u"=A");
  EXPECT_EQ(level, efi::kTplApplication);
  efi::Char16* progress = nullptr;
  const std::u16string text = to_b + u"&x=1&" + to_a + u"&y=2";
  EXPECT_EQ(config->route_config(config, text.c_str(), &progress), kSuccess);
  EXPECT_EQ(*progress, 0);
  EXPECT_EQ(a.routed, to_a + u"&y=2");
  EXPECT_EQ(b.routed, to_b + u"&x=1");
  efi::Char16* results = nullptr;
  EXPECT_EQ(config->export_config(config, &results), kSuccess);
  EXPECT_EQ(take(results), u"all=A&all=B");
  silent = true;
  EXPECT_EQ(extracted(to_b), u"");
}

TEST_F(HiiConfigTest, ProgressPointsToWhatFailed) {
  add(a, 0);
  EXPECT_EQ(extracted(to_a + u"&x&" + to_b, encode(Status::NotFound), to_a.size() + 3), u"-");
  EXPECT_EQ(extracted(to_a + u"&" + to_a + u"&ok&bad", encode(Status::AccessDenied), 2 * to_a.size() + 4), u"-");
}

TEST_F(HiiConfigTest, WhatIsNoHeaderIsInvalid) {
  add(a, 0);
  const std::u16string name = u"&NAME=", path = u"&PATH=";
  for (const std::u16string& text : {std::u16string(), std::u16string(u"x"), guid, guid + name, guid + path + name,
                                     u"GUID=12" + name + path, u"GUID=0011223344556677889900112233445g" + name + path,
                                     guid + u"&NAME=004" + path, guid + name + u"&PATH=0", guid + name + u"&PATH=0x"})
    EXPECT_EQ(extracted(text, kInvalid), u"-");
  efi::Char16* out = nullptr;
  efi::Char16 somewhere = 0;
  efi::Char16* progress = &somewhere;
  EXPECT_EQ(config->extract_config(config, nullptr, &progress, &out), kInvalid);
  EXPECT_EQ(progress, nullptr);
  EXPECT_EQ(config->extract_config(config, to_a.c_str(), nullptr, &out), kInvalid);
  EXPECT_EQ(config->extract_config(config, to_a.c_str(), &progress, nullptr), kInvalid);
  EXPECT_EQ(config->export_config(config, nullptr), kInvalid);
  EXPECT_EQ(config->route_config(config, nullptr, &progress), kInvalid);
  EXPECT_EQ(config->route_config(config, to_a.c_str(), nullptr), kInvalid);
}

TEST_F(HiiConfigTest, ProgressPointsToTheAmpersandBeforeASyntaxError) {
  add(a, 0);
  EXPECT_EQ(extracted(to_a + u"&x&GUID=12&NAME=&PATH=", kInvalid, to_a.size() + 2), u"-");
  efi::Char16* progress = nullptr;
  const std::u16string text = to_a + u"&x=1&GUID=12";
  EXPECT_EQ(config->route_config(config, text.c_str(), &progress), kInvalid);
  EXPECT_EQ(std::u16string(progress), u"&GUID=12");
}

TEST_F(HiiConfigTest, LackOfMemoryLeavesNothingBehind) {
  add(a, 0);
  for (size_t extra = 0;; ++extra) {
    const size_t before = heap.blocks();
    heap.allowed = before + extra;
    efi::Char16* progress;
    efi::Char16* results = nullptr;
    silent = extra < 3;
    if (config->extract_config(config, to_a.c_str(), &progress, &results) == kSuccess) {
      heap.release(results);
      EXPECT_EQ(heap.blocks(), before);
      break;
    }
    EXPECT_EQ(heap.blocks(), before);
  }
}

TEST_F(HiiConfigTest, BlocksBecomeStrings) {
  const uint8_t block[] = {0x01, 0xAB, 0xCD, 0x04};
  efi::Char16* out = nullptr;
  efi::Char16* progress = nullptr;
  const std::u16string request = to_a + u"&OFFSET=1&WIDTH=2&OFFSET=0&WIDTH=0001";
  EXPECT_EQ(config->block_to_config(config, request.c_str(), block, sizeof(block), &out, &progress), kSuccess);
  EXPECT_EQ(take(out), to_a + u"&OFFSET=1&WIDTH=2&VALUE=cdab&OFFSET=0&WIDTH=0001&VALUE=01");
  EXPECT_EQ(*progress, 0);
  const std::u16string far = to_a + u"&OFFSET=3&WIDTH=2";
  EXPECT_EQ(config->block_to_config(config, far.c_str(), block, sizeof(block), &out, &progress), encode(Status::DeviceError));
  const std::u16string wrong = to_a + u"&OFFSET=1&WIDTH=2&x";
  EXPECT_EQ(config->block_to_config(config, wrong.c_str(), block, sizeof(block), &out, &progress), kInvalid);
  EXPECT_EQ(std::u16string(progress), u"&x");
  EXPECT_EQ(config->block_to_config(config, nullptr, block, 4, &out, &progress), kInvalid);
  EXPECT_EQ(config->block_to_config(config, far.c_str(), nullptr, 4, &out, &progress), kInvalid);
  EXPECT_EQ(config->block_to_config(config, far.c_str(), block, 4, nullptr, &progress), kInvalid);
  EXPECT_EQ(config->block_to_config(config, far.c_str(), block, 4, &out, nullptr), kInvalid);
  heap.allowed = heap.blocks();
  EXPECT_EQ(config->block_to_config(config, request.c_str(), block, 4, &out, &progress), encode(Status::OutOfResources));
  EXPECT_EQ(progress, request.c_str());
}

TEST_F(HiiConfigTest, StringsBecomeBlocks) {
  uint8_t block[] = {0, 1, 2, 3, 4, 5};
  efi::Char16* progress = nullptr;
  efi::Uintn size = sizeof(block);
  const char16_t* response = u"OFFSET=4&WIDTH=1&VALUE=7&OFFSET=0&WIDTH=2&VALUE=AA55";  // the specification's example
  EXPECT_EQ(config->config_to_block(config, response, block, &size, &progress), kSuccess);
  const uint8_t expected[] = {0x55, 0xAA, 2, 3, 7, 5};
  EXPECT_EQ(memcmp(block, expected, sizeof(block)), 0);
  EXPECT_EQ(size, 4u);
  EXPECT_EQ(*progress, 0);

  size = sizeof(block);
  const std::u16string more = to_a + u"&OFFSET=1&WIDTH=1&VALUE=99&Fred=16";
  EXPECT_EQ(config->config_to_block(config, more.c_str(), block, &size, &progress), kInvalid);
  EXPECT_EQ(block[1], 0x99);
  EXPECT_EQ(size, sizeof(block));
  EXPECT_EQ(std::u16string(progress), u"&Fred=16");

  size = 3;
  const char16_t* far = u"OFFSET=0&WIDTH=1&VALUE=11&OFFSET=2&WIDTH=2&VALUE=1";
  EXPECT_EQ(config->config_to_block(config, far, block, &size, &progress), encode(Status::BufferTooSmall));
  EXPECT_EQ(size, 4u);
  EXPECT_EQ(block[0], 0x55);
  size = 0;
  EXPECT_EQ(config->config_to_block(config, far, nullptr, &size, &progress), kInvalid);
  EXPECT_EQ(size, 4u);
  EXPECT_EQ(progress, far);
  const char16_t* wrong = u"OFFSET=0&WIDTH=1&VALUE=1x";
  EXPECT_EQ(config->config_to_block(config, wrong, block, &size, &progress), kInvalid);
  EXPECT_EQ(progress, wrong);
  EXPECT_EQ(block[0], 0x55);
  const char16_t* half = u"OFFSET=0&WIDTH=1&VALUE=12&OFFSET=1&WIDTH=1&VALUE=";
  EXPECT_EQ(config->config_to_block(config, half, block, &size, &progress), kInvalid);
  EXPECT_EQ(std::u16string(progress), u"&OFFSET=1&WIDTH=1&VALUE=");
  EXPECT_EQ(block[0], 0x12);
  EXPECT_EQ(block[1], 0x99);
  EXPECT_EQ(config->config_to_block(config, nullptr, block, &size, &progress), kInvalid);
  EXPECT_EQ(config->config_to_block(config, far, block, nullptr, &progress), kInvalid);
  EXPECT_EQ(config->config_to_block(config, far, block, &size, nullptr), kInvalid);
}

TEST_F(HiiConfigTest, AlternativeConfigurationsAreFound) {
  const std::u16string response = to_a + u"&x=1&" + to_b + u"&ALTCFG=0037&x=2&" + to_b + u"&x=3";
  efi::Char16* out = nullptr;
  const Path path{{4, 4, 5, 0, 1}, {0x7F, 0xFF, 4, 0}};
  const auto* device = reinterpret_cast<const efi::DevicePath*>(&path);
  const efi::Guid other{};
  EXPECT_EQ(config->get_alt_config(config, response.c_str(), nullptr, nullptr, nullptr, u"37", &out), kSuccess);
  EXPECT_EQ(take(out), to_b + u"&x=2");  // a <ConfigResp> has no ALTCFG
  EXPECT_EQ(config->get_alt_config(config, response.c_str(), nullptr, u"B", device, nullptr, &out), kSuccess);
  EXPECT_EQ(take(out), to_b + u"&x=3");
  EXPECT_EQ(config->get_alt_config(config, response.c_str(), &other, nullptr, nullptr, u"37", &out), encode(Status::NotFound));
  EXPECT_EQ(config->get_alt_config(config, response.c_str(), nullptr, u"C", nullptr, nullptr, &out), encode(Status::NotFound));
  EXPECT_EQ(config->get_alt_config(config, u"x", nullptr, nullptr, nullptr, nullptr, &out), kInvalid);
  EXPECT_EQ(config->get_alt_config(config, nullptr, nullptr, nullptr, nullptr, nullptr, &out), kInvalid);
  EXPECT_EQ(config->get_alt_config(config, response.c_str(), nullptr, nullptr, nullptr, nullptr, nullptr), kInvalid);
}

}  // namespace
}  // namespace efilite::core::hii
