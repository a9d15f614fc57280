// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/session_store.h"

#include "core/store/database.h"
#include "core/store/file_check.h"
#include "core/store/migrations.h"

#include <SQLiteCpp/Backup.h>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace statescape::store {
namespace {
using base::Code;
using base::fail;
using base::Result;
namespace fs = std::filesystem;

constexpr int kBusyMs = 2000;

/// A file that is taken away again unless it is moved into place.
class Temporary {
public:
    explicit Temporary(const fs::path &target)
        : m_target(target)
        , m_path(beside(target, (".new-" + std::to_string(::getpid())).c_str()))
    {
        ::unlink(m_path.c_str());
    }
    Temporary(const Temporary &) = delete;
    Temporary &operator=(const Temporary &) = delete;
    ~Temporary()
    {
        ::unlink(m_path.c_str());
        ::unlink(beside(m_path, "-journal").c_str());
    }
    [[nodiscard]] const fs::path &path() const { return m_path; }
    Result<> moveIntoPlace(bool replace)
    {
        const unsigned flags = replace ? 0 : RENAME_NOREPLACE;
        if (::renameat2(AT_FDCWD, m_path.c_str(), AT_FDCWD, m_target.c_str(), flags) == 0)
            return {};
        if (errno == EEXIST)
            return fail(Code::AlreadyExists, m_target.string() + " exists already", "choose another name");
        return fail(Code::Io, m_target.string() + " cannot be put in place", "check the folder", errno);
    }

private:
    fs::path m_target;
    fs::path m_path;
};

Result<> createFile(SessionStore::Impl &impl)
{
    struct stat status {};
    const bool exists = ::stat(impl.path.c_str(), &status) == 0;
    if (exists && S_ISDIR(status.st_mode))
        return fail(Code::InvalidArgument, impl.path.string() + " is a folder", "give a file name");
    if (exists && (!S_ISREG(status.st_mode) || status.st_size > 0))
        return fail(Code::AlreadyExists, impl.path.string() + " exists already",
                    "choose another name, or remove it first");
    STATESCAPE_CHECK(checkFolder(impl.path));
    // Made aside and moved, so that a crash never leaves half a file under the user's name.
    Temporary file(impl.path);
    STATESCAPE_CHECK(impl.guard([&]() -> Result<> {
        impl.db = std::make_unique<SQLite::Database>(file.path().string(),
                                                     SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        impl.db->exec("PRAGMA page_size=4096");
        SQLite::Transaction transaction(*impl.db, SQLite::TransactionBehavior::IMMEDIATE);
        migrate(*impl.db, 0);
        transaction.commit();
        return {};
    }));
    impl.db.reset();
    return file.moveIntoPlace(exists);
}

Result<> checkWritable(const fs::path &path)
{
    if (::access(path.c_str(), W_OK) != 0)
        return fail(Code::NotPermitted, path.string() + " cannot be written",
                    "check its permissions, or copy it to a place of your own", errno);
    return checkFolder(path);
}

// Changing the journal mode needs a moment without readers, and SQLite does not wait for that by itself.
void enterWal(SQLite::Database &db)
{
    for (int attempt = 0;; ++attempt) {
        try {
            db.exec("PRAGMA journal_mode=WAL");
            return;
        } catch (const SQLite::Exception &failure) {
            if ((failure.getErrorCode() & 0xff) != SQLITE_BUSY || attempt == kBusyMs / 20)
                throw;
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
    }
}

/// @return false when @p work, whose text is ours, fails on what an older format lacks.
template <class Work>
bool ifTablesAreThere(Work &&work)
{
    try {
        work();
        return true;
    } catch (const SQLite::Exception &failure) {
        if (failure.getErrorCode() != SQLITE_ERROR)
            throw;
        return false;
    }
}

Result<> openWritable(SessionStore::Impl &impl, int version)
{
    impl.db = std::make_unique<SQLite::Database>(impl.path.string(), SQLite::OPEN_READWRITE, kBusyMs);
    auto &db = *impl.db;
    if (sqlite3_db_readonly(db.getHandle(), "main") == 1)
        return fail(Code::NotPermitted, impl.path.string() + " cannot be written",
                    "copy it to a place of your own");
    db.exec("PRAGMA trusted_schema=OFF");
    db.exec("PRAGMA cell_size_check=ON");
    bool whole = true;
    if (version < newestVersion()) {
        SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
        whole = ifTablesAreThere([&] { migrate(db, version); }) && hasAllTables(db);
        if (whole)
            transaction.commit();
    }
    if (!whole || !hasAllTables(db))
        return fail(Code::Corrupt, impl.path.string() + " lacks a table",
                    "it was changed by another program; use a copy");
    enterWal(db);
    // A kill loses nothing that was committed; a power cut may lose what came after the last checkpoint, and
    // harms nothing.
    db.exec("PRAGMA synchronous=NORMAL");
    db.exec("PRAGMA foreign_keys=ON");
    return {};
}

Result<> openReadable(SessionStore::Impl &impl, int version)
{
    // A file at rest is in no WAL format and needs nothing beside it. One that is, without a -wal, was moved
    // away from its own: nobody writes it, and immutable keeps SQLite from making one.
    const bool alone = isWalFormat(impl.path) && !hasWal(impl.path);
    const std::string uri = fileUri(impl.path, alone ? "mode=ro&immutable=1" : "mode=ro");
    impl.db = std::make_unique<SQLite::Database>(uri, SQLite::OPEN_READONLY | SQLite::OPEN_URI, kBusyMs);
    impl.db->exec("PRAGMA trusted_schema=OFF");
    impl.db->exec("PRAGMA cell_size_check=ON");
    const bool shown = ifTablesAreThere([&] { showAsNewest(*impl.db, version); });
    if (!shown || !hasAllTables(*impl.db))
        return fail(Code::Corrupt, impl.path.string() + " lacks a table",
                    "it was changed by another program");
    return {};
}
} // namespace

SessionStore::SessionStore(std::unique_ptr<Impl> impl)
    : m_impl(std::move(impl))
{}
SessionStore::SessionStore(SessionStore &&) noexcept = default;
SessionStore &SessionStore::operator=(SessionStore &&) noexcept = default;
SessionStore::~SessionStore() = default;

Result<SessionStore> SessionStore::open(const fs::path &path, OpenMode mode)
{
    if (path.empty())
        return fail(Code::InvalidArgument, "no file name was given", "give a file such as run.statescape");
    auto impl = std::make_unique<Impl>();
    impl->path = path;
    impl->mode = mode;
    if (mode == OpenMode::Create)
        STATESCAPE_CHECK(createFile(*impl));
    STATESCAPE_TRY(const int version, checkFile(path, newestVersion()));
    if (mode != OpenMode::ReadOnly)
        STATESCAPE_CHECK(checkWritable(path));
    STATESCAPE_CHECK(impl->guard([&] {
        return mode == OpenMode::ReadOnly ? openReadable(*impl, version) : openWritable(*impl, version);
    }));
    return SessionStore(std::move(impl));
}

const fs::path &SessionStore::path() const
{
    return m_impl->path;
}

std::uint64_t SessionStore::fileBytes() const
{
    std::uint64_t bytes = 0;
    for (const char *suffix : {"", "-wal"}) {
        std::error_code error;
        const auto size = fs::file_size(beside(m_impl->path, suffix), error);
        bytes += error ? 0 : size;
    }
    return bytes;
}

Result<> SessionStore::setNote(SessionId id, const std::string &key, const std::string &text)
{
    STATESCAPE_CHECK(m_impl->schemaOf(id));
    return m_impl->change([&]() -> Result<> {
        SQLite::Statement insert(*m_impl->db,
                                 "INSERT OR REPLACE INTO note (session_id, key, text) VALUES (?, ?, ?)");
        insert.bind(1, id);
        insert.bind(2, key);
        insert.bind(3, text);
        insert.exec();
        return {};
    });
}

Result<std::optional<std::string>> SessionStore::note(SessionId id, const std::string &key) const
{
    return m_impl->guard([&]() -> Result<std::optional<std::string>> {
        SQLite::Statement query(*m_impl->db, "SELECT text FROM note WHERE session_id = ? AND key = ?");
        query.bind(1, id);
        query.bind(2, key);
        if (!query.executeStep())
            return std::optional<std::string>{};
        return std::optional<std::string>(query.getColumn(0).getString());
    });
}

Result<> SessionStore::copyTo(const fs::path &target) const
{
    std::error_code ignored;
    if (fs::equivalent(m_impl->path, target, ignored))
        return fail(Code::AlreadyExists, target.string() + " is the file itself", "choose another name");
    if (fs::is_directory(target, ignored))
        return fail(Code::InvalidArgument, target.string() + " is a folder", "give a file name");
    STATESCAPE_CHECK(checkFolder(target));
    Temporary file(target);
    try {
        SQLite::Database copy(file.path().string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        try {
            SQLite::Backup(copy, *m_impl->db).executeStep(-1);
            copy.exec("PRAGMA journal_mode=DELETE");
        } catch (const SQLite::Exception &failure) {
            return toError(target, failure, sqlite3_system_errno(copy.getHandle()));
        }
    } catch (const SQLite::Exception &failure) {
        return toError(target, failure, 0);
    }
    return file.moveIntoPlace(true);
}

} // namespace statescape::store
