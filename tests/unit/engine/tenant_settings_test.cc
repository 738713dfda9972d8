#include "engine/tenant_settings.h"

#include <array>

#include "engine/resource_writer.h"
#include "engine/text_format.h"
#include "fake_state.h"
#include "sample_commands.h"
#include "storage/envelope.h"

namespace scimledger {
namespace {

TEST(TenantSettingsTest, EveryDefinitionIsAtItsPlaceAndFoundByName) {
  for (std::size_t i = 0; i < kSettingCount; ++i) {
    const SettingDefinition& definition = SettingDefinitions()[i];
    EXPECT_EQ(static_cast<std::size_t>(definition.setting), i);
    EXPECT_EQ(FindSetting(definition.name), &definition);
    EXPECT_NE(definition.usual, definition.other);
  }
  EXPECT_EQ(FindSetting("nothing"), nullptr);
}

TEST(TenantSettingsTest, AreKeptByTheRegistryWhateverIsAdded) {
  TenantSettings settings;
  settings.Set(Setting::kFormats, true);
  settings.Set(Setting::kGroupDisplayName, true);
  const auto changed = SchemaRegistry::BuiltIn()->WithSettings(settings);
  const auto extended = changed->With({std::string(kBadgeSchema)});
  ASSERT_TRUE(extended);
  EXPECT_EQ((*extended)->settings(), settings);

  const ResourceType& group = *(*extended)->FindTypeByName("Group");
  const Attribute& name = (*extended)->attribute(*(*extended)->FindAttribute(group, "displayName"));
  EXPECT_FALSE(name.required);
  EXPECT_EQ(name.uniqueness, Uniqueness::kNone);

  const auto back = (*extended)->WithSettings({});
  EXPECT_TRUE(back->attribute(name.id).required);
  EXPECT_EQ(back->attribute(name.id).uniqueness, Uniqueness::kServer);
}

/// Whichever way displayName stands: a setting decides it, so a definition has nothing to say.
TEST(TenantSettingsTest, TheGroupSchemaSentAgainChangesNothing) {
  TenantSettings settings;
  settings.Set(Setting::kGroupDisplayName, true);
  const auto usual = SchemaRegistry::BuiltIn();
  const auto changed = usual->WithSettings(settings);
  for (const auto& registry : {usual, changed}) {
    for (const auto& published : {usual, changed}) {
      std::string json;
      AppendSchemaJson(*published,
                       *published->FindSchema("urn:ietf:params:scim:schemas:core:2.0:Group"),
                       "http://localhost/scim/v2", json);
      const auto again = registry->With({json});
      ASSERT_TRUE(again) << again.error().detail;
      EXPECT_EQ(*again, registry);
    }
  }
}

TEST(TenantSettingsTest, AChangeIsOneEventThatReadsBackAndFolds) {
  SampleCommands samples;
  FakeState state;
  const auto command = [&] {
    return samples.Make(ChangeSettings{
        {{Setting::kIfMatch, true}, {Setting::kFormats, false}, {Setting::kComplexReplace, true}}});
  };
  const auto decision = Decide(state, command(), {1'000, 1'000});
  ASSERT_TRUE(decision);
  ASSERT_EQ(decision->events.size(), 1U);
  const Event& event = decision->events.front();
  EXPECT_EQ(event.settings, (std::vector<SettingChange>{{Setting::kComplexReplace, true},
                                                        {Setting::kIfMatch, true}}));

  const storage::NewEvent stored = EncodeEvent(*state.registry(), event, IdOf(1));
  const auto read = DecodeEvent(
      *state.registry(),
      {stored.sequence, stored.time_us, stored.id, stored.header, stored.context, stored.body, {}});
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->settings, event.settings);

  ASSERT_TRUE(Apply(state, *read));
  EXPECT_TRUE(state.registry()->settings().IsChanged(Setting::kIfMatch));
  EXPECT_TRUE(state.registry()->settings().IsChanged(Setting::kComplexReplace));
  EXPECT_TRUE(Decide(state, command(), {2'000, 2'000})->events.empty());
}

TEST(TextFormatTest, TakesWhatTheStandardsTakeAndNothingElse) {
  struct Sample {
    TextFormat format;
    std::string_view good;
    std::string_view bad;
  };
  static constexpr std::array kSamples = {
      Sample{TextFormat::kCountry, "NL", "nl"},
      Sample{TextFormat::kCountry, "US", "USA"},
      Sample{TextFormat::kCountry, "DE", "XQ"},
      Sample{TextFormat::kPhone, "tel:+1-201-555-0123", "+"},
      Sample{TextFormat::kPhone, "+31(20)5550123", "555 0123"},
      Sample{TextFormat::kPhone, "tel:7042;phone-context=example.com", "tel:7042"},
      Sample{TextFormat::kEmail, "jane.doe+x@example.com", "jane doe@example.com"},
      Sample{TextFormat::kEmail,
             "\"j d\"@b\xC3\xBC"
             "cher.de",
             "@example.com"},
      Sample{TextFormat::kEmail, "j@[192.0.2.1]", "j@-x.org"},
      Sample{TextFormat::kEmail, "a@localhost", "a@b..c"},
      Sample{TextFormat::kLanguageTag, "zh-Hant-TW", "zh-"},
      Sample{TextFormat::kLanguageTag, "en_US", "english please"},
      Sample{TextFormat::kLanguageRanges, "en-us, nl;q=0.8, *;q=0", "en;q=2"},
      Sample{TextFormat::kLanguageRanges, "da;q=1.000", "en,,nl"},
      Sample{TextFormat::kTimeZone, "America/Argentina/Buenos_Aires", "Europe/"},
      Sample{TextFormat::kTimeZone, "Etc/GMT+5", "+01:00"},
      Sample{TextFormat::kTimeZone, "UTC", "Mars/Olympus"},
      Sample{TextFormat::kTimeZone, "Asia/Calcutta", "GMT+3"},
      Sample{TextFormat::kTimeZone, "Europe/Amsterdam",
             "Europe/Europe/Europe/Europe/Europe/Europe/Europe/Europe/Europe/Europe"},
      Sample{TextFormat::kUri, "https://example.com/a%20b?q=1#x", "https://example.com/a b"},
      Sample{TextFormat::kUri, "../Users/1", "1:2"},
      Sample{TextFormat::kUri, "urn:x:y", "%2"},
  };
  for (const Sample& sample : kSamples) {
    EXPECT_TRUE(HasFormat(sample.format, sample.good)) << sample.good;
    EXPECT_FALSE(HasFormat(sample.format, sample.bad)) << sample.bad;
    EXPECT_FALSE(HasFormat(sample.format, "")) << ToString(sample.format);
  }
  EXPECT_TRUE(HasFormat(TextFormat::kAny, ""));
}

}  // namespace
}  // namespace scimledger
