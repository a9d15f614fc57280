// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/preparer.h"
#include "tests/ml/fixtures.h"
#include "tests/ml/shapes.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

/// What few labels are tried on: sets whose classes are known.
namespace statescape::model::test {

struct LabelSet {
    std::string name;
    ml::Matrix z;             ///< prepared as a model prepares
    std::vector<int> truth;   ///< n, -1 where nobody knows
    std::vector<int> phase;   ///< recordings: each uninterrupted workload has a number of its own; else empty
    std::vector<int> session; ///< recordings: 0 is trained on, 1 judged
    std::vector<std::uint64_t> ns; ///< recordings
    int classes = 0;

    [[nodiscard]] std::vector<std::size_t> trainingRows() const
    {
        std::vector<std::size_t> out;
        for (std::size_t i = 0; i < truth.size(); ++i)
            if (session.empty() || session[i] == 0)
                out.push_back(i);
        return out;
    }
};

/// @param fitted the first rows, by which the others are scaled
inline void prepare(LabelSet &set, const schema::Schema &schema, const ml::Matrix &x, Eigen::Index fitted)
{
    const auto fit =
        Preparer::fit(schema, x.topRows(fitted), usableColumns(schema, false), ml::ScaleKind::Standard);
    set.z.resize(x.rows(), fit->preparer.size());
    for (Eigen::Index i = 0; i < x.rows(); ++i)
        fit->preparer.apply({x.row(i).data(), schema.size()}, fit->columns,
                            {set.z.row(i).data(), static_cast<std::size_t>(set.z.cols())});
    set.classes = *std::max_element(set.truth.begin(), set.truth.end()) + 1;
}

inline LabelSet labelSet(const std::string &name, const ml::Matrix &x, std::vector<int> truth)
{
    LabelSet out{name, {}, std::move(truth), {}, {}, {}, 0};
    std::vector<schema::Feature> features;
    for (Eigen::Index j = 0; j < x.cols(); ++j)
        features.push_back(
            {"f" + std::to_string(j), "", base::Unit::None, schema::FeatureKind::Level, "", "", false});
    prepare(out, schema::Schema(std::move(features)), x, x.rows());
    return out;
}

inline std::vector<std::string> cellsOf(const std::string &line)
{
    std::vector<std::string> out;
    std::stringstream stream(line);
    for (std::string cell; std::getline(stream, cell, ',');)
        out.push_back(cell);
    if (!line.empty() && line.back() == ',')
        out.emplace_back();
    return out;
}

/// Numbers and, last, a class.
inline LabelSet labelSetFromCsv(const std::string &folder, const std::string &name)
{
    std::ifstream file(folder + "/" + name + ".csv");
    std::string line;
    std::getline(file, line);
    std::vector<float> values;
    std::vector<int> truth;
    std::map<std::string, int> number;
    while (std::getline(file, line)) {
        const auto cells = cellsOf(line);
        for (std::size_t j = 0; j + 1 < cells.size(); ++j)
            values.push_back(std::stof(cells[j]));
        truth.push_back(number.try_emplace(cells.back(), static_cast<int>(number.size())).first->second);
    }
    const auto rows = static_cast<Eigen::Index>(truth.size());
    return labelSet(
        name, Eigen::Map<ml::Matrix>(values.data(), rows, static_cast<Eigen::Index>(values.size()) / rows),
        truth);
}

/// Two recordings of twelve workloads in three rounds on a two-core machine, 250 ms a sample, three digits;
/// the second without the seconds between workloads and without every other sample.
inline LabelSet recordedWorkloads(const std::string &file)
{
    std::ifstream stream(file);
    std::string line;
    std::getline(stream, line);
    const auto heads = cellsOf(line);
    const auto schema = schema::Schema::builtin();
    LabelSet out{"workloads", {}, {}, {}, {}, {}, 0};
    std::vector<float> values;
    std::map<std::string, int> number;
    Eigen::Index first = 0;
    while (std::getline(stream, line)) {
        const auto cells = cellsOf(line);
        out.session.push_back(std::stoi(cells[0]));
        out.phase.push_back(1000 * out.session.back() + std::stoi(cells[1]));
        out.ns.push_back(std::stoull(cells[2]) * 1000000);
        out.truth.push_back(
            cells[3].empty() ? -1
                             : number.try_emplace(cells[3], static_cast<int>(number.size())).first->second);
        first += out.session.back() == 0 ? 1 : 0;
        std::vector<float> row(schema->size(), schema::missingValue(schema::Missing::NotSupported));
        for (std::size_t j = 4; j < cells.size(); ++j)
            if (const int column = schema->indexOf(heads[j]); column >= 0)
                row[static_cast<std::size_t>(column)] =
                    cells[j] == "n"    ? schema::missingValue(schema::Missing::NoEvents)
                    : cells[j].empty() ? schema::missingValue(schema::Missing::Warmup)
                                       : std::stof(cells[j]);
        values.insert(values.end(), row.begin(), row.end());
    }
    const auto rows = static_cast<Eigen::Index>(out.truth.size());
    prepare(out, *schema,
            Eigen::Map<ml::Matrix>(values.data(), rows, static_cast<Eigen::Index>(schema->size())), first);
    return out;
}

/// All of the tree, the recording last.
inline std::vector<LabelSet> labelSets(const std::string &source)
{
    std::vector<LabelSet> out;
    for (const std::string name : {"iris", "wine", "breast_cancer", "digits"})
        out.push_back(labelSetFromCsv(source + "/tests/ml/data", name));
    for (const auto &shape : ml::test::shapes(1))
        out.push_back(labelSet(shape.name, shape.x, {shape.truth.begin(), shape.truth.end()}));
    out.push_back(recordedWorkloads(source + "/tests/model/data/workloads.csv"));
    return out;
}

} // namespace statescape::model::test
