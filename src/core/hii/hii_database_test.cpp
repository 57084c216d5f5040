// SPDX-License-Identifier: BSD-2-Clause-Patent
// The HII database and string protocols through their C edge.
#include <gtest/gtest.h>

#include <functional>

#include "core/hii/hii.hpp"
#include "tests/support/clock.hpp"
#include "tests/support/hii.hpp"

namespace efilite::core::hii {
namespace {

using efi::encode;
using test::as_list;
using test::Bytes;
using test::list_guid;
using test::package;
using test::package_list;
using test::scsu;
using test::string_package;
using test::ucs2;
using Type = efi::HiiPackageType;

constexpr auto kSuccess = encode(Status::Success);
constexpr auto kInvalid = encode(Status::InvalidParameter);
constexpr auto kNotFound = encode(Status::NotFound);
constexpr auto kTooSmall = encode(Status::BufferTooSmall);
constexpr efi::Guid kVendor = {0xABCD, 1, 2, {3}};

Bytes guid_package(const efi::Guid& guid, int data) { return package(Type::Guid, Bytes().value(guid) + Bytes{data}); }

class HiiTest : public testing::Test {
 protected:
  HiiTest() {
    current = this;
    clock.interrupt = [this] { events.tick(); };
    events.restore_tpl(efi::kTplApplication);
    EXPECT_TRUE(hii.install().has_value());
  }
  ~HiiTest() override { current = nullptr; }

  efi::HiiHandle add(const Bytes& list, efi::Handle driver = nullptr) {
    efi::HiiHandle handle = nullptr;
    EXPECT_EQ(db->new_package_list(db, as_list(list), driver, &handle), kSuccess);
    return handle;
  }
  Bytes exported(efi::HiiHandle handle) {
    efi::Uintn size = 0;
    EXPECT_EQ(db->export_package_lists(db, handle, &size, nullptr), kTooSmall);
    Bytes out;
    out.resize(size);
    EXPECT_EQ(db->export_package_lists(db, handle, &size, reinterpret_cast<efi::HiiPackageListHeader*>(out.data())), kSuccess);
    EXPECT_EQ(size, out.size());
    return out;
  }
  std::vector<efi::HiiHandle> listed(Type type, const efi::Guid* guid = nullptr) {
    efi::Uintn size = 0;
    if (db->list_package_lists(db, static_cast<uint8_t>(type), guid, &size, nullptr) == kNotFound) {
      EXPECT_EQ(size, 0u);
      return {};
    }
    std::vector<efi::HiiHandle> found(size / sizeof(efi::HiiHandle));
    EXPECT_EQ(db->list_package_lists(db, static_cast<uint8_t>(type), guid, &size, found.data()), kSuccess);
    return found;
  }
  std::u16string text(efi::HiiHandle list, efi::StringId id, const char* language = "en") {
    efi::Char16 buffer[100];
    efi::Uintn size = sizeof(buffer);
    if (strings->get_string(strings, language, list, id, buffer, &size, nullptr) != kSuccess) return u"-";
    std::u16string found = buffer;
    EXPECT_EQ(size, (found.size() + 1) * 2);
    return found;
  }
  std::string languages(efi::HiiHandle list) {
    char buffer[100];
    efi::Uintn size = sizeof(buffer);
    if (strings->get_languages(strings, list, buffer, &size) != kSuccess) return "-";
    EXPECT_EQ(size, strlen(buffer) + 1);
    return buffer;
  }

  struct Call {
    uint8_t type;
    int data;  // the last byte of the package
    efi::HiiHandle list;
    efi::Uintn what;
    bool operator==(const Call&) const = default;
  };
  static inline HiiTest* current;
  static efi::EfiStatus EFIAPI heard(uint8_t type, const efi::Guid* guid, const void* bytes, efi::HiiHandle list, efi::Uintn what) {
    uint32_t head;
    memcpy(&head, bytes, 4);
    EXPECT_EQ(guid != nullptr, type == 1);
    current->calls.push_back({type, static_cast<const uint8_t*>(bytes)[(head & 0xFFFFFF) - 1], list, what});
    current->level = current->events.tpl();
    if (current->also) current->also();
    return kSuccess;
  }
  efi::Handle on(Type type, efi::Uintn what, const efi::Guid* guid = nullptr) {
    efi::Handle handle = nullptr;
    EXPECT_EQ(db->register_package_notify(db, static_cast<uint8_t>(type), guid, heard, what, &handle), kSuccess);
    return handle;
  }

  test::ListHeap heap;
  test::FakeClock clock;
  test::FakeInterrupts interrupts{clock};
  EventQueue events{heap, interrupts, clock};
  HandleDatabase handles{heap, events};
  Protocols hii{handles, events};
  const efi::HiiDatabaseProtocol* db = hii.database();
  const efi::HiiStringProtocol* strings = hii.strings();
  std::vector<Call> calls;
  std::function<void()> also;
  efi::Tpl level = 0;
};

TEST_F(HiiTest, AllProtocolsAreInstalledAndTakeNoMemoryBeforeTheyAreUsed) {
  EXPECT_EQ(*handles.locate_protocol(efi::HiiDatabaseProtocol::kGuid), db);
  EXPECT_EQ(*handles.locate_protocol(efi::HiiStringProtocol::kGuid), strings);
  EXPECT_EQ(*handles.locate_protocol(efi::HiiConfigRoutingProtocol::kGuid), hii.config_routing());
  const size_t before = heap.blocks();
  EXPECT_TRUE(listed(Type::All).empty());
  EXPECT_EQ(heap.blocks(), before);
}

TEST_F(HiiTest, AListComesBackAsItWent) {
  const Bytes list = package_list(1, {string_package("en", scsu("a")), guid_package(kVendor, 7), package(Type::Forms, {1, 2, 3})});
  const efi::HiiHandle handle = add(list);
  EXPECT_EQ(exported(handle), list);
  const Bytes other = package_list(2, {});
  add(other);
  EXPECT_EQ(exported(nullptr), Bytes(list) + other);
  EXPECT_EQ(db->remove_package_list(db, handle), kSuccess);
  EXPECT_EQ(exported(nullptr), other);
  EXPECT_EQ(db->remove_package_list(db, handle), kNotFound);
}

TEST_F(HiiTest, ARemovedListLeavesNoMemory) {
  const size_t before = heap.blocks();
  const efi::HiiHandle handle = add(package_list(1, {string_package("en", scsu("a")), guid_package(kVendor, 7)}));
  EXPECT_GT(heap.blocks(), before);
  EXPECT_EQ(db->remove_package_list(db, handle), kSuccess);
  EXPECT_EQ(heap.blocks(), before);
}

TEST_F(HiiTest, NewPackageListChecksWhatItIsGiven) {
  const Bytes list = package_list(1, {guid_package(kVendor, 7)});
  efi::HiiHandle handle;
  EXPECT_EQ(db->new_package_list(db, nullptr, nullptr, &handle), kInvalid);
  EXPECT_EQ(db->new_package_list(db, as_list(list), nullptr, nullptr), kInvalid);
  Bytes bad = list;
  bad[16] = 19;  // shorter than its header
  EXPECT_EQ(db->new_package_list(db, as_list(bad), nullptr, &handle), kInvalid);
  bad = list;
  bad[20] = 3;  // a package shorter than its header
  EXPECT_EQ(db->new_package_list(db, as_list(bad), nullptr, &handle), kInvalid);
  bad = list;
  bad[21] = 1;  // longer than the list
  EXPECT_EQ(db->new_package_list(db, as_list(bad), nullptr, &handle), kInvalid);
  bad = package_list(1, {guid_package(kVendor, 7)}, false);  // no end
  EXPECT_EQ(db->new_package_list(db, as_list(bad), nullptr, &handle), kInvalid);
  bad = package_list(1, {package(Type::Strings, {1, 2, 3})});
  EXPECT_EQ(db->new_package_list(db, as_list(bad), nullptr, &handle), kInvalid);
  bad = package_list(1, {package(Type::Guid, {1, 2, 3})});
  EXPECT_EQ(db->new_package_list(db, as_list(bad), nullptr, &handle), kInvalid);
  EXPECT_TRUE(listed(Type::All).empty());
}

TEST_F(HiiTest, LackOfMemoryChangesNothing) {
  const Bytes list = package_list(1, {string_package("en", scsu("a")), guid_package(kVendor, 7)});
  const efi::HiiHandle old = add(list);
  const size_t before = heap.blocks();
  for (size_t extra = 0; extra < 3; ++extra) {
    heap.allowed = before + extra;
    efi::HiiHandle handle;
    EXPECT_EQ(db->new_package_list(db, as_list(list), nullptr, &handle), encode(Status::OutOfResources));
    if (extra < 2) EXPECT_EQ(db->update_package_list(db, old, as_list(list)), encode(Status::OutOfResources));
    EXPECT_EQ(heap.blocks(), before);
  }
  heap.allowed = before;
  efi::Handle registration;
  efi::StringId id;
  EXPECT_EQ(db->register_package_notify(db, 0, nullptr, heard, 1, &registration), encode(Status::OutOfResources));
  EXPECT_EQ(strings->new_string(strings, old, &id, "en", nullptr, u"b", nullptr), encode(Status::OutOfResources));
  EXPECT_EQ(strings->new_string(strings, old, &id, "fr", nullptr, u"b", nullptr), encode(Status::OutOfResources));
  EXPECT_EQ(strings->set_string(strings, old, 1, "en", u"b", nullptr), encode(Status::OutOfResources));
  heap.allowed = before + 1;  // enough for the language, not for a string in it
  EXPECT_EQ(strings->new_string(strings, old, &id, "fr", u"f", u"b", nullptr), encode(Status::OutOfResources));
  EXPECT_EQ(exported(old), list);
}

TEST_F(HiiTest, ADriversDevicePathBecomesAPackage) {
  struct [[gnu::packed]] {
    uint8_t node[6] = {4, 4, 6, 0, 'x', 0};
    uint8_t end[4] = {0x7F, 0xFF, 4, 0};
  } path;
  efi::Handle driver = nullptr;
  ASSERT_TRUE(handles.install(&driver, efi::kDevicePathGuid, &path).has_value());
  const efi::HiiHandle handle = add(package_list(1, {guid_package(kVendor, 7)}), driver);
  EXPECT_EQ(exported(handle), package_list(1, {guid_package(kVendor, 7), package(Type::DevicePath, Bytes().add(&path, sizeof(path)))}));
  efi::Handle found = nullptr;
  EXPECT_EQ(db->get_package_list_handle(db, handle, &found), kSuccess);
  EXPECT_EQ(found, driver);
  EXPECT_EQ(db->get_package_list_handle(db, handle, nullptr), kInvalid);
  EXPECT_EQ(db->get_package_list_handle(db, nullptr, &found), kInvalid);
  EXPECT_EQ(db->get_package_list_handle(db, this, &found), kInvalid);
}

TEST_F(HiiTest, ListsAreFoundByTheKindOfTheirPackages) {
  const efi::HiiHandle a = add(package_list(1, {guid_package(kVendor, 1), string_package("en", {})}));
  const efi::HiiHandle b = add(package_list(2, {guid_package(list_guid(9), 1)}));
  const efi::HiiHandle c = add(package_list(3, {}));
  const efi::Guid other = list_guid(9), none = list_guid(8);
  EXPECT_EQ(listed(Type::All), (std::vector{a, b, c}));
  EXPECT_EQ(listed(Type::Strings), (std::vector{a}));
  EXPECT_EQ(listed(Type::Guid, &kVendor), (std::vector{a}));
  EXPECT_EQ(listed(Type::Guid, &other), (std::vector{b}));
  EXPECT_TRUE(listed(Type::Guid, &none).empty());
  EXPECT_TRUE(listed(Type::Fonts).empty());

  efi::HiiHandle out[3] = {};
  efi::Uintn size = 2 * sizeof(efi::HiiHandle);
  EXPECT_EQ(db->list_package_lists(db, 0, nullptr, &size, out), kTooSmall);
  EXPECT_EQ(size, sizeof(out));
  EXPECT_EQ(out[0], nullptr);
  EXPECT_EQ(db->list_package_lists(db, 0, nullptr, nullptr, out), kInvalid);
  EXPECT_EQ(db->list_package_lists(db, 0, nullptr, &size, nullptr), kInvalid);
  EXPECT_EQ(db->list_package_lists(db, 1, nullptr, &size, out), kInvalid);
  EXPECT_EQ(db->list_package_lists(db, 4, &kVendor, &size, out), kInvalid);
}

TEST_F(HiiTest, ExportTellsItsStatus) {
  efi::Uintn size = 0;
  EXPECT_EQ(db->export_package_lists(db, nullptr, &size, nullptr), kNotFound);
  const efi::HiiHandle handle = add(package_list(1, {}));
  EXPECT_EQ(db->export_package_lists(db, this, &size, nullptr), kNotFound);
  EXPECT_EQ(db->export_package_lists(db, handle, nullptr, nullptr), kInvalid);
  size = 1;
  EXPECT_EQ(db->export_package_lists(db, handle, &size, nullptr), kInvalid);
  efi::HiiPackageListHeader header{};
  EXPECT_EQ(db->export_package_lists(db, handle, &size, &header), kTooSmall);
  EXPECT_EQ(size, 24u);
  EXPECT_EQ(header.package_length, 0u);
}

TEST_F(HiiTest, UpdateReplacesPackagesOfTheSameKindAndAddsTheRest) {
  const efi::HiiHandle handle = add(package_list(1, {guid_package(kVendor, 1), guid_package(list_guid(9), 2), package(Type::Forms, {3})}));
  const Bytes update = package_list(5, {guid_package(kVendor, 4), guid_package(kVendor, 5), package(Type::Images, {6})});
  on(Type::All, efi::kHiiNewPack | efi::kHiiRemovePack | efi::kHiiAddPack);
  EXPECT_EQ(db->update_package_list(db, handle, as_list(update)), kSuccess);
  EXPECT_EQ(exported(handle), package_list(1, {guid_package(list_guid(9), 2), package(Type::Forms, {3}), guid_package(kVendor, 4),
                                               guid_package(kVendor, 5), package(Type::Images, {6})}));
  EXPECT_EQ(calls, (std::vector<Call>{{1, 1, handle, efi::kHiiRemovePack}, {1, 4, handle, efi::kHiiAddPack},
                                      {1, 5, handle, efi::kHiiAddPack}, {6, 6, handle, efi::kHiiAddPack}}));
  EXPECT_EQ(db->update_package_list(db, nullptr, as_list(update)), kNotFound);
  EXPECT_EQ(db->update_package_list(db, handle, nullptr), kInvalid);
  const Bytes bad = package_list(1, {guid_package(kVendor, 9)}, false);
  EXPECT_EQ(db->update_package_list(db, handle, as_list(bad)), kInvalid);
}

TEST_F(HiiTest, AnUpdatesPackagesComeOneByOne) {
  const efi::HiiHandle handle = add(package_list(1, {package(Type::Forms, {3}), package(Type::Images, {4})}));
  const Bytes update = package_list(5, {package(Type::Forms, {5}), package(Type::Images, {6})});
  on(Type::All, efi::kHiiRemovePack | efi::kHiiAddPack);
  std::vector<Bytes> seen;
  also = [&] { seen.push_back(exported(handle)); };
  EXPECT_EQ(db->update_package_list(db, handle, as_list(update)), kSuccess);
  EXPECT_EQ(calls, (std::vector<Call>{{2, 3, handle, efi::kHiiRemovePack}, {6, 4, handle, efi::kHiiRemovePack},
                                      {2, 5, handle, efi::kHiiAddPack}, {6, 6, handle, efi::kHiiAddPack}}));
  EXPECT_EQ(seen, (std::vector<Bytes>{package_list(1, {package(Type::Forms, {3}), package(Type::Images, {4})}),
                                      package_list(1, {package(Type::Images, {4})}), package_list(1, {package(Type::Forms, {5})}),
                                      package_list(1, {package(Type::Forms, {5}), package(Type::Images, {6})})}));
}

TEST_F(HiiTest, AnAddNotificationThatRemovesEndsWell) {
  const efi::HiiHandle handle = add(package_list(1, {}));
  const Bytes update = package_list(1, {package(Type::Forms, {5}), package(Type::Images, {6})});
  const size_t before = heap.blocks();
  const efi::Handle registration = on(Type::Forms, efi::kHiiAddPack);
  also = [&] { EXPECT_EQ(db->remove_package_list(db, handle), kSuccess); };
  EXPECT_EQ(db->update_package_list(db, handle, as_list(update)), kNotFound);
  EXPECT_EQ(db->unregister_package_notify(db, registration), kSuccess);
  EXPECT_EQ(heap.blocks(), before - 1);
}

TEST_F(HiiTest, NotificationsComeForTheKindAndTheReasonAsked) {
  on(Type::Guid, efi::kHiiNewPack, &kVendor);
  const efi::Handle forms = on(Type::Forms, efi::kHiiRemovePack);
  on(Type::Forms, efi::kHiiExportPack);
  const efi::HiiHandle handle = add(package_list(1, {guid_package(kVendor, 1), guid_package(list_guid(9), 2), package(Type::Forms, {3})}));
  EXPECT_EQ(calls, (std::vector<Call>{{1, 1, handle, efi::kHiiNewPack}}));
  EXPECT_EQ(level, efi::kTplApplication);  // as the caller, not as the database
  calls.clear();
  exported(handle);
  EXPECT_EQ(calls, (std::vector<Call>{{2, 3, handle, efi::kHiiExportPack}}));  // once: asking for the size exports nothing
  calls.clear();
  EXPECT_EQ(db->remove_package_list(db, handle), kSuccess);
  EXPECT_EQ(calls, (std::vector<Call>{{2, 3, handle, efi::kHiiRemovePack}}));
  calls.clear();
  EXPECT_EQ(db->unregister_package_notify(db, forms), kSuccess);
  EXPECT_EQ(db->unregister_package_notify(db, forms), kNotFound);
  EXPECT_EQ(db->remove_package_list(db, add(package_list(1, {package(Type::Forms, {3})}))), kSuccess);
  EXPECT_TRUE(calls.empty());
}

TEST_F(HiiTest, RegisteringChecksItsParameters) {
  efi::Handle handle;
  EXPECT_EQ(db->register_package_notify(db, 1, nullptr, heard, 1, &handle), kInvalid);
  EXPECT_EQ(db->register_package_notify(db, 2, &kVendor, heard, 1, &handle), kInvalid);
  EXPECT_EQ(db->register_package_notify(db, 2, nullptr, heard, 1, nullptr), kInvalid);
  EXPECT_EQ(db->register_package_notify(db, 2, nullptr, nullptr, 1, &handle), kInvalid);
}

TEST_F(HiiTest, ANotifiedFunctionMayRemoveTheListUnderIt) {
  on(Type::All, efi::kHiiNewPack);
  on(Type::All, efi::kHiiNewPack);
  also = [&] { EXPECT_EQ(db->remove_package_list(db, calls.back().list), kSuccess); };
  add(package_list(1, {package(Type::Forms, {3}), package(Type::Images, {4})}));
  EXPECT_EQ(calls.size(), 1u);
  EXPECT_TRUE(listed(Type::All).empty());
}

TEST_F(HiiTest, AListThatIsBeingRemovedCannotBeRemoved) {
  const efi::HiiHandle handle = add(package_list(1, {package(Type::Forms, {3}), package(Type::Images, {4})}));
  on(Type::All, efi::kHiiRemovePack);
  also = [&] { EXPECT_EQ(db->remove_package_list(db, handle), kNotFound); };
  EXPECT_EQ(db->remove_package_list(db, handle), kSuccess);
  EXPECT_EQ(calls.size(), 2u);
}

TEST_F(HiiTest, ARemoveNotificationThatRemovesEndsWell) {
  const efi::HiiHandle handle = add(package_list(1, {package(Type::Forms, {3}), package(Type::Images, {4})}));
  const Bytes update = package_list(1, {package(Type::Forms, {5})});
  on(Type::Forms, efi::kHiiRemovePack);
  also = [&] {
    also = nullptr;
    EXPECT_EQ(db->remove_package_list(db, handle), kSuccess);
  };
  EXPECT_EQ(db->update_package_list(db, handle, as_list(update)), kNotFound);
  EXPECT_EQ(db->remove_package_list(db, handle), kNotFound);
}

TEST_F(HiiTest, KeyboardLayouts) {
  uint16_t size = 0;
  EXPECT_EQ(db->find_keyboard_layouts(db, &size, nullptr), kSuccess);
  EXPECT_EQ(size, 0);
  EXPECT_EQ(db->get_keyboard_layout(db, nullptr, &size, nullptr), kNotFound);
  const Bytes us = Bytes{20, 0}.value(list_guid(0x11)) + Bytes{1, 2};
  const Bytes de = Bytes{19, 0}.value(list_guid(0x22)) + Bytes{3};
  const Bytes broken = Bytes{99, 0}.value(list_guid(0x33));
  add(package_list(1, {package(Type::KeyboardLayout, Bytes{3, 0} + us + de + broken), package(Type::KeyboardLayout, {})}));
  EXPECT_EQ(db->find_keyboard_layouts(db, &size, nullptr), kTooSmall);
  EXPECT_EQ(size, 32);
  efi::Guid guids[2];
  EXPECT_EQ(db->find_keyboard_layouts(db, &size, guids), kSuccess);
  EXPECT_EQ(guids[1], list_guid(0x22));

  uint8_t layout[20] = {};
  size = 0;
  EXPECT_EQ(db->get_keyboard_layout(db, &guids[0], &size, nullptr), kTooSmall);
  EXPECT_EQ(size, 20);
  EXPECT_EQ(db->get_keyboard_layout(db, &guids[0], &size, layout), kSuccess);
  EXPECT_EQ(memcmp(layout, us.data(), 20), 0);
  int switched = 0;
  auto made = events.create(efi::kEvtNotifySignal, efi::kTplCallback, [](efi::Event, void* count) EFIAPI { ++*static_cast<int*>(count); },
                            &switched, &efi::kHiiSetKeyboardLayoutEvent);
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(db->set_keyboard_layout(db, &guids[1]), kSuccess);
  EXPECT_EQ(switched, 1);
  EXPECT_EQ(db->get_keyboard_layout(db, nullptr, &size, layout), kSuccess);
  EXPECT_EQ(size, 19);
  const efi::Guid unknown = list_guid(0x33);
  EXPECT_EQ(db->set_keyboard_layout(db, &unknown), kNotFound);
  EXPECT_EQ(db->get_keyboard_layout(db, &unknown, &size, layout), kNotFound);
  EXPECT_EQ(switched, 1);
  EXPECT_EQ(db->set_keyboard_layout(db, nullptr), kInvalid);
  EXPECT_EQ(db->find_keyboard_layouts(db, nullptr, guids), kInvalid);
  EXPECT_EQ(db->find_keyboard_layouts(db, &size, nullptr), kInvalid);
  EXPECT_EQ(db->get_keyboard_layout(db, &guids[0], nullptr, layout), kInvalid);
  EXPECT_EQ(db->get_keyboard_layout(db, &guids[0], &size, nullptr), kInvalid);
}

TEST_F(HiiTest, StringsAreFoundByLanguageAndSecondaryLanguage) {
  const efi::HiiHandle list = add(package_list(1, {string_package("en-US;en", scsu("one") + ucs2(u"two")),
                                                   string_package("fr", scsu("un"))}));
  EXPECT_EQ(text(list, 1, "en-US"), u"one");
  EXPECT_EQ(text(list, 2, "EN-us"), u"two");
  EXPECT_EQ(text(list, 1, "en"), u"one");
  EXPECT_EQ(text(list, 1, "fr"), u"un");
  efi::Uintn size = 0;
  EXPECT_EQ(strings->get_string(strings, "fr", list, 2, nullptr, &size, nullptr), encode(Status::InvalidLanguage));
  EXPECT_EQ(strings->get_string(strings, "de", list, 1, nullptr, &size, nullptr), encode(Status::InvalidLanguage));
  EXPECT_EQ(strings->get_string(strings, "fr", list, 3, nullptr, &size, nullptr), kNotFound);
  EXPECT_EQ(strings->get_string(strings, "fr", list, 0, nullptr, &size, nullptr), kNotFound);
  EXPECT_EQ(strings->get_string(strings, "fr", this, 1, nullptr, &size, nullptr), kNotFound);
  EXPECT_EQ(strings->get_string(strings, "fr", list, 1, nullptr, &size, nullptr), kTooSmall);
  EXPECT_EQ(size, 6u);
  EXPECT_EQ(strings->get_string(strings, "fr", list, 1, nullptr, &size, nullptr), kInvalid);
  EXPECT_EQ(strings->get_string(strings, "fr", list, 1, nullptr, nullptr, nullptr), kInvalid);
  EXPECT_EQ(strings->get_string(strings, nullptr, list, 1, nullptr, &size, nullptr), kInvalid);
}

TEST_F(HiiTest, TheFontOfAStringIsGivenToTheCaller) {
  const efi::HiiHandle list = add(package_list(1, {string_package("en", Bytes{0x31, 0x40, 15, 0, 7, 12, 0, 1, 0, 0, 0, 'S', 0, 0, 0} +
                                                                            Bytes{0x11, 7, 'a', 0} + scsu("b"))}));
  efi::Char16 out[4];
  efi::Uintn size = sizeof(out);
  efi::FontInfo* font = nullptr;
  ASSERT_EQ(strings->get_string(strings, "en", list, 1, out, &size, &font), kSuccess);
  ASSERT_NE(font, nullptr);
  EXPECT_EQ(font->font_size, 12);
  EXPECT_EQ(font->font_style, 1u);
  EXPECT_EQ(std::u16string(font->font_name), u"S");
  heap.release(font);
  size = sizeof(out);
  EXPECT_EQ(strings->get_string(strings, "en", list, 2, out, &size, &font), kSuccess);
  EXPECT_EQ(font, nullptr);
  heap.allowed = heap.blocks();
  size = sizeof(out);
  EXPECT_EQ(strings->get_string(strings, "en", list, 1, out, &size, &font), encode(Status::OutOfResources));
}

TEST_F(HiiTest, ANewStringsIdentifierIsNewInAllLanguages) {
  const efi::HiiHandle list = add(package_list(1, {string_package("en", scsu("one") + scsu("two")), string_package("fr", scsu("un"))}));
  efi::StringId id = 0;
  EXPECT_EQ(strings->new_string(strings, list, &id, "fr", nullptr, u"trois", nullptr), kSuccess);
  EXPECT_EQ(id, 3);
  EXPECT_EQ(text(list, 3, "fr"), u"trois");
  EXPECT_EQ(text(list, 1, "fr"), u"un");
  EXPECT_EQ(text(list, 3, "en"), u"-");
  EXPECT_EQ(strings->new_string(strings, list, &id, "en", nullptr, u"four", nullptr), kSuccess);
  EXPECT_EQ(id, 4);
  EXPECT_EQ(strings->set_string(strings, list, 3, "en", u"three", nullptr), kSuccess);  // the other language follows
  EXPECT_EQ(text(list, 3, "en"), u"three");
  EXPECT_EQ(text(list, 4, "en"), u"four");
}

TEST_F(HiiTest, ANewStringMayBringANewLanguageAndItsName) {
  const efi::HiiHandle list = add(package_list(1, {}));
  EXPECT_EQ(languages(list), "");
  efi::StringId id = 0;
  EXPECT_EQ(strings->new_string(strings, list, &id, "de", u"Deutsch", u"eins", nullptr), kSuccess);
  EXPECT_EQ(text(list, id, "de"), u"eins");
  efi::StringId name = 0;
  memcpy(&name, exported(list).data() + 20 + offsetof(efi::HiiStringPackageHeader, language_name), sizeof(name));
  EXPECT_EQ(text(list, name, "de"), u"Deutsch");
  const efi::StringId before = id;
  EXPECT_EQ(strings->new_string(strings, list, &id, "de", u"ignored", u"zwei", nullptr), kSuccess);
  EXPECT_EQ(id, before + 1);
  EXPECT_EQ(strings->new_string(strings, list, &id, "en", nullptr, u"three", nullptr), kSuccess);
  EXPECT_EQ(id, before + 2);
  EXPECT_EQ(languages(list), "de;en");
}

TEST_F(HiiTest, NewStringAndSetStringTellTheirStatus) {
  const efi::HiiHandle list = add(package_list(1, {string_package("en", scsu("one"))}));
  efi::StringId id;
  EXPECT_EQ(strings->new_string(strings, nullptr, &id, "en", nullptr, u"x", nullptr), kNotFound);
  EXPECT_EQ(strings->new_string(strings, list, nullptr, "en", nullptr, u"x", nullptr), kInvalid);
  EXPECT_EQ(strings->new_string(strings, list, &id, nullptr, nullptr, u"x", nullptr), kInvalid);
  EXPECT_EQ(strings->new_string(strings, list, &id, "en", nullptr, nullptr, nullptr), kInvalid);
  EXPECT_EQ(strings->set_string(strings, list, 1, "en", u"eins", nullptr), kSuccess);
  EXPECT_EQ(text(list, 1), u"eins");
  EXPECT_EQ(strings->set_string(strings, list, 2, "en", u"x", nullptr), kNotFound);
  EXPECT_EQ(strings->set_string(strings, list, 0, "en", u"x", nullptr), kNotFound);
  EXPECT_EQ(strings->set_string(strings, list, 1, "fr", u"x", nullptr), kNotFound);
  EXPECT_EQ(strings->set_string(strings, nullptr, 1, "en", u"x", nullptr), kNotFound);
  EXPECT_EQ(strings->set_string(strings, list, 1, nullptr, u"x", nullptr), kInvalid);
  EXPECT_EQ(strings->set_string(strings, list, 1, "en", nullptr, nullptr), kInvalid);
  const efi::HiiHandle full = add(package_list(2, {string_package("en", Bytes{0x21, 0xFE, 0xFF} + scsu("last"))}));
  EXPECT_EQ(strings->new_string(strings, full, &id, "en", nullptr, u"x", nullptr), encode(Status::OutOfResources));
}

TEST_F(HiiTest, LanguagesAreListed) {
  const efi::HiiHandle list = add(package_list(1, {string_package("en-US;en;fr", {}), package(Type::Forms, {}), string_package("de", {})}));
  EXPECT_EQ(languages(list), "en-US;en;fr;de");
  efi::Uintn size = 0;
  EXPECT_EQ(strings->get_languages(strings, list, nullptr, &size), kTooSmall);
  EXPECT_EQ(size, 15u);
  EXPECT_EQ(strings->get_languages(strings, list, nullptr, &size), kInvalid);
  EXPECT_EQ(strings->get_languages(strings, list, nullptr, nullptr), kInvalid);
  char out[15];
  EXPECT_EQ(strings->get_languages(strings, this, out, &size), kNotFound);

  EXPECT_EQ(strings->get_secondary_languages(strings, list, "EN-us", out, &size), kSuccess);
  EXPECT_STREQ(out, "en;fr");
  EXPECT_EQ(size, 6u);
  EXPECT_EQ(strings->get_secondary_languages(strings, list, "de", out, &size), kSuccess);
  EXPECT_STREQ(out, "");
  size = 5;
  EXPECT_EQ(strings->get_secondary_languages(strings, list, "en-US", out, &size), kTooSmall);
  EXPECT_EQ(size, 6u);
  EXPECT_EQ(strings->get_secondary_languages(strings, list, "fr", out, &size), encode(Status::InvalidLanguage));
  EXPECT_EQ(strings->get_secondary_languages(strings, nullptr, "de", out, &size), kNotFound);
  EXPECT_EQ(strings->get_secondary_languages(strings, list, nullptr, out, &size), kInvalid);
  EXPECT_EQ(strings->get_secondary_languages(strings, list, "de", nullptr, &size), kInvalid);
  EXPECT_EQ(strings->get_secondary_languages(strings, list, "de", out, nullptr), kInvalid);
}

}  // namespace
}  // namespace efilite::core::hii
