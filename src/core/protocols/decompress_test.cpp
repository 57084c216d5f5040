// SPDX-License-Identifier: BSD-2-Clause-Patent
#include "core/protocols/decompress.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <random>

#include "core/protocols/compress.hpp"

namespace efilite::core::decompress {
namespace {

using compress::Bytes;
using compress::Packer;

constexpr auto kSuccess = efi::encode(Status::Success), kInvalid = efi::encode(Status::InvalidParameter);

struct Decompress : testing::Test {
  efi::DecompressProtocol* p = &protocol();

  // The data, or nothing when it was refused. Buffers have just the sizes that are told, so that ASan sees every byte beyond.
  std::optional<Bytes> unpacked(Bytes packed) {
    uint32_t size = 0, scratch_size = 0;
    packed.shrink_to_fit();
    if (p->get_info(p, packed.data(), static_cast<uint32_t>(packed.size()), &size, &scratch_size) != kSuccess) return {};
    if (size > 64 << 20) return {};
    Bytes out(size), scratch(scratch_size);
    auto status = p->decompress(p, packed.data(), static_cast<uint32_t>(packed.size()), out.data(), size, scratch.data(), scratch_size);
    if (status == kSuccess) return out;
    EXPECT_EQ(status, kInvalid);
    return {};
  }
};

Bytes bytes(std::string_view text) { return {text.begin(), text.end()}; }

TEST_F(Decompress, InfoTellsTheSizes) {
  Bytes packed = Packer().pack(bytes("hello"));
  uint32_t size = 0, scratch = 0;
  EXPECT_EQ(p->get_info(p, packed.data(), packed.size(), &size, &scratch), kSuccess);
  EXPECT_EQ(size, 5u);
  EXPECT_GT(scratch, 1000u);
  EXPECT_LT(scratch, 8192u);
  EXPECT_EQ(p->get_info(p, packed.data(), packed.size() - 1, &size, &scratch), kInvalid);
  EXPECT_EQ(p->get_info(p, packed.data(), 7, &size, &scratch), kInvalid);
  EXPECT_EQ(p->get_info(p, packed.data(), 0, &size, &scratch), kInvalid);
  EXPECT_EQ(p->get_info(p, nullptr, packed.size(), &size, &scratch), kInvalid);
  EXPECT_EQ(p->get_info(p, packed.data(), packed.size(), nullptr, &scratch), kInvalid);
  EXPECT_EQ(p->get_info(p, packed.data(), packed.size(), &size, nullptr), kInvalid);
  EXPECT_EQ(p->get_info(nullptr, packed.data(), packed.size(), &size, &scratch), kInvalid);
  Bytes huge = {0xF8, 0xFF, 0xFF, 0xFF, 1, 0, 0, 0};
  EXPECT_EQ(p->get_info(p, huge.data(), huge.size(), &size, &scratch), kInvalid);
}

TEST_F(Decompress, BuffersThatAreTooSmallAreRefused) {
  Bytes packed = Packer().pack(bytes("hello"));
  uint32_t size = 0, scratch = 0;
  ASSERT_EQ(p->get_info(p, packed.data(), packed.size(), &size, &scratch), kSuccess);
  Bytes out(size + 1, 0xEE), room(scratch + 1);
  auto run = [&](uint32_t source_size, uint32_t out_size, uint32_t scratch_size, size_t shift = 0) {
    return p->decompress(p, packed.data(), source_size, out.data(), out_size, room.data() + shift, scratch_size);
  };
  EXPECT_EQ(run(packed.size(), size - 1, scratch), kInvalid);
  EXPECT_EQ(run(packed.size(), size, scratch - 1), kInvalid);
  EXPECT_EQ(run(packed.size() - 1, size, scratch), kInvalid);
  EXPECT_EQ(p->decompress(p, nullptr, packed.size(), out.data(), size, room.data(), scratch), kInvalid);
  EXPECT_EQ(p->decompress(p, packed.data(), packed.size(), nullptr, size, room.data(), scratch), kInvalid);
  EXPECT_EQ(p->decompress(p, packed.data(), packed.size(), out.data(), size, nullptr, scratch), kInvalid);
  EXPECT_EQ(p->decompress(nullptr, packed.data(), packed.size(), out.data(), size, room.data(), scratch), kInvalid);
  EXPECT_EQ(run(packed.size(), size + 1, scratch, 1), kSuccess);  // and scratch may begin anywhere
  EXPECT_EQ(out, bytes("hello\xEE"));
}

TEST_F(Decompress, NothingUnpacksToNothing) {
  EXPECT_EQ(unpacked({0, 0, 0, 0, 0, 0, 0, 0}), Bytes());
  EXPECT_EQ(unpacked(Packer().pack({})), Bytes());
}

TEST_F(Decompress, UnpacksCharactersAlone) {
  Packer literals;
  literals.longest_match = 0;
  for (std::string_view text : {"a", "aaaa", "ab", "hello, hello, hello"})
    EXPECT_EQ(unpacked(literals.pack(bytes(text))), bytes(text)) << text;
  Bytes all(256 * 3);
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<uint8_t>(i);
  EXPECT_EQ(unpacked(literals.pack(all)), all);
}

TEST_F(Decompress, UnpacksMatchesEvenOfWhatTheyWrite) {
  for (std::string text : {std::string("hello, hello, hello"), std::string(1000, 'x'), std::string("abcabcabcabcabcabcabcabcx")}) {
    Bytes packed = Packer().pack(bytes(text));
    EXPECT_LT(packed.size(), 8 + 40u);
    EXPECT_EQ(unpacked(packed), bytes(text)) << text;
  }
}

TEST_F(Decompress, TheLongestMatchAndTheFarthestPosition) {
  std::mt19937 random(1);
  Bytes data(8192);
  for (auto& b : data) b = random();
  data.insert(data.end(), data.begin(), data.begin() + 300);
  Packer packer;
  packer.block = 10000;
  Bytes packed = packer.pack(data);
  EXPECT_EQ(unpacked(packed), data);
  EXPECT_LT(packed.size(), 8192u + 300);  // what is there twice is two matches
}

TEST_F(Decompress, AnyDataComesBack) {
  std::mt19937 random(2);
  for (int round = 0; round < 30; ++round) {
    const bool chooses_blocks = round % 5 == 0;
    Bytes data(random() % (chooses_blocks ? 3000 : 15000));
    unsigned alphabet = 1 + random() % 256;
    for (size_t i = 0; i < data.size(); ++i)
      data[i] = i > 50 && random() % 4 ? data[i - 1 - random() % 50] : static_cast<uint8_t>(random() % alphabet);
    Packer packer;
    packer.block = chooses_blocks ? 0 : 1 + random() % 5000;
    packer.longest_match = random() % 257;
    ASSERT_EQ(unpacked(packer.pack(data)), data) << round;
  }
}

// As efilite unpacks itself: matches may lie far behind, and in what is there already.
TEST_F(Decompress, TheWideFormRepeatsWhatWasThereBefore) {
  std::mt19937 random(4);
  Bytes data(20000);
  for (auto& b : data) b = random();
  const size_t there = data.size();
  data.insert(data.end(), data.begin(), data.begin() + 10000);
  data.insert(data.end(), 5000, 'x');
  Packer packer;
  packer.format = compress::kWide;
  packer.block = 10000;
  Bytes packed = packer.pack(data, there);
  EXPECT_LT(packed.size(), 1000u);

  auto source = std::as_bytes(std::span(packed));
  Bytes out(data.begin(), data.begin() + static_cast<ptrdiff_t>(there)), scratch(info(source)->scratch);
  out.resize(data.size(), 0xEE);
  auto room = std::as_writable_bytes(std::span(out)), help = std::as_writable_bytes(std::span(scratch));
  EXPECT_TRUE(unpack_wide(source, room, there, help));
  EXPECT_EQ(out, data);
  EXPECT_EQ(unpack_wide(source, room.first(room.size() - 1), there, help).status(), Status::InvalidParameter);
  EXPECT_EQ(unpack_wide(source, room, room.size() + 1, help).status(), Status::InvalidParameter);
  // What is farther away than there is anything.
  EXPECT_EQ(unpack_wide(source, room.subspan(there - 100), 100, help).status(), Status::InvalidParameter);
}

TEST_F(Decompress, ABlockOf65536SymbolsHasTheCount0) {
  std::mt19937 random(3);
  Bytes data(70000);
  for (auto& b : data) b = "abcd"[random() % 4];
  Packer packer;
  packer.longest_match = 0;
  packer.block = 65536;
  EXPECT_EQ(unpacked(packer.pack(data)), data);
}

TEST_F(Decompress, CorruptDataIsRefused) {
  auto stream = [](uint32_t size, std::initializer_list<std::pair<uint32_t, int>> fields) {
    compress::BitWriter bits;
    for (auto [value, width] : fields) bits.put(value, width);
    return compress::with_header(bits.bytes(), size);
  };
  // one symbol in every set: extra, characters, positions
  EXPECT_EQ(unpacked(stream(3, {{3, 16}, {0, 5}, {0, 5}, {0, 9}, {'z', 9}, {0, 4}, {0, 4}})), bytes("zzz"));
  EXPECT_FALSE(unpacked(stream(3, {{3, 16}, {0, 5}, {19, 5}, {0, 9}, {'z', 9}, {0, 4}, {0, 4}})));   // no such extra
  EXPECT_FALSE(unpacked(stream(3, {{3, 16}, {0, 5}, {0, 5}, {0, 9}, {510, 9}, {0, 4}, {0, 4}})));    // no such character
  EXPECT_FALSE(unpacked(stream(3, {{3, 16}, {0, 5}, {0, 5}, {0, 9}, {'z', 9}, {0, 4}, {14, 4}})));   // beyond the window
  EXPECT_FALSE(unpacked(stream(3, {{3, 16}, {0, 5}, {0, 5}, {0, 9}, {256, 9}, {0, 4}, {0, 4}})));    // a match of nothing
  EXPECT_FALSE(unpacked(stream(3, {{3, 16}, {20, 5}})));                                             // more extras than there are
  EXPECT_FALSE(unpacked(stream(3, {{3, 16}, {1, 5}, {2, 3}, {0, 20}})));                             // codes left over
  EXPECT_FALSE(unpacked(stream(3, {{3, 16}, {3, 5}, {1, 3}, {1, 3}, {1, 3}, {0, 2}, {0, 20}})));     // too many codes
  EXPECT_FALSE(unpacked(stream(3, {{3, 16}, {1, 5}, {7, 3}, {0xFFFF, 16}, {0, 20}})));               // a length beyond 16
  EXPECT_FALSE(unpacked(stream(3, {{3, 16}, {0, 5}, {0, 5}, {511, 9}})));                            // more characters than there are
  EXPECT_FALSE(unpacked(stream(3, {{3, 16}, {0, 5}, {2, 5}, {510, 9}, {511, 9}, {0, 20}})));         // zeros beyond the last character
  EXPECT_FALSE(unpacked(stream(3, {{3, 16}, {0, 5}, {0, 5}, {5, 9}, {0, 20}})));                     // no codes at all
  EXPECT_FALSE(unpacked(stream(3, {{3, 16}, {0, 5}, {0, 5}, {0, 9}, {'z', 9}, {15, 4}, {0, 20}})));  // more positions than there are
  // A block of 3 symbols, and then nothing.
  EXPECT_FALSE(unpacked(stream(4, {{3, 16}, {0, 5}, {0, 5}, {0, 9}, {'z', 9}, {0, 4}, {0, 4}})));
}

TEST_F(Decompress, EveryBrokenBitGivesDataOrARefusal) {
  Bytes data;
  for (int i = 0; i < 400; ++i) data.push_back(static_cast<uint8_t>(i * i / 7));
  Bytes packed = Packer().pack(data);
  int refused = 0;
  for (size_t bit = 0; bit < packed.size() * 8; ++bit) {
    Bytes broken = packed;
    broken[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    refused += !unpacked(broken);
  }
  EXPECT_GT(refused, 100);
  for (size_t size = 8; size < packed.size(); ++size) {
    Bytes cut(packed.begin(), packed.begin() + static_cast<ptrdiff_t>(size));
    uint32_t left = static_cast<uint32_t>(size - 8);
    memcpy(cut.data(), &left, 4);
    EXPECT_FALSE(unpacked(cut)) << size;
  }
}

}  // namespace
}  // namespace efilite::core::decompress
