// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/database.h"

#include <cerrno>
#include <limits>
#include <sqlite3.h>

namespace statescape::store {
using base::Code;
using base::fail;

base::Error toError(const std::filesystem::path &path, const SQLite::Exception &failure, int sysErrno)
{
    const std::string where = path.string();
    const std::string detail = std::string(": ") + failure.what();
    if (sysErrno == ENOSPC || sysErrno == EDQUOT)
        return fail(Code::Full, where + ": no space left", "free some space; nothing already stored is lost",
                    sysErrno);
    switch (failure.getErrorCode() & 0xff) {
    case SQLITE_FULL:
        return fail(Code::Full, where + ": no space left", "free some space; nothing already stored is lost");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return fail(Code::Busy, where + " is in use by another program",
                    "try again, or close the other program");
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
    case SQLITE_MISMATCH:
        return fail(Code::Corrupt, where + " is damaged" + detail,
                    "take a copy, then try: sqlite3 FILE .recover | sqlite3 rescued.statescape");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return fail(Code::NotPermitted, where + " cannot be written",
                    "check the permissions of the file and its folder", sysErrno);
    case SQLITE_CANTOPEN:
        // That the file is there was seen before; what SQLite lacks is something beside it.
        return fail(sysErrno == EMFILE || sysErrno == ENFILE ? Code::Io : Code::NotPermitted,
                    where + " cannot be opened" + detail,
                    "check the permissions of the file and its folder; a file that was not closed also needs "
                    "its -wal file, "
                    "so copy both to a folder you can write to",
                    sysErrno);
    case SQLITE_IOERR:
        return fail(Code::Io, where + ": reading or writing failed" + detail, "check the disk", sysErrno);
    case SQLITE_TOOBIG:
        return fail(Code::InvalidArgument, where + ": a text or sample is too large to store");
    default:
        return fail(Code::Internal, where + detail, {}, sysErrno);
    }
}

void bindBytes(SQLite::Statement &statement, int index, const std::string &bytes)
{
    if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
        throw SQLite::Exception("too large", SQLITE_TOOBIG);
    statement.bindNoCopy(index, bytes.data(), static_cast<int>(bytes.size()));
}

int SessionStore::Impl::lastErrno() const
{
    return db ? sqlite3_system_errno(db->getHandle()) : 0;
}

base::Error SessionStore::Impl::noSession(SessionId id) const
{
    return fail(Code::NotFound, path.string() + " has no session " + std::to_string(id),
                "list them with: statescape info FILE");
}

SessionStore::Impl::~Impl()
{
    if (!db || mode == OpenMode::ReadOnly)
        return;
    // Leaves one file behind that needs no -wal to be read. While another program has it open this fails, and
    // it does the same later.
    try {
        db->setBusyTimeout(0);
        db->exec("PRAGMA wal_checkpoint(TRUNCATE)");
        db->exec("PRAGMA journal_mode=DELETE");
    } catch (const SQLite::Exception &) {
    }
}

} // namespace statescape::store
