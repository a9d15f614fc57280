// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace statescape::source {

/// One cell and where it stands, both counted from 1.
struct CsvCell {
    std::string_view text; ///< valid until the next row is read
    std::uint64_t line = 0;
    std::uint64_t byte = 0;
};

/// Splits RFC 4180 text into rows: quotes, doubled quotes, line ends inside quotes, CRLF, a BOM.
class CsvReader {
public:
    /// @param name of the file, for errors. @p text must outlive the reader.
    CsvReader(std::string name, std::string_view text);

    /// Reads the next row into row(). Lines without a byte are skipped when @p skipBlank.
    /// @return false at the end. @error InvalidArgument: unterminated quote, text after a quote, a quote
    /// inside bare text, a zero byte
    base::Result<bool> next(bool skipBlank = true);
    [[nodiscard]] const std::vector<CsvCell> &row() const { return m_row; }
    /// @return an InvalidArgument error "file:line: column 'x' (byte n): what".
    [[nodiscard]] base::Error errorAt(const CsvCell &cell, std::string_view column, const std::string &what,
                                      std::string hint = {}) const;

private:
    base::Result<> readCell();
    base::Result<> readQuoted();
    [[nodiscard]] base::Error errorHere(std::size_t at, std::uint64_t line, const std::string &what,
                                        std::string hint) const;
    [[nodiscard]] base::Error zeroByte() const;
    [[nodiscard]] bool atLineEnd() const;
    void passLineEnd();

    std::string m_name;
    std::string_view m_text;
    std::size_t m_at = 0;
    std::uint64_t m_line = 1;
    std::vector<CsvCell> m_row;
    std::deque<std::string> m_unquoted; ///< cells whose text differs from the file's bytes
    std::size_t m_unquotedUsed = 0;
};

} // namespace statescape::source
