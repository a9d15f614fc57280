// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#define QT_NO_KEYWORDS // the catalogue has slots of its own
#include "core/schema/plan.h"
#include "core/schema/schema.h"
#include "core/schema/symbol_name.h"
#include "core/wire/messages.h"

#include <QtTest>
#include <algorithm>
#include <limits>
#include <map>
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

    // A column's key says which probe it is of, whatever other probes there are and in which order.
    void aKeyDoesNotDependOnItsCompany()
    {
        const std::vector<std::string> texts{"uprobe:/usr/bin/a:f", "uprobe:/opt/bin/a:f:latency",
                                             "syscall:read", "syscall:read:latency", "function:g"};
        const auto keysOf = [](const std::vector<std::string> &wanted) {
            ProbePlan plan;
            for (const auto &text : wanted)
                plan.user.push_back(*parseUserProbe(text));
            std::map<std::string, std::string> out;
            const auto schema = Layout(plan).schema();
            for (const auto &feature : schema->features())
                if (feature.kind == FeatureKind::Rate && feature.probe.find(':') != std::string::npos &&
                    feature.key.find(".error") == std::string::npos)
                    out[feature.probe] = feature.key;
            return out;
        };
        const auto keys = keysOf(texts);
        QCOMPARE(keys.size(), texts.size());
        QCOMPARE(keys.at("function:g"), std::string("function.g.rate"));
        auto other = texts;
        std::ranges::reverse(other);
        QVERIFY(keysOf(other) == keys);
        QVERIFY(keys.at(texts[0]).starts_with("uprobe.a.f.rate#"));
        QCOMPARE(keys.at(texts[0]).size(), std::string("uprobe.a.f.rate#123456").size());
        // Alone it needs no mark; beside the catalogue's column of that key the one it always had.
        QCOMPARE(keysOf({texts[0]}).at(texts[0]), std::string("uprobe.a.f.rate"));
        QCOMPARE(keysOf({texts[2]}).at(texts[2]), std::string("syscall.read.rate#2"));
    }

    // What a model knows a column by is found with any company, and in files that numbered columns.
    void aColumnIsFoundByItsProbe()
    {
        const std::string first = "uprobe:/usr/bin/a:f", second = "uprobe:/opt/bin/a:f";
        const auto schemaOf = [](const std::vector<std::string> &texts) {
            ProbePlan plan;
            plan.probes = 0;
            for (const auto &text : texts)
                plan.user.push_back(*parseUserProbe(text));
            return Layout(plan).schema();
        };
        const auto both = schemaOf({first, second}), turned = schemaOf({second, first});
        auto numbered = both->features();
        numbered[0].key = "uprobe.a.f.rate";
        numbered[1].key = "uprobe.a.f.rate#2";
        const Schema before(numbered);
        QVERIFY(both->hash() != turned->hash());
        QCOMPARE(before.hash(), both->hash());
        for (std::size_t i = 0; i < 2; ++i) {
            QCOMPARE(both->indexOf(before[i]), int(i));
            QCOMPARE(turned->indexOf(before[i]), int(1 - i));
            QCOMPARE(before.indexOf((*turned)[i]), int(1 - i));
            QCOMPARE(schemaOf({i == 0 ? first : second})->indexOf(before[i]), 0);
        }
        // The same program elsewhere, as before.
        QCOMPARE(schemaOf({"uprobe:/usr/local/bin/a:f"})->indexOf(before[0]), 0);
        QCOMPARE(schemaOf({"uprobe:/usr/local/bin/a:g"})->indexOf(before[0]), -1);
        QCOMPARE(before.indexOf(Feature{"uprobe.a.f.rate#2", "", {}, {}, "", "", false}), 1);
    }

    void namesOfFunctionsCanBeRead_data()
    {
        QTest::addColumn<QString>("symbol");
        QTest::addColumn<QString>("readable");
        QTest::addColumn<QString>("brief");
        const auto row = [](const char *symbol, const char *readable, const char *brief) {
            QTest::newRow(symbol) << symbol << readable << brief;
        };
        row("readline", "", "readline");
        row("_Z1fi", "f(int)", "f");
        row("_ZN2ns5Class6methodEi", "ns::Class::method(int)", "Class::method");
        row("_ZNK2ns5ClassIiE6methodEv", "ns::Class<int>::method() const", "Class::method");
        row("_Z1fIiEvT_", "void f<int>(int)", "f");
        row("_ZN12_GLOBAL__N_11fEi", "(anonymous namespace)::f(int)", "f");
        row("_ZN1AclEi", "A::operator()(int)", "A::operator()");
        row("_ZNK1AltERKS_", "A::operator<(A const&) const", "A::operator<");
        row("_ZNK1AptEv", "A::operator->() const", "A::operator->");
        row("_ZN1AcvbEv", "A::operator bool()", "A::operator bool");
        row("_Znwm", "operator new(unsigned long)", "operator new");
        row("_ZN1A11my_operatorEi", "A::my_operator(int)", "A::my_operator");
        row("_ZZ4mainENKUliE_clEi", "main::{lambda(int)#1}::operator()(int) const", "{lambda}::operator()");
        row("_ZZ1fiENKUlvE_clEv", "f(int)::{lambda()#1}::operator()() const", "{lambda}::operator()");
        row("_Z3foov.cold", "foo() [clone .cold]", "foo");
        row("_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write", "fmt::write");
        row("_ZN47_$LT$str$u20$as$u20$alloc..string..ToString$GT$9to_string17h0123456789abcdefE",
            "<str as alloc::string::ToString>::to_string", "to_string");
        row("_RNvCs1234_7mycrate3foo", "", "_RNvCs1234_7mycrate3foo");
        row("_Z", "", "_Z");
    }
    void namesOfFunctionsCanBeRead()
    {
        QFETCH(QString, symbol);
        QFETCH(QString, readable);
        QFETCH(QString, brief);
        const auto name = readableSymbol(symbol.toStdString());
        QCOMPARE(QString::fromStdString(name), readable);
        QCOMPARE(QString::fromStdString(shortSymbol(name.empty() ? symbol.toStdString() : name)), brief);
    }

    // A few bytes that would unfold into gigabytes.
    void namesThatUnfoldAreLeftAlone()
    {
        std::string bomb = "_Z1fI";
        std::string arguments = "1A";
        for (int i = 0; i < 40; ++i)
            arguments = "St4pairI" + arguments + (i == 0 ? "S_E" : "S" + std::to_string(i % 10) + "_E");
        QCOMPARE(readableSymbol(bomb + arguments + "EvT_"), std::string());
        QCOMPARE(readableSymbol("_Z" + std::string(2000, '1')), std::string());
    }

    void aFunctionMayBeNamedAsItIsWritten()
    {
        const auto probe = parseUserProbe("uprobe:/usr/bin/a:ns::Class::count(int, char const*):latency");
        QVERIFY2(probe, probe ? "" : probe.error().text().c_str());
        QCOMPARE(probe->symbol, std::string("ns::Class::count(int, char const*)"));
        QCOMPARE(int(probe->measure), int(Measure::Latency));
        // Not a measure: a function of that name.
        QCOMPARE(parseUserProbe("uprobe:/usr/bin/a:ns::count")->symbol, std::string("ns::count"));
        const auto mangled = parseUserProbe("uprobe:/usr/bin/a:_ZN2ns5Class6methodEi:latency");
        QVERIFY(mangled);
        const auto features = userFeatures(*mangled);
        QCOMPARE(features.front().feature.key, std::string("uprobe.a.ZN2ns5Class6methodEi.rate"));
        QCOMPARE(features.front().feature.title, std::string("Class::method"));
        QVERIFY(features.front().feature.description.find("Class::method") != std::string::npos);
        for (const char *text : {"uprobe:/usr/bin/a:f:", "uprobe:/usr/bin/a:f:count:count"})
            QVERIFY2(!parseUserProbe(text), text);
        QVERIFY(!parseUserProbe("usdt:/usr/bin/a:p:n n"));
        QVERIFY(!parseUserProbe("uprobe:/usr/bin/a:f\x1b[2J"));
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
