// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/clock.h"
#include "core/session/feature_bins.h"
#include "tests/ui/made_snapshot.h"
#include "ui/docks/histogram_view.h"
#include "ui/kit/theme.h"
#include "ui/models/sample_table_model.h"
#include "ui/strip/time_strip.h"

#include <QApplication>
#include <QHeaderView>
#include <QTableView>

#include <algorithm>
#include <cstdio>
#include <numeric>

/// The views beside the picture at a million samples: what an appended sample and another selection cost
/// each.
namespace {
using namespace statescape;
using namespace statescape::ui;

constexpr std::size_t kRows = 1'000'000;

void row(const char *name, double value, const char *unit, const char *note, const char *peer = nullptr,
         double peerValue = 0)
{
    std::printf(R"({"group":"views","name":"%s","value":%.4g,"unit":"%s",)", name, value, unit);
    if (peer)
        std::printf(R"("peer":"%s","peer_value":%.4g,"ratio":%.4g,)", peer, peerValue, peerValue / value);
    else
        std::printf(R"("peer":null,"peer_value":null,"ratio":null,)");
    std::printf(R"("note":"%s"})"
                "\n",
                note);
    std::fflush(stdout);
}

template <class Work>
double medianMs(int times, Work work)
{
    std::vector<double> all;
    for (int i = 0; i < times; ++i) {
        const std::uint64_t begin = base::monotonicNs();
        work(i);
        all.push_back(double(base::monotonicNs() - begin) / 1e6);
    }
    std::sort(all.begin(), all.end());
    return all[all.size() / 2];
}

RowMaskPtr scattered(std::size_t rows, unsigned every, unsigned offset)
{
    auto mask = std::make_shared<RowMask>(rows, std::uint8_t{0});
    for (std::size_t i = offset; i < rows; i += every)
        (*mask)[i] = 1;
    return mask;
}

void benchStrip(test::MadeSession &made)
{
    TimeStrip strip;
    strip.resize(1280, 200);
    strip.show();
    const double first = medianMs(1, [&](int) {
        strip.setSnapshot(made.snapshot(), 0);
        strip.drawNow();
    });
    row("time strip: first picture of 1M samples", first, "ms", "runs of states and labels, line, 1280 px");
    std::vector<SnapshotPtr> next;
    for (int i = 0; i < 60; ++i) {
        made.grow(1);
        next.push_back(made.snapshot());
    }
    const double taken = medianMs(60, [&](int i) { strip.setSnapshot(next[std::size_t(i)], 0); });
    row("time strip: take in one appended sample at 1M", taken, "ms", "reach: 2 ms with drawing");
    for (auto &s : next) {
        made.grow(1);
        s = made.snapshot();
    }
    const double drawn = medianMs(60, [&](int i) {
        strip.setSnapshot(next[std::size_t(i)], 0);
        strip.drawNow();
    });
    row("time strip: the same, drawn", drawn, "ms", "all 1M in view");
    const std::vector<RowMaskPtr> masks{scattered(made.rows(), 2, 0), scattered(made.rows(), 3, 1)};
    const double selected = medianMs(40, [&](int i) {
        strip.setSelection(masks[std::size_t(i % 2)]);
        strip.drawNow();
    });
    row("time strip: another selection of 500,000 scattered samples, drawn", selected, "ms", "reach: 16 ms");
    const double relabelled = medianMs(20, [&](int i) {
        made.label(100, 50, {schema::Polarity(i % 2 == 0 ? 1 : -1), 0});
        strip.setSnapshot(made.snapshot(), 0);
        strip.drawNow();
    });
    row("time strip: labels changed at the beginning of 1M, drawn", relabelled, "ms",
        "every run found again");
}

void benchHistograms(test::MadeSession &made)
{
    const auto s = made.snapshot();
    const std::vector<int> twelve{0, 1, 2, 5, 8, 13, 21, 34, 40, 48, 55, 60};
    std::vector<std::unique_ptr<session::FeatureBins>> bins;
    const double built = medianMs(1, [&](int) { bins = session::FeatureBins::build(s->samples, twelve); });
    row("histograms: count 12 features of 1M samples for the first time", built, "ms",
        "on the views' thread");
    const auto half = scattered(made.rows(), 2, 0);
    auto all = std::make_shared<RowMask>(made.rows(), std::uint8_t{1});
    auto block = std::make_shared<RowMask>(made.rows(), std::uint8_t{0});
    std::fill(block->begin() + 400'000, block->begin() + 420'000, std::uint8_t{1});
    std::uint64_t sum = 0;
    const auto per = [&](const RowMask &mask) {
        return medianMs(9,
                        [&](int) {
                            for (const auto &one : bins)
                                sum += one->count(mask)[3];
                        }) /
               double(bins.size());
    };
    std::vector<std::uint64_t> plain(64);
    const double peer = medianMs(3, [&](int) {
        for (std::size_t i = 0; i < made.rows(); ++i)
            if ((*half)[i] != 0) {
                const double place = bins[1]->placeOf(double(s->samples.at(i, 1)));
                ++plain[std::size_t(std::clamp(place, 0.0, 0.99) * 48)];
            }
    });
    row("histograms: count a selection of every second of 1M, one feature", per(*half), "ms",
        "reach: about 1 ms", "from the values", peer);
    row("histograms: count a selection of all 1M, one feature", per(*all), "ms", "");
    row("histograms: count a selection of 20,000 in a row, one feature", per(*block), "ms", "");
    std::vector<std::unique_ptr<HistogramView>> views;
    for (auto &one : bins) {
        views.push_back(std::make_unique<HistogramView>(s->samples.schema()[std::size_t(one->column())]));
        views.back()->resize(views.back()->sizeHint());
        views.back()->QWidget::show();
    }
    std::vector<std::shared_ptr<const session::FeatureBins>> shared;
    for (auto &one : bins)
        shared.emplace_back(std::move(one));
    QApplication::processEvents();
    const double frame = medianMs(15, [&](int i) {
        for (std::size_t v = 0; v < views.size(); ++v) {
            views[v]->show(shared[v], i % 2 == 0 ? half : RowMaskPtr(all));
            views[v]->repaint();
        }
    });
    row("histograms: another selection in 12 of them at 1M, counted and drawn", frame, "ms", "reach: 16 ms");
    if (sum == 42)
        std::fprintf(stderr, "%llu\n", static_cast<unsigned long long>(plain[0]));
}

void benchTable(test::MadeSession &made)
{
    SampleTableModel model;
    QTableView view;
    view.verticalHeader()->hide();
    view.verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    view.setModel(&model);
    view.resize(1280, 300);
    view.show();
    const double first = medianMs(1, [&](int) {
        model.setSnapshot(made.snapshot());
        QApplication::processEvents();
        view.viewport()->repaint();
    });
    row("sample table: first picture of 1M rows x 94 columns", first, "ms", "");
    std::vector<SnapshotPtr> next;
    for (int i = 0; i < 40; ++i) {
        made.grow(1);
        next.push_back(made.snapshot());
    }
    const double taken = medianMs(40, [&](int i) {
        model.setSnapshot(next[std::size_t(i)]);
        QApplication::processEvents();
    });
    row("sample table: one appended sample at 1M, drawn where seen", taken, "ms", "");
    const std::vector<RowMaskPtr> masks{scattered(made.rows(), 2, 0), scattered(made.rows(), 3, 1)};
    const double filtered = medianMs(20, [&](int i) {
        model.setFilter(masks[std::size_t(i % 2)]);
        QApplication::processEvents();
        view.viewport()->repaint();
    });
    row("sample table: another selection of 500,000 as filter, drawn", filtered, "ms", "reach: 16 ms");
    model.setFilter(nullptr);
    const auto s = made.snapshot();
    std::vector<std::uint32_t> order;
    const double sorted = medianMs(5, [&](int i) { order = sortedRows(*s, kFirstFeature + i, false); });
    std::vector<std::uint32_t> peerOrder(made.rows());
    const double peer = medianMs(1, [&](int) {
        std::iota(peerOrder.begin(), peerOrder.end(), 0U);
        std::stable_sort(peerOrder.begin(), peerOrder.end(), [&](std::uint32_t a, std::uint32_t b) {
            return s->samples.at(a, 0) < s->samples.at(b, 0);
        });
    });
    row("sample table: sort 1M rows by a feature", sorted, "ms", "on the views' thread",
        "std::stable_sort of rows by value", peer);
}

} // namespace

int main(int argc, char **argv)
{
    QApplication app(argc, argv);
    applyTheme(QStringLiteral("dark"));
    test::MadeSession made;
    made.score(25);
    made.grow(kRows);
    for (std::size_t first = 0; first < kRows; first += 5000)
        made.label(first, 400, {first % 2 == 0 ? schema::Polarity::Negative : schema::Polarity::Positive, 1});
    benchStrip(made);
    benchHistograms(made);
    benchTable(made);
    return 0;
}
