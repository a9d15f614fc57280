// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/feature/feature_frame.h"
#include "core/feature/sample_log.h"
#include "core/schema/entities.h"
#include "core/schema/label.h"
#include "core/schema/schema.h"
#include "core/wire/messages.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// The session file: one SQLite file (WAL) with any number of recorded sessions, their labels and models.
namespace statescape::store {

using SessionId = std::int64_t;

/// What is known of a recording before its first sample.
struct SessionInfo {
    SessionId id = 0;
    std::string host;
    std::string kernel;
    base::ClockAnchor anchor;     ///< maps time_ns to the wall clock; bootId tells boots apart
    std::uint64_t intervalNs = 0; ///< nominal; 0 for imports
    std::string origin;           ///< "live", "import", for people
    std::string command;          ///< what `record -- COMMAND` ran, else empty
    std::shared_ptr<const schema::Schema> schema;
    // Filled when read:
    std::uint64_t samples = 0;
    std::uint64_t firstNs = 0, lastNs = 0;
    std::uint64_t labelled = 0;
    std::uint64_t dropped = 0;                   ///< every loss counted for this session, but for
                                                 ///< "entities-untold", which is a limit and no accident
    std::uint64_t entities = 0;                  ///< processes or cgroups its samples are about; 0: the host
    std::map<std::string, std::uint64_t> losses; ///< by kind
    std::map<std::string, std::uint64_t> labels; ///< "positive", "negative:disk stall" … -> samples
};

struct ModelInfo {
    std::string name;
    std::string algorithm;
    std::vector<std::string> states;
    std::int64_t createdNs = 0; ///< realtime
    std::int64_t revision = 0;  ///< grows with every save under the same name; older revisions are kept
};

struct LabelChange {
    std::uint64_t row = 0; ///< sample index in the session, from 0
    schema::Label before, after;
};
/// A stretch of samples whose labels changed alike.
struct ChangeRun {
    std::uint64_t first = 0, count = 0;
    schema::Label before, after;
};
/// Samples [first, first + count).
struct RowRun {
    std::uint64_t first = 0, count = 0;
    bool operator==(const RowRun &) const = default;
};
/// A model of the file; an empty name is none.
struct ModelRef {
    std::string name;
    std::int64_t revision = 0; ///< 0: the newest of that name
    bool operator==(const ModelRef &) const = default;
};

enum class StepKind : std::uint8_t { Label, Select, RenameClass, UseModel };

/// One undoable step. Kept in the file so that tomorrow's undo still works.
struct Step {
    std::string what;                   ///< "label 131 samples negative: disk stall"
    std::vector<LabelChange> changes{}; ///< Label: single samples, in any order; or
    StepKind kind = StepKind::Label;
    std::vector<ChangeRun> runs{};                         ///< Label: stretches, sorted, apart
    std::vector<RowRun> selectedBefore{}, selectedAfter{}; ///< Select: sorted, apart
    std::uint16_t classId = 0;                             ///< RenameClass
    std::string nameBefore{}, nameAfter{};                 ///< RenameClass
    ModelRef modelBefore{}, modelAfter{};                  ///< UseModel: which model scores this session
};

/// How far the history reaches both ways, and what the next step each way is, for people.
struct History {
    std::uint64_t undo = 0, redo = 0;
    std::string undoWhat, redoWhat;
};

/// Samples somebody wants to find again, and the area that was drawn round them.
struct SavedSelection {
    SessionId session = 0;
    std::string name;           ///< unique in the session
    std::vector<RowRun> rows;   ///< of that session
    std::string geometry;       ///< JSON of the picture and the area drawn in it; empty when none was drawn
    std::int64_t createdNs = 0; ///< realtime
};

enum class OpenMode { ReadOnly, ReadWrite, Create };

/// An open session file. Not thread-safe: one thread at a time (the store thread, or a command line).
/// SQLite's exceptions end here.
class SessionStore {
public:
    /// @error NotFound, AlreadyExists (Create on an existing non-empty file), NotPermitted, Corrupt (not a
    /// session file, truncated),
    ///        NewerVersion, Busy, Full. Older files are migrated in one transaction (ReadWrite) or read as
    ///        they are (ReadOnly).
    static base::Result<SessionStore> open(const std::filesystem::path &path, OpenMode mode);
    SessionStore(SessionStore &&) noexcept;
    SessionStore &operator=(SessionStore &&) noexcept;
    ~SessionStore();

    [[nodiscard]] const std::filesystem::path &path() const;
    [[nodiscard]] std::uint64_t fileBytes() const;

    base::Result<SessionId> beginSession(const SessionInfo &info);
    /// One transaction. @error Full, Io: nothing of the batch is stored and it may be offered again.
    /// Entities are known by what frames say of them (FeatureFrame::about); the last name counts.
    base::Result<> append(SessionId id, std::span<const feature::FeatureFrame> frames);
    /// Takes a session out again that has no samples. @error InvalidArgument when it has some
    base::Result<> removeEmptySession(SessionId id);
    /// Adds to the counted losses of a session, by kind ("kernel", "socket", "queue", "store", "gaps" …).
    base::Result<> addLosses(SessionId id, const std::map<std::string, std::uint64_t> &byKind);

    base::Result<std::vector<SessionInfo>> sessions() const;
    base::Result<SessionInfo> session(SessionId id) const;
    /// @return all samples in time order, processes included.
    base::Result<std::unique_ptr<feature::SampleLog>> load(SessionId id) const;
    /// @return whom the samples are about, by FeatureFrame::entity; at least the host.
    base::Result<schema::Entities> entities(SessionId id) const;

    /// @return class names of the file; index is Label::classId; [0] is "".
    base::Result<std::vector<std::string>> classNames() const;
    /// @return id of @p name, made when new. @error InvalidArgument empty, over 64 bytes, a polarity's word,
    /// or over 4,000 names
    base::Result<std::uint16_t> classId(const std::string &name);
    base::Result<> renameClass(std::uint16_t id, const std::string &name);
    /// @return one label per sample.
    base::Result<std::vector<schema::Label>> labels(SessionId id) const;
    /// Applies and remembers a step; drops the redo branch. What it says of before is checked against what is
    /// there, so that undo restores exactly that; only the first UseModel of a session is believed what was
    /// in use before. One transaction. @error InvalidArgument rows or classes that are not stored,
    /// AlreadyExists a class renamed to one there is, NotFound a model that is not stored
    base::Result<> applyStep(SessionId id, const Step &step);
    /// @return the step undone (before and after swapped; labels as runs), nothing when there is none.
    /// @error Corrupt naming the step; AlreadyExists when a class now has the name that would come back: then
    /// nothing changes
    base::Result<std::optional<Step>> undo(SessionId id);
    base::Result<std::optional<Step>> redo(SessionId id);
    [[nodiscard]] base::Result<History> history(SessionId id) const;
    /// @return what is selected after all steps applied.
    [[nodiscard]] base::Result<std::vector<RowRun>> selection(SessionId id) const;
    /// @return the model in use after all steps applied; without such a step the newest of the file, or none.
    [[nodiscard]] base::Result<ModelRef> activeModel(SessionId id) const;

    /// Replaces one of the same name. @error InvalidArgument empty name or over 64 bytes, rows that are not
    /// stored, geometry over 1 MB or no UTF-8
    base::Result<> saveSelection(const SavedSelection &selection);
    /// @param id 0: of every session
    [[nodiscard]] base::Result<std::vector<SavedSelection>> savedSelections(SessionId id = 0) const;
    base::Result<> removeSelection(SessionId id, const std::string &name); ///< @error NotFound

    /// Keeps older revisions. @return the new revision @error InvalidArgument for an empty name
    base::Result<std::int64_t> saveModel(const ModelInfo &info, const std::string &json);
    base::Result<std::vector<ModelInfo>> models() const; ///< newest revision of each name
    /// @param name empty: the newest model of all. @error NotFound listing the names there are
    base::Result<std::string> loadModel(const std::string &name) const;
    /// @error NotFound
    base::Result<std::string> loadModel(const ModelRef &model) const;

    /// Small named texts of a session, e.g. "projection", "camera", "notes".
    base::Result<> setNote(SessionId id, const std::string &key, const std::string &text);
    base::Result<std::optional<std::string>> note(SessionId id, const std::string &key) const;

    /// Copies the whole file consistently (SQLite backup) into @p target via a temporary and rename.
    base::Result<> copyTo(const std::filesystem::path &target) const;

    struct Impl; ///< core/store only

private:
    explicit SessionStore(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

} // namespace statescape::store
