// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/picture/marks.h"
#include "ui/point_view/point_view.h"

#include <map>
#include <optional>

namespace statescape::ui {

/// A name that belongs at some place of the picture.
struct Caption {
    QString text;
    PointStyle style;
    float x = 0, y = 0, z = 0; ///< median of the members shown
    std::size_t members = 0;
};

/// What the point view draws for a snapshot.
struct Marks {
    std::vector<PointStyle> styles;
    std::shared_ptr<const PointSet> points; ///< row i is sample i; empty when there are no coordinates yet
    std::vector<Caption> captions;
    std::optional<ColourScale> scale; ///< when colours are values
    std::size_t first = 0;            ///< first sample shown
    std::size_t shown = 0;            ///< samples with a place
};

/// Turns snapshots into marks. Keeps what it made for the last one: a snapshot with a few more samples costs
/// only those, so that a million samples can be shown live; labels, model or colouring changed cost one pass,
/// about 2 ns a sample.
/// @thread one at a time
class Marker {
public:
    /// @param first rows before it are left out
    const Marks &update(const session::Snapshot &snapshot, const Colouring &colouring, std::size_t first);
    [[nodiscard]] const Marks &marks() const { return m_marks; }

private:
    /// Members of one style, thinned to a few hundred by a power of two, so that the choice stays the same
    /// while rows are added.
    struct Members {
        std::vector<std::uint32_t> rows;
        std::size_t n = 0, step = 1;
        void add(std::size_t row);
    };
    struct Ramp {
        bool logarithmic = false;
        double low = 0, high = 1; ///< on the scale coloured by
        std::size_t column = 0;
        std::size_t rowsRanged = 0; ///< rows there were when the range was taken
    };

    [[nodiscard]] bool mayContinue(const session::Snapshot &s, const Colouring &colouring,
                                   std::size_t first) const;
    void begin(const session::Snapshot &s, const Colouring &colouring, std::size_t first);
    void beginEntities(const session::Snapshot &s);
    void beginRamp(const session::Snapshot &s, const Colouring &colouring);
    void mark(const session::Snapshot &s, std::size_t from, std::size_t to);
    [[nodiscard]] std::uint16_t styleOf(const session::Snapshot &s, std::size_t row);
    std::uint16_t labelIndex(const session::Snapshot &s, schema::Label label);
    [[nodiscard]] double valueOf(const session::Snapshot &s, std::size_t row) const;
    void countShown(const session::Snapshot &s, std::size_t from, std::size_t to);
    void placeCaptions(const session::Snapshot &s);

    Marks m_marks;
    Colouring m_colouring;
    base::Column<std::uint16_t> m_style;
    std::vector<Members> m_members; ///< by style, for captions
    std::map<std::uint32_t, std::uint16_t> m_labelIndex;
    std::optional<Ramp> m_ramp;
    std::vector<std::uint16_t> m_entityStyle; ///< by entity, of those told apart
    std::size_t m_entityRows = 0;             ///< rows there were when they were chosen
    // What the marks were made from.
    base::Column<schema::Label>::View m_labels;
    base::Column<model::Score>::View m_scores;
    base::Column<float>::View m_x;
    const void *m_names = nullptr, *m_model = nullptr, *m_schema = nullptr;
    std::size_t m_rows = 0;
};

/// @param first rows before it are left out
Marks makeMarks(const session::Snapshot &snapshot, const Colouring &colouring, std::size_t first);

} // namespace statescape::ui
