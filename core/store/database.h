// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/store/runs.h"
#include "core/store/session_store.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <type_traits>

/// Private to core/store: the one place where SQLite's exceptions end.
namespace statescape::store {

/// @return what @p failure means to us, with @p path and, where there is one, what to do next.
base::Error toError(const std::filesystem::path &path, const SQLite::Exception &failure, int sysErrno);

/// What SessionStore keeps between calls.
struct SessionStore::Impl {
    std::filesystem::path path;
    OpenMode mode = OpenMode::ReadOnly;
    std::unique_ptr<SQLite::Database> db;
    std::map<SessionId, std::shared_ptr<const schema::Schema>> schemas; ///< read once

    ~Impl();
    [[nodiscard]] int lastErrno() const;

    /// Runs @p work, which returns a Result, and turns what SQLite throws into an Error.
    template <class Work>
    auto guard(Work &&work) const -> std::invoke_result_t<Work>
    {
        try {
            return work();
        } catch (const SQLite::Exception &failure) {
            return toError(path, failure, lastErrno());
        } catch (const std::exception &failure) {
            return base::fail(base::Code::Internal, path.string() + ": " + failure.what());
        }
    }

    /// guard() in one write transaction, rolled back unless @p work succeeds. @error NotPermitted when opened
    /// read-only
    template <class Work>
    auto change(Work &&work) const -> std::invoke_result_t<Work>
    {
        if (mode == OpenMode::ReadOnly)
            return base::fail(base::Code::NotPermitted, path.string() + " is open for reading only");
        return guard([&]() -> std::invoke_result_t<Work> {
            SQLite::Transaction transaction(*db, SQLite::TransactionBehavior::IMMEDIATE);
            auto result = work();
            if (result)
                transaction.commit();
            return result;
        });
    }

    /// @error NotFound
    base::Result<std::shared_ptr<const schema::Schema>> schemaOf(SessionId id);
    /// @return rows stored for @p id.
    [[nodiscard]] std::uint64_t rows(SessionId id) const;
    [[nodiscard]] base::Error noSession(SessionId id) const;

    // The following throw SQLite::Exception and belong inside guard() or change().
    /// @error NotFound, Corrupt
    [[nodiscard]] base::Result<std::vector<LabelRun>> labelRuns(SessionId id, std::uint64_t rows) const;
    /// @error Corrupt
    [[nodiscard]] base::Result<std::vector<RowRun>> selectionRuns(SessionId id, std::uint64_t rows) const;
    /// @return the name before. @error NotFound, AlreadyExists: nothing is changed
    [[nodiscard]] base::Result<std::string> rename(std::uint16_t id, const std::string &name) const;
    /// @return that there is no model @p which, with the names there are.
    [[nodiscard]] base::Error noModel(const std::string &which) const;
    /// @return @p model with the revision it stands for; none stays none. @error NotFound
    [[nodiscard]] base::Result<ModelRef> resolve(const ModelRef &model) const;
};

inline std::span<const std::byte> blob(const SQLite::Column &column)
{
    return {static_cast<const std::byte *>(column.getBlob()), static_cast<std::size_t>(column.getBytes())};
}
/// @error InvalidArgument
base::Result<> checkClassName(const std::string &name);
/// @p bytes must outlive the statement's next step. Throws SQLite::Exception when SQLite cannot hold so many.
void bindBytes(SQLite::Statement &statement, int index, const std::string &bytes);

// A sample's key holds session and row, so that appending is always at the end of one b-tree and a session is
// one range of it.
inline constexpr int kRowBits = 40;
inline std::int64_t sampleKey(SessionId session, std::uint64_t row)
{
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(session) << kRowBits | row);
}

} // namespace statescape::store
