// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/clustering.h"
#include "core/ml/metrics.h"
#include "tests/ml/fixtures.h"

#include <QTest>
#include <chrono>
#include <limits>
#include <thread>

namespace statescape::ml::test {

/// What other programs answered, written by tests/ml/reference/make_clusterers.py.
inline const nlohmann::json &clusterers()
{
    static const nlohmann::json json = [] {
        std::ifstream file(std::string(STATESCAPE_TEST_DATA) + "/clusterers.json");
        return nlohmann::json::parse(file, nullptr, false);
    }();
    return json;
}

inline void addReferenceSets()
{
    QTest::addColumn<QString>("name");
    for (const auto &[name, set] : clusterers()["sets"].items())
        QTest::newRow(name.c_str()) << QString::fromStdString(name);
}

inline Matrix rowsOf(const std::string &name)
{
    const auto &set = clusterers()["sets"][name];
    return set.contains("rows") ? matrixOf(set["rows"]) : csv(name);
}

/// Whether two labellings are the same partition, noise being noise in both.
inline bool samePartition(std::span<const std::int32_t> a, std::span<const std::int32_t> b)
{
    std::vector<std::int32_t> left(a.begin(), a.end());
    std::vector<std::int32_t> right(b.begin(), b.end());
    renumberByFirstRow(left);
    renumberByFirstRow(right);
    return left == right;
}

/// Rows that no algorithm may hang on or crash on.
inline std::vector<std::pair<const char *, Matrix>> oddRows()
{
    std::vector<std::pair<const char *, Matrix>> out;
    Matrix outlier = blobs(200, 3, 2, 1).x;
    outlier(17, 1) = 1e30F;
    out.emplace_back("one huge outlier", outlier);
    Matrix tiny = blobs(200, 3, 2, 1).x;
    tiny *= 1e-40F;
    out.emplace_back("denormals", tiny);
    out.emplace_back("all equal", Matrix::Constant(300, 4, 2.5F));
    out.emplace_back("one column", blobs(300, 1, 2, 3).x);
    out.emplace_back("more columns than rows", blobs(20, 60, 2, 4).x);
    out.emplace_back("a few distinct rows", blobs(5, 3, 2, 5).x.replicate(40, 1));
    Matrix grid(400, 2);
    for (Eigen::Index i = 0; i < 400; ++i)
        grid.row(i) << static_cast<float>(i % 20), static_cast<float>(i / 20);
    out.emplace_back("a grid full of ties", grid);
    out.emplace_back("largest floats", Matrix(blobs(60, 2, 2, 6).x.array() * 1e37F));
    return out;
}

/// Checks what must hold of any answer.
inline bool consistent(const Clustering &answer, Eigen::Index rows)
{
    std::uint64_t total = answer.noise;
    for (const auto size : answer.sizes)
        total += size;
    if (answer.labels.size() != static_cast<std::size_t>(rows) || total != answer.labels.size())
        return false;
    for (const auto label : answer.labels)
        if (label < kNoise || label >= answer.clusters())
            return false;
    for (Eigen::Index i = 0; i < answer.membership.rows(); ++i)
        if (!(answer.membership.row(i).minCoeff() >= 0) || !(answer.membership.row(i).sum() <= 1.00001F))
            return false;
    return true;
}

inline std::vector<Matrix> unfiniteRows()
{
    std::vector<Matrix> out;
    for (const float value : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                              -std::numeric_limits<float>::infinity()}) {
        out.push_back(blobs(50, 3, 2, 1).x);
        out.back()(31, 2) = value;
    }
    return out;
}

/// Asks @p fit to stop after some milliseconds. @return how long it went on, ms, or -1 when it was done
/// before.
template <class Fit>
double stopDelayMs(Fit fit, int afterMs)
{
    std::stop_source source;
    std::chrono::steady_clock::time_point asked;
    std::jthread waiter([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(afterMs));
        asked = std::chrono::steady_clock::now();
        source.request_stop();
    });
    const auto result = fit(base::Progress{source.get_token(), {}});
    const auto end = std::chrono::steady_clock::now();
    waiter.join();
    if (result || result.error().code != base::Code::Cancelled)
        return -1;
    return std::chrono::duration<double, std::milli>(end - asked).count();
}

} // namespace statescape::ml::test
