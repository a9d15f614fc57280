// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/database.h"
#include "core/store/runs.h"
#include "core/store/session_store.h"

#include <bit>
#include <cstring>
#include <sqlite3.h>

// Sessions, their schemas and samples.
namespace statescape::store {
namespace {
using base::Code;
using base::fail;
using base::Result;
constexpr const char *kUntold = "entities-untold";
static_assert(std::endian::native == std::endian::little,
              "the file is little-endian; add swaps before porting");

std::uint64_t number(const SQLite::Column &column)
{
    return static_cast<std::uint64_t>(column.getInt64());
}

std::int64_t stored(std::uint64_t value)
{
    return static_cast<std::int64_t>(value);
}

std::shared_ptr<const schema::Schema> readSchema(SQLite::Database &db, std::int64_t schemaId)
{
    SQLite::Statement kind(db, "SELECT entity_kind FROM feature_schema WHERE id = ?");
    kind.bind(1, schemaId);
    if (!kind.executeStep())
        return nullptr;
    const int entity = kind.getColumn(0).getInt();
    SQLite::Statement query(db, "SELECT key, title, unit, kind, probe, description, log1p FROM schema_column "
                                "WHERE schema_id = ? ORDER BY position");
    query.bind(1, schemaId);
    std::vector<schema::Feature> features;
    while (query.executeStep())
        features.push_back({query.getColumn(0).getString(), query.getColumn(1).getString(),
                            base::unitFromKey(query.getColumn(2).getString()),
                            schema::featureKindFromKey(query.getColumn(3).getString()),
                            query.getColumn(4).getString(), query.getColumn(5).getString(),
                            query.getColumn(6).getInt() != 0});
    if (features.empty() || entity < 0 || entity > static_cast<int>(schema::EntityKind::Remote))
        return nullptr;
    return std::make_shared<const schema::Schema>(std::move(features),
                                                  static_cast<schema::EntityKind>(entity));
}

std::int64_t writeSchema(SQLite::Database &db, const schema::Schema &schema)
{
    SQLite::Statement same(db, "SELECT id FROM feature_schema WHERE hash = ?");
    same.bind(1, stored(schema.hash()));
    while (same.executeStep()) {
        const std::int64_t id = same.getColumn(0).getInt64();
        const auto there = readSchema(db, id);
        if (there && there->entityKind() == schema.entityKind() && there->features() == schema.features())
            return id;
    }
    SQLite::Statement insert(db, "INSERT INTO feature_schema (hash, entity_kind) VALUES (?, ?)");
    insert.bind(1, stored(schema.hash()));
    insert.bind(2, static_cast<int>(schema.entityKind()));
    insert.exec();
    const std::int64_t id = db.getLastInsertRowid();
    SQLite::Statement column(db, "INSERT INTO schema_column VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (std::size_t i = 0; i < schema.size(); ++i) {
        column.reset();
        column.bind(1, id);
        column.bind(2, static_cast<std::int64_t>(i));
        column.bind(3, schema[i].key);
        column.bind(4, schema[i].title);
        column.bind(5, std::string(base::unitKey(schema[i].unit)));
        column.bind(6, std::string(schema::featureKindKey(schema[i].kind)));
        column.bind(7, schema[i].probe);
        column.bind(8, schema[i].description);
        column.bind(9, schema[i].log1p ? 1 : 0);
        column.exec();
    }
    return id;
}

std::string labelText(schema::Label label, const std::vector<std::string> &names)
{
    const std::string name = label.classId < names.size() ? names[label.classId] : std::string();
    if (label.polarity == schema::Polarity::None)
        return name;
    const std::string polarity(schema::polarityKey(label.polarity));
    return name.empty() ? polarity : polarity + ":" + name;
}

/// Remembers whom the samples are about.
void writeEntities(SQLite::Database &db, SessionId id, std::span<const feature::FeatureFrame> frames)
{
    struct Seen {
        std::shared_ptr<const feature::Subject> about;
        std::uint64_t firstNs = 0, lastNs = 0;
    };
    std::map<std::uint32_t, Seen> seen;
    for (const auto &frame : frames) {
        if (frame.entity == 0 || !frame.about)
            continue;
        auto &entry = seen[frame.entity];
        if (!entry.about)
            entry.firstNs = frame.timeNs;
        entry.about = frame.about;
        entry.lastNs = frame.timeNs;
    }
    if (seen.empty())
        return;
    SQLite::Statement put(db,
                          "INSERT INTO entity VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (session_id, position) "
                          "DO UPDATE SET name = excluded.name, last_ns = excluded.last_ns");
    for (const auto &[index, entry] : seen) {
        put.reset();
        put.bind(1, id);
        put.bind(2, static_cast<std::int64_t>(index));
        put.bind(3, stored(entry.about->id));
        put.bind(4, entry.about->name);
        put.bind(5, stored(entry.firstNs));
        put.bind(6, stored(entry.lastNs));
        put.exec();
    }
}

Result<> checkFrames(std::span<const feature::FeatureFrame> frames, std::size_t columns, std::uint64_t lastNs)
{
    for (const auto &frame : frames) {
        if (frame.values.size() != columns)
            return fail(Code::InvalidArgument, "a sample has " + std::to_string(frame.values.size()) +
                                                   " values, the session has " + std::to_string(columns) +
                                                   " features");
        if (frame.timeNs < lastNs)
            return fail(Code::InvalidArgument, "a sample is older than the one before it");
        lastNs = frame.timeNs;
    }
    return {};
}
} // namespace

Result<std::shared_ptr<const schema::Schema>> SessionStore::Impl::schemaOf(SessionId id)
{
    if (const auto known = schemas.find(id); known != schemas.end())
        return known->second;
    return guard([&]() -> Result<std::shared_ptr<const schema::Schema>> {
        SQLite::Statement query(*db, "SELECT schema_id FROM session WHERE id = ?");
        query.bind(1, id);
        if (!query.executeStep())
            return noSession(id);
        auto schema = readSchema(*db, query.getColumn(0).getInt64());
        if (!schema)
            return fail(Code::Corrupt,
                        path.string() + ": the features of session " + std::to_string(id) + " are missing");
        schemas[id] = schema;
        return schema;
    });
}

std::uint64_t SessionStore::Impl::rows(SessionId id) const
{
    SQLite::Statement query(*db, "SELECT max(id) FROM sample_data WHERE id BETWEEN ? AND ?");
    query.bind(1, sampleKey(id, 0));
    query.bind(2, sampleKey(id + 1, 0) - 1);
    if (!query.executeStep() || query.getColumn(0).isNull())
        return 0;
    const std::uint64_t count = (number(query.getColumn(0)) & ((std::uint64_t{1} << kRowBits) - 1)) + 1;
    // A damaged key must not make anyone allocate by it: no row takes less than 8 bytes.
    SQLite::Statement pages(*db, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size");
    if (!pages.executeStep() || count > number(pages.getColumn(0)) / 8)
        throw SQLite::Exception("a sample's row number is impossible", SQLITE_CORRUPT);
    return count;
}

Result<SessionId> SessionStore::beginSession(const SessionInfo &info)
{
    if (!info.schema || info.schema->size() == 0)
        return fail(Code::InvalidArgument, "a session needs at least one feature");
    auto id = m_impl->change([&]() -> Result<SessionId> {
        const std::int64_t schemaId = writeSchema(*m_impl->db, *info.schema);
        SQLite::Statement insert(
            *m_impl->db,
            "INSERT INTO session (schema_id, host, kernel, boot_id, anchor_monotonic_ns, anchor_realtime_ns, "
            "interval_ns, origin, command) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
        insert.bind(1, schemaId);
        insert.bind(2, info.host);
        insert.bind(3, info.kernel);
        insert.bind(4, info.anchor.bootId);
        insert.bind(5, stored(info.anchor.monotonicNs));
        insert.bind(6, info.anchor.realtimeNs);
        insert.bind(7, stored(info.intervalNs));
        insert.bind(8, info.origin);
        insert.bind(9, info.command);
        insert.exec();
        const SessionId made = m_impl->db->getLastInsertRowid();
        SQLite::Statement history(*m_impl->db, "INSERT INTO history (session_id) VALUES (?)");
        history.bind(1, made);
        history.exec();
        return made;
    });
    if (id)
        m_impl->schemas[*id] = info.schema;
    return id;
}

Result<> SessionStore::append(SessionId id, std::span<const feature::FeatureFrame> frames)
{
    if (frames.empty())
        return {};
    STATESCAPE_TRY(const auto schema, m_impl->schemaOf(id));
    return m_impl->change([&]() -> Result<> {
        std::uint64_t row = m_impl->rows(id);
        std::uint64_t lastNs = 0;
        if (row > 0) {
            SQLite::Statement last(*m_impl->db, "SELECT time_ns FROM sample_data WHERE id = ?");
            last.bind(1, sampleKey(id, row - 1));
            if (last.executeStep())
                lastNs = number(last.getColumn(0));
        }
        STATESCAPE_CHECK(checkFrames(frames, schema->size(), lastNs));
        SQLite::Statement insert(*m_impl->db, "INSERT INTO sample_data VALUES (?, ?, ?, ?, ?, ?, ?)");
        for (const auto &frame : frames) {
            const Bytes processes = encodeProcesses(frame.processes);
            const Bytes seen = encodeSeen(frame.seen);
            insert.reset();
            insert.bind(1, sampleKey(id, row++));
            insert.bind(2, stored(frame.timeNs));
            insert.bind(3, stored(frame.durationNs));
            insert.bind(4, static_cast<std::int64_t>(frame.entity));
            insert.bindNoCopy(5, frame.values.data(), static_cast<int>(frame.values.size() * sizeof(float)));
            for (const auto &[index, bytes] : {std::pair(6, &processes), std::pair(7, &seen)}) {
                if (bytes->empty())
                    insert.bind(index);
                else
                    bindBytes(insert, index, *bytes);
            }
            insert.exec();
        }
        writeEntities(*m_impl->db, id, frames);
        return {};
    });
}

Result<> SessionStore::removeEmptySession(SessionId id)
{
    STATESCAPE_CHECK(m_impl->schemaOf(id));
    auto removed = m_impl->change([&]() -> Result<> {
        if (m_impl->rows(id) != 0)
            return fail(Code::InvalidArgument, "session " + std::to_string(id) + " has samples");
        for (const char *table :
             {"loss", "step", "note", "history", "selection", "saved_selection", "entity"}) {
            SQLite::Statement clear(*m_impl->db,
                                    std::string("DELETE FROM ") + table + " WHERE session_id = ?");
            clear.bind(1, id);
            clear.exec();
        }
        SQLite::Statement session(*m_impl->db, "DELETE FROM session WHERE id = ?");
        session.bind(1, id);
        session.exec();
        return {};
    });
    if (removed)
        m_impl->schemas.erase(id);
    return removed;
}

Result<schema::Entities> SessionStore::entities(SessionId id) const
{
    STATESCAPE_CHECK(m_impl->schemaOf(id));
    return m_impl->guard([&]() -> Result<schema::Entities> {
        schema::Entities out(1);
        SQLite::Statement query(*m_impl->db,
                                "SELECT position, entity_id, name, first_ns, last_ns FROM entity "
                                "WHERE session_id = ? ORDER BY position");
        query.bind(1, id);
        while (query.executeStep()) {
            const auto position = number(query.getColumn(0));
            // A sample each at least: more than there are rows is damage, and would be asked memory for.
            if (position < out.size() || position > m_impl->rows(id))
                return fail(Code::Corrupt, path().string() + ": the list of entities of session " +
                                               std::to_string(id) + " is damaged");
            out.resize(position);
            out.push_back({number(query.getColumn(1)), query.getColumn(2).getString(),
                           number(query.getColumn(3)), number(query.getColumn(4))});
        }
        return out;
    });
}

Result<> SessionStore::addLosses(SessionId id, const std::map<std::string, std::uint64_t> &byKind)
{
    STATESCAPE_CHECK(m_impl->schemaOf(id));
    return m_impl->change([&]() -> Result<> {
        SQLite::Statement add(*m_impl->db,
                              "INSERT INTO loss VALUES (?, ?, ?) "
                              "ON CONFLICT (session_id, kind) DO UPDATE SET count = count + excluded.count");
        for (const auto &[kind, count] : byKind) {
            if (count == 0)
                continue;
            add.reset();
            add.bind(1, id);
            add.bind(2, kind);
            add.bind(3, stored(count));
            add.exec();
        }
        return {};
    });
}

Result<SessionInfo> SessionStore::session(SessionId id) const
{
    STATESCAPE_TRY(const auto schema, m_impl->schemaOf(id));
    STATESCAPE_TRY(const auto names, classNames());
    return m_impl->guard([&]() -> Result<SessionInfo> {
        auto &db = *m_impl->db;
        SQLite::Statement query(
            db, "SELECT host, kernel, boot_id, anchor_monotonic_ns, anchor_realtime_ns, interval_ns, origin, "
                "command, labels FROM session WHERE id = ?");
        query.bind(1, id);
        if (!query.executeStep())
            return m_impl->noSession(id);
        SessionInfo info;
        info.id = id;
        info.host = query.getColumn(0).getString();
        info.kernel = query.getColumn(1).getString();
        info.anchor = {number(query.getColumn(3)), query.getColumn(4).getInt64(),
                       query.getColumn(2).getString()};
        info.intervalNs = number(query.getColumn(5));
        info.origin = query.getColumn(6).getString();
        info.command = query.getColumn(7).getString();
        info.schema = schema;
        info.samples = m_impl->rows(id);
        const auto runs = decodeLabels(blob(query.getColumn(8)), info.samples);
        if (!runs)
            return fail(Code::Corrupt,
                        path().string() + ": the labels of session " + std::to_string(id) + " are damaged");
        std::map<std::pair<schema::Polarity, std::uint16_t>, std::uint64_t> byLabel;
        for (const auto &run : *runs)
            byLabel[{run.label.polarity, run.label.classId}] += run.count;
        for (const auto &[label, count] : byLabel) {
            info.labelled += count;
            info.labels[labelText({label.first, label.second}, names)] += count;
        }
        SQLite::Statement time(db, "SELECT time_ns FROM sample_data WHERE id IN (?, ?) ORDER BY id");
        time.bind(1, sampleKey(id, 0));
        time.bind(2, sampleKey(id, info.samples == 0 ? 0 : info.samples - 1));
        for (bool first = true; time.executeStep(); first = false) {
            info.lastNs = number(time.getColumn(0));
            if (first)
                info.firstNs = info.lastNs;
        }
        SQLite::Statement loss(db, "SELECT kind, count FROM loss WHERE session_id = ?");
        loss.bind(1, id);
        while (loss.executeStep()) {
            info.losses[loss.getColumn(0).getString()] = number(loss.getColumn(1));
            if (loss.getColumn(0).getString() != kUntold)
                info.dropped += number(loss.getColumn(1));
        }
        SQLite::Statement entities(db, "SELECT count(*) FROM entity WHERE session_id = ?");
        entities.bind(1, id);
        if (entities.executeStep())
            info.entities = number(entities.getColumn(0));
        return info;
    });
}

Result<std::vector<SessionInfo>> SessionStore::sessions() const
{
    STATESCAPE_TRY(const auto ids, m_impl->guard([&]() -> Result<std::vector<SessionId>> {
        std::vector<SessionId> out;
        SQLite::Statement query(*m_impl->db, "SELECT id FROM session ORDER BY id");
        while (query.executeStep())
            out.push_back(query.getColumn(0).getInt64());
        return out;
    }));
    std::vector<SessionInfo> out;
    for (const SessionId id : ids) {
        STATESCAPE_TRY(auto info, session(id));
        out.push_back(std::move(info));
    }
    return out;
}

Result<std::unique_ptr<feature::SampleLog>> SessionStore::load(SessionId id) const
{
    STATESCAPE_TRY(const auto schema, m_impl->schemaOf(id));
    return m_impl->guard([&]() -> Result<std::unique_ptr<feature::SampleLog>> {
        auto log = std::make_unique<feature::SampleLog>(schema);
        SQLite::Statement query(*m_impl->db,
                                "SELECT id, time_ns, duration_ns, entity, vals, processes, seen FROM "
                                "sample_data WHERE id BETWEEN ? AND ? ORDER BY id");
        query.bind(1, sampleKey(id, 0));
        query.bind(2, sampleKey(id + 1, 0) - 1);
        std::uint64_t lastNs = 0;
        for (std::uint64_t row = 0; query.executeStep(); ++row) {
            feature::FeatureFrame frame;
            frame.timeNs = number(query.getColumn(1));
            frame.durationNs = number(query.getColumn(2));
            frame.entity = static_cast<std::uint32_t>(query.getColumn(3).getInt64());
            const auto values = blob(query.getColumn(4));
            auto processes = decodeProcesses(blob(query.getColumn(5)));
            auto seen = decodeSeen(blob(query.getColumn(6)));
            if (query.getColumn(0).getInt64() != sampleKey(id, row) || frame.timeNs < lastNs ||
                values.size() != schema->size() * sizeof(float) || !processes || !seen)
                return fail(Code::Corrupt,
                            path().string() + ": sample " + std::to_string(row) + " of session " +
                                std::to_string(id) + " is damaged",
                            "take a copy, then try: sqlite3 FILE .recover | sqlite3 rescued.statescape");
            frame.values.resize(schema->size());
            std::memcpy(frame.values.data(), values.data(), values.size());
            frame.processes = std::move(*processes);
            frame.seen = std::move(*seen);
            lastNs = frame.timeNs;
            log->append(std::move(frame));
        }
        return log;
    });
}

} // namespace statescape::store
