// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/matrix.h"
#include "core/ml/row_tree_kernels.h"

#include <array>
#include <bit>
#include <cstdint>
#include <stop_token>
#include <vector>

namespace statescape::ml {

/// Rows that differ, each with how often it occurs. A million equal rows are one.
struct DistinctRows {
    std::vector<std::uint32_t> first; ///< row number of each distinct row, rising
    std::vector<std::uint32_t> copy;  ///< n: which distinct row
    std::vector<std::uint32_t> count; ///< of each distinct row
};
/// O(n d) on average. Both zeros are one value.
/// @param stop when it is asked for the answer is not complete
DistinctRows distinctRows(MatrixView x, const std::stop_token &stop = {});

/// A kd-tree over rows in boxes, for exact search in few and, with vectors of 16 rows a step, in many
/// columns. With many columns rows are turned to their principal axes first, which narrows the boxes; such a
/// search only filters, distances that count are sums in double over the given values. Positions are rows in
/// tree order. Immutable; any thread.
/// @source Bentley 1975; Friedman, Bentley & Finkel 1977
class RowTree {
public:
    struct Node {
        std::uint32_t from = 0, to = 0; ///< positions
        std::uint32_t left = 0;         ///< first child, the other follows; 0 for a leaf
        std::uint32_t tile = 0;         ///< of a leaf
    };
    /// A squared radius as the filter needs it.
    struct Limit {
        float value = 0;
    };

    RowTree() = default;
    /// O(n d log n). @param x n x d, finite @param chosen rows of x to be held @param stop when it is asked
    /// for the tree is left without rows
    RowTree(MatrixView x, const std::vector<std::uint32_t> &chosen, const std::stop_token &stop = {});

    [[nodiscard]] std::size_t rows() const { return m_row.size(); }
    [[nodiscard]] int columns() const { return m_columns; }
    [[nodiscard]] const std::vector<Node> &nodes() const { return m_nodes; } ///< the root first
    [[nodiscard]] const std::vector<std::uint32_t> &leaves() const
    {
        return m_leaves;
    } ///< in order of positions
    /// @return index into chosen of a position.
    [[nodiscard]] std::uint32_t rowAt(std::uint32_t position) const { return m_row[position]; }

    /// @return squared distance in double, summed over columns in order.
    [[nodiscard]] double distance2(std::uint32_t a, std::uint32_t b) const
    {
        return distance2(values(a), values(b));
    }
    [[nodiscard]] double distance2(const float *a, const float *b) const
    {
        double sum = 0;
        for (int j = 0; j < m_columns; ++j) {
            const double difference = static_cast<double>(a[j]) - static_cast<double>(b[j]);
            sum += difference * difference;
        }
        return sum;
    }
    [[nodiscard]] const float *values(std::uint32_t position) const
    {
        return m_values.data() + static_cast<std::size_t>(position) * static_cast<std::size_t>(m_columns);
    }

    /// @return what no row within @p radius2 is filtered out by.
    /// @param extra distance by which turning the query may be off beyond that of the rows held
    [[nodiscard]] Limit limit(double radius2, double extra = 0) const;
    /// @return bit i for each row from + i of a leaf that may lie within the limit of the row at @p position.
    [[nodiscard]] std::uint64_t within(const Node &leaf, std::uint32_t position, Limit limit) const
    {
        return within(leaf, turned(position), limit);
    }
    [[nodiscard]] std::uint64_t within(const Node &leaf, const float *turnedRow, Limit limit) const;
    /// @return lower bound of squared distances, comparable with a Limit.
    [[nodiscard]] float boxGap(std::uint32_t node, std::uint32_t other) const;
    [[nodiscard]] float rowGap(std::uint32_t position, std::uint32_t node) const
    {
        return rowGap(turned(position), node);
    }
    [[nodiscard]] float rowGap(const float *turnedRow, std::uint32_t node) const;

    struct Hit {
        double dist2 = 0;
        std::uint32_t position = 0;
        bool operator<(const Hit &other) const
        {
            return dist2 != other.dist2 ? dist2 < other.dist2 : position < other.position;
        }
    };
    /// The k nearest of a row from outside within a squared radius, nearest first. @param row d values,
    /// finite
    void nearest(const float *row, std::size_t k, double radius2, std::vector<Hit> &hits) const;

    /// A row from outside as the filter needs it.
    [[nodiscard]] std::vector<float> turn(const float *row) const;

    /// Depth first, nearer child first. @param gap (node) lower bound to the query @param prune (node, gap)
    /// whether to pass over it @param visit (leaf number)
    template <class Gap, class Prune, class Visit>
    void walk(Gap gap, Prune prune, Visit visit) const
    {
        struct Item {
            std::uint32_t node;
            float gap;
        };
        std::array<Item, 128> stack;
        std::size_t depth = 0;
        if (!m_nodes.empty())
            stack[depth++] = {0, gap(0U)};
        while (depth > 0) {
            const Item item = stack[--depth];
            if (prune(item.node, item.gap))
                continue;
            const std::uint32_t left = m_nodes[item.node].left;
            if (left == 0) {
                visit(item.node);
                continue;
            }
            Item near{left, gap(left)};
            Item far{left + 1, gap(left + 1)};
            if (far.gap < near.gap)
                std::swap(near, far);
            stack[depth++] = far;
            stack[depth++] = near;
        }
    }

private:
    void chooseAxes(MatrixView x, const std::vector<std::uint32_t> &chosen, const std::stop_token &stop);
    bool build(const std::vector<float> &coordinates, const std::stop_token &stop);
    void measureBoxes();
    void hold(MatrixView x, const std::vector<std::uint32_t> &chosen, const std::stop_token &stop);
    void clear();
    [[nodiscard]] const float *turned(std::uint32_t position) const
    {
        return m_turned.data() + static_cast<std::size_t>(position) * static_cast<std::size_t>(m_width);
    }

    int m_columns = 0, m_width = 0; ///< width: columns padded for boxes
    std::vector<std::uint32_t> m_row;
    std::vector<float> m_values; ///< as given
    std::vector<float> m_turned; ///< on the axes
    std::vector<float> m_boxes;  ///< low and high of each node
    kernel::Tiles m_tiles;
    std::vector<Node> m_nodes;
    std::vector<std::uint32_t> m_leaves;
    Eigen::MatrixXd m_axes; ///< d x d, empty: as given
    Eigen::VectorXd m_mean;
    double m_slack = 0; ///< distance by which turning may be off
    kernel::Isa m_isa = kernel::bestIsa();
};

} // namespace statescape::ml
