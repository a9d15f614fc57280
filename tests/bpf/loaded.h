// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bpf/loader.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// One probe with maps of its own.
struct Loaded {
    statescape::bpf::LibbpfLog log;
    std::unique_ptr<statescape::bpf::SharedMaps> maps;
    std::optional<statescape::bpf::LoadedProbe> probe;

    explicit Loaded(const statescape::bpf::ProbeProgram &program)
    {
        using namespace statescape::bpf;
        const auto traits = KernelTraits::detect();
        if (!traits)
            return;
        auto made = SharedMaps::create(*traits);
        auto banks = MappedArray::create("ss_test", program.bankBytes, traits->cpusPossible);
        if (!made || !banks)
            return;
        maps = std::make_unique<SharedMaps>(std::move(*made));
        probe.emplace(LoadedProbe::load(program, *traits, *maps, std::move(*banks), log));
    }
    [[nodiscard]] bool stands() const { return probe && !probe->missing(); }
    [[nodiscard]] std::string why() const
    {
        if (!probe)
            return "no maps may be made here";
        const auto *missing = probe->missing();
        return missing ? std::string(missing->name) + ": " + log.lastWarning() : std::string();
    }
    [[nodiscard]] std::uint64_t sum(std::size_t word) const
    {
        std::uint64_t total = 0;
        for (std::uint32_t cpu = 0; cpu < probe->banks().entries(); ++cpu)
            total += statescape::bpf::load((&probe->banks().as<std::uint64_t>(cpu))[word]);
        return total;
    }
};

/// The raw_tp programs of a probe, in the kernel but on no hook: a test runs them one by one.
class ByHand {
public:
    explicit ByHand(const statescape::bpf::ProbeProgram &program)
    {
        using namespace statescape::bpf;
        const auto traits = KernelTraits::detect();
        auto banks = MappedArray::create("ss_test", program.bankBytes, traits ? traits->cpusPossible : 1);
        const auto cells = program.pendingCells == kPendingPerTask ? traits->taskCells
                           : program.pendingCells != 0             ? program.pendingCells
                                                                   : 1;
        auto pending = MappedArray::create("ss_pending", sizeof(ss_pending), cells);
        if (!traits || !banks || !pending)
            return;
        m_banks = std::move(*banks);
        m_pending = std::move(*pending);
        m_opened = program.open(*traits);
        if (!m_opened.object)
            return;
        bpf_map *map = nullptr;
        bpf_object__for_each_map(map, m_opened.object)
        {
            const std::string_view name = bpf_map__name(map);
            if (name == "banks" || name == "pending")
                bpf_map__reuse_fd(map, name == "banks" ? m_banks.fd() : m_pending.fd());
        }
        bpf_program *one = nullptr;
        bpf_object__for_each_program(one, m_opened.object)
            bpf_program__set_autoload(one, std::string_view(bpf_program__name(one)).ends_with("_raw"));
        m_loaded = bpf_object__load(m_opened.object) == 0;
    }
    [[nodiscard]] bool loaded() const { return m_loaded; }
    /// @param name of the tracepoint @return whether it ran, on this CPU
    [[nodiscard]] bool run(const std::string &name, std::vector<__u64> arguments = {0}) const
    {
        LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = arguments.data(),
                    .ctx_size_in = static_cast<__u32>(arguments.size() * sizeof(__u64)));
        const auto *program = bpf_object__find_program_by_name(m_opened.object, (name + "_raw").c_str());
        return program && bpf_prog_test_run_opts(bpf_program__fd(program), &options) == 0;
    }
    /// @return the banks of all CPUs, word by word.
    template <class Bank>
    [[nodiscard]] Bank sum() const
    {
        union {
            Bank bank;
            std::uint64_t words[sizeof(Bank) / sizeof(std::uint64_t)];
        } total{};
        for (std::uint32_t cpu = 0; cpu < m_banks.entries(); ++cpu)
            for (std::size_t i = 0; i < std::size(total.words); ++i)
                total.words[i] += (&m_banks.as<std::uint64_t>(cpu))[i];
        return total.bank;
    }

private:
    statescape::bpf::MappedArray m_banks, m_pending;
    statescape::bpf::Opened m_opened;
    bool m_loaded = false;
};
