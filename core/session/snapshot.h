// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/clock.h"
#include "core/base/column.h"
#include "core/feature/sample_log.h"
#include "core/model/model.h"
#include "core/model/projection.h"
#include "core/schema/entities.h"
#include "core/schema/label.h"
#include "core/session/alarm.h"
#include "core/session/picture_map.h"
#include "core/source/source.h"
#include "core/store/session_store.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace statescape::session {

/// Principal components fitted; the picture shows any three of them or of the features.
inline constexpr int kComponents = 8;

/// What one axis of the picture shows.
struct AxisSource {
    enum class Kind : std::uint8_t { Component, Feature, Map };
    Kind kind = Kind::Component;
    int index = 0; ///< component 0..kComponents - 1, schema column, or component 0..2 of the neighbour map
    bool operator==(const AxisSource &) const = default;
};
using PictureAxes = std::array<AxisSource, 3>;
inline constexpr PictureAxes kPrincipalAxes{AxisSource{AxisSource::Kind::Component, 0},
                                            AxisSource{AxisSource::Kind::Component, 1},
                                            AxisSource{AxisSource::Kind::Component, 2}};

/// @return whether an axis shows the neighbour map.
bool showsMap(const PictureAxes &axes);
/// @return 3 when an axis shows the map's third component, else 2: a flat map keeps its neighbours in the
/// plane.
int mapComponents(const PictureAxes &axes);

/// Positions of samples on the three axes of the picture. A feature's axis has its value, log1p where the
/// catalogue says heavy-tailed, NaN where missing.
struct Coordinates {
    base::Column<float>::View x, y, z;
};

/// One byte a row, 0 or 1; missing rows at the end are 0.
using Rows = std::shared_ptr<const std::vector<std::uint8_t>>;

/// What is likely to come, from the order of states so far.
struct Outlook {
    double probability = 0; ///< 0..1 that a bad interval comes between earliestNs and latestNs from now
    std::uint64_t earliestNs = 0, latestNs = 0;
    std::uint64_t horizonNs = 0; ///< how far the forecast looks
    std::string state;           ///< the bad state most likely to be met, or "unknown"
    std::uint32_t entity = 0;    ///< who is most likely to meet it, of several
    std::vector<float> abnormality, low,
        high; ///< 0..1 per interval ahead, with a 90 % band; empty when there is too little to go by
};

/// Everything the views show at one moment. Immutable; taken whole, so all views agree.
struct Snapshot {
    std::uint64_t generation = 0; ///< grows by one with every snapshot
    // The session
    std::string file; ///< path
    std::uint64_t fileBytes = 0;
    std::string host, kernel;
    base::ClockAnchor anchor; ///< time_ns -> wall clock
    std::uint64_t intervalNs = 0;
    bool live = false; ///< a source is connected
    // Samples
    feature::SampleLog::View samples; ///< n rows
    std::shared_ptr<const schema::Entities>
        entities; ///< never null: whom rows are about, by samples.entity()
    std::shared_ptr<const base::Column<schema::Label>::View> labels; ///< n, never null
    std::shared_ptr<const std::vector<std::string>> classNames;      ///< [0] is ""
    store::History history;                                          ///< of every step, kept in the file
    Rows selection;                                                  ///< never null, may be short
    std::uint64_t selected = 0;                                      ///< rows in selection
    // The picture
    std::shared_ptr<const model::Projection> projection; ///< null until there are enough samples
    std::vector<model::AxisMeaning> axes;                ///< of the components, up to kComponents
    PictureAxes pictureAxes = kPrincipalAxes;
    std::uint64_t axesFittedNs = 0; ///< time_ns of the newest sample the axes know
    double driftDegrees = 0;        ///< between these axes and a fresh fit on everything seen
    bool axesPinned = false;
    std::shared_ptr<const Coordinates> coordinates; ///< n, or null
    std::shared_ptr<const PictureMap> map;          ///< behind the axes that show one, else null
    std::optional<double> mapProgress;              ///< 0..1 while a map is being made
    // The model
    std::shared_ptr<const model::Model> model;                      ///< null when none
    std::shared_ptr<const base::Column<model::Score>::View> scores; ///< n with a model, else null
    std::optional<Alarm> alarm;
    std::optional<Outlook> outlook;
    // The source
    source::SourceStatus status;
    std::uint64_t droppedSamples = 0; ///< every counted loss: kernel, socket, queue, store
};

/// @return what axis 0..2 of the picture means, with its unit or share: "PC1 41 %: block latency, I/O wait"
/// or "block queue p99, ms, log scale"; empty without axes.
std::string axisText(const Snapshot &snapshot, std::size_t axis);

/// @return whether samples are about processes or cgroups, several at a time.
bool perEntity(const Snapshot &snapshot);
/// @return whom sample @p row is about: "host", "postgres [4711]", "/system.slice/ssh.service".
std::string entityText(const Snapshot &snapshot, std::size_t row);

} // namespace statescape::session
