// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/session/planted_session.h"
#include "ui/picture/marker.h"

#include <QtTest>

#include <random>

using namespace statescape;
using namespace statescape::ui;

namespace {

/// A session growing and being labelled, as snapshots.
class Growing {
public:
    void grow(std::size_t rows)
    {
        for (std::size_t i = 0; i < rows; ++i) {
            auto frame = test::plantedFrame(m_log.rows());
            m_x.push_back(float(m_log.rows() % 97));
            m_y.push_back(m_log.rows() % 31 == 0 ? std::numeric_limits<float>::quiet_NaN() : 1.0F);
            m_z.push_back(0);
            m_labels.push_back({});
            m_log.append(std::move(frame));
        }
    }
    void label(std::size_t row, schema::Label label) { m_labels.set(row, label); }
    void place() // the axes were fitted again
    {
        base::Column<float> x;
        for (std::size_t i = 0; i < m_x.size(); ++i)
            x.push_back(m_x[i] + 1);
        m_x = std::move(x);
    }
    [[nodiscard]] std::size_t rows() const { return m_log.rows(); }
    [[nodiscard]] session::Snapshot snapshot() const
    {
        session::Snapshot s;
        s.samples = m_log.view();
        s.labels = std::make_shared<const base::Column<schema::Label>::View>(m_labels.view());
        s.classNames = m_names;
        s.selection = std::make_shared<const std::vector<std::uint8_t>>();
        s.coordinates = std::make_shared<const session::Coordinates>(
            session::Coordinates{m_x.view(), m_y.view(), m_z.view()});
        return s;
    }

private:
    feature::SampleLog m_log{schema::Schema::builtin()};
    base::Column<float> m_x, m_y, m_z;
    base::Column<schema::Label> m_labels;
    std::shared_ptr<const std::vector<std::string>> m_names =
        std::make_shared<const std::vector<std::string>>(
            std::vector<std::string>{"", "stall", "calm", "busy"});
};

} // namespace

class TestMarker : public QObject {
    Q_OBJECT
private Q_SLOTS:
    /// Whatever came when, marks kept up to date tell the same as marks made anew. Styles are compared by
    /// what they look like, for their numbers depend on the order labels came in.
    void keptUpToDateEqualsMadeAnew()
    {
        for (const ColourBy by : {ColourBy::Label, ColourBy::State, ColourBy::Time, ColourBy::Feature}) {
            Growing session;
            Marker marker;
            std::mt19937 random(3);
            const Colouring colouring{by, "block.queue.p99"};
            std::size_t first = 0;
            for (int round = 0; round < 60; ++round) {
                session.grow(random() % 90 + (round == 30 ? 66'000 : 1));
                if (random() % 3 == 0)
                    for (int i = 0; i < 40; ++i)
                        session.label(random() % session.rows(),
                                      {schema::Polarity(int(random() % 3) - 1), std::uint16_t(random() % 4)});
                if (random() % 10 == 0)
                    session.place();
                if (random() % 7 == 0)
                    first = std::min(session.rows(), first + random() % 50);
                const auto snapshot = session.snapshot();
                const Marks &kept = marker.update(snapshot, colouring, first);
                const Marks fresh = makeMarks(snapshot, colouring, first);
                QCOMPARE(kept.points->size(), session.rows());
                QCOMPARE(kept.points->style.size(), session.rows());
                QCOMPARE(kept.points->first, first);
                QCOMPARE(kept.shown, fresh.shown);
                QCOMPARE(kept.captions.size(), fresh.captions.size());
                QVERIFY(kept.points->x.sameStorage(snapshot.coordinates->x)); // shared, not copied
                // Over time colours are stretched a little late on purpose.
                if (by == ColourBy::Time || by == ColourBy::Feature)
                    continue;
                for (std::size_t i = first; i < session.rows(); ++i) {
                    const auto &a = kept.styles[kept.points->style[i]],
                               &b = fresh.styles[fresh.points->style[i]];
                    if (a.onDark != b.onDark || a.shape != b.shape || a.name != b.name)
                        QFAIL(qPrintable(QStringLiteral("row %1 in round %2").arg(i).arg(round)));
                }
            }
        }
    }

    void missingValuesHaveTheirOwnMark()
    {
        Growing session;
        session.grow(300);
        const auto snapshot = session.snapshot();
        const auto &schema = snapshot.samples.schema();
        for (std::size_t column = 0; column < schema.size(); ++column) {
            const Marks marks = makeMarks(snapshot, {ColourBy::Feature, schema[column].key}, 0);
            QVERIFY(marks.scale.has_value());
            QCOMPARE(marks.scale->ticks.size(), std::size_t(5));
            for (std::size_t i = 0; i < session.rows(); ++i) {
                const auto &style = marks.styles[marks.points->style[i]];
                QCOMPARE(style.shape == missingStyle(6).shape,
                         !std::isfinite(snapshot.samples.at(i, column)));
            }
        }
        QVERIFY(missingStyle(6).shape != unknownStyle().shape);
    }

    void aLargerValueIsFartherUpTheRamp()
    {
        Growing session;
        session.grow(300);
        const auto snapshot = session.snapshot();
        const auto &schema = snapshot.samples.schema();
        std::size_t column = 0;
        while (schema[column].key != "block.queue.p99")
            ++column;
        const Marks marks = makeMarks(snapshot, {ColourBy::Feature, schema[column].key}, 0);
        // Styles rise with the value; equal colours are fine.
        for (std::size_t i = 0; i < 300; i += 7)
            for (std::size_t j = 0; j < 300; j += 11) {
                const float a = snapshot.samples.at(i, column), b = snapshot.samples.at(j, column);
                if (std::isfinite(a) && std::isfinite(b) && a < b)
                    QVERIFY(marks.points->style[i] <= marks.points->style[j]);
            }
    }
};

QTEST_MAIN(TestMarker)
#include "test_marker.moc"
