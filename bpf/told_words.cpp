// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/told_words.h"

namespace statescape::bpf {

ToldWords::ToldWords(const schema::Layout &layout)
    : m_probes(layout.probes())
    , m_words(layout.words())
    , m_events(layout.probes().size())
{
    const auto &user = layout.plan().user;
    for (std::size_t i = 0; i < user.size(); ++i)
        if (user[i].kind == schema::HookKind::Script)
            neverLeaves(schema::userProbe(i));
    neverLeaves(schema::Probe::Hardware);
}

void ToldWords::neverLeaves(schema::Probe probe)
{
    const auto &place = m_probes[static_cast<std::size_t>(probe)];
    for (std::size_t i = place.firstWord; i < place.firstWord + place.words; ++i)
        m_words[i].asItIs = true;
}

void ToldWords::skip(const wire::RawSample &raw, schema::Probe probe)
{
    const auto index = static_cast<std::size_t>(probe);
    const auto &place = m_probes[index];
    for (std::size_t i = place.firstWord; i < place.firstWord + place.words; ++i)
        m_words[i].skipped = raw.slots[i] - m_words[i].told;
    m_events[index].skipped = raw.events[index] - m_events[index].told;
}

void ToldWords::tell(Word &word, std::uint64_t raw)
{
    const auto now = word.asItIs ? raw : raw - word.skipped;
    if (word.asItIs || static_cast<std::int64_t>(now - word.told) > 0)
        word.told = now;
}

void ToldWords::tell(const wire::RawSample &raw, schema::Probe probe)
{
    const auto index = static_cast<std::size_t>(probe);
    const auto &place = m_probes[index];
    for (std::size_t i = place.firstWord; i < place.firstWord + place.words; ++i)
        tell(m_words[i], raw.slots[i]);
    tell(m_events[index], raw.events[index]);
}

void ToldWords::copy(schema::Probe probe, wire::RawSample &sample) const
{
    const auto index = static_cast<std::size_t>(probe);
    const auto &place = m_probes[index];
    for (std::size_t i = place.firstWord; i < place.firstWord + place.words; ++i)
        sample.slots[i] = m_words[i].told;
    sample.events[index] = m_events[index].told;
}

} // namespace statescape::bpf
