// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/assignment.h"

#include <limits>

namespace statescape::model {

std::vector<int> assign(const Eigen::MatrixXd &weight)
{
    const bool turned = weight.rows() > weight.cols();
    const Eigen::MatrixXd cost = turned ? Eigen::MatrixXd(-weight.transpose()) : Eigen::MatrixXd(-weight);
    const auto n = static_cast<std::size_t>(cost.rows());
    const auto m = static_cast<std::size_t>(cost.cols());
    constexpr double kFar = std::numeric_limits<double>::infinity();
    // Position 0 of each stands for "nobody yet".
    std::vector<double> rowPrice(n + 1, 0);
    std::vector<double> columnPrice(m + 1, 0);
    std::vector<std::size_t> rowOf(m + 1, 0);
    std::vector<std::size_t> cameFrom(m + 1, 0);
    for (std::size_t row = 1; row <= n; ++row) {
        rowOf[0] = row;
        std::size_t column = 0;
        std::vector<double> slack(m + 1, kFar);
        std::vector<bool> reached(m + 1, false);
        do {
            reached[column] = true;
            const std::size_t from = rowOf[column];
            double least = kFar;
            std::size_t next = 0;
            for (std::size_t j = 1; j <= m; ++j) {
                if (reached[j])
                    continue;
                const double reduced =
                    cost(static_cast<Eigen::Index>(from - 1), static_cast<Eigen::Index>(j - 1)) -
                    rowPrice[from] - columnPrice[j];
                if (reduced < slack[j]) {
                    slack[j] = reduced;
                    cameFrom[j] = column;
                }
                if (slack[j] < least) {
                    least = slack[j];
                    next = j;
                }
            }
            for (std::size_t j = 0; j <= m; ++j) {
                if (reached[j]) {
                    rowPrice[rowOf[j]] += least;
                    columnPrice[j] -= least;
                } else {
                    slack[j] -= least;
                }
            }
            column = next;
        } while (rowOf[column] != 0);
        for (; column != 0; column = cameFrom[column])
            rowOf[column] = rowOf[cameFrom[column]];
    }
    std::vector<int> out(static_cast<std::size_t>(weight.rows()), -1);
    for (std::size_t j = 1; j <= m; ++j) {
        if (rowOf[j] == 0)
            continue;
        if (turned)
            out[j - 1] = static_cast<int>(rowOf[j] - 1);
        else
            out[rowOf[j] - 1] = static_cast<int>(j - 1);
    }
    return out;
}

} // namespace statescape::model
