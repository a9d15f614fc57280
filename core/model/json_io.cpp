// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/json_io.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

namespace statescape::model {
using base::Code;
using nlohmann::json;

namespace {
constexpr std::size_t kMostBytes = std::size_t{256} << 20;
constexpr std::size_t kMostValues = std::size_t{12} << 20;
constexpr std::size_t kMostColumns = 4096;
constexpr std::size_t kMostComponents = 64;
constexpr double kMost = 3.4e38;

const json &nothing()
{
    static const json null;
    return null;
}
} // namespace

base::Result<json> JsonReader::parse(std::string_view text)
{
    if (text.size() > kMostBytes)
        return base::fail(Code::Corrupt,
                          fmt::format("{} bytes of JSON, at most {} are read", text.size(), kMostBytes));
    // Two bytes of text may become some thirty in memory.
    const auto values =
        std::count_if(text.begin(), text.end(), [](char c) { return c == ',' || c == '[' || c == '{'; });
    if (static_cast<std::size_t>(values) > kMostValues)
        return base::fail(Code::Corrupt,
                          fmt::format("about {} values in JSON, at most {} are read", values, kMostValues));
    // The one place where nlohmann's exceptions end.
    try {
        return json::parse(text);
    } catch (const json::parse_error &error) {
        return base::fail(Code::Corrupt, fmt::format("$: not JSON, stopped at byte {}", error.byte));
    } catch (const std::exception &error) {
        return base::fail(Code::Corrupt, fmt::format("$: not JSON, {}", error.what()));
    }
}

base::Result<> JsonReader::checkHeader(const json &root, std::string_view format, int version)
{
    std::optional<base::Error> error;
    const JsonReader in(root, error);
    if (in["format"].text() != format && !error)
        in["format"].fail(fmt::format("is not \"{}\"", format));
    const auto found = in["version"].integer(1, std::numeric_limits<std::int32_t>::max());
    if (error)
        return *error;
    if (found > version)
        return base::fail(Code::NewerVersion,
                          fmt::format("$.version is {}, this build reads up to {}", found, version),
                          "use a later version of Statescape");
    return {};
}

void JsonReader::fail(std::string_view what) const
{
    if (!*m_error)
        *m_error = base::fail(Code::Corrupt, fmt::format("{} {}", m_path, what));
}

JsonReader JsonReader::operator[](const char *key) const
{
    JsonReader out(nothing(), *m_error);
    out.m_path = m_path + "." + key;
    if (m_node->is_object()) {
        if (const auto it = m_node->find(key); it != m_node->end()) {
            out.m_node = &*it;
            return out;
        }
    }
    out.fail("is missing");
    return out;
}

JsonReader JsonReader::operator[](std::size_t index) const
{
    JsonReader out(nothing(), *m_error);
    out.m_path = fmt::format("{}[{}]", m_path, index);
    if (m_node->is_array() && index < m_node->size())
        out.m_node = &(*m_node)[index];
    else
        out.fail("is missing");
    return out;
}

bool JsonReader::has(const char *key) const
{
    return m_node->is_object() && m_node->contains(key);
}

std::size_t JsonReader::size(std::size_t most) const
{
    if (!m_node->is_array())
        fail("is not an array");
    else if (m_node->size() > most)
        fail(fmt::format("has {} entries, at most {} make sense", m_node->size(), most));
    else
        return m_node->size();
    return 0;
}

double JsonReader::number(double low, double high) const
{
    const double value =
        m_node->is_number() ? m_node->get<double>() : std::numeric_limits<double>::quiet_NaN();
    if (value >= low && value <= high)
        return value;
    fail(m_node->is_number() ? fmt::format("is {}, wanted {} to {}", value, low, high) : "is not a number");
    return low;
}

double JsonReader::numberOrNaN(double low, double high) const
{
    return m_node->is_null() ? std::numeric_limits<double>::quiet_NaN() : number(low, high);
}

std::int64_t JsonReader::integer(std::int64_t low, std::int64_t high) const
{
    const bool tooLarge =
        m_node->is_number_unsigned() &&
        m_node->get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    if (!m_node->is_number_integer() || tooLarge) {
        fail("is not a whole number in range");
        return low;
    }
    const auto value = m_node->get<std::int64_t>();
    if (value >= low && value <= high)
        return value;
    fail(fmt::format("is {}, wanted {} to {}", value, low, high));
    return low;
}

std::string JsonReader::text(std::size_t most) const
{
    if (!m_node->is_string()) {
        fail("is not a text");
        return {};
    }
    const auto &value = m_node->get_ref<const std::string &>();
    if (value.size() > most) {
        fail(fmt::format("has {} bytes, at most {} make sense", value.size(), most));
        return {};
    }
    return value;
}

bool JsonReader::boolean() const
{
    if (m_node->is_boolean())
        return m_node->get<bool>();
    fail("is neither true nor false");
    return false;
}

std::vector<double> JsonReader::numbers(std::size_t count, double low, double high) const
{
    std::vector<double> out;
    if (size(count) != count)
        fail(fmt::format("has not {} entries", count));
    out.reserve(failed() ? 0 : count);
    for (std::size_t i = 0; i < count && !failed(); ++i) {
        // The path of a number is written only when it is at fault: a model may hold millions of them.
        const Json &one = (*m_node)[i];
        const double value = one.is_number() ? one.get<double>() : std::numeric_limits<double>::quiet_NaN();
        out.push_back(value >= low && value <= high ? value : (*this)[i].number(low, high));
    }
    out.resize(count, low);
    return out;
}

void Axes::project(std::span<const float> z, std::span<float> out) const
{
    for (Eigen::Index c = 0; c < loadings.cols(); ++c) {
        double sum = 0;
        for (Eigen::Index j = 0; j < loadings.rows(); ++j)
            sum += (z[static_cast<std::size_t>(j)] - mean[j]) * loadings(j, c);
        out[static_cast<std::size_t>(c)] = static_cast<float>(sum);
    }
}

json toJson(const Preparer &preparer)
{
    json out = json::array();
    for (const auto &column : preparer.columns())
        out.push_back({{"key", column.feature.key},
                       {"title", column.feature.title},
                       {"unit", base::unitKey(column.feature.unit)},
                       {"kind", schema::featureKindKey(column.feature.kind)},
                       {"probe", column.feature.probe},
                       {"description", column.feature.description},
                       {"log1p", column.feature.log1p},
                       {"no_events", column.low},
                       {"missing", column.median},
                       {"centre", column.centre},
                       {"scale", column.scale}});
    return out;
}

Preparer readPreparer(const JsonReader &in)
{
    std::vector<PreparedColumn> columns;
    const std::size_t count = in.size(kMostColumns);
    if (count == 0)
        in.fail("is empty");
    for (std::size_t i = 0; i < count && !in.failed(); ++i) {
        const JsonReader from = in[i];
        PreparedColumn column;
        column.feature.key = from["key"].text();
        column.feature.title = from["title"].text();
        column.feature.unit = base::unitFromKey(from["unit"].text());
        column.feature.kind = schema::featureKindFromKey(from["kind"].text());
        column.feature.probe = from["probe"].text();
        column.feature.description = from["description"].text();
        column.feature.log1p = from["log1p"].boolean();
        column.low = from["no_events"].real(-kMost, kMost);
        column.median = from["missing"].real(-kMost, kMost);
        column.centre = from["centre"].number(-kMost, kMost);
        column.scale = from["scale"].number(1e-38, kMost);
        columns.push_back(std::move(column));
    }
    return Preparer(std::move(columns));
}

json toJson(const Axes &axes)
{
    json loadings = json::array();
    for (Eigen::Index c = 0; c < axes.loadings.cols(); ++c) {
        const Eigen::VectorXd column = axes.loadings.col(c);
        loadings.push_back(std::vector<double>(column.data(), column.data() + column.size()));
    }
    return {
        {"mean", std::vector<double>(axes.mean.data(), axes.mean.data() + axes.mean.size())},
        {"variance", std::vector<double>(axes.variance.data(), axes.variance.data() + axes.variance.size())},
        {"total_variance", axes.total},
        {"loadings", std::move(loadings)}};
}

Axes readAxes(const JsonReader &in, std::size_t dimensions)
{
    Axes axes;
    const JsonReader loadings = in["loadings"];
    const std::size_t count = loadings.size(kMostComponents);
    if (count == 0)
        loadings.fail("is empty");
    const auto mean = in["mean"].numbers(dimensions, -kMost, kMost);
    const auto variance = in["variance"].numbers(count, 0, kMost);
    const auto d = static_cast<Eigen::Index>(dimensions);
    axes.total = in["total_variance"].number(0, kMost);
    axes.mean = Eigen::VectorXd::Map(mean.data(), d);
    axes.variance = Eigen::VectorXd::Map(variance.data(), static_cast<Eigen::Index>(count));
    axes.loadings = Eigen::MatrixXd::Zero(d, static_cast<Eigen::Index>(count));
    for (std::size_t c = 0; c < count && !in.failed(); ++c) {
        const auto column = loadings[c].numbers(dimensions, -1.000001, 1.000001);
        axes.loadings.col(static_cast<Eigen::Index>(c)) = Eigen::VectorXd::Map(column.data(), d);
    }
    return axes;
}

json numberOrNull(double value)
{
    return std::isfinite(value) ? json(value) : json(nullptr);
}

std::string dump(const json &json)
{
    // Keys and titles may hold any bytes (imported columns); replace what is not UTF-8 instead of throwing.
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace statescape::model
