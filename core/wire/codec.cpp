// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/wire/codec.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <string>
#include <type_traits>

namespace statescape::wire {
namespace {
static_assert(std::endian::native == std::endian::little,
              "the wire is little-endian; add swaps before porting");

constexpr std::size_t kMaxText = 4096;
constexpr std::size_t kMaxProbes = schema::kProbeCount + schema::kMaxUserProbes;
constexpr std::size_t kMaxWords = 1 << 16;
// Zeros shorter than this cost less than the two words that say where the next run begins.
constexpr std::size_t kShortGap = 2;

std::uint32_t checksum(std::span<const std::byte> bytes)
{
    std::uint32_t hash = 0x811c9dc5U;
    for (const std::byte b : bytes) {
        hash ^= std::to_integer<std::uint32_t>(b);
        hash *= 0x01000193U;
    }
    return hash;
}

class Writer {
public:
    template <class T>
    requires std::is_arithmetic_v<T>
    void put(T value)
    {
        const auto *first = reinterpret_cast<const std::byte *>(&value);
        m_bytes.insert(m_bytes.end(), first, first + sizeof(T));
    }
    void put(const std::string &text, std::size_t limit = kMaxText)
    {
        const std::size_t size = std::min(text.size(), limit);
        put(static_cast<std::uint32_t>(size));
        const auto *first = reinterpret_cast<const std::byte *>(text.data());
        m_bytes.insert(m_bytes.end(), first, first + size);
    }
    /// Mostly zeros: only the runs between them are sent.
    void putSparse(std::span<const std::uint64_t> words)
    {
        put(static_cast<std::uint32_t>(words.size()));
        const std::size_t countAt = m_bytes.size();
        std::uint32_t runs = 0;
        put(runs);
        for (std::size_t i = 0; i < words.size();) {
            if (words[i] == 0) {
                ++i;
                continue;
            }
            std::size_t end = i + 1;
            for (std::size_t zeros = 0; end < words.size() && zeros <= kShortGap; ++end)
                zeros = words[end] == 0 ? zeros + 1 : 0;
            while (words[end - 1] == 0)
                --end;
            put(static_cast<std::uint32_t>(i));
            putAll(words.subspan(i, end - i));
            ++runs;
            i = end;
        }
        std::memcpy(m_bytes.data() + countAt, &runs, sizeof(runs));
    }
    template <class T>
    void putAll(std::span<const T> values)
    {
        put(static_cast<std::uint32_t>(values.size()));
        const auto *first = reinterpret_cast<const std::byte *>(values.data());
        m_bytes.insert(m_bytes.end(), first, first + values.size_bytes());
    }
    std::vector<std::byte> m_bytes;
};

/// Reads past the end yield zeros and set failed().
class Reader {
public:
    explicit Reader(std::span<const std::byte> bytes)
        : m_bytes(bytes)
    {}
    template <class T>
    requires std::is_arithmetic_v<T> T get()
    {
        T value{};
        if (!take(&value, sizeof(T)))
            return T{};
        return value;
    }
    bool flag()
    {
        const auto value = get<std::uint8_t>();
        m_failed = m_failed || value > 1;
        return value == 1;
    }
    std::string text(std::size_t limit = kMaxText)
    {
        const auto size = get<std::uint32_t>();
        std::string out;
        if (size > limit || size > left()) {
            m_failed = true;
            return out;
        }
        out.resize(size);
        take(out.data(), size);
        return out;
    }
    template <class T>
    std::vector<T> all(std::size_t limit)
    {
        const auto count = get<std::uint32_t>();
        std::vector<T> out;
        if (count > limit || count > left() / sizeof(T)) {
            m_failed = true;
            return out;
        }
        out.resize(count);
        take(out.data(), count * sizeof(T));
        return out;
    }
    std::vector<std::uint64_t> sparse()
    {
        const auto size = get<std::uint32_t>();
        const auto runs = get<std::uint32_t>();
        std::vector<std::uint64_t> out;
        if (size > kMaxWords) {
            m_failed = true;
            return out;
        }
        out.resize(size);
        std::size_t end = 0;
        for (std::uint32_t i = 0; i < runs && !m_failed; ++i) {
            const auto first = get<std::uint32_t>();
            const auto count = get<std::uint32_t>();
            if (first < end || first > size || count == 0 || count > size - first) {
                m_failed = true;
                break;
            }
            take(out.data() + first, count * sizeof(std::uint64_t));
            end = first + count;
        }
        return out;
    }
    void fail() { m_failed = true; }
    [[nodiscard]] bool failed() const { return m_failed; }
    [[nodiscard]] std::size_t left() const { return m_bytes.size() - m_at; }
    [[nodiscard]] std::size_t at() const { return m_at; }

private:
    bool take(void *out, std::size_t size)
    {
        if (m_failed || size > left()) {
            m_failed = true;
            return false;
        }
        if (size != 0)
            std::memcpy(out, m_bytes.data() + m_at, size);
        m_at += size;
        return true;
    }
    std::span<const std::byte> m_bytes;
    std::size_t m_at = 0;
    bool m_failed = false;
};

enum class Type : std::uint16_t {
    Hello = 1,
    Start = 2,
    Stop = 3,
    RawSample = 4,
    ProbeUpdate = 5,
    Problem = 6,
    Attach = 7
};

void write(Writer &out, const ProbeState &state)
{
    out.put(static_cast<std::uint8_t>(state.probe));
    out.put(static_cast<std::uint8_t>(state.available));
    out.put(static_cast<std::uint16_t>(state.code));
    out.put(state.reason);
    out.put(state.hint);
    out.put(state.nsPerEvent);
    out.put(state.nsWhenBusy);
    out.put(static_cast<std::uint8_t>(state.measured));
    out.put(static_cast<std::uint8_t>(state.shed));
}

ProbeState readProbeState(Reader &in)
{
    ProbeState state;
    const auto probe = in.get<std::uint8_t>();
    if (probe >= kMaxProbes)
        in.fail();
    state.probe = static_cast<schema::Probe>(probe);
    state.available = in.flag();
    state.code = static_cast<base::Code>(in.get<std::uint16_t>());
    state.reason = in.text();
    state.hint = in.text();
    state.nsPerEvent = in.get<float>();
    state.nsWhenBusy = in.get<float>();
    state.measured = in.flag();
    state.shed = in.flag();
    return state;
}

void write(Writer &out, const Hello &hello)
{
    out.put(hello.protocol);
    out.put(hello.layoutHash);
    out.put(hello.helperVersion);
    out.put(hello.kernel);
    out.put(hello.cpusPossible);
    out.put(static_cast<std::uint8_t>(hello.privileged));
    out.put(hello.mapBytes);
    out.put(static_cast<std::uint32_t>(hello.probes.size()));
    for (const auto &state : hello.probes)
        write(out, state);
}

Hello readHello(Reader &in)
{
    Hello hello;
    hello.protocol = in.get<std::uint16_t>();
    hello.layoutHash = in.get<std::uint64_t>();
    hello.helperVersion = in.text();
    hello.kernel = in.text();
    hello.cpusPossible = in.get<std::uint32_t>();
    hello.privileged = in.flag();
    hello.mapBytes = in.get<std::uint64_t>();
    const auto count = in.get<std::uint32_t>();
    if (count > kMaxProbes)
        in.fail();
    for (std::uint32_t i = 0; i < count && !in.failed(); ++i)
        hello.probes.push_back(readProbeState(in));
    return hello;
}

void write(Writer &out, const Start &start)
{
    out.put(start.intervalNs);
}

Start readStart(Reader &in)
{
    Start start;
    start.intervalNs = in.get<std::uint64_t>();
    return start;
}

void write(Writer &, const Stop &) {}

void write(Writer &out, const Attach &attach)
{
    const auto &plan = attach.plan;
    out.put(plan.probes);
    out.put(static_cast<std::uint8_t>(plan.entity));
    out.put(plan.budgetPercent);
    out.put(static_cast<std::uint32_t>(plan.user.size()));
    for (const auto &probe : plan.user) {
        out.put(static_cast<std::uint8_t>(probe.kind));
        out.put(probe.target);
        out.put(probe.symbol);
        out.put(static_cast<std::uint8_t>(probe.measure));
        out.put(probe.script, schema::kMaxScriptBytes);
    }
}

Attach readAttach(Reader &in)
{
    Attach attach;
    auto &plan = attach.plan;
    plan.probes = in.get<std::uint64_t>();
    plan.entity = static_cast<schema::EntityKind>(in.get<std::uint8_t>());
    plan.budgetPercent = in.get<double>();
    const auto count = in.get<std::uint32_t>();
    if (count > schema::kMaxUserProbes)
        in.fail();
    for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
        schema::UserProbe probe;
        probe.kind = static_cast<schema::HookKind>(in.get<std::uint8_t>());
        probe.target = in.text(schema::kMaxTargetBytes);
        probe.symbol = in.text(schema::kMaxTargetBytes);
        probe.measure = static_cast<schema::Measure>(in.get<std::uint8_t>());
        probe.script = in.text(schema::kMaxScriptBytes);
        plan.user.push_back(std::move(probe));
    }
    if (!in.failed() && !schema::check(plan))
        in.fail();
    return attach;
}

void write(Writer &out, const RawSample &sample)
{
    out.put(sample.sequence);
    out.put(sample.timeNs);
    out.put(sample.boottimeNs);
    out.put(sample.onlineCpus);
    out.put(sample.cpuChanges);
    out.put(sample.probeMask);
    out.put(sample.shedMask);
    out.put(sample.helperCpuNs);
    out.put(sample.helperRssBytes);
    out.put(sample.losses.taskCollisions);
    out.put(sample.losses.missedIntervals);
    out.put(sample.losses.writeFailures);
    out.put(sample.losses.readFailures);
    out.put(sample.losses.eventsMissed);
    out.put(sample.losses.entitiesUntold);
    out.putAll(std::span<const std::uint64_t>(sample.events));
    out.putSparse(sample.slots);
    out.put(static_cast<std::uint32_t>(sample.sampled.size()));
    for (const auto &part : sample.sampled) {
        out.put(static_cast<std::uint8_t>(part.probe));
        out.put(part.seenNs);
        out.put(part.windows);
        out.put(part.error);
    }
    out.put(static_cast<std::uint32_t>(sample.processes.size()));
    for (const auto &process : sample.processes) {
        out.put(process.pid);
        for (const char c : process.comm)
            out.put(c);
        out.put(process.cpuNs);
        out.put(process.ioBytes);
        out.put(process.syscalls);
    }
    out.put(static_cast<std::uint32_t>(sample.entities.size()));
    for (const auto &entity : sample.entities) {
        out.put(entity.number);
        out.put(entity.id);
        out.put(entity.name);
        for (const auto word : entity.words)
            out.put(word);
    }
}

RawSample readRawSample(Reader &in)
{
    RawSample sample;
    sample.sequence = in.get<std::uint64_t>();
    sample.timeNs = in.get<std::uint64_t>();
    sample.boottimeNs = in.get<std::uint64_t>();
    sample.onlineCpus = in.get<std::uint32_t>();
    sample.cpuChanges = in.get<std::uint64_t>();
    sample.probeMask = in.get<std::uint64_t>();
    sample.shedMask = in.get<std::uint64_t>();
    sample.helperCpuNs = in.get<std::uint64_t>();
    sample.helperRssBytes = in.get<std::uint64_t>();
    sample.losses.taskCollisions = in.get<std::uint64_t>();
    sample.losses.missedIntervals = in.get<std::uint64_t>();
    sample.losses.writeFailures = in.get<std::uint64_t>();
    sample.losses.readFailures = in.get<std::uint64_t>();
    sample.losses.eventsMissed = in.get<std::uint64_t>();
    sample.losses.entitiesUntold = in.get<std::uint64_t>();
    sample.events = in.all<std::uint64_t>(kMaxProbes);
    sample.slots = in.sparse();
    const auto sampled = in.get<std::uint32_t>();
    if (sampled > kMaxProbes)
        in.fail();
    for (std::uint32_t i = 0; i < sampled && !in.failed(); ++i) {
        Sampled part;
        part.probe = static_cast<schema::Probe>(in.get<std::uint8_t>());
        part.seenNs = in.get<std::uint64_t>();
        part.windows = in.get<std::uint32_t>();
        part.error = in.get<float>();
        const bool ascending = sample.sampled.empty() || sample.sampled.back().probe < part.probe;
        if (!ascending || static_cast<std::size_t>(part.probe) >= kMaxProbes || part.seenNs == 0 ||
            part.windows == 0 || std::isnan(part.error))
            in.fail();
        sample.sampled.push_back(part);
    }
    const auto processes = in.get<std::uint32_t>();
    if (processes > kMaxProcesses)
        in.fail();
    for (std::uint32_t i = 0; i < processes && !in.failed(); ++i) {
        ProcessUse process;
        process.pid = in.get<std::uint32_t>();
        for (char &c : process.comm)
            c = in.get<char>();
        process.cpuNs = in.get<std::uint64_t>();
        process.ioBytes = in.get<std::uint64_t>();
        process.syscalls = in.get<std::uint64_t>();
        sample.processes.push_back(process);
    }
    const auto entities = in.get<std::uint32_t>();
    if (entities > kMaxEntities)
        in.fail();
    for (std::uint32_t i = 0; i < entities && !in.failed(); ++i) {
        EntityReading entity;
        entity.number = in.get<std::uint32_t>();
        entity.id = in.get<std::uint64_t>();
        entity.name = in.text();
        for (auto &word : entity.words)
            word = in.get<std::uint64_t>();
        sample.entities.push_back(std::move(entity));
    }
    return sample;
}

void write(Writer &out, const ProbeUpdate &update)
{
    write(out, update.state);
}

void write(Writer &out, const Problem &problem)
{
    out.put(static_cast<std::uint16_t>(problem.code));
    out.put(problem.message);
    out.put(problem.hint);
}

Problem readProblem(Reader &in)
{
    Problem problem;
    problem.code = static_cast<base::Code>(in.get<std::uint16_t>());
    problem.message = in.text();
    problem.hint = in.text();
    return problem;
}

Type typeOf(const Message &message)
{
    return static_cast<Type>(message.index() + 1);
}

std::optional<Message> readPayload(Type type, Reader &in)
{
    switch (type) {
    case Type::Hello:
        return readHello(in);
    case Type::Start:
        return readStart(in);
    case Type::Stop:
        return Stop{};
    case Type::RawSample:
        return readRawSample(in);
    case Type::ProbeUpdate:
        return ProbeUpdate{readProbeState(in)};
    case Type::Problem:
        return readProblem(in);
    case Type::Attach:
        return readAttach(in);
    }
    return std::nullopt;
}

template <class T>
T peek(std::span<const std::byte> bytes, std::size_t at)
{
    T value{};
    std::memcpy(&value, bytes.data() + at, sizeof(T));
    return value;
}
} // namespace

std::vector<std::byte> encode(const Message &message)
{
    Writer payload;
    std::visit([&](const auto &value) { write(payload, value); }, message);
    Writer frame;
    frame.m_bytes.reserve(kFrameHeaderBytes + payload.m_bytes.size());
    frame.put(kFrameMagic);
    frame.put(static_cast<std::uint16_t>(typeOf(message)));
    frame.put(kProtocolVersion);
    frame.put(static_cast<std::uint32_t>(payload.m_bytes.size()));
    frame.put(checksum(payload.m_bytes));
    frame.m_bytes.insert(frame.m_bytes.end(), payload.m_bytes.begin(), payload.m_bytes.end());
    return std::move(frame.m_bytes);
}

void Decoder::feed(std::span<const std::byte> bytes)
{
    if (m_dead)
        return;
    if (m_at > 0) {
        m_buffer.erase(m_buffer.begin(), m_buffer.begin() + static_cast<std::ptrdiff_t>(m_at));
        m_at = 0;
    }
    m_buffer.insert(m_buffer.end(), bytes.begin(), bytes.end());
}

base::Result<std::optional<Message>> Decoder::next()
{
    if (m_dead)
        return *m_dead;
    const auto die = [this](base::Code code, const std::string &what) {
        m_dead = base::fail(code, "wire: " + what + " at byte " + std::to_string(m_offset),
                            code == base::Code::NewerVersion ? "install the same version of both programs"
                                                             : "restart the helper");
        return *m_dead;
    };
    const std::span<const std::byte> bytes(m_buffer.data() + m_at, m_buffer.size() - m_at);
    if (bytes.size() < kFrameHeaderBytes)
        return std::optional<Message>{};
    if (peek<std::uint32_t>(bytes, 0) != kFrameMagic)
        return die(base::Code::Corrupt, "not a frame");
    if (peek<std::uint16_t>(bytes, 6) != kProtocolVersion)
        return die(base::Code::NewerVersion, "protocol " + std::to_string(peek<std::uint16_t>(bytes, 6)));
    const auto size = peek<std::uint32_t>(bytes, 8);
    if (size > kMaxPayloadBytes)
        return die(base::Code::Corrupt, "frame of " + std::to_string(size) + " bytes");
    if (bytes.size() < kFrameHeaderBytes + size)
        return std::optional<Message>{};
    const auto payload = bytes.subspan(kFrameHeaderBytes, size);
    if (checksum(payload) != peek<std::uint32_t>(bytes, 12))
        return die(base::Code::Corrupt, "checksum mismatch");
    Reader reader(payload);
    auto message = readPayload(static_cast<Type>(peek<std::uint16_t>(bytes, 4)), reader);
    if (!message)
        return die(base::Code::Corrupt, "unknown frame type");
    if (reader.failed() || reader.left() != 0)
        return die(base::Code::Corrupt, "malformed payload");
    m_at += kFrameHeaderBytes + size;
    m_offset += kFrameHeaderBytes + size;
    return message;
}

} // namespace statescape::wire
