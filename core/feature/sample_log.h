// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/feature/feature_frame.h"
#include "core/ml/matrix.h"
#include "core/schema/schema.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace statescape::feature {

/// Samples of one session in memory: rows are appended, never changed. FeatureMatrix of the architecture: the
/// one place that maps column to key. One writer; views taken by view() stay valid and constant on any
/// thread.
class SampleLog {
    struct Chunk;

public:
    static constexpr std::size_t kChunkRows = 4096;

    /// A constant prefix of the log; cheap to copy.
    class View {
    public:
        View() = default;
        [[nodiscard]] std::size_t rows() const { return m_rows; }
        [[nodiscard]] const schema::Schema &schema() const { return *m_schema; }
        [[nodiscard]] std::shared_ptr<const schema::Schema> sharedSchema() const { return m_schema; }
        [[nodiscard]] std::span<const float> row(std::size_t index) const;
        [[nodiscard]] float at(std::size_t index, std::size_t column) const { return row(index)[column]; }
        [[nodiscard]] std::uint64_t timeNs(std::size_t index) const;
        [[nodiscard]] std::uint64_t durationNs(std::size_t index) const;
        [[nodiscard]] std::uint32_t entity(std::size_t index) const;
        [[nodiscard]] std::span<const wire::ProcessUse> processes(std::size_t index) const;
        /// @return the probes that saw only a part of this sample's interval.
        [[nodiscard]] std::span<const Seen> seen(std::size_t index) const;
        /// @param probe its key, see schema::Feature::probe
        /// @return what it saw of this sample's interval; null when that was all of it, or nothing.
        [[nodiscard]] const Seen *seenBy(std::string_view probe, std::size_t index) const;
        /// @return first row whose time is not before @p timeNs; rows() when none. Rows are in time order.
        [[nodiscard]] std::size_t lowerBound(std::uint64_t timeNs) const;
        /// @return a dense copy of rows [first, first + count), count x d.
        [[nodiscard]] ml::Matrix matrix(std::size_t first, std::size_t count) const;
        [[nodiscard]] ml::Matrix matrix() const { return matrix(0, m_rows); }
        /// @return a dense copy of the given rows in that order.
        [[nodiscard]] ml::Matrix matrix(std::span<const std::uint32_t> rows) const;

    private:
        friend class SampleLog;
        std::shared_ptr<const schema::Schema> m_schema;
        std::vector<std::shared_ptr<const Chunk>> m_chunks;
        std::size_t m_rows = 0;
    };

    explicit SampleLog(std::shared_ptr<const schema::Schema> schema);
    ~SampleLog();

    /// @pre frame.values.size() == schema size; time not before the last row's.
    void append(FeatureFrame frame);
    /// Call on the writer's thread.
    [[nodiscard]] View view() const;
    [[nodiscard]] std::size_t rows() const { return m_rows; }
    [[nodiscard]] const std::shared_ptr<const schema::Schema> &schema() const { return m_schema; }

private:
    std::shared_ptr<const schema::Schema> m_schema;
    std::vector<std::shared_ptr<Chunk>> m_chunks;
    std::size_t m_rows = 0;
};

} // namespace statescape::feature
