// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/confusion_table.h"
#include "ui/docks/diagnostic_charts.h"
#include "ui/docks/diagnostic_words.h"
#include "ui/docks/fold.h"
#include "ui/kit/theme.h"
#include "ui/point_view/colours.h"

#include <QBarCategoryAxis>
#include <QChart>
#include <QGraphicsTextItem>
#include <QHeaderView>
#include <QLabel>
#include <QLineSeries>
#include <QScatterSeries>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTextDocument>
#include <QVBoxLayout>

#include <cmath>

using namespace statescape;
using namespace statescape::ui;
using model::kUndefined;

namespace {

SilhouetteChart::Bar bar(const QString &name, double silhouette)
{
    return {name, makeStyle(classColour(1), Shape::Plus, 5), silhouette, 40};
}

model::Candidate candidate(const char *algorithm, int k, double score, bool chosen = false)
{
    model::Candidate out;
    out.algorithm = algorithm;
    out.k = k;
    out.score = score;
    out.silhouette = 0.41;
    out.daviesBouldin = 0.92;
    out.calinskiHarabasz = 1234;
    out.density = kUndefined;
    out.stability = -0.03;
    out.noise = 0.021;
    out.chosen = chosen;
    return out;
}

std::vector<model::Candidate> manyCandidates()
{
    std::vector<model::Candidate> out;
    for (const auto &algorithm : model::algorithms())
        if (algorithm.key != "auto")
            for (int k = 1; k <= 12; ++k)
                out.push_back(candidate(std::string(algorithm.key).c_str(), k,
                                        0.5 + 0.4 * std::sin(k + double(algorithm.key.size()))));
    out[6].chosen = true;
    return out;
}

/// Texts of a chart that are shown.
QList<QGraphicsTextItem *> textsOf(const DiagnosticChart &chart)
{
    QList<QGraphicsTextItem *> out;
    for (QGraphicsItem *item : chart.scene()->items())
        if (auto *text = dynamic_cast<QGraphicsTextItem *>(item))
            if (text->isVisible() && !text->toPlainText().trimmed().isEmpty())
                out << text;
    return out;
}

/// The text itself, without the margin a text item has around it.
QRectF inkOf(const QGraphicsTextItem *text)
{
    const double margin = text->document()->documentMargin();
    return text->sceneBoundingRect().adjusted(margin, margin, -margin, -margin);
}

} // namespace

class TestDiagnostics : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        QSettings::setDefaultFormat(QSettings::IniFormat);
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_folder.path());
        QApplication::setOrganizationName(QStringLiteral("StatescapeTest"));
        m_font = QApplication::font();
    }
    void init()
    {
        QApplication::setFont(m_font);
        applyTheme(QStringLiteral("dark"));
    }

    void equalNamesAreTwoBars()
    {
        SilhouetteChart chart(QStringLiteral("silhouette"));
        const QString longName = QStringLiteral("a class with a name nobody would want to read twice");
        chart.setBars({bar(QStringLiteral("disk stall"), 0.5), bar(QStringLiteral("disk stall"), -0.25),
                       bar(longName, kUndefined), bar(longName, 0.1)});
        const auto axes = chart.chart()->axes(Qt::Vertical);
        QCOMPARE(axes.size(), 1);
        QCOMPARE(qobject_cast<const QBarCategoryAxis *>(axes[0])->count(), 4);
        QVERIFY(chart.accessibleDescription().contains(QStringLiteral("disk stall −0.25")));
        QVERIFY(chart.accessibleDescription().contains(longName + QStringLiteral(" –")));
    }

    void theTipIsOfTheRowUnderThePointer()
    {
        SilhouetteChart chart(QStringLiteral("silhouette"));
        chart.setBars({bar(QStringLiteral("serving"), 0.5), bar(QStringLiteral("disk stall"), 0.25),
                       bar(QStringLiteral("lonely"), kUndefined)});
        show(chart);
        const auto tipOfRow = [&](int row) {
            return chart.tipAt(chart.chart()->mapToPosition({0.05, 2.0 - row}));
        };
        QVERIFY2(tipOfRow(0).contains(QStringLiteral("serving")) &&
                     tipOfRow(0).contains(QStringLiteral("0.50")),
                 qPrintable(tipOfRow(0)));
        QVERIFY(tipOfRow(1).contains(QStringLiteral("disk stall")));
        QVERIFY(tipOfRow(2).contains(QStringLiteral("two samples")));
    }

    void reliabilityLeavesOutWhatIsUndefined()
    {
        ReliabilityChart chart(QStringLiteral("calibration"), QStringLiteral("said"), QStringLiteral("right"),
                               QStringLiteral("said %1 right %2 in %3"));
        chart.setPoints({{0.2, 0.25, 100}, {0.5, kUndefined, 4}, {0.6, 0.6, 0}, {0.9, 0.8, 25}});
        QCOMPARE(chart.points().size(), std::size_t(2));
        show(chart);
        double largest = 0, smallest = 100;
        int lines = 0;
        for (const QAbstractSeries *series : chart.chart()->series()) {
            if (const auto *dot = qobject_cast<const QScatterSeries *>(series)) {
                largest = std::max(largest, dot->markerSize());
                smallest = std::min(smallest, dot->markerSize());
            } else {
                ++lines;
            }
        }
        QCOMPARE(lines, 2); // the diagonal and what was measured
        QVERIFY(largest > smallest);
        QCOMPARE(chart.tipAt(chart.chart()->mapToPosition({0.9, 0.8})),
                 QStringLiteral("said 0.90 right 0.80 in 25 samples"));
        QVERIFY(chart.tipAt(chart.chart()->mapToPosition({0.5, 0.02})).isEmpty());
        chart.setPoints({});
        QVERIFY(chart.chart()->series().isEmpty());
    }

    void choiceHasALineAnAlgorithmAndARing()
    {
        ChoiceChart chart(QStringLiteral("choice"));
        auto candidates = manyCandidates();
        const std::size_t all = candidates.size();
        candidates[3].score = kUndefined;
        chart.setCandidates(candidates);
        QCOMPARE(chart.candidates().size(), all - 1);
        const auto algorithms = int(model::algorithms().size()) - 1;
        int lines = 0, rings = 0;
        for (const QAbstractSeries *series : chart.chart()->series()) {
            lines += qobject_cast<const QLineSeries *>(series) ? 1 : 0;
            const auto *dots = qobject_cast<const QScatterSeries *>(series);
            rings += dots && dots->count() == 1 && dots->color().alpha() == 0 ? 1 : 0;
        }
        QCOMPARE(lines, algorithms);
        QCOMPARE(rings, 1);
        for (const auto &algorithm : model::algorithms())
            if (algorithm.key != "auto")
                QVERIFY(chart.legendText().contains(
                    QString::fromStdString(std::string(algorithm.name)).toHtmlEscaped()));
        show(chart);
        const auto &chosen = candidates[6];
        const QString tip = chart.tipAt(chart.chart()->mapToPosition({double(chosen.k), chosen.score}));
        for (const char *part :
             {"chosen", "silhouette", "0.41", "Davies-Bouldin", "0.92", "Calinski-Harabasz", "1234", "DBCV",
              "–", "stability", "−0.03", "in no state", "2.1"})
            QVERIFY2(tip.contains(QString::fromUtf8(part)), part);
    }

    void textsNeitherOverlapNorAreCut_data()
    {
        QTest::addColumn<double>("scale");
        QTest::addColumn<int>("width");
        QTest::addColumn<QString>("theme");
        for (const double scale : {1.0, 1.5, 2.0})
            for (const int width : {276, 336, 520})
                for (const char *theme : {"dark", "light", "contrast"})
                    QTest::addRow("%g %d %s", scale, width, theme)
                        << scale << width << QString::fromLatin1(theme);
    }

    void textsNeitherOverlapNorAreCut()
    {
        QFETCH(double, scale);
        QFETCH(int, width);
        QFETCH(QString, theme);
        QFont font = m_font;
        font.setPointSizeF(m_font.pointSizeF() * scale);
        QApplication::setFont(font);
        applyTheme(theme);
        QWidget page;
        auto *box = new QVBoxLayout(&page);
        box->setContentsMargins(0, 0, 0, 0);
        auto *silhouette = new SilhouetteChart(QStringLiteral("silhouette"));
        std::vector<SilhouetteChart::Bar> bars;
        for (int i = 0; i < 30; ++i)
            bars.push_back(bar(i % 3 == 0 ? QStringLiteral("state with quite a long name %1").arg(i)
                                          : QStringLiteral("s%1").arg(i),
                               std::cos(i)));
        silhouette->setBars(bars);
        auto *confidence =
            new ReliabilityChart(QStringLiteral("calibration"), QStringLiteral("confidence said"),
                                 QStringLiteral("share right"), QStringLiteral("%1 %2 %3"));
        confidence->setPoints({{0.2, 0.25, 100}, {0.9, 0.8, 25}});
        auto *choice = new ChoiceChart(QStringLiteral("choice"));
        choice->setCandidates(manyCandidates());
        auto *variance = new VarianceChart(QStringLiteral("variance"));
        variance->setRatios({0.4, 0.2, 0.1, 0.08, 0.06, 0.05, 0.04, 0.03});
        const QList<DiagnosticChart *> charts{silhouette, confidence, choice, variance};
        for (DiagnosticChart *chart : charts)
            box->addWidget(chart);
        page.setFixedWidth(width);
        page.show();
        QVERIFY(QTest::qWaitForWindowExposed(&page));
        QTest::qWait(30);
        for (DiagnosticChart *chart : charts) {
            const auto texts = textsOf(*chart);
            QVERIFY2(texts.size() >= 3, qPrintable(chart->accessibleName()));
            const QRectF room = chart->sceneRect().adjusted(-1, -1, 1, 1);
            for (qsizetype i = 0; i < texts.size(); ++i) {
                const QRectF ink = inkOf(texts[i]);
                QVERIFY2(room.contains(ink), qPrintable(chart->accessibleName() + QStringLiteral(": ") +
                                                        texts[i]->toPlainText()));
                for (qsizetype j = i + 1; j < texts.size(); ++j)
                    QVERIFY2(!ink.intersects(inkOf(texts[j])),
                             qPrintable(QStringLiteral("%1: %2 over %3")
                                            .arg(chart->accessibleName(), texts[i]->toPlainText(),
                                                 texts[j]->toPlainText())));
                QVERIFY(contrastRatio(texts[i]->defaultTextColor(), currentTheme().window) >= 3);
            }
        }
    }

    void aThemeChangeIsFollowed()
    {
        VarianceChart chart(QStringLiteral("variance"));
        chart.setRatios({0.6, 0.3});
        show(chart);
        applyTheme(QStringLiteral("light"));
        QCoreApplication::processEvents();
        QCOMPARE(chart.chart()->axes().front()->labelsBrush().color(), currentTheme().muted);
    }

    void undefinedIsASentence()
    {
        const model::Quality none;
        for (const DiagnosticWords &words :
             {confusionWords(none), confidenceWords(none), abnormalityWords(none), silhouetteWords({}),
              varianceWords({}), choiceWords({}, {}, true), choiceWords({}, {}, false)}) {
            QVERIFY(!words.drawable);
            QVERIFY(words.text.endsWith(QLatin1Char('.')));
        }
        const std::vector<model::State> one{{"calm", schema::Polarity::None, 9, kUndefined, 1}};
        QVERIFY(!silhouetteWords(one).drawable);
        model::TrainOptions given;
        given.algorithm = "kmeans";
        given.k = 3;
        QVERIFY(choiceWords({}, given, false).text.contains(QStringLiteral("were given")));
    }

    void calibrationSaysWhatChanceWouldGive()
    {
        model::Quality quality;
        quality.abnormality = {{0.25, 0.10, 40}, {0.5, 0.3, 40}, {0.75, 0.6, 40}};
        quality.abnormalityError = 0.2;
        quality.abnormalityChance = 0.11;
        quality.goodSamples = 1234;
        const QString beyond = abnormalityWords(quality).text;
        QVERIFY2(beyond.contains(QStringLiteral("0.20")) && beyond.contains(QStringLiteral("up to 0.11")) &&
                     beyond.contains(QStringLiteral("too high")),
                 qPrintable(beyond));
        quality.abnormalityError = 0.09;
        QVERIFY(!abnormalityWords(quality).text.contains(QStringLiteral("too")));
    }

    void confusionIsLegibleInEveryTheme()
    {
        model::Quality quality;
        quality.samples = 1300;
        quality.classes = {"serving", "disk stall", "disk stall"};
        quality.confusion = {{1200, 0, 3, 1}, {2, 40, 0, 0}, {0, 50, 4, 0}};
        ConfusionTable table;
        table.resize(300, 200);
        table.setQuality(quality);
        table.show();
        QVERIFY(QTest::qWaitForWindowExposed(&table));
        for (const char *theme : {"dark", "light", "contrast"}) {
            applyTheme(QString::fromLatin1(theme));
            QCoreApplication::processEvents();
            QCOMPARE(table.columnCount(), 4);
            const QColor ground = currentTheme().window;
            for (int r = 0; r < 3; ++r)
                for (int c = 0; c < 4; ++c) {
                    const QTableWidgetItem *cell = table.item(r, c);
                    const QColor over = cell->background().color();
                    const auto mixed = [&](int under, int top) {
                        return int(under + (top - under) * over.alphaF());
                    };
                    const QColor seen(mixed(ground.red(), over.red()), mixed(ground.green(), over.green()),
                                      mixed(ground.blue(), over.blue()));
                    QVERIFY2(contrastRatio(cell->foreground().color(), seen) >= 4.5,
                             qPrintable(QStringLiteral("%1 %2 %3").arg(QLatin1String(theme)).arg(r).arg(c)));
                    QVERIFY(table.columnWidth(c) >=
                            QFontMetrics(cell->font()).horizontalAdvance(cell->text()) + 4);
                }
        }
        QVERIFY(
            table.item(0, 2)->toolTip().contains(QStringLiteral("3 of 1\u2009204 samples labelled serving")));
        QCOMPARE(table.horizontalHeaderItem(3)->text(), QStringLiteral("?"));
    }

    void aFoldRemembersAndTakesKeys()
    {
        const auto make = [] {
            auto *content = new QLabel(QStringLiteral("content"));
            return std::pair(
                std::make_unique<Fold>(QStringLiteral("test"), QStringLiteral("Title"), content, true),
                content);
        };
        auto [fold, content] = make();
        fold->show();
        QVERIFY(QTest::qWaitForWindowExposed(fold.get()));
        QVERIFY(fold->isOpen() && content->isVisible());
        auto *heading = fold->findChild<FoldHeading *>();
        heading->setFocus();
        QTest::keyClick(heading, Qt::Key_Space);
        QVERIFY(!fold->isOpen() && !content->isVisible());
        auto [again, hidden] = make();
        again->show();
        QVERIFY(!again->isOpen() && !hidden->isVisible());
    }

private:
    static void show(DiagnosticChart &chart)
    {
        chart.resize(320, chart.sizeHint().height());
        chart.show();
        QVERIFY(QTest::qWaitForWindowExposed(&chart));
        QTest::qWait(20);
    }
    QTemporaryDir m_folder;
    QFont m_font;
};

QTEST_MAIN(TestDiagnostics)
#include "test_diagnostics.moc"
