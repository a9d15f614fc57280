// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/fd.h"
#include "core/base/result.h"
#include "core/base/units.h"

#include <QtTest>
#include <cerrno>
#include <fcntl.h>
#include <set>

using namespace statescape::base;

class TestBase : public QObject {
    Q_OBJECT

private slots:
    void durations_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<qint64>("ns");
        QTest::newRow("ms") << "250ms" << qint64(250'000'000);
        QTest::newRow("s") << "60s" << qint64(60'000'000'000);
        QTest::newRow("bare") << "2" << qint64(2'000'000'000);
        QTest::newRow("minutes") << "2m" << qint64(120'000'000'000);
        QTest::newRow("hours") << "1.5h" << qint64(5'400'000'000'000);
        QTest::newRow("us") << "100us" << qint64(100'000);
        QTest::newRow("zero") << "0" << qint64(0);
        for (const char *bad : {"", "ms", "-1s", "1 s", "1x", "nan", "inf", "1e30s", "s1"})
            QTest::newRow(qPrintable(QString("bad '%1'").arg(bad))) << bad << qint64(-1);
    }
    void durations()
    {
        QFETCH(QString, text);
        QFETCH(qint64, ns);
        const auto result = parseDuration(text.toStdString());
        QCOMPARE(result ? static_cast<qint64>(*result) : -1, ns);
        if (!result)
            QCOMPARE(result.error().code, Code::InvalidArgument);
    }

    void rfc3339()
    {
        const auto time = parseRfc3339("2026-11-22T10:21:07.250Z");
        QVERIFY(time);
        QCOMPARE(*time, std::int64_t(1795342867) * 1'000'000'000 + 250'000'000);
        QCOMPARE(formatRfc3339(*time), std::string("2026-11-22T10:21:07.250Z"));
        QCOMPARE(*parseRfc3339("2026-11-22T12:21:07.25+02:00"), *time);
        QCOMPARE(*parseRfc3339("2026-11-22 10:21:07.250000000Z"), *time);
        QCOMPARE(*parseRfc3339("1969-12-31T23:59:59.5Z"), std::int64_t(-500'000'000));
        QCOMPARE(formatRfc3339(-500'000'000), std::string("1969-12-31T23:59:59.500Z"));
        for (const char *bad : {"", "2026-11-22", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z",
                                "2026-11-22T10:21:07", "2026-11-22T25:00:00Z", "2026-11-22T10:21:07Zx",
                                "2026-11-22T10:21:07.Z1", "yesterday", "2026-11-22T10:21:07+2:00"})
            QVERIFY2(!parseRfc3339(bad), bad);
    }

    void anchorMapsBothWays()
    {
        const auto anchor = ClockAnchor::now();
        QVERIFY(!anchor.bootId.empty());
        QCOMPARE(anchor.toMonotonicNs(anchor.toRealtimeNs(anchor.monotonicNs + 12345)),
                 anchor.monotonicNs + 12345);
        QCOMPARE(anchor.toMonotonicNs(anchor.toRealtimeNs(anchor.monotonicNs - 777)),
                 anchor.monotonicNs - 777);
        QCOMPARE(anchor.toMonotonicNs(0), std::uint64_t(0));
        const std::uint64_t awake = monotonicNs();
        QVERIFY(boottimeNs() >= awake);
    }

    void unitsRoundTrip()
    {
        std::set<std::string_view> keys;
        for (const Unit unit : {Unit::None, Unit::PerSecond, Unit::Microseconds, Unit::Percent, Unit::Bytes,
                                Unit::BytesPerSecond, Unit::Count}) {
            QCOMPARE(unitFromKey(unitKey(unit)), unit);
            keys.insert(unitKey(unit));
        }
        QCOMPARE(keys.size(), std::size_t(7));
        QCOMPARE(unitFromKey("furlong"), Unit::None);
    }

    void valuesForPeople_data()
    {
        QTest::addColumn<double>("value");
        QTest::addColumn<int>("unit");
        QTest::addColumn<QString>("text");
        QTest::newRow("us") << 12.34 << int(Unit::Microseconds) << "12.3 µs";
        QTest::newRow("ms") << 1840.0 << int(Unit::Microseconds) << "1.84 ms";
        QTest::newRow("s") << 2.5e6 << int(Unit::Microseconds) << "2.5 s";
        QTest::newRow("rate") << 20600.0 << int(Unit::PerSecond) << "20.6 k/s";
        QTest::newRow("percent") << 0.2 << int(Unit::Percent) << "0.2 %";
        QTest::newRow("bytes") << 4.1e6 << int(Unit::Bytes) << "4.1 MB";
        QTest::newRow("rounding up a prefix") << 999.7 << int(Unit::Bytes) << "1 kB";
        QTest::newRow("zero") << 0.0 << int(Unit::Count) << "0";
        QTest::newRow("missing") << std::nan("") << int(Unit::Count) << "–";
    }
    void valuesForPeople()
    {
        QFETCH(double, value);
        QFETCH(int, unit);
        QFETCH(QString, text);
        QCOMPARE(QString::fromStdString(formatValue(value, static_cast<Unit>(unit))), text);
    }
    void differencesCarryASign()
    {
        QCOMPARE(formatDifference(12300, Unit::Microseconds), std::string("+12.3 ms"));
        QCOMPARE(formatDifference(-3, Unit::Percent), std::string("-3 %"));
    }

    void errorsTellWhatAndWhatNext()
    {
        const Error error = fail(Code::Full, "run.statescape: no space left", "free some space", ENOSPC);
        QCOMPARE(error.text(),
                 std::string("run.statescape: no space left (No space left on device); free some space"));
        QCOMPARE(error.in("record").message, std::string("record: run.statescape: no space left"));
        QCOMPARE(codeName(Code::Mismatch), std::string_view("mismatch"));
        QCOMPARE(codeName(static_cast<Code>(999)), std::string_view("unknown"));
        QCOMPARE(static_cast<int>(exitStatusOf(Code::NotPermitted)), 4);
        QCOMPARE(static_cast<int>(exitStatusOf(Code::NotSupported)), 5);
        QCOMPARE(static_cast<int>(exitStatusOf(Code::InvalidArgument)), 2);
        QCOMPARE(static_cast<int>(exitStatusOf(Code::Corrupt)), 1);
    }

    void resultsPassErrorsOn()
    {
        const auto inner = [](bool good) -> Result<int> {
            if (good)
                return 4;
            return fail(Code::Busy, "in use");
        };
        const auto outer = [&](bool good) -> Result<int> {
            STATESCAPE_TRY(const int value, inner(good));
            return value * 2;
        };
        QCOMPARE(*outer(true), 8);
        QCOMPARE(outer(false).error().code, Code::Busy);
    }

    void descriptorsCloseThemselves()
    {
        int number = -1;
        {
            Fd first(::open("/dev/null", O_RDONLY | O_CLOEXEC));
            number = first.get();
            Fd second(std::move(first));
            QVERIFY(!first.valid()); // NOLINT(bugprone-use-after-move): that is the point
            QCOMPARE(second.get(), number);
        }
        QCOMPARE(::fcntl(number, F_GETFD), -1);
    }
};

QTEST_GUILESS_MAIN(TestBase)
#include "tst_base.moc"
