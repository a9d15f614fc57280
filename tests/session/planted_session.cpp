// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/session/planted_session.h"

#include <cstring>

namespace statescape::test {
namespace {
float noise(std::uint64_t &state)
{
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    return static_cast<float>(state >> 40U) / static_cast<float>(1U << 24U);
}
} // namespace

feature::FeatureFrame plantedFrame(std::size_t row)
{
    const auto schema = schema::Schema::builtin();
    feature::FeatureFrame frame;
    frame.timeNs = Planted::kStartNs + (row + 1) * Planted::kIntervalNs;
    frame.durationNs = Planted::kIntervalNs;
    std::uint64_t state = 0x9e3779b97f4a7c15U * (row + 1);
    for (std::size_t i = 0; i < schema->size(); ++i)
        frame.values.push_back(10.0F + noise(state));
    const auto set = [&](const char *key, float value) {
        frame.values[static_cast<std::size_t>(schema->indexOf(key))] = value * (1.0F + 0.05F * noise(state));
    };
    const int kind = Planted::kindOf(row);
    set("cpu.user.share", kind == 1 ? 80.0F : 5.0F);
    set("sched.switch.rate", kind == 1 ? 20'000.0F : 500.0F);
    set("block.queue.p99", kind == 2 ? 50'000.0F : 200.0F);
    set("syscall.sync.rate", kind == 2 ? 900.0F : 1.0F);
    set("pressure.io.some", kind == 2 ? 70.0F : 0.5F);
    wire::ProcessUse process;
    process.pid = 100 + static_cast<std::uint32_t>(kind);
    const char *name = kind == 0 ? "idler" : kind == 1 ? "worker" : "syncer";
    std::memcpy(process.comm.data(), name, std::strlen(name));
    process.cpuNs = kind == 1 ? 200'000'000 : 1'000'000;
    process.ioBytes = kind == 2 ? 1'000'000 : 0;
    frame.processes.push_back(process);
    return frame;
}

store::SessionId writePlanted(const std::filesystem::path &file, std::size_t rows)
{
    auto opened = store::SessionStore::open(file, store::OpenMode::Create);
    store::SessionInfo info;
    info.host = "planted";
    info.kernel = "none";
    info.origin = "import";
    info.intervalNs = Planted::kIntervalNs;
    info.anchor = {Planted::kStartNs, 1'700'000'000'000'000'000, ""};
    info.schema = schema::Schema::builtin();
    const auto id = opened->beginSession(info).value();
    std::vector<feature::FeatureFrame> frames;
    for (std::size_t i = 0; i < rows; ++i)
        frames.push_back(plantedFrame(i));
    if (!opened->append(id, frames))
        return 0;
    return id;
}

} // namespace statescape::test
