// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#define QT_NO_KEYWORDS // the catalogue has slots of its own
#include "core/schema/schema.h"
#include "core/wire/messages.h"

#include <QtTest>
#include <limits>
#include <set>

using namespace statescape::schema;

class TestSchema : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void bucketsCoverEverythingOnce()
    {
        for (std::size_t bucket = 0; bucket < kHistogramBuckets; ++bucket) {
            const auto low = bucketFloorNs(bucket);
            const auto high = bucketFloorNs(bucket + 1);
            QVERIFY(high > low);
            QCOMPARE(bucketOf(low), bucket);
            QCOMPARE(bucketOf(high - 1), bucket);
            if (bucket >= 4)
                QVERIFY(static_cast<double>(high - low) <= 0.2501 * static_cast<double>(low));
        }
        QCOMPARE(bucketOf(0), std::size_t(0));
        QCOMPARE(bucketOf(std::numeric_limits<std::uint64_t>::max()), kHistogramBuckets - 1);
    }

    void featuresAreWellFormed()
    {
        std::set<std::string_view> keys;
        QVERIFY(features().size() >= 40);
        for (const auto &feature : features()) {
            QVERIFY2(keys.insert(feature.key).second, feature.key.data());
            QVERIFY(!feature.title.empty() && !feature.description.empty());
            QVERIFY2(QString::fromUtf8(feature.title.data(), qsizetype(feature.title.size())).size() <= 24,
                     feature.key.data());
            QVERIFY(feature.a != Slot::kCount);
            QCOMPARE(info(feature.a).probe, feature.probe);
            const bool two =
                feature.derivation == Derivation::Quotient || feature.derivation == Derivation::Voluntary ||
                feature.derivation == Derivation::GaugeShare || feature.derivation == Derivation::Ratio;
            QCOMPARE(feature.b != Slot::kCount, two);
            QCOMPARE(info(feature.a).kind == SlotKind::Histogram, feature.derivation == Derivation::Quantile);
            const bool gauge =
                feature.derivation == Derivation::Gauge || feature.derivation == Derivation::GaugeShare;
            QCOMPARE(info(feature.a).kind == SlotKind::Gauge, gauge);
            if (feature.derivation == Derivation::Quantile)
                QVERIFY(feature.parameter > 0 && feature.parameter < 1);
        }
    }

    void slotsFollowEachOther()
    {
        std::size_t words = 0;
        std::set<std::string_view> keys;
        for (std::size_t i = 0; i < kSlotCount; ++i) {
            QCOMPARE(slotOffset(static_cast<Slot>(i)), words);
            QVERIFY(keys.insert(slots()[i].key).second);
            words += slots()[i].kind == SlotKind::Histogram ? kHistogramBuckets : 1;
        }
        QCOMPARE(slotWords(), words);
    }

    void keysRoundTrip()
    {
        for (std::size_t i = 0; i < kProbeCount; ++i)
            QCOMPARE(probeFromKey(probes()[i].key), static_cast<Probe>(i));
        QCOMPARE(probeFromKey("nonsense"), Probe::kCount);
        for (const auto kind : {FeatureKind::Rate, FeatureKind::Quantile, FeatureKind::Share,
                                FeatureKind::Mean, FeatureKind::Level})
            QCOMPARE(featureKindFromKey(featureKindKey(kind)), kind);
        QCOMPARE(entityKindKey(EntityKind::Remote), std::string_view("remote"));
    }

    void missingCarriesItsReason()
    {
        for (int i = 0; i <= static_cast<int>(Missing::Disabled); ++i) {
            const float value = missingValue(static_cast<Missing>(i));
            QVERIFY(isMissing(value));
            QCOMPARE(missingReason(value), static_cast<Missing>(i));
            QVERIFY(!missingKey(static_cast<Missing>(i)).empty());
        }
        QVERIFY(!isMissing(0.0F));
        QCOMPARE(missingReason(std::numeric_limits<float>::quiet_NaN()), Missing::Unknown);
        QCOMPARE(missingReason(std::numeric_limits<float>::signaling_NaN()), Missing::Unknown);
    }

    void hashFollowsMeaning()
    {
        const auto make = [](std::vector<Feature> features, EntityKind kind = EntityKind::Host) {
            return Schema(std::move(features), kind).hash();
        };
        const Feature a{"a", "A", statescape::base::Unit::Percent, FeatureKind::Share, "", "", false};
        const Feature b{"b", "B", statescape::base::Unit::None, FeatureKind::Rate, "", "", false};
        Feature retitled = a;
        retitled.title = "other";
        Feature scaled = a;
        scaled.unit = statescape::base::Unit::Bytes;
        QCOMPARE(make({a, b}), make({retitled, b}));
        QVERIFY(make({a, b}) != make({b, a}));
        QVERIFY(make({a, b}) != make({scaled, b}));
        QVERIFY(make({a, b}) != make({a, b}, EntityKind::Process));
        QCOMPARE(Schema::builtin()->hash(), make(Schema::builtin()->features()));
        QCOMPARE(Schema::catalogue()->size(), features().size());
        QVERIFY(Schema::builtin()->size() < features().size());
        for (const auto &feature : Schema::builtin()->features())
            QVERIFY((defaultProbes() & bitOf(probeFromKey(feature.probe))) != 0);
        QCOMPARE(Schema::builtin()->indexOf("sched.runq_latency.p99") >= 0, true);
        QCOMPARE(Schema::builtin()->indexOf("nope"), -1);
    }
};

QTEST_GUILESS_MAIN(TestSchema)
#include "tst_schema.moc"
