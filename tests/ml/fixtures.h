// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/matrix.h"
#include "core/ml/random.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

namespace statescape::ml::test {

struct Blobs {
    Matrix x;
    std::vector<int> truth; ///< -1 for noise
};

/// @p k round clouds of unit spread with centres uniform in a cube, plus @p noise share of uniform rows.
inline Blobs blobs(Eigen::Index n, Eigen::Index d, int k, std::uint64_t seed, double side = 10,
                   double noise = 0)
{
    Random random(seed);
    Matrix centres(k, d);
    for (Eigen::Index i = 0; i < centres.size(); ++i)
        centres.data()[i] = static_cast<float>(side * (random.uniform() - 0.5));
    Blobs out{Matrix(n, d), {}};
    for (Eigen::Index i = 0; i < n; ++i) {
        const bool stray = random.uniform() < noise;
        const int c = static_cast<int>(random.below(static_cast<std::uint64_t>(k)));
        for (Eigen::Index j = 0; j < d; ++j)
            out.x(i, j) = stray ? static_cast<float>(side * (random.uniform() - 0.5))
                                : centres(c, j) + static_cast<float>(random.normal());
        out.truth.push_back(stray ? -1 : c);
    }
    return out;
}

inline const nlohmann::json &reference()
{
    static const nlohmann::json json = [] {
        std::ifstream file(std::string(STATESCAPE_TEST_DATA) + "/reference.json");
        return nlohmann::json::parse(file, nullptr, false);
    }();
    return json;
}

/// Values written by reference/make_numerics.py.
inline const nlohmann::json &numerics()
{
    static const nlohmann::json json = [] {
        std::ifstream file(std::string(STATESCAPE_TEST_DATA) + "/numerics.json");
        return nlohmann::json::parse(file, nullptr, false);
    }();
    return json;
}

inline Matrix matrixOf(const nlohmann::json &rows)
{
    Matrix out(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(rows.at(0).size()));
    for (Eigen::Index i = 0; i < out.rows(); ++i)
        for (Eigen::Index j = 0; j < out.cols(); ++j)
            out(i, j) = rows[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)].get<float>();
    return out;
}

/// The numbers of a committed CSV without its label column.
inline Matrix csv(const std::string &name)
{
    std::ifstream file(std::string(STATESCAPE_TEST_DATA) + "/" + name + ".csv");
    std::string line;
    std::getline(file, line);
    std::vector<std::vector<float>> rows;
    while (std::getline(file, line)) {
        std::vector<float> row;
        for (std::size_t from = 0, to = line.find(','); to != std::string::npos;
             from = to + 1, to = line.find(',', from))
            row.push_back(std::stof(line.substr(from, to - from)));
        rows.push_back(row);
    }
    Matrix out(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(rows.at(0).size()));
    for (std::size_t i = 0; i < rows.size(); ++i)
        for (std::size_t j = 0; j < rows[i].size(); ++j)
            out(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = rows[i][j];
    return out;
}

inline std::vector<std::size_t> shuffled(std::size_t n, std::uint64_t seed)
{
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    Random random(seed);
    for (std::size_t i = n; i > 1; --i)
        std::swap(order[i - 1], order[random.below(i)]);
    return order;
}

} // namespace statescape::ml::test
