// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/entity_roll.h"

#include <algorithm>

namespace statescape::session {

EntityRoll::EntityRoll(schema::Entities known)
    : m_entities(std::move(known))
{
    m_entities.resize(std::max<std::size_t>(m_entities.size(), 1));
    for (std::uint32_t i = 1; i < m_entities.size(); ++i)
        m_byName.emplace(std::pair{m_entities[i].id, m_entities[i].name}, i);
}

std::uint32_t EntityRoll::find(const feature::Subject &about)
{
    if (about.run != m_run) {
        // The numbers of a run that is over mean nothing any more.
        for (const auto &[source, place] : m_places)
            m_byName.emplace(std::pair{m_entities[place].id, m_entities[place].name}, place);
        m_places.clear();
        m_run = about.run;
    }
    const Source source{about.run, about.number};
    if (const auto known = m_places.find(source); known != m_places.end())
        return known->second;
    std::uint32_t place = static_cast<std::uint32_t>(m_entities.size());
    if (const auto earlier = m_byName.find({about.id, about.name}); earlier != m_byName.end()) {
        place = earlier->second;
        m_byName.erase(earlier);
    } else {
        m_entities.push_back({about.id, {}, 0, 0});
    }
    m_places.emplace(source, place);
    return place;
}

bool EntityRoll::place(feature::FeatureFrame &frame)
{
    if (!frame.about)
        return false;
    const auto before = m_entities.size();
    frame.entity = find(*frame.about);
    auto &entity = m_entities[frame.entity];
    const bool changed = m_entities.size() != before || entity.name != frame.about->name;
    if (entity.firstNs == 0)
        entity.firstNs = frame.timeNs;
    entity.lastNs = frame.timeNs;
    if (entity.name != frame.about->name)
        entity.name = frame.about->name;
    return changed;
}

} // namespace statescape::session
