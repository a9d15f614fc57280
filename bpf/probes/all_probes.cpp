// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/probe_program.h"

#include <array>

namespace statescape::bpf {

std::span<const ProbeProgram *const> allProbes()
{
    static const std::array kAll{&schedulerProbe(),  &syscallsProbe(), &memoryProbe(),
                                 &blockProbe(),      &tcpProbe(),      &processProbe(),
                                 &interruptsProbe(), &dropsProbe(),    &samplesProbe(),
                                 &locksProbe(),      &vfsProbe(),      &syscallTimesProbe()};
    return kAll;
}

} // namespace statescape::bpf
