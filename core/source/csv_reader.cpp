// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/source/csv_reader.h"

#include <utility>

namespace statescape::source {
using base::Code;
using base::fail;
using base::Result;

CsvReader::CsvReader(std::string name, std::string_view text)
    : m_name(std::move(name))
    , m_text(text)
{
    if (m_text.starts_with("\xef\xbb\xbf"))
        m_at = 3;
}

base::Error CsvReader::errorAt(const CsvCell &cell, std::string_view column, const std::string &what,
                               std::string hint) const
{
    return fail(Code::InvalidArgument,
                m_name + ":" + std::to_string(cell.line) + ": column '" + std::string(column) + "' (byte " +
                    std::to_string(cell.byte) + "): " + what,
                std::move(hint));
}

base::Error CsvReader::errorHere(std::size_t at, std::uint64_t line, const std::string &what,
                                 std::string hint) const
{
    return fail(Code::InvalidArgument,
                m_name + ":" + std::to_string(line) + ": column " + std::to_string(m_row.size() + 1) +
                    " (byte " + std::to_string(at + 1) + "): " + what,
                std::move(hint));
}

bool CsvReader::atLineEnd() const
{
    return m_at >= m_text.size() || m_text[m_at] == '\n' ||
           (m_text[m_at] == '\r' && m_at + 1 < m_text.size() && m_text[m_at + 1] == '\n');
}

void CsvReader::passLineEnd()
{
    if (m_at >= m_text.size())
        return;
    m_at += m_text[m_at] == '\r' ? 2 : 1;
    ++m_line;
}

Result<bool> CsvReader::next(bool skipBlank)
{
    m_row.clear();
    m_unquotedUsed = 0;
    while (skipBlank && m_at < m_text.size() && atLineEnd())
        passLineEnd();
    if (m_at >= m_text.size())
        return false;
    for (;;) {
        STATESCAPE_CHECK(readCell());
        if (atLineEnd())
            break;
        ++m_at; // the comma
    }
    passLineEnd();
    return true;
}

Result<> CsvReader::readCell()
{
    if (m_at < m_text.size() && m_text[m_at] == '"')
        return readQuoted();
    CsvCell cell{{}, m_line, m_at + 1};
    const std::size_t first = m_at;
    for (; !atLineEnd() && m_text[m_at] != ','; ++m_at) {
        if (m_text[m_at] == '"')
            return errorHere(m_at, m_line, "a quote inside bare text",
                             "put the whole cell in quotes and double those inside");
        if (m_text[m_at] == '\0')
            return zeroByte();
    }
    cell.text = m_text.substr(first, m_at - first);
    m_row.push_back(cell);
    return {};
}

base::Error CsvReader::zeroByte() const
{
    return errorHere(m_at, m_line, "a zero byte: this is not text", "give a CSV file in UTF-8");
}

Result<> CsvReader::readQuoted()
{
    CsvCell cell{{}, m_line, m_at + 1};
    const std::size_t first = ++m_at;
    bool doubled = false;
    for (;; ++m_at) {
        if (m_at >= m_text.size())
            return errorHere(static_cast<std::size_t>(cell.byte - 1), cell.line,
                             "a quote that is never closed", "close it");
        if (m_text[m_at] == '\0')
            return zeroByte();
        if (m_text[m_at] == '\n')
            ++m_line;
        if (m_text[m_at] != '"')
            continue;
        if (m_at + 1 < m_text.size() && m_text[m_at + 1] == '"') {
            doubled = true;
            ++m_at;
            continue;
        }
        break;
    }
    cell.text = m_text.substr(first, m_at - first);
    ++m_at;
    if (!atLineEnd() && m_text[m_at] != ',')
        return errorHere(m_at, m_line, "text after a closing quote",
                         "put the whole cell in quotes and double those inside");
    if (doubled) {
        std::string plain;
        for (std::size_t i = 0; i < cell.text.size(); ++i) {
            plain += cell.text[i];
            i += cell.text[i] == '"' ? 1 : 0;
        }
        // A deque: views into earlier cells of the row stay valid.
        if (m_unquotedUsed == m_unquoted.size())
            m_unquoted.emplace_back();
        m_unquoted[m_unquotedUsed] = std::move(plain);
        cell.text = m_unquoted[m_unquotedUsed++];
    }
    m_row.push_back(cell);
    return {};
}

} // namespace statescape::source
