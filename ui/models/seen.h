// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/snapshot.h"

#include <QString>

#include <optional>
#include <vector>

/// What a probe that looked at a part of the time only has seen, for people.
namespace statescape::ui {

/// @return "4 %". @param share 0..1
QString partText(double share);
/// @return "seen 4 % of the time, ±6 %".
QString seenOverTimeText(double share, double error);
/// @return "4 %, ±6 %", or "4 %, error not known". @param share 0..1 @param error relative standard error,
/// below 0: not known
QString seenText(double share, double error);
/// @return "estimate from 4 % of the interval, ±6 %".
QString estimateText(const feature::Seen &seen);
/// @return why a probe is sampled, what that means for its features, and what the error says; a paragraph.
QString samplingExplained();
/// @return what the probe of @p feature saw of sample @p row; null when that was all of it.
const feature::Seen *seenOf(const feature::SampleLog::View &samples, const schema::Feature &feature,
                            std::size_t row);
/// @return "Scheduler saw 4 % of it, ±6 %; …", plain; empty when every probe saw all of it.
QString partlySeen(const feature::SampleLog::View &samples, std::size_t row);

/// Which probes of a live recording are sampled. Windows need not come in every interval, so a probe is held
/// to be sampled for some seconds after one, and its share is smoothed. @thread one at a time
class SeenTracker {
public:
    struct Part {
        double share = 0;  ///< of the time, 0..1, smoothed
        double error = -1; ///< of the newest window that tells one
    };
    void update(const session::Snapshot &snapshot);
    /// @param probe of the layout @return none when it sees everything, or nothing.
    [[nodiscard]] std::optional<Part> of(std::size_t probe) const;

private:
    struct State {
        Part part;
        std::uint64_t lastNs = 0; ///< sample of the newest window; 0: not sampled
    };
    std::vector<State> m_states;
    std::shared_ptr<const schema::Layout> m_layout;
    std::uint64_t m_nowNs = 0;
};

} // namespace statescape::ui
