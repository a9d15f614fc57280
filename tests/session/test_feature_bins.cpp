// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/csv_export.h"
#include "core/session/feature_bins.h"
#include "core/source/csv.h"
#include "tests/session/planted_session.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <numeric>
#include <random>

using namespace statescape;
using session::BinCounts;
using session::FeatureBins;

namespace {

/// Two columns: one heavy-tailed, one not; every 17th value of the first and every 5th of the second missing,
/// a few values far outside.
struct Log {
    Log()
        : log(std::make_shared<const schema::Schema>(std::vector<schema::Feature>{
              {"wait", "wait", base::Unit::Microseconds, schema::FeatureKind::Quantile, "", "", true},
              {"share", "share", base::Unit::Percent, schema::FeatureKind::Share, "", "", false}}))
    {}
    void grow(std::size_t rows)
    {
        for (std::size_t i = 0; i < rows; ++i) {
            const std::size_t row = log.rows();
            feature::FeatureFrame frame;
            frame.timeNs = (row + 1) * 250'000'000;
            frame.durationNs = 250'000'000;
            float wait = std::exp(std::normal_distribution<float>(5, 1)(random));
            float share = std::normal_distribution<float>(0, 1)(random);
            if (row % 1000 == 7)
                share *= 1e6F;
            if (row % 17 == 0)
                wait = schema::missingValue(schema::Missing::NoEvents);
            if (row % 5 == 0)
                share = schema::missingValue(schema::Missing::Warmup);
            frame.values = {wait, share};
            log.append(std::move(frame));
        }
    }
    std::mt19937 random{7};
    feature::SampleLog log;
};

BinCounts byHand(const FeatureBins &bins, const feature::SampleLog::View &samples,
                 const std::vector<std::uint8_t> &flags)
{
    BinCounts counts{};
    for (std::size_t row = 0; row < std::min(samples.rows(), flags.size()); ++row) {
        if (flags[row] == 0)
            continue;
        const float value = samples.at(row, std::size_t(bins.column()));
        std::size_t code = FeatureBins::kBeyond;
        if (std::isnan(value))
            code = FeatureBins::kMissing;
        else
            for (int bin = 0; bin < FeatureBins::kBins; ++bin)
                if (double(value) >= bins.edge(bin) && double(value) < bins.edge(bin + 1))
                    code = std::size_t(bin);
        ++counts[code];
    }
    return counts;
}

double exactMedian(const feature::SampleLog::View &samples, std::size_t column,
                   const std::vector<std::uint8_t> &flags)
{
    std::vector<double> values;
    for (std::size_t row = 0; row < std::min(samples.rows(), flags.size()); ++row)
        if (const float value = samples.at(row, column); flags[row] != 0 && !std::isnan(value))
            values.push_back(double(value));
    std::sort(values.begin(), values.end());
    return values[(values.size() - 1) / 2];
}

} // namespace

class TestFeatureBins : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void countsAreThoseOfEachValueBeforeAndAfterAppends()
    {
        Log log;
        log.grow(70'001); // more than a chunk
        const std::vector<int> columns{0, 1};
        auto bins = FeatureBins::build(log.log.view(), columns);
        QCOMPARE(bins.size(), std::size_t(2));
        for (int round = 0; round < 4; ++round) {
            const auto view = log.log.view();
            for (auto &feature : bins) {
                feature->append(view);
                QCOMPARE(feature->rows(), view.rows());
                const std::vector<std::uint8_t> every(view.rows(), 1);
                QCOMPARE(feature->all(), byHand(*feature, view, every));
                QCOMPARE(feature->count(every), feature->all());
                QCOMPARE(std::accumulate(feature->all().begin(), feature->all().end(), std::uint64_t(0)),
                         std::uint64_t(view.rows()));
                std::vector<std::uint8_t> some(view.rows() - std::size_t(round) * 11);
                for (auto &flag : some)
                    flag = log.random() % 3 == 0 ? 1 : 0;
                std::fill(some.begin() + 100, some.begin() + 5000, std::uint8_t{1});
                QCOMPARE(feature->count(some), byHand(*feature, view, some));
                QCOMPARE(feature->count({}), BinCounts{});
            }
            log.grow(1 + std::size_t(round) * 997);
        }
    }

    void missingAndFarValuesAreTheirOwn()
    {
        Log log;
        log.grow(20'000);
        const std::vector<int> columns{1};
        const auto bins = FeatureBins::build(log.log.view(), columns);
        QCOMPARE(bins[0]->all()[FeatureBins::kMissing], std::uint64_t(4000));
        // Rows 7, 1007, … are a million times as far out; they must not squeeze all others into one bin.
        QVERIFY(bins[0]->edge(FeatureBins::kBins) < 10);
        QVERIFY(bins[0]->all()[FeatureBins::kBeyond] >= 18);
        QVERIFY(bins[0]->all()[FeatureBins::kBeyond] < 250);
        QVERIFY(!bins[0]->logarithmic());
    }

    void rowsOfAnIntervalAreThoseWhoseBarsLieInIt()
    {
        Log log;
        log.grow(5000);
        const std::vector<int> columns{0};
        const auto view = log.log.view();
        const auto bins = FeatureBins::build(view, columns);
        QVERIFY(bins[0]->logarithmic());
        const auto rows = bins[0]->rowsWith(60, 119);
        QCOMPARE(rows.size(), std::size_t(5000));
        std::uint64_t inBars = 0, flagged = 0;
        for (std::size_t code = 60; code < 120; ++code)
            inBars += bins[0]->all()[code];
        for (std::size_t row = 0; row < rows.size(); ++row) {
            flagged += rows[row];
            const double value = double(view.at(row, 0));
            if (rows[row] != 0)
                QVERIFY(value >= bins[0]->edge(60) && value < bins[0]->edge(120));
            else
                QVERIFY(std::isnan(value) || value < bins[0]->edge(60) || value >= bins[0]->edge(120));
        }
        QVERIFY(flagged > 100);
        QCOMPARE(flagged, inBars);
        const auto missing = bins[0]->rowsWith(FeatureBins::kMissing, FeatureBins::kMissing);
        for (std::size_t row = 0; row < missing.size(); ++row)
            QCOMPARE(missing[row] != 0, row % 17 == 0);
    }

    void mediansAreRightToABin()
    {
        Log log;
        log.grow(30'000);
        const auto view = log.log.view();
        const std::vector<int> columns{0, 1};
        std::vector<std::uint8_t> third(view.rows());
        for (std::size_t row = 0; row < third.size(); ++row)
            third[row] = double(view.at(row, 0)) > 200 ? 1 : 0;
        for (const auto &bins : FeatureBins::build(view, columns)) {
            const auto column = std::size_t(bins->column());
            for (const auto &flags : {std::vector<std::uint8_t>(view.rows(), 1), third}) {
                const double exact = exactMedian(view, column, flags);
                const auto found = bins->median(bins->count(flags));
                QVERIFY(found.has_value());
                QVERIFY2(std::abs(bins->placeOf(*found) - bins->placeOf(exact)) <= 2.0 / FeatureBins::kBins,
                         qPrintable(QStringLiteral("%1 for %2").arg(*found).arg(exact)));
            }
            QVERIFY(!bins->median(BinCounts{}).has_value());
        }
    }

    void aConstantIsOneBarAndItsMedianExact()
    {
        const auto sampleOf = [](std::uint64_t timeNs, float value) {
            feature::FeatureFrame frame;
            frame.timeNs = timeNs;
            frame.durationNs = 1;
            frame.values = {value};
            return frame;
        };
        feature::SampleLog log(std::make_shared<const schema::Schema>(std::vector<schema::Feature>{
            {"errors", "errors", base::Unit::PerSecond, schema::FeatureKind::Rate, "", "", false}}));
        for (std::uint64_t i = 1; i <= 100; ++i)
            log.append(sampleOf(i, 0));
        const std::vector<int> columns{0};
        const auto bins = FeatureBins::build(log.view(), columns);
        QCOMPARE(bins[0]->all()[0], std::uint64_t(100));
        QCOMPARE(*bins[0]->median(bins[0]->all()), 0.0);
        QVERIFY(!bins[0]->outgrown());
        for (std::uint64_t i = 101; i <= 10'000; ++i)
            log.append(sampleOf(i, 1e6F));
        bins[0]->append(log.view());
        QVERIFY(bins[0]->outgrown());
        std::stop_source stop;
        stop.request_stop();
        QVERIFY(FeatureBins::build(log.view(), columns, stop.get_token()).empty());
    }

    void exportedSamplesImportToTheSameValues()
    {
        const QTemporaryDir folder;
        feature::SampleLog log(schema::Schema::builtin());
        constexpr std::size_t kRows = 5000;
        std::vector<schema::Label> labels(kRows);
        std::vector<std::uint8_t> flags(kRows);
        for (std::size_t row = 0; row < kRows; ++row) {
            auto frame = test::plantedFrame(row);
            if (row % 3 == 0)
                frame.values[4] = schema::missingValue(schema::Missing::NoEvents);
            log.append(std::move(frame));
            labels[row] = row % 7 == 0 ? schema::Label{schema::Polarity::Negative, 1} : schema::Label{};
            flags[row] = row % 5 == 2 ? 1 : 0;
        }
        session::Snapshot snapshot;
        snapshot.samples = log.view();
        snapshot.labels = std::make_shared<const base::Column<schema::Label>::View>(labels);
        snapshot.classNames =
            std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"", "disk stall"});
        const std::string path = folder.filePath(QStringLiteral("some.csv")).toStdString();
        double reached = 0;
        base::Progress progress;
        progress.report = [&](double share, std::string_view) { reached = share; };
        const auto written = session::exportCsv(path, snapshot, flags, progress);
        QVERIFY2(written.has_value(), written ? "" : written.error().text().c_str());
        QCOMPARE(*written, std::uint64_t(kRows / 5));
        QCOMPARE(reached, 1.0);
        const auto back = source::readCsv(path, {});
        QVERIFY2(back.has_value(), back ? "" : back.error().text().c_str());
        QCOMPARE(back->frames.size(), kRows / 5);
        for (std::size_t i = 0; i < back->frames.size(); ++i) {
            const std::size_t row = i * 5 + 2;
            const auto wanted = snapshot.samples.row(row);
            QCOMPARE(back->frames[i].timeNs, snapshot.samples.timeNs(row));
            QCOMPARE(back->labels[i], row % 7 == 0 ? std::string("negative:disk stall") : std::string());
            for (std::size_t c = 0; c < wanted.size(); ++c) {
                QCOMPARE(std::isnan(back->frames[i].values[c]), std::isnan(wanted[c]));
                if (!std::isnan(wanted[c]))
                    QCOMPARE(back->frames[i].values[c], wanted[c]);
            }
        }
        QCOMPARE(*session::exportCsv(path, snapshot, {}, {}), std::uint64_t(kRows));
        QCOMPARE(session::exportCsv(path, snapshot, std::vector<std::uint8_t>(3, 0)).error().code,
                 base::Code::NotEnoughData);
        std::stop_source stop;
        stop.request_stop();
        base::Progress stopped;
        stopped.stop = stop.get_token();
        QCOMPARE(session::exportCsv(path, snapshot, {}, stopped).error().code, base::Code::Cancelled);
        QCOMPARE(source::readCsv(path, {})->frames.size(), kRows); // the file before stays
    }
};

QTEST_GUILESS_MAIN(TestFeatureBins)
#include "test_feature_bins.moc"
