// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/picture_map.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <fmt/format.h>
#include <utility>

namespace statescape::session {
using Index = Eigen::Index;

namespace {
constexpr std::string_view kHeader = "statescape-map";
constexpr int kVersion = 1;
constexpr std::size_t kHexDigits = 8;

/// Standardised values of the rows a map is fitted on.
ml::Matrix fittedRows(const model::Projection &axes, const feature::SampleLog::View &samples,
                      std::size_t rows, std::size_t step)
{
    const std::size_t count = (rows + step - 1) / step;
    ml::Matrix out(static_cast<Index>(count), static_cast<Index>(axes.columns().size()));
    for (std::size_t i = 0; i < count; ++i)
        axes.standardise(samples.row(i * step),
                         {out.row(static_cast<Index>(i)).data(), static_cast<std::size_t>(out.cols())});
    return out;
}

base::Error damaged(const std::string &what)
{
    return base::fail(base::Code::Corrupt, "the stored neighbour map is damaged: " + what,
                      "it is made again from the samples");
}

/// Takes the text up to the next @p end off the front.
std::string_view cut(std::string_view &text, char end)
{
    const auto at = std::min(text.find(end), text.size());
    const auto word = text.substr(0, at);
    text.remove_prefix(std::min(at + 1, text.size()));
    return word;
}

bool number(std::string_view text, std::size_t &out)
{
    const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
    return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

/// Bit patterns, so that what is read is what was written.
void appendHex(std::string &out, float value)
{
    fmt::format_to(std::back_inserter(out), "{:08x}", std::bit_cast<std::uint32_t>(value));
}
bool readHex(std::string_view text, float &out)
{
    std::uint32_t bits = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), bits, 16);
    out = std::bit_cast<float>(bits);
    return read.ec == std::errc() && read.ptr == text.data() + text.size();
}
} // namespace

base::Result<PictureMap> PictureMap::fit(std::shared_ptr<const model::Projection> axes,
                                         const feature::SampleLog::View &samples, int components,
                                         const PictureMap *before, const base::Progress &progress)
{
    PictureMap out;
    out.m_axes = std::move(axes);
    out.m_rows = samples.rows();
    out.m_step = std::max<std::size_t>(1, (samples.rows() + kMapRows - 1) / kMapRows);
    const ml::Matrix x = fittedRows(*out.m_axes, samples, out.m_rows, out.m_step);
    ml::Matrix start;
    if (before != nullptr && before->components() == components) {
        start.resize(x.rows(), components);
        for (Index i = 0; i < x.rows() && !progress.stopped(); ++i) {
            const auto at = before->place(samples.row(static_cast<std::size_t>(i) * out.m_step));
            for (Index c = 0; c < components; ++c)
                start(i, c) = at[static_cast<std::size_t>(c)];
        }
    }
    if (progress.stopped())
        return base::fail(base::Code::Cancelled, "neighbour map stopped on request");
    ml::NeighbourMapOptions options;
    options.components = components;
    STATESCAPE_TRY(auto map, ml::NeighbourMap::fit(x, options, start, progress));
    out.m_map = std::make_shared<const ml::NeighbourMap>(std::move(map));
    return out;
}

std::string PictureMap::toText() const
{
    const ml::Matrix &y = m_map->coordinates();
    std::string out = fmt::format("{} {} {} {} {}\n{}\n", kHeader, kVersion, components(), m_rows, m_step,
                                  m_axes->toJson());
    out.reserve(out.size() + static_cast<std::size_t>(y.size()) * kHexDigits);
    for (Index i = 0; i < y.size(); ++i)
        appendHex(out, y.data()[i]);
    return out;
}

base::Result<PictureMap> PictureMap::fromText(std::string_view text, const feature::SampleLog::View &samples,
                                              const base::Progress &progress)
{
    std::string_view head = cut(text, '\n');
    const std::string_view axes = cut(text, '\n');
    PictureMap out;
    std::size_t version = 0;
    std::size_t components = 0;
    if (cut(head, ' ') != kHeader || !number(cut(head, ' '), version))
        return damaged("its header");
    if (version > kVersion)
        return base::fail(base::Code::NewerVersion, "the stored neighbour map is of a later version",
                          "it is made again from the samples");
    if (!number(cut(head, ' '), components) || components < 2 || components > 3 ||
        !number(cut(head, ' '), out.m_rows) || !number(cut(head, ' '), out.m_step) || out.m_step == 0)
        return damaged("its header");
    if (out.m_rows == 0 || out.m_rows > samples.rows())
        return base::fail(base::Code::Mismatch,
                          fmt::format("the stored neighbour map is of {} samples, the session has {}",
                                      out.m_rows, samples.rows()),
                          "it is made again from the samples");
    const std::size_t count = (out.m_rows + out.m_step - 1) / out.m_step;
    if (text.size() != count * components * kHexDigits)
        return damaged("its coordinates");
    ml::Matrix y(static_cast<Index>(count), static_cast<Index>(components));
    for (Index i = 0; i < y.size(); ++i)
        if (!readHex(text.substr(static_cast<std::size_t>(i) * kHexDigits, kHexDigits), y.data()[i]))
            return damaged("its coordinates");
    auto parsed = model::Projection::fromJson(axes);
    if (!parsed)
        return parsed.error().in("the stored neighbour map");
    out.m_axes = std::make_shared<const model::Projection>(std::move(*parsed));
    ml::NeighbourMapOptions options;
    options.components = static_cast<int>(components);
    auto map = ml::NeighbourMap::restore(fittedRows(*out.m_axes, samples, out.m_rows, out.m_step),
                                         std::move(y), options, progress);
    if (!map)
        return map.error().code == base::Code::Cancelled ? map.error() : damaged(map.error().message);
    out.m_map = std::make_shared<const ml::NeighbourMap>(std::move(*map));
    return out;
}

std::array<float, 3> PictureMap::place(std::span<const float> row) const
{
    std::vector<float> z(static_cast<std::size_t>(m_map->columns()));
    m_axes->standardise(row, z);
    std::array<float, 3> out{};
    m_map->place(z, std::span(out).first(static_cast<std::size_t>(components())));
    return out;
}

base::Result<std::array<std::vector<float>, 3>> PictureMap::place(const feature::SampleLog::View &samples,
                                                                  std::size_t first, std::size_t count,
                                                                  const std::stop_token &stop) const
{
    ml::Matrix z(static_cast<Index>(count), static_cast<Index>(m_map->columns()));
    for (std::size_t i = 0; i < count; ++i)
        m_axes->standardise(samples.row(first + i),
                            {z.row(static_cast<Index>(i)).data(), static_cast<std::size_t>(z.cols())});
    STATESCAPE_TRY(const auto places, m_map->transform(z, 0, {stop, {}}));
    std::array<std::vector<float>, 3> out;
    for (std::size_t c = 0; c < 3; ++c) {
        out[c].resize(count);
        if (static_cast<Index>(c) < places.cols())
            for (std::size_t i = 0; i < count; ++i)
                out[c][i] = places(static_cast<Index>(i), static_cast<Index>(c));
    }
    return out;
}

} // namespace statescape::session
