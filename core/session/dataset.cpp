// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/dataset.h"

#include <algorithm>

namespace statescape::session {
namespace {
// Sessions are separate time blocks for every split.
constexpr std::uint64_t kSessionGapNs = 3'600'000'000'000;
} // namespace

model::TrainingSet Dataset::trainingSet() const
{
    return {schema, x, labels, timeNs, classNames};
}

base::Result<Dataset> loadDataset(const store::SessionStore &file, store::SessionId only)
{
    STATESCAPE_TRY(auto sessions, file.sessions());
    std::erase_if(sessions,
                  [only](const auto &info) { return info.samples == 0 || (only != 0 && info.id != only); });
    if (sessions.empty())
        return base::fail(base::Code::NotFound,
                          file.path().string() + (only == 0 ? ": no session with samples"
                                                            : ": no session " + std::to_string(only)),
                          "record into it, or see `statescape info`");
    Dataset set;
    set.schema = sessions.back().schema;
    set.intervalNs = sessions.back().intervalNs;
    STATESCAPE_TRY(set.classNames, file.classNames());
    std::vector<std::unique_ptr<feature::SampleLog>> logs;
    std::size_t rows = 0;
    std::uint64_t shift = 0;
    for (const auto &info : sessions) {
        if (info.schema->hash() != set.schema->hash()) {
            set.skipped.push_back(info.id);
            continue;
        }
        STATESCAPE_TRY(auto log, file.load(info.id));
        STATESCAPE_TRY(const auto labels, file.labels(info.id));
        const auto view = log->view();
        if (!set.timeNs.empty())
            shift = set.timeNs.back() + kSessionGapNs - std::min(view.timeNs(0), set.timeNs.back());
        for (std::size_t i = 0; i < view.rows(); ++i)
            set.timeNs.push_back(view.timeNs(i) + shift);
        set.labels.insert(set.labels.end(), labels.begin(), labels.end());
        rows += view.rows();
        logs.push_back(std::move(log));
    }
    set.x.resize(static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(set.schema->size()));
    Eigen::Index at = 0;
    for (const auto &log : logs) {
        const auto view = log->view();
        for (std::size_t i = 0; i < view.rows(); ++i, ++at) {
            const auto row = view.row(i);
            std::copy(row.begin(), row.end(), set.x.row(at).data());
        }
    }
    return set;
}

store::ModelInfo infoOf(const model::Model &model)
{
    store::ModelInfo out{model.name(), model.algorithm(), {}, model.options().createdNs, 0};
    for (const auto &state : model.states())
        out.states.push_back(state.name);
    return out;
}

} // namespace statescape::session
