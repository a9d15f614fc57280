// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/losses.h"
#include "core/session/worker.h"
#include "core/session/workspace.h"
#include "core/store/recorder.h"

#include <atomic>
#include <mutex>

namespace statescape::session {

/// State behind a Workspace. `mutex` guards every member below it; jobs and callbacks take views under it and
/// work outside.
struct Workspace::Impl {
    explicit Impl(Callbacks callbacks)
        : callbacks(std::move(callbacks))
    {}
    ~Impl()
    {
        // Every thread that may call back ends before the members it uses do.
        source.reset();
        worker.reset();
        recorder.reset();
    }

    // workspace.cpp
    base::Result<> openFile(const std::filesystem::path &file, store::OpenMode mode);
    base::Result<> loadSession(store::SessionId id);
    base::Result<> applyChanges(const std::string &what, std::vector<store::LabelChange> changes);
    base::Result<std::string> stepHistory(bool back);

    // workspace_live.cpp
    base::Result<> ensureLiveSession(std::uint64_t intervalNs);
    void onSample(feature::FeatureFrame frame);
    void onStatus(const source::SourceStatus &status);
    void appendDerived(std::span<const float> row, std::uint64_t timeNs);
    void updateOutlook();

    // workspace_analysis.cpp
    void scheduleAxes(bool force);
    void fitAxes(const std::stop_token &stop, bool force);
    void adoptAxes(std::shared_ptr<const model::Projection> fitted, std::uint64_t fittedNs);
    void scoreEverything(std::shared_ptr<const model::Model> next);

    /// Builds and publishes a snapshot. @pre mutex held
    void publishLocked();
    /// Publishes and tells the listener. @pre mutex not held
    void publish();
    void report(const base::Error &error) const;

    /// Runs @p work on the store's thread and waits. @pre mutex not held
    template <class T>
    base::Result<T> onStore(std::function<base::Result<T>(store::SessionStore &)> work) const;

    const Callbacks callbacks;
    std::unique_ptr<store::Recorder>
        recorder; ///< replaced only in openFile(), before threads or with the source stopped
    std::unique_ptr<source::HelperSource> source;
    source::HelperOptions helperOptions; ///< of the last start
    std::mutex sourceMutex;              ///< guards `source` itself against start and stop from two threads
    std::atomic<std::uint64_t> ticket{0};

    mutable std::mutex mutex;
    std::filesystem::path file;
    std::uint64_t fileBytes = 0;
    store::SessionInfo info;
    std::unique_ptr<feature::SampleLog> log;
    std::vector<schema::Label> labels;
    std::vector<std::string> classNames{""};
    std::uint64_t undoDepth = 0, redoDepth = 0;
    bool live = false;

    std::shared_ptr<const model::Projection> projection;
    std::vector<model::AxisMeaning> axes;
    std::uint64_t axesFittedNs = 0;
    std::size_t axesRows = 0;  ///< rows at the last fit
    std::size_t driftRows = 0; ///< rows at the last drift check
    double driftDegrees = 0;
    bool axesPinned = false;
    Coordinates coordinates;

    std::shared_ptr<const model::Model> model;
    std::vector<int> modelColumns;
    std::vector<model::Score> scores;
    AlarmRule alarmRule;
    std::optional<AlarmWatch> alarm;
    std::optional<Outlook> outlook;

    source::SourceStatus status;
    std::uint64_t lossesBefore = 0;  ///< samples lost before this source started, from the file
    std::uint64_t statusDropped = 0; ///< samples lost by this source
    LossLedger ledger;
    std::uint64_t generation = 0;
    std::shared_ptr<const Snapshot> published = std::make_shared<const Snapshot>();

    std::unique_ptr<Worker> worker = std::make_unique<Worker>();
};

template <class T>
base::Result<T> Workspace::Impl::onStore(std::function<base::Result<T>(store::SessionStore &)> work) const
{
    base::Result<T> answer = base::fail(base::Code::Internal, "the store did not answer");
    auto done = recorder->run([&](store::SessionStore &file) -> base::Result<> {
        answer = work(file);
        return {};
    });
    STATESCAPE_CHECK(done.get());
    return answer;
}

} // namespace statescape::session
