// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/runs.h"
#include "fuzz.h"

using namespace statescape;

namespace {
/// Decodes, encodes, decodes: both answers must be the same bytes.
template <class Decode, class Encode>
void roundTrip(Decode decode, Encode encode, std::span<const std::byte> bytes)
{
    const auto value = decode(bytes);
    if (!value)
        return;
    const store::Bytes once = encode(*value);
    const auto again = decode(std::as_bytes(std::span(once)));
    fuzz::require(again.has_value(), "what was written can be read");
    fuzz::require(encode(*again) == once, "what was read is written the same way");
}

void inRows(std::span<const store::RowRun> runs, std::uint64_t rows)
{
    std::uint64_t next = 0;
    for (const auto &run : runs) {
        fuzz::require(run.first >= next && run.count > 0 && run.count <= rows - run.first,
                      "runs are sorted, apart and inside the session");
        next = run.first + run.count;
    }
}
} // namespace

/// First byte: which column, modulo 7, but for one that came later: 254; second: how many rows the session
/// has, as a power of two less one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    fuzz::Choices choices(data, size);
    const auto first = choices.byte();
    const int column = first == 254 ? 7 : first % 7;
    const auto rows = (std::uint64_t{1} << (choices.byte() % 64)) - 1;
    const auto bytes = choices.bytes();
    const auto withRows = [rows](auto decode) {
        return [rows, decode](std::span<const std::byte> in) { return decode(in, rows); };
    };
    switch (column) {
    case 0:
        roundTrip(withRows(store::decodeLabels), store::encodeLabels, bytes);
        if (const auto runs = store::decodeLabels(bytes, rows); runs && rows < 4096)
            fuzz::require(store::toLabels(*runs, rows).size() == rows, "one label a sample");
        break;
    case 1:
        roundTrip(withRows(store::decodeChanges), store::encodeChanges, bytes);
        break;
    case 2:
        roundTrip(withRows(store::decodeRows), store::encodeRows, bytes);
        if (const auto runs = store::decodeRows(bytes, rows))
            inRows(*runs, rows);
        break;
    case 3:
        roundTrip(withRows(store::decodeSelectionChange), store::encodeSelectionChange, bytes);
        if (const auto change = store::decodeSelectionChange(bytes, rows))
            inRows(change->toggled, rows);
        break;
    case 4:
        roundTrip(store::decodeRename, store::encodeRename, bytes);
        break;
    case 5:
        roundTrip(store::decodeModelChange, store::encodeModelChange, bytes);
        break;
    case 7:
        roundTrip(store::decodeSeen, store::encodeSeen, bytes);
        break;
    default:
        roundTrip(store::decodeProcesses, store::encodeProcesses, bytes);
        break;
    }
    return 0;
}
