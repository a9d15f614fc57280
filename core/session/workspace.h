// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/model/advice.h"
#include "core/model/compare.h"
#include "core/model/comparison.h"
#include "core/model/rule.h"
#include "core/session/snapshot.h"
#include "core/store/session_store.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace statescape::session {

/// A session being worked on: live or from a file, labelled, trained and watched. Threads inside: the
/// source's, the store's and one for analysis. Every function is callable from any thread and returns at once
/// unless it says "waits".
class Workspace {
public:
    struct Callbacks {
        /// A newer snapshot is there. Any thread; called often: post one wake-up and take snapshot() then.
        std::function<void()> changed;
        /// Something went wrong that a person should know (disk full, helper dead). Any thread.
        std::function<void(const base::Error &)> problem;
    };

    /// Makes a new session file for a live session. @error as SessionStore::open. Waits for the disk.
    static base::Result<std::unique_ptr<Workspace>> create(const std::filesystem::path &file,
                                                           Callbacks callbacks);
    /// Opens the newest session of a file with its labels, axes and newest model: the same picture as when it
    /// was left. Waits.
    /// @param session 0: the newest
    static base::Result<std::unique_ptr<Workspace>> open(const std::filesystem::path &file,
                                                         Callbacks callbacks, store::SessionId session = 0);
    /// Stops the source, writes what is queued, closes the file.
    ~Workspace();
    Workspace(const Workspace &) = delete;
    Workspace &operator=(const Workspace &) = delete;

    [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const;

    /// Starts recording from this machine into the file, as a new session when this one already has samples
    /// of another boot or schema.
    base::Result<> startLive(const source::HelperOptions &options);
    void stopLive();
    /// @param intervalNs 50 ms..60 s
    void setInterval(std::uint64_t intervalNs);

    /// Makes @p rows the selection (one step of undo, unless nothing changes). @param what for the history:
    /// "lasso"
    base::Result<> select(Rows rows, const std::string &what);

    /// Labels the flagged rows (one step of undo). @param selected at most snapshot().samples.rows() flags,
    /// non-zero is selected
    /// @param keepClass true: only the polarity changes @return how many samples changed
    base::Result<std::uint64_t> label(std::span<const std::uint8_t> selected, schema::Polarity polarity,
                                      const std::string &className, bool keepClass = false);
    /// Takes every label off the flagged rows (one step of undo). @return how many samples changed
    base::Result<std::uint64_t> clearLabels(std::span<const std::uint8_t> selected);
    /// Takes back or makes again the last step: selection, labels, a class's name or the model in use.
    /// @return what it was, for people; empty when there was nothing. Waits for the disk.
    base::Result<std::string> undo();
    base::Result<std::string> redo();
    /// One step of undo. @error NotFound, AlreadyExists
    base::Result<> renameClass(const std::string &from, const std::string &to);

    /// Keeps the present selection under a name. @param geometry JSON of how it was drawn, may be empty.
    /// Waits for the disk.
    base::Result<> saveSelection(const std::string &name, const std::string &geometry);
    /// @return those of every session in the file; rows mean samples only of this session. Waits for the
    /// disk.
    [[nodiscard]] base::Result<std::vector<store::SavedSelection>> savedSelections() const;
    base::Result<> removeSelection(store::SessionId session, const std::string &name);
    [[nodiscard]] store::SessionId sessionId() const;
    /// @return every session of the file. Waits for the disk.
    [[nodiscard]] base::Result<std::vector<store::SessionInfo>> sessions() const;

    /// Trains on everything labelled and recorded so far, on the analysis thread; a newer train() cancels an
    /// older one. The model is saved into the file and becomes the active one (one step of undo). @param
    /// progress on the analysis thread @param done on the analysis thread
    void train(model::TrainOptions options,
               std::function<void(double fraction, std::string_view stage)> progress,
               std::function<void(base::Result<std::shared_ptr<const model::Model>>)> done);
    void cancelTraining();
    /// Trains with each of @p keys (model::algorithms(); empty: all but auto) side by side, on the analysis
    /// thread; nothing is saved. A newer request, train() or cancelTraining() ends it. Callbacks as train().
    void compareAlgorithms(
        model::TrainOptions options, std::vector<std::string> keys,
        std::function<void(double fraction, std::string_view stage)> progress,
        std::function<void(base::Result<std::shared_ptr<const std::vector<model::Compared>>>)> done);
    /// Saves a model that was trained on this session and makes it the active one (one step of undo). Waits
    /// for the disk.
    base::Result<> adopt(std::shared_ptr<const model::Model> model);
    /// One step of undo. @param name empty: no model. Waits for the disk.
    base::Result<> useModel(const std::string &name);
    void setAlarmRule(const AlarmRule &rule);
    [[nodiscard]] base::Result<std::vector<store::ModelInfo>> models() const; ///< waits for the disk

    /// What a selection is compared with.
    struct Against {
        enum class Kind : std::uint8_t { Rest, State, Class, Saved };
        Kind kind = Kind::Rest;
        std::string name; ///< of the state, class ("positive" and "negative" too) or saved selection;
                          ///< selected samples never count
        bool operator==(const Against &) const = default;
    };
    struct Explanation {
        std::uint64_t ticket = 0;
        std::uint64_t samples = 0;
        Against against;
        std::uint64_t others = 0; ///< samples on the other side
        std::vector<model::Difference> differences;
        std::vector<model::TwinHistogram> histograms; ///< of the first 12 differences, in their order
        std::optional<model::Rule> rule;
        std::string ruleText; ///< "block queue p99 > 18.4 ms and syscalls · fsync > 120 /s"
        struct Who {
            std::string comm;
            std::uint32_t pid = 0;
            double cpuShare = 0; ///< % of one CPU over the selected intervals
            double ioBytesPerSecond = 0;
            double syscallsPerSecond = 0;
        };
        std::vector<Who> processes; ///< by CPU, I/O and calls together, at most 12
        std::uint64_t firstNs = 0, lastNs = 0, totalNs = 0;
        std::uint64_t intervals = 0; ///< runs of neighbouring samples
    };
    /// Why the flagged rows differ from the rest and who was running, on the analysis thread; only the newest
    /// request is answered.
    /// @return its ticket
    std::uint64_t explain(Rows selected, Against against, std::function<void(Explanation)> done);

    /// What is worth the next look, on the analysis thread, skipped samples left out.
    enum class Ask : std::uint8_t { Uncertain, Suspect };
    /// @param done on the analysis thread; best first. @error NotEnoughData without a model (Uncertain) or
    /// labels (Suspect)
    void suggest(Ask what, std::function<void(base::Result<std::vector<model::Suggestion>>)> done);
    /// Never suggests this sample again; kept in the file.
    base::Result<> skip(std::uint64_t row);
    /// Rows like the seeds, see model::growToNeighbours, on the analysis thread; a newer request replaces an
    /// older one.
    /// @param done on the analysis thread
    void grow(Rows seeds, double reach, std::function<void(base::Result<Rows>)> done);

    /// Fits the axes again on everything (analysis thread), staying close to the present ones.
    void refitAxes();
    void setAxesPinned(bool pinned);
    /// What the three axes of the picture show; coordinates follow on the analysis thread, those on a
    /// neighbour map when it is ready: until then the picture stays, snapshot().mapProgress says how far it
    /// is.
    void setPictureAxes(const PictureAxes &axes);

    /// Gives up the neighbour map that is being made; the picture stays as it is.
    void cancelMap();

    /// Copies the session file consistently; the workspace stays on its own file. Waits for the disk.
    base::Result<> saveCopy(const std::filesystem::path &target);
    /// Continues in @p target: copies, then works there. Waits for the disk.
    base::Result<> saveAs(const std::filesystem::path &target);
    base::Result<> flush();

    /// Small texts kept with the session ("camera" …). Waits for the disk.
    base::Result<> setNote(const std::string &key, const std::string &text);
    [[nodiscard]] base::Result<std::optional<std::string>> note(const std::string &key) const;

private:
    struct Impl;
    explicit Workspace(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

} // namespace statescape::session
