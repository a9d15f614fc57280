// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/snapshot.h"
#include "tests/session/planted_session.h"

#include <random>

/// A session in memory that grows and is labelled at will, for what a recorded one cannot do on demand.
namespace statescape::test {

class MadeSession {
public:
    explicit MadeSession(unsigned seed = 1);
    /// @param gaps now and then samples are missing between
    void grow(std::size_t rows, bool gaps = false);
    /// Every row's state at random in runs of about @p length.
    void score(std::size_t length);
    void label(std::size_t first, std::size_t count, schema::Label label);
    /// @return what the views would get now; the model has the planted kinds as states.
    [[nodiscard]] std::shared_ptr<session::Snapshot> snapshot();
    [[nodiscard]] std::size_t rows() const { return m_log.rows(); }

    std::mt19937 random;

private:
    [[nodiscard]] model::Score scoreOf(std::size_t row);
    feature::SampleLog m_log;
    base::Column<schema::Label> m_labels;
    base::Column<model::Score> m_scores;
    base::Column<float> m_x, m_y, m_z;
    std::shared_ptr<const model::Model> m_model;
    std::vector<feature::FeatureFrame> m_frames; ///< a stock, so that growing by a million takes a second
    std::uint64_t m_timeNs = Planted::kStartNs;
    std::uint64_t m_generation = 0;
    int m_cluster = 0;
    std::size_t m_runLength = 10;
};

} // namespace statescape::test
