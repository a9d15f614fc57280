// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/session/planted_session.h"
#include "ui/picture/area_text.h"
#include "ui/picture/picture_pane.h"
#include "ui/strip/strip_data.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace statescape;
using namespace statescape::ui;
using session::AxisSource;

namespace {
constexpr session::PictureAxes kFlat{AxisSource{AxisSource::Kind::Map, 0},
                                     AxisSource{AxisSource::Kind::Map, 1},
                                     AxisSource{AxisSource::Kind::Component, 2}};
constexpr AxisSource kFeature{AxisSource::Kind::Feature, 3};
} // namespace

/// The picture while its axes show a neighbour map.
class TestMapPicture : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init()
    {
        m_file = m_folder.filePath(QStringLiteral("%1.statescape").arg(m_count++));
        test::writePlanted(m_file.toStdString(), 300);
        open();
    }
    void cleanup() { close(); }

    void lengthsCompareWhereTheyMean()
    {
        show(kFlat);
        QCOMPARE(m_pane->view()->camera().aspect(), Aspect::Equal);
        auto mixed = kFlat;
        mixed[1] = session::kPrincipalAxes[0];
        show(mixed);
        QCOMPARE(m_pane->view()->camera().aspect(), Aspect::Fitted);
        mixed = kFlat;
        mixed[2] = kFeature;
        show(mixed);
        QCOMPARE(m_pane->view()->camera().aspect(), Aspect::Fitted);
    }

    void theStripHasALineOfAFeature()
    {
        show({AxisSource{AxisSource::Kind::Map, 0}, AxisSource{AxisSource::Kind::Map, 1},
              AxisSource{AxisSource::Kind::Map, 2}});
        const auto &s = *m_controller->shown();
        StripData data;
        data.update(s, {});
        QCOMPARE(data.line().size(), std::size_t(300));
        const auto &feature = s.samples.schema()[std::size_t(s.axes.front().columns.front())];
        QCOMPARE(data.lineName(), QString::fromStdString(feature.title));
    }

    void arrowsDoNotApply()
    {
        QVERIFY(!axisArrows(*m_controller->shown(), 8).empty());
        show(kFlat);
        QVERIFY(axisArrows(*m_controller->shown(), 8).empty());
    }

    void picturesSurviveReopening()
    {
        show(kFlat);
        m_pane->view()->setMode(ViewMode::TwoD);
        Camera camera = m_pane->view()->camera();
        camera.zoomAt(camera.width() / 2, camera.height() / 2, 2.5);
        m_pane->view()->setCamera(camera);
        const QString text = m_pane->toText();
        const auto before = m_controller->shown()->coordinates->x.toVector();
        const double scale = pixelsBetween();
        close();
        open();
        m_pane->restore(text);
        QTRY_VERIFY_WITH_TIMEOUT(m_controller->shown()->pictureAxes == kFlat, 20'000);
        QCOMPARE(m_controller->shown()->coordinates->x.toVector(), before);
        QCOMPARE(m_pane->view()->camera().mode(), ViewMode::TwoD);
        QVERIFY(std::abs(pixelsBetween() - scale) < 1e-3 * scale);
    }

    void anAreaOnTheMapSaysThatItCannotBeDrawnElsewhere()
    {
        DrawnArea area;
        area.camera = m_pane->view()->camera();
        area.shape.points = {{10, 10}, {200, 10}, {200, 200}};
        QVERIFY(areaFromText(areaToText(area, *m_controller->shown())).has_value());
        show(kFlat);
        const QString text = areaToText(area, *m_controller->shown());
        const auto read = areaFromText(text);
        QVERIFY(!read.has_value());
        QCOMPARE(read.error().code, base::Code::NotSupported);
        QVERIFY(read.error().message.find("neighbour map") != std::string::npos);
        // The window says it and leaves the selection alone; the samples kept by name come back.
        auto mask = std::make_shared<RowMask>(300, std::uint8_t{0});
        (*mask)[7] = 1;
        m_controller->select(mask, QStringLiteral("lasso"), text);
        m_controller->saveSelection(QStringLiteral("on the map"));
        QTRY_COMPARE(m_controller->savedSelections().size(), std::size_t(1));
        QSignalSpy problems(m_controller.get(), &SessionController::problem);
        m_pane->drawAgain(m_controller->savedSelections().front());
        QCOMPARE(problems.size(), 1);
        m_controller->select(std::make_shared<RowMask>(), QStringLiteral("none"));
        m_controller->recall(m_controller->savedSelections().front());
        QCOMPARE(m_controller->selectedCount(), 1U);
    }

private:
    void open()
    {
        m_controller = std::make_unique<SessionController>();
        QVERIFY(m_controller->open(m_file).has_value());
        m_pane = std::make_unique<PicturePane>(*m_controller);
        m_pane->resize(640, 480);
        m_pane->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_pane.get()));
        QTRY_VERIFY_WITH_TIMEOUT(m_controller->shown() && m_controller->shown()->coordinates, 20'000);
    }
    void close()
    {
        m_pane.reset();
        m_controller.reset();
    }
    void show(const session::PictureAxes &axes)
    {
        m_controller->workspace()->setPictureAxes(axes);
        QTRY_VERIFY_WITH_TIMEOUT(m_controller->shown()->pictureAxes == axes, 20'000);
    }
    /// Between two samples, as the camera shows them.
    [[nodiscard]] double pixelsBetween() const
    {
        const auto &at = *m_controller->shown()->coordinates;
        const auto &camera = m_pane->view()->camera();
        const auto a = camera.project({at.x[0], at.y[0], at.z[0]});
        const auto b = camera.project({at.x[30], at.y[30], at.z[30]});
        return std::hypot(a.x - b.x, a.y - b.y);
    }

    QTemporaryDir m_folder;
    QString m_file;
    int m_count = 0;
    std::unique_ptr<SessionController> m_controller;
    std::unique_ptr<PicturePane> m_pane;
};

QTEST_MAIN(TestMapPicture)
#include "test_map_picture.moc"
