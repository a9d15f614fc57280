// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/run_algebra.h"
#include "core/store/runs.h"
#include "tests/store/steps.h"

#include <QtTest>
#include <set>

using namespace statescape;
using schema::Label;
using schema::Polarity;
using store::Bytes;
using store::ChangeRun;
using store::LabelRun;
using store::RowRun;

namespace {
constexpr std::uint64_t kRows = 5000;

std::span<const std::byte> view(const Bytes &bytes)
{
    return std::as_bytes(std::span(bytes));
}

std::set<std::uint64_t> rowsOf(const std::vector<RowRun> &runs)
{
    std::set<std::uint64_t> rows;
    for (const auto &run : runs)
        for (std::uint64_t row = run.first; row < run.first + run.count; ++row)
            rows.insert(row);
    return rows;
}

/// Hands @p bytes to every reader. @return false when one believes what cannot be.
bool readable(std::span<const std::byte> bytes)
{
    bool good = true;
    const auto check = [&](const auto &runs) {
        std::uint64_t next = 0;
        for (const auto &run : runs) {
            good = good && run.first >= next && run.count > 0 && run.first + run.count <= kRows;
            next = run.first + run.count;
        }
    };
    if (const auto runs = store::decodeLabels(bytes, kRows))
        check(*runs);
    if (const auto runs = store::decodeChanges(bytes, kRows))
        check(*runs);
    if (const auto runs = store::decodeRows(bytes, kRows))
        check(*runs);
    if (const auto change = store::decodeSelectionChange(bytes, kRows))
        check(change->toggled);
    if (const auto rename = store::decodeRename(bytes))
        good = good && rename->before.size() + rename->after.size() <= bytes.size();
    if (const auto change = store::decodeModelChange(bytes))
        good = good && change->before.name.size() + change->after.name.size() <= bytes.size();
    if (const auto uses = store::decodeProcesses(bytes))
        good = good && uses->size() <= bytes.size();
    if (const auto parts = store::decodeSeen(bytes))
        for (const auto &part : *parts)
            good = good && part.share > 0 && part.share < 1 && part.error == part.error;
    return good;
}

std::vector<Bytes> samplesOfEverything(std::mt19937 &random)
{
    std::vector<LabelRun> labels;
    std::vector<ChangeRun> changes;
    for (const auto &run : steps::someRuns(random, kRows)) {
        labels.push_back({run.first, run.count, {Polarity::Negative, 3}});
        changes.push_back({run.first, run.count, steps::someLabel(random), steps::someLabel(random)});
    }
    return {store::encodeLabels(labels),
            store::encodeChanges(changes),
            store::encodeRows(steps::someRuns(random, kRows)),
            store::encodeSelectionChange({3, 70'000, steps::someRuns(random, kRows)}),
            store::encodeRename({300, "before", "after — danach"}),
            store::encodeModelChange({{"m", 1}, {"a longer name", 1 << 20}}),
            store::encodeProcesses(frames::frame(3, 1).processes),
            store::encodeSeen(frames::frame(3, 1).seen)};
}
} // namespace

class TestRuns : public QObject {
    Q_OBJECT

private slots:
    void whatIsWrittenIsRead()
    {
        const std::vector<LabelRun> labels{{0, 1, {Polarity::Positive, 0}},
                                           {1, 4998, {Polarity::None, 0xffff}}};
        QCOMPARE(*store::decodeLabels(view(store::encodeLabels(labels)), kRows), labels);
        const std::vector<ChangeRun> changes{{7, 3, {}, {Polarity::Negative, 200}},
                                             {4999, 1, {Polarity::None, 1}, {}}};
        QVERIFY(store::same(*store::decodeChanges(view(store::encodeChanges(changes)), kRows), changes));
        const std::vector<RowRun> rows{{0, 128}, {300, 4700}};
        QCOMPARE(*store::decodeRows(view(store::encodeRows(rows)), kRows), rows);
        QVERIFY(store::decodeRows({}, 0)->empty());
        const auto selection =
            *store::decodeSelectionChange(view(store::encodeSelectionChange({5, 4828, rows})), kRows);
        QCOMPARE(selection.selectedBefore, std::uint64_t(5));
        QCOMPARE(selection.selectedAfter, std::uint64_t(4828));
        QCOMPARE(selection.toggled, rows);
        const std::string odd("a\0b", 3);
        const auto rename = *store::decodeRename(view(store::encodeRename({0xffff, odd, ""})));
        QCOMPARE(rename.classId, std::uint16_t(0xffff));
        QCOMPARE(rename.before, odd);
        QCOMPARE(rename.after, std::string());
        const store::ModelChange models{{}, {"m", std::numeric_limits<std::int64_t>::max()}};
        const auto read = *store::decodeModelChange(view(store::encodeModelChange(models)));
        QCOMPARE(read.before, models.before);
        QCOMPARE(read.after, models.after);
        const std::vector<feature::Seen> seen{{"scheduler", 0.04F, -1},
                                              {std::string(300, 'x'), 0.5F, 0.0625F}};
        QVERIFY(*store::decodeSeen(view(store::encodeSeen(seen))) == seen);
        QVERIFY(store::encodeSeen({}).empty());
        QVERIFY(store::decodeSeen({})->empty());
        constexpr auto nan = std::numeric_limits<float>::quiet_NaN();
        for (const auto &[share, error] :
             {std::pair(0.0F, 0.0F), {1.0F, 0.0F}, {-0.5F, 0.0F}, {nan, 0.0F}, {0.5F, nan}})
            QVERIFY(
                !store::decodeSeen(view(store::encodeSeen(std::vector<feature::Seen>{{"a", share, error}}))));
        const std::vector<RowRun> far{{~std::uint64_t{0} - 9, 9}};
        QCOMPARE(*store::decodeRows(view(store::encodeRows(far)), ~std::uint64_t{0}), far);
    }

    void lengthsAreNotTrusted()
    {
        const auto refused = [](std::initializer_list<int> list, auto &&decode) {
            Bytes bytes;
            for (const int byte : list)
                bytes += static_cast<char>(byte);
            return !decode(view(bytes));
        };
        const auto rows = [](auto bytes) { return store::decodeRows(bytes, kRows); };
        QVERIFY(refused({0}, rows));
        QVERIFY(refused({0, 0}, rows));
        QVERIFY(refused({0x88, 0x27, 1}, rows)); // row 5000 of 5000
        QVERIFY(!refused({0x87, 0x27, 1}, rows));
        QVERIFY(refused({0x80}, rows));
        // 2^64 and more, which must not become a small number.
        QVERIFY(refused({1, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02}, rows));
        QVERIFY(refused({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 1}, rows));
        // Gap and count that only wrap round to something that fits.
        QVERIFY(refused({5, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}, rows));
        const auto rename = [](auto bytes) { return store::decodeRename(bytes); };
        QVERIFY(!refused({1, 1, 'a', 1, 'b'}, rename));
        QVERIFY(refused({1, 1, 'a', 2, 'b'}, rename));
        QVERIFY(refused({1, 1, 'a', 1, 'b', 0}, rename));
        QVERIFY(refused({0x80, 0x80, 0x04, 1, 'a', 1, 'b'}, rename)); // class 65536
        QVERIFY(refused({1, 0xff, 0xff, 0xff, 0xff, 0x0f, 'a'}, rename));
        const auto labels = [](auto bytes) { return store::decodeLabels(bytes, kRows); };
        QVERIFY(refused({0, 1, 3}, labels));                // no polarity
        QVERIFY(refused({0, 1, 0x80, 0x80, 0x10}, labels)); // class 65536
    }

    void cutAndRandomBytesNeverCrash()
    {
        std::mt19937 random(7);
        for (int round = 0; round < 60; ++round)
            for (const auto &whole : samplesOfEverything(random)) {
                for (std::size_t keep = 0; keep < whole.size(); keep += 1 + random() % 7)
                    QVERIFY(readable(view(whole).first(keep)));
                for (int i = 0; i < 50 && !whole.empty(); ++i) {
                    Bytes mutant = whole;
                    for (auto n = 1 + random() % 3; n > 0; --n)
                        mutant[random() % mutant.size()] = static_cast<char>(random());
                    QVERIFY(readable(view(mutant)));
                }
            }
        for (int round = 0; round < 20'000; ++round) {
            Bytes noise(random() % 40, '\0');
            for (auto &byte : noise)
                byte = static_cast<char>(random());
            QVERIFY(readable(view(noise)));
        }
    }

    void aChangedByteChangesTheChecksum()
    {
        std::mt19937 random(9);
        for (const auto &whole : samplesOfEverything(random)) {
            const auto sum = store::checksumOf(store::StepKind::Label, view(whole));
            QVERIFY(sum != store::checksumOf(store::StepKind::Select, view(whole)));
            for (std::size_t i = 0; i < whole.size(); ++i) {
                Bytes mutant = whole;
                mutant[i] = static_cast<char>(mutant[i] ^ (1 << random() % 8));
                QVERIFY(sum != store::checksumOf(store::StepKind::Label, view(mutant)));
                QVERIFY(sum != store::checksumOf(store::StepKind::Label, view(whole).first(i)));
            }
            QVERIFY(sum != store::checksumOf(store::StepKind::Label, view(whole + '\0')));
        }
    }

    void relabelIsWhatOneSampleAtATimeGives()
    {
        std::mt19937 random(11);
        std::vector<Label> reference(kRows);
        std::vector<LabelRun> present;
        for (int round = 0; round < 300; ++round) {
            std::vector<ChangeRun> wanted;
            for (const auto &run : steps::someRuns(random, kRows))
                wanted.push_back({run.first, run.count, {}, steps::someLabel(random)});
            const auto done = store::relabel(present, wanted);
            std::vector<Label> expected = reference;
            for (const auto &run : wanted)
                std::fill_n(expected.begin() + static_cast<std::ptrdiff_t>(run.first), run.count, run.after);
            QCOMPARE(store::toLabels(done.labels, kRows), expected);
            for (const auto &run : done.changes)
                for (std::uint64_t row = run.first; row < run.first + run.count; ++row) {
                    QCOMPARE(run.before, reference[row]);
                    QCOMPARE(run.after, expected[row]);
                    QVERIFY(!(run.before == run.after));
                }
            // The bytes of equal labels are equal: no two neighbours could be one run.
            for (std::size_t i = 1; i < done.labels.size(); ++i) {
                const auto &before = done.labels[i - 1];
                QVERIFY(before.first + before.count < done.labels[i].first ||
                        !(before.label == done.labels[i].label));
            }
            const auto back = store::relabel(done.labels, store::reversed(done.changes));
            QCOMPARE(back.labels, present);
            present = done.labels;
            reference = expected;
        }
    }

    void symmetricDifferenceIsThatOfSets()
    {
        std::mt19937 random(13);
        for (int round = 0; round < 300; ++round) {
            const auto a = steps::someRuns(random, kRows);
            const auto b = steps::someRuns(random, kRows);
            const auto runs = store::symmetricDifference(a, b);
            const auto one = rowsOf(a);
            const auto other = rowsOf(b);
            std::set<std::uint64_t> expected;
            std::set_symmetric_difference(one.begin(), one.end(), other.begin(), other.end(),
                                          std::inserter(expected, expected.end()));
            QVERIFY(rowsOf(runs) == expected);
            QCOMPARE(store::countOf(runs), std::uint64_t(expected.size()));
            for (std::size_t i = 1; i < runs.size(); ++i)
                QVERIFY(runs[i - 1].first + runs[i - 1].count < runs[i].first);
            QVERIFY(rowsOf(store::symmetricDifference(runs, b)) == one);
            QVERIFY(store::symmetricDifference(a, a).empty());
            QVERIFY(rowsOf(store::symmetricDifference(a, {})) == one);
        }
    }
};

QTEST_GUILESS_MAIN(TestRuns)
#include "tst_runs.moc"
