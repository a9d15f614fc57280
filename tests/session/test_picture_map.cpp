// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/picture_map.h"
#include "core/session/workspace.h"
#include "tests/session/planted_session.h"

#include <QTemporaryDir>
#include <QtTest>

#include <cmath>
#include <mutex>

using namespace statescape;
using session::AxisSource;
using session::PictureAxes;
using session::PictureMap;
using session::Workspace;

namespace {
constexpr PictureAxes kFlat{AxisSource{AxisSource::Kind::Map, 0}, AxisSource{AxisSource::Kind::Map, 1},
                            AxisSource{AxisSource::Kind::Component, 0}};
constexpr PictureAxes kSpace{AxisSource{AxisSource::Kind::Map, 0}, AxisSource{AxisSource::Kind::Map, 1},
                             AxisSource{AxisSource::Kind::Map, 2}};

/// Rows whose nearest other on the axes is of their kind.
double kindsKept(const session::Coordinates &at, int axes)
{
    std::size_t right = 0;
    const std::size_t n = at.x.size();
    for (std::size_t i = 0; i < n; ++i) {
        std::size_t nearest = i == 0 ? 1 : 0;
        const auto apart = [&](std::size_t j) {
            return std::pow(at.x[i] - at.x[j], 2) + std::pow(at.y[i] - at.y[j], 2) +
                   (axes > 2 ? std::pow(at.z[i] - at.z[j], 2) : 0);
        };
        for (std::size_t j = 0; j < n; ++j)
            if (j != i && apart(j) < apart(nearest))
                nearest = j;
        right += test::Planted::kindOf(i) == test::Planted::kindOf(nearest) ? 1 : 0;
    }
    return static_cast<double>(right) / static_cast<double>(n);
}
} // namespace

class TestPictureMap : public QObject {
    Q_OBJECT

    static constexpr std::size_t kRows = 300;
    QTemporaryDir m_folder;
    int m_count = 0;

    std::filesystem::path planted(std::size_t rows = kRows)
    {
        const auto path = m_folder.filePath(QString::number(m_count++) + ".statescape").toStdString();
        if (test::writePlanted(path, rows) == 0)
            qFatal("the planted session could not be written");
        return path;
    }
    static std::unique_ptr<Workspace> opened(const std::filesystem::path &path,
                                             const Workspace::Callbacks &callbacks = {})
    {
        auto workspace = Workspace::open(path, callbacks);
        if (!workspace)
            qFatal("%s", workspace.error().text().c_str());
        for (int i = 0; i < 400 && !(*workspace)->snapshot()->coordinates; ++i)
            QTest::qWait(25);
        return std::move(*workspace);
    }
    static std::vector<float> all(const session::Coordinates &at)
    {
        auto out = at.x.toVector();
        for (const auto *axis : {&at.y, &at.z}) {
            const auto more = axis->toVector();
            out.insert(out.end(), more.begin(), more.end());
        }
        return out;
    }

private Q_SLOTS:
    void comesWhenReady()
    {
        const auto workspace = opened(planted());
        const auto before = workspace->snapshot();
        QVERIFY(before->pictureAxes == session::kPrincipalAxes);
        QVERIFY(!before->map);
        workspace->setPictureAxes(kFlat);
        // Whatever is published meanwhile is whole: the old axes with their places, or the new with theirs.
        QTRY_VERIFY_WITH_TIMEOUT(workspace->snapshot()->pictureAxes == kFlat, 20'000);
        const auto after = workspace->snapshot();
        QVERIFY(after->map);
        QVERIFY(!after->mapProgress);
        QCOMPARE(after->map->components(), 2);
        QCOMPARE(after->map->rows(), kRows);
        QCOMPARE(after->coordinates->x.size(), kRows);
        QCOMPARE(after->coordinates->z.toVector(), before->coordinates->x.toVector());
        QVERIFY(kindsKept(*after->coordinates, 2) > 0.99);
        for (std::size_t i = 0; i < kRows; i += 11) {
            const auto at = after->map->place(after->samples.row(i));
            QCOMPARE(after->coordinates->x[i], at[0]);
            QCOMPARE(after->coordinates->y[i], at[1]);
        }
        QVERIFY(session::axisText(*after, 1).starts_with("neighbour map 2 (no unit;"));
        QVERIFY(session::axisText(*after, 2).starts_with("PC1 "));
        // In space it is another map.
        workspace->setPictureAxes(kSpace);
        QTRY_VERIFY_WITH_TIMEOUT(workspace->snapshot()->pictureAxes == kSpace, 20'000);
        QCOMPARE(workspace->snapshot()->map->components(), 3);
        QVERIFY(kindsKept(*workspace->snapshot()->coordinates, 3) > 0.99);
        // Back on components nothing is left of it; there is no fourth.
        workspace->setPictureAxes(session::kPrincipalAxes);
        QTRY_VERIFY_WITH_TIMEOUT(workspace->snapshot()->pictureAxes == session::kPrincipalAxes, 20'000);
        QVERIFY(!workspace->snapshot()->map);
        QCOMPARE(all(*workspace->snapshot()->coordinates), all(*before->coordinates));
        PictureAxes none = kFlat;
        none[0].index = 3;
        workspace->setPictureAxes(none);
        QTest::qWait(50);
        QVERIFY(workspace->snapshot()->pictureAxes == session::kPrincipalAxes);
    }

    void sameAfterReopening()
    {
        const auto path = planted();
        std::vector<float> before;
        {
            const auto workspace = opened(path);
            workspace->setPictureAxes(kSpace);
            QTRY_VERIFY_WITH_TIMEOUT(workspace->snapshot()->pictureAxes == kSpace, 20'000);
            // A refit on request starts from where points are: what is stored is this one, not a fresh one.
            const auto first = workspace->snapshot()->map;
            workspace->refitAxes();
            QTRY_VERIFY_WITH_TIMEOUT(
                workspace->snapshot()->map != first && !workspace->snapshot()->mapProgress, 20'000);
            before = all(*workspace->snapshot()->coordinates);
        }
        const auto workspace = opened(path);
        QVERIFY(workspace->snapshot()->pictureAxes == session::kPrincipalAxes);
        workspace->setPictureAxes(kSpace);
        QTRY_VERIFY_WITH_TIMEOUT(workspace->snapshot()->pictureAxes == kSpace, 20'000);
        QCOMPARE(all(*workspace->snapshot()->coordinates), before);
    }

    void damagedIsSaidAndMadeAgain()
    {
        const auto path = planted();
        for (const std::string bad :
             {"nonsense", "statescape-map 1 2 300 1\n{}\n00", "statescape-map 9 2 1 1\n"}) {
            QVERIFY(opened(path)->setNote("neighbour map", bad));
            std::mutex mutex;
            std::string said;
            Workspace::Callbacks callbacks;
            callbacks.problem = [&](const base::Error &error) {
                const std::lock_guard lock(mutex);
                said = error.message;
            };
            const auto workspace = opened(path, callbacks);
            workspace->setPictureAxes(kFlat);
            QTRY_VERIFY_WITH_TIMEOUT(workspace->snapshot()->pictureAxes == kFlat, 20'000);
            const std::lock_guard lock(mutex);
            QVERIFY2(said.find("neighbour map") != std::string::npos, said.c_str());
            workspace->setPictureAxes(session::kPrincipalAxes);
        }
    }

    void cancelLeavesThePicture()
    {
        const auto workspace = opened(planted(6000));
        const auto before = workspace->snapshot();
        workspace->setPictureAxes(kFlat);
        QVERIFY(workspace->snapshot()->mapProgress.has_value());
        workspace->cancelMap();
        QVERIFY(!workspace->snapshot()->mapProgress);
        QTest::qWait(100);
        QVERIFY(workspace->snapshot()->pictureAxes == session::kPrincipalAxes);
        QCOMPARE(all(*workspace->snapshot()->coordinates), all(*before->coordinates));
        // Asked for again it comes.
        workspace->setPictureAxes(kFlat);
        QTRY_VERIFY_WITH_TIMEOUT(workspace->snapshot()->pictureAxes == kFlat, 60'000);
    }

    void otherWorkGoesBetween()
    {
        // More samples than are fitted, so that some are placed; the axes fitted anew meanwhile.
        const auto workspace = opened(planted(session::kMapRows * 2 + 77));
        workspace->setPictureAxes(kFlat);
        workspace->refitAxes();
        QTRY_VERIFY_WITH_TIMEOUT(
            workspace->snapshot()->pictureAxes == kFlat && !workspace->snapshot()->mapProgress, 120'000);
        const auto s = workspace->snapshot();
        QVERIFY(s->map->fitted() <= session::kMapRows);
        QCOMPARE(s->coordinates->x.size(), session::kMapRows * 2 + 77);
        std::array<std::size_t, 3> seen{};
        for (std::size_t i = 1; i < s->samples.rows(); i += 997) {
            const auto at = s->map->place(s->samples.row(i));
            QCOMPARE(s->coordinates->x[i], at[0]);
            ++seen[static_cast<std::size_t>(test::Planted::kindOf(i))];
        }
        QVERIFY(seen[0] > 0 && seen[1] > 0 && seen[2] > 0);
    }

    void growingStaysNearAndReadsBack()
    {
        const auto workspace = opened(planted(600));
        const auto s = workspace->snapshot();
        feature::SampleLog half(s->samples.sharedSchema());
        for (std::size_t i = 0; i < 300; ++i)
            half.append(test::plantedFrame(i));
        const auto first = PictureMap::fit(s->projection, half.view(), 2, nullptr, {});
        QVERIFY(first.has_value());
        const auto grown = PictureMap::fit(s->projection, s->samples, 2, &*first, {});
        QVERIFY(grown.has_value());
        double moved = 0;
        double size = 0;
        for (std::size_t i = 0; i < 300; ++i) {
            const auto a = first->place(s->samples.row(i));
            const auto b = grown->place(s->samples.row(i));
            moved += std::hypot(a[0] - b[0], a[1] - b[1]);
            size += std::hypot(a[0], a[1]);
        }
        QVERIFY2(moved < 0.35 * size, qPrintable(QStringLiteral("%1 of %2").arg(moved).arg(size)));
        const auto read = PictureMap::fromText(grown->toText(), s->samples, {});
        QVERIFY(read.has_value());
        QCOMPARE(read->toText(), grown->toText());
        const auto places = read->place(s->samples, 0, 600, {});
        const auto same = grown->place(s->samples, 0, 600, {});
        QCOMPARE((*places)[0], (*same)[0]);
        QCOMPARE((*places)[1], (*same)[1]);
        // Fewer samples than it is of: another session.
        QCOMPARE(PictureMap::fromText(grown->toText(), half.view(), {}).error().code, base::Code::Mismatch);
        for (std::size_t cut : {std::size_t{0}, std::size_t{20}, grown->toText().size() - 1})
            QVERIFY(!PictureMap::fromText(grown->toText().substr(0, cut), s->samples, {}).has_value());
        std::string turned = grown->toText();
        turned[turned.size() - 3] = 'x';
        QCOMPARE(PictureMap::fromText(turned, s->samples, {}).error().code, base::Code::Corrupt);
    }

    /// Live on this machine: new samples are placed as they come, and the map is fitted again as they double.
    void liveSamplesArePlaced()
    {
        const auto path = m_folder.filePath(QStringLiteral("live.statescape")).toStdString();
        auto created = Workspace::create(path, {});
        QVERIFY(created.has_value());
        auto &workspace = **created;
        source::HelperOptions options;
        options.program = std::filesystem::path(STATESCAPE_BIN) / "statescape-helper";
        if (!std::filesystem::exists(options.program))
            QSKIP("statescape-helper is not built in this configuration");
        options.intervalNs = 50'000'000;
        const auto started = workspace.startLive(options);
        if (!started)
            QSKIP(started.error().text().c_str());
        QTRY_VERIFY_WITH_TIMEOUT(
            workspace.snapshot()->samples.rows() >= 20 && workspace.snapshot()->coordinates, 20'000);
        workspace.setPictureAxes(kFlat);
        QTRY_VERIFY_WITH_TIMEOUT(workspace.snapshot()->pictureAxes == kFlat, 20'000);
        const auto first = workspace.snapshot();
        QCOMPARE(first->coordinates->x.size(), first->samples.rows());
        QTRY_VERIFY_WITH_TIMEOUT(workspace.snapshot()->samples.rows() >= first->samples.rows() + 5, 20'000);
        QTRY_VERIFY_WITH_TIMEOUT(workspace.snapshot()->map != first->map && workspace.snapshot()->map,
                                 40'000);
        const auto later = workspace.snapshot();
        QCOMPARE(later->coordinates->x.size(), later->samples.rows());
        for (std::size_t i = 0; i < later->samples.rows(); ++i)
            QCOMPARE(later->coordinates->x[i], later->map->place(later->samples.row(i))[0]);
        workspace.stopLive();
    }
};

QTEST_GUILESS_MAIN(TestPictureMap)
#include "test_picture_map.moc"
