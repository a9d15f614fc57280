// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/session/planted_session.h"
#include "ui/docks/against_box.h"
#include "ui/docks/labels_dock.h"
#include "ui/docks/rule_card.h"
#include "ui/docks/sample_details.h"
#include "ui/docks/saved_selections.h"
#include "ui/docks/selection_dock.h"
#include "ui/docks/twin_histogram.h"
#include "ui/kit/figure_list.h"
#include "ui/kit/text.h"
#include "ui/kit/theme.h"
#include "ui/models/feature_norms.h"

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QLineEdit>
#include <QMainWindow>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <numeric>

using namespace statescape;
using namespace statescape::ui;
using test::Planted;
using Against = Workspace::Against;
using Kind = Workspace::Against::Kind;
using model::Side;

namespace {

constexpr std::size_t kRows = 300;
constexpr std::size_t kBroken = 40; ///< this sample misses a feature

std::string broken(const schema::Schema &schema)
{
    return schema[std::size_t(schema.indexOf("block.device.p99"))].key;
}

/// The planted session with one missing value.
void write(const std::filesystem::path &file)
{
    auto store = store::SessionStore::open(file, store::OpenMode::Create).value();
    store::SessionInfo info;
    info.host = "planted";
    info.origin = "import";
    info.intervalNs = Planted::kIntervalNs;
    info.anchor = {Planted::kStartNs, 1'700'000'000'000'000'000, ""};
    info.schema = schema::Schema::builtin();
    const auto id = store.beginSession(info).value();
    std::vector<feature::FeatureFrame> frames;
    for (std::size_t i = 0; i < kRows; ++i)
        frames.push_back(test::plantedFrame(i));
    frames[kBroken].values[std::size_t(info.schema->indexOf(broken(*info.schema)))] =
        schema::missingValue(schema::Missing::NoEvents);
    QVERIFY(store.append(id, frames).has_value());
}

RowMaskPtr stalled()
{
    auto mask = std::make_shared<RowMask>(kRows);
    for (std::size_t i = 0; i < kRows; ++i)
        (*mask)[i] = Planted::kindOf(i) == 2 ? 1 : 0;
    return mask;
}

std::uint64_t countOf(const RowMask &mask)
{
    return std::accumulate(mask.begin(), mask.end(), std::uint64_t{0});
}

} // namespace

class TestSelectionDock : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { applyTheme(QStringLiteral("dark")); }

    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        QVERIFY(m_folder->isValid());
        m_file = m_folder->filePath(QStringLiteral("planted.statescape"));
        write(m_file.toStdString());
        m_controller = std::make_unique<SessionController>();
        open();
    }
    void cleanup() { m_controller.reset(); }

    void theSummarySaysCountShareAndSpan()
    {
        SelectionDock dock(*m_controller);
        QCOMPARE(dock.heading(), QStringLiteral("SELECTION"));
        m_controller->select(stalled(), QStringLiteral("test"));
        QTRY_COMPARE(dock.heading(), QStringLiteral("SELECTION · 100 POINTS"));
        const auto shown = m_controller->shown();
        const auto clock = [&](std::uint64_t ns) { return localTime(shown->anchor, ns); };
        const QString span = QStringLiteral("%1 to %2")
                                 .arg(clock(shown->samples.timeNs(50) - Planted::kIntervalNs),
                                      clock(shown->samples.timeNs(299)));
        QVERIFY2(dock.summary().contains(span), qPrintable(dock.summary()));
        QVERIFY(dock.summary().contains(QStringLiteral("33 % of 300 samples")));
        QTRY_VERIFY2(dock.summary().contains(QStringLiteral("25 s in 4 intervals")),
                     qPrintable(dock.summary()));
    }

    void theChooserListsWhatThereIsToCompareWith()
    {
        SelectionDock dock(*m_controller);
        QCOMPARE(dock.againstBox()->choices().size(), std::size_t(3)); // rest, positive, negative
        m_controller->select(stalled(), QStringLiteral("test"));
        m_controller->label(schema::Polarity::Negative, QStringLiteral("disk stall"));
        m_controller->saveSelection(QStringLiteral("stalls"));
        QTRY_COMPARE(dock.againstBox()->choices().size(), std::size_t(5));
        QCOMPARE(dock.againstBox()->choices()[3], (Against{Kind::Class, "disk stall"}));
        QCOMPARE(dock.againstBox()->choices()[4], (Against{Kind::Saved, "stalls"}));
        train();
        const auto &choices = dock.againstBox()->choices();
        for (const auto &state : m_controller->shown()->model->states())
            QVERIFY(std::find(choices.begin(), choices.end(), Against{Kind::State, state.name}) !=
                    choices.end());
        QCOMPARE(dock.againstBox()->count(), int(choices.size()));

        selectKind(0);
        dock.againstBox()->choose({Kind::Class, "disk stall"});
        QCOMPARE(m_controller->against(), (Against{Kind::Class, "disk stall"}));
        QTRY_COMPARE(m_controller->explanation().against, (Against{Kind::Class, "disk stall"}));
        QCOMPARE(m_controller->explanation().others, std::uint64_t(100));
        QVERIFY(dock.againstBox()->currentText().contains(QStringLiteral("disk stall")));
        QVERIFY(dock.differences()->accessibleName().contains(QStringLiteral("disk stall")));
    }

    void anEmptyOtherSideSaysWhy()
    {
        SelectionDock dock(*m_controller);
        m_controller->select(std::make_shared<RowMask>(kRows, std::uint8_t{1}), QStringLiteral("all"));
        QTRY_VERIFY(dock.reason().contains(QStringLiteral("Everything is selected")));
        QVERIFY(dock.rule()->isHidden());
        m_controller->select(stalled(), QStringLiteral("test"));
        QTRY_VERIFY(dock.reason().isEmpty() && !dock.differences()->isHidden());
        dock.againstBox()->choose({Kind::Class, "positive"});
        QTRY_VERIFY2(dock.reason().contains(QStringLiteral("labelled positive")), qPrintable(dock.reason()));
        QVERIFY(dock.differences()->isHidden());
    }

    void theRuleCardSaysWhatTheRuleSays()
    {
        SelectionDock dock(*m_controller);
        m_controller->select(stalled(), QStringLiteral("test"));
        QTRY_VERIFY(m_controller->explanation().rule.has_value());
        const Explanation &e = m_controller->explanation();
        QVERIFY(!e.ruleText.empty());
        QVERIFY2(dock.rule()->text().startsWith(qt(e.ruleText)), qPrintable(dock.rule()->text()));
        const auto &samples = m_controller->shown()->samples;
        std::uint64_t holds = 0, right = 0;
        for (std::size_t i = 0; i < kRows; ++i) {
            holds += e.rule->holds(samples.row(i)) ? 1 : 0;
            right += e.rule->holds(samples.row(i)) && Planted::kindOf(i) == 2 ? 1 : 0;
        }
        QCOMPARE(e.rule->covered, holds);
        QCOMPARE(e.rule->precision, double(right) / double(holds));
        QVERIFY(dock.rule()->text().contains(QStringLiteral("holds for %1").arg(holds)));
        QSignalSpy wanted(&dock, &SelectionDock::ruleWanted);
        dock.rule()->findChild<QPushButton *>()->click();
        QCOMPARE(wanted.size(), 1);
        QCOMPARE(wanted[0][0].value<model::Rule>().terms.size(), e.rule->terms.size());
    }

    void aRuleOfOneTermIsACommand()
    {
        const auto schema = schema::Schema::builtin();
        Explanation e;
        e.rule = model::Rule{{{schema->indexOf("block.queue.p99"), true, 18400}}, 0.98, 0.95, 0.96, 131};
        e.ruleText = "block queue p99 > 18.4 ms";
        RuleCard card;
        card.setExplanation(e, schema, QStringLiteral("/a/it's.statescape"));
        QCOMPARE(card.command(),
                 QStringLiteral("statescape label '/a/it'\\''s.statescape' --where 'block.queue.p99 > 18400' "
                                "--as negative"));
        QVERIFY(card.text().contains(QStringLiteral("precision 0.98, recall 0.95")));
        e.rule->terms.push_back({schema->indexOf("syscall.sync.rate"), false, 120});
        card.setExplanation(e, schema, QStringLiteral("/a/b"));
        QVERIFY(card.command().isEmpty()); // --where takes one term
        e.rule.reset();
        card.setExplanation(e, schema, QStringLiteral("/a/b"));
        QVERIFY(card.text().isEmpty());
        QVERIFY(card.findChild<QPushButton *>()->isHidden() ||
                !card.findChild<QPushButton *>()->isVisibleTo(&card));
    }

    void twinHistogramsCountEverySampleOnce()
    {
        SelectionDock dock(*m_controller);
        auto mask = std::make_shared<RowMask>(kRows, std::uint8_t{0});
        std::fill(mask->begin() + 25, mask->begin() + 50, std::uint8_t{1}); // kBroken among them
        m_controller->select(mask, QStringLiteral("test"));
        QTRY_VERIFY(!m_controller->explanation().histograms.empty());
        const Explanation &e = m_controller->explanation();
        for (const auto &histogram : e.histograms) {
            TwinHistogramPlot plot;
            plot.setHistogram(histogram, base::Unit::Microseconds);
            double selected = 0, others = 0;
            std::uint64_t selectedCount = 0, othersCount = 0;
            for (int bar = 0; bar < plot.bars(); ++bar) {
                selected += plot.share(Side::Selected, bar);
                others += plot.share(Side::Others, bar);
                selectedCount += plot.count(Side::Selected, bar);
                othersCount += plot.count(Side::Others, bar);
            }
            QCOMPARE(selectedCount, std::uint64_t(25));
            QCOMPARE(othersCount, std::uint64_t(kRows - 25));
            QVERIFY(std::abs(selected - 1) < 1e-9 && std::abs(others - 1) < 1e-9);
            const bool missing = histogram.missingSelected + histogram.missingOthers > 0;
            QCOMPARE(plot.bars(), int(histogram.selected.size()) + (missing ? 1 : 0));
        }
        // The row looked at has its histogram, and the keyboard gets to every bar.
        QVERIFY(dock.differences()->currentIndex().isValid());
        QVERIFY(!dock.histogram()->isHidden());
        TwinHistogramPlot *plot = dock.histogram()->plot();
        QTest::keyClick(plot, Qt::Key_Home);
        QCOMPARE(plot->current(), 0);
        QTest::keyClick(plot, Qt::Key_Right);
        QCOMPARE(plot->current(), 1);
        QVERIFY(dock.histogram()->caption().contains(plot->rangeText(1)));
        QTest::keyClick(plot, Qt::Key_End);
        QCOMPARE(plot->current(), plot->bars() - 1);
    }

    void aMissingValueHasABarOfItsOwn()
    {
        model::TwinHistogram histogram;
        histogram.edges = {0, 10, 20};
        histogram.selected = {3, 1};
        histogram.others = {2, 2};
        histogram.missingSelected = 4;
        TwinHistogramPlot plot;
        plot.setHistogram(histogram, base::Unit::Microseconds);
        QCOMPARE(plot.bars(), 3);
        QVERIFY(plot.isMissingBar(2));
        QCOMPARE(plot.share(Side::Selected, 2), 0.5);
        QCOMPARE(plot.share(Side::Others, 2), 0.0);
        QCOMPARE(plot.rangeText(2), QStringLiteral("missing"));
        QCOMPARE(plot.rangeText(0), QStringLiteral("up to 10 µs"));
        QCOMPARE(plot.rangeText(1), QStringLiteral("10 µs and above"));
    }

    void hidingTheListTakesTheKeyboardNowhereElse()
    {
        SelectionDock dock(*m_controller);
        dock.resize(340, 1000);
        dock.show();
        m_controller->select(stalled(), QStringLiteral("test"));
        m_controller->saveSelection(QStringLiteral("kept"));
        QTRY_VERIFY(dock.differences()->isVisible());
        dock.activateWindow();
        dock.differences()->setFocus();
        QTRY_VERIFY(dock.differences()->hasFocus());
        auto one = std::make_shared<RowMask>(kRows, std::uint8_t{0});
        (*one)[60] = 1;
        m_controller->select(one, QStringLiteral("test"));
        QTRY_VERIFY(dock.reason().contains(QStringLiteral("Too few")));
        QVERIFY(!dock.saved()->list()->hasFocus()); // Delete would remove there
        QVERIFY2(!dock.summary().contains(QStringLiteral("to")), qPrintable(dock.summary())); // one moment
    }

    void ticksAreRoundHaveUnitsAndDoNotOverlap_data()
    {
        QTest::addColumn<double>("low");
        QTest::addColumn<double>("high");
        QTest::addColumn<bool>("logarithmic");
        QTest::newRow("decades") << 0.0 << 250'000.0 << true;
        QTest::newRow("less than a decade") << 12'000.0 << 18'000.0 << true;
        QTest::newRow("linear") << 0.0 << 100.0 << false;
        QTest::newRow("below zero") << -5.0 << 5.0 << false;
        QTest::newRow("all the same") << 7.0 << 7.0 << false;
        QTest::newRow("wide") << 1.0 << 4e12 << true;
    }
    void ticksAreRoundHaveUnitsAndDoNotOverlap()
    {
        QFETCH(double, low);
        QFETCH(double, high);
        QFETCH(bool, logarithmic);
        model::TwinHistogram histogram;
        histogram.logarithmic = logarithmic;
        histogram.edges = {low, high};
        const QFontMetrics metrics{QFont()};
        const auto ticks = ticksFor(histogram, base::Unit::Microseconds, 220, metrics);
        QVERIFY(!ticks.empty());
        QVERIFY(ticks.size() >= 2 || low == high);
        for (std::size_t i = 0; i < ticks.size(); ++i) {
            QVERIFY(ticks[i].at >= 0 && ticks[i].at <= 1.0001);
            QVERIFY(ticks[i].value >= low - 1e-9 && ticks[i].value <= high * 1.0001 + 1e-9);
            QCOMPARE(ticks[i].text, qt(base::formatValue(ticks[i].value, base::Unit::Microseconds)));
            if (i > 0)
                QVERIFY(ticks[i].at > ticks[i - 1].at);
        }
    }

    void aSavedSelectionIsThereTomorrow()
    {
        {
            SelectionDock dock(*m_controller);
            m_controller->select(stalled(), QStringLiteral("test"), QStringLiteral("{\"drawn\":1}"));
            QTRY_VERIFY(!m_controller->explanation().differences.empty());
            dock.startSaving();
            QLineEdit *name = dock.saved()->nameEdit();
            QVERIFY(!name->isHidden());
            QVERIFY2(
                name->text().contains(
                    qt(m_controller->shown()
                           ->samples.schema()[std::size_t(m_controller->explanation().differences[0].column)]
                           .title)),
                qPrintable(name->text())); // suggested: when and what
            name->setText(QStringLiteral("stalls of monday"));
            QTest::keyClick(name, Qt::Key_Return);
            QVERIFY(name->isHidden());
            QTRY_COMPARE(dock.saved()->model()->rowCount(), 1);
            QAbstractItemModelTester tester(dock.saved()->model());
            QCOMPARE(dock.saved()->model()->index(0, 0).data().toString(),
                     QStringLiteral("stalls of monday"));
            QCOMPARE(dock.saved()->model()->index(0, 1).data().toString(), QStringLiteral("100"));
        }
        m_controller = std::make_unique<SessionController>();
        open();
        SelectionDock dock(*m_controller);
        QCOMPARE(dock.saved()->model()->rowCount(), 1);
        m_controller->select(std::make_shared<RowMask>(), QStringLiteral("nothing"));
        QTRY_COMPARE(m_controller->selectedCount(), std::uint64_t(0));
        Q_EMIT dock.saved()->list()->activated(dock.saved()->model()->index(0, 0));
        QTRY_COMPARE(m_controller->selectedCount(), std::uint64_t(100));
        RowMask now = *m_controller->selection();
        now.resize(kRows);
        QCOMPARE(now, *stalled());
        QCOMPARE(m_controller->geometry(), QStringLiteral("{\"drawn\":1}"));
    }

    void aRemovalCanBeTakenBack()
    {
        SelectionDock dock(*m_controller);
        m_controller->select(stalled(), QStringLiteral("test"));
        m_controller->saveSelection(QStringLiteral("a"));
        QTRY_COMPARE(dock.saved()->model()->rowCount(), 1);
        SavedSelections *saved = dock.saved();
        saved->list()->setCurrentIndex(saved->model()->index(0, 0));
        QTest::keyClick(saved->list(), Qt::Key_Delete);
        QCOMPARE(saved->model()->rowCount(), 0);
        QCOMPARE(m_controller->savedSelections().size(), std::size_t(1)); // not yet
        saved->takeBack();
        QCOMPARE(saved->model()->rowCount(), 1);
        saved->remove(m_controller->savedSelections().front());
        saved->removeWaiting();
        QTRY_COMPARE(m_controller->savedSelections().size(), std::size_t(0));
        QCOMPARE(saved->model()->rowCount(), 0);
    }

    void labelsAreCountedWhereTheyChanged()
    {
        base::Column<schema::Label> column;
        const std::vector<schema::Label> many(200'000, schema::Label{schema::Polarity::Positive, 1});
        column.append(many);
        struct Slot {
            std::size_t operator()(schema::Label label) const { return std::size_t(label.classId); }
        };
        ColumnTally<schema::Label, Slot> tally;
        tally.update(column.view(), 200'000);
        QCOMPARE(tally.count(1), std::uint64_t(200'000));
        const auto visited = tally.visited();
        column.append(std::span(many).first(10));
        tally.update(column.view(), 200'010);
        QCOMPARE(tally.visited() - visited, std::uint64_t(10));
        column.set(70'000, {schema::Polarity::None, 2});
        tally.update(column.view(), 200'010);
        QCOMPARE(tally.count(1), std::uint64_t(200'009));
        QCOMPARE(tally.count(2), std::uint64_t(1));
        QVERIFY(tally.visited() - visited <= 10 + 2 * base::Column<schema::Label>::kChunkRows);
        tally.update(column.view(), 65'540); // a frozen picture has fewer rows
        QCOMPARE(tally.count(1), std::uint64_t(65'540));
        QCOMPARE(tally.count(2), std::uint64_t(0));
        tally.update(column.view(), 200'010);
        QCOMPARE(tally.count(1) + tally.count(2), std::uint64_t(200'010));
    }

    void labelsSelectAddAndRemove()
    {
        LabelsDock dock(*m_controller);
        m_controller->select(stalled(), QStringLiteral("test"));
        m_controller->label(schema::Polarity::Negative, QStringLiteral("disk stall"));
        selectKind(1);
        m_controller->label(schema::Polarity::Positive, {});
        QTRY_COMPARE(rowNamed(dock, "disk stall").count, std::uint64_t(100));
        QTRY_COMPARE(rowNamed(dock, "Positive").count, std::uint64_t(100));
        dock.pick(m_row, SelectionOp::Replace);
        QTRY_COMPARE(m_controller->selectedCount(), std::uint64_t(100));
        (void)rowNamed(dock, "disk stall");
        dock.pick(m_row, SelectionOp::Add);
        QTRY_COMPARE(m_controller->selectedCount(), std::uint64_t(200));
        dock.pick(m_row, SelectionOp::Subtract);
        QTRY_COMPARE(m_controller->selectedCount(), std::uint64_t(100));
        QCOMPARE(dock.model()->index(m_row, 0).data(LabelModel::kDigitRole).toInt(), 1);

        train();
        const auto shown = m_controller->shown();
        std::uint64_t inStates = 0;
        int states = 0;
        for (const LabelRow &row : dock.model()->rows())
            if (row.kind == LabelRow::Kind::State) {
                ++states;
                inStates += row.count;
            }
        QCOMPARE(states, int(shown->model->states().size()) + 1); // and unknown
        QCOMPARE(inStates, std::uint64_t(kRows));
        const std::uint64_t members = rowNamed(dock, shown->model->states()[0].name, true).count;
        dock.pick(m_row, SelectionOp::Replace);
        QTRY_COMPARE(m_controller->selectedCount(), members);
        for (std::size_t i = 0; i < kRows; ++i)
            QCOMPARE(int((*m_controller->selection())[i]), (*shown->scores)[i].cluster == 0 ? 1 : 0);
    }

    void aClassIsRenamedInPlaceAndBack()
    {
        LabelsDock dock(*m_controller);
        m_controller->select(stalled(), QStringLiteral("test"));
        m_controller->label(schema::Polarity::Negative, QStringLiteral("disk stall"));
        QTRY_COMPARE(rowNamed(dock, "disk stall").count, std::uint64_t(100));
        dock.show();
        FigureList *list = dock.list();
        list->setCurrentIndex(dock.model()->index(m_row, 0));
        list->edit(dock.model()->index(m_row, 0));
        auto *editor = list->findChild<QLineEdit *>();
        QVERIFY(editor);
        QCOMPARE(editor->text(), QStringLiteral("disk stall"));
        editor->setText(QStringLiteral("slow dis"));
        // New counts come while somebody types.
        m_controller->clearLabels();
        m_controller->undo();
        QTRY_COMPARE(rowNamed(dock, "disk stall").count, std::uint64_t(100));
        editor = list->findChild<QLineEdit *>();
        if (!editor) { // the row went for a moment, and its editor with it
            list->edit(dock.model()->index(m_row, 0));
            editor = list->findChild<QLineEdit *>();
        }
        editor->setText(QStringLiteral("slow disk"));
        QTest::keyClick(editor, Qt::Key_Return);
        QTRY_VERIFY(m_controller->shown()->classNames->size() == 2 &&
                    (*m_controller->shown()->classNames)[1] == "slow disk");
        QTRY_COMPARE(rowNamed(dock, "slow disk").count, std::uint64_t(100));
        m_controller->undo();
        QTRY_COMPARE((*m_controller->shown()->classNames)[1], std::string("disk stall"));

        selectKind(1);
        m_controller->label(schema::Polarity::Positive, QStringLiteral("serving"));
        QTRY_COMPARE(m_controller->shown()->classNames->size(), std::size_t(3));
        QSignalSpy problems(m_controller.get(), &SessionController::problem);
        QTRY_COMPARE(rowNamed(dock, "serving").count, std::uint64_t(100));
        dock.model()->setData(dock.model()->index(m_row, 0), QStringLiteral("disk stall"), Qt::EditRole);
        QTRY_COMPARE(problems.size(), 1); // there is one of that name
    }

    void theDetailsSayWhatTheSnapshotSays()
    {
        QMainWindow window;
        window.show();
        showSampleDetails(&window, *m_controller, 60);
        auto *details = window.findChild<SampleDetails *>();
        QVERIFY(details && details->isVisible() && !details->isModal());
        const auto shown = m_controller->shown();
        const schema::Schema &schema = shown->samples.schema();
        QAbstractItemModelTester tester(details->facts());
        QCOMPARE(details->facts()->rowCount(), int(schema.size()));
        double before = INFINITY;
        for (int row = 0; row < details->facts()->rowCount(); ++row) {
            const FactRow &fact = details->facts()->rows()[std::size_t(row)];
            QCOMPARE(fact.value, shown->samples.at(60, std::size_t(fact.column)));
            QCOMPARE(details->facts()->index(row, 1).data().toString(),
                     valueText(double(fact.value), schema[std::size_t(fact.column)].unit));
            QVERIFY(std::abs(fact.sigmas) <= before);
            before = std::abs(fact.sigmas);
        }
        // In the end every row of a small session is looked at, so the median is exact.
        const int queue = schema.indexOf("block.queue.p99");
        std::vector<float> values;
        for (std::size_t i = 0; i < kRows; ++i)
            values.push_back(shown->samples.at(i, std::size_t(queue)));
        std::nth_element(values.begin(), values.begin() + kRows / 2, values.end());
        const auto place = [&] {
            const auto &facts = details->facts()->rows();
            return std::find_if(facts.begin(), facts.end(), [&](auto &f) { return f.column == queue; });
        };
        QTRY_COMPARE(float(place()->median), values[kRows / 2]);
        QVERIFY(place() - details->facts()->rows().begin() < 3); // planted

        QVERIFY(details->headText().contains(QStringLiteral("250 ms")));
        QVERIFY(details->headText().contains(QStringLiteral("unlabelled")));
        QVERIFY(details->toText().contains(QStringLiteral("syncer")));
        details->search()->setText(QStringLiteral("block.queue"));
        int matching = 0;
        for (const auto &feature : schema.features())
            matching += qt(feature.key).contains(QStringLiteral("block.queue")) ? 1 : 0;
        QCOMPARE(details->shownFeatures(), matching);

        details->step(1);
        QCOMPARE(details->row(), std::int64_t(61));
        QCOMPARE(m_controller->cursorRow(), std::int64_t(61));
        m_controller->setCursorRow(kBroken);
        QCOMPARE(details->row(), std::int64_t(kBroken)); // follows the cursor
        const QString tsv = details->facts()->toTsv();
        QCOMPARE(tsv.count(QLatin1Char('\n')), qsizetype(schema.size()) + 1);
        QVERIFY(tsv.contains(qt(broken(schema)) + QLatin1Char('\t') +
                             qt(schema::missingKey(schema::Missing::NoEvents))));
        QVERIFY(details->facts()
                    ->index(details->facts()->rowCount() - 1, 0)
                    .data()
                    .toString()
                    .contains(missingWords(schema::Missing::NoEvents)));
        showSampleDetails(&window, *m_controller, 5);
        QCOMPARE(window.findChildren<SampleDetails *>().size(), 1); // one window, reused
        QCOMPARE(details->row(), std::int64_t(5));
    }

    void unusualFeaturesAreThePlantedOnes()
    {
        const auto shown = m_controller->shown();
        const QString text = unusualFeatures(*shown, 60, 5); // stalled
        for (const char *key : {"block.queue.p99", "syscall.sync.rate", "pressure.io.some"}) {
            const auto column = std::size_t(shown->samples.schema().indexOf(key));
            const auto &feature = shown->samples.schema()[column];
            QVERIFY2(text.contains(qt(feature.title)), qPrintable(text));
            QVERIFY(text.contains(valueText(double(shown->samples.at(60, column)), feature.unit)));
        }
        QVERIFY(text.contains(QStringLiteral("σ")));
        QVERIFY(!text.contains(QStringLiteral("σ"), Qt::CaseSensitive) ||
                text.count(QStringLiteral("σ")) <= 5);
        QVERIFY(unusualFeatures(*shown, 3, 5).isEmpty()); // calm, like most
        QVERIFY(unusualFeatures(*shown, -1, 5).isEmpty());
        QVERIFY(unusualFeatures(*shown, kRows, 5).isEmpty());
    }

    void nothingIsCutAtAnyWidth_data()
    {
        QTest::addColumn<int>("width");
        for (const int width : {260, 340, 480})
            QTest::newRow(qPrintable(QString::number(width))) << width;
    }
    void nothingIsCutAtAnyWidth()
    {
        QFETCH(int, width);
        QMainWindow window;
        auto *dock = new SelectionDock(*m_controller);
        window.addDockWidget(Qt::RightDockWidgetArea, dock);
        dock->setFixedWidth(width);
        window.resize(900, 1400);
        window.show();
        m_controller->select(stalled(), QStringLiteral("test"));
        m_controller->saveSelection(QStringLiteral("a name that is rather long for so narrow a dock"));
        QTRY_VERIFY(!dock->differences()->isHidden());
        QTest::qWait(50);
        for (const QLabel *label : dock->findChildren<QLabel *>()) {
            if (!label->isVisible() || label->text().isEmpty())
                continue;
            if (label->wordWrap())
                QVERIFY2(label->height() >= label->heightForWidth(label->width()), qPrintable(label->text()));
            else
                QVERIFY2(label->width() >= label->fontMetrics().horizontalAdvance(label->text()),
                         qPrintable(label->text()));
        }
        for (const QAbstractButton *button : dock->findChildren<QAbstractButton *>())
            if (button->isVisible())
                QVERIFY2(button->width() >= button->fontMetrics().horizontalAdvance(button->text()),
                         qPrintable(button->text()));
        const DifferenceList *list = dock->differences();
        for (int row = 0; row < list->model()->rowCount(); ++row) {
            const QModelIndex name = list->model()->index(row, 0), figure = list->model()->index(row, 2);
            const QRect room(0, 0, list->visualRect(name).width() - 8, 1000);
            QVERIFY2(
                list->fontMetrics().boundingRect(room, Qt::TextWordWrap, name.data().toString()).height() <=
                    list->visualRect(name).height(),
                qPrintable(name.data().toString()));
            QVERIFY(list->visualRect(figure).width() >=
                    QFontMetrics(figureFont()).horizontalAdvance(figure.data().toString()));
        }
        // Everything that can be used can be reached by Tab, from top to bottom.
        QSet<const QWidget *> chain;
        for (QWidget *next = dock->nextInFocusChain(); next != dock; next = next->nextInFocusChain())
            chain.insert(next);
        for (const QWidget *widget :
             {static_cast<const QWidget *>(list), static_cast<const QWidget *>(dock->histogram()->plot()),
              static_cast<const QWidget *>(dock->againstBox()),
              static_cast<const QWidget *>(dock->saved()->list())}) {
            QVERIFY(chain.contains(widget));
            QVERIFY(widget->focusPolicy() & Qt::TabFocus);
            QVERIFY(!widget->accessibleName().isEmpty());
        }
    }

private:
    void open()
    {
        const auto opened = m_controller->open(m_file);
        QVERIFY2(opened.has_value(), opened ? "" : opened.error().text().c_str());
        QTRY_VERIFY_WITH_TIMEOUT(m_controller->shown()->coordinates != nullptr, 10000);
    }
    void selectKind(int kind)
    {
        auto mask = std::make_shared<RowMask>(kRows);
        for (std::size_t i = 0; i < kRows; ++i)
            (*mask)[i] = Planted::kindOf(i) == kind ? 1 : 0;
        const std::uint64_t count = countOf(*mask);
        m_controller->select(mask, QStringLiteral("test"));
        QTRY_COMPARE(m_controller->selectedCount(), count);
    }
    void train()
    {
        QSignalSpy finished(m_controller.get(), &SessionController::trainingFinished);
        m_controller->train({});
        QTRY_COMPARE_WITH_TIMEOUT(finished.size(), 1, 30000);
        QVERIFY(finished[0][0].toBool());
        QTRY_VERIFY(m_controller->shown()->model && m_controller->shown()->scores);
    }
    /// Also keeps its number in m_row.
    LabelRow rowNamed(const LabelsDock &dock, const std::string &name, bool state = false)
    {
        const auto &rows = dock.model()->rows();
        for (m_row = 0; m_row < int(rows.size()); ++m_row)
            if (rows[std::size_t(m_row)].name == name &&
                (rows[std::size_t(m_row)].kind == LabelRow::Kind::State) == state)
                return rows[std::size_t(m_row)];
        m_row = -1;
        return {};
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_file;
    std::unique_ptr<SessionController> m_controller;
    int m_row = -1;
};

QTEST_MAIN(TestSelectionDock)
#include "test_selection_dock.moc"
