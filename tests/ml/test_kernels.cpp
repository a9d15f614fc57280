// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/gaussian_kernels.h"
#include "core/ml/nearest_centre.h"
#include "core/ml/row_tree_kernels.h"
#include "core/ml/silhouette_kernel.h"
#include "core/ml/streaming_kernels.h"
#include "tests/ml/fixtures.h"

#include <QTest>
#include <array>
#include <cstring>

using namespace statescape;
using namespace statescape::ml;
using kernel::Isa;

/// Each hot loop is compiled for several instruction sets: what is kept must not depend on the one in use.
class TestKernels : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void kmeans_data() { sizes(); }
    void kmeans();
    void seeding_data() { sizes(); }
    void seeding();
    void products_data() { sizes(); }
    void products();
    void mixture_data() { sizes(); }
    void mixture();
    void tree_data() { sizes(); }
    void tree();
    void silhouette_data() { sizes(); }
    void silhouette();
    void streaming_data() { sizes(); }
    void streaming();
    void provenLabels_data() { sizes(); }
    void provenLabels();
    void boundsHold_data() { sizes(); }
    void boundsHold();

private:
    static void sizes()
    {
        QTest::addColumn<int>("d");
        for (const int d : {1, 3, 8, 15, 16, 32, 37, 64})
            QTest::addRow("d %d", d) << d;
    }
};

namespace {
constexpr std::size_t kRows = 205;

template <class T = float>
std::vector<T> numbers(std::size_t count, std::uint64_t seed)
{
    Random random(seed);
    std::vector<T> out(count);
    for (auto &value : out)
        value = static_cast<T>(4 * random.normal());
    return out;
}

std::vector<std::int32_t> labels(std::size_t count, int k)
{
    Random random(9);
    std::vector<std::int32_t> out(count);
    for (auto &label : out)
        label = static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(k)));
    return out;
}

template <class T>
void append(std::vector<char> &bytes, const std::vector<T> &values)
{
    const auto *from = reinterpret_cast<const char *>(values.data());
    bytes.insert(bytes.end(), from, from + values.size() * sizeof(T));
}

/// @param answer fills bytes with all that one version gives
template <class Answer>
bool sameInEveryVersion(Answer answer)
{
    std::vector<char> base;
    answer(Isa::Baseline, base);
    bool same = !base.empty();
    for (int isa = 1; isa <= static_cast<int>(kernel::bestIsa()); ++isa) {
        std::vector<char> other;
        answer(static_cast<Isa>(isa), other);
        same = same && other == base;
    }
    return same;
}
} // namespace

void TestKernels::initTestCase()
{
    if (kernel::bestIsa() == Isa::Baseline)
        QSKIP("this CPU has one version only");
}

void TestKernels::kmeans()
{
    QFETCH(int, d);
    constexpr int kClusters = 5;
    const auto wide = static_cast<std::size_t>(d);
    const auto x = numbers(kRows * wide, 1);
    const auto centres = numbers(kClusters * wide, 2);
    const auto origin = numbers<double>(wide, 3);
    const auto to = labels(kRows, kClusters);
    auto from = labels(kRows, kClusters + 1);
    for (auto &label : from)
        --label;
    auto weight = numbers(kRows, 4);
    for (auto &value : weight)
        value = std::abs(value);
    std::vector<std::uint32_t> index(kRows);
    for (std::uint32_t i = 0; i < kRows; ++i)
        index[i] = static_cast<std::uint32_t>(kRows) - 1 - i;
    QVERIFY(sameInEveryVersion([&](Isa isa, std::vector<char> &bytes) {
        std::vector<double> sums(kClusters * wide);
        kernel::addRows(x.data(), d, kRows, d, to.data(), sums.data(), isa);
        append(bytes, sums);
        for (const float *by : std::array<const float *, 2>{nullptr, weight.data()}) {
            kernel::moveRows(x.data(), d, index.data(), kRows, d, from.data(), to.data(), by, sums.data(),
                             isa);
            append(bytes, sums);
            append(bytes,
                   std::vector{kernel::scatter(x.data(), d, kRows, d, to.data(), centres.data(), by, isa)});
        }
        std::vector<float> norm2(kRows);
        kernel::squaredNorms(x.data(), d, kRows, d, origin.data(), norm2.data(), isa);
        append(bytes, norm2);
    }));
    // Eight rows at a time or one, a row's sum is the same.
    std::vector<float> all(kRows);
    kernel::squaredNorms(x.data(), d, kRows, d, origin.data(), all.data(), kernel::bestIsa());
    for (std::size_t i = 0; i < kRows; ++i) {
        float one = 0;
        kernel::squaredNorms(x.data() + i * wide, d, 1, d, origin.data(), &one, kernel::bestIsa());
        QVERIFY(one == all[i]);
    }
    auto broken = x;
    for (int isa = 0; isa <= static_cast<int>(kernel::bestIsa()); ++isa) {
        QVERIFY(kernel::allFinite(x.data(), x.size(), static_cast<Isa>(isa)));
        for (const std::size_t at : {std::size_t{0}, x.size() / 2, x.size() - 1}) {
            broken[at] = std::numeric_limits<float>::infinity();
            QVERIFY(!kernel::allFinite(broken.data(), broken.size(), static_cast<Isa>(isa)));
            broken[at] = x[at];
        }
    }
}

void TestKernels::seeding()
{
    QFETCH(int, d);
    constexpr int kCandidates = 5;
    const auto wide = static_cast<std::size_t>(d);
    const auto rows = numbers(kRows * wide, 1);
    const kernel::Tiles tiles(Eigen::Map<const Matrix>(rows.data(), kRows, d));
    const std::size_t places = tiles.count() * kernel::kLanes;
    const auto candidates = numbers(kCandidates * wide, 2);
    const auto panels = numbers(3 * wide * kernel::kLanes, 3);
    std::vector<float> current(places, 50);
    std::fill(current.begin() + kRows, current.end(), 0.0F);
    const std::vector<float> weight(places, 0.75F);
    QVERIFY(sameInEveryVersion([&](Isa isa, std::vector<char> &bytes) {
        for (const float *by : std::array<const float *, 2>{nullptr, weight.data()}) {
            std::vector<std::vector<float>> lowered(kCandidates, std::vector<float>(places));
            std::vector<float *> to;
            for (auto &one : lowered)
                to.push_back(one.data());
            std::vector<double> sums(kCandidates);
            kernel::lowerBy(tiles.tile(0), tiles.count(), d, candidates.data(), kCandidates, current.data(),
                            by, to.data(), sums.data(), isa);
            for (const auto &one : lowered)
                append(bytes, one);
            append(bytes, sums);
        }
        std::vector<float> dist2(3 * kernel::kLanes);
        kernel::distancesToPanels(candidates.data(), d, panels.data(), 3, dist2.data(), isa);
        append(bytes, dist2);
    }));
}

void TestKernels::products()
{
    QFETCH(int, d);
    const int stride = (d + 15) / 16 * 16;
    const auto wide = static_cast<std::size_t>(stride);
    const auto block = numbers<double>(kRows * wide, 1);
    QVERIFY(sameInEveryVersion([&](Isa isa, std::vector<char> &bytes) {
        std::vector<double> sums(wide * wide);
        kernel::addCrossProducts(block.data(), kRows, stride, sums.data(), isa);
        append(bytes, sums);
    }));
}

namespace {
template <class T>
void mixtureOf(int d, Isa isa, std::vector<char> &bytes)
{
    constexpr auto kWidth = static_cast<std::size_t>(kernel::kTileWidth<T>);
    const auto wide = static_cast<std::size_t>(d);
    const auto tile = numbers<T>(wide * kWidth, 1);
    const auto mean = numbers<T>(wide, 2);
    const auto entries = numbers<double>(wide * wide, 3);
    const auto factor = kernel::packFactor<T>(Eigen::Map<const Eigen::MatrixXd>(entries.data(), d, d));
    std::vector<T> scratch(wide * kWidth);
    std::vector<T> out(kWidth);
    kernel::logDensity(tile.data(), d, mean.data(), factor.data(), T{0.5}, scratch.data(), out.data(), isa);
    append(bytes, out);
    kernel::logDensityDiagonal(tile.data(), d, mean.data(), mean.data(), T{0.5}, out.data(), isa);
    append(bytes, out);
    auto logs = tile;
    std::vector<T> top(kWidth);
    std::vector<T> sum(kWidth);
    kernel::softmax(logs.data(), d, top.data(), sum.data(), isa);
    append(bytes, logs);
    append(bytes, top);
    append(bytes, sum);
    const std::size_t stride = (wide + 15) / 16 * 16;
    const auto left = numbers<T>(kRows * stride, 4);
    const auto right = numbers<T>(kRows * stride, 5);
    std::vector<double> products(stride * stride);
    kernel::addProducts(left.data(), right.data(), kRows, static_cast<int>(stride), products.data(), isa);
    append(bytes, products);
}
} // namespace

void TestKernels::mixture()
{
    QFETCH(int, d);
    QVERIFY(sameInEveryVersion([&](Isa isa, std::vector<char> &bytes) { mixtureOf<float>(d, isa, bytes); }));
    QVERIFY(sameInEveryVersion([&](Isa isa, std::vector<char> &bytes) { mixtureOf<double>(d, isa, bytes); }));
}

void TestKernels::tree()
{
    QFETCH(int, d);
    const int width = (d + kernel::kBoxLanes - 1) / kernel::kBoxLanes * kernel::kBoxLanes;
    const auto wide = static_cast<std::size_t>(width);
    const auto low = numbers(20 * wide, 1);
    auto high = low;
    for (auto &value : high)
        value += 1.5F;
    const auto rows = numbers(64 * static_cast<std::size_t>(d), 2);
    const kernel::Tiles tiles(Eigen::Map<const Matrix>(rows.data(), 64, d));
    QVERIFY(sameInEveryVersion([&](Isa isa, std::vector<char> &bytes) {
        for (std::size_t a = 0; a < 20; ++a)
            for (std::size_t b = 0; b < 20; ++b)
                append(bytes, std::vector{kernel::boxDistance(low.data() + a * wide, high.data() + a * wide,
                                                              low.data() + b * wide, high.data() + b * wide,
                                                              width, isa)});
        for (std::size_t q = 0; q < 64; ++q)
            for (int count = 1; count <= kernel::kLeafTiles; ++count)
                append(bytes, std::vector{kernel::rowsWithin(tiles.tile(0), count, d,
                                                             rows.data() + q * static_cast<std::size_t>(d),
                                                             20.0F * static_cast<float>(d), isa)});
    }));
}

void TestKernels::silhouette()
{
    QFETCH(int, d);
    const auto rows = numbers(kRows * static_cast<std::size_t>(d), 1);
    const kernel::Tiles tiles(Eigen::Map<const Matrix>(rows.data(), kRows, d));
    std::vector<float> valid(tiles.count() * kernel::kLanes, 1);
    std::fill(valid.begin() + kRows, valid.end(), 0.0F);
    QVERIFY(sameInEveryVersion([&](Isa isa, std::vector<char> &bytes) {
        std::vector<double> rowSums(4, 1);
        std::vector<double> columnSums(valid.size(), 2);
        const float *row[4];
        for (std::size_t r = 0; r < 4; ++r)
            row[r] = rows.data() + 7 * r * static_cast<std::size_t>(d);
        kernel::distanceSums(row, tiles.tile(0), tiles.count(), d, valid.data(), rowSums.data(),
                             columnSums.data(), isa);
        kernel::distanceSums(row, tiles.tile(0), tiles.count(), d, valid.data(), rowSums.data(), nullptr,
                             isa);
        append(bytes, rowSums);
        append(bytes, columnSums);
    }));
}

void TestKernels::streaming()
{
    QFETCH(int, d);
    const int stride = (d + kernel::kDoubles - 1) / kernel::kDoubles * kernel::kDoubles;
    const auto wide = static_cast<std::size_t>(stride);
    const auto size = static_cast<std::size_t>(d) * wide;
    auto change = numbers<double>(wide, 1);
    std::fill(change.begin() + d, change.end(), 0.0);
    const auto right = numbers<double>(size, 2);
    QVERIFY(sameInEveryVersion([&](Isa isa, std::vector<char> &bytes) {
        std::vector<double> matrix(size, 0);
        for (int times = 0; times < 3; ++times)
            kernel::addOuter(matrix.data(), d, stride, 0.9, 0.3, change.data(), isa);
        append(bytes, matrix);
        std::vector<double> out(size);
        kernel::multiply(matrix.data(), stride, 1, d, d, right.data(), stride, out.data(), isa);
        append(bytes, out);
        kernel::multiply(right.data(), 1, stride, d, d, right.data(), stride, out.data(), isa);
        append(bytes, out);
        std::vector<double> vectors(size, 0);
        for (std::size_t i = 0; i < static_cast<std::size_t>(d); ++i)
            vectors[i * wide + i] = 1;
        for (int sweep = 0; sweep < 3; ++sweep)
            kernel::rotateOnce(out.data(), vectors.data(), d, stride, isa);
        append(bytes, out);
        append(bytes, vectors);
    }));
}

/// Scores may differ in their last bits; the labels they prove may not.
void TestKernels::provenLabels()
{
    QFETCH(int, d);
    for (const int k : {1, 3, 8, 16, 21}) {
        const auto data = test::blobs(300, d, 3, 5, 4);
        const auto centres = test::blobs(k, d, 3, 6, 4);
        const kernel::Tiles tiles(data.x);
        std::vector<std::int32_t> want(tiles.count() * kernel::kLanes);
        std::vector<float> dist2(want.size());
        kernel::nearest(tiles.tile(0), tiles.count(), d, centres.x.data(), k, want.data(), dist2.data(),
                        Isa::Baseline);
        for (int isa = 0; isa <= static_cast<int>(kernel::bestIsa()); ++isa) {
            NearestCentre nearest(d, data.x.colwise().mean().cast<double>().transpose(),
                                  static_cast<Isa>(isa));
            nearest.set(centres.x);
            std::vector<float> norm2(300);
            nearest.norms(data.x.data(), d, 300, norm2.data());
            for (const std::size_t from : {std::size_t{0}, kernel::kFilterRows}) {
                const std::size_t count = std::min(kernel::kFilterRows, 300 - from);
                const kernel::RowsView rows{data.x.row(static_cast<Eigen::Index>(from)).data(), d, nullptr,
                                            count};
                NearestCentre::Block block;
                nearest.findLabels(rows, block);
                for (std::size_t i = 0; i < count; ++i)
                    QCOMPARE(block.label[i], want[from + i]);
                nearest.find(rows, norm2.data() + from, true, block);
                for (std::size_t i = 0; i < count; ++i)
                    QCOMPARE(block.label[i], want[from + i]);
            }
        }
    }
}

void TestKernels::boundsHold()
{
    QFETCH(int, d);
    const auto x = numbers(kRows * static_cast<std::size_t>(d), 1);
    const auto origin = numbers(static_cast<std::size_t>(d), 2);
    const kernel::RowsView rows{x.data(), d, nullptr, kRows};
    double farthest = 0;
    for (std::size_t i = 0; i < kRows; ++i) {
        double sum = 0;
        for (std::size_t j = 0; j < origin.size(); ++j)
            sum += std::pow(static_cast<double>(x[i * origin.size() + j]) - origin[j], 2);
        farthest = std::max(farthest, sum);
    }
    for (int isa = 0; isa <= static_cast<int>(kernel::bestIsa()); ++isa) {
        const auto reach =
            static_cast<double>(kernel::reachOf(rows, d, origin.data(), static_cast<Isa>(isa)));
        QVERIFY(reach >= farthest * (1 - 1e-5) && reach <= farthest * d * (1 + 1e-5));
    }
    const auto label = labels(kRows, 4);
    const std::vector<float> drift{0.1F, 0.2F, 0.05F, 0.3F};
    const std::vector<float> half{1, 2, 3, 0.5F};
    const auto start = numbers(kRows, 3);
    for (int isa = 0; isa <= static_cast<int>(kernel::bestIsa()); ++isa) {
        auto upper = start;
        auto lower = start;
        for (std::size_t i = 0; i < kRows; ++i) {
            upper[i] = std::abs(upper[i]);
            lower[i] = upper[i] + 1;
        }
        const auto before = upper;
        std::vector<std::uint8_t> unsure(kRows);
        kernel::moveBounds(label.data(), kRows, drift.data(), half.data(), 0.3F, 0.2F, 3, 1.0001F,
                           upper.data(), lower.data(), unsure.data(), static_cast<Isa>(isa));
        for (std::size_t i = 0; i < kRows; ++i) {
            const auto own = static_cast<std::size_t>(label[i]);
            const double other = own == 3 ? 0.2 : 0.3;
            QVERIFY(upper[i] >= static_cast<double>(before[i]) + static_cast<double>(drift[own]));
            QVERIFY(lower[i] <= before[i] + 1.0F && lower[i] >= before[i] + 1 - other - 1e-4);
            if (unsure[i] == 0)
                QVERIFY(upper[i] < std::max(lower[i], half[own]));
        }
    }
}

QTEST_GUILESS_MAIN(TestKernels)
#include "test_kernels.moc"
