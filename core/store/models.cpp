// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/database.h"
#include "core/store/session_store.h"

// Models: every save is a revision, and none is ever overwritten.
namespace statescape::store {
using base::Code;
using base::fail;
using base::Result;

Result<std::int64_t> SessionStore::saveModel(const ModelInfo &info, const std::string &json)
{
    if (info.name.empty())
        return fail(Code::InvalidArgument, "a model needs a name", "give one with --name");
    return m_impl->change([&]() -> Result<std::int64_t> {
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
        SQLite::Statement revision(db, "SELECT revision FROM model WHERE id = ?");
        revision.bind(1, id);
        revision.executeStep();
        return revision.getColumn(0).getInt64();
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
    return m_impl->guard([&]() -> Result<std::string> {
        SQLite::Statement query(*m_impl->db,
                                "SELECT json FROM model WHERE ?1 = '' OR name = ?1 ORDER BY id DESC LIMIT 1");
        query.bind(1, name);
        if (query.executeStep())
            return query.getColumn(0).getString();
        return m_impl->noModel("'" + name + "'");
    });
}

Result<std::string> SessionStore::loadModel(const ModelRef &model) const
{
    return m_impl->guard([&]() -> Result<std::string> {
        STATESCAPE_TRY(const ModelRef known, m_impl->resolve(model));
        SQLite::Statement query(*m_impl->db, "SELECT json FROM model WHERE name = ? AND revision = ?");
        query.bind(1, known.name);
        query.bind(2, known.revision);
        if (query.executeStep())
            return query.getColumn(0).getString();
        return m_impl->noModel("without a name");
    });
}

base::Error SessionStore::Impl::noModel(const std::string &which) const
{
    SQLite::Statement query(*db, "SELECT DISTINCT name FROM model ORDER BY name");
    std::string names;
    while (query.executeStep())
        names += (names.empty() ? "" : ", ") + query.getColumn(0).getString();
    if (names.empty())
        return fail(Code::NotFound, path.string() + " has no model", "train one: statescape train FILE");
    return fail(Code::NotFound, path.string() + " has no model " + which, "it has: " + names);
}

Result<ModelRef> SessionStore::Impl::resolve(const ModelRef &model) const
{
    if (model.name.empty())
        return ModelRef{};
    SQLite::Statement query(*db,
                            "SELECT max(revision) FROM model WHERE name = ?1 AND (?2 = 0 OR revision = ?2)");
    query.bind(1, model.name);
    query.bind(2, model.revision);
    if (query.executeStep() && !query.getColumn(0).isNull())
        return ModelRef{model.name, query.getColumn(0).getInt64()};
    const std::string revision =
        model.revision == 0 ? std::string() : " of revision " + std::to_string(model.revision);
    return noModel("'" + model.name + "'" + revision);
}

} // namespace statescape::store
