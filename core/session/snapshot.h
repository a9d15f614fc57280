// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/clock.h"
#include "core/feature/sample_log.h"
#include "core/model/model.h"
#include "core/model/projection.h"
#include "core/schema/label.h"
#include "core/session/alarm.h"
#include "core/source/source.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace statescape::session {

/// Positions of samples on the first three components, structure of arrays.
struct Coordinates {
    std::vector<float> x, y, z;
};

/// What is likely to come, from the order of states so far.
struct Outlook {
    double probability = 0; ///< 0..1 that a bad interval comes between earliestNs and latestNs from now
    std::uint64_t earliestNs = 0, latestNs = 0;
    std::uint64_t horizonNs = 0; ///< how far the forecast looks
    std::string state;           ///< the bad state most likely to be met, or "unknown"
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
    feature::SampleLog::View samples;                           ///< n rows
    std::shared_ptr<const std::vector<schema::Label>> labels;   ///< n
    std::shared_ptr<const std::vector<std::string>> classNames; ///< [0] is ""
    std::uint64_t undoDepth = 0, redoDepth = 0;                 ///< of labels, kept in the file
    // The picture
    std::shared_ptr<const model::Projection> projection; ///< null until there are enough samples
    std::vector<model::AxisMeaning> axes;
    std::uint64_t axesFittedNs = 0; ///< time_ns of the newest sample the axes know
    double driftDegrees = 0;        ///< between these axes and a fresh fit on everything seen
    bool axesPinned = false;
    std::shared_ptr<const Coordinates> coordinates; ///< n, or null
    // The model
    std::shared_ptr<const model::Model> model;               ///< null when none
    std::shared_ptr<const std::vector<model::Score>> scores; ///< n with a model, else null
    std::optional<Alarm> alarm;
    std::optional<Outlook> outlook;
    // The source
    source::SourceStatus status;
    std::uint64_t droppedSamples = 0; ///< every counted loss: kernel, socket, queue, store
};

} // namespace statescape::session
