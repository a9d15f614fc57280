// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

namespace statescape::base {

/// One value a row, in chunks that views share: appending costs no copy however many views there are, and
/// changing a row copies its chunk only when a view has it. One writer thread; views taken by view() stay
/// valid and constant on any thread.
template <class T>
class Column {
    static_assert(std::is_trivially_copyable_v<T>);

public:
    static constexpr std::size_t kShift = 16;
    static constexpr std::size_t kChunkRows = std::size_t{1} << kShift;

    /// A constant prefix of a column; costs a pointer a chunk to copy.
    class View {
    public:
        using value_type = T;
        View() = default;
        /// A column of its own, for pictures that are not of a session.
        explicit View(std::span<const T> values)
        {
            Column column;
            column.append(values);
            *this = column.view();
        }
        [[nodiscard]] std::size_t size() const { return m_rows; }
        [[nodiscard]] bool empty() const { return m_rows == 0; }
        [[nodiscard]] const T &operator[](std::size_t row) const
        {
            return m_chunks[row >> kShift].get()[row & (kChunkRows - 1)];
        }
        [[nodiscard]] const T &front() const { return (*this)[0]; }
        [[nodiscard]] const T &back() const { return (*this)[m_rows - 1]; }
        /// @return rows from @p row to the end of its chunk or of the view, whichever is first, in one piece;
        /// never empty.
        /// @pre row < size()
        [[nodiscard]] std::span<const T> run(std::size_t row) const
        {
            const std::size_t inChunk = row & (kChunkRows - 1);
            return {m_chunks[row >> kShift].get() + inChunk, std::min(kChunkRows - inChunk, m_rows - row)};
        }
        class Iterator {
        public:
            using iterator_category = std::forward_iterator_tag;
            using value_type = T;
            using difference_type = std::ptrdiff_t;
            using pointer = const T *;
            using reference = const T &;
            Iterator() = default;
            Iterator(const View *view, std::size_t row)
                : m_view(view)
                , m_row(row)
            {}
            reference operator*() const { return (*m_view)[m_row]; }
            Iterator &operator++()
            {
                ++m_row;
                return *this;
            }
            Iterator operator++(int) { return {m_view, m_row++}; }
            bool operator==(const Iterator &other) const { return m_row == other.m_row; }

        private:
            const View *m_view = nullptr;
            std::size_t m_row = 0;
        };
        [[nodiscard]] Iterator begin() const { return {this, 0}; }
        [[nodiscard]] Iterator end() const { return {this, m_rows}; }
        /// Calls @p visit(first row, span) for [first, last) piece by piece.
        template <class Visit>
        void forEachRun(std::size_t first, std::size_t last, Visit &&visit) const
        {
            for (last = std::min(last, m_rows); first < last;) {
                const auto piece = run(first).first(std::min(run(first).size(), last - first));
                visit(first, piece);
                first += piece.size();
            }
        }
        [[nodiscard]] std::vector<T> toVector() const
        {
            std::vector<T> out;
            out.reserve(m_rows);
            forEachRun(0, m_rows, [&](std::size_t, std::span<const T> piece) {
                out.insert(out.end(), piece.begin(), piece.end());
            });
            return out;
        }
        /// @return whether both show the very same memory: equal without looking.
        [[nodiscard]] bool sameStorage(const View &other) const
        {
            return m_rows == other.m_rows && m_chunks == other.m_chunks;
        }
        /// @return whether rows [0, rows) of both are the very same memory: then only what lies behind them
        /// can be new.
        [[nodiscard]] bool sharesPrefix(const View &other, std::size_t rows) const
        {
            const std::size_t chunks = (rows + kChunkRows - 1) >> kShift;
            return rows <= m_rows && rows <= other.m_rows &&
                   std::equal(m_chunks.begin(), m_chunks.begin() + static_cast<std::ptrdiff_t>(chunks),
                              other.m_chunks.begin());
        }

    private:
        friend class Column;
        std::vector<std::shared_ptr<const T[]>> m_chunks;
        std::size_t m_rows = 0;
    };

    Column() = default;
    explicit Column(std::span<const T> values) { append(values); }

    [[nodiscard]] std::size_t size() const { return m_rows; }
    [[nodiscard]] const T &operator[](std::size_t row) const
    {
        return m_chunks[row >> kShift].values.get()[row & (kChunkRows - 1)];
    }
    [[nodiscard]] const T &back() const { return (*this)[m_rows - 1]; }
    void push_back(T value) { append(std::span<const T>(&value, 1)); }
    void append(std::span<const T> values)
    {
        while (!values.empty()) {
            if ((m_rows & (kChunkRows - 1)) == 0)
                m_chunks.push_back({std::make_shared_for_overwrite<T[]>(kChunkRows), false});
            const std::size_t at = m_rows & (kChunkRows - 1);
            const std::size_t count = std::min(values.size(), kChunkRows - at);
            std::copy_n(values.begin(), count, m_chunks.back().values.get() + at);
            m_rows += count;
            values = values.subspan(count);
        }
    }
    /// Cuts off or appends @p value until there are @p rows.
    void resize(std::size_t rows, T value = {})
    {
        // A view may still show what is cut off, so the chunk that goes on being written is not the one it
        // shares.
        if (rows < m_rows) {
            m_chunks.resize((rows + kChunkRows - 1) >> kShift);
            m_rows = rows;
            if ((rows & (kChunkRows - 1)) != 0)
                own(m_chunks.back());
        }
        for (; m_rows < rows;)
            push_back(value);
    }
    void clear()
    {
        m_chunks.clear();
        m_rows = 0;
    }
    /// @pre row < size()
    void set(std::size_t row, T value)
    {
        Chunk &chunk = m_chunks[row >> kShift];
        own(chunk);
        chunk.values.get()[row & (kChunkRows - 1)] = value;
    }
    /// Call on the writer's thread.
    [[nodiscard]] View view() const
    {
        View out;
        out.m_chunks.reserve(m_chunks.size());
        for (const Chunk &chunk : m_chunks) {
            chunk.shared = true;
            out.m_chunks.push_back(chunk.values);
        }
        out.m_rows = m_rows;
        return out;
    }

private:
    struct Chunk {
        std::shared_ptr<T[]> values;
        mutable bool
            shared; ///< a view has had it; whether one still does is not asked, so that no thread need be
    };
    static void own(Chunk &chunk)
    {
        if (!chunk.shared)
            return;
        auto copy = std::make_shared_for_overwrite<T[]>(kChunkRows);
        std::copy_n(chunk.values.get(), kChunkRows, copy.get());
        chunk = {std::move(copy), false};
    }

    std::vector<Chunk> m_chunks;
    std::size_t m_rows = 0;
};

} // namespace statescape::base
