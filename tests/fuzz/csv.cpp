// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/source/csv.h"
#include "core/feature/sample_log.h"
#include "fuzz.h"

#include <algorithm>

#include <cmath>

using namespace statescape;

namespace {
bool same(float a, float b)
{
    return a == b || (std::isnan(a) && std::isnan(b));
}

/// Writes what was read and reads it again.
void writeAndRead(const source::CsvData &data)
{
    feature::SampleLog log(data.schema);
    for (const auto &frame : data.frames)
        log.append(frame);
    char *text = nullptr;
    std::size_t size = 0;
    FILE *out = ::open_memstream(&text, &size);
    const auto written = source::writeCsv(out, log.view(), {}, {});
    std::fclose(out);
    fuzz::require(written.has_value(), "what was read can be written");
    fuzz::MemoryFile file;
    file.fill({text, size});
    std::free(text);
    const auto again = source::readCsv(file.path(), {});
    fuzz::require(again.has_value(), "what was written can be read");
    fuzz::require(again->frames.size() == data.frames.size() && again->schema->size() == data.schema->size(),
                  "nothing was lost on the way");
    for (std::size_t row = 0; row < data.frames.size(); ++row) {
        fuzz::require(std::ranges::is_permutation(again->frames[row].seen, data.frames[row].seen),
                      "what probes saw stays as it is");
        for (std::size_t column = 0; column < data.schema->size(); ++column)
            fuzz::require(same(again->frames[row].values[column], data.frames[row].values[column]),
                          "values stay as they are");
    }
}
} // namespace

/// First byte: bit 0 asks for a time column "t", bit 1 for a label column "l".
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    fuzz::Choices choices(data, size);
    const auto mode = choices.byte();
    static fuzz::MemoryFile file;
    file.fill(choices.text());
    const auto read = source::readCsv(file.path(), {(mode & 1) != 0 ? "t" : "", (mode & 2) != 0 ? "l" : ""});
    if (!read) {
        fuzz::require(!read.error().message.empty(), "an error says what");
        return 0;
    }
    fuzz::require(!read->frames.empty() && read->labels.size() == read->frames.size(),
                  "a label for each row");
    std::uint64_t last = 0;
    for (const auto &frame : read->frames) {
        fuzz::require(frame.values.size() == read->schema->size(), "every row has every column");
        fuzz::require(frame.timeNs >= last, "time does not go back");
        last = frame.timeNs;
        for (const float value : frame.values)
            fuzz::require(!std::isinf(value), "no infinite value gets in");
    }
    writeAndRead(*read);
    return 0;
}
