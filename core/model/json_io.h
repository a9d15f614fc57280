// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/ml/matrix.h"
#include "core/model/preparer.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace statescape::model {

/// Walks parsed JSON without throwing. The first thing that is not as asked is remembered with its path;
/// every later answer is a harmless default, so a reader checks once at the end.
class JsonReader {
public:
    using Json = nlohmann::json;
    /// @param error outlives the reader and everything made from it.
    JsonReader(const Json &node, std::optional<base::Error> &error)
        : m_node(&node)
        , m_error(&error)
    {}

    /// Parses @p text. @error Corrupt with the byte at fault, or too long.
    static base::Result<Json> parse(std::string_view text);
    /// Checks "format" and "version". @error Corrupt, NewerVersion
    static base::Result<> checkHeader(const Json &root, std::string_view format, int version);

    [[nodiscard]] JsonReader operator[](const char *key) const;
    [[nodiscard]] JsonReader operator[](std::size_t index) const;
    [[nodiscard]] bool has(const char *key) const;
    /// @return length of an array, at most @p most. Fails on anything else.
    [[nodiscard]] std::size_t size(std::size_t most) const;
    [[nodiscard]] double number(double low, double high) const;
    /// @return number() or NaN for null.
    [[nodiscard]] double numberOrNaN(double low, double high) const;
    [[nodiscard]] float real(double low, double high) const { return static_cast<float>(number(low, high)); }
    [[nodiscard]] std::int64_t integer(std::int64_t low, std::int64_t high) const;
    [[nodiscard]] std::string text(std::size_t most = 4096) const;
    [[nodiscard]] bool boolean() const;
    /// @return exactly @p count numbers.
    [[nodiscard]] std::vector<double> numbers(std::size_t count, double low, double high) const;
    void fail(std::string_view what) const;
    [[nodiscard]] const Json &node() const { return *m_node; }
    [[nodiscard]] bool failed() const { return m_error->has_value(); }

private:
    const Json *m_node;
    std::optional<base::Error> *m_error;
    std::string m_path = "$";
};

/// Affine axes of a prepared space: coordinates = (z - mean)^T loadings.
struct Axes {
    Eigen::VectorXd mean;     ///< d
    Eigen::MatrixXd loadings; ///< d x c
    Eigen::VectorXd variance; ///< c
    double total = 0;         ///< variance of all d
    void project(std::span<const float> z, std::span<float> out) const;
};

nlohmann::json toJson(const Preparer &preparer);
Preparer readPreparer(const JsonReader &in);
nlohmann::json toJson(const Axes &axes);
Axes readAxes(const JsonReader &in, std::size_t dimensions);
/// NaN becomes null.
nlohmann::json numberOrNull(double value);
std::string dump(const nlohmann::json &json);

} // namespace statescape::model
