// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/session/planted_session.h"
#include "ui/docks/algorithm_table.h"
#include "ui/docks/compare_dialog.h"
#include "ui/kit/text.h"
#include "ui/kit/theme.h"

#include <QClipboard>
#include <QLabel>
#include <QListWidget>
#include <QProgressBar>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace statescape;
using namespace statescape::ui;
using test::Planted;
using Column = AlgorithmModel::Column;

class TestCompareDialog : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        QSettings::setDefaultFormat(QSettings::IniFormat);
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_folder.path());
        QApplication::setOrganizationName(QStringLiteral("StatescapeTest"));
        applyTheme(QStringLiteral("dark"));
    }
    void init()
    {
        QSettings().clear();
        m_file = m_folder.filePath(
            QStringLiteral("%1.statescape").arg(QLatin1String(QTest::currentTestFunction())));
        test::writePlanted(m_file.toStdString(), kRows);
        open();
        label();
        m_options = {};
    }
    void cleanup()
    {
        m_dialog.reset();
        m_controller.reset();
    }

    void algorithmsAreComparedAndOneIsUsed()
    {
        check({"kmeans", "genie", "ward"});
        QSignalSpy progress(m_controller.get(), &SessionController::comparisonProgress);
        QVERIFY(run());
        QVERIFY(progress.size() > 1);
        const auto &rows = *m_controller->comparison();
        QCOMPARE(rows.size(), std::size_t(3));
        QVERIFY(m_controller->live()->model == nullptr); // nothing is saved until one is used
        const model::Compared *best = nullptr;
        for (const auto &one : rows) {
            QVERIFY(one.model.has_value() != one.error.has_value());
            if (one.best) {
                QVERIFY(!best);
                best = &one;
            }
        }
        QVERIFY(best && best->model && !best->reason.empty());
        QCOMPARE(m_dialog->table().chosen(), best); // chosen beforehand, so that Enter is enough
        QVERIFY(words().contains(qt(best->reason).toHtmlEscaped()));

        QSignalSpy adopted(m_controller.get(), &SessionController::modelAdopted);
        QTest::mouseClick(button("&Use this"), Qt::LeftButton);
        QCOMPARE(adopted.size(), 1);
        QTRY_VERIFY(m_controller->live()->model && m_controller->live()->scores);
        QCOMPARE(m_controller->live()->model->algorithm(), best->model->algorithm());
        QCOMPARE(m_controller->live()->model->toJson(), best->model->toJson());
        m_controller->undo();
        QTRY_VERIFY(m_controller->live()->model == nullptr);
        m_controller->redo();
        QTRY_VERIFY(m_controller->live()->model != nullptr);
        QCOMPARE(m_controller->live()->model->algorithm(), best->model->algorithm());

        const std::string json = best->model->toJson();
        m_dialog.reset();
        m_controller.reset();
        open();
        QTRY_VERIFY(m_controller->live()->model != nullptr);
        QCOMPARE(m_controller->live()->model->toJson(), json); // it is in the file
    }

    void figuresAreThoseOfTheModels()
    {
        check({"kmeans", "genie"});
        QVERIFY(run());
        const QAbstractItemModel &table = *m_dialog->table().model();
        for (int row = 0; row < table.rowCount(); ++row) {
            const model::Compared &one = (*m_controller->comparison())[std::size_t(row)];
            QVERIFY(one.model.has_value());
            const auto cell = [&](int column, int role = Qt::DisplayRole) {
                return table.index(row, column).data(role).toString();
            };
            QVERIFY(cell(Column::kAlgorithm).endsWith(qt(model::algorithmOf(one.algorithm)->name)));
            QCOMPARE(cell(Column::kStates), QString::number(one.model->states().size()));
            QCOMPARE(cell(Column::kF1), QString::number(one.model->quality().f1, 'f', 2));
            QCOMPARE(cell(Column::kF1, Qt::TextAlignmentRole).toInt() & Qt::AlignHorizontal_Mask,
                     int(Qt::AlignRight));
            for (int column = 0; column < Column::kRemark; ++column)
                if (cell(column) == QStringLiteral("–"))
                    QVERIFY2(cell(column, Qt::ToolTipRole).startsWith(QStringLiteral("Undefined")),
                             qPrintable(cell(column, Qt::ToolTipRole)));
        }
        for (int column = 0; column < Column::kColumns; ++column)
            QVERIFY(!table.headerData(column, Qt::Horizontal, Qt::ToolTipRole).toString().isEmpty());
    }

    void withoutLabelsWhatIsUndefinedIsADash()
    {
        m_options.useLabels = false;
        check({"kmeans"});
        QVERIFY(run());
        const QModelIndex f1 = m_dialog->table().model()->index(0, Column::kF1);
        QCOMPARE(f1.data().toString(), QStringLiteral("–"));
        QVERIFY(f1.data(Qt::ToolTipRole).toString().contains(QStringLiteral("labelled")));
    }

    void failuresAreShownAndCannotBeUsed()
    {
        auto rows = std::make_shared<std::vector<model::Compared>>(3);
        (*rows)[0].algorithm = "kmeans";
        (*rows)[0].error = base::Error{base::Code::NotEnoughData, "3 samples, at least 10 are needed", {}, 0};
        (*rows)[1].algorithm = "genie";
        (*rows)[1].error = base::Error{base::Code::Internal, "second", {}, 0};
        (*rows)[2].algorithm = "ward";
        (*rows)[2].error = base::Error{base::Code::Internal, "third", {}, 0};
        AlgorithmTable table;
        table.setRows(rows);
        table.selectRow(0);
        QVERIFY(table.chosen() == nullptr);
        QVERIFY(table.model()
                    ->index(0, Column::kRemark)
                    .data()
                    .toString()
                    .contains(QStringLiteral("at least 10 are needed")));
        QCOMPARE(table.model()->index(0, Column::kF1).data().toString(), QStringLiteral("–"));
        QVERIFY(table.model()
                    ->index(0, Column::kF1)
                    .data(Qt::ToolTipRole)
                    .toString()
                    .contains(QStringLiteral("at least 10")));
        table.sortByColumn(Column::kAlgorithm, Qt::DescendingOrder);
        QCOMPARE(table.model()->index(0, 0).data().toString(), QStringLiteral("Ward"));
    }

    void sortingLeavesUndefinedLast()
    {
        check({"kmeans", "genie", "ward"});
        m_options.k = 3;
        QVERIFY(run());
        auto rows = std::make_shared<std::vector<model::Compared>>(*m_controller->comparison());
        (*rows)[1].model.reset();
        (*rows)[1].error = base::Error{base::Code::Internal, "for the test", {}, 0};
        AlgorithmTable table;
        table.setRows(rows);
        for (const auto order : {Qt::AscendingOrder, Qt::DescendingOrder}) {
            table.sortByColumn(Column::kSilhouette, order);
            double before = order == Qt::AscendingOrder ? -2 : 2;
            for (int row = 0; row < 2; ++row) {
                const QVariant value =
                    table.model()->index(row, Column::kSilhouette).data(AlgorithmModel::kSortRole);
                QVERIFY(value.isValid());
                QVERIFY(order == Qt::AscendingOrder ? value.toDouble() >= before
                                                    : value.toDouble() <= before);
                before = value.toDouble();
            }
            QVERIFY(!table.model()->index(2, Column::kSilhouette).data(AlgorithmModel::kSortRole).isValid());
        }
    }

    void copiesAsText()
    {
        check({"kmeans", "genie"});
        QVERIFY(run());
        m_dialog->table().setFocus();
        QTest::keyClick(&m_dialog->table(), Qt::Key_C, Qt::ControlModifier);
        const QStringList lines =
            QApplication::clipboard()->text().split(QLatin1Char('\n'), Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), 3);
        for (const QString &line : lines)
            QCOMPARE(line.count(QLatin1Char('\t')), int(Column::kColumns) - 1);
        QVERIFY(lines[0].startsWith(QStringLiteral("algorithm\tstates\tin none\tF1")));
    }

    void cancelEndsItAndKeepsTheTable()
    {
        check({"kmeans"});
        QVERIFY(run());
        const auto before = m_controller->comparison();
        check({"kmeans", "gmm", "genie", "ward", "hdbscan", "dbscan"});
        QSignalSpy finished(m_controller.get(), &SessionController::comparisonFinished);
        m_dialog->run();
        QVERIFY(m_dialog->findChild<QProgressBar *>()->isVisible());
        QVERIFY(!button("&Compare")->isEnabled());
        QTest::mouseClick(button("Cance&l"), Qt::LeftButton);
        QCOMPARE(finished.size(), 1);
        QVERIFY(!finished[0][0].toBool());
        QVERIFY(!m_controller->isComparing());
        QVERIFY(!m_dialog->findChild<QProgressBar *>()->isVisible());
        QVERIFY(button("&Compare")->isEnabled());
        QTest::qWait(500); // whatever the job still says is not heard
        QCOMPARE(finished.size(), 1);
        QCOMPARE(m_controller->comparison(), before);
        QVERIFY(run()); // and another can be begun
    }

    void tooFewSamplesAreAnErrorInWords()
    {
        m_dialog.reset();
        m_controller.reset();
        m_file = m_folder.filePath(QStringLiteral("few.statescape"));
        test::writePlanted(m_file.toStdString(), 4);
        open();
        check({"kmeans"});
        QSignalSpy finished(m_controller.get(), &SessionController::comparisonFinished);
        m_dialog->run();
        QTRY_COMPARE_WITH_TIMEOUT(finished.size(), 1, 60000);
        if (finished[0][0].toBool())
            QVERIFY(!m_dialog->table().model()->index(0, Column::kRemark).data().toString().isEmpty());
        else
            QVERIFY2(words().contains(QStringLiteral("samples")), qPrintable(words()));
    }

    void theListIsRemembered()
    {
        check({"genie"});
        CompareDialog again(*m_controller, [] { return model::TrainOptions(); });
        const auto *list = again.findChild<QListWidget *>();
        for (int i = 0; i < list->count(); ++i)
            QCOMPARE(list->item(i)->checkState() == Qt::Checked,
                     list->item(i)->data(Qt::UserRole).toString() == QStringLiteral("genie"));
        QCOMPARE(std::size_t(list->count()), model::algorithms().size() - 1);
        check({});
        QVERIFY(!button("&Compare")->isEnabled());
    }

private:
    static constexpr std::size_t kRows = 600;

    void open()
    {
        m_controller = std::make_unique<SessionController>();
        QVERIFY(m_controller->open(m_file).has_value());
        m_dialog = std::make_unique<CompareDialog>(*m_controller, [this] { return m_options; });
        m_dialog->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_dialog.get()));
    }
    void label()
    {
        for (const bool bad : {true, false}) {
            auto mask = std::make_shared<RowMask>(kRows, std::uint8_t{0});
            for (std::size_t i = 0; i < kRows; ++i)
                (*mask)[i] = (Planted::kindOf(i) == 2) == bad ? 1 : 0;
            m_controller->select(mask, QStringLiteral("test"));
            m_controller->label(bad ? schema::Polarity::Negative : schema::Polarity::Positive,
                                bad ? QStringLiteral("disk stall") : QString());
        }
    }
    void check(const QStringList &keys)
    {
        auto *list = m_dialog->findChild<QListWidget *>();
        for (int i = 0; i < list->count(); ++i)
            list->item(i)->setCheckState(
                keys.contains(list->item(i)->data(Qt::UserRole).toString()) ? Qt::Checked : Qt::Unchecked);
    }
    bool run()
    {
        QSignalSpy finished(m_controller.get(), &SessionController::comparisonFinished);
        QTest::mouseClick(button("&Compare"), Qt::LeftButton);
        return QTest::qWaitFor([&] { return finished.size() == 1; }, 100000) && finished[0][0].toBool();
    }
    QPushButton *button(const char *text) const
    {
        for (QPushButton *each : m_dialog->findChildren<QPushButton *>())
            if (each->text() == QLatin1String(text))
                return each;
        qFatal("no button %s", text);
    }
    QString words() const
    {
        QString out;
        for (const QLabel *each : m_dialog->findChildren<QLabel *>())
            out += each->text() + QLatin1Char('\n');
        return out;
    }
    QTemporaryDir m_folder;
    QString m_file;
    model::TrainOptions m_options;
    std::unique_ptr<SessionController> m_controller;
    std::unique_ptr<CompareDialog> m_dialog;
};

QTEST_MAIN(TestCompareDialog)
#include "test_compare_dialog.moc"
