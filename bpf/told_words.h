// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/schema/plan.h"
#include "core/wire/messages.h"

#include <cstdint>
#include <vector>

namespace statescape::bpf {

/// What of the kernel's words is told. While the hooks of a probe come and go its words grow too, by what
/// some of them saw; that is left out, so that what is told grew only while all of them stood. Of scripts and
/// of the hardware's counters, which never leave, words are told as they are, back too. Not thread-safe.
class ToldWords {
public:
    ToldWords() = default;
    explicit ToldWords(const schema::Layout &layout);

    /// Nothing by which the words of @p probe grew up to @p raw is told.
    void skip(const wire::RawSample &raw, schema::Probe probe);
    /// All by which they grew since is.
    void tell(const wire::RawSample &raw, schema::Probe probe);
    /// Puts what is told of @p probe into @p sample.
    void copy(schema::Probe probe, wire::RawSample &sample) const;
    /// @return its events that are told.
    [[nodiscard]] std::uint64_t events(schema::Probe probe) const
    {
        return m_events[static_cast<std::size_t>(probe)].told;
    }

private:
    struct Word {
        std::uint64_t told = 0;
        std::uint64_t skipped = 0; ///< wraps where the kernel's word went back
        bool asItIs = false;
    };
    void neverLeaves(schema::Probe probe);
    static void tell(Word &word, std::uint64_t raw);

    std::vector<schema::PlannedProbe> m_probes;
    std::vector<Word> m_words;
    std::vector<Word> m_events; ///< by probe
};

} // namespace statescape::bpf
