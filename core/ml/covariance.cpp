// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/covariance.h"

#include "core/ml/kernels.h"
#include "core/ml/kmeans.h"
#include "core/ml/parallel.h"

#include <Eigen/QR>
#include <algorithm>
#include <fmt/format.h>
#include <vector>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
constexpr std::size_t kBlockRows = 256;
constexpr std::size_t kMaxChunks = 64;
// Below this many multiply-adds, starting a thread costs more than it saves.
constexpr double kParallelWork = 4e6;

std::size_t chunkRows(std::size_t rows)
{
    const std::size_t blocks = (rows + kBlockRows - 1) / kBlockRows;
    return kBlockRows * std::max<std::size_t>(16, (blocks + kMaxChunks - 1) / kMaxChunks);
}

base::Error stoppedError()
{
    return base::fail(Code::Cancelled, "covariance stopped on request");
}

/// @return false when a value is not finite.
bool addSums(MatrixView x, std::size_t from, std::size_t to, double *sums, const base::Progress &progress)
{
    const auto isa = kernel::bestIsa();
    const int d = static_cast<int>(x.cols());
    const std::vector<std::int32_t> nought(kBlockRows, 0);
    bool finite = true;
    for (; from < to && !progress.stopped(); from += kBlockRows) {
        const std::size_t count = std::min(kBlockRows, to - from);
        const float *rows = x.data() + static_cast<Index>(from) * x.outerStride();
        const auto values = static_cast<std::size_t>(d);
        if (x.outerStride() == x.cols())
            finite &= kernel::allFinite(rows, count * values, isa);
        else
            for (std::size_t i = 0; i < count; ++i)
                finite &= kernel::allFinite(rows + static_cast<Index>(i) * x.outerStride(), values, isa);
        kernel::addRows(rows, x.outerStride(), count, d, nought.data(), sums, isa);
    }
    return finite;
}

void addProducts(MatrixView x, std::size_t from, std::size_t to, const Eigen::VectorXd &mean, int stride,
                 std::vector<double> &sums, const base::Progress &progress)
{
    const auto isa = kernel::bestIsa();
    std::vector<double> block(kBlockRows * static_cast<std::size_t>(stride), 0);
    for (; from < to && !progress.stopped(); from += kBlockRows) {
        const std::size_t count = std::min(kBlockRows, to - from);
        for (std::size_t i = 0; i < count; ++i) {
            const float *row = x.data() + static_cast<Index>(from + i) * x.outerStride();
            double *out = block.data() + i * static_cast<std::size_t>(stride);
            for (Index j = 0; j < x.cols(); ++j)
                out[j] = row[j] - mean[j];
        }
        kernel::addCrossProducts(block.data(), static_cast<int>(count), stride, sums.data(), isa);
    }
}
} // namespace

std::size_t rowChunks(std::size_t rows)
{
    return (rows + chunkRows(rows) - 1) / chunkRows(rows);
}

void forEachRowChunk(std::size_t rows, int threads,
                     const std::function<void(std::size_t chunk, std::size_t from, std::size_t to)> &body)
{
    const std::size_t step = chunkRows(rows);
    forEachChunk(rowChunks(rows), threads,
                 [&](std::size_t chunk) { body(chunk, chunk * step, std::min(rows, (chunk + 1) * step)); });
}

base::Result<Covariance> covarianceOf(MatrixView x, int threads, const base::Progress &progress)
{
    const auto n = static_cast<std::size_t>(x.rows());
    const Index d = x.cols();
    if (n < 2 || d < 1)
        return base::fail(Code::NotEnoughData, fmt::format("covariance of {} rows, {} columns", n, d));
    const double work = static_cast<double>(n) * static_cast<double>(d * d);
    const int workers = work < kParallelWork ? 1 : threadCount(threads);
    std::vector<Eigen::VectorXd> sums(rowChunks(n), Eigen::VectorXd::Zero(d));
    std::vector<std::uint8_t> finite(sums.size(), 0);
    forEachRowChunk(n, workers, [&](std::size_t chunk, std::size_t from, std::size_t to) {
        finite[chunk] = addSums(x, from, to, sums[chunk].data(), progress) ? 1 : 0;
    });
    if (progress.stopped())
        return stoppedError();
    if (std::find(finite.begin(), finite.end(), 0) != finite.end())
        return checkFinite(x).error();
    Covariance out{Eigen::VectorXd::Zero(d), Eigen::MatrixXd(d, d)};
    for (const auto &sum : sums)
        out.mean += sum;
    out.mean /= static_cast<double>(n);
    const int stride = static_cast<int>((d + 15) / 16 * 16);
    std::vector<std::vector<double>> products(sums.size());
    forEachRowChunk(n, workers, [&](std::size_t chunk, std::size_t from, std::size_t to) {
        products[chunk].assign(static_cast<std::size_t>(stride) * static_cast<std::size_t>(stride), 0);
        addProducts(x, from, to, out.mean, stride, products[chunk], progress);
    });
    if (progress.stopped())
        return stoppedError();
    for (std::size_t chunk = 1; chunk < products.size(); ++chunk)
        for (std::size_t i = 0; i < products[0].size(); ++i)
            products[0][i] += products[chunk][i];
    for (Index i = 0; i < d; ++i)
        for (Index j = i; j < d; ++j)
            out.matrix(i, j) = out.matrix(j, i) =
                products[0][static_cast<std::size_t>(i * stride + j)] / static_cast<double>(n - 1);
    return out;
}

base::Result<Eigen::MatrixXd> triangularFactor(MatrixView x, const Eigen::VectorXd &mean, int threads,
                                               const base::Progress &progress)
{
    const auto n = static_cast<std::size_t>(x.rows());
    const Index d = x.cols();
    std::vector<Eigen::MatrixXd> factors(rowChunks(n));
    const double work = static_cast<double>(n) * static_cast<double>(d * d);
    const auto fold = [d](Eigen::MatrixXd &factor, const Eigen::MatrixXd &rows) {
        Eigen::MatrixXd stacked(factor.rows() + rows.rows(), d);
        stacked << factor, rows;
        const Eigen::HouseholderQR<Eigen::MatrixXd> qr(stacked);
        const Index kept = std::min(stacked.rows(), d);
        factor = qr.matrixQR().topRows(kept).triangularView<Eigen::Upper>();
    };
    forEachRowChunk(n, work < kParallelWork ? 1 : threadCount(threads),
                    [&](std::size_t chunk, std::size_t from, std::size_t to) {
                        factors[chunk].resize(0, d);
                        for (; from < to && !progress.stopped(); from += kBlockRows) {
                            const auto count = static_cast<Index>(std::min(kBlockRows, to - from));
                            fold(factors[chunk],
                                 x.middleRows(static_cast<Index>(from), count).cast<double>().rowwise() -
                                     mean.transpose());
                        }
                    });
    if (progress.stopped())
        return stoppedError();
    for (std::size_t chunk = 1; chunk < factors.size(); ++chunk)
        fold(factors[0], factors[chunk]);
    Eigen::MatrixXd out = Eigen::MatrixXd::Zero(d, d);
    out.topRows(factors[0].rows()) = factors[0];
    return out;
}

} // namespace statescape::ml
