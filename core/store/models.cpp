// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/database.h"
#include "core/store/session_store.h"

// Models: every save is a revision, and none is ever overwritten.
namespace statescape::store {
using base::Code;
using base::fail;
using base::Result;

Result<> SessionStore::saveModel(const ModelInfo &info, const std::string &json)
{
    if (info.name.empty())
        return fail(Code::InvalidArgument, "a model needs a name", "give one with --name");
    return m_impl->change([&]() -> Result<> {
        auto &db = *m_impl->db;
        SQLite::Statement insert(
            db, "INSERT INTO model (name, revision, algorithm, created_ns, json) VALUES "
                "(?1, (SELECT coalesce(max(revision), 0) + 1 FROM model WHERE name = ?1), ?2, ?3, ?4)");
        insert.bind(1, info.name);
        insert.bind(2, info.algorithm);
        insert.bind(3, info.createdNs);
        insert.bind(4, json);
        insert.exec();
        const std::int64_t id = db.getLastInsertRowid();
        SQLite::Statement state(db, "INSERT INTO model_state VALUES (?, ?, ?)");
        for (std::size_t i = 0; i < info.states.size(); ++i) {
            state.reset();
            state.bind(1, id);
            state.bind(2, static_cast<std::int64_t>(i));
            state.bind(3, info.states[i]);
            state.exec();
        }
        return {};
    });
}

Result<std::vector<ModelInfo>> SessionStore::models() const
{
    return m_impl->guard([&]() -> Result<std::vector<ModelInfo>> {
        std::vector<ModelInfo> out;
        SQLite::Statement query(
            *m_impl->db,
            "SELECT id, name, algorithm, created_ns, max(revision) FROM model GROUP BY name ORDER BY id");
        SQLite::Statement states(*m_impl->db,
                                 "SELECT name FROM model_state WHERE model_id = ? ORDER BY position");
        while (query.executeStep()) {
            ModelInfo info;
            info.name = query.getColumn(1).getString();
            info.algorithm = query.getColumn(2).getString();
            info.createdNs = query.getColumn(3).getInt64();
            info.revision = query.getColumn(4).getInt64();
            states.reset();
            states.bind(1, query.getColumn(0).getInt64());
            while (states.executeStep())
                info.states.push_back(states.getColumn(0).getString());
            out.push_back(std::move(info));
        }
        return out;
    });
}

Result<std::string> SessionStore::loadModel(const std::string &name) const
{
    STATESCAPE_TRY(const auto known, models());
    return m_impl->guard([&]() -> Result<std::string> {
        SQLite::Statement query(*m_impl->db,
                                "SELECT json FROM model WHERE ?1 = '' OR name = ?1 ORDER BY id DESC LIMIT 1");
        query.bind(1, name);
        if (query.executeStep())
            return query.getColumn(0).getString();
        if (known.empty())
            return fail(Code::NotFound, path().string() + " has no model",
                        "train one: statescape train FILE");
        std::string names;
        for (const auto &info : known)
            names += (names.empty() ? "" : ", ") + info.name;
        return fail(Code::NotFound, path().string() + " has no model '" + name + "'", "it has: " + names);
    });
}

} // namespace statescape::store
