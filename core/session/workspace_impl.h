// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/entity_roll.h"
#include "core/session/losses.h"
#include "core/session/placing.h"
#include "core/session/worker.h"
#include "core/session/workspace.h"
#include "core/store/recorder.h"

#include <atomic>
#include <mutex>
#include <set>

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

    // workspace_history.cpp
    /// Stores a step that memory already shows; @p takeBack makes memory as it was when the file refuses it.
    base::Result<> storeStep(store::Step step, const std::function<void()> &takeBack);
    base::Result<> applyLabels(const std::string &what, std::vector<store::ChangeRun> runs);
    void setLabelsLocked(std::span<const store::ChangeRun> runs, bool after);
    void setSelectionLocked(Rows rows);
    base::Result<std::string> stepHistory(bool back);
    /// Makes the model of @p ref the one that scores, without remembering it; an empty name is none.
    base::Result<> adoptModel(const store::ModelRef &ref);

    // workspace_live.cpp
    base::Result<> ensureLiveSession(std::uint64_t intervalNs, const schema::ProbePlan &plan);
    /// Takes the session that a recording began and gave nothing to out of the file. @pre the source stopped
    void discardEmptySession();
    void onSample(feature::FeatureFrame frame);
    void onStatus(const source::SourceStatus &status);
    void appendDerived(const feature::FeatureFrame &frame);
    void updateOutlook();
    /// Forgets everything of the session before. @pre mutex held
    void resetSessionLocked();

    // workspace_analysis.cpp
    void scheduleAxes(bool force);
    void fitAxes(const std::stop_token &stop, bool force);
    void adoptAxes(std::shared_ptr<const model::Projection> fitted, std::uint64_t fittedNs);
    void placeEverything(const std::stop_token &stop);

    // workspace_map.cpp
    /// Sees to the map that the picture asks for: nothing where there is one that knows every sample.
    /// @param again fits even so
    void scheduleMap(bool again);
    void fitMap(const std::stop_token &stop, bool again);
    /// Places some rows on the map that is being made, then asks for its next turn.
    void placeOnMap(const std::stop_token &stop);
    void showMapProgress(double fraction);
    /// Whether there is a map for @p axes that knows every sample, or no need of one. @pre mutex held
    [[nodiscard]] bool mapReadyLocked(const PictureAxes &axes) const;
    /// What can be shown now: what was asked for, or what is shown until the map is ready. @pre mutex held
    [[nodiscard]] PictureAxes placeableLocked() const;
    [[nodiscard]] Coordinates onMapLocked() const;
    /// Gives up the map that is being made. @param keepAsking the picture still wants it @pre mutex held
    void endMapLocked(bool keepAsking);

    // workspace_training.cpp
    struct Lesson;
    /// Everything labelled and recorded so far; fills in what @p options say of where the model comes from.
    base::Result<Lesson> lesson(model::TrainOptions &options);
    base::Result<store::ModelRef> saveModel(const model::Model &trained) const;
    void scoreEverything(std::shared_ptr<const model::Model> next);
    void dropModelLocked();
    [[nodiscard]] bool perEntityLocked() const
    {
        return log && (log->schema()->entityKind() == schema::EntityKind::Process ||
                       log->schema()->entityKind() == schema::EntityKind::Cgroup);
    }
    /// Makes a step of what scores from now on.
    void rememberModel(const std::string &what, const store::ModelRef &ref);

    // workspace_explain.cpp
    base::Result<std::vector<model::Side>> sidesOf(const feature::SampleLog::View &samples,
                                                   const Rows &selected, const Against &against) const;

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
    store::SessionId begun = 0; ///< session that a recording of this workspace began last
    std::unique_ptr<feature::SampleLog> log;
    EntityRoll roll;
    bool entitiesChanged = false; ///< since `entities` was copied from it
    std::shared_ptr<const schema::Entities> entities = std::make_shared<const schema::Entities>(1);
    base::Column<schema::Label> labels;
    std::vector<std::string> classNames{""};
    store::History history;
    Rows selection = std::make_shared<const std::vector<std::uint8_t>>();
    std::uint64_t selected = 0;
    std::set<std::uint64_t> skipped; ///< rows never to be suggested again
    bool live = false;
    bool readOnly = false; ///< the file takes no steps; selections then live in memory only

    std::shared_ptr<const model::Projection> projection;
    std::vector<model::AxisMeaning> axes;
    std::uint64_t axesFittedNs = 0;
    std::size_t axesRows = 0;  ///< rows at the last fit
    std::size_t driftRows = 0; ///< rows at the last drift check
    double driftDegrees = 0;
    bool axesPinned = false;
    PictureAxes pictureAxes = kPrincipalAxes;
    Places places;                         ///< empty without axes
    PictureAxes placedOn = kPrincipalAxes; ///< what `places` are on; pictureAxes is what was asked for

    std::shared_ptr<const PictureMap> map;     ///< null until one is asked for
    Places mapPlaces;                          ///< on it; fewer than samples while no axis shows it
    std::shared_ptr<const PictureMap> nextMap; ///< being made
    Places nextPlaces;
    std::string storedMap;   ///< of the file, until it is asked for
    std::size_t mapRows = 0; ///< samples when it was fitted
    std::optional<double> mapProgress;

    std::shared_ptr<const model::Model> model;
    std::vector<int> modelColumns;
    store::ModelRef modelRef; ///< of `model` in the file
    base::Column<model::Score> scores;
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
