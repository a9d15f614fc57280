// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/snapshot.h"
#include "ui/picture/marks.h"
#include "ui/strip/min_max.h"

#include <QString>

#include <vector>

namespace statescape::ui {

/// Neighbouring samples that look alike, none missing between them.
struct Run {
    std::uint32_t first = 0, last = 0; ///< rows, both in it
    int key = 0;                       ///< what they have in common, see StripData
    bool operator==(const Run &) const = default;
};
/// How a run is drawn.
struct RunLook {
    PointStyle style;
    bool negative = false, unknown = false;
};

/// What the line below the ribbons shows.
struct LineChoice {
    enum class Kind { Auto, Abnormality, Distance, Feature } kind = Kind::Auto;
    QString key; ///< of the feature
    bool operator==(const LineChoice &) const = default;
};

double secondsOf(const session::Snapshot &snapshot, std::uint64_t timeNs);

/// Everything the time strip draws, kept from one snapshot to the next: what both share is not looked at
/// again, so an appended sample costs the same at a million rows as at a hundred.
class StripData {
public:
    /// @pre of the same session as before, or reset() was called
    void update(const session::Snapshot &snapshot, const LineChoice &choice);
    void reset();

    [[nodiscard]] std::size_t rows() const { return m_rows; }
    /// Key: index of the state in the model, -1 unknown; with several entities the worst of each interval.
    [[nodiscard]] const std::vector<Run> &states() const { return m_states; }
    /// Labelled samples only. Key: labelKey().
    [[nodiscard]] const std::vector<Run> &labels() const { return m_labels; }
    /// Rows before which samples are missing, rising.
    [[nodiscard]] const std::vector<std::uint32_t> &gaps() const { return m_gaps; }
    /// @return whether samples are missing between rows @p from and @p to, from < to.
    [[nodiscard]] bool gapBetween(std::size_t from, std::size_t to) const;
    /// @return when the interval of @p row began, seconds since the epoch.
    [[nodiscard]] static double beginOf(const session::Snapshot &snapshot, std::size_t row);

    /// @return of the samples of one interval, about several entities, the one that the strip shows: the
    /// negative or else unknown or else most abnormal one; the row itself without a model.
    [[nodiscard]] static std::size_t worstOf(const session::Snapshot &snapshot, std::size_t row);

    /// Values of the line, one a row, with several entities the highest of its interval; NaN where missing.
    [[nodiscard]] const MinMax &line() const { return m_line; }
    [[nodiscard]] const QString &lineName() const { return m_lineName; }
    [[nodiscard]] base::Unit unit() const { return m_unit; }
    [[nodiscard]] bool isAbnormality() const { return m_source == Source::Abnormality; }
    [[nodiscard]] bool isDistance() const { return m_source == Source::Distance; }
    /// @return schema column of the line, or -1.
    [[nodiscard]] int lineColumn() const { return m_source == Source::Feature ? m_column : -1; }
    /// @return value of the line for people, with its unit.
    [[nodiscard]] QString lineText(double value) const;

    static int labelKey(schema::Label label) { return int(label.classId) * 4 + int(label.polarity) + 1; }
    static schema::Label labelOf(int key) { return {schema::Polarity(key % 4 - 1), std::uint16_t(key / 4)}; }
    [[nodiscard]] static RunLook stateLook(const session::Snapshot &snapshot, int key);
    [[nodiscard]] static RunLook labelLook(const session::Snapshot &snapshot, int key);

private:
    enum class Source : std::uint8_t { None, Abnormality, Distance, Feature };
    void findGaps(const session::Snapshot &snapshot, std::size_t rows);
    void chooseLine(const session::Snapshot &snapshot, const LineChoice &choice);
    void extendLine();

    std::size_t m_rows = 0;
    feature::SampleLog::View m_samples; ///< as far as everything here goes
    std::uint64_t m_intervalNs = 0;
    std::vector<std::uint32_t> m_gaps;
    std::vector<Run> m_states, m_labels;
    base::Column<model::Score>::View m_seenScores;
    base::Column<schema::Label>::View m_seenLabels;
    session::Coordinates m_seenPlaces;
    MinMax m_line;
    bool m_several = false; ///< samples about several entities at a time
    Source m_source = Source::None;
    int m_column = -1;
    QString m_lineName;
    base::Unit m_unit = base::Unit::None;
};

} // namespace statescape::ui
